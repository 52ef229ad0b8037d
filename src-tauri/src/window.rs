//! The one window, and what it may not do.

use anyhow::Context;
use desk::Desk;
use tauri::webview::NewWindowResponse;
use tauri::{App, Manager, Url, WebviewUrl, WebviewWindowBuilder};

use crate::commands::handler;
use crate::{config, events};

/// Opens the window and serves it until it is closed.
///
/// # Errors
/// A configuration that can't be read, or no display.
pub(crate) fn run() -> anyhow::Result<()> {
    let config = config::from_env()?;
    tauri::Builder::default()
        // First of all: a second start only brings the first one to the front.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }))
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .invoke_handler(handler!())
        .setup(move |app| {
            let (desk, events) = tauri::async_runtime::block_on(async { Desk::new(config) });
            app.manage(desk);
            tauri::async_runtime::spawn(events::forward(app.handle().clone(), events));
            open(app)?;
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the window can't be opened")?
        .run(|app, event| {
            if let tauri::RunEvent::Exit = event {
                // Checkpoints and closes the cache; the process ends only after it.
                let desk = app.state::<Desk>();
                tauri::async_runtime::block_on(desk.close());
            }
        });
    Ok(())
}

fn open(app: &App) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Frontdesk")
        .inner_size(1280.0, 800.0)
        .min_inner_size(960.0, 600.0)
        .on_navigation(is_our_own)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Our pages are served by the app itself (`tauri://localhost`, on Windows `http://tauri.localhost`).
fn is_our_own(url: &Url) -> bool {
    matches!((url.scheme(), url.host_str()), ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost")))
}

#[cfg(test)]
mod tests {
    use super::is_our_own;

    #[test]
    fn the_window_never_leaves_the_app() {
        for (url, ours) in [
            ("tauri://localhost/index.html#/inbox", true),
            ("https://example.com/", false),
            ("tauri://evil/", false),
            ("data:text/html,x", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_our_own(&url.parse().expect("a url")), ours, "{url}");
        }
    }
}
