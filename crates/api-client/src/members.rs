//! The calls about members and invitations.

use domain::{InvitationId, Member, MemberId, Role};
use reqwest::Method;
use wire::invitation::{Invitation, InvitationList, NewInvitation};
use wire::member::{ChangeRole, MemberList};

use crate::{ApiClient, ApiFailure};

impl ApiClient {
    /// Everyone who is a member now, by name.
    ///
    /// # Errors
    /// `forbidden`, and any [`crate::FailureKind`].
    pub async fn members(&self) -> Result<Vec<Member>, ApiFailure> {
        let answer = self.with_access(|http| http.request(Method::GET, &["v1", "members"])).await?;
        Ok(answer.json::<MemberList>().await?.members)
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// `forbidden`, `last_owner`, `not_found`, and any [`crate::FailureKind`].
    pub async fn change_role(&self, id: MemberId, role: Role) -> Result<Member, ApiFailure> {
        let (id, change) = (id.to_string(), ChangeRole { role });
        let build = |http: &crate::http::Http| http.request(Method::PATCH, &["v1", "members", &id]).json(&change);
        self.with_access(build).await?.json().await
    }

    /// Removes a member from the studio.
    ///
    /// # Errors
    /// `forbidden`, `last_owner`, `not_found`, and any [`crate::FailureKind`].
    pub async fn remove_member(&self, id: MemberId) -> Result<(), ApiFailure> {
        let id = id.to_string();
        self.with_access(|http| http.request(Method::DELETE, &["v1", "members", &id])).await?.nothing()
    }

    /// The invitations that nobody has accepted or withdrawn, and whether the server can send any.
    ///
    /// # Errors
    /// `forbidden`, and any [`crate::FailureKind`].
    pub async fn invitations(&self) -> Result<InvitationList, ApiFailure> {
        self.with_access(|http| http.request(Method::GET, &["v1", "invitations"])).await?.json().await
    }

    /// Invites somebody.
    ///
    /// # Errors
    /// `forbidden`, `already_member`, `already_invited`, `mail_not_configured`, `invalid_input`, and any
    /// [`crate::FailureKind`].
    pub async fn invite(&self, invitation: &NewInvitation) -> Result<Invitation, ApiFailure> {
        let build = |http: &crate::http::Http| http.request(Method::POST, &["v1", "invitations"]).json(invitation);
        self.with_access(build).await?.json().await
    }

    /// Has a new link mailed, in the place of the one before.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `too_many_requests` within a minute of the last time, and any [`crate::FailureKind`].
    pub async fn send_invitation(&self, id: InvitationId) -> Result<Invitation, ApiFailure> {
        let id = id.to_string();
        self.with_access(|http| http.request(Method::POST, &["v1", "invitations", &id, "send"])).await?.json().await
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, and any [`crate::FailureKind`].
    pub async fn withdraw_invitation(&self, id: InvitationId) -> Result<(), ApiFailure> {
        let id = id.to_string();
        self.with_access(|http| http.request(Method::DELETE, &["v1", "invitations", &id])).await?.nothing()
    }
}
