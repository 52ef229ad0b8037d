//! A run: what happens, in which order, is drawn from its seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use axum::http::StatusCode;
use bytes::Bytes;
use domain::{
    CustomValue, Edited, LeadEdit, LeadField, LeadId, LeadState, MemberId, MessageId, NewLead, OperationId, Source,
    Touch,
};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use store::read::{OutboxAct, OutboxState};
use store::{NewEdit, NewMerge, Verdict};
use tempfile::TempDir;
use wire::changes::Line;
use wire::operation::{Operation, OperationOutcome, OperationResults, Operations, RefusalReason};
use wire::{ApiErrorBody, ApiErrorCode};

use crate::desk::{Pulled, SimDesk};
use crate::network::Fate;
use crate::server::{SimClock, SimServer};
use crate::template::{
    LEADS, STAGES, START, Signed, Template, conversation_id, copy_below, custom_field_id, id, stage_id,
};

/// A rule that is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sabotage {
    /// A desk takes a request whose answer did not come for done.
    LostIsDone,
    /// A page's first row is dropped, and its cursor kept.
    RowDropped,
    /// A crash loses what was written since the log was last moved.
    LogLost,
    /// Acts are shown no more as soon as the server has done them.
    SettledEarly,
    /// What waits is sent with the last first.
    OrderLost,
}

/// What happened in a run, so that a test can tell that faults fired.
#[derive(Debug, Default)]
pub struct Report {
    pub edits: u64,
    pub creations: u64,
    pub leads_taken_back: u64,
    pub replies: u64,
    pub replies_taken_back: u64,
    pub fates: BTreeMap<String, u64>,
    pub crashes: u64,
    pub cuts: u64,
    pub restarts: u64,
    pub restores: u64,
    pub refusals: u64,
    pub conflicts: u64,
    /// Leads that were archived, deleted or restored on a desk.
    pub put_away: u64,
    pub merges: u64,
    pub replaced: u64,
}

impl Report {
    /// All of two runs.
    pub fn add(&mut self, other: Self) {
        self.edits += other.edits;
        self.creations += other.creations;
        self.leads_taken_back += other.leads_taken_back;
        self.replies += other.replies;
        self.replies_taken_back += other.replies_taken_back;
        for (fate, times) in other.fates {
            *self.fates.entry(fate).or_default() += times;
        }
        self.crashes += other.crashes;
        self.cuts += other.cuts;
        self.restarts += other.restarts;
        self.restores += other.restores;
        self.refusals += other.refusals;
        self.conflicts += other.conflicts;
        self.put_away += other.put_away;
        self.merges += other.merges;
        self.replaced += other.replaced;
    }
}

const STATES: [LeadState; 3] = [LeadState::Active, LeadState::Archived, LeadState::Deleted];
/// The desk of who sells.
const SALES: usize = 2;

/// A request that has not arrived yet.
struct Late {
    token: String,
    operations: Operations,
}

/// One run.
pub struct World {
    pub(crate) rng: ChaCha8Rng,
    pub(crate) clock: SimClock,
    pub(crate) server: SimServer,
    pub(crate) desks: Vec<SimDesk>,
    colleague: Signed,
    late: Vec<Late>,
    sabotage: Option<Sabotage>,
    backup: Option<TempDir>,
    next_id: u64,
    /// Whether the server was put back: what colleagues did over the API since the backup is gone.
    pub(crate) was_restored: bool,
    pub(crate) deleted: Vec<LeadId>,
    /// Leads that desks added.
    pub(crate) created: Vec<LeadId>,
    /// Those of them that were taken back without a trace.
    pub(crate) leads_taken_back: Vec<LeadId>,
    pub(crate) report: Report,
    // Last: the folder goes when nothing uses it any more.
    _dir: TempDir,
}

