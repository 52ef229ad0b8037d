//! What the sync writes of the server's changes, and hands out of the acts of this device.

use domain::{OperationId, UnixMs};
use uuid::Uuid;
use wire::operation::{Act, ChainHead, Operation};
use wire::write::AuditEntry;

use super::{Cache, lock};
use crate::scrub::{self, Scrubbed};
use crate::table::{audit, chain, sync_state};
use crate::{Applied, PullPage, StoreError, SyncState, Verdict, apply, outbox, search};

impl Cache {
    /// Where the cache stands with the server.
    pub fn sync_state(&self) -> Result<SyncState, StoreError> {
        self.read(|db, _| sync_state::get(db))
    }

    /// Writes a page, its cursor and its progress: all or nothing.
    pub fn apply_page(&self, page: &PullPage) -> Result<Applied, StoreError> {
        self.write_erasing(|tx, buckets| apply::page(tx, buckets, page))
    }

    /// Does a bounded piece (some tens of milliseconds) of tidying: first the search index, which many small writes leave
    /// in many parts, then what was erased and left copies between the rows. `false` when there is nothing left to do.
    pub fn tidy(&self) -> Result<bool, StoreError> {
        self.write_erasing(|tx, _| {
            // What the index moves about leaves copies, too.
            let scrubbed = if search::tidy(tx)? { Scrubbed::Partly } else { scrub::piece(tx)? };
            Ok((scrubbed == Scrubbed::Partly, scrubbed == Scrubbed::Wholly))
        })
    }

    /// The server refused the cursor: the next page starts a new snapshot. Rows stay until its end. A server that was put
    /// back to before may not know what it was told: acts that were done lately wait again.
    pub fn restart_snapshot(&self) -> Result<(), StoreError> {
        self.write(|tx, _| {
            sync_state::restart(tx)?;
            outbox::send_again(tx)
        })
    }

    /// A pull of what changed begins: what it tells is from after the acts that were done by now.
    pub fn begin_pull(&self) -> Result<(), StoreError> {
        if !self.read(|db, _| outbox::has_done(db))? {
            return Ok(());
        }
        self.write(|tx, _| outbox::begin_pull(tx))
    }

    /// That pull has told all: acts that had been done when it began are shown no more, because they are in what it told.
    pub fn end_pull(&self, now: UnixMs) -> Result<Applied, StoreError> {
        let mut all = Applied::default();
        // Piece by piece: who writes something else does not wait for all of it.
        while self.read(|db, _| outbox::has_settling(db, now))? {
            let piece = self.write_erasing(|tx, buckets| outbox::end_pull(tx, buckets, now))?;
            all = all.union(piece);
        }
        Ok(all)
    }

    /// The cache held everything the server had, at this time by this computer's clock.
    pub fn set_up_to_date(&self, at: UnixMs) -> Result<(), StoreError> {
        self.write(|tx, _| sync_state::set_up_to_date(tx, at))
    }

    /// Acts to send next, in their order: at most `limit`, and none behind a refused one on the same target. As JSON they
    /// are no more than `max_bytes`, unless that is a single one.
    pub fn next_operations(&self, limit: usize, max_bytes: usize) -> Result<Vec<Operation>, StoreError> {
        let mut sent_through = lock(&self.sent_through);
        let (operations, last) = self.read(|db, _| outbox::next(db, limit, max_bytes))?;
        *sent_through = last.max(*sent_through);
        Ok(operations)
    }

    /// As [`Cache::next_operations`], for who sends them now: the replies among them can't be taken back from then on.
    pub fn operations_to_send(&self, limit: usize, max_bytes: usize) -> Result<Vec<Operation>, StoreError> {
        let next = self.next_operations(limit, max_bytes)?;
        if next.iter().any(|operation| matches!(operation.act, Act::Reply(_))) {
            let mut sent_through = lock(&self.sent_through);
            let (operations, last) = self.write(|tx, _| outbox::next_to_send(tx, limit, max_bytes))?;
            *sent_through = last.max(*sent_through);
            return Ok(operations);
        }
        Ok(next)
    }

    /// Stores what the server said of acts, in the run of its changes that it named.
    pub fn judge_operations(&self, verdicts: &[(OperationId, Verdict)], epoch: &str) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::judge(tx, buckets, verdicts, epoch))
    }

    /// How far the chain of acts has come; nothing before the first.
    pub fn find_chain_head(&self) -> Result<Option<ChainHead>, StoreError> {
        self.read(|db, _| chain::find_head(db))
    }

    /// Whether a place of the chain that is known elsewhere is one of this cache. Where it is not, an older copy of the cache
    /// was put back.
    pub fn knows_chain_head(&self, head: &ChainHead) -> Result<bool, StoreError> {
        self.read(|db, _| chain::knows(db, head))
    }

    /// Goes on as the older copy that this cache is. Gives the number of acts that were known elsewhere and are not here.
    pub fn resume_chain(&self, known: &ChainHead) -> Result<u64, StoreError> {
        self.write(|tx, _| outbox::resume(tx, known))
    }

    /// Acts not sent yet, oldest first.
    pub fn list_unsent_audit(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(|db, _| audit::list_unsent(db, limit))
    }

    /// The server has these.
    pub fn mark_audit_sent(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        self.write(|tx, _| audit::mark_sent(tx, ids))
    }

    /// Keeps a privileged act until it is sent; the same id again is the same act.
    pub fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(|tx, _| audit::append(tx, entry))
    }

    /// How many acts were not sent yet.
    pub fn count_unsent_audit(&self) -> Result<u64, StoreError> {
        self.read(|db, _| audit::count_unsent(db))
    }
}
