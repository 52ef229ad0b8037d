//! What a device pushes, as the server takes it: read, checked, and done by the rules of the domain.

use std::collections::BTreeMap;

use domain::{
    DeliveryStatus, Direction, FieldEdit, FieldOutcome, Lead, LeadEdit, LeadEditRecord, LeadField, LeadId, LeadPatch,
    LeadState, MergeProblem, Message, UnixMs, limits, merge_lead, unite_leads,
};
use wire::changes::{Change, Line, MAX_LINE_BYTES, Row};
use wire::operation::{Act, MAX_OPERATIONS, Operation, Operations};

use crate::studio;

/// A batch is read as it is written. What passes the checks leaves a lead that passes them too, and fits in a line of the
/// feed. Of an edit every field is told, as it became; done twice it is done once; what is taken back is taken back.
pub fn operations(input: &[u8]) {
    let Ok(request) = serde_json::from_slice::<Operations>(input) else { return };
    let written = serde_json::to_vec(&request).expect("operations serialise");
    assert!(serde_json::from_slice::<Operations>(&written).ok().as_ref() == Some(&request), "read as it was written");
    let mut leads: BTreeMap<LeadId, Lead> =
        (1..=studio::LEADS).map(|n| (studio::lead_id(n), studio::lead(n))).collect();
    for operation in request.operations.into_iter().take(MAX_OPERATIONS) {
        assert!(!operation.act.targets().is_empty(), "an act is about something");
        match operation.act.check() {
            Ok(()) => carry_out(&mut leads, operation),
            Err(invalid) => assert!(!invalid.field.is_empty(), "it is told what is wrong"),
        }
    }
}

fn carry_out(leads: &mut BTreeMap<LeadId, Lead>, Operation { id, at, act }: Operation) {
    // A clock that is ahead wins no race.
    let at = at.min(studio::NOW);
    match act {
        Act::CreateLead(act) => {
            let lead = act.lead.into_lead(act.lead_id, at);
            fits_in_a_line(Row::Lead(Box::new(lead.clone())));
            leads.entry(act.lead_id).or_insert(lead);
        }
        Act::EditLead(act) => {
            // What is merged is the same of any lead; most ids that are made up are none's.
            let lead_id = if leads.contains_key(&act.lead_id) { act.lead_id } else { studio::lead_id(1) };
            let lead = &leads[&lead_id];
            if let Some(after) = edit(lead, &act.edit, at) {
                let fields = merge_lead(act.edit.clone(), at, lead, Some(studio::NOW)).fields;
                let changes = FieldEdit::of_edit(act.edit.changes(), &fields);
                let member_id = studio::member_id(1);
                fits_in_a_line(Row::LeadEdit(LeadEditRecord { id, lead_id, member_id, at, changes }));
                leads.insert(lead_id, after);
            }
        }
        Act::MergeLeads(act) => {
            let known = leads.get(&act.lead_id).zip(leads.get(&act.duplicate_id));
            if let Some(united) = known.and_then(|(lead, duplicate)| unite(lead, duplicate)) {
                leads.insert(act.lead_id, united);
            }
        }
        Act::Reply(act) => fits_in_a_line(Row::Message(Message {
            id: act.message_id,
            conversation_id: act.conversation_id,
            lead_id: studio::lead_id(1),
            direction: Direction::Outbound,
            author_id: Some(studio::member_id(1)),
            body: act.body,
            status: DeliveryStatus::Queued,
            failure_reason: None,
            sent_at: at,
        })),
    }
}

