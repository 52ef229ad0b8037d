//! The handle: one writer, a few readers, and the end of both.
//!
//! The writer is a connection behind a lock and not a thread with a queue: every caller is a blocking one, so a thread
//! would only add a copy of each page and a second place for panics. Readers see the last committed state, each call
//! one state throughout.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use domain::{
    ContactKey, ConversationId, CustomField, Invoice, Lead, LeadField, LeadId, Member, MemberId, OperationId, Stage,
    Studio, Subscription, UnixMs,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use secrecy::SecretBox;
use uuid::Uuid;
use wire::operation::{Act, ChainHead, Operation};
use wire::write::AuditEntry;

use crate::apply::{self, Buckets};
use crate::leads::{self, Lists};
use crate::read::{
    ConflictRow, ConversationPage, ConversationRow, FieldConflict, Folder, FolderCounts, KnownLead, LeadDetail,
    LeadFilter, LeadPage, LeadQuery, MessageAnchor, MessagePage, OutboxCounts, OutboxRow, SearchResults,
};
use crate::rebuild::{self, Rebuilt};
use crate::scrub::{self, Scrubbed};
use crate::seal::{Seal, Turn};
use crate::table::{
    audit, billing, chain, contact_key, custom_field, draft, identity, outbox as outbox_table, read_mark, saved_view,
    setting, studio, sync_state,
};
use crate::{
    Applied, CacheIdentity, Edited, ExportLead, LeadCreation, LeadScope, Merged, NewEdit, NewMerge, NewReply, PullPage,
    StoreError, StoredView, SyncState, TakenBack, Verdict, inbox, open, outbox, search,
};

const READERS: usize = 4;
/// Log pages after which they move into the main file: large, because each move costs waits for the disk.
const LOG_PAGES: u32 = 8_192;

/// An open cache. Clones are the same cache; after [`Cache::close`] every one answers [`StoreError::Closed`].
#[derive(Clone)]
pub struct Cache {
    open: Arc<RwLock<Option<Open>>>,
    /// The place of the last act that was handed out to be sent: the server may know all up to it. Taken before the
    /// connection that it is compared by.
    sent_through: Arc<Mutex<i64>>,
}

/// Written by hand: says nothing of what is inside.
impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache")
    }
}

struct Open {
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    reader_is_back: Condvar,
    lists: Lists,
    /// Whether the log may hold what was erased. It is emptied as soon as nobody reads: what was erased must not live
    /// on in it. True at first, because whoever wrote it may have ended before.
    log_is_due: AtomicBool,
    prover: Arc<Prover>,
}

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    buckets: Buckets,
    seal: Seal,
}

/// Looks through the main file while others work.
struct Prover {
    /// One of its own: its turns are to be told from the writer's.
    seal: Mutex<Seal>,
    /// While it looks, the log is not moved.
    is_looking: AtomicBool,
    ends: AtomicBool,
}

/// What every call needs: the lock's content, whoever panicked while holding it. Transactions roll back when they
/// are dropped, so a panic leaves no half-done work behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A borrowed reader; goes back when dropped.
struct Reader<'o> {
    open: &'o Open,
    connection: Option<Connection>,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        lock(&self.open.readers).extend(self.connection.take());
        self.open.reader_is_back.notify_one();
        // It may have been the one that held the log. Whoever writes now does it when they have written.
        if self.open.log_is_due.load(Ordering::Relaxed)
            && let Ok(writer) = self.open.writer.try_lock()
            && let Ok(mut turn) = writer.seal.take_turn()
        {
            self.open.move_log(&writer.connection, &mut turn);
        }
    }
}

