//! Signing in again, as the same member, when the server does not know the session any more (A3): it ran out, or the
//! server's data is older than it. What is on this computer stays, and the sync goes on from where it was.

use std::sync::Arc;

use api_client::{ApiClient, HeldTokens, TokenStore};

use crate::sign_in::TELL_SERVER;
use crate::view::SignInAgainRequest;
use crate::{Desk, DeskError};

impl Desk {
    /// Opens a new session for the open account. A failure leaves everything as it was.
    ///
    /// # Errors
    /// [`DeskError::AnotherMember`] for anybody else than whose data is here: to change the account one signs out first,
    /// which asks before anything is lost. [`DeskError::AlreadySignedIn`] while the session is not known to be over;
    /// [`DeskError::Locked`]; and every way in which a network or a server can fail.
    pub async fn sign_in_again(&self, mut request: SignInAgainRequest) -> Result<(), DeskError> {
        let open = self.open()?;
        let engine = open.engine.as_ref().ok_or(DeskError::Locked)?;
        if !engine.status().problem.is_some_and(|problem| problem.error.wants_sign_in()) {
            return Err(DeskError::AlreadySignedIn);
        }
        let held = Arc::new(HeldTokens::default());
        let client = open.client.with_store(Arc::clone(&held) as Arc<dyn TokenStore>);
        let password = std::mem::take(&mut request.password);
        // Not as a transition: locking need not wait for a server.
        let signed_in = self.ask_to_sign_in(&client, &request.email, password, Some(open.profile.studio.id)).await?;
        let (studio, member) = (signed_in.studio.id, signed_in.member.id);
        if (studio, member) != (open.profile.studio.id, open.profile.member.id) {
            end_unwanted(&client).await;
            return Err(DeskError::AnotherMember);
        }
        let _transition = self.inner.transition.lock().await;
        // Locked meanwhile, or signed out.
        if !self.open().is_ok_and(|now| Arc::ptr_eq(&now, &open)) {
            end_unwanted(&client).await;
            return Err(DeskError::Locked);
        }
        let tokens = held.load().ok().flatten().ok_or(DeskError::SignedOut)?;
        // Where they can't be kept the new session is left alone, not ended: a vault that fails may have kept them all the
        // same, and with tokens of a session that somebody ended this computer would be erased.
        open.client.adopt(tokens).await?;
        engine.wake();
        Ok(())
    }
}

/// Best effort: the error to tell is another one.
async fn end_unwanted(client: &ApiClient) {
    let _ = tokio::time::timeout(TELL_SERVER, client.sign_out()).await;
}
