//! Two leads merged on a device, what the server says of it, and what it tells meanwhile.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, RowId};
use wire::operation::Act;

use crate::outbox_tests::{new_desk, operation_id};
use crate::read::*;
use crate::testing::*;
use crate::{Merged, NewMerge, StoreError, Verdict};

fn nora() -> Lead {
    Lead { notes: "mine".to_owned(), tags: vec!["a".to_owned()], ..lead(1, "Nora") }
}

fn nora_again() -> Lead {
    Lead {
        notes: "theirs".to_owned(),
        tags: vec!["b".to_owned()],
        email: Some("n@mail.example".to_owned()),
        ..lead(2, "N. Zeisig")
    }
}

/// Nora, and Nora again with two conversations.
fn twice() -> TestCache {
    let cache = new_desk();
    cache.apply(vec![
        put(nora()),
        put(nora_again()),
        put(conversation(1, 1)),
        put(message(1, 1, 1, "hello")),
        put(conversation(2, 2)),
        put(message(2, 2, 2, "hello again")),
        put(message(3, 2, 2, "and again")),
        put(conversation(3, 2)),
    ]);
    cache
}

impl TestCache {
    fn merge(&self, n: u64, lead: u64, duplicate: u64) -> Merged {
        let (lead_id, duplicate_id) = (lead_id(lead), lead_id(duplicate));
        let merge = NewMerge { id: operation_id(n), at: at(500 + n as i64), lead_id, duplicate_id };
        self.cache.merge_leads(merge).unwrap()
    }

    fn merged(&self, n: u64, lead: u64, duplicate: u64) {
        assert!(matches!(self.merge(n, lead, duplicate), Merged::Done(_)));
    }

    fn conversations_of(&self, n: u64) -> Vec<ConversationId> {
        let rows = self.get_lead_detail(lead_id(n)).unwrap().conversations;
        let mut ids: Vec<_> = rows.into_iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids
    }

