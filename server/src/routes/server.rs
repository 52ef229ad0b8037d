//! The server itself: whether it is up, and what it answers.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;

use crate::openapi::{DESCRIPTION, Description};

/// Whether the server is up
///
/// It does not ask the database, so that a load balancer does not take all servers out for what none of them can help.
#[utoipa::path(get, path = "/v1/health", tag = "server", security(()),
    responses((status = 204, description = "It is")))]
pub(crate) async fn health() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// This document
#[utoipa::path(get, path = "/v1/openapi.json", tag = "server", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(crate) async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION.json.clone())
}

/// This document, to read
#[utoipa::path(get, path = "/v1/docs", tag = "server", security(()),
    responses((status = 200, description = "A page without scripts", body = String, content_type = "text/html")))]
pub(crate) async fn docs() -> impl IntoResponse {
    let Description { page, page_policy, .. } = &*DESCRIPTION;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, page_policy.clone())], page.clone())
}
