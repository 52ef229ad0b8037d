//! Threads and their messages.

use desk::{Desk, ErrorView};
use domain::ConversationId;
use store::read::{ConversationPage, ConversationRow, Folder, FolderCounts, MessageAnchor, MessagePage};
use tauri::State;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn conversation_page(
    desk: State<'_, Desk>,
    folder: Folder,
    offset: u64,
    limit: u32,
) -> Answer<ConversationPage> {
    Ok(desk.conversation_page(folder, offset, limit).await?)
}

#[tauri::command]
pub(crate) async fn conversation(desk: State<'_, Desk>, id: ConversationId) -> Answer<ConversationRow> {
    Ok(desk.get_conversation(id).await?)
}

#[tauri::command]
pub(crate) async fn folder_counts(desk: State<'_, Desk>) -> Answer<FolderCounts> {
    Ok(desk.folder_counts().await?)
}

#[tauri::command]
pub(crate) async fn message_page(
    desk: State<'_, Desk>,
    id: ConversationId,
    anchor: MessageAnchor,
    limit: u32,
    searched: Option<String>,
) -> Answer<MessagePage> {
    Ok(desk.message_page(id, anchor, limit, searched).await?)
}

#[tauri::command]
pub(crate) async fn conversation_mark_read(desk: State<'_, Desk>, id: ConversationId) -> Answer<()> {
    Ok(desk.mark_read(id).await?)
}
