//! The real server, handed its requests one by one.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Context;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use domain::UnixMs;
use serde::Serialize;
use server::{Admin, Config, Embedded, Rates, Transport};

/// A clock that moves when the run says so, never back.
#[derive(Clone)]
pub(crate) struct SimClock(Arc<AtomicI64>);

impl SimClock {
    pub(crate) fn at(at: UnixMs) -> Self {
        Self(Arc::new(AtomicI64::new(at.0)))
    }

    pub(crate) fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::Relaxed))
    }

    /// A moment later: no two things happen at the same time.
    pub(crate) fn tick(&self) -> UnixMs {
        UnixMs(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// The server; closed while it is down.
pub(crate) struct SimServer {
    dir: PathBuf,
    clock: SimClock,
    embedded: Option<Embedded>,
}

impl SimServer {
    pub(crate) async fn open(dir: PathBuf, clock: SimClock) -> anyhow::Result<Self> {
        let mut server = Self { dir, clock, embedded: None };
        server.start().await?;
        Ok(server)
    }

    async fn start(&mut self) -> anyhow::Result<()> {
        let clock = self.clock.clone();
        let mut rates = Rates::default();
        for name in ["FRONTDESK_RATE_API", "FRONTDESK_RATE_AUTH", "FRONTDESK_RATE_ADDRESS"] {
            rates.set_by_setting(name, "1000000/s burst 1000000".parse().context("a rate")?);
        }
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = Config::new(listen, &self.dir, Transport::InsecureHttpLoopback);
        let config = Config { clock: Arc::new(move || clock.tick()), rates, ..config };
        self.embedded = Some(Embedded::open(&config).await?);
        Ok(())
    }

    /// Ends it as a crash would, does something to its files, and starts it again.
    pub(crate) async fn restart_after(
        &mut self,
        act: impl FnOnce(&std::path::Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.embedded = None;
        act(&self.dir)?;
        self.start().await
    }

    pub(crate) fn admin(&self) -> &Admin {
        self.embedded().admin()
    }

    fn embedded(&self) -> &Embedded {
        self.embedded.as_ref().expect("closed only while it is restarted")
    }

    /// One request, answered as a whole.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body)?)
            }
            None => Bytes::new(),
        };
        Ok(self.embedded().answer(request.body(body)?).await?)
    }
}
