//! The genuine token cut, joined, flipped, written otherwise or shown elsewhere; and texts that are no access tokens.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use ring::hmac;
use serde_json::json;

use super::{Forgery, Material, Named, Shown, decode, encode, hs, hs256};
use crate::harness::PASSWORD;

/// Every class of length, and parts that are too few, too many or in another order.
pub(super) fn cut_and_joined(m: &Material) -> Named {
    let token = &m.genuine;
    let [header, claims, signature] = m.parts();
    let (one, two) = (header.len(), header.len() + 1 + claims.len());
    let lengths = [
        0,
        1,
        2,
        3,
        4,
        one - 1,
        one,
        one + 1,
        one + 2,
        two / 2,
        two - 1,
        two,
        two + 1,
        two + 2,
        two + 5,
        two + 1 + signature.len() / 2,
        token.len() - 8,
        token.len() - 4,
        token.len() - 3,
        token.len() - 2,
        token.len() - 1,
    ];
    let mut forged: Named = lengths.map(|n| (format!("cut after {n}"), token[..n].to_owned())).into();
    forged.extend([1, 2, one - 1, one + 2, two, two + 1].map(|n| (format!("begun at {n}"), token[n..].to_owned())));
    let others = m.elsewhere.split('.').collect::<Vec<_>>();
    let cases = [
        ("a letter more", format!("{token}A")),
        ("four letters more", format!("{token}AAAA")),
        ("a dot more", format!("{token}.")),
        ("a part more", format!("{token}.{signature}")),
        ("five parts", format!("{token}.{claims}.{signature}")),
        ("a dot first", format!(".{token}")),
        ("two dots", format!("{header}..{signature}")),
        ("only dots", "..".to_owned()),
        ("a dot", ".".to_owned()),
        ("twice", format!("{token}{token}")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("header last", format!("{claims}.{signature}.{header}")),
        ("claims first", format!("{claims}.{header}.{signature}")),
        ("signature first", format!("{signature}.{header}.{claims}")),
        ("another's signature", format!("{header}.{claims}.{}", others[2])),
        ("another's claims", format!("{header}.{}.{signature}", others[1])),
        ("two signatures", format!("{header}.{claims}.{signature}{signature}")),
        ("huge", format!("{header}.{}.{signature}", "A".repeat(8_000))),
    ];
    let cases = cases.into_iter().filter(|(what, _)| *what != "two dots");
    forged.extend(cases.map(|(what, token)| (what.to_owned(), token)));
    forged
}

/// A bit in every byte of the signature, in every other of header and claims.
pub(super) fn flipped_bits(m: &Material) -> Named {
    let mut forged = Named::new();
    for (part, name) in ["header", "claims", "signature"].into_iter().enumerate() {
        let bytes = decode(m.parts()[part]);
        let step = if part == 2 { 1 } else { 2 };
        for at in (0..bytes.len()).step_by(step) {
            let bit = at % 8;
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let mut parts = m.parts().map(ToOwned::to_owned);
            parts[part] = encode(bytes);
            forged.push((format!("{name}, bit {bit} of byte {at}"), parts.join(".")));
        }
    }
    forged
}

/// The genuine bytes, written in another way.
pub(super) fn other_encodings(m: &Material) -> Named {
    let [header, claims, signature] = m.parts();
    let bytes = decode(signature);
    let mut forged: Named = Vec::new();
    // The last letter of 43 stands for two bits that are none of the signature's.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.iter().position(|letter| Some(letter) == signature.as_bytes().last()).unwrap();
    for spare in 1..4 {
        let letter = char::from(alphabet[last | spare]);
        forged.push((format!("spare bits {spare}"), format!("{header}.{claims}.{}{letter}", &signature[..42])));
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let cases = [
        ("signature padded", format!("{header}.{claims}.{}", URL_SAFE.encode(&bytes))),
        ("signature padded twice", format!("{header}.{claims}.{signature}==")),
        ("header padded", format!("{header}=.{claims}.{signature}")),
        ("claims padded", format!("{header}.{claims}=.{signature}")),
        ("signature in hexadecimal", format!("{header}.{claims}.{hex}")),
        ("signature encoded twice", format!("{header}.{claims}.{}", encode(signature))),
        ("token encoded", encode(&m.genuine)),
        ("token in lower case", m.genuine.to_lowercase()),
        ("token in upper case", m.genuine.to_uppercase()),
        ("dots escaped", m.genuine.replace('.', "%2E")),
        ("header in clear", format!("{}.{claims}.{signature}", m.header())),
        ("a space after the header", format!("{header} .{claims}.{signature}")),
        ("a space before the claims", format!("{header}. {claims}.{signature}")),
        ("a space within the claims", format!("{header}.{} {}.{signature}", &claims[..4], &claims[4..])),
        ("a space before the signature", format!("{header}.{claims}. {signature}")),
        ("a tab in the middle", format!("{header}.\t{claims}.{signature}")),
        ("quoted", format!("\"{}\"", m.genuine)),
        ("in brackets", format!("<{}>", m.genuine)),
        ("a comma after it", format!("{},", m.genuine)),
        ("a semicolon after it", format!("{};", m.genuine)),
    ];
    forged.extend(cases.map(|(what, token)| (what.to_owned(), token)));
    // A signature with the letters in which the two alphabets differ, which not every one has.
    let (text, bytes) = (0..)
        .map(|n| format!("{}.{}", encode(m.header().to_string()), encode(m.claims_with(json!({ "n": n })))))
        .map(|text| (hs(hmac::HMAC_SHA256, &m.keys.access, &text), text))
        .find(|(bytes, _)| encode(bytes).contains(['-', '_']))
        .map(|(bytes, text)| (text, bytes))
        .unwrap();
    forged.push(("the other alphabet, signed".to_owned(), format!("{text}.{}", STANDARD_NO_PAD.encode(bytes))));
    forged
}

/// Secrets and texts that are no access tokens.
pub(super) fn other_secrets(m: &Material) -> Named {
    let (header, claims) = (m.header().to_string(), m.claims().to_string());
    let mut forged: Named =
        m.keys.others.iter().map(|(what, key)| (format!("keyed with {what}"), hs256(key, &header, &claims))).collect();
    let [first, second, _] = m.parts();
    let cases = [
        ("the refresh token", m.refresh.clone()),
        ("the refresh token as signature", format!("{first}.{second}.{}", m.refresh)),
        ("the refresh token as claims", format!("{first}.{}.{}", m.refresh, m.refresh)),
        ("a token of another server", m.elsewhere.clone()),
        ("the device's id", m.device.to_string()),
        ("the password", PASSWORD.replace(' ', "-")),
        ("a word", "undefined".to_owned()),
        ("a star", "*".to_owned()),
        ("an API key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc".to_owned()),
    ];
    forged.extend(cases.map(|(what, token)| (what.to_owned(), token)));
    forged
}

/// The genuine token where none is looked for, or under another scheme.
pub(super) fn other_places(m: &Material) -> Vec<Forgery> {
    let token = &m.genuine;
    let header = |value: String| Shown::InHeaders(vec![("authorization", value)]);
    let both =
        |first: String, second: String| Shown::InHeaders(vec![("authorization", first), ("authorization", second)]);
    let cases = [
        ("no scheme", header(token.clone())),
        ("scheme Basic", header(format!("Basic {token}"))),
        ("scheme Basic, encoded", header(format!("Basic {}", STANDARD.encode(format!("olga:{token}"))))),
        ("scheme Token", header(format!("Token {token}"))),
        ("scheme JWT", header(format!("JWT {token}"))),
        ("scheme DPoP", header(format!("DPoP {token}"))),
        ("scheme Bearer:", header(format!("Bearer: {token}"))),
        ("scheme Bearers", header(format!("Bearers {token}"))),
        ("two spaces", header(format!("Bearer  {token}"))),
        ("a tab", header(format!("Bearer\t{token}"))),
        ("a space and a tab", header(format!("Bearer \t{token}"))),
        ("nothing between", header(format!("Bearer{token}"))),
        ("Bearer twice", header(format!("Bearer Bearer {token}"))),
        ("as a parameter", header(format!("Bearer token=\"{token}\""))),
        ("two in a list", header(format!("Bearer {token}, Bearer {token}"))),
        ("a word after it", header(format!("Bearer {token} extra"))),
        ("Bearer alone", header("Bearer".to_owned())),
        ("an empty header", header(String::new())),
        ("two headers, another first", both(format!("Bearer {}", m.elsewhere), format!("Bearer {token}"))),
        ("two headers, another last", both(format!("Bearer {token}"), format!("Bearer {}", m.elsewhere))),
        ("two headers, the same", both(format!("Bearer {token}"), format!("Bearer {token}"))),
        ("two headers, Basic first", both("Basic b2xnYTpwdw==".to_owned(), format!("Bearer {token}"))),
        ("in Proxy-Authorization", Shown::InHeaders(vec![("proxy-authorization", format!("Bearer {token}"))])),
        ("in X-Access-Token", Shown::InHeaders(vec![("x-access-token", token.clone())])),
        ("in X-Authorization", Shown::InHeaders(vec![("x-authorization", format!("Bearer {token}"))])),
        (
            "in a cookie of some name",
            Shown::InHeaders(vec![("cookie", format!("token={token}; access_token={token}"))]),
        ),
        ("in a browser's cookie", Shown::InHeaders(vec![("cookie", format!("__Host-frontdesk-access={token}"))])),
        ("in the query", Shown::InQuery(format!("?access_token={token}"))),
        ("in the query, as Authorization", Shown::InQuery(format!("?authorization=Bearer%20{token}"))),
        ("nowhere", Shown::InQuery(String::new())),
    ];
    cases.into_iter().map(|(what, shown)| Forgery { name: format!("the genuine one: {what}"), shown }).collect()
}
