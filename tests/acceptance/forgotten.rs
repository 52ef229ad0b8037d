//! A lead that is given to somebody else is forgotten by the device that had it (A2, F3): no row, no index and no byte of
//! it is left in the cache's files.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use desk::view::DeskEvent;
use domain::{LeadId, Role};
use reqwest::Method;
use serde_json::json;
use testkit::{Colleague, PATIENCE, Size, TestDesk, TestServer};
use uuid::Uuid;
use wire::changes::Row;

use crate::manager;
use crate::plain_image::Image;

/// Enough that forgetting them joins and frees pages of every tree.
const FORGOTTEN: usize = 60;
/// How long an open desk may still be reading or writing when all is forgotten.
const LOG_PATIENCE: Duration = Duration::from_secs(60);
const STUDIO: Size = Size { leads: 600, messages: 4_000 };

/// Letters that are drawn for a place, so that no text of the studio has them, and no two begin alike.
fn word(lead: usize, place: &str) -> String {
    let seed = place.bytes().fold(lead as u64 + 1, |seed, byte| seed.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte));
    let mut state = seed;
    let letters = (0..14).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
    });
    letters.collect()
}

/// Of a script without spaces, whose characters are indexed one by one.
fn characters(lead: usize) -> String {
    (0..4).filter_map(|n| char::from_u32(0x2_0100 + u32::try_from(lead * 4 + n).expect("few"))).collect()
}

/// What a lead is given in each of its fields and messages. As text, and as it may stand in an index.
struct Marked {
    id: LeadId,
    conversation: Uuid,
    marks: BTreeMap<&'static str, String>,
}

impl Marked {
    /// The number is of an area code that no number of the demo has.
    fn new(n: usize, id: LeadId, conversation: Uuid) -> Self {
        let mut marks: BTreeMap<_, _> = ["name", "email", "tag", "notes", "notes end", "inbound", "outbound", "long"]
            .map(|place| (place, word(n, place)))
            .into();
        marks.insert("phone", format!("+1800555{:04}", n + 100));
        marks.insert("characters", characters(n));
        Self { id, conversation, marks }
    }

    fn mark(&self, place: &str) -> &str {
        &self.marks[place]
    }

    /// What to look for in the files: the text, and what an index that shortens words would leave of them.
    fn traces(&self) -> Vec<(&'static str, String)> {
        let of = |(place, mark): (&&'static str, &String)| {
            let mut traces = vec![(*place, mark.clone())];
            if mark.is_ascii() && *place != "phone" {
                traces.push((*place, mark[5..].to_owned()));
            }
            traces
        };
        self.marks.iter().flat_map(of).collect()
    }

    async fn write(&self, colleague: &Colleague) -> anyhow::Result<()> {
        let patch = json!({
            "name": format!("Mark {}", self.mark("name")),
            "email": format!("{}@example.org", self.mark("email")),
            "phone": self.mark("phone"),
            "tags": [self.mark("tag")],
            // Longer than a page: the rest of it lies in pages of its own.
            "notes": format!("{} {} {}", self.mark("notes"), "x ".repeat(3_000), self.mark("notes end")),
        });
        colleague.send(Method::PATCH, &format!("/v1/leads/{}", self.id), &patch).await?;
        let long = format!("{} {} {}", "y ".repeat(3_000), self.mark("long"), self.mark("characters"));
        for (direction, body) in
            [("inbound", self.mark("inbound")), ("outbound", self.mark("outbound")), ("inbound", long.as_str())]
        {
            let message = json!({ "id": Uuid::now_v7(), "direction": direction, "body": body });
            let path = format!("/v1/conversations/{}/messages", self.conversation);
            colleague.send(Method::POST, &path, &message).await?;
        }
        Ok(())
    }
}

/// Words of both search indexes, those of which nothing is found any more included.
fn indexed(image: &Image) -> anyhow::Result<BTreeSet<String>> {
    let dir = tempfile::tempdir()?;
    let plain = image.open_plain(dir.path())?;
    let mut words = BTreeSet::new();
    for index in ["lead_fts", "message_fts"] {
        plain.execute_batch(&format!("CREATE VIRTUAL TABLE temp.words_{index} USING fts5vocab(main, {index}, row)"))?;
        let mut statement = plain.prepare(&format!("SELECT term FROM words_{index}"))?;
        for word in statement.query_map([], |row| row.get::<_, String>(0))? {
            words.insert(format!("{index}: {}", word?));
        }
        // The index itself says whether it is whole.
        plain.execute_batch(&format!("INSERT INTO {index}({index}) VALUES ('integrity-check')"))?;
    }
    let checked: String = plain.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    anyhow::ensure!(checked == "ok", "{checked}");
    Ok(words)
}

