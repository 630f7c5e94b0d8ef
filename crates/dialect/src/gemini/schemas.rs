//! Google's own description of its APIs as JSON Schema, judging what is written. For tests.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::trial::data_folder;

const FILES: [(&str, &str); 2] = [
    ("gemini/generativelanguage.v1beta.discovery.json", ""),
    ("vertex/aiplatform.v1.trimmed.json", "GoogleCloudAiplatformV1"),
];

pub struct Schemas {
    hosts: [Value; 2],
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Schemas {
    /// None, and a line that says so, where the folder is not there.
    pub fn load(test: &str) -> Option<&'static Self> {
        static LOADED: OnceLock<Option<Schemas>> = OnceLock::new();
        let loaded = LOADED.get_or_init(|| {
            let read = |(file, _): &(&str, &str)| {
                let bytes = fs::read(data_folder().join(file)).ok()?;
                Some(serde_json::from_slice::<Value>(&bytes).unwrap()["schemas"].take())
            };
            let hosts = [read(&FILES[0])?, read(&FILES[1])?];
            Some(Self { hosts, compiled: Mutex::default() })
        });
        if loaded.is_none() {
            println!("left out: {test}: {} not present", data_folder().display());
        }
        loaded.as_ref()
    }

    /// Fails unless `value` is one of the type of the public API, or of Vertex's.
    pub fn check(&self, vertex: bool, name: &str, value: &Value) {
        let name = format!("{}{name}", FILES[usize::from(vertex)].1);
        let mut compiled = self.compiled.lock().unwrap();
        let validator =
            compiled.entry(name.clone()).or_insert_with(|| Arc::new(self.compile(vertex, &name))).clone();
        drop(compiled);
        let errors: Vec<_> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:?} in {value}");
    }

    fn compile(&self, vertex: bool, name: &str) -> Validator {
        let all = &self.hosts[usize::from(vertex)];
        assert!(all[name].is_object(), "no schema {name}");
        let mut needed = Map::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if needed.contains_key(&name) {
                continue;
            }
            // The document leaves some small types out.
            let schema = translate(&all[&name], &mut open, name.ends_with("Schema"));
            needed.insert(name, schema);
        }
        jsonschema::validator_for(&json!({"$ref": format!("#/schemas/{name}"), "schemas": needed})).unwrap()
    }
}

/// Turns a schema of a discovery document into JSON Schema; adds the ones that it refers to. In schemas the API
/// takes the words of types in lower case as well.
fn translate(schema: &Value, open: &mut Vec<String>, lower: bool) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        open.push(name.to_owned());
        return json!({"$ref": format!("#/schemas/{name}")});
    }
    let mut out = Map::new();
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("any") | None, _) => {}
        (Some("string"), Some("int64" | "uint64")) => {
            out.insert("type".into(), json!(["string", "integer"]));
        }
        (Some(kind), _) => {
            out.insert("type".into(), json!(kind));
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        let mut words = words.clone();
        if lower {
            words.extend(words.clone().iter().map(|word| json!(word.as_str().unwrap().to_lowercase())));
        }
        out.insert("enum".into(), words.into());
    }
    if schema["items"].is_object() {
        out.insert("items".into(), translate(&schema["items"], open, lower));
    }
    if let Some(properties) = schema["properties"].as_object() {
        let read = properties.iter().map(|(name, property)| (name.clone(), translate(property, open, lower)));
        out.insert("properties".into(), read.collect::<Map<_, _>>().into());
        out.insert("additionalProperties".into(), json!(false));
    } else if schema["additionalProperties"].is_object() {
        out.insert("additionalProperties".into(), translate(&schema["additionalProperties"], open, lower));
    }
    out.into()
}
