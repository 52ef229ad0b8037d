//! Every behaviour of storage, asked of both databases.
//!
//! A behaviour is a function of a [`TestDatabase`]; `on_both!` makes a test of it for each. What only one of them has is
//! asked in `postgres_only` (row-level security, migrations) and `outages`.

mod acts;
mod audit;
mod billing;
mod custom_fields;
mod directory;
mod feed;
mod imports;
mod invitations;
mod keys;
mod leads;
mod mails;
mod members;
mod messages;
mod operations;
mod outages;
mod postgres_only;
mod sequence;
mod studios;
mod transactions;
mod upgrade;

#[path = "../../../tests/support/postgres.rs"]
pub(super) mod cluster;

use std::sync::Arc;

use domain::{
    Channel, Conversation, ConversationId, ConversationStatus, CustomValues, DeliveryStatus, DeviceId, Direction, Lead,
    LeadId, LeadState, Member, MemberId, Message, MessageId, Role, Source, Stage, StageEvent, StageEventId, StageId,
    StageOutcome, Studio, StudioId, Touch, UnixMs,
};
use uuid::Uuid;
use wire::changes::{Change, Line, Row};

use super::{Database, DatabaseUrl, Editor, Sight, Tenant, migrate};
use crate::hints::LocalHints;
use crate::secrets::{Secret, SecretSource};

pub(super) const NOW: UnixMs = UnixMs(1_790_000_000_000);

/// A test of each of these functions, for each database.
macro_rules! on_both {
    ($($behaviour:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour($crate::db::contract::TestDatabase::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour($crate::db::contract::TestDatabase::postgres().await).await;
            })+
        }
    };
}
use on_both;

/// The secret that every test's database is sealed by.
pub(super) fn test_secret() -> SecretSource {
    let digits = "8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d";
    SecretSource::Given(Arc::new(Secret::parse(digits).expect("a secret")))
}

/// A database of its own for a test.
pub(super) struct TestDatabase {
    pub(super) database: Database,
    pub(super) url: DatabaseUrl,
    pub(super) hints: Arc<LocalHints>,
    /// Of the database, where it is one of the cluster's.
    pub(super) name: String,
    _dir: Option<tempfile::TempDir>,
}

impl TestDatabase {
    pub(super) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let url = DatabaseUrl::Sqlite(dir.path().join("data"));
        Self::open(url, String::new(), Some(dir)).await
    }

    pub(super) async fn postgres() -> Self {
        let (url, name) = migrated().await;
        Self::open(url, name, None).await
    }

    async fn open(url: DatabaseUrl, name: String, dir: Option<tempfile::TempDir>) -> Self {
        let hints = Arc::new(LocalHints::default());
        let database = Database::open(&url, &test_secret(), Arc::clone(&hints) as _).await.expect("opens");
        Self { database, url, hints, name, _dir: dir }
    }

    /// A studio with an owner, a seller and three stages.
    pub(super) async fn studio(&self, n: u64) -> Tenant {
        let id = studio_id(n);
        self.database.directory().add_studio(id, NOW).await.expect("registered");
        let tenant = self.database.create_tenant(id).await.expect("made");
        tenant.put_studio(studio(id)).await.expect("described");
        for member in [member(owner_id(), Role::Owner), member(sales_id(), Role::Sales)] {
            tenant.put_member(member).await.expect("added");
        }
        tenant.import(stages().into_iter()).await.expect("stages");
        tenant
    }
}

/// A database of the cluster's with all tables, and how the server reaches it.
pub(super) async fn migrated() -> (DatabaseUrl, String) {
    let cluster = cluster::cluster();
    let name = cluster.create_database();
    migrate(&cluster.url("frontdesk_migration", &name).parse().expect("URL")).await.expect("migrates");
    (cluster.url("frontdesk_server", &name).parse().expect("URL"), name)
}

/// The id that ends in `n`, of the kind whose number is `kind`.
pub(super) fn uuid(kind: u16, n: u64) -> Uuid {
    Uuid::from_fields(0x0190_0000, kind, 0x7000, &(0x8000_0000_0000_0000 | n).to_be_bytes())
}

pub(super) fn studio_id(n: u64) -> StudioId {
    StudioId::from_uuid(uuid(1, n))
}

pub(super) fn owner_id() -> MemberId {
    MemberId::from_uuid(uuid(2, 1))
}

pub(super) fn sales_id() -> MemberId {
    MemberId::from_uuid(uuid(2, 2))
}

pub(super) fn stage_id(n: u64) -> StageId {
    StageId::from_uuid(uuid(3, n))
}

pub(super) fn lead_id(n: u64) -> LeadId {
    LeadId::from_uuid(uuid(4, n))
}

pub(super) fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(uuid(5, n))
}

pub(super) fn message_id(n: u64) -> MessageId {
    MessageId::from_uuid(uuid(6, n))
}

pub(super) fn device_id(n: u64) -> DeviceId {
    DeviceId::from_uuid(uuid(8, n))
}

