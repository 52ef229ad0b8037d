//! Access tokens: JWTs (RFC 9068) signed with the server's own key, good for ten minutes.
//!
//! Nothing in a token chooses how it is checked: there is one algorithm, and one header, of which every field is known;
//! which key signed it is found by trying those there are (`token_keys`). `tests/api/forged_tokens.rs` tries the rest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{DeviceId, MemberId, UnixMs};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::secrets::Key;

/// Seconds an access token is good for.
pub(crate) const ACCESS_TOKEN_LIFETIME_S: u64 = 600;

const ISSUER: &str = "frontdesk";
const AUDIENCE: &str = "frontdesk-api";
/// Tells it from any other JWT (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// Servers on one database may differ in their clocks by this, in seconds: a token that is from later than that is
/// none of theirs.
const CLOCK_SKEW_S: u64 = 60;

/// Signs and checks access tokens, with one key.
pub(super) struct AccessTokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
}

/// Who a token speaks for. That the session is alive still has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) device_id: DeviceId,
    pub(crate) member_id: MemberId,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccessTokenError {
    #[error("past its time")]
    Expired,
    #[error("before its time")]
    NotYet,
    #[error("not issued by this server")]
    Forged,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: MemberId,
    /// The device, that is the session.
    sid: DeviceId,
    iat: u64,
    exp: u64,
    /// We issue none; one that is there counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
}

/// All there is in the header of a token of ours. Another field (`kid`, `jku`, `jwk`, `x5u`, `crit` …) would ask for
/// something that is not done here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnHeader {
    typ: String,
    #[serde(rename = "alg")]
    _alg: String,
}

impl AccessTokens {
    pub(super) fn new(key: &Key) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Checked below, by the server's own clock and without the minute of grace that is the default.
        validation.validate_exp = false;
        let (signing, checking) = (EncodingKey::from_secret(key.as_ref()), DecodingKey::from_secret(key.as_ref()));
        Self { signing, checking, validation }
    }

    /// A token for the session, from now on.
    ///
    /// # Errors
    /// None in practice: the claims are text and numbers.
    pub(super) fn issue(&self, bearer: Bearer, now: UnixMs) -> Result<String, jsonwebtoken::errors::Error> {
        let now = seconds(now);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: bearer.member_id,
            sid: bearer.device_id,
            iat: now,
            exp: now + ACCESS_TOKEN_LIFETIME_S,
            nbf: None,
        };
        let header = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &self.signing)
    }

    /// Who the token speaks for.
    ///
    /// # Errors
    /// [`AccessTokenError`].
    pub(super) fn check(&self, token: &str, now: UnixMs) -> Result<Bearer, AccessTokenError> {
        let header = token.split('.').next().unwrap_or_default();
        // Algorithm, signature, issuer and audience; what follows is read only where these hold.
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation)
            .map_err(|_| AccessTokenError::Forged)?
            .claims;
        if own_header(header).is_none_or(|header| header.typ != TYPE) {
            return Err(AccessTokenError::Forged);
        }
        let now = seconds(now);
        if claims.exp <= now {
            return Err(AccessTokenError::Expired);
        }
        if claims.iat > now + CLOCK_SKEW_S || claims.nbf.is_some_and(|from| from > now) {
            return Err(AccessTokenError::NotYet);
        }
        Ok(Bearer { device_id: claims.sid, member_id: claims.sub })
    }
}

fn own_header(part: &str) -> Option<OwnHeader> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn seconds(time: UnixMs) -> u64 {
    u64::try_from(time.0 / 1000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_790_000_000_000);

    fn tokens(byte: u8) -> AccessTokens {
        AccessTokens::new(&Key::new([byte; 32]))
    }

    fn bearer() -> Bearer {
        let id = uuid::Uuid::from_u128;
        Bearer { device_id: DeviceId::from_uuid(id(1)), member_id: MemberId::from_uuid(id(2)) }
    }

    fn forged(tokens: &AccessTokens, header: &Header, claims: &serde_json::Value) -> AccessTokenError {
        let token = jsonwebtoken::encode(header, claims, &tokens.signing).expect("signs");
        tokens.check(&token, NOW).expect_err("must not be accepted")
    }

    #[test]
    fn a_token_is_good_for_ten_minutes_and_not_a_second_more() {
        let tokens = tokens(7);
        let token = tokens.issue(bearer(), NOW).expect("signs");
        assert_eq!(tokens.check(&token, NOW), Ok(bearer()));
        assert_eq!(tokens.check(&token, NOW.plus_ms(599_999)), Ok(bearer()));
        assert_eq!(tokens.check(&token, NOW.plus_ms(600_000)), Err(AccessTokenError::Expired));
    }

    #[test]
    fn a_token_of_another_key_is_forged() {
        let token = tokens(8).issue(bearer(), NOW).expect("signs");
        assert_eq!(tokens(7).check(&token, NOW), Err(AccessTokenError::Forged));
    }

    #[test]
    fn every_claim_and_the_type_count() {
        let tokens = tokens(7);
        let good = serde_json::json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": bearer().member_id, "sid": bearer().device_id,
            "iat": 1_790_000_000, "exp": 1_790_000_600_u64,
        });
        let typed = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        let token = jsonwebtoken::encode(&typed, &good, &tokens.signing).expect("signs");
        assert_eq!(tokens.check(&token, NOW), Ok(bearer()), "the control passes");

        for claim in ["iss", "aud", "sub", "sid", "exp"] {
            let mut without = good.clone();
            without.as_object_mut().expect("object").remove(claim);
            assert_eq!(forged(&tokens, &typed, &without), AccessTokenError::Forged, "without {claim}");
        }
        for (claim, value) in [("iss", "other"), ("aud", "other")] {
            let mut wrong = good.clone();
            wrong[claim] = value.into();
            assert_eq!(forged(&tokens, &typed, &wrong), AccessTokenError::Forged, "wrong {claim}");
        }
        assert_eq!(forged(&tokens, &Header::new(Algorithm::HS256), &good), AccessTokenError::Forged, "plain JWT");
        let keyed = Header { kid: Some("1".to_owned()), ..typed.clone() };
        assert_eq!(forged(&tokens, &keyed, &good), AccessTokenError::Forged, "a header that is not ours");
        for (claim, at, why) in [
            ("iat", 1_790_000_061_u64, Err(AccessTokenError::NotYet)),
            ("iat", 1_790_000_060, Ok(bearer())),
            ("nbf", 1_790_000_001, Err(AccessTokenError::NotYet)),
            ("nbf", 1_790_000_000, Ok(bearer())),
        ] {
            let mut later = good.clone();
            later[claim] = at.into();
            let token = jsonwebtoken::encode(&typed, &later, &tokens.signing).expect("signs");
            assert_eq!(tokens.check(&token, NOW), why, "{claim} {at}");
        }
        let stronger = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS512) };
        assert_eq!(forged(&tokens, &stronger, &good), AccessTokenError::Forged, "another algorithm");
    }
}
