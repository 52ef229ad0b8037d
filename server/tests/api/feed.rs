//! The change feed and its hints.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wire::ApiErrorCode;
use wire::changes::{Begin, Change, Cursor, FeedKind, Line, Row, RowId};

use crate::harness::{
    Client, OWNER, SALES, STRANGER, TestServer, lead_id, message_id, owner_id, rows, sales_id, stage_id,
};

/// One response of the feed, in parts.
pub struct Feed {
    pub begin: Begin,
    pub pages: Vec<(Vec<Change>, Cursor)>,
    /// What stood after the last page; of a feed that was read to its end, nothing.
    pub rest: Vec<Change>,
    pub end: Option<Cursor>,
}

impl Feed {
    pub async fn read(client: &Client, cursor: Option<&Cursor>) -> Self {
        Self::read_pages(client, cursor, usize::MAX).await
    }

    /// Reads until `pages` pages have come, then hangs up.
    pub async fn read_pages(client: &Client, cursor: Option<&Cursor>, pages: usize) -> Self {
        let query: Vec<_> = cursor.iter().map(|cursor| ("cursor", &cursor.0)).collect();
        let mut response = client.request(Method::GET, "/v1/sync/changes").query(&query).send().await.unwrap();
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        let mut buffer = Vec::new();
        let mut lines = Vec::new();
        let mut seen = 0;
        while let Some(chunk) = response.chunk().await.unwrap() {
            buffer.extend_from_slice(&chunk);
            while let Some(at) = buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = buffer.drain(..=at).collect();
                let line = Line::parse(&line[..at]).unwrap();
                seen += usize::from(matches!(line, Line::Page(_)));
                lines.push(line);
                if seen == pages {
                    return Self::assemble(lines);
                }
            }
        }
        assert!(buffer.is_empty(), "a feed ends with a line feed");
        let feed = Self::assemble(lines);
        assert!(feed.end.is_some() && feed.rest.is_empty(), "a whole feed ends with its end");
        feed
    }

    fn assemble(lines: Vec<Line>) -> Self {
        let mut lines = lines.into_iter();
        let Some(Line::Begin(begin)) = lines.next() else { panic!("a feed begins with its beginning") };
        let mut feed = Self { begin, pages: Vec::new(), rest: Vec::new(), end: None };
        for line in lines {
            assert!(feed.end.is_none(), "nothing follows the end");
            match line {
                Line::Change(change) => feed.rest.push(change),
                Line::Page(cursor) => feed.pages.push((std::mem::take(&mut feed.rest), cursor)),
                Line::End(cursor) => feed.end = Some(cursor),
                Line::Begin(_) | Line::Failed(_) | Line::Unreadable(_) => panic!("{line:?}"),
            }
        }
        feed
    }

    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.pages.iter().flat_map(|(changes, _)| changes).chain(&self.rest)
    }

    pub fn upserts(&self) -> Vec<Row> {
        self.changes()
            .map(|change| match change {
                Change::Upsert(row) => row.clone(),
                Change::Delete(_) | Change::Forget(_) => panic!("{change:?}"),
            })
            .collect()
    }
}

/// What a client holds that applies all it is told.
#[derive(Default)]
pub struct Replica {
    pub rows: BTreeMap<(String, String), Value>,
    pub cursor: Option<Cursor>,
}

impl Replica {
    pub async fn pull(client: &Client) -> Self {
        let mut replica = Self::default();
        replica.update(client).await;
        replica
    }

    /// Pulls until all is told.
    pub async fn update(&mut self, client: &Client) {
        let feed = Feed::read(client, self.cursor.as_ref()).await;
        self.apply(&feed);
        self.cursor = feed.end;
    }

    pub fn apply(&mut self, feed: &Feed) {
        for change in feed.changes() {
            match change {
                Change::Upsert(row) => {
                    let (kind, value) = single(serde_json::to_value(row).unwrap());
                    self.rows.insert((kind, own_id(&value)), value);
                }
                Change::Delete(id) | Change::Forget(id) => {
                    self.rows.remove(&key(*id));
                }
            }
        }
    }

    pub fn get(&self, kind: &str, id: &impl ToString) -> Option<&Value> {
        self.rows.get(&(kind.to_owned(), id.to_string()))
    }

    pub fn of_lead(&self, kind: &str, lead: &impl ToString) -> Vec<&Value> {
        let lead = lead.to_string();
        let rows = self.rows.iter().filter(|((k, _), row)| k == kind && row["lead_id"] == json!(lead));
        rows.map(|(_, row)| row).collect()
    }

