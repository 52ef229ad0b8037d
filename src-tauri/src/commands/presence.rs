//! Who looks at which lead.

use desk::{Desk, ErrorView};
use domain::{LeadId, MemberId};
use tauri::State;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn presence_look(desk: State<'_, Desk>, lead_id: Option<LeadId>) -> Answer<()> {
    Ok(desk.look_at(lead_id).await?)
}

#[tauri::command]
pub(crate) async fn presence_colleagues(desk: State<'_, Desk>, lead_id: LeadId) -> Answer<Vec<MemberId>> {
    Ok(desk.list_colleagues_on(lead_id).await?)
}
