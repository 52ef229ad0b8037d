//! Rows and caches for the tests of this crate.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use domain::*;
use secrecy::SecretBox;
use tempfile::TempDir;
use uuid::Uuid;
use wire::changes::{Change, Cursor, Row, Totals};

use crate::{Applied, Cache, CacheIdentity, PageProgress, PullPage};

pub(crate) fn uuid(kind: u16, n: u64) -> Uuid {
    Uuid::from_u64_pair(u64::from(kind) << 48 | 0x7000, 0x8000_0000_0000_0000 | n)
}

pub(crate) fn lead_id(n: u64) -> LeadId {
    LeadId::from_uuid(uuid(1, n))
}

pub(crate) fn stage_id(n: u64) -> StageId {
    StageId::from_uuid(uuid(2, n))
}

pub(crate) fn member_id(n: u64) -> MemberId {
    MemberId::from_uuid(uuid(3, n))
}

pub(crate) fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(uuid(4, n))
}

pub(crate) fn message_id(n: u64) -> MessageId {
    MessageId::from_uuid(uuid(5, n))
}

pub(crate) fn custom_field_id(n: u64) -> CustomFieldId {
    CustomFieldId::from_uuid(uuid(8, n))
}

pub(crate) fn option_id(n: u64) -> ChoiceOptionId {
    ChoiceOptionId::from_uuid(uuid(9, n))
}

/// One of the studio's own, with three options where it is a choice.
pub(crate) fn custom_field(n: u64, kind: CustomKind) -> CustomField {
    let option = |n| ChoiceOption { id: option_id(n), name: format!("option {n}"), is_retired: false };
    let options = if kind == CustomKind::Choice { (0..3).map(option).collect() } else { Vec::new() };
    let form = CustomFieldForm {
        name: format!("field {n}"),
        kind,
        options,
        position: n as i64,
        is_in_list: false,
        is_archived: false,
    };
    CustomField { id: custom_field_id(n), form }
}

pub(crate) fn key(byte: u8) -> SecretBox<[u8; 32]> {
    SecretBox::new(Box::new([byte; 32]))
}

pub(crate) fn identity() -> CacheIdentity {
    CacheIdentity {
        studio_id: StudioId::from_uuid(uuid(6, 1)),
        member_id: member_id(1),
        device_id: DeviceId::from_uuid(uuid(7, 1)),
    }
}

pub(crate) struct TestCache {
    pub(crate) cache: Cache,
    pub(crate) path: PathBuf,
    pub(crate) dir: TempDir,
}

impl std::ops::Deref for TestCache {
    type Target = Cache;
    fn deref(&self) -> &Cache {
        &self.cache
    }
}

pub(crate) fn new_cache() -> TestCache {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("account").join("cache.db");
    let cache = Cache::create(&path, &key(7), &identity()).unwrap();
    TestCache { cache, path, dir }
}

/// 2026-11-20 and so many seconds.
pub(crate) fn at(seconds: i64) -> UnixMs {
    UnixMs(1_795_000_000_000 + seconds * 1000)
}

pub(crate) fn lead(n: u64, name: &str) -> Lead {
    Lead {
        id: lead_id(n),
        name: name.to_owned(),
        email: None,
        phone: None,
        stage_id: stage_id(1),
        owner_id: None,
        source: Source::Webhook,
        campaign: Some("spring".to_owned()),
        tags: vec![],
        notes: "a note".to_owned(),
        value_minor: None,
        state: LeadState::Active,
        custom: CustomValues::new(),
        first_touch: Touch { utm_source: Some("first".to_owned()), ..Touch::default() },
        last_touch: Touch { gclid: Some("last".to_owned()), ..Touch::default() },
        created_at: at(n as i64),
        updated_at: at(n as i64),
        last_activity_at: at(n as i64),
    }
}

pub(crate) fn conversation(n: u64, lead: u64) -> Conversation {
    Conversation {
        id: conversation_id(n),
        lead_id: lead_id(lead),
        channel: Channel::Whatsapp,
        status: ConversationStatus::Open,
        assignee_id: None,
        preview: "hello".to_owned(),
        preview_direction: Direction::Inbound,
        last_message_at: at(n as i64),
        unread_count: 0,
    }
}

