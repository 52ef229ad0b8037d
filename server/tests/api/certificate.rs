//! A certificate that is renewed while the server runs.

use std::path::Path;

use reqwest::StatusCode;

use crate::database::TestDatabase;
use crate::operator::{Serving, line, run, set_up};

const RENEWED: &str = "the certificate was renewed";
const REFUSED: &str = "the new certificate can't be served";

/// A certificate of an authority of its own, in `out`.
async fn make(database: &TestDatabase, out: &Path) {
    line(&run(database, &["certificate", "--out", &out.display().to_string()], "").await);
}

/// Puts the pair of `from` in the place of that of `to`, a file at a time.
fn replace(from: &Path, to: &Path) {
    for name in ["cert.pem", "key.pem"] {
        std::fs::rename(from.join(name), to.join(name)).unwrap();
    }
}

/// Whether somebody who connects now, and trusts the authority of `tls` only, is served.
async fn is_trusted(serving: &Serving, tls: &Path) -> bool {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(tls.join("ca.pem")).unwrap()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    match http.get(format!("{}/v1/health", serving.client.base)).send().await {
        Ok(answer) => answer.status() == StatusCode::NO_CONTENT,
        Err(error) => {
            assert!(format!("{error:?}").contains("InvalidCertificate"), "{error:?}");
            false
        }
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_served_to_new_connections_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, _) = set_up(dir.path()).await;
    let [live, next, last] = ["tls", "next", "last"].map(|name| dir.path().join(name));
    let first = dir.path().join("first");
    make(&database, &next).await;
    make(&database, &last).await;
    std::fs::create_dir(&first).unwrap();
    std::fs::copy(live.join("ca.pem"), first.join("ca.pem")).unwrap();
    let mut serving = Serving::start(&database, &data, &live).await;
    assert_eq!(serving.client.get("/v1/health").await.status, StatusCode::NO_CONTENT);
    assert!(is_trusted(&serving, &first).await && !is_trusted(&serving, &next).await, "the control");

    replace(&next, &live);
    serving.has_logged(RENEWED, 1).await;
    assert!(is_trusted(&serving, &next).await && !is_trusted(&serving, &first).await);
    assert_eq!(serving.client.get("/v1/health").await.status, StatusCode::NO_CONTENT, "who is connected stays so");

    std::fs::write(live.join("cert.pem"), "-----BEGIN CERTIFICATE-----\nhalf of").unwrap();
    serving.has_logged(REFUSED, 1).await;
    assert!(is_trusted(&serving, &next).await, "the one from before");
    // A certificate without its key: another way to be broken, and half of the next renewal.
    std::fs::rename(last.join("cert.pem"), live.join("cert.pem")).unwrap();
    serving.has_logged(REFUSED, 2).await;
    assert!(is_trusted(&serving, &next).await);

    std::fs::rename(last.join("key.pem"), live.join("key.pem")).unwrap();
    serving.has_logged(RENEWED, 2).await;
    assert!(is_trusted(&serving, &last).await && !is_trusted(&serving, &next).await, "it recovers by itself");
    let log = serving.stop().await;
    assert_eq!((log.matches(RENEWED).count(), log.matches(REFUSED).count()), (2, 2), "each is said once");
}
