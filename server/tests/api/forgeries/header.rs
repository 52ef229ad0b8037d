//! Another algorithm, another key, other fields in the header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::{Material, Named, decode, encode, hs, hs256};
use crate::harness::PASSWORD;

/// Every spelling of "none", with every kind of signature that could go with it.
pub(super) fn no_algorithm(m: &Material) -> Named {
    let spellings = ["none", "None", "NONE", "nOnE", "noNe", " none", "none ", "none\u{0}", "null", "", "no"];
    let signature = m.parts()[2];
    let mut forged = Named::new();
    for spelling in spellings {
        let header = encode(m.header_with(json!({ "alg": spelling })));
        let text = format!("{header}.{}", encode(m.claims().to_string()));
        for (what, token) in [
            ("no signature", format!("{text}.")),
            ("no third part", text.clone()),
            ("the genuine signature", format!("{text}.{signature}")),
            ("zeros", format!("{text}.{}", encode([0; 32]))),
        ] {
            forged.push((format!("alg {spelling:?}, {what}"), token));
        }
    }
    forged
}

/// Another algorithm in the header, with what a careless check might take for its signature.
pub(super) fn other_algorithms(m: &Material) -> Named {
    let claims = m.claims().to_string();
    let mut forged = Named::new();
    let names = [
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "hs256",
        "Hs256",
        "HS256 ",
        "HS-256",
        "HMAC",
        "dir",
        "A128KW",
        "A256GCMKW",
        "PBES2-HS256+A128KW",
    ];
    for name in names {
        let header = m.header_with(json!({ "alg": name }));
        forged.push((format!("alg {name:?}, signed by HS256"), m.signed(&header, &claims)));
    }
    for (name, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let text = format!("{}.{}", encode(m.header_with(json!({ "alg": name }))), encode(&claims));
        let signature = encode(hs(algorithm, &m.keys.access, &text));
        forged.push((format!("alg {name:?}, signed by it"), format!("{text}.{signature}")));
        let text = format!("{}.{}", encode(m.header().to_string()), encode(&claims));
        let signature = encode(hs(algorithm, &m.keys.access, &text));
        forged.push((format!("alg HS256, signed by {name}"), format!("{text}.{signature}")));
    }
    for name in ["RS256", "PS256", "ES256", "EdDSA"] {
        let header = m.header_with(json!({ "alg": name }));
        for (what, key) in &m.public {
            forged.push((format!("alg {name:?}, keyed with {what}"), hs256(key, &header, &claims)));
        }
    }
    let random = SystemRandom::new();
    let text = format!("{}.{}", encode(m.header_with(json!({ "alg": "ES256" }))), encode(&claims));
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let signature = pair.sign(&random, text.as_bytes()).unwrap();
    forged.push(("ES256 by a key of one's own".to_owned(), format!("{text}.{}", encode(signature))));
    let pair = ed25519();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key()) });
    for (what, fields) in
        [("", json!({ "alg": "EdDSA" })), (", which it brings as jwk", json!({ "alg": "EdDSA", "jwk": jwk }))]
    {
        let text = format!("{}.{}", encode(m.header_with(fields)), encode(&claims));
        let signature = encode(pair.sign(text.as_bytes()));
        forged.push((format!("EdDSA by a key of one's own{what}"), format!("{text}.{signature}")));
    }
    for (what, alg) in [("a number", json!(256)), ("a list", json!(["HS256"])), ("an object", json!({ "HS256": 1 }))] {
        forged.push((format!("alg is {what}, signed"), m.signed_header(json!({ "alg": alg }))));
    }
    forged.push(("no alg, signed".to_owned(), m.signed_header(json!({ "alg": null }))));
    forged
}

fn ed25519() -> Ed25519KeyPair {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap()
}

