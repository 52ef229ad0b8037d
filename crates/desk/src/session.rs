//! Who is signed in, and what every screen needs of the studio.

use std::sync::atomic::Ordering;

use domain::{Member, Permission};

use crate::state::run_blocking;
use crate::view::SessionView;
use crate::{Desk, DeskError};

/// Setting of the cache: idle minutes after which the desk locks.
pub(crate) const LOCK_SETTING: &str = "lock_after_minutes";
/// Until the person chooses otherwise.
pub(crate) const DEFAULT_LOCK_MINUTES: u32 = 5;
/// A day: more is "never" in disguise.
const MAX_LOCK_MINUTES: u32 = 24 * 60;

impl Desk {
    /// The session as the cache knows it; before the first sync, as the server told it at sign-in.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read.
    pub async fn session(&self) -> Result<SessionView, DeskError> {
        let open = self.open()?;
        let lock_after_minutes = self.lock_after_minutes();
        run_blocking(move || {
            let profile = &open.profile;
            let cache = &open.cache;
            let members = cache.list_members()?;
            let me = members.iter().find(|member| member.id == profile.member.id).unwrap_or(&profile.member).clone();
            Ok::<_, DeskError>(SessionView {
                studio: cache.find_studio()?.unwrap_or_else(|| profile.studio.clone()),
                may_export: me.role.allows(Permission::ExportLeads),
                me,
                members,
                stages: cache.list_stages()?,
                tags: cache.list_tags()?,
                key_store: open.account.key_store,
                lock_after_minutes,
            })
        })
        .await
    }

    /// The member who is signed in, with the role the studio gives them now.
    pub(crate) async fn me(&self) -> Result<Member, DeskError> {
        let open = self.open()?;
        run_blocking(move || {
            let mine = open.profile.member.id;
            let synced = open.cache.list_members()?.into_iter().find(|member| member.id == mine);
            Ok::<_, DeskError>(synced.unwrap_or_else(|| open.profile.member.clone()))
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

    pub(crate) fn lock_after_minutes(&self) -> u32 {
        self.inner.lock_after_minutes.load(Ordering::Relaxed)
    }
}
