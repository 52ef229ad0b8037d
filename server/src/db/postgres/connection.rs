//! A connection out of the pool, and its transactions.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{Object, Pool};
use futures_util::future::{join, try_join_all};
use futures_util::{StreamExt, TryStreamExt};
use tokio::runtime::Handle;
use tokio_postgres::Statement;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::error::Outage;
use super::{Scope, object};
use crate::db::DbError;
use crate::db::sql::{self, Row, Value};

/// What PostgreSQL leaves unanswered for so long it never answers; its own time-outs are shorter.
const PATIENCE: Duration = Duration::from_secs(25);
/// Rows taken from a stream at a time, as far as they have arrived.
const ROWS_AT_A_TIME: usize = 256;
/// Submitted statements that are held at most.
const STATEMENTS_AT_A_TIME: usize = 128;
/// Connections that turn out to be dead before one is believed that says so: those of a database that was restarted.
const ATTEMPTS: usize = 3;

const SET_STUDIO: &str = "SELECT set_config('app.studio', $1, true)";

/// What a transaction is begun with.
#[derive(Debug, Clone, Copy)]
enum Mode {
    /// One consistent state.
    Read,
    /// Every statement sees what was committed before it: after the lock that makes writers take turns, all of it.
    Write,
}

impl Scope {
    const fn begin(self, mode: Mode) -> &'static str {
        match (self, mode) {
            (Self::Directory, Mode::Read) => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE frontdesk_directory"
            }
            (Self::Directory, Mode::Write) => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL ROLE frontdesk_directory"
            }
            (Self::Studio(_), Mode::Read) => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE frontdesk_studio"
            }
            (Self::Studio(_), Mode::Write) => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL ROLE frontdesk_studio"
            }
        }
    }
}

/// A connection to be used on a blocking thread. One that was left in a transaction never goes back to the pool.
pub(crate) struct Connection {
    pool: Pool,
    /// Absent while a transaction holds it, and where the last one was lost with it.
    client: Option<Object>,
    scope: Scope,
    handle: Handle,
}

impl Connection {
    pub(super) const fn new(pool: Pool, client: Object, scope: Scope, handle: Handle) -> Self {
        Self { pool, client: Some(client), scope, handle }
    }

