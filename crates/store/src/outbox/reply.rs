//! Answers to leads: shown at once as messages, on top of what the server tells of their conversation.
//!
//! The message is a row like any other, and one of this device's own until the server tells it: the told row takes its
//! place. Own rows outlive a snapshot that does not bring them, and go with their conversation; they are made anew when that
//! comes back while their act has not.

use domain::{Conversation, ConversationId, DeliveryStatus, Direction, Message, MessageId, OperationId, UnixMs};
use rusqlite::{Connection, Transaction};
use wire::operation::{Act, Operation, Reply};

use super::{finish, next};
use crate::apply::{Buckets, Writing};
use crate::read::{OutboxState, UnsentReply};
use crate::table::outbox::{self, ActState, Stored};
use crate::table::{conversation, conversation_base, draft, identity, message, own_message};
use crate::{Applied, StoreError};

/// An answer to be given. Its ids and its time are the caller's, so that tests and simulations can repeat them.
#[derive(Clone)]
pub struct NewReply {
    pub id: OperationId,
    /// By this computer's clock.
    pub at: UnixMs,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub body: String,
}

/// Written by hand: message text never reaches a log.
impl std::fmt::Debug for NewReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewReply").field("id", &self.id).field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

/// Adds an answer and shows it; what was typed for it is no draft any more.
pub(crate) fn add(tx: &Transaction<'_>, buckets: &mut Buckets, new: NewReply) -> Result<Applied, StoreError> {
    let mut writing = Writing::begin(tx, buckets, false)?;
    let NewReply { id, at, message_id, conversation_id, body } = new;
    let shown = conversation::find(tx, conversation_id)?.ok_or(StoreError::NotFound)?;
    if message::find_sent_at(tx, message_id)?.is_some() {
        return Err(StoreError::AlreadyExists);
    }
    conversation_base::keep(tx, &shown)?;
    let reply = Reply { message_id, conversation_id, body };
    let sent_at = show_message(&mut writing, id, &reply, at, &shown, false)?;
    conversation::show(&mut writing, &shown.answered(&reply.body, sent_at))?;
    outbox::append(tx, &Operation { id, at, act: Act::Reply(reply) })?;
    draft::erase(tx, conversation_id)?;
    writing.applied.outbox = true;
    Ok(writing.finish()?.0)
}

/// Shows a reply as a message that is not sent yet. Gives the time that it is shown with.
fn show_message(
    writing: &mut Writing<'_>,
    id: OperationId,
    reply: &Reply,
    at: UnixMs,
    shown: &Conversation,
    is_sent: bool,
) -> Result<UnixMs, StoreError> {
    // By a clock that is behind it would stand above what it answers, or what was said before it.
    let sent_at = at.max(shown.last_message_at.plus_ms(1));
    let message = Message {
        id: reply.message_id,
        conversation_id: reply.conversation_id,
        lead_id: shown.lead_id,
        direction: Direction::Outbound,
        author_id: Some(identity::get(writing.tx)?.member_id),
        body: reply.body.clone(),
        status: DeliveryStatus::Queued,
        failure_reason: None,
        sent_at,
    };
    message::show(writing, &message)?;
    own_message::add(writing.tx, reply.message_id, id, is_sent)?;
    Ok(sent_at)
}

/// The server told a conversation: with the replies of this device on top, where there are some.
pub(crate) fn upsert_told(writing: &mut Writing<'_>, told: &Conversation) -> Result<(), StoreError> {
    if !writing.has_acts || !outbox::has_unsettled(writing.tx, told.id.as_uuid())? {
        return conversation::upsert(writing, told);
    }
    conversation_base::set(writing.tx, told)?;
    let shown = with_replies(writing, told.clone())?;
    conversation::upsert(writing, &shown)
}

/// A conversation as the server told it, with the replies that are not in it. Those that went with it are here again.
fn with_replies(writing: &mut Writing<'_>, told: Conversation) -> Result<Conversation, StoreError> {
    let mut shown = told;
    for Stored { operation, state, .. } in outbox::list_of(writing.tx, shown.id.as_uuid())? {
        let Act::Reply(reply) = &operation.act else { continue };
        if !state.is_shown() {
            continue;
        }
        let sent_at = match message::find_sent_at(writing.tx, reply.message_id)? {
            Some(sent_at) => sent_at,
            // It is not known any more whether it was sent.
            None => show_message(writing, operation.id, reply, operation.at, &shown, true)?,
        };
        shown = shown.answered(&reply.body, sent_at);
    }
    Ok(shown)
}

