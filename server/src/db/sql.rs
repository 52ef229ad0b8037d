//! What portable SQL is given and what it answers, whichever database is asked.
//!
//! Statements are written once, with `$1` parameters. A statement that can't be the same on both databases is changed
//! until it can; nothing above this module knows which of them it speaks to.

use std::fmt;

use super::{DbError, postgres, sqlite};

/// A parameter: the only types portable SQL is given.
#[derive(Clone, Copy)]
pub(crate) enum Value<'v> {
    Null,
    Int(i64),
    Text(&'v str),
}

/// Says nothing of the content: drivers log their parameters.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(value)
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(value: &'v String) -> Self {
        Self::Text(value)
    }
}

impl<'v, T: Into<Value<'v>>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A transaction that is under way.
pub(crate) enum Tx<'c> {
    Sqlite(sqlite::Tx<'c>),
    Postgres(postgres::Tx<'c>),
}

impl Tx<'_> {
    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// When the database fails or a constraint refuses.
    pub(crate) fn execute(&self, sql: &'static str, parameters: &[Value<'_>]) -> Result<usize, DbError> {
        require_storable(parameters)?;
        match self {
            Self::Sqlite(tx) => tx.execute(sql, parameters),
            Self::Postgres(tx) => tx.execute(sql, parameters),
        }
    }

    /// Has a statement run before anything else is asked and before the commit, where nobody wants to know how many rows
    /// it changes: many of them are one exchange with a database that is elsewhere.
    ///
    /// # Errors
    /// When the database fails or a constraint refuses, this statement or one submitted before it; what a later one
    /// refuses is the error of whatever comes next.
    pub(crate) fn submit(&self, sql: &'static str, parameters: &[Value<'_>]) -> Result<(), DbError> {
        require_storable(parameters)?;
        match self {
            Self::Sqlite(tx) => tx.execute(sql, parameters).map(|_| ()),
            Self::Postgres(tx) => tx.submit(sql, parameters),
        }
    }

    /// Calls `each` for every row until it says `false`. Rows arrive as they are asked for, so `each` must not ask the
    /// transaction for anything else.
    ///
    /// # Errors
    /// Those of `each` and of the database.
    pub(crate) fn query_while<E: From<DbError>>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        each: impl FnMut(&Row<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        require_storable(parameters)?;
        match self {
            Self::Sqlite(tx) => tx.query_while(sql, parameters, each),
            Self::Postgres(tx) => tx.query_while(sql, parameters, each),
        }
    }

    /// The answers to one statement for each of several texts, given as its `$1`, in their order: one exchange with a
    /// database that is elsewhere. All rows are held at once, so `texts` should be few.
    ///
    /// # Errors
    /// Those of `each` and of the database.
    pub(crate) fn query_for_each<E: From<DbError>>(
        &self,
        sql: &'static str,
        texts: &[String],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Sqlite(_) => texts.iter().try_for_each(|text| {
                self.query_while(sql, &[text.into()], |row| {
                    each(row)?;
                    Ok(true)
                })
            }),
            Self::Postgres(tx) => {
                texts.iter().try_for_each(|text| require_storable(&[text.into()]))?;
                tx.query_for_each(sql, texts, each)
            }
        }
    }

    /// Every row, read by `read`.
    ///
    /// # Errors
    /// Those of `read` and of the database.
    pub(crate) fn query_all<T>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut all = Vec::new();
        self.query_while(sql, parameters, |row| -> Result<bool, DbError> {
            all.push(read(row)?);
            Ok(true)
        })?;
        Ok(all)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Those of `read` and of the database.
    pub(crate) fn find<T>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        require_storable(parameters)?;
        match self {
            Self::Sqlite(tx) => tx.find(sql, parameters, read),
            Self::Postgres(tx) => tx.find(sql, parameters, read),
        }
    }

    /// How the database would go about `sql`, step by step.
    #[cfg(test)]
    pub(crate) fn plan(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(tx) => tx.plan(sql),
            Self::Postgres(tx) => tx.plan(sql, postgres::BY_INDEX),
        }
    }

    /// The same as it would by what it knows of its tables, where [`Tx::plan`] asks PostgreSQL to go by index.
    #[cfg(test)]
    pub(crate) fn chosen_plan(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(tx) => tx.plan(sql),
            Self::Postgres(tx) => tx.plan(sql, ""),
        }
    }
}

/// PostgreSQL's text has no U+0000, so ours has none on any database.
fn require_storable(parameters: &[Value<'_>]) -> Result<(), DbError> {
    let holds_nul = |value: &Value<'_>| matches!(value, Value::Text(text) if text.as_bytes().contains(&0));
    if parameters.iter().any(holds_nul) { Err(DbError::NulCharacter) } else { Ok(()) }
}

/// One row of an answer, columns counted from 0.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64, DbError> {
        self.opt_int(column)?.ok_or(DbError::Corrupt { column })
    }

    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_i64_or_null().map_err(|_| DbError::Corrupt { column }),
            Self::Postgres(row) => postgres::opt_int(row, column),
        }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, DbError> {
        self.opt_text(column)?.ok_or(DbError::Corrupt { column })
    }

    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_str_or_null().map_err(|_| DbError::Corrupt { column }),
            Self::Postgres(row) => row.try_get(column).map_err(|_| DbError::Corrupt { column }),
        }
    }

    /// Reads what was stored as its text: an id, an enum's name.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, DbError> {
        self.text(column)?.parse().map_err(|_| DbError::Corrupt { column })
    }
}
