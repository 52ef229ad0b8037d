//! The document as one page to read: made once, without a script, an image or anything from elsewhere.
//!
//! Reads the finished document and nothing else, so that the page can't tell of what the document does not.

mod operation;
mod schema;
mod text;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use self::text::{escaped, paragraphs};

const STYLE: &str = include_str!("style.css");

/// The methods that a path may have, in the order they are shown.
const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

/// The policy under which the page is shown: its own style, and nothing else.
pub(super) fn content_security_policy() -> String {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// The page.
pub(super) fn render(document: &Value) -> String {
    let title = escaped(text(&document["info"], "title"));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<a class=\"skip\" href=\"#content\">To the content</a>\n"
    );
    contents(&mut page, document, &title);
    page.push_str("<main id=\"content\">\n");
    let version = escaped(text(&document["info"], "version"));
    push(&mut page, format_args!("<h1>{title} <small>version {version}</small></h1>\n"));
    page.push_str(&paragraphs(text(&document["info"], "description")));
    page.push_str("<p>The same for programs: <a href=\"openapi.json\">OpenAPI 3.1</a>.</p>\n");
    for tag in list(&document["tags"]) {
        let name = escaped(text(tag, "name"));
        push(&mut page, format_args!("<section>\n<h2 id=\"{name}\"><a href=\"#{name}\">{name}</a></h2>\n"));
        page.push_str(&paragraphs(text(tag, "description")));
        for shown in operations(document).filter(|shown| shown.is_of(text(tag, "name"))) {
            operation::render(&mut page, document, &shown);
        }
        page.push_str("</section>\n");
    }
    page.push_str("<section>\n<h2 id=\"schemas\"><a href=\"#schemas\">schemas</a></h2>\n");
    for (name, described) in fields(&document["components"]["schemas"]) {
        schema::render(&mut page, name, described);
    }
    page.push_str("</section>\n</main>\n</body>\n</html>\n");
    page
}

/// What there is, to go to.
fn contents(page: &mut String, document: &Value, title: &str) {
    push(
        page,
        format_args!("<nav aria-label=\"Contents\">\n<p class=\"title\"><a href=\"#content\">{title}</a></p>\n"),
    );
    for tag in list(&document["tags"]) {
        let name = escaped(text(tag, "name"));
        push(page, format_args!("<h2><a href=\"#{name}\">{name}</a></h2>\n<ul>\n"));
        for shown in operations(document).filter(|shown| shown.is_of(text(tag, "name"))) {
            let (id, summary) = (escaped(shown.id()), escaped(text(shown.described, "summary")));
            push(page, format_args!("<li><a href=\"#{id}\">{summary}</a></li>\n"));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("<h2><a href=\"#schemas\">schemas</a></h2>\n<ul>\n");
    for (name, _) in fields(&document["components"]["schemas"]) {
        let name = escaped(name);
        push(page, format_args!("<li><a href=\"#schema-{name}\">{name}</a></li>\n"));
    }
    page.push_str("</ul>\n</nav>\n");
}

/// An operation, and where it is.
struct Shown<'a> {
    path: &'a str,
    method: &'static str,
    described: &'a Value,
}

impl Shown<'_> {
    fn id(&self) -> &str {
        text(self.described, "operationId")
    }

    fn is_of(&self, tag: &str) -> bool {
        list(&self.described["tags"]).iter().any(|one| one == tag)
    }
}

fn operations(document: &Value) -> impl Iterator<Item = Shown<'_>> {
    fields(&document["paths"]).flat_map(|(path, item)| {
        let described = METHODS.iter().filter_map(|method| Some((*method, item.get(method)?)));
        described.map(move |(method, described)| Shown { path, method, described })
    })
}

/// What a reference within the document stands for, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(value)
}

/// A text of an object, empty where there is none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn push(page: &mut String, part: std::fmt::Arguments<'_>) {
    page.write_fmt(part).expect("a string takes what is written");
}