    fn messages_of(&self, n: u64) -> u64 {
        let mut count = 0;
        self.for_each_lead(crate::LeadScope::Selection(&[lead_id(n)]), &mut |lead| {
            count = lead.message_count;
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        count
    }

    fn refuse(&self, n: u64) {
        self.judge_operations(&[(operation_id(n), Verdict::Refused(OutboxRefusal::Forbidden))], "e").unwrap();
    }
}

/// What the server makes of the two.
fn united() -> Lead {
    let united = unite_leads(&nora(), &nora_again()).unwrap();
    Lead { last_activity_at: at(501), updated_at: at(501), ..united }
}

fn gone() -> Lead {
    Lead { state: LeadState::Deleted, last_activity_at: at(501), updated_at: at(501), ..nora_again() }
}

#[test]
fn a_merge_is_shown_at_once_with_all_that_was_said() {
    let cache = twice();
    cache.merged(1, 1, 2);
    let (lead, duplicate) = (cache.shown(1), cache.shown(2));
    assert_eq!((lead.notes.as_str(), lead.email.as_deref()), ("mine\n\ntheirs", Some("n@mail.example")));
    assert_eq!((lead.tags, lead.last_activity_at), (vec!["a".to_owned(), "b".to_owned()], at(501)));
    assert_eq!((duplicate.state, duplicate.notes.as_str()), (LeadState::Deleted, "theirs"));
    assert_eq!(cache.conversations_of(1), [1, 2, 3].map(conversation_id));
    assert_eq!((cache.conversations_of(2), cache.messages_of(1), cache.messages_of(2)), (vec![], 3, 0));
    assert_eq!(cache.open_conversations().len(), 3, "none of them leaves the inbox");
    assert_eq!(cache.get_conversation(conversation_id(2)).unwrap().lead_name, "Nora");
    assert_eq!(cache.search("again", 9).unwrap().messages.len(), 2);
    let [pending] = &cache.get_lead_detail(lead_id(1)).unwrap().merges[..] else { panic!("one merge") };
    assert_eq!((pending.is_duplicate, pending.is_refused), (false, false));
    assert_eq!(pending.other_name.as_deref(), Some("N. Zeisig"));
    assert!(cache.get_lead_detail(lead_id(2)).unwrap().merges[0].is_duplicate);
    assert_eq!(
        cache.get_lead_detail(lead_id(1)).unwrap().unsent,
        [LeadField::Email, LeadField::Tags, LeadField::Notes]
    );
    let operations = cache.next_operations(9, usize::MAX).unwrap();
    assert!(matches!(&operations[..], [one] if matches!(one.act, Act::MergeLeads(_))));
    // What is said meanwhile comes there, too.
    cache.apply(vec![put(message(4, 2, 2, "still there?")), put(conversation(4, 2))]);
    assert_eq!((cache.conversations_of(1).len(), cache.messages_of(1)), (4, 4));
    cache.close().unwrap();
    let again = crate::Cache::open(&cache.path, &key(7)).unwrap();
    assert_eq!(again.get_lead_detail(lead_id(1)).unwrap().lead.notes, "mine\n\ntheirs", "it outlives the program");
}

#[test]
fn what_the_server_tells_of_the_merge_early_is_not_taken_over_twice() {
    let cache = twice();
    cache.merged(1, 1, 2);
    // Its answer was lost, and a pull that was under way tells what it did, piece by piece.
    cache.apply(vec![put(united())]);
    assert_eq!(cache.shown(1).notes, "mine\n\ntheirs");
    cache.apply(vec![put(gone()), put(conversation(2, 1))]);
    assert_eq!((cache.shown(1).notes.as_str(), cache.shown(2).state), ("mine\n\ntheirs", LeadState::Deleted));
    assert_eq!(cache.conversations_of(1), [1, 2, 3].map(conversation_id));
    // A row from before it, told late, does not show through.
    cache.apply(vec![put(nora()), put(nora_again()), put(conversation(2, 2))]);
    assert_eq!((cache.shown(1).notes.as_str(), cache.shown(2).state), ("mine\n\ntheirs", LeadState::Deleted));
    assert_eq!(cache.conversations_of(1), [1, 2, 3].map(conversation_id));

    cache.judge_operations(&[(operation_id(1), Verdict::Done(vec![]))], "e").unwrap();
    cache.pull(vec![put(united()), put(gone()), put(conversation(2, 1)), put(conversation(3, 1))]);
    assert_eq!(cache.shown(1), united());
    assert_eq!(cache.shown(2), gone());
    assert_eq!((cache.conversations_of(1).len(), cache.messages_of(1)), (3, 3));
    assert!(cache.get_lead_detail(lead_id(1)).unwrap().merges.is_empty());
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts::default());
}

#[test]
fn a_merge_that_is_given_up_goes_back_as_it_was() {
    let cache = twice();
    cache.merged(1, 1, 2);
    cache.edit(2, 1, |lead| lead.name = "Nora Zeisig".to_owned());
    cache.refuse(1);
    assert_eq!(cache.shown(2).state, LeadState::Deleted, "it stays shown until somebody decides");
    assert_eq!(cache.waiting(), [], "and holds what was done after it");
    assert!(cache.get_lead_detail(lead_id(1)).unwrap().merges[0].is_refused);
    cache.discard_operation(operation_id(1)).unwrap();
    assert_eq!(cache.shown(1).name, "Nora Zeisig");
    assert_eq!((cache.shown(1).notes.as_str(), cache.shown(1).email), ("mine", None));
    assert_eq!(cache.shown(2), nora_again());
    assert_eq!(cache.conversations_of(1), [conversation_id(1)]);
    assert_eq!(cache.conversations_of(2), [2, 3].map(conversation_id));
    assert_eq!((cache.messages_of(1), cache.messages_of(2)), (1, 2));
    assert_eq!(cache.open_conversations().len(), 3);
}

#[test]
fn what_one_of_them_loses_from_sight_goes_and_the_other_keeps_its_own() {
    let cache = twice();
    cache.merged(1, 1, 2);
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    assert_eq!(cache.conversations_of(2), [2, 3].map(conversation_id), "they are the duplicate's, as far as was told");
    assert_eq!(cache.open_conversations(), [], "which is shown as deleted");
    assert!(cache.get_conversation(conversation_id(1)).is_err());
    cache.refuse(1);
    cache.discard_operation(operation_id(1)).unwrap();
    assert_eq!(cache.open_conversations().len(), 2);

    let cache = twice();
    cache.merged(1, 1, 2);
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(2)))]);
    assert_eq!((cache.conversations_of(1), cache.messages_of(1)), (vec![conversation_id(1)], 1));
    assert_eq!(cache.get_conversation(conversation_id(2)).err(), Some(StoreError::NotFound));
}

#[test]
fn a_duplicate_of_a_duplicate_ends_where_both_did() {
    let cache = twice();
    cache.apply(vec![put(lead(3, "Zeisig")), put(conversation(5, 3))]);
    cache.merged(1, 2, 3);
    cache.merged(2, 1, 2);
    assert_eq!(cache.conversations_of(1), [1, 2, 3, 5].map(conversation_id));
    cache.refuse(2);
    cache.discard_operation(operation_id(2)).unwrap();
    assert_eq!(cache.conversations_of(1), [conversation_id(1)]);
    assert_eq!(cache.conversations_of(2), [2, 3, 5].map(conversation_id));
    assert_eq!(cache.open_conversations().len(), 4);
}

#[test]
fn what_can_not_be_merged_is_left_alone() {
    let cache = twice();
    assert!(matches!(cache.merge(1, 1, 1), Merged::Impossible(MergeProblem::Same)));
    cache.apply(vec![put(gone())]);
    assert!(matches!(cache.merge(1, 1, 2), Merged::Impossible(MergeProblem::Deleted)));
    let (lead_id, duplicate_id) = (lead_id(1), lead_id(9));
    let missing = NewMerge { id: operation_id(1), at: at(501), lead_id, duplicate_id };
    assert_eq!(cache.merge_leads(missing).err(), Some(StoreError::NotFound));
    assert_eq!((cache.shown(1), cache.waiting()), (nora(), vec![]));
}
