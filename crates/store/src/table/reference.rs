//! From ids to the small integers rows refer by. An id that is not here yet gets its integer all the same, so that
//! rows may come in any order.

use std::collections::HashMap;
use std::hash::Hash;

use domain::{ConversationId, CustomFieldId, LeadId, MemberId, StageId};
use rusqlite::{OptionalExtension, Transaction};

use crate::StoreError;

/// What a page needs to know of a conversation its messages belong to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConversationRef {
    pub(crate) n: i64,
    pub(crate) lead_n: i64,
    /// Absent when nothing is hidden by a read mark.
    pub(crate) read_through_at: Option<i64>,
}

/// The integers a transaction has met.
#[derive(Default)]
pub(crate) struct References {
    members: HashMap<MemberId, i64>,
    stages: HashMap<StageId, i64>,
    custom_fields: HashMap<CustomFieldId, i64>,
    leads: HashMap<LeadId, i64>,
    conversations: HashMap<ConversationId, ConversationRef>,
}

impl References {
    pub(crate) fn member(&mut self, tx: &Transaction<'_>, id: MemberId) -> Result<i64, StoreError> {
        intern(
            tx,
            &mut self.members,
            id,
            id.as_bytes(),
            "SELECT ref FROM member WHERE id = ?1",
            "INSERT INTO member (id) VALUES (?1)",
        )
    }

    /// 0 for nobody.
    pub(crate) fn member_or_none(&mut self, tx: &Transaction<'_>, id: Option<MemberId>) -> Result<i64, StoreError> {
        id.map_or(Ok(0), |id| self.member(tx, id))
    }

    pub(crate) fn stage(&mut self, tx: &Transaction<'_>, id: StageId) -> Result<i64, StoreError> {
        intern(
            tx,
            &mut self.stages,
            id,
            id.as_bytes(),
            "SELECT ref FROM stage WHERE id = ?1",
            "INSERT INTO stage (id) VALUES (?1)",
        )
    }

    pub(crate) fn custom_field(&mut self, tx: &Transaction<'_>, id: CustomFieldId) -> Result<i64, StoreError> {
        intern(
            tx,
            &mut self.custom_fields,
            id,
            id.as_bytes(),
            "SELECT ref FROM custom_field WHERE id = ?1",
            "INSERT INTO custom_field (id) VALUES (?1)",
        )
    }

    pub(crate) fn lead(&mut self, tx: &Transaction<'_>, id: LeadId) -> Result<i64, StoreError> {
        intern(
            tx,
            &mut self.leads,
            id,
            id.as_bytes(),
            "SELECT n FROM lead_ref WHERE id = ?1",
            "INSERT INTO lead_ref (id) VALUES (?1)",
        )
    }

    /// The conversation a message belongs to; one that is not here is noted as `lead`'s.
    pub(crate) fn conversation(
        &mut self,
        tx: &Transaction<'_>,
        id: ConversationId,
        lead: LeadId,
    ) -> Result<ConversationRef, StoreError> {
        if let Some(known) = self.find_conversation(tx, id)? {
            return Ok(known);
        }
        let lead_n = self.lead(tx, lead)?;
        tx.prepare_cached("INSERT INTO conversation (id, lead_n) VALUES (?1, ?2)")?.execute((id.as_bytes(), lead_n))?;
        let made = ConversationRef { n: tx.last_insert_rowid(), lead_n, read_through_at: None };
        self.conversations.insert(id, made);
        Ok(made)
    }

    pub(crate) fn find_conversation(
        &mut self,
        tx: &Transaction<'_>,
        id: ConversationId,
    ) -> Result<Option<ConversationRef>, StoreError> {
        if let Some(known) = self.conversations.get(&id) {
            return Ok(Some(*known));
        }
        let found = tx
            .prepare_cached("SELECT n, lead_n, read_through_at FROM conversation WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| {
                Ok(ConversationRef { n: row.get(0)?, lead_n: row.get(1)?, read_through_at: row.get(2)? })
            })
            .optional()?;
        if let Some(found) = found {
            self.conversations.insert(id, found);
        }
        Ok(found)
    }

    /// The conversation's row was changed: ask again.
    pub(crate) fn forget_conversation(&mut self, id: ConversationId) {
        self.conversations.remove(&id);
    }

    /// Rows were erased, and with them perhaps what is remembered here.
    pub(crate) fn forget_erased(&mut self) {
        self.leads.clear();
        self.conversations.clear();
    }
}

fn intern<K: Eq + Hash + Copy>(
    tx: &Transaction<'_>,
    known: &mut HashMap<K, i64>,
    id: K,
    bytes: &[u8; 16],
    select: &str,
    insert: &str,
) -> Result<i64, StoreError> {
    if let Some(n) = known.get(&id) {
        return Ok(*n);
    }
    let n = match tx.prepare_cached(select)?.query_row([bytes], |row| row.get(0)).optional()? {
        Some(n) => n,
        None => {
            tx.prepare_cached(insert)?.execute([bytes])?;
            tx.last_insert_rowid()
        }
    };
    known.insert(id, n);
    Ok(n)
}
