//! Encrypting a file by the newest key of its name: a copy is made, encrypted anew, read whole, and only then put in the
//! file's place. The file itself is never written to.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::RotationStep;
use crate::db::DbError;
use crate::db::cipher::find_key;
use crate::db::sqlite::{Connection, Mode, change_key, check_whole};
use crate::secret_file::{beside, create_private_file, sync_dir_of};
use crate::secrets::{FileName, KeyRing};

/// Ends the name of a copy.
const COPY: &str = ".changing-key";

/// Nothing happens where the file is written with the newest key.
pub(super) fn reencrypt(
    dir: &Path,
    name: &str,
    file: FileName,
    ring: &KeyRing,
    done: &mut dyn FnMut(RotationStep),
) -> Result<(), DbError> {
    let path = dir.join(name);
    let io = |source| DbError::Io { path: path.clone(), source };
    let copy = beside(&path, COPY);
    // Of a rotation that was cut: never more than a copy.
    for leftover in [copy.clone(), beside(&copy, "-journal"), beside(&copy, "-wal"), beside(&copy, "-shm")] {
        match fs::remove_file(leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    let newest = ring.file_keys(file).next().expect("a ring is never empty");
    let key = find_key(&path, ring.file_keys(file))?;
    if key == newest {
        return Ok(());
    }
    let mut connection = Connection::open(&path, &key, Mode::Write)?;
    connection.truncate_log()?;
    let pages = connection.page_count()?;
    drop(connection);
    // The log would be replayed into the file that takes this one's place.
    if beside(&path, "-wal").metadata().is_ok_and(|log| log.len() > 0) {
        return Err(DbError::InUse);
    }

    create_private_file(&copy).map_err(io)?;
    fs::copy(&path, &copy).map_err(io)?;
    done(RotationStep::FileCopied(name.to_owned()));
    change_key(&copy, &key, &newest)?;
    if check_whole(&copy, &newest)? != pages {
        return Err(DbError::Damaged { path: copy });
    }
    File::open(&copy).and_then(|copy| copy.sync_all()).map_err(io)?;
    done(RotationStep::CopyEncrypted(name.to_owned()));
    fs::rename(&copy, &path).and_then(|()| sync_dir_of(&path)).map_err(io)?;
    done(RotationStep::FileReplaced(name.to_owned()));
    Ok(())
}
