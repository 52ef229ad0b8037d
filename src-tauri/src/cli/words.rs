//! What a person at a shell is told: the same codes as in the window, in a sentence with what to do.

use desk::{ErrorCode, ErrorView};

/// The sentence for an error, with the id to quote.
pub(super) fn describe(error: &ErrorView) -> String {
    let words = sentence(error.code);
    match &error.report_id {
        Some(id) => format!("{words} (report {id})"),
        None => words.to_owned(),
    }
}

const fn sentence(code: ErrorCode) -> &'static str {
    use ErrorCode as C;
    match code {
        C::SignedOut => "nobody is signed in on this computer: open Frontdesk and sign in first",
        C::Locked => "the desk was locked meanwhile: try again",
        C::PassphraseWrong | C::PassphraseNeeded | C::PassphraseTooShort => {
            "the passphrase does not open the key: pass --passphrase-stdin and type the right one"
        }
        C::KeyringLocked => "the keyring is locked: unlock it (log in to the desktop) and try again",
        C::KeyringUnavailable => "the keyring does not answer: run this inside your desktop session",
        C::KeyMissing => {
            "there is a cache, but its key is not in the keyring. Nothing was changed: restore the keyring, or sign out in \
             the window and sign in again to pull everything anew"
        }
        C::KeyWrong => "the key does not open the cache. Nothing was changed: restore the keyring or the envelope",
        C::CacheDamaged => "the cache is damaged. Nothing was changed: open Frontdesk for what to do",
        C::CacheTooNew => "the cache was written by a newer Frontdesk: update this one",
        C::LeaseOver => {
            "this computer has not reached the server for too long, or its clock was set back: connect, and open Frontdesk"
        }
        C::CacheBusy => "another program works on the cache: try again",
        C::CacheUnavailable => "the cache can't be read or written: check the folder's permissions and the disk",
        C::DiskFull => "the disk is full. Nothing was replaced: free some space and try again",
        C::ExportForbidden => "your role may not export: ask a manager, an owner or an admin of the studio",
        C::ExportFailed => "the file can't be written there. Nothing was replaced: choose another folder",
        C::ImportEmpty => "there is no row in the file",
        C::ImportNotText => "the file is no CSV file: save the table as CSV and try again",
        C::ImportUnreadable => "the file can't be read: check that it is there, and its permissions",
        C::ImportChanged => "the file changed meanwhile: try again",
        C::InvalidInput => "a value is out of its range",
        C::NotFound => "not found",
        C::InvalidCredentials
        | C::AlreadySignedIn
        | C::InvalidServerUrl
        | C::InsecureServerUrl
        | C::UnknownHost
        | C::ServerUnreachable
        | C::CertificateExpired
        | C::CertificateNotYetValid
        | C::CertificateUntrusted
        | C::TlsTooOld
        | C::ServerFailed
        | C::TooManyRequests
        | C::SessionRevoked
        | C::SessionExpired
        | C::AnotherMember
        | C::LastOwner
        | C::AlreadyMember
        | C::AlreadyInvited
        | C::MailNotConfigured
        | C::NotAllowed
        | C::MalformedFeed => "the server refused or can't be reached: open Frontdesk for what to do",
        C::Internal => "something went wrong inside Frontdesk",
    }
}
