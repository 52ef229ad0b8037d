//! A day at the desk, in small: acts to be reported, saved views and settings, pages of changes with their threads,
//! leads that are erased, tidying up, and now and then the cache is closed and opened again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use domain::{
    Channel, Conversation, ConversationId, ConversationStatus, CustomValues, DeliveryStatus, Direction, Lead, LeadId,
    LeadState, Message, MessageId, Source, StageId, Touch, UnixMs,
};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use store::read::{Folder, LeadColumn, LeadFilter, LeadQuery, LeadSort, MessageAnchor};
use store::{Cache, LeadScope, PageProgress, PullPage, StoreError, StoredView};
use uuid::Uuid;
use wire::changes::{Change, Cursor, Row, RowId};
use wire::write::{AuditAction, AuditEntry};

use crate::workload::{Place, Workload};

/// Leads that come and go.
const LEADS: u64 = 24;
const VIEWS: u64 = 5;
const SETTING: &str = "torture";
/// Of every so many writes one comes after the cache was closed and opened.
const REOPENED: u32 = 40;
const WORDS: [&str; 12] = [
    "saturday", "trial", "class", "évening", "price", "hello", "ballet", "课程", "tomorrow", "booked", "thanks",
    "studio",
];

enum Write {
    Audit,
    View(u64),
    Setting,
    /// A page of changes: these leads, each with a message of so many words.
    Page {
        leads: Vec<u64>,
        words: usize,
    },
    /// A page that erases these leads.
    Erase(Vec<u64>),
    /// What the idle desk does. It touches no place.
    Tidy,
}

/// The workload. Of one seed it is always the same.
pub struct Mixed {
    writes: Vec<Write>,
    reopens: Vec<bool>,
}

impl Mixed {
    pub fn new(seed: u64, writes: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let some_leads = |rng: &mut ChaCha8Rng, most: u64| {
            let from = rng.random_range(0..LEADS);
            let count = rng.random_range(1..=most);
            (from..from + count).map(|n| n % LEADS).collect()
        };
        // Now and then a text that takes several pages.
        let words = |rng: &mut ChaCha8Rng| {
            let lengths = if rng.random_ratio(1, 12) { 600..1_600 } else { 1..120 };
            rng.random_range(lengths)
        };
        let write = |rng: &mut ChaCha8Rng| match rng.random_range(0..100) {
            0..34 => Write::Audit,
            34..50 => Write::View(rng.random_range(0..VIEWS)),
            50..56 => Write::Setting,
            56..86 => Write::Page { leads: some_leads(rng, 8), words: words(rng) },
            86..96 => Write::Erase(some_leads(rng, 3)),
            _ => Write::Tidy,
        };
        let writes: Vec<_> = (0..writes).map(|_| write(&mut rng)).collect();
        let middle = writes.len() / 2;
        let reopens = (0..writes.len()).map(|at| at > 0 && (at == middle || rng.random_ratio(1, REOPENED))).collect();
        Self { writes, reopens }
    }

    /// Whether write number `k` makes the cache smaller.
    pub(crate) fn erases(&self, k: u64) -> bool {
        matches!(self.get(k), Write::Erase(_))
    }

    fn get(&self, k: u64) -> &Write {
        &self.writes[k as usize]
    }
}

impl Workload for Mixed {
    fn writes(&self) -> u64 {
        self.writes.len() as u64
    }

    fn reopens_before(&self, k: u64) -> bool {
        self.reopens[k as usize]
    }

    fn write(&self, cache: &Cache, k: u64) -> Result<(), StoreError> {
        match self.get(k) {
            Write::Audit => cache.append_audit(&AuditEntry {
                id: uuid(1, k),
                action: AuditAction::LeadsExported,
                at: at(k),
                detail: k.to_string(),
                row_count: k,
            }),
            Write::View(view) => cache.save_view(&StoredView {
                id: uuid(2, *view),
                name: k.to_string(),
                query: LeadQuery {
                    filter: LeadFilter::default(),
                    sort: LeadSort { column: LeadColumn::Name, descending: false },
                },
            }),
            Write::Setting => cache.set_setting(SETTING, &k.to_string()),
            Write::Page { leads, words } => {
                let mut rng = ChaCha8Rng::seed_from_u64(k);
                let text = |rng: &mut ChaCha8Rng| {
                    let mut text = k.to_string();
                    for _ in 0..*words {
                        text.push(' ');
                        text.push_str(WORDS.choose(rng).expect("there are words"));
                    }
                    text
                };
                let changes = leads.iter().flat_map(|n| {
                    let (lead, conversation, message) =
                        (lead(*n, k), conversation(*n, k), message(*n, k, text(&mut rng)));
                    [Row::Lead(Box::new(lead)), Row::Conversation(conversation), Row::Message(message)]
                });
                cache.apply_page(&page(k, changes.map(Change::Upsert).collect())).map(drop)
            }
            Write::Erase(leads) => {
                let changes = leads.iter().map(|n| Change::Forget(RowId::Lead(lead_id(*n))));
                cache.apply_page(&page(k, changes.collect())).map(drop)
            }
            Write::Tidy => cache.tidy().map(drop),
        }
    }

