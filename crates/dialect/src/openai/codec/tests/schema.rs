//! What is written for providers and for clients, judged by OpenAI's own description of its API.

use std::fs;

use jsonschema::Validator;
use model::Parameter;
use serde_json::json;

use super::recordings::data_folder;
use super::*;

/// A validator for one of the schemas of the description; none, and a line that says so, without the file.
fn validator(name: &str, test: &str) -> Option<Validator> {
    let file = data_folder().join("openai/openapi.json");
    let Ok(bytes) = fs::read(&file) else {
        println!("left out: {test}: {} not present", file.display());
        return None;
    };
    let all: Value = serde_json::from_slice(&bytes).unwrap();
    let mut needed = serde_json::Map::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if needed.contains_key(&name) {
            continue;
        }
        let schema = all["components"]["schemas"][&name].clone();
        assert!(schema.is_object(), "no schema {name}");
        let written = schema.to_string();
        let references = written.split("\"#/components/schemas/").skip(1);
        open.extend(references.map(|rest| rest.split('"').next().unwrap().to_owned()));
        needed.insert(name, with_nulls(schema));
    }
    let root = json!({"$ref": format!("#/components/schemas/{name}"), "components": {"schemas": needed}});
    Some(jsonschema::validator_for(&root).unwrap())
}

/// The description says in an older way that a value may be null.
fn with_nulls(schema: Value) -> Value {
    match schema {
        Value::Object(members) => {
            let nullable = members.get("nullable") == Some(&Value::Bool(true));
            let members = members.into_iter().map(|(name, value)| (name, with_nulls(value)));
            let schema = Value::Object(members.collect());
            if nullable { json!({"anyOf": [schema, {"type": "null"}]}) } else { schema }
        }
        Value::Array(items) => items.into_iter().map(with_nulls).collect(),
        other => other,
    }
}

fn check(validator: &Validator, value: &Value) {
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}\n{value}");
}

#[test]
fn requests_are_what_openai_describes() {
    let Some(validator) = validator("CreateChatCompletionRequest", "requests_are_what_openai_describes")
    else {
        return;
    };
    for parameter in Parameter::ALL {
        // It is of other providers.
        if *parameter == Parameter::TopK {
            continue;
        }
        let (members, _) = super::requests::sample(*parameter);
        for delivery in [Delivery::Whole, Delivery::Stream] {
            let target = Target { model: "gpt-5", quirks: &REASONING, delivery, ..Target::default() };
            check(&validator, &target.body(&request(&members)).0);
        }
    }
}

#[test]
fn answers_are_what_openai_describes() {
    let test = "answers_are_what_openai_describes";
    let Some(answer) = validator("CreateChatCompletionResponse", test) else { return };
    let Some(chunk) = validator("CreateChatCompletionStreamResponse", test) else { return };
    let identity = || crate::Identity { id: "x".into(), created: 1, model: "m".into(), input_estimate: 0 };
    let body = r#"{"messages":[{"role":"user","content":"q"}],"stream_options":{"include_usage":true}}"#;
    let asked = CHAT_FRONT.read(&Document::parse(body.to_owned().into()).unwrap()).unwrap();
    for message in [
        r#"{"content":"a"}"#,
        r#"{"content":"a","reasoning":"r","annotations":[{"url":"https://u"}],"images":["https://i"]}"#,
        r#"{"refusal":"no"}"#,
        r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"type":"custom","id":"b","custom":{"name":"g","input":"x"}}]}"#,
    ] {
        for reason in ["stop", "length", "tool_calls", "content_filter"] {
            let usage = r#"{"prompt_tokens":3,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":2}}"#;
            let data = format!(
                r#"{{"choices":[{{"message":{message},"finish_reason":"{reason}"}}],"usage":{usage},"service_tier":"default"}}"#
            );
            let response = whole(&data).unwrap();
            let written = asked.writer.whole(&response, &identity());
            check(&answer, &serde_json::from_slice(&written).unwrap());

            let mut encoder = asked.writer.encoder(identity());
            let mut out = Vec::new();
            for event in events(&[&data]) {
                encoder.event(event, &mut out).unwrap();
            }
            encoder.finish(response.usage.as_ref(), &mut out);
            let written = String::from_utf8(out).unwrap();
            let chunks: Vec<_> =
                written.split_terminator("\n\n").map(|frame| &frame["data: ".len()..]).collect();
            let (last, chunks) = chunks.split_last().unwrap();
            assert_eq!(*last, "[DONE]");
            for data in chunks {
                let value: Value = serde_json::from_str(data).unwrap();
                // A custom call in a stream is described nowhere.
                if !data.contains("\"custom\"") {
                    check(&chunk, &value);
                }
            }
        }
    }
}
