//! Tools and thoughts of clients of Messages in front of every target.

use serde_json::{Value, json};

use super::messages::{STREAM, whole};
use super::messages_order::{calls, told};
use super::targets::Target;
use super::{each, message, messages, sent};

pub const TOOLS: &str = r#","tools":[
    {"name":"get_weather","description":"The weather.","input_schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}},
    {"name":"now","input_schema":{"type":"object","properties":{},"required":[]}},
    {"name":"mcp__server__a_tool_with_a_name_that_is_quite_long_but_legal","input_schema":{"type":"object","properties":{"n":{"type":"integer"}}}}]"#;
const NAMES: [&str; 3] =
    ["get_weather", "now", "mcp__server__a_tool_with_a_name_that_is_quite_long_but_legal"];

fn with_tools(target: &Target) -> bool {
    target.tools
}

#[test]
fn one_call() {
    each(with_tools, |world, target| {
        let body = whole(&world.send(&message(target, "m-call", "call_tool", TOOLS)), target.told());
        let made = calls(&body["content"]);
        assert!(
            made.len() == 1 && made[0]["name"] == "get_weather" && made[0]["input"]["city"].is_string(),
            "{body}"
        );
        assert_eq!(body["stop_reason"], "tool_use", "{body}");
        let told =
            told(&world.send(&message(target, "m-call-stream", "call_tool", &format!("{TOOLS}{STREAM}"))));
        assert_eq!(told.calls(), made);
        assert_eq!(told.stop_reason, "tool_use");
    });
}

#[test]
fn three_calls_at_once() {
    each(
        |target| target.tools && target.parallel,
        |world, target| {
            let body =
                whole(&world.send(&message(target, "m-three", "call_three_tools", TOOLS)), target.told());
            let made = calls(&body["content"]);
            assert_eq!(made.iter().map(|call| call["name"].as_str().unwrap()).collect::<Vec<_>>(), NAMES);
            let told = told(&world.send(&message(
                target,
                "m-three-stream",
                "call_three_tools",
                &format!("{TOOLS}{STREAM}"),
            )));
            assert_eq!(told.calls(), made);
        },
    );
}

