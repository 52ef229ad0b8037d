//! Who may do what (requirement A2). Written once; the server enforces it, the client mirrors it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a member is at a studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Role {
    /// Runs the technical side: everything an owner may.
    Admin,
    /// Answers for the studio and its data.
    Owner,
    /// Runs the team: all leads, export, bulk actions.
    Manager,
    /// Sells: their own leads and the unassigned pool.
    Sales,
}

/// Something a route or a control needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Permission {
    /// Read leads and conversations within one's sight.
    ReviewLeads,
    /// Change a lead within one's sight.
    EditLeads,
    /// Write leads to a file (E1).
    ExportLeads,
}

impl Role {
    /// Every role, in falling order of rights.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Owner, Self::Manager, Self::Sales];

    /// Whether this role holds `permission`.
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::ReviewLeads | Permission::EditLeads => true,
            Permission::ExportLeads => match self {
                Self::Admin | Self::Owner | Self::Manager => true,
                Self::Sales => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role};

    #[test]
    fn only_sales_may_not_export() {
        let may: Vec<Role> = Role::ALL.into_iter().filter(|r| r.allows(Permission::ExportLeads)).collect();
        assert_eq!(may, [Role::Admin, Role::Owner, Role::Manager]);
    }
}
