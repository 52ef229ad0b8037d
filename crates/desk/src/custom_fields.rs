//! The studio's own fields (B2). Leads have values of them offline as well; defining them needs the network, since all of the
//! studio go by one list.

use domain::{CustomFieldForm, CustomFieldId, CustomValues, Permission};

use crate::{Desk, DeskError};

impl Desk {
    /// Defines a field, or changes one. The list is the cache's once the sync has brought it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::InvalidInput`] for what no field may be; [`DeskError::Locked`], or the server
    /// refused or can't be reached.
    pub async fn save_custom_field(&self, id: CustomFieldId, form: CustomFieldForm) -> Result<(), DeskError> {
        self.require(Permission::ManageFields).await?;
        form.check().map_err(|_| DeskError::InvalidInput)?;
        self.call(async |client| client.save_custom_field(id, &form).await).await?;
        self.wake_sync();
        Ok(())
    }

    /// Refuses values that none of the studio's fields can hold, as far as they are known here.
    pub(crate) async fn check_custom(&self, values: CustomValues) -> Result<(), DeskError> {
        if values.is_empty() {
            return Ok(());
        }
        let fields = self.query(|cache| cache.list_custom_fields()).await?;
        let can_hold = |(id, value)| {
            let field = fields.iter().find(|field| field.id == id);
            field.is_some_and(|field| field.check_value(&value).is_ok())
        };
        if values.into_iter().all(can_hold) { Ok(()) } else { Err(DeskError::InvalidInput) }
    }
}