/// The lead after the edit; `None` where it has no room for it.
fn edit(lead: &Lead, edit: &LeadEdit, at: UnixMs) -> Option<Lead> {
    assert!(edit.clone().reversed().reversed() == *edit, "taken back twice");
    let mut after = None;
    // Moved before and after the edit, and never that is known.
    for moved_at in [None, Some(at.plus_ms(-1)), Some(at.plus_ms(1))] {
        let merge = merge_lead(edit.clone(), at, lead, moved_at);
        let merged = lead.clone().patched(merge.patch);
        let told: Vec<LeadField> = merge.fields.iter().map(|result| result.field).collect();
        assert_eq!(told, edit.fields().collect::<Vec<_>>(), "each field is told, in order");
        for (change, result) in edit.changes().into_iter().zip(&merge.fields) {
            let [was, is] = [lead, &merged].map(|lead| result.field.of(lead));
            let holds = match result.outcome {
                FieldOutcome::Applied => is == change.to,
                FieldOutcome::Same => is == was && (change.to == was || change.to == change.from),
                FieldOutcome::Merged => result.field == LeadField::Tags,
                FieldOutcome::Superseded => is == was && matches!(result.field, LeadField::StageId | LeadField::State),
                FieldOutcome::Conflict => is == was && change.to != was && change.from != was,
            };
            assert!(holds, "{:?} of {:?}", result.outcome, result.field);
        }
        check_tags(edit, lead, &merged);
        let done = LeadEdit::between(lead, &merged);
        let patch = merge_lead(done.clone(), at, lead, None).patch;
        assert!(lead.clone().patched(patch) == merged, "what was done is what is told of it");
        let back = merge_lead(done.reversed(), at, &merged, None).patch;
        assert!(merged.clone().patched(back) == *lead, "taken back, it is as it was");
        let again = merge_lead(edit.clone(), at, &merged, moved_at.max(Some(at))).patch;
        assert!(again == LeadPatch::default(), "done once more it changes nothing");
        if merged.tags.len() <= limits::TAGS {
            assert_eq!(LeadEdit::between(lead, &merged).wanted().check(), Ok(()), "what passed the checks passes them");
            fits_in_a_line(Row::Lead(Box::new(merged.clone())));
            after = Some(merged);
        }
    }
    after
}

/// What was added is there, what was taken away is not, and of the others nothing is lost.
fn check_tags(edit: &LeadEdit, lead: &Lead, merged: &Lead) {
    let Some(tags) = &edit.tags else { return };
    let is_left = tags.from == tags.to;
    for tag in &tags.to {
        assert!(is_left || tags.from.contains(tag) || merged.tags.contains(tag), "a tag that was added");
    }
    for tag in &merged.tags {
        assert!(lead.tags.contains(tag) || tags.to.contains(tag), "a tag that nobody gave");
        let is_taken = tags.from.contains(tag) && !tags.to.contains(tag);
        assert!(!is_taken, "a tag that was taken away");
    }
    for tag in &lead.tags {
        assert!(merged.tags.contains(tag) || tags.from.contains(tag), "a colleague's tag");
    }
}

/// The lead that two become; `None` where they can't.
fn unite(lead: &Lead, duplicate: &Lead) -> Option<Lead> {
    match unite_leads(lead, duplicate) {
        Ok(united) => {
            assert!(lead.tags.iter().chain(&duplicate.tags).all(|tag| united.tags.contains(tag)), "a tag is lost");
            assert!(
                [lead, duplicate].iter().all(|one| one.notes.trim().is_empty() || united.notes.contains(&one.notes)),
                "notes are lost"
            );
            assert_eq!(LeadEdit::between(lead, &united).wanted().check(), Ok(()));
            fits_in_a_line(Row::Lead(Box::new(united.clone())));
            Some(united)
        }
        Err(MergeProblem::Same) => panic!("it was checked that they are two"),
        Err(MergeProblem::Deleted) => {
            assert!([lead.state, duplicate.state].contains(&LeadState::Deleted));
            None
        }
        Err(MergeProblem::NoRoom(field)) => {
            assert!(["tags", "notes"].contains(&field.as_str()));
            None
        }
    }
}

fn fits_in_a_line(row: Row) {
    let line = Line::Change(Change::Upsert(row));
    let mut written = Vec::new();
    line.write(&mut written).expect("lines serialise");
    written.pop();
    assert!(written.len() <= MAX_LINE_BYTES, "a line of {} bytes", written.len());
    assert!(Line::parse(&written) == Ok(line), "the client reads what was done");
}