impl World {
    /// A whole run of this seed.
    ///
    /// # Errors
    /// What went wrong, in words; the seed brings it back.
    pub async fn run(template: &Template, seed: u64, steps: u32, sabotage: Option<Sabotage>) -> anyhow::Result<Report> {
        let mut world = Self::new(template, seed, sabotage).await?;
        for desk in 0..world.desks.len() {
            // One of them begins with nothing, now and then: its first sync is among what happens.
            if world.rng.random_range(0..4) > 0 {
                world.pull_all(desk).await?;
            }
        }
        for step in 0..steps {
            // Nobody else's cache changes.
            let desk = world.step().await.with_context(|| format!("step {step}"))?;
            world.desks[desk].look()?;
            world.check_typed(desk).with_context(|| format!("after step {step}"))?;
            world.check_created(desk).await.with_context(|| format!("after step {step}"))?;
            world.check_said(desk).with_context(|| format!("after step {step}"))?;
        }
        world.calm().await.context("when all was calm")?;
        world.check().await?;
        Ok(world.report)
    }

    async fn new(template: &Template, seed: u64, sabotage: Option<Sabotage>) -> anyhow::Result<Self> {
        let dir = template.copy()?;
        let clock = SimClock::at(START.plus_ms(1_000));
        let server = SimServer::open(dir.path().to_owned(), clock.clone()).await?;
        let desks =
            template.desks.iter().enumerate().map(|(n, signed)| SimDesk::new(n, signed)).collect::<Result<_, _>>()?;
        Ok(Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            clock,
            server,
            desks,
            colleague: template.colleague.clone(),
            late: Vec::new(),
            sabotage,
            backup: None,
            next_id: 0,
            was_restored: false,
            deleted: Vec::new(),
            created: Vec::new(),
            leads_taken_back: Vec::new(),
            report: Report::default(),
            _dir: dir,
        })
    }

    /// Something happens; at this desk, if at any.
    async fn step(&mut self) -> anyhow::Result<usize> {
        self.clock.tick();
        let desk = self.rng.random_range(0..self.desks.len());
        let happened = match self.rng.random_range(0..100) {
            0..4 => self.create(desk),
            4..6 => self.take_lead_back(desk),
            6..24 => self.edit(desk),
            24..31 => self.reply(desk),
            31 => self.take_reply_back(desk),
            32..34 => self.merge(desk),
            34..52 => self.push(desk).await,
            52..62 => self.begin_pull(desk).await,
            62..78 => self.continue_pull(desk),
            78..82 => self.crash(desk),
            82..87 => self.arrive_late().await,
            87..92 => self.colleague_writes().await,
            92..97 => self.decide(desk),
            97 => self.back_up_or_put_back().await,
            98 => self.restart_server().await,
            _ => self.forge().await,
        };
        happened.map(|()| desk)
    }

    fn new_id(&mut self) -> OperationId {
        self.next_id += 1;
        OperationId::from_uuid(id(10, self.next_id))
    }

    /// Somebody adds a lead: their own, nobody's or, where they may not, a colleague's.
    fn create(&mut self, desk: usize) -> anyhow::Result<()> {
        let (operation_id, at) = (self.new_id(), self.clock.tick());
        let desks = self.desks.len() as u64;
        // Nobody else names it.
        let place = (self.next_id + LEADS) * desks + desk as u64;
        let lead_id = LeadId::from_uuid(id(1, place));
        let owners: Vec<Option<MemberId>> = self.desks.iter().map(|desk| Some(desk.member_id)).chain([None]).collect();
        let own = Some(self.desks[desk].member_id);
        let owner_id = match self.rng.random_range(0..10) {
            0..4 => own,
            4..8 => None,
            _ => owners.choose(&mut self.rng).copied().flatten(),
        };
        let lead = NewLead {
            name: format!("typed {}", self.next_id),
            email: None,
            phone: None,
            stage_id: stage_id(self.next_id % STAGES),
            owner_id,
            source: Source::Manual,
            tags: vec!["added".to_owned()],
            notes: String::new(),
            value_minor: None,
            custom: self
                .next_id
                .is_multiple_of(2)
                .then(|| (custom_field_id(), CustomValue::Number(1)))
                .into_iter()
                .collect(),
            first_touch: Touch::default(),
        };
        self.desks[desk].create(operation_id, lead_id, at, lead)?;
        self.created.push(lead_id);
        self.desks[desk].added_last = Some(lead_id);
        self.report.creations += 1;
        Ok(())
    }

    /// Somebody takes back the lead that they added last, where nobody can have heard of it.
    fn take_lead_back(&mut self, desk: usize) -> anyhow::Result<()> {
        let desk = &mut self.desks[desk];
        let Some(lead_id) = desk.added_last.take() else { return Ok(()) };
        if desk.cache().take_leads_back(&[lead_id], &mut |_| None)?.removed == 1 {
            // With all that was done to it.
            desk.acknowledged.retain(|_, operation| !operation.act.leads().contains(&lead_id));
            desk.names.remove(&lead_id);
            self.leads_taken_back.push(lead_id);
            self.report.leads_taken_back += 1;
        }
        Ok(())
    }

    /// Somebody types something.
    fn edit(&mut self, desk: usize) -> anyhow::Result<()> {
        let shown: Vec<LeadId> = self.desks[desk].leads()?.into_keys().collect();
        let Some(lead_id) = shown.choose(&mut self.rng).copied() else { return Ok(()) };
        let (operation_id, at) = (self.new_id(), self.clock.tick());
        let (n, draw) = (self.next_id, self.rng.random_range(0..100));
        let other = self.rng.random_range(0..4u64);
        let is_own = place_of(lead_id) % self.desks.len() as u64 == desk as u64;
        let owners: Vec<Option<MemberId>> = self.desks.iter().map(|desk| Some(desk.member_id)).chain([None]).collect();
        // Who sells may archive and bring back, and not delete.
        let states = if desk == SALES { &STATES[..2] } else { &STATES[..] };
        let state = states[other as usize % states.len()];
        let desk = &mut self.desks[desk];
        let typed = format!("typed {n}");
        let edited = desk.edit(operation_id, lead_id, at, |lead| match draw {
            0..30 if is_own => lead.name.clone_from(&typed),
            0..45 => lead.notes.clone_from(&typed),
            45..60 => lead.tags.push(format!("tag {n}")),
            60..70 => drop(lead.tags.pop()),
            70..85 => lead.stage_id = stage_id(other % STAGES),
            85..89 => lead.state = state,
            89..91 if other == 0 => drop(lead.custom.remove(&custom_field_id())),
            89..91 => drop(lead.custom.insert(custom_field_id(), CustomValue::Number(i64::try_from(n).unwrap_or(0)))),
            91..93 => lead.value_minor = Some(i64::try_from(n).unwrap_or(0)),
            _ => lead.owner_id = owners[other as usize % owners.len()],
        })?;
        if edited {
            self.report.edits += 1;
            self.report.put_away += u64::from((85..89).contains(&draw));
            if draw < 30 && is_own {
                desk.names.insert(lead_id, typed);
            }
        }
        Ok(())
    }

    /// Somebody finds that two are one person.
    fn merge(&mut self, desk: usize) -> anyhow::Result<()> {
        let shown: Vec<LeadId> = self.desks[desk].leads()?.into_keys().collect();
        let [lead_id, duplicate_id] = shown.choose_multiple(&mut self.rng, 2).copied().collect::<Vec<_>>()[..] else {
            return Ok(());
        };
        let (id, at) = (self.new_id(), self.clock.tick());
        let merged = self.desks[desk].merge(NewMerge { id, at, lead_id, duplicate_id })?;
        self.report.merges += u64::from(merged);
        Ok(())
    }

    /// Somebody answers a lead.
    fn reply(&mut self, desk: usize) -> anyhow::Result<()> {
        let shown: Vec<LeadId> = self.desks[desk].leads()?.into_keys().collect();
        let Some(lead_id) = shown.choose(&mut self.rng).copied() else { return Ok(()) };
        let (operation_id, at) = (self.new_id(), self.clock.tick());
        let n = self.next_id;
        let message_id = MessageId::from_uuid(id(11, n));
        let conversation_id = conversation_id(place_of(lead_id));
        let replied = self.desks[desk].reply(operation_id, message_id, conversation_id, at, &format!("said {n}"))?;
        self.report.replies += u64::from(replied);
        Ok(())
    }

    /// Somebody thinks better of an answer.
    fn take_reply_back(&mut self, desk: usize) -> anyhow::Result<()> {
        for n in 0..LEADS {
            if self.desks[desk].take_back(conversation_id(n))? {
                self.report.replies_taken_back += 1;
                return Ok(());
            }
        }
        Ok(())
    }

    /// A desk sends some of what waits.
    async fn push(&mut self, desk: usize) -> anyhow::Result<()> {
        let limit = self.rng.random_range(1..6);
        let mut operations = self.desks[desk].cache().operations_to_send(limit, 1 << 18)?;
        if operations.is_empty() {
            return Ok(());
        }
        if self.sabotage == Some(Sabotage::OrderLost) {
            operations.reverse();
        }
        let fate = Fate::draw(&mut self.rng);
        *self.report.fates.entry(format!("{fate:?}")).or_default() += 1;
        let token = self.desks[desk].token.clone();
        let epoch = self.desks[desk].cache().sync_state()?.epoch;
        let head = self.desks[desk].cache().find_chain_head()?;
        let request = Operations { epoch, operations: operations.clone(), head };
        let answer = match fate {
            Fate::Lost => None,
            Fate::Late => {
                self.late.push(Late { token, operations: request.clone() });
                None
            }
            Fate::Answered => Some(self.send(&token, &request).await?),
            Fate::Twice => {
                self.send(&token, &request).await?;
                Some(self.send(&token, &request).await?)
            }
            Fate::AnswerLost => {
                self.send(&token, &request).await?;
                None
            }
            Fate::ServerCrashes => {
                self.send(&token, &request).await?;
                self.server.restart_after(|_| Ok(())).await?;
                self.report.restarts += 1;
                None
            }
        };
        let mut epoch = request.epoch.clone().unwrap_or_default();
        let verdicts = match answer {
            Some(Some(results)) => {
                epoch = results.epoch.clone();
                sync::verdicts(&operations, results)?
            }
            Some(None) => {
                // It was put back: what it has forgotten comes first.
                self.desks[desk].cache().restart_snapshot()?;
                self.desks[desk].pull = None;
                return Ok(());
            }
            None if self.sabotage == Some(Sabotage::LostIsDone) => {
                operations.into_iter().map(|operation| (operation.id, Verdict::Done(vec![]))).collect()
            }
            None => return Ok(()),
        };
        self.report.refusals +=
            verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Refused(_))).count() as u64;
        let desk = &self.desks[desk];
        desk.cache().judge_operations(&verdicts, &epoch)?;
        if self.sabotage == Some(Sabotage::SettledEarly) {
            desk.cache().begin_pull()?;
            desk.cache().end_pull(self.clock.now())?;
        }
        Ok(())
    }

    /// What the server says of acts; nothing when they were made before it was put back.
    pub(crate) async fn send(&self, token: &str, operations: &Operations) -> anyhow::Result<Option<OperationResults>> {
        let (status, body) = self.server.call("POST", "/v1/sync/operations", Some(token), Some(operations)).await?;
        if is_refused_cursor(&body) {
            return Ok(None);
        }
        ensure!(status == StatusCode::OK, "the server refused operations: {status} {}", String::from_utf8_lossy(&body));
        Ok(Some(serde_json::from_slice(&body)?))
    }

    /// The same without a word of the run they were made in.
    pub(crate) async fn send_one(&self, token: &str, operation: &Operation) -> anyhow::Result<OperationOutcome> {
        let request = Operations { epoch: None, operations: vec![operation.clone()], head: None };
        let results = self.send(token, &request).await?.context("results")?.results;
        Ok(results.into_iter().next().context("a result")?.outcome)
    }

    /// A desk asks for what changed; the answer is on its way.
    async fn begin_pull(&mut self, desk: usize) -> anyhow::Result<()> {
        let is_cut = self.rng.random_range(0..4) == 0;
        let piece = self.rng.random_range(200..4_000);
        self.desks[desk].pull = None;
        let Some((body, is_whole)) = self.ask(desk).await? else { return Ok(()) };
        let length = if is_cut { self.rng.random_range(0..body.len()) } else { body.len() };
        self.report.cuts += u64::from(is_cut);
        let chunks: VecDeque<Bytes> = body[..length].chunks(piece).map(Bytes::copy_from_slice).collect();
        self.desks[desk].begin_pull(chunks, is_whole);
        Ok(())
    }

    /// The feed from where the desk is; nothing when its cursor was refused and it has to start over.
    async fn ask(&mut self, desk: usize) -> anyhow::Result<Option<(Bytes, bool)>> {
        let desk = &self.desks[desk];
        desk.cache().begin_pull()?;
        let state = desk.cache().sync_state()?;
        let path = match &state.cursor {
            Some(cursor) => format!("/v1/sync/changes?cursor={}", cursor.0),
            None => "/v1/sync/changes".to_owned(),
        };
        let (status, body) = self.server.call("GET", &path, Some(&desk.token), None::<&()>).await?;
        if is_refused_cursor(&body) {
            desk.cache().restart_snapshot()?;
            return Ok(None);
        }
        ensure!(status == StatusCode::OK, "the feed: {status} {}", String::from_utf8_lossy(&body));
        Ok(Some((body, state.complete)))
    }

    fn continue_pull(&mut self, desk: usize) -> anyhow::Result<()> {
        let pieces = self.rng.random_range(1..6);
        for _ in 0..pieces {
            if self.desks[desk].pull.is_none() || self.pull_piece(desk)? != Pulled::More {
                break;
            }
        }
        Ok(())
    }

    fn pull_piece(&mut self, desk: usize) -> anyhow::Result<Pulled> {
        let now = self.clock.now();
        let sabotage = self.sabotage;
        self.desks[desk].continue_pull(now, |page| {
            if sabotage == Some(Sabotage::RowDropped) && !page.changes.is_empty() {
                page.changes.remove(0);
            }
        })
    }

    fn crash(&mut self, desk: usize) -> anyhow::Result<()> {
        self.report.crashes += 1;
        let loses_log = self.sabotage == Some(Sabotage::LogLost);
        self.desks[desk].crash(|path| {
            if loses_log {
                std::fs::remove_file(path.with_file_name("cache.db-wal"))?;
            }
            Ok(())
        })
    }

    /// A request that nobody waits for any more arrives.
    async fn arrive_late(&mut self) -> anyhow::Result<()> {
        if self.late.is_empty() {
            return Ok(());
        }
        let n = self.rng.random_range(0..self.late.len());
        let Late { token, operations } = self.late.swap_remove(n);
        self.send(&token, &operations).await?;
        Ok(())
    }

    /// A colleague changes a lead over the API, puts it away, or erases it.
    async fn colleague_writes(&mut self) -> anyhow::Result<()> {
        let n = self.rng.random_range(0..LEADS);
        let added = self.created.choose(&mut self.rng).copied().filter(|_| n % 3 == 0);
        let lead_id = added.unwrap_or_else(|| LeadId::from_uuid(id(1, n)));
        let path = format!("/v1/leads/{lead_id}");
        let draw = self.rng.random_range(0..10);
        self.next_id += 1;
        let written = self.next_id;
        let body = match draw {
            0..5 => json!({ "notes": format!("written {written}") }),
            5..7 => json!({ "owner_id": self.desks[self.rng.random_range(0..3)].member_id }),
            7..9 => json!({ "state": STATES[self.rng.random_range(0..3)] }),
            _ => {
                let token = Some(self.colleague.session.tokens.access_token.as_str());
                let (status, _) = self.server.call("DELETE", &path, token, None::<&()>).await?;
                ensure!(matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_FOUND), "deleting: {status}");
                // One that was not added yet may still come.
                if added.is_none() || status == StatusCode::NO_CONTENT {
                    self.deleted.push(lead_id);
                }
                return Ok(());
            }
        };
        let token = Some(self.colleague.session.tokens.access_token.as_str());
        let (status, _) = self.server.call("PATCH", &path, token, Some(&body)).await?;
        ensure!(matches!(status, StatusCode::OK | StatusCode::NOT_FOUND), "a patch: {status}");
        Ok(())
    }

    /// Somebody looks at what was refused, and at conflicts.
    fn decide(&mut self, desk: usize) -> anyhow::Result<()> {
        let (wish, made_at) = (self.rng.random_range(0..3), self.clock.tick());
        let new_ids: Vec<OperationId> = (0..100).map(|_| self.new_id()).collect();
        let desk = &mut self.desks[desk];
        for (row, new_id) in desk.cache().list_outbox(0, 100)?.into_iter().zip(new_ids) {
            if !matches!(row.state, OutboxState::Refused(_)) {
                continue;
            }
            if wish == 0 {
                desk.cache().retry_operation(row.id)?;
                continue;
            }
            match &row.act {
                OutboxAct::LeadEdited { lead_id, lead_name: Some(_), .. } if wish == 1 => {
                    let notes = desk.cache().get_lead_detail(*lead_id)?.lead.notes;
                    let to = format!("replaced {new_id}");
                    let edit = LeadEdit { notes: Some(Edited { from: notes, to }), ..LeadEdit::default() };
                    desk.replace(row.id, *lead_id, NewEdit { id: new_id, at: made_at, edit })?;
                    self.report.replaced += 1;
                }
                _ => {
                    desk.cache().discard_operation(row.id)?;
                    desk.discarded.push(row.id);
                }
            }
            let given_up = desk.acknowledged.get(&row.id).context("an act that somebody did")?;
            // What is shown from now on is the server's.
            for lead_id in given_up.act.leads() {
                desk.names.remove(&lead_id);
            }
            if let Some(lead_id) = given_up.act.created_lead() {
                // With all that was done to it.
                let behind = desk.acknowledged.values().filter(|behind| behind.act.leads().contains(&lead_id));
                desk.discarded.extend(behind.map(|behind| behind.id));
                anyhow::ensure!(!desk.leads()?.contains_key(&lead_id), "a lead that was given up is shown");
            }
        }
        for lead in desk.leads()?.into_keys() {
            for conflict in desk.cache().get_lead_detail(lead)?.conflicts {
                self.report.conflicts += 1;
                desk.cache().settle_conflict(conflict.operation_id, conflict.field)?;
                if conflict.field == LeadField::Name {
                    // Theirs was chosen.
                    desk.names.remove(&lead);
                }
            }
        }
        Ok(())
    }

    async fn restart_server(&mut self) -> anyhow::Result<()> {
        self.report.restarts += 1;
        self.server.restart_after(|_| Ok(())).await
    }

    /// The operator makes a backup; once there is one, puts it back.
    async fn back_up_or_put_back(&mut self) -> anyhow::Result<()> {
        if let Some(backup) = self.backup.take() {
            self.server
                .restart_after(|dir| {
                    std::fs::remove_dir_all(dir.join("studios"))?;
                    copy_studios(backup.path(), dir)
                })
                .await?;
            for desk in &mut self.desks {
                // Of leads that had left its sight it kept nothing.
                let SimDesk { names, lost_sight_of, .. } = desk;
                names.retain(|lead_id, _| !lost_sight_of.contains(lead_id));
            }
            // As the operator is told to after putting a backup back.
            self.server.admin().reset_cursors(self.colleague.session.studio.id).await?;
            self.was_restored = true;
            self.report.restores += 1;
        } else {
            let backup = tempfile::tempdir_in(crate::template::scratch())?;
            self.server.restart_after(|dir| copy_studios(dir, backup.path())).await?;
            self.backup = Some(backup);
        }
        Ok(())
    }

    /// An id is used for another act: the server must say so.
    async fn forge(&mut self) -> anyhow::Result<()> {
        let Some(desk) = self.desks.choose(&mut self.rng) else { return Ok(()) };
        // One that was sent: of another nobody can have heard.
        let waiting: BTreeSet<OperationId> =
            desk.cache().list_outbox(0, 1_000)?.into_iter().map(|row| row.id).collect();
        let sent = desk.acknowledged.values().find(|operation| !waiting.contains(&operation.id));
        let Some(operation) = sent else { return Ok(()) };
        let mut forged = operation.clone();
        forged.at = operation.at.plus_ms(1);
        if matches!(self.send_one(&desk.token, operation).await?, OperationOutcome::Done(_)) {
            let OperationOutcome::Refused(refused) = self.send_one(&desk.token, &forged).await? else {
                bail!("another act under the same id was taken");
            };
            ensure!(refused.reason == RefusalReason::OtherAct, "refused for another reason");
        }
        Ok(())
    }

    /// The network works from now on: everything arrives, and everybody sends and pulls until nothing moves.
    async fn calm(&mut self) -> anyhow::Result<()> {
        while !self.late.is_empty() {
            self.arrive_late().await?;
        }
        for _ in 0..4 {
            for n in 0..self.desks.len() {
                self.clock.tick();
                self.send_all(n).await?;
                self.pull_all(n).await?;
            }
        }
        Ok(())
    }

    async fn send_all(&mut self, desk: usize) -> anyhow::Result<()> {
        for _ in 0..1_000 {
            let operations = self.desks[desk].cache().operations_to_send(100, 1 << 18)?;
            if operations.is_empty() {
                return Ok(());
            }
            let cache = self.desks[desk].cache().clone();
            let head = cache.find_chain_head()?;
            let request = Operations { epoch: cache.sync_state()?.epoch, operations, head };
            match self.send(&self.desks[desk].token, &request).await? {
                Some(results) => {
                    let epoch = results.epoch.clone();
                    cache.judge_operations(&sync::verdicts(&request.operations, results)?, &epoch)?;
                }
                None => cache.restart_snapshot()?,
            }
        }
        bail!("desk {desk} sends without end")
    }

    async fn pull_all(&mut self, desk: usize) -> anyhow::Result<()> {
        // A snapshot, and what changed since.
        for _ in 0..3 {
            self.desks[desk].pull = None;
            let Some((body, is_whole)) = self.ask(desk).await? else { continue };
            self.desks[desk].begin_pull(VecDeque::from([body]), is_whole);
            while self.pull_piece(desk)? == Pulled::More {}
        }
        Ok(())
    }

    /// What the server tells a member who has nothing yet.
    pub(crate) async fn snapshot(&self, token: &str) -> anyhow::Result<Vec<Line>> {
        let (status, body) = self.server.call("GET", "/v1/sync/changes", Some(token), None::<&()>).await?;
        ensure!(status == StatusCode::OK, "a snapshot: {status}");
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(lines.map(Line::parse).collect::<Result<_, _>>()?)
    }
}

/// A lead's number.
pub(crate) fn place_of(id: LeadId) -> u64 {
    id.as_uuid().as_u64_pair().1 & 0xffff
}

fn copy_studios(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to.join("studios"))?;
    copy_below(&from.join("studios"), &to.join("studios"))
}

fn is_refused_cursor(body: &[u8]) -> bool {
    let refusal = serde_json::from_slice::<ApiErrorBody>(body);
    refusal.is_ok_and(|refusal| refusal.code == ApiErrorCode::CursorInvalid)
}
