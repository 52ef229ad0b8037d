//! One operation: what it takes, and every answer it may give.

use serde_json::Value;

use super::schema::kind;
use super::text::{escaped, inline, paragraphs};
use super::{Shown, fields, list, push, resolved, text};

pub(super) fn render(page: &mut String, document: &Value, shown: &Shown<'_>) {
    let Shown { path, method, described } = shown;
    let (id, summary) = (escaped(shown.id()), escaped(text(described, "summary")));
    push(page, format_args!("<article>\n<h3 id=\"{id}\"><a href=\"#{id}\">{summary}</a></h3>\n"));
    let (name, path) = (method.to_uppercase(), escaped(path));
    push(page, format_args!("<p class=\"route\"><b class=\"{method}\">{name}</b> <code>{path}</code></p>\n"));
    page.push_str(&paragraphs(text(described, "description")));
    let who = if is_open(described) { "Open to anyone." } else { "Wants an access token." };
    push(page, format_args!("<p class=\"who\">{who}</p>\n"));
    parameters(page, document, described);
    for (media, content) in fields(&resolved(document, &described["requestBody"])["content"]) {
        let (media, kind) = (escaped(media), kind(&content["schema"]));
        push(page, format_args!("<p>Takes {kind} <span class=\"media\">{media}</span></p>\n"));
    }
    answers(page, document, described);
    page.push_str("</article>\n");
}

/// Whether the operation says itself that it wants nobody signed in.
fn is_open(described: &Value) -> bool {
    described["security"].as_array().is_some_and(|wanted| wanted.iter().all(|one| fields(one).next().is_none()))
}

fn parameters(page: &mut String, document: &Value, described: &Value) {
    let parameters = list(&described["parameters"]);
    if parameters.is_empty() {
        return;
    }
    page.push_str(
        "<table>\n<thead><tr><th>parameter</th><th>in</th><th>is</th><th>meaning</th></tr></thead>\n<tbody>\n",
    );
    for parameter in parameters.iter().map(|parameter| resolved(document, parameter)) {
        let (name, place) = (escaped(text(parameter, "name")), escaped(text(parameter, "in")));
        let (kind, says) = (kind(&parameter["schema"]), inline(text(parameter, "description")));
        push(
            page,
            format_args!("<tr><td><code>{name}</code></td><td>{place}</td><td>{kind}</td><td>{says}</td></tr>\n"),
        );
    }
    page.push_str("</tbody>\n</table>\n");
}

fn answers(page: &mut String, document: &Value, described: &Value) {
    page.push_str("<table>\n<thead><tr><th>answer</th><th>is</th><th>meaning</th></tr></thead>\n<tbody>\n");
    for (status, answer) in fields(&described["responses"]) {
        let answer = resolved(document, answer);
        let (status, says) = (escaped(status), inline(text(answer, "description")));
        let bodies = fields(&answer["content"]).map(|(media, content)| match media {
            "application/json" => kind(&content["schema"]),
            media => format!("{} <span class=\"media\">{}</span>", kind(&content["schema"]), escaped(media)),
        });
        let bodies = bodies.collect::<Vec<_>>().join("<br>");
        let class = if status.starts_with('2') { "done" } else { "refused" };
        push(page, format_args!("<tr><td class=\"{class}\">{status}</td><td>{bodies}</td><td>{says}"));
        for (name, header) in fields(&answer["headers"]) {
            let says = inline(text(resolved(document, header), "description"));
            push(page, format_args!("<br><code>{}</code>: {says}", escaped(name)));
        }
        page.push_str("</td></tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
}
