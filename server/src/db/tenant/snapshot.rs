//! Everything a member sees, in pages, the newest activity first.
//!
//! A page is read from one consistent state and addressed by the key of the row before it, never by an offset: it
//! costs the same however deep it lies. Between two pages rows may change; whatever does gets a number above the one
//! the snapshot began at, and the changes from there on put it right. Only what hangs on a lead that moved from below
//! the page to above it would be missed, not being changed itself: [`Tenant::moved_lead_page`] tells of those.

use serde::{Deserialize, Serialize};
use wire::changes::Totals;

use super::epoch::{Epoch, current_epoch};
use super::{Billing, Sight, Tenant, billing, current_seq, custom_fields};
use crate::db::DbError;
use crate::db::rows::{
    ConversationRow, CustomFieldRow, LeadEditRow, LeadRow, MemberRow, MessageRow, RowRef, StageEventRow, StageRow,
    StudioRow, UpsertLine, columns,
};
use crate::db::sql::{Row, Tx, Value};

/// A page ends after the row that takes it past this, however few rows it has: long texts must not make it grow.
const SOFT_PAGE_BYTES: usize = 4 << 20;

/// Leads whose conversations, stage events and edits are asked for at a time.
const LEADS_A_BATCH: usize = 250;

/// Messages asked for at a time: those a page has no room for any more were sent in vain.
const MESSAGES_A_BATCH: usize = 500;

/// A page ends after so many rows of which none was in sight, so that a request never looks through a whole studio.
const MAX_LOOKED_AT: usize = 50_000;

/// Whether the row's lead, `l`, is in sight of `$4`.
macro_rules! in_sight {
    () => {
        ", CASE WHEN $4 = '' OR l.owner_id IS NULL OR l.owner_id = $4 THEN 1 ELSE 0 END"
    };
}

const STUDIO: &str = concat!("SELECT ", columns!(studio), " FROM studio s");
const MEMBERS: &str = concat!("SELECT ", columns!(member), " FROM member p ORDER BY p.id");
const STAGES: &str = concat!("SELECT ", columns!(stage), " FROM stage g ORDER BY g.position, g.id");
const TALLIES: &str = "SELECT leads, conversations, messages, stage_events FROM lead_tally \
                       WHERE $1 = '' OR owner_id = '' OR owner_id = $1";
pub(super) const LEADS: &str = concat!(
    "SELECT ",
    columns!(lead),
    in_sight!(),
    " FROM lead l WHERE (l.last_activity_at, l.id) < ($1, $2) ORDER BY l.last_activity_at DESC, l.id DESC LIMIT $3"
);
pub(super) const MOVED_LEADS: &str = concat!(
    "SELECT ",
    columns!(lead),
    ", l.seq FROM lead l WHERE l.seq > $1 AND ($3 = '' OR l.owner_id IS NULL OR l.owner_id = $3) \
     ORDER BY l.seq LIMIT $2"
);
pub(super) const CONVERSATIONS: &str =
    concat!("SELECT ", columns!(conversation), " FROM conversation c WHERE c.lead_id = $1 ORDER BY c.id");
pub(super) const STAGE_EVENTS: &str =
    concat!("SELECT ", columns!(stage_event), " FROM stage_event e WHERE e.lead_id = $1 ORDER BY e.at, e.id");
pub(super) const LEAD_EDITS: &str =
    concat!("SELECT ", columns!(lead_edit), " FROM lead_edit h WHERE h.lead_id = $1 ORDER BY h.at, h.id");
pub(super) const MESSAGES: &str = concat!(
    "SELECT ",
    columns!(message),
    " FROM message m WHERE (m.sent_at, m.id) < ($1, $2) ORDER BY m.sent_at DESC, m.id DESC LIMIT $3"
);
pub(super) const MESSAGES_WITH_SIGHT: &str = concat!(
    "SELECT ",
    columns!(message),
    in_sight!(),
    " FROM message m JOIN lead l ON l.id = m.lead_id WHERE (m.sent_at, m.id) < ($1, $2) \
     ORDER BY m.sent_at DESC, m.id DESC LIMIT $3"
);

/// Where a row stands in an order by time, newest first: a page continues below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    at: i64,
    id: String,
}

impl Key {
    /// Above every row: later than any time, so its id never counts.
    pub(crate) const fn newest() -> Self {
        Self { at: i64::MAX, id: String::new() }
    }
}

