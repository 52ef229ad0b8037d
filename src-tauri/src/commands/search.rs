//! Search over leads and messages.

use desk::{Desk, ErrorView};
use store::read::SearchResults;
use tauri::State;

#[tauri::command]
pub(crate) async fn search(desk: State<'_, Desk>, text: String, limit: u32) -> Result<SearchResults, ErrorView> {
    Ok(desk.search(text, limit).await?)
}
