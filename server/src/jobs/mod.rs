//! What the server does by itself while it runs. Each job is a task of its own that ends when the server does.

mod purge;
mod renew_certificate;
mod send_mail;
mod settle_members;
mod watch_files;
mod watch_keys;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::served_certificate::ServedCertificate;
use crate::state::AppState;

/// How often a job looks whether there is anything to do. A look is a few system calls.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Starts all of them; they end with `closing`.
pub(crate) fn start(state: &AppState, certificate: Option<ServedCertificate>, closing: &CancellationToken) {
    spawn(purge::run(state.database.clone(), state.clock.clone()), closing);
    spawn(watch_files::run(state.database.clone()), closing);
    spawn(settle_members::run(state.database.clone(), state.clock.clone()), closing);
    if state.mailer.is_some() {
        spawn(send_mail::run(state.clone()), closing);
    }
    spawn(watch_keys::run(Arc::clone(&state.token_keys)), closing);
    if let Some(certificate) = certificate {
        spawn(renew_certificate::run(certificate), closing);
    }
}

fn spawn(job: impl Future<Output = ()> + Send + 'static, closing: &CancellationToken) {
    tokio::spawn(closing.clone().run_until_cancelled_owned(job));
}

/// When to look: now, and from time to time.
fn looks() -> Interval {
    looks_every(LOOK_EVERY)
}

fn looks_every(pause: Duration) -> Interval {
    let mut looks = tokio::time::interval(pause);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}
