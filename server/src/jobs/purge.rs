//! Forgets what is over for longer than `retention` says: at the start, and daily by the server's clock.

use std::sync::Arc;

use super::looks;
use crate::clock::Clock;
use crate::db::Database;
use crate::retention;

pub(super) async fn run(database: Database, clock: Arc<dyn Clock>) {
    let mut looks = looks();
    let mut last = None;
    loop {
        looks.tick().await;
        let now = clock.now();
        if last.is_some_and(|last| !retention::is_purge_due(last, now)) {
            continue;
        }
        last = Some(now);
        match database.directory().purge_sessions(retention::ended_sessions_before(now)).await {
            Ok(purged) => {
                let (devices, refresh_tokens) = (purged.devices, purged.refresh_tokens);
                tracing::info!(devices, refresh_tokens, "sessions that ended long ago were forgotten");
            }
            // The next one, a day later, forgets what this one should have.
            Err(error) => tracing::error!(%error, "sessions that ended long ago could not be forgotten"),
        }
        match database.forget_token_keys(now).await {
            Ok(0) => {}
            Ok(token_keys) => tracing::info!(token_keys, "token keys that nothing needs any more were forgotten"),
            Err(error) => tracing::error!(%error, "old token keys could not be forgotten"),
        }
        match database.directory().purge_invitations(retention::ended_invitations_before(now)).await {
            Ok(invitations) => tracing::info!(invitations, "invitations that ran out long ago were forgotten"),
            Err(error) => tracing::error!(%error, "invitations that ran out long ago could not be forgotten"),
        }
    }
}
