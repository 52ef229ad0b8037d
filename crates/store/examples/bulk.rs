//! Measures the cache at any size: `cargo run -p frontdesk-store --example bulk -- LEADS MESSAGES FOLDER`.
//!
//! Fills a cache in `FOLDER` as a first sync does, newest first, and asks what the screens ask. In the development
//! profile SQLite is optimised and the rest is not: compare figures of one run with each other.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use domain::*;
use frontdesk_store as store;
use outcome::Result;
use secrecy::SecretBox;
use store::read::{LeadColumn, LeadFilter, LeadQuery, LeadSort};
use store::{Cache, CacheIdentity, PageProgress, PullPage};
use uuid::Uuid;
use wire::changes::{Change, Cursor, Row, Totals};

mod outcome {
    /// What an example may fail with.
    pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
}

const PAGE: usize = 5_000;
const FIRST: [&str; 40] = [
    "Nora", "Omar", "Ana", "Zoë", "Liam", "Mia", "Noah", "Emma", "Lucas", "Ines", "João", "Élise", "Björn", "Chloé",
    "Marta", "Pavel", "Aiko", "Ravi", "Leila", "Tom", "Sara", "Ivan", "Olga", "Hugo", "Lena", "Karim", "Yara", "Finn",
    "Ida", "Max", "Eva", "Jan", "Nina", "Paul", "Rosa", "Theo", "Vera", "Will", "Xenia", "Yusuf",
];
const LAST: [&str; 30] = [
    "Lind", "Silva", "Novak", "García", "Müller", "Rossi", "Dubois", "Kowalski", "Jensen", "O'Neill", "Tanaka",
    "Patel", "Haddad", "Smith", "Jones", "Ferreira", "Costa", "Petrov", "Nagy", "Berg", "Moreau", "Bianchi", "Weber",
    "Vos", "Dahl", "Kaya", "Sato", "Khan", "Adams", "Brown",
];
const WORDS: [&str; 60] = [
    "class",
    "saturday",
    "trial",
    "yoga",
    "price",
    "hello",
    "please",
    "when",
    "the",
    "is",
    "a",
    "to",
    "you",
    "we",
    "can",
    "book",
    "morning",
    "evening",
    "tomorrow",
    "thanks",
    "great",
    "see",
    "there",
    "is",
    "membership",
    "month",
    "free",
    "first",
    "time",
    "beginner",
    "course",
    "pilates",
    "dance",
    "studio",
    "kids",
    "open",
    "offer",
    "week",
    "sunday",
    "monday",
    "cancel",
    "change",
    "number",
    "phone",
    "call",
    "back",
    "later",
    "today",
    "question",
    "about",
    "schedule",
    "online",
    "pay",
    "card",
    "cash",
    "ok",
    "yes",
    "no",
    "maybe",
    "spot",
];

/// A small generator of its own: the same rows on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

fn id(kind: u64, n: u64) -> Uuid {
    // Spread as version 7 ids of one moment are.
    Uuid::from_u64_pair((0x0192_0000_0000 + n / 7) << 16 | 0x7000 | kind, n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, leads, messages, folder] = arguments.as_slice() else { return Err("LEADS MESSAGES FOLDER".into()) };
    let (leads, messages): (u64, u64) = (leads.parse()?, messages.parse()?);
    let path = Path::new(folder).join("cache.db");
    let key = SecretBox::new(Box::new([7; 32]));
    let identity = CacheIdentity {
        studio_id: StudioId::from_uuid(id(6, 1)),
        member_id: MemberId::from_uuid(id(3, 1)),
        device_id: DeviceId::from_uuid(id(7, 1)),
    };
    if !path.exists() {
        fill(&Cache::create(&path, &key, &identity)?, leads, messages)?;
    }
    println!("file                {:>9} MB", path.metadata()?.len() >> 20);
    let started = Instant::now();
    let cache = Cache::open(&path, &key)?;
    let sort = LeadSort { column: LeadColumn::LastActivityAt, descending: true };
    let all = LeadQuery { filter: LeadFilter::default(), sort };
    cache.lead_page(&all, 0, 100)?;
    println!("open + first page   {:>9.2?}", started.elapsed());
    ask(&cache, leads)
}

