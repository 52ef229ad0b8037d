//! Keys of the server (A8): from the one secret that an operator keeps to whatever is encrypted, hashed or signed.
//!
//! ```text
//! secret of the operator ── seals ──> data keys, in generations ─┬─ a key for each embedded file (derived)
//! (a file or the environment)         (keys.json, or a table)    └─ sealed columns: token keys, and whatever else
//! ```
//!
//! So the operator's secret is replaced by sealing a few hundred bytes anew, for the old one and the new one at a time
//! while servers change over; and data is encrypted anew by adding a generation. `docs/adr/0013` has the reasons.
//!
//! Nothing here ever draws a new key where an old one is missing: what it opened would be lost in silence.

mod derive;
mod error;
mod ring;
mod ring_file;
mod sealed;
mod secret;

pub use error::{MalformedSecret, SecretError};
pub use secret::{Secret, SecretSource};

pub(crate) use derive::{Key, derive, draw};
pub(crate) use ring::{FileName, KeyRing, SealedKey, SealedRing};
pub(crate) use ring_file::{
    RING_FILE, create as create_ring_file, find as find_ring_file, replace as replace_ring_file,
};
pub(crate) use sealed::Place;
