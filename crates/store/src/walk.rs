//! Walking along an index in its own order, and finding one's way back to a far place without counting from the start.
//!
//! A walk is one index, or one segment of it after another, with conditions its columns answer. Anchors are positions
//! of every so-many-th row, found when a place past them is first asked for, and good for one version of the data.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::StoreError;

/// What to walk along. All text is from this crate: values are integers written out.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) table: &'static str,
    pub(crate) index: &'static str,
    /// Column that decides the order within the segments, and the one that decides between equals.
    pub(crate) key: &'static str,
    pub(crate) tie: &'static str,
    /// Condition on the index's leading columns, one walk after the other.
    pub(crate) segments: Vec<String>,
    /// More conditions, each beginning with ` AND `.
    pub(crate) conditions: String,
    pub(crate) descending: bool,
}

/// A row walked past.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    segment: usize,
    /// Absent at the start of the segment.
    at: Option<(Value, Value)>,
}

impl Position {
    pub(crate) const START: Self = Self { segment: 0, at: None };
}

impl Walk {
    /// The same rows from the other end.
    pub(crate) fn reversed(&self) -> Self {
        let mut other = self.clone();
        other.segments.reverse();
        other.descending = !other.descending;
        other
    }

    fn select(&self, what: &str, from: &Position, tail: &str) -> String {
        let (beyond, direction) = if self.descending { ("<", " DESC") } else { (">", "") };
        let Self { table, index, key, tie, conditions, .. } = self;
        let segment = &self.segments[from.segment];
        // Where the key alone decides, a second term would be sorted for nothing.
        let is_unique = key == tie;
        let after = match from.at {
            None => String::new(),
            Some(_) if is_unique => format!(" AND {key} {beyond} ?2"),
            Some(_) => format!(" AND ({key}, {tie}) {beyond} (?1, ?2)"),
        };
        let tie = if is_unique { String::new() } else { format!(", {tie}{direction}") };
        format!(
            "SELECT {what} FROM {table} INDEXED BY {index} WHERE {segment}{after}{conditions}
             ORDER BY {key}{direction}{tie}{tail}"
        )
    }

    fn bind(from: &Position) -> impl Iterator<Item = &Value> {
        from.at.iter().flat_map(|(key, tie)| [key, tie])
    }

    /// Rows left in the position's own segment.
    fn rest_of_segment(&self, db: &Connection, from: &Position) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM ({})", self.select("1", from, ""));
        let rows: i64 = db.prepare_cached(&sql)?.query_row(params_from_iter(Self::bind(from)), |row| row.get(0))?;
        u64::try_from(rows).map_err(|_| StoreError::Damaged)
    }

    /// The position `rows` (at least one) further, or `None` when the walk ends before.
    pub(crate) fn skip(&self, db: &Connection, from: &Position, mut rows: u64) -> Result<Option<Position>, StoreError> {
        let mut from = from.clone();
        let what = format!("{}, {}", self.key, self.tie);
        while from.segment < self.segments.len() {
            let sql = self.select(&what, &from, &format!(" LIMIT 1 OFFSET {}", rows - 1));
            let mut statement = db.prepare_cached(&sql)?;
            let mut found = statement.query(params_from_iter(Self::bind(&from)))?;
            if let Some(row) = found.next()? {
                return Ok(Some(Position { segment: from.segment, at: Some((row.get(0)?, row.get(1)?)) }));
            }
            drop(found);
            if from.segment + 1 < self.segments.len() {
                // At least one row is still to skip: a full rest would have been found.
                rows -= self.rest_of_segment(db, &from)?;
            }
            from = Position { segment: from.segment + 1, at: None };
        }
        Ok(None)
    }

    /// Row ids of the `limit` rows that come `skip` after `from`.
    pub(crate) fn rows(
        &self,
        db: &Connection,
        from: &Position,
        mut skip: u64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let mut from = from.clone();
        let mut rows = Vec::with_capacity(limit.min(1024));
        while rows.len() < limit && from.segment < self.segments.len() {
            let sql = self.select("n", &from, &format!(" LIMIT {} OFFSET {skip}", limit - rows.len()));
            let before = rows.len();
            let mut statement = db.prepare_cached(&sql)?;
            let found = statement.query_map(params_from_iter(Self::bind(&from)), |row| row.get(0))?;
            for row in found {
                rows.push(row?);
            }
            if rows.len() > before {
                skip = 0;
            } else if skip > 0 && from.segment + 1 < self.segments.len() {
                skip -= self.rest_of_segment(db, &from)?;
            }
            from = Position { segment: from.segment + 1, at: None };
        }
        Ok(rows)
    }

    /// All rows in order, one by one.
    pub(crate) fn sql_of_all(&self) -> impl Iterator<Item = String> {
        (0..self.segments.len()).map(|segment| self.select("n", &Position { segment, at: None }, ""))
    }

    /// How many rows there are.
    pub(crate) fn count(&self, db: &Connection) -> Result<u64, StoreError> {
        (0..self.segments.len())
            .map(|segment| self.rest_of_segment(db, &Position { segment, at: None }))
            .try_fold(0, |sum, rows| Ok(sum + rows?))
    }
}

/// Positions after every `spacing` rows of a walk, as far as they were needed.
#[derive(Debug, Clone)]
pub(crate) struct Anchors {
    spacing: u64,
    found: Vec<Position>,
    /// No anchor comes after the last.
    is_whole: bool,
}

impl Anchors {
    pub(crate) fn new(spacing: u64) -> Self {
        Self { spacing, found: vec![Position::START], is_whole: false }
    }

    /// Row ids of `limit` rows from `offset`.
    pub(crate) fn rows(
        &mut self,
        db: &Connection,
        walk: &Walk,
        offset: u64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let wanted = usize::try_from(offset / self.spacing).unwrap_or(usize::MAX);
        while !self.is_whole && self.found.len() <= wanted {
            let last = self.found.last().expect("the start is always an anchor");
            match walk.skip(db, last, self.spacing)? {
                Some(next) => self.found.push(next),
                None => self.is_whole = true,
            }
        }
        match self.found.get(wanted) {
            Some(anchor) => walk.rows(db, anchor, offset % self.spacing, limit),
            None => Ok(Vec::new()),
        }
    }

    /// How many are known: of two that were grown at once, the longer is kept.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }
}
