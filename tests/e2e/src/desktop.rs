//! The desktop around the window: whether it is ours alone, the system's own dialogs, its whole picture.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::process::Command;

use crate::poll::until;

/// Set by `scripts/with-desktop.sh`.
const MARK: &str = "FRONTDESK_PRIVATE_DESKTOP";

/// Whether screen, D-Bus session, keyring and home folder are ours alone. Signing out erases keys from the
/// keyring, so nothing here runs in anybody's own session.
#[must_use]
pub fn is_private() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Waits until the dialog with this title is on the screen, and returns its window.
///
/// # Errors
/// It does not come.
pub async fn wait_for_dialog(title: &str) -> anyhow::Result<String> {
    until("the dialog", Duration::from_secs(15), async || find_window(title).await).await
}

/// Types `path` into the save dialog with this title and confirms it.
///
/// # Errors
/// The dialog does not come, or does not go.
pub async fn save_in_dialog(title: &str, path: &Path) -> anyhow::Result<()> {
    let window = wait_for_dialog(title).await?;
    until("focus on the save dialog", Duration::from_secs(10), async || {
        xdotool(&["windowactivate", &window]).await?;
        Ok((xdotool(&["getwindowfocus"]).await?.trim() == window).then_some(()))
    })
    .await?;
    let path = path.to_str().context("the path is not UTF-8")?;
    // The dialog opens with the suggested name selected in its name field; an absolute path may be typed there.
    xdotool(&["key", "--clearmodifiers", "ctrl+a"]).await?;
    xdotool(&["type", "--clearmodifiers", "--delay", "8", path]).await?;
    xdotool(&["key", "--clearmodifiers", "Return"]).await?;
    until("the save dialog to close", Duration::from_secs(10), async || {
        Ok(find_window(title).await?.is_none().then_some(()))
    })
    .await
}

/// A picture of the whole screen, with the dialogs that WebDriver does not see.
///
/// # Errors
/// ImageMagick's `import` failed.
pub async fn screenshot(path: &Path) -> anyhow::Result<()> {
    let status = Command::new("import").args(["-window", "root"]).arg(path).status().await.context("import")?;
    ensure!(status.success(), "import ended with {status}");
    Ok(())
}

/// The window with this title, if it is on the screen.
///
/// # Errors
/// xdotool can't be run, or there are several.
pub async fn find_window(title: &str) -> anyhow::Result<Option<String>> {
    let output = Command::new("xdotool")
        .args(["search", "--onlyvisible", "--name", &format!("^{title}$")])
        .stderr(Stdio::null())
        .output()
        .await
        .context("xdotool")?;
    // It exits with 1 where there is none.
    let found = String::from_utf8(output.stdout).context("window ids are digits")?;
    let mut windows = found.lines().map(str::to_owned);
    let first = windows.next();
    if windows.next().is_some() {
        bail!("several windows are named {title}");
    }
    Ok(first)
}

async fn xdotool(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("xdotool").args(arguments).output().await.context("xdotool")?;
    ensure!(
        output.status.success(),
        "xdotool {}: {}",
        arguments.first().copied().unwrap_or_default(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).context("xdotool prints ASCII")
}
