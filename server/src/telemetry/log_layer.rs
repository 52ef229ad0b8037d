//! Hears of errors that are logged where no request is: jobs, streams, the listener. Takes their place in the source, and
//! nothing of what they say.

use std::sync::{Arc, OnceLock};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::{Failure, Place, Telemetry};

/// Under which a panic is logged, and told of by the hook that logs it.
pub(crate) const PANIC_TARGET: &str = "frontdesk_server::panic";
/// The span of a request, whose failure its answer tells of.
const REQUEST: &str = "request";

/// Tells telemetry, once there is one.
#[derive(Clone, Default)]
pub(crate) struct LogLayer(Arc<OnceLock<Telemetry>>);

impl LogLayer {
    /// From now on, it is told. Only the first counts.
    pub(crate) fn tell(&self, telemetry: Telemetry) {
        let _ = self.0.set(telemetry);
    }

    /// Tells of a panic; what it says may quote data, and stays here.
    pub(crate) fn note_panic(&self, place: Option<Place>) {
        if let Some(telemetry) = self.0.get() {
            telemetry.note_failure(Failure::Panic { place });
        }
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let is_ours = metadata.target().starts_with("frontdesk_server") && metadata.target() != PANIC_TARGET;
        let Some(telemetry) = self.0.get() else { return };
        if *metadata.level() != Level::ERROR || !is_ours {
            return;
        }
        let in_request = context.event_scope(event).is_some_and(|mut scope| scope.any(|span| span.name() == REQUEST));
        if !in_request {
            telemetry.note_failure(Failure::Logged { place: Place::of_log(metadata) });
        }
    }
}