pub(crate) fn message(n: u64, conversation: u64, lead: u64, body: &str) -> Message {
    Message {
        id: message_id(n),
        conversation_id: conversation_id(conversation),
        lead_id: lead_id(lead),
        direction: Direction::Inbound,
        author_id: None,
        body: body.to_owned(),
        status: DeliveryStatus::Delivered,
        failure_reason: None,
        sent_at: at(n as i64),
    }
}

pub(crate) fn member(n: u64, name: &str) -> Member {
    Member {
        id: member_id(n),
        name: name.to_owned(),
        email: format!("m{n}@studio.example"),
        role: Role::Sales,
        is_former: false,
    }
}

pub(crate) fn stage(n: u64, position: i64) -> Stage {
    Stage {
        id: stage_id(n),
        name: format!("stage {n}"),
        position,
        colour: "#112233".to_owned(),
        outcome: StageOutcome::Open,
    }
}

pub(crate) fn subscription() -> Subscription {
    Subscription {
        studio_id: identity().studio_id,
        plan: billing_text("Atelier"),
        status: SubscriptionStatus::Active,
        seats: 5,
        current_period_end: at(9),
        cancel_at_period_end: false,
        ended_at: None,
        customer_id: billing_text("cus_NffrFeUfNV2Hib"),
        subscription_id: billing_text("sub_1MowQVLkdIwHu7ixeRlqHVzs"),
        as_of: at(1),
    }
}

pub(crate) fn invoice(n: u64) -> Invoice {
    Invoice {
        id: InvoiceId::from_uuid(uuid(9, n)),
        invoice_id: billing_text(&format!("in_1MtHbELkdIwHu7ix{n}")),
        number: Some(billing_text(&format!("LUM-{n}"))),
        status: InvoiceStatus::Open,
        issued_at: at(n as i64),
        period_start: at(0),
        period_end: at(99),
        currency: billing_text("EUR"),
        total_minor: 4_900,
        paid_minor: 0,
        payment_id: None,
        as_of: at(2),
    }
}

pub(crate) fn billing_text<T: TryFrom<String, Error = InvalidBillingText>>(text: &str) -> T {
    text.to_owned().try_into().unwrap()
}

pub(crate) fn phone(text: &str) -> Phone {
    Phone::try_from(text.to_owned()).unwrap()
}

pub(crate) fn put(row: impl Into<RowOf>) -> Change {
    Change::Upsert(row.into().0)
}

/// So that `put` takes any row.
pub(crate) struct RowOf(Row);

macro_rules! row_of {
    ($($row:ident),+) => {$(impl From<$row> for RowOf { fn from(row: $row) -> Self { Self(Row::$row(row)) } })+};
}
row_of!(Studio, Member, Stage, Conversation, Message, StageEvent);

macro_rules! boxed_row_of {
    ($($row:ident),+) => {$(impl From<$row> for RowOf { fn from(row: $row) -> Self { Self(Row::$row(Box::new(row))) } })+};
}
boxed_row_of!(CustomField, Lead, Subscription, Invoice);

impl From<LeadEditRecord> for RowOf {
    fn from(row: LeadEditRecord) -> Self {
        Self(Row::LeadEdit(row))
    }
}

pub(crate) fn page(cursor: &str, changes: Vec<Change>) -> PullPage {
    PullPage {
        changes,
        unreadable: vec![],
        cursor: Cursor(cursor.to_owned()),
        progress: PageProgress::Delta,
        epoch: None,
    }
}

pub(crate) fn snapshot(cursor: &str, changes: Vec<Change>) -> PullPage {
    PullPage {
        progress: PageProgress::Snapshot { totals: Totals { leads: 9, ..Totals::default() }, rows_done: 3 },
        ..page(cursor, changes)
    }
}

pub(crate) fn finished(cursor: &str, changes: Vec<Change>) -> PullPage {
    PullPage { progress: PageProgress::SnapshotFinished, ..page(cursor, changes) }
}

impl TestCache {
    pub(crate) fn apply(&self, changes: Vec<Change>) -> Applied {
        self.cache.apply_page(&page("c", changes)).unwrap()
    }
}
