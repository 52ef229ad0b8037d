//! A desk that has signed in and synced: the app's own folder, and the first sync that fills it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use desk::view::{DeskEvent, SignInRequest, UnsentAudit};
use desk::{Desk, DeskConfig, Prefill};
use serde::Deserialize;
use store::{Cache, CacheIdentity};
use tokio::sync::mpsc::UnboundedReceiver;
use vault::{CacheKey, Vault};

use crate::feed::Pages;
use crate::hosted::{Hosted, HostedSession};
use crate::row::{Row, Target};
use crate::samples::Samples;

/// Longer than any first sync here takes; a run that hangs ends.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Folder of a desk whose cache holds all that the server has.
pub(crate) struct Synced {
    pub(crate) data_dir: PathBuf,
    pub(crate) cache: PathBuf,
    pub(crate) key: CacheKey,
}

/// The part of the account file that leads to the cache.
#[derive(Deserialize)]
struct AccountFile {
    id: uuid::Uuid,
}

/// A desk over `data_dir` that trusts the server.
///
/// # Errors
/// The server's certificate can't be read.
pub(crate) fn desk(data_dir: &Path, hosted: &Hosted) -> anyhow::Result<(Desk, UnboundedReceiver<DeskEvent>)> {
    Ok(Desk::new(DeskConfig {
        data_dir: data_dir.to_owned(),
        server_url: hosted.url.clone(),
        extra_ca_pem: Some(std::fs::read(&hosted.ca)?),
        prefill: Prefill::default(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

/// Signs in and waits until the first sync is complete; returns how long both took together.
async fn first_sync(
    desk: &Desk,
    events: &mut UnboundedReceiver<DeskEvent>,
    hosted: &Hosted,
) -> anyhow::Result<Duration> {
    let started = Instant::now();
    desk.sign_in(SignInRequest {
        server_url: hosted.url.clone(),
        email: hosted.email().to_owned(),
        password: hosted.password().to_owned(),
        passphrase: None,
    })
    .await?;
    // Nobody is at this desk: it would lock itself after five minutes, and a large studio takes longer.
    desk.set_lock_after_minutes(0).await?;
    let synced = async {
        while let Some(event) = events.recv().await {
            if event == DeskEvent::Locked {
                bail!("the desk locked itself during the first sync");
            }
            if let DeskEvent::StatusChanged(status) = event {
                if let Some(problem) = status.problem {
                    bail!("the first sync was interrupted: {problem:?}");
                }
                if status.up_to_date_at.is_some() && status.first_sync.is_none() {
                    return Ok(started.elapsed());
                }
            }
        }
        bail!("the desk ended during the first sync")
    };
    tokio::time::timeout(PATIENCE, synced).await.context("the first sync does not end")?
}

/// The same rows in the same order, read beforehand, written by the same code in this process; returns how long the
/// writing took, and how many rows there were.
fn bulk_insert(recording: &Path, folder: &Path, session: &HostedSession) -> anyhow::Result<(Duration, u64)> {
    let path = folder.join("cache.db");
    let key = secrecy::SecretBox::new(Box::new([7; 32]));
    let identity = CacheIdentity {
        studio_id: session.who.studio.id,
        member_id: session.who.member.id,
        device_id: session.who.device_id,
    };
    let mut pages = Pages::open(recording)?;
    let mut started = Instant::now();
    let cache = Cache::create(&path, &key, &identity)?;
    let mut writing = started.elapsed();
    while let Some(page) = pages.next()? {
        started = Instant::now();
        cache.apply_page(&page)?;
        writing += started.elapsed();
    }
    cache.close()?;
    Ok((writing, pages.rows_done()))
}

/// First sync against bulk insert, `rounds` times each in turn. What the last first sync filled stays.
///
/// # Errors
/// Either failed.
pub(crate) async fn measure(
    hosted: &Hosted,
    recording: &Path,
    scratch: &Path,
    rounds: usize,
) -> anyhow::Result<(Vec<Row>, Synced)> {
    ensure!(rounds > 0, "at least one round");
    let session = hosted.session().await?;
    let (mut syncs, mut inserts) = (Samples::default(), Samples::default());
    let mut synced = None;
    for round in 0..rounds {
        let folder = tempfile::tempdir_in(scratch)?;
        let (writing, rows) = tokio::task::block_in_place(|| bulk_insert(recording, folder.path(), &session))?;
        inserts.push(rows as f64 / writing.as_secs_f64());
        folder.close()?;

        let data_dir = scratch.join(format!("desk-{round}"));
        let (desk, mut events) = desk(&data_dir, hosted)?;
        let elapsed = first_sync(&desk, &mut events, hosted).await?;
        syncs.push(rows as f64 / elapsed.as_secs_f64());
        crate::say(&format!(
            "first sync {:.1} s, bulk insert {:.1} s, {rows} rows",
            elapsed.as_secs_f64(),
            writing.as_secs_f64()
        ));
        if round + 1 < rounds {
            desk.sign_out(UnsentAudit::Lose).await?;
            desk.close().await;
        } else {
            desk.close().await;
            synced = Some(find(data_dir)?);
        }
    }
    let row = Row::new("first sync, server to cache over TLS", syncs.median(), "rows/s")
        .against_rate("bulk insert of the same rows, one process", inserts.median())
        .with_target(Target::Ratio(1.5));
    Ok((vec![row], synced.context("there was a round")?))
}

/// The cache and its key of the account in `data_dir`.
fn find(data_dir: PathBuf) -> anyhow::Result<Synced> {
    let account: AccountFile = serde_json::from_slice(&std::fs::read(data_dir.join("account.json"))?)?;
    let id = account.id.to_string();
    let key = Vault::keyring(&id)?.find_cache_key()?.context("the keyring has the key")?;
    Ok(Synced { cache: data_dir.join("accounts").join(id).join("cache.db"), key, data_dir })
}