fn fill(cache: &Cache, leads: u64, messages: u64) -> Result<()> {
    let mut dice = Dice(88_172_645_463_325_252);
    let totals = Totals { leads, conversations: leads, messages, stage_events: 0 };
    let mut rows_done = 0;
    let mut changes = Vec::with_capacity(PAGE);
    let started = Instant::now();
    let mut slowest = std::time::Duration::ZERO;
    let mut send = |changes: &mut Vec<Change>, is_last: bool| -> Result<()> {
        rows_done += changes.len() as u64;
        let progress =
            if is_last { PageProgress::SnapshotFinished } else { PageProgress::Snapshot { totals, rows_done } };
        let page = PullPage {
            changes: std::mem::take(changes),
            unreadable: vec![],
            cursor: Cursor(rows_done.to_string()),
            progress,
            epoch: None,
        };
        let started = Instant::now();
        cache.apply_page(&page)?;
        slowest = slowest.max(started.elapsed());
        Ok(())
    };
    for n in 0..leads {
        changes.extend(lead_rows(n, &mut dice).map(Change::Upsert));
        if changes.len() >= PAGE {
            send(&mut changes, false)?;
        }
    }
    send(&mut changes, false)?;
    let in_leads = started.elapsed();
    println!("leads               {:>9.0} rows/s", (2 * leads) as f64 / in_leads.as_secs_f64());
    for n in 0..messages {
        changes.push(Change::Upsert(Row::Message(message(n, leads, &mut dice))));
        if changes.len() >= PAGE {
            send(&mut changes, false)?;
        }
    }
    send(&mut changes, true)?;
    println!("messages            {:>9.0} rows/s", messages as f64 / (started.elapsed() - in_leads).as_secs_f64());
    println!("slowest page        {slowest:>9.2?}");
    let tidying = Instant::now();
    let mut steps = 0;
    let mut longest = std::time::Duration::ZERO;
    loop {
        let step = Instant::now();
        if !cache.tidy()? {
            break;
        }
        longest = longest.max(step.elapsed());
        steps += 1;
    }
    println!("tidy                {:>9.2?}  in {steps} steps, longest {longest:.2?}", tidying.elapsed());
    let closing = Instant::now();
    cache.close()?;
    println!("close               {:>9.2?}", closing.elapsed());
    Ok(())
}

/// Newest first, 20 seconds apart.
fn moment(n: u64) -> UnixMs {
    UnixMs(1_795_000_000_000 - n as i64 * 20_000)
}

fn lead_rows(n: u64, dice: &mut Dice) -> impl Iterator<Item = Row> {
    let first = FIRST[dice.roll(40) as usize];
    let last = LAST[dice.roll(30) as usize];
    let lead_id = LeadId::from_uuid(id(1, n));
    let lead = Lead {
        id: lead_id,
        name: format!("{first} {last}"),
        email: Some(format!("{}.{}{n}@example.com", fold(first), n % 97)),
        phone: Phone::try_from(format!("+44770{:07}", dice.roll(10_000_000))).ok(),
        stage_id: StageId::from_uuid(id(2, dice.roll(6))),
        owner_id: (dice.roll(4) > 0).then(|| MemberId::from_uuid(id(3, dice.roll(8)))),
        source: Source::Webhook,
        campaign: None,
        tags: vec![["vip", "trial", "kids"][dice.roll(3) as usize].to_owned()],
        notes: String::new(),
        value_minor: Some(dice.roll(90_000) as i64),
        state: LeadState::Active,
        custom: domain::CustomValues::new(),
        first_touch: Touch::default(),
        last_touch: Touch::default(),
        created_at: UnixMs(moment(n).0 - dice.roll(10_000_000_000) as i64),
        updated_at: moment(n),
        last_activity_at: moment(n),
    };
    let conversation = Conversation {
        id: ConversationId::from_uuid(id(4, n)),
        lead_id,
        channel: Channel::Whatsapp,
        status: ConversationStatus::Open,
        assignee_id: None,
        preview: "hello there".to_owned(),
        preview_direction: Direction::Inbound,
        last_message_at: moment(n),
        unread_count: (n % 3) as i64,
    };
    [Row::Lead(Box::new(lead)), Row::Conversation(conversation)].into_iter()
}

