//! The refusals that operations have in common, each a component of the document that operations refer to.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, Ref, RefOr};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $status:literal [$($header:ident),*] $text:literal;)+) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let name = stringify!($name);
                    [($status.to_owned(), Ref::from_response_name(name).into())].into()
                }
            }
        )+

        /// Every refusal by the name it is referred to.
        pub(super) fn components() -> impl Iterator<Item = (String, RefOr<Response>)> {
            [$((stringify!($name), refusal($text, &[$($header),*]))),+]
                .into_iter()
                .map(|(name, response)| (name.to_owned(), RefOr::T(response)))
        }
    };
}

refusals! {
    /// Whoever has no live session; [`crate::auth::Caller`] refuses them.
    Unauthorized "401" [CHALLENGE]
        "Not signed in (any more). `token_expired`: refresh and try again. `session_expired`: there \
         is no such session, sign in again. `session_revoked`: somebody ended it; erase what is kept, then sign in again.";
    /// A role that may not; [`crate::auth::Caller::require`] refuses it. Or cookies of which [`crate::auth::Browser`]
    /// can't tell that a page of ours sent them.
    Forbidden "403" [] "`forbidden`: this member's role may not; or cookies came, not from a page of this server.";
    NotFound "404" [] "`not_found`: there is no such thing, or not in this member's sight.";
    /// Something about the studio that stands against it.
    StandsAgainst "409" []
        "`last_owner`: a studio keeps one. `already_member`, `already_invited`: that address. `mail_not_configured`: this server sends no mail.";
    /// What takes too long to read or to answer.
    TimedOut "408" [] "`internal`: the request did not arrive, or could not be answered, in 30 seconds.";
    CursorInvalid "410" []
        "`cursor_invalid`: this server never issued it, or only before its data was put back. Start over with none.";
    /// A body past its route's limit.
    TooLarge "413" [] "`too_large`: the body is larger than this route takes.";
    /// A body or a parameter that is not what the document says.
    InvalidInput "422" [] "`invalid_input`: the request is not what it has to be; `field` names what, where one is at fault.";
    TooManyRequests "429" [RETRY_AFTER] "`too_many_requests`: slow down, for as long as `retry_after_s` says.";
    /// A panic, or a database that answers nonsense.
    Failed "500" [] "`internal`: the server failed. Quote the `request_id`.";
    /// A database that is away.
    Unavailable "503" [RETRY_AFTER] "`internal`: the server can't answer just now. Try again after `retry_after_s`.";
}

/// A header of a refusal: name, what it says, what kind of value.
type RefusalHeader = (&'static str, &'static str, Type);

const CHALLENGE: RefusalHeader = ("www-authenticate", "The challenge, where a token was refused.", Type::String);
const RETRY_AFTER: RefusalHeader = ("retry-after", "Seconds to wait.", Type::Integer);

fn refusal(text: &str, headers: &[RefusalHeader]) -> Response {
    let body = Content::new(Some(Ref::from_schema_name("ApiErrorBody")));
    let response = ResponseBuilder::new().description(text).content("application/json", body);
    headers.iter().fold(response, |response, header| response.header(header.0, describe(header))).build()
}

fn describe((_, text, kind): &RefusalHeader) -> Header {
    HeaderBuilder::new().description(Some(*text)).schema(Some(ObjectBuilder::new().schema_type(kind.clone()))).build()
}
