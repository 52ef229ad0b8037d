//! The hosted API under load, on both databases: `load` how much it bears, `hints` how soon others hear, `growth`
//! whether a request costs the same among ten studios and among ten thousand.
//!
//! Every answer is looked at: one that is not what it has to be ends the run, and so does a refused request. Nothing is
//! tried again.

mod clients;
mod growth;
mod hints;
mod load;
mod operation;
mod place;
mod studios;
mod visitor;

use std::path::Path;
use std::time::Duration;

use crate::row::Row;

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Effort {
    /// How long each round of one operation is.
    pub(crate) round: Duration,
    /// Rounds of each operation, in which the sides that are compared take turns.
    pub(crate) rounds: usize,
    /// Clients at a time, rising.
    pub(crate) clients: Vec<usize>,
    /// Registered studios, rising.
    pub(crate) studios: Vec<u32>,
    /// What the servers let a client ask for.
    pub(crate) rate: String,
}

/// What the server bears: [`load`] and [`hints`].
///
/// # Errors
/// A server failed, or gave a wrong answer.
pub(crate) async fn measure_load(effort: &Effort, scratch: &Path) -> anyhow::Result<Vec<Row>> {
    let mut sides = load::sides(effort, scratch).await?;
    let mut rows = load::measure(effort, &mut sides).await?;
    for side in &sides {
        rows.extend(hints::measure(effort, &side.place).await?);
    }
    Ok(rows)
}

/// Whether a request costs the same however many studios there are: [`growth`].
///
/// # Errors
/// A server failed, or gave a wrong answer.
pub(crate) async fn measure_growth(effort: &Effort, scratch: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for database in place::Database::BOTH {
        // Gone before the next one fills the disk as well.
        let own = tempfile::tempdir_in(scratch)?;
        rows.extend(growth::measure(effort, database, own.path()).await?);
    }
    Ok(rows)
}
