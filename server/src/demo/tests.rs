//! Promises of the demo that everything else leans on.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::path::PathBuf;

use domain::{
    Channel, Conversation, ConversationId, CustomField, CustomKind, DeliveryStatus, Direction, Invoice, InvoiceStatus,
    Lead, LeadId, Message, Role, StageEvent, UnixMs,
};
use sha2::{Digest as _, Sha256};
use wire::changes::Row;

use super::{BadLead, DEMO_EMAIL, DemoConfig, DemoError, LeadProblem, generate, phone};

const NOW: UnixMs = UnixMs(1_795_200_000_000);

fn config(leads: u64, messages: u64) -> DemoConfig {
    DemoConfig { seed: 42, leads, messages, now: NOW, messages_file: None, leads_file: None }
}

fn rows(config: &DemoConfig) -> Vec<Row> {
    generate(config).expect("a demo").collect()
}

/// SHA-256 of the rows as they go over the wire.
fn digest(config: &DemoConfig) -> Vec<u8> {
    let mut hash = Sha256::new();
    for row in generate(config).expect("a demo") {
        hash.update(serde_json::to_vec(&row).expect("rows serialise"));
    }
    hash.finalize().to_vec()
}

fn failure(config: &DemoConfig) -> DemoError {
    match generate(config) {
        Ok(_) => panic!("the configuration was accepted"),
        Err(error) => error,
    }
}

fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("input");
    std::fs::File::create(&path).expect("file").write_all(content).expect("written");
    (folder, path)
}

/// The rows of a studio, taken apart; asserts that each refers only to rows before it.
#[derive(Default)]
struct Demo {
    members: Vec<domain::Member>,
    stages: HashSet<domain::StageId>,
    fields: Vec<CustomField>,
    leads: Vec<Lead>,
    events: HashMap<LeadId, Vec<StageEvent>>,
    conversations: HashMap<ConversationId, Conversation>,
    messages: HashMap<ConversationId, Vec<Message>>,
    subscriptions: usize,
    invoices: Vec<Invoice>,
    ids: HashSet<uuid::Uuid>,
}

impl Demo {
    fn read(config: &DemoConfig) -> Self {
        let mut demo = Self::default();
        let mut leads = HashSet::new();
        for row in rows(config) {
            let id = match row {
                Row::Studio(studio) => *studio.id.as_uuid(),
                Row::Member(member) => {
                    let id = *member.id.as_uuid();
                    demo.members.push(member);
                    id
                }
                Row::Stage(stage) => {
                    demo.stages.insert(stage.id);
                    *stage.id.as_uuid()
                }
                Row::CustomField(field) => {
                    assert_eq!(field.form.check_beside(None, &demo.fields), Ok(()));
                    let id = *field.id.as_uuid();
                    demo.fields.push(*field);
                    id
                }
                Row::Lead(lead) => {
                    for (id, value) in &lead.custom {
                        let field =
                            demo.fields.iter().find(|field| field.id == *id).expect("a field before its values");
                        assert_eq!(field.check_value(value), Ok(()));
                    }
                    assert!(demo.stages.contains(&lead.stage_id));
                    assert!(lead.owner_id.is_none_or(|id| demo.members.iter().any(|member| member.id == id)));
                    leads.insert(lead.id);
                    let id = *lead.id.as_uuid();
                    demo.leads.push(*lead);
                    id
                }
                Row::StageEvent(event) => {
                    assert!(leads.contains(&event.lead_id) && demo.stages.contains(&event.to_stage_id));
                    let id = *event.id.as_uuid();
                    demo.events.entry(event.lead_id).or_default().push(event);
                    id
                }
                Row::Conversation(conversation) => {
                    assert!(leads.contains(&conversation.lead_id));
                    let id = *conversation.id.as_uuid();
                    demo.conversations.insert(conversation.id, conversation);
                    id
                }
                Row::LeadEdit(edit) => *edit.id.as_uuid(),
                Row::Message(message) => {
                    assert_eq!(demo.conversations[&message.conversation_id].lead_id, message.lead_id);
                    let id = *message.id.as_uuid();
                    demo.messages.entry(message.conversation_id).or_default().push(message);
                    id
                }
                Row::Subscription(subscription) => {
                    assert_eq!(subscription.check(), Ok(()));
                    demo.subscriptions += 1;
                    // The studio's own id, which it has already.
                    continue;
                }
                Row::Invoice(invoice) => {
                    assert_eq!(invoice.check(), Ok(()));
                    assert!(invoice.issued_at <= config.now);
                    let id = *invoice.id.as_uuid();
                    demo.invoices.push(*invoice);
                    id
                }
            };
            assert_eq!(id.get_version_num(), 7);
            assert!(demo.ids.insert(id), "an id came twice");
        }
        demo
    }
}