/// HS256 with a key that can be known or guessed.
pub(super) fn other_keys(m: &Material) -> Named {
    let (header, claims) = (m.header().to_string(), m.claims().to_string());
    let mut keys: Vec<(String, Vec<u8>)> =
        m.public.iter().map(|(what, key)| ((*what).to_owned(), key.clone())).collect();
    for (what, pem) in &m.public[..2] {
        let lines = std::str::from_utf8(pem).unwrap().lines().filter(|line| !line.starts_with('-'));
        let first: String =
            std::str::from_utf8(pem).unwrap().split("-----END").next().unwrap().lines().skip(1).collect();
        keys.push((format!("{what}, its base64"), lines.collect::<String>().into_bytes()));
        keys.push((format!("{what}, its DER"), STANDARD.decode(first).unwrap()));
    }
    let words = [
        "",
        "secret",
        "password",
        "frontdesk",
        "frontdesk-api",
        "frontdesk server 1",
        "access token",
        "at+jwt",
        "key",
        "changeme",
        "your-256-bit-secret",
        "null",
        "undefined",
        PASSWORD,
    ];
    keys.extend(words.map(|word| (format!("the word {word:?}"), word.as_bytes().to_vec())));
    keys.extend([1, 0xff].map(|byte| (format!("32 bytes {byte}"), vec![byte; 32])));
    keys.push(("the device's id".to_owned(), m.device.to_string().into_bytes()));
    keys.push(("the refresh token".to_owned(), m.refresh.clone().into_bytes()));
    keys.push(("the refresh token, decoded".to_owned(), decode(m.refresh.split_once('.').unwrap().1)));
    let mut flipped = m.keys.access.clone();
    flipped[31] ^= 1;
    keys.push(("the right key but for a bit".to_owned(), flipped));
    keys.push(("the right key but for its end".to_owned(), m.keys.access[..31].to_vec()));
    keys.into_iter().map(|(what, key)| (format!("keyed with {what}"), hs256(&key, &header, &claims))).collect()
}

/// Fields that ask the server to fetch, choose or ignore something; by a key of one's own, and by the server's.
pub(super) fn header_fields(m: &Material) -> Named {
    let own = [7; 32];
    let jwk = json!({ "kty": "oct", "k": encode(own), "alg": "HS256", "kid": "own" });
    let fields = [
        ("kid of the key", json!({ "kid": "own", "jwk": jwk })),
        ("kid", json!({ "kid": "1" })),
        ("kid empty", json!({ "kid": "" })),
        ("kid of a file", json!({ "kid": "../../../../../../dev/null" })),
        ("kid of its own secret", json!({ "kid": "secret.key" })),
        ("kid as SQL", json!({ "kid": "x' UNION SELECT 'own' --" })),
        ("kid as a command", json!({ "kid": "key|/usr/bin/id" })),
        ("kid as a list", json!({ "kid": ["own"] })),
        ("jwk", json!({ "jwk": jwk })),
        ("jku", json!({ "jku": "https://attacker.example/keys.json" })),
        ("jku of this machine", json!({ "jku": "file:///dev/null" })),
        ("x5u", json!({ "x5u": "https://attacker.example/chain.pem" })),
        ("x5c", json!({ "x5c": [STANDARD.encode(own)] })),
        ("x5t", json!({ "x5t": encode([1; 20]) })),
        ("x5t#S256", json!({ "x5t#S256": encode([1; 32]) })),
        ("crit unknown", json!({ "crit": ["exp"], "exp": 1 })),
        ("crit empty", json!({ "crit": [] })),
        ("b64 off", json!({ "crit": ["b64"], "b64": false })),
        ("zip", json!({ "zip": "DEF" })),
        ("enc", json!({ "enc": "A256GCM" })),
        ("cty", json!({ "cty": "JWT" })),
        ("nonce", json!({ "nonce": "1" })),
        ("url", json!({ "url": "https://attacker.example" })),
        ("typ JWT", json!({ "typ": "JWT" })),
        ("typ jwt", json!({ "typ": "jwt" })),
        ("typ AT+JWT", json!({ "typ": "AT+JWT" })),
        ("typ rt+jwt", json!({ "typ": "rt+jwt" })),
        ("typ dpop+jwt", json!({ "typ": "dpop+jwt" })),
        ("typ logout+jwt", json!({ "typ": "logout+jwt" })),
        ("typ empty", json!({ "typ": "" })),
        ("typ a list", json!({ "typ": ["at+jwt"] })),
        ("typ a number", json!({ "typ": 1 })),
        ("no typ", json!({ "typ": null })),
        ("typ with a space", json!({ "typ": "at+jwt " })),
    ];
    let claims = m.claims().to_string();
    let mut forged = Named::new();
    for (what, fields) in fields {
        forged.push((format!("{what}, by a key of one's own"), hs256(&own, &m.header_with(fields.clone()), &claims)));
        forged.push((format!("{what}, signed"), m.signed_header(fields)));
    }
    forged.push(("kid of a file, with its empty key".to_owned(), {
        hs256(b"", &m.header_with(json!({ "kid": "/dev/null" })), &claims)
    }));
    for (what, header) in [("a list", "[]"), ("null", "null"), ("a text", "\"HS256\""), ("empty", ""), ("{}", "{}")] {
        forged.push((format!("the header is {what}, signed"), m.signed(header, &claims)));
    }
    forged
}
