//! Pages of changes: order, repetition, erasure, restarts, and hostile rows.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, Cursor, RowId, Totals, UnreadableLine};
use wire::write::{AuditAction, AuditEntry};

use crate::read::*;
use crate::testing::*;
use crate::{LeadScope, PullPage, SnapshotProgress, StoreError, StoredView};

fn by_activity() -> LeadQuery {
    LeadQuery { filter: LeadFilter::default(), sort: LeadSort { column: LeadColumn::LastActivityAt, descending: true } }
}

fn names(cache: &TestCache) -> Vec<String> {
    cache.lead_page(&by_activity(), 0, 50).unwrap().rows.into_iter().map(|row| row.name).collect()
}

fn bodies(cache: &TestCache, conversation: u64, anchor: MessageAnchor, limit: u32) -> Vec<String> {
    let page = cache.message_page(conversation_id(conversation), anchor, limit, None).unwrap();
    page.messages.into_iter().map(|message| message.body).collect()
}

fn edit(n: u64, lead: u64, seconds: i64) -> LeadEditRecord {
    let text = |text: &str| FieldValue::Text(Some(text.to_owned()));
    let (from, to) = (text("Nora"), text("Ángel \u{0} 🎉"));
    LeadEditRecord {
        id: OperationId::from_uuid(uuid(9, n)),
        lead_id: lead_id(lead),
        member_id: member_id(4),
        at: at(seconds),
        changes: vec![FieldEdit { field: LeadField::Name, from, to, outcome: FieldOutcome::Conflict }],
    }
}

fn edits_held(cache: &TestCache) -> i64 {
    cache.with_reader(|db| db.query_row("SELECT count(*) FROM lead_edit", [], |row| row.get(0)).unwrap())
}

#[test]
fn an_edit_goes_by_itself_with_its_lead_and_to_another() {
    let cache = new_cache();
    cache.apply(vec![
        put(lead(1, "Nora")),
        put(lead(2, "Anna")),
        put(edit(1, 1, 1)),
        put(edit(2, 1, 2)),
        put(edit(3, 1, 3)),
    ]);
    let of = |n| cache.get_lead_detail(lead_id(n)).unwrap().edits.into_iter().map(|edit| edit.id).collect::<Vec<_>>();
    let id = |n| edit(n, 1, 0).id;
    assert_eq!(of(1), [id(3), id(2), id(1)]);
    assert!(cache.apply(vec![put(edit(3, 2, 3)), Change::Forget(RowId::LeadEdit(id(2)))]).leads);
    assert_eq!((of(1), of(2)), (vec![id(1)], vec![id(3)]));
    cache.apply(vec![Change::Delete(RowId::Lead(lead_id(1)))]);
    assert_eq!((of(2), edits_held(&cache)), (vec![id(3)], 1));
}

#[test]
fn a_lead_reads_back_as_it_came() {
    let cache = new_cache();
    let mut whole = lead(1, "Ángel \u{202e}evil\u{0} 🎉 \r\n");
    whole.email = Some("a@b.example".to_owned());
    whole.phone = Some(phone("+447700900118"));
    whole.owner_id = Some(member_id(4));
    whole.tags = vec!["b".to_owned(), "a".to_owned(), "b".to_owned(), String::new()];
    whole.value_minor = Some(-5);
    let event = StageEvent {
        id: StageEventId::from_uuid(uuid(8, 1)),
        lead_id: lead_id(1),
        from_stage_id: None,
        to_stage_id: stage_id(1),
        member_id: Some(member_id(4)),
        at: at(3),
    };
    let edits = [edit(2, 1, 9), edit(1, 1, 4)];
    let [newest, oldest] = edits.clone().map(put);
    cache.apply(vec![put(event.clone()), oldest, newest, put(conversation(1, 1)), put(whole.clone())]);
    let detail = cache.get_lead_detail(lead_id(1)).unwrap();
    assert_eq!(detail.edits, edits);
    assert_eq!(detail.lead, whole);
    assert_eq!(detail.stage_events, [event]);
    assert_eq!(detail.conversations.len(), 1);
    assert_eq!(detail.conversations[0].lead_name, whole.name);
    assert_eq!(cache.list_tags().unwrap(), ["", "a", "b"]);
    assert_eq!(cache.get_lead_detail(lead_id(2)).err().unwrap(), StoreError::NotFound);
}

