//! The studio's own fields of leads: `GET /v1/custom-fields` → [`CustomFieldList`] ·
//! `PUT /v1/custom-fields/{field_id}` with a [`domain::CustomFieldForm`] → [`domain::CustomField`].

use domain::CustomField;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every field that the studio defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomFieldList {
    /// In their order, those put away included.
    pub fields: Vec<CustomField>,
}
