//! Rows in bulk.

use wire::changes::Row;

use super::{TestDatabase, conversation_id, lead_id, lead_rows, on_both, stage_id, studio, studio_id};
use crate::db::{DbError, ImportError, Sight};

on_both!(
    what_is_imported_is_counted_and_told,
    a_row_of_another_studio_stops_it,
    a_row_without_its_lead_stops_it,
    a_row_that_was_deleted_stops_it,
    a_row_that_cannot_be_stored_stops_it_and_undoes_its_transaction,
    a_reference_to_nothing_is_refused_by_the_database,
);

async fn what_is_imported_is_counted_and_told(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let before = tenant.seq().await.expect("number");
    let rows: Vec<_> = (0..40).flat_map(|n| lead_rows(n, 3)).collect();
    let count = rows.len();
    let report = tenant.import(rows.into_iter()).await.expect("imported");
    assert_eq!((report.rows, report.leads, report.conversations), (240, 40, 40));
    assert_eq!((report.messages, report.stage_events), (120, 40));
    assert_eq!(tenant.seq().await.expect("number") - before, i64::try_from(count).expect("small"), "a number each");
    let totals = tenant.open_feed(Sight::All).await.expect("read").totals;
    assert_eq!((totals.leads, totals.conversations, totals.messages, totals.stage_events), (40, 40, 120, 40));
}

async fn stopped(db: &TestDatabase, rows: Vec<Row>) -> ImportError {
    let tenant = db.database.tenant(studio_id(1)).await.expect("found");
    let before = tenant.seq().await.expect("number");
    let error = tenant.import(rows.into_iter()).await.expect_err("stopped");
    assert_eq!(tenant.seq().await.expect("number"), before, "nothing of its transaction stands");
    error
}

async fn a_row_of_another_studio_stops_it(db: TestDatabase) {
    db.studio(1).await;
    let error = stopped(&db, vec![Row::Studio(studio(studio_id(2)))]).await;
    assert!(matches!(error, ImportError::OtherStudio { row: 1 }));
}

async fn a_row_without_its_lead_stops_it(db: TestDatabase) {
    db.studio(1).await;
    // The lead is there, but in the other studio.
    db.studio(2).await.import(lead_rows(0, 1).into_iter()).await.expect("imported");
    let orphans = lead_rows(0, 1).into_iter().filter(|row| !matches!(row, Row::Lead(_))).collect();
    assert!(matches!(stopped(&db, orphans).await, ImportError::NoSuchLead { row: 1 }));
}

async fn a_row_that_was_deleted_stops_it(db: TestDatabase) {
    let tenant = db.studio(1).await;
    tenant.import(lead_rows(0, 1).into_iter()).await.expect("imported");
    tenant.delete_lead(lead_id(0), Sight::All).await.expect("deleted");
    assert!(matches!(stopped(&db, lead_rows(0, 1)).await, ImportError::Deleted { row: 1 }));
}

async fn a_row_that_cannot_be_stored_stops_it_and_undoes_its_transaction(db: TestDatabase) {
    db.studio(1).await;
    let mut rows = lead_rows(0, 2);
    let Some(Row::Message(message)) = rows.last_mut() else { panic!("a message comes last") };
    message.body = "a\u{0}b".to_owned();
    assert!(matches!(stopped(&db, rows).await, ImportError::Db(DbError::NulCharacter)));
    let twice = lead_rows(0, 0).into_iter().chain(lead_rows(0, 0)).collect();
    assert!(matches!(stopped(&db, twice).await, ImportError::Db(_)));
}

async fn a_reference_to_nothing_is_refused_by_the_database(db: TestDatabase) {
    let tenant = db.studio(1).await;
    tenant.import(lead_rows(0, 0).into_iter()).await.expect("the control");
    let mut rows = lead_rows(1, 0);
    let Row::Lead(lead) = &mut rows[0] else { panic!("a lead comes first") };
    lead.stage_id = stage_id(9);
    assert!(matches!(stopped(&db, rows).await, ImportError::Db(_)));
    let mut rows = lead_rows(1, 1);
    let Some(Row::Message(message)) = rows.last_mut() else { panic!("a message comes last") };
    message.conversation_id = conversation_id(99);
    assert!(matches!(stopped(&db, rows).await, ImportError::Db(_)));
}