#[test]
fn every_field_of_a_lead_changes_alone() {
    let touch = || Touch { utm_source: Some("spring".to_owned()), ..Touch::default() };
    type Edit = fn(&mut Lead);
    let changes: [(&str, Edit); 13] = [
        ("state", |lead| lead.state = LeadState::Deleted),
        ("name", |lead| lead.name = "Zoë".to_owned()),
        ("email", |lead| lead.email = Some("z@b.example".to_owned())),
        ("phone", |lead| lead.phone = Some(phone("+447700900119"))),
        ("stage", |lead| lead.stage_id = stage_id(2)),
        ("owner", |lead| lead.owner_id = Some(member_id(4))),
        ("source", |lead| lead.source = Source::Webhook),
        ("campaign", |lead| lead.campaign = Some("autumn".to_owned())),
        ("value", |lead| lead.value_minor = Some(7)),
        ("notes", |lead| lead.notes = "called".to_owned()),
        ("created", |lead| lead.created_at = at(1)),
        ("updated", |lead| lead.updated_at = at(9_000)),
        ("activity", |lead| lead.last_activity_at = at(9_001)),
    ];
    for (field, change) in changes {
        let cache = new_cache();
        let mut wanted = lead(1, "Ana");
        cache.apply(vec![
            put(stage(1, 0)),
            put(stage(2, 1)),
            put(member(4, "Mo")),
            put(wanted.clone()),
            put(lead(2, "Bo")),
        ]);
        change(&mut wanted);
        wanted.first_touch = touch();
        cache.apply(vec![put(wanted.clone())]);
        assert_eq!(cache.get_lead_detail(lead_id(1)).unwrap().lead, wanted, "{field}");
        // In the index of every order, at its new place.
        for column in [
            LeadColumn::Name,
            LeadColumn::Value,
            LeadColumn::CreatedAt,
            LeadColumn::LastActivityAt,
            LeadColumn::Stage,
            LeadColumn::Owner,
            LeadColumn::Source,
        ] {
            let of_state = |state| {
                let filter = LeadFilter { state, ..LeadFilter::default() };
                let query = LeadQuery { filter, sort: LeadSort { column, descending: false } };
                cache.lead_page(&query, 0, 10).unwrap().rows.len()
            };
            let expected = if field == "state" { (1, 1) } else { (2, 0) };
            let listed = (of_state(LeadState::Active), of_state(LeadState::Deleted));
            assert_eq!(listed, expected, "{field}, by {column:?}");
        }
        // Past the authorizer, which allows no such question.
        let db = crate::open::connect(&cache.path, &key(7), crate::open::Use::Read).unwrap();
        let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "{field}");
    }
}

#[test]
fn rows_may_come_before_what_they_belong_to() {
    let cache = new_cache();
    cache.apply(vec![put(message(1, 1, 1, "early bird"))]);
    assert_eq!(cache.search("early", 5).unwrap().messages[0].lead_name, "");
    assert_eq!(cache.get_conversation(conversation_id(1)).err().unwrap(), StoreError::NotFound);
    assert_eq!(bodies(&cache, 1, MessageAnchor::Newest, 5), ["early bird"]);
    cache.apply(vec![put(conversation(1, 1))]);
    let row = cache.get_conversation(conversation_id(1)).unwrap();
    assert_eq!((row.lead_id, row.lead_name.as_str()), (lead_id(1), ""));
    cache.apply(vec![put(lead(1, "Nora")), put(stage(1, 1))]);
    assert_eq!(cache.search("early", 5).unwrap().messages[0].lead_name, "Nora");
    assert_eq!(cache.get_conversation(conversation_id(1)).unwrap().lead_name, "Nora");
}

#[test]
fn the_same_page_twice_is_the_page_once() {
    let cache = new_cache();
    let rows = || vec![put(lead(1, "Nora")), put(conversation(1, 1)), put(message(1, 1, 1, "hello there"))];
    cache.apply(rows());
    cache.apply(rows());
    let results = cache.search("hello", 5).unwrap();
    assert_eq!((results.messages.len(), results.coverage.messages, results.coverage.leads), (1, 1, 1));
    assert_eq!(cache.folder_counts(member_id(1)).unwrap().open, 1);
}

