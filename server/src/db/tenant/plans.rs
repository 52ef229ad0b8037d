//! What the feed and the writes ask of a studio's database is found by index, whatever the studio's size.

use std::sync::Arc;

use super::{delta, leads, messages, snapshot, trail};
use crate::db::DbError;
use crate::db::sqlite::Tx;
use crate::db::tenant::Tenant;
use crate::demo::{DemoConfig, generate};

const HOT: [(&str, &str); 22] = [
    ("snapshot leads", snapshot::LEADS),
    ("snapshot moved leads", snapshot::MOVED_LEADS),
    ("snapshot conversations", snapshot::CONVERSATIONS),
    ("snapshot stage events", snapshot::STAGE_EVENTS),
    ("snapshot messages", snapshot::MESSAGES),
    ("snapshot messages with sight", snapshot::MESSAGES_WITH_SIGHT),
    ("delta members", delta::MEMBERS),
    ("delta stages", delta::STAGES),
    ("delta leads", delta::LEADS),
    ("delta conversations", delta::CONVERSATIONS),
    ("delta stage events", delta::STAGE_EVENTS),
    ("delta messages", delta::MESSAGES),
    ("delta tombstones", delta::TOMBSTONES),
    ("find lead", leads::FIND),
    ("update lead", leads::UPDATE),
    ("conversations of a lead", leads::CONVERSATIONS),
    ("stage events of a lead", leads::STAGE_EVENTS),
    ("messages of a lead", leads::MESSAGES),
    ("find conversation", messages::FIND_CONVERSATION),
    ("find message", messages::FIND_MESSAGE),
    ("update conversation", messages::UPDATE_CONVERSATION),
    ("find audit entry", trail::FIND),
];

/// The steps of each statement that look through a table or sort.
fn costly(tx: &Tx<'_>, statements: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let steps = statements.iter().flat_map(|(name, sql)| tx.plan(sql).into_iter().map(|step| (*name, step)));
    steps.filter(|(_, step)| step.starts_with("SCAN") || step.contains("TEMP B-TREE")).collect()
}

async fn costly_in(tenant: &Tenant) -> Vec<(&'static str, String)> {
    tenant.file.read(|tx| Ok::<_, DbError>(costly(tx, &HOT))).await.expect("read")
}

#[tokio::test]
async fn no_hot_query_scans_a_table_or_sorts() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let url = crate::db::DatabaseUrl::Sqlite(dir.path().join("data"));
    let hints = Arc::new(crate::hints::LocalHints::default());
    let database = crate::db::Database::open(&url, hints).await.expect("opens");
    let studio = domain::StudioId::from_uuid(uuid::Uuid::from_u128(1));
    let tenant = database.create_tenant(studio).await.expect("made");
    assert_eq!(costly_in(&tenant).await, [], "before there is anything to know");

    let config = DemoConfig {
        seed: 1,
        leads: 2_000,
        messages: 10_000,
        now: domain::UnixMs(1_790_000_000_000),
        messages_file: None,
        leads_file: None,
    };
    let rows = generate(&config).expect("generates").filter(|row| !matches!(row, wire::changes::Row::Studio(_)));
    tenant.import(rows).await.expect("imports");
    assert_eq!(costly_in(&tenant).await, [], "when the planner knows what it has");

    let controls = [("scan", "SELECT id FROM lead WHERE notes = $1"), ("sort", "SELECT id FROM lead ORDER BY name")];
    let found = tenant.file.read(move |tx| Ok::<_, DbError>(costly(tx, &controls))).await.expect("read");
    assert!(["scan", "sort"].iter().all(|name| found.iter().any(|(costly, _)| costly == name)), "{found:?}");
}
