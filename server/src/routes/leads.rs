//! Leads: changing and deleting one.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Lead, LeadId, LeadPatch, Permission};

use super::body::{self, JsonBody};
use super::check;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::openapi;
use crate::state::AppState;

/// Changes some fields of a lead
///
/// What is absent stays as it is; `null` clears. All of it is done, or nothing.
#[utoipa::path(patch, path = "/v1/leads/{lead_id}", tag = "leads", params(("lead_id" = LeadId, Path)),
    request_body = LeadPatch,
    responses((status = 200, description = "The lead as it is now", body = Lead), openapi::Forbidden, openapi::NotFound))]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    JsonBody(patch): JsonBody<LeadPatch>,
) -> Result<Json<Lead>, ApiError> {
    caller.require(Permission::EditLeads)?;
    let lead_id: LeadId = body::id(path)?;
    check_patch(&patch)?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    let lead = tenant.patch_lead(lead_id, patch, caller.member_id, caller.sight(), state.clock.now()).await?;
    Ok(Json(lead))
}

/// Deletes a lead with all that hangs on it
#[utoipa::path(delete, path = "/v1/leads/{lead_id}", tag = "leads", params(("lead_id" = LeadId, Path)),
    responses((status = 204, description = "Deleted"), openapi::Forbidden, openapi::NotFound))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::DeleteLeads)?;
    let lead_id: LeadId = body::id(path)?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    tenant.delete_lead(lead_id, caller.sight()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What can be told wrong without asking the studio.
pub(super) fn check_patch(patch: &LeadPatch) -> Result<(), ApiError> {
    let LeadPatch { name, email, phone: _, stage_id: _, owner_id: _, tags, notes, value_minor } = patch;
    if let Some(name) = name {
        check::filled_line("name", name, limits::NAME_CHARS)?;
    }
    if let Some(Some(email)) = email
        && !is_email(email)
    {
        return Err(ApiError::invalid("email", "is not an e-mail address"));
    }
    if let Some(tags) = tags {
        if tags.len() > limits::TAGS {
            return Err(ApiError::invalid("tags", "are too many"));
        }
        let mut seen = std::collections::HashSet::new();
        for (index, tag) in tags.iter().enumerate() {
            check::filled_line(format!("tags[{index}]"), tag, limits::TAG_CHARS)?;
            if !seen.insert(tag) {
                return Err(ApiError::invalid(format!("tags[{index}]"), "is there twice"));
            }
        }
    }
    if let Some(notes) = notes {
        check::text("notes", notes, limits::NOTES_BYTES)?;
    }
    if value_minor.flatten().is_some_and(|value| !(0..=limits::MAX_VALUE_MINOR).contains(&value)) {
        return Err(ApiError::invalid("value_minor", "is negative or too large"));
    }
    Ok(())
}

/// Whether the text has the form of an address: one `@` with something on both sides, no white space, no control
/// characters. Whether anybody reads it only a message could tell.
pub(crate) fn is_email(text: &str) -> bool {
    let form = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    form && text.len() <= limits::EMAIL_BYTES && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_checked_and_named() {
        let long = "x".repeat(limits::NOTES_BYTES + 1);
        let cases = [
            (LeadPatch { name: Some("  ".to_owned()), ..LeadPatch::default() }, "name"),
            (LeadPatch { name: Some("x".repeat(201)), ..LeadPatch::default() }, "name"),
            (LeadPatch { email: Some(Some("no address".to_owned())), ..LeadPatch::default() }, "email"),
            (LeadPatch { tags: Some(vec!["a".to_owned(); 51]), ..LeadPatch::default() }, "tags"),
            (LeadPatch { tags: Some(vec!["a".to_owned(), "a".to_owned()]), ..LeadPatch::default() }, "tags[1]"),
            (LeadPatch { tags: Some(vec!["a\0b".to_owned()]), ..LeadPatch::default() }, "tags[0]"),
            (LeadPatch { notes: Some(long), ..LeadPatch::default() }, "notes"),
            (LeadPatch { notes: Some("a\0b".to_owned()), ..LeadPatch::default() }, "notes"),
            (LeadPatch { name: Some("a\u{7}b".to_owned()), ..LeadPatch::default() }, "name"),
            (LeadPatch { value_minor: Some(Some(-1)), ..LeadPatch::default() }, "value_minor"),
        ];
        for (patch, expected) in cases {
            match check_patch(&patch) {
                Err(ApiError::InvalidInput { field, .. }) => assert_eq!(field.as_deref(), Some(expected)),
                other => panic!("{expected}: {other:?}"),
            }
        }
        let cleared = LeadPatch { email: Some(None), value_minor: Some(None), ..LeadPatch::default() };
        assert!(check_patch(&cleared).is_ok());
    }

    #[test]
    fn addresses_have_a_form() {
        for good in ["nora@example.org", "nora+tag@mail.example.org", "ñora@bücher.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "@", "nora", "nora@", "@example.org", "a@b@c", "a b@c", "a@.org", "a@org.", "a@b\u{0}c"] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
