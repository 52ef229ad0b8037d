//! Who looks at which lead: told to the server while somebody here does, and heard of colleagues. Known for as long as the
//! stream of events holds, and never stored.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api_client::ApiClient;
use domain::{LeadId, MemberId};
use tokio::sync::watch;
use wire::presence::{Presence, PutPresence, RENEW_EVERY_MS};

const RENEW_EVERY: Duration = Duration::from_millis(RENEW_EVERY_MS);
/// Who moves along a list looks at none of what they pass.
const STAYS: Duration = Duration::from_millis(300);
/// How long taking leave may hold up whoever closes the desk.
const LEAVE: Duration = Duration::from_millis(500);
/// Leads that are remembered, at most: more than a studio has members, and a broken server may tell of any number.
const MAX_LEADS: usize = 1_000;

/// Where the member of this device is, and where colleagues are.
#[derive(Default)]
pub(crate) struct Lookers {
    here: watch::Sender<Option<LeadId>>,
    /// Whether the server may believe that somebody here is somewhere.
    is_told: AtomicBool,
    colleagues: Mutex<HashMap<LeadId, Vec<MemberId>>>,
}

impl Lookers {
    /// The member is on this lead's page, or on none.
    pub(crate) fn look_at(&self, lead_id: Option<LeadId>) {
        self.here.send_if_modified(|here| std::mem::replace(here, lead_id) != lead_id);
    }

    /// Colleagues on a lead's page.
    pub(crate) fn colleagues_on(&self, lead_id: LeadId) -> Vec<MemberId> {
        self.colleagues().get(&lead_id).cloned().unwrap_or_default()
    }

    /// The server tells who is on a lead's page now.
    pub(crate) fn note(&self, Presence { lead_id, member_ids }: Presence) {
        let mut colleagues = self.colleagues();
        if member_ids.is_empty() {
            colleagues.remove(&lead_id);
        } else if colleagues.len() < MAX_LEADS || colleagues.contains_key(&lead_id) {
            colleagues.insert(lead_id, member_ids);
        }
    }

    /// The stream broke: nobody is known to be anywhere. Says whether somebody was.
    pub(crate) fn forget(&self) -> bool {
        !std::mem::take(&mut *self.colleagues()).is_empty()
    }

    /// Tells the server where the member is, again and again, until it is dropped. A try that fails is made good by the
    /// next: what is the matter with the server is for the rest of the sync to find out.
    pub(crate) async fn announce(&self, client: &ApiClient) -> Infallible {
        let mut here = self.here.subscribe();
        loop {
            let lead_id = *here.borrow_and_update();
            if lead_id.is_some() || self.is_told.load(Ordering::Relaxed) {
                self.put(client, lead_id).await;
            }
            tokio::select! {
                // The sender is this one's own: it is never gone.
                _ = here.changed() => tokio::time::sleep(STAYS).await,
                () = tokio::time::sleep(RENEW_EVERY), if lead_id.is_some() => {}
            }
        }
    }

    /// Tells the server that nobody is here any more, where it may believe so.
    pub(crate) async fn leave(&self, client: &ApiClient) {
        if self.is_told.load(Ordering::Relaxed) && tokio::time::timeout(LEAVE, self.put(client, None)).await.is_err() {
            tracing::debug!("the server was not told in time that nobody is here");
        }
    }

    async fn put(&self, client: &ApiClient, lead_id: Option<LeadId>) {
        if lead_id.is_some() {
            self.is_told.store(true, Ordering::Relaxed);
        }
        match client.put_presence(PutPresence { lead_id }).await {
            Ok(()) => self.is_told.store(lead_id.is_some(), Ordering::Relaxed),
            Err(error) => tracing::debug!(%error, "the server was not told who is here"),
        }
    }

    fn colleagues(&self) -> MutexGuard<'_, HashMap<LeadId, Vec<MemberId>>> {
        // A plain map: one half-written by a panic elsewhere is still one.
        self.colleagues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn lead(n: usize) -> LeadId {
        LeadId::from_uuid(Uuid::from_u128(n as u128))
    }

    fn told(lead_id: LeadId, members: &[u128]) -> Presence {
        Presence { lead_id, member_ids: members.iter().map(|n| MemberId::from_uuid(Uuid::from_u128(*n))).collect() }
    }

    #[test]
    fn colleagues_come_go_and_are_forgotten_with_the_stream() {
        let lookers = Lookers::default();
        assert!(!lookers.forget());
        lookers.note(told(lead(1), &[1, 2]));
        lookers.note(told(lead(2), &[3]));
        lookers.note(told(lead(1), &[2]));
        assert_eq!(lookers.colleagues_on(lead(1)), told(lead(1), &[2]).member_ids);
        lookers.note(told(lead(1), &[]));
        assert_eq!(lookers.colleagues_on(lead(1)), []);
        assert!(lookers.forget());
        assert_eq!(lookers.colleagues_on(lead(2)), []);
    }

    #[test]
    fn a_broken_server_fills_no_memory() {
        let lookers = Lookers::default();
        for n in 0..2 * MAX_LEADS {
            lookers.note(told(lead(n), &[1]));
        }
        assert_eq!(lookers.colleagues().len(), MAX_LEADS);
        lookers.note(told(lead(0), &[2]));
        assert_eq!(lookers.colleagues_on(lead(0)), told(lead(0), &[2]).member_ids, "those that are known may change");
    }
}
