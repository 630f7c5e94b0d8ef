//! Requests as the second version of chat reads them.

use serde_json::{Value, json};

use super::*;
use crate::trial::{self, Attempt, Schema};

static THINKS: Family =
    Family { thinking: Thinking::Budget { least: 1, may_be_off: true }, ..Family::UNKNOWN };

fn encode(body: &Value) -> (Value, Vec<String>) {
    Attempt::of(&CHAT_CODEC).body(&trial::chat(body))
}

fn schema(test: &str) -> Option<Schema> {
    Schema::load(test, "cohere/cohere-sdk-7.3.1.schemas.json", "V2ChatRequest", &["stream"])
}

#[test]
fn every_parameter_is_handled_as_the_table_says() {
    trial::judge_parameters(&Attempt { family: &THINKS, ..Attempt::of(&CHAT_CODEC) });
}

#[test]
fn requests_fit_the_schema() {
    let Some(schema) = schema("cohere requests") else { return };
    for family in [&Family::UNKNOWN, &THINKS] {
        schema.judge(&Attempt { family, ..Attempt::of(&CHAT_CODEC) });
    }
}

#[test]
fn members_have_their_names() {
    let (body, losses) =
        encode(&json!({"messages":[{"role":"user","content":"q"}],"max_completion_tokens":9,
        "temperature":0.3,"top_p":1.0,"top_k":4,"stop":["a","b"],"seed":1,"frequency_penalty":0.5,
        "presence_penalty":0.25,"logprobs":true,"safety_mode":"OFF","documents":["d"],"x":1}));
    let expected = json!({"model":"m","messages":[{"role":"user","content":"q"}],"stream":false,"max_tokens":9,
        "temperature":0.3,"p":1.0,"k":4,"seed":1,"frequency_penalty":0.5,"presence_penalty":0.25,
        "stop_sequences":["a","b"],"logprobs":true,"safety_mode":"OFF","documents":["d"]});
    assert_eq!(body, expected);
    assert_eq!(losses, ["x dropped"]);
    let stops = json!({"messages":[{"role":"user","content":"q"}],"stop":["1","2","3","4"]});
    assert!(encode(&stops).1.is_empty());
}

#[test]
fn conversations_are_repaired() {
    let (body, losses) = encode(&json!({"messages": [
        {"role": "developer", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "image_url", "image_url": {"url": "https://e/a.png", "detail": "low"}}]},
        {"role": "assistant", "content": null, "reasoning_content": "I will", "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "a.b", "arguments": "{\"n\":9007199254740993}"}},
            {"id": "2", "type": "function", "function": {"name": "g", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": "2", "content": "two"},
        {"role": "user", "content": "go on"},
        {"role": "tool", "tool_call_id": "9", "content": "lost"},
        {"role": "assistant", "content": ""},
    ]}));
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let expected = json!([
        {"role": "system", "content": "one\ntwo"},
        {"role": "user", "content": "ab"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://e/a.png", "detail": "low"}}]},
        {"role": "assistant", "tool_plan": "I will", "tool_calls": [call("1", "a_b", "{\"n\":9007199254740993}"), call("2", "g", "{}")]},
        {"role": "tool", "tool_call_id": "1", "content": "(no result)"},
        {"role": "tool", "tool_call_id": "2", "content": "two"},
        {"role": "user", "content": "go on"},
        {"role": "user", "content": "Result of a tool: lost"},
    ]);
    assert_eq!(body["messages"], expected);
    assert!(losses.is_empty(), "{losses:?}");
    if let Some(schema) = schema("cohere conversations") {
        schema.check(&body);
    }
}

#[test]
fn a_conversation_without_a_user_gets_one() {
    let (body, _) = encode(&json!({"messages": [{"role": "system", "content": "s"}]}));
    assert_eq!(
        body["messages"],
        json!([{"role": "system", "content": "s"}, {"role": "user", "content": "."}])
    );
}

#[test]
fn thinking_goes_back_to_models_that_think() {
    let request = trial::chat(&json!({"messages": [{"role": "user", "content": "q"},
        {"role": "assistant", "content": "a", "reasoning_content": "t"}, {"role": "user", "content": "r"}],
        "reasoning_effort": "medium"}));
    let (body, _) = Attempt { family: &THINKS, ..Attempt::of(&CHAT_CODEC) }.body(&request);
    let parts = json!([{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "a"}]);
    assert_eq!(body["messages"][1]["content"], parts);
    assert_eq!(body["thinking"], json!({"type": "enabled", "token_budget": 2048}));
    let (body, losses) = Attempt::of(&CHAT_CODEC).body(&request);
    assert_eq!(body["messages"][1], json!({"role": "assistant", "content": "a"}));
    assert_eq!(losses, ["reasoning_effort dropped"]);
    let off =
        trial::chat(&json!({"messages": [{"role": "user", "content": "q"}], "reasoning_effort": "none"}));
    let (body, losses) = Attempt { family: &THINKS, ..Attempt::of(&CHAT_CODEC) }.body(&off);
    assert_eq!((&body["thinking"], losses.len()), (&json!({"type": "disabled"}), 0));
    assert!(Attempt::of(&CHAT_CODEC).body(&off).1.is_empty());
}

#[test]
fn choices_among_tools_are_told_as_well_as_can_be() {
    let tools = json!([{"type": "function", "function": {"name": "f", "strict": true}}, {"type": "function", "function": {"name": "g"}}]);
    let asked = |choice: Value| {
        let request =
            json!({"messages": [{"role": "user", "content": "q"}], "tools": tools, "tool_choice": choice});
        let (body, losses) = encode(&request);
        let names: Vec<String> = body["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["function"]["name"].as_str().unwrap().to_owned())
            .collect();
        (names.join(" "), body["tool_choice"].clone(), losses.join(" "))
    };
    assert_eq!(asked(json!("auto")), ("f g".to_owned(), Value::Null, String::new()));
    assert_eq!(asked(json!("none")), ("f g".to_owned(), json!("NONE"), String::new()));
    assert_eq!(asked(json!("required")), ("f g".to_owned(), json!("REQUIRED"), String::new()));
    let named = json!({"type": "function", "function": {"name": "g"}});
    assert_eq!(
        asked(named),
        ("g".to_owned(), json!("REQUIRED"), "tool_choice(function) emulated".to_owned())
    );
    let (body, losses) =
        encode(&json!({"messages": [{"role": "user", "content": "q"}], "tool_choice": "required"}));
    assert!(body.get("tool_choice").is_none());
    assert_eq!(losses, ["tool_choice(required) dropped"]);
}

#[test]
fn a_form_of_the_answer_excludes_tools() {
    let tools = json!([{"type": "function", "function": {"name": "f", "strict": true}}]);
    let form = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "required": []}}});
    let mut request = json!({"messages": [{"role": "user", "content": "q"}], "response_format": form});
    let (body, losses) = encode(&request);
    assert_eq!(
        body["response_format"],
        json!({"type": "json_object", "json_schema": {"type": "object", "required": []}})
    );
    assert!(losses.is_empty());
    request["tools"] = tools;
    let (body, losses) = encode(&request);
    assert!(body.get("response_format").is_none() && body["strict_tools"] == true);
    assert_eq!(losses, ["response_format(json_schema) dropped"]);
}
