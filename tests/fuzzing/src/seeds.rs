//! What fuzzing begins with: inputs that are in order, made of the program's own types and so of its present forms.

use domain::{
    Edited, FieldEdit, FieldOutcome, FieldValue, Lead, LeadEdit, LeadEditRecord, LeadField, LeadState, NewLead, Source,
    StageEvent, StageEventId, Touch,
};
use serde_json::json;
use uuid::Uuid;
use wire::changes::{Begin, Change, Cursor, FeedKind, Line, Row, RowId, StreamFailure, Totals};
use wire::operation::{Act, ChainHead, ChainLink, CreateLead, EditLead, MergeLeads, Operation, Operations, Reply};

use crate::{csv_import, envelope, studio};

/// The seeds of a target by the names of their files. Beside them, the import has those of its own tests.
pub fn seeds(target: &str) -> Vec<(&'static str, Vec<u8>)> {
    match target {
        "change_pages" => change_pages(),
        "operations" => operations(),
        "csv_import" => vec![("ours.csv", csv_import::exported((1..=studio::LEADS).map(studio::lead)))],
        "envelope" => vec![("sealed.json", envelope::sealed().clone())],
        _ => Vec::new(),
    }
}

fn change_pages() -> Vec<(&'static str, Vec<u8>)> {
    let page = |cursor: &str| Line::Page(Cursor(cursor.to_owned()));
    let end = |cursor: &str| Line::End(Cursor(cursor.to_owned()));
    let mut snapshot = vec![begin(FeedKind::Snapshot)];
    snapshot.extend(first_rows().into_iter().map(put));
    snapshot.extend([page("s1"), put(lead_row(studio::lead(2))), put(Row::Message(studio::message(2))), end("s2")]);

    let moved = Lead { stage_id: studio::stage_id(2), state: LeadState::Archived, ..studio::lead(2) };
    let delta = vec![
        begin(FeedKind::Delta),
        put(lead_row(moved)),
        put(Row::StageEvent(stage_event())),
        put(Row::LeadEdit(lead_edit())),
        page("d1"),
        Line::Change(Change::Forget(RowId::Conversation(studio::conversation_id(2)))),
        Line::Change(Change::Delete(RowId::Lead(studio::lead_id(3)))),
        end("d2"),
    ];

    // What this device has done comes back, after what it was done on.
    let edited = Lead { name: "Nora Lee".to_owned(), ..studio::lead(1) };
    let said = domain::Message {
        id: studio::message_id(100),
        body: "There is one on Saturday".to_owned(),
        direction: domain::Direction::Outbound,
        ..studio::message(2)
    };
    let own = vec![
        begin(FeedKind::Delta),
        put(lead_row(studio::lead(1))),
        page("o1"),
        put(lead_row(edited)),
        put(Row::Message(said)),
        end("o2"),
    ];

    let broken_off = vec![begin(FeedKind::Delta), Line::Failed(StreamFailure { request_id: "r-1".to_owned() })];
    let mut newer = text(&[begin(FeedKind::Delta)]);
    newer.extend_from_slice(b"{\"change\":{\"upsert\":{\"booking\":{\"id\":1}}}}\n\n");
    newer.extend(text(&[put(billing("subscription")), put(billing("invoice")), end("n1")]));
    vec![
        ("broken_off", text(&broken_off)),
        ("delta", text(&delta)),
        ("newer", newer),
        ("own_acts", text(&own)),
        ("snapshot", text(&snapshot)),
    ]
}

fn text(lines: &[Line]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        line.write(&mut text).expect("lines serialise");
    }
    text
}

fn begin(kind: FeedKind) -> Line {
    Line::Begin(Begin {
        kind,
        totals: Totals { leads: 3, conversations: 3, messages: 3, stage_events: 1 },
        rows_before: 0,
        epoch: "e1".to_owned(),
        now: studio::NOW,
        lease_s: Some(2_592_000),
        head: None,
    })
}

fn put(row: Row) -> Line {
    Line::Change(Change::Upsert(row))
}

fn lead_row(lead: Lead) -> Row {
    Row::Lead(Box::new(lead))
}

fn first_rows() -> Vec<Row> {
    let mut rows = vec![Row::Studio(studio::studio())];
    rows.extend(studio::members().map(Row::Member));
    rows.extend(studio::stages().map(Row::Stage));
    rows.extend(studio::fields().into_iter().map(|field| Row::CustomField(Box::new(field))));
    rows.push(lead_row(studio::lead(1)));
    rows.push(Row::Conversation(studio::conversation(1)));
    rows.push(Row::Message(studio::message(1)));
    rows
}

