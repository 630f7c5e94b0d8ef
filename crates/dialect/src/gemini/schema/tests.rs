//! Schemas in, schemas of the subset out: known cases, and a property of all results.

use std::time::Instant;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn normalised(schema: &Value) -> (Value, bool) {
    let json = Json::from_checked(schema.to_string().into_bytes());
    let normalised = normalise(&json).unwrap();
    (serde_json::from_slice(&normalised.json).unwrap(), normalised.lossy)
}

#[test]
fn what_the_subset_knows_stays() {
    let schema = json!({"type": "object", "description": "d", "title": "t", "properties": {
        "a": {"type": "string", "enum": ["x", "y"], "format": "enum"},
        "b": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 12_345_678_901_234_567_890_u64},
        "c": {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 3},
        "d": {"type": "string", "pattern": "^a", "minLength": 1, "format": "date-time", "nullable": true},
        "e": {"type": "object"},
    }, "required": ["a", "b"], "propertyOrdering": ["b", "a"], "minProperties": 1});
    assert_eq!(normalised(&schema), (schema, false));
}

#[test]
fn known_cases() {
    let property = |schema: Value| {
        let whole = json!({"type": "object", "properties": {"p": schema}});
        let (mut read, lossy) = normalised(&whole);
        (read["properties"]["p"].take(), lossy)
    };
    for (schema, expected, lossy) in [
        (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true}), false),
        (
            json!({"type": ["string", "integer"], "minimum": 3, "description": "d"}),
            json!({"description": "d", "anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}]}),
            false,
        ),
        (json!({"const": "a"}), json!({"type": "string", "enum": ["a"]}), false),
        (
            json!({"type": "integer", "enum": [1, 2, null]}),
            json!({"type": "string", "nullable": true, "enum": ["1", "2"]}),
            true,
        ),
        (
            json!({"anyOf": [{"type": "null"}, {"type": "integer"}], "default": null, "title": "T"}),
            json!({"type": "integer", "nullable": true, "default": null, "title": "T"}),
            false,
        ),
        (
            json!({"oneOf": [{"type": "string", "format": "uri"}, {"type": "object", "additionalProperties": false}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "object"}]}),
            false,
        ),
        (
            json!({"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "boolean"}}, "required": ["b", "z"]}]}),
            json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}, "required": ["b"]}),
            false,
        ),
        (json!({"type": "array"}), json!({"type": "array", "items": {"type": "string"}}), false),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}),
            json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "number"}]}}),
            true,
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object"}),
            true,
        ),
        (json!({"type": "integer", "exclusiveMinimum": 0}), json!({"type": "integer"}), true),
        (json!({}), json!({"type": "string"}), false),
        (json!(true), json!({"type": "string"}), false),
        (json!({"items": {"type": "STRING"}}), json!({"type": "array", "items": {"type": "string"}}), false),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}]}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            false,
        ),
    ] {
        assert_eq!(property(schema.clone()), (expected, lossy), "{schema}");
    }
}

#[test]
fn references_are_written_out() {
    let schema = json!({"$defs": {"City": {"type": "object", "properties": {"name": {"type": "string"}}, "description": "a city"}},
        "type": "object", "properties": {"a": {"$ref": "#/$defs/City"}, "b": {"$ref": "#/$defs/City", "description": "own"}}});
    let city = |text: &str| json!({"type": "object", "properties": {"name": {"type": "string"}}, "description": text});
    let expected = json!({"type": "object", "properties": {"a": city("a city"), "b": city("own")}});
    assert_eq!(normalised(&schema), (expected, false));
}

