//! What mail is sent with.

use std::fmt;
use std::path::PathBuf;

use super::MailUrl;

/// What mail is sent with.
#[derive(Clone)]
pub struct MailConfig {
    pub to: MailUrl,
    /// Whom it comes from: `Frontdesk <desk@example.org>`.
    pub from: String,
    /// Authorities (PEM) that the mail server's certificate may come from, besides the system's.
    pub extra_ca: Option<PathBuf>,
}

/// Written by hand: an address never reaches a log.
impl fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailConfig").field("to", &self.to).finish_non_exhaustive()
    }
}
