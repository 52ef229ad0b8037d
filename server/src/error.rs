//! Refusals: every answer that is no success has the one shape of [`wire::ApiErrorBody`], with the request's id.
//!
//! An [`ApiError`] becomes a bare response that carries its [`Refusal`]; the request layer, which knows the id, writes
//! the body. So does it for what axum refuses by itself: nothing leaves in another shape.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use wire::{ApiErrorBody, ApiErrorCode};

use crate::auth::PasswordError;
use crate::db::{DbError, MemberError, SessionState, WriteError};
use crate::telemetry::{Fault, FaultKind};
use domain::{InvalidField, MemberRefusal};

/// When to come back after an outage of the database, in seconds: most are a restart or a change of the primary.
const OUTAGE_RETRY_S: u64 = 2;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("e-mail or password is wrong")]
    InvalidCredentials,
    #[error("the access token is past its time")]
    TokenExpired,
    #[error("the session was ended")]
    SessionRevoked,
    #[error("there is no such session: sign in")]
    SessionExpired,
    #[error("this role may not")]
    Forbidden,
    #[error("a request with a session's cookies has to come from a page of this server")]
    ForeignPage,
    #[error("the studio's last owner stays one")]
    LastOwner,
    #[error("that e-mail address is a member already")]
    AlreadyMember,
    #[error("that e-mail address has an open invitation already")]
    AlreadyInvited,
    #[error("this server sends no mail")]
    MailNotConfigured,
    #[error("not found")]
    NotFound,
    #[error("{}: {problem}", field.as_deref().unwrap_or("the request"))]
    InvalidInput { field: Option<String>, problem: &'static str },
    #[error("the cursor is not one of this server, or of before its data was put back")]
    CursorInvalid,
    #[error("too many requests at once")]
    TooManyRequests { retry_after_s: u64 },
    #[error("the body is larger than this route takes")]
    TooLarge,
    #[error("the server can't answer just now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the server failed")]
    Internal {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
        fault: Fault,
    },
}

impl ApiError {
    pub(crate) fn invalid(field: impl Into<String>, problem: &'static str) -> Self {
        Self::InvalidInput { field: Some(field.into()), problem }
    }

    /// The server failed where the caller is.
    #[track_caller]
    pub(crate) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal { source: Box::new(error), fault: Fault::here(FaultKind::Internal) }
    }

    /// For whoever can't be let in with a session of this state.
    pub(crate) const fn of_session(state: SessionState) -> Self {
        match state {
            SessionState::Ended => Self::SessionRevoked,
            // Alive, but not what was shown for it.
            SessionState::Live(_) | SessionState::Gone => Self::SessionExpired,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidCredentials | Self::TokenExpired | Self::SessionRevoked | Self::SessionExpired => {
                StatusCode::UNAUTHORIZED
            }
            Self::Forbidden | Self::ForeignPage => StatusCode::FORBIDDEN,
            Self::LastOwner | Self::AlreadyMember | Self::AlreadyInvited | Self::MailNotConfigured => {
                StatusCode::CONFLICT
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::InvalidInput { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::CursorInvalid => StatusCode::GONE,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) const fn code(&self) -> ApiErrorCode {
        match self {
            Self::InvalidCredentials => ApiErrorCode::InvalidCredentials,
            Self::TokenExpired => ApiErrorCode::TokenExpired,
            Self::SessionRevoked => ApiErrorCode::SessionRevoked,
            Self::SessionExpired => ApiErrorCode::SessionExpired,
            Self::Forbidden | Self::ForeignPage => ApiErrorCode::Forbidden,
            Self::LastOwner => ApiErrorCode::LastOwner,
            Self::AlreadyMember => ApiErrorCode::AlreadyMember,
            Self::AlreadyInvited => ApiErrorCode::AlreadyInvited,
            Self::MailNotConfigured => ApiErrorCode::MailNotConfigured,
            Self::NotFound => ApiErrorCode::NotFound,
            Self::InvalidInput { .. } => ApiErrorCode::InvalidInput,
            Self::CursorInvalid => ApiErrorCode::CursorInvalid,
            Self::TooManyRequests { .. } => ApiErrorCode::TooManyRequests,
            Self::TooLarge => ApiErrorCode::TooLarge,
            Self::Unavailable(_) | Self::Internal { .. } => ApiErrorCode::Internal,
        }
    }
}

/// Of a fault, the place is where `?` stands.
impl From<DbError> for ApiError {
    #[track_caller]
    fn from(error: DbError) -> Self {
        match error {
            DbError::NoSuchStudio => Self::NotFound,
            DbError::NulCharacter => {
                Self::InvalidInput { field: None, problem: "a text holds the character U+0000, which can't be stored" }
            }
            error @ DbError::Unavailable(_) => Self::Unavailable(Box::new(error)),
            error => Self::Internal { source: Box::new(error), fault: Fault::here(FaultKind::Database) },
        }
    }
}

impl From<WriteError> for ApiError {
    #[track_caller]
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Db(error) => Self::from(error),
            WriteError::NotFound => Self::NotFound,
            WriteError::Forbidden => Self::Forbidden,
            WriteError::Invalid { field, problem } => Self::invalid(field, problem),
            WriteError::InvalidField(error) => error.into(),
        }
    }
}

