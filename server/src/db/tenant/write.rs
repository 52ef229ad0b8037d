//! The one place where a studio's sequence of changes grows.
//!
//! Every writing transaction first locks the counter, gives each row it writes the next number, and stores the last
//! one before it commits. So the sequence has no gaps, a number becomes visible only together with all before it, and
//! a cursor can never skip a commit.

use std::collections::HashMap;
use std::sync::Arc;

use domain::InvalidField;
use wire::changes::RowId;

use super::Tenant;
use crate::db::DbError;
use crate::db::sql::{Tx, Value};
use crate::db::store::Writer;
use crate::hints::Hint;

/// Why a write was refused; nothing of it happened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Db(#[from] DbError),
    /// Does not exist, or not in the writer's sight.
    #[error("not found")]
    NotFound,
    /// The writer's role may not.
    #[error("forbidden")]
    Forbidden,
    /// `field` is not as it has to be.
    #[error("{field}: {problem}")]
    Invalid { field: &'static str, problem: &'static str },
    /// The same, of a field that the domain names.
    #[error(transparent)]
    InvalidField(#[from] InvalidField),
}

impl From<domain::InvalidBilling> for WriteError {
    fn from(domain::InvalidBilling { field, problem }: domain::InvalidBilling) -> Self {
        Self::Invalid { field, problem }
    }
}

/// How many rows the leads of one owner amount to, or by how many that changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) leads: i64,
    pub(super) conversations: i64,
    pub(super) messages: i64,
    pub(super) stage_events: i64,
}

impl Tally {
    fn add(&mut self, other: Self, sign: i64) {
        self.leads += sign * other.leads;
        self.conversations += sign * other.conversations;
        self.messages += sign * other.messages;
        self.stage_events += sign * other.stage_events;
    }
}

/// A writing transaction that holds the counter.
pub(super) struct Write<'t> {
    tx: &'t Tx<'t>,
    before: i64,
    seq: i64,
    /// By owner; an empty name is the unassigned pool.
    tallies: HashMap<String, Tally>,
}

impl<'t> Write<'t> {
    /// Locks the counter for this transaction.
    pub(super) fn begin(tx: &'t Tx<'t>) -> Result<Self, DbError> {
        let sql = "UPDATE change_counter SET seq = seq WHERE only_row = 1 RETURNING seq";
        let seq = tx.find(sql, &[], |row| row.int(0))?.ok_or(DbError::Corrupt { column: 0 })?;
        Ok(Self { tx, before: seq, seq, tallies: HashMap::new() })
    }

    /// The transaction, for what is no change that clients hold.
    pub(super) fn tx(&self) -> &'t Tx<'t> {
        self.tx
    }

    /// The number of the row about to be written.
    pub(super) fn next_seq(&mut self) -> Value<'static> {
        self.seq += 1;
        Value::Int(self.seq)
    }

    /// Remembers that rows came to the leads of `owner`.
    pub(super) fn count(&mut self, owner: Option<&str>, more: Tally) {
        self.tally(owner).add(more, 1);
    }

    /// Remembers that rows went from the leads of `owner`.
    pub(super) fn discount(&mut self, owner: Option<&str>, fewer: Tally) {
        self.tally(owner).add(fewer, -1);
    }

    fn tally(&mut self, owner: Option<&str>) -> &mut Tally {
        let owner = owner.unwrap_or_default();
        if !self.tallies.contains_key(owner) {
            self.tallies.insert(owner.to_owned(), Tally::default());
        }
        self.tallies.get_mut(owner).expect("just inserted")
    }

    /// Remembers that a row is gone.
    pub(super) fn bury(&mut self, id: RowId) -> Result<(), DbError> {
        let (kind, id) = match id {
            RowId::Member(id) => ("member", id.to_string()),
            RowId::Stage(id) => ("stage", id.to_string()),
            RowId::Lead(id) => ("lead", id.to_string()),
            RowId::Conversation(id) => ("conversation", id.to_string()),
            RowId::Message(id) => ("message", id.to_string()),
            RowId::StageEvent(id) => ("stage_event", id.to_string()),
            RowId::LeadEdit(id) => ("lead_edit", id.to_string()),
            RowId::Subscription(id) => ("subscription", id.to_string()),
            RowId::Invoice(id) => ("invoice", id.to_string()),
        };
        let seq = self.next_seq();
        let sql = "INSERT INTO tombstone (id, kind, seq) VALUES ($1, $2, $3)";
        self.tx.submit(sql, &[(&id).into(), kind.into(), seq])?;
        Ok(())
    }

    /// Whether `id` is that of a row which is gone: no other may have it, or its deletion would be told of both.
    pub(super) fn is_buried(&self, kind: &'static str, id: &str) -> Result<bool, DbError> {
        let sql = "SELECT 1 FROM tombstone WHERE kind = $1 AND id = $2";
        Ok(self.tx.find(sql, &[kind.into(), id.into()], |_| Ok(()))?.is_some())
    }

    /// Stores how far the sequence got. Says whether anything changed.
    pub(super) fn finish(self) -> Result<bool, DbError> {
        const ADD: &str = "UPDATE lead_tally SET leads = leads + $2, conversations = conversations + $3, \
                           messages = messages + $4, stage_events = stage_events + $5 WHERE owner_id = $1";
        const NEW: &str = "INSERT INTO lead_tally (owner_id, leads, conversations, messages, stage_events) \
                           VALUES ($1, $2, $3, $4, $5)";
        if self.seq == self.before {
            return Ok(false);
        }
        for (owner, tally) in self.tallies.iter().filter(|(_, tally)| **tally != Tally::default()) {
            let parameters = [
                owner.into(),
                Value::Int(tally.leads),
                Value::Int(tally.conversations),
                Value::Int(tally.messages),
                Value::Int(tally.stage_events),
            ];
            if self.tx.execute(ADD, &parameters)? == 0 {
                self.tx.execute(NEW, &parameters)?;
            }
        }
        self.tx.submit("UPDATE change_counter SET seq = $1 WHERE only_row = 1", &[Value::Int(self.seq)])?;
        Ok(true)
    }
}

impl Tenant {
    /// Runs `work` as one change: all of it happens, or nothing does; listeners hear of it when it has.
    pub(super) async fn change<T, E>(
        &self,
        work: impl FnOnce(&mut Write<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (hints, studio_id) = (Arc::clone(&self.hints), self.studio_id);
        let run = move |writer: &mut Writer<'_>| {
            let (value, changed) = writer.write(|tx| {
                let mut write = Write::begin(tx)?;
                let value = work(&mut write)?;
                Ok::<_, E>((value, write.finish()?))
            })?;
            // Here and not after the wait: whoever asked may be gone by now, the change is not.
            if changed {
                hints.announce(studio_id, Hint::Changed);
            }
            Ok(value)
        };
        self.store.with_writer(run).await
    }
}
