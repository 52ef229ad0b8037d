//! A folder for the files of one input: in memory where there is such a place, because none of it is to outlive a power cut.

use std::path::Path;

use tempfile::TempDir;

pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    folder.expect("a folder for a test")
}
