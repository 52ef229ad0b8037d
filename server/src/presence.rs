//! Who looks at which lead of a studio: known for a while, never stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use domain::{DeviceId, LeadId, MemberId};
use wire::presence::FORGOTTEN_AFTER_MS;

const FORGOTTEN_AFTER: Duration = Duration::from_millis(FORGOTTEN_AFTER_MS);

/// A device says on which lead's page its member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look {
    pub device_id: DeviceId,
    pub member_id: MemberId,
    /// On none: nothing.
    pub lead_id: Option<LeadId>,
}

/// Who is on which lead.
pub type Lookers = BTreeMap<LeadId, BTreeSet<MemberId>>;

/// What the devices of a studio said last.
#[derive(Default)]
pub(crate) struct Board {
    said: HashMap<DeviceId, Said>,
}

struct Said {
    member_id: MemberId,
    lead_id: LeadId,
    until: Instant,
}

impl Board {
    /// Notes what a device says; tells whether it is news.
    pub(crate) fn put(&mut self, look: Look, now: Instant) -> bool {
        self.forget(now);
        let Look { device_id, member_id, lead_id } = look;
        let before = match lead_id {
            Some(lead_id) => self.said.insert(device_id, Said { member_id, lead_id, until: now + FORGOTTEN_AFTER }),
            None => self.said.remove(&device_id),
        };
        before.map(|said| said.lead_id) != lead_id
    }

    /// The device is signed out.
    pub(crate) fn remove(&mut self, device_id: DeviceId) {
        self.said.remove(&device_id);
    }

    /// Who is where, and when the first of it is over.
    pub(crate) fn lookers(&mut self, now: Instant) -> (Lookers, Option<Instant>) {
        self.forget(now);
        let mut lookers = Lookers::new();
        for said in self.said.values() {
            lookers.entry(said.lead_id).or_default().insert(said.member_id);
        }
        (lookers, self.said.values().map(|said| said.until).min())
    }

    fn forget(&mut self, now: Instant) {
        self.said.retain(|_, said| said.until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T>(n: u128, make: fn(uuid::Uuid) -> T) -> T {
        make(uuid::Uuid::from_u128(n))
    }

    fn look(device: u128, member: u128, lead: Option<u128>) -> Look {
        Look {
            device_id: id(device, DeviceId::from_uuid),
            member_id: id(member, MemberId::from_uuid),
            lead_id: lead.map(|lead| id(lead, LeadId::from_uuid)),
        }
    }

    fn on(lead: u128, members: &[u128]) -> (LeadId, BTreeSet<MemberId>) {
        (id(lead, LeadId::from_uuid), members.iter().map(|member| id(*member, MemberId::from_uuid)).collect())
    }

    #[test]
    fn each_device_is_where_it_said_last() {
        let (mut board, now) = (Board::default(), Instant::now());
        for (said, is_news) in [
            (look(1, 1, Some(7)), true),
            (look(1, 1, Some(7)), false),
            (look(2, 1, Some(8)), true),
            (look(3, 2, Some(8)), true),
            (look(1, 1, Some(8)), true),
            (look(4, 3, None), false),
            (look(3, 2, None), true),
            (look(3, 2, None), false),
        ] {
            assert_eq!(board.put(said, now), is_news, "{said:?}");
        }
        assert_eq!(board.lookers(now).0, Lookers::from([on(8, &[1])]), "on two devices, and one person");
        board.put(look(3, 2, Some(9)), now);
        board.remove(id(1, DeviceId::from_uuid));
        assert_eq!(board.lookers(now).0, Lookers::from([on(8, &[1]), on(9, &[2])]));
    }

    #[test]
    fn what_is_not_said_again_is_over() {
        let (mut board, now) = (Board::default(), Instant::now());
        let later = |ms| now + Duration::from_millis(ms);
        board.put(look(1, 1, Some(7)), now);
        board.put(look(2, 2, Some(7)), now);
        board.put(look(1, 1, Some(7)), later(20_000));
        assert_eq!(board.lookers(later(44_999)), (Lookers::from([on(7, &[1, 2])]), Some(later(45_000))));
        assert_eq!(board.lookers(later(45_000)), (Lookers::from([on(7, &[1])]), Some(later(65_000))));
        assert_eq!(board.lookers(later(65_000)), (Lookers::new(), None));
        assert!(board.put(look(1, 1, Some(7)), later(65_000)), "it comes as news");
    }
}