fn stage_event() -> StageEvent {
    StageEvent {
        id: StageEventId::from_uuid(Uuid::from_u128(9)),
        lead_id: studio::lead_id(2),
        from_stage_id: Some(studio::stage_id(1)),
        to_stage_id: studio::stage_id(2),
        member_id: Some(studio::member_id(1)),
        at: studio::NOW,
    }
}

fn lead_edit() -> LeadEditRecord {
    let value = |text: &str| FieldValue::Text(Some(text.to_owned()));
    let (field, outcome) = (LeadField::Notes, FieldOutcome::Conflict);
    LeadEditRecord {
        id: studio::operation_id(9),
        lead_id: studio::lead_id(2),
        member_id: studio::member_id(2),
        at: studio::NOW,
        changes: vec![FieldEdit { field, from: value("Asked"), to: value("Rang"), outcome }],
    }
}

fn billing(kind: &str) -> Row {
    let at = studio::NOW;
    let row = match kind {
        "subscription" => json!({
            "studio_id": studio::studio().id, "plan": "Atelier", "status": "active", "seats": 5,
            "current_period_end": at, "cancel_at_period_end": false, "ended_at": null,
            "customer_id": "cus_NffrFeUfNV2Hib", "subscription_id": "sub_1MowQVLkdIwHu7ixeRlqHVzs", "as_of": at,
        }),
        _ => json!({
            "id": Uuid::from_u128(8), "invoice_id": "in_1MtHbELkdIwHu7ix1", "number": "LUM-1", "status": "open",
            "issued_at": at, "period_start": at, "period_end": at, "currency": "EUR", "total_minor": 4_900,
            "paid_minor": 0, "payment_id": null, "as_of": at,
        }),
    };
    serde_json::from_value(json!({ kind: row })).expect("a row")
}

fn operations() -> Vec<(&'static str, Vec<u8>)> {
    let operation = |n: u64, act: Act| Operation { id: studio::operation_id(n), at: studio::NOW, act };
    let edit = |n: u64, lead: u64, edit: LeadEdit| {
        operation(n, Act::EditLead(Box::new(EditLead { lead_id: studio::lead_id(lead), edit })))
    };
    let texts = LeadEdit {
        name: Some(Edited { from: "Nora 1".to_owned(), to: "Nora Lee".to_owned() }),
        email: Some(Edited { from: Some("nora@mail.example".to_owned()), to: None }),
        notes: Some(Edited { from: String::new(), to: "Rang\nback".to_owned() }),
        value_minor: Some(Edited { from: Some(4_200), to: Some(5_000) }),
        custom: studio::custom().into_iter().map(|(id, value)| (id, Edited { from: Some(value), to: None })).collect(),
        ..LeadEdit::default()
    };
    let place = LeadEdit {
        stage_id: Some(Edited { from: studio::stage_id(3), to: studio::stage_id(2) }),
        owner_id: Some(Edited { from: None, to: Some(studio::member_id(2)) }),
        tags: Some(Edited { from: vec!["first".to_owned()], to: vec!["trial".to_owned()] }),
        state: Some(Edited { from: LeadState::Active, to: LeadState::Archived }),
        phone: Some(Edited { from: studio::lead(2).phone, to: studio::lead(3).phone }),
        ..LeadEdit::default()
    };
    let lead = studio::lead(1);
    let new = NewLead {
        name: lead.name,
        email: lead.email,
        phone: lead.phone,
        stage_id: lead.stage_id,
        owner_id: None,
        source: Source::Manual,
        tags: lead.tags,
        notes: lead.notes,
        value_minor: None,
        custom: lead.custom,
        first_touch: Touch { referred_by: Some("Ben".to_owned()), ..Touch::default() },
    };
    let create = Act::CreateLead(Box::new(CreateLead { lead_id: studio::lead_id(9), lead: new }));
    let merge = MergeLeads { lead_id: studio::lead_id(1), duplicate_id: studio::lead_id(9) };
    let reply = Reply {
        message_id: studio::message_id(100),
        conversation_id: studio::conversation_id(1),
        body: "There is one on Saturday".to_owned(),
    };
    let batch = |operations: Vec<Operation>| {
        let head = Some(ChainHead { act: 7, link: ChainLink([1; 32]) });
        let request = Operations { epoch: Some("e1".to_owned()), operations, head };
        serde_json::to_vec(&request).expect("operations serialise")
    };
    vec![
        ("edits", batch(vec![edit(1, 1, texts.clone()), edit(2, 2, place.clone())])),
        ("merge", batch(vec![operation(3, create), edit(4, 9, texts), operation(5, Act::MergeLeads(merge))])),
        ("moves", batch(vec![edit(6, 2, place.clone()), edit(7, 2, place.reversed())])),
        ("reply", batch(vec![operation(8, Act::Reply(reply))])),
    ]
}
