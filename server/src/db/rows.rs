//! Rows of a studio as they lie in the database, borrowed from it.
//!
//! Each is serialised exactly as its domain type is, so that the feed goes from a page of the database to a line of
//! JSON with nothing in between. Where a domain value is wanted, [`to_domain`] reads it back from that JSON: there is
//! one mapping, and it can't drift.

use serde::Serialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde_json::value::RawValue;

use super::DbError;
use super::sql::Row;

/// Columns of each table in the order its `read` takes them, in queries that call the table by its initial.
macro_rules! columns {
    (lead) => {
        "l.id, l.name, l.email, l.phone, l.stage_id, l.owner_id, l.source, l.campaign, l.tags, l.notes, \
         l.value_minor, l.state, l.first_touch, l.last_touch, l.created_at, l.updated_at, l.last_activity_at, \
         l.custom"
    };
    (conversation) => {
        "c.id, c.lead_id, c.channel, c.status, c.assignee_id, c.preview, c.preview_direction, c.last_message_at, \
         c.unread_count"
    };
    (message) => {
        "m.id, m.conversation_id, m.lead_id, m.direction, m.author_id, m.body, m.status, m.failure_reason, m.sent_at"
    };
    (stage_event) => {
        "e.id, e.lead_id, e.from_stage_id, e.to_stage_id, e.member_id, e.at"
    };
    (lead_edit) => {
        "h.id, h.lead_id, h.member_id, h.at, h.changes"
    };
    (studio) => {
        "s.id, s.name, s.brand_colour, s.time_zone, s.currency"
    };
    (member) => {
        "p.id, p.name, p.email, p.role, p.is_former"
    };
    (stage) => {
        "g.id, g.name, g.position, g.colour, g.outcome"
    };
    (custom_field) => {
        "f.id, f.name, f.kind, f.options, f.position, f.is_in_list, f.is_archived"
    };
    (subscription) => {
        "b.id, b.plan, b.status, b.seats, b.current_period_end, b.cancel_at_period_end, b.ended_at, b.customer_id, \
         b.subscription_id, b.as_of"
    };
    (invoice) => {
        "i.id, i.invoice_id, i.number, i.status, i.issued_at, i.period_start, i.period_end, i.currency, \
         i.total_minor, i.paid_minor, i.payment_id, i.as_of"
    };
}
pub(super) use columns;

/// A line of the feed that says what a row now is.
#[derive(Serialize)]
pub(super) struct UpsertLine<'r> {
    change: Upsert<'r>,
}

#[derive(Serialize)]
struct Upsert<'r> {
    upsert: RowRef<'r>,
}

impl<'r> UpsertLine<'r> {
    pub(super) const fn new(row: RowRef<'r>) -> Self {
        Self { change: Upsert { upsert: row } }
    }
}

/// [`wire::changes::Row`], borrowed.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RowRef<'r> {
    Studio(StudioRow<'r>),
    Member(MemberRow<'r>),
    Stage(StageRow<'r>),
    CustomField(CustomFieldRow<'r>),
    Lead(LeadRow<'r>),
    Conversation(ConversationRow<'r>),
    Message(MessageRow<'r>),
    StageEvent(StageEventRow<'r>),
    LeadEdit(LeadEditRow<'r>),
    Subscription(SubscriptionRow<'r>),
    Invoice(InvoiceRow<'r>),
}

#[derive(Serialize)]
pub(super) struct StudioRow<'r> {
    id: &'r str,
    name: &'r str,
    brand_colour: &'r str,
    time_zone: &'r str,
    currency: &'r str,
}

#[derive(Serialize)]
pub(super) struct MemberRow<'r> {
    id: &'r str,
    name: &'r str,
    email: &'r str,
    role: &'r str,
    is_former: bool,
}

#[derive(Serialize)]
pub(super) struct StageRow<'r> {
    id: &'r str,
    name: &'r str,
    position: i64,
    colour: &'r str,
    outcome: &'r str,
}

#[derive(Serialize)]
pub(super) struct CustomFieldRow<'r> {
    id: &'r str,
    name: &'r str,
    kind: &'r str,
    options: &'r RawValue,
    position: i64,
    is_in_list: bool,
    is_archived: bool,
}

#[derive(Serialize)]
pub(super) struct LeadRow<'r> {
    pub(super) id: &'r str,
    name: &'r str,
    email: Option<&'r str>,
    phone: Option<&'r str>,
    stage_id: &'r str,
    owner_id: Option<&'r str>,
    source: &'r str,
    campaign: Option<&'r str>,
    tags: &'r RawValue,
    notes: &'r str,
    value_minor: Option<i64>,
    state: &'r str,
    first_touch: &'r RawValue,
    last_touch: &'r RawValue,
    created_at: i64,
    updated_at: i64,
    last_activity_at: i64,
    custom: &'r RawValue,
}

#[derive(Serialize)]
pub(super) struct ConversationRow<'r> {
    id: &'r str,
    lead_id: &'r str,
    channel: &'r str,
    status: &'r str,
    assignee_id: Option<&'r str>,
    preview: &'r str,
    preview_direction: &'r str,
    last_message_at: i64,
    unread_count: i64,
}

#[derive(Serialize)]
pub(super) struct MessageRow<'r> {
    id: &'r str,
    conversation_id: &'r str,
    lead_id: &'r str,
    direction: &'r str,
    author_id: Option<&'r str>,
    body: &'r str,
    status: &'r str,
    failure_reason: Option<&'r str>,
    sent_at: i64,
}

#[derive(Serialize)]
pub(super) struct StageEventRow<'r> {
    id: &'r str,
    lead_id: &'r str,
    from_stage_id: Option<&'r str>,
    to_stage_id: &'r str,
    member_id: Option<&'r str>,
    at: i64,
}

#[derive(Serialize)]
pub(super) struct LeadEditRow<'r> {
    id: &'r str,
    lead_id: &'r str,
    member_id: &'r str,
    at: i64,
    changes: &'r RawValue,
}

#[derive(Serialize)]
pub(super) struct SubscriptionRow<'r> {
    studio_id: &'r str,
    plan: &'r str,
    status: &'r str,
    seats: i64,
    current_period_end: i64,
    cancel_at_period_end: bool,
    ended_at: Option<i64>,
    customer_id: &'r str,
    subscription_id: &'r str,
    as_of: i64,
}

