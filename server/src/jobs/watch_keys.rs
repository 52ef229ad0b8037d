//! Learns of token keys that an operator's rotation added, before they are used.

use std::sync::Arc;
use std::time::Duration;

use super::looks_every;
use crate::auth::TokenKeys;

/// Well below the time between a key's making and its use (`db::rotation`).
const LEARN_EVERY: Duration = Duration::from_secs(30);

pub(super) async fn run(token_keys: Arc<TokenKeys>) {
    let mut looks = looks_every(LEARN_EVERY);
    // The server has read them to start.
    looks.reset();
    loop {
        looks.tick().await;
        // Those that are known still serve; one that is needed meanwhile is asked for again when it is.
        if let Err(error) = token_keys.reload().await {
            tracing::error!(%error, "the keys of tokens could not be read anew");
        }
    }
}
