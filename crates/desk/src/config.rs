//! What the shell tells the desk at the start.

use std::path::PathBuf;

use secrecy::SecretString;

/// Where the desk works, and with what.
pub struct DeskConfig {
    /// Folder of the account and its cache; created with mode 0700 at the first sign-in.
    pub data_dir: PathBuf,
    /// Address filled in on the sign-in screen; may be empty.
    pub server_url: String,
    /// PEM certificates to trust besides the system's.
    pub extra_ca_pem: Option<Vec<u8>>,
    pub prefill: Prefill,
    pub app_version: String,
}

/// A demo account to fill in on the sign-in screen.
#[derive(Default)]
pub struct Prefill {
    pub email: Option<String>,
    pub password: Option<SecretString>,
}