#[derive(Serialize)]
pub(super) struct InvoiceRow<'r> {
    id: &'r str,
    invoice_id: &'r str,
    number: Option<&'r str>,
    status: &'r str,
    issued_at: i64,
    period_start: i64,
    period_end: i64,
    currency: &'r str,
    total_minor: i64,
    paid_minor: i64,
    payment_id: Option<&'r str>,
    as_of: i64,
}

impl<'r> StudioRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            brand_colour: row.text(2)?,
            time_zone: row.text(3)?,
            currency: row.text(4)?,
        })
    }
}

impl<'r> MemberRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            email: row.text(2)?,
            role: row.text(3)?,
            is_former: row.int(4)? != 0,
        })
    }
}

impl<'r> StageRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            position: row.int(2)?,
            colour: row.text(3)?,
            outcome: row.text(4)?,
        })
    }
}

impl<'r> CustomFieldRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            kind: row.text(2)?,
            options: json(row, 3)?,
            position: row.int(4)?,
            is_in_list: row.int(5)? != 0,
            is_archived: row.int(6)? != 0,
        })
    }
}

impl<'r> LeadRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            email: row.opt_text(2)?,
            phone: row.opt_text(3)?,
            stage_id: row.text(4)?,
            owner_id: row.opt_text(5)?,
            source: row.text(6)?,
            campaign: row.opt_text(7)?,
            tags: json(row, 8)?,
            notes: row.text(9)?,
            value_minor: row.opt_int(10)?,
            state: row.text(11)?,
            first_touch: json(row, 12)?,
            last_touch: json(row, 13)?,
            created_at: row.int(14)?,
            updated_at: row.int(15)?,
            last_activity_at: row.int(16)?,
            custom: json(row, 17)?,
        })
    }
}

impl<'r> ConversationRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            lead_id: row.text(1)?,
            channel: row.text(2)?,
            status: row.text(3)?,
            assignee_id: row.opt_text(4)?,
            preview: row.text(5)?,
            preview_direction: row.text(6)?,
            last_message_at: row.int(7)?,
            unread_count: row.int(8)?,
        })
    }
}

impl<'r> MessageRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            conversation_id: row.text(1)?,
            lead_id: row.text(2)?,
            direction: row.text(3)?,
            author_id: row.opt_text(4)?,
            body: row.text(5)?,
            status: row.text(6)?,
            failure_reason: row.opt_text(7)?,
            sent_at: row.int(8)?,
        })
    }
}

impl<'r> StageEventRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            lead_id: row.text(1)?,
            from_stage_id: row.opt_text(2)?,
            to_stage_id: row.text(3)?,
            member_id: row.opt_text(4)?,
            at: row.int(5)?,
        })
    }
}

impl<'r> LeadEditRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            lead_id: row.text(1)?,
            member_id: row.text(2)?,
            at: row.int(3)?,
            changes: json(row, 4)?,
        })
    }
}

impl<'r> SubscriptionRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            studio_id: row.text(0)?,
            plan: row.text(1)?,
            status: row.text(2)?,
            seats: row.int(3)?,
            current_period_end: row.int(4)?,
            cancel_at_period_end: row.int(5)? != 0,
            ended_at: row.opt_int(6)?,
            customer_id: row.text(7)?,
            subscription_id: row.text(8)?,
            as_of: row.int(9)?,
        })
    }
}

impl<'r> InvoiceRow<'r> {
    pub(super) fn read(row: &'r Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text(0)?,
            invoice_id: row.text(1)?,
            number: row.opt_text(2)?,
            status: row.text(3)?,
            issued_at: row.int(4)?,
            period_start: row.int(5)?,
            period_end: row.int(6)?,
            currency: row.text(7)?,
            total_minor: row.int(8)?,
            paid_minor: row.int(9)?,
            payment_id: row.opt_text(10)?,
            as_of: row.int(11)?,
        })
    }
}

/// A column that holds JSON, which came from our own serialiser.
fn json<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r RawValue, DbError> {
    serde_json::from_str(row.text(column)?).map_err(|_| DbError::Corrupt { column })
}

/// The domain value that `row` is the stored form of.
pub(super) fn to_domain<T: DeserializeOwned>(row: &impl Serialize) -> Result<T, DbError> {
    Ok(serde_json::from_slice(&serde_json::to_vec(row)?)?)
}

/// The text an enum without fields is stored as: its name on the wire.
pub(super) fn word(value: impl Serialize) -> Result<String, DbError> {
    let mut json = serde_json::to_string(&value)?;
    json.retain(|c| c != '"');
    Ok(json)
}

/// Reads an enum without fields back from the text it is stored as.
pub(super) fn from_word<T: DeserializeOwned>(text: &str, column: usize) -> Result<T, DbError> {
    let text: StrDeserializer<'_, ValueError> = text.into_deserializer();
    T::deserialize(text).map_err(|_| DbError::Corrupt { column })
}