#[test]
fn circles_end() {
    let schema = json!({"$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "v": {"type": "number"}}}}, "$ref": "#/$defs/Node"});
    let (read, lossy) = normalised(&schema);
    assert!(lossy);
    assert_eq!(read["properties"]["next"], json!({"type": "object"}));
    // Each level doubles: written out it would have 2^30 schemas.
    let mut definitions = serde_json::Map::new();
    for level in 0..30 {
        let below = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        definitions
            .insert(format!("d{level}"), json!({"type": "object", "properties": {"a": below, "b": below}}));
    }
    definitions.insert("d30".into(), json!({"type": "string"}));
    let began = Instant::now();
    let (_, lossy) = normalised(&json!({"$defs": definitions, "$ref": "#/$defs/d0"}));
    assert!(lossy && began.elapsed().as_secs() < 10);
}

#[test]
fn functions_without_arguments_have_no_schema() {
    for empty in [
        json!({}),
        json!({"type": "object"}),
        json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false}),
    ] {
        assert!(normalise(&Json::from_checked(empty.to_string().into_bytes())).is_none(), "{empty}");
    }
}

/// Fails unless everything in a schema is of the subset.
fn judge(schema: &Value) {
    let members = schema.as_object().unwrap();
    for name in members.keys() {
        assert!(ALLOWED.contains(&name.as_str()), "{name} in {schema}");
    }
    let kind = schema["type"].as_str();
    assert!(kind.is_some() != schema.get("anyOf").is_some(), "{schema}");
    if let Some(kind) = kind {
        assert!(["string", "number", "integer", "boolean", "array", "object"].contains(&kind));
    }
    assert!(schema.get("enum").is_none() || kind == Some("string"), "{schema}");
    assert_eq!(schema.get("items").is_some(), kind == Some("array"), "{schema}");
    let list = |name: &str| schema[name].as_array().cloned().unwrap_or_default();
    for name in list("required").iter().chain(&list("propertyOrdering")) {
        assert!(schema["properties"].get(name.as_str().unwrap()).is_some(), "{schema}");
    }
    let alternatives = list("anyOf");
    assert!(alternatives.len() != 1, "{schema}");
    alternatives.iter().for_each(judge);
    schema["properties"].as_object().into_iter().flat_map(|map| map.values()).for_each(judge);
    schema.get("items").into_iter().for_each(judge);
}

/// Schemas, right and wrong, and things that are none.
fn schemas() -> impl Strategy<Value = Value> {
    let word = || {
        prop::sample::select(vec![
            "string", "number", "integer", "null", "array", "object", "boolean", "STRING", "any",
        ])
    };
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!(true)),
        Just(json!({"$ref": "#/$defs/a"})),
        Just(json!({"$ref": "#/properties/a"})),
        Just(json!({"$ref": "#"})),
        Just(json!({"$ref": "http://x/y"})),
        Just(json!({"enum": ["a", 1, null, "", {"b": 2}]})),
        Just(json!({"const": null})),
        word().prop_map(
            |word| json!({"type": word, "format": "uuid", "minimum": 3, "x-own": 1, "required": ["a", "q"]})
        ),
        prop::collection::vec(word(), 0..4)
            .prop_map(|words| json!({"type": words, "not": {}, "pattern": "a"})),
    ];
    leaf.prop_recursive(4, 48, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        let name = prop::sample::select(vec!["a", "b", "type", "$ref", "properties"]);
        let map = prop::collection::btree_map(name, inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(|list| json!({"anyOf": list, "description": "d"})),
            list.clone().prop_map(|list| json!({"oneOf": list, "type": "object"})),
            list.clone().prop_map(|list| json!({"allOf": list})),
            list.prop_map(|list| json!({"type": "array", "items": list, "uniqueItems": true})),
            inner.clone().prop_map(|item| json!({"type": "array", "items": item, "contains": {}})),
            map.clone().prop_map(|map| json!({"type": "object", "properties": map, "required": ["a", "c"], "propertyOrdering": ["b", "zz"]})),
            (map, inner).prop_map(|(map, inner)| json!({"$defs": map, "properties": {"a": inner, "b": {"$ref": "#/$defs/b"}}, "enum": [1]})),
        ]
    })
}

proptest! {
    #[test]
    fn results_have_only_what_is_allowed(schema in schemas()) {
        let json = Json::from_checked(schema.to_string().into_bytes());
        if let Some(normalised) = normalise(&json) {
            judge(&serde_json::from_slice(&normalised.json).unwrap());
        }
    }
}
