//! One kind of value: its fields, or what it may be.

use serde_json::Value;

use super::text::{escaped, inline, paragraphs};
use super::{fields, list, push, text};

pub(super) fn render(page: &mut String, name: &str, schema: &Value) {
    let name = escaped(name);
    push(page, format_args!("<article>\n<h3 id=\"schema-{name}\"><a href=\"#schema-{name}\">{name}</a></h3>\n"));
    page.push_str(&paragraphs(text(schema, "description")));
    if let Some(all) = schema["allOf"].as_array() {
        for part in all {
            if part["properties"].is_object() {
                properties(page, part);
            } else {
                push(page, format_args!("<p>All of {}, and:</p>\n", kind(part)));
            }
        }
    } else if let Some(one) = schema["oneOf"].as_array() {
        variants(page, one);
    } else if schema["properties"].is_object() {
        properties(page, schema);
    } else {
        push(page, format_args!("<p>{}{}</p>\n", kind(schema), bounds(schema)));
    }
    page.push_str("</article>\n");
}

fn properties(page: &mut String, schema: &Value) {
    let required = list(&schema["required"]);
    page.push_str("<table>\n<thead><tr><th>field</th><th>is</th><th>meaning</th></tr></thead>\n<tbody>\n");
    for (name, field) in fields(&schema["properties"]) {
        let optional =
            if required.iter().any(|one| one == name) { "" } else { "<span class=\"media optional\">optional</span>" };
        let (kind, bounds, says) = (kind(field), bounds(field), inline(text(field, "description")));
        let name = escaped(name);
        push(
            page,
            format_args!("<tr><td><code>{name}</code>{optional}</td><td>{kind}{bounds}</td><td>{says}</td></tr>\n"),
        );
    }
    page.push_str("</tbody>\n</table>\n");
    if schema["additionalProperties"] == false {
        page.push_str("<p>No other field is taken.</p>\n");
    }
}

fn variants(page: &mut String, variants: &[Value]) {
    page.push_str("<table>\n<thead><tr><th>one of</th><th>meaning</th></tr></thead>\n<tbody>\n");
    for variant in variants {
        push(
            page,
            format_args!("<tr><td>{}</td><td>{}</td></tr>\n", kind(variant), inline(text(variant, "description"))),
        );
    }
    page.push_str("</tbody>\n</table>\n");
}

/// What a value is, in a few words; a kind with a name links to it.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        let name = escaped(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(kinds) = schema[several].as_array() {
            return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| format!("<code>{}</code>", escaped(&value.to_string())));
        return values.collect::<Vec<_>>().join(" ");
    }
    if schema["properties"].is_object() {
        let inner = fields(&schema["properties"]).map(|(name, field)| format!("{}: {}", escaped(name), kind(field)));
        return format!("{{ {} }}", inner.collect::<Vec<_>>().join(", "));
    }
    match &schema["type"] {
        Value::Array(types) => types.iter().map(|one| plain(one, schema)).collect::<Vec<_>>().join(" or "),
        one => plain(one, schema),
    }
}

fn plain(name: &Value, schema: &Value) -> String {
    match name.as_str().unwrap_or("anything") {
        "array" => format!("list of {}", kind(&schema["items"])),
        "null" => "null".to_owned(),
        name => match schema["format"].as_str() {
            Some(format) => format!("{} <span class=\"media\">{}</span>", escaped(name), escaped(format)),
            None => escaped(name),
        },
    }
}

/// What a value has to keep to.
fn bounds(schema: &Value) -> String {
    const BOUNDS: [(&str, &str); 9] = [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("minLength", "characters, at least"),
        ("maxLength", "characters, at most"),
        ("minItems", "entries, at least"),
        ("maxItems", "entries, at most"),
        ("uniqueItems", "each entry once"),
        ("pattern", "matches"),
        ("default", "if absent"),
    ];
    let told = BOUNDS.iter().filter_map(|(name, words)| Some((words, schema.get(name)?)));
    let told = told.map(|(words, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        format!("<br><span class=\"bound\">{words} <code>{}</code></span>", escaped(&value))
    });
    let entries = schema.get("items").map(bounds).filter(|text| !text.is_empty());
    told.chain(entries.map(|text| format!("<br><span class=\"bound\">each of them:</span>{text}"))).collect()
}
