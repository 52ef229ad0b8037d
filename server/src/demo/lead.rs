//! One lead with everything that belongs to it.

use domain::{
    Channel, Conversation, ConversationId, Lead, LeadId, LeadState, MemberId, Source, StageEvent, StageEventId, UnixMs,
};
use wire::changes::Row;

use super::draw::{Draw, Stream};
use super::fields::Fields;
use super::files::GivenLead;
use super::language::Languages;
use super::people::{self, Person};
use super::studio::{Staff, StageKind};
use super::thread::{self, Thread};
use super::{DemoConfig, attribution, hostile};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The newest lead came this long ago, the oldest so much longer.
const YOUNGEST_MS: i64 = 4 * MINUTE_MS;
const SPAN_MS: i64 = 900 * DAY_MS;

const TAGS: [&str; 12] = [
    "family",
    "newborn",
    "wedding",
    "dance",
    "adults",
    "kids",
    "VIP",
    "voucher",
    "evening only",
    "price-sensitive",
    "returning",
    "needs wheelchair access",
];
const NOTES: [&str; 8] = [
    "Prefers WhatsApp, works shifts.",
    "Asked for a quiet slot; little one is shy.",
    "Budget about £200.\nCall back after payday.",
    "Came with a friend to the open day.",
    "Allergic to latex: tell make-up.",
    "Wants the same photographer as last year.",
    "Partner decides, follow up on Sunday evening.",
    "Paid deposit in cash, receipt 0417.",
];

/// What all leads are made from.
pub(super) struct World {
    seed: u64,
    leads: u64,
    now: UnixMs,
    staff: Staff,
    fields: Fields,
    languages: Languages,
    /// Texts of `--messages`.
    texts: Option<Vec<String>>,
    /// People of `--leads`, the newest first.
    people: Vec<GivenLead>,
}

/// How old a lead is, as a fraction of the span: the share of younger leads, bent so that recent times hold more.
pub(super) fn age_fraction(index: u64, leads: u64) -> f64 {
    let younger = (leads - 1 - index) as f64;
    ((younger + 0.5) / leads as f64).powf(1.5)
}

impl World {
    pub(super) fn new(
        config: &DemoConfig,
        staff: Staff,
        fields: Fields,
        texts: Option<Vec<String>>,
        people: Vec<GivenLead>,
    ) -> Self {
        Self {
            seed: config.seed,
            leads: config.leads,
            now: config.now,
            staff,
            fields,
            languages: Languages::load(),
            texts,
            people,
        }
    }

