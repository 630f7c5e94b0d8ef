//! Judges written requests by the service model of Bedrock's runtime: members known, needed ones there, kinds.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs};

use serde_json::{Map, Value};

use crate::Delivery;

fn folder() -> PathBuf {
    env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

fn shapes() -> Option<&'static Map<String, Value>> {
    static SHAPES: OnceLock<Option<Map<String, Value>>> = OnceLock::new();
    let read = || {
        let folder = folder().join("bedrock");
        let Ok(text) = fs::read(folder.join("bedrock-runtime-2023-09-30.service-2.json")) else {
            println!("left out: judging by the service model: {} not present", folder.display());
            return None;
        };
        let model: Value = serde_json::from_slice(&text).unwrap();
        Some(model["shapes"].as_object().unwrap().clone())
    };
    SHAPES.get_or_init(read).as_ref()
}

/// Panics where a request is none of the operation's. `anthropic_version` is told besides.
pub(in super::super) fn judge(request: &Value, delivery: Delivery) {
    let Some(shapes) = shapes() else { return };
    let shape = match delivery {
        Delivery::Whole => "ConverseRequest",
        Delivery::Stream => "ConverseStreamRequest",
    };
    let mut request = request.clone();
    let object = request.as_object_mut().unwrap();
    object.remove("anthropic_version");
    // It stands in the path.
    object.insert("modelId".to_owned(), "m".into());
    check(shapes, shape, &request, "");
}

fn check(shapes: &Map<String, Value>, name: &str, value: &Value, place: &str) {
    let shape = &shapes[name];
    if shape["document"] == true {
        return;
    }
    match shape["type"].as_str().unwrap() {
        "structure" => check_structure(shapes, shape, value, place),
        "list" => {
            let items = value.as_array().unwrap_or_else(|| panic!("{place}: no list"));
            check_bounds(shape, items.len(), place);
            let member = shape["member"]["shape"].as_str().unwrap();
            for (at, item) in items.iter().enumerate() {
                check(shapes, member, item, &format!("{place}.{at}"));
            }
        }
        "map" => {
            let members = value.as_object().unwrap_or_else(|| panic!("{place}: no map"));
            check_bounds(shape, members.len(), place);
            let member = shape["value"]["shape"].as_str().unwrap();
            members.iter().for_each(|(name, value)| check(shapes, member, value, &format!("{place}.{name}")));
        }
        "string" => {
            let text = value.as_str().unwrap_or_else(|| panic!("{place}: no text"));
            check_bounds(shape, text.chars().count(), place);
            if let Some(words) = shape["enum"].as_array() {
                assert!(words.contains(value), "{place}: {text} is none of {words:?}");
            }
        }
        "blob" => assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{place}: no bytes"),
        "boolean" => assert!(value.is_boolean(), "{place}: no boolean"),
        "integer" | "long" => assert!(value.is_i64(), "{place}: no integer"),
        "float" | "double" => assert!(value.is_number(), "{place}: no number"),
        other => panic!("{place}: a shape of type {other}"),
    }
}

fn check_structure(shapes: &Map<String, Value>, shape: &Value, value: &Value, place: &str) {
    let members = value.as_object().unwrap_or_else(|| panic!("{place}: no structure"));
    let known = shape["members"].as_object().unwrap();
    for (name, value) in members {
        let member = known.get(name).unwrap_or_else(|| panic!("{place}: unknown member {name}"));
        check(shapes, member["shape"].as_str().unwrap(), value, &format!("{place}.{name}"));
    }
    for name in shape["required"].as_array().into_iter().flatten() {
        assert!(members.contains_key(name.as_str().unwrap()), "{place}: {name} is missing");
    }
    if shape["union"] == true {
        assert_eq!(members.len(), 1, "{place}: one member and no more");
    }
}

fn check_bounds(shape: &Value, length: usize, place: &str) {
    let bound = |name: &str| shape[name].as_u64().and_then(|bound| usize::try_from(bound).ok());
    assert!(bound("min").is_none_or(|least| length >= least), "{place}: too short");
    assert!(bound("max").is_none_or(|most| length <= most), "{place}: too long");
}

#[test]
fn the_judge_refuses() {
    if shapes().is_none() {
        return;
    }
    let message = serde_json::json!([{"role": "user", "content": [{"text": "q"}]}]);
    judge(&serde_json::json!({"messages": message}), Delivery::Whole);
    for wrong in [
        serde_json::json!({"messages": message, "model": "m"}),
        serde_json::json!({"messages": [{"role": "user"}]}),
        serde_json::json!({"messages": [{"role": "tool", "content": []}]}),
        serde_json::json!({"messages": [{"role": "user", "content": [{"text": "q", "cachePoint": {"type": "default"}}]}]}),
        serde_json::json!({"messages": message, "toolConfig": {"tools": []}}),
        serde_json::json!({"messages": message, "inferenceConfig": {"maxTokens": "1"}}),
    ] {
        let judged = std::panic::catch_unwind(|| judge(&wrong, Delivery::Whole));
        assert!(judged.is_err(), "{wrong}");
    }
}
