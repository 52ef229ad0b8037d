//! Devices the member is signed in on (A3). The server's list is the only one: these need the network.

use api_client::{ApiClient, ApiFailure};
use domain::DeviceId;
use wire::device::DeviceList;

use crate::{Desk, DeskError};

impl Desk {
    /// Every device with a living session, and those whose session ended lately.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server can't be reached.
    pub async fn list_devices(&self) -> Result<DeviceList, DeskError> {
        self.call(async |client| client.devices().await).await
    }

    /// Ends a device's session; it loses its cache as soon as it reaches the server.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server can't be reached.
    pub async fn revoke_device(&self, id: DeviceId) -> Result<(), DeskError> {
        self.call(async |client| client.revoke_device(id).await).await
    }

    /// Ends the sessions of all other devices of the member; each loses its cache as soon as it reaches the server.
    /// Gives how many they were.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server can't be reached.
    pub async fn revoke_other_devices(&self) -> Result<u64, DeskError> {
        self.call(async |client| client.revoke_other_devices().await).await
    }

    /// Calls the server for as long as the desk is open.
    pub(crate) async fn call<T>(
        &self,
        act: impl AsyncFnOnce(&ApiClient) -> Result<T, ApiFailure>,
    ) -> Result<T, DeskError> {
        let open = self.open()?;
        let answer = open.tasks.run_until_cancelled(act(&open.client)).await;
        Ok(answer.ok_or(DeskError::Locked)??)
    }
}
