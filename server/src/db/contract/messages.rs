//! Recording what was said.

use domain::{Direction, MessageId, UnixMs};
use wire::changes::{Change, Row};
use wire::write::RecordMessage;

use super::{NOW, TestDatabase, changes, conversation_id, lead_id, lead_rows, message_id, on_both, own, owner_id};
use crate::db::{Billing, DbError, Sight, Tenant, WriteError};

on_both!(
    a_message_is_told_with_its_conversation_and_its_lead,
    the_same_message_again_changes_nothing,
    the_same_id_with_another_text_is_refused,
    the_id_of_a_deleted_message_is_refused,
    a_conversation_out_of_sight_is_not_found,
    an_older_message_does_not_take_the_preview,
    a_text_with_the_character_nul_is_refused_and_any_other_is_kept,
);

async fn with_leads(db: &TestDatabase) -> Tenant {
    let tenant = db.studio(1).await;
    tenant.import((0..3).flat_map(|n| lead_rows(n, 1)).collect::<Vec<_>>().into_iter()).await.expect("imported");
    tenant
}

fn said(id: MessageId, direction: Direction, body: &str) -> RecordMessage {
    RecordMessage { id, direction, body: body.to_owned() }
}

async fn record(tenant: &Tenant, n: u64, what: RecordMessage, sight: Sight, at: UnixMs) -> Result<bool, WriteError> {
    let recorded = tenant.record_message(conversation_id(n), what, owner_id(), sight, at).await?;
    assert_eq!((recorded.message.conversation_id, recorded.message.lead_id), (conversation_id(n), lead_id(n)));
    Ok(recorded.is_new)
}

async fn conversation(tenant: &Tenant, n: u64) -> domain::Conversation {
    let page = tenant.delta_page(Sight::All, Billing::Withheld, 0).await.expect("read").expect("a page");
    let found = changes(&page.lines).into_iter().find_map(|change| match change {
        Change::Upsert(Row::Conversation(conversation)) if conversation.id == conversation_id(n) => Some(conversation),
        _ => None,
    });
    found.expect("it is there")
}

async fn a_message_is_told_with_its_conversation_and_its_lead(db: TestDatabase) {
    let tenant = with_leads(&db).await;
    let before = tenant.seq().await.expect("number");
    let question = said(message_id(50), Direction::Inbound, &"é".repeat(300));
    assert!(record(&tenant, 1, question, Sight::All, NOW).await.expect("recorded"));
    let page = tenant.delta_page(Sight::All, Billing::Withheld, before).await.expect("read").expect("a page");
    let told = changes(&page.lines);
    let [
        Change::Upsert(Row::Lead(lead)),
        Change::Upsert(Row::Conversation(conversation)),
        Change::Upsert(Row::Message(message)),
    ] = &*told
    else {
        panic!("{told:?}")
    };
    assert_eq!(lead.last_activity_at, NOW);
    assert_eq!((conversation.unread_count, conversation.last_message_at), (2, NOW));
    assert_eq!((&*conversation.preview, &*message.body), (&*"é".repeat(160), &*"é".repeat(300)));
    let answer = said(message_id(51), Direction::Outbound, "yes");
    assert!(record(&tenant, 1, answer, Sight::All, NOW).await.expect("recorded"));
    assert_eq!(self::conversation(&tenant, 1).await.unread_count, 0, "an answer reads what was unread");
}

async fn the_same_message_again_changes_nothing(db: TestDatabase) {
    let tenant = with_leads(&db).await;
    let same = || said(message_id(50), Direction::Inbound, "again");
    assert!(record(&tenant, 1, same(), Sight::All, NOW).await.expect("recorded"));
    let seq = tenant.seq().await.expect("number");
    assert!(!record(&tenant, 1, same(), Sight::All, NOW.plus_ms(5)).await.expect("known"));
    assert_eq!(tenant.seq().await.expect("number"), seq);
}

async fn the_same_id_with_another_text_is_refused(db: TestDatabase) {
    let tenant = with_leads(&db).await;
    record(&tenant, 1, said(message_id(50), Direction::Inbound, "one"), Sight::All, NOW).await.expect("recorded");
    for (n, direction, body) in
        [(1, Direction::Inbound, "two"), (1, Direction::Outbound, "one"), (2, Direction::Inbound, "one")]
    {
        let refused = record(&tenant, n, said(message_id(50), direction, body), Sight::All, NOW).await;
        assert!(matches!(refused, Err(WriteError::Invalid { field: "id", .. })), "{refused:?}");
    }
}

async fn the_id_of_a_deleted_message_is_refused(db: TestDatabase) {
    let tenant = with_leads(&db).await;
    tenant.delete_lead(lead_id(0), Sight::All).await.expect("deleted");
    let refused = record(&tenant, 1, said(message_id(0), Direction::Inbound, "one"), Sight::All, NOW).await;
    assert!(matches!(refused, Err(WriteError::Invalid { field: "id", .. })), "{refused:?}");
}

async fn a_conversation_out_of_sight_is_not_found(db: TestDatabase) {
    let tenant = with_leads(&db).await;
    let refused = record(&tenant, 0, said(message_id(50), Direction::Inbound, "x"), own(), NOW).await;
    assert!(matches!(refused, Err(WriteError::NotFound)));
    assert!(record(&tenant, 1, said(message_id(50), Direction::Inbound, "x"), own(), NOW).await.expect("the control"));
}

async fn an_older_message_does_not_take_the_preview(db: TestDatabase) {
    let tenant = with_leads(&db).await;
    record(&tenant, 1, said(message_id(50), Direction::Inbound, "newer"), Sight::All, NOW).await.expect("recorded");
    let older = said(message_id(51), Direction::Inbound, "older");
    record(&tenant, 1, older, Sight::All, NOW.plus_ms(-1)).await.expect("recorded");
    let conversation = conversation(&tenant, 1).await;
    assert_eq!((&*conversation.preview, conversation.last_message_at, conversation.unread_count), ("newer", NOW, 3));
}

async fn a_text_with_the_character_nul_is_refused_and_any_other_is_kept(db: TestDatabase) {
    let tenant = with_leads(&db).await;
    let before = tenant.seq().await.expect("number");
    let refused = record(&tenant, 1, said(message_id(50), Direction::Inbound, "a\u{0}b"), Sight::All, NOW).await;
    assert!(matches!(refused, Err(WriteError::Db(DbError::NulCharacter))), "{refused:?}");
    assert_eq!(tenant.seq().await.expect("number"), before);
    let odd = "\u{1}\u{7f}\u{85}\u{feff}\u{202e}\u{fffe}\u{10ffff}\u{1f469}\u{200d}\u{1f680}\r\n\t'\"\\%_$1";
    let recorded = tenant
        .record_message(conversation_id(1), said(message_id(50), Direction::Inbound, odd), owner_id(), Sight::All, NOW)
        .await
        .expect("recorded");
    assert_eq!(recorded.message.body, odd);
    assert!(!record(&tenant, 1, said(message_id(50), Direction::Inbound, odd), Sight::All, NOW).await.expect("known"));
}
