//! The query of a path: what is wrong with one is told by parameter, never by content.

use std::collections::HashSet;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::error::ApiError;

/// Parameters read from the query.
pub(crate) struct QueryParams<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut seen = HashSet::new();
    if let Some((twice, _)) = pairs.into_iter().find(|(name, _)| !seen.insert(name.clone())) {
        return Err(ApiError::invalid(twice, "is there twice"));
    }
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(|error| {
        let path = error.path().to_string();
        ApiError::InvalidInput { field: (path != ".").then_some(path), problem: "is not what it has to be" }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        cursor: Option<String>,
        limit: Option<u32>,
    }

    fn field(query: &str) -> Option<String> {
        match parse::<Example>(query) {
            Err(ApiError::InvalidInput { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let example: Example = parse("limit=7&cursor=a%20b").expect("fine");
        assert_eq!((example.cursor.as_deref(), example.limit), (Some("a b"), Some(7)));
        assert_eq!(field("limit=many").as_deref(), Some("limit"));
        assert_eq!(field("limits=7").as_deref(), Some("limits"));
        assert_eq!(field("cursor=a&cursor=b").as_deref(), Some("cursor"));
    }
}
