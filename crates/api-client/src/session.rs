//! Which access token a request carries, and when it is exchanged.
//!
//! A refresh token is good for one exchange, and another one ends the session. So: one refresh at a time; the store is
//! read right before, in case another program refreshed; the new tokens are stored before the first is used; and a
//! refresh runs to its end even when the call that wanted it is dropped.
//!
//! A cut or a crash may still lose an answer of which the server knows. So each exchange has an idempotency key, which
//! is stored before the request is first sent: until new tokens are stored, the same request is sent again, after a
//! restart too, and the server answers it again. The key is drawn that late so that a copy of the tokens does not hold
//! it; the server takes whoever comes without it for a thief (`docs/adr/0006`).
//!
//! How long an access token is good for is counted from before the request was sent, on the monotonic clock, so a
//! wrong or changed wall clock does not matter. That clock stands still while the computer sleeps: then the server
//! says `token_expired`, and that is the other reason to refresh.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;
use uuid::Uuid;
use wire::ApiErrorCode;
use wire::auth::{Refresh, SignOut};
use zeroize::Zeroize;

use crate::http::Http;
use crate::{ApiFailure, FailureKind, TokenStore, TokenStoreFailed, Tokens};

/// Exchanged this much before its end, so that it does not end on the way.
const MARGIN: Duration = Duration::from_secs(20);
/// No server is believed that a token is good for longer.
const MAX_LIFETIME: Duration = Duration::from_secs(86_400);

/// The session of one store.
#[derive(Clone)]
pub(crate) struct SessionKeeper {
    store: Arc<dyn TokenStore>,
    state: Arc<Mutex<State>>,
}

/// An access token to send.
pub(crate) struct Access {
    token: SecretString,
    /// Names the tokens it belongs to.
    pub(crate) generation: u64,
}

impl Access {
    pub(crate) fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.token.expose_secret())
    }
}

#[derive(Default)]
struct State {
    /// Counts the tokens held so far, so that a late `token_expired` does not refresh again.
    generation: u64,
    held: Option<Held>,
}

struct Held {
    tokens: Tokens,
    /// `None` for a token out of the store: only the server knows.
    usable_until: Option<Instant>,
    /// Not yet in the store; not to be used before it is.
    is_unsaved: bool,
}

impl State {
    fn hold(&mut self, held: Held) {
        self.generation += 1;
        self.held = Some(held);
    }

    /// The token that may be sent now, unless it is of the `refused` generation.
    fn usable(&self, refused: Option<u64>) -> Option<Access> {
        let held = self.held.as_ref()?;
        let is_over = held.usable_until.is_some_and(|end| end <= Instant::now());
        if held.is_unsaved || is_over || refused == Some(self.generation) {
            return None;
        }
        Some(Access { token: held.tokens.access_token.clone()?, generation: self.generation })
    }
}

impl SessionKeeper {
    pub(crate) fn new(store: Arc<dyn TokenStore>) -> Self {
        Self { store, state: Arc::default() }
    }

    /// A token to send; another one than that of the `refused` generation.
    pub(crate) async fn access(&self, http: &Http, refused: Option<u64>) -> Result<Access, ApiFailure> {
        if let Some(access) = self.state.lock().await.usable(refused) {
            return Ok(access);
        }
        let (keeper, http) = (self.clone(), http.clone());
        to_its_end(async move {
            let mut state = keeper.lock().await;
            match state.usable(refused) {
                // Another call was first.
                Some(access) => Ok(access),
                None => keeper.renew(&mut state, http, refused).await,
            }
        })
        .await
    }

    /// Takes over the tokens of a session just opened.
    pub(crate) async fn start(&self, tokens: wire::auth::Tokens, sent_at: Instant) -> Result<(), ApiFailure> {
        let keeper = self.clone();
        to_its_end(async move {
            let mut state = keeper.lock().await;
            state.hold(received(tokens, sent_at));
            keeper.save(&mut state).await
        })
        .await
    }

    /// Takes over tokens that were issued to another store.
    pub(crate) async fn adopt(&self, tokens: Tokens) -> Result<(), ApiFailure> {
        let keeper = self.clone();
        to_its_end(async move {
            let mut state = keeper.lock().await;
            let kept = tokens.clone();
            keeper.in_store(move |store| store.save(&kept)).await?;
            state.hold(Held { tokens, usable_until: None, is_unsaved: false });
            Ok(())
        })
        .await
    }

    /// Ends the session on the server.
    pub(crate) async fn end(&self, http: &Http) -> Result<(), ApiFailure> {
        let (keeper, http) = (self.clone(), http.clone());
        to_its_end(async move {
            let mut state = keeper.lock().await;
            keeper.reload(&mut state).await?;
            let Some(held) = &state.held else { return Ok(()) };
            let request = sign_out_request(&http, &held.tokens);
            let ended = match http.call(request).await {
                Ok(answer) => answer.nothing(),
                Err(failure) if is_session_over(failure.kind) => Ok(()),
                Err(failure) => Err(failure),
            };
            if ended.is_ok() {
                state.held = None;
            }
            ended
        })
        .await
    }

    /// Returns once nothing is being exchanged or stored.
    pub(crate) async fn settle(&self) {
        drop(self.lock().await);
    }

    async fn lock(&self) -> OwnedMutexGuard<State> {
        Arc::clone(&self.state).lock_owned().await
    }

