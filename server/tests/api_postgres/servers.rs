//! Several servers on one database: processes of the program, as an operator runs them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use frontdesk_server::{Admin, SecretSource, SystemClock};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_postgres::NoTls;
use wire::auth::Session;
use wire::changes::{Cursor, Row};

use crate::cluster::cluster;
use crate::database::TestDatabase;
use crate::feed::Feed;
use crate::harness::{Client, lead_id, message_id, rows, sign_in};
use crate::operator::{EMAIL, PASSWORD, Serving, line, run, set_up};

const WRITERS: u64 = 8;
const MESSAGES: u64 = 15;

/// Two servers that share a database and the servers' secret, and an owner's session.
struct Two {
    database: TestDatabase,
    data: String,
    studio: domain::StudioId,
    servers: [Serving; 2],
    session: Session,
    _dir: tempfile::TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (database, data, studio) = set_up(dir.path()).await;
        let admin =
            Admin::open(&database.url().parse().unwrap(), &SecretSource::in_dir(data.as_ref()), Arc::new(SystemClock))
                .await
                .unwrap();
        let unowned = rows(WRITERS, 0).into_iter().map(|row| match row {
            Row::Lead(lead) => Row::Lead(Box::new(domain::Lead { owner_id: None, ..*lead })),
            Row::Conversation(conversation) => {
                Row::Conversation(domain::Conversation { assignee_id: None, ..conversation })
            }
            row => row,
        });
        admin.import(studio, unowned.collect::<Vec<_>>().into_iter()).await.unwrap();
        let tls = dir.path().join("tls");
        let servers = [Serving::start(&database, &data, &tls).await, Serving::start(&database, &data, &tls).await];
        let sign_in = servers[0].client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(EMAIL, PASSWORD))).await;
        Self { database, data, studio, servers, session: sign_in.json(), _dir: dir }
    }

    /// The owner at one of the servers: a session is good at all of them.
    fn client(&self, server: usize) -> Client {
        self.servers[server].signed_in(&self.session.tokens.access_token)
    }
}

/// Reads on from cursor to cursor until a reading that began after `done` was said brings nothing more, and gives all
/// that was seen.
async fn follow<C>(
    done: Arc<AtomicBool>,
    mut at: C,
    mut read: impl AsyncFnMut(&C) -> (Vec<String>, C),
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    loop {
        let last = done.load(Ordering::SeqCst);
        let (found, next) = read(&at).await;
        at = next;
        let nothing = found.is_empty();
        seen.extend(found);
        if last && nothing {
            return seen;
        }
    }
}

