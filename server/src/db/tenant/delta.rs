//! What changed since a number of the sequence, in pages.
//!
//! A page is a window of numbers, read from one consistent state: every row bears only its newest number, and the
//! sequence has no gaps, so a window of n numbers holds at most n rows. Within a page rows come before what refers to
//! them; deletions come last.

use wire::changes::{Change, Line, RowId};

use super::{Billing, Sight, Tenant, current_seq};
use crate::db::DbError;
use crate::db::rows::{
    ConversationRow, CustomFieldRow, InvoiceRow, LeadEditRow, LeadRow, MemberRow, MessageRow, RowRef, StageEventRow,
    StageRow, StudioRow, SubscriptionRow, UpsertLine, columns,
};
use crate::db::sql::{Row, Tx};

/// Numbers in a page.
const WINDOW: i64 = 5_000;
/// A page that would be larger than this becomes several; one of a single row is what it is.
const MAX_PAGE_BYTES: usize = 4 << 20;

/// Whether the row's lead, `l`, is in sight of `$3`.
macro_rules! in_sight {
    () => {
        ", CASE WHEN $3 = '' OR l.owner_id IS NULL OR l.owner_id = $3 THEN 1 ELSE 0 END"
    };
}

const STUDIO: &str = concat!("SELECT ", columns!(studio), " FROM studio s WHERE s.seq > $1 AND s.seq <= $2");
pub(super) const MEMBERS: &str =
    concat!("SELECT ", columns!(member), " FROM member p WHERE p.seq > $1 AND p.seq <= $2 ORDER BY p.seq");
pub(super) const STAGES: &str =
    concat!("SELECT ", columns!(stage), " FROM stage g WHERE g.seq > $1 AND g.seq <= $2 ORDER BY g.seq");
pub(super) const CUSTOM_FIELDS: &str =
    concat!("SELECT ", columns!(custom_field), " FROM custom_field f WHERE f.seq > $1 AND f.seq <= $2 ORDER BY f.seq");
pub(super) const LEADS: &str =
    concat!("SELECT ", columns!(lead), in_sight!(), " FROM lead l WHERE l.seq > $1 AND l.seq <= $2 ORDER BY l.seq");
pub(super) const CONVERSATIONS: &str = concat!(
    "SELECT ",
    columns!(conversation),
    in_sight!(),
    " FROM conversation c JOIN lead l ON l.id = c.lead_id WHERE c.seq > $1 AND c.seq <= $2 ORDER BY c.seq"
);
pub(super) const STAGE_EVENTS: &str = concat!(
    "SELECT ",
    columns!(stage_event),
    in_sight!(),
    " FROM stage_event e JOIN lead l ON l.id = e.lead_id WHERE e.seq > $1 AND e.seq <= $2 ORDER BY e.seq"
);
pub(super) const LEAD_EDITS: &str = concat!(
    "SELECT ",
    columns!(lead_edit),
    in_sight!(),
    " FROM lead_edit h JOIN lead l ON l.id = h.lead_id WHERE h.seq > $1 AND h.seq <= $2 ORDER BY h.seq"
);
pub(super) const MESSAGES: &str = concat!(
    "SELECT ",
    columns!(message),
    in_sight!(),
    " FROM message m JOIN lead l ON l.id = m.lead_id WHERE m.seq > $1 AND m.seq <= $2 ORDER BY m.seq"
);
const SUBSCRIPTION: &str =
    concat!("SELECT ", columns!(subscription), " FROM subscription b WHERE b.seq > $1 AND b.seq <= $2");
pub(super) const INVOICES: &str =
    concat!("SELECT ", columns!(invoice), " FROM invoice i WHERE i.seq > $1 AND i.seq <= $2 ORDER BY i.seq");
pub(super) const TOMBSTONES: &str = "SELECT kind, id FROM tombstone WHERE seq > $1 AND seq <= $2 ORDER BY seq";

/// Changes that belong together.
pub(crate) struct DeltaPage {
    /// Lines of the feed, each with its line feed.
    pub(crate) lines: Vec<u8>,
    /// The number of the last change told.
    pub(crate) upto: i64,
    /// Whether there are later ones.
    pub(crate) more: bool,
}

impl Tenant {
    /// The changes that follow number `after`; nothing when the sequence has not come so far.
    pub(crate) async fn delta_page(
        &self,
        sight: Sight,
        billing: Billing,
        after: i64,
    ) -> Result<Option<DeltaPage>, DbError> {
        self.store
            .read(move |tx| {
                let newest = current_seq(tx)?;
                if after > newest {
                    return Ok(None);
                }
                let mut window = WINDOW;
                loop {
                    let upto = newest.min(after.saturating_add(window));
                    let mut page = Builder { tx, sight: sight.parameter(), billing, after, upto, lines: Vec::new() };
                    if page.fill()? || window == 1 {
                        return Ok(Some(DeltaPage { lines: page.lines, upto, more: upto < newest }));
                    }
                    window = (window / 8).max(1);
                }
            })
            .await
    }
}