    /// Finds a usable token: the one not stored yet, another program's, or a new one.
    async fn renew(&self, state: &mut State, http: Http, refused: Option<u64>) -> Result<Access, ApiFailure> {
        self.reload(state).await?;
        if let Some(access) = state.usable(refused) {
            return Ok(access);
        }
        let Some(held) = &state.held else { return Err(ApiFailure::unsent(FailureKind::SignedOut)) };
        let key = self.idempotency_key(&held.tokens).await?;
        let sent_at = Instant::now();
        let request = refresh_request(&http, &held.tokens, &key);
        let tokens = match http.call(request).await {
            Ok(answer) => answer.json::<wire::auth::Tokens>().await?,
            // A refresh token has no other way to be past its time; and it is no reason to take the session for revoked.
            Err(failure) if failure.kind == FailureKind::Api(ApiErrorCode::TokenExpired) => {
                return Err(ApiFailure { kind: FailureKind::Api(ApiErrorCode::SessionExpired), ..failure });
            }
            Err(failure) => return Err(failure),
        };
        state.hold(received(tokens, sent_at));
        self.save(state).await?;
        // Even if it is said to be good for no time at all: it is the newest there is.
        let held = state.held.as_ref().expect("held above");
        let token = held.tokens.access_token.clone().expect("received tokens have both");
        Ok(Access { token, generation: state.generation })
    }

    /// Makes what is held and what is stored the same.
    async fn reload(&self, state: &mut State) -> Result<(), ApiFailure> {
        if state.held.as_ref().is_some_and(|held| held.is_unsaved) {
            return self.save(state).await;
        }
        match self.in_store(|store| store.load()).await? {
            None => state.held = None,
            Some(tokens) => match &mut state.held {
                // An exchange of it may have begun, here or in another program, and had no answer.
                Some(held) if held.tokens.has_same_refresh_token(&tokens) => {
                    held.tokens.idempotency_key = tokens.idempotency_key;
                }
                _ => state.hold(Held { tokens, usable_until: None, is_unsaved: false }),
            },
        }
        Ok(())
    }

    /// The key of the exchange that was begun, or that of a new one, which is then in the store.
    async fn idempotency_key(&self, tokens: &Tokens) -> Result<SecretString, ApiFailure> {
        if let Some(key) = &tokens.idempotency_key {
            return Ok(key.clone());
        }
        let key = SecretString::from(Uuid::new_v4().to_string());
        let tokens = Tokens { idempotency_key: Some(key.clone()), ..tokens.clone() };
        self.in_store(move |store| store.save(&tokens)).await?;
        Ok(key)
    }

    async fn save(&self, state: &mut State) -> Result<(), ApiFailure> {
        if let Some(held) = &mut state.held {
            let tokens = held.tokens.clone();
            self.in_store(move |store| store.save(&tokens)).await?;
            held.is_unsaved = false;
        }
        Ok(())
    }

    /// The store may wait for a disk or for a prompt of the desktop.
    async fn in_store<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn TokenStore) -> Result<T, TokenStoreFailed> + Send + 'static,
    ) -> Result<T, ApiFailure> {
        let store = Arc::clone(&self.store);
        match tokio::task::spawn_blocking(move || act(&*store)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(TokenStoreFailed)) => Err(ApiFailure::unsent(FailureKind::TokensUnavailable)),
            Err(ended) => Err(ended_early(ended)),
        }
    }
}

/// The same each time for the same token and key.
fn refresh_request(http: &Http, tokens: &Tokens, key: &SecretString) -> RequestBuilder {
    let mut body = Refresh {
        refresh_token: Some(tokens.refresh_token.expose_secret().to_owned()),
        idempotency_key: Some(key.expose_secret().to_owned()),
    };
    let request = http.request(Method::POST, &["v1", "auth", "refresh"]).json(&body);
    body.refresh_token.zeroize();
    body.idempotency_key.zeroize();
    request
}

fn sign_out_request(http: &Http, tokens: &Tokens) -> RequestBuilder {
    let mut body = SignOut { refresh_token: Some(tokens.refresh_token.expose_secret().to_owned()) };
    let request = http.request(Method::POST, &["v1", "auth", "sign-out"]).json(&body);
    body.refresh_token.zeroize();
    request
}

fn received(tokens: wire::auth::Tokens, sent_at: Instant) -> Held {
    let lifetime = Duration::from_secs(tokens.access_expires_in_s).min(MAX_LIFETIME);
    // A token of a few seconds has to be usable for some of them.
    let usable = lifetime.saturating_sub(MARGIN).max(lifetime / 2);
    Held {
        tokens: Tokens {
            access_token: Some(tokens.access_token.into()),
            refresh_token: tokens.refresh_token.into(),
            idempotency_key: None,
        },
        usable_until: Some(sent_at + usable),
        is_unsaved: true,
    }
}

const fn is_session_over(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Api(ApiErrorCode::SessionRevoked | ApiErrorCode::SessionExpired | ApiErrorCode::TokenExpired)
    )
}

/// Runs `work` as a task of its own: dropping the caller does not stop it half-way.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiFailure>> + Send + 'static,
) -> Result<T, ApiFailure> {
    tokio::spawn(work).await.unwrap_or_else(|ended| Err(ended_early(ended)))
}

/// A task ends early when it panics, which goes on here, or when the program is about to end.
fn ended_early(ended: tokio::task::JoinError) -> ApiFailure {
    match ended.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => ApiFailure::unsent(FailureKind::TokensUnavailable),
    }
}
