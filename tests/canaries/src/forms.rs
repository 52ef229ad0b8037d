//! The forms that a needle may have.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Every form of these bytes, once each, with what it is called.
pub(crate) fn forms(bytes: &[u8]) -> BTreeMap<Vec<u8>, &'static str> {
    let mut forms = BTreeMap::new();
    let mut add = |name, form: Vec<u8>| {
        forms.entry(form).or_insert(name);
    };
    add("as it is", bytes.to_vec());
    add("hexadecimal", hex(bytes));
    add("hexadecimal", hex(bytes).to_ascii_uppercase());
    for offset in 0..3 {
        for (engine, name) in [(&STANDARD, "base64"), (&URL_SAFE, "base64 for addresses")] {
            add(name, base64_at(offset, bytes, engine));
        }
    }
    add("percent-encoded", percent_encoded(bytes));
    add("percent-encoded", percent_encoded(bytes).to_ascii_lowercase());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let utf16: Vec<u16> = text.encode_utf16().collect();
        add("UTF-16, little end first", utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect());
        add("UTF-16, big end first", utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect());
        add("escaped for JSON", escaped(text));
        add("of one byte each", text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect());
        // As a search index keeps it.
        add("without accents", text.replace('é', "e").into_bytes());
    }
    forms
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// What is sure to stand there when the bytes begin at this place of three: the characters that neighbours share are left out.
fn base64_at(offset: usize, bytes: &[u8], engine: &impl base64::Engine) -> Vec<u8> {
    let shifted = [&vec![0; offset], bytes].concat();
    let first = (offset * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    engine.encode(&shifted).into_bytes()[first..last].to_vec()
}

fn percent_encoded(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .fold(String::new(), |mut text, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text.push(char::from(*byte)),
                _ => write!(text, "%{byte:02X}").expect("a string takes it"),
            }
            text
        })
        .into_bytes()
}

fn escaped(text: &str) -> Vec<u8> {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_ascii_graphic() || c == ' ' {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("a string takes it");
            }
        }
    }
    escaped.into_bytes()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn base64_is_known_wherever_it_begins() {
        let needle = "wordéword".as_bytes();
        for before in 0..6 {
            for after in 0..6 {
                let text = STANDARD.encode([&vec![b'<'; before], needle, &vec![b'>'; after]].concat());
                let form = String::from_utf8(base64_at(before % 3, needle, &STANDARD)).expect("ASCII");
                assert!(form.len() > 8 && text.contains(&form), "{form} in {text}");
            }
        }
    }

    #[test]
    fn each_form_is_what_others_write() {
        let forms: Vec<_> = forms("aé".as_bytes()).into_keys().collect();
        for form in
            [&b"a\xc3\xa9"[..], b"61c3a9", b"61C3A9", b"a%C3%A9", b"a\\u00e9", b"a\0\xe9\0", b"\0a\0\xe9", b"ae"]
        {
            assert!(forms.iter().any(|known| known == form), "{}", form.escape_ascii());
        }
    }
}
