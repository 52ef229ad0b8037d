//! What can go wrong at the desk, as the window is told.

use serde::Serialize;
use ts_rs::TS;

/// What a person can do something about. The window has one wording and one action for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    // Signing in
    InvalidCredentials,
    InvalidServerUrl,
    /// Plain http to an address that is not loopback.
    InsecureServerUrl,
    UnknownHost,
    ServerUnreachable,
    CertificateExpired,
    /// Not yet valid: as a rule the computer's clock is wrong.
    CertificateNotYetValid,
    CertificateUntrusted,
    /// The server speaks no TLS 1.3.
    TlsTooOld,
    ServerFailed,
    TooManyRequests,
    SessionRevoked,
    // Key and cache
    /// No keyring on this computer: a passphrase is needed.
    PassphraseNeeded,
    PassphraseTooShort,
    PassphraseWrong,
    KeyringLocked,
    KeyringUnavailable,
    /// A cache exists, its key does not.
    KeyMissing,
    /// The key does not open the cache.
    KeyWrong,
    CacheDamaged,
    /// The cache was written by a newer version.
    CacheTooNew,
    DiskFull,
    CacheUnavailable,
    // Sync
    MalformedFeed,
    // Export
    ExportForbidden,
    ExportFailed,
    // Anything
    Locked,
    SignedOut,
    NotFound,
    InvalidInput,
    Internal,
}

/// An error as the window shows it: no name, number or text of a person in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ErrorView {
    pub code: ErrorCode,
    /// Whether the same act may succeed if tried again unchanged.
    pub is_retryable: bool,
    /// The server's request id, or the id under which the local log tells more.
    pub report_id: Option<String>,
}