/// Where anything of these leads stands.
fn traces(image: &Image, marked: &[Marked]) -> anyhow::Result<Vec<String>> {
    let (names, words): (Vec<_>, Vec<_>) = marked
        .iter()
        .zip(0..)
        .flat_map(|(lead, n)| {
            lead.traces().into_iter().map(move |(place, trace)| (format!("lead {n}, {place}"), trace))
        })
        .unzip();
    let found = image.find(&words)?;
    Ok(found.into_iter().map(|(word, places)| format!("{}: {places:?}", names[word])).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_lead_that_went_to_a_colleague_nothing_is_left_in_the_files() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let seller = server.member(Role::Sales)?.clone();
    let mut desk = TestDesk::signed_in(&server, &seller).await?;
    desk.wait_until_synced().await?;
    let marked = chosen(&server, &seller);
    assert_eq!(marked.len(), FORGOTTEN);
    let before = Image::read(&desk).await?;
    assert_eq!(traces(&before, &marked)?, Vec::<String>::new(), "the control: it has none yet");
    let words_before = indexed(&before)?;
    assert!(words_before.len() > 1_000, "{}", words_before.len());

    let colleague = server.colleague(manager(&server)).await?;
    for lead in &marked {
        lead.write(&colleague).await?;
    }
    let last = marked.last().expect("some");
    until_here(&mut desk, last.id, |lead| lead.name.contains(last.mark("name"))).await?;
    until_found(&desk, last.mark("long"), true).await?;
    let with = Image::read(&desk).await?;
    assert!(indexed(&with)?.difference(&words_before).count() > 5 * FORGOTTEN, "the control: in the indexes");
    let texts: Vec<_> = marked.iter().flat_map(|lead| lead.marks.values().cloned()).collect();
    let found = with.find(&texts)?;
    let missed: Vec<_> = texts.iter().enumerate().filter(|(n, _)| !found.contains_key(n)).collect();
    assert!(missed.is_empty(), "the control: each is found, in what is decrypted: {missed:?}");

    // To somebody else, one by one, as a manager does it.
    let other = server.members.iter().find(|member| member.id != seller.id && member.role == Role::Sales);
    let other = other.unwrap_or(manager(&server)).id;
    for lead in &marked {
        colleague.send(Method::PATCH, &format!("/v1/leads/{}", lead.id), &json!({ "owner_id": other })).await?;
    }
    for lead in &marked {
        until_gone(&mut desk, lead.id).await?;
    }
    until_found(&desk, last.mark("long"), false).await?;
    for (what, image) in [
        ("while it is open", once_forgotten(&desk, &marked).await?),
        ("closed", {
            desk = desk.restart().await;
            Image::read(&desk).await?
        }),
    ] {
        assert_eq!(traces(&image, &marked)?, Vec::<String>::new(), "{what}, of {:?}", image.size());
        let left: Vec<_> = indexed(&image)?.difference(&words_before).cloned().collect();
        assert_eq!(left, Vec::<String>::new(), "{what}, in the indexes");
    }
    Ok(())
}

/// What is in the files once the idle desk has overwritten what was left between rows, and the log was emptied: whoever
/// reads or writes at that moment has it wait until they are done. Or what is still there when that should long have
/// happened.
async fn once_forgotten(desk: &TestDesk, marked: &[Marked]) -> anyhow::Result<Image> {
    let deadline = Instant::now() + LOG_PATIENCE;
    loop {
        let image = Image::read(desk).await?;
        if Instant::now() > deadline || traces(&image, marked)?.is_empty() {
            return Ok(image);
        }
    }
}

/// Leads of the seller that have a conversation.
fn chosen(server: &TestServer, seller: &domain::Member) -> Vec<Marked> {
    let own = server.rows.iter().filter_map(|row| match row {
        Row::Lead(lead) if lead.owner_id == Some(seller.id) => Some(lead.id),
        _ => None,
    });
    let own: BTreeSet<LeadId> = own.collect();
    let conversations = server.rows.iter().filter_map(|row| match row {
        Row::Conversation(conversation) if own.contains(&conversation.lead_id) => {
            Some((conversation.lead_id, *conversation.id.as_uuid()))
        }
        _ => None,
    });
    let one_each: BTreeMap<_, _> = conversations.collect();
    let all = one_each.into_iter().enumerate().take(FORGOTTEN);
    all.map(|(n, (lead, conversation))| Marked::new(n, lead, conversation)).collect()
}

async fn until_here(desk: &mut TestDesk, id: LeadId, is_so: impl Fn(&domain::Lead) -> bool) -> anyhow::Result<()> {
    while !desk.desk.get_lead_detail(id).await.is_ok_and(|detail| is_so(&detail.lead)) {
        changed(desk).await?;
    }
    Ok(())
}

async fn until_gone(desk: &mut TestDesk, id: LeadId) -> anyhow::Result<()> {
    while desk.desk.get_lead_detail(id).await.is_ok() {
        changed(desk).await?;
    }
    Ok(())
}

async fn changed(desk: &mut TestDesk) -> anyhow::Result<()> {
    desk.wait_for_event("a change", |event| matches!(event, DeskEvent::Changed(_))).await?;
    Ok(())
}

async fn until_found(desk: &TestDesk, word: &str, is_found: bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while desk.desk.search(word.to_owned(), 5).await?.messages.is_empty() == is_found {
        anyhow::ensure!(Instant::now() < deadline, "waited too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