#[test]
fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
    let config = config(150, 1_200);
    assert_eq!(digest(&config), digest(&config));
    assert_ne!(digest(&config), digest(&DemoConfig { seed: 43, ..config }));
}

#[test]
fn there_are_exactly_as_many_leads_and_messages_as_asked() {
    for (leads, messages) in [(0, 0), (1, 0), (1, 1), (1, 3_000), (10, 3), (700, 7_001), (2_100, 900)] {
        let demo = Demo::read(&config(leads, messages));
        assert_eq!(demo.leads.len() as u64, leads);
        assert_eq!(demo.messages.values().map(Vec::len).sum::<usize>() as u64, messages);
    }
    assert!(matches!(failure(&config(0, 1)), DemoError::MessagesWithoutLeads));
}

#[test]
fn the_studio_has_all_roles_and_the_demo_account() {
    let demo = Demo::read(&config(1, 1));
    for role in Role::ALL {
        assert!(demo.members.iter().any(|member| member.role == role), "{role:?}");
    }
    let account = demo.members.iter().find(|member| member.email == DEMO_EMAIL).expect("the demo account");
    assert_eq!(account.role, Role::Manager);
    assert_eq!(demo.stages.len(), 5);
}

#[test]
fn the_studio_pays_for_what_it_uses() {
    let demo = Demo::read(&config(1, 1));
    assert_eq!((demo.subscriptions, demo.invoices.len()), (1, 14));
    assert!(demo.invoices.is_sorted_by_key(|invoice| invoice.issued_at));
    for invoice in &demo.invoices {
        let is_paid = invoice.status == InvoiceStatus::Paid;
        assert_eq!((invoice.paid_minor == invoice.total_minor, invoice.payment_id.is_some()), (is_paid, is_paid));
    }
}

#[test]
fn the_studio_has_a_field_of_each_kind_and_knows_something_of_many_leads() {
    let demo = Demo::read(&config(400, 400));
    let kinds: HashSet<_> = demo.fields.iter().map(|field| field.form.kind).collect();
    assert_eq!((demo.fields.len(), kinds.len()), (CustomKind::ALL.len(), CustomKind::ALL.len()));
    assert_eq!(demo.fields.iter().filter(|field| field.form.is_in_list).count(), 2);
    for field in &demo.fields {
        let known = demo.leads.iter().filter(|lead| lead.custom.contains_key(&field.id)).count();
        assert!((40..300).contains(&known), "{known} know {}", field.form.name);
    }
    assert!(demo.leads.iter().any(|lead| lead.custom.is_empty()), "of some nothing is known");
}

#[test]
fn a_conversation_tells_of_its_newest_message() {
    let demo = Demo::read(&config(600, 6_000));
    assert_eq!(demo.conversations.len(), demo.messages.len(), "no conversation without a message");
    for (id, messages) in &demo.messages {
        let conversation = &demo.conversations[id];
        let newest = messages.last().expect("at least one");
        assert!(messages.is_sorted_by_key(|message| message.sent_at));
        assert_eq!(conversation.last_message_at, newest.sent_at);
        assert_eq!(conversation.preview_direction, newest.direction);
        assert!(newest.body.starts_with(&conversation.preview));
        assert_eq!(conversation.preview.chars().count(), newest.body.chars().count().min(160));
        let waiting = messages.iter().rev().take_while(|message| message.direction == Direction::Inbound).count();
        assert!((0..=waiting as i64).contains(&conversation.unread_count));
    }
    assert!(demo.conversations.values().any(|conversation| conversation.unread_count > 0));
}

