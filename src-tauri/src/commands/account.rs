//! The session and its devices.

use desk::view::{SessionView, SignInAgainRequest, SignInRequest, SignOutEnd, StartView, UnsentAudit};
use desk::{Desk, ErrorView};
use domain::DeviceId;
use tauri::State;
use wire::device::DeviceList;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn start(desk: State<'_, Desk>) -> Answer<StartView> {
    Ok(desk.start().await?)
}

#[tauri::command]
pub(crate) async fn sign_in(desk: State<'_, Desk>, request: SignInRequest) -> Answer<SessionView> {
    Ok(desk.sign_in(request).await?)
}

#[tauri::command]
pub(crate) async fn sign_in_again(desk: State<'_, Desk>, request: SignInAgainRequest) -> Answer<()> {
    Ok(desk.sign_in_again(request).await?)
}

#[tauri::command]
pub(crate) async fn unlock(desk: State<'_, Desk>, passphrase: Option<String>) -> Answer<SessionView> {
    Ok(desk.unlock(passphrase).await?)
}

#[tauri::command]
pub(crate) async fn lock(desk: State<'_, Desk>) -> Answer<()> {
    Ok(desk.lock().await?)
}

#[tauri::command]
pub(crate) async fn sign_out(desk: State<'_, Desk>, unsent: UnsentAudit) -> Answer<SignOutEnd> {
    Ok(desk.sign_out(unsent).await?)
}

#[tauri::command]
pub(crate) async fn session(desk: State<'_, Desk>) -> Answer<SessionView> {
    Ok(desk.session().await?)
}

#[tauri::command]
pub(crate) async fn set_lock_after_minutes(desk: State<'_, Desk>, minutes: u32) -> Answer<()> {
    Ok(desk.set_lock_after_minutes(minutes).await?)
}

#[tauri::command]
pub(crate) async fn set_lock_with_screen(desk: State<'_, Desk>, locks: bool) -> Answer<()> {
    Ok(desk.set_lock_with_screen(locks).await?)
}

#[tauri::command]
pub(crate) async fn user_active(desk: State<'_, Desk>) -> Answer<()> {
    desk.user_active();
    Ok(())
}

#[tauri::command]
pub(crate) async fn device_list(desk: State<'_, Desk>) -> Answer<DeviceList> {
    Ok(desk.list_devices().await?)
}

#[tauri::command]
pub(crate) async fn device_revoke(desk: State<'_, Desk>, id: DeviceId) -> Answer<()> {
    Ok(desk.revoke_device(id).await?)
}

#[tauri::command]
pub(crate) async fn device_revoke_others(desk: State<'_, Desk>) -> Answer<u64> {
    Ok(desk.revoke_other_devices().await?)
}
