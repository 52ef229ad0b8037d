//! Scripts written without spaces between words: there every character counts as a word of its own.
//!
//! The index of messages cuts text at what is neither letter nor digit, so that a whole Chinese sentence would be one
//! word. [`index_text`] is what it is given instead.

use std::borrow::Cow;

use domain::fold;
use icu_properties::CodePointMapData;
use icu_properties::props::{EastAsianWidth, Script};
use icu_properties::script::ScriptWithExtensions;

/// Korean and Tibetan are not among them: the one has spaces, the other a mark between syllables. Nor is New Tai Lue,
/// some letters of which FTS5 takes for marks.
const SCRIPTS: [Script; 14] = [
    Script::Han,
    Script::Hiragana,
    Script::Katakana,
    Script::Bopomofo,
    Script::Yi,
    Script::Thai,
    Script::Lao,
    Script::Khmer,
    Script::Myanmar,
    Script::TaiLe,
    Script::TaiTham,
    Script::TaiViet,
    Script::Javanese,
    Script::Balinese,
];

/// Whether it belongs to such scripts and no other: `ー` of both kanas does, an accent that goes with any letter does
/// not.
pub(crate) fn is_unspaced(c: char) -> bool {
    let scripts = ScriptWithExtensions::new();
    !c.is_ascii()
        && (SCRIPTS.contains(&scripts.get_script_val(c))
            || scripts.get_script_extensions_val(c).iter().all(|script| SCRIPTS.contains(&script)))
}

/// Full and half width are forms of another character.
fn is_width_form(c: char) -> bool {
    matches!(CodePointMapData::<EastAsianWidth>::new().get(c), EastAsianWidth::Fullwidth | EastAsianWidth::Halfwidth)
}

/// What the index of messages is given of a text, and of what is looked for: characters of unspaced scripts folded,
/// with spaces around each; full and half width folded; all else as it is. The index forgets an entry by being given
/// the same again, so this may not change without building the index anew.
pub(crate) fn index_text(text: &str) -> Cow<'_, str> {
    let Some((first, _)) = text.char_indices().find(|(_, c)| !c.is_ascii() && (is_unspaced(*c) || is_width_form(*c)))
    else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() * 2);
    out.push_str(&text[..first]);
    let mut buffer = [0; 4];
    for c in text[first..].chars() {
        if c.is_ascii() {
            out.push(c);
        } else if is_unspaced(c) {
            for folded in fold(c.encode_utf8(&mut buffer)).chars() {
                out.extend([' ', folded, ' ']);
            }
        } else if is_width_form(c) {
            out.push_str(&fold(c.encode_utf8(&mut buffer)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Cuts a folded word where its script changes between spaced and unspaced.
pub(crate) fn cut_at_scripts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let is_first_unspaced = is_unspaced(rest.chars().next()?);
        let end = rest.char_indices().find(|(_, c)| is_unspaced(*c) != is_first_unspaced);
        let (piece, others) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = others;
        Some(piece)
    })
}

/// What is left of a folded word from each place where a word could begin.
pub(crate) fn word_starts(word: &str) -> impl Iterator<Item = &str> {
    let mut before = None;
    word.char_indices().filter_map(move |(at, c)| {
        let is_start = before.is_none_or(|before| is_unspaced(before) || is_unspaced(c));
        before = Some(c);
        is_start.then(|| &word[at..])
    })
}

#[cfg(test)]
mod tests {

    use std::borrow::Cow;

    use domain::fold;

    use super::{cut_at_scripts, index_text, word_starts};

    fn tokens(text: &str) -> Vec<String> {
        index_text(text).split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn other_scripts_are_not_touched() {
        for text in [
            "",
            "Is there a class?",
            "Café près du métro",
            "Ангел",
            "مرحبا",
            "हिन्दी",
            "한국어",
            "обʼєкт",
            "🎉 “ok”…",
            "a\u{301}",
        ] {
            assert!(matches!(index_text(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn each_character_of_an_unspaced_script_stands_alone() {
        for (text, expected) in [
            ("请确认 booking 明天", vec!["请", "确", "认", "booking", "明", "天"]),
            ("请确认booking明天", vec!["请", "确", "认", "booking", "明", "天"]),
            ("サーフィン", vec!["サ", "ー", "フ", "ィ", "ン"]),
            ("ｶﾞｷﾞ", vec!["カ", "キ"]),
            ("が", vec!["か"]),
            ("か\u{3099}い", vec!["か", "い"]),
            ("１０時 ＹＯＧＡ", vec!["10", "時", "yoga"]),
            ("ที่ไหน", vec!["ท", "ไ", "ห", "น"]),
            ("น้ำ", vec!["น", "า"]),
            ("ສະບາຍດີ", vec!["ສ", "ະ", "ບ", "າ", "ຍ", "ດ"]),
            ("葛\u{e0100}城 Café 한국", vec!["葛", "\u{e0100}", "城", "Café", "한국"]),
            ("㍿", vec!["株", "式", "会", "社"]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    /// An entry of the index is taken out by deriving it again. If this fails, the tables of Unicode in a library or in
    /// Rust have changed: build both indexes anew in a migration, then write down the new number.
    #[test]
    fn what_the_indexes_derive_has_not_changed() {
        let mut seen = ring::digest::Context::new(&ring::digest::SHA256);
        for c in '\u{0}'..=char::MAX {
            let text = c.to_string();
            for derived in [fold(&text).as_str(), &index_text(&text), "\n"] {
                seen.update(derived.as_bytes());
            }
        }
        assert_eq!(format!("{:02x?}", &seen.finish().as_ref()[..4]), "[14, 2c, 30, e1]");
    }

    #[test]
    fn a_word_of_two_scripts_is_cut() {
        assert_eq!(cut_at_scripts("确认booking明").collect::<Vec<_>>(), ["确认", "booking", "明"]);
        assert_eq!(cut_at_scripts("yoga").collect::<Vec<_>>(), ["yoga"]);
        assert_eq!(cut_at_scripts("").count(), 0);
        assert_eq!(word_starts("山田ken").collect::<Vec<_>>(), ["山田ken", "田ken", "ken"]);
        assert_eq!(word_starts("nora").collect::<Vec<_>>(), ["nora"]);
    }
}
