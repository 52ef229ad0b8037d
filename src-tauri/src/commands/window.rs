//! The window itself.

use desk::ErrorView;
use tauri::WebviewWindow;

/// The first screen is drawn: only now the window appears, with no white flash before it.
#[tauri::command]
pub(crate) async fn window_ready(window: WebviewWindow) -> Result<(), ErrorView> {
    crate::window::show(&window);
    Ok(())
}
