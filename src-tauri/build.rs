//! Generates the permissions of the app's own commands: whatever is not listed here can't be called, and what is
//! listed is refused until the capability in `tauri.conf.json` grants it.

const COMMANDS: &[&str] = &[
    "start",
    "sign_in",
    "sign_in_again",
    "unlock",
    "lock",
    "sign_out",
    "session",
    "set_lock_after_minutes",
    "set_lock_with_screen",
    "user_active",
    "billing",
    "sync_status",
    "sync_now",
    "lead_page",
    "lead_count",
    "lead_detail",
    "lead_edit",
    "leads_change",
    "undo",
    "conflict_settle",
    "outbox_page",
    "outbox_counts",
    "outbox_retry",
    "outbox_discard",
    "view_list",
    "view_save",
    "view_delete",
    "conversation_page",
    "conversation",
    "folder_counts",
    "message_page",
    "conversation_mark_read",
    "reply",
    "reply_take_back",
    "draft",
    "draft_save",
    "presence_look",
    "presence_colleagues",
    "search",
    "export_start",
    "export_cancel",
    "device_list",
    "device_revoke",
    "device_revoke_others",
    "member_list",
    "member_change_role",
    "member_remove",
    "invitation_create",
    "invitation_send",
    "invitation_withdraw",
    "open_link",
    "window_ready",
];

fn main() {
    let attributes = tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
        std::process::exit(1);
    }
}
