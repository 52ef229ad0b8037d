//! What can go wrong at the desk, as the window is told.

use std::io::ErrorKind;

use api_client::{ApiFailure, ClientSetupError, FailureKind, ServerUrlError};
use domain::Permission;
use export::ExportError;
use serde::Serialize;
use store::StoreError;
use sync::{FeedError, SyncError};
use ts_rs::TS;
use uuid::Uuid;
use vault::VaultError;
use wire::ApiErrorCode;

use crate::AccountError;

/// What a person can do something about. The window has one wording and one action for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    // Signing in
    InvalidCredentials,
    AlreadySignedIn,
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
    /// Cache, envelope or account were written by a newer version.
    CacheTooNew,
    /// Another Frontdesk works on the cache.
    CacheBusy,
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

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Address(#[from] ServerUrlError),
    #[error(transparent)]
    Api(#[from] ApiFailure),
    #[error(transparent)]
    Client(#[from] ClientSetupError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("the cache is closed")]
    Locked,
    #[error("nobody is signed in on this computer")]
    SignedOut,
    #[error("somebody is signed in on this computer already")]
    AlreadySignedIn,
    #[error("there is no keyring: a passphrase of at least {min_chars} characters is needed")]
    PassphraseNeeded { min_chars: usize },
    #[error("the passphrase was not given")]
    PassphraseMissing,
    #[error("there is a cache, but its key is not in the keyring")]
    KeyMissing,
    #[error("the cache holds no profile")]
    CacheWithoutProfile,
    #[error("the role does not hold {0:?}")]
    Forbidden(Permission),
    #[error("a value is out of its range")]
    InvalidInput,
    #[error("the program is ending")]
    Interrupted,
}

/// Logs what happened under a new id and gives the window the code and the id.
impl From<DeskError> for ErrorView {
    fn from(error: DeskError) -> Self {
        Self::from(&error)
    }
}

impl From<&DeskError> for ErrorView {
    fn from(error: &DeskError) -> Self {
        Self::reported(code_of(error), request_id_of(error), error)
    }
}

impl From<&SyncError> for ErrorView {
    fn from(error: &SyncError) -> Self {
        Self::reported(sync_code(error), sync_request_id(error), error)
    }
}

impl ErrorView {
    fn reported(code: ErrorCode, request_id: Option<String>, error: &dyn std::error::Error) -> Self {
        let report_id = request_id.or_else(|| needs_report(code).then(|| Uuid::new_v4().to_string()));
        if let Some(report_id) = &report_id {
            tracing::error!(report_id, ?code, error = %Chain(error), "reported to the person");
        }
        Self { code, is_retryable: is_retryable(code), report_id }
    }
}

/// An error with all its causes, for the log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

fn code_of(error: &DeskError) -> ErrorCode {
    match error {
        DeskError::Account(AccountError::Unreadable) => ErrorCode::CacheDamaged,
        DeskError::Account(AccountError::Io(error)) => io_code(error.kind()),
        DeskError::Address(ServerUrlError::Insecure) => ErrorCode::InsecureServerUrl,
        DeskError::Address(ServerUrlError::Invalid) => ErrorCode::InvalidServerUrl,
        DeskError::Api(failure) => api_code(failure),
        DeskError::Client(ClientSetupError::ExtraCaInvalid) => ErrorCode::CertificateUntrusted,
        DeskError::Client(ClientSetupError::NoTlsProvider | ClientSetupError::Unusable) => ErrorCode::Internal,
        DeskError::Vault(error) => vault_code(error),
        DeskError::Store(error) => store_code(error),
        DeskError::Sync(error) => sync_code(error),
        DeskError::Export(ExportError::DiskFull) => ErrorCode::DiskFull,
        DeskError::Export(_) => ErrorCode::ExportFailed,
        DeskError::Locked => ErrorCode::Locked,
        DeskError::SignedOut => ErrorCode::SignedOut,
        DeskError::AlreadySignedIn => ErrorCode::AlreadySignedIn,
        DeskError::PassphraseNeeded { .. } => ErrorCode::PassphraseNeeded,
        DeskError::PassphraseMissing => ErrorCode::PassphraseWrong,
        DeskError::KeyMissing => ErrorCode::KeyMissing,
        DeskError::CacheWithoutProfile => ErrorCode::CacheDamaged,
        DeskError::Forbidden(Permission::ExportLeads) => ErrorCode::ExportForbidden,
        DeskError::Forbidden(Permission::ReviewLeads | Permission::EditLeads) => ErrorCode::NotFound,
        DeskError::InvalidInput => ErrorCode::InvalidInput,
        DeskError::Interrupted => ErrorCode::Internal,
    }
}

fn sync_code(error: &SyncError) -> ErrorCode {
    match error {
        SyncError::Api(failure) => api_code(failure),
        SyncError::Feed(FeedError::Cut) => ErrorCode::ServerUnreachable,
        SyncError::Feed(FeedError::ServerFailed { .. }) => ErrorCode::ServerFailed,
        SyncError::Feed(FeedError::Line(_) | FeedError::OutOfOrder | FeedError::PageTooLarge(_)) => {
            ErrorCode::MalformedFeed
        }
        SyncError::Store(error) => store_code(error),
    }
}

fn api_code(failure: &ApiFailure) -> ErrorCode {
    match failure.kind {
        FailureKind::UnknownHost => ErrorCode::UnknownHost,
        FailureKind::Unreachable | FailureKind::Timeout => ErrorCode::ServerUnreachable,
        FailureKind::CertificateExpired => ErrorCode::CertificateExpired,
        FailureKind::CertificateNotYetValid => ErrorCode::CertificateNotYetValid,
        FailureKind::CertificateUntrusted => ErrorCode::CertificateUntrusted,
        FailureKind::TlsTooOld => ErrorCode::TlsTooOld,
        FailureKind::ServerFailed | FailureKind::BadResponse => ErrorCode::ServerFailed,
        FailureKind::SignedOut => ErrorCode::SignedOut,
        FailureKind::TokensUnavailable => ErrorCode::KeyringUnavailable,
        FailureKind::Api(code) => match code {
            ApiErrorCode::InvalidCredentials => ErrorCode::InvalidCredentials,
            ApiErrorCode::TokenExpired | ApiErrorCode::SessionRevoked => ErrorCode::SessionRevoked,
            ApiErrorCode::TooManyRequests => ErrorCode::TooManyRequests,
            ApiErrorCode::NotFound | ApiErrorCode::Forbidden => ErrorCode::NotFound,
            ApiErrorCode::InvalidInput | ApiErrorCode::TooLarge => ErrorCode::InvalidInput,
            ApiErrorCode::CursorInvalid | ApiErrorCode::Internal | ApiErrorCode::Unknown => ErrorCode::ServerFailed,
        },
    }
}

fn vault_code(error: &VaultError) -> ErrorCode {
    match error {
        VaultError::KeyringUnavailable => ErrorCode::KeyringUnavailable,
        VaultError::KeyringLocked => ErrorCode::KeyringLocked,
        VaultError::PassphraseTooShort { .. } => ErrorCode::PassphraseTooShort,
        VaultError::PassphraseWrong => ErrorCode::PassphraseWrong,
        VaultError::EnvelopeMissing => ErrorCode::KeyMissing,
        VaultError::EnvelopeDamaged | VaultError::SecretDamaged(_) | VaultError::KeyringAmbiguous(_) => {
            ErrorCode::KeyWrong
        }
        VaultError::EnvelopeTooNew { .. } => ErrorCode::CacheTooNew,
        VaultError::Io(kind) => io_code(*kind),
        VaultError::KeyringFailed
        | VaultError::AccountInvalid
        | VaultError::CacheKeyExists
        | VaultError::NotKept(_)
        | VaultError::EnvelopeExists
        | VaultError::RandomnessUnavailable => ErrorCode::KeyringUnavailable,
    }
}

fn store_code(error: &StoreError) -> ErrorCode {
    match error {
        StoreError::NotFound => ErrorCode::NotFound,
        StoreError::KeyWrong => ErrorCode::KeyWrong,
        StoreError::NotEncrypted | StoreError::Damaged => ErrorCode::CacheDamaged,
        StoreError::TooNew { .. } => ErrorCode::CacheTooNew,
        StoreError::DiskFull => ErrorCode::DiskFull,
        StoreError::Closed => ErrorCode::Locked,
        StoreError::Busy => ErrorCode::CacheBusy,
        StoreError::Io(kind) => io_code(*kind),
        StoreError::AlreadyExists | StoreError::CipherMissing | StoreError::Database(_) => ErrorCode::CacheUnavailable,
    }
}

fn io_code(kind: ErrorKind) -> ErrorCode {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
        _ => ErrorCode::CacheUnavailable,
    }
}

fn request_id_of(error: &DeskError) -> Option<String> {
    match error {
        DeskError::Api(failure) => failure.request_id.clone(),
        DeskError::Sync(error) => sync_request_id(error),
        _ => None,
    }
}

fn sync_request_id(error: &SyncError) -> Option<String> {
    match error {
        SyncError::Api(failure) => failure.request_id.clone(),
        SyncError::Feed(FeedError::ServerFailed { request_id }) => Some(request_id.clone()),
        SyncError::Feed(_) | SyncError::Store(_) => None,
    }
}

/// Whether trying again unchanged may help.
const fn is_retryable(code: ErrorCode) -> bool {
    use ErrorCode as C;
    matches!(
        code,
        C::ServerUnreachable
            | C::UnknownHost
            | C::ServerFailed
            | C::TooManyRequests
            | C::KeyringLocked
            | C::DiskFull
            | C::CacheBusy
            | C::CacheUnavailable
            | C::MalformedFeed
            | C::Internal
    )
}

/// Whether support will want the log: a mistyped password needs none.
const fn needs_report(code: ErrorCode) -> bool {
    use ErrorCode as C;
    !matches!(
        code,
        C::InvalidCredentials
            | C::AlreadySignedIn
            | C::InvalidServerUrl
            | C::InsecureServerUrl
            | C::UnknownHost
            | C::ServerUnreachable
            | C::PassphraseNeeded
            | C::PassphraseTooShort
            | C::PassphraseWrong
            | C::KeyringLocked
            | C::ExportForbidden
            | C::Locked
            | C::SignedOut
            | C::NotFound
            | C::InvalidInput
    )
}
