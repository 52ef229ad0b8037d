//! A real desk in a folder of its own, with its key behind a passphrase.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use desk::view::{DeskEvent, SessionView, SignInAgainRequest, SignInRequest, SyncStatus};
use desk::{Desk, DeskConfig, DeskError, Prefill};
use domain::Member;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::server::install_tls_provider;
use crate::{PATIENCE, TestServer};

/// The passphrase of every test desk.
pub const PASSPHRASE: &str = "a passphrase for tests only";

/// A desk and what it tells.
pub struct TestDesk {
    pub desk: Desk,
    events: UnboundedReceiver<DeskEvent>,
    server_url: String,
    data_dir: PathBuf,
    ca_pem: Vec<u8>,
    // Last: the folder goes when nothing uses it any more. Absent for a desk that was opened again.
    dir: Option<TempDir>,
}

impl TestDesk {
    /// A desk that nobody signed in at, which knows `server`.
    ///
    /// # Errors
    /// No temporary folder.
    pub fn new(server: &TestServer) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let data_dir = dir.path().join("desk");
        Ok(Self::at(data_dir, server.url(), server.ca_pem()?, Some(dir)))
    }

    /// A desk that nobody signed in at, which trusts this authority and knows no server.
    ///
    /// # Errors
    /// No temporary folder.
    pub fn trusting(ca_pem: &[u8]) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let data_dir = dir.path().join("desk");
        Ok(Self::at(data_dir, String::new(), ca_pem.to_owned(), Some(dir)))
    }

    /// As [`TestDesk::new`], by another clock.
    ///
    /// # Errors
    /// No temporary folder.
    pub fn with_clock(server: &TestServer, clock: Arc<dyn sync::Clock>) -> anyhow::Result<Self> {
        let mut desk = Self::new(server)?;
        let (timed, events) = Desk::with_clock(desk.config(), clock);
        desk.desk = timed;
        desk.events = events;
        Ok(desk)
    }

    /// A desk where `member` has signed in.
    ///
    /// # Errors
    /// Signing in failed.
    pub async fn signed_in(server: &TestServer, member: &Member) -> anyhow::Result<Self> {
        let desk = Self::new(server)?;
        desk.sign_in(&member.email, TestServer::PASSWORD).await?;
        Ok(desk)
    }

    /// Closes the program and starts it again on the same folder, still locked.
    pub async fn restart(mut self) -> Self {
        self.desk.close().await;
        let dir = self.dir.take();
        Self::at(self.data_dir.clone(), self.server_url.clone(), self.ca_pem.clone(), dir)
    }

    /// A desk on a folder that stays when the desk goes.
    pub fn in_folder(data_dir: &Path, server_url: &str, ca_pem: &[u8]) -> Self {
        Self::at(data_dir.to_owned(), server_url.to_owned(), ca_pem.to_owned(), None)
    }

    /// A second window on the same folder.
    pub fn beside(&self) -> Self {
        Self::in_folder(&self.data_dir, &self.server_url, &self.ca_pem)
    }

    fn at(data_dir: PathBuf, server_url: String, ca_pem: Vec<u8>, dir: Option<TempDir>) -> Self {
        install_tls_provider();
        let (desk, events) = Desk::new(config(&data_dir, &server_url, &ca_pem));
        Self { desk, events, server_url, data_dir, ca_pem, dir }
    }

    fn config(&self) -> DeskConfig {
        config(&self.data_dir, &self.server_url, &self.ca_pem)
    }

    /// Signs in, with the key behind [`PASSPHRASE`].
    ///
    /// # Errors
    /// As [`Desk::sign_in`].
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SessionView, DeskError> {
        self.sign_in_at(&self.server_url, email, password).await
    }

    /// As [`TestDesk::sign_in`], at another address.
    ///
    /// # Errors
    /// As [`Desk::sign_in`].
    pub async fn sign_in_at(&self, url: &str, email: &str, password: &str) -> Result<SessionView, DeskError> {
        let request = SignInRequest {
            server_url: url.to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
            passphrase: Some(PASSPHRASE.to_owned()),
        };
        self.desk.sign_in(request).await
    }

    /// Signs in again at the desk that is open.
    ///
    /// # Errors
    /// As [`Desk::sign_in_again`].
    pub async fn sign_in_again(&self, email: &str, password: &str) -> Result<(), DeskError> {
        let request = SignInAgainRequest { email: email.to_owned(), password: password.to_owned() };
        self.desk.sign_in_again(request).await
    }

    /// Address of the server it knows.
    pub fn server_url(&self) -> &str {
        &self.server_url
    }

    /// Folder of the account and its cache.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The cache file.
    ///
    /// # Errors
    /// There is not exactly one.
    pub fn cache_file(&self) -> anyhow::Result<PathBuf> {
        let mut found = Vec::new();
        for account in std::fs::read_dir(self.data_dir.join("accounts"))? {
            let file = account?.path().join("cache.db");
            if file.exists() {
                found.push(file);
            }
        }
        match <[PathBuf; 1]>::try_from(found) {
            Ok([file]) => Ok(file),
            Err(found) => bail!("{} cache files", found.len()),
        }
    }

    /// Waits for an event that `is_it`.
    ///
    /// # Errors
    /// It does not come within [`PATIENCE`].
    pub async fn wait_for_event(
        &mut self,
        what: &str,
        is_it: impl Fn(&DeskEvent) -> bool,
    ) -> anyhow::Result<DeskEvent> {
        tokio::time::timeout(PATIENCE, async {
            while let Some(event) = self.events.recv().await {
                if is_it(&event) {
                    return Ok(event);
                }
            }
            bail!("the desk ended before: {what}")
        })
        .await
        .with_context(|| format!("waited too long for: {what}"))?
    }

    /// Waits until the status `is_it`, looking at once and on every change.
    ///
    /// # Errors
    /// It does not become so within [`PATIENCE`].
    pub async fn wait_for_status(
        &mut self,
        what: &str,
        is_it: impl Fn(&SyncStatus) -> bool,
    ) -> anyhow::Result<SyncStatus> {
        let now = self.desk.sync_status().await?;
        if is_it(&now) {
            return Ok(now);
        }
        let event = self
            .wait_for_event(what, |event| matches!(event, DeskEvent::StatusChanged(status) if is_it(status)))
            .await?;
        match event {
            DeskEvent::StatusChanged(status) => Ok(status),
            other => bail!("{what}: not a status but {other:?}"),
        }
    }

    /// Waits until the cache holds everything the server has.
    ///
    /// # Errors
    /// It does not within [`PATIENCE`].
    pub async fn wait_until_synced(&mut self) -> anyhow::Result<SyncStatus> {
        self.wait_for_status("up to date", |status| {
            status.up_to_date_at.is_some() && status.first_sync.is_none() && status.problem.is_none()
        })
        .await
    }
}

fn config(data_dir: &Path, server_url: &str, ca_pem: &[u8]) -> DeskConfig {
    DeskConfig {
        data_dir: data_dir.to_owned(),
        server_url: server_url.to_owned(),
        extra_ca_pem: Some(ca_pem.to_owned()),
        prefill: Prefill::default(),
        app_version: "0.0.0-test".to_owned(),
    }
}
