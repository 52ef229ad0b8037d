//! Sessions in cookies: for browsers, which have no place for a token that a script can't read (A3, `docs/adr/0009`).
//!
//! A browser sends cookies with whatever asks for this server, a page of somebody else's included. So a cookie speaks
//! for its member only where the request shows that it comes from a page of this very server: [`Browser::is_own_page`].

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::AppendHeaders;
use wire::CSRF_HEADER;
use wire::auth::{SessionForm, Tokens};

use super::{ACCESS_TOKEN_LIFETIME_S, SESSION_IDLE_MS};
use crate::error::ApiError;
use crate::state::AppState;

/// Set by the browser itself; no script can.
const FETCH_SITE: &str = "sec-fetch-site";

/// What the two cookies are called. A browser takes a `__Host-` cookie only with `Secure`, for this host alone and
/// its whole path, so that no subdomain can plant one. Without TLS, which is for loopback only, it would not take it.
struct Names {
    access: &'static str,
    refresh: &'static str,
    attributes: &'static str,
}

const fn names(is_tls: bool) -> Names {
    if is_tls {
        Names {
            access: "__Host-frontdesk-access",
            refresh: "__Host-frontdesk-refresh",
            attributes: "; Path=/; Secure; HttpOnly; SameSite=Lax",
        }
    } else {
        Names {
            access: "frontdesk-access",
            refresh: "frontdesk-refresh",
            attributes: "; Path=/; HttpOnly; SameSite=Lax",
        }
    }
}

/// Headers of an answer that set the session's cookies, or take them away.
pub(crate) type SetCookies = AppendHeaders<[(axum::http::HeaderName, HeaderValue); 2]>;

/// Puts the tokens into the browser, each for as long as it may be good.
///
/// # Errors
/// None in practice: tokens are letters, digits and a few signs.
pub(crate) fn keep(tokens: &Tokens, is_tls: bool) -> Result<SetCookies, ApiError> {
    let names = names(is_tls);
    set(
        [
            (names.access, &tokens.access_token, ACCESS_TOKEN_LIFETIME_S),
            (names.refresh, &tokens.refresh_token, SESSION_IDLE_MS.unsigned_abs() / 1_000),
        ],
        names.attributes,
    )
}

/// Takes them out of it.
pub(crate) fn clear(is_tls: bool) -> Result<SetCookies, ApiError> {
    let names = names(is_tls);
    set([(names.access, "", 0), (names.refresh, "", 0)], names.attributes)
}

fn set(cookies: [(&str, &str, u64); 2], attributes: &str) -> Result<SetCookies, ApiError> {
    let header = |(name, value, max_age_s): (&str, &str, u64)| {
        let mut header = HeaderValue::try_from(format!("{name}={value}; Max-Age={max_age_s}{attributes}"))
            .map_err(|error| ApiError::internal(error))?;
        header.set_sensitive(true);
        Ok::<_, ApiError>((axum::http::header::SET_COOKIE, header))
    };
    let [access, refresh] = cookies;
    Ok(AppendHeaders([header(access)?, header(refresh)?]))
}

/// What a request carries of a session in cookies, and where it comes from.
pub(crate) struct Browser {
    access: Found,
    refresh: Found,
    has_bearer: bool,
    is_own_page: bool,
}

/// A cookie of one of our names.
enum Found {
    None,
    One(String),
    /// Planted, one of them: by whom can't be told.
    Several,
}

/// Written by hand: the tokens stay out.
impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").field("is_own_page", &self.is_own_page).finish_non_exhaustive()
    }
}

impl Browser {
    pub(super) fn of(parts: &Parts, is_tls: bool) -> Self {
        let names = names(is_tls);
        Self {
            access: find(&parts.headers, names.access),
            refresh: find(&parts.headers, names.refresh),
            has_bearer: parts.headers.contains_key(AUTHORIZATION),
            is_own_page: is_own_page(parts, is_tls),
        }
    }

    fn has_cookies(&self) -> bool {
        !matches!((&self.access, &self.refresh), (Found::None, Found::None))
    }

