//! The API's description (OpenAPI 3.1), generated from the code that answers.
//!
//! An operation is described beside its handler (`#[utoipa::path]`), a body beside its type in `wire` and `domain`, a
//! refusal once in [`refusals`]. Here is what all operations have in common: who is told of a refusal that an extractor
//! or a layer gives, and how the document is written. Never describes a single route.

mod page;
mod refusals;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use axum::http::HeaderValue;
use bytes::Bytes;
use serde_json::Value;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa::{IntoResponses, OpenApi as _};
use utoipa_axum::router::OpenApiRouter;

pub(crate) use refusals::{
    CursorInvalid, Failed, Forbidden, InvalidInput, NotFound, StandsAgainst, TimedOut, TooLarge, TooManyRequests,
    Unauthorized, Unavailable,
};

/// Names of the security schemes.
const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Frontdesk API", version = "1", description = include_str!("introduction.md"), license(identifier = "AGPL-3.0-only")),
    // Whoever forgets it describes a route as closed, not as open.
    security(("bearer" = []), ("cookie" = [])),
    tags(
        (name = "auth", description = "Signing in, staying signed in, signing out"),
        (name = "sync", description = "The change feed, and hints that there is something in it"),
        (name = "presence", description = "Who looks at which lead right now"),
        (name = "leads", description = "People who enquired"),
        (name = "custom_fields", description = "What a studio wants to know of its leads besides"),
        (name = "conversations", description = "What was said"),
        (name = "devices", description = "Where a member is signed in"),
        (name = "members", description = "Who works at the studio, and as what"),
        (name = "invitations", description = "Becoming a member"),
        (name = "audit", description = "Privileged acts on devices"),
        (name = "server", description = "The server itself"),
    ),
    components(schemas(wire::ApiErrorBody)),
)]
struct Common;

/// An empty router whose document has what all routes share.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> OpenApiRouter<S> {
    let mut document = Common::openapi();
    let components = document.components.get_or_insert_with(Components::new);
    components.responses.extend(refusals::components());
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let scheme = scheme.description(Some("The `access_token` of a sign-in or a refresh."));
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme.build()));
    let text = "The access token of a session in cookies. The browser keeps it; on plain http without its prefix.";
    let cookie = ApiKeyValue::with_description("__Host-frontdesk-access", text);
    components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    OpenApiRouter::with_openapi(document)
}

/// Tells of every operation so far that a layer around it may answer `R`. Stands beside that layer.
pub(crate) fn may_answer<R: IntoResponses, S: Clone + Send + Sync + 'static>(
    mut routes: OpenApiRouter<S>,
) -> OpenApiRouter<S> {
    for_each_operation(routes.get_openapi_mut(), add::<R>);
    routes
}

/// The finished document of `routes`, on which nothing is left to be told: what extractors may refuse is added, and each
/// operation gets an id that no other has, its noun before its verb.
pub(crate) fn document<S: Clone + Send + Sync + 'static>(routes: OpenApiRouter<S>) -> Value {
    let mut document = routes.into_openapi();
    for_each_operation(&mut document, |operation| {
        if !is_open(operation) {
            add::<Unauthorized>(operation);
            // Cookies from another site's page, or with a bearer.
            add::<Forbidden>(operation);
            add::<InvalidInput>(operation);
        }
        if operation.request_body.is_some() {
            add::<TooLarge>(operation);
        }
        if operation.request_body.is_some() || operation.parameters.is_some() {
            add::<InvalidInput>(operation);
        }
        let noun = operation.tags.iter().flatten().next().map_or("", String::as_str);
        operation.operation_id = operation.operation_id.as_ref().map(|verb| format!("{noun}_{verb}"));
    });
    let mut document = serde_json::to_value(&document).expect("a document is made of maps, lists and strings");
    tidy(&mut document);
    document
}

/// Whether nobody has to be signed in for it.
fn is_open(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(|wanted| wanted.iter().all(|one| *one == Default::default()))
}

/// What the operation says of a status itself, stays.
fn add<R: IntoResponses>(operation: &mut Operation) {
    for (status, response) in R::responses() {
        operation.responses.responses.entry(status).or_insert(response);
    }
}

fn for_each_operation(document: &mut OpenApi, mut change: impl FnMut(&mut Operation)) {
    for PathItem { get, put, post, delete, options, head, patch, trace, .. } in document.paths.paths.values_mut() {
        for operation in [get, put, post, delete, options, head, patch, trace] {
            operation.iter_mut().for_each(&mut change);
        }
    }
}

/// Takes out what is true of the Rust only. Our doc comments link to items (`` [`Lead`] ``). `null` as a default says that
/// a field left out is a field cleared, which of a patch is wrong, and of all else says nothing. And of two types that an
/// answer may be of, the one with fewer fields reads the other too: it is of any of them, not of exactly one. But where the
/// one field of an object says which of several it is, there is no other field.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, field| name != "default" || !field.is_null());
            if fields.get("oneOf").and_then(Value::as_array).is_some_and(|forms| forms.iter().all(is_reference))
                && let Some(forms) = fields.remove("oneOf")
            {
                fields.insert("anyOf".to_owned(), forms);
            }
            let choices = fields.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten();
            for choice in choices.filter_map(Value::as_object_mut) {
                let has_one = |name| match choice.get(name) {
                    Some(Value::Array(items)) => items.len() == 1,
                    Some(Value::Object(fields)) => fields.len() == 1,
                    _ => false,
                };
                if has_one("properties") && has_one("required") {
                    choice.insert("additionalProperties".to_owned(), Value::Bool(false));
                }
            }
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == "description" || name == "summary" => {
                        *text = text.replace("[`", "`").replace("`]", "`");
                    }
                    field => tidy(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_reference(schema: &Value) -> bool {
    schema.get("$ref").is_some()
}

/// What the server tells of itself.
pub(crate) struct Description {
    pub(crate) json: Bytes,
    /// The same to read, in HTML.
    pub(crate) page: Bytes,
    /// The policy under which the page may be shown.
    pub(crate) page_policy: HeaderValue,
}

/// Made once: it depends on the code alone.
pub(crate) static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    let document = document(crate::router::routes());
    let page_policy = HeaderValue::try_from(page::content_security_policy()).expect("a policy is printable ASCII");
    Description { json: document.to_string().into(), page: page::render(&document).into(), page_policy }
});
