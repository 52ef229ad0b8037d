//! Somebody who is signed in at a studio, as the load's clients speak for them.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use uuid::Uuid;
use wire::auth::{Refresh, Session, SessionForm, SignIn, Tokens};
use wire::changes::Line;
use wire::device::DeviceInfo;

use super::clients::each;
use super::operation::Operation;
use super::place::Place;
use super::studios;

/// An access token is good for ten minutes, and a round must not come upon its end.
const REFRESHED_AFTER: Duration = Duration::from_secs(300);
/// People who sign in at a time before anything is measured: as many as the server hashes for.
const AT_A_TIME: usize = 4;
/// Changes that a poll finds: two messages, their conversation, its lead.
pub(super) const CHANGES: usize = 4;

/// A session of the owner of a studio.
pub(super) struct Visitor {
    pub(super) studio: u32,
    tokens: RwLock<(Tokens, Instant)>,
    /// Where polls ask from: [`CHANGES`] ago.
    pub(super) cursor: Option<Arc<str>>,
}

/// What the visitors are there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Each finds the same changes at its studio again and again, so nobody may write there meanwhile.
    Poll,
    Write,
}

/// Visitors of all of these studios in turn, at least so many.
///
/// # Errors
/// The server refused, or told something else than what was changed.
pub(super) async fn crowd(
    place: &Place,
    studios: &[u32],
    at_least: usize,
    purpose: Purpose,
) -> anyhow::Result<Arc<[Visitor]>> {
    let http = place.clients.first().context("a client")?;
    let (url, wanted) = (&place.served.url, studios.len().max(at_least));
    let numbers: Vec<_> = studios.iter().copied().cycle().take(wanted).collect();
    let sign_in = |studio| {
        let (http, url) = (http.clone(), url.clone());
        async move { Visitor::sign_in(&http, &url, studio).await }
    };
    let mut visitors = each(numbers, AT_A_TIME, sign_in).await?;
    if purpose == Purpose::Poll {
        let (first, others) = visitors.split_at_mut(studios.len());
        for visitor in first.iter_mut() {
            visitor.cursor = Some(visitor.leave_changes(http, url).await?);
        }
        // A cursor is its member's, not its device's.
        for (visitor, first) in others.iter_mut().zip(first.iter().cycle()) {
            visitor.cursor.clone_from(&first.cursor);
        }
    }
    Ok(visitors.into())
}

/// Exchanges the tokens of all whose tokens are old.
///
/// # Errors
/// The server refused.
pub(super) async fn refresh(place: &Place, visitors: &[Visitor]) -> anyhow::Result<()> {
    for visitor in visitors {
        visitor.refresh(place).await?;
    }
    Ok(())
}

/// What is sent to sign in at a studio.
pub(super) fn credentials(studio: u32) -> SignIn {
    let device = DeviceInfo { name: "Front desk".to_owned(), os: "bench".to_owned(), app_version: "0".to_owned() };
    SignIn {
        email: studios::email(studio),
        password: studios::PASSWORD.to_owned(),
        studio_id: None,
        device,
        session: SessionForm::Bearer,
    }
}

impl Visitor {
    /// Signs in at the studio.
    ///
    /// # Errors
    /// The server refused.
    pub(super) async fn sign_in(http: &reqwest::Client, url: &str, studio: u32) -> anyhow::Result<Self> {
        let answer = http.post(format!("{url}/v1/auth/sign-in")).json(&credentials(studio)).send().await?;
        ensure!(answer.status() == StatusCode::OK, "signing in was refused: {}", answer.status());
        let session: Session = answer.json().await?;
        Ok(Self { studio, tokens: RwLock::new((session.tokens, Instant::now())), cursor: None })
    }

    /// Changes something at the studio; the cursor of before.
    async fn leave_changes(&self, http: &reqwest::Client, url: &str) -> anyhow::Result<Arc<str>> {
        let (cursor, _) = self.changes(http, url, None).await.context("the snapshot")?;
        for _ in 0..2 {
            Operation::Message.run(http, url, self).await?;
        }
        let (_, changes) = self.changes(http, url, Some(&cursor)).await.context("the changes")?;
        ensure!(changes == CHANGES, "{changes} changes were told");
        Ok(cursor.into())
    }

    /// Everything since `cursor`: where it ends, and how many changes it told.
    async fn changes(
        &self,
        http: &reqwest::Client,
        url: &str,
        cursor: Option<&str>,
    ) -> anyhow::Result<(String, usize)> {
        let mut request = self.request(http, Method::GET, &format!("{url}/v1/sync/changes"));
        if let Some(cursor) = cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        let answer = request.send().await?;
        ensure!(answer.status() == StatusCode::OK, "the feed was refused: {}", answer.status());
        told(&answer.bytes().await?)
    }

    /// A request with this session's rights.
    pub(super) fn request(&self, http: &reqwest::Client, method: Method, url: &str) -> reqwest::RequestBuilder {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        http.request(method, url).bearer_auth(&tokens.0.access_token)
    }

    /// Exchanges the tokens if they are old.
    ///
    /// # Errors
    /// The server refused.
    pub(super) async fn refresh(&self, place: &Place) -> anyhow::Result<()> {
        let refresh_token = {
            let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
            if tokens.1.elapsed() < REFRESHED_AFTER {
                return Ok(());
            }
            tokens.0.refresh_token.clone()
        };
        let refresh = Refresh { refresh_token: Some(refresh_token), idempotency_key: Some(Uuid::new_v4().to_string()) };
        let url = format!("{}/v1/auth/refresh", place.served.url);
        let http = place.clients.first().context("a client")?;
        let answer = http.post(url).json(&refresh).send().await?;
        ensure!(answer.status() == StatusCode::OK, "tokens were not exchanged: {}", answer.status());
        let tokens = answer.json().await?;
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = (tokens, Instant::now());
        Ok(())
    }
}

/// The cursor at the end of a feed, and how many changes it told.
///
/// # Errors
/// It did not come to its end.
pub(super) fn told(feed: &[u8]) -> anyhow::Result<(String, usize)> {
    let mut changes = 0;
    for line in feed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match Line::parse(line)? {
            Line::Change(_) => changes += 1,
            Line::End(cursor) => return Ok((cursor.0, changes)),
            Line::Begin(_) | Line::Page(_) => {}
            Line::Failed(_) | Line::Unreadable(_) => anyhow::bail!("the feed failed"),
        }
    }
    anyhow::bail!("the feed was cut off")
}
