//! A device that its server can't be reached from may be used for some days, and no longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use desk::view::{Connection, DeskEvent, SignOutEnd};
use desk::{ErrorCode, ErrorView};
use domain::{Role, UnixMs};
use reqwest::Method;
use sync::{Clock, SystemClock};
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The real time, and so much.
#[derive(Clone, Default)]
struct Shifted(Arc<AtomicI64>);

impl Shifted {
    fn by_days(&self, days: i64) {
        self.0.store(days * DAY_MS, Ordering::SeqCst);
    }
}

impl Clock for Shifted {
    fn now(&self) -> UnixMs {
        SystemClock.now().plus_ms(self.0.load(Ordering::SeqCst))
    }
}

/// A desk that is up to date, offline and locked, and its clock.
async fn locked_offline(server: &TestServer) -> anyhow::Result<(TestDesk, Shifted)> {
    let clock = Shifted::default();
    let mut desk = TestDesk::with_clock(server, Arc::new(clock.clone()))?;
    desk.sign_in(&manager(server).email, TestServer::PASSWORD).await?;
    desk.wait_until_synced().await?;
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    desk.desk.lock().await?;
    desk.wait_for_event("it to lock", |event| *event == DeskEvent::Locked).await?;
    assert_eq!(server.wire().cuts(), 1, "the cable really was pulled");
    Ok((desk, clock))
}

async fn unlock_code(desk: &TestDesk) -> Option<ErrorCode> {
    let error = desk.desk.unlock(Some(PASSPHRASE.to_owned())).await.err();
    error.map(|error| ErrorView::from(error).code)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_seven_days_without_the_server_it_stays_locked_until_that_is_reached() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let (desk, clock) = locked_offline(&server).await?;
    clock.by_days(6);
    assert_eq!(unlock_code(&desk).await, None, "the control: within the lease it opens");
    assert!(!desk.desk.lead_page(newest_first(), 0, 1).await?.rows.is_empty());
    desk.desk.lock().await?;

    clock.by_days(7);
    assert_eq!(unlock_code(&desk).await, Some(ErrorCode::LeaseOver));
    assert!(desk.desk.lead_page(newest_first(), 0, 1).await.is_err(), "nothing is shown");
    let shell = desk.desk.open_offline(Some(PASSPHRASE.to_owned())).await;
    assert_eq!(shell.err().map(|error| ErrorView::from(error).code), Some(ErrorCode::LeaseOver));

    server.wire().plug_in();
    assert_eq!(unlock_code(&desk).await, None);
    assert!(!desk.desk.lead_page(newest_first(), 0, 1).await?.rows.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_does_not_make_it_longer() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let (desk, clock) = locked_offline(&server).await?;
    clock.by_days(6);
    assert_eq!(unlock_code(&desk).await, None);
    desk.desk.lock().await?;
    clock.by_days(1);
    assert_eq!(unlock_code(&desk).await, Some(ErrorCode::LeaseOver));
    server.wire().plug_in();
    assert_eq!(unlock_code(&desk).await, None, "the server knows what time it is");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_desk_locks_when_its_lease_ends() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let (mut desk, clock) = locked_offline(&server).await?;
    assert_eq!(unlock_code(&desk).await, None);
    desk.desk.set_lock_after_minutes(0).await?;
    clock.by_days(7);
    desk.wait_for_event("it to lock", |event| *event == DeskEvent::Locked).await?;
    assert_eq!(unlock_code(&desk).await, Some(ErrorCode::LeaseOver));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_revoked_while_it_was_away_loses_its_cache_when_it_asks() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let (mut desk, clock) = locked_offline(&server).await?;
    let cache = desk.cache_file()?;
    let colleague = server.colleague(server.member(Role::Manager)?).await?;
    colleague.send(Method::POST, "/v1/devices/revoke-others", &serde_json::json!({})).await?;
    clock.by_days(8);
    server.wire().plug_in();
    assert!(unlock_code(&desk).await.is_some(), "nothing is shown");
    let ended = desk.wait_for_event("it to end", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    assert!(matches!(ended, DeskEvent::SignedOut(SignOutEnd::Erased { .. })), "{ended:?}");
    assert!(!cache.exists());
    Ok(())
}
