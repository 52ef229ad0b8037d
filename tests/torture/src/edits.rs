//! Somebody edits leads, answers them and types drafts, the server tells leads and conversations meanwhile and says of acts
//! that they are done; now and then the cache is closed and opened again. An act that was acknowledged is in the outbox until
//! the server has it, and shown for good. A draft is there until its conversation is answered.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use domain::{
    Channel, Conversation, ConversationId, ConversationStatus, CustomValues, Direction, Edited, Lead, LeadEdit, LeadId,
    LeadState, MessageId, OperationId, Source, StageId, Touch, UnixMs,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use store::read::MessageAnchor;
use store::{Cache, LeadScope, NewEdit, NewReply, PageProgress, PullPage, StoreError, Verdict};
use wire::changes::{Change, Cursor, Row};

use crate::mixed::{number, uuid, uuid_number};
use crate::workload::{Place, Workload};

const LEADS: u64 = 6;
/// Of every so many writes one comes after the cache was closed and opened.
const REOPENED: u32 = 40;

enum Write {
    /// The server tells all leads and their conversations.
    Told,
    /// A lead is renamed.
    Renamed(u64),
    /// A lead is answered.
    Replied(u64),
    /// Something is typed to a lead.
    Drafted(u64),
    /// The server has done an act.
    Done(u64),
}

/// The workload. Of one seed it is always the same.
pub struct Edits {
    writes: Vec<Write>,
    reopens: Vec<bool>,
}

impl Edits {
    pub fn new(seed: u64, writes: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut list, mut reopens, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..writes {
            reopens.push(k > 0 && rng.random_ratio(1, REOPENED));
            list.push(match rng.random_range(0..100) {
                _ if k == 0 => Write::Told,
                0..10 => Write::Told,
                10..30 if !waiting.is_empty() => Write::Done(waiting.remove(0)),
                30..40 => Write::Drafted(rng.random_range(0..LEADS)),
                40..60 => {
                    waiting.push(k);
                    Write::Replied(rng.random_range(0..LEADS))
                }
                _ => {
                    waiting.push(k);
                    Write::Renamed(rng.random_range(0..LEADS))
                }
            });
        }
        Self { writes: list, reopens }
    }

    fn get(&self, k: u64) -> &Write {
        &self.writes[k as usize]
    }
}

impl Workload for Edits {
    fn writes(&self) -> u64 {
        self.writes.len() as u64
    }

    fn reopens_before(&self, k: u64) -> bool {
        self.reopens[k as usize]
    }

    fn write(&self, cache: &Cache, k: u64) -> Result<(), StoreError> {
        match self.get(k) {
            Write::Told => cache
                .apply_page(&PullPage {
                    changes: (0..LEADS)
                        .flat_map(|n| [Row::Lead(Box::new(told(n, k))), Row::Conversation(asked(n))])
                        .map(Change::Upsert)
                        .collect(),
                    unreadable: vec![],
                    cursor: Cursor(k.to_string()),
                    progress: PageProgress::Delta,
                    epoch: None,
                })
                .map(drop),
            Write::Renamed(n) => {
                let edited = cache.edit_leads(&[lead_id(*n)], &mut |shown| {
                    let name = Some(Edited { from: shown.name.clone(), to: format!("{k} typed") });
                    let edit = LeadEdit { name, ..LeadEdit::default() };
                    Some(NewEdit { id: operation_id(k), at: at(k), edit })
                })?;
                if edited.leads.len() == 1 { Ok(()) } else { Err(StoreError::NotFound) }
            }
            Write::Replied(n) => cache
                .reply(NewReply {
                    id: operation_id(k),
                    at: at(k),
                    message_id: MessageId::from_uuid(uuid(5, k)),
                    conversation_id: conversation_id(*n),
                    body: format!("{k} said"),
                })
                .map(drop),
            Write::Drafted(n) => cache.save_draft(conversation_id(*n), &format!("{k} typed")).map(drop),
            Write::Done(act) => cache.judge_operations(&[(operation_id(*act), Verdict::Done(vec![]))], "e").map(drop),
        }
    }