    fn leads(&self) -> BTreeSet<String> {
        self.rows.keys().filter(|(kind, _)| kind == "lead").map(|(_, id)| id.clone()).collect()
    }
}

fn single(value: Value) -> (String, Value) {
    let Value::Object(object) = value else { panic!("{value}") };
    object.into_iter().next().unwrap()
}

/// The row's own id; of the subscription, of which there is one, the studio's.
fn own_id(row: &Value) -> String {
    row.get("id").unwrap_or(&row["studio_id"]).as_str().unwrap().to_owned()
}

fn key(id: RowId) -> (String, String) {
    let (kind, id) = single(serde_json::to_value(id).unwrap());
    (kind, id.as_str().unwrap().to_owned())
}

/// By kind and id, so that two lists compare whatever their order.
fn sorted(rows: impl IntoIterator<Item = Row>) -> BTreeMap<String, Row> {
    let name = |row: &Row| {
        let (kind, value) = single(serde_json::to_value(row).unwrap());
        format!("{kind} {}", own_id(&value))
    };
    rows.into_iter().map(|row| (name(&row), row)).collect()
}

#[tokio::test]
async fn a_snapshot_is_complete_and_exact_and_resumes_at_every_page() {
    let server = TestServer::start(2_500, 4).await;
    let client = server.client(OWNER).await;
    let whole = Feed::read(&client, None).await;
    assert_eq!(whole.begin.kind, FeedKind::Snapshot);
    assert_eq!(whole.begin.rows_before, 0);
    let totals = whole.begin.totals;
    assert_eq!(
        (totals.leads, totals.conversations, totals.messages, totals.stage_events),
        (2_500, 2_500, 10_000, 2_500)
    );

    let told = whole.upserts();
    let frame = |row: &Row| matches!(row, Row::Studio(_) | Row::Member(_));
    let count = told.len();
    let told_once = sorted(told.iter().filter(|row| !frame(row)).cloned());
    assert_eq!(told_once, sorted(rows(2_500, 4)), "every row, byte for byte what was written");
    assert_eq!(count, told_once.len() + 3, "no row twice; one studio and two members besides");
    assert!(whole.pages.len() >= 5, "{} pages", whole.pages.len());

    let mut before = 0_u64;
    for (n, (changes, cursor)) in whole.pages.iter().enumerate() {
        before += u64::try_from(changes.len()).unwrap();
        let rest = Feed::read(&client, Some(cursor)).await;
        if n + 1 == whole.pages.len() {
            assert_eq!(rest.begin.kind, FeedKind::Delta);
            assert_eq!(rest.changes().count(), 0);
        } else {
            assert_eq!((rest.begin.kind, rest.begin.totals), (FeedKind::Snapshot, totals));
            assert_eq!(rest.begin.rows_before, before - 6, "studio, members and stages are not counted");
            let expected: Vec<_> = whole.pages[n + 1..].iter().flat_map(|(changes, _)| changes).collect();
            assert_eq!(rest.changes().collect::<Vec<_>>(), expected, "after page {n}");
        }
        assert_eq!(rest.end, whole.end);
    }
}

#[tokio::test]
async fn a_snapshot_begins_with_the_newest() {
    let server = TestServer::start(700, 4).await;
    let client = server.client(OWNER).await;
    let pages = Feed::read(&client, None).await.pages;

    let mut first = pages[0].0.iter();
    assert!(matches!(first.next(), Some(Change::Upsert(Row::Studio(_)))));
    for _ in 0..2 {
        assert!(matches!(first.next(), Some(Change::Upsert(Row::Member(_)))));
    }
    for n in 0..3 {
        assert!(matches!(first.next(), Some(Change::Upsert(Row::Stage(stage))) if stage.id == stage_id(n)));
    }
    let leads = |changes: &[Change]| -> Vec<(i64, String)> {
        let leads = changes.iter().filter_map(|change| match change {
            Change::Upsert(Row::Lead(lead)) => Some((lead.last_activity_at.0, lead.id.to_string())),
            _ => None,
        });
        leads.collect()
    };
    let newest = leads(&pages[0].0);
    assert_eq!(newest.len(), 300);
    assert!(newest.is_sorted_by(|a, b| a > b));
    let others: Vec<_> = pages[1..].iter().flat_map(|(changes, _)| leads(changes)).collect();
    assert_eq!(others.len(), 400);
    assert!(newest.last() > others.first() && others.is_sorted_by(|a, b| a > b));

    let messages = pages.iter().flat_map(|(changes, _)| changes).filter_map(|change| match change {
        Change::Upsert(Row::Message(message)) => Some((message.sent_at.0, message.id.to_string())),
        _ => None,
    });
    let messages: Vec<_> = messages.collect();
    assert_eq!(messages.len(), 2_800);
    assert!(messages.is_sorted_by(|a, b| a > b));
    let on_second = pages[1].0.iter().filter(|change| matches!(change, Change::Upsert(Row::Message(_))));
    assert_eq!((on_second.count(), pages[1].0.len()), (1_500, 1_500), "messages of the second page");
    for (n, change) in pages[0].0.iter().enumerate().skip(6) {
        if let Change::Upsert(Row::Lead(lead)) = change {
            let follow = &pages[0].0[n + 1..];
            let conversation =
                |change: &Change| matches!(change, Change::Upsert(Row::Conversation(c)) if c.lead_id == lead.id);
            let event = |change: &Change| matches!(change, Change::Upsert(Row::StageEvent(e)) if e.lead_id == lead.id);
            assert!(follow.iter().any(conversation) && follow.iter().any(event), "on the page of their lead");
        }
    }
}

