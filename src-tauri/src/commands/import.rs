//! Import from a file the person chooses in the system's own dialog: the window never names a path.

use std::path::PathBuf;

use desk::view::{ImportFile, ImportPlan, ImportRow};
use desk::{Desk, ErrorView};
use tauri::{State, WebviewWindow};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;
use uuid::Uuid;

type Answer<T> = Result<T, ErrorView>;

#[tauri::command]
pub(crate) async fn import_open(window: WebviewWindow, desk: State<'_, Desk>) -> Answer<Option<ImportFile>> {
    desk.check_may_import().await?;
    let (answer, chosen) = oneshot::channel();
    dialog(&window, "Import leads")
        .add_filter("CSV", &["csv", "tsv", "txt"])
        .add_filter("All files", &["*"])
        .pick_file(move |path| {
            // The window may be gone by now: then nobody waits for the answer.
            let _ = answer.send(path);
        });
    match path_of(chosen).await {
        Some(path) => Ok(Some(desk.open_import(path).await?)),
        None => Ok(None),
    }
}

#[tauri::command]
pub(crate) async fn import_set_headings(
    desk: State<'_, Desk>,
    import_id: Uuid,
    has_headings: bool,
) -> Answer<ImportFile> {
    Ok(desk.set_import_headings(import_id, has_headings).await?)
}

#[tauri::command]
pub(crate) async fn import_check(desk: State<'_, Desk>, import_id: Uuid, plan: ImportPlan) -> Answer<Vec<ImportRow>> {
    Ok(desk.check_import(import_id, plan).await?)
}

#[tauri::command]
pub(crate) async fn import_run(desk: State<'_, Desk>, import_id: Uuid, plan: ImportPlan) -> Answer<()> {
    Ok(desk.run_import(import_id, plan).await?)
}

#[tauri::command]
pub(crate) async fn import_cancel(desk: State<'_, Desk>, import_id: Uuid) -> Answer<()> {
    desk.cancel_import(import_id);
    Ok(())
}

#[tauri::command]
pub(crate) async fn import_save_refused(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    import_id: Uuid,
    plan: ImportPlan,
) -> Answer<Option<u64>> {
    desk.check_may_import().await?;
    let (answer, chosen) = oneshot::channel();
    dialog(&window, "Save the refused rows").set_file_name("refused-rows.csv").add_filter("CSV", &["csv"]).save_file(
        move |path| {
            let _ = answer.send(path);
        },
    );
    match path_of(chosen).await {
        Some(path) => Ok(Some(desk.save_refused_rows(import_id, plan, path).await?)),
        None => Ok(None),
    }
}

fn dialog(window: &WebviewWindow, title: &str) -> FileDialogBuilder<tauri::Wry> {
    window.dialog().file().set_parent(window).set_title(title)
}

async fn path_of(chosen: oneshot::Receiver<Option<FilePath>>) -> Option<PathBuf> {
    chosen.await.ok().flatten().and_then(|path| path.into_path().ok())
}
