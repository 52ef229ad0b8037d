//! The lead list, its views and a lead's page.

use desk::view::SavedView;
use desk::{Desk, ErrorView};
use domain::LeadId;
use store::read::{LeadDetail, LeadFilter, LeadPage, LeadQuery};
use tauri::State;
use uuid::Uuid;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn lead_page(desk: State<'_, Desk>, query: LeadQuery, offset: u64, limit: u32) -> Answer<LeadPage> {
    Ok(desk.lead_page(query, offset, limit).await?)
}

#[tauri::command]
pub(crate) async fn lead_count(desk: State<'_, Desk>, filter: LeadFilter) -> Answer<u64> {
    Ok(desk.lead_count(filter).await?)
}

#[tauri::command]
pub(crate) async fn lead_detail(desk: State<'_, Desk>, id: LeadId) -> Answer<LeadDetail> {
    Ok(desk.get_lead_detail(id).await?)
}

#[tauri::command]
pub(crate) async fn view_list(desk: State<'_, Desk>) -> Answer<Vec<SavedView>> {
    Ok(desk.list_views().await?)
}

#[tauri::command]
pub(crate) async fn view_save(desk: State<'_, Desk>, view: SavedView) -> Answer<()> {
    Ok(desk.save_view(view).await?)
}

#[tauri::command]
pub(crate) async fn view_delete(desk: State<'_, Desk>, id: Uuid) -> Answer<()> {
    Ok(desk.delete_view(id).await?)
}