    /// The access token in the cookies; nothing where there are no cookies of ours.
    ///
    /// # Errors
    /// The request carries a bearer as well, or a cookie twice, or does not come from a page of ours; or there is only
    /// the refresh token left, which is [`ApiError::TokenExpired`].
    pub(super) fn access_token(self) -> Result<Option<String>, ApiError> {
        if !self.has_cookies() {
            return Ok(None);
        }
        self.check_alone()?;
        self.require_own_page()?;
        match self.access {
            Found::One(token) => Ok(Some(token)),
            Found::None => Err(ApiError::TokenExpired),
            Found::Several => Err(ApiError::SessionExpired),
        }
    }

    /// The refresh token that is meant, and whether it came in a cookie; `in_body` is the one in the body.
    ///
    /// # Errors
    /// There is none, or one of each kind; or a cookie comes with a bearer, twice, or from elsewhere.
    pub(crate) fn refresh_token(self, in_body: Option<String>) -> Result<(SessionForm, String), ApiError> {
        if !self.has_cookies() {
            return in_body.map(|token| (SessionForm::Bearer, token)).ok_or(ApiError::SessionExpired);
        }
        if in_body.is_some() {
            return Err(ApiError::invalid("refresh_token", "comes with a session's cookies"));
        }
        self.check_alone()?;
        self.require_own_page()?;
        match self.refresh {
            Found::One(token) => Ok((SessionForm::Cookie, token)),
            Found::None | Found::Several => Err(ApiError::SessionExpired),
        }
    }

    fn check_alone(&self) -> Result<(), ApiError> {
        if self.has_bearer {
            return Err(ApiError::InvalidInput { field: None, problem: "carries a bearer and a session's cookies" });
        }
        Ok(())
    }

    /// # Errors
    /// [`ApiError::ForeignPage`].
    pub(crate) fn require_own_page(&self) -> Result<(), ApiError> {
        if self.is_own_page { Ok(()) } else { Err(ApiError::ForeignPage) }
    }
}

impl FromRequestParts<AppState> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(parts, state.is_tls))
    }
}

fn find(headers: &HeaderMap, name: &str) -> Found {
    // What is no text holds no token, and is looked through all the same: it may stand beside one.
    let all = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let mut values = all.filter_map(|cookie| cookie.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    match (values.next(), values.next()) {
        (None, _) => Found::None,
        (Some(value), None) => Found::One(String::from_utf8_lossy(value).into_owned()),
        (Some(_), Some(_)) => Found::Several,
    }
}

/// Whether the request shows that a page of this server sent it.
///
/// The browser says so itself in `Sec-Fetch-Site`, or, if it is too old for that, in `Origin`. Where something could be
/// changed, [`CSRF_HEADER`] has to be there as well: another site's page can't send it without asking first, and is
/// not allowed to. A read without either header is let through: what it answers, another site's page can't read.
fn is_own_page(parts: &Parts, is_tls: bool) -> bool {
    let headers = &parts.headers;
    let Ok(site) = single(headers, FETCH_SITE) else { return false };
    let Ok(origin) = single(headers, ORIGIN.as_str()) else { return false };
    let is_read = matches!(parts.method, Method::GET | Method::HEAD);
    let is_own_origin = origin.is_none_or(|origin| is_own_origin(origin, parts, is_tls));
    let is_own_site = match site {
        Some(site) => site == b"same-origin",
        None => is_read || origin.is_some(),
    };
    is_own_site && is_own_origin && (is_read || single(headers, CSRF_HEADER) == Ok(Some(b"1")))
}

/// Whether `origin` is where the request went.
fn is_own_origin(origin: &[u8], parts: &Parts, is_tls: bool) -> bool {
    // In HTTP/2 the host is in the target, in HTTP/1.1 in a header.
    let host = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => single(&parts.headers, HOST.as_str()).ok().flatten(),
    };
    let scheme: &[u8] = if is_tls { b"https://" } else { b"http://" };
    origin.strip_prefix(scheme).is_some_and(|rest| host.is_some_and(|host| rest.eq_ignore_ascii_case(host)))
}

/// The value of a header that may be there once.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h [u8]>, Twice> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(HeaderValue::as_bytes)),
        (_, Some(_)) => Err(Twice),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Twice;
