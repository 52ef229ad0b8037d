//! A new cache in place of one that is not as it was left: with what only this device has, and without what the server tells
//! anyway. The old files are set aside, never deleted.
//!
//! The new cache is made under another name, whole, and then changes places with the old one. Cut anywhere, the next opening
//! or rebuilding goes on from there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params_from_iter};
use secrecy::SecretBox;

use crate::apply::Buckets;
use crate::open::{self, Use, beside, connect, sync_folder};
use crate::table::identity;
use crate::table::outbox::{self, ActState};
use crate::{Cache, StoreError};

/// Of a new cache that is being filled.
const UNFINISHED: &str = ".rebuilding";
/// Of one that is whole.
const FINISHED: &str = ".rebuilt";
const SEAL: &str = crate::seal::SUFFIX;

/// What only this device has.
const OWN_TABLES: [&str; 7] = ["setting", "saved_view", "audit", "draft", "outbox", "outbox_target", "outbox_link"];

/// What was brought over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Acts that wait or were refused.
    pub acts: u64,
    /// Tables of which not every row could be read.
    pub unread_tables: u64,
}

/// Makes a new cache in place of the one at `path`, with its settings, views and unsent acts. Nobody may have it open.
///
/// # Errors
/// [`StoreError::Damaged`] and others when not even whose cache it is can be read: then nothing was changed.
pub fn rebuild(path: &Path, key: &SecretBox<[u8; 32]>) -> Result<Rebuilt, StoreError> {
    finish(path)?;
    let old = connect(path, key, Use::Read)?;
    let identity = identity::get(&old)?;
    let unfinished = beside(path, UNFINISHED);
    for suffix in ["", "-wal", "-shm", SEAL] {
        remove_if_there(&beside(&unfinished, suffix))?;
    }
    open::create(&unfinished, key, &identity)?;
    let new = Cache::open(&unfinished, key)?;
    let rebuilt = new.bring_over(&old)?;
    new.close()?;
    drop(old);
    for suffix in ["-wal", "-shm"] {
        // Empty.
        remove_if_there(&beside(&unfinished, suffix))?;
    }
    std::fs::rename(beside(&unfinished, SEAL), beside(&beside(path, FINISHED), SEAL))?;
    // Each name only when the one before is on the disk.
    sync_folder(path)?;
    std::fs::rename(&unfinished, beside(path, FINISHED))?;
    sync_folder(path)?;
    finish(path)?;
    Ok(rebuilt)
}

/// Goes on with a rebuilding that was cut after the new cache was whole.
pub(crate) fn finish(path: &Path) -> Result<(), StoreError> {
    let new = beside(path, FINISHED);
    if !new.try_exists()? {
        return Ok(());
    }
    // While the new seal has not taken its place, whatever stands there is the old one's.
    let seal = beside(&new, SEAL);
    if seal.try_exists()? {
        let aside = place_aside(path)?;
        for suffix in ["-wal", SEAL, ""] {
            rename_if_there(&beside(path, suffix), &beside(&aside, suffix))?;
        }
        remove_if_there(&beside(path, "-shm"))?;
        sync_folder(path)?;
        std::fs::rename(&seal, beside(path, SEAL))?;
        sync_folder(path)?;
    }
    std::fs::rename(&new, path)?;
    sync_folder(path)
}

/// The first name that holds no main file: of a setting aside that was cut it is the same one again.
fn place_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let mut number = 1;
    loop {
        let aside = beside(path, &format!(".altered-{number}"));
        if !aside.try_exists()? {
            return Ok(aside);
        }
        number += 1;
    }
}

/// Copies what only the old cache has, as far as it can be read.
pub(crate) fn bring_over(tx: &Transaction<'_>, buckets: &mut Buckets, old: &Connection) -> Result<Rebuilt, StoreError> {
    let mut rebuilt = Rebuilt::default();
    for table in OWN_TABLES {
        match copy(tx, old, table) {
            Ok(()) => {}
            // The old one's fault: what was read by then is kept.
            Err(Copying::Reading) => rebuilt.unread_tables += 1,
            Err(Copying::Writing(error)) => return Err(error),
        }
    }
    rebuilt.acts = outbox::count_of(tx, ActState::Waiting)? + outbox::count_of(tx, ActState::Refused)?;
    crate::outbox::send_again(tx)?;
    crate::outbox::show_created(tx, buckets)?;
    Ok(rebuilt)
}

enum Copying {
    Reading,
    Writing(StoreError),
}

fn copy(tx: &Transaction<'_>, old: &Connection, table: &str) -> Result<(), Copying> {
    let columns = columns_of(old, table).map_err(|_| Copying::Reading)?;
    let places = vec!["?"; columns.len()].join(", ");
    let columns = columns.join(", ");
    let insert = format!("INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING");
    let mut insert = tx.prepare(&insert).map_err(|error| Copying::Writing(error.into()))?;
    let mut select = old.prepare(&format!("SELECT {columns} FROM {table}")).map_err(|_| Copying::Reading)?;
    let count = select.column_count();
    let mut rows = select.query([]).map_err(|_| Copying::Reading)?;
    while let Some(row) = rows.next().map_err(|_| Copying::Reading)? {
        open::check_pages(old).map_err(|_| Copying::Reading)?;
        let values: Result<Vec<Value>, _> = (0..count).map(|column| row.get(column)).collect();
        let values = values.map_err(|_| Copying::Reading)?;
        insert.execute(params_from_iter(values)).map_err(|error| Copying::Writing(error.into()))?;
    }
    Ok(())
}

fn columns_of(db: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns = statement.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    if columns.is_empty() { Err(StoreError::Damaged) } else { Ok(columns) }
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn rename_if_there(from: &Path, to: &Path) -> Result<(), StoreError> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
