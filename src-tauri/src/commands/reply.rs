//! Answering leads, and what was typed and not sent.

use desk::view::Replied;
use desk::{Desk, ErrorView};
use domain::{ConversationId, OperationId};
use tauri::State;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn reply(desk: State<'_, Desk>, conversation_id: ConversationId, body: String) -> Answer<Replied> {
    Ok(desk.reply(conversation_id, body).await?)
}

#[tauri::command]
pub(crate) async fn reply_take_back(desk: State<'_, Desk>, id: OperationId) -> Answer<()> {
    Ok(desk.take_back_reply(id).await?)
}

#[tauri::command]
pub(crate) async fn draft(desk: State<'_, Desk>, conversation_id: ConversationId) -> Answer<Option<String>> {
    Ok(desk.find_draft(conversation_id).await?)
}

#[tauri::command]
pub(crate) async fn draft_save(desk: State<'_, Desk>, conversation_id: ConversationId, body: String) -> Answer<()> {
    Ok(desk.save_draft(conversation_id, body).await?)
}
