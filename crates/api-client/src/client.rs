//! The calls of the API, one method each.

use std::sync::Arc;

use domain::{DeviceId, Member, Studio};
use reqwest::{Method, RequestBuilder};
use wire::ApiErrorCode;
use wire::auth::{Session, SignIn};
use wire::changes::Cursor;
use wire::device::{DeviceList, RevokedOthers};
use wire::operation::{OperationResults, Operations};
use wire::presence::PutPresence;
use wire::write::AuditBatch;

use crate::http::{Answer, Http};
use crate::session::SessionKeeper;
use crate::{
    ApiFailure, ChangeStream, ClientConfig, ClientSetupError, EventStream, FailureKind, ServerUrl, TokenStore, Tokens,
};

/// A session was opened, and its tokens are in the store.
#[derive(Clone)]
pub struct SignedIn {
    pub device_id: DeviceId,
    pub studio: Studio,
    pub member: Member,
}

/// Written by hand: the member's name and e-mail stay out.
impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("device_id", &self.device_id).finish_non_exhaustive()
    }
}

/// The client of one server and one session. A clone shares both; so do its connections.
///
/// Every method may be dropped at any time: a refresh that has begun is finished all the same.
#[derive(Clone)]
pub struct ApiClient {
    http: Http,
    session: SessionKeeper,
}

/// Written by hand: the tokens stay out.
impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiClient").field("server", self.http.server()).finish_non_exhaustive()
    }
}

impl ApiClient {
    /// Sets up a client; connects to nothing and reads no token yet.
    ///
    /// # Errors
    /// See [`ClientSetupError`].
    pub fn new(config: &ClientConfig, store: Arc<dyn TokenStore>) -> Result<Self, ClientSetupError> {
        Ok(Self { http: Http::new(config)?, session: SessionKeeper::new(store) })
    }

    /// The same server and connections with the session of another store.
    pub fn with_store(&self, store: Arc<dyn TokenStore>) -> Self {
        Self { http: self.http.clone(), session: SessionKeeper::new(store) }
    }

    /// The server that is called.
    pub fn server(&self) -> &ServerUrl {
        self.http.server()
    }

    /// Opens a session. Its tokens are in the store when this returns.
    ///
    /// # Errors
    /// [`ApiErrorCode::InvalidCredentials`], and any [`FailureKind`].
    pub async fn sign_in(&self, credentials: &SignIn) -> Result<SignedIn, ApiFailure> {
        let sent_at = tokio::time::Instant::now();
        let request = self.http.request(Method::POST, &["v1", "auth", "sign-in"]).json(credentials);
        let Session { tokens, device_id, studio, member } = self.http.call(request).await?.json().await?;
        self.session.start(tokens, sent_at).await?;
        Ok(SignedIn { device_id, studio, member })
    }

    /// Ends the session on the server. A session that has ended already is no error. Does not empty the store.
    ///
    /// # Errors
    /// Any [`FailureKind`]; the session is then still alive on the server, and this may be called again.
    pub async fn sign_out(&self) -> Result<(), ApiFailure> {
        self.session.end(&self.http).await
    }

    /// Waits until no exchange of tokens is under way. Opening the same store anew in the middle of one could exchange
    /// a refresh token twice and cost the session; ending the program only costs another round.
    pub async fn settle(&self) {
        self.session.settle().await;
    }

    /// The change feed from `cursor` on, or the whole snapshot.
    ///
    /// # Errors
    /// [`ApiErrorCode::CursorInvalid`], and any [`FailureKind`].
    pub async fn changes(&self, cursor: Option<&Cursor>) -> Result<ChangeStream, ApiFailure> {
        let cursor = cursor.map(|cursor| cursor.0.clone());
        let answer = self
            .with_access(|http| {
                let request = http.stream_request(&["v1", "sync", "changes"]);
                match &cursor {
                    Some(cursor) => request.query(&[("cursor", cursor)]),
                    None => request,
                }
            })
            .await?;
        ChangeStream::new(answer, self.http.timeouts().feed_idle)
    }