/// Lines of the feed that belong together.
pub(crate) struct Page {
    /// Each with its line feed.
    pub(crate) lines: Vec<u8>,
    /// Rows among them that [`Totals`] counts.
    pub(crate) rows: u64,
    /// Where the next page begins.
    pub(crate) next: Key,
    /// Whether there may be one.
    pub(crate) more: bool,
}

impl Page {
    fn new(after: Key) -> Self {
        Self { lines: Vec::with_capacity(256 << 10), rows: 0, next: after, more: false }
    }

    fn push(&mut self, row: RowRef<'_>) -> Result<(), DbError> {
        let is_counted = !matches!(row, RowRef::LeadEdit(_));
        serde_json::to_writer(&mut self.lines, &UpsertLine::new(row))?;
        self.lines.push(b'\n');
        self.rows += u64::from(is_counted);
        Ok(())
    }
}

/// What a feed begins with.
pub(crate) struct Opening {
    /// What cursors belong to.
    pub(crate) epoch: Epoch,
    /// The number of the newest change: what comes after it is told when the snapshot is.
    pub(crate) seq: i64,
    pub(crate) totals: Totals,
}

impl Tenant {
    /// How much a snapshot has to tell, and from which change on to tell the rest.
    pub(crate) async fn open_feed(&self, sight: Sight) -> Result<Opening, DbError> {
        self.store
            .read(move |tx| {
                let mut totals = Totals::default();
                let count = |row: &Row<'_>, column| row.int(column).map(|n| u64::try_from(n).unwrap_or_default());
                tx.query_while(TALLIES, &[(&sight.parameter()).into()], |row| -> Result<bool, DbError> {
                    totals.leads += count(row, 0)?;
                    totals.conversations += count(row, 1)?;
                    totals.messages += count(row, 2)?;
                    totals.stage_events += count(row, 3)?;
                    Ok(true)
                })?;
                Ok(Opening { epoch: current_epoch(tx)?, seq: current_seq(tx)?, totals })
            })
            .await
    }

    /// The studio, its members, its stages, its custom fields and, where it is told, what it pays, as lines.
    pub(crate) async fn snapshot_frame(&self, told: Billing) -> Result<Vec<u8>, DbError> {
        self.store
            .read(move |tx| {
                let mut page = Page::new(Key::newest());
                tx.query_while(STUDIO, &[], |row| page.push(RowRef::Studio(StudioRow::read(row)?)).map(|()| true))?;
                tx.query_while(MEMBERS, &[], |row| page.push(RowRef::Member(MemberRow::read(row)?)).map(|()| true))?;
                tx.query_while(STAGES, &[], |row| page.push(RowRef::Stage(StageRow::read(row)?)).map(|()| true))?;
                tx.query_while(custom_fields::LIST, &[], |row| {
                    page.push(RowRef::CustomField(CustomFieldRow::read(row)?)).map(|()| true)
                })?;
                if told == Billing::Told {
                    billing::tell(tx, &mut page.lines)?;
                }
                Ok(page.lines)
            })
            .await
    }

    /// At most `limit` leads below `after`, in batches, each followed by its leads' conversations, stage events and edits.
    pub(crate) async fn lead_page(&self, sight: Sight, after: Key, limit: usize) -> Result<Page, DbError> {
        self.store.read(move |tx| lead_page(tx, sight, after, limit)).await
    }

    /// At most `limit` leads that changed after number `after`, in the order they did, in batches, each followed by its
    /// leads' conversations, stage events and edits. The number is that of the last of them.
    pub(crate) async fn moved_lead_page(&self, sight: Sight, after: i64, limit: usize) -> Result<(Page, i64), DbError> {
        self.store.read(move |tx| moved_lead_page(tx, sight, after, limit)).await
    }

    /// At most `limit` messages below `after`.
    pub(crate) async fn message_page(&self, sight: Sight, after: Key, limit: usize) -> Result<Page, DbError> {
        self.store.read(move |tx| message_page(tx, sight, after, limit)).await
    }
}