#[tokio::test]
async fn what_changes_during_a_snapshot_is_in_the_delta_after_it() {
    let server = TestServer::start(1_200, 4).await;
    let client = server.client(OWNER).await;

    // Somebody who writes all the time, until told to stop, all over the studio.
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (tell_written, mut written) = tokio::sync::watch::channel(0_u64);
    let writer = client.clone();
    let writing = tokio::spawn(async move {
        let mut n = 0_u64;
        while !*stopped.borrow() {
            n += 1;
            let target = n * 611 % 1_200;
            let owner = if n % 8 == 3 { json!(null) } else { json!(sales_id()) };
            match n % 4 {
                0 => writer.delete_lead(target).await,
                1 => writer.record(target, message_id(1_000_000 + n), "inbound", "new").await,
                2 => writer.patch_lead(target, json!({ "stage_id": stage_id(n % 3), "notes": n.to_string() })).await,
                _ => writer.patch_lead(target, json!({ "owner_id": owner })).await,
            };
            tell_written.send_replace(n);
        }
    });

    // Each page by a request of its own, and some writes between any two.
    let mut replica = Replica::default();
    let mut cursor = None;
    let (mut pages, mut kinds) = (0, BTreeSet::new());
    loop {
        let enough = *written.borrow() + 3;
        written.wait_for(|n| *n >= enough).await.unwrap();
        let feed = Feed::read_pages(&client, cursor.as_ref(), 1).await;
        kinds.insert(format!("{:?}", feed.begin.kind));
        replica.apply(&feed);
        match feed.pages.last() {
            Some((_, next)) => cursor = Some(next.clone()),
            None => break,
        }
        pages += 1;
        if pages == 25 {
            break;
        }
    }
    stop.send(true).unwrap();
    writing.await.unwrap();
    assert!(pages == 25 && *written.borrow() >= 75, "{pages} pages, {} writes", *written.borrow());
    assert_eq!(kinds.len(), 2, "snapshot and delta");

    replica.cursor = cursor;
    replica.update(&client).await;
    let fresh = Replica::pull(&client).await;
    let differing = |one: &Replica, other: &Replica| -> Vec<(String, String)> {
        one.rows.iter().filter(|(key, row)| other.rows.get(*key) != Some(row)).map(|(key, _)| key.clone()).collect()
    };
    assert_eq!(differing(&fresh, &replica), [], "missing or stale");
    assert_eq!(differing(&replica, &fresh), [], "gone");
}

#[tokio::test]
async fn a_delta_tells_what_changed_and_nothing_else() {
    let server = TestServer::start(300, 4).await;
    let client = server.client(OWNER).await;
    let end = Feed::read(&client, None).await.end;
    client.patch_lead(5, json!({ "notes": "changed" })).await;
    client.delete_lead(6).await;

    let delta = Feed::read(&client, end.as_ref()).await;
    assert_eq!((delta.begin.kind, delta.begin.totals.rows()), (FeedKind::Delta, 0));
    let changes: Vec<_> = delta.changes().collect();
    assert_eq!(
        changes.len(),
        2 + 7,
        "one lead and its edit; one with a conversation, an event and four messages: {changes:?}"
    );
    assert!(matches!(changes[0], Change::Upsert(Row::Lead(lead)) if lead.id == lead_id(5) && lead.notes == "changed"));
    assert!(matches!(&changes[1], Change::Upsert(Row::LeadEdit(edit)) if edit.lead_id == lead_id(5)));
    assert!(changes[2..].iter().all(|change| matches!(change, Change::Delete(_))));
    let nothing = Feed::read(&client, delta.end.as_ref()).await;
    assert_eq!((nothing.changes().count(), nothing.pages.len()), (0, 0));
    assert_eq!(Feed::read(&client, end.as_ref()).await.changes().count(), 9, "a cursor may be used again");
}