/// Shows a conversation anew after something became of replies in it, and forgets what the server told of it when none is
/// left.
pub(super) fn show_again(writing: &mut Writing<'_>, id: ConversationId) -> Result<(), StoreError> {
    if let Some(told) = conversation_base::find(writing.tx, id)? {
        let shown = with_replies(writing, told)?;
        conversation::show(writing, &shown)?;
    }
    if !outbox::has_unsettled(writing.tx, id.as_uuid())? {
        conversation_base::erase(writing.tx, id)?;
    }
    Ok(())
}

/// A reply was done and all has been told since, or it is given up: a message that the server has not told goes.
pub(super) fn forget_own(writing: &mut Writing<'_>, id: MessageId) -> Result<(), StoreError> {
    if own_message::erase(writing.tx, id)? {
        message::erase(writing, id)?;
        writing.has_erased = true;
    }
    Ok(())
}

/// The server may have forgotten a reply: what it told of it is this device's own again.
pub(super) fn own_again(tx: &Transaction<'_>, id: OperationId, reply: &Reply) -> Result<(), StoreError> {
    if let Some(shown) = conversation::find(tx, reply.conversation_id)? {
        conversation_base::keep(tx, &shown)?;
    }
    if message::find_sent_at(tx, reply.message_id)?.is_some() {
        own_message::add(tx, reply.message_id, id, true)?;
    }
    Ok(())
}

/// As [`next`], and from now on the replies among them can't be taken back.
pub(crate) fn next_to_send(
    tx: &Transaction<'_>,
    limit: usize,
    max_bytes: usize,
) -> Result<(Vec<Operation>, i64), StoreError> {
    let (operations, last) = next(tx, limit, max_bytes)?;
    for operation in operations.iter().filter(|operation| matches!(operation.act, Act::Reply(_))) {
        own_message::mark_sent(tx, operation.id)?;
    }
    Ok((operations, last))
}

/// Takes a reply out that has not left this device; its text is a draft again, above what was typed since.
pub(crate) fn take_back(tx: &Transaction<'_>, buckets: &mut Buckets, id: OperationId) -> Result<Applied, StoreError> {
    let mut writing = Writing::begin(tx, buckets, false)?;
    let stored =
        outbox::find(tx, id)?.filter(|stored| stored.state == ActState::Waiting).ok_or(StoreError::NotFound)?;
    let Act::Reply(Reply { message_id, conversation_id, body }) = stored.operation.act else {
        return Err(StoreError::NotFound);
    };
    if own_message::find_is_sent(tx, message_id)? != Some(false) {
        return Err(StoreError::NotFound);
    }
    outbox::erase(tx, id)?;
    forget_own(&mut writing, message_id)?;
    show_again(&mut writing, conversation_id)?;
    let since = draft::find(tx, conversation_id)?.map(|since| format!("\n\n{since}")).unwrap_or_default();
    draft::save(tx, conversation_id, &format!("{body}{since}"))?;
    finish(writing)
}

/// Messages of this device in a conversation that wait or were refused, in the order they were written in.
pub(crate) fn list_unsent(db: &Connection, id: ConversationId) -> Result<Vec<UnsentReply>, StoreError> {
    let mut unsent = Vec::new();
    let mut held = None;
    for Stored { operation, state, refusal, .. } in outbox::list_of(db, id.as_uuid())? {
        let Act::Reply(reply) = &operation.act else { continue };
        let is_waiting = state == ActState::Waiting;
        if !is_waiting && state != ActState::Refused {
            continue;
        }
        let Some(is_sent) = own_message::find_is_sent(db, reply.message_id)? else { continue };
        let state = match refusal {
            Some(refusal) => OutboxState::Refused(refusal),
            None => {
                if held.is_none() {
                    held = Some(outbox::list_held(db)?);
                }
                match held.as_ref().is_some_and(|held| held.contains(&operation.id)) {
                    true => OutboxState::Held,
                    false => OutboxState::Waiting,
                }
            }
        };
        unsent.push(UnsentReply {
            message_id: reply.message_id,
            operation_id: operation.id,
            state,
            can_take_back: is_waiting && !is_sent,
        });
    }
    Ok(unsent)
}
