//! Replies made here, what the server says of them and tells meanwhile, and drafts.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, RowId};

use crate::read::*;
use crate::testing::*;
use crate::{NewReply, StoreError, Verdict};

fn operation_id(n: u64) -> OperationId {
    OperationId::from_uuid(uuid(10, n))
}

/// Two conversations; in the first, the lead has asked something at 1 s.
fn new_desk() -> TestCache {
    let cache = new_cache();
    cache.apply(rows());
    cache
}

fn rows() -> Vec<Change> {
    vec![
        put(stage(1, 0)),
        put(member(1, "Asha")),
        put(lead(1, "Nora")),
        put(lead(2, "Ben")),
        put(asked()),
        put(conversation(2, 2)),
        put(message(1, 1, 1, "is there a place on Friday")),
    ]
}

fn asked() -> Conversation {
    Conversation { unread_count: 1, ..conversation(1, 1) }
}

/// The reply as the server tells it.
fn told(n: u64, body: &str, seconds: i64) -> Message {
    Message {
        id: message_id(100 + n),
        direction: Direction::Outbound,
        author_id: Some(member_id(1)),
        status: DeliveryStatus::Queued,
        sent_at: at(seconds),
        ..message(1, 1, 1, body)
    }
}

impl TestCache {
    fn answer(&self, n: u64, body: &str) {
        let reply = NewReply {
            id: operation_id(n),
            at: at(500 + n as i64),
            message_id: message_id(100 + n),
            conversation_id: conversation_id(1),
            body: body.to_owned(),
        };
        self.cache.reply(reply).unwrap();
    }

    fn thread(&self) -> MessagePage {
        self.cache.message_page(conversation_id(1), MessageAnchor::Newest, 50, None).unwrap()
    }

    fn bodies(&self) -> Vec<String> {
        self.thread().messages.into_iter().map(|message| message.body).collect()
    }

    fn row(&self) -> ConversationRow {
        self.cache.get_conversation(conversation_id(1)).unwrap()
    }

    fn states(&self) -> Vec<OutboxState> {
        self.thread().unsent.into_iter().map(|reply| reply.state).collect()
    }

    fn sends(&self) -> Vec<OperationId> {
        self.cache.operations_to_send(100, usize::MAX).unwrap().into_iter().map(|operation| operation.id).collect()
    }

    fn says(&self, n: u64, verdict: Verdict) {
        self.cache.judge_operations(&[(operation_id(n), verdict)], "e").unwrap();
    }

    fn count_of(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.cache.with_reader(|db| db.query_row(&sql, [], |row| row.get(0)).unwrap())
    }
}

#[test]
fn a_reply_is_shown_found_and_waits() {
    let cache = new_desk();
    cache.answer(1, "Yes, at six o'clock");
    let page = cache.thread();
    let last = page.messages.last().unwrap();
    assert_eq!((last.status, last.author_id), (DeliveryStatus::Queued, Some(member_id(1))));
    let [unsent] = &page.unsent[..] else { panic!("{:?}", page.unsent) };
    assert_eq!((unsent.message_id, &unsent.state, unsent.can_take_back), (last.id, &OutboxState::Waiting, true));
    let row = cache.row();
    assert_eq!((row.preview.as_str(), row.preview_direction), ("Yes, at six o'clock", Direction::Outbound));
    assert_eq!((row.last_message_at, row.unread_count), (at(501), 0));
    let first = &cache.conversation_page(Folder::Open, 0, 9).unwrap().rows[0];
    assert_eq!(first.id, conversation_id(1), "it is the newest now");
    assert_eq!(cache.folder_counts(member_id(1)).unwrap().unread, 0);
    assert_eq!(cache.search("clock", 5).unwrap().messages.len(), 1);
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts { waiting: 1, ..OutboxCounts::default() });
    let rows = cache.list_outbox(0, 9).unwrap();
    let OutboxAct::Replied { lead_name, body, .. } = &rows[0].act else { panic!("another act") };
    assert_eq!((lead_name.as_deref(), body.as_str()), (Some("Nora"), "Yes, at six o'clock"));
}

#[test]
fn replies_stand_in_the_order_they_were_written_in_by_whatever_clock() {
    let cache = new_desk();
    cache.apply(vec![
        put(message(9_000, 1, 1, "by a clock that is right")),
        put(Conversation { last_message_at: at(9_000), ..asked() }),
    ]);
    cache.answer(1, "first");
    cache.answer(2, "second");
    assert_eq!(cache.bodies()[1..], ["by a clock that is right", "first", "second"]);
    assert_eq!(cache.row().preview, "second");
}