#[tokio::test]
async fn a_long_delta_comes_in_pages_that_resume() {
    let server = TestServer::start(1, 1).await;
    let client = server.client(OWNER).await;
    let mut replica = Replica::pull(&client).await;
    let more = rows(2_500, 4).into_iter().filter(|row| !matches!(row, Row::Stage(_)) && !is_of_first_lead(row));
    let more: Vec<_> = more.collect();
    server.running.admin().import(crate::harness::studio_id(), more.into_iter()).await.unwrap();

    let mut pages = 0;
    loop {
        let feed = Feed::read_pages(&client, replica.cursor.as_ref(), 1).await;
        replica.apply(&feed);
        let Some((_, cursor)) = feed.pages.last() else { break };
        replica.cursor = Some(cursor.clone());
        pages += 1;
    }
    assert!(pages >= 3, "{pages}");
    assert_eq!(replica.rows.len(), Replica::pull(&client).await.rows.len());
}

#[tokio::test]
async fn a_row_that_no_line_can_hold_is_not_imported() {
    let server = TestServer::start(1, 1).await;
    let mut lead = rows(2, 0).into_iter().filter_map(|row| match row {
        Row::Lead(lead) if lead.id == lead_id(1) => Some(lead),
        _ => None,
    });
    let lead = lead.next().unwrap();
    // Each of these characters takes six bytes in a line.
    let long = |n: usize| "\u{1}".repeat(n);
    for (name, fits) in [(long(180_000), false), (long(150_000), true)] {
        let row = Row::Lead(Box::new(domain::Lead { name, ..*lead.clone() }));
        let result = server.running.admin().import(crate::harness::studio_id(), [row].into_iter()).await;
        assert_eq!(result.is_ok(), fits, "{result:?}");
    }
    // The one that fits arrives; a line that did not would fail here.
    assert_eq!(Replica::pull(&server.client(OWNER).await).await.leads().len(), 2);
}

#[tokio::test]
async fn what_was_deleted_is_not_imported_again() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    client.delete_lead(1).await;
    let before = Replica::pull(&client).await;
    let again: Vec<_> =
        rows(3, 2).into_iter().filter(|row| matches!(row, Row::Lead(l) if l.id == lead_id(1))).collect();
    let result = server.running.admin().import(crate::harness::studio_id(), again.into_iter()).await;
    assert!(result.is_err());
    assert_eq!(Replica::pull(&client).await.rows, before.rows);
}

fn is_of_first_lead(row: &Row) -> bool {
    let first = lead_id(0);
    match row {
        Row::Lead(lead) => lead.id == first,
        Row::Conversation(conversation) => conversation.lead_id == first,
        Row::Message(message) => message.lead_id == first,
        Row::StageEvent(event) => event.lead_id == first,
        Row::LeadEdit(edit) => edit.lead_id == first,
        Row::Studio(_)
        | Row::Member(_)
        | Row::Stage(_)
        | Row::CustomField(_)
        | Row::Subscription(_)
        | Row::Invoice(_) => false,
    }
}

#[tokio::test]
async fn sales_are_told_of_their_own_leads_and_the_pool_and_what_leaves_their_sight_is_forgotten() {
    let server = TestServer::start(30, 4).await;
    let (olga, sami) = (server.client(OWNER).await, server.client(SALES).await);
    let feed = Feed::read(&sami, None).await;
    assert_eq!((feed.begin.totals.leads, feed.begin.totals.messages), (20, 80));
    let mut replica = Replica::default();
    replica.apply(&feed);
    replica.cursor = feed.end;
    let visible: BTreeSet<_> = (0..30).filter(|n| n % 3 != 0).map(|n| lead_id(n).to_string()).collect();
    assert_eq!(replica.leads(), visible);
    let of_others = replica.rows.values().filter(|row| row["lead_id"].as_str().is_some_and(|id| !visible.contains(id)));
    assert_eq!(of_others.count(), 0);

    // One lead comes into sight with all its history, one leaves it.
    olga.patch_lead(0, json!({ "owner_id": sales_id() })).await;
    olga.patch_lead(2, json!({ "owner_id": owner_id() })).await;
    olga.patch_lead(3, json!({ "notes": "not yours" })).await;
    replica.update(&sami).await;
    assert_eq!(replica.of_lead("message", &lead_id(0)).len(), 4);
    assert!(replica.of_lead("message", &lead_id(2)).is_empty());
    let fresh = Feed::read(&sami, None).await;
    assert_eq!((fresh.begin.totals.leads, fresh.begin.totals.messages), (20, 80));
    let mut expected = Replica::default();
    expected.apply(&fresh);
    assert_eq!(replica.rows, expected.rows);
}

