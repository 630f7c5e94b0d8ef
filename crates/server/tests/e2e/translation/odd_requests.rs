//! Requests that are not what they should be: refused by the name of the member, in the client's form, before
//! anything goes upstream; and large ones that are.

use std::time::Duration;

use testkit::{Answer, Call};

use super::{TARGETS, Target, WORLD, messages, talk};
use crate::world::World;

/// Targets of as many dialects.
fn targets() -> impl Iterator<Item = &'static Target> {
    let names =
        ["anthropic", "bedrock-nova", "cohere", "cohere-v1", "gemini", "ollama", "llama2-raw", "openai"];
    names.into_iter().map(|name| TARGETS.iter().find(|target| target.name == name).unwrap())
}

/// Sends a body of `OpenAI`'s chat, or of Messages; none where it would be relayed, and be the provider's to judge.
fn send(world: &World, target: &Target, openai: bool, tag: &str, body: &str) -> Option<Answer> {
    if openai {
        let path = format!("/o/{}", target.name);
        return (!target.speaks_openai).then(|| world.send(&patient(talk(&path, target, tag, body))));
    }
    (!target.speaks_messages).then(|| world.send(&patient(messages(target, tag, body))))
}

/// Large bodies take their time where other tests run beside this one.
fn patient(call: Call) -> Call {
    call.patience(Duration::from_mins(1))
}

