//! Members and invitations.

use desk::view::MembersView;
use desk::{Desk, ErrorView};
use domain::{InvitationId, MemberId, Role};
use tauri::State;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn member_list(desk: State<'_, Desk>) -> Answer<MembersView> {
    Ok(desk.list_members().await?)
}

#[tauri::command]
pub(crate) async fn member_change_role(desk: State<'_, Desk>, id: MemberId, role: Role) -> Answer<()> {
    Ok(desk.change_member_role(id, role).await?)
}

#[tauri::command]
pub(crate) async fn member_remove(desk: State<'_, Desk>, id: MemberId) -> Answer<()> {
    Ok(desk.remove_member(id).await?)
}

#[tauri::command]
pub(crate) async fn invitation_create(desk: State<'_, Desk>, email: String, role: Role) -> Answer<()> {
    Ok(desk.invite_member(email, role).await?)
}

#[tauri::command]
pub(crate) async fn invitation_send(desk: State<'_, Desk>, id: InvitationId) -> Answer<()> {
    Ok(desk.send_invitation(id).await?)
}

#[tauri::command]
pub(crate) async fn invitation_withdraw(desk: State<'_, Desk>, id: InvitationId) -> Answer<()> {
    Ok(desk.withdraw_invitation(id).await?)
}
