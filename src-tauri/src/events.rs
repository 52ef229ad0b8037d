//! Hands the desk's events to the window: several that come together travel as one.

use std::time::Duration;

use desk::view::{Changed, DeskEvent};
use tauri::{AppHandle, Emitter};
use tokio::sync::mpsc::UnboundedReceiver;

/// How long to gather after the first event: two frames, so that a burst is one redraw and a single change is still
/// on the screen at once.
const GATHER: Duration = Duration::from_millis(30);

/// Name of the window event; its payload is an array of [`DeskEvent`].
const NAME: &str = "desk-event";

/// Forwards until the desk is gone.
pub(crate) async fn forward(app: AppHandle, mut events: UnboundedReceiver<DeskEvent>) {
    while let Some(first) = events.recv().await {
        let mut batch = vec![first];
        let deadline = tokio::time::Instant::now() + GATHER;
        while let Ok(Some(event)) = tokio::time::timeout_at(deadline, events.recv()).await {
            batch.push(event);
        }
        if let Err(error) = app.emit(NAME, merge(batch)) {
            tracing::warn!(%error, "the window was not told of changes");
        }
    }
}

/// Joins all `Changed` into one, keeps only the newest status, leaves the rest and the order alone.
fn merge(batch: Vec<DeskEvent>) -> Vec<DeskEvent> {
    let mut merged: Vec<DeskEvent> = Vec::with_capacity(batch.len());
    for event in batch {
        let same_kind = merged.iter_mut().find(|seen| {
            matches!(
                (&**seen, &event),
                (DeskEvent::Changed(_), DeskEvent::Changed(_))
                    | (DeskEvent::StatusChanged(_), DeskEvent::StatusChanged(_))
                    | (DeskEvent::PresenceChanged, DeskEvent::PresenceChanged)
            )
        });
        match (same_kind, event) {
            (Some(DeskEvent::Changed(seen)), DeskEvent::Changed(more)) => *seen = union(*seen, more),
            (Some(seen), event) => *seen = event,
            (None, event) => merged.push(event),
        }
    }
    merged
}

fn union(a: Changed, b: Changed) -> Changed {
    Changed {
        leads: a.leads || b.leads,
        conversations: a.conversations || b.conversations,
        messages: a.messages || b.messages,
        studio: a.studio || b.studio,
        billing: a.billing || b.billing,
        outbox: a.outbox || b.outbox,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_joined_and_endings_kept_in_place() {
        let leads = DeskEvent::Changed(Changed { leads: true, ..Changed::default() });
        let messages = DeskEvent::Changed(Changed { messages: true, ..Changed::default() });
        let both = DeskEvent::Changed(Changed { leads: true, messages: true, ..Changed::default() });
        assert_eq!(merge(vec![leads, DeskEvent::Locked, messages]), vec![both, DeskEvent::Locked]);
    }
}