#[test]
fn page_and_cursor_stand_or_fall_together() {
    let cache = new_cache();
    cache.apply_page(&snapshot("one", vec![put(lead(1, "Nora"))])).unwrap();
    let before = cache.sync_state().unwrap();
    assert_eq!(before.cursor, Some(Cursor("one".to_owned())));
    assert_eq!(
        before.snapshot,
        Some(SnapshotProgress { totals: Totals { leads: 9, ..Totals::default() }, rows_done: 3 })
    );
    // The last statement of the page fails.
    cache.with_writer(|db| {
        db.execute_batch(
            "CREATE TRIGGER fault BEFORE UPDATE OF messages ON sync_state BEGIN SELECT RAISE(ABORT, 'fault'); END",
        )
        .unwrap()
    });
    let page = snapshot("two", vec![put(lead(2, "Omar")), put(message(1, 1, 2, "gone again"))]);
    assert!(matches!(cache.apply_page(&page), Err(StoreError::Database(_))), "the fault fired");
    assert_eq!(cache.sync_state().unwrap(), before);
    assert_eq!(names(&cache), ["Nora"]);
    assert!(cache.search("again", 5).unwrap().messages.is_empty());
    cache.with_writer(|db| db.execute_batch("DROP TRIGGER fault").unwrap());
    cache.apply_page(&page).unwrap();
    assert_eq!(names(&cache), ["Omar", "Nora"]);
    assert_eq!(cache.sync_state().unwrap().cursor, Some(Cursor("two".to_owned())));
}

#[test]
fn deleting_a_lead_takes_all_that_is_its() {
    let cache = new_cache();
    let mut tagged = lead(1, "Nora");
    tagged.tags = vec!["vip".to_owned()];
    cache.apply(vec![
        put(tagged),
        put(lead(2, "Omar")),
        put(conversation(1, 1)),
        put(conversation(2, 2)),
        put(message(1, 1, 1, "shared word")),
        put(message(2, 2, 2, "shared word")),
        put(message(3, 1, 1, "shared word")),
    ]);
    assert_eq!(cache.search("shared", 5).unwrap().messages.len(), 3);
    let applied = cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    assert!(applied.leads && applied.conversations && applied.messages && applied.studio);
    let results = cache.search("shared", 5).unwrap();
    assert_eq!(results.messages.len(), 1);
    assert_eq!((results.coverage.leads, results.coverage.messages), (1, 1));
    assert_eq!(names(&cache), ["Omar"]);
    assert!(cache.search("nora", 5).unwrap().leads.is_empty());
    assert!(cache.search("no", 5).unwrap().leads.is_empty());
    assert!(cache.list_tags().unwrap().is_empty());
    assert_eq!(cache.conversation_page(Folder::Open, 0, 9).unwrap().rows.len(), 1);
    // Deleting what is gone is no error, and a row that comes after is a new one.
    cache.apply(vec![Change::Delete(RowId::Lead(lead_id(1))), put(lead(1, "Nora again"))]);
    assert_eq!(names(&cache), ["Omar", "Nora again"]);
}

#[test]
fn order_within_a_page_is_kept() {
    let cache = new_cache();
    cache.apply(vec![
        put(message(1, 1, 1, "first")),
        Change::Delete(RowId::Message(message_id(1))),
        put(message(2, 1, 1, "kept")),
        put(message(2, 1, 1, "rewritten")),
        put(lead(1, "Old")),
        put(lead(1, "New")),
    ]);
    assert_eq!(bodies(&cache, 1, MessageAnchor::Newest, 9), ["rewritten"]);
    for (word, hits) in [("first", 0), ("kept", 0), ("rewritten", 1)] {
        assert_eq!(cache.search(word, 5).unwrap().messages.len(), hits, "{word}");
    }
    assert_eq!(cache.search("old", 5).unwrap().leads.len(), 0);
    assert_eq!(cache.search("new", 5).unwrap().leads.len(), 1);
}

