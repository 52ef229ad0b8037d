//! What the feed and the writes ask of a studio's database is found by index, whatever the studio's size.

use wire::changes::Row;

use super::{billing, custom_fields, delta, device_head, edits, leads, messages, snapshot, trail};
use crate::db::DbError;
use crate::db::contract::{TestDatabase, cluster, lead_id, lead_rows, owner_id, studio_id, uuid};
use crate::db::sql::Tx;
use crate::db::tenant::Tenant;
use crate::demo::{DemoConfig, generate};

const HOT: [(&str, &str); 33] = [
    ("snapshot leads", snapshot::LEADS),
    ("snapshot moved leads", snapshot::MOVED_LEADS),
    ("snapshot conversations", snapshot::CONVERSATIONS),
    ("snapshot stage events", snapshot::STAGE_EVENTS),
    ("snapshot edits", snapshot::LEAD_EDITS),
    ("snapshot messages", snapshot::MESSAGES),
    ("snapshot messages with sight", snapshot::MESSAGES_WITH_SIGHT),
    ("delta members", delta::MEMBERS),
    ("delta stages", delta::STAGES),
    ("delta custom fields", delta::CUSTOM_FIELDS),
    ("delta leads", delta::LEADS),
    ("delta conversations", delta::CONVERSATIONS),
    ("delta stage events", delta::STAGE_EVENTS),
    ("delta edits", delta::LEAD_EDITS),
    ("delta messages", delta::MESSAGES),
    ("delta invoices", delta::INVOICES),
    ("delta tombstones", delta::TOMBSTONES),
    ("find lead", leads::FIND),
    ("owner of a lead", leads::OWNER),
    ("update lead", leads::UPDATE),
    ("conversations of a lead", leads::CONVERSATIONS),
    ("stage events of a lead", leads::STAGE_EVENTS),
    ("edits of a lead", leads::LEAD_EDITS),
    ("find edit", edits::IS_HERE),
    ("messages of a lead", leads::MESSAGES),
    ("find conversation", messages::FIND_CONVERSATION),
    ("find message", messages::FIND_MESSAGE),
    ("update conversation", messages::UPDATE_CONVERSATION),
    ("find custom field", custom_fields::FIND),
    ("find invoice", billing::FIND_INVOICE),
    ("find audit entry", trail::FIND),
    ("find the head of a device", device_head::FIND),
    ("set the head of a device", device_head::UPDATE),
];

/// Those that find a page by where the one before ended: a page deep down must cost what the first one does.
const PAGED: [&str; 2] = ["snapshot leads", "snapshot messages"];

/// The steps of each statement that look through a table or sort.
fn costly(tx: &Tx<'_>, statements: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let steps = statements.iter().flat_map(|(name, sql)| tx.plan(sql).into_iter().map(|step| (*name, step)));
    // Where studios share a table, an index that only tells them apart finds all a studio has.
    let all_of_it = |step: &str| step.starts_with("Index Cond: (studio_id = NULLIF(") && !step.contains(" AND ");
    let is_costly = |step: &str| {
        let words = ["SCAN", "TEMP B-TREE", "Seq Scan", "Sort Key"];
        words.iter().any(|word| step.contains(word)) || all_of_it(step)
    };
    steps.filter(|(_, step)| is_costly(step)).collect()
}

async fn costly_in(tenant: &Tenant) -> Vec<(&'static str, String)> {
    tenant.store.read(|tx| Ok::<_, DbError>(costly(tx, &HOT))).await.expect("read")
}

const fn demo(leads: u64, messages: u64) -> DemoConfig {
    let now = domain::UnixMs(1_790_000_000_000);
    DemoConfig { seed: 1, leads, messages, now, messages_file: None, leads_file: None }
}

async fn fill(tenant: &Tenant) {
    let is_of_demo = |row: &Row| matches!(row, Row::Studio(_) | Row::Subscription(_));
    let rows = generate(&demo(2_000, 10_000)).expect("generates").filter(move |row| !is_of_demo(row));
    tenant.import(rows).await.expect("imports");
}

async fn controls_are_found(tenant: &Tenant) {
    let controls = [("scan", "SELECT id FROM lead WHERE notes = $1"), ("sort", "SELECT id FROM lead ORDER BY name")];
    let found = tenant.store.read(move |tx| Ok::<_, DbError>(costly(tx, &controls))).await.expect("read");
    assert!(["scan", "sort"].iter().all(|name| found.iter().any(|(costly, _)| costly == name)), "{found:?}");
}

#[tokio::test]
async fn no_hot_query_scans_a_file_or_sorts() {
    let db = TestDatabase::sqlite().await;
    let tenant = db.database.create_tenant(studio_id(1)).await.expect("made");
    assert_eq!(costly_in(&tenant).await, [], "before there is anything to know");
    fill(&tenant).await;
    assert_eq!(costly_in(&tenant).await, [], "when the planner knows what it has");
    controls_are_found(&tenant).await;
}