#[test]
fn times_are_in_order_and_none_is_in_the_future() {
    let demo = Demo::read(&config(600, 6_000));
    let mut last_message: HashMap<LeadId, UnixMs> = HashMap::new();
    for message in demo.messages.values().flatten() {
        let at = last_message.entry(message.lead_id).or_insert(message.sent_at);
        *at = (*at).max(message.sent_at);
    }
    for lead in &demo.leads {
        let events = &demo.events[&lead.id];
        assert!(events.is_sorted_by_key(|event| event.at));
        assert_eq!((events[0].at, events[0].from_stage_id), (lead.created_at, None));
        for pair in events.windows(2) {
            assert_eq!(pair[1].from_stage_id, Some(pair[0].to_stage_id));
        }
        let last_event = events.last().expect("a lead is created in a stage");
        assert_eq!(last_event.to_stage_id, lead.stage_id);
        assert_eq!(lead.updated_at, last_event.at);
        let newest = last_message.get(&lead.id).copied().unwrap_or(lead.created_at);
        assert_eq!(lead.last_activity_at, newest.max(lead.updated_at));
        assert!(lead.last_activity_at <= NOW);
    }
    for message in demo.messages.values().flatten() {
        let lead = demo.leads.iter().find(|lead| lead.id == message.lead_id).expect("its lead");
        assert!(message.sent_at >= lead.created_at && message.sent_at <= NOW);
    }
}

#[test]
fn nobody_real_can_be_called_or_written_to() {
    let demo = Demo::read(&config(3_000, 3_000));
    let mut phones = HashSet::new();
    for lead in &demo.leads {
        if let Some(number) = &lead.phone {
            assert!(phone::is_fictional(number.as_str()));
            assert!(phones.insert(number.as_str()), "a number came twice among few leads");
        }
        if let Some(email) = &lead.email {
            let (_, host) = email.split_once('@').expect("an address");
            assert!(["example.com", "example.org", "example.net"].contains(&host) || host.ends_with(".example"));
            assert!(email.is_ascii());
        }
    }
    assert!(phones.len() > 2_500);
}

#[test]
fn delivery_statuses_fit_their_messages() {
    let demo = Demo::read(&config(600, 12_000));
    let mut failed = 0;
    for message in demo.messages.values().flatten() {
        assert_eq!(message.failure_reason.is_some(), message.status == DeliveryStatus::Failed);
        match message.direction {
            Direction::Inbound => {
                assert_eq!(message.status, DeliveryStatus::Delivered);
                assert_eq!(message.author_id, None);
            }
            Direction::Outbound => failed += u32::from(message.status == DeliveryStatus::Failed),
        }
    }
    assert!(failed > 0, "some messages fail");
}

#[test]
fn several_scripts_and_hostile_names_are_there() {
    let demo = Demo::read(&config(400, 2_000));
    let any = |found: fn(char) -> bool| demo.leads.iter().any(|lead| lead.name.chars().any(found));
    assert!(any(|c| ('\u{900}'..'\u{980}').contains(&c)), "Devanagari");
    assert!(any(|c| ('\u{600}'..'\u{700}').contains(&c)), "Arabic");
    assert!(any(|c| ('\u{4e00}'..'\u{a000}').contains(&c)), "Han");
    assert!(any(|c| c == '\u{202e}'), "a bidirectional override");
    assert!(demo.leads.iter().any(|lead| lead.name.starts_with("=HYPERLINK(")));
    assert!(demo.leads.iter().any(|lead| lead.name.chars().count() > 300));
}

