//! The data keys of embedded files, sealed, in a file beside them: it belongs to their backup, and tells nothing without
//! the operator's secret.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::SecretError;
use super::ring::SealedRing;
use crate::secret_file::{create_whole_file, replace_whole_file};

/// Its name in the directory of the database.
pub(crate) const RING_FILE: &str = "keys.json";
/// Raised when the form changes.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    #[serde(flatten)]
    ring: SealedRing,
}

/// The keys in a directory, if there are any.
///
/// # Errors
/// [`SecretError::RingUnreadable`], [`SecretError::File`].
pub(crate) fn find(dir: &Path) -> Result<Option<SealedRing>, SecretError> {
    let path = dir.join(RING_FILE);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| file_error(&path, error))?,
    };
    match serde_json::from_slice(&bytes) {
        Ok(Content { version: VERSION, ring }) => Ok(Some(ring)),
        Ok(_) | Err(_) => Err(SecretError::RingUnreadable { path }),
    }
}

/// Writes the first keys of a directory. Leaves those alone that somebody else has written meanwhile.
///
/// # Errors
/// [`SecretError::File`].
pub(crate) fn create(dir: &Path, ring: &SealedRing) -> Result<(), SecretError> {
    let path = dir.join(RING_FILE);
    create_whole_file(&path, &content(ring)).map_err(|error| file_error(&path, error))
}

/// Writes the keys of a directory in place of those that are there: at any moment the file is either of them, whole.
///
/// # Errors
/// [`SecretError::File`].
pub(crate) fn replace(dir: &Path, ring: &SealedRing) -> Result<(), SecretError> {
    let path = dir.join(RING_FILE);
    replace_whole_file(&path, &content(ring)).map_err(|error| file_error(&path, error))
}

fn content(ring: &SealedRing) -> Vec<u8> {
    let content = Content { version: VERSION, ring: ring.clone() };
    serde_json::to_vec_pretty(&content).expect("text and numbers are JSON")
}

fn file_error(path: &Path, error: std::io::Error) -> SecretError {
    SecretError::File { path: PathBuf::from(path), source: error.into() }
}
