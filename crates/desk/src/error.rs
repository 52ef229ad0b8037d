//! What can go wrong at the desk, as the window is told.

use std::io::ErrorKind;

use api_client::{ApiFailure, ClientSetupError, FailureKind, ServerUrlError};
use domain::Permission;
use export::ExportError;
use import::ImportError;
use serde::Serialize;
use store::StoreError;
use sync::{FeedError, Interrupted, Problem, SyncError};
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
    /// Somebody ended the session of this device.
    SessionRevoked,
    /// The server does not know the session any more: sign in again, as the same member.
    SessionExpired,
    /// Who signs in again is not whose data is on this computer.
    AnotherMember,
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
    /// This computer has not reached the server for too long: it has to before it is used on.
    LeaseOver,
    /// Another Frontdesk works on the cache.
    CacheBusy,
    DiskFull,
    CacheUnavailable,
    // Sync
    MalformedFeed,
    // Export
    ExportForbidden,
    ExportFailed,
    // Import
    /// There is no row in the file.
    ImportEmpty,
    /// It is no text, or no table.
    ImportNotText,
    ImportUnreadable,
    /// It is another file than when it was opened.
    ImportChanged,
    // Members
    /// A studio keeps its last owner.
    LastOwner,
    AlreadyMember,
    AlreadyInvited,
    /// The server sends no mail.
    MailNotConfigured,
    // Anything
    Locked,
    SignedOut,
    NotFound,
    /// This role may not.
    NotAllowed,
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
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("the file is another than when it was opened")]
    ImportChanged,
    #[error("the cache is closed")]
    Locked,
    #[error("nobody is signed in on this computer")]
    SignedOut,
    #[error("somebody is signed in on this computer already")]
    AlreadySignedIn,
    #[error("what is on this computer is another member's")]
    AnotherMember,
    #[error("there is no keyring: a passphrase of at least {min_chars} characters is needed")]
    PassphraseNeeded { min_chars: usize },
    #[error("the passphrase was not given")]
    PassphraseMissing,
    #[error("there is a cache, but its key is not in the keyring")]
    KeyMissing,
    #[error("the cache holds no profile")]
    CacheWithoutProfile,
    #[error("there is an account, but no cache")]
    CacheMissing,
    #[error("the server has not been reached for too long")]
    LeaseOver,
    #[error("the role does not hold {0:?}")]
    Forbidden(Permission),
    #[error("a value is out of its range")]
    InvalidInput,
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl DeskError {
    /// Whether it means that there is a cache which can't be read, now or for good: such a one is never erased.
    pub(crate) fn is_unreadable(&self) -> bool {
        match self {
            Self::KeyMissing | Self::CacheWithoutProfile => true,
            Self::Store(error) => matches!(
                error,
                StoreError::KeyWrong
                    | StoreError::NotEncrypted
                    | StoreError::Damaged
                    | StoreError::Altered
                    | StoreError::TooNew { .. }
            ),
            Self::Vault(error) => matches!(
                error,
                VaultError::KeyringUnavailable
                    | VaultError::KeyringFailed
                    | VaultError::KeyringAmbiguous(_)
                    | VaultError::SecretDamaged(_)
                    | VaultError::EnvelopeMissing
                    | VaultError::EnvelopeDamaged
                    | VaultError::EnvelopeTooNew { .. }
            ),
            _ => false,
        }
    }
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

/// Logs nothing: a status is looked at again and again. [`ErrorView::log`] does, once.
impl From<&Problem> for ErrorView {
    fn from(problem: &Problem) -> Self {
        let code = sync_code(&problem.error);
        let report_id = sync_request_id(&problem.error).or_else(|| needs_report(code).then(|| problem.id.to_string()));
        Self { code, is_retryable: is_retryable(code), report_id }
    }
}

impl ErrorView {
    /// Writes what a person is shown of `problem`, and more, to the log, under the same id.
    pub(crate) fn log(problem: &Problem) {
        let Self { code, report_id, .. } = Self::from(problem);
        if let Some(report_id) = report_id {
            tracing::error!(report_id, ?code, error = %Chain(&problem.error), "the sync stopped");
        }
    }

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
        DeskError::Account(AccountError::TooNew { .. }) => ErrorCode::CacheTooNew,
        DeskError::Account(AccountError::InUse) => ErrorCode::CacheBusy,
        DeskError::Account(AccountError::Io(kind)) => io_code(*kind),
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
        DeskError::Import(ImportError::Empty) => ErrorCode::ImportEmpty,
        DeskError::Import(ImportError::NotText | ImportError::TooManyColumns) => ErrorCode::ImportNotText,
        DeskError::Import(ImportError::Io(_)) => ErrorCode::ImportUnreadable,
        DeskError::ImportChanged => ErrorCode::ImportChanged,
        DeskError::Locked => ErrorCode::Locked,
        DeskError::SignedOut => ErrorCode::SignedOut,
        DeskError::AlreadySignedIn => ErrorCode::AlreadySignedIn,
        DeskError::AnotherMember => ErrorCode::AnotherMember,
        DeskError::PassphraseNeeded { .. } => ErrorCode::PassphraseNeeded,
        DeskError::PassphraseMissing => ErrorCode::PassphraseWrong,
        DeskError::KeyMissing => ErrorCode::KeyMissing,
        DeskError::CacheWithoutProfile => ErrorCode::CacheDamaged,
        // As a rule a disk that is not there; signing out lets it go.
        DeskError::CacheMissing => ErrorCode::CacheUnavailable,
        DeskError::LeaseOver => ErrorCode::LeaseOver,
        DeskError::Forbidden(Permission::ExportLeads) => ErrorCode::ExportForbidden,
        DeskError::Forbidden(
            Permission::ManageMembers
            | Permission::ManageFields
            | Permission::EditLeads
            | Permission::BulkEditLeads
            | Permission::DeleteLeads,
        ) => ErrorCode::NotAllowed,
        DeskError::Forbidden(Permission::ReviewLeads | Permission::ViewBilling) => ErrorCode::NotFound,
        DeskError::InvalidInput => ErrorCode::InvalidInput,
        DeskError::Interrupted(_) => ErrorCode::Internal,
    }
}