#[test]
fn a_file_of_messages_gives_the_text_of_inbound_ones() {
    let (_folder, path) = file("ham\tfirst text\r\nspam\tsecond\ttext \"quoted\"\n".as_bytes());
    let config = DemoConfig { messages_file: Some(path), ..config(10, 200) };
    let demo = Demo::read(&config);
    let spoken = demo.messages.iter().filter(|(id, _)| demo.conversations[*id].channel != Channel::CallNote);
    let inbound = spoken.flat_map(|(_, messages)| messages).filter(|message| message.direction == Direction::Inbound);
    let texts: HashSet<&str> = inbound.map(|message| message.body.as_str()).collect();
    assert_eq!(texts, HashSet::from(["first text", "second\ttext \"quoted\""]));
}

#[test]
fn a_malformed_file_of_messages_is_refused_with_its_line_and_nothing_of_it() {
    for (content, line) in [
        (&b"ham\tfine\nno tab here\n"[..], 2),
        (b"ham\tfine\n\nham\tfine\n", 2),
        (b"ham\t \n", 1),
        (b"\ttext\n", 1),
        (b"ham\tfine\nham\t\xff\n", 2),
    ] {
        let (_folder, path) = file(content);
        let error = failure(&DemoConfig { messages_file: Some(path), ..config(1, 1) });
        assert!(matches!(error, DemoError::MalformedMessage { line: at } if at == line), "{error}");
        assert!(!error.to_string().contains("here"));
    }
    let (_folder, path) = file(b"");
    assert!(matches!(failure(&DemoConfig { messages_file: Some(path), ..config(1, 1) }), DemoError::NoMessages));
    let missing = DemoConfig { messages_file: Some("/nowhere/at/all".into()), ..config(1, 1) };
    assert!(matches!(failure(&missing), DemoError::MessagesUnreadable(std::io::ErrorKind::NotFound)));
}

#[test]
fn a_file_of_leads_gives_their_names_addresses_and_numbers() {
    let csv =
        "\u{feff}Phone,shoe size,NAME,email\r\n'+447700900118,41,\"Lindqvist, Nora\",nora@example.com\r\n,,Tom,\r\n";
    let (_folder, path) = file(csv.as_bytes());
    let demo = Demo::read(&DemoConfig { leads_file: Some(path), ..config(5, 40) });
    assert_eq!(demo.leads.len(), 5);
    let nora = demo.leads.last().expect("the newest");
    assert_eq!(nora.name, "Lindqvist, Nora");
    assert_eq!(nora.email.as_deref(), Some("nora@example.com"));
    assert_eq!(nora.phone.as_ref().map(domain::Phone::as_str), Some("+447700900118"));
    let tom = &demo.leads[3];
    assert_eq!((tom.name.as_str(), &tom.email, &tom.phone), ("Tom", &None, &None));
}

#[test]
fn bad_rows_of_a_file_of_leads_are_named_by_their_lines() {
    let csv =
        "name,email,phone\nNora,nora@example.com,+447700900118\n,a@example.com,\nTom,secret,\nMei,,07700 900118\nIda\n";
    let (_folder, path) = file(csv.as_bytes());
    let error = failure(&DemoConfig { leads_file: Some(path), ..config(5, 5) });
    let text = error.to_string();
    let DemoError::BadLeads(bad) = error else { panic!("{text}") };
    let expected =
        [(3, LeadProblem::Name), (4, LeadProblem::Email), (5, LeadProblem::Phone), (6, LeadProblem::Malformed)];
    assert_eq!(bad.rows, expected.map(|(line, problem)| BadLead { line, problem }));
    assert!(text.contains("line 4") && !text.contains("secret"), "{text}");

    let (_folder, path) = file(b"first,last\nNora,Lindqvist\n");
    assert!(matches!(failure(&DemoConfig { leads_file: Some(path), ..config(1, 1) }), DemoError::NoNameColumn));
}