#[tokio::test]
async fn no_hot_query_scans_a_shared_table_or_sorts_or_looks_at_other_studios() {
    let db = TestDatabase::postgres().await;
    let tenant = db.database.create_tenant(studio_id(1)).await.expect("made");
    fill(&tenant).await;
    // Where one studio had all the rows, looking through the table would be the right thing to do.
    for n in 2..12 {
        db.studio(n)
            .await
            .import((0..400).flat_map(|n| lead_rows(n, 1)).collect::<Vec<_>>().into_iter())
            .await
            .expect("in");
    }
    cluster::cluster().sql(&db.name, "ANALYZE");
    assert_eq!(costly_in(&tenant).await, []);
    controls_are_found(&tenant).await;

    let plans =
        tenant.store.read(|tx| Ok::<_, DbError>(HOT.map(|(name, sql)| (name, tx.plan(sql))))).await.expect("read");
    for (name, steps) in plans {
        let conditions: Vec<_> = steps.iter().filter(|step| step.starts_with("Index Cond")).collect();
        let nodes = steps.iter().filter(|step| step.contains(" Scan")).count();
        assert_eq!(conditions.len(), nodes, "{name}: {steps:#?}");
        assert!(conditions.iter().all(|condition| condition.contains("studio_id = ")), "{name}: {steps:#?}");
        if PAGED.contains(&name) {
            assert!(conditions.iter().any(|condition| condition.contains("ROW(")), "{name}: {steps:#?}");
        }
    }
}

fn edit(n: u64) -> Row {
    Row::LeadEdit(domain::LeadEditRecord {
        id: domain::OperationId::from_uuid(uuid(41, n)),
        lead_id: lead_id(n),
        member_id: owner_id(),
        at: domain::UnixMs(0),
        changes: Vec::new(),
    })
}

/// Copies a studio's rows to this many others, past the server: whatever tables there are.
const COPY: &str = "
    SET session_replication_role = replica;
    DO $$
    DECLARE one record; columns text;
    BEGIN
        FOR one IN SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'studio'::regnamespace AND c.relkind = 'r'
        LOOP
            SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
            WHERE attrelid = one.oid AND attnum > 0 AND NOT attisdropped AND attname <> 'studio_id'
                AND NOT (one.relname IN ('studio', 'subscription') AND attname = 'id');
            EXECUTE format(
                'INSERT INTO studio.%I (studio_id, %s %s) SELECT copied_studio.new_id, %s %s FROM studio.%I, LATERAL
                 (SELECT md5(n::text)::uuid::text AS new_id FROM generate_series(1, $1) n) copied_studio',
                one.relname, CASE WHEN one.relname IN ('studio', 'subscription') THEN 'id, ' END, columns,
                CASE WHEN one.relname IN ('studio', 'subscription') THEN 'copied_studio.new_id, ' END, columns,
                one.relname) USING 10000;
        END LOOP;
    END
    $$;
    ANALYZE";

/// What no import brings.
const ACTS: &str = "
    INSERT INTO studio.tombstone (studio_id, kind, id, seq)
    SELECT studio_id, 'lead', n, 1000 + n FROM studio.studio, generate_series(1, 3) n;
    INSERT INTO studio.audit_entry (studio_id, id, action, at, received_at, member_id, device_id, detail, row_count)
    SELECT studio_id, n, '', 0, 0, '', '', '', 0 FROM studio.studio, generate_series(1, 3) n;
    INSERT INTO studio.device_head (studio_id, device_id, act, link)
    SELECT studio_id, n, 1, '' FROM studio.studio, generate_series(1, 3) n";

/// What the planner chooses by itself, knowing how many studios there are.
#[tokio::test]
async fn among_ten_thousand_studios_each_finds_its_own_rows_by_index() {
    let db = TestDatabase::postgres().await;
    let tenant = db.studio(1).await;
    let of_demo = || generate(&demo(100, 500)).expect("generates");
    let invoices = of_demo().filter(|row| matches!(row, Row::Invoice(_))).take(3);
    let fields = of_demo().filter(|row| matches!(row, Row::CustomField(_))).take(3);
    let leads = (0..3).flat_map(|n| lead_rows(n, 2));
    let rows: Vec<_> = leads.chain(invoices).chain(fields).chain((0..3).map(edit)).collect();
    tenant.import(rows.into_iter()).await.expect("imports");
    cluster::cluster().sql(&db.name, ACTS);
    cluster::cluster().sql(&db.name, COPY);
    let studios = cluster::cluster().sql(&db.name, "SELECT count(DISTINCT studio_id) FROM studio.lead");
    assert_eq!(studios.trim(), "10001");

    let chosen = |statements: &'static [(&str, &str)]| {
        tenant.store.read(move |tx| {
            let plans = statements.iter().map(|(name, sql)| (*name, tx.chosen_plan(sql)));
            Ok::<_, DbError>(plans.collect::<Vec<_>>())
        })
    };
    for (name, steps) in chosen(&HOT).await.expect("read") {
        assert!(!steps.iter().any(|step| step.contains("Seq Scan")), "{name}: {steps:#?}");
        let conditions: Vec<_> = steps.iter().filter(|step| step.starts_with("Index Cond")).collect();
        assert!(!conditions.is_empty(), "{name}: {steps:#?}");
        assert!(conditions.iter().all(|condition| condition.contains("studio_id = ")), "{name}: {steps:#?}");
    }
    // The control: what no index can tell, among the rows of all studios.
    cluster::cluster().sql(&db.name, "ALTER TABLE studio.lead DROP CONSTRAINT lead_pkey CASCADE");
    let found = chosen(&[("find lead", leads::FIND)]).await.expect("read");
    let by_id = |step: &String| step.starts_with("Index Cond") && step.contains(" id = ");
    assert!(!found[0].1.iter().any(by_id), "the control is found: {found:#?}");
}