    /// Runs `work` on one consistent state of the database.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(in crate::db) fn read<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&sql::Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run(Mode::Read, work)
    }

    /// Runs `work` in a writing transaction: committed when it succeeds, undone when it fails.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(in crate::db) fn write<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&sql::Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run(Mode::Write, work)
    }

    fn run<T, E: From<DbError>>(
        &mut self,
        mode: Mode,
        work: impl FnOnce(&sql::Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let open = Open { client: Some(self.begin(mode)?) };
        let tx = sql::Tx::Postgres(Tx {
            client: open.client(),
            handle: &self.handle,
            state: Cell::new(State::Ready),
            submitted: RefCell::default(),
        });
        let result = work(&tx);
        let sql::Tx::Postgres(tx) = tx else { unreachable!("made above") };
        let result = result.and_then(|value| Ok(tx.send().map(|()| value)?));
        match (result, tx.state.get()) {
            (Ok(value), State::Ready) => {
                tx.wait(tx.client.batch_execute("COMMIT"))?;
                self.client = open.close();
                Ok(value)
            }
            // The work went on after a statement had failed: nothing of it may stand.
            (Ok(_), State::Streaming | State::Failed | State::Silent) => Err(DbError::Undone.into()),
            (Err(error), State::Ready | State::Failed) => {
                if tx.wait(tx.client.batch_execute("ROLLBACK")).is_ok() {
                    self.client = open.close();
                }
                Err(error)
            }
            (Err(error), State::Streaming | State::Silent) => Err(error),
        }
    }

    /// A client whose transaction is for our scope alone. A connection that died while it was idle is replaced.
    fn begin(&mut self, mode: Mode) -> Result<Object, DbError> {
        let mut attempts = 1;
        loop {
            let client = match self.client.take() {
                Some(client) => client,
                None => self.handle.block_on(object(&self.pool))?,
            };
            let open = Open { client: Some(client) };
            let begun = self.handle.block_on(tokio::time::timeout(PATIENCE, begin(open.client(), self.scope, mode)));
            match begun {
                Ok(Ok(())) => return Ok(open.close().expect("held until here")),
                Ok(Err(DbError::Unavailable(_))) if attempts < ATTEMPTS => {
                    attempts += 1;
                    // Those that are idle died with it, most likely; new ones cost little.
                    self.pool.retain(|_, _| false);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(DbError::Unavailable(Outage::TimedOut)),
            }
        }
    }
}

/// One exchange: both statements are sent before either is answered.
async fn begin(client: &Object, scope: Scope, mode: Mode) -> Result<(), DbError> {
    match scope {
        Scope::Directory => client.batch_execute(scope.begin(mode)).await?,
        Scope::Studio(studio_id) => {
            let set = client.prepare_cached(SET_STUDIO).await?;
            let studio_id = studio_id.to_string();
            let (begun, set) = join(client.batch_execute(scope.begin(mode)), client.query(&set, &[&studio_id])).await;
            begun?;
            set?;
        }
    }
    Ok(())
}

/// A client in a transaction. Dropped before it is closed, by a panic or a failure, it takes the connection with it,
/// and PostgreSQL undoes what was begun.
struct Open {
    client: Option<Object>,
}

impl Open {
    fn client(&self) -> &Object {
        self.client.as_ref().expect("held until it is closed")
    }

    /// The client, in no transaction any more.
    fn close(mut self) -> Option<Object> {
        self.client.take()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

/// How a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    /// An answer is still arriving.
    Streaming,
    /// A statement failed: all that can be done is to undo it.
    Failed,
    /// A question was never answered.
    Silent,
}

/// Settings of a transaction that make PostgreSQL go by index where there is one that helps, however few rows there are.
#[cfg(test)]
pub(in crate::db) const BY_INDEX: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; \
                                          SET LOCAL enable_sort = off";

/// A transaction that is under way: [`sql::Tx`] says what its functions do.
pub(crate) struct Tx<'c> {
    client: &'c Object,
    handle: &'c Handle,
    state: Cell<State>,
    submitted: RefCell<Vec<Submitted>>,
}

/// A statement that waits for the next exchange.
struct Submitted {
    statement: Statement,
    parameters: Vec<Owned>,
}

/// A [`Value`] that waits.
enum Owned {
    Null,
    Int(i64),
    Text(String),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(value) => Self::Int(value),
            Value::Text(value) => Self::Text(value.to_owned()),
        }
    }
}

impl Owned {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(value) => Value::Int(*value),
            Self::Text(value) => Value::Text(value),
        }
    }
}

