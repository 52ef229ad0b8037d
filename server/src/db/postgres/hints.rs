//! Hints between servers: `LISTEN` and `NOTIFY` over one connection of their own.
//!
//! What is said names ids alone. A hint is told to this server's own listeners at once and to the others a moment later,
//! many about one studio as one. Whatever may have been missed while there was no connection is made good afterwards:
//! everybody is told that something changed.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{DeviceId, StudioId};
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, broadcast, mpsc};
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Client};
use uuid::Uuid;

use super::url::PostgresUrl;
use crate::db::DbError;
use crate::hints::{Hint, Hints, LocalHints};
use crate::presence::{Look, Lookers};

/// The channel's name.
const LISTEN: &str = "LISTEN frontdesk";
const NOTIFY: &str = "SELECT pg_notify('frontdesk', said) FROM unnest($1::text[]) AS said";

/// Between two attempts to connect; doubled each time up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// Hints that wait for a connection; past so many, one that says "everything" stands for all of them.
const MAX_WAITING: usize = 10_000;
/// Hints sent at a time; a payload is some hundred bytes.
const AT_A_TIME: usize = 500;
/// An operator's command waits so long for its hints to be sent.
const SETTLING: Duration = Duration::from_secs(5);
/// The lead of who is at none.
const NOWHERE: &str = "-";
/// Notifications that wait to be told on.
const HEARD_AHEAD: usize = 256;

/// What one server says to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Said {
    About(StudioId, Hint),
    /// Something changed, anywhere.
    Everything,
}

/// Hints that reach every server of a database.
pub(crate) struct PostgresHints {
    local: Arc<LocalHints>,
    outbox: Arc<Outbox>,
    task: AbortHandle,
}

#[derive(Default)]
struct Outbox {
    content: Mutex<Content>,
    /// Told when there is something to send.
    filled: Notify,
    /// Told when all of it has been sent.
    emptied: Notify,
}

#[derive(Default)]
struct Content {
    waiting: HashSet<Said>,
    /// Whether some is on its way.
    sending: bool,
}

impl Outbox {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, said: Said) {
        let mut content = self.content();
        if content.waiting.len() >= MAX_WAITING {
            content.waiting.clear();
            content.waiting.insert(Said::Everything);
        } else {
            if let Said::About(_, Hint::Looking(look)) = said {
                content.waiting.retain(|waits| !is_look_of(*waits, look.device_id));
            }
            content.waiting.insert(said);
        }
        drop(content);
        self.filled.notify_one();
    }

    /// Some of what waits, to be sent now. What is said again meanwhile waits again.
    fn take(&self) -> Vec<Said> {
        let mut content = self.content();
        let some: Vec<_> = content.waiting.iter().take(AT_A_TIME).copied().collect();
        for said in &some {
            content.waiting.remove(said);
        }
        content.sending = !some.is_empty();
        if !content.sending {
            self.emptied.notify_waiters();
        }
        some
    }

    fn is_empty(&self) -> bool {
        let content = self.content();
        content.waiting.is_empty() && !content.sending
    }
}

/// A device is at one place at a time: what it said before would be told after it.
fn is_look_of(said: Said, device_id: DeviceId) -> bool {
    matches!(said, Said::About(_, Hint::Looking(look)) if look.device_id == device_id)
}

impl PostgresHints {
    /// Starts to listen; hears as soon as there is a connection.
    ///
    /// # Errors
    /// [`DbError::Io`], [`DbError::NoCertificates`].
    pub(crate) fn start(url: &PostgresUrl) -> Result<Self, DbError> {
        url.tls()?;
        let (local, outbox) = (Arc::new(LocalHints::default()), Arc::<Outbox>::default());
        let exchange =
            Exchange { url: url.clone(), me: Uuid::new_v4(), local: Arc::clone(&local), outbox: Arc::clone(&outbox) };
        let task = tokio::spawn(exchange.run()).abort_handle();
        Ok(Self { local, outbox, task })
    }
}

impl Hints for PostgresHints {
    fn announce(&self, studio_id: StudioId, hint: Hint) {
        self.local.announce(studio_id, hint);
        self.outbox.put(Said::About(studio_id, hint));
    }

    fn listen(&self, studio_id: StudioId) -> broadcast::Receiver<Hint> {
        self.local.listen(studio_id)
    }

    fn lookers(&self, studio_id: StudioId) -> (Lookers, Option<Instant>) {
        self.local.lookers(studio_id)
    }

    fn list_listened(&self) -> Vec<StudioId> {
        self.local.list_listened()
    }

    fn settled(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let all_sent = async {
                loop {
                    let emptied = self.outbox.emptied.notified();
                    if self.outbox.is_empty() {
                        return;
                    }
                    emptied.await;
                }
            };
            if tokio::time::timeout(SETTLING, all_sent).await.is_err() {
                tracing::warn!("other servers were not told; they will see it with the next change");
            }
        })
    }
}

impl Drop for PostgresHints {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task that talks to the other servers.
struct Exchange {
    url: PostgresUrl,
    /// Tells our own words from the others'.
    me: Uuid,
    local: Arc<LocalHints>,
    outbox: Arc<Outbox>,
}

impl Exchange {
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.connect().await {
                Ok((client, heard)) => {
                    pause = FIRST_PAUSE;
                    // Nobody can say what was missed until now.
                    self.local.announce_to_all(Hint::Changed);
                    let error = self.exchange(client, heard).await;
                    tracing::warn!(%error, "hints from other servers are interrupted");
                }
                Err(error) => tracing::warn!(%error, "no hints from other servers"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    async fn connect(&self) -> Result<(Client, mpsc::Receiver<String>), DbError> {
        let (client, mut connection) = self.url.config().connect(self.url.tls()?).await?;
        let (heard, receiver) = mpsc::channel(HEARD_AHEAD);
        // Ends with the connection, which ends with the client; the channel then closes.
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(notification) = message
                    && heard.send(notification.payload().to_owned()).await.is_err()
                {
                    return;
                }
            }
        });
        client.batch_execute(LISTEN).await?;
        Ok((client, receiver))
    }