#[test]
fn choices_of_tools() {
    each(with_tools, |world, target| {
        for (choice, name) in [
            (r#"{"type":"any"}"#, None),
            (r#"{"type":"tool","name":"now"}"#, Some("now")),
            (r#"{"type":"auto","disable_parallel_tool_use":true}"#, Some("get_weather")),
        ] {
            let asked = if name == Some("get_weather") { "call_three_tools" } else { "hello" };
            let answer =
                world.send(&message(target, "m-choice", asked, &format!("{TOOLS},\"tool_choice\":{choice}")));
            if answer.header("x-ai-proxy-losses").unwrap_or_default().contains("tool_choice") {
                continue;
            }
            let made = calls(&whole(&answer, target.told())["content"]);
            assert!(made.len() == 1 && name.is_none_or(|name| made[0]["name"] == name), "{choice}: {made:?}");
        }
        let none = format!("{TOOLS},\"tool_choice\":{{\"type\":\"none\"}}");
        let body = whole(&world.send(&message(target, "m-choice-none", "call_tool", &none)), target.told());
        assert_eq!(calls(&body["content"]), [Value::Null; 0], "{body}");
    });
}

/// A conversation in which calls were made and answered.
fn answered(content: &Value, results: &Value, more: &str) -> String {
    let messages = json!([
        {"role": "user", "content": "call_three_tools"},
        {"role": "assistant", "content": content},
        {"role": "user", "content": results},
    ]);
    let limit = if more.contains("\"max_tokens\"") { "" } else { r#","max_tokens":4000"# };
    format!(r#"{{"messages":{messages}{limit}{more}}}"#)
}

#[test]
fn results_find_their_calls() {
    each(with_tools, |world, target| {
        let asked = if target.parallel { "call_three_tools" } else { "call_tool" };
        let first = whole(&world.send(&message(target, "m-result-call", asked, TOOLS)), target.told());
        let ids: Vec<_> =
            first["content"].as_array().unwrap().iter().filter_map(|block| block["id"].as_str()).collect();
        let contents = [
            json!("sunny-17"),
            json!([{"type": "text", "text": "noon"}, {"type": "text", "text": "-ish"}]),
            json!("gone"),
        ];
        let results: Vec<_> = ids
            .iter()
            .zip(contents)
            .enumerate()
            .map(|(index, (id, content))| {
                json!({"type": "tool_result", "tool_use_id": id, "content": content, "is_error": index == 2})
            })
            .collect();
        let answer =
            world.send(&messages(target, "m-result", &answered(&first["content"], &json!(results), TOOLS)));
        let body = whole(&answer, target.told());
        assert!(
            body["content"][0]["text"].as_str().is_some_and(|said| said.starts_with("tool said: ")),
            "{body}"
        );
        let sent = sent(world, target, "m-result");
        assert!(sent.contains("sunny-17"), "{sent}");
        if target.parallel {
            assert!(sent.contains("noon") && sent.contains("-ish") && sent.contains("gone"), "{sent}");
        }
    });
}

/// `OpenAI`'s format wants results right behind their calls, and a text after them; Messages let them stand in any order.
#[test]
fn a_text_between_results() {
    each(with_tools, |world, target| {
        let first = whole(&world.send(&message(target, "m-mixed-call", "call_tool", TOOLS)), target.told());
        let id = first["content"].as_array().unwrap().iter().find_map(|block| block["id"].as_str()).unwrap();
        // Anthropic wants results first.
        let results = json!([
            {"type": "tool_result", "tool_use_id": id, "content": "sunny-17"},
            {"type": "text", "text": "and say so"},
        ]);
        let answer = world.send(&messages(target, "m-mixed", &answered(&first["content"], &results, TOOLS)));
        whole(&answer, target.told());
        let sent = sent(world, target, "m-mixed");
        assert!(sent.contains("sunny-17") && sent.contains("and say so"), "{sent}");
    });
}

/// Clients of Messages echo thoughts with their signatures; from others they have identifiers alone.
#[test]
fn thoughts_and_their_seals_come_back() {
    each(
        |target| target.tools && target.seals,
        |world, target| {
            let more =
                format!(r#"{TOOLS},"max_tokens":8000,"thinking":{{"type":"enabled","budget_tokens":2048}}"#);
            for stream in [false, true] {
                let tag = if stream { "m-seal-stream" } else { "m-seal" };
                let content = if stream {
                    json!(
                        told(&world.send(&message(
                            target,
                            &format!("{tag}-1"),
                            "call_tool",
                            &format!("{more}{STREAM}")
                        )))
                        .content
                    )
                } else {
                    whole(
                        &world.send(&message(target, &format!("{tag}-1"), "call_tool", &more)),
                        target.told(),
                    )["content"]
                        .clone()
                };
                let id = content.as_array().unwrap().iter().find_map(|block| block["id"].as_str()).unwrap();
                let results = json!([{"type": "tool_result", "tool_use_id": id, "content": "sunny"}]);
                let tag = format!("{tag}-2");
                let answer = world.send(&messages(target, &tag, &answered(&content, &results, &more)));
                let body = whole(&answer, target.told());
                let texts: String = body["content"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(|block| block["text"].as_str())
                    .collect();
                assert!(texts.starts_with("tool said: "), "{body}");
                let sent = sent(world, target, &tag);
                assert!(sent.contains("ignature\":\""), "the seal is lost: {sent}");
                assert!(!sent.contains("__signed__") && !sent.contains("__thought__"), "{sent}");
            }
        },
    );
}

/// Thoughts of others have no signature, and are no reason to fail.
#[test]
fn thoughts_of_others_are_taken() {
    each(
        |target| !target.speaks_messages,
        |world, target| {
            let content = json!([
                {"type": "thinking", "thinking": "hm", "signature": ""},
                {"type": "redacted_thinking", "data": "abc"},
                {"type": "text", "text": "so"},
            ]);
            let body = answered(&content, &json!("hi"), "");
            let answer = world.send(&messages(target, "m-foreign", &body));
            let said = whole(&answer, target.told())["content"][0]["text"].as_str().unwrap().to_owned();
            assert!(said == "echo: hi" || (target.prompts && said.contains("hi")), "{said}");
        },
    );
}
