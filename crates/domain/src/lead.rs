//! Leads (B2) and where they came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, SchemaType, Type};

use crate::custom::{described_changes, described_new_values, described_values};
use crate::{CustomFieldId, CustomValue, CustomValues, LeadId, MemberId, Permission, Phone, StageId, UnixMs};

/// The door a lead came in by (B1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Source {
    Manual,
    CsvImport,
    CaptureForm,
    Webhook,
    MetaLeadAd,
    GoogleLeadForm,
    GoogleSheet,
    /// The lead wrote first, on a messaging channel.
    Message,
    Referral,
}

/// Whether a lead is worked on (B5), in the order of how far it is from that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LeadState {
    #[default]
    Active,
    /// Out of the lists, for good or until somebody wants it back.
    Archived,
    /// To be erased; until then it can be restored.
    Deleted,
}

impl LeadState {
    /// What one needs to bring a lead from one state to another.
    pub const fn permission(from: Self, to: Self) -> Permission {
        match (from, to) {
            (Self::Deleted, _) | (_, Self::Deleted) => Permission::DeleteLeads,
            (Self::Active | Self::Archived, Self::Active | Self::Archived) => Permission::EditLeads,
        }
    }
}

/// One touch of attribution: what was known of the visit. All of it is text from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(default)]
#[ts(export)]
pub struct Touch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_medium: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_term: Option<String>,
    /// Google's click id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gclid: Option<String>,
    /// Meta's click id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fbclid: Option<String>,
    /// Click-to-WhatsApp ad's click id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctwa_clid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ad: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Who sent them, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referred_by: Option<String>,
}

/// A person who enquired.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Lead {
    pub id: LeadId,
    /// Hostile text, as everything a lead typed.
    pub name: String,
    #[schema(required)]
    pub email: Option<String>,
    #[schema(required)]
    pub phone: Option<Phone>,
    pub stage_id: StageId,
    #[schema(required)]
    pub owner_id: Option<MemberId>,
    pub source: Source,
    /// The campaign of the last touch, as shown in lists.
    #[schema(required)]
    pub campaign: Option<String>,
    pub tags: Vec<String>,
    pub notes: String,
    /// Expected value in hundredths of the studio's currency.
    #[schema(required)]
    pub value_minor: Option<i64>,
    pub state: LeadState,
    /// What the studio asks besides.
    #[serde(default)]
    #[schema(required, schema_with = described_values)]
    pub custom: CustomValues,
    pub first_touch: Touch,
    pub last_touch: Touch,
    pub created_at: UnixMs,
    pub updated_at: UnixMs,
    /// The newest of: creation, message, stage move, edit.
    pub last_activity_at: UnixMs,
}

/// Written by hand: a lead's name, number or notes never reach a log.
impl std::fmt::Debug for Lead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lead").field("id", &self.id).field("stage_id", &self.stage_id).finish_non_exhaustive()
    }
}

/// A change to some fields of a lead. Absent fields stay as they are; a present `null` clears.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeadPatch {
    /// Not blank.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(
        max_length = 254,
        pattern = r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@.\s\x00-\x1f\x7f-\x9f]([^@\s\x00-\x1f\x7f-\x9f]*[^@.\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub email: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub phone: Option<Option<Phone>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_id: Option<StageId>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub owner_id: Option<Option<MemberId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = described_tags)]
    pub tags: Option<Vec<String>>,
    /// At most 65,536 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 65536, pattern = r"^[^\u0000]*$")]
    pub notes: Option<String>,
    /// In hundredths of the studio's currency.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(minimum = 0, maximum = 9007199254740991_i64)]
    pub value_minor: Option<Option<i64>>,
    /// To and from `deleted` only with the permission to delete leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<LeadState>,
    /// Of the studio's own fields those that change; a present `null` clears.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = described_changes)]
    pub custom: BTreeMap<CustomFieldId, Option<CustomValue>>,
}

/// Written by hand: shows which fields change, never to what.
impl std::fmt::Debug for LeadPatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = [
            ("name", self.name.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
            ("stage_id", self.stage_id.is_some()),
            ("owner_id", self.owner_id.is_some()),
            ("tags", self.tags.is_some()),
            ("notes", self.notes.is_some()),
            ("value_minor", self.value_minor.is_some()),
            ("state", self.state.is_some()),
            ("custom", !self.custom.is_empty()),
        ];
        f.debug_set().entries(named.iter().filter(|(_, set)| *set).map(|(name, _)| name)).finish()
    }
}