/// Wrong members and the name in the message, for clients of `OpenAI`.
const OPENAI: &[(&str, &str)] = &[
    (r#""max_tokens":-1"#, "max_tokens"),
    (r#""max_tokens":1.5"#, "max_tokens"),
    (r#""max_tokens":"10""#, "max_tokens"),
    (r#""max_tokens":99999999999999999999999"#, "max_tokens"),
    (r#""n":-1"#, "n"),
    (r#""n":[1]"#, "n"),
    (r#""stop":5"#, "stop"),
    (r#""stop":["a",null]"#, "stop[1]"),
    (r#""temperature":"warm""#, "temperature"),
    (r#""stream":"yes""#, "stream"),
    (r#""tools":{}"#, "tools"),
    (r#""tools":[5]"#, "tools[0]"),
    (r#""tools":[{"type":"function","function":{"name":5}}]"#, "tools[0].function.name"),
    (
        r#""tools":[{"type":"function","function":{"name":"f","parameters":[]}}]"#,
        "tools[0].function.parameters",
    ),
    (r#""tool_choice":"sometimes""#, "tool_choice"),
    (
        r#""tool_choice":{"type":"function","function":{}},"tools":[{"type":"function","function":{"name":"f"}}]"#,
        "tool_choice.function.name",
    ),
    (r#""response_format":"json""#, "response_format"),
    (
        r#""response_format":{"type":"json_schema","json_schema":{"schema":[]}}"#,
        "response_format.json_schema.schema",
    ),
    (r#""messages":[null]"#, "messages[0]"),
    (r#""messages":[{"role":"wizard","content":"x"}]"#, "messages[0].role"),
    (r#""messages":[{"role":"user","content":5}]"#, "messages[0].content"),
    (r#""messages":[{"role":"user","content":[{"type":"text","text":5}]}]"#, "messages[0].content[0].text"),
    (r#""messages":[{"role":"user","content":[{"type":"hologram"}]}]"#, "messages[0].content[0].type"),
    (
        r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,abc"}}]}]"#,
        "messages[0].content[0].image_url.url",
    ),
    (
        r#""messages":[{"role":"assistant","tool_calls":[{"id":"c","function":5}]}]"#,
        "messages[0].tool_calls[0].function",
    ),
    (
        r#""messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":[],"content":"x"}]"#,
        "messages[1].tool_call_id",
    ),
];

/// The same for clients of Messages.
const MESSAGES: &[(&str, &str)] = &[
    (r#""max_tokens":-1"#, "max_tokens"),
    (r#""max_tokens":"10""#, "max_tokens"),
    (r#""stop_sequences":"x""#, "stop_sequences"),
    (r#""temperature":[]"#, "temperature"),
    (r#""system":5"#, "system"),
    (r#""system":[{"type":"image"}]"#, "system[0].type"),
    (r#""metadata":"x""#, "metadata"),
    (r#""tools":"x""#, "tools"),
    (r#""tools":[{"name":"f","input_schema":"x"}]"#, "tools[0].input_schema"),
    (r#""tool_choice":{"type":"sometimes"}"#, "tool_choice.type"),
    (r#""thinking":{"type":"enabled","budget_tokens":"x"}"#, "thinking.budget_tokens"),
    (r#""messages":[{"role":"tool","content":"x"}]"#, "messages[0].role"),
    (r#""messages":[{"role":"user","content":null}]"#, "messages[0].content"),
    (
        r#""messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"@@@"}}]}]"#,
        "messages[0].content[0].source.data",
    ),
    (
        r#""messages":[{"role":"assistant","content":[{"type":"tool_use","name":"f","input":{}}]}]"#,
        "messages[0].content[0].id",
    ),
    (
        r#""messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}]"#,
        "messages[0].content[0].tool_use_id",
    ),
];

/// A body with this member, and with those that it must have besides.
fn with(member: &str, openai: bool) -> String {
    let mut members = vec![member];
    if !member.contains("\"messages\"") {
        members.push(r#""messages":[{"role":"user","content":"x"}]"#);
    }
    if !openai && !member.starts_with("\"max_tokens\"") {
        members.push(r#""max_tokens":9"#);
    }
    format!("{{{}}}", members.join(","))
}

#[test]
fn refusals_name_the_member() {
    let world = WORLD.hold();
    for target in targets() {
        for (openai, rows) in [(true, OPENAI), (false, MESSAGES)] {
            for (member, name) in rows {
                let Some(answer) = send(&world, target, openai, "odd-request", &with(member, openai)) else {
                    break;
                };
                let what = format!("{} {member}: {}", target.name, answer.text());
                assert_eq!(answer.status, 400, "{what}");
                let told = answer.json();
                assert!(told["error"]["message"].as_str().unwrap().contains(&format!("'{name}'")), "{what}");
                assert_eq!(told["error"]["type"], "invalid_request_error", "{what}");
                assert_eq!(told["type"] == "error", !openai, "{what}");
                assert!(!openai || told["error"]["param"] == *name, "{what}");
            }
        }
        let sent = world.upstream.tagged(&super::tagged(target, "odd-request"));
        assert!(sent.is_empty(), "{}: {sent:?}", target.name);
    }
}

#[test]
fn what_a_provider_cannot_be_told_has_the_clients_name() {
    let world = WORLD.hold();
    let target = targets().find(|target| target.name == "llama2-raw").unwrap();
    let image = r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}]"#;
    let answer = send(&world, target, true, "untold", &with(image, true)).unwrap().expect(400);
    assert_eq!(answer.message(), "'image_url(data)' is not supported by this provider");
    let image = r#""messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]}]"#;
    let answer = send(&world, target, false, "untold", &with(image, false)).unwrap().expect(400);
    assert_eq!(answer.message(), "'image(base64)' is not supported by this provider");
}

#[test]
fn large_requests_are_served() {
    let world = WORLD.hold();
    let turns: Vec<String> = (0..10_000)
        .map(|turn| {
            let role = if turn % 2 == 0 { "user" } else { "assistant" };
            format!(r#"{{"role":"{role}","content":"t{turn}"}}"#)
        })
        .chain([r#"{"role":"user","content":"last"}"#.to_owned()])
        .collect();
    let turns = format!(r#""messages":[{}]"#, turns.join(","));
    let tools = |openai: bool| {
        let tool = |number: usize| {
            if openai {
                format!(
                    r#"{{"type":"function","function":{{"name":"f{number}","parameters":{{"type":"object"}}}}}}"#
                )
            } else {
                format!(r#"{{"name":"f{number}","input_schema":{{"type":"object"}}}}"#)
            }
        };
        format!(r#""tools":[{}]"#, (0..2000).map(tool).collect::<Vec<_>>().join(","))
    };
    // Every turn counts its calls anew, as some servers do.
    let call = r#"{"role":"assistant","tool_calls":[{"id":"call_0","type":"function","function":{"name":"f0","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_0","content":"t0"}"#;
    let used = r#"{"role":"assistant","content":[{"type":"tool_use","id":"call_0","name":"f0","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0","content":"t0"}]}"#;
    let calls = |openai: bool| {
        let turns = vec![if openai { call } else { used }; 3000].join(",");
        format!(r#""messages":[{{"role":"user","content":"x"}},{turns},{{"role":"user","content":"t9999"}}]"#)
    };
    for target in targets().filter(|target| target.tools) {
        for openai in [true, false] {
            for (tag, member) in
                [("many-turns", turns.clone()), ("many-tools", tools(openai)), ("many-calls", calls(openai))]
            {
                let Some(answer) = send(&world, target, openai, tag, &with(&member, openai)) else {
                    continue;
                };
                // Some providers take fewer tools than this; that is theirs to say.
                let theirs = world.record(&answer)["source"] == "upstream";
                assert!(
                    answer.status == 200 || (answer.status == 400 && theirs),
                    "{} {tag}: {}",
                    target.name,
                    answer.text()
                );
                let sent = world.upstream.tagged(&super::tagged(target, tag));
                let text = sent.last().expect("a request upstream").text();
                let last = if tag == "many-tools" { "f1999" } else { "t9999" };
                assert!(text.contains("\"f0\"") || text.contains("t0"), "{} {tag}", target.name);
                assert!(text.contains(last), "{} {tag}", target.name);
            }
        }
    }
}
