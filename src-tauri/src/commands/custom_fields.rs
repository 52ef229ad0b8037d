//! The studio's own fields.

use desk::{Desk, ErrorView};
use domain::{CustomFieldForm, CustomFieldId};
use tauri::State;

#[tauri::command]
pub(crate) async fn custom_field_save(
    desk: State<'_, Desk>,
    id: CustomFieldId,
    form: CustomFieldForm,
) -> Result<(), ErrorView> {
    Ok(desk.save_custom_field(id, form).await?)
}
