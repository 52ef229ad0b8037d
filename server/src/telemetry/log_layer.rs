//! Hears of errors and panics where no request is answered for them: jobs, streams, the listener. Takes their place in
//! the source, and nothing of what they say.

use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::{Arc, OnceLock};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::{Failure, Place, Telemetry};

/// Under which a panic is logged.
const PANIC_TARGET: &str = "frontdesk_server::panic";
/// The span of a request, whose failure its answer tells of.
const REQUEST: &str = "request";

thread_local! {
    /// Of the panic of this thread that nobody has told of yet.
    static PANICKED: Cell<Option<Place>> = const { Cell::new(None) };
}

/// Logs a panic by its place, in the place of the default hook, which prints what it says: that may quote data.
pub(crate) fn log_panic(panic: &PanicHookInfo<'_>) {
    PANICKED.set(panic.location().map(Place::of_panic));
    let place = panic.location().map(ToString::to_string);
    tracing::error!(target: PANIC_TARGET, place = place.as_deref().unwrap_or("unknown"), "panic");
}

/// Where this thread has just panicked, for whoever caught that to tell of.
pub(crate) fn take_panic() -> Option<Place> {
    PANICKED.take()
}

/// Tells telemetry, once there is one.
#[derive(Clone, Default)]
pub(crate) struct LogLayer(Arc<OnceLock<Telemetry>>);

impl LogLayer {
    /// From now on, it is told. Only the first counts.
    pub(crate) fn tell(&self, telemetry: Telemetry) {
        let _ = self.0.set(telemetry);
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let Some(telemetry) = self.0.get() else { return };
        if *metadata.level() != Level::ERROR || !metadata.target().starts_with("frontdesk_server") {
            return;
        }
        if context.event_scope(event).is_some_and(|mut scope| scope.any(|span| span.name() == REQUEST)) {
            return;
        }
        telemetry.note_failure(match metadata.target() {
            PANIC_TARGET => Failure::of_panic(take_panic()),
            _ => Failure::of_log(Place::of_log(metadata)),
        });
    }
}
