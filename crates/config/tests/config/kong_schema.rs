//! The table of fields against Kong's own schema of `ai-proxy`.

use serde_json::Value;

use super::data;

/// Values that we take besides Kong's: announced there, or documented for its other plugin.
const MORE: [(&str, &str); 2] =
    [("config.route_type", "llm/v1/multimodal-embeddings"), ("config.genai_category", "realtime/generation")];

/// Required there, and here unless our own extensions stand in.
const CONDITIONAL: [(&str, &str); 1] = [("config", "model")];

struct Comparison {
    ours: Value,
    differences: Vec<String>,
    fields: usize,
}

impl Comparison {
    fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str() {
            Some(reference) => self.ours.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
            None => value,
        }
    }

    fn compare(&mut self, path: &str, theirs: &Value, ours: &Value) {
        let ours = self.resolve(ours).clone();
        self.fields += 1;
        let mut differ = |what: &str, theirs: &Value, ours: &Value| {
            if theirs != ours {
                self.differences.push(format!("{path}: {what} is {ours}, there {theirs}"));
            }
        };
        differ("type", &theirs["type"], &ours["type"]);
        if !theirs["default"].is_null() {
            differ("default", &sorted(&theirs["default"]), &sorted(&ours["default"]));
        }
        for bound in ["minimum", "maximum", "minLength"] {
            if let Some(value) = theirs[bound].as_f64() {
                differ(bound, &value.into(), &ours[bound].as_f64().into());
            }
        }
        let mut values = sorted(&ours["enum"]);
        if let Some(list) = values.as_array_mut() {
            list.retain(|value| !MORE.iter().any(|(at, more)| *at == path && value == more));
        }
        if !theirs["enum"].is_null() {
            differ("enum", &sorted(&theirs["enum"]), &values);
        }
        for name in theirs["required"].as_array().into_iter().flatten() {
            let conditional = CONDITIONAL.iter().any(|(at, field)| *at == path && name == field);
            let listed = ours["required"].as_array().is_some_and(|list| list.contains(name));
            if !listed && !conditional {
                self.differences.push(format!("{path}: {name} is not required"));
            }
        }
        for (name, property) in theirs["properties"].as_object().into_iter().flatten() {
            match ours["properties"].get(name) {
                Some(own) => self.compare(&format!("{path}.{name}"), property, own),
                None => self.differences.push(format!("{path}.{name} is missing")),
            }
        }
        if !theirs["items"].is_null() {
            self.compare(&format!("{path}[]"), &theirs["items"], &ours["items"]);
        }
    }
}

fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(list) = value.as_array_mut() {
        list.sort_by_key(ToString::to_string);
    }
    value
}

#[test]
fn every_field_of_ai_proxy_is_there_with_type_default_and_values() {
    let Some(folder) = data("every_field_of_ai_proxy_is_there_with_type_default_and_values", "kong/schemas")
    else {
        return;
    };
    let theirs: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("AiProxy.json")).unwrap()).unwrap();
    let ours: Value = serde_json::from_str(&config::schema()).unwrap();
    let own = ours["$defs"]["ai_proxy"].clone();
    let mut comparison = Comparison { ours, differences: Vec::new(), fields: 0 };
    comparison.compare("config", &theirs["properties"]["config"], &own);
    assert!(comparison.differences.is_empty(), "{:#?}", comparison.differences);
    assert!(comparison.fields > 80, "{}", comparison.fields);
}

#[test]
fn the_comparison_finds_differences() {
    let theirs = serde_json::json!({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "string", "enum": ["x", "y"]}, "b": {"type": "boolean", "default": true}, "c": {}}});
    let ours = serde_json::json!({"type": "object", "properties": {
        "a": {"type": "string", "enum": ["x"]}, "b": {"type": "boolean", "default": false}}});
    let mut comparison = Comparison { ours: Value::Null, differences: Vec::new(), fields: 0 };
    comparison.compare("config", &theirs, &ours);
    assert_eq!(comparison.differences.len(), 4, "{:#?}", comparison.differences);
}
