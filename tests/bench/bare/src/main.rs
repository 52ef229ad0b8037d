//! A bare window: the smallest Tauri program that shows a page the way Frontdesk does. The window is made hidden and
//! comes onto the screen when the page asks for it.

use tauri::{WebviewUrl, WebviewWindow, WebviewWindowBuilder};

#[tauri::command]
async fn drawn(window: WebviewWindow) -> tauri::Result<()> {
    window.show()
}

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![drawn])
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
                .title("Bare window")
                .inner_size(1280.0, 800.0)
                .visible(false)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
