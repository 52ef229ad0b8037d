//! How large things may be: of what people type as `domain::limits` says, of what travels and is kept as the rest.

pub(crate) use domain::limits::{EMAIL_BYTES, EXACT_INTEGER, NAME_CHARS, TAGS};

/// Of what a device says of itself, each field, in characters; as `wire::device::DeviceInfo` says.
pub(crate) const DEVICE_CHARS: usize = 100;
/// Ended devices that one listing tells of.
pub(crate) const ENDED_DEVICES: i64 = 100;
/// Of a password: more is no better, and would have to be hashed.
pub(crate) const PASSWORD_BYTES: usize = 1024;
/// Acts in one audit batch, as `wire::write::AuditBatch` says.
pub(crate) const AUDIT_ENTRIES: usize = 500;
/// Of an audit entry's detail, in characters.
pub(crate) const AUDIT_DETAIL_CHARS: usize = 200;
/// Invitations of one studio that are open at a time, so that nobody sends mail to the world through it.
pub(crate) const OPEN_INVITATIONS: i64 = 100;
/// An invitation is sent again this long after the last time at the earliest.
pub(crate) const RENEW_INVITATION_MS: i64 = 60_000;

/// Body of the sign-in routes.
pub(crate) const AUTH_BODY_BYTES: usize = 16 * 1024;
/// Body of any other route: the largest text, every byte of it escaped, and some.
pub(crate) const BODY_BYTES: usize = 512 * 1024;

/// Of a path with its query; a cursor is the longest there is, and a twentieth of it.
pub(crate) const PATH_BYTES: usize = 8 * 1024;
/// Headers of one request.
pub(crate) const HEADERS: usize = 64;
/// Names and values of all headers of one request.
pub(crate) const HEADER_BYTES: usize = 16 * 1024;