impl Open {
    /// Empties the log if it is due and nobody reads it. Else, and when it fails (a full disk), it stays due: what is
    /// stored is stored, and the next write or read, the next opening or the close does it. A log that is long is moved,
    /// due or not.
    fn move_log(&self, writer: &Connection, turn: &mut Turn<'_>) {
        if self.prover.is_looking.load(Ordering::SeqCst) {
            return;
        }
        if self.log_is_due.load(Ordering::Relaxed) {
            let _ = writer.busy_timeout(Duration::ZERO);
            let is_emptied = empty_log(writer, turn).unwrap_or(false);
            let _ = writer.busy_timeout(open::BUSY_TIMEOUT);
            if is_emptied {
                self.log_is_due.store(false, Ordering::Relaxed);
            }
        } else if turn.unmoved() >= LOG_PAGES && turn.before_move().is_ok() {
            // Should it fail, the next write does it.
            let _ = writer.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }

    fn reader(&self) -> Reader<'_> {
        let mut readers = lock(&self.readers);
        loop {
            if let Some(connection) = readers.pop() {
                return Reader { open: self, connection: Some(connection) };
            }
            readers = self.reader_is_back.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Cache {
    /// Makes a cache, and its folder, readable by this user alone. The folder is the cache's own: its mode is set.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when anything is at `path` or its log beside it: never replaces.
    pub fn create(path: &Path, key: &SecretBox<[u8; 32]>, identity: &CacheIdentity) -> Result<Self, StoreError> {
        open::create(path, key, identity)?;
        Self::open(path, key)
    }

    /// Opens an existing cache; never makes one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::KeyWrong`], [`StoreError::NotEncrypted`], [`StoreError::Damaged`],
    /// [`StoreError::TooNew`], [`StoreError::Altered`]: the file is as it was.
    pub fn open(path: &Path, key: &SecretBox<[u8; 32]>) -> Result<Self, StoreError> {
        rebuild::finish(path)?;
        let (writer, readers, seal) = open::open(path, key, READERS)?;
        let prover = Prover {
            seal: Mutex::new(Seal::open(path, key)?),
            is_looking: AtomicBool::new(false),
            ends: AtomicBool::new(false),
        };
        // Whoever had it open before may have sent all of them.
        let sent_through = outbox_table::last_place(&writer)?;
        let open = Open {
            writer: Mutex::new(Writer { connection: writer, buckets: Buckets::default(), seal }),
            readers: Mutex::new(readers),
            reader_is_back: Condvar::new(),
            lists: Lists::default(),
            log_is_due: AtomicBool::new(true),
            prover: Arc::new(prover),
        };
        {
            let writer = lock(&open.writer);
            let mut turn = writer.seal.take_turn()?;
            open.move_log(&writer.connection, &mut turn);
        }
        Ok(Self { open: Arc::new(RwLock::new(Some(open))), sent_through: Arc::new(Mutex::new(sent_through)) })
    }

    /// Looks through the acts and the whole file, for what is not the newest, while others read and write. Takes as long as
    /// reading the file does; a close ends it.
    ///
    /// # Errors
    /// [`StoreError::Altered`]: something but this program wrote to the file, or a disk kept an old page. What the cache
    /// tells may be of several times. [`StoreError::Closed`].
    pub fn prove(&self) -> Result<(), StoreError> {
        let prover = {
            let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&guard.as_ref().ok_or(StoreError::Closed)?.prover)
        };
        self.read(|db, _| chain::check(db))?;
        let seal = lock(&prover.seal);
        prover.is_looking.store(true, Ordering::SeqCst);
        let proved = seal.prove(&prover.ends);
        prover.is_looking.store(false, Ordering::SeqCst);
        proved
    }

    /// Takes what only an older cache's file has into this one, which is new.
    pub(crate) fn bring_over(&self, old: &Connection) -> Result<Rebuilt, StoreError> {
        self.write(|tx, buckets| rebuild::bring_over(tx, buckets, old))
    }

    /// Takes the seal off a cache that was found altered, so that nothing opens it any more but a rebuilding. Closes it.
    pub fn condemn(&self) -> Result<(), StoreError> {
        let seal = {
            let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
            lock(&guard.as_ref().ok_or(StoreError::Closed)?.writer).seal.file_path()
        };
        self.close()?;
        Ok(std::fs::rename(&seal, seal.with_extension("db-seal.altered"))?)
    }

    /// The number of the newest seal of the files. It grows with every write; where it is smaller than it was, an older
    /// state of all the files was put back.
    pub fn seal_number(&self) -> Result<u64, StoreError> {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let writer = lock(&guard.as_ref().ok_or(StoreError::Closed)?.writer);
        Ok(writer.seal.take_turn()?.number())
    }

    /// Waits for the calls that run, moves the log into the main file and closes every connection, which wipes the
    /// key from SQLCipher's memory. Closing again does nothing.
    pub fn close(&self) -> Result<(), StoreError> {
        let Some(open) = self.open.write().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        open.prover.ends.store(true, Ordering::Relaxed);
        drop(lock(&open.prover.seal));
        drop(open.readers);
        let Writer { connection, seal, .. } = open.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Should it fail (disk full), the log stays and is read at the next open: nothing is lost.
        let moved = seal.take_turn().and_then(|mut turn| empty_log(&connection, &mut turn).map(drop));
        connection.close().map_err(|(_, error)| error)?;
        moved
    }

    /// One consistent state for the whole of `ask`, which counts only if all of it was proved.
    fn read<T>(&self, ask: impl FnOnce(&Connection, &Lists) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = guard.as_ref().ok_or(StoreError::Closed)?;
        let reader = open.reader();
        let connection = reader.connection.as_ref().expect("a borrowed reader holds its connection until dropped");
        let transaction = connection.unchecked_transaction()?;
        let answer = ask(&transaction, &open.lists)?;
        open::check_pages(connection)?;
        Ok(answer)
    }

    /// All of `act` or nothing of it.
    fn write<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>, &mut Buckets) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_and(act, |_, done| done)
    }

