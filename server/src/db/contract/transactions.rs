//! What a transaction is, whichever driver runs it.

use super::{TestDatabase, on_both};
use crate::db::DbError;
use crate::db::sql::Value;

on_both!(
    parameters_are_bound_by_number_wherever_they_stand,
    a_parameter_that_was_not_given_is_an_error_and_not_null,
    a_failed_write_leaves_nothing,
    a_reader_can_change_nothing,
    a_panic_leaves_nothing_and_the_next_one_works,
    the_answers_for_each_text_come_in_order,
    what_is_submitted_has_run_before_anything_else_is_asked,
    what_is_submitted_and_refused_undoes_everything,
);

const TALLY: &str = "INSERT INTO lead_tally (owner_id, leads, conversations, messages, stage_events) \
                     VALUES ($1, $2, $2, $2, $2)";
const COUNT: &str = "SELECT count(*) FROM lead_tally";

async fn count(db: &TestDatabase) -> i64 {
    let tenant = db.database.tenant(super::studio_id(1)).await.expect("found");
    tenant.store().read(|tx| tx.find(COUNT, &[], |row| row.int(0))).await.expect("read").expect("a count")
}

async fn parameters_are_bound_by_number_wherever_they_stand(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let sql = "SELECT id FROM stage WHERE name = $2 AND position = $1 AND id <> $3";
    let found = tenant
        .store()
        .read(move |tx| tx.find(sql, &[1.into(), "Stage 1".into(), "x".into()], |row| Ok(row.text(0)?.to_owned())));
    assert_eq!(found.await.expect("read"), Some(super::stage_id(1).to_string()));
}

async fn a_parameter_that_was_not_given_is_an_error_and_not_null(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let sql = "SELECT id FROM stage WHERE name = $1 AND position = $2";
    let result = tenant.store().read(move |tx| tx.find(sql, &["x".into()], |_| Ok(()))).await;
    assert!(matches!(result, Err(DbError::Unbound { parameter: 2 })), "{result:?}");
}

async fn a_failed_write_leaves_nothing(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let failed: Result<(), DbError> = tenant
        .store()
        .write(|tx| {
            tx.execute(TALLY, &["m".into(), Value::Int(1)])?;
            Err(DbError::Corrupt { column: 0 })
        })
        .await;
    assert!(matches!(failed, Err(DbError::Corrupt { column: 0 })));
    assert_eq!(count(&db).await, 0);
    let twice: Result<(), DbError> = tenant
        .store()
        .write(|tx| {
            tx.execute(TALLY, &["m".into(), Value::Int(1)])?;
            tx.execute(TALLY, &["m".into(), Value::Int(1)])?;
            Ok(())
        })
        .await;
    assert!(twice.is_err());
    assert_eq!(count(&db).await, 0);
}

async fn a_reader_can_change_nothing(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let written = tenant.store().read(|tx| tx.execute(TALLY, &["m".into(), Value::Int(1)])).await;
    assert!(written.is_err());
    assert_eq!(count(&db).await, 0);
}

async fn a_panic_leaves_nothing_and_the_next_one_works(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let store = tenant.store().clone();
    let panicked = tokio::spawn(async move {
        let work = |tx: &crate::db::sql::Tx<'_>| -> Result<(), DbError> {
            tx.execute(TALLY, &["m".into(), Value::Int(1)])?;
            panic!("on purpose")
        };
        store.write(work).await
    });
    assert!(panicked.await.expect_err("it panicked").is_panic());
    assert_eq!(count(&db).await, 0);
    let written = tenant.store().write(|tx| tx.execute(TALLY, &["m".into(), Value::Int(1)])).await;
    assert_eq!(written.expect("written"), 1);
}

async fn the_answers_for_each_text_come_in_order(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let ids: Vec<_> = [2, 0, 9, 1].map(|n| super::stage_id(n).to_string()).into();
    let names = tenant.store().read(move |tx| {
        let mut names = Vec::new();
        tx.query_for_each("SELECT name FROM stage WHERE id = $1", &ids, |row| -> Result<(), DbError> {
            names.push(row.text(0)?.to_owned());
            Ok(())
        })?;
        Ok::<_, DbError>(names)
    });
    assert_eq!(names.await.expect("read"), ["Stage 2", "Stage 0", "Stage 1"]);
}

const MORE: &str = "UPDATE lead_tally SET leads = leads * 2 + $2 WHERE owner_id = $1";

async fn what_is_submitted_has_run_before_anything_else_is_asked(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let leads = tenant.store().write(|tx| -> Result<_, DbError> {
        tx.submit(TALLY, &["m".into(), Value::Int(0)])?;
        // More than are held at a time, and of which the order shows.
        for n in 0..300 {
            tx.submit(MORE, &["m".into(), Value::Int(n % 2)])?;
            if n % 150 == 30 {
                tx.submit("UPDATE lead_tally SET leads = 1 WHERE owner_id = $1", &["m".into()])?;
            }
            if n % 40 == 20 {
                tx.submit("UPDATE lead_tally SET leads = leads % 1000 WHERE owner_id = $1", &["m".into()])?;
            }
        }
        let sql = "SELECT leads FROM lead_tally WHERE owner_id = $1";
        tx.find(sql, &["m".into()], |row| row.int(0))
    });
    let mut expected = 0_i64;
    for n in 0..300 {
        expected = expected * 2 + n % 2;
        if n % 150 == 30 {
            expected = 1;
        }
        if n % 40 == 20 {
            expected %= 1000;
        }
    }
    assert_eq!(leads.await.expect("written"), Some(expected));
    assert_eq!(count(&db).await, 1);
}

async fn what_is_submitted_and_refused_undoes_everything(db: TestDatabase) {
    let tenant = db.studio(1).await;
    for later in [false, true] {
        let refused = tenant.store().write(move |tx| -> Result<(), DbError> {
            tx.submit(TALLY, &["m".into(), Value::Int(1)])?;
            tx.submit(TALLY, &["m".into(), Value::Int(1)])?;
            if later {
                tx.find(COUNT, &[], |row| row.int(0))?;
            }
            tx.submit(TALLY, &["n".into(), Value::Int(1)])
        });
        assert!(refused.await.is_err());
        assert_eq!(count(&db).await, 0);
    }
    tenant.store().write(|tx| tx.submit(TALLY, &["m".into(), Value::Int(1)])).await.expect("the control");
    assert_eq!(count(&db).await, 1);
}
