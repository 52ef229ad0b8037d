//! Databases of older versions: what they held is there afterwards.

use domain::{CustomValue, CustomValues, LeadPatch};
use wire::changes::Row;

use super::custom_fields::{field, field_id};
use super::{NOW, TestDatabase, cluster::cluster, lead, lead_id, lead_rows, on_both, owner, studio_id, test_secret};
use crate::db::{Database, DatabaseUrl, DbError, Tenant, migrate};

on_both!(a_studio_of_the_first_version_is_brought_up_to_date_with_what_it_holds);

/// As servers of the first version write a lead.
const OLD_INSERT: &str = "INSERT INTO lead (id, name, email, phone, stage_id, owner_id, source, campaign, tags, notes, \
                          value_minor, state, first_touch, last_touch, created_at, updated_at, last_activity_at, seq) \
                          SELECT $1, name, email, phone, stage_id, owner_id, source, campaign, tags, notes, value_minor, \
                          state, first_touch, last_touch, created_at, updated_at, last_activity_at, 900 FROM lead";

/// Takes back what came after the first version, with the memory of it.
async fn take_back(db: &TestDatabase, tenant: &Tenant) {
    match &db.url {
        DatabaseUrl::Sqlite(_) => {
            let take_back = |tx: &crate::db::sql::Tx<'_>| {
                tx.execute("DROP TABLE custom_field", &[])?;
                tx.execute("ALTER TABLE lead DROP COLUMN custom", &[])?;
                tx.execute("DELETE FROM refinery_schema_history WHERE version > 1", &[])
            };
            assert_eq!(tenant.store().write(take_back).await.expect("taken back"), 1);
        }
        DatabaseUrl::Postgres(_) => {
            cluster().sql(
                &db.name,
                "DROP TABLE studio.custom_field; ALTER TABLE studio.lead DROP COLUMN custom; \
                 DELETE FROM directory.schema_history WHERE version > 1",
            );
        }
    }
}

async fn a_studio_of_the_first_version_is_brought_up_to_date_with_what_it_holds(db: TestDatabase) {
    let tenant = db.studio(1).await;
    tenant.import(lead_rows(0, 1).into_iter()).await.expect("imported");
    take_back(&db, &tenant).await;
    assert!(tenant.list_custom_fields().await.is_err(), "the control: it is of the first version");
    if let DatabaseUrl::Postgres(_) = &db.url {
        let owner = cluster().url("frontdesk_migration", &db.name).parse().expect("URL");
        assert_eq!(migrate(&owner).await.expect("migrates"), ["V2__custom_fields"]);
    }
    let again = Database::open(&db.url, &test_secret(), db.hints.clone()).await.expect("opens");
    let tenant = again.tenant(studio_id(1)).await.expect("found");
    let read = |n| tenant.patch_lead(lead_id(n), LeadPatch::default(), owner(), NOW);
    assert_eq!(read(0).await.expect("there"), lead(0), "as it was, with nothing in fields that there were not");
    tenant.put_custom_field(field(0), owner(), NOW).await.expect("added");
    let custom = CustomValues::from([(field_id(0), CustomValue::Text("Ballet".to_owned()))]);
    let given = LeadPatch {
        custom: custom.clone().into_iter().map(|(id, value)| (id, Some(value))).collect(),
        ..LeadPatch::default()
    };
    assert_eq!(tenant.patch_lead(lead_id(0), given, owner(), NOW).await.expect("given").custom, custom);
    // One that runs beside it still knows nothing of them.
    let id = lead_id(1).to_string();
    let written = tenant.store().write(move |tx| tx.execute(OLD_INSERT, &[(&id).into()])).await;
    assert_eq!(written.map_err(|error: DbError| error.to_string()), Ok(1));
    assert_eq!(read(1).await.expect("there").custom, CustomValues::new());
    let row = Row::Lead(Box::new(read(1).await.expect("there")));
    assert!(serde_json::to_string(&row).expect("text").contains("\"custom\":{}"));
}