    /// Lead number `index` of the whole, with `messages` messages.
    pub(super) fn lead_rows(&self, index: u64, messages: u64) -> Vec<Row> {
        let mut draw = Draw::new(self.seed, Stream::Lead(index));
        let draw = &mut draw;
        let rank = self.leads - 1 - index;
        let language = self.languages.pick(draw);
        let created_at = self.created_at(draw, index);
        let id = LeadId::from_uuid(draw.uuid(created_at));
        let mut person = people::invent(draw, language, rank);
        let (source, first_touch, last_touch) = attribution::invent(draw);
        let owner = draw.chance(0.8).then(|| self.staff.pick_seller(draw).id);

        let hostile = hostile::at(rank);
        let given = usize::try_from(rank).ok().and_then(|rank| self.people.get(rank));
        if let Some(given) = given {
            person = Person {
                called: given.name.split_whitespace().next().unwrap_or_default().to_owned(),
                name: given.name.clone(),
                email: given.email.clone(),
                phone: given.phone.clone(),
            };
        } else if let Some((name, _)) = &hostile {
            person.name.clone_from(name);
        }

        let channels = self.channels(draw, source, messages, &person);
        if given.is_none() {
            // Somebody with whom we talk on a channel has an address there.
            for (channel, _) in &channels {
                match channel {
                    Channel::Whatsapp | Channel::Sms | Channel::CallNote if person.phone.is_none() => {
                        person.phone = Some(people::phone(draw, language, rank));
                    }
                    Channel::Email if person.email.is_none() => {
                        person.email = Some(people::email(draw, "hello", "there"));
                    }
                    _ => {}
                }
            }
        }

        let threads: Vec<(Conversation, Vec<Row>)> = channels
            .iter()
            .enumerate()
            .map(|(nth, (channel, count))| {
                let thread = Thread {
                    lead_id: id,
                    language,
                    texts: self.texts.as_deref(),
                    first_text: hostile.as_ref().filter(|_| nth == 0).map(|(_, message)| *message),
                    called: &person.called,
                    campaign: last_touch.campaign.as_deref(),
                    channel: *channel,
                    lead_wrote_first: source == Source::Message || hostile.is_some(),
                    starts_at: self.thread_start(draw, created_at, nth),
                    now: self.now,
                    count: *count,
                };
                self.conversation(draw, &thread, owner)
            })
            .collect();

        let last_message_at = threads.iter().map(|(conversation, _)| conversation.last_message_at).max();
        let events = self.stage_events(draw, id, created_at, last_message_at, owner);
        let last_event = events.last().expect("a lead is created in a stage");
        let (stage_id, moved_at) = (last_event.to_stage_id, last_event.at);
        let won = stage_id == self.staff.stage(StageKind::Won);
        let lead = Lead {
            id,
            name: person.name,
            email: person.email,
            phone: person.phone,
            stage_id,
            owner_id: owner,
            source,
            campaign: last_touch.campaign.clone(),
            tags: tags(draw),
            notes: if draw.chance(0.3) { draw.pick(&NOTES).to_owned() } else { String::new() },
            value_minor: (won || draw.chance(0.4)).then(|| value_minor(draw)),
            // No window puts a lead away yet, or shows that one was.
            state: LeadState::Active,
            custom: self.fields.values(index, created_at),
            first_touch,
            last_touch,
            created_at,
            updated_at: moved_at,
            last_activity_at: last_message_at.map_or(moved_at, |at| at.max(moved_at)),
        };

        let mut rows = vec![Row::Lead(Box::new(lead))];
        rows.extend(events.into_iter().map(Row::StageEvent));
        for (conversation, messages) in threads {
            rows.push(Row::Conversation(conversation));
            rows.extend(messages);
        }
        rows
    }

    fn created_at(&self, draw: &mut Draw, index: u64) -> UnixMs {
        // Evenly within the lead's own stretch of the span, so that neighbours never come at the same moment.
        let newest = age_fraction(index, self.leads);
        let oldest = if index == 0 { 1.0 } else { age_fraction(index - 1, self.leads) };
        let age = newest + (oldest - newest) * draw.unit();
        let at = self.now.plus_ms(-YOUNGEST_MS - (SPAN_MS as f64 * age) as i64);
        // Few enquire at night.
        let hour = at.0.rem_euclid(DAY_MS) / HOUR_MS;
        let by_day = at.plus_ms((7 - hour) * HOUR_MS + draw.between(0, 12 * HOUR_MS));
        if hour < 7 && by_day < self.now.plus_ms(-YOUNGEST_MS) && draw.chance(0.85) { by_day } else { at }
    }

    fn thread_start(&self, draw: &mut Draw, created_at: UnixMs, nth: usize) -> UnixMs {
        let room = self.now.since_ms(created_at);
        let delay = if nth == 0 { draw.between(0, 3 * MINUTE_MS) } else { draw.between(HOUR_MS, 20 * DAY_MS) };
        created_at.plus_ms(delay.min(room / 2))
    }

