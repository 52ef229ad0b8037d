//! The one window, and what it may not do.

use std::time::Duration;

use anyhow::Context;
use desk::Desk;
use tauri::webview::NewWindowResponse;
use tauri::{App, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

use crate::commands::handler;
use crate::{config, events, signals};

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
        // Not its visibility: that is for the first screen to decide.
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(StateFlags::all() - StateFlags::VISIBLE)
                .build(),
        )
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .invoke_handler(handler!())
        .setup(move |app| {
            let (desk, events) = tauri::async_runtime::block_on(async { Desk::new(config) });
            app.manage(desk.clone());
            // Keyring and cache open while the web view starts; the page, when it asks, waits for the same opening and
            // is told of whatever went wrong.
            tauri::async_runtime::spawn(async move { desk.start().await.map(drop) });
            tauri::async_runtime::spawn(events::forward(app.handle().clone(), events));
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(async move {
                signals::asked_to_end().await;
                handle.exit(0);
            });
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

/// When the window appears even if its first screen was never drawn: a broken page must be seen to be broken.
const SHOW_AT_LAST: Duration = Duration::from_secs(3);

/// Brings the window onto the screen. Again is harmless.
pub(crate) fn show(window: &WebviewWindow) {
    if let Err(error) = window.show() {
        tracing::error!(%error, "the window can't be shown");
    }
}

fn open(app: &App) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Frontdesk")
        .inner_size(1280.0, 800.0)
        .min_inner_size(960.0, 600.0)
        .visible(false)
        .on_navigation(is_our_own)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(SHOW_AT_LAST).await;
        show(&window);
    });
    Ok(())
}

/// Our pages are served by the app itself: `tauri://localhost`, and where a web view knows no schemes of its own
/// `http://tauri.localhost`. Elsewhere that name is the loopback address, where any program may listen.
fn is_our_own(url: &Url) -> bool {
    if cfg!(any(target_os = "windows", target_os = "android")) {
        return matches!(url.scheme(), "http" | "https")
            && url.host_str() == Some("tauri.localhost")
            && url.port().is_none();
    }
    (url.scheme(), url.host_str(), url.port()) == ("tauri", Some("localhost"), None)
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
            ("tauri://localhost:8080/", false),
            ("http://tauri.localhost:8080/", false),
            ("http://localhost/", false),
            ("data:text/html,x", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_our_own(&url.parse().expect("a url")), ours, "{url}");
        }
    }
}
