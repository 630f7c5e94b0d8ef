//! Specifications and recordings that were collected outside the repository, and a judge of JSON by schema.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// A folder or file of the collection, or nothing, with a word about it, where it is not there.
pub fn collected(test: &str, name: &str) -> Option<PathBuf> {
    let root = env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("left out: {test}: {} not present", path.display());
    None
}

pub fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Every exchange under a folder that has a request to this path.
pub fn exchanges(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "json") {
                let value = json_of(&path);
                if value["request"]["path"].as_str().is_some_and(wanted) {
                    found.push((path.display().to_string(), value));
                }
            }
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// What a value has against a schema; empty where it fits. Knows the words that the collection uses, and
/// counts members that no schema names as wrong: the schemas are of what the provider sends.
pub fn misfits(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(link) = schema["$ref"].as_str() {
        let target = root.pointer(link.trim_start_matches('#'));
        return misfits(root, target.unwrap_or_else(|| panic!("no {link}")), value, place);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let tried: Vec<_> = choices.iter().map(|choice| misfits(root, choice, value, place)).collect();
        return tried.into_iter().min_by_key(Vec::len).unwrap_or_default();
    }
    let mut found = Vec::new();
    if schema.get("const").is_some_and(|only| only != value) {
        found.push(format!("{place} is {value}"));
    }
    if schema["enum"].as_array().is_some_and(|list| !list.contains(value)) {
        found.push(format!("{place} is {value}"));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    };
    if !fits {
        found.push(format!("{place} is {value}, no {}", schema["type"]));
        return found;
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if schema["items"].is_object() {
            found.extend(misfits(root, &schema["items"], item, &format!("{place}[{index}]")));
        }
    }
    if let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                found.push(format!("{place} has no {name}"));
            }
        }
        for (name, item) in fields {
            match known.get(name) {
                Some(part) => found.extend(misfits(root, part, item, &format!("{place}.{name}"))),
                None => found.push(format!("{place} has {name}")),
            }
        }
    }
    found
}
