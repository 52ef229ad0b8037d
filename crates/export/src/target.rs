//! The file on the disk: a temporary one that becomes the target in one step, or vanishes.

use std::fs::{self, File, Permissions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::NamedTempFile;

use crate::ExportError;

/// Owner only: the file holds personal data.
const MODE: u32 = 0o600;

/// A temporary file beside the target. Dropped, it is removed.
pub(crate) struct Target {
    temporary: NamedTempFile,
    path: PathBuf,
    written: Arc<AtomicU64>,
    /// The first failure. From then on writes go nowhere, so that the encoders around this file can be dropped in
    /// peace, and the file can't be committed.
    failure: Option<io::ErrorKind>,
}

impl Target {
    /// Checks the target and opens a temporary file in its folder.
    pub(crate) fn create(path: &Path) -> Result<Self, ExportError> {
        let path = resolve(path)?;
        let folder = folder_of(&path)?;
        let temporary = tempfile::Builder::new()
            .prefix(".frontdesk-export-")
            .suffix(".part")
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(folder)?;
        Ok(Self { temporary, path, written: Arc::default(), failure: None })
    }

    /// Another temporary file in the same folder, without a name: gone when closed, even by a crash.
    pub(crate) fn side_file(&self) -> Result<File, ExportError> {
        Ok(tempfile::tempfile_in(folder_of(&self.path)?)?)
    }

    /// Bytes written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// The same, for whoever hands this file to an encoder that hides it.
    pub(crate) fn written_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.written)
    }

    /// Puts the file in its place for good. Returns its size in bytes.
    pub(crate) fn commit(self) -> Result<u64, ExportError> {
        if let Some(kind) = self.failure {
            return Err(kind.into());
        }
        let file = self.temporary.as_file();
        // The umask may have taken bits from the mode, never added any; this makes it exact.
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.sync_all()?;
        let size_bytes = file.metadata()?.len();
        self.temporary.persist(&self.path).map_err(|failed| failed.error)?;
        sync_folder(folder_of(&self.path)?)?;
        Ok(size_bytes)
    }

    fn noting<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failure.get_or_insert(error.kind());
        }
        result
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Ok(bytes.len());
        }
        let result = self.temporary.write(bytes);
        let count = self.noting(result)?;
        self.written.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Target {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let result = self.temporary.seek(to);
        self.noting(result)
    }
}

/// Where the file really goes: renaming over a symbolic link would replace the link, and with it, say, `/dev/stdout`.
fn resolve(path: &Path) -> Result<PathBuf, ExportError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            let real = fs::canonicalize(path).map_err(|_| ExportError::TargetNotAFile)?;
            if fs::metadata(&real)?.is_file() { Ok(real) } else { Err(ExportError::TargetNotAFile) }
        }
        Ok(metadata) if !metadata.is_file() => Err(ExportError::TargetNotAFile),
        Ok(_) => Ok(path.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error.into()),
    }
}

fn folder_of(path: &Path) -> Result<&Path, ExportError> {
    match path.parent() {
        // `/` and the empty path have no folder to hold a file.
        None => Err(ExportError::TargetNotAFile),
        Some(folder) if folder.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(folder) => Ok(folder),
    }
}

/// Makes the renaming itself survive a power cut.
fn sync_folder(folder: &Path) -> Result<(), ExportError> {
    match File::open(folder)?.sync_all() {
        Ok(()) => Ok(()),
        // Some file systems know no such thing as flushing a folder.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