#[test]
fn a_status_alone_leaves_the_index_alone() {
    let cache = new_cache();
    let sent = message(1, 1, 1, "the text");
    cache.apply(vec![put(sent.clone())]);
    let index = |cache: &TestCache| -> i64 {
        cache.with_reader(|db| {
            db.query_row("SELECT sum(length(block)) + count(*) FROM message_fts_data", [], |r| r.get(0)).unwrap()
        })
    };
    let before = index(&cache);
    cache.apply(vec![put(Message {
        status: DeliveryStatus::Failed,
        failure_reason: Some("no".to_owned()),
        ..sent.clone()
    })]);
    assert_eq!(index(&cache), before);
    let page = cache.message_page(conversation_id(1), MessageAnchor::Newest, 1, None).unwrap();
    assert_eq!(page.messages[0].status, DeliveryStatus::Failed);
    // Control: another text does touch it.
    cache.apply(vec![put(Message { body: "quite another".to_owned(), ..sent })]);
    assert_ne!(index(&cache), before);
    assert!(cache.search("text", 5).unwrap().messages.is_empty());
    assert_eq!(cache.search("quite", 5).unwrap().messages.len(), 1);
}

#[test]
fn absurd_and_equal_times_are_kept() {
    let cache = new_cache();
    let timed =
        |n: u64, sent_at: i64| Message { sent_at: UnixMs(sent_at), ..message(n, 1, 1, &format!("same moment {n}")) };
    let mut rows: Vec<_> = (0..3_000).map(|n| put(timed(n, 0))).collect();
    for (n, sent_at) in [(4_000, i64::MIN), (4_001, i64::MAX), (4_002, -1), (4_003, i64::MAX)] {
        rows.push(put(timed(n, sent_at)));
    }
    cache.apply(rows);
    assert_eq!(cache.search("moment", 5_000).unwrap().messages.len(), 3_004);
    // Another page into the full second.
    cache.apply((5_000..5_010).map(|n| put(timed(n, 0))).collect());
    assert_eq!(cache.search("moment", 5_000).unwrap().messages.len(), 3_014);
    let thread = bodies(&cache, 1, MessageAnchor::Newest, 2);
    assert_eq!(thread, ["same moment 4001", "same moment 4003"]);
    // Moved in time, a message moves in the thread.
    cache.apply(vec![put(timed(4_001, 5_000))]);
    assert_eq!(bodies(&cache, 1, MessageAnchor::Newest, 2), ["same moment 4001", "same moment 4003"]);
    assert_eq!(cache.search("moment", 5_000).unwrap().messages.len(), 3_014);
}

#[test]
fn a_thread_is_read_in_both_directions_from_anywhere() {
    let cache = new_cache();
    // Newest first, and two a second, as history comes.
    let rows: Vec<_> =
        (0..10).rev().map(|n| put(Message { sent_at: at(n as i64 / 2), ..message(n, 1, 1, &n.to_string()) })).collect();
    cache.apply(rows);
    let page = |anchor, limit| {
        let page = cache.message_page(conversation_id(1), anchor, limit, None).unwrap();
        let bodies: Vec<u64> = page.messages.iter().map(|m| m.body.parse().unwrap()).collect();
        (bodies, page.has_older, page.has_newer)
    };
    assert_eq!(page(MessageAnchor::Newest, 3), (vec![7, 8, 9], true, false));
    assert_eq!(page(MessageAnchor::Newest, 10), ((0..10).collect(), false, false));
    assert_eq!(page(MessageAnchor::Before(message_id(7)), 3), (vec![4, 5, 6], true, true));
    assert_eq!(page(MessageAnchor::Before(message_id(2)), 3), (vec![0, 1], false, true));
    assert_eq!(page(MessageAnchor::After(message_id(5)), 3), (vec![6, 7, 8], true, true));
    assert_eq!(page(MessageAnchor::After(message_id(6)), 3), (vec![7, 8, 9], true, false));
    assert_eq!(page(MessageAnchor::Around(message_id(5)), 4), (vec![3, 4, 5, 6], true, true));
    assert_eq!(page(MessageAnchor::Around(message_id(9)), 4), (vec![6, 7, 8, 9], true, false));
    assert_eq!(page(MessageAnchor::Around(message_id(0)), 4), (vec![0, 1], false, true));
    let elsewhere = cache.message_page(conversation_id(2), MessageAnchor::Newest, 3, None);
    assert_eq!(elsewhere.err().unwrap(), StoreError::NotFound);
}