impl From<InvalidField> for ApiError {
    fn from(InvalidField { field, problem }: InvalidField) -> Self {
        Self::invalid(field, problem)
    }
}

impl From<MemberError> for ApiError {
    #[track_caller]
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Db(error) => Self::from(error),
            MemberError::NotFound => Self::NotFound,
            MemberError::Refused(MemberRefusal::LastOwner) => Self::LastOwner,
            MemberError::Refused(MemberRefusal::NotAllowed | MemberRefusal::OwnersOnly | MemberRefusal::OwnRole) => {
                Self::Forbidden
            }
            MemberError::AlreadyMember => Self::AlreadyMember,
            MemberError::AlreadyInvited => Self::AlreadyInvited,
            MemberError::TooManyOpen => Self::invalid("email", "is one too many: withdraw an invitation first"),
            MemberError::TooSoon { retry_after_s } => Self::TooManyRequests { retry_after_s },
        }
    }
}

impl From<PasswordError> for ApiError {
    #[track_caller]
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::TooManyRequests { retry_after_s: 2 },
            PasswordError::TooShort => Self::invalid("password", "is too short"),
            PasswordError::TooLong => Self::invalid("password", "is too long"),
            error @ PasswordError::Hash(_) => Self::internal(error),
        }
    }
}

/// What is to be said of a refusal, but for the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    code: ApiErrorCode,
    message: String,
    field: Option<String>,
    retry_after_s: Option<u64>,
}

impl Refusal {
    /// For an answer that axum or a layer gave by itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ApiErrorCode::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => ApiErrorCode::TooLarge,
            status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => ApiErrorCode::InvalidInput,
            _ => ApiErrorCode::Internal,
        };
        let message = status.canonical_reason().unwrap_or("refused").to_owned();
        Self { code, message, field: None, retry_after_s: None }
    }

    /// The answer's body.
    pub(crate) fn body(self, request_id: &str) -> ApiErrorBody {
        let Self { code, message, field, retry_after_s } = self;
        ApiErrorBody { code, message, field, retry_after_s, request_id: request_id.to_owned() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal { source: error, .. } | Self::Unavailable(error) = &self {
            tracing::error!(error = %error, "request failed");
        }
        let status = self.status();
        let mut refusal = Refusal { code: self.code(), message: self.to_string(), field: None, retry_after_s: None };
        let mut response = status.into_response();
        match self {
            Self::InvalidInput { field, .. } => refusal.field = field,
            Self::Unavailable(_) => {
                refusal.retry_after_s = Some(OUTAGE_RETRY_S);
                response.headers_mut().insert(header::RETRY_AFTER, OUTAGE_RETRY_S.into());
            }
            Self::TooManyRequests { retry_after_s } => {
                refusal.retry_after_s = Some(retry_after_s);
                response.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
            }
            Self::TokenExpired | Self::SessionRevoked | Self::SessionExpired => {
                let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::InvalidCredentials
            | Self::Forbidden
            | Self::ForeignPage
            | Self::LastOwner
            | Self::AlreadyMember
            | Self::AlreadyInvited
            | Self::MailNotConfigured
            | Self::NotFound
            | Self::CursorInvalid
            | Self::TooLarge => {}
            Self::Internal { fault, .. } => {
                response.extensions_mut().insert(fault);
            }
        }
        response.extensions_mut().insert(refusal);
        response
    }
}