fn lead_page(tx: &Tx<'_>, sight: Sight, after: Key, limit: usize) -> Result<Page, DbError> {
    let mut page = Page::new(after);
    let (mut looked_at, mut told) = (0, 0);
    let (own, look_at) = (sight.parameter(), rows_to_look_at(sight, limit));
    loop {
        let Key { at, id } = page.next.clone();
        let wanted = LEADS_A_BATCH.min(look_at - looked_at);
        let (mut found, mut leads) = (0, Vec::new());
        tx.query_while(LEADS, &[at.into(), (&id).into(), limit_value(wanted), (&own).into()], |row| {
            found += 1;
            page.next = Key { at: row.int(16)?, id: row.text(0)?.to_owned() };
            if row.int(18)? == 1 {
                leads.push(row.text(0)?.to_owned());
                page.push(RowRef::Lead(LeadRow::read(row)?))?;
            }
            page.more = told + leads.len() == limit || page.lines.len() >= SOFT_PAGE_BYTES;
            Ok::<_, DbError>(!page.more)
        })?;
        push_belongings(tx, &mut page, &leads)?;
        looked_at += found;
        told += leads.len();
        page.more |= looked_at == look_at || page.lines.len() >= SOFT_PAGE_BYTES;
        if page.more || found < wanted {
            return Ok(page);
        }
    }
}

/// Rows a page of `limit` may have to look at: where all are in sight, as many as it tells.
fn rows_to_look_at(sight: Sight, limit: usize) -> usize {
    match sight {
        Sight::All => limit,
        Sight::OwnAndPool(_) => limit.max(MAX_LOOKED_AT),
    }
}

fn moved_lead_page(tx: &Tx<'_>, sight: Sight, after: i64, limit: usize) -> Result<(Page, i64), DbError> {
    let mut page = Page::new(Key::newest());
    let mut left = limit;
    let mut upto = after;
    let own = sight.parameter();
    loop {
        let wanted = LEADS_A_BATCH.min(left);
        let mut leads = Vec::new();
        tx.query_while(MOVED_LEADS, &[upto.into(), limit_value(wanted), (&own).into()], |row| {
            upto = row.int(18)?;
            leads.push(row.text(0)?.to_owned());
            page.push(RowRef::Lead(LeadRow::read(row)?))?;
            page.more = page.lines.len() >= SOFT_PAGE_BYTES;
            Ok::<_, DbError>(!page.more)
        })?;
        push_belongings(tx, &mut page, &leads)?;
        left -= leads.len();
        page.more |= left == 0 || page.lines.len() >= SOFT_PAGE_BYTES;
        if page.more || leads.len() < wanted {
            return Ok((page, upto));
        }
    }
}

/// Tells of the conversations, the stage events and the edits of leads that were told.
fn push_belongings(tx: &Tx<'_>, page: &mut Page, leads: &[String]) -> Result<(), DbError> {
    tx.query_for_each(CONVERSATIONS, leads, |row| page.push(RowRef::Conversation(ConversationRow::read(row)?)))?;
    tx.query_for_each(STAGE_EVENTS, leads, |row| page.push(RowRef::StageEvent(StageEventRow::read(row)?)))?;
    tx.query_for_each(LEAD_EDITS, leads, |row| page.push(RowRef::LeadEdit(LeadEditRow::read(row)?)))
}

fn message_page(tx: &Tx<'_>, sight: Sight, after: Key, limit: usize) -> Result<Page, DbError> {
    let mut page = Page::new(after);
    let (mut looked_at, mut told) = (0, 0);
    let (own, look_at) = (sight.parameter(), rows_to_look_at(sight, limit));
    let sql = match sight {
        Sight::All => MESSAGES,
        Sight::OwnAndPool(_) => MESSAGES_WITH_SIGHT,
    };
    loop {
        let Key { at, id } = page.next.clone();
        let wanted = MESSAGES_A_BATCH.min(look_at - looked_at);
        let mut found = 0;
        tx.query_while(sql, &[at.into(), (&id).into(), limit_value(wanted), (&own).into()], |row| {
            found += 1;
            page.next = Key { at: row.int(8)?, id: row.text(0)?.to_owned() };
            if sight == Sight::All || row.int(9)? == 1 {
                page.push(RowRef::Message(MessageRow::read(row)?))?;
                told += 1;
            }
            page.more = told == limit || page.lines.len() >= SOFT_PAGE_BYTES;
            Ok::<_, DbError>(!page.more)
        })?;
        looked_at += found;
        page.more |= looked_at == look_at;
        if page.more || found < wanted {
            return Ok(page);
        }
    }
}

fn limit_value(limit: usize) -> Value<'static> {
    Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))
}