#[test]
fn a_restarted_snapshot_sweeps_at_its_end_only() {
    let cache = new_cache();
    let event = |n: u64, lead: u64| StageEvent {
        id: StageEventId::from_uuid(uuid(8, n)),
        lead_id: lead_id(lead),
        from_stage_id: None,
        to_stage_id: stage_id(1),
        member_id: None,
        at: at(1),
    };
    let all = |n: u64| {
        vec![
            put(lead(n, "Somebody")),
            put(conversation(n, n)),
            put(message(n, n, n, "words here")),
            put(event(n, n)),
            put(edit(n, n, 1)),
        ]
    };
    let mut rows = all(1);
    rows.extend(all(2));
    rows.extend([
        put(message(3, 1, 1, "words of old")),
        put(member(1, "Anna")),
        put(member(2, "Ben")),
        put(stage(1, 1)),
        put(stage(2, 2)),
    ]);
    cache.apply_page(&snapshot("a", rows)).unwrap();
    cache.apply_page(&finished("b", vec![])).unwrap();
    assert!(cache.sync_state().unwrap().complete);

    cache.restart_snapshot().unwrap();
    let state = cache.sync_state().unwrap();
    assert_eq!((state.cursor, state.complete), (None, false));
    let mut again = all(1);
    again.extend([put(member(1, "Anna")), put(stage(1, 1))]);
    cache.apply_page(&snapshot("c", again)).unwrap();
    assert_eq!(cache.lead_count(&LeadFilter::default()).unwrap(), 2, "not before the end");
    assert!(!cache.search("words", 9).unwrap().coverage.is_complete);
    cache.apply_page(&finished("d", vec![])).unwrap();

    assert_eq!(cache.lead_count(&LeadFilter::default()).unwrap(), 1);
    let results = cache.search("words", 9).unwrap();
    assert_eq!(results.messages.len(), 1);
    assert_eq!((results.coverage.leads, results.coverage.messages, results.coverage.is_complete), (1, 1, true));
    assert_eq!(cache.list_members().unwrap().len(), 1);
    assert_eq!(cache.list_stages().unwrap().len(), 1);
    assert_eq!(cache.folder_counts(member_id(1)).unwrap().open, 1);
    assert_eq!(cache.get_lead_detail(lead_id(1)).unwrap().stage_events.len(), 1);
    assert_eq!(cache.get_lead_detail(lead_id(1)).unwrap().edits.len(), 1);
    assert_eq!(edits_held(&cache), 1);
    // The next end without a restart sweeps nothing.
    cache.apply_page(&finished("e", vec![])).unwrap();
    assert_eq!(cache.lead_count(&LeadFilter::default()).unwrap(), 1);
}

#[test]
fn a_read_mark_holds_until_a_newer_inbound_message() {
    let cache = new_cache();
    let me = member_id(1);
    let waiting = Conversation { unread_count: 2, ..conversation(1, 1) };
    cache.apply(vec![put(lead(1, "Nora")), put(waiting.clone()), put(message(1, 1, 1, "hi"))]);
    let unread = || {
        let row = cache.get_conversation(conversation_id(1)).unwrap();
        let listed = cache.conversation_page(Folder::Unread, 0, 9).unwrap().rows.len() as u64;
        assert_eq!(listed, cache.folder_counts(me).unwrap().unread);
        assert_eq!(listed == 1, row.unread_count > 0);
        row.unread_count
    };
    assert_eq!(unread(), 2);
    cache.mark_read(conversation_id(1), UnixMs(i64::MAX)).unwrap();
    assert_eq!(unread(), 0);
    // The same row again, an answer of ours, history from before: nothing newer came in.
    let answer = Conversation { preview_direction: Direction::Outbound, last_message_at: at(50), ..waiting.clone() };
    let outbound = Message { direction: Direction::Outbound, sent_at: at(50), ..message(2, 1, 1, "us") };
    let history = Message { sent_at: at(-9), ..message(3, 1, 1, "long ago") };
    cache.apply(vec![put(waiting.clone()), put(answer.clone()), put(outbound), put(history)]);
    assert_eq!(unread(), 0);
    // A message before its conversation's row, as it may come.
    cache.apply(vec![put(Message { sent_at: at(60), ..message(4, 1, 1, "new") })]);
    assert_eq!(unread(), 2);
    cache.mark_read(conversation_id(1), at(0)).unwrap();
    assert_eq!(unread(), 0);
    cache.apply(vec![put(Conversation { unread_count: 3, last_message_at: at(70), ..waiting })]);
    assert_eq!(unread(), 3);
    assert_eq!(cache.mark_read(conversation_id(9), at(0)).unwrap_err(), StoreError::NotFound);
}

