//! Who is at the desk.

use std::path::Path;

use domain::{CustomField, Member, Permission, Stage, Studio};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Where the window begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Phase {
    /// No account on this computer.
    SignedOut,
    /// An account whose cache is closed.
    Locked,
    /// The cache is open.
    Open,
}

/// Where the key of the cache is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum KeyStore {
    /// The operating system's keyring.
    Keyring,
    /// An envelope file, opened by a passphrase.
    Passphrase,
}

/// What the window knows before anything is open.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct StartView {
    pub phase: Phase,
    /// Where the account's key is; for a new account, where it would be put.
    pub key_store: KeyStore,
    /// Address of the hosted API, filled in on the sign-in screen.
    pub server_url: String,
    /// E-mail to fill in; only demos and tests set it, by the environment.
    pub prefill_email: Option<String>,
    /// Password to fill in; only demos and tests set it, by the environment.
    pub prefill_password: Option<String>,
    pub app_version: String,
}

/// Written by hand: the address and what is filled in stay out.
impl std::fmt::Debug for StartView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StartView")
            .field("phase", &self.phase)
            .field("key_store", &self.key_store)
            .field("app_version", &self.app_version)
            .finish_non_exhaustive()
    }
}

/// What a sign-out does with edits, audit entries and drafts that can't be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum UnsentAudit {
    /// Keeps them, and so signs nobody out; the answer says how many they are.
    Keep,
    /// Erases them with the rest: the person has been told, and wants it so.
    Lose,
}

/// What the server has not got, and would be lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct UnsentCounts {
    /// Records of exports.
    pub audit: u32,
    /// Edits and replies, with those it refused.
    pub edits: u32,
    /// What was typed into conversations and never sent.
    pub drafts: u32,
}

/// How a sign-out ended.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SignOutEnd {
    /// Key and cache are gone from this computer, and with them what the server never got: null where that could not be
    /// known.
    Erased { lost: Option<UnsentCounts> },
    /// The cache can't be read, so it was not erased: it stays in `folder`, and its key where it was. Nobody is signed
    /// in.
    SetAside { folder: String },
    /// Nothing was changed: so much could not be sent, or, where it is null, the closed cache may hold some.
    Unsent { left: Option<UnsentCounts> },
}

impl SignOutEnd {
    pub(crate) fn set_aside(folder: &Path) -> Self {
        Self::SetAside { folder: folder.display().to_string() }
    }
}

/// Written by hand: a folder holds the name of a person.
impl std::fmt::Debug for SignOutEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Erased { lost } => f.debug_struct("Erased").field("lost", lost).finish(),
            Self::SetAside { .. } => f.debug_struct("SetAside").finish_non_exhaustive(),
            Self::Unsent { left } => f.debug_struct("Unsent").field("left", left).finish(),
        }
    }
}

/// What a person types to sign in. Wiped when dropped.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop, TS)]
#[ts(export)]
pub struct SignInRequest {
    pub server_url: String,
    pub email: String,
    pub password: String,
    /// Needed where there is no keyring: at least 12 characters, chosen now.
    pub passphrase: Option<String>,
}

/// What a person types to sign in again to the account that is open. Wiped when dropped.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop, TS)]
#[ts(export)]
pub struct SignInAgainRequest {
    pub email: String,
    pub password: String,
}

/// Who is signed in, and what every screen needs of the studio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SessionView {
    pub studio: Studio,
    pub me: Member,
    /// By name; former ones too, whom the history of leads still names.
    pub members: Vec<Member>,
    /// By position.
    pub stages: Vec<Stage>,
    /// The studio's own, in their order, those put away included.
    pub fields: Vec<CustomField>,
    /// All tags in use, by name.
    pub tags: Vec<String>,
    /// What the member's role holds now. The server decides; this is for not offering what it would refuse.
    pub permissions: Vec<Permission>,
    pub key_store: KeyStore,
    /// Idle minutes after which the desk locks by itself; 0 is never.
    pub lock_after_minutes: u32,
    /// Whether the desk locks when the computer locks its screen or goes to sleep.
    pub locks_with_screen: bool,
}
