//! Other claims, signed with the server's own key.

use serde_json::{Value, json};

use super::{Material, Named};

/// Issuer, audience and subject that are not ours, and claims of another form.
pub(super) fn other_claims(m: &Material) -> Named {
    let mut forged = Named::new();
    for claim in ["iss", "aud", "sub", "sid", "iat", "exp"] {
        forged.push((format!("without {claim}, signed"), m.signed_claims(json!({ (claim): null }))));
        let as_null =
            m.claims().to_string().replace(&format!("\"{claim}\":{}", m.claims()[claim]), &format!("\"{claim}\":null"));
        forged.push((format!("{claim} is null, signed"), m.signed(&m.header().to_string(), &as_null)));
        for (what, value) in
            [("a list of it", json!([m.claims()[claim]])), ("an object", json!({})), ("true", json!(true))]
        {
            forged.push((format!("{claim} is {what}, signed"), m.signed_claims(json!({ (claim): value }))));
        }
        forged.push((format!("{claim} is empty, signed"), m.signed_claims(json!({ (claim): "" }))));
    }
    for (claim, values) in [
        ("iss", ["Frontdesk", "frontdesk ", "frontdesk/", "https://frontdesk", "frontdesk-api", "*", "frontdes"]),
        (
            "aud",
            ["frontdesk", "Frontdesk-Api", "frontdesk-api ", "frontdesk-app", "*", "frontdesk-api-2", "frontdesk-ap"],
        ),
    ] {
        for value in values {
            forged.push((format!("{claim} {value:?}, signed"), m.signed_claims(json!({ (claim): value }))));
        }
    }
    let both = json!({ "aud": ["frontdesk-api", "other"] });
    forged.push(("aud of two, signed".to_owned(), m.signed_claims(both)));
    for (what, claims) in [("empty", ""), ("{}", "{}"), ("null", "null"), ("a list", "[]"), ("a number", "1")] {
        forged.push((format!("the claims are {what}, signed"), m.signed(&m.header().to_string(), claims)));
    }
    let twice = format!("{0}{0}", m.claims());
    forged.push(("claims and claims again, signed".to_owned(), m.signed(&m.header().to_string(), &twice)));
    forged
}

/// Past, future and impossible times.
pub(super) fn times(m: &Material) -> Named {
    let issued = m.claims()["iat"].as_u64().unwrap();
    let cases = [
        ("past by nothing", json!({ "exp": issued })),
        ("past by a second", json!({ "exp": issued - 1 })),
        ("past within the usual grace", json!({ "exp": issued - 59 })),
        ("past by a day", json!({ "exp": issued - 86_400, "iat": issued - 87_000 })),
        ("past since 1970", json!({ "exp": 0 })),
        ("exp below zero", json!({ "exp": -1 })),
        ("exp a fraction", json!({ "exp": issued as f64 + 600.5 })),
        ("exp beyond all numbers", json!({ "exp": 1e300 })),
        ("exp a text", json!({ "exp": (issued + 600).to_string() })),
        ("exp in ms below zero", json!({ "exp": -1_790_000_000_000_i64 })),
        ("iat a text", json!({ "iat": issued.to_string() })),
        ("iat below zero", json!({ "iat": -1 })),
        ("issued in an hour", json!({ "iat": issued + 3_600, "exp": issued + 4_200 })),
        ("issued in two minutes", json!({ "iat": issued + 120 })),
        ("issued in ms", json!({ "iat": issued * 1_000 })),
        ("not before a second from now", json!({ "nbf": issued + 1 })),
        ("not before an hour from now", json!({ "nbf": issued + 3_600 })),
        ("not before the end of time", json!({ "nbf": u64::MAX })),
        ("nbf a text", json!({ "nbf": "0" })),
        ("nbf below zero", json!({ "nbf": -1 })),
    ];
    cases.map(|(what, fields)| (format!("{what}, signed"), m.signed_claims(fields))).into()
}

/// Sessions that are not the caller's, or nobody's.
pub(super) fn other_sessions(m: &Material) -> Named {
    let own = m.claims();
    let cases = [
        ("a colleague on this device", json!({ "sub": m.colleague.0 })),
        ("this member on a colleague's device", json!({ "sid": m.colleague.1 })),
        ("a stranger on this device", json!({ "sub": m.stranger.0 })),
        ("this member on a stranger's device", json!({ "sid": m.stranger.1 })),
        ("a colleague on a stranger's device", json!({ "sub": m.colleague.0, "sid": m.stranger.1 })),
        ("nobody on this device", json!({ "sub": m.nobody.0 })),
        ("this member on no device", json!({ "sid": m.nobody.1 })),
        ("nobody on no device", json!({ "sub": m.nobody.0, "sid": m.nobody.1 })),
        ("on a revoked device", json!({ "sid": m.revoked })),
        ("member and device swapped", json!({ "sub": own["sid"], "sid": own["sub"] })),
        ("member and device the same", json!({ "sub": own["sid"] })),
        ("sub no id", json!({ "sub": "olga@studio.example" })),
        ("sid no id", json!({ "sid": "1" })),
        ("sid as SQL", json!({ "sid": "' OR 1=1 --" })),
        ("sub the nil id", json!({ "sub": "00000000-0000-0000-0000-000000000000" })),
    ];
    cases.map(|(what, fields)| (format!("{what}, signed"), m.signed_claims(fields))).into()
}

/// One name twice, with the genuine value first or last; a reader of the other one would be fooled.
pub(super) fn doubled_names(m: &Material) -> Named {
    let (header, claims) = (m.header().to_string(), m.claims().to_string());
    let mut forged = Named::new();
    let doubled = |object: &str, name: &str, value: Value, first: bool| {
        let inner = object.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
        match first {
            true => format!("{{\"{name}\":{value},{inner}}}"),
            false => format!("{{{inner},\"{name}\":{value}}}"),
        }
    };
    for first in [true, false] {
        let place = if first { "first" } else { "last" };
        for (name, value) in [
            ("sub", json!(m.colleague.0)),
            ("sid", json!(m.colleague.1)),
            ("exp", json!(u32::MAX)),
            ("iss", json!("other")),
            ("aud", json!("other")),
            // The same name, written in another way.
            ("\\u0073ub", json!(m.colleague.0)),
        ] {
            let claims = doubled(&claims, name, value, first);
            forged.push((format!("{name} twice, another {place}, signed"), m.signed(&header, &claims)));
        }
        for (name, value) in [("alg", json!("none")), ("typ", json!("JWT"))] {
            let header = doubled(&header, name, value, first);
            forged.push((format!("{name} twice, another {place}, signed"), m.signed(&header, &claims)));
        }
    }
    forged
}