    /// The same; `then` is told once it is stored, before anybody else writes.
    fn write_and<T, U>(
        &self,
        act: impl FnOnce(&Transaction<'_>, &mut Buckets) -> Result<T, StoreError>,
        then: impl FnOnce(&Open, T) -> U,
    ) -> Result<U, StoreError> {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = guard.as_ref().ok_or(StoreError::Closed)?;
        let mut writer = lock(&open.writer);
        let Writer { connection, buckets, seal } = &mut *writer;
        let mut turn = seal.take_turn()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = act(&transaction, buckets).and_then(|done| {
            open::check_pages(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        if done.is_err() {
            // What it remembers of the rolled-back transaction may be wrong.
            *buckets = Buckets::default();
        }
        let done = then(open, done?);
        // It is stored, sealed or not: the next write seals it.
        let _ = turn.note_commit();
        open.move_log(connection, &mut turn);
        Ok(done)
    }

    /// Whose cache this is.
    pub fn identity(&self) -> Result<CacheIdentity, StoreError> {
        self.read(|db, _| identity::get(db))
    }

    /// The studio, once the first page brought it.
    pub fn find_studio(&self) -> Result<Option<Studio>, StoreError> {
        self.read(|db, _| studio::find(db))
    }

    /// All members, by name.
    pub fn list_members(&self) -> Result<Vec<Member>, StoreError> {
        self.read(|db, _| studio::list_members(db))
    }

    /// All stages, by position.
    pub fn list_stages(&self) -> Result<Vec<Stage>, StoreError> {
        self.read(|db, _| studio::list_stages(db))
    }

    /// The studio's own fields in their order, those put away included.
    pub fn list_custom_fields(&self) -> Result<Vec<CustomField>, StoreError> {
        self.read(|db, _| custom_field::list(db))
    }

    /// All tags in use, by name.
    pub fn list_tags(&self) -> Result<Vec<String>, StoreError> {
        self.read(|db, _| studio::list_tags(db))
    }

    /// The studio's subscription, where one is recorded and the member may see it.
    pub fn find_subscription(&self) -> Result<Option<Subscription>, StoreError> {
        self.read(|db, _| billing::find_subscription(db))
    }

    /// The studio's invoices, the newest first, where the member may see them.
    pub fn list_invoices(&self) -> Result<Vec<Invoice>, StoreError> {
        self.read(|db, _| billing::list_invoices(db))
    }

    /// A small setting of this device.
    pub fn find_setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|db, _| setting::find(db, name))
    }

    /// Sets a small setting of this device.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.write(|tx, _| setting::set(tx, name, value))
    }

    /// `limit` rows of a view, from `offset`.
    pub fn lead_page(&self, query: &LeadQuery, offset: u64, limit: u32) -> Result<LeadPage, StoreError> {
        self.read(|db, lists| leads::page(db, lists, query, offset, limit))
    }

    /// How many leads pass the filter.
    pub fn lead_count(&self, filter: &LeadFilter) -> Result<u64, StoreError> {
        self.read(|db, lists| leads::count(db, lists, filter))
    }

    /// # Errors
    /// [`StoreError::NotFound`] when the lead is not here (any more).
    pub fn get_lead_detail(&self, id: LeadId) -> Result<LeadDetail, StoreError> {
        self.read(|db, _| leads::get_detail(db, id))
    }

    /// Goes through leads one by one, all of one state and in constant memory, until `each` breaks. `each` must not
    /// call the cache: a close that waits for this call would wait for ever.
    pub fn for_each_lead(
        &self,
        scope: LeadScope<'_>,
        each: &mut dyn FnMut(ExportLead) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(|db, lists| leads::for_each(db, lists, scope, each))
    }

    /// How many leads [`Cache::for_each_lead`] would bring now.
    pub fn scope_count(&self, scope: LeadScope<'_>) -> Result<u64, StoreError> {
        self.read(|db, lists| leads::scope_count(db, lists, scope))
    }

    /// `limit` rows of a folder, newest first, from `offset`.
    pub fn conversation_page(&self, folder: Folder, offset: u64, limit: u32) -> Result<ConversationPage, StoreError> {
        self.read(|db, lists| inbox::page(db, lists, folder, offset, limit))
    }

    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here (any more, or yet).
    pub fn get_conversation(&self, id: ConversationId) -> Result<ConversationRow, StoreError> {
        self.read(|db, _| inbox::get(db, id))
    }

    /// Conversations in each folder, `mine` being `me`'s.
    pub fn folder_counts(&self, me: MemberId) -> Result<FolderCounts, StoreError> {
        self.read(|db, _| inbox::folder_counts(db, me))
    }

    /// A stretch of a thread; where the words of `searched` stand in it is told, too, as a search tells it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation, or the message to start at, is not here.
    pub fn message_page(
        &self,
        id: ConversationId,
        anchor: MessageAnchor,
        limit: u32,
        searched: Option<&str>,
    ) -> Result<MessagePage, StoreError> {
        self.read(|db, _| inbox::message_page(db, id, anchor, limit, searched))
    }

    /// Remembers on this device that the conversation's newest message was shown: its unread count is 0 until a newer
    /// inbound message arrives.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here.
    pub fn mark_read(&self, id: ConversationId, now: UnixMs) -> Result<(), StoreError> {
        self.write(|tx, _| read_mark::set(tx, id, now))
    }

    /// Looks for all words of `text` in leads and in all message text; at most `limit` of each.
    pub fn search(&self, text: &str, limit: u32) -> Result<SearchResults, StoreError> {
        self.read(|db, _| search::search(db, text, limit))
    }

    /// Saved views, by name.
    pub fn list_views(&self) -> Result<Vec<StoredView>, StoreError> {
        self.read(|db, _| saved_view::list(db))
    }

    /// Saves a view, or replaces the one with the same id.
    pub fn save_view(&self, view: &StoredView) -> Result<(), StoreError> {
        self.write(|tx, _| saved_view::save(tx, view))
    }

    /// Deletes a view; one that is not there is already deleted.
    pub fn delete_view(&self, id: Uuid) -> Result<(), StoreError> {
        self.write(|tx, _| saved_view::delete(tx, id))
    }

    /// Where the cache stands with the server.
    pub fn sync_state(&self) -> Result<SyncState, StoreError> {
        self.read(|db, _| sync_state::get(db))
    }

    /// Writes a page, its cursor and its progress: all or nothing.
    pub fn apply_page(&self, page: &PullPage) -> Result<Applied, StoreError> {
        self.write_and(
            |tx, buckets| apply::page(tx, buckets, page),
            |open, (applied, has_erased)| {
                open.log_is_due.fetch_or(has_erased, Ordering::Relaxed);
                applied
            },
        )
    }

    /// Does a bounded piece (some tens of milliseconds) of tidying: first the search index, which many small writes leave
    /// in many parts, then what was erased and left copies between the rows. `false` when there is nothing left to do.
    pub fn tidy(&self) -> Result<bool, StoreError> {
        self.write_and(
            // What the index moves about leaves copies, too.
            |tx, _| if search::tidy(tx)? { Ok(Scrubbed::Partly) } else { scrub::piece(tx) },
            |open, scrubbed| {
                open.log_is_due.fetch_or(scrubbed == Scrubbed::Wholly, Ordering::Relaxed);
                scrubbed == Scrubbed::Partly
            },
        )
    }

    /// The server refused the cursor: the next page starts a new snapshot. Rows stay until its end. A server that was put
    /// back to before may not know what it was told: acts that were done lately wait again.
    pub fn restart_snapshot(&self) -> Result<(), StoreError> {
        self.write(|tx, _| {
            sync_state::restart(tx)?;
            outbox::send_again(tx)
        })
    }

    /// Adds leads, and keeps that until the server has added them, too: on disk when this returns, all of them or none.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] for an id of a lead that is here.
    pub fn create_leads(&self, creations: &[LeadCreation]) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::create_leads(tx, buckets, creations))
    }

    /// Takes back leads that were added here. One that the server can't have heard of goes without a trace; to another is
    /// done what `make` makes of it, if anything.
    pub fn take_leads_back(
        &self,
        ids: &[LeadId],
        make: &mut dyn FnMut(&Lead) -> Option<NewEdit>,
    ) -> Result<TakenBack, StoreError> {
        // Held throughout: what is taken out must not be handed out meanwhile.
        let sent_through = lock(&self.sent_through);
        self.write_and(
            |tx, buckets| outbox::take_back(tx, buckets, ids, *sent_through, make),
            |open, back| {
                open.log_is_due.fetch_or(back.removed > 0, Ordering::Relaxed);
                back
            },
        )
    }

    /// For each of these, the lead that has one of its keys, if there is one: in the same order.
    pub fn find_known_leads(&self, contacts: &[Vec<ContactKey>]) -> Result<Vec<Option<KnownLead>>, StoreError> {
        self.read(|db, _| contacts.iter().map(|keys| contact_key::find_lead(db, keys)).collect())
    }

    /// Does to each lead what `edit` makes of it, and keeps that until the server has done it, too: on disk when this
    /// returns, all of it or nothing.
    pub fn edit_leads(
        &self,
        ids: &[LeadId],
        edit: &mut dyn FnMut(&Lead) -> Option<NewEdit>,
    ) -> Result<Edited, StoreError> {
        self.write(|tx, buckets| outbox::edit_leads(tx, buckets, ids, edit))
    }

    /// Merges two leads that are one person, and shows that until the server has done it, too.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when one of them is not here.
    pub fn merge_leads(&self, merge: NewMerge) -> Result<Merged, StoreError> {
        self.write(|tx, buckets| outbox::merge::merge_leads(tx, buckets, merge))
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

    /// Answers a lead: shown as a message, and kept until the server has it, too. The draft of the conversation goes. On disk
    /// when this returns, all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here; [`StoreError::AlreadyExists`] for the id of another
    /// message.
    pub fn reply(&self, reply: NewReply) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::add_reply(tx, buckets, reply))
    }

    /// Takes a reply back that has certainly not left this device; its text is a draft again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also of one that may have left.
    pub fn take_back_reply(&self, id: OperationId) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::take_back_reply(tx, buckets, id))
    }

    /// What was typed in a conversation and not sent.
    pub fn find_draft(&self, id: ConversationId) -> Result<Option<String>, StoreError> {
        self.read(|db, _| draft::find(db, id))
    }

    /// Keeps what was typed; an empty text is none. Says whether the conversation has a draft now and had none, or the other
    /// way round.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here.
    pub fn save_draft(&self, id: ConversationId, body: &str) -> Result<bool, StoreError> {
        self.write(|tx, _| draft::save(tx, id, body))
    }

    /// Conversations with a draft.
    pub fn count_drafts(&self) -> Result<u64, StoreError> {
        self.read(|db, _| draft::count_all(db))
    }

    /// Stores what the server said of acts, in the run of its changes that it named.
    pub fn judge_operations(&self, verdicts: &[(OperationId, Verdict)], epoch: &str) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::judge(tx, buckets, verdicts, epoch))
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
            let piece = self.write_and(
                |tx, buckets| outbox::end_pull(tx, buckets, now),
                |open, (applied, has_erased)| {
                    open.log_is_due.fetch_or(has_erased, Ordering::Relaxed);
                    applied
                },
            )?;
            all = all.union(piece);
        }
        Ok(all)
    }

    /// What waits and what was refused, in its order: at most `limit` from `offset`.
    pub fn list_outbox(&self, offset: u64, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.read(|db, _| outbox::list(db, offset, limit))
    }

    /// How much of it there is.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        self.read(|db, _| outbox::counts(db))
    }

    /// A refused act is to be sent again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn retry_operation(&self, id: OperationId) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::retry(tx, buckets, id))
    }

    /// A refused act is given up, and what it did here taken back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also of one that was not refused.
    pub fn discard_operation(&self, id: OperationId) -> Result<Applied, StoreError> {
        self.write_and(
            |tx, buckets| outbox::discard(tx, buckets, id),
            |open, applied| {
                open.log_is_due.store(true, Ordering::Relaxed);
                applied
            },
        )
    }

    /// A refused act gives way to an edit of a lead, all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the act was not refused or is not there any more, or the lead is not here.
    pub fn replace_operation(&self, id: OperationId, lead_id: LeadId, edit: &NewEdit) -> Result<Edited, StoreError> {
        self.write_and(
            |tx, buckets| outbox::replace(tx, buckets, id, lead_id, edit),
            |open, edited| {
                open.log_is_due.store(true, Ordering::Relaxed);
                edited
            },
        )
    }

    /// Fields that somebody else changed, too, over all leads: at most `limit` from `offset`.
    pub fn list_conflicts(&self, offset: u64, limit: u32) -> Result<Vec<ConflictRow>, StoreError> {
        self.read(|db, _| outbox::conflicts::list(db, offset, limit))
    }

    /// A conflict that was decided is to be decided again, unless there is another in its field by now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the lead is not here.
    pub fn restore_conflict(&self, conflict: &FieldConflict) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::conflicts::restore(tx, buckets, conflict))
    }

    /// Somebody decided what the field is to hold.
    pub fn settle_conflict(&self, operation_id: OperationId, field: LeadField) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::settle_conflict(tx, buckets, operation_id, field))
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

    /// The cache held everything the server had, at this time by this computer's clock.
    pub fn set_up_to_date(&self, at: UnixMs) -> Result<(), StoreError> {
        self.write(|tx, _| sync_state::set_up_to_date(tx, at))
    }

    /// Keeps a privileged act until it is sent; the same id again is the same act.
    pub fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(|tx, _| audit::append(tx, entry))
    }

    /// Acts not sent yet, oldest first.
    pub fn list_unsent_audit(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(|db, _| audit::list_unsent(db, limit))
    }

    /// How many acts were not sent yet.
    pub fn count_unsent_audit(&self) -> Result<u64, StoreError> {
        self.read(|db, _| audit::count_unsent(db))
    }

    /// The server has these.
    pub fn mark_audit_sent(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        self.write(|tx, _| audit::mark_sent(tx, ids))
    }

    /// For tests that need what the public calls must not offer.
    #[cfg(test)]
    pub(crate) fn with_writer<T>(&self, act: impl FnOnce(&Connection) -> T) -> T {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = guard.as_ref().expect("open");
        act(&lock(&open.writer).connection)
    }

    /// The same for readers.
    #[cfg(test)]
    pub(crate) fn with_reader<T>(&self, act: impl FnOnce(&Connection) -> T) -> T {
        self.read(|db, _| Ok(act(db))).expect("open")
    }

    /// A cache whose lists take every path at a few rows already.
    #[cfg(test)]
    pub(crate) fn set_list_tuning(&self, tuning: leads::Tuning) {
        let mut guard = self.open.write().unwrap_or_else(PoisonError::into_inner);
        guard.as_mut().expect("open").lists = Lists::with_tuning(tuning);
    }
}

/// Moves the log into the main file and empties it. `false` when it is in use and stays, which is no error.
fn empty_log(connection: &Connection, turn: &mut Turn<'_>) -> Result<bool, StoreError> {
    turn.before_move()?;
    let is_busy = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    match connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], is_busy).map_err(StoreError::from) {
        Ok(busy) => Ok(busy == 0),
        Err(StoreError::Busy) => Ok(false),
        Err(error) => Err(error),
    }
}
