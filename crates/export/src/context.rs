//! What is the same for every row of an export.

use chrono_tz::Tz;
use domain::CustomField;

use crate::ExportError;

/// The studio's settings that decide how values are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportContext {
    /// Times are written in this zone.
    pub time_zone: Tz,
    /// ISO 4217 code beside every value.
    pub currency: String,
    /// Start a CSV file with U+FEFF, for spreadsheets that otherwise guess the encoding. Off by default.
    pub byte_order_mark: bool,
    /// The studio's own fields: a column each, after all others, those put away included.
    pub fields: Vec<CustomField>,
}

impl ExportContext {
    /// From the studio's IANA time zone name and its currency.
    ///
    /// # Errors
    /// [`ExportError::UnknownTimeZone`].
    pub fn new(time_zone: &str, currency: &str) -> Result<Self, ExportError> {
        Ok(Self {
            time_zone: time_zone.parse().map_err(|_| ExportError::UnknownTimeZone)?,
            currency: currency.to_owned(),
            byte_order_mark: false,
            fields: Vec::new(),
        })
    }
}
