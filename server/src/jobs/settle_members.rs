//! Carries acts on members over to their studio's rows where whoever acted could not: a crash, a database that was away.

use std::sync::Arc;
use std::time::Duration;

use super::looks_every;
use crate::clock::Clock;
use crate::db::Database;
use crate::member_acts::settle_all;

/// As a rule there is nothing.
const EVERY: Duration = Duration::from_secs(5);

pub(super) async fn run(database: Database, clock: Arc<dyn Clock>) {
    let mut looks = looks_every(EVERY);
    loop {
        looks.tick().await;
        match settle_all(&database, clock.now()).await {
            Ok(0) => {}
            Ok(studios) => tracing::info!(studios, "acts on members were carried over"),
            Err(error) => tracing::error!(%error, "whether acts on members wait could not be asked"),
        }
    }
}
