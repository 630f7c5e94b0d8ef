//! Anthropic's own types as JSON Schema, judging what is written. For tests.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::{env, fs};

use jsonschema::Validator;
use serde_json::{Value, json};

pub struct Schemas {
    all: Value,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

pub fn data_folder() -> PathBuf {
    env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

impl Schemas {
    /// None, and a line that says so, where the folder is not there.
    pub fn load(test: &str) -> Option<&'static Self> {
        static LOADED: OnceLock<Option<Schemas>> = OnceLock::new();
        let file = data_folder().join("anthropic/anthropic-sdk-2.12.0.schemas.json");
        let loaded = LOADED.get_or_init(|| {
            let all = serde_json::from_slice(&fs::read(&file).ok()?).unwrap();
            Some(Self { all, compiled: Mutex::default() })
        });
        if loaded.is_none() {
            println!("left out: {test}: {} not present", file.display());
        }
        loaded.as_ref()
    }

    fn validator(&self, name: &str) -> Arc<Validator> {
        let mut compiled = self.compiled.lock().unwrap();
        compiled.entry(name.to_owned()).or_insert_with(|| Arc::new(self.compile(name))).clone()
    }

    fn compile(&self, name: &str) -> Validator {
        // Only what the type refers to, because compiling all of them takes long.
        let mut needed = serde_json::Map::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if needed.contains_key(&name) {
                continue;
            }
            let schema = &self.all["schemas"][&name];
            assert!(schema.is_object(), "no schema {name}");
            let text = schema.to_string();
            let references = text.split("\"#/schemas/").skip(1);
            open.extend(references.map(|rest| rest.split('"').next().unwrap().to_owned()));
            needed.insert(name, schema.clone());
        }
        let root = json!({"$ref": format!("#/schemas/{name}"), "schemas": needed});
        jsonschema::validator_for(&root).unwrap()
    }

    /// Fails unless `value` is one of the type.
    pub fn check(&self, name: &str, value: &Value) {
        let errors: Vec<String> = self
            .validator(name)
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "no {name}: {errors:?}\n{value}");
    }
}