    /// Until the connection fails.
    async fn exchange(&self, client: Client, mut heard: mpsc::Receiver<String>) -> DbError {
        loop {
            tokio::select! {
                payload = heard.recv() => match payload {
                    Some(payload) => self.tell(&payload),
                    None => return DbError::Unavailable(super::Outage::Connection("it was closed".to_owned())),
                },
                () = self.outbox.filled.notified() => {
                    if let Err(error) = self.send(&client).await {
                        return error;
                    }
                }
            }
        }
    }

    async fn send(&self, client: &Client) -> Result<(), DbError> {
        loop {
            let some = self.outbox.take();
            if some.is_empty() {
                return Ok(());
            }
            let payloads: Vec<_> = some.iter().map(|said| payload(self.me, *said)).collect();
            if let Err(error) = client.execute(NOTIFY, &[&payloads]).await {
                some.into_iter().for_each(|said| self.outbox.put(said));
                return Err(error.into());
            }
        }
    }

    fn tell(&self, payload: &str) {
        match understood(payload) {
            Some((who, _)) if who == self.me => {}
            Some((_, Said::About(studio_id, hint))) => self.local.announce(studio_id, hint),
            // Whatever a newer server says by it, looking costs little.
            Some((_, Said::Everything)) | None => self.local.announce_to_all(Hint::Changed),
        }
    }
}

/// `WHO`, `WHO STUDIO`, `WHO STUDIO DEVICE` or `WHO STUDIO DEVICE MEMBER LEAD`: everything, a change, a session that ended,
/// a device that is at a lead, or at none: `-`.
fn payload(who: Uuid, said: Said) -> String {
    match said {
        Said::Everything => who.to_string(),
        Said::About(studio_id, Hint::Changed) => format!("{who} {studio_id}"),
        Said::About(studio_id, Hint::SessionEnded(device_id)) => format!("{who} {studio_id} {device_id}"),
        Said::About(studio_id, Hint::Looking(Look { device_id, member_id, lead_id })) => {
            let lead = lead_id.map_or_else(|| NOWHERE.to_owned(), |lead_id| lead_id.to_string());
            format!("{who} {studio_id} {device_id} {member_id} {lead}")
        }
    }
}

fn understood(payload: &str) -> Option<(Uuid, Said)> {
    let mut words = payload.split(' ');
    let who = words.next()?.parse().ok()?;
    let said = match words.next() {
        None => Said::Everything,
        Some(studio_id) => {
            let studio_id = studio_id.parse().ok()?;
            let hint = match (words.next(), words.next(), words.next()) {
                (None, ..) => Hint::Changed,
                (Some(device_id), None, _) => Hint::SessionEnded(device_id.parse().ok()?),
                (Some(device_id), Some(member_id), lead_id) => Hint::Looking(Look {
                    device_id: device_id.parse().ok()?,
                    member_id: member_id.parse().ok()?,
                    lead_id: match lead_id? {
                        NOWHERE => None,
                        lead_id => Some(lead_id.parse().ok()?),
                    },
                }),
            };
            Said::About(studio_id, hint)
        }
    };
    words.next().is_none().then_some((who, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn look(device: u128, lead: Option<u128>) -> Hint {
        let (device_id, member_id) = (DeviceId::from_uuid(id(device)), domain::MemberId::from_uuid(id(8)));
        Hint::Looking(Look { device_id, member_id, lead_id: lead.map(|lead| domain::LeadId::from_uuid(id(lead))) })
    }

    #[test]
    fn of_a_device_only_the_last_place_waits() {
        let (outbox, studio) = (Outbox::default(), StudioId::from_uuid(id(1)));
        for hint in [look(2, Some(3)), look(4, Some(3)), look(2, Some(5)), look(2, None)] {
            outbox.put(Said::About(studio, hint));
        }
        let waiting: HashSet<_> = outbox.take().into_iter().collect();
        assert_eq!(waiting, [look(4, Some(3)), look(2, None)].map(|hint| Said::About(studio, hint)).into());
    }

    #[test]
    fn what_is_said_is_understood_and_holds_ids_alone() {
        let studio = StudioId::from_uuid(id(1));
        for said in [
            Said::Everything,
            Said::About(studio, Hint::Changed),
            Said::About(studio, Hint::SessionEnded(DeviceId::from_uuid(id(2)))),
            Said::About(studio, look(2, Some(3))),
            Said::About(studio, look(2, None)),
        ] {
            assert_eq!(understood(&payload(id(9), said)), Some((id(9), said)));
        }
        for odd in ["", "x", &format!("{} x", id(1)), &format!("{0} {0} {0} {0}", id(1))] {
            assert_eq!(understood(odd), None, "{odd}");
        }
    }

    #[test]
    fn hints_that_wait_for_long_take_bounded_memory() {
        let outbox = Outbox::default();
        for n in 0..=MAX_WAITING as u128 {
            let studio = StudioId::from_uuid(id(n));
            outbox.put(Said::About(studio, Hint::Changed));
            outbox.put(Said::About(studio, Hint::Changed));
        }
        let waiting = outbox.take();
        assert!(waiting.contains(&Said::Everything) && waiting.len() <= 2, "it stands for those that were forgotten");
        assert!(!outbox.is_empty(), "they are on their way");
        assert!(outbox.take().is_empty() && outbox.is_empty());
    }
}
