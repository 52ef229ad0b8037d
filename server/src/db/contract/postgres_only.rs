//! What keeps studios apart where they share tables.

use super::{NOW, TestDatabase, cluster::cluster, lead_rows, migrated, studio_id, test_secret};
use crate::db::postgres::{SetupFault, faults};
use crate::db::{Database, DatabaseUrl, DbError, Sight, migrate};
use crate::hints::LocalHints;

use std::sync::Arc;

/// Every migration there is.
const MIGRATIONS: [&str; 2] = ["V1__initial", "V2__custom_fields"];

async fn fault_of(url: &str) -> SetupFault {
    let url: DatabaseUrl = url.parse().expect("URL");
    match Database::open(&url, &test_secret(), Arc::new(LocalHints::default())).await.err() {
        Some(DbError::Setup(fault)) => *fault,
        other => panic!("{other:?}"),
    }
}

async fn faults_of(db: &TestDatabase) -> Vec<String> {
    let DatabaseUrl::Postgres(url) = &db.url else { panic!("PostgreSQL") };
    faults(url).await.expect("read").iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_table_that_holds_a_studios_data_is_protected() {
    let db = TestDatabase::postgres().await;
    assert_eq!(faults_of(&db).await, [] as [String; 0]);
}

/// The control: whatever is forgotten or undone is found, and no server starts on it.
#[tokio::test]
async fn a_table_that_lacks_any_protection_is_found_and_named() {
    const COLUMN: &str =
        "studio_id text COLLATE \"C\" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), '')";
    let wrongs = [
        ("CREATE TABLE studio.note (id text PRIMARY KEY)", "studio.note: row-level security is off"),
        ("CREATE TABLE public.note (studio_id text)", "public.note: row-level security is off"),
        ("ALTER TABLE studio.lead DISABLE ROW LEVEL SECURITY", "studio.lead: row-level security is off"),
        (
            "ALTER TABLE studio.lead NO FORCE ROW LEVEL SECURITY",
            "studio.lead: row-level security does not bind its owner",
        ),
        ("DROP POLICY own_studio ON studio.lead", "studio.lead: no restrictive policy keeps everybody"),
        ("ALTER POLICY own_studio ON studio.lead USING (true)", "studio.lead: no restrictive policy keeps everybody"),
        (
            "ALTER POLICY own_studio ON studio.lead WITH CHECK (true)",
            "studio.lead: no restrictive policy keeps everybody",
        ),
        ("ALTER POLICY own_studio ON studio.lead TO frontdesk_studio", "studio.lead: no restrictive policy keeps"),
        ("CREATE POLICY wide ON studio.lead USING (true)", "studio.lead: a permissive policy for others"),
        ("ALTER TABLE studio.lead ALTER studio_id DROP DEFAULT", "studio.lead: studio_id does not come from the trans"),
        ("ALTER TABLE studio.lead_tally DROP CONSTRAINT lead_tally_pkey", "studio.lead_tally: no primary key"),
        ("CREATE UNIQUE INDEX wide ON studio.lead (id)", "studio.lead: an index that does not begin with studio_id"),
        (
            "GRANT DELETE ON studio.audit_entry TO frontdesk_studio",
            "studio.audit_entry: frontdesk_studio may DELETE, and",
        ),
        (
            "GRANT UPDATE ON studio.audit_entry TO frontdesk_studio",
            "studio.audit_entry: frontdesk_studio may UPDATE, and",
        ),
        ("GRANT DELETE ON studio.operation TO frontdesk_studio", "studio.operation: frontdesk_studio may DELETE, and"),
        ("GRANT SELECT ON studio.lead TO PUBLIC", "studio.lead: granted to everybody: SELECT"),
        ("GRANT SELECT ON studio.lead TO frontdesk_directory", "studio.lead: frontdesk_directory may SELECT"),
        ("GRANT SELECT ON directory.account TO frontdesk_studio", "directory.account: frontdesk_studio may SELECT"),
        ("GRANT TRUNCATE ON studio.lead TO frontdesk_studio", "studio.lead: frontdesk_studio may TRUNCATE"),
        (
            "CREATE VIEW studio.all_leads AS SELECT * FROM studio.lead",
            "studio.all_leads: a view that asks as its owner",
        ),
        ("CREATE MATERIALIZED VIEW studio.m AS SELECT 1", "studio.m: a view that asks as its owner"),
        ("ALTER FUNCTION studio.protect SECURITY DEFINER", "studio.protect: a function that runs as its owner"),
        (
            "ALTER TABLE directory.membership DISABLE ROW LEVEL SECURITY",
            "directory.membership: row-level security is off",
        ),
    ];
    let db = TestDatabase::postgres().await;
    let role = "SET ROLE frontdesk_migration;";
    for (wrong, found) in wrongs {
        // Undone again afterwards, so that each is found by itself.
        let seen =
            cluster().sql(&db.name, &format!("BEGIN; {role} {wrong}; {}; ROLLBACK", crate::db::postgres::FAULTS));
        assert!(seen.replace('|', ": ").contains(found), "{wrong}: {seen}");
    }
    let foreign = format!("CREATE TABLE studio.note ({COLUMN}, lead_id text REFERENCES studio.stray (id));");
    let stray = format!("CREATE TABLE studio.stray ({COLUMN}, id text PRIMARY KEY);");
    cluster().sql(&db.name, &format!("{role} {stray} {foreign}"));
    let seen = faults_of(&db).await;
    assert!(
        seen.iter().any(|fault| fault.contains("studio.note: a foreign key that can lead to another studio")),
        "{seen:?}"
    );
    assert!(matches!(fault_of(&cluster().url("frontdesk_server", &db.name)).await, SetupFault::Unprotected { .. }));
    // A view that asks as whoever asks is none of them.
    cluster().sql(&db.name, &format!("{role} DROP TABLE studio.note, studio.stray"));
    cluster().sql(
        &db.name,
        &format!("{role} CREATE VIEW studio.v WITH (security_invoker = true) AS SELECT * FROM studio.lead"),
    );
    assert_eq!(faults_of(&db).await, [] as [String; 0]);
}

#[tokio::test]
async fn without_a_studio_there_is_nothing_and_nothing_can_be_written() {
    let db = TestDatabase::postgres().await;
    db.studio(1).await.import(lead_rows(0, 1).into_iter()).await.expect("imported");
    db.studio(2).await;
    let ask = |studio: &str, sql: &str| {
        let set = if studio.is_empty() { String::new() } else { format!("SET LOCAL app.studio = '{studio}';") };
        cluster().try_sql(
            "frontdesk_server",
            &db.name,
            &format!("BEGIN; SET LOCAL ROLE frontdesk_studio; {set} {sql}; COMMIT"),
        )
    };
    let (one, two) = (studio_id(1).to_string(), studio_id(2).to_string());
    let count = "SELECT count(*) FROM studio.lead";
    assert_eq!(ask(&one, count).expect("read"), "1\n", "the control");
    assert_eq!(ask(&two, count).expect("read"), "0\n");
    assert_eq!(ask("", count).expect("read"), "0\n", "no studio");
    // What was set before leaves the empty text behind, which is no studio either.
    let after = format!(
        "SELECT set_config('app.studio', '{one}', true) <> ''; COMMIT; BEGIN; SET LOCAL ROLE frontdesk_studio; {count}"
    );
    assert_eq!(ask("", &after).expect("read"), "t\n0\n");

    let tally = "INSERT INTO studio.lead_tally (owner_id, leads, conversations, messages, stage_events)";
    let stolen = format!(
        "INSERT INTO studio.lead_tally (studio_id, owner_id, leads, conversations, messages, stage_events) \
         VALUES ('{one}', 'x', 1, 1, 1, 1)"
    );
    assert!(ask(&one, &format!("{tally} VALUES ('x', 1, 1, 1, 1)")).is_ok(), "the control");
    for (studio, sql) in [
        ("", &*format!("{tally} VALUES ('y', 1, 1, 1, 1)")),
        (&*two, &*stolen),
        (&*two, &*format!("UPDATE studio.stage SET studio_id = '{one}'")),
        (&*one, "UPDATE studio.audit_entry SET detail = ''"),
        (&*one, "DELETE FROM studio.audit_entry"),
        (&*one, "DELETE FROM studio.operation"),
        (&*one, "TRUNCATE studio.lead"),
        (&*one, "SELECT * FROM directory.account"),
        (&*one, "ALTER TABLE studio.lead DISABLE ROW LEVEL SECURITY"),
        (&*one, "DROP POLICY own_studio ON studio.lead"),
    ] {
        let refused = ask(studio, sql).expect_err(sql);
        assert!(
            refused.contains("row-level security") || refused.contains("permission") || refused.contains("owner"),
            "{sql}: {refused}"
        );
    }
    assert_eq!(
        ask(&two, "DELETE FROM studio.lead; SELECT count(*) FROM studio.lead").expect("nothing to delete"),
        "0\n"
    );
    assert_eq!(ask(&one, count).expect("read"), "1\n", "it is still there");
    // Not even the owner of the tables sees a row.
    let owner = cluster().try_sql("frontdesk_migration", &db.name, count);
    assert_eq!(owner.expect("read"), "0\n");
    // The role that signs in has no right of its own.
    assert!(cluster().try_sql("frontdesk_server", &db.name, count).is_err());
}

#[tokio::test]
async fn a_role_that_row_level_security_does_not_bind_does_not_serve() {
    let (_, name) = migrated().await;
    let cluster = cluster();
    let roles = "CREATE ROLE bypass LOGIN BYPASSRLS; GRANT frontdesk_studio, frontdesk_directory TO bypass;
                 CREATE ROLE heir LOGIN; GRANT frontdesk_studio, frontdesk_directory, frontdesk_migration TO heir;
                 CREATE ROLE stranger LOGIN;";
    cluster.sql("postgres", roles);
    let privileged = |role: &str, of: &str, privilege: &str| {
        let (url, role, privilege) = (cluster.url(role, &name), of.to_owned(), privilege.to_owned());
        async move {
            let SetupFault::Privileged { role: found, privilege: why } = fault_of(&url).await else { panic!("{url}") };
            assert_eq!(found, role);
            assert!(why.starts_with(&privilege), "{why}");
        }
    };
    privileged("postgres", "postgres", "is a superuser").await;
    privileged("bypass", "bypass", "has BYPASSRLS").await;
    privileged("frontdesk_migration", "frontdesk_migration", "owns ").await;
    privileged("heir", "frontdesk_migration", "owns ").await;
    let stranger = fault_of(&cluster.url("stranger", &name)).await;
    assert_eq!(stranger, SetupFault::RoleNotGranted { role: "frontdesk_studio" });
    let serves = cluster.url("frontdesk_server", &name).parse().expect("URL");
    Database::open(&serves, &test_secret(), Arc::new(LocalHints::default())).await.expect("the control");
}

#[tokio::test]
async fn a_database_that_is_not_migrated_is_not_served_from_and_says_so() {
    let cluster = cluster();
    let name = cluster.create_database();
    assert_eq!(fault_of(&cluster.url("frontdesk_server", &name)).await, SetupFault::NotMigrated);
    let owner = cluster.url("frontdesk_migration", &name).parse().expect("URL");
    assert_eq!(migrate(&owner).await.expect("migrates"), MIGRATIONS);
    assert_eq!(migrate(&owner).await.expect("again is no error"), [] as [String; 0]);
    cluster.sql(&name, "DELETE FROM directory.schema_history WHERE version = 2");
    let old = fault_of(&cluster.url("frontdesk_server", &name)).await;
    assert_eq!(old, SetupFault::OldSchema { found: 1, wanted: 2 });
    cluster.sql(&name, "UPDATE directory.schema_history SET version = 7");
    let newer = cluster.url("frontdesk_server", &name).parse().expect("URL");
    Database::open(&newer, &test_secret(), Arc::new(LocalHints::default()))
        .await
        .expect("a newer schema serves an older server");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_and_is_run_again() {
    let cluster = cluster();
    let name = cluster.create_database();
    let owner = cluster.url("frontdesk_migration", &name).parse().expect("URL");
    // In the way of what comes late in the migration.
    cluster.sql(&name, "CREATE SCHEMA studio; CREATE TABLE studio.lead (x int)");
    let failed = migrate(&owner).await.expect_err("in the way").to_string();
    assert!(failed.contains("V1__initial") && failed.contains("already exists"), "{failed}");
    let left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'directory' AND tablename <> 'schema_history'";
    assert_eq!(cluster.sql(&name, left), "0\n");
    cluster.sql(&name, "DROP SCHEMA studio CASCADE");
    assert_eq!(migrate(&owner).await.expect("migrates"), MIGRATIONS);
    let serves = cluster.url("frontdesk_server", &name).parse().expect("URL");
    Database::open(&serves, &test_secret(), Arc::new(LocalHints::default())).await.expect("opens");
}

#[tokio::test]
async fn a_migration_that_is_cut_off_leaves_nothing_and_is_run_again() {
    let cluster = cluster();
    let name = cluster.create_database();
    let owner = || cluster.url("frontdesk_migration", &name).parse().expect("URL");
    // Holds it up in the middle: what is not committed yet may or may not come to be.
    let url = cluster.url("postgres", &name);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("connects");
    tokio::spawn(connection);
    client.batch_execute("BEGIN; CREATE SCHEMA studio").await.expect("begun");
    let migrating = tokio::spawn({
        let owner = owner();
        async move { migrate(&owner).await }
    });
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE usename = 'frontdesk_migration' AND wait_event_type = 'Lock' AND datname = current_database()";
    let started = std::time::Instant::now();
    while cluster.sql(&name, kill) == "0\n" {
        assert!(started.elapsed().as_secs() < 30, "the fault");
        tokio::task::yield_now().await;
    }
    assert!(migrating.await.expect("it ran").is_err());
    client.batch_execute("ROLLBACK").await.expect("out of the way");
    let left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'directory' AND tablename <> 'schema_history'";
    assert_eq!(cluster.sql(&name, left), "0\n");
    assert_eq!(migrate(&owner()).await.expect("migrates"), MIGRATIONS);
}

#[tokio::test]
async fn beyond_a_socket_the_database_proves_who_it_is_or_is_not_spoken_to() {
    let pid = std::process::id();
    // An address of this process's own: every cluster has the same port.
    let address = format!("127.77.{}.{}", pid / 256 % 256, pid % 256);
    let today = domain::UnixMs(chrono::Utc::now().timestamp_millis());
    let dir = tempfile::tempdir().expect("temporary directory");
    let certificate = |name: &str, host: &str| {
        crate::write_throw_away(&dir.path().join(name), &[host.to_owned()], 2, today).expect("certificate")
    };
    let (right, other) = (certificate("right", &address), certificate("other", &address));
    let cluster = super::cluster::Cluster::start(&["synchronous_commit = on"]);
    let place = |name: &str, from: &std::path::Path| {
        cluster.place(name, &std::fs::read(from).expect("certificate")).display().to_string()
    };
    let (cert, key) = (place("cert.pem", &right.cert), place("key.pem", &right.key));
    let hba = cluster.place("hba.conf", b"local all all trust\nhost all all 127.0.0.0/8 trust\n");
    cluster.stop();
    cluster.configure(&format!("listen_addresses = '{address}'\nssl = on\nhba_file = '{}'", hba.display()));
    cluster.configure(&format!("ssl_cert_file = '{cert}'\nssl_key_file = '{key}'"));
    cluster.run();
    let name = cluster.create_database();
    migrate(&cluster.url("frontdesk_migration", &name).parse().expect("URL")).await.expect("migrates");

    let open = async |options: &str| {
        let url = format!("postgres://frontdesk_server@{address}/{name}?{options}").parse().expect("URL");
        Database::open(&url, &test_secret(), Arc::new(LocalHints::default())).await
    };
    let verified = open(&format!("sslmode=verify-full&sslrootcert={}", right.ca.display())).await.expect("opens");
    let protocol = "SELECT DISTINCT version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                    WHERE usename = 'frontdesk_server'";
    assert_eq!(cluster.sql("postgres", protocol), "TLSv1.3\n");
    drop(verified);
    for (wrong, why) in [(Some(&other.ca), "another authority"), (None, "the system's")] {
        let root = wrong.map_or("system".to_owned(), |path| path.display().to_string());
        match open(&format!("sslmode=require&sslrootcert={root}")).await.err() {
            Some(DbError::Unavailable(_) | DbError::NoCertificates) => {}
            opened => panic!("{why}: {opened:?}"),
        }
    }
    let stranger = certificate("stranger", "db.example.org");
    let (cert, key) = (place("cert.pem", &stranger.cert), place("key.pem", &stranger.key));
    cluster.configure(&format!("ssl_cert_file = '{cert}'\nssl_key_file = '{key}'"));
    cluster.sql("postgres", "SELECT pg_reload_conf()");
    let started = std::time::Instant::now();
    // Until it has read its configuration again.
    while open(&format!("sslmode=require&sslrootcert={}", stranger.ca.display())).await.is_ok()
        || open(&format!("sslmode=require&sslrootcert={}", right.ca.display())).await.is_ok()
    {
        assert!(started.elapsed().as_secs() < 30, "a certificate of another name is accepted");
    }
    assert!(open("sslmode=disable").await.is_ok(), "the control: on a loopback address one may do without");
}

#[tokio::test]
async fn two_that_migrate_at_once_do_it_once() {
    let cluster = cluster();
    let name = cluster.create_database();
    let owner = || cluster.url("frontdesk_migration", &name).parse().expect("URL");
    let (one, other) = (owner(), owner());
    let (one, other) = tokio::join!(migrate(&one), migrate(&other));
    let mut done = [one.expect("migrates").len(), other.expect("migrates").len()];
    done.sort_unstable();
    assert_eq!(done, [0, MIGRATIONS.len()]);
}

#[tokio::test]
async fn the_studio_of_one_transaction_is_not_that_of_the_next_on_the_same_connection() {
    let db = TestDatabase::postgres().await;
    let (one, other) = (db.studio(1).await, db.studio(2).await);
    one.import(lead_rows(0, 0).into_iter()).await.expect("imported");
    for _ in 0..20 {
        let (here, there) = tokio::join!(one.open_feed(Sight::All), other.open_feed(Sight::All));
        assert_eq!((here.expect("read").totals.leads, there.expect("read").totals.leads), (1, 0));
        db.database.directory().add_studio(studio_id(3), NOW).await.expect("the directory, in between");
    }
}
