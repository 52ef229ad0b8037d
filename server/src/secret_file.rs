//! Files and directories that only the server's own user may read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

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

/// Makes a file that is whole before it bears its name, closed to others, and outlasts a power cut. Leaves an existing
/// one as it is.
pub(crate) fn create_whole_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path);
    write_private_file(&draft, content)?;
    // A link, unlike a rename, never replaces what another process has put there meanwhile.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_dir_of(path),
    }
}

/// Writes a file that is whole before it takes the place of what bears its name, and outlasts a power cut.
pub(crate) fn replace_whole_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path);
    write_private_file(&draft, content)?;
    fs::rename(&draft, path)?;
    sync_dir_of(path)
}

/// Where a file is written before it gets its name: in the same directory, one for each process.
fn draft(path: &Path) -> PathBuf {
    beside(path, &format!(".new-{}", std::process::id()))
}

/// The name of a file that lies beside another and bears its name, with something after it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What is about to depend on a file outlasts a power cut; so must its name.
pub(crate) fn sync_dir_of(path: &Path) -> io::Result<()> {
    match path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        Some(dir) => fs::File::open(dir)?.sync_all(),
        None => fs::File::open(".")?.sync_all(),
    }
}

/// Writes a secret to `path`. Leaves one that is there already as it is.
///
/// # Errors
/// When it can't be written.
pub(crate) fn create_secret<const N: usize>(path: &Path, secret: &[u8; N]) -> Result<(), SecretFileError> {
    Ok(create_whole_file(path, secret)?)
}

/// The secret in `path`, if there is such a file.
///
/// # Errors
/// [`SecretFileError`]: one that others can read, or of another length, is never replaced.
pub(crate) fn find_secret<const N: usize>(path: &Path) -> Result<Option<Zeroizing<[u8; N]>>, SecretFileError> {
    let mut file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretFileError::ReadableByOthers { mode });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(N + 1));
    Read::by_ref(&mut file).take(N as u64 + 1).read_to_end(&mut bytes)?;
    let secret = <[u8; N]>::try_from(bytes.as_slice())
        .map_err(|_| SecretFileError::WrongLength { found: bytes.len(), expected: N })?;
    let secret = Zeroizing::new(secret);
    match find_weakness(secret.as_ref()) {
        Some(weakness) => Err(SecretFileError::Weak(weakness)),
        None => Ok(Some(secret)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that might have been drawn.
    fn secret(seed: u8) -> [u8; 32] {
        std::array::from_fn(|at| seed.wrapping_add((at * at * 7) as u8))
    }

    fn find(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, SecretFileError> {
        find_secret(path)
    }

    #[test]
    fn a_secret_is_made_once_and_closed_to_others() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        assert!(find(&path).expect("looked").is_none());
        create_secret(&path, &secret(7)).expect("made");
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
        create_secret(&path, &secret(8)).expect("somebody was faster");
        assert_eq!(**find(&path).expect("read").as_ref().expect("there"), secret(7));
        assert_eq!(fs::read_dir(dir.path()).expect("listing").count(), 1, "no draft stays");
    }

    #[test]
    fn a_secret_others_can_read_is_refused() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        create_secret(&path, &secret(7)).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        assert!(matches!(find(&path), Err(SecretFileError::ReadableByOthers { mode: 0o640 })));
    }

    #[test]
    fn a_secret_that_was_not_drawn_is_refused_and_not_repeated() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        for weak in [&[0; 32], b"change-me-change-me-change-me-32", b"abababababababababababababababab"] {
            write_private_file(&path, weak).expect("written");
            let error = find(&path).expect_err("weak");
            assert!(matches!(error, SecretFileError::Weak(_)) && !error.to_string().contains("change-me"), "{error}");
            assert_eq!(fs::read(&path).expect("read"), weak);
        }
    }

    #[test]
    fn a_damaged_secret_is_refused_and_not_replaced() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("key");
        write_private_file(&path, b"short").expect("written");
        assert!(matches!(find(&path), Err(SecretFileError::WrongLength { found: 5, expected: 32 })));
        create_secret(&path, &secret(7)).expect("nothing to do");
        assert_eq!(fs::read(&path).expect("read"), b"short");
    }
}
