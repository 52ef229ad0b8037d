//! Opens what a fault left, as the app would, and looks whether it is whole.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use secrecy::ExposeSecret;
use store::{Cache, StoreError};

use crate::child::{Heard, cache_file, identity, key};
use crate::workload::{Workload, Wrong, judge};

/// A setting that no workload writes.
const AFTERWARDS: &str = "afterwards";

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// All that was acknowledged is there, nothing is there by halves, the cache is whole and takes new writes.
    Whole,
    /// There is none, and nobody was told that there is one; a new one can be made in its place.
    Absent,
    /// Something that was acknowledged is not there, or what is there is not what was written.
    Wrong(Vec<Wrong>),
    /// It does not open, or can't be read or written to.
    Unusable(Step, StoreError),
    /// SQLite's own check says so; it names pages and tables, no content.
    Corrupt(String),
}

/// What was asked of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Open,
    Make,
    Read,
    Write,
    Close,
    Check,
}

impl Finding {
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Whole | Self::Absent)
    }
}

/// Says no more than the first of many wrongs.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(wrong) if wrong.len() > 1 => write!(f, "{:?} and {} more", wrong[0], wrong.len() - 1),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Looks at the cache of this folder. Changes it: it is opened and written to.
pub fn look(place: &Path, workload: &dyn Workload, heard: &Heard) -> Finding {
    find(place, workload, heard).unwrap_or_else(|finding| finding)
}

fn find(place: &Path, workload: &dyn Workload, heard: &Heard) -> Result<Finding, Finding> {
    let path = cache_file(place);
    let cache = match Cache::open(&path, &key()) {
        Err(StoreError::NotFound) if !heard.is_made => {
            let cache = Cache::create(&path, &key(), &identity()).map_err(at(Step::Make))?;
            cache.close().map_err(at(Step::Close))?;
            return Ok(Finding::Absent);
        }
        opened => opened.map_err(at(Step::Open))?,
    };
    let seen = workload.read(&cache).map_err(at(Step::Read))?;
    let wrong = judge(workload, &heard.answers, &seen);
    if !wrong.is_empty() {
        return Err(Finding::Wrong(wrong));
    }
    cache.set_setting(AFTERWARDS, "written").map_err(at(Step::Write))?;
    cache.close().map_err(at(Step::Close))?;
    let said = unrestrained(&path)
        .and_then(|database| database.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    match said.map_err(StoreError::from).map_err(at(Step::Check))?.as_str() {
        "ok" => {}
        said => return Err(Finding::Corrupt(said.to_owned())),
    }
    Ok(Finding::Whole)
}

fn at(step: Step) -> impl Fn(StoreError) -> Finding {
    move |error| Finding::Unusable(step, error)
}

/// A connection to a cache that may ask everything: the app's own refuses checks, as it refuses every setting.
///
/// # Errors
/// What SQLite says. That the key is wrong shows when something is read.
pub(crate) fn unrestrained(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let hex: String = key().expose_secret().iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute_batch(&format!(
        "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
    ))?;
    Ok(connection)
}
