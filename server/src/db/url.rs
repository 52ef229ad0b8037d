//! Which database, as an operator names it.

use std::path::PathBuf;
use std::str::FromStr;

use super::postgres::{InvalidPostgresUrl, PostgresUrl};
use crate::settings::{Weakness, find_weakness_of_password};

/// Where the data is kept: `sqlite:DIRECTORY`, or `postgres://…` as [`PostgresUrl`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// One file for the directory and one for each studio, in this directory.
    Sqlite(PathBuf),
    /// Tables that all studios share, apart by row-level security.
    Postgres(Box<PostgresUrl>),
}

/// The text names no database this version can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    #[error("expected sqlite:DIRECTORY or postgres://…")]
    NotAUrl,
    #[error("this version stores in SQLite and in PostgreSQL: sqlite:DIRECTORY or postgres://…")]
    UnsupportedScheme,
    #[error(transparent)]
    Postgres(#[from] InvalidPostgresUrl),
}

impl DatabaseUrl {
    /// What is weak about the password in the URL, if there is one and it is.
    pub(crate) fn find_weak_password(&self) -> Option<Weakness> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => url.password().and_then(find_weakness_of_password),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        match text.split_once(':') {
            Some(("sqlite", dir)) if !dir.is_empty() => Ok(Self::Sqlite(dir.into())),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(Box::new(text.parse()?))),
            Some(("sqlite", _)) | None => Err(InvalidDatabaseUrl::NotAUrl),
            Some(_) => Err(InvalidDatabaseUrl::UnsupportedScheme),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_says_what_is_wrong_with_it() {
        assert_eq!("sqlite:/srv/desk".parse(), Ok(DatabaseUrl::Sqlite("/srv/desk".into())));
        assert_eq!("sqlite:".parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl::NotAUrl));
        assert_eq!("/srv/desk".parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl::NotAUrl));
        assert_eq!("mysql://h/d".parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl::UnsupportedScheme));
        assert!(matches!("postgres://u@h/d".parse(), Ok(DatabaseUrl::Postgres(_))));
    }
}
