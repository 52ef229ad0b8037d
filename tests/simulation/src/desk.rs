//! A desk: its cache, what it has typed, and a pull that may be under way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;
use bytes::Bytes;
use domain::{ConversationId, Lead, LeadEdit, LeadId, LeadState, MemberId, MessageId, NewLead, OperationId, UnixMs};
use secrecy::SecretBox;
use store::read::{LeadColumn, LeadFilter, LeadQuery, LeadSort, MessageAnchor, MessagePage};
use store::{Cache, CacheIdentity, LeadCreation, LeadScope, Merged, NewEdit, NewMerge, NewReply, StoreError};
use sync::{FeedReader, Read};
use tempfile::TempDir;
use wire::operation::{Act, CreateLead, EditLead, MergeLeads, Operation, Reply};

use crate::template::{LEADS, Signed, conversation_id, id, scratch};

/// Somebody's desk.
pub(crate) struct SimDesk {
    pub(crate) name: usize,
    pub(crate) member_id: MemberId,
    pub(crate) token: String,
    path: PathBuf,
    cache: Option<Cache>,
    pub(crate) pull: Option<Pull>,
    /// Acts that the cache took, with what they were.
    pub(crate) acknowledged: BTreeMap<OperationId, Operation>,
    /// Acts given up after the server had refused them.
    pub(crate) discarded: Vec<OperationId>,
    /// Replies that were taken back before they were sent.
    pub(crate) taken_back: BTreeSet<MessageId>,
    /// The names that this desk gave, which nobody else gives: what each of those leads has to show here.
    pub(crate) names: BTreeMap<LeadId, String>,
    /// The lead that was added here last.
    pub(crate) added_last: Option<LeadId>,
    /// What it showed when it last looked.
    shown: BTreeSet<LeadId>,
    /// Leads that it showed once and then did not, for a while or for good: it keeps nothing of them.
    pub(crate) lost_sight_of: BTreeSet<LeadId>,
    /// What it had acknowledged of them by then.
    pub(crate) forgotten: BTreeSet<OperationId>,
    _dir: TempDir,
}

/// An answer of the feed on its way.
pub(crate) struct Pull {
    pub(crate) chunks: VecDeque<Bytes>,
    reader: FeedReader,
    /// Whether it tells all that changed since a finished snapshot.
    is_whole: bool,
}

/// What came of a step of a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulled {
    More,
    Ended,
    Cut,
}

fn key() -> SecretBox<[u8; 32]> {
    SecretBox::new(Box::new([7; 32]))
}

