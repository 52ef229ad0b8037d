//! Where the desk keeps its files and which server it offers, from the environment.

use std::path::PathBuf;

use anyhow::Context;
use desk::{DeskConfig, Prefill};
use secrecy::SecretString;

/// Name of the folder under the user's data folder; the same as the bundle identifier.
const IDENTIFIER: &str = "app.frontdesk.desktop";

/// Reads the configuration.
///
/// | variable | meaning |
/// |---|---|
/// | `FRONTDESK_DATA_DIR` | folder of accounts and caches; by default under the user's data folder |
/// | `FRONTDESK_SERVER_URL` | address filled in on the sign-in screen |
/// | `FRONTDESK_EXTRA_CA` | PEM file of certificates to trust besides the system's |
/// | `FRONTDESK_PREFILL_EMAIL`, `FRONTDESK_PREFILL_PASSWORD` | the demo account, filled in on the sign-in screen |
///
/// # Errors
/// No home folder, or an extra certificate file that can't be read.
pub(crate) fn from_env() -> anyhow::Result<DeskConfig> {
    let data_dir = match find_path("FRONTDESK_DATA_DIR") {
        Some(dir) => std::path::absolute(dir).context("FRONTDESK_DATA_DIR is no folder")?,
        None => user_data_dir().context("no home folder: set FRONTDESK_DATA_DIR")?.join(IDENTIFIER),
    };
    let extra_ca_pem = match find_path("FRONTDESK_EXTRA_CA") {
        Some(path) => Some(std::fs::read(&path).context("FRONTDESK_EXTRA_CA can't be read")?),
        None => None,
    };
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Ok(DeskConfig {
        data_dir,
        server_url: text("FRONTDESK_SERVER_URL").unwrap_or_default(),
        extra_ca_pem,
        prefill: Prefill {
            email: text("FRONTDESK_PREFILL_EMAIL"),
            password: text("FRONTDESK_PREFILL_PASSWORD").map(SecretString::from),
        },
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// A variable that is empty is as good as none: an empty path would be the current folder.
fn find_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// `$XDG_DATA_HOME` or its default (XDG Base Directory Specification), and the like elsewhere.
fn user_data_dir() -> Option<PathBuf> {
    let home = || std::env::home_dir().filter(|home| home.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Application Support"));
    }
    if cfg!(target_os = "windows") {
        return std::env::var_os("LOCALAPPDATA").map(PathBuf::from);
    }
    std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute())
        .or_else(|| Some(home()?.join(".local/share")))
}
