//! Files and directories that only the server's own user may read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::settings::{Weakness, find_weakness};

/// Why a secret could not be had from its file.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    #[error("others can read the secret (mode {mode:o}): make it 600, and replace it if they may have")]
    ReadableByOthers { mode: u32 },
    #[error("the secret is {found} bytes long, not {expected}")]
    WrongLength { found: usize, expected: usize },
    #[error("the secret {0}: it was not drawn by chance, so anybody may know it; replace it")]
    Weak(Weakness),
    #[error("no randomness: {0}")]
    NoRandomness(ring::error::Unspecified),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Makes `dir` and its parents, itself closed to others. Leaves an existing one as it is.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        result => result,
    }
}

/// Makes an empty file closed to others, before somebody else makes it open. Leaves an existing one as it is.
pub(crate) fn create_private_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Writes `content` to `path`, closed to others from its first byte on, in place of what was there.
pub(crate) fn write_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The secret in `path`; drawn and written there when there is none.
///
/// # Errors
/// [`SecretFileError`]: an existing secret that others can read, or of another length, is never replaced.
pub(crate) fn load_or_create_secret<const N: usize>(
    path: &Path,
) -> Result<zeroize::Zeroizing<[u8; N]>, SecretFileError> {
    if !path.exists() {
        let mut drawn = zeroize::Zeroizing::new([0_u8; N]);
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), drawn.as_mut())
            .map_err(SecretFileError::NoRandomness)?;
        // Complete before it bears its name: a crash in between must not leave an empty secret.
        let draft = path.with_extension(format!("new-{}", std::process::id()));
        write_private_file(&draft, drawn.as_ref())?;
        // A link, unlike a rename, never replaces what another process has put there meanwhile.
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        // What is about to be derived from it outlasts a power cut; so must its name.
        if let Some(dir) = path.parent() {
            fs::File::open(dir)?.sync_all()?;
        }
    }
    let mut file = fs::File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretFileError::ReadableByOthers { mode });
    }
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(N + 1));
    Read::by_ref(&mut file).take(N as u64 + 1).read_to_end(&mut bytes)?;
    let secret = <[u8; N]>::try_from(bytes.as_slice())
        .map_err(|_| SecretFileError::WrongLength { found: bytes.len(), expected: N })?;
    let secret = zeroize::Zeroizing::new(secret);
    match find_weakness(secret.as_ref()) {
        Some(weakness) => Err(SecretFileError::Weak(weakness)),
        None => Ok(secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_closed_to_others() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        let first = load_or_create_secret::<32>(&path).expect("made");
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
        assert_ne!(*first, [0; 32]);
        assert_eq!(*load_or_create_secret::<32>(&path).expect("read"), *first);
    }

    #[test]
    fn a_secret_others_can_read_is_refused() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        load_or_create_secret::<32>(&path).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        assert!(matches!(load_or_create_secret::<32>(&path), Err(SecretFileError::ReadableByOthers { mode: 0o640 })));
    }

    #[test]
    fn a_secret_that_was_not_drawn_is_refused_and_not_repeated() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        for weak in [&[0; 32], b"change-me-change-me-change-me-32", b"abababababababababababababababab"] {
            write_private_file(&path, weak).expect("written");
            let error = load_or_create_secret::<32>(&path).expect_err("weak");
            assert!(matches!(error, SecretFileError::Weak(_)) && !error.to_string().contains("change-me"), "{error}");
            assert_eq!(fs::read(&path).expect("read"), weak);
        }
    }

    #[test]
    fn a_damaged_secret_is_refused_and_not_replaced() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        write_private_file(&path, b"short").expect("written");
        assert!(matches!(
            load_or_create_secret::<32>(&path),
            Err(SecretFileError::WrongLength { found: 5, expected: 32 })
        ));
        assert_eq!(fs::read(&path).expect("read"), b"short");
    }
}
