//! What holds of the document whatever routes there are, and the document itself.

use std::collections::HashSet;

use serde_json::Value;

use super::{DESCRIPTION, document};

fn written() -> Value {
    document(crate::router::routes())
}

/// Every operation with its path.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((format!("{method} {path}"), operation.clone()));
        }
    }
    operations
}

/// Fields in order, whichever map serde_json was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// What clients were told. A change here is a change for them: read it, then accept it by
/// `INSTA_UPDATE=always cargo test -p frontdesk-server openapi`.
#[test]
fn the_document_is_as_it_was() {
    let pretty = serde_json::to_string_pretty(&sorted(written())).unwrap();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("openapi", pretty);
    });
}

#[test]
fn what_is_served_is_the_document() {
    assert_eq!(serde_json::from_slice::<Value>(&DESCRIPTION.json).unwrap(), written());
}

#[test]
fn every_operation_says_what_it_is_and_has_an_id_and_a_known_noun() {
    let document = written();
    let nouns: HashSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    let mut ids = HashSet::new();
    let operations = operations(&document);
    assert!(operations.len() >= 12, "{}", operations.len());
    for (name, operation) in operations {
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name} says nothing");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name} has the id of another");
        let tags: Vec<&str> = operation["tags"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        assert!(matches!(tags[..], [noun] if nouns.contains(noun)), "{name}: {tags:?}");
    }
}

#[test]
fn every_operation_tells_of_the_refusals_of_its_extractors() {
    for (name, operation) in operations(&written()) {
        let answers = &operation["responses"];
        let is_open = operation["security"] == serde_json::json!([{}]);
        assert!(is_open || operation.get("security").is_none(), "{name}: {}", operation["security"]);
        assert!(is_open || answers.get("401").is_some(), "{name} does not tell of 401");
        if operation.get("requestBody").is_some() {
            assert!(
                answers.get("413").is_some() && answers.get("422").is_some(),
                "{name} does not tell of 413 and 422"
            );
        }
        if name.contains('{') {
            assert!(
                answers.get("404").is_some() && answers.get("422").is_some(),
                "{name} does not tell of 404 and 422"
            );
        }
        assert!(answers.get("500").is_some(), "{name} does not tell of 500");
        assert!(answers.as_object().unwrap().keys().any(|status| status.starts_with('2')), "{name} never succeeds");
    }
}

#[test]
fn every_reference_leads_somewhere_and_nothing_is_described_in_vain() {
    let document = written();
    let mut referred = HashSet::new();
    references(&document, &mut referred);
    for reference in &referred {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference} is not there");
    }
    for part in ["schemas", "responses"] {
        for name in document["components"][part].as_object().unwrap().keys() {
            assert!(referred.contains(&format!("#/components/{part}/{name}")), "nothing refers to {part}/{name}");
        }
    }
}

fn references(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(target) if name == "$ref" => {
                        found.insert(target.clone());
                    }
                    field => references(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_page_tells_of_everything_and_takes_nothing_from_elsewhere() {
    let page = std::str::from_utf8(&DESCRIPTION.page).unwrap();
    let document = written();
    for (name, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!("<h3 id=\"{id}\">")), "the page does not tell of {name}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("<h3 id=\"schema-{name}\">")), "the page does not tell of {name}");
    }
    for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(page.contains(&format!("id=\"{anchor}\"")), "{link} leads nowhere"),
            None => assert_eq!(link, "openapi.json"),
        }
    }
    assert!(!page.contains("<script"));
    let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    let tags: Vec<&str> = page.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect();
    assert!(tags.len() > 500, "{}", tags.len());
    for place in tags.into_iter().chain([style]) {
        for foreign in ["src=", "url(", "@import", "//", "style=\"", "onload", "onclick"] {
            assert!(!place.contains(foreign), "{place}");
        }
    }
}
