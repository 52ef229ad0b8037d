//! Tells listeners what other programs wrote to their studio: an operator's command while the server runs.

use super::looks;
use crate::db::Database;

pub(super) async fn run(database: Database) {
    let mut looks = looks();
    loop {
        looks.tick().await;
        database.announce_writes_of_others().await;
    }
}
