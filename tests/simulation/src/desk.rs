//! A desk: its cache, what it has typed, and a pull that may be under way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;
use bytes::Bytes;
use domain::{Lead, LeadEdit, LeadId, MemberId, NewLead, OperationId, UnixMs};
use secrecy::SecretBox;
use store::{Cache, CacheIdentity, LeadCreation, LeadScope, NewEdit};
use sync::{FeedReader, Read};
use tempfile::TempDir;
use wire::operation::{Act, CreateLead, EditLead, Operation};

use crate::template::{Signed, scratch};

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
        let log = |path: &std::path::Path| {
            path.with_file_name(format!("{}-wal", path.file_name().unwrap_or_default().display()))
        };
        std::fs::copy(&self.path, &left)?;
        std::fs::copy(log(&self.path), log(&left)).context("the log")?;
        self.cache().close()?;
        self.cache = None;
        for (from, to) in [(left.clone(), self.path.clone()), (log(&left), log(&self.path))] {
            std::fs::rename(from, to)?;
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
            let of_it = self.acknowledged.values().filter(|operation| operation.act.leads().contains(lead));
            self.forgotten.extend(of_it.map(|operation| operation.id));
        }
        self.shown = shown;
        Ok(())
    }

    /// All leads it shows.
    pub(crate) fn leads(&self) -> anyhow::Result<BTreeMap<LeadId, Lead>> {
        let mut leads = BTreeMap::new();
        self.cache().for_each_lead(LeadScope::All, &mut |lead| {
            leads.insert(lead.lead.id, lead.lead);
            ControlFlow::Continue(())
        })?;
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
