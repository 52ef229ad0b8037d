//! The status line.

use desk::view::SyncStatus;
use desk::{Desk, ErrorView};
use tauri::State;

#[tauri::command]
pub(crate) async fn sync_status(desk: State<'_, Desk>) -> Result<SyncStatus, ErrorView> {
    Ok(desk.sync_status().await?)
}

#[tauri::command]
pub(crate) async fn sync_now(desk: State<'_, Desk>) -> Result<(), ErrorView> {
    Ok(desk.sync_now().await?)
}
