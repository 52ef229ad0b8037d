//! Overwriting what SQLite leaves between the rows of its pages.
//!
//! `secure_delete` overwrites rows that are deleted, and pages that are freed. But when SQLite moves rows to another place
//! of their page, or to another page, copies may stay in the space between the page's list of rows and the rows, for as
//! long as nothing else needs it: a copy of a row that is deleted later outlives it there. So after something was erased
//! every page is looked at once, in small pieces while the desk has nothing else to do, and what lies in that space is
//! overwritten. Where it got to is stored, so that the next start goes on.
//!
//! Pages are read and written by SQLite's own `sqlite_dbpage`, within a transaction, through the cipher and the log.

use std::ops::Range;

use rusqlite::config::DbConfig;
use rusqlite::{OptionalExtension, Transaction};

use crate::StoreError;

/// Pages looked at in one piece: some tens of milliseconds.
const PAGES: i64 = 1_000;
/// The header of the file stands before that of the first page's tree.
const FILE_HEADER_BYTES: usize = 100;

/// How far it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scrubbed {
    /// Nothing is due.
    Nothing,
    /// There are more pages to look at.
    Partly,
    /// The last page was looked at: once the log is emptied, nothing is left.
    Wholly,
}

/// From now on every page has to be looked at.
pub(crate) fn make_due(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE sync_state SET scrub_page = 1")?.execute([])?;
    Ok(())
}

/// Looks at the next pages, if it is due.
pub(crate) fn piece(tx: &Transaction<'_>) -> Result<Scrubbed, StoreError> {
    let from: i64 = tx.prepare_cached("SELECT scrub_page FROM sync_state")?.query_row([], |row| row.get(0))?;
    if from == 0 {
        return Ok(Scrubbed::Nothing);
    }
    tx.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    let looked = look(tx, from..from + PAGES);
    tx.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    let (next, scrubbed) = if looked? { (from + PAGES, Scrubbed::Partly) } else { (0, Scrubbed::Wholly) };
    tx.prepare_cached("UPDATE sync_state SET scrub_page = ?1")?.execute([next])?;
    Ok(scrubbed)
}

/// Says whether the file may go on after these pages.
fn look(tx: &Transaction<'_>, pages: Range<i64>) -> Result<bool, StoreError> {
    let mut read = tx.prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
    let mut write = tx.prepare_cached("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?;
    for number in pages {
        let Some(mut page) = read.query_row([number], |row| row.get::<_, Vec<u8>>(0)).optional()? else {
            return Ok(false);
        };
        if let Some(gap) = gap(&page, number)
            && page[gap.clone()].iter().any(|byte| *byte != 0)
        {
            page[gap].fill(0);
            write.execute(rusqlite::params![number, page])?;
        }
    }
    Ok(true)
}

/// Where a page of a tree holds nothing: between its list of cells and the cells (SQLite's file format, "B-tree Pages").
/// Pages that hold the rest of a long row, or are free, begin with a page number or with zeros: below 2^25 pages, that is
/// 128 GiB, none has the first byte of a tree's.
fn gap(page: &[u8], number: i64) -> Option<Range<usize>> {
    let header = if number == 1 { FILE_HEADER_BYTES } else { 0 };
    let cells = match page.get(header)? {
        2 | 5 => header + 12,
        10 | 13 => header + 8,
        _ => return None,
    };
    let at = |offset: usize| {
        let bytes = page.get(header + offset..header + offset + 2)?;
        Some(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    };
    let (start, end) = (cells + 2 * at(3)?, at(5)?);
    // A page that is not as it has to be is for SQLite to complain of.
    (start < end && end <= page.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use crate::{open, testing};

    use super::*;

    /// A tree whose rows were moved about, with secure deletion: each row has a word of its own.
    fn moved_about(db: &Connection) {
        db.execute_batch("CREATE TABLE moved (n INTEGER PRIMARY KEY, text TEXT)").expect("made");
        let word = |n: i64| format!("word{n:06}{}", "x".repeat(usize::try_from(n * 37 % 600).expect("small")));
        for n in 0..600 {
            db.execute("INSERT INTO moved VALUES (?1, ?2)", (n * 7 % 601, word(n))).expect("written");
        }
        for n in 0..600 {
            db.execute("UPDATE moved SET text = ?2 WHERE n = ?1", (n * 11 % 601, word(n * 3))).expect("changed");
        }
        db.execute("DELETE FROM moved WHERE n % 3 > 0", []).expect("deleted");
    }

    /// How many bytes there are where nothing should be.
    fn left(db: &Connection) -> usize {
        let mut pages = db.prepare("SELECT pgno, data FROM sqlite_dbpage").expect("pages");
        let left = pages.query_map([], |row| {
            let (number, page) = (row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?);
            Ok(gap(&page, number).map_or(0, |gap| page[gap].iter().filter(|byte| **byte != 0).count()))
        });
        left.expect("read").map(|count| count.expect("a page")).sum()
    }

    #[test]
    fn nothing_is_left_between_the_rows_and_the_rows_are_as_they_were() {
        let place = testing::new_cache();
        place.cache.with_writer(|db| {
            moved_about(db);
            assert!(left(db) > 0, "the control: SQLite leaves copies");
            db.execute("UPDATE sync_state SET scrub_page = 1", []).expect("due");
        });
        let rows = |db: &Connection| -> Vec<(i64, String)> {
            let mut all = db.prepare("SELECT n, text FROM moved ORDER BY n").expect("rows");
            let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("read");
            rows.map(|row| row.expect("a row")).collect()
        };
        let before = place.cache.with_reader(rows);
        while place.cache.tidy().expect("tidied") {}
        place.cache.with_writer(|db| {
            assert_eq!(left(db), 0);
            assert!(db.execute("UPDATE sqlite_dbpage SET data = data WHERE pgno = 2", []).is_err(), "closed again");
        });
        assert_eq!(place.cache.with_reader(rows), before);
        assert!(!place.cache.tidy().expect("nothing to do"));
        place.cache.close().expect("closed");
        let unrestrained = open::connect(&place.path, &testing::key(7), open::Use::Read).expect("opens");
        let checked: String = unrestrained.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
        assert_eq!(checked, "ok");
    }

    #[test]
    fn a_page_that_is_no_trees_is_left_alone() {
        let leaf = |cells: u16, end: u16| {
            let mut page = vec![7; 4096];
            page[0] = 13;
            page[3..5].copy_from_slice(&cells.to_be_bytes());
            page[5..7].copy_from_slice(&end.to_be_bytes());
            page
        };
        assert_eq!(gap(&leaf(10, 3_000), 2), Some(28..3_000));
        assert_eq!(gap(&leaf(10, 28), 2), None, "full");
        assert_eq!(gap(&leaf(10, 5_000), 2), None, "damaged");
        assert_eq!(gap(&leaf(60_000, 3_000), 2), None, "damaged");
        let mut other = leaf(10, 3_000);
        for first in [0, 1, 3, 4, 6, 9, 11, 12, 14, 255] {
            other[0] = first;
            assert_eq!(gap(&other, 2), None, "{first}");
        }
        assert_eq!(gap(&[], 2), None);
    }
}
