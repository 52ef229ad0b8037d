//! A real hosted API over TLS on a free port, behind a wire that can be cut.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, bail};
use domain::{Member, Studio, UnixMs};
use reqwest::{Certificate, Client};
use secrecy::SecretString;
use serde::Serialize;
use server::demo::{DemoConfig, generate};
use server::{CertificateFiles, Config, MailConfig, Running, Transport};
use tempfile::TempDir;
use wire::auth::{Session, SessionForm, SignIn};
use wire::changes::Row;
use wire::device::{DeviceInfo, DeviceList};

use crate::Proxy;

/// How large a studio to make.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub leads: u64,
    pub messages: u64,
}

/// A server with a demo studio.
pub struct TestServer {
    running: Running,
    proxy: Proxy,
    certificate: CertificateFiles,
    pub studio: Studio,
    /// The demo's staff, who all have [`TestServer::PASSWORD`].
    pub members: Vec<Member>,
    /// Every row of the studio that was imported, in the order of the generator.
    pub rows: Vec<Row>,
    data: PathBuf,
    /// What the server's clock is ahead of this machine's, in ms.
    ahead: Arc<AtomicI64>,
    // Last: the folder goes when nothing uses it any more.
    _dir: TempDir,
}

impl TestServer {
    /// Password of every member.
    pub const PASSWORD: &str = "correct horse battery staple";

    /// Starts a server with a studio of this size.
    ///
    /// # Errors
    /// Whatever stops a server from starting.
    pub async fn start(size: Size) -> anyhow::Result<Self> {
        install_tls_provider();
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("server");
        let now = UnixMs(chrono::Utc::now().timestamp_millis());
        let certificate = server::write_throw_away(&dir.path().join("tls"), &["localhost".to_owned()], 30, now)?;
        let ahead = Arc::new(AtomicI64::new(0));
        let running = serve(&data, &certificate, &ahead).await?;
        let config = DemoConfig {
            seed: 7,
            leads: size.leads,
            messages: size.messages,
            now,
            messages_file: None,
            leads_file: None,
        };
        let rows: Vec<Row> = generate(&config)?.collect();
        let (studio, members) = fill(&running, &rows).await?;
        let proxy = Proxy::start(running.addr()).await?;
        Ok(Self { running, proxy, certificate, studio, members, rows, data, ahead, _dir: dir })
    }

    /// Moves the server's clock on.
    pub fn advance_days(&self, days: i64) {
        self.ahead.fetch_add(days * 86_400_000, Ordering::SeqCst);
    }

    /// Stops the server, does something to its data, and starts it again. Clients find it at the same address.
    ///
    /// # Errors
    /// Whatever stops it from starting, and what `act` fails with.
    pub async fn restart_after(self, act: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        self.running.shutdown().await?;
        act(&self.data)?;
        let running = serve(&self.data, &self.certificate, &self.ahead).await?;
        self.proxy.lead_to(running.addr());
        Ok(Self { running, ..self })
    }

    /// Address for a client; goes through [`TestServer::wire`].
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.proxy.addr().port())
    }

    /// The authority a client has to trust.
    pub fn ca_pem(&self) -> anyhow::Result<Vec<u8>> {
        std::fs::read(&self.certificate.ca).context("the throw-away authority")
    }

    /// The same as a file.
    pub fn ca_file(&self) -> &Path {
        &self.certificate.ca
    }

    /// The wire between clients and this server.
    pub fn wire(&self) -> &Proxy {
        &self.proxy
    }

    /// The operator's hand on the data.
    pub fn admin(&self) -> &server::Admin {
        self.running.admin()
    }

    /// Files of the server, to look into.
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The folder its mails are written to.
    pub fn mail_dir(&self) -> PathBuf {
        self.data.join("mail")
    }

    /// A browser, or anything else that trusts the server.
    ///
    /// # Errors
    /// The throw-away authority can't be read.
    pub fn http(&self) -> anyhow::Result<Client> {
        Ok(Client::builder().tls_certs_only([Certificate::from_pem(&self.ca_pem()?)?]).no_proxy().build()?)
    }

    /// The demo's first member of this role.
    ///
    /// # Errors
    /// There is none.
    pub fn member(&self, role: domain::Role) -> anyhow::Result<&Member> {
        self.members.iter().find(|member| member.role == role).with_context(|| format!("no {role:?} in the demo"))
    }

    /// A colleague who works over the API, past the wire.
    ///
    /// # Errors
    /// The server refused.
    pub async fn colleague(&self, member: &Member) -> anyhow::Result<Colleague> {
        let http = self.http()?;
        let base = format!("https://localhost:{}", self.running.addr().port());
        let sign_in = SignIn {
            email: member.email.clone(),
            password: Self::PASSWORD.to_owned(),
            studio_id: None,
            device: DeviceInfo { name: "colleague".to_owned(), os: "test".to_owned(), app_version: "0".to_owned() },
            session: SessionForm::Bearer,
        };
        let session: Session = http
            .post(format!("{base}/v1/auth/sign-in"))
            .json(&sign_in)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        Ok(Colleague { http, base, access_token: session.tokens.access_token })
    }
}

/// Somebody else at work: plain calls of the API.
pub struct Colleague {
    http: Client,
    base: String,
    access_token: String,
}

impl Colleague {
    /// On how many devices this member is signed in.
    ///
    /// # Errors
    /// The server refused.
    pub async fn device_count(&self) -> anyhow::Result<usize> {
        let url = format!("{}/v1/devices", self.base);
        let answer = self.http.get(url).bearer_auth(&self.access_token).send().await?.error_for_status()?;
        Ok(answer.json::<DeviceList>().await?.devices.len())
    }

    /// Sends JSON and expects success.
    ///
    /// # Errors
    /// Any other answer.
    pub async fn send(&self, method: reqwest::Method, path: &str, body: &impl Serialize) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.base);
        let answer = self.http.request(method, url).bearer_auth(&self.access_token).json(body).send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("{path}: {status} {}", answer.text().await?);
        }
        Ok(())
    }
}

async fn serve(data: &Path, certificate: &CertificateFiles, ahead: &Arc<AtomicI64>) -> anyhow::Result<Running> {
    let ahead = Arc::clone(ahead);
    let clock = move || UnixMs(chrono::Utc::now().timestamp_millis() + ahead.load(Ordering::SeqCst));
    let transport = Transport::Tls { cert: certificate.cert.clone(), key: certificate.key.clone() };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mail = MailConfig {
        to: format!("folder:{}", data.join("mail").display()).parse()?,
        from: "Frontdesk <desk@studio.example>".to_owned(),
        extra_ca: None,
    };
    let config = Config { mail: Some(mail), clock: Arc::new(clock), ..Config::new(listen, data, transport) };
    Ok(server::start(config).await?)
}

async fn fill(running: &Running, rows: &[Row]) -> anyhow::Result<(Studio, Vec<Member>)> {
    let Some(Row::Studio(studio)) = rows.first() else { bail!("the demo does not begin with a studio") };
    running.admin().create_studio(studio.clone()).await?;
    let mut members = Vec::new();
    for row in rows {
        if let Row::Member(member) = row {
            let password = SecretString::from(TestServer::PASSWORD);
            running.admin().create_member(studio.id, member.clone(), password).await?;
            members.push(member.clone());
        }
    }
    let rest: Vec<Row> = rows.iter().filter(|row| !matches!(row, Row::Studio(_) | Row::Member(_))).cloned().collect();
    running.admin().import(studio.id, rest.into_iter()).await?;
    Ok((studio.clone(), members))
}

pub(crate) fn install_tls_provider() {
    // Fails only when another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
