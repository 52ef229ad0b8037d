//! A hundred changes on their way from the server into a cache that was up to date, at two sizes of cache.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use domain::{ConversationId, Direction, LeadId, LeadPatch, MessageId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use store::Cache;
use store::read::{LeadColumn, LeadFilter, LeadQuery, LeadSort};
use sync::{Clock, Engine, EngineEvent, SystemClock};
use tokio::sync::mpsc;
use wire::write::RecordMessage;

use crate::hosted::HostedSession;
use crate::row::{Row, Target};
use crate::samples::Samples;

/// Half of them change a lead, half record a message.
const CHANGES: usize = 100;
/// Rounds at each size.
const ROUNDS: usize = 11;
/// A pull that does not end is a failure, not a figure.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// A studio on a server, and a cache of it.
pub(crate) struct Side {
    session: HostedSession,
    cache: Cache,
    leads: u64,
    dice: ChaCha8Rng,
    times: Samples,
}

impl Side {
    /// # Errors
    /// The cache can't be read.
    pub(crate) fn new(session: HostedSession, cache: Cache) -> anyhow::Result<Self> {
        let leads = cache.lead_count(&LeadFilter::default())?;
        Ok(Self { session, cache, leads, dice: ChaCha8Rng::seed_from_u64(3), times: Samples::default() })
    }

    pub(crate) const fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Ends its use of the cache, so that another may open it.
    ///
    /// # Errors
    /// The cache can't be closed.
    pub(crate) fn close(&self) -> anyhow::Result<()> {
        Ok(self.cache.close()?)
    }

    pub(crate) const fn session(&self) -> &HostedSession {
        &self.session
    }

    /// Of an empty cache, after its first sync.
    ///
    /// # Errors
    /// The sync failed.
    pub(crate) async fn filled(session: HostedSession, cache: Cache) -> anyhow::Result<Self> {
        let mut side = Self::new(session, cache)?;
        side.pull().await?;
        side.leads = side.cache.lead_count(&LeadFilter::default())?;
        Ok(side)
    }

    /// Pulls until the cache holds everything; returns how long that took and how many changes came.
    pub(crate) async fn pull(&self) -> anyhow::Result<(Duration, u64)> {
        let (events, mut told) = mpsc::unbounded_channel();
        let clock = Arc::new(SystemClock);
        let began = clock.now();
        let started = Instant::now();
        let engine = Engine::start(self.session.client.clone(), self.cache.clone(), clock, events).await?;
        let mut rows = 0;
        let pulled = async {
            while let Some(event) = told.recv().await {
                match event {
                    EngineEvent::Applied(applied) => rows += applied.rows,
                    EngineEvent::Status(status) => {
                        if let Some(problem) = status.problem {
                            bail!("the pull was interrupted: {problem:?}");
                        }
                        if status.up_to_date_at >= Some(began) {
                            return Ok(started.elapsed());
                        }
                    }
                    EngineEvent::OlderCopy { .. } => bail!("the cache is an older copy of itself"),
                    EngineEvent::LookersChanged => {}
                    EngineEvent::SessionEnded => bail!("the session ended"),
                }
            }
            bail!("the engine ended")
        };
        let elapsed = tokio::time::timeout(PATIENCE, pulled).await.context("the pull does not end")??;
        engine.stop().await;
        Ok((elapsed, rows))
    }

    /// Changes leads and records messages, anywhere in the studio.
    async fn change(&mut self, round: usize) -> anyhow::Result<()> {
        for number in 0..CHANGES {
            let (lead, conversation) = self.somewhere()?;
            if number % 2 == 0 {
                let value = 10_000 + (round * CHANGES + number) as i64;
                let patch = LeadPatch { value_minor: Some(Some(value)), ..LeadPatch::default() };
                self.session.send(Method::PATCH, &format!("/v1/leads/{lead}"), &patch).await?;
            } else {
                let message = RecordMessage {
                    id: MessageId::from_uuid(uuid::Uuid::now_v7()),
                    direction: Direction::Inbound,
                    body: format!("See you on Saturday, and could you tell me the price again? {number}"),
                };
                let path = format!("/v1/conversations/{conversation}/messages");
                self.session.send(Method::POST, &path, &message).await?;
            }
        }
        Ok(())
    }

    /// Any lead that has a conversation.
    fn somewhere(&mut self) -> anyhow::Result<(LeadId, ConversationId)> {
        const TRIES: usize = 1_000;
        let sort = LeadSort { column: LeadColumn::CreatedAt, descending: true };
        let query = LeadQuery { filter: LeadFilter::default(), sort };
        for _ in 0..TRIES {
            let page = self.cache.lead_page(&query, self.dice.random_range(0..self.leads), 1)?;
            let lead = page.rows.first().context("a lead")?.id;
            if let Some(conversation) = self.cache.get_lead_detail(lead)?.conversations.first() {
                return Ok((lead, conversation.id));
            }
        }
        bail!("no lead has a conversation")
    }
}

/// The same changes at both sizes, in turn.
///
/// # Errors
/// A change or a pull failed.
pub(crate) async fn measure(full: &mut Side, tenth: &mut Side) -> anyhow::Result<Vec<Row>> {
    for round in 0..=ROUNDS {
        for side in [&mut *full, &mut *tenth] {
            side.change(round).await?;
            let (elapsed, rows) = side.pull().await?;
            ensure!(rows >= CHANGES as u64, "{rows} rows came of {CHANGES} changes");
            // The first warms connections and files up.
            if round > 0 {
                side.times.push_ms(elapsed);
            }
        }
    }
    let row = Row::new(format!("delta of {CHANGES} changes, server to cache"), full.times.median(), "ms")
        .against("the same at a tenth of the size", tenth.times.median())
        .with_target(Target::Ratio(1.5));
    Ok(vec![row])
}

/// A cache of its own for a session, empty yet.
///
/// # Errors
/// It can't be made.
pub(crate) fn empty_cache(session: &HostedSession, folder: &Path) -> anyhow::Result<Cache> {
    let key = secrecy::SecretBox::new(Box::new([9; 32]));
    let identity = store::CacheIdentity {
        studio_id: session.who.studio.id,
        member_id: session.who.member.id,
        device_id: session.who.device_id,
    };
    Ok(Cache::create(&folder.join("cache.db"), &key, &identity)?)
}
