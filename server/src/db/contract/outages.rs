//! A database that goes away, comes back, is busy, or answers too late. Each test has a cluster of its own to stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Direction;
use wire::write::RecordMessage;

use super::cluster::Cluster;
use super::{NOW, conversation_id, lead_id, lead_rows, message_id, owner_id, studio, studio_id, test_secret};
use crate::db::postgres::Postgres;
use crate::db::store::Store;
use crate::db::{Database, DatabaseUrl, DbError, Outage, Sight, Tenant, WriteError, migrate};
use crate::hints::LocalHints;

/// Far below any time-out, far above any answer here.
const SOON: Duration = Duration::from_secs(3);

struct Stage {
    cluster: Cluster,
    database: Database,
    tenant: Tenant,
    name: String,
}

impl Stage {
    async fn set() -> Self {
        // What was acknowledged has to outlast the crash.
        let cluster = Cluster::start(&["synchronous_commit = on"]);
        let name = cluster.create_database();
        migrate(&cluster.url("frontdesk_migration", &name).parse().expect("URL")).await.expect("migrates");
        let url: DatabaseUrl = cluster.url("frontdesk_server", &name).parse().expect("URL");
        let database = Database::open(&url, &test_secret(), Arc::new(LocalHints::default())).await.expect("opens");
        let id = studio_id(1);
        database.directory().add_studio(id, NOW).await.expect("registered");
        let tenant = database.create_tenant(id).await.expect("made");
        tenant.put_studio(studio(id)).await.expect("described");
        let stages = super::stages().into_iter();
        let members =
            [super::member(owner_id(), domain::Role::Owner), super::member(super::sales_id(), domain::Role::Sales)];
        let rows = stages.chain(members.map(wire::changes::Row::Member)).chain((0..3).flat_map(|n| lead_rows(n, 0)));
        tenant.import(rows.collect::<Vec<_>>().into_iter()).await.expect("imported");
        Self { cluster, database, tenant, name }
    }

    async fn record(&self, n: u64) -> Result<bool, WriteError> {
        let record = RecordMessage { id: message_id(n), direction: Direction::Inbound, body: "x".to_owned() };
        let recorded = self.tenant.record_message(conversation_id(1), record, owner_id(), Sight::All, NOW).await?;
        Ok(recorded.is_new)
    }

    /// Numbers of the sequence without a row, or the other way round: what a half-written change would leave.
    fn torn(&self) -> String {
        let all = [
            "studio",
            "member",
            "stage",
            "custom_field",
            "lead",
            "conversation",
            "message",
            "stage_event",
            "lead_edit",
            "tombstone",
        ]
        .map(|table| format!("SELECT seq FROM studio.{table}"));
        let sql = format!(
            "SELECT count(*) FROM ({}) AS a (seq) WHERE seq > (SELECT seq FROM studio.change_counter);
             SELECT (SELECT count(*) FROM studio.message) - (SELECT sum(messages) FROM studio.lead_tally)",
            all.join(" UNION ALL ")
        );
        self.cluster.sql(&self.name, &sql)
    }
}