/// The studio's owner, on a device.
pub(super) fn owner() -> Editor {
    Editor { member_id: owner_id(), device_id: device_id(1), role: Role::Owner }
}

/// The one who sells there.
pub(super) fn seller() -> Editor {
    Editor { member_id: sales_id(), device_id: device_id(2), role: Role::Sales }
}

/// What the seller sees.
pub(super) fn own() -> Sight {
    Sight::OwnAndPool(sales_id())
}

pub(super) fn studio(id: StudioId) -> Studio {
    Studio {
        id,
        name: "Lumen “Łódź” \u{1f4f7}".to_owned(),
        brand_colour: "#3f6b5c".to_owned(),
        time_zone: "Europe/Warsaw".to_owned(),
        currency: "PLN".to_owned(),
    }
}

pub(super) fn member(id: MemberId, role: Role) -> Member {
    Member { id, name: "Ona \"O\" \\ 'x'".to_owned(), email: format!("{id}@studio.example"), role, is_former: false }
}

fn stages() -> Vec<Row> {
    let outcomes = [StageOutcome::Open, StageOutcome::Won, StageOutcome::Lost];
    let stage = |(n, outcome): (u64, StageOutcome)| {
        Row::Stage(Stage {
            id: stage_id(n),
            name: format!("Stage {n}"),
            position: i64::try_from(n).expect("small"),
            colour: "#808080".to_owned(),
            outcome,
        })
    };
    (0..).zip(outcomes).map(stage).collect()
}

/// The lead of number `n`, the higher the newer, three of a moment: every third is the owner's, nobody's, the seller's.
pub(super) fn lead(n: u64) -> Lead {
    let at = NOW.plus_ms(-86_400_000 + 60_000 * i64::try_from(n / 3).expect("small"));
    Lead {
        id: lead_id(n),
        name: format!("Lead {n} \u{202e}\u{1}\u{1f600}"),
        email: n.is_multiple_of(2).then(|| format!("lead{n}@example.org")),
        phone: (n % 2 == 1).then(|| "+447700900118".to_owned().try_into().expect("E.164")),
        stage_id: stage_id(n % 3),
        owner_id: [Some(owner_id()), None, Some(sales_id())][usize::try_from(n % 3).expect("small")],
        source: Source::MetaLeadAd,
        campaign: n.is_multiple_of(4).then(|| "Spring".to_owned()),
        tags: vec!["new".to_owned(), format!("\"tag\\{n}\"")],
        notes: "line\nline".to_owned(),
        value_minor: n.is_multiple_of(5).then_some((1 << 53) - 1),
        state: LeadState::Active,
        custom: CustomValues::new(),
        first_touch: Touch { utm_source: Some("news\tletter".to_owned()), ..Touch::default() },
        last_touch: Touch::default(),
        created_at: at.plus_ms(-1_000),
        updated_at: at,
        last_activity_at: at,
    }
}

/// The lead of number `n` with a stage event, a conversation and `messages` messages.
pub(super) fn lead_rows(n: u64, messages: u64) -> Vec<Row> {
    let lead = lead(n);
    let (at, stage_id) = (lead.last_activity_at, lead.stage_id);
    let mut rows = vec![
        Row::Lead(Box::new(lead)),
        Row::StageEvent(StageEvent {
            id: StageEventId::from_uuid(uuid(7, n)),
            lead_id: lead_id(n),
            from_stage_id: None,
            to_stage_id: stage_id,
            member_id: None,
            at,
        }),
        Row::Conversation(Conversation {
            id: conversation_id(n),
            lead_id: lead_id(n),
            channel: Channel::Whatsapp,
            status: ConversationStatus::Open,
            assignee_id: None,
            preview: "…".to_owned(),
            preview_direction: Direction::Inbound,
            last_message_at: at,
            unread_count: 1,
        }),
    ];
    rows.extend((0..messages).map(|m| {
        Row::Message(Message {
            id: message_id(n * 1_000 + m),
            conversation_id: conversation_id(n),
            lead_id: lead_id(n),
            direction: Direction::Inbound,
            author_id: None,
            body: format!("message {m} of {n}: \u{7}\"\\\n\u{2028}ünï"),
            status: DeliveryStatus::Delivered,
            failure_reason: None,
            sent_at: at.plus_ms(-10 * i64::try_from(m).expect("small")),
        })
    }));
    rows
}

/// The changes that lines of the feed tell.
pub(super) fn changes(lines: &[u8]) -> Vec<Change> {
    let lines = lines.split_inclusive(|byte| *byte == b'\n');
    lines
        .map(|line| match Line::parse(&line[..line.len() - 1]).expect("a line of the feed") {
            Line::Change(change) => change,
            line => panic!("{line:?}"),
        })
        .collect()
}

/// The rows among them.
pub(super) fn upserts(lines: &[u8]) -> Vec<Row> {
    let row = |change| match change {
        Change::Upsert(row) => row,
        change => panic!("{change:?}"),
    };
    changes(lines).into_iter().map(row).collect()
}
