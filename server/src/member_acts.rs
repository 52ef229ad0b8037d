//! Carries what was decided about a studio's members over to the studio's own rows: right after the decision, and
//! again by a job where that was cut.

use domain::{StudioId, UnixMs};

use crate::db::{Database, DbError, Effect, WriteError};

/// Carries over everything that waits for the studio, in the order it was decided. Any number at once are as good as one.
///
/// # Errors
/// When the database fails; what was not carried over still waits.
pub(crate) async fn settle(database: &Database, studio_id: StudioId, now: UnixMs) -> Result<(), WriteError> {
    let directory = database.directory();
    let tenant = database.tenant(studio_id).await?;
    loop {
        let acts = directory.list_acts(studio_id).await?;
        if acts.is_empty() {
            return Ok(());
        }
        for act in acts {
            let (id, effect) = (act.id, act.effect.clone());
            tenant.carry_over(act, now).await?;
            if let Effect::Removed { member_id } = effect {
                tenant.release_leads(member_id, now).await?;
            }
            directory.forget_act(id).await?;
        }
    }
}

/// The same for every studio for which something waits; how many that were.
///
/// # Errors
/// When the database fails.
pub(crate) async fn settle_all(database: &Database, now: UnixMs) -> Result<usize, DbError> {
    let studios = database.directory().list_studios_with_acts().await?;
    for studio_id in &studios {
        if let Err(error) = settle(database, *studio_id, now).await {
            // The others are not to wait for it.
            tracing::error!(%studio_id, %error, "acts on members could not be carried over");
        }
    }
    Ok(studios.len())
}
