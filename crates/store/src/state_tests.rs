//! Leads that are archived, deleted and restored: where they are shown, and where they are not.

#![allow(clippy::unwrap_used)]

use domain::*;
use rusqlite::Connection;

use crate::outbox_tests::new_desk;
use crate::read::*;
use crate::testing::*;

const STATES: [LeadState; 3] = [LeadState::Active, LeadState::Archived, LeadState::Deleted];

impl TestCache {
    /// How many leads of each state the lists count, and that their pages hold as many.
    fn listed(&self) -> [u64; 3] {
        STATES.map(|state| {
            let filter = LeadFilter { state, ..LeadFilter::default() };
            let sort = LeadSort { column: LeadColumn::Name, descending: false };
            let rows = self.lead_page(&LeadQuery { filter: filter.clone(), sort }, 0, 99).unwrap().rows;
            assert!(rows.iter().all(|row| row.state == state));
            assert_eq!(self.lead_count(&filter).unwrap(), rows.len() as u64);
            rows.len() as u64
        })
    }

    /// How many conversations are open, and that the folder's pages hold as many.
    pub(crate) fn open_conversations(&self) -> Vec<ConversationId> {
        let rows = self.conversation_page(Folder::Open, 0, 99).unwrap().rows;
        assert_eq!(self.folder_counts(member_id(1)).unwrap().open, rows.len() as u64);
        rows.into_iter().map(|row| row.id).collect()
    }

    fn set_state(&self, n: u64, of: u64, state: LeadState) {
        assert_eq!(self.edit(n, of, |lead| lead.state = state), 1);
    }
}

fn studio_with_talk() -> TestCache {
    let cache = new_desk();
    cache.apply(vec![
        put(Conversation { unread_count: 2, ..conversation(1, 1) }),
        put(message(1, 1, 1, "a word on saturday")),
        put(conversation(2, 2)),
        put(message(2, 2, 2, "another word")),
    ]);
    cache
}

#[test]
fn an_archived_lead_leaves_the_list_and_is_found_and_heard() {
    let cache = studio_with_talk();
    cache.set_state(1, 1, LeadState::Archived);
    assert_eq!(cache.listed(), [1, 1, 0]);
    let hits = cache.search("nora", 9).unwrap();
    assert_eq!(hits.leads.iter().map(|hit| hit.state).collect::<Vec<_>>(), [LeadState::Archived]);
    assert_eq!((hits.coverage.leads, cache.search("saturday", 9).unwrap().messages.len()), (2, 1));
    assert_eq!(cache.open_conversations().len(), 2);
    assert_eq!(cache.scope_count(crate::LeadScope::All).unwrap(), 2);
}

#[test]
fn a_deleted_lead_is_in_the_list_of_deleted_ones_alone_until_it_is_restored() {
    let cache = studio_with_talk();
    let unread = || cache.conversation_page(Folder::Unread, 0, 9).unwrap().rows.len();
    assert_eq!(unread(), 1);
    cache.set_state(1, 1, LeadState::Deleted);
    assert_eq!(cache.listed(), [1, 0, 1]);
    assert_eq!((cache.open_conversations(), unread()), (vec![conversation_id(2)], 0));
    let found = |text: &str| {
        let results = cache.search(text, 9).unwrap();
        (results.leads.len(), results.messages.len(), results.coverage.leads)
    };
    assert_eq!((found("nora"), found("saturday"), found("word")), ((0, 0, 1), (0, 0, 1), (0, 1, 1)));
    assert_eq!(found("nora saturday"), (0, 0, 1), "nor by name and word");
    assert_eq!(cache.scope_count(crate::LeadScope::All).unwrap(), 1);
    assert_eq!(cache.get_lead_detail(lead_id(1)).unwrap().conversations.len(), 1, "its page shows all of it");

    // What comes in meanwhile stays out of sight, and is read on its page without being counted.
    cache.apply(vec![
        put(message(3, 1, 1, "are you there")),
        put(Conversation { unread_count: 3, ..conversation(1, 1) }),
    ]);
    assert_eq!((cache.open_conversations().len(), unread()), (1, 0));
    cache.mark_read(conversation_id(1), at(9)).unwrap();
    cache.set_state(2, 1, LeadState::Active);
    assert_eq!(cache.listed(), [2, 0, 0]);
    assert_eq!((cache.open_conversations().len(), unread()), (2, 0));
    assert_eq!(found("saturday"), (0, 1, 2));
}

