//! Who is signed in, and what every screen needs of the studio.

use std::sync::atomic::Ordering;

use domain::Member;
use store::{Cache, StoreError};

use crate::state::{Profile, run_blocking};
use crate::view::SessionView;
use crate::{Desk, DeskError};

/// Setting of the cache: idle minutes after which the desk locks.
const LOCK_SETTING: &str = "lock_after_minutes";
/// Setting of the cache: whether the desk locks with the screen, `true` or `false`.
const SCREEN_SETTING: &str = "lock_with_screen";
/// Until the person chooses otherwise.
pub(crate) const DEFAULT_LOCK_MINUTES: u32 = 5;
/// A day: more is "never" in disguise.
const MAX_LOCK_MINUTES: u32 = 24 * 60;

/// When the desk locks by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Locking {
    after_minutes: u32,
    with_screen: bool,
}

impl Locking {
    /// As the person chose it; what can't be read is as if nothing had been chosen.
    pub(crate) fn read(cache: &Cache) -> Result<Self, StoreError> {
        let minutes = cache.find_setting(LOCK_SETTING)?.and_then(|text| text.parse().ok());
        let screen = cache.find_setting(SCREEN_SETTING)?.and_then(|text| text.parse().ok());
        Ok(Self { after_minutes: minutes.unwrap_or(DEFAULT_LOCK_MINUTES), with_screen: screen.unwrap_or(true) })
    }
}

impl Desk {
    /// The session as the cache knows it; before the first sync, as the server told it at sign-in.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read.
    pub async fn session(&self) -> Result<SessionView, DeskError> {
        let open = self.open()?;
        let lock_after_minutes = self.lock_after_minutes();
        let locks_with_screen = *self.inner.locks_with_screen.borrow();
        run_blocking(move || {
            let profile = &open.profile;
            let cache = &open.cache;
            let members = cache.list_members()?;
            let me = find_me(profile, &members);
            Ok::<_, DeskError>(SessionView {
                studio: cache.find_studio()?.unwrap_or_else(|| profile.studio.clone()),
                permissions: me.map(|me| me.role.permissions()).unwrap_or_default(),
                me: me.unwrap_or(&profile.member).clone(),
                members,
                stages: cache.list_stages()?,
                fields: cache.list_custom_fields()?,
                tags: cache.list_tags()?,
                key_store: open.account.key_store,
                lock_after_minutes,
                locks_with_screen,
            })
        })
        .await
    }

    /// The member who is signed in, with the role the studio gives them now; `None` when they are no longer a member.
    pub(crate) async fn find_me(&self) -> Result<Option<Member>, DeskError> {
        let open = self.open()?;
        run_blocking(move || {
            let members = open.cache.list_members()?;
            Ok::<_, DeskError>(find_me(&open.profile, &members).cloned())
        })
        .await
    }

    /// Sets after how many idle minutes the desk locks by itself; 0 is never.
    ///
    /// # Errors
    /// [`DeskError::InvalidInput`] beyond a day.
    pub async fn set_lock_after_minutes(&self, minutes: u32) -> Result<(), DeskError> {
        if minutes > MAX_LOCK_MINUTES {
            return Err(DeskError::InvalidInput);
        }
        self.query(move |cache| cache.set_setting(LOCK_SETTING, &minutes.to_string())).await?;
        self.inner.lock_after_minutes.store(minutes, Ordering::Relaxed);
        Ok(())
    }

    /// Sets whether the desk locks when the computer locks its screen or goes to sleep.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be written.
    pub async fn set_lock_with_screen(&self, locks: bool) -> Result<(), DeskError> {
        self.query(move |cache| cache.set_setting(SCREEN_SETTING, &locks.to_string())).await?;
        self.inner.locks_with_screen.send_replace(locks);
        Ok(())
    }

    pub(crate) fn apply_locking(&self, locking: Locking) {
        self.inner.lock_after_minutes.store(locking.after_minutes, Ordering::Relaxed);
        self.inner.locks_with_screen.send_replace(locking.with_screen);
    }

    pub(crate) fn lock_after_minutes(&self) -> u32 {
        self.inner.lock_after_minutes.load(Ordering::Relaxed)
    }
}

/// Before the first sync the cache knows no members: what the server said at sign-in holds.
fn find_me<'a>(profile: &'a Profile, members: &'a [Member]) -> Option<&'a Member> {
    match members {
        [] => Some(&profile.member),
        members => members.iter().find(|member| member.id == profile.member.id && !member.is_former),
    }
}

#[cfg(test)]
mod tests {
    use domain::{DeviceId, MemberId, Role, Studio, StudioId};
    use uuid::Uuid;

    use super::*;

    fn member(role: Role) -> Member {
        Member {
            id: MemberId::from_uuid(Uuid::now_v7()),
            name: String::new(),
            email: String::new(),
            role,
            is_former: false,
        }
    }

    #[test]
    fn the_role_is_the_one_that_was_synced_last() {
        let mine = member(Role::Manager);
        let studio = Studio {
            id: StudioId::from_uuid(Uuid::now_v7()),
            name: String::new(),
            brand_colour: String::new(),
            time_zone: String::new(),
            currency: String::new(),
        };
        let profile = Profile { studio, member: mine.clone(), device_id: DeviceId::from_uuid(Uuid::now_v7()) };
        let role = |members: &[Member]| find_me(&profile, members).map(|me| me.role);
        assert_eq!(role(&[]), Some(Role::Manager), "before the first sync");
        let demoted = Member { role: Role::Sales, ..mine };
        assert_eq!(role(&[member(Role::Owner), demoted.clone()]), Some(Role::Sales));
        assert_eq!(role(&[member(Role::Owner)]), None, "no longer a member");
        let removed = Member { is_former: true, ..demoted.clone() };
        assert_eq!(role(&[member(Role::Owner), removed]), None, "removed");
    }
}