#[test]
fn folders_hold_what_their_names_say() {
    let cache = new_cache();
    let me = member_id(1);
    let rows = (0..40u64).map(|n| Conversation {
        status: [ConversationStatus::Open, ConversationStatus::Snoozed, ConversationStatus::Archived]
            [(n % 5 / 2) as usize],
        assignee_id: [None, Some(me), Some(member_id(2))][(n % 3) as usize],
        unread_count: (n % 4) as i64,
        ..conversation(n, n % 7)
    });
    let rows: Vec<Conversation> = rows.collect();
    let mut changes: Vec<_> = (0..7).map(|n| put(lead(n, "Nora"))).collect();
    changes.extend(rows.iter().cloned().map(put));
    cache.apply(changes);
    // Then some move.
    let mut rows = rows;
    for row in rows.iter_mut().step_by(3) {
        row.status = ConversationStatus::Open;
        row.assignee_id = Some(me);
        row.unread_count = 0;
    }
    cache.apply(rows.iter().cloned().map(put).collect());
    let counts = cache.folder_counts(me).unwrap();
    let is_open = |row: &&Conversation| row.status == ConversationStatus::Open;
    type Holds<'a> = &'a dyn Fn(&&Conversation) -> bool;
    let folders: [(Folder, u64, Holds<'_>); 6] = [
        (Folder::Open, counts.open, &is_open),
        (Folder::Unread, counts.unread, &|row| is_open(row) && row.unread_count > 0),
        (Folder::Mine(me), counts.mine, &|row| is_open(row) && row.assignee_id == Some(me)),
        (Folder::Unassigned, counts.unassigned, &|row| is_open(row) && row.assignee_id.is_none()),
        (Folder::Snoozed, counts.snoozed, &|row| row.status == ConversationStatus::Snoozed),
        (Folder::Archived, counts.archived, &|row| row.status == ConversationStatus::Archived),
    ];
    for (folder, count, holds) in folders {
        let mut expected: Vec<_> = rows.iter().filter(|row| holds(row)).map(|row| row.id).collect();
        expected.reverse();
        assert_eq!(count, expected.len() as u64, "{folder:?}");
        let whole = cache.conversation_page(folder, 0, 100).unwrap();
        assert_eq!(whole.rows.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{folder:?}");
        for offset in 0..expected.len() + 2 {
            let page = cache.conversation_page(folder, offset as u64, 3).unwrap();
            let ids: Vec<_> = page.rows.iter().map(|row| row.id).collect();
            assert_eq!(ids, expected.iter().skip(offset).take(3).copied().collect::<Vec<_>>(), "{folder:?} {offset}");
        }
    }
}

#[test]
fn export_counts_messages_and_channels_and_follows_the_scope() {
    let cache = new_cache();
    let mut owned = lead(2, "Omar");
    owned.owner_id = Some(member_id(1));
    cache.apply(vec![
        put(stage(1, 1)),
        put(member(1, "Anna")),
        put(lead(1, "Nora")),
        put(owned),
        put(conversation(1, 1)),
        put(Conversation { channel: Channel::Email, ..conversation(2, 1) }),
        put(conversation(3, 1)),
        put(message(1, 1, 1, "one")),
        put(message(2, 2, 1, "two")),
        put(message(3, 2, 1, "three")),
    ]);
    let read = |scope: LeadScope<'_>| {
        let mut leads = Vec::new();
        cache
            .for_each_lead(scope, &mut |lead| {
                leads.push(lead);
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(cache.scope_count(scope).unwrap(), leads.len() as u64);
        leads
    };
    let all = read(LeadScope::All);
    assert_eq!(all[0].message_count, 3);
    assert_eq!(all[0].channels, [Channel::Whatsapp, Channel::Email]);
    assert_eq!((all[0].stage.as_str(), all[0].owner.as_deref()), ("stage 1", None));
    assert_eq!((all[1].message_count, all[1].owner.as_deref()), (0, Some("Anna")));
    assert_eq!(all[0].lead, lead(1, "Nora"));
    let view = read(LeadScope::View(&by_activity()));
    assert_eq!(view.iter().map(|lead| lead.lead.id).collect::<Vec<_>>(), [lead_id(2), lead_id(1)]);
    let ids = [lead_id(2), lead_id(9), lead_id(1)];
    let chosen = read(LeadScope::Selection(&ids));
    assert_eq!(chosen.iter().map(|lead| lead.lead.id).collect::<Vec<_>>(), [lead_id(2), lead_id(1)]);
    let mut seen = 0;
    let stop = |_| {
        seen += 1;
        std::ops::ControlFlow::Break(())
    };
    cache.for_each_lead(LeadScope::All, &mut { stop }).unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn lines_this_version_cannot_read_are_kept() {
    let cache = new_cache();
    let line = r#"{"change":{"upsert":{"booking":{"id":"\u0000"}}}}"#;
    let page = PullPage { unreadable: vec![UnreadableLine(line.to_owned())], ..page("c", vec![]) };
    cache.apply_page(&page).unwrap();
    assert_eq!(cache.sync_state().unwrap().unreadable, 1);
    let kept: String = cache.with_reader(|db| db.query_row("SELECT line FROM unreadable", [], |r| r.get(0)).unwrap());
    assert_eq!(kept, line);
}

#[test]
fn small_things_of_this_device_are_kept() {
    let cache = new_cache();
    assert_eq!(cache.find_setting("lock").unwrap(), None);
    cache.set_setting("lock", "5").unwrap();
    cache.set_setting("lock", "6").unwrap();
    assert_eq!(cache.find_setting("lock").unwrap().as_deref(), Some("6"));

    let view = |n, name: &str| StoredView { id: uuid(9, n), name: name.to_owned(), query: by_activity() };
    cache.save_view(&view(1, "zebra")).unwrap();
    cache.save_view(&view(2, "Ärger")).unwrap();
    cache.save_view(&view(1, "middle")).unwrap();
    assert_eq!(cache.list_views().unwrap(), [view(2, "Ärger"), view(1, "middle")]);
    cache.delete_view(uuid(9, 1)).unwrap();
    assert_eq!(cache.list_views().unwrap(), [view(2, "Ärger")]);

    let entry = |n| AuditEntry {
        id: uuid(10, n),
        action: AuditAction::LeadsExported,
        at: at(0),
        detail: "csv all".to_owned(),
        row_count: 7,
    };
    for n in [1, 2, 2, 3] {
        cache.append_audit(&entry(n)).unwrap();
    }
    assert_eq!(cache.list_unsent_audit(2).unwrap(), [entry(1), entry(2)]);
    cache.mark_audit_sent(&[uuid(10, 1), uuid(10, 2)]).unwrap();
    assert_eq!(cache.list_unsent_audit(9).unwrap(), [entry(3)]);
    assert_eq!(cache.count_unsent_audit().unwrap(), 1);

    cache.set_up_to_date(at(5)).unwrap();
    assert_eq!(cache.sync_state().unwrap().up_to_date_at, Some(at(5)));
    let studio = Studio {
        id: identity().studio_id,
        name: "Studio".to_owned(),
        brand_colour: "#000000".to_owned(),
        time_zone: "Europe/Lisbon".to_owned(),
        currency: "EUR".to_owned(),
    };
    assert_eq!(cache.find_studio().unwrap(), None);
    assert!(cache.apply(vec![put(studio.clone())]).studio);
    assert_eq!(cache.find_studio().unwrap(), Some(studio));
}

#[test]
fn a_snapshot_that_was_cut_before_its_last_word_is_finished_by_what_changed_since() {
    let cache = new_cache();
    cache.apply(vec![put(stage(1, 0)), put(lead(1, "Nora"))]);
    cache.restart_snapshot().unwrap();
    cache.apply_page(&snapshot("a", vec![put(stage(1, 0)), put(lead(2, "Ben"))])).unwrap();
    assert!(!cache.sync_state().unwrap().complete);
    cache.apply(vec![]);
    let state = cache.sync_state().unwrap();
    assert!(state.complete && state.snapshot.is_none());
    assert_eq!(names(&cache), ["Ben"], "and what it did not bring is swept");
}