#[test]
fn a_conversation_of_a_deleted_lead_is_hidden_in_whatever_order_they_come() {
    let deleted = Lead { state: LeadState::Deleted, ..lead(1, "Nora") };
    let cache = new_cache();
    cache.apply(vec![put(conversation(1, 1)), put(stage(1, 0))]);
    assert_eq!(cache.open_conversations().len(), 1, "its lead is on its way");
    cache.apply(vec![put(deleted.clone())]);
    assert_eq!(cache.open_conversations(), []);
    let cache = new_cache();
    cache.apply(vec![put(stage(1, 0)), put(deleted), put(conversation(1, 1))]);
    assert_eq!(cache.open_conversations(), []);
    // It goes to another.
    cache.apply(vec![put(lead(2, "Ben")), put(conversation(1, 2))]);
    assert_eq!(cache.open_conversations(), [conversation_id(1)]);
}

#[test]
fn folders_are_answered_by_their_index_alone() {
    let cache = studio_with_talk();
    let folders = [
        Folder::Open,
        Folder::Unread,
        Folder::Mine(member_id(1)),
        Folder::Unassigned,
        Folder::Snoozed,
        Folder::Archived,
    ];
    cache.apply(vec![put(member(1, "Anna"))]);
    for folder in folders {
        let plan: Vec<String> = cache.with_reader(|db| {
            let walk = crate::inbox::walk_of(db, folder).unwrap().unwrap();
            let sql = walk.sql_of_all().next().unwrap();
            let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect()
        });
        assert!(!plan.is_empty());
        for step in plan {
            // Of the few that are unread, the index holds no others.
            let is_covered = step.contains("COVERING INDEX") || folder == Folder::Unread;
            assert!(is_covered && step.contains("INDEX conversation_"), "{folder:?}: {step}");
            assert!(!step.contains("TEMP B-TREE"), "{folder:?}: {step}");
        }
    }
}

/// A cache as the version before wrote it.
#[test]
fn what_an_older_version_wrote_is_counted_by_state() {
    let old = Connection::open_in_memory().unwrap();
    for migration in [include_str!("../migrations/V1__initial.sql"), include_str!("../migrations/V2__outbox.sql")] {
        old.execute_batch(migration).unwrap();
    }
    old.execute_batch(
        "CREATE TEMP TABLE number AS
             WITH RECURSIVE up(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM up WHERE value < 12) SELECT value FROM up;
         INSERT INTO lead (n, id, epoch, stage_ref, owner_ref, source, created_at, last_activity_at, updated_at, value_key,
             name_key, name, tags, first_touch, last_touch, notes, state)
         SELECT value, randomblob(16), 1, 1, value % 2, 0, 5, 5, 5, 0, 'n', 'N', '[]', '{}', '{}', '', value % 3
         FROM number;
         INSERT INTO lead_facet VALUES (1, 0, 0, 6), (1, 1, 0, 6);
         INSERT INTO conversation (id, lead_n, status, last_message_at, unread_here)
         SELECT randomblob(16), value, iif(value = 12, -1, 0), value, value % 2 FROM number;
         INSERT INTO conversation_facet VALUES (0, 0, 0, 5), (0, 0, 1, 6);",
    )
    .unwrap();
    old.execute_batch(include_str!("../migrations/V3__lead_state.sql")).unwrap();
    let rows = |sql: &str| -> Vec<String> {
        old.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(
        rows("SELECT state || ' ' || owner_ref || ' ' || leads FROM lead_facet ORDER BY state, owner_ref"),
        ["0 0 2", "0 1 2", "1 0 2", "1 1 2", "2 0 2", "2 1 2"]
    );
    assert_eq!(
        rows("SELECT CAST(lead_n AS TEXT) FROM conversation WHERE is_hidden ORDER BY lead_n"),
        ["2", "5", "8", "11"]
    );
    assert_eq!(
        rows("SELECT status || ' ' || is_unread || ' ' || conversations FROM conversation_facet ORDER BY 1"),
        ["0 0 3", "0 1 4"]
    );
}
