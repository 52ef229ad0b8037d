//! Tokens to refuse, made systematically: each differs from a genuine one in what its name says.
//!
//! Where a name says "signed", the server's own key was used: such a token is refused for what it says, not for its
//! signature. Nobody else can make those; they show that each check is there.

mod claims;
mod header;
mod text;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{DeviceId, MemberId};
use ring::hmac;
use serde_json::Value;

use crate::database::TestDatabase;
use crate::keys;

/// How a token is presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    AsBearer(String),
    InHeaders(Vec<(&'static str, String)>),
    InQuery(String),
}

pub struct Forgery {
    pub name: String,
    pub shown: Shown,
}

/// Keys of a server, by what they are for.
pub struct Keys {
    access: Vec<u8>,
    others: Vec<(&'static str, Vec<u8>)>,
}

impl Keys {
    /// Derives them as the server does.
    pub fn read(secret: &Path, database: &TestDatabase) -> Self {
        let data_key = keys::data_key(secret, &database.data_keys());
        let token_key = keys::token_key(&data_key, &database.token_keys());
        let derive = |purpose| keys::derived(&token_key, "frontdesk token key 1", purpose).to_vec();
        Self {
            access: derive("access token"),
            others: vec![
                ("the secret itself", std::fs::read(secret).unwrap()),
                ("the data key", data_key.1.clone()),
                ("the key they are derived from", token_key.clone()),
                ("the key of refresh tokens", derive("refresh token")),
                ("the key of their successors", derive("refresh successor")),
                ("the key of invitations", derive("invitation hash")),
                ("the key of cursors", derive("cursor")),
            ],
        }
    }
}

/// What forgeries are made of.
pub struct Material {
    pub genuine: String,
    pub refresh: String,
    pub device: DeviceId,
    pub colleague: (MemberId, DeviceId),
    pub stranger: (MemberId, DeviceId),
    pub revoked: DeviceId,
    pub nobody: (MemberId, DeviceId),
    /// Of another server, to a member with the same ids.
    pub elsewhere: String,
    pub keys: Keys,
    /// What anybody can learn of the server.
    pub public: Vec<(&'static str, Vec<u8>)>,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn hs(algorithm: hmac::Algorithm, key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), text.as_bytes()).as_ref().to_vec()
}

impl Material {
    fn parts(&self) -> [&str; 3] {
        self.genuine.split('.').collect::<Vec<_>>().try_into().unwrap()
    }

    fn header(&self) -> Value {
        serde_json::from_slice(&decode(self.parts()[0])).unwrap()
    }

    fn claims(&self) -> Value {
        serde_json::from_slice(&decode(self.parts()[1])).unwrap()
    }

    /// The genuine header with other fields; `null` takes one away.
    fn header_with(&self, fields: Value) -> String {
        with(self.header(), fields)
    }

    fn claims_with(&self, fields: Value) -> String {
        with(self.claims(), fields)
    }

    /// A token of these texts, by the server's own key.
    fn signed(&self, header: &str, claims: &str) -> String {
        hs256(&self.keys.access, header, claims)
    }

    fn signed_header(&self, fields: Value) -> String {
        self.signed(&self.header_with(fields), &self.claims().to_string())
    }

    fn signed_claims(&self, fields: Value) -> String {
        self.signed(&self.header().to_string(), &self.claims_with(fields))
    }

    /// The genuine one, made anew.
    pub fn signed_again(&self) -> String {
        self.signed(&self.header().to_string(), &self.claims().to_string())
    }
}

fn with(mut object: Value, fields: Value) -> String {
    let object_fields = object.as_object_mut().unwrap();
    for (name, value) in fields.as_object().unwrap() {
        match value {
            Value::Null => object_fields.remove(name),
            value => object_fields.insert(name.clone(), value.clone()),
        };
    }
    object.to_string()
}

fn hs256(key: &[u8], header: &str, claims: &str) -> String {
    let text = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(hs(hmac::HMAC_SHA256, key, &text));
    format!("{text}.{signature}")
}

/// Every forgery, by kind.
pub fn all(m: &Material) -> Vec<Forgery> {
    let kinds = [
        header::no_algorithm(m),
        header::other_algorithms(m),
        header::other_keys(m),
        header::header_fields(m),
        claims::other_claims(m),
        claims::times(m),
        claims::other_sessions(m),
        claims::doubled_names(m),
        text::cut_and_joined(m),
        text::flipped_bits(m),
        text::other_encodings(m),
        text::other_secrets(m),
    ];
    let mut all: Vec<_> =
        kinds.into_iter().flatten().map(|(name, token)| Forgery { name, shown: Shown::AsBearer(token) }).collect();
    all.extend(text::other_places(m));
    all
}

type Named = Vec<(String, String)>;
