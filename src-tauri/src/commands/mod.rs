//! What the window may ask. A command takes its arguments apart and calls one use case of the desk.

pub(crate) mod account;
pub(crate) mod billing;
pub(crate) mod custom_fields;
pub(crate) mod edits;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod inbox;
pub(crate) mod leads;
pub(crate) mod link;
pub(crate) mod members;
pub(crate) mod presence;
pub(crate) mod reply;
pub(crate) mod search;
pub(crate) mod sync;
pub(crate) mod window;

/// Every command, for the builder; `build.rs` and the capability list the same names.
macro_rules! handler {
    () => {
        tauri::generate_handler![
            $crate::commands::account::start,
            $crate::commands::account::sign_in,
            $crate::commands::account::sign_in_again,
            $crate::commands::account::unlock,
            $crate::commands::account::lock,
            $crate::commands::account::sign_out,
            $crate::commands::account::session,
            $crate::commands::account::set_lock_after_minutes,
            $crate::commands::account::set_lock_with_screen,
            $crate::commands::account::user_active,
            $crate::commands::account::device_list,
            $crate::commands::account::device_revoke,
            $crate::commands::billing::billing,
            $crate::commands::account::device_revoke_others,
            $crate::commands::custom_fields::custom_field_save,
            $crate::commands::members::member_list,
            $crate::commands::members::member_change_role,
            $crate::commands::members::member_remove,
            $crate::commands::members::invitation_create,
            $crate::commands::members::invitation_send,
            $crate::commands::members::invitation_withdraw,
            $crate::commands::sync::sync_status,
            $crate::commands::sync::sync_now,
            $crate::commands::sync::healed_find,
            $crate::commands::sync::healed_dismiss,
            $crate::commands::leads::lead_page,
            $crate::commands::leads::lead_count,
            $crate::commands::leads::lead_detail,
            $crate::commands::edits::lead_create,
            $crate::commands::edits::lead_known,
            $crate::commands::edits::lead_edit,
            $crate::commands::edits::leads_change,
            $crate::commands::edits::merge_preview,
            $crate::commands::edits::leads_merge,
            $crate::commands::edits::undo,
            $crate::commands::edits::conflict_settle,
            $crate::commands::edits::conflict_page,
            $crate::commands::edits::outbox_page,
            $crate::commands::edits::outbox_counts,
            $crate::commands::edits::outbox_retry,
            $crate::commands::edits::outbox_replace,
            $crate::commands::edits::outbox_discard,
            $crate::commands::leads::view_list,
            $crate::commands::leads::view_save,
            $crate::commands::leads::view_delete,
            $crate::commands::inbox::conversation_page,
            $crate::commands::inbox::conversation,
            $crate::commands::inbox::folder_counts,
            $crate::commands::inbox::message_page,
            $crate::commands::inbox::conversation_mark_read,
            $crate::commands::reply::reply,
            $crate::commands::reply::reply_take_back,
            $crate::commands::reply::draft,
            $crate::commands::reply::draft_save,
            $crate::commands::presence::presence_look,
            $crate::commands::presence::presence_colleagues,
            $crate::commands::search::search,
            $crate::commands::export::export_start,
            $crate::commands::export::export_cancel,
            $crate::commands::import::import_open,
            $crate::commands::import::import_set_headings,
            $crate::commands::import::import_check,
            $crate::commands::import::import_run,
            $crate::commands::import::import_cancel,
            $crate::commands::import::import_save_refused,
            $crate::commands::link::open_link,
            $crate::commands::window::window_ready,
        ]
    };
}
pub(crate) use handler;