#[tokio::test]
async fn who_sees_next_to_nothing_gets_on_in_pages_too() {
    // One lead of somebody else, with more messages than a page looks at.
    let server = TestServer::start(1, 60_000).await;
    let sami = server.client(SALES).await;
    let whole = Feed::read(&sami, None).await;
    assert_eq!(whole.changes().count(), 6, "studio, members and stages");
    let empty: Vec<_> = whole.pages[1..].iter().filter(|(changes, _)| changes.is_empty()).collect();
    assert!(empty.len() > 1, "{} pages: what was looked through would have to be again", whole.pages.len());
    for (_, cursor) in empty {
        let rest = Feed::read(&sami, Some(cursor)).await;
        assert_eq!((rest.changes().count(), rest.end), (0, whole.end.clone()));
    }
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_or_not_for_us_is_invalid() {
    let server = TestServer::start(3, 2).await;
    let olga = server.client(OWNER).await;
    let end = Feed::read(&olga, None).await.end.unwrap().0;
    let flipped = if let Some(rest) = end.strip_prefix("1.e") { format!("1.f{rest}") } else { panic!("{end}") };
    for forged in ["x", "", "eyJ2IjoxfQ.AAAA", &flipped, &"x".repeat(5_000)] {
        let answer = olga.get(&format!("/v1/sync/changes?cursor={forged}")).await;
        assert_eq!(answer.code(), ApiErrorCode::CursorInvalid, "{forged}");
    }
    for email in [SALES, STRANGER] {
        let answer = server.client(email).await.get(&format!("/v1/sync/changes?cursor={end}")).await;
        assert_eq!(answer.code(), ApiErrorCode::CursorInvalid, "{email}");
    }
    assert_eq!(olga.get(&format!("/v1/sync/changes?cursor={end}")).await.status, 200, "the control");
}

/// Reads the events' stream until `text` has come, and says what came.
async fn read_until(stream: &mut reqwest::Response, text: &str) -> String {
    let mut heard = String::new();
    let reading = async {
        while !heard.contains(text) {
            match stream.chunk().await {
                Ok(Some(chunk)) => heard.push_str(&String::from_utf8_lossy(&chunk)),
                Ok(None) | Err(_) => break,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(1), reading).await.expect("within a second");
    heard
}

#[tokio::test]
async fn a_hint_comes_within_a_second_of_a_change_of_this_studio() {
    let server = TestServer::start(3, 2).await;
    let (olga, sten) = (server.client(OWNER).await, server.client(STRANGER).await);
    let mut here = olga.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    let mut there = sten.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    assert_eq!(here.headers()["content-type"], "text/event-stream");
    assert!(read_until(&mut here, "\n\n").await.contains("event: hint"), "one at once");
    assert!(read_until(&mut there, "\n\n").await.contains("event: hint"));

    olga.patch_lead(0, json!({ "notes": "changed" })).await;
    assert!(read_until(&mut here, "\n\n").await.contains("event: hint"));
    let silence = tokio::time::timeout(Duration::from_millis(200), there.chunk()).await;
    assert!(silence.is_err(), "another studio hears nothing");
}

#[tokio::test]
async fn the_hints_end_with_the_session() {
    let server = TestServer::start(1, 1).await;
    let lost = server.session(OWNER).await;
    let here = server.client(OWNER).await;
    let mut stream =
        server.client_with(&lost.tokens.access_token).request(Method::GET, "/v1/sync/events").send().await.unwrap();
    read_until(&mut stream, "\n\n").await;
    here.send(Method::DELETE, &format!("/v1/devices/{}", lost.device_id), None).await;
    assert_eq!(read_until(&mut stream, "event: never").await, "");
}
