//! A refresh of which the server knows and the desk does not: its answer was lost, and the program ended.

use anyhow::Context;
use desk::view::{DeskEvent, Phase};
use reqwest::Certificate;
use secrecy::{ExposeSecret, SecretString};
use testkit::{PASSPHRASE, TestDesk, TestServer};
use vault::{StoredTokens, Vault};
use wire::auth::Refresh;

use crate::{STUDIO, manager};

const KEY: &str = "1f6b1c0e-0b61-4f0e-9d5a-5a8f3f0f9c11";

/// A locked desk that was refreshing when it ended: the server has exchanged its token, and nobody got the answer.
/// `kept` is the key that the vault holds of that exchange.
async fn cut_off_desk(server: &TestServer, kept: Option<&str>) -> anyhow::Result<TestDesk> {
    let mut desk = TestDesk::signed_in(server, manager(server)).await?;
    desk.wait_until_synced().await?;
    let desk = desk.restart().await;
    let envelope = desk.cache_file()?.with_file_name("vault.json");
    let vault = Vault::open_envelope(&envelope, &SecretString::from(PASSPHRASE))?;
    let tokens = vault.find_tokens()?.context("it is signed in")?;

    let http = reqwest::Client::builder().tls_certs_only([Certificate::from_pem(&server.ca_pem()?)?]).build()?;
    let refresh = Refresh {
        refresh_token: Some(tokens.refresh_token.expose_secret().to_owned()),
        idempotency_key: Some(KEY.to_owned()),
    };
    let sent = http.post(format!("{}/v1/auth/refresh", server.url())).json(&refresh).send().await?;
    sent.error_for_status().context("the control: the server exchanged it")?;

    let idempotency_key = kept.map(SecretString::from);
    // Without the access token, or it would do for the rest of its ten minutes.
    vault.put_tokens(&StoredTokens { access_token: None, idempotency_key, ..tokens })?;
    Ok(desk)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_was_cut_off_goes_on_at_the_next_start() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = cut_off_desk(&server, Some(KEY)).await?;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let devices = desk.desk.list_devices().await?.devices;
    assert!(matches!(&*devices, [here] if here.is_current), "the same session: {} devices", devices.len());
    assert_eq!(desk.desk.start().await?.phase, Phase::Open);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_of_the_exchange_the_session_is_taken_for_stolen() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = cut_off_desk(&server, None).await?;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    desk.wait_for_event("signed out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    Ok(())
}
