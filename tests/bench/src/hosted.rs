//! The demo studio and the hosted API that serves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, ensure};
use api_client::{ApiClient, ClientConfig, HeldTokens, ServerUrl, SignedIn, TokenStore};
use secrecy::ExposeSecret;
use serde::Deserialize;
use wire::auth::{SessionForm, SignIn};
use wire::device::DeviceInfo;

use crate::programs::{program, run};
use crate::served::{NO_LIMIT, Served};

/// How much the studio holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) leads: u64,
    pub(crate) messages: u64,
}

impl Size {
    pub(crate) fn tenth(self) -> Self {
        Self { leads: self.leads / 10, messages: self.messages / 10 }
    }
}

/// Who may sign in: the file that `frontdesk-server demo` leaves.
#[derive(Deserialize)]
struct Account {
    email: String,
    password: String,
}

/// A running server. It ends when dropped.
pub(crate) struct Hosted {
    served: Served,
    pub(crate) url: String,
    pub(crate) ca: PathBuf,
    account: Account,
}

/// The studio's files, made once for each size and kept under `kept`; the same seed gives the same studio.
///
/// # Errors
/// They can't be made.
pub(crate) fn studio(kept: &Path, size: Size) -> anyhow::Result<PathBuf> {
    // Of servers that encrypt: those of before can't be served any more.
    let folder = kept.join(format!("{}-{}-sqlcipher", size.leads, size.messages));
    let data = folder.join("server");
    if data.exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let server = program("frontdesk-server")?;
    let unfinished = folder.join("server.unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    run(Command::new(server)
        .arg("demo")
        .arg("--data")
        .arg(&unfinished)
        .args(["--lead-count", &size.leads.to_string(), "--message-count", &size.messages.to_string()])
        .args(["--seed", "1"]))?;
    fs::rename(unfinished, &data)?;
    Ok(folder)
}

impl Hosted {
    /// Serves a copy of the studio in `kept`, made under `scratch`: what is changed is gone after the run.
    ///
    /// # Errors
    /// The server does not start.
    pub(crate) fn start(kept: &Path, scratch: &Path) -> anyhow::Result<Self> {
        let data = scratch.join("server");
        fs::create_dir_all(scratch)?;
        run(Command::new("cp").arg("-a").arg(kept.join("server")).arg(&data))?;
        let account = fs::read(data.join("demo-account.json")).context("the demo names its account")?;
        let served = Served::start(&data, None, NO_LIMIT, scratch)?;
        let account = serde_json::from_slice(&account).context("the demo's account can be read")?;
        Ok(Self { url: served.url.clone(), ca: served.ca.clone(), served, account })
    }

    pub(crate) fn email(&self) -> &str {
        &self.account.email
    }

    pub(crate) fn password(&self) -> &str {
        &self.account.password
    }

    /// A session of its own, besides those of any desk.
    ///
    /// # Errors
    /// The server refused.
    pub(crate) async fn session(&self) -> anyhow::Result<HostedSession> {
        let server = ServerUrl::parse(&self.url)?;
        let ca = fs::read(&self.ca)?;
        let config = ClientConfig { extra_ca_pem: Some(ca), ..ClientConfig::new(server, "Frontdesk-bench") };
        let tokens = Arc::new(HeldTokens::default());
        let client = ApiClient::new(&config, Arc::clone(&tokens) as Arc<dyn TokenStore>)?;
        let sign_in = SignIn {
            email: self.account.email.clone(),
            password: self.account.password.clone(),
            studio_id: None,
            device: DeviceInfo { name: "bench".to_owned(), os: "bench".to_owned(), app_version: "0".to_owned() },
            session: SessionForm::Bearer,
        };
        let who = client.sign_in(&sign_in).await?;
        Ok(HostedSession { client, tokens, http: self.served.http()?, url: self.url.clone(), who })
    }
}

/// A signed-in client, and plain calls of the API with the same rights.
pub(crate) struct HostedSession {
    pub(crate) client: ApiClient,
    pub(crate) who: SignedIn,
    tokens: Arc<HeldTokens>,
    http: reqwest::Client,
    url: String,
}

impl HostedSession {
    /// Sends JSON and expects success.
    ///
    /// # Errors
    /// Any other answer.
    pub(crate) async fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        body: &impl serde::Serialize,
    ) -> anyhow::Result<()> {
        let tokens = self.tokens.load()?.context("signed in")?;
        let access = tokens.access_token.context("signed in a moment ago")?;
        let request = self.http.request(method, format!("{}{path}", self.url));
        let status = request.bearer_auth(access.expose_secret()).json(body).send().await?.status();
        ensure!(status.is_success(), "a change was refused: {status}");
        Ok(())
    }
}
