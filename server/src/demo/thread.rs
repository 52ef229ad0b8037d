//! What a lead and the studio write to each other.

use domain::{
    Channel, Conversation, ConversationId, ConversationStatus, DeliveryStatus, Direction, LeadId, Member, MemberId,
    Message, MessageId, UnixMs,
};

use super::attribution;
use super::draw::Draw;
use super::language::{Language, Slots};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Characters of a message that the list of conversations shows.
const PREVIEW_CHARS: usize = 160;

/// What a conversation is to be.
pub(super) struct Thread<'a> {
    pub(super) lead_id: LeadId,
    pub(super) language: &'a Language,
    /// Texts that replace what the lead would write.
    pub(super) texts: Option<&'a [String]>,
    /// What the lead writes first, whatever else.
    pub(super) first_text: Option<&'static str>,
    /// How the studio addresses the lead.
    pub(super) called: &'a str,
    pub(super) campaign: Option<&'a str>,
    pub(super) channel: Channel,
    pub(super) lead_wrote_first: bool,
    pub(super) starts_at: UnixMs,
    pub(super) now: UnixMs,
    /// At least one.
    pub(super) count: u64,
}

/// A line before it has a time.
struct Line {
    direction: Direction,
    body: String,
    /// Whether nobody in particular wrote it.
    automatic: bool,
}

/// Exactly as many messages as the thread is to have, in order of time.
pub(super) fn messages(draw: &mut Draw, thread: &Thread<'_>, id: ConversationId, author: &Member) -> Vec<Message> {
    let lines = match thread.channel {
        Channel::CallNote => call_notes(draw, thread.count),
        Channel::Whatsapp | Channel::Email | Channel::Sms | Channel::Instagram | Channel::WebChat => {
            Dialogue::new(draw, thread, author).lines(draw)
        }
    };
    let mut left = lines.len() as i64;
    let mut at = thread.starts_at;
    let mut messages: Vec<Message> = Vec::with_capacity(lines.len());
    for line in lines {
        if !messages.is_empty() {
            at = at.plus_ms(gap_ms(draw, at, thread.now, left, line.direction));
        }
        left -= 1;
        messages.push(Message {
            id: MessageId::from_uuid(draw.uuid(at)),
            conversation_id: id,
            lead_id: thread.lead_id,
            direction: line.direction,
            author_id: (line.direction == Direction::Outbound && !line.automatic).then_some(author.id),
            body: line.body,
            status: DeliveryStatus::Delivered,
            failure_reason: None,
            sent_at: at,
        });
    }
    set_statuses(draw, thread, &mut messages);
    messages
}

/// The conversation that holds `messages`, which are not empty.
pub(super) fn conversation(
    draw: &mut Draw,
    thread: &Thread<'_>,
    id: ConversationId,
    assignee_id: Option<MemberId>,
    messages: &[Message],
) -> Conversation {
    let newest = messages.last().expect("a conversation has at least one message");
    let age_ms = thread.now.since_ms(newest.sent_at);
    let waiting = messages.iter().rev().take_while(|message| message.direction == Direction::Inbound).count();
    let unread = waiting > 0 && draw.chance(if age_ms < 3 * DAY_MS { 0.7 } else { 0.02 });
    let status = if unread || age_ms < 10 * DAY_MS {
        if !unread && draw.chance(0.08) { ConversationStatus::Snoozed } else { ConversationStatus::Open }
    } else {
        draw.weighted(&[
            (ConversationStatus::Archived, 88),
            (ConversationStatus::Open, 9),
            (ConversationStatus::Snoozed, 3),
        ])
    };
    Conversation {
        id,
        lead_id: thread.lead_id,
        channel: thread.channel,
        status,
        assignee_id,
        preview: newest.body.chars().take(PREVIEW_CHARS).collect(),
        preview_direction: newest.direction,
        last_message_at: newest.sent_at,
        unread_count: if unread { waiting as i64 } else { 0 },
    }
}

/// Turns taken in a thread, line by line.
struct Dialogue<'a> {
    thread: &'a Thread<'a>,
    member: &'a str,
    campaign: &'a str,
    lines: Vec<Line>,
    /// Questions not asked yet, as indices: nobody asks the same thing twice before everything was asked once.
    questions: Vec<usize>,
}

impl<'a> Dialogue<'a> {
    fn new(draw: &mut Draw, thread: &'a Thread<'a>, author: &'a Member) -> Self {
        let count = usize::try_from(thread.count).expect("a thread fits into memory");
        Self {
            thread,
            member: author.name.split(' ').next().unwrap_or(&author.name),
            campaign: thread.campaign.unwrap_or_else(|| attribution::campaign_name(draw)),
            lines: Vec::with_capacity(count),
            questions: Vec::new(),
        }
    }

    fn lines(mut self, draw: &mut Draw) -> Vec<Line> {
        self.start(draw);
        while self.left() > 0 {
            self.turn(draw);
        }
        self.lines
    }

    /// Lines still to come.
    fn left(&self) -> u64 {
        self.thread.count - self.lines.len() as u64
    }

    /// Somebody opens, the other answers.
    fn start(&mut self, draw: &mut Draw) {
        let language = self.thread.language;
        let slots = self.slots(draw);
        if self.thread.lead_wrote_first || draw.chance(0.7) {
            self.inbound(slots.fill(draw.pick(&language.opening)), draw);
            if let Some(text) = self.thread.first_text {
                self.lines[0].body = text.to_owned();
            }
            if self.left() > 0 {
                self.outbound(slots.fill(draw.pick(&language.reply)), false);
            }
        } else {
            // The answer to a form or an ad goes out by itself.
            let automatic = draw.chance(0.5);
            self.outbound(slots.fill(draw.pick(&language.reply)), automatic);
        }
    }