#[test]
fn what_the_server_tells_takes_the_place_of_what_was_shown() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    // The lead wrote again meanwhile.
    let again = Message { sent_at: at(700), ..message(2, 1, 1, "hello?") };
    let row = Conversation { preview: "hello?".to_owned(), last_message_at: at(700), unread_count: 2, ..asked() };
    cache.pull(vec![put(again), put(row.clone())]);
    assert_eq!((cache.row().preview.as_str(), cache.row().unread_count), ("hello?", 2));
    assert_eq!(cache.bodies()[1..], ["Yes", "hello?"]);

    cache.says(1, Verdict::Done(vec![]));
    assert_eq!(cache.states(), [], "the server has it");
    // A pull that began before may tell of before.
    cache.apply(vec![put(row.clone())]);
    assert_eq!(cache.bodies()[1..], ["Yes", "hello?"]);
    cache.pull(vec![put(told(1, "Yes", 800)), put(row.answered("Yes", at(800)))]);
    assert_eq!(cache.bodies()[1..], ["hello?", "Yes"], "once, where the server has it");
    assert_eq!(cache.row().last_message_at, at(800));
    assert_eq!((cache.count_of("own_message"), cache.count_of("conversation_base")), (0, 0));
    assert_eq!(cache.search("yes", 5).unwrap().messages.len(), 1);
}

#[test]
fn what_was_done_and_is_not_told_is_out_of_sight() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.says(1, Verdict::Done(vec![]));
    cache.begin_pull().unwrap();
    cache.begin_pull().unwrap();
    assert_eq!(cache.bodies().len(), 2, "a pull that was cut settles nothing");
    cache.pull(vec![]);
    assert_eq!(cache.bodies().len(), 1);
    assert_eq!(cache.row().preview, "hello");
}

#[test]
fn a_new_snapshot_does_not_take_a_reply_that_it_can_t_know() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.restart_snapshot().unwrap();
    cache.apply_page(&finished("s", rows())).unwrap();
    assert_eq!(cache.bodies()[1..], ["Yes"]);
    assert_eq!(cache.row().preview, "Yes");
    assert_eq!(cache.states(), [OutboxState::Waiting]);
    assert_eq!(cache.search("yes", 5).unwrap().messages.len(), 1);
}

#[test]
fn a_refused_reply_stays_with_its_reason_and_holds_the_next() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.answer(2, "And bring a friend");
    cache.says(1, Verdict::Refused(OutboxRefusal::LeadDeleted));
    assert_eq!(cache.states(), [OutboxState::Refused(OutboxRefusal::LeadDeleted), OutboxState::Held]);
    assert_eq!(cache.sends(), []);
    cache.retry_operation(operation_id(1)).unwrap();
    assert_eq!(cache.sends(), [operation_id(1), operation_id(2)]);
    cache.says(1, Verdict::Refused(OutboxRefusal::Forbidden));
    cache.discard_operation(operation_id(1)).unwrap();
    assert_eq!(cache.bodies()[1..], ["And bring a friend"]);
    assert_eq!(cache.states(), [OutboxState::Waiting]);
    assert_eq!(cache.search("yes", 5).unwrap().messages.len(), 0);
    cache.says(2, Verdict::Refused(OutboxRefusal::Forbidden));
    cache.discard_operation(operation_id(2)).unwrap();
    let row = cache.row();
    assert_eq!((row.preview.as_str(), row.unread_count, row.last_message_at), ("hello", 1, at(1)), "as it was");
    assert_eq!(cache.folder_counts(member_id(1)).unwrap().unread, 1);
}

#[test]
fn a_refused_reply_that_arrived_all_the_same_is_not_taken_from_the_server() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.says(1, Verdict::Refused(OutboxRefusal::NotFound));
    // A copy of the request came late, when the lead was in sight again.
    cache.pull(vec![put(told(1, "Yes", 800)), put(asked().answered("Yes", at(800)))]);
    cache.discard_operation(operation_id(1)).unwrap();
    assert_eq!(cache.bodies()[1..], ["Yes"]);
    assert_eq!(cache.row().preview, "Yes");
}

#[test]
fn a_server_that_was_put_back_is_told_again_and_the_reply_stays_shown() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.sends();
    cache.says(1, Verdict::Done(vec![]));
    cache.pull(vec![put(told(1, "Yes", 800)), put(asked().answered("Yes", at(800)))]);
    assert_eq!(cache.sends(), []);
    cache.restart_snapshot().unwrap();
    assert_eq!(cache.sends(), [operation_id(1)]);
    cache.apply_page(&finished("s", rows())).unwrap();
    assert_eq!(cache.bodies()[1..], ["Yes"], "the server has forgotten, this device has not");
    assert_eq!(cache.row().preview, "Yes");
    cache.says(1, Verdict::Done(vec![]));
    cache.pull(vec![put(told(1, "Yes", 900)), put(asked().answered("Yes", at(900)))]);
    assert_eq!(cache.thread().messages.last().unwrap().sent_at, at(900));
    assert_eq!(cache.count_of("own_message"), 0);
}

