//! A page of changes becomes rows, in one transaction with its cursor.
//!
//! Rows come in any order and more than once. Counts and index entries are gathered while rows are written and stored
//! at the end, each once: FTS5 writes out its memory whenever a row id is not larger than the last, so its entries go
//! in ascending order.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Transaction;
use wire::changes::{Change, Row, RowId};

pub(crate) use crate::table::message::Buckets;
use crate::table::reference::References;
use crate::table::{
    billing, conversation, custom_field, lead, lead_edit, message, outbox as outbox_table, stage_event, studio,
    sync_state, unreadable,
};
use crate::{Applied, PageProgress, PullPage, StoreError, outbox, scrub};

/// Entries held back before they are written: bounds the memory of a large sweep.
const TEXTS_HELD: usize = 20_000;

/// What an index holds of a row, and what it is to hold.
struct TextChange<T> {
    old: Option<T>,
    new: Option<T>,
}

/// A page being written.
pub(crate) struct Writing<'t> {
    pub(crate) tx: &'t Transaction<'t>,
    pub(crate) epoch: i64,
    pub(crate) references: References,
    pub(crate) buckets: &'t mut Buckets,
    pub(crate) applied: Applied,
    pub(crate) has_erased: bool,
    /// Whether there are acts of this device that have not come back yet: what they are about is shown with them on top.
    pub(crate) has_acts: bool,
    /// Whether messages come newest first, as a snapshot brings them.
    pub(crate) is_history: bool,
    lead_facets: HashMap<lead::Facet, i64>,
    conversation_facets: HashMap<(i64, i64, i64), i64>,
    lead_messages: HashMap<i64, i64>,
    messages: i64,
    lead_texts: BTreeMap<i64, TextChange<lead::Searchable>>,
    bodies: BTreeMap<i64, TextChange<String>>,
}

/// Writes the page. Also tells whether anything was erased.
pub(crate) fn page(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    page: &PullPage,
) -> Result<(Applied, bool), StoreError> {
    if let Some(epoch) = &page.epoch {
        outbox::note_server_epoch(tx, epoch)?;
    }
    let mut writing = Writing::begin(tx, buckets, page.progress != PageProgress::Delta)?;
    let mut rest = page.changes.as_slice();
    while let Some((change, others)) = rest.split_first() {
        let run = rest.iter().take_while(|change| matches!(change, Change::Upsert(Row::Message(_)))).count();
        if run > 1 {
            let (messages, others) = rest.split_at(run);
            writing.upsert_messages(messages)?;
            rest = others;
        } else {
            writing.change(change)?;
            rest = others;
        }
    }
    unreadable::append(tx, &page.unreadable)?;
    if sync_state::advance(tx, &page.cursor, &page.progress)? {
        writing.sweep()?;
    }
    writing.applied.rows = page.changes.len() as u64;
    writing.finish()
}

