//! Replacing the secret of several servers on one database, one by one, while they serve.

use std::path::Path;
use std::sync::Arc;

use frontdesk_server::{
    Config, DatabaseUrl, DbError, Rotated, Running, SecretError, SecretSource, StartError, Transport, finish_rotation,
    rotate, start,
};
use reqwest::{Method, StatusCode};
use wire::auth::{Session, Tokens};

use crate::cluster::cluster;
use crate::harness::{Client, OWNER, PASSWORD, TestServer, sign_in};

struct Beside {
    running: Running,
    dir: tempfile::TempDir,
}

impl Beside {
    /// Another server on the database of the first, with this secret.
    async fn start(first: &TestServer, secret: &Path) -> Result<Self, StartError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(secret, dir.path().join("secret.key")).unwrap();
        let transport = Transport::Tls { cert: first.tls.cert.clone(), key: first.tls.key.clone() };
        let config = Config::new("127.0.0.1:0".parse().unwrap(), dir.path(), transport);
        let database = first.database.url().parse().unwrap();
        let running = start(Config { clock: Arc::new(first.clock.clone()), database, ..config }).await?;
        Ok(Self { running, dir })
    }

    fn client(&self, first: &TestServer, token: Option<&str>) -> Client {
        Client { base: self.running.base_url(), token: token.map(ToOwned::to_owned), ..first.anonymous() }
    }

    fn secret(&self) -> SecretSource {
        SecretSource::in_dir(self.dir.path())
    }
}

fn url(server: &TestServer) -> DatabaseUrl {
    server.database.url().parse().unwrap()
}

async fn begin(server: &TestServer) -> Result<Rotated, DbError> {
    let secret = SecretSource::in_dir(&server.data_dir());
    rotate(&url(server), &secret, None, frontdesk_server::Clock::now(&server.clock), |_| {}).await
}

