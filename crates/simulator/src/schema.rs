//! A value that fits a simple JSON Schema.

use serde_json::{Map, Value};

/// How deep schemas are followed; deeper ones end in null.
const MAX_DEPTH: usize = 16;

/// Makes a value; `text` is what free strings say.
pub(crate) fn instance(schema: &Value, text: &str) -> Value {
    build(schema, schema, text, 0)
}

fn build(schema: &Value, root: &Value, text: &str, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    if let Some(pointer) = schema["$ref"].as_str().and_then(|link| link.strip_prefix('#')) {
        let target = root.pointer(pointer).unwrap_or(&Value::Null);
        return build(target, root, text, depth + 1);
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema["enum"].as_array().and_then(|list| list.first()) {
        return value.clone();
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[word].as_array().and_then(|list| list.first()) {
            return build(first, root, text, depth + 1);
        }
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or("null"),
        _ if schema["properties"].is_object() => "object",
        _ => "string",
    };
    match kind {
        "object" => object(schema, root, text, depth),
        "array" => {
            let number = schema["minItems"].as_u64().unwrap_or(1).clamp(0, 16);
            let items = schema.get("items").cloned().unwrap_or_else(|| serde_json::json!({"type": "string"}));
            (0..number).map(|_| build(&items, root, text, depth + 1)).collect()
        }
        "integer" => schema["minimum"].as_i64().unwrap_or(7).into(),
        "number" => schema["minimum"].as_f64().unwrap_or(0.5).into(),
        "boolean" => true.into(),
        "null" => Value::Null,
        _ => text.into(),
    }
}

fn object(schema: &Value, root: &Value, text: &str, depth: usize) -> Value {
    let Some(properties) = schema["properties"].as_object() else {
        return Value::Object(Map::new());
    };
    let members = properties.iter().map(|(name, part)| (name.clone(), build(part, root, text, depth + 1)));
    Value::Object(members.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_fit() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "age": {"type": "integer", "minimum": 18},
                "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2},
                "next": {"$ref": "#/$defs/Next"},
                "maybe": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            },
            "$defs": {"Next": {"type": ["boolean", "null"]}},
        });
        assert_eq!(
            instance(&schema, "x"),
            json!({"name": "x", "age": 18, "tags": ["a", "a"], "next": true, "maybe": null})
        );
    }

    #[test]
    fn endless_schemas_end() {
        let schema = json!({"properties": {"next": {"$ref": "#"}}});
        assert!(instance(&schema, "x").is_object());
    }
}
