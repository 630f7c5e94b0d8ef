//! Requests as a server reads them.

use model::{Effort, Parameter};
use serde_json::{Value, json};

use super::*;
use crate::Delivery;
use crate::trial::{self, Attempt};

static THINKS: Family = Family { thinking: Thinking::Adaptive { budget: false }, ..Family::UNKNOWN };
static WORDS: Family = Family {
    thinking: Thinking::Levels { efforts: &[Effort::Low, Effort::Medium, Effort::High], may_be_off: false },
    ..Family::UNKNOWN
};

fn encode(body: &Value) -> (Value, Vec<String>) {
    Attempt::of(&CHAT_CODEC).body(&trial::chat(body))
}

#[test]
fn the_known_vector_is_written() {
    let request = json!({"model":"l","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}],"max_tokens":5,"temperature":0.1,"stop":"S","seed":3,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}});
    let encoded = Attempt { model: "l", ..Attempt::of(&CHAT_CODEC) }.encode(&trial::chat(&request)).unwrap();
    let expected = r#"{"model":"l","messages":[{"role":"user","content":"a","images":["QUJD"]}],"stream":false,"format":{"type":"object"},"options":{"num_predict":5,"temperature":0.1,"seed":3,"stop":["S"]}}"#;
    assert_eq!(String::from_utf8(encoded.body).unwrap(), expected);
    assert!(encoded.losses.is_empty() && encoded.headers.is_empty());
}

#[test]
fn every_parameter_is_handled_as_the_table_says() {
    for family in [&Family::UNKNOWN, &THINKS, &WORDS] {
        trial::judge_parameters(&Attempt { family, ..Attempt::of(&CHAT_CODEC) });
        trial::judge_parameters(&Attempt { family, ..Attempt::of(&GENERATE_CODEC) });
    }
}

#[test]
fn thinking_is_told_in_the_words_of_the_family() {
    for (family, effort, think, lost) in [
        (&WORDS, "minimal", json!("low"), true),
        (&WORDS, "medium", json!("medium"), false),
        (&WORDS, "xhigh", json!("high"), true),
        (&WORDS, "none", json!("low"), true),
        (&THINKS, "low", json!(true), true),
        (&THINKS, "none", json!(false), false),
        (&Family::UNKNOWN, "none", json!(false), false),
        (&Family::UNKNOWN, "high", Value::Null, true),
    ] {
        let request =
            trial::chat(&json!({"messages":[{"role":"user","content":"q"}],"reasoning_effort":effort}));
        let (body, losses) = Attempt { family, ..Attempt::of(&CHAT_CODEC) }.body(&request);
        assert_eq!((&body["think"], losses.is_empty()), (&think, !lost), "{effort} {losses:?}");
    }
}

#[test]
fn conversations_are_repaired() {
    let (body, losses) = encode(&json!({"messages": [
        {"role": "developer", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "user", "content": ""},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":12345678901234567890}"}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": "no object"}}]},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "system", "content": "late"},
        {"role": "tool", "tool_call_id": "zzz", "content": "3"},
        {"role": "assistant", "content": "", "refusal": "no"},
    ]}));
    let expected = json!([
        {"role": "system", "content": "one\ntwo"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"function": {"name": "f", "arguments": {"x": 12_345_678_901_234_567_890_u64}}},
            {"function": {"name": "g", "arguments": {}}}]},
        {"role": "tool", "content": "(no result)", "tool_name": "f"},
        {"role": "tool", "content": "2", "tool_name": "g"},
        {"role": "system", "content": "late"},
        {"role": "user", "content": "Result of a tool: 3"},
        {"role": "assistant", "content": "no"},
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(losses, ["messages.tool_calls.function.arguments approximated"]);
}

#[test]
fn what_says_nothing_is_refused() {
    for messages in
        [json!([{"role": "user", "content": ""}]), json!([{"role": "assistant", "content": "  "}])]
    {
        let request = trial::chat(&json!({"messages": messages}));
        let empty = Attempt::of(&CHAT_CODEC).encode(&request).is_err();
        assert_eq!(empty, messages[0]["content"] == "");
    }
}

#[test]
fn tools_are_told_unless_none_may_be_called() {
    let tools = json!([{"type": "function", "function": {"name": "f", "description": "d", "strict": true}}]);
    let request =
        |choice: &str| json!({"messages":[{"role":"user","content":"q"}],"tools":tools,"tool_choice":choice});
    let (body, losses) = encode(&request("auto"));
    let parameters = json!({"type": "object", "properties": {}});
    let expected = json!([{"type": "function", "function": {"name": "f", "description": "d", "parameters": parameters}}]);
    assert_eq!(body["tools"], expected);
    assert_eq!(losses, ["tools.strict dropped"]);
    let (body, losses) = encode(&request("none"));
    assert!(body.get("tools").is_none());
    assert_eq!(losses, ["tool_choice(none) emulated"]);
}

#[test]
fn members_of_its_own_pass() {
    let (body, losses) = encode(&json!({"messages":[{"role":"user","content":"q"}],"keep_alive":"5m",
        "num_ctx":4096,"options":{"min_p":0.1,"num_ctx":1,"temperature":9},"temperature":0.25,"format":"json","x":1}));
    let expected = json!({"temperature": 0.25, "num_ctx": 4096, "min_p": 0.1});
    assert_eq!(body["options"], expected);
    assert_eq!((&body["keep_alive"], &body["format"]), (&json!("5m"), &json!("json")));
    assert_eq!(losses, ["x dropped"]);
}

#[test]
fn a_prompt_is_generated_from() {
    let request = trial::completion(&json!({"prompt":"p","max_tokens":3,"suffix":"s"}));
    let attempt = Attempt { delivery: Delivery::Stream, ..Attempt::of(&GENERATE_CODEC) };
    let (body, losses) = attempt.body(&request);
    let expected = json!({"model":"m","prompt":"p","stream":true,"suffix":"s","options":{"num_predict":3}});
    assert_eq!(body, expected);
    assert!(losses.is_empty(), "{losses:?}");
}

#[test]
fn a_conversation_can_be_one_prompt() {
    let request =
        trial::chat(&json!({"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},
        {"role":"assistant","content":"b"},{"role":"user","content":"c"}]}));
    let (body, _) = Attempt::of(&GENERATE_CODEC).body(&request);
    assert_eq!(body["prompt"], "User: a\n\nAssistant: b\n\nUser: c\n\nAssistant:");
    assert_eq!(body["system"], "s");
    let alone =
        trial::chat(&json!({"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}));
    assert_eq!(Attempt::of(&GENERATE_CODEC).body(&alone).0["prompt"], "a");
}

/// The server's own description of its requests, which is YAML: read as the names of members that it has.
#[test]
fn requests_have_only_members_that_are_described() {
    let Some(yaml) = trial::data("ollama requests", "ollama/openapi.yaml") else { return };
    let yaml = String::from_utf8(yaml).unwrap();
    let members = |schema: &str| -> Vec<String> {
        let (_, rest) = yaml.split_once(&format!("\n    {schema}:\n")).unwrap();
        let lines = rest.lines().take_while(|line| line.is_empty() || line.starts_with("      "));
        let names = lines.filter_map(|line| line.strip_prefix("        ")?.strip_suffix(':'));
        names.filter(|name| !name.starts_with(' ')).map(str::to_owned).collect()
    };
    for (attempt, schema) in
        [(Attempt::of(&CHAT_CODEC), "ChatRequest"), (Attempt::of(&GENERATE_CODEC), "GenerateRequest")]
    {
        let attempt = Attempt { family: &THINKS, ..attempt };
        let known = members(schema);
        assert!(known.contains(&"model".to_owned()) && known.len() >= 9, "{known:?}");
        for &parameter in Parameter::ALL {
            let Ok(encoded) = attempt.encode(&trial::asking_for(parameter)) else { continue };
            let body: Value = serde_json::from_slice(&encoded.body).unwrap();
            for (name, _) in body.as_object().unwrap() {
                assert!(known.contains(name), "{schema} has no {name}");
            }
            for message in body["messages"].as_array().into_iter().flatten() {
                let said = members("ChatMessage");
                let own = ["thinking", "tool_name"];
                let names = message.as_object().unwrap().keys();
                for name in names.filter(|name| !own.contains(&name.as_str())) {
                    assert!(said.contains(name), "ChatMessage has no {name}");
                }
            }
        }
    }
}