fn secrets(server: &TestServer) -> String {
    let sql = "SELECT count(DISTINCT secret) || ' secrets, ' || count(*) || ' seals' FROM directory.data_key";
    cluster().sql(server.database.name(), sql).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_change_their_secret_one_by_one_and_nobody_is_signed_out() {
    let server = TestServer::start(6, 2).await;
    let old = server.session(OWNER).await.tokens;
    assert_eq!(secrets(&server), "1 secrets, 1 seals");

    let next = server.data_dir().join("secret.key.next");
    assert_eq!(begin(&server).await.unwrap(), Rotated::Distribute { next: next.clone() });
    assert_eq!(secrets(&server), "2 secrets, 4 seals", "two generations, each for both");
    assert_eq!(begin(&server).await.unwrap(), Rotated::Distribute { next: next.clone() }, "again is no other");
    assert_eq!(secrets(&server), "2 secrets, 4 seals");

    let (with_old, with_new) = (
        Beside::start(&server, &server.data_dir().join("secret.key")).await.unwrap(),
        Beside::start(&server, &next).await.unwrap(),
    );
    for beside in [&with_old, &with_new] {
        let client = beside.client(&server, Some(&old.access_token));
        assert_eq!(client.get("/v1/devices").await.status, StatusCode::OK, "of before");
        let signed_in = client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(OWNER, PASSWORD))).await;
        let refresh_token = signed_in.json::<Session>().tokens.refresh_token;
        assert!(refresh_token.starts_with("1."), "not before every server can know the new key");
    }
    server.clock.advance_ms(130_000);
    let new: Tokens = with_new.client(&server, None).refresh(&old.refresh_token, None).await.json();
    assert!(new.refresh_token.starts_with("2."));
    // The first server has not looked since before the rotation.
    let client = server.client_with(&new.access_token);
    assert_eq!(client.get("/v1/devices").await.status, StatusCode::OK, "a key it has to ask for");
    let renewed: Tokens = server.refresh(&new.refresh_token).await.json();
    assert!(renewed.refresh_token.starts_with("2."), "and by now uses itself");

    let (of_old, of_new) = (with_old.secret(), with_new.secret());
    match finish_rotation(&url(&server), &of_old).await {
        Err(DbError::Secret(error)) => assert!(matches!(*error, SecretError::NotTheNewest { .. }), "{error}"),
        other => panic!("{other:?}"),
    }
    finish_rotation(&url(&server), &of_new).await.unwrap();
    assert_eq!(secrets(&server), "1 secrets, 2 seals");
    match Beside::start(&server, &server.data_dir().join("secret.key")).await.err() {
        Some(StartError::Db(DbError::Secret(error))) => {
            assert!(matches!(*error, SecretError::OtherSecret { .. }), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let client = server.client_with(&renewed.access_token);
    assert_eq!(
        client.get("/v1/devices").await.status,
        StatusCode::OK,
        "one that was forgotten serves on, till it ends"
    );
    let data = server.data_dir();
    let server = server.restart_after(|_| std::fs::rename(&next, data.join("secret.key")).unwrap()).await;
    let last: Tokens = server.refresh(&renewed.refresh_token).await.json();
    let client = server.client_with(&last.access_token);
    assert_eq!(client.get("/v1/devices").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_second_operator_does_not_begin_another_rotation() {
    let server = TestServer::start(1, 1).await;
    begin(&server).await.unwrap();
    // From another machine, which has the old secret and draws a next one of its own.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(server.data_dir().join("secret.key"), elsewhere.path().join("secret.key")).unwrap();
    let secret = SecretSource::in_dir(elsewhere.path());
    let now = frontdesk_server::Clock::now(&server.clock);
    match rotate(&url(&server), &secret, None, now, |_| {}).await {
        Err(DbError::Secret(error)) => assert!(matches!(*error, SecretError::RotationUnderWay { .. }), "{error}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(secrets(&server), "2 secrets, 4 seals");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_servers_that_start_first_at_the_same_time_one_makes_the_keys() {
    let database = crate::database::TestDatabase::fresh(Path::new("")).await;
    let url: DatabaseUrl = database.url().parse().unwrap();
    let starting = (0..8).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let dir = tempfile::tempdir().unwrap();
            let secret = SecretSource::in_dir(dir.path());
            frontdesk_server::Admin::open(&url, &secret, Arc::new(frontdesk_server::SystemClock)).await.is_ok()
        })
    });
    let started = futures_util::future::join_all(starting).await;
    assert_eq!(started.into_iter().filter(|started| *started.as_ref().unwrap()).count(), 1, "each has another secret");
    let keys = cluster().sql(database.name(), "SELECT count(*) FROM directory.data_key");
    assert_eq!(keys, "1\n");
}

#[tokio::test]
async fn the_database_holds_no_key_in_the_clear_and_a_copied_one_opens_nothing() {
    let server = TestServer::start(1, 1).await;
    begin(&server).await.unwrap();
    let name = server.database.name().to_owned();
    let secret = std::fs::read(server.data_dir().join("secret.key")).unwrap();
    let dump = cluster()
        .sql(&name, "SELECT d::text FROM directory.data_key d UNION ALL SELECT t::text FROM directory.token_key t");
    assert_eq!(dump.lines().count(), 4 + 2);
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!dump.contains(&hex));

    let refusal = async || match Beside::start(&server, &server.data_dir().join("secret.key")).await.err() {
        Some(StartError::Db(DbError::Secret(error))) => error.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(refusal().await, "None", "the control");
    let swap = "UPDATE directory.token_key t SET sealed = (SELECT sealed FROM directory.token_key WHERE id = 3 - t.id)";
    cluster().sql(&name, swap);
    assert!(refusal().await.contains("lies where it was not put"));
    cluster().sql(&name, swap);
    assert_eq!(refusal().await, "None");
    cluster().sql(&name, "DELETE FROM directory.data_key WHERE generation = 2");
    assert!(refusal().await.contains("names the key 2"));
    cluster().sql(&name, "DELETE FROM directory.data_key");
    assert!(refusal().await.contains("keys of this database are missing"), "none is made in their place");
}