    fn leaves(&self, k: u64) -> Vec<(Place, Option<u64>)> {
        match self.get(k) {
            Write::Told => {
                let notes = (0..LEADS).map(|n| (Place("notes", n), Some(k)));
                // The first time, with the name that the server knows.
                let names = (0..LEADS).filter(|_| k == 0).map(|n| (Place("name", n), Some(0)));
                notes.chain(names).chain([(Place("cursor", 0), Some(k))]).collect()
            }
            Write::Renamed(n) => vec![(Place("name", *n), Some(k)), (Place("act", k), Some(k))],
            Write::Replied(n) => {
                vec![(Place("said", k), Some(k)), (Place("act", k), Some(k)), (Place("draft", *n), None)]
            }
            Write::Drafted(n) => vec![(Place("draft", *n), Some(k))],
            Write::Done(act) => vec![(Place("act", *act), None)],
        }
    }

    fn read(&self, cache: &Cache) -> Result<BTreeMap<Place, u64>, StoreError> {
        let mut seen = BTreeMap::new();
        if let Some(cursor) = cache.sync_state()?.cursor {
            seen.insert(Place("cursor", 0), number(&cursor.0)?);
        }
        for operation in cache.next_operations(usize::MAX, usize::MAX)? {
            let n = uuid_number(*operation.id.as_uuid());
            seen.insert(Place("act", n), n);
        }
        let mut leads = Vec::new();
        cache.for_each_lead(LeadScope::All, &mut |row| {
            leads.push(row.lead);
            ControlFlow::Continue(())
        })?;
        for lead in leads {
            let n = uuid_number(*lead.id.as_uuid());
            seen.insert(Place("name", n), number(&lead.name)?);
            seen.insert(Place("notes", n), number(&lead.notes)?);
            // Told with the lead.
            let thread = cache.message_page(conversation_id(n), MessageAnchor::Newest, 100_000, None)?;
            for message in thread.messages {
                seen.insert(Place("said", uuid_number(*message.id.as_uuid())), number(&message.body)?);
            }
            if let Some(draft) = cache.find_draft(conversation_id(n))? {
                seen.insert(Place("draft", n), number(&draft)?);
            }
        }
        Ok(seen)
    }
}

fn lead_id(n: u64) -> LeadId {
    LeadId::from_uuid(uuid(3, n))
}

fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(uuid(4, n))
}

fn operation_id(k: u64) -> OperationId {
    OperationId::from_uuid(uuid(10, k))
}

fn at(k: u64) -> UnixMs {
    UnixMs(1_795_000_000_000 + k as i64 * 1_000)
}

/// A lead as the server has it: it never hears of the names.
fn told(n: u64, k: u64) -> Lead {
    Lead {
        id: lead_id(n),
        name: "0 told".to_owned(),
        email: None,
        phone: None,
        stage_id: StageId::from_uuid(uuid(6, 1)),
        owner_id: None,
        source: Source::Manual,
        campaign: None,
        tags: vec![],
        notes: k.to_string(),
        value_minor: None,
        state: LeadState::Active,
        custom: CustomValues::new(),
        first_touch: Touch::default(),
        last_touch: Touch::default(),
        created_at: at(n),
        updated_at: at(k),
        last_activity_at: at(k),
    }
}

/// The conversation with a lead as the server has it: it never hears of the replies.
fn asked(n: u64) -> Conversation {
    Conversation {
        id: conversation_id(n),
        lead_id: lead_id(n),
        channel: Channel::Sms,
        status: ConversationStatus::Open,
        assignee_id: None,
        preview: "asked".to_owned(),
        preview_direction: Direction::Inbound,
        last_message_at: at(0),
        unread_count: 1,
    }
}