/// A lead that a member adds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct NewLead {
    /// Not blank; at most 200 characters.
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<Phone>,
    pub stage_id: StageId,
    /// Absent: the pool.
    pub owner_id: Option<MemberId>,
    pub source: Source,
    pub tags: Vec<String>,
    /// At most 65,536 bytes.
    pub notes: String,
    /// In hundredths of the studio's currency.
    pub value_minor: Option<i64>,
    /// What the studio asks besides.
    #[serde(default)]
    #[schema(schema_with = described_new_values)]
    pub custom: CustomValues,
    /// Where it came from, as far as whoever adds it knows.
    #[serde(default)]
    pub first_touch: Touch,
}

/// Written by hand: a lead's name, number or notes never reach a log.
impl std::fmt::Debug for NewLead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLead").field("stage_id", &self.stage_id).finish_non_exhaustive()
    }
}

impl NewLead {
    /// The fields that can be edited later, too.
    pub(crate) fn as_patch(&self) -> LeadPatch {
        LeadPatch {
            name: Some(self.name.clone()),
            email: Some(self.email.clone()),
            phone: Some(self.phone.clone()),
            stage_id: Some(self.stage_id),
            owner_id: Some(self.owner_id),
            tags: Some(self.tags.clone()),
            notes: Some(self.notes.clone()),
            value_minor: Some(self.value_minor),
            state: None,
            custom: self.custom.iter().map(|(id, value)| (*id, Some(value.clone()))).collect(),
        }
    }

    /// The lead it becomes.
    pub fn into_lead(self, id: LeadId, created_at: UnixMs) -> Lead {
        let Self { name, email, phone, stage_id, owner_id, source, tags, notes, value_minor, custom, first_touch } =
            self;
        Lead {
            id,
            name,
            email,
            phone,
            stage_id,
            owner_id,
            source,
            campaign: first_touch.campaign.clone(),
            tags,
            notes,
            value_minor,
            state: LeadState::Active,
            custom,
            last_touch: first_touch.clone(),
            first_touch,
            created_at,
            updated_at: created_at,
            last_activity_at: created_at,
        }
    }
}

impl Lead {
    /// The lead with what the patch says.
    #[must_use]
    pub fn patched(mut self, patch: LeadPatch) -> Self {
        let LeadPatch { name, email, phone, stage_id, owner_id, tags, notes, value_minor, state, custom } = patch;
        self.name = name.unwrap_or(self.name);
        self.email = email.unwrap_or(self.email);
        self.phone = phone.unwrap_or(self.phone);
        self.stage_id = stage_id.unwrap_or(self.stage_id);
        self.owner_id = owner_id.unwrap_or(self.owner_id);
        self.tags = tags.unwrap_or(self.tags);
        self.notes = notes.unwrap_or(self.notes);
        self.value_minor = value_minor.unwrap_or(self.value_minor);
        self.state = state.unwrap_or(self.state);
        for (id, value) in custom {
            match value {
                Some(value) => self.custom.insert(id, value),
                None => self.custom.remove(&id),
            };
        }
        self
    }
}

/// What the derive can't say of tags: what holds of each of them.
fn described_tags() -> Array {
    let tag = Object::builder().schema_type(Type::String).min_length(Some(1)).max_length(Some(60));
    let tags = ArrayBuilder::new().schema_type(SchemaType::from_iter([Type::Array, Type::Null]));
    tags.items(tag.pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")))
        .max_items(Some(50))
        .unique_items(true)
        .description(Some("All of them, each not blank."))
        .build()
}

/// Tells an absent field (outer `None`, by `#[serde(default)]`) from a `null` one.
fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::LeadPatch;

    #[test]
    fn a_patch_tells_absent_from_cleared() {
        let patch: LeadPatch = serde_json::from_str(r#"{"email":null}"#).expect("valid patch");
        assert_eq!(patch.email, Some(None));
        assert_eq!(patch.phone, None);
    }

    #[test]
    fn a_patch_refuses_fields_it_does_not_know() {
        assert!(serde_json::from_str::<LeadPatch>(r#"{"revision":3}"#).is_err());
    }

    #[test]
    fn debug_shows_field_names_only() {
        let patch: LeadPatch = serde_json::from_str(r#"{"name":"Nora","notes":"secret"}"#).expect("valid patch");
        assert_eq!(format!("{patch:?}"), r#"{"name", "notes"}"#);
    }
}