fn message(n: u64, leads: u64, dice: &mut Dice) -> Message {
    let thread = dice.roll(leads);
    let words: Vec<&str> =
        (0..4 + dice.roll(20)).map(|_| WORDS[(dice.roll(60) * dice.roll(60) / 60) as usize]).collect();
    Message {
        id: MessageId::from_uuid(id(5, n)),
        conversation_id: ConversationId::from_uuid(id(4, thread)),
        lead_id: LeadId::from_uuid(id(1, thread)),
        direction: if n.is_multiple_of(2) { Direction::Inbound } else { Direction::Outbound },
        author_id: None,
        body: format!("{} {}", words.join(" "), dice.roll(100_000)),
        status: DeliveryStatus::Delivered,
        failure_reason: None,
        sent_at: moment(n),
    }
}

fn timed(name: &str, times: u32, mut ask: impl FnMut(u32) -> Result<usize>) -> Result<()> {
    let mut elapsed = Vec::new();
    let mut found = 0;
    for turn in 0..times {
        let started = Instant::now();
        found = ask(turn)?;
        elapsed.push(started.elapsed());
    }
    let first = elapsed[0];
    elapsed.sort();
    let (p50, p95) = (elapsed[elapsed.len() / 2], elapsed[elapsed.len() * 95 / 100]);
    println!("{name:<40} first {first:>9.2?}  p50 {p50:>9.2?}  p95 {p95:>9.2?}  ({found} rows)");
    Ok(())
}

fn ask(cache: &Cache, leads: u64) -> Result<()> {
    let query = |column, filter: LeadFilter| LeadQuery { filter, sort: LeadSort { column, descending: true } };
    let stage = || vec![StageId::from_uuid(id(2, 3))];
    let filters = [
        ("all", LeadFilter::default()),
        ("stage", LeadFilter { stages: stage(), ..LeadFilter::default() }),
        ("stage+tag", LeadFilter { stages: stage(), tags: vec!["vip".to_owned()], ..LeadFilter::default() }),
        ("created", LeadFilter { created_from: Some(UnixMs(1_794_900_000_000)), ..LeadFilter::default() }),
    ];
    for (name, filter) in filters {
        timed(&format!("count {name}"), 5, |_| Ok(cache.lead_count(&filter)? as usize))?;
        let count = cache.lead_count(&filter)?.max(1);
        for column in [LeadColumn::LastActivityAt, LeadColumn::Name, LeadColumn::Stage] {
            let query = query(column, filter.clone());
            timed(&format!("page {name} by {column:?}, first"), 20, |_| {
                Ok(cache.lead_page(&query, 0, 100)?.rows.len())
            })?;
            timed(&format!("page {name} by {column:?}, anywhere"), 40, |turn| {
                let offset = u64::from(turn) * 7_919_993 % count;
                Ok(cache.lead_page(&query, offset, 100)?.rows.len())
            })?;
        }
    }
    timed("inbox, anywhere", 40, |turn| {
        let offset = u64::from(turn) * 7_919_993 % leads;
        Ok(cache.conversation_page(store::read::Folder::Open, offset, 100)?.rows.len())
    })?;
    for text in [
        "nora",
        "nora lind",
        "no",
        "ov",
        "7701",
        "077012",
        "saturday",
        "sat",
        "satu",
        "saturday trial",
        "the",
        "a class",
        "class yoga price",
        "nora saturday",
        "99",
        "12345",
        "zzzzqq",
        "hello zzzzqq",
    ] {
        timed(&format!("search {text:?}"), 20, |_| {
            let results = cache.search(text, 50)?;
            Ok(results.leads.len() * 1000 + results.messages.len())
        })?;
    }
    let started = Instant::now();
    let mut rows = 0;
    cache.for_each_lead(store::LeadScope::All, &mut |_| {
        rows += 1;
        std::ops::ControlFlow::Continue(())
    })?;
    println!("export of {rows} leads {:.2?}", started.elapsed());
    Ok(())
}