impl SimDesk {
    pub(crate) fn new(name: usize, signed: &Signed) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir_in(scratch())?;
        let path = dir.path().join("account").join("cache.db");
        let identity = CacheIdentity {
            studio_id: signed.session.studio.id,
            member_id: signed.member_id,
            device_id: signed.session.device_id,
        };
        let cache = Cache::create(&path, &key(), &identity)?;
        Ok(Self {
            name,
            member_id: signed.member_id,
            token: signed.session.tokens.access_token.clone(),
            path,
            cache: Some(cache),
            pull: None,
            acknowledged: BTreeMap::new(),
            discarded: Vec::new(),
            taken_back: BTreeSet::new(),
            names: BTreeMap::new(),
            added_last: None,
            shown: BTreeSet::new(),
            lost_sight_of: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            _dir: dir,
        })
    }

    pub(crate) fn cache(&self) -> &Cache {
        self.cache.as_ref().expect("closed only while it crashes")
    }

    /// The program ends without closing anything, and is started again. `between` is done to the files meanwhile.
    pub(crate) fn crash(&mut self, between: impl FnOnce(&std::path::Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.pull = None;
        // Files as a killed process leaves them: closing would tidy them up.
        let left = self.path.with_extension("left");
        let beside = |path: &std::path::Path, suffix: &str| {
            path.with_file_name(format!("{}{suffix}", path.file_name().unwrap_or_default().display()))
        };
        let files = ["", "-wal", "-seal"].map(|suffix| (beside(&self.path, suffix), beside(&left, suffix)));
        for (file, left) in &files {
            std::fs::copy(file, left).context("what a killed process leaves")?;
        }
        self.cache().close()?;
        self.cache = None;
        for (file, left) in &files {
            std::fs::rename(left, file)?;
        }
        between(&self.path)?;
        self.cache = Some(Cache::open(&self.path, &key())?);
        Ok(())
    }

    /// Notes which leads went.
    pub(crate) fn look(&mut self) -> anyhow::Result<()> {
        let shown: BTreeSet<LeadId> = self.leads()?.into_keys().collect();
        for lead in self.shown.difference(&shown) {
            self.lost_sight_of.insert(*lead);
            let of_it = self.acknowledged.values().filter(|operation| leads_of(&operation.act).contains(lead));
            self.forgotten.extend(of_it.map(|operation| operation.id));
        }
        self.shown = shown;
        Ok(())
    }

    /// All leads it shows, those in the bin too.
    pub(crate) fn leads(&self) -> anyhow::Result<BTreeMap<LeadId, Lead>> {
        let mut leads = BTreeMap::new();
        let filter = LeadFilter { state: LeadState::Deleted, ..LeadFilter::default() };
        let bin = LeadQuery { filter, sort: LeadSort { column: LeadColumn::Name, descending: false } };
        for scope in [LeadScope::All, LeadScope::View(&bin)] {
            self.cache().for_each_lead(scope, &mut |lead| {
                leads.insert(lead.lead.id, lead.lead);
                ControlFlow::Continue(())
            })?;
        }
        Ok(leads)
    }

    /// Adds a lead.
    pub(crate) fn create(&mut self, id: OperationId, lead_id: LeadId, at: UnixMs, lead: NewLead) -> anyhow::Result<()> {
        self.names.insert(lead_id, lead.name.clone());
        self.cache().create_leads(&[LeadCreation { id, lead_id, at, lead: lead.clone() }])?;
        let act = Act::CreateLead(Box::new(CreateLead { lead_id, lead }));
        self.acknowledged.insert(id, Operation { id, at, act });
        Ok(())
    }

    /// Edits a lead as somebody who sees what is shown. `false` when that changed nothing.
    pub(crate) fn edit(
        &mut self,
        id: OperationId,
        lead_id: LeadId,
        at: UnixMs,
        change: impl Fn(&mut Lead),
    ) -> anyhow::Result<bool> {
        let mut made = None;
        let edited = self.cache().edit_leads(&[lead_id], &mut |shown| {
            let mut after = shown.clone();
            change(&mut after);
            let edit = LeadEdit::between(shown, &after);
            made = Some(edit.clone());
            Some(NewEdit { id, at, edit })
        })?;
        if edited.leads.is_empty() {
            return Ok(false);
        }
        let act = Act::EditLead(Box::new(EditLead { lead_id, edit: made.context("it was made")? }));
        self.acknowledged.insert(id, Operation { id, at, act });
        Ok(true)
    }

    /// Merges two leads. `false` when that can't be.
    pub(crate) fn merge(&mut self, merge: NewMerge) -> anyhow::Result<bool> {
        let NewMerge { id, at, lead_id, duplicate_id } = merge;
        if let Merged::Impossible(_) = self.cache().merge_leads(merge)? {
            return Ok(false);
        }
        let act = Act::MergeLeads(MergeLeads { lead_id, duplicate_id });
        self.acknowledged.insert(id, Operation { id, at, act });
        Ok(true)
    }

    /// Answers a lead; nothing when the conversation is not here.
    pub(crate) fn reply(
        &mut self,
        id: OperationId,
        message_id: MessageId,
        conversation_id: ConversationId,
        at: UnixMs,
        body: &str,
    ) -> anyhow::Result<bool> {
        let body = body.to_owned();
        match self.cache().reply(NewReply { id, at, message_id, conversation_id, body: body.clone() }) {
            Err(StoreError::NotFound) => return Ok(false),
            replied => replied?,
        };
        let act = Act::Reply(Reply { message_id, conversation_id, body });
        self.acknowledged.insert(id, Operation { id, at, act });
        Ok(true)
    }

    /// Puts an edit in the place of a refused act.
    pub(crate) fn replace(&mut self, refused: OperationId, lead_id: LeadId, edit: NewEdit) -> anyhow::Result<()> {
        let NewEdit { id, at, edit: made } = edit.clone();
        let replaced = self.cache().replace_operation(refused, lead_id, &edit)?;
        self.discarded.push(refused);
        if !replaced.leads.is_empty() {
            let act = Act::EditLead(Box::new(EditLead { lead_id, edit: made }));
            self.acknowledged.insert(id, Operation { id, at, act });
        }
        Ok(())
    }

    /// The newest reply in a conversation that was certainly not sent is taken back. `false` where there is none.
    pub(crate) fn take_back(&mut self, conversation_id: ConversationId) -> anyhow::Result<bool> {
        let Some(thread) = self.find_thread(conversation_id)? else { return Ok(false) };
        let Some(reply) = thread.unsent.iter().rev().find(|reply| reply.can_take_back) else { return Ok(false) };
        self.cache().take_back_reply(reply.operation_id)?;
        self.acknowledged.remove(&reply.operation_id).context("a reply that somebody gave")?;
        self.taken_back.insert(reply.message_id);
        Ok(true)
    }

    /// The messages of a conversation, where it is here.
    pub(crate) fn find_thread(&self, id: ConversationId) -> anyhow::Result<Option<MessagePage>> {
        match self.cache().message_page(id, MessageAnchor::Newest, 500, None) {
            Err(StoreError::NotFound) => Ok(None),
            found => Ok(Some(found?)),
        }
    }

    /// An answer of the feed begins to come.
    pub(crate) fn begin_pull(&mut self, chunks: VecDeque<Bytes>, is_whole: bool) {
        self.pull = Some(Pull { chunks, reader: FeedReader::default(), is_whole });
    }

    /// Its next piece comes. `spoil` may do something to each page.
    pub(crate) fn continue_pull(
        &mut self,
        now: UnixMs,
        mut spoil: impl FnMut(&mut store::PullPage),
    ) -> anyhow::Result<Pulled> {
        let mut pull = self.pull.take().context("a pull under way")?;
        if let Some(chunk) = pull.chunks.pop_front() {
            let mut pages = Vec::new();
            pull.reader.read(&chunk, |read| {
                if let Read::Page(page) = read {
                    pages.push(page);
                }
                Ok(())
            })?;
            for mut page in pages {
                spoil(&mut page);
                self.cache().apply_page(&page)?;
            }
            self.pull = Some(pull);
            return Ok(Pulled::More);
        }
        if pull.reader.end().is_err() {
            return Ok(Pulled::Cut);
        }
        if pull.is_whole {
            self.cache().end_pull(now)?;
        }
        self.cache().set_up_to_date(now)?;
        Ok(Pulled::Ended)
    }
}

/// The leads that an act is about: of a reply, the one who is answered.
pub(crate) fn leads_of(act: &Act) -> Vec<LeadId> {
    match act {
        Act::Reply(reply) => (0..LEADS)
            .filter(|n| conversation_id(*n) == reply.conversation_id)
            .map(|n| LeadId::from_uuid(id(1, n)))
            .collect(),
        _ => act.leads(),
    }
}
