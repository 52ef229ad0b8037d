//! A server without sockets and without jobs that run by themselves: whoever holds it brings the requests, one by one. For
//! programs that decide what a network does, such as simulations.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::admin::Admin;
use crate::config::Config;
use crate::router::router;
use crate::serve::{StartError, open_state};
use crate::telemetry::TelemetryTask;

/// A server that answers what it is handed.
pub struct Embedded {
    router: Router,
    admin: Admin,
    _telemetry: TelemetryTask,
}

impl Embedded {
    /// Opens the data; listens nowhere.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        let (state, admin, telemetry) =
            open_state(config, "http://localhost".to_owned(), CancellationToken::new()).await?;
        Ok(Self { router: router(state, config.connections.answer_timeout), admin, _telemetry: telemetry })
    }

    /// The operator's hand on its data.
    pub const fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Answers a request, all of it, as one from this computer.
    ///
    /// # Errors
    /// When an answer broke off.
    pub async fn answer(&self, mut request: Request<Bytes>) -> Result<(StatusCode, Bytes), axum::Error> {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = self.router.clone().oneshot(request.map(Body::from)).await.unwrap_or_else(|never| match never {});
        let (head, body) = answer.into_parts();
        Ok((head.status, to_bytes(body, usize::MAX).await?))
    }
}