#[test]
fn a_reply_goes_with_its_conversation_and_comes_with_it() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    assert_eq!(cache.get_conversation(conversation_id(1)).err(), Some(StoreError::NotFound));
    assert_eq!((cache.count_of("own_message"), cache.count_of("conversation_base")), (0, 0));
    let row = &cache.list_outbox(0, 9).unwrap()[0];
    assert!(matches!(&row.act, OutboxAct::Replied { lead_name: None, body, .. } if body == "Yes"), "it is not lost");
    cache.apply(rows());
    assert_eq!(cache.bodies()[1..], ["Yes"]);
    assert!(!cache.thread().unsent[0].can_take_back, "nobody knows whether it was sent");
    cache.says(1, Verdict::Refused(OutboxRefusal::Forbidden));
    cache.discard_operation(operation_id(1)).unwrap();
    assert_eq!(cache.bodies().len(), 1);
}

#[test]
fn nothing_is_kept_of_replies_to_who_was_deleted() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.says(1, Verdict::Done(vec![]));
    cache.pull(vec![put(told(1, "Yes", 800)), put(asked().answered("Yes", at(800)))]);
    cache.save_draft(conversation_id(1), "and").unwrap();
    cache.apply(vec![Change::Delete(RowId::Lead(lead_id(1)))]);
    for table in ["outbox", "outbox_target", "own_message", "conversation_base", "draft", "message"] {
        assert_eq!(cache.count_of(table), 0, "{table}");
    }
}

#[test]
fn the_id_of_another_message_is_not_taken() {
    let cache = new_desk();
    let reply = NewReply {
        id: operation_id(1),
        at: at(501),
        message_id: message_id(1),
        conversation_id: conversation_id(1),
        body: "Yes".to_owned(),
    };
    assert_eq!(cache.reply(reply.clone()).err(), Some(StoreError::AlreadyExists));
    let elsewhere = NewReply { message_id: message_id(9), conversation_id: conversation_id(9), ..reply };
    assert_eq!(cache.reply(elsewhere).err(), Some(StoreError::NotFound));
    assert_eq!((cache.bodies().len(), cache.sends().len()), (1, 0), "and nothing of it happened");
}

#[test]
fn a_reply_is_taken_back_only_while_it_was_not_sent() {
    let cache = new_desk();
    cache.answer(1, "Yes");
    cache.answer(2, "No");
    cache.save_draft(conversation_id(1), "Perhaps").unwrap();
    cache.take_back_reply(operation_id(2)).unwrap();
    assert_eq!(cache.bodies()[1..], ["Yes"]);
    assert_eq!(cache.row().preview, "Yes");
    assert_eq!(cache.find_draft(conversation_id(1)).unwrap().as_deref(), Some("No\n\nPerhaps"));
    assert_eq!(cache.sends(), [operation_id(1)]);
    assert!(!cache.thread().unsent[0].can_take_back);
    assert_eq!(cache.take_back_reply(operation_id(1)).err(), Some(StoreError::NotFound));
    assert_eq!(cache.bodies()[1..], ["Yes"]);
}

#[test]
fn a_draft_is_kept_until_it_is_sent_emptied_or_its_conversation_goes() {
    let cache = new_desk();
    let (mine, other) = (conversation_id(1), conversation_id(2));
    assert!(cache.save_draft(mine, "Dear").unwrap());
    assert!(!cache.save_draft(mine, "Dear Nora").unwrap(), "it is the same draft");
    assert!(cache.row().has_draft);
    assert_eq!(cache.count_drafts().unwrap(), 1);
    let TestCache { cache: open, path, dir: _dir } = cache;
    open.close().unwrap();
    let cache = crate::Cache::open(&path, &key(7)).unwrap();
    assert_eq!(cache.find_draft(mine).unwrap().as_deref(), Some("Dear Nora"));
    assert!(cache.save_draft(other, "x").unwrap() && cache.save_draft(other, "").unwrap());
    assert!(!cache.save_draft(other, "").unwrap());
    let cache = TestCache { cache, path, dir: _dir };
    cache.answer(1, "Dear Nora, yes");
    assert_eq!((cache.find_draft(mine).unwrap(), cache.row().has_draft), (None, false));
    cache.save_draft(other, "x").unwrap();
    cache.apply(vec![Change::Delete(RowId::Conversation(other))]);
    assert_eq!(cache.find_draft(other).unwrap(), None);
    assert_eq!(cache.save_draft(other, "y").err(), Some(StoreError::NotFound));
}

#[test]
fn nobody_is_answered_on_a_note_or_after_they_were_deleted() {
    let cache = new_desk();
    assert_eq!(cache.row().reply_bar, None);
    cache.apply(vec![put(Lead { state: LeadState::Deleted, ..lead(1, "Nora") })]);
    assert_eq!(cache.row().reply_bar, Some(ReplyBar::LeadDeleted));
}
