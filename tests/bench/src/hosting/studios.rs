//! Small studios in any number, made by the server's own storage. All ids follow from a studio's number.

use std::sync::Arc;

use anyhow::Context;
use domain::{
    Channel, Conversation, ConversationId, ConversationStatus, DeliveryStatus, Direction, Lead, LeadId, LeadState,
    Member, MemberId, Message, MessageId, Role, Source, Stage, StageId, StageOutcome, Studio, StudioId, Touch, UnixMs,
};
use server::{Admin, DatabaseUrl, HashedPassword, SecretSource, SystemClock};
use uuid::Uuid;
use wire::changes::Row;

use super::clients::each;

/// Of every account.
pub(super) const PASSWORD: &str = "correct horse battery";
/// Studios made at a time.
const AT_A_TIME: usize = 8;
const STAGES: u32 = 4;
const LEADS: u32 = 3;
const MESSAGES: u32 = 4;
/// When everything in them happened.
const THEN: UnixMs = UnixMs(1_790_000_000_000);

/// The `n`-th of its kind.
fn uuid(kind: u16, n: u32) -> Uuid {
    // Spread as random ids are: rows of one studio are not neighbours by their id.
    let spread = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [a, b, ..] = spread.to_be_bytes();
    let mut tail = (0x8000_0000_0000_0000 | u64::from(n)).to_be_bytes();
    tail[1] = a;
    tail[2] = b;
    Uuid::from_fields((spread >> 16) as u32, kind, 0x7000 | kind, &tail)
}

fn studio_id(studio: u32) -> StudioId {
    StudioId::from_uuid(uuid(1, studio))
}

/// Who owns the studio.
pub(super) fn email(studio: u32) -> String {
    format!("owner-{studio}@studio.example")
}

/// A lead of the studio.
pub(super) fn lead_id(studio: u32) -> LeadId {
    LeadId::from_uuid(uuid(4, studio * LEADS))
}

/// Its conversation.
pub(super) fn conversation_id(studio: u32) -> ConversationId {
    ConversationId::from_uuid(uuid(5, studio * LEADS))
}

/// Makes studios 0 to `count`, each with an owner who can sign in, stages, leads, conversations and messages.
///
/// # Errors
/// The database failed.
pub(super) async fn create(database: &DatabaseUrl, secret: &SecretSource, count: u32) -> anyhow::Result<()> {
    let admin = Admin::open(database, secret, Arc::new(SystemClock)).await?;
    // Hashing takes longer than all the rest. The hash is a real one, and so is each sign-in that checks it.
    let password = admin.hash_password(PASSWORD.into()).await?;
    each((0..count).collect(), AT_A_TIME, move |studio| one(admin.clone(), password.clone(), studio)).await?;
    Ok(())
}

async fn one(admin: Admin, password: HashedPassword, studio: u32) -> anyhow::Result<()> {
    let id = studio_id(studio);
    let described = Studio {
        id,
        name: format!("Studio {studio}"),
        brand_colour: "#3f6b5c".to_owned(),
        time_zone: "Europe/Lisbon".to_owned(),
        currency: "EUR".to_owned(),
    };
    let owner = Member {
        id: MemberId::from_uuid(uuid(2, studio)),
        name: "An Owner".to_owned(),
        email: email(studio),
        role: Role::Owner,
        is_former: false,
    };
    admin.create_studio(described).await.context("a studio")?;
    admin.create_member_hashed(id, owner, password).await.context("its owner")?;
    admin.import(id, rows(studio).into_iter()).await.context("its rows")?;
    Ok(())
}

fn rows(studio: u32) -> Vec<Row> {
    let owner_id = MemberId::from_uuid(uuid(2, studio));
    let mut rows: Vec<_> = (0..STAGES).map(|n| Row::Stage(stage(studio, n))).collect();
    for n in 0..LEADS {
        let number = studio * LEADS + n;
        let (lead, conversation) = (LeadId::from_uuid(uuid(4, number)), ConversationId::from_uuid(uuid(5, number)));
        rows.push(Row::Lead(Box::new(Lead {
            id: lead,
            name: format!("Lead {n}"),
            email: Some(format!("lead-{number}@example.org")),
            phone: None,
            stage_id: StageId::from_uuid(uuid(3, studio * STAGES)),
            owner_id: Some(owner_id),
            source: Source::CaptureForm,
            campaign: None,
            tags: vec!["spring".to_owned()],
            notes: "Would like to come on Saturday.".to_owned(),
            value_minor: Some(12_000),
            state: LeadState::Active,
            custom: domain::CustomValues::new(),
            first_touch: Touch::default(),
            last_touch: Touch::default(),
            created_at: THEN,
            updated_at: THEN,
            last_activity_at: THEN,
        })));
        rows.push(Row::Conversation(Conversation {
            id: conversation,
            lead_id: lead,
            channel: Channel::Whatsapp,
            status: ConversationStatus::Open,
            assignee_id: Some(owner_id),
            preview: "…".to_owned(),
            preview_direction: Direction::Inbound,
            last_message_at: THEN,
            unread_count: 1,
        }));
        rows.extend((0..MESSAGES).map(|m| {
            Row::Message(Message {
                id: MessageId::from_uuid(uuid(6, number * MESSAGES + m)),
                conversation_id: conversation,
                lead_id: lead,
                direction: Direction::Inbound,
                author_id: None,
                body: "See you on Saturday, and could you tell me the price again?".to_owned(),
                status: DeliveryStatus::Delivered,
                failure_reason: None,
                sent_at: THEN,
            })
        }));
    }
    rows
}

fn stage(studio: u32, n: u32) -> Stage {
    Stage {
        id: StageId::from_uuid(uuid(3, studio * STAGES + n)),
        name: format!("Stage {n}"),
        position: i64::from(n),
        colour: "#808080".to_owned(),
        outcome: match n {
            2 => StageOutcome::Won,
            3 => StageOutcome::Lost,
            _ => StageOutcome::Open,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rows_have_the_same_id() {
        let mut ids: Vec<_> = (0..200_000).map(|n| uuid(6, n)).chain((0..1_000).map(|n| uuid(5, n))).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
