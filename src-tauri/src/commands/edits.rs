//! Adding and editing leads, taking it back, and what waits to be sent.

use desk::view::{Acted, BulkChange, ConflictChoice, ExportScope, LeadCreated, MergePreview};
use desk::{Desk, ErrorView};
use domain::{LeadEdit, LeadField, LeadId, NewLead, OperationId};
use store::read::{ConflictRow, KnownLead, OutboxCounts, OutboxRow};
use tauri::State;
use uuid::Uuid;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn lead_create(desk: State<'_, Desk>, lead: NewLead) -> Answer<LeadCreated> {
    Ok(desk.create_lead(lead).await?)
}

#[tauri::command]
pub(crate) async fn lead_known(
    desk: State<'_, Desk>,
    email: Option<String>,
    phone: Option<String>,
) -> Answer<Option<KnownLead>> {
    Ok(desk.find_known_lead(email, phone).await?)
}

#[tauri::command]
pub(crate) async fn lead_edit(desk: State<'_, Desk>, id: LeadId, edit: LeadEdit) -> Answer<Acted> {
    Ok(desk.edit_lead(id, edit).await?)
}

#[tauri::command]
pub(crate) async fn leads_change(desk: State<'_, Desk>, scope: ExportScope, change: BulkChange) -> Answer<Acted> {
    Ok(desk.change_leads(scope, change).await?)
}

#[tauri::command]
pub(crate) async fn merge_preview(
    desk: State<'_, Desk>,
    lead_id: LeadId,
    duplicate_id: LeadId,
) -> Answer<MergePreview> {
    Ok(desk.preview_merge(lead_id, duplicate_id).await?)
}

#[tauri::command]
pub(crate) async fn leads_merge(desk: State<'_, Desk>, lead_id: LeadId, duplicate_id: LeadId) -> Answer<()> {
    Ok(desk.merge_leads(lead_id, duplicate_id).await?)
}

#[tauri::command]
pub(crate) async fn undo(desk: State<'_, Desk>, act: Uuid) -> Answer<Acted> {
    Ok(desk.undo(act).await?)
}

#[tauri::command]
pub(crate) async fn conflict_settle(
    desk: State<'_, Desk>,
    lead_id: LeadId,
    operation_id: OperationId,
    field: LeadField,
    choice: ConflictChoice,
) -> Answer<Acted> {
    Ok(desk.settle_conflict(lead_id, operation_id, field, choice).await?)
}

#[tauri::command]
pub(crate) async fn conflict_page(desk: State<'_, Desk>, offset: u64, limit: u32) -> Answer<Vec<ConflictRow>> {
    Ok(desk.list_conflicts(offset, limit).await?)
}

#[tauri::command]
pub(crate) async fn outbox_page(desk: State<'_, Desk>, offset: u64, limit: u32) -> Answer<Vec<OutboxRow>> {
    Ok(desk.list_outbox(offset, limit).await?)
}

#[tauri::command]
pub(crate) async fn outbox_counts(desk: State<'_, Desk>) -> Answer<OutboxCounts> {
    Ok(desk.outbox_counts().await?)
}

#[tauri::command]
pub(crate) async fn outbox_retry(desk: State<'_, Desk>, id: OperationId) -> Answer<()> {
    Ok(desk.retry_act(id).await?)
}

#[tauri::command]
pub(crate) async fn outbox_replace(
    desk: State<'_, Desk>,
    id: OperationId,
    lead_id: LeadId,
    edit: LeadEdit,
) -> Answer<Acted> {
    Ok(desk.replace_act(id, lead_id, edit).await?)
}

#[tauri::command]
pub(crate) async fn outbox_discard(desk: State<'_, Desk>, id: OperationId) -> Answer<()> {
    Ok(desk.discard_act(id).await?)
}
