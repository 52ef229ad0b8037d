//! The small studio that the targets begin with. Its numbers are of the range that is kept free for fiction.

use chrono::NaiveDate;
use domain::{
    Channel, ChoiceOption, ChoiceOptionId, Conversation, ConversationId, ConversationStatus, CustomField,
    CustomFieldForm, CustomFieldId, CustomKind, CustomValue, CustomValues, DeliveryStatus, DeviceId, Direction, Lead,
    LeadId, LeadState, Member, MemberId, Message, MessageId, OperationId, Phone, Role, Source, Stage, StageId,
    StageOutcome, Studio, StudioId, Touch, UnixMs,
};
use uuid::Uuid;

/// By everybody's clock.
pub(crate) const NOW: UnixMs = UnixMs(1_795_000_000_000);

pub(crate) const LEADS: u64 = 3;

fn uuid(kind: u64, n: u64) -> Uuid {
    Uuid::from_u64_pair(kind << 48 | 0x7000, 0x8000_0000_0000_0000 | n)
}

pub(crate) fn lead_id(n: u64) -> LeadId {
    LeadId::from_uuid(uuid(1, n))
}

pub(crate) fn stage_id(n: u64) -> StageId {
    StageId::from_uuid(uuid(2, n))
}

pub(crate) fn member_id(n: u64) -> MemberId {
    MemberId::from_uuid(uuid(3, n))
}

pub(crate) fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(uuid(4, n))
}

pub(crate) fn message_id(n: u64) -> MessageId {
    MessageId::from_uuid(uuid(5, n))
}

pub(crate) fn operation_id(n: u64) -> OperationId {
    OperationId::from_uuid(uuid(6, n))
}

pub(crate) fn device_id() -> DeviceId {
    DeviceId::from_uuid(uuid(7, 1))
}

pub(crate) fn studio() -> Studio {
    Studio {
        id: StudioId::from_uuid(uuid(8, 1)),
        name: "Lumen Dance".to_owned(),
        brand_colour: "#3b5bdb".to_owned(),
        time_zone: "Europe/Lisbon".to_owned(),
        currency: "EUR".to_owned(),
    }
}

pub(crate) fn members() -> [Member; 2] {
    [(1, "Asha Rao", Role::Manager), (2, "Žofie Nováková", Role::Sales)].map(|(n, name, role)| Member {
        id: member_id(n),
        name: name.to_owned(),
        email: format!("m{n}@studio.example"),
        role,
        is_former: false,
    })
}

pub(crate) fn stages() -> [Stage; 3] {
    [(1, "New"), (2, "Trial booked"), (3, "=Won")].map(|(n, name)| Stage {
        id: stage_id(n),
        name: name.to_owned(),
        position: i64::try_from(n).expect("few"),
        colour: "#112233".to_owned(),
        outcome: StageOutcome::Open,
    })
}

/// A field of each kind.
pub(crate) fn fields() -> Vec<CustomField> {
    let option = |n: u64, name: &str| ChoiceOption { id: option_id(n), name: name.to_owned(), is_retired: n > 1 };
    let field = |(n, kind): (u64, CustomKind)| {
        let options =
            if kind == CustomKind::Choice { vec![option(1, "Gold"), option(2, "=Silver")] } else { Vec::new() };
        let form = CustomFieldForm {
            name: format!("Field {n}"),
            kind,
            options,
            position: i64::try_from(n).expect("few"),
            is_in_list: true,
            is_archived: false,
        };
        CustomField { id: CustomFieldId::from_uuid(uuid(11, n)), form }
    };
    (1..).zip(CustomKind::ALL).map(field).collect()
}

fn option_id(n: u64) -> ChoiceOptionId {
    ChoiceOptionId::from_uuid(uuid(12, n))
}

/// A value in each field.
pub(crate) fn custom() -> CustomValues {
    let values = [
        CustomValue::Text("+1 guest".to_owned()),
        CustomValue::Number(-1_250),
        CustomValue::Date(NaiveDate::from_ymd_opt(2026, 12, 24).expect("a day")),
        CustomValue::YesNo(true),
        CustomValue::Choice(option_id(2)),
    ];
    fields().into_iter().map(|field| field.id).zip(values).collect()
}

pub(crate) fn lead(n: u64) -> Lead {
    let at = NOW.plus_ms(-1_000_000 + i64::try_from(n).expect("few"));
    Lead {
        id: lead_id(n),
        name: format!("Nora {n}"),
        email: Some(format!("nora{n}@mail.example")),
        phone: Phone::try_from(format!("+44770090012{n}")).ok(),
        stage_id: stage_id(1),
        owner_id: (n == 1).then(|| member_id(2)),
        source: Source::CaptureForm,
        campaign: Some("spring".to_owned()),
        tags: vec!["first".to_owned(), "ballet".to_owned()],
        notes: "Asked about\nSaturdays".to_owned(),
        value_minor: Some(4_200),
        state: LeadState::Active,
        custom: if n == 1 { custom() } else { CustomValues::new() },
        first_touch: Touch { utm_source: Some("poster".to_owned()), ..Touch::default() },
        last_touch: Touch { gclid: Some("last".to_owned()), ..Touch::default() },
        created_at: at,
        updated_at: at,
        last_activity_at: at,
    }
}

pub(crate) fn conversation(n: u64) -> Conversation {
    Conversation {
        id: conversation_id(n),
        lead_id: lead_id(n),
        channel: Channel::Sms,
        status: ConversationStatus::Open,
        assignee_id: None,
        preview: "Is there a place?".to_owned(),
        preview_direction: Direction::Inbound,
        last_message_at: lead(n).created_at,
        unread_count: 1,
    }
}

pub(crate) fn message(n: u64) -> Message {
    Message {
        id: message_id(n),
        conversation_id: conversation_id(n),
        lead_id: lead_id(n),
        direction: Direction::Inbound,
        author_id: None,
        body: "Is there a place?".to_owned(),
        status: DeliveryStatus::Delivered,
        failure_reason: None,
        sent_at: lead(n).created_at,
    }
}