fn sync_code(error: &SyncError) -> ErrorCode {
    match error {
        SyncError::Api(failure) => api_code(failure),
        SyncError::Feed(FeedError::Cut) => ErrorCode::ServerUnreachable,
        SyncError::Feed(FeedError::ServerFailed { .. }) => ErrorCode::ServerFailed,
        SyncError::Feed(
            FeedError::Line(_)
            | FeedError::OutOfOrder
            | FeedError::PageTooLarge(_)
            | FeedError::PageTooHeavy(_)
            | FeedError::OtherResults,
        ) => ErrorCode::MalformedFeed,
        SyncError::Interrupted(_) => ErrorCode::Internal,
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
            ApiErrorCode::SessionRevoked => ErrorCode::SessionRevoked,
            ApiErrorCode::TokenExpired | ApiErrorCode::SessionExpired => ErrorCode::SessionExpired,
            ApiErrorCode::TooManyRequests => ErrorCode::TooManyRequests,
            ApiErrorCode::NotFound => ErrorCode::NotFound,
            ApiErrorCode::Forbidden => ErrorCode::NotAllowed,
            ApiErrorCode::LastOwner => ErrorCode::LastOwner,
            ApiErrorCode::AlreadyMember => ErrorCode::AlreadyMember,
            ApiErrorCode::AlreadyInvited => ErrorCode::AlreadyInvited,
            ApiErrorCode::MailNotConfigured => ErrorCode::MailNotConfigured,
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
        StoreError::NotEncrypted | StoreError::Damaged | StoreError::Altered => ErrorCode::CacheDamaged,
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
        SyncError::Feed(FeedError::ServerFailed { request_id }) => request_id.clone(),
        SyncError::Feed(_) | SyncError::Store(_) | SyncError::Interrupted(_) => None,
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
            | C::LeaseOver
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
            | C::SessionExpired
            | C::AnotherMember
            | C::InvalidServerUrl
            | C::InsecureServerUrl
            | C::UnknownHost
            | C::ServerUnreachable
            | C::PassphraseNeeded
            | C::PassphraseTooShort
            | C::PassphraseWrong
            | C::KeyringLocked
            | C::ExportForbidden
            | C::ImportEmpty
            | C::ImportNotText
            | C::ImportUnreadable
            | C::ImportChanged
            | C::LastOwner
            | C::AlreadyMember
            | C::AlreadyInvited
            | C::MailNotConfigured
            | C::NotAllowed
            | C::Locked
            | C::SignedOut
            | C::NotFound
            | C::InvalidInput
    )
}
