//! How the page of an invitation looks. Plain HTML with one style sheet in it, allowed by its hash; no script, nothing
//! from elsewhere.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

use crate::html::escape;
use crate::request::IsPage;
use crate::words::{JoinPageWords, Language};

const STYLE: &str = include_str!("join_page.css");

/// Nothing but the style sheet, and a form that goes back to where it came from.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    policy.try_into().expect("a policy is visible ASCII")
});

/// The page, in one language.
#[derive(Clone, Copy)]
pub(crate) struct JoinPage {
    words: &'static JoinPageWords,
}

/// What the form shows.
pub(crate) struct Form {
    pub(crate) studio: String,
    pub(crate) email: String,
    /// Whether the address has an account, so that its password is asked for and not a new one.
    pub(crate) has_account: bool,
    /// As it was typed, where something else has to be put right.
    pub(crate) full_name: String,
}

impl JoinPage {
    pub(crate) fn new(language: Language) -> Self {
        Self { words: &language.words().join_page }
    }

    pub(crate) const fn words(&self) -> &'static JoinPageWords {
        self.words
    }

    /// What is to be filled in, with what was wrong with it the last time.
    pub(crate) fn form(&self, status: StatusCode, form: &Form, wrong: Option<&str>) -> Response {
        let w = self.words;
        let (label, note, kind, about) = if form.has_account {
            (w.password, None, "current-password", w.existing_account)
        } else {
            (w.new_password, Some(w.new_password_note), "new-password", w.new_account)
        };
        let mut body = format!("<p>{}</p>\n", escape(about));
        if let Some(wrong) = wrong {
            let _ = writeln!(body, "<p class=\"wrong\" role=\"alert\">{}</p>", escape(wrong));
        }
        let _ = write!(
            body,
            "<form method=\"post\">\n\
             <label for=\"email\">{email_label}</label>\n\
             <input id=\"email\" type=\"email\" value=\"{email}\" autocomplete=\"username\" readonly>\n\
             <label for=\"full_name\">{name_label}</label>\n\
             <input id=\"full_name\" name=\"full_name\" value=\"{name}\" autocomplete=\"name\" maxlength=\"200\" required>\n\
             <label for=\"password\">{label}</label>\n\
             <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"{kind}\" {note_id}required>\n\
             {note}<button>{accept}</button>\n</form>\n",
            email_label = escape(w.email),
            email = escape(&form.email),
            name_label = escape(w.full_name),
            name = escape(&form.full_name),
            label = escape(label),
            note_id = if note.is_some() { "aria-describedby=\"note\" " } else { "" },
            note = note.map(|note| format!("<p id=\"note\" class=\"note\">{}</p>\n", escape(note))).unwrap_or_default(),
            accept = escape(w.accept),
        );
        self.page(status, &(w.title)(&form.studio), &body)
    }

    /// They are a member, and how they sign in.
    pub(crate) fn joined(&self, studio: &str, server: &str, email: &str) -> Response {
        let w = self.words;
        let body = format!(
            "<p>{}</p>\n<dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd></dl>\n",
            escape(w.sign_in),
            escape(w.server),
            escape(server),
            escape(w.email),
            escape(email),
        );
        self.page(StatusCode::OK, &(w.joined)(studio), &body)
    }

    /// The link did its work before.
    pub(crate) fn used(&self) -> Response {
        self.note(StatusCode::GONE, self.words.used_title, self.words.used)
    }

    /// It was withdrawn or ran out.
    pub(crate) fn over(&self) -> Response {
        self.note(StatusCode::GONE, self.words.over_title, self.words.over)
    }

    /// It is no link of ours.
    pub(crate) fn unknown(&self) -> Response {
        self.note(StatusCode::NOT_FOUND, self.words.unknown_title, self.words.unknown)
    }

    /// The server failed.
    pub(crate) fn trouble(&self, status: StatusCode) -> Response {
        self.note(status, self.words.trouble_title, self.words.trouble)
    }

    fn note(&self, status: StatusCode, title: &str, text: &str) -> Response {
        self.page(status, title, &format!("<p>{}</p>\n", escape(text)))
    }

    fn page(&self, status: StatusCode, title: &str, body: &str) -> Response {
        let (lang, title) = (self.words.lang, escape(title));
        let html = format!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
        );
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, POLICY.clone())];
        let mut response = (status, headers, html).into_response();
        response.extensions_mut().insert(IsPage);
        response
    }
}