    /// The channels of a lead's conversations and how many messages each has.
    fn channels(&self, draw: &mut Draw, source: Source, messages: u64, person: &Person) -> Vec<(Channel, u64)> {
        if messages == 0 {
            return Vec::new();
        }
        let phone = u32::from(person.phone.is_some());
        let email = u32::from(person.email.is_some());
        let first = match source {
            Source::Message => Channel::Whatsapp,
            _ => draw.weighted(&[
                (Channel::Whatsapp, 68 * phone + 1),
                (Channel::Instagram, 10),
                (Channel::Email, 10 * email),
                (Channel::Sms, 5 * phone),
                (Channel::WebChat, 6),
            ]),
        };
        if messages < 4 || !draw.chance(0.12) {
            return vec![(first, messages)];
        }
        let second = if first == Channel::Whatsapp {
            draw.weighted(&[(Channel::CallNote, 2), (Channel::Email, 1)])
        } else {
            Channel::Whatsapp
        };
        let share = match second {
            Channel::CallNote => 1 + draw.below(2),
            _ => 1 + draw.below(messages / 2),
        };
        vec![(first, messages - share), (second, share)]
    }

    fn conversation(&self, draw: &mut Draw, thread: &Thread<'_>, owner: Option<MemberId>) -> (Conversation, Vec<Row>) {
        let id = ConversationId::from_uuid(draw.uuid(thread.starts_at));
        let assignee = owner.filter(|_| draw.chance(0.85));
        let author = self.staff.pick_seller(draw);
        let messages = thread::messages(draw, thread, id, author);
        let conversation = thread::conversation(draw, thread, id, assignee, &messages);
        (conversation, messages.into_iter().map(Row::Message).collect())
    }

    /// How the lead went through the pipeline; the first event is its creation.
    fn stage_events(
        &self,
        draw: &mut Draw,
        lead_id: LeadId,
        created_at: UnixMs,
        last_message_at: Option<UnixMs>,
        owner: Option<MemberId>,
    ) -> Vec<StageEvent> {
        use StageKind::{Contacted, Lost, New, TrialBooked, Won};
        let path: &[StageKind] = match last_message_at {
            None if draw.chance(0.85) => &[New],
            _ if self.now.since_ms(created_at) < DAY_MS => {
                draw.weighted(&[(&[New][..], 60), (&[New, Contacted], 32), (&[New, Contacted, TrialBooked], 8)])
            }
            _ => draw.weighted(&[
                (&[New][..], 14),
                (&[New, Contacted], 26),
                (&[New, Contacted, TrialBooked], 20),
                (&[New, Contacted, TrialBooked, Won], 18),
                (&[New, Contacted, Won], 4),
                (&[New, Contacted, Lost], 12),
                (&[New, Contacted, TrialBooked, Lost], 6),
            ]),
        };
        // Moves come while the two talk, or in the days after.
        let until = last_message_at.unwrap_or(created_at).plus_ms(2 * DAY_MS).min(self.now);
        let mut events: Vec<StageEvent> = Vec::with_capacity(path.len());
        let mut at = created_at;
        for (step, to) in path.iter().enumerate() {
            if step > 0 {
                let left = (path.len() - step) as i64;
                at = at.plus_ms(draw.between(0, (until.since_ms(at) / left).max(0)));
            }
            events.push(StageEvent {
                id: StageEventId::from_uuid(draw.uuid(at)),
                lead_id,
                from_stage_id: events.last().map(|event| event.to_stage_id),
                to_stage_id: self.staff.stage(*to),
                // The system files a new lead; people move it.
                member_id: (step > 0).then(|| owner.unwrap_or_else(|| self.staff.pick_seller(draw).id)),
                at,
            });
        }
        events
    }
}

fn tags(draw: &mut Draw) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for _ in 0..draw.weighted(&[(0, 45), (1, 30), (2, 18), (3, 7)]) {
        let tag = draw.pick(&TAGS);
        if !tags.iter().any(|have| have == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// Mostly a session or a course, sometimes a wedding.
fn value_minor(draw: &mut Draw) -> i64 {
    let pounds = (85.0 * (0.8 * draw.normal()).exp()).clamp(15.0, 4_800.0) as i64;
    if draw.chance(0.85) { (pounds / 5).max(3) * 500 } else { pounds * 100 + 50 }
}