fn is_outage(error: &WriteError) -> bool {
    matches!(error, WriteError::Db(DbError::Unavailable(_)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_and_comes_back_is_used_again_and_nothing_is_half_written() {
    let stage = Stage::set().await;
    // Several connections, so that more than one is dead afterwards.
    futures_util::future::join_all((0..8).map(|_| stage.tenant.seq())).await;
    let before = stage.tenant.seq().await.expect("number");

    stage.cluster.stop();
    for n in 0..3 {
        let started = Instant::now();
        let error = stage.record(n).await.expect_err("there is no database");
        assert!(is_outage(&error), "{error:?}");
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        let read = stage.tenant.seq().await.expect_err("there is no database");
        assert!(matches!(read, DbError::Unavailable(_)), "{read:?}");
    }
    stage.cluster.run();
    assert_eq!(stage.tenant.seq().await.expect("at once, by itself"), before);
    assert!(stage.record(0).await.expect("recorded"), "it had not been");
    assert_eq!(stage.torn(), "0\n0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_died_while_idle_are_replaced_unnoticed() {
    let stage = Stage::set().await;
    futures_util::future::join_all((0..8).map(|_| stage.tenant.seq())).await;
    // Waits until each is gone: one that is about to go while it is asked is no idle one.
    let kill = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid, 5000) AS gone FROM pg_stat_activity
                WHERE usename = 'frontdesk_server') AS killed WHERE gone";
    let killed: u32 = stage.cluster.sql("postgres", kill).trim().parse().expect("a count");
    assert!(killed > 1, "the fault: {killed}");
    for n in 0..16 {
        assert!(stage.record(n).await.expect("recorded"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_cut_in_the_middle_of_an_answer_is_an_outage() {
    let stage = Stage::set().await;
    for sql in [
        "SELECT 1 FROM (SELECT pg_sleep(20)) AS slow",
        "SELECT n FROM generate_series(1, 3) AS n, LATERAL (SELECT pg_sleep(n * 5)) AS slow",
    ] {
        let store = stage.tenant.store().clone();
        let asking = [
            tokio::spawn({
                let store = store.clone();
                async move { store.read(move |tx| tx.find(sql, &[], |row| row.int(0)).map(|_| ())).await }
            }),
            tokio::spawn(
                async move { store.read(move |tx| tx.query_all(sql, &[], |row| row.int(0)).map(|_| ())).await },
            ),
        ];
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE usename = 'frontdesk_server' AND wait_event = 'PgSleep'";
        let (started, mut killed) = (Instant::now(), 0);
        while killed < asking.len() {
            assert!(started.elapsed() < SOON, "the fault");
            killed += stage.cluster.sql("postgres", kill).trim().parse::<usize>().expect("a count");
        }
        for asking in asking {
            let error = asking.await.expect("it ran").expect_err("cut");
            assert!(matches!(error, DbError::Unavailable(_)), "{error:?}");
        }
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    }
    stage.tenant.seq().await.expect("by another connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_that_are_cut_off_in_the_middle_leave_all_or_nothing() {
    let stage = Arc::new(Stage::set().await);
    let writers = (0..6_u64).map(|writer| {
        let stage = Arc::clone(&stage);
        tokio::spawn(async move {
            let mut lost = 0;
            for n in 0..40 {
                let id = writer * 1_000 + n;
                // As a client does: the same again until it is known to be there.
                while let Err(error) = stage.record(id).await {
                    assert!(is_outage(&error), "{error:?}");
                    lost += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            lost
        })
    });
    let writers: Vec<_> = writers.collect();
    let saboteur = tokio::task::spawn_blocking({
        let stage = Arc::clone(&stage);
        move || {
            stage.cluster.stop();
            stage.cluster.run();
        }
    });
    saboteur.await.expect("it ran");
    let mut lost = 0;
    for writer in writers {
        lost += writer.await.expect("it wrote");
    }
    assert!(lost > 0, "the fault: somebody was cut off");
    assert_eq!(stage.cluster.sql(&stage.name, "SELECT count(*) FROM studio.message"), "240\n");
    assert_eq!(stage.torn(), "0\n0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_without_a_free_connection_says_so_and_does_not_hang() {
    let stage = Stage::set().await;
    let url = stage.cluster.url("frontdesk_server", &stage.name).parse().expect("URL");
    let postgres = Postgres::open_with(&url, 1).await.expect("opens");
    let store = Store::Postgres(postgres.studio(studio_id(1)));
    let (held, release) = (Arc::new(tokio::sync::Notify::new()), std::sync::mpsc::channel::<()>());
    let (sender, receiver) = release;
    let holder = tokio::spawn({
        let (store, held) = (store.clone(), Arc::clone(&held));
        async move {
            store
                .read(move |_| {
                    held.notify_one();
                    receiver.recv().expect("released");
                    Ok::<_, DbError>(())
                })
                .await
        }
    });
    held.notified().await;
    let started = Instant::now();
    let refused = store.read(|_| Ok::<_, DbError>(())).await;
    assert!(matches!(refused, Err(DbError::Unavailable(Outage::NoFreeConnection))), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    sender.send(()).expect("held");
    holder.await.expect("it ran").expect("it read");
    store.read(|_| Ok::<_, DbError>(())).await.expect("free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_studio_locked_by_another_is_an_outage_for_its_writers_alone() {
    let stage = Stage::set().await;
    let other = stage.database.create_tenant(studio_id(2)).await.expect("made");
    // Another server that stopped in the middle of a write.
    let name = stage.name.clone();
    let (client, connection) =
        tokio_postgres::connect(&stage.cluster.url("postgres", &name), tokio_postgres::NoTls).await.expect("connects");
    tokio::spawn(connection);
    let lock = format!("BEGIN; UPDATE studio.change_counter SET seq = seq WHERE studio_id = '{}'", studio_id(1));
    client.batch_execute(&lock).await.expect("locked");
    other.put_studio(studio(studio_id(2))).await.expect("the other studio is free");
    stage.tenant.seq().await.expect("reading waits for nobody");
    let error = stage.record(0).await.expect_err("locked");
    assert!(
        matches!(&error, WriteError::Db(DbError::Unavailable(Outage::GaveUp(state))) if state == "55P03"),
        "{error:?}"
    );
    client.batch_execute("ROLLBACK").await.expect("released");
    assert!(stage.record(0).await.expect("recorded"));
    assert!(stage.tenant.delete_lead(lead_id(0), Sight::All).await.is_ok());
}
