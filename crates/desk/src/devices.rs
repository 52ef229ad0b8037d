//! Devices the member is signed in on (A3). The server's list is the only one: these need the network.

use domain::DeviceId;
use wire::device::Device;

use crate::{Desk, DeskError};

impl Desk {
    /// Every device with a living session, the one seen last first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server can't be reached.
    pub async fn list_devices(&self) -> Result<Vec<Device>, DeskError> {
        Ok(self.open()?.client.devices().await?)
    }

    /// Ends a device's session; it loses its cache as soon as it reaches the server.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server can't be reached.
    pub async fn revoke_device(&self, id: DeviceId) -> Result<(), DeskError> {
        Ok(self.open()?.client.revoke_device(id).await?)
    }
}