    fn leaves(&self, k: u64) -> Vec<(Place, Option<u64>)> {
        let lead = |n: &u64, shown| ["lead", "conversation", "message"].map(|kind| (Place(kind, *n), shown));
        let cursor = (Place("cursor", 0), Some(k));
        match self.get(k) {
            Write::Audit => vec![(Place("audit", k), Some(k))],
            Write::View(view) => vec![(Place("view", *view), Some(k))],
            Write::Setting => vec![(Place("setting", 0), Some(k))],
            Write::Page { leads, .. } => leads.iter().flat_map(|n| lead(n, Some(k))).chain([cursor]).collect(),
            Write::Erase(leads) => leads.iter().flat_map(|n| lead(n, None)).chain([cursor]).collect(),
            Write::Tidy => vec![],
        }
    }

    fn read(&self, cache: &Cache) -> Result<BTreeMap<Place, u64>, StoreError> {
        let mut seen = BTreeMap::new();
        for entry in cache.list_unsent_audit(u32::MAX)? {
            seen.insert(Place("audit", entry.row_count), number(&entry.detail)?);
        }
        for view in cache.list_views()? {
            seen.insert(Place("view", uuid_number(view.id)), number(&view.name)?);
        }
        if let Some(value) = cache.find_setting(SETTING)? {
            seen.insert(Place("setting", 0), number(&value)?);
        }
        if let Some(cursor) = cache.sync_state()?.cursor {
            seen.insert(Place("cursor", 0), number(&cursor.0)?);
        }
        let mut leads = Vec::new();
        cache.for_each_lead(LeadScope::All, &mut |row| {
            leads.push(row.lead);
            ControlFlow::Continue(())
        })?;
        for lead in leads {
            seen.insert(Place("lead", uuid_number(*lead.id.as_uuid())), number(&lead.notes)?);
        }
        for row in cache.conversation_page(Folder::Open, 0, u32::MAX)?.rows {
            let n = uuid_number(*row.id.as_uuid());
            seen.insert(Place("conversation", n), number(&row.preview)?);
            let newest = cache.message_page(row.id, MessageAnchor::Newest, 1, None)?;
            if let Some(message) = newest.messages.last() {
                seen.insert(Place("message", n), number(&message.body)?);
            }
        }
        Ok(seen)
    }
}

/// The number a text begins with. Texts of ours all do: another one is damage that nothing has noticed.
pub(crate) fn number(text: &str) -> Result<u64, StoreError> {
    text.split(' ').next().and_then(|word| word.parse().ok()).ok_or(StoreError::Damaged)
}

/// Ids of one kind, told apart by their number.
pub(crate) fn uuid(kind: u64, n: u64) -> Uuid {
    Uuid::from_u64_pair(kind << 48 | 0x7000, 1 << 63 | n)
}

pub(crate) fn uuid_number(uuid: Uuid) -> u64 {
    uuid.as_u64_pair().1 & !(1 << 63)
}

fn lead_id(n: u64) -> LeadId {
    LeadId::from_uuid(uuid(3, n))
}

fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(uuid(4, n))
}

fn at(k: u64) -> UnixMs {
    UnixMs(1_795_000_000_000 + k as i64 * 1_000)
}

fn page(k: u64, changes: Vec<Change>) -> PullPage {
    PullPage { changes, unreadable: vec![], cursor: Cursor(k.to_string()), progress: PageProgress::Delta, epoch: None }
}

fn lead(n: u64, k: u64) -> Lead {
    Lead {
        id: lead_id(n),
        name: format!("Nora Lind {n} {k}"),
        email: Some(format!("lead{n}.{k}@studio.example")),
        phone: None,
        stage_id: StageId::from_uuid(uuid(6, k % 3)),
        owner_id: None,
        source: Source::Webhook,
        campaign: Some("spring".to_owned()),
        tags: vec![format!("tag {}", k % 4)],
        notes: k.to_string(),
        value_minor: Some(k as i64),
        state: LeadState::Active,
        custom: CustomValues::new(),
        first_touch: Touch::default(),
        last_touch: Touch::default(),
        created_at: at(n),
        updated_at: at(k),
        last_activity_at: at(k),
    }
}

fn conversation(n: u64, k: u64) -> Conversation {
    Conversation {
        id: conversation_id(n),
        lead_id: lead_id(n),
        channel: Channel::Whatsapp,
        status: ConversationStatus::Open,
        assignee_id: None,
        preview: k.to_string(),
        preview_direction: Direction::Inbound,
        last_message_at: at(k),
        unread_count: 1,
    }
}

fn message(n: u64, k: u64, body: String) -> Message {
    Message {
        id: MessageId::from_uuid(uuid(5, k << 16 | n)),
        conversation_id: conversation_id(n),
        lead_id: lead_id(n),
        direction: Direction::Inbound,
        author_id: None,
        body,
        status: DeliveryStatus::Delivered,
        failure_reason: None,
        sent_at: at(k),
    }
}