struct Builder<'t> {
    tx: &'t Tx<'t>,
    sight: String,
    billing: Billing,
    after: i64,
    upto: i64,
    lines: Vec<u8>,
}

impl Builder<'_> {
    /// Whether the page could hold the whole window.
    fn fill(&mut self) -> Result<bool, DbError> {
        self.common(STUDIO, |row| Ok(RowRef::Studio(StudioRow::read(row)?)))?;
        self.common(MEMBERS, |row| Ok(RowRef::Member(MemberRow::read(row)?)))?;
        self.common(STAGES, |row| Ok(RowRef::Stage(StageRow::read(row)?)))?;
        self.common(CUSTOM_FIELDS, |row| Ok(RowRef::CustomField(CustomFieldRow::read(row)?)))?;
        if self.billing == Billing::Told {
            self.common(SUBSCRIPTION, |row| Ok(RowRef::Subscription(SubscriptionRow::read(row)?)))?;
            self.common(INVOICES, |row| Ok(RowRef::Invoice(InvoiceRow::read(row)?)))?;
        }
        let fits =
            self.guarded(LEADS, 18, |row| Ok(RowRef::Lead(LeadRow::read(row)?)), |id| Ok(RowId::Lead(parse(id)?)))?
                && self.guarded(
                    CONVERSATIONS,
                    9,
                    |row| Ok(RowRef::Conversation(ConversationRow::read(row)?)),
                    |id| Ok(RowId::Conversation(parse(id)?)),
                )?
                && self.guarded(
                    STAGE_EVENTS,
                    6,
                    |row| Ok(RowRef::StageEvent(StageEventRow::read(row)?)),
                    |id| Ok(RowId::StageEvent(parse(id)?)),
                )?
                && self.guarded(
                    LEAD_EDITS,
                    5,
                    |row| Ok(RowRef::LeadEdit(LeadEditRow::read(row)?)),
                    |id| Ok(RowId::LeadEdit(parse(id)?)),
                )?
                && self.guarded(
                    MESSAGES,
                    9,
                    |row| Ok(RowRef::Message(MessageRow::read(row)?)),
                    |id| Ok(RowId::Message(parse(id)?)),
                )?;
        if fits {
            self.deletions()?;
        }
        Ok(fits)
    }

    /// Rows that no lead hangs on: who is told of them is told of all.
    fn common(
        &mut self,
        sql: &'static str,
        read: impl for<'r> Fn(&'r Row<'_>) -> Result<RowRef<'r>, DbError>,
    ) -> Result<(), DbError> {
        let lines = &mut self.lines;
        self.tx.query_while(sql, &[self.after.into(), self.upto.into()], |row| {
            upsert(lines, read(row)?)?;
            Ok(true)
        })
    }

    /// Rows of leads: told when in sight (column `sight_column` says so), else to be forgotten.
    fn guarded(
        &mut self,
        sql: &'static str,
        sight_column: usize,
        read: impl for<'r> Fn(&'r Row<'_>) -> Result<RowRef<'r>, DbError>,
        id: impl Fn(&str) -> Result<RowId, DbError>,
    ) -> Result<bool, DbError> {
        let lines = &mut self.lines;
        let parameters = [self.after.into(), self.upto.into(), (&self.sight).into()];
        self.tx.query_while(sql, &parameters, |row| {
            if row.int(sight_column)? == 1 {
                upsert(lines, read(row)?)?;
            } else {
                Line::Change(Change::Forget(id(row.text(0)?)?)).write(lines)?;
            }
            Ok::<_, DbError>(lines.len() <= MAX_PAGE_BYTES)
        })?;
        Ok(lines.len() <= MAX_PAGE_BYTES)
    }

    fn deletions(&mut self) -> Result<(), DbError> {
        let lines = &mut self.lines;
        self.tx.query_while(TOMBSTONES, &[self.after.into(), self.upto.into()], |row| {
            let id = row.text(1)?;
            let gone = match row.text(0)? {
                "member" => RowId::Member(parse(id)?),
                "stage" => RowId::Stage(parse(id)?),
                "lead" => RowId::Lead(parse(id)?),
                "conversation" => RowId::Conversation(parse(id)?),
                "message" => RowId::Message(parse(id)?),
                "stage_event" => RowId::StageEvent(parse(id)?),
                "lead_edit" => RowId::LeadEdit(parse(id)?),
                "subscription" | "invoice" if self.billing == Billing::Withheld => return Ok(true),
                "subscription" => RowId::Subscription(parse(id)?),
                "invoice" => RowId::Invoice(parse(id)?),
                _ => return Err(DbError::Corrupt { column: 0 }),
            };
            Line::Change(Change::Delete(gone)).write(lines)?;
            Ok(true)
        })
    }
}

fn upsert(lines: &mut Vec<u8>, row: RowRef<'_>) -> Result<(), DbError> {
    serde_json::to_writer(&mut *lines, &UpsertLine::new(row))?;
    lines.push(b'\n');
    Ok(())
}

fn parse<T: std::str::FromStr>(id: &str) -> Result<T, DbError> {
    id.parse().map_err(|_| DbError::Corrupt { column: 0 })
}
