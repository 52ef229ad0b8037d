//! One file a table, or a table and those that only serve it: how rows are written and read back.

pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod chain;
pub(crate) mod conflict;
pub(crate) mod contact_key;
pub(crate) mod conversation;
pub(crate) mod conversation_base;
pub(crate) mod custom_field;
pub(crate) mod draft;
pub(crate) mod identity;
pub(crate) mod lead;
pub(crate) mod lead_base;
pub(crate) mod lead_edit;
pub(crate) mod message;
pub(crate) mod outbox;
pub(crate) mod own_message;
pub(crate) mod read_mark;
pub(crate) mod reference;
pub(crate) mod saved_view;
pub(crate) mod setting;
pub(crate) mod stage_event;
pub(crate) mod studio;
pub(crate) mod sync_state;
pub(crate) mod unreadable;

use domain::{
    ConversationId, CustomFieldId, InvoiceId, LeadId, MemberId, MessageId, OperationId, StageEventId, StageId, StudioId,
};
use rusqlite::Row;

use crate::StoreError;
use crate::code::Code;

/// An id as a row holds it.
pub(crate) trait FromBlob: Sized {
    fn from_blob(bytes: &[u8]) -> Result<Self, StoreError>;
}

macro_rules! from_blob {
    ($($id:ty),+) => {$(
        impl FromBlob for $id {
            fn from_blob(bytes: &[u8]) -> Result<Self, StoreError> {
                Self::from_slice(bytes).map_err(|_| StoreError::Damaged)
            }
        }
    )+};
}
from_blob!(
    StudioId,
    MemberId,
    domain::DeviceId,
    LeadId,
    StageId,
    StageEventId,
    OperationId,
    ConversationId,
    MessageId,
    InvoiceId,
    CustomFieldId
);

/// The id in a column.
pub(crate) fn id<T: FromBlob>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    T::from_blob(row.get_ref(column)?.as_blob().map_err(|_| StoreError::Damaged)?)
}

/// The id in a column that may be null.
pub(crate) fn find_id<T: FromBlob>(row: &Row<'_>, column: usize) -> Result<Option<T>, StoreError> {
    let bytes = row.get_ref(column)?.as_blob_or_null().map_err(|_| StoreError::Damaged)?;
    bytes.map(T::from_blob).transpose()
}

/// The enum in a column.
pub(crate) fn code<T: Code>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    T::from_code(row.get(column)?)
}

/// What a column holds as JSON.
pub(crate) fn json_in<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(|_| StoreError::Damaged)?;
    serde_json::from_str(text).map_err(|_| StoreError::Damaged)
}

/// What goes into such a column.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("what rows hold is made of strings and numbers")
}

/// A count in a column; a count below zero is damage.
pub(crate) fn count(row: &Row<'_>, column: usize) -> Result<u64, StoreError> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| StoreError::Damaged)
}
