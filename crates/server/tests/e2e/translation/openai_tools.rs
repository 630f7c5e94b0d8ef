//! Tools of clients of `OpenAI` in front of targets with formats of their own.

use serde_json::{Value, json};
use testkit::{Answer, content_of};

use super::openai::{STREAM, choice, chunks, finish};
use super::targets::Target;
use super::{chat, each, sent, talk, translated};

pub const TOOLS: &str = r#","tools":[
    {"type":"function","function":{"name":"get_weather","description":"The weather.","parameters":{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string","enum":["c","f"]}},"required":["city"]}}},
    {"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{},"required":[]}}},
    {"type":"function","function":{"name":"find.the/nearest shop","parameters":{"type":"object","properties":{"n":{"type":"integer"}}}}}]"#;
const NAMES: [&str; 3] = ["get_weather", "now", "find.the/nearest shop"];

fn with_tools(target: &Target) -> bool {
    translated(target) && target.tools
}

fn several(target: &Target) -> bool {
    with_tools(target) && target.parallel
}

/// Name and arguments of calls, each with a name of its own.
#[track_caller]
fn called(calls: &Value) -> Vec<(String, Value)> {
    let calls = calls.as_array().unwrap_or_else(|| panic!("no calls: {calls}"));
    let ids: std::collections::HashSet<_> = calls.iter().map(|call| call["id"].as_str().unwrap()).collect();
    assert!(ids.len() == calls.len() && !ids.contains(""), "{calls:?}");
    calls
        .iter()
        .map(|call| {
            assert_eq!(call["type"], "function", "{call}");
            let function = &call["function"];
            let arguments = function["arguments"].as_str().unwrap_or_else(|| panic!("no text: {call}"));
            let arguments: Value = serde_json::from_str(arguments).unwrap_or_else(|_| panic!("{call}"));
            assert!(arguments.is_object(), "{call}");
            (function["name"].as_str().unwrap().to_owned(), arguments)
        })
        .collect()
}

/// The calls of a stream, put together as a client does; their indexes must be dense and in order.
#[track_caller]
fn streamed(answer: &Answer, target: &Target) -> Value {
    let mut calls: Vec<Value> = Vec::new();
    for chunk in chunks(answer, target.model) {
        for piece in chunk["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index =
                usize::try_from(piece["index"].as_u64().unwrap_or_else(|| panic!("no index: {piece}")))
                    .unwrap();
            assert!(index <= calls.len(), "index {index} after {} calls: {}", calls.len(), answer.text());
            let more = piece["function"]["arguments"].as_str().unwrap_or_default();
            if index == calls.len() {
                assert!(piece["id"].is_string() && piece["function"]["name"].is_string(), "{piece}");
                calls.push(piece.clone());
                calls[index]["function"]["arguments"] = json!(more);
                continue;
            }
            assert!(piece["function"].get("name").is_none_or(Value::is_null), "a name twice: {piece}");
            let so_far = calls[index]["function"]["arguments"].as_str().unwrap().to_owned();
            calls[index]["function"]["arguments"] = json!(so_far + more);
        }
    }
    json!(calls)
}

#[test]
fn one_call() {
    each(with_tools, |world, target| {
        let more = format!("{TOOLS},\"tool_choice\":\"auto\"");
        let answer = world.send(&chat(target, "call", "call_tool", &more));
        let choice = choice(&answer, target.model);
        let calls = called(&choice["message"]["tool_calls"]);
        assert_eq!((calls.len(), &*calls[0].0), (1, "get_weather"), "{choice}");
        assert!(calls[0].1["city"].is_string(), "{choice}");
        assert_eq!(choice["finish_reason"], "tool_calls", "{choice}");
        assert!(choice["message"]["content"].is_null(), "{choice}");
        if target.streams {
            let answer = world.send(&chat(target, "call-stream", "call_tool", &format!("{more}{STREAM}")));
            assert_eq!(called(&streamed(&answer, target)), calls);
            assert_eq!(finish(&chunks(&answer, target.model)), "tool_calls");
            assert_eq!(content_of(&answer.events()), "");
        }
    });
}

#[test]
fn three_calls_at_once() {
    each(several, |world, target| {
        let answer = world.send(&chat(target, "three", "call_three_tools", TOOLS));
        let calls = called(&choice(&answer, target.model)["message"]["tool_calls"]);
        let names: Vec<_> = calls.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, NAMES);
        let answer =
            world.send(&chat(target, "three-stream", "call_three_tools", &format!("{TOOLS}{STREAM}")));
        assert_eq!(called(&streamed(&answer, target)), calls);
        assert_eq!(finish(&chunks(&answer, target.model)), "tool_calls");
    });
}

#[test]
fn words_before_calls() {
    each(with_tools, |world, target| {
        let answer = world.send(&chat(target, "speak", "speak_first call_tool", TOOLS));
        let choice = choice(&answer, target.model);
        assert_eq!(choice["message"]["content"], "echo: speak_first call_tool");
        let calls = called(&choice["message"]["tool_calls"]);
        let answer =
            world.send(&chat(target, "speak-stream", "speak_first call_tool", &format!("{TOOLS}{STREAM}")));
        assert_eq!(content_of(&answer.events()), "echo: speak_first call_tool");
        assert_eq!(called(&streamed(&answer, target)), calls);
    });
}

#[test]
fn calls_that_are_asked_for() {
    each(with_tools, |world, target| {
        for (member, name) in [
            (r#","tool_choice":"required""#, None),
            (r#","tool_choice":{"type":"function","function":{"name":"now"}}"#, Some("now")),
        ] {
            let answer = world.send(&chat(target, "choice", "hello", &format!("{TOOLS}{member}")));
            let told = answer.header("x-ai-proxy-losses").unwrap_or_default().to_owned();
            let choice = choice(&answer, target.model);
            if told.contains("tool_choice") {
                continue;
            }
            let calls = called(&choice["message"]["tool_calls"]);
            assert!(calls.len() == 1 && name.is_none_or(|name| name == calls[0].0), "{member}: {choice}");
        }
        let more = format!("{TOOLS},\"tool_choice\":\"none\"");
        let choice = choice(&world.send(&chat(target, "choice-none", "call_tool", &more)), target.model);
        assert!(choice["message"].get("tool_calls").is_none_or(Value::is_null), "{choice}");
    });
}

#[test]
fn one_call_at_a_time() {
    each(several, |world, target| {
        let more = format!("{TOOLS},\"parallel_tool_calls\":false");
        let answer = world.send(&chat(target, "alone", "call_three_tools", &more));
        let told = answer.header("x-ai-proxy-losses").unwrap_or_default();
        let calls = called(&choice(&answer, target.model)["message"]["tool_calls"]);
        assert!(calls.len() == 1 || told.contains("parallel_tool_calls"), "{calls:?}");
    });
}

/// A conversation in which these calls were made and answered, in this order.
fn answered(calls: &Value, results: &[(&str, &str)], more: &str) -> String {
    let mut messages = vec![
        json!({"role": "user", "content": "call_three_tools"}),
        json!({"role": "assistant", "content": null, "tool_calls": calls}),
    ];
    for (id, result) in results {
        messages.push(json!({"role": "tool", "tool_call_id": id, "content": result}));
    }
    format!(r#"{{"messages":{}{more}}}"#, json!(messages))
}

#[test]
fn results_find_their_calls() {
    each(with_tools, |world, target| {
        let asked = if target.parallel { "call_three_tools" } else { "call_tool" };
        let first = world.send(&chat(target, "result-call", asked, TOOLS)).json();
        let calls = first["choices"][0]["message"]["tool_calls"].clone();
        let ids: Vec<_> = calls.as_array().unwrap().iter().map(|call| call["id"].as_str().unwrap()).collect();
        // Not in the order of the calls, and one is no text but JSON.
        let mut results: Vec<_> = ids
            .iter()
            .zip(["sunny-17", "{\"t\": 12345678901234567890}", "[]"])
            .map(|(id, text)| (*id, text))
            .collect();
        results.reverse();
        let body = answered(&calls, &results, TOOLS);
        let answer = world.send(&talk(&format!("/o/{}", target.name), target, "result", &body));
        let choice = choice(&answer, target.model);
        let said = choice["message"]["content"].as_str().unwrap_or_else(|| panic!("{choice}"));
        assert!(said.starts_with("tool said: "), "{said}");
        assert_eq!(choice["finish_reason"], "stop");
        let sent = sent(world, target, "result");
        assert!(sent.contains("sunny-17"), "{sent}");
        if target.parallel {
            assert!(sent.contains("12345678901234567890"), "digits were lost: {sent}");
        }
    });
}

#[test]
fn results_that_are_missing_or_nobodys() {
    each(with_tools, |world, target| {
        let calls = json!([
            {"id": "call_a", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\":\"x\"}"}},
            {"id": "call_b", "type": "function", "function": {"name": "now", "arguments": ""}},
        ]);
        for (tag, results) in [
            ("missing", &[("call_a", "sunny")][..]),
            ("nobodys", &[("call_a", "sunny"), ("call_b", "noon"), ("call_z", "what")]),
            ("empty", &[("call_a", ""), ("call_b", "noon")]),
        ] {
            let body = answered(&calls, results, TOOLS);
            let answer = world.send(&talk(&format!("/o/{}", target.name), target, tag, &body));
            assert_eq!(answer.status, 200, "{tag}: {}", answer.text());
            assert!(choice(&answer, target.model)["message"]["content"].is_string(), "{tag}");
        }
    });
}

/// Clients echo text and calls, and know nothing of thoughts: what seals a thought travels in the call's identifier.
#[test]
fn seals_of_thoughts_come_back() {
    each(
        |target| with_tools(target) && target.seals,
        |world, target| {
            let more = format!(r#"{TOOLS},"reasoning_effort":"low","max_completion_tokens":8000"#);
            for stream in [false, true] {
                let tag = if stream { "seal-stream" } else { "seal" };
                let calls = if stream {
                    let answer = world.send(&chat(
                        target,
                        &format!("{tag}-1"),
                        "call_tool",
                        &format!("{more}{STREAM}"),
                    ));
                    streamed(&answer, target)
                } else {
                    let answer = world.send(&chat(target, &format!("{tag}-1"), "call_tool", &more));
                    choice(&answer, target.model)["message"]["tool_calls"].clone()
                };
                let id = calls[0]["id"].as_str().unwrap();
                let (_, seal) = id
                    .split_once("__signed__")
                    .or_else(|| id.split_once("__thought__"))
                    .unwrap_or_else(|| panic!("no seal: {id}"));
                let body = answered(&calls, &[(id, "sunny")], &more);
                let tag = format!("{tag}-2");
                let answer = world.send(&talk(&format!("/o/{}", target.name), target, &tag, &body));
                let choice = choice(&answer, target.model);
                assert!(
                    choice["message"]["content"].as_str().is_some_and(|said| said.starts_with("tool said: ")),
                    "{choice}"
                );
                let sent = sent(world, target, &tag);
                assert!(sent.contains(seal), "the seal is lost: {sent}");
                assert!(!sent.contains("__signed__") && !sent.contains("__thought__"), "{sent}");
            }
        },
    );
}