impl Tx<'_> {
    pub(in crate::db) fn execute(&self, sql: &'static str, parameters: &[Value<'_>]) -> Result<usize, DbError> {
        let statement = self.prepare(sql)?;
        let count = self.wait(self.client.execute_raw(&statement, bound(&statement, parameters)?))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub(in crate::db) fn submit(&self, sql: &'static str, parameters: &[Value<'_>]) -> Result<(), DbError> {
        let statement = self.wait(self.client.prepare_cached(sql))?;
        let parameters = bound(&statement, parameters)?.map(Owned::from).collect();
        let full = {
            let mut submitted = self.submitted.borrow_mut();
            submitted.push(Submitted { statement, parameters });
            submitted.len() >= STATEMENTS_AT_A_TIME
        };
        if full { self.send() } else { Ok(()) }
    }

    /// Sends what was submitted, in its order, and waits for all of it.
    fn send(&self) -> Result<(), DbError> {
        let submitted = self.submitted.take();
        if submitted.is_empty() {
            return Ok(());
        }
        let sent = submitted.iter().map(|Submitted { statement, parameters }| {
            self.client.execute_raw(statement, parameters.iter().map(Owned::value))
        });
        self.wait(try_join_all(sent)).map(|_| ())
    }

    pub(in crate::db) fn query_while<E: From<DbError>>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let statement = self.prepare(sql)?;
        let rows = self.wait(self.client.query_raw(&statement, bound(&statement, parameters)?))?;
        let mut chunks = pin!(rows.ready_chunks(ROWS_AT_A_TIME));
        loop {
            let Some(chunk) = self.wait(async { Ok(chunks.next().await) })? else { return Ok(()) };
            self.state.set(State::Streaming);
            for row in chunk {
                let row = row.map_err(|error| self.failed(error))?;
                match each(&Row::Postgres(&row)) {
                    Ok(true) => {}
                    // What still arrives is thrown away as it does.
                    Ok(false) => {
                        self.state.set(State::Ready);
                        return Ok(());
                    }
                    Err(error) => {
                        self.state.set(State::Ready);
                        return Err(error);
                    }
                }
            }
            self.state.set(State::Ready);
        }
    }

    pub(in crate::db) fn query_for_each<E: From<DbError>>(
        &self,
        sql: &'static str,
        texts: &[String],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let statement = self.prepare(sql)?;
        let ask = |text: &String| {
            let (client, statement, text) = (self.client, statement.clone(), text.clone());
            async move { client.query(&statement, &[&text]).await }
        };
        for rows in self.wait(try_join_all(texts.iter().map(ask)))? {
            rows.iter().try_for_each(|row| each(&Row::Postgres(row)))?;
        }
        Ok(())
    }

    pub(in crate::db) fn find<T>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let statement = self.prepare(sql)?;
        let parameters = bound(&statement, parameters)?;
        // Only until the first error: a connection that is lost says so again and again, without an end.
        let rows: Vec<_> =
            self.wait(async { self.client.query_raw(&statement, parameters).await?.try_collect().await })?;
        rows.first().map(|row| read(&Row::Postgres(row))).transpose()
    }

    /// Prepared once a connection, after everything that was submitted has run.
    fn prepare(&self, sql: &'static str) -> Result<Statement, DbError> {
        self.send()?;
        self.wait(self.client.prepare_cached(sql))
    }

    fn wait<T>(&self, question: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, DbError> {
        if self.state.get() != State::Ready && self.state.get() != State::Failed {
            // An answer that is still arriving would have to be held whole before the next question's could.
            return Err(DbError::Undone);
        }
        match self.handle.block_on(async { tokio::time::timeout(PATIENCE, question).await }) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.failed(error)),
            Err(_) => {
                self.state.set(State::Silent);
                Err(DbError::Unavailable(Outage::TimedOut))
            }
        }
    }

    fn failed(&self, error: tokio_postgres::Error) -> DbError {
        self.state.set(State::Failed);
        error.into()
    }

    /// The plan for parameters of any value, as a statement that is prepared comes to have, with these settings.
    #[cfg(test)]
    pub(in crate::db) fn plan(&self, sql: &str, settings: &str) -> Vec<String> {
        let plan = async {
            let count = self.client.prepare(sql).await?.params().len();
            let nulls = vec!["NULL"; count].join(", ");
            let explained = if count == 0 { "probe".to_owned() } else { format!("probe({nulls})") };
            self.client.batch_execute("SET LOCAL plan_cache_mode = force_generic_plan").await?;
            self.client.batch_execute(settings).await?;
            self.client.batch_execute(&format!("PREPARE probe AS {sql}")).await?;
            let answer = self.client.simple_query(&format!("EXPLAIN (COSTS OFF) EXECUTE {explained}")).await?;
            self.client.batch_execute("DEALLOCATE probe").await?;
            Ok(answer)
        };
        let answer = self.wait(plan).expect("a plan");
        let step = |message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(|step| step.trim().to_owned()),
            _ => None,
        };
        answer.into_iter().filter_map(step).collect()
    }
}

/// As many parameters as the statement has: one set may serve several statements.
fn bound<'p, 'v>(
    statement: &Statement,
    parameters: &'p [Value<'v>],
) -> Result<std::iter::Copied<std::slice::Iter<'p, Value<'v>>>, DbError> {
    let wanted = statement.params().len();
    let given = parameters.get(..wanted).ok_or(DbError::Unbound { parameter: parameters.len() + 1 })?;
    Ok(given.iter().copied())
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match *self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *ty == Type::INT8 => value.to_sql(ty, out),
            Self::Text(value) if *ty == Type::TEXT => value.to_sql(ty, out),
            Self::Int(_) | Self::Text(_) => Err(format!("the statement wants {ty}").into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::TEXT)
    }

    to_sql_checked!();
}

/// An integer of any width, if it is not null.
pub(in crate::db) fn opt_int(row: &tokio_postgres::Row, column: usize) -> Result<Option<i64>, DbError> {
    let corrupt = |_| DbError::Corrupt { column };
    // A literal in a statement is narrower than a column.
    match row.columns().get(column).map(tokio_postgres::Column::type_) {
        Some(&Type::INT4) => Ok(row.try_get::<_, Option<i32>>(column).map_err(corrupt)?.map(i64::from)),
        _ => row.try_get(column).map_err(corrupt),
    }
}
