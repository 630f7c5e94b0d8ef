//! The generated pages.

use serde_json::Value;

#[test]
fn the_schema_is_json_and_its_references_lead_somewhere() {
    let schema: Value = serde_json::from_str(&config::schema()).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut references = Vec::new();
    collect(&schema, &mut references);
    assert!(references.len() > 30);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(schema.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        found.push(reference.to_owned());
    }
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    };
    for child in children {
        collect(child, found);
    }
}

#[test]
fn the_page_has_every_record_and_marks_what_is_ours() {
    let page = config::reference();
    let schema: Value = serde_json::from_str(&config::schema()).unwrap();
    let headings = page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings, schema["$defs"].as_object().unwrap().len());
    assert!(page.contains("| `key_in_bearer` | boolean | `false` |"));
    assert!(page.contains("*Extension.*") && page.contains("*Secret.*") && page.contains("*Deprecated: "));
    assert!(!page.contains("basicauth_credentials"));
}

#[test]
fn links_of_the_page_lead_to_headings() {
    let page = config::reference();
    let anchors: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|title| title.to_ascii_lowercase().replace(' ', "-"))
        .collect();
    let mut links = 0;
    for (_, behind) in page.match_indices("](#").map(|(at, found)| page.split_at(at + found.len())) {
        let anchor = behind.split(')').next().unwrap();
        assert!(anchors.iter().any(|known| known == anchor), "{anchor}");
        links += 1;
    }
    assert!(links > 20);
}
