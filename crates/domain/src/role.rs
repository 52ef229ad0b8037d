//! Who may do what (requirement A2). Written once; the server enforces it, the client mirrors it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::MemberId;

/// What a member is at a studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Role {
    /// Runs the technical side: everything an owner may, but for what is done to owners.
    Admin,
    /// Answers for the studio and its data.
    Owner,
    /// Runs the team: all leads, export, bulk actions.
    Manager,
    /// Sells: their own leads and the unassigned pool.
    Sales,
}

/// Something a route or a control needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Permission {
    /// Read leads and conversations within one's sight.
    ReviewLeads,
    /// Change a lead within one's sight.
    EditLeads,
    /// Change many leads in one act (A2). On the server each of them is an edit like any other.
    BulkEditLeads,
    /// Delete a lead within one's sight, with all that hangs on it (B5).
    DeleteLeads,
    /// Write leads to a file (E1).
    ExportLeads,
    /// See what the studio pays: plan, status, invoices (A11).
    ViewBilling,
    /// See who is a member, invite and remove people and change roles, within the rules of [`crate::check_invite`] and
    /// its kin.
    ManageMembers,
    /// Define the fields that leads of the studio have besides (B2).
    ManageFields,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 8] = [
        Self::ReviewLeads,
        Self::EditLeads,
        Self::BulkEditLeads,
        Self::DeleteLeads,
        Self::ExportLeads,
        Self::ViewBilling,
        Self::ManageMembers,
        Self::ManageFields,
    ];
}

impl Role {
    /// Every role, in falling order of rights.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Owner, Self::Manager, Self::Sales];

    /// What this role holds, for a client that mirrors it.
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.allows(*permission)).collect()
    }

    /// Whether `me` in this role may add a lead of `owner`, or of nobody: a seller's own and the pool's.
    pub fn may_add_for(self, me: MemberId, owner: Option<MemberId>) -> bool {
        match self {
            Self::Admin | Self::Owner | Self::Manager => true,
            Self::Sales => owner.is_none_or(|owner| owner == me),
        }
    }

    /// Whether this role holds `permission`.
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::ReviewLeads | Permission::EditLeads => true,
            // Deleting takes a lead's whole history with it. Lead by lead it could empty the pool, which is the bulk
            // action that A2 keeps for managers.
            Permission::BulkEditLeads
            | Permission::DeleteLeads
            | Permission::ExportLeads
            | Permission::ManageFields => match self {
                Self::Admin | Self::Owner | Self::Manager => true,
                Self::Sales => false,
            },
            // What the studio pays is between those who answer for it and the platform; so is who works there.
            Permission::ViewBilling | Permission::ManageMembers => match self {
                Self::Admin | Self::Owner => true,
                Self::Manager | Self::Sales => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role};
    use crate::MemberId;

    /// A permission that is added is added to [`Permission::ALL`], too: this does not compile before its place is told.
    #[test]
    fn every_permission_is_among_all() {
        let place = |permission| match permission {
            Permission::ReviewLeads => 0,
            Permission::EditLeads => 1,
            Permission::BulkEditLeads => 2,
            Permission::DeleteLeads => 3,
            Permission::ExportLeads => 4,
            Permission::ViewBilling => 5,
            Permission::ManageMembers => 6,
            Permission::ManageFields => 7,
        };
        assert!(Permission::ALL.into_iter().map(place).eq(0..Permission::ALL.len()));
    }

    #[test]
    fn a_seller_adds_leads_of_their_own_and_of_nobody() {
        let [me, other] = [1, 2].map(|n| MemberId::from_uuid(uuid::Uuid::from_u128(n)));
        for role in Role::ALL {
            assert!(role.may_add_for(me, None) && role.may_add_for(me, Some(me)), "{role:?}");
            assert_eq!(role.may_add_for(me, Some(other)), role != Role::Sales, "{role:?}");
        }
    }

    /// The matrix of A2, by role: review, edit, edit many, delete, export, billing, members, fields.
    #[test]
    fn each_role_may_what_the_matrix_says() {
        for (role, may) in [
            (Role::Admin, [true, true, true, true, true, true, true, true]),
            (Role::Owner, [true, true, true, true, true, true, true, true]),
            (Role::Manager, [true, true, true, true, true, false, false, true]),
            (Role::Sales, [true, true, false, false, false, false, false, false]),
        ] {
            assert_eq!(Permission::ALL.map(|permission| role.allows(permission)), may, "{role:?}");
            assert_eq!(role.permissions().len(), may.into_iter().filter(|may| *may).count(), "{role:?}");
        }
    }
}
