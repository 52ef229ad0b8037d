//! Who looks at which lead right now: this member, and colleagues. Never stored.

use domain::{LeadId, MemberId};

use crate::{Desk, DeskError};

impl Desk {
    /// The member is on this lead's page, or on none. Colleagues who see the lead are told while the server can be reached.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub async fn look_at(&self, lead_id: Option<LeadId>) -> Result<(), DeskError> {
        let open = self.open()?;
        open.engine.as_ref().ok_or(DeskError::Locked)?.look_at(lead_id);
        Ok(())
    }

    /// Colleagues who are on a lead's page, as far as is known: nobody while the server can't be reached.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub async fn list_colleagues_on(&self, lead_id: LeadId) -> Result<Vec<MemberId>, DeskError> {
        let open = self.open()?;
        Ok(open.engine.as_ref().ok_or(DeskError::Locked)?.colleagues_on(lead_id))
    }
}
