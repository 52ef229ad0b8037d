//! Invitations to become a member, for who manages members (`manage_members`).
//!
//! `GET /v1/invitations` → [`InvitationList`] · `POST /v1/invitations` with a [`NewInvitation`] → 201 [`Invitation`] ·
//! `POST /v1/invitations/{invitation_id}/send` → [`Invitation`]: mails a new link, the old one leads nowhere any more ·
//! `DELETE /v1/invitations/{invitation_id}` → 204: withdraws it.
//!
//! The server mails a link to its own page `/join/{token}`, which is for browsers and no part of the API. It is good for
//! one acceptance and for [`INVITATION_DAYS`].

use domain::{InvitationId, MemberId, Role, UnixMs};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Days a link is good for.
pub const INVITATION_DAYS: i64 = 7;

/// Whom to invite.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// At most 254 bytes.
    #[schema(max_length = 254)]
    pub email: String,
    pub role: Role,
}

/// Written by hand: an address never reaches a log.
impl std::fmt::Debug for NewInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInvitation").field("role", &self.role).finish_non_exhaustive()
    }
}

/// An invitation that nobody has accepted or withdrawn.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub invited_by: MemberId,
    pub created_at: UnixMs,
    /// Past this the link leads nowhere; the invitation may still be sent again.
    pub expires_at: UnixMs,
    pub mail: MailState,
}

/// Written by hand: an address never reaches a log.
impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// How far the newest mail of an invitation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum MailState {
    /// It will be sent in a moment.
    Waiting,
    /// An attempt failed; the server tries again by itself.
    Postponed { problem: MailProblem },
    /// A mail server has taken it.
    Sent { at: UnixMs },
    /// The server does not try again.
    Failed { problem: MailProblem },
    /// No longer known, or a state from a newer server.
    #[serde(other)]
    Unknown,
}

/// Why a mail could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MailProblem {
    /// The mail server could not be reached, or the connection to it was lost.
    Unreachable,
    /// The mail server's certificate is not to be trusted.
    Untrusted,
    /// The mail server offers no TLS, or no way to sign in that this server knows.
    Incompatible,
    /// The mail server refused for now.
    Busy,
    /// The mail server refused for good: as a rule the address does not exist.
    Refused,
    /// The mail server does not take this server's name and password.
    SignInRefused,
    /// The folder for mails can't be written.
    FolderUnwritable,
    /// The link was made under another secret of the server: send it again.
    LinkLost,
    /// A problem from a newer server.
    #[serde(other)]
    Unknown,
}

/// The invitations of a studio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvitationList {
    /// The newest first; those that ran out are still there, for thirty days.
    pub invitations: Vec<Invitation>,
    /// Whether this server can send mail at all; without, nobody can be invited.
    pub sends_mail: bool,
}
