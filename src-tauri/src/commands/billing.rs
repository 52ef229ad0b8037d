//! What the studio pays.

use desk::view::BillingView;
use desk::{Desk, ErrorView};
use tauri::State;

#[tauri::command]
pub(crate) async fn billing(desk: State<'_, Desk>) -> Result<BillingView, ErrorView> {
    Ok(desk.billing().await?)
}