    /// The hints that there is something to pull, and who looks at which lead.
    ///
    /// # Errors
    /// Any [`FailureKind`].
    pub async fn events(&self) -> Result<EventStream, ApiFailure> {
        let answer = self.with_access(|http| http.stream_request(&["v1", "sync", "events"])).await?;
        EventStream::new(answer, self.http.timeouts().events_idle)
    }

    /// The devices this member is signed in on, and those that were signed out lately.
    ///
    /// # Errors
    /// Any [`FailureKind`].
    pub async fn devices(&self) -> Result<DeviceList, ApiFailure> {
        self.with_access(|http| http.request(Method::GET, &["v1", "devices"])).await?.json().await
    }

    /// Ends the session of one device.
    ///
    /// # Errors
    /// [`ApiErrorCode::NotFound`], and any [`FailureKind`].
    pub async fn revoke_device(&self, id: DeviceId) -> Result<(), ApiFailure> {
        let id = id.to_string();
        self.with_access(|http| http.request(Method::DELETE, &["v1", "devices", &id])).await?.nothing()
    }

    /// Ends the sessions of all other devices of this member. Gives how many they were.
    ///
    /// # Errors
    /// Any [`FailureKind`].
    pub async fn revoke_other_devices(&self) -> Result<u64, ApiFailure> {
        let request = |http: &Http| http.request(Method::POST, &["v1", "devices", "revoke-others"]);
        Ok(self.with_access(request).await?.json::<RevokedOthers>().await?.revoked)
    }

    /// Reports privileged acts. The same entries may be sent again.
    ///
    /// # Errors
    /// Any [`FailureKind`].
    pub async fn send_audit(&self, batch: &AuditBatch) -> Result<(), ApiFailure> {
        self.with_access(|http| http.request(Method::POST, &["v1", "audit"]).json(batch)).await?.nothing()
    }

    /// Has the server do what was done on this device. The same acts may be sent again.
    ///
    /// # Errors
    /// Any [`FailureKind`]; it is not known then which of them were done.
    pub async fn push(&self, operations: &Operations) -> Result<OperationResults, ApiFailure> {
        let request = |http: &Http| http.request(Method::POST, &["v1", "sync", "operations"]).json(operations);
        self.with_access(request).await?.json().await
    }

    /// Says on which lead's page the member is, or that it is none.
    ///
    /// # Errors
    /// [`ApiErrorCode::NotFound`], and any [`FailureKind`].
    pub async fn put_presence(&self, presence: PutPresence) -> Result<(), ApiFailure> {
        let request = |http: &Http| http.request(Method::PUT, &["v1", "presence"]).json(&presence);
        self.with_access(request).await?.nothing()
    }

    /// Goes on with a session that was opened elsewhere, in the place of the one there was. Its tokens are in the store when
    /// this returns.
    ///
    /// # Errors
    /// [`FailureKind::TokensUnavailable`]: the store does not take them. The session is the one there was.
    pub async fn adopt(&self, tokens: Tokens) -> Result<(), ApiFailure> {
        self.session.adopt(tokens).await
    }

    /// Sends what `build` makes with an access token; with a fresh one when the server says that it expired, or does
    /// not know it: only of the refresh token it can tell what has become of the session.
    pub(crate) async fn with_access(&self, build: impl Fn(&Http) -> RequestBuilder) -> Result<Answer, ApiFailure> {
        const fn wants_another(kind: FailureKind) -> bool {
            matches!(kind, FailureKind::Api(ApiErrorCode::TokenExpired | ApiErrorCode::SessionExpired))
        }
        let mut access = self.session.access(&self.http, None).await?;
        // Twice: another program may have refreshed, and its token be past its time as well.
        for _ in 0..2 {
            match self.http.call(access.authorize(build(&self.http))).await {
                Err(failure) if wants_another(failure.kind) => {
                    access = self.session.access(&self.http, Some(access.generation)).await?;
                }
                other => return other,
            }
        }
        self.http.call(access.authorize(build(&self.http))).await
    }
}

const _: fn() = || {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<ApiClient>();
    is_shared::<Tokens>();
};
