//! Signing out: ends the session on the server where it can be reached, and erases key and cache here.
//!
//! The account file is marked first; a sign-out that is cut anywhere is finished at the next start. The key goes
//! before the files: from then on the cache is noise, even to a copy made earlier.

use std::time::Duration;

use crate::account::Account;
use crate::state::run_blocking;
use crate::view::{DeskEvent, KeyStore};
use crate::{Desk, DeskError};

/// How long the server may take to hear of it; the device's session can still be revoked from another.
const TELL_SERVER: Duration = Duration::from_secs(5);

impl Desk {
    /// Signs out. Works offline and while locked.
    ///
    /// # Errors
    /// Key or files could not be erased; what remains is erased at the next start, and nothing opens it any more.
    pub async fn sign_out(&self) -> Result<(), DeskError> {
        let _transition = self.inner.transition.lock().await;
        if let Some(open) = self.set_open(None) {
            open.tasks.cancel();
            if let Some(engine) = &open.engine {
                engine.stop().await;
            }
            if !matches!(tokio::time::timeout(TELL_SERVER, open.client.sign_out()).await, Ok(Ok(()))) {
                tracing::info!("the server was not told of the sign-out");
            }
            if let Err(error) = self.close_cache(&open).await {
                tracing::warn!(%error, "the cache was not closed cleanly before it was erased");
            }
        }
        if let Some(account) = self.inner.home.find()? {
            self.erase(account).await?;
        }
        self.tell(DeskEvent::SignedOut);
        Ok(())
    }

    /// The server ended the session: a revoked device loses its cache (A3).
    pub(crate) async fn session_ended(&self) {
        if let Err(error) = self.sign_out().await {
            tracing::error!(%error, "the session ended, but not everything could be erased");
        }
    }

    pub(crate) async fn finish_interrupted_sign_out(&self) -> Result<(), DeskError> {
        let _transition = self.inner.transition.lock().await;
        match self.inner.home.find()? {
            Some(account) if account.is_erasing => self.erase(account).await,
            _ => Ok(()),
        }
    }

    async fn erase(&self, mut account: Account) -> Result<(), DeskError> {
        let home = self.inner.home.clone();
        run_blocking(move || {
            account.is_erasing = true;
            home.save(&account)?;
            match account.key_store {
                KeyStore::Keyring => vault::Vault::keyring(&account.id.to_string())?.erase_all()?,
                // Without the passphrase too: the envelope is a file, and goes with the others.
                KeyStore::Passphrase => {}
            }
            home.remove(account.id)?;
            Ok::<_, DeskError>(())
        })
        .await
    }
}
