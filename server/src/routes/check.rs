//! What texts from outside have to be before anybody works with them (A7). Refusals name the field, and never
//! say what was in it.

use crate::error::ApiError;

/// One line that people read: no longer than `max` characters, and nothing in it that is not to be seen.
///
/// # Errors
/// [`ApiError::InvalidInput`].
pub(super) fn line(field: impl Into<String>, text: &str, max: usize) -> Result<(), ApiError> {
    if text.chars().count() > max {
        return Err(ApiError::invalid(field, "is too long"));
    }
    if text.chars().any(char::is_control) {
        return Err(ApiError::invalid(field, "holds a control character"));
    }
    Ok(())
}

/// The same, and something in it.
///
/// # Errors
/// [`ApiError::InvalidInput`].
pub(super) fn filled_line(field: impl Into<String>, text: &str, max: usize) -> Result<(), ApiError> {
    if text.trim().is_empty() {
        return Err(ApiError::invalid(field, "is empty"));
    }
    line(field, text, max)
}

/// Text of any number of lines: no longer than `max` bytes, and without the one character that can't be stored.
///
/// # Errors
/// [`ApiError::InvalidInput`].
pub(super) fn text(field: impl Into<String>, text: &str, max: usize) -> Result<(), ApiError> {
    if text.len() > max {
        return Err(ApiError::invalid(field, "is too long"));
    }
    if text.contains('\0') {
        return Err(ApiError::invalid(field, "holds the character U+0000, which can't be stored"));
    }
    Ok(())
}
