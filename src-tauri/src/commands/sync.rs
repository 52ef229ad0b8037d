//! The status line, and what was found of the cache.

use desk::view::{Healed, SyncStatus};
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

#[tauri::command]
pub(crate) async fn healed_find(desk: State<'_, Desk>) -> Result<Option<Healed>, ErrorView> {
    Ok(desk.find_healed().await?)
}

#[tauri::command]
pub(crate) async fn healed_dismiss(desk: State<'_, Desk>) -> Result<(), ErrorView> {
    Ok(desk.dismiss_healed().await?)
}