    fn turn(&mut self, draw: &mut Draw) {
        let language = self.thread.language;
        let slots = self.slots(draw);
        if self.left() == 1 && draw.chance(0.45) {
            let body = if draw.chance(0.02) { draw.pick(&language.stop) } else { draw.pick(&language.closing) };
            return self.inbound(slots.fill(body), draw);
        }
        match draw.below(100) {
            0..78 => {
                let (question, answer) = self.pick_pair(draw);
                self.inbound(slots.fill(question), draw);
                if self.left() > 0 {
                    self.outbound(slots.fill(answer), false);
                }
            }
            78..90 => self.inbound(slots.fill(draw.pick(&language.extra)), draw),
            _ => {
                let automatic = draw.chance(0.3);
                self.outbound(slots.fill(draw.pick(&language.followup)), automatic);
            }
        }
    }

    fn pick_pair(&mut self, draw: &mut Draw) -> (&'static str, &'static str) {
        let pairs = &self.thread.language.pairs;
        if self.questions.is_empty() {
            self.questions.extend(0..pairs.len());
        }
        pairs[self.questions.swap_remove(draw.index(self.questions.len()))]
    }

    fn slots(&self, draw: &mut Draw) -> Slots<'a> {
        Slots::draw(draw, self.thread.language, self.thread.called, self.member, self.campaign)
    }

    fn inbound(&mut self, written: String, draw: &mut Draw) {
        let body = match self.thread.texts {
            None => written,
            Some(texts) => texts[draw.index(texts.len())].clone(),
        };
        self.lines.push(Line { direction: Direction::Inbound, body, automatic: false });
    }

    fn outbound(&mut self, body: String, automatic: bool) {
        self.lines.push(Line { direction: Direction::Outbound, body, automatic });
    }
}

fn call_notes(draw: &mut Draw, count: u64) -> Vec<Line> {
    const FROM_LEAD: [&str; 3] =
        ["Missed call, 0:00", "Called about parking, 1:12", "Called, 4:35: will send dates by e-mail"];
    const FROM_STUDIO: [&str; 3] =
        ["Called back, no answer", "Left a voicemail: Saturday still free", "Called, 6:02: wants the larger package"];
    (0..count)
        .map(|_| {
            if draw.chance(0.5) {
                Line { direction: Direction::Inbound, body: draw.pick(&FROM_LEAD).to_owned(), automatic: false }
            } else {
                Line { direction: Direction::Outbound, body: draw.pick(&FROM_STUDIO).to_owned(), automatic: false }
            }
        })
        .collect()
}

/// Time until the next message, so that it and those after it still fit before `now`.
fn gap_ms(draw: &mut Draw, previous: UnixMs, now: UnixMs, left: i64, direction: Direction) -> i64 {
    let room = now.since_ms(previous).max(0);
    let fair = room / left.max(1);
    // Somebody comes back just now, somebody else after weeks.
    if left == 1 && draw.chance(0.02) {
        return (room - draw.between(SECOND_MS, 2 * DAY_MS)).max(room / 2);
    }
    if draw.chance(0.02) {
        return (room as f64 * draw.unit() * 0.8) as i64;
    }
    let (median, spread) = match direction {
        Direction::Inbound => (35 * MINUTE_MS, 1.9),
        Direction::Outbound => (14 * MINUTE_MS, 1.3),
    };
    let natural = (median as f64 * (spread * draw.normal()).exp()).clamp(5.0 * SECOND_MS as f64, 21.0 * DAY_MS as f64);
    let mut gap = natural as i64;
    // Not at night.
    let hour = previous.plus_ms(gap).0.rem_euclid(DAY_MS) / HOUR_MS;
    if !(7..22).contains(&hour) && draw.chance(0.85) {
        let hours_to_eight = (8 - hour).rem_euclid(24);
        gap += hours_to_eight * HOUR_MS + draw.between(0, 2 * HOUR_MS);
    }
    if gap > fair + fair / 2 { (fair as f64 * (0.3 + 0.7 * draw.unit())) as i64 } else { gap.min(room) }
}

/// How far each message got: what was answered was read, and the newest may still be on its way.
fn set_statuses(draw: &mut Draw, thread: &Thread<'_>, messages: &mut [Message]) {
    use DeliveryStatus::{Delivered, Failed, Read, Sent};
    if thread.channel == Channel::CallNote {
        return;
    }
    let last_inbound = messages.iter().rposition(|message| message.direction == Direction::Inbound);
    for (index, message) in messages.iter_mut().enumerate() {
        if message.direction == Direction::Inbound {
            continue;
        }
        let answered = last_inbound.is_some_and(|last| last > index);
        message.status = if answered {
            draw.weighted(&[(Read, 900), (Delivered, 92), (Failed, 8)])
        } else if thread.now.since_ms(message.sent_at) < 2 * MINUTE_MS {
            Sent
        } else {
            draw.weighted(&[(Read, 58), (Delivered, 33), (Sent, 5), (Failed, 4)])
        };
        if message.status == Failed {
            message.failure_reason = Some(draw.pick(failure_reasons(thread.channel)).to_owned());
        }
    }
}

/// As the providers word them.
const fn failure_reasons(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Whatsapp => &[
            "131026: Message undeliverable",
            "131047: More than 24 hours have passed since the customer last replied",
            "131049: Not delivered to maintain healthy ecosystem engagement",
        ],
        Channel::Email => &["550 5.1.1: Mailbox does not exist", "452 4.2.2: Mailbox full"],
        Channel::Sms => &["30003: Unreachable destination handset", "30006: Landline or unreachable carrier"],
        Channel::Instagram => &["10: Sent outside of the allowed window"],
        Channel::WebChat | Channel::CallNote => &["The visitor has left"],
    }
}