impl<'t> Writing<'t> {
    pub(crate) fn begin(
        tx: &'t Transaction<'t>,
        buckets: &'t mut Buckets,
        is_history: bool,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tx,
            epoch: sync_state::epoch(tx)?,
            references: References::default(),
            buckets,
            applied: Applied::default(),
            has_erased: false,
            has_acts: outbox_table::has_any_unsettled(tx)?,
            is_history,
            lead_facets: HashMap::new(),
            conversation_facets: HashMap::new(),
            lead_messages: HashMap::new(),
            messages: 0,
            lead_texts: BTreeMap::new(),
            bodies: BTreeMap::new(),
        })
    }

    fn change(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Upsert(row) => self.upsert(row),
            // Gone for everyone or out of this member's sight: here it is the same.
            Change::Delete(id) | Change::Forget(id) => self.erase(*id),
        }
    }

    fn upsert(&mut self, row: &Row) -> Result<(), StoreError> {
        match row {
            Row::Studio(row) => {
                self.applied.studio = true;
                studio::upsert(self.tx, row)
            }
            Row::Member(row) => {
                self.applied.studio = true;
                studio::upsert_member(self.tx, &mut self.references, self.epoch, row)
            }
            Row::Stage(row) => {
                self.applied.studio = true;
                studio::upsert_stage(self.tx, &mut self.references, self.epoch, row)
            }
            Row::CustomField(row) => {
                self.applied.studio = true;
                custom_field::upsert(self.tx, &mut self.references, self.epoch, row)
            }
            Row::Lead(row) => outbox::upsert_told(self, row),
            Row::Conversation(row) => outbox::upsert_told_conversation(self, row),
            Row::Message(row) => message::upsert(self, row),
            Row::StageEvent(row) => stage_event::upsert(self, row),
            Row::LeadEdit(row) => lead_edit::upsert(self, row),
            Row::Subscription(row) => billing::upsert_subscription(self, row),
            Row::Invoice(row) => billing::upsert_invoice(self, row),
        }
    }

    /// Messages that stand together, sorted, so that those of one second keep their order: history newest first, news
    /// oldest first.
    fn upsert_messages(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let mut messages: Vec<_> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Upsert(Row::Message(message)) => Some(message),
                _ => None,
            })
            .collect();
        // Of two with one id, the later one is meant.
        let mut last_of = HashMap::with_capacity(messages.len());
        for (place, message) in messages.iter().enumerate() {
            last_of.insert(message.id, place);
        }
        let mut place = 0;
        messages.retain(|message| {
            let is_last = last_of.get(&message.id) == Some(&place);
            place += 1;
            is_last
        });
        messages.sort_by_key(|message| (message.sent_at, message.id));
        if self.is_history {
            messages.reverse();
        }
        messages.into_iter().try_for_each(|row| message::upsert(self, row))
    }

    fn erase(&mut self, id: RowId) -> Result<(), StoreError> {
        self.has_erased = true;
        match id {
            RowId::Member(id) => {
                self.applied.studio = true;
                studio::erase_member(self.tx, id)
            }
            RowId::Stage(id) => {
                self.applied.studio = true;
                studio::erase_stage(self.tx, id)
            }
            RowId::Lead(id) => lead::erase(self, id),
            RowId::Conversation(id) => conversation::erase(self, id),
            RowId::Message(id) => message::erase(self, id),
            RowId::StageEvent(id) => stage_event::erase(self, id),
            RowId::LeadEdit(id) => lead_edit::erase(self, id),
            RowId::Subscription(id) => billing::erase_subscription(self, id),
            RowId::Invoice(id) => billing::erase_invoice(self, id),
        }
    }

    /// Erases what the snapshot that just ended did not bring.
    fn sweep(&mut self) -> Result<(), StoreError> {
        self.has_erased = true;
        if studio::sweep(self.tx, self.epoch)? + custom_field::sweep(self.tx, self.epoch)? > 0 {
            self.applied.studio = true;
        }
        billing::sweep(self)?;
        lead::sweep(self)?;
        conversation::sweep(self)?;
        message::sweep(self)?;
        stage_event::sweep(self)?;
        lead_edit::sweep(self)
    }

    pub(crate) fn count_lead(&mut self, facet: lead::Facet, change: i64) {
        *self.lead_facets.entry(facet).or_default() += change;
    }

    pub(crate) fn count_conversation(&mut self, facet: (i64, i64, i64), change: i64) {
        *self.conversation_facets.entry(facet).or_default() += change;
    }

    pub(crate) fn count_messages(&mut self, lead_n: i64, change: i64) {
        *self.lead_messages.entry(lead_n).or_default() += change;
    }

    /// Messages in the whole cache.
    pub(crate) fn count_message(&mut self, change: i64) {
        self.messages += change;
    }

    pub(crate) fn index_lead(
        &mut self,
        n: i64,
        old: Option<lead::Searchable>,
        new: Option<lead::Searchable>,
    ) -> Result<(), StoreError> {
        note(&mut self.lead_texts, n, old, new);
        if self.lead_texts.len() >= TEXTS_HELD { self.write_lead_texts() } else { Ok(()) }
    }

    pub(crate) fn index_body(&mut self, n: i64, old: Option<String>, new: Option<String>) -> Result<(), StoreError> {
        note(&mut self.bodies, n, old, new);
        if self.bodies.len() >= TEXTS_HELD { self.write_bodies() } else { Ok(()) }
    }

    fn write_lead_texts(&mut self) -> Result<(), StoreError> {
        for (n, text) in std::mem::take(&mut self.lead_texts) {
            if text.old == text.new {
                continue;
            }
            if let Some(old) = text.old {
                lead::unindex(self.tx, n, &old)?;
            }
            if let Some(new) = text.new {
                lead::index(self.tx, n, &new)?;
            }
        }
        Ok(())
    }

    fn write_bodies(&mut self) -> Result<(), StoreError> {
        for (n, body) in std::mem::take(&mut self.bodies) {
            if body.old == body.new {
                continue;
            }
            if let Some(old) = body.old {
                message::unindex(self.tx, n, &old)?;
            }
            if let Some(new) = body.new {
                message::index(self.tx, n, &new)?;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(Applied, bool), StoreError> {
        self.write_lead_texts()?;
        self.write_bodies()?;
        for (facet, change) in std::mem::take(&mut self.lead_facets) {
            lead::count_facet(self.tx, facet, change)?;
        }
        for (facet, change) in std::mem::take(&mut self.conversation_facets) {
            conversation::count_facet(self.tx, facet, change)?;
        }
        // In order, because neighbours share a page.
        let lead_messages: BTreeMap<i64, i64> = std::mem::take(&mut self.lead_messages).into_iter().collect();
        for (lead_n, change) in lead_messages {
            lead::count_messages(self.tx, lead_n, change)?;
        }
        // Names and places of stages and members stand in both lists.
        let lead_list = i64::from(self.applied.leads || self.applied.studio);
        let inbox = i64::from(self.applied.conversations || self.applied.leads);
        self.tx
            .prepare_cached(
                "UPDATE sync_state SET messages = messages + ?1, lead_version = lead_version + ?2,
                        inbox_version = inbox_version + ?3",
            )?
            .execute([self.messages, lead_list, inbox])?;
        if self.has_erased {
            scrub::make_due(self.tx)?;
        }
        Ok((self.applied, self.has_erased))
    }
}

/// What is indexed now stays as the first change found it; what is to be is as the last one says.
fn note<T>(texts: &mut BTreeMap<i64, TextChange<T>>, n: i64, old: Option<T>, new: Option<T>) {
    match texts.entry(n) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(TextChange { old, new });
        }
        std::collections::btree_map::Entry::Occupied(mut place) => place.get_mut().new = new,
    }
}
