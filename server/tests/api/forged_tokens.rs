//! Access tokens that are none of ours: every one of [`forgeries::all`] is refused, and told no more than the others.

use std::collections::{BTreeMap, BTreeSet};

use domain::{DeviceId, MemberId};
use reqwest::StatusCode;
use reqwest::header::{HeaderName, HeaderValue};
use uuid::Uuid;
use wire::ApiErrorCode;

use crate::forgeries::{self, Forgery, Keys, Material, Shown};
use crate::harness::{Answer, OWNER, SALES, STRANGER, TestServer, answer};

async fn shown(server: &TestServer, shown: &Shown) -> Answer {
    let url = |query: &str| format!("{}/v1/devices{query}", server.running.base_url());
    let client = server.anonymous();
    let request = match shown {
        Shown::AsBearer(token) => client.http.get(url("")).bearer_auth(token),
        Shown::InHeaders(headers) => {
            let request = client.http.get(url(""));
            headers.iter().fold(request, |request, (name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
            })
        }
        Shown::InQuery(query) => client.http.get(url(query)),
    };
    answer(request).await
}

#[tokio::test]
async fn three_hundred_forged_tokens_are_refused_alike_and_the_genuine_one_is_not() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let colleague = server.session(SALES).await;
    let stranger = server.session(STRANGER).await;
    let revoked = server.session(OWNER).await;
    let path = format!("/v1/devices/{}", revoked.device_id);
    let by = server.client_with(&session.tokens.access_token);
    assert_eq!(by.send(reqwest::Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    let elsewhere = TestServer::start(1, 1).await;

    let genuine = Shown::AsBearer(session.tokens.access_token.clone());
    let material = Material {
        genuine: session.tokens.access_token.clone(),
        refresh: session.tokens.refresh_token.clone(),
        device: session.device_id,
        colleague: (colleague.member.id, colleague.device_id),
        stranger: (stranger.member.id, stranger.device_id),
        revoked: revoked.device_id,
        nobody: (MemberId::from_uuid(Uuid::from_u128(77)), DeviceId::from_uuid(Uuid::from_u128(78))),
        elsewhere: elsewhere.session(OWNER).await.tokens.access_token,
        keys: Keys::read(&server.data_dir().join("secret.key"), &server.database),
        public: vec![
            ("the certificate, PEM", std::fs::read(&server.tls.cert).unwrap()),
            ("the authority, PEM", std::fs::read(&server.tls.ca).unwrap()),
            ("the address", server.running.base_url().into_bytes()),
        ],
    };
    assert_eq!(shown(&server, &genuine).await.status, StatusCode::OK, "the control");
    // What is signed here with the server's own key and says what ours say is one of ours: so those that differ in one
    // thing are refused for that thing.
    let own = Shown::AsBearer(material.signed_again());
    assert_eq!(shown(&server, &own).await.status, StatusCode::OK, "the other control");

    let forgeries = forgeries::all(&material);
    let names: BTreeSet<_> = forgeries.iter().map(|forgery| &forgery.name).collect();
    assert_eq!(names.len(), forgeries.len(), "each has a name of its own");
    let mut same = BTreeMap::<_, Vec<_>>::new();
    for Forgery { name, shown } in &forgeries {
        same.entry(format!("{shown:?}")).or_default().push(name);
    }
    let same: Vec<_> = same.into_values().filter(|names| names.len() > 1).collect();
    assert!(same.is_empty(), "no two are the same: {same:?}");
    assert!(forgeries.len() >= 300, "{}", forgeries.len());

    let mut accepted = Vec::new();
    for (n, Forgery { name, shown: forged }) in forgeries.iter().enumerate() {
        assert_ne!(*forged, genuine, "{name}");
        let answer = shown(&server, forged).await;
        if answer.status.is_success() {
            accepted.push(name);
            continue;
        }
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}: {}", answer.text());
        let code = answer.code();
        // Revoked is only told to who could show that the session was theirs.
        let codes = [ApiErrorCode::SessionExpired, ApiErrorCode::SessionRevoked, ApiErrorCode::TokenExpired];
        assert!(codes.contains(&code), "{name}: {code:?}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer error=\"invalid_token\"", "{name}");
        let body: BTreeMap<String, serde_json::Value> = answer.json();
        assert_eq!(body.into_keys().collect::<Vec<_>>(), ["code", "message", "request_id"], "{name}");
        if n % 25 == 0 {
            assert_eq!(shown(&server, &genuine).await.status, StatusCode::OK, "the control, after {name}");
        }
    }
    assert!(accepted.is_empty(), "let in: {accepted:#?}");
    assert_eq!(shown(&server, &genuine).await.status, StatusCode::OK, "the control, after all");
}
