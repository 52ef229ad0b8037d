//! The hosted driver: tokio-postgres under the portable SQL, behind a pool.
//!
//! Work on a database is a synchronous function over a transaction (`sql::Tx`). Here it runs on a blocking thread that
//! asks through the runtime, so there are as many threads at work as connections, and whoever waits for a connection
//! waits in async land. Every transaction says for whom it is in its first exchange: the role, and the studio whose
//! rows it may see. Knows no table but those of the catalogue.

mod connection;
mod error;
mod guard;
mod hints;
mod migrate;
mod url;

use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use domain::StudioId;
use tokio::runtime::Handle;

#[cfg(test)]
pub(super) use connection::BY_INDEX;
pub(crate) use connection::Tx;
pub(super) use connection::{Connection, opt_int};
pub use error::Outage;
#[cfg(test)]
pub(super) use guard::FAULTS;
pub use guard::SetupFault;
pub(super) use hints::PostgresHints;
pub use migrate::migrate;
pub use url::{InvalidPostgresUrl, PostgresUrl};

use super::DbError;

/// Connections of one server at most: each is a process of PostgreSQL's, and a thread of ours while it is used.
const MAX_CONNECTIONS: usize = 16;
/// A request waits so long for a connection, and a connection so long for PostgreSQL.
const WAIT: Duration = Duration::from_secs(5);

/// What every connection is set to. Time-outs bound what a stuck statement, a lock or a server of ours that died in a
/// transaction can hold up; each lies below the request's own.
const SESSION: &str = "SET search_path = studio, directory;
     SET statement_timeout = '20s';
     SET lock_timeout = '10s';
     SET idle_in_transaction_session_timeout = '30s';
     SET client_min_messages = warning";

/// Whose tables a transaction is about: which role it takes, and which studio's rows it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Directory,
    Studio(StudioId),
}

/// A PostgreSQL database and the connections to it.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: Pool,
}

/// The same, for the directory or for one studio alone.
#[derive(Clone)]
pub(super) struct Scoped {
    pool: Pool,
    scope: Scope,
}

impl Postgres {
    /// Connects, and makes sure that the database is as it has to be: of this version's schema, and with a role that
    /// row-level security binds.
    ///
    /// # Errors
    /// [`DbError::Setup`] says what an operator has to put right.
    pub(super) async fn open(url: &PostgresUrl) -> Result<Self, DbError> {
        Self::open_with(url, MAX_CONNECTIONS).await
    }

    pub(super) async fn open_with(url: &PostgresUrl, max_connections: usize) -> Result<Self, DbError> {
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(url.config().clone(), url.tls()?, config);
        let set_session = Hook::async_fn(|client, _| {
            Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager)
            .max_size(max_connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .recycle_timeout(Some(WAIT))
            .post_create(set_session)
            .build()
            .expect("the runtime that time-outs need is given");
        guard::check(&object(&pool).await?).await?;
        Ok(Self { pool })
    }

    /// The directory's tables.
    pub(super) fn directory(&self) -> Scoped {
        Scoped { pool: self.pool.clone(), scope: Scope::Directory }
    }

    /// The studio's rows.
    pub(super) fn studio(&self, studio_id: StudioId) -> Scoped {
        Scoped { pool: self.pool.clone(), scope: Scope::Studio(studio_id) }
    }
}

/// What the catalogue lacks, as the role of the URL sees it.
#[cfg(test)]
pub(super) async fn faults(url: &PostgresUrl) -> Result<Vec<SetupFault>, DbError> {
    let manager = Manager::new(url.config().clone(), url.tls()?);
    let pool = Pool::builder(manager).max_size(1).build().expect("a pool");
    guard::faults(&object(&pool).await?).await
}

impl Scoped {
    /// A connection, when one is free.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub(super) async fn connection(&self) -> Result<Connection, DbError> {
        let object = object(&self.pool).await?;
        Ok(Connection::new(self.pool.clone(), object, self.scope, Handle::current()))
    }
}

async fn object(pool: &Pool) -> Result<Object, DbError> {
    Ok(pool.get().await?)
}