async fn read_feed(client: &Client, at: &Cursor) -> (Vec<String>, Cursor) {
    let feed = Feed::read(client, Some(at)).await;
    let messages = feed.upserts().into_iter().filter_map(|row| match row {
        Row::Message(message) => Some(message.id.to_string()),
        _ => None,
    });
    (messages.collect(), feed.end.clone().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_cursor_skips_a_commit_of_eight_writers_at_two_servers() {
    let two = Two::start().await;
    let start = Feed::read(&two.client(0), None).await.end.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let followers = [0, 1].map(|server| {
        let (client, done, start) = (two.client(server), Arc::clone(&done), start.clone());
        tokio::spawn(follow(done, start, async move |at: &Cursor| read_feed(&client, at).await))
    });
    let writers = (0..WRITERS).map(|writer| {
        let clients = [two.client(0), two.client(1)];
        tokio::spawn(async move {
            for n in 0..MESSAGES {
                let id = message_id(writer * 1_000 + n);
                let client = &clients[usize::try_from((writer + n) % 2).unwrap()];
                let answer = client.record((writer + n) % WRITERS, id, "inbound", "hello").await;
                assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let written: BTreeSet<_> =
        (0..WRITERS).flat_map(|w| (0..MESSAGES).map(move |n| message_id(w * 1_000 + n).to_string())).collect();
    for follower in followers {
        assert_eq!(follower.await.unwrap(), written);
    }
}

/// The control: where numbers are drawn without a lock that is held until the commit, the same reader misses one.
#[tokio::test]
async fn the_reader_would_see_a_gap() {
    let name = cluster().create_database();
    cluster().sql(&name, "CREATE TABLE wrong (id text PRIMARY KEY, seq bigserial)");
    let connect = async || {
        let (client, connection) = tokio_postgres::connect(&cluster().url("postgres", &name), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    };
    let (slow, fast, reader) = (connect().await, connect().await, connect().await);
    let done = Arc::new(AtomicBool::new(false));
    let read = async |at: &i64| {
        let found = reader.query("SELECT id, seq FROM wrong WHERE seq > $1 ORDER BY seq", &[at]).await.unwrap();
        let next = found.last().map_or(*at, |row| row.get(1));
        // The slow one commits after the reader has passed the number it drew first.
        if next == 2 {
            slow.batch_execute("COMMIT").await.unwrap();
            done.store(true, Ordering::SeqCst);
        }
        (found.iter().map(|row| row.get(0)).collect(), next)
    };
    slow.batch_execute("BEGIN; INSERT INTO wrong (id) VALUES ('slow')").await.unwrap();
    fast.batch_execute("INSERT INTO wrong (id) VALUES ('fast')").await.unwrap();
    let seen = follow(Arc::clone(&done), 0_i64, read).await;
    assert_eq!(seen, BTreeSet::from(["fast".to_owned()]));
    assert_eq!(cluster().sql(&name, "SELECT count(*) FROM wrong"), "2\n", "both are there");
}

/// Reads the hints until there is one, or the stream has ended.
async fn hint(stream: &mut reqwest::Response) -> bool {
    let next = async {
        while let Some(chunk) = stream.chunk().await.unwrap() {
            if chunk.windows(4).any(|window| window == b"hint") {
                return true;
            }
        }
        false
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("in time")
}

async fn hints(client: &Client) -> reqwest::Response {
    let mut stream = client.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    assert!(hint(&mut stream).await, "one at once");
    stream
}

/// Ends the connections that hear what other servers say, and says how many there were.
fn cut(database: &TestDatabase) -> usize {
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = '{}' AND usename = 'frontdesk_server' AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%')",
        database.name()
    );
    cluster().sql("postgres", &sql).lines().filter(|line| *line == "t").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_one_server_is_heard_at_the_other() {
    let two = Two::start().await;
    let mut stream = hints(&two.client(1)).await;
    let record = async |n| {
        let answer = two.client(0).record(0, message_id(n), "inbound", "hello").await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    };
    record(1).await;
    assert!(hint(&mut stream).await, "of a write");

    let studio = two.studio.to_string();
    let args = ["member", "--data", &two.data, "--studio", &studio, "--role", "sales"];
    line(&run(&two.database, &args, &format!("Sami\nsami@studio.example\n{PASSWORD}\n")).await);
    assert!(hint(&mut stream).await, "of an operator's command");

    assert_eq!(cut(&two.database), 2, "the fault");
    assert!(hint(&mut stream).await, "after an interruption, of whatever it was");
    record(2).await;
    assert!(hint(&mut stream).await, "and of what comes");

    let body = json!({ "refresh_token": two.session.tokens.refresh_token });
    let out = two.servers[0].client.send(Method::POST, "/v1/auth/sign-out", Some(body)).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(!hint(&mut stream).await, "a session that ends at one server ends at the other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_at_a_lead_at_one_server_is_told_at_the_other() {
    let two = Two::start().await;
    let mut stream = hints(&two.client(1)).await;
    let studio = two.studio.to_string();
    let args = ["member", "--data", &two.data, "--studio", &studio, "--role", "sales"];
    line(&run(&two.database, &args, &format!("Sami\nsami@studio.example\n{PASSWORD}\n")).await);
    assert!(hint(&mut stream).await, "the servers speak to each other");
    let sami = sign_in("sami@studio.example", PASSWORD);
    let sami: Session = two.servers[0].client.send(Method::POST, "/v1/auth/sign-in", Some(sami)).await.json();
    let client = two.servers[0].signed_in(&sami.tokens.access_token);
    for (lead, members) in [(Some(lead_id(0)), json!([sami.member.id])), (None, json!([]))] {
        let answer = client.send(Method::PUT, "/v1/presence", Some(json!({ "lead_id": lead }))).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
        let event = json!({ "lead_id": lead_id(0), "member_ids": members }).to_string();
        let mut heard = String::new();
        let reading = async {
            while !heard.contains(&event) {
                heard.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().expect("it goes on")));
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("in time");
    }
}
