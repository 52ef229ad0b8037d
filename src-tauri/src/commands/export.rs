//! Export to a file the person chooses in the system's own dialog: the window never names a path.

use desk::view::ExportRequest;
use desk::{Desk, ErrorView};
use tauri::{State, WebviewWindow};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;
use uuid::Uuid;

#[tauri::command]
pub(crate) async fn export_start(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    request: ExportRequest,
) -> Result<Option<Uuid>, ErrorView> {
    desk.check_may_export().await?;
    let extension = request.format.extension();
    let (answer, chosen) = oneshot::channel();
    window
        .dialog()
        .file()
        .set_parent(&window)
        .set_title("Export leads")
        .set_file_name(desk.suggest_export_name(&request))
        .add_filter(extension.to_uppercase(), &[extension])
        .save_file(move |path| {
            // The window may be gone by now: then nobody waits for the answer.
            let _ = answer.send(path);
        });
    let Some(path) = chosen.await.ok().flatten().and_then(|path| path.into_path().ok()) else {
        return Ok(None);
    };
    Ok(Some(desk.start_export(request, path).await?))
}

#[tauri::command]
pub(crate) async fn export_cancel(desk: State<'_, Desk>, export_id: Uuid) -> Result<(), ErrorView> {
    desk.cancel_export(export_id);
    Ok(())
}
