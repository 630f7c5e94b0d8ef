//! Requests as they are written.

use model::{Message, Number, Parameter, Reasoning, ReasoningWish, Seal, Tool, ToolChoice};
use serde_json::json;

use super::*;
use crate::{MemberRule, Requirement, UsageInStream, anthropic};

#[test]
fn claude_code_speaks_to_openai() {
    let asked = asked(
        &anthropic::CHAT_FRONT,
        r#"{"model":"claude-x","max_tokens":100,"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"B"}],"thinking":{"type":"enabled","budget_tokens":2048},"tools":[{"name":"f","input_schema":{"type":"object","properties":{},"required":[]}},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"any","disable_parallel_tool_use":true},"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"u1","name":"f","input":{}}]},{"role":"user","content":[{"type":"text","text":"and"},{"type":"tool_result","tool_use_id":"u1","content":[{"type":"text","text":"r1"},{"type":"text","text":"r2"}]}]}],"stop_sequences":["Z"],"stream":true}"#,
    );
    let target =
        Target { model: "gpt-5-mini", quirks: &REASONING, delivery: Delivery::Stream, ..Target::default() };
    let (body, losses) = target.body(&asked);
    let expected: Value = serde_json::from_str(
        r#"{"model":"gpt-5-mini","max_completion_tokens":100,"reasoning_effort":"medium","messages":[{"role":"system","content":"A\nB"},{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"u1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"u1","content":"r1\nr2"},{"role":"user","content":"and"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{},"required":[]}}}],"tool_choice":"required","parallel_tool_calls":false,"stop":["Z"],"stream":true,"stream_options":{"include_usage":true}}"#,
    )
    .unwrap();
    assert_eq!(body, expected);
    assert_eq!(
        losses,
        ["cache_control dropped", "tools(web_search) dropped", "reasoning_effort approximated"]
    );
}

fn messages(list: &str) -> Value {
    let (body, _) = Target::default().body(&request(&format!("\"messages\":[{list}]")));
    body["messages"].clone()
}

#[test]
fn results_stand_behind_their_calls() {
    let calls = r#"{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}},{"id":"c","function":{"name":"g","arguments":"{}"}}]}"#;
    let written = messages(&format!(
        r#"{{"role":"user","content":"q"}},{calls},{{"role":"tool","tool_call_id":"b","content":"2"}},{{"role":"user","content":"more"}},{{"role":"tool","tool_call_id":"a","content":"1"}},{{"role":"tool","tool_call_id":"b","content":"again"}},{{"role":"tool","tool_call_id":"zz","content":"lost"}}"#
    ));
    let told: Vec<_> = written
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            let text = |name| message[name].as_str().unwrap_or("-");
            (text("role"), text("tool_call_id"), text("content"))
        })
        .collect();
    let expected = [
        ("user", "-", "q"),
        ("assistant", "-", "-"),
        ("tool", "a", "1"),
        ("tool", "b", "2"),
        ("tool", "c", ""),
        ("user", "-", "more"),
        ("user", "-", "Result of g: again"),
        ("user", "-", "Result of zz: lost"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_results_show_follows_them() {
    let list = r#"{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"a","content":[{"type":"image_url","image_url":{"url":"https://h/i"}}]},
        {"role":"tool","tool_call_id":"b","content":"bad","is_error":true}"#;
    let (body, losses) = Target::default().body(&request(&format!("\"messages\":[{list}]")));
    let expected = json!([
        {"role": "tool", "tool_call_id": "a", "content": "(shown in the next message)"},
        {"role": "tool", "tool_call_id": "b", "content": "Error: bad"},
        {"role": "user", "content": [
            {"type": "text", "text": "Shown by f:"},
            {"type": "image_url", "image_url": {"url": "https://h/i"}},
        ]},
    ]);
    assert_eq!(body["messages"].as_array().unwrap()[1..], *expected.as_array().unwrap());
    assert_eq!(losses, ["tool(image) emulated", "tool(is_error) emulated"]);
}

#[test]
fn media_and_texts_are_written() {
    let written = messages(
        r#"{"role":"system","content":"a"},{"role":"developer","content":"b"},
           {"role":"user","name":"n","content":[{"type":"text","text":""},{"type":"text","text":"t"},
             {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD","detail":"high"}},
             {"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"}},
             {"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD"}},{"type":"file","file":{"file_id":"file-1"}}]},
           {"role":"system","content":"c"},{"role":"user","content":[]},{"role":"assistant","content":""},{"role":"assistant","content":"x","refusal":"no"}"#,
    );
    let expected = json!([
        {"role": "system", "content": "a\nb"},
        {"role": "user", "name": "n", "content": [
            {"type": "text", "text": "t"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD", "detail": "high"}},
            {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
            {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,QUJD"}},
            {"type": "file", "file": {"file_id": "file-1"}},
        ]},
        {"role": "system", "content": "c"},
        {"role": "assistant", "content": "x", "refusal": "no"},
    ]);
    assert_eq!(written, expected);
}

#[test]
fn files_at_addresses_are_refused() {
    let asked = request(
        r#""messages":[{"role":"user","content":[{"type":"file","file":{"file_url":"https://h/f.pdf"}}]}]"#,
    );
    let refused = Target::default().encode(&asked).err().unwrap();
    assert_eq!(refused.to_string(), "'file_url' is not supported by this provider");
}

static DEEPSEEK: Quirks = Quirks { reasoning_in_history: true, ..Quirks::NONE };

#[test]
fn seals_stay_at_home_and_reasoning_goes_where_it_must() {
    let mut asked = request(
        r#""messages":[{"role":"assistant","reasoning_content":"r","tool_calls":[{"id":"a__thought__QQ==","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"a__thought__QQ==","content":"1"},{"role":"assistant","content":"x","reasoning_content":"r"}]"#,
    );
    let (body, _) = Target::default().body(&asked);
    assert!(!body.to_string().contains("thought") && !body.to_string().contains("reasoning_content"));
    let target = Target { quirks: &DEEPSEEK, ..Target::default() };
    let (body, _) = target.body(&asked);
    assert_eq!(body["messages"][0]["reasoning_content"], "r");
    assert!(body["messages"][2].get("reasoning_content").is_none());
    let Message::Assistant(assistant) = &mut asked.messages[0] else { panic!() };
    let seal = Seal { maker: Maker::Anthropic, text: "d".into() };
    assistant.parts.push(model::AssistantPart::Reasoning(Reasoning::Redacted(seal)));
    assert!(target.encode(&asked).is_ok());
}

#[test]
fn names_that_openai_refuses_are_replaced_and_put_back() {
    let asked = request(
        r#""messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"mcp.a/b"}}],"tool_choice":{"type":"function","function":{"name":"mcp.a/b"}}"#,
    );
    let encoded = Target::default().encode(&asked).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body["tools"][0]["function"]["name"], "mcp_a_b");
    assert_eq!(body["tool_choice"]["function"]["name"], "mcp_a_b");
    let answer = r#"{"choices":[{"message":{"tool_calls":[{"id":"1","function":{"name":"mcp_a_b","arguments":"{}"}}]}}]}"#;
    let read = encoded.answer.whole(&|_| None, answer.as_bytes()).unwrap();
    assert!(
        matches!(&read.choices[0].parts[0], model::AssistantPart::ToolCall(call) if &*call.name == "mcp.a/b")
    );
}

#[test]
fn a_choice_among_tools_leaves_the_others_out() {
    let asked = request(
        r#""messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}"#,
    );
    let (body, losses) = Target::default().body(&asked);
    assert_eq!((body["tools"].as_array().unwrap().len(), &body["tool_choice"]), (1, &json!("required")));
    assert_eq!(losses, ["tool_choice(allowed_tools) emulated"]);
    // Without tools there is nothing to choose among.
    let (body, _) = Target::default()
        .body(&request(r#""messages":[{"role":"user","content":"q"}],"tool_choice":"none""#));
    assert!(body.get("tool_choice").is_none());
}

#[test]
fn rules_of_a_provider_apply() {
    static RULES: &[(Requirement, MemberRule)] = &[
        (Requirement::Always, MemberRule::Rename("seed", "random_seed")),
        (
            Requirement::Always,
            MemberRule::Replace { member: "tool_choice", value: "required", with: "\"any\"" },
        ),
        (Requirement::Always, MemberRule::Drop("top_k")),
    ];
    static MISTRAL: Quirks = Quirks {
        rules: RULES,
        token_limit: TokenLimit::MaxTokens,
        usage_in_stream: UsageInStream::Always,
        ..Quirks::NONE
    };
    let target = Target { quirks: &MISTRAL, delivery: Delivery::Stream, ..Target::default() };
    let (body, losses) = target.body(&request(
        r#""messages":[{"role":"user","content":"q"}],"seed":5,"top_k":3,"max_completion_tokens":9,"stream_options":{"include_usage":true},"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required""#,
    ));
    assert_eq!(
        (&body["random_seed"], &body["tool_choice"], &body["max_tokens"]),
        (&json!(5), &json!("any"), &json!(9))
    );
    assert!(["seed", "top_k", "stream_options"].into_iter().all(|name| body.get(name).is_none()));
    assert_eq!(losses, ["tool_choice approximated", "top_k dropped"]);
}

/// Versions of Azure's API before September 2024, its default among them, refuse `stream_options`.
#[test]
fn usage_is_not_asked_for_where_that_may_be_refused() {
    static OLD: Quirks = Quirks { usage_in_stream: UsageInStream::WhenClientAsks, ..Quirks::NONE };
    let asked = r#"{"max_tokens":9,"stream":true,"messages":[{"role":"user","content":"q"}]}"#;
    for (quirks, expected) in [(&OLD, Value::Null), (&Quirks::NONE, json!({"include_usage": true}))] {
        let target = Target { quirks, delivery: Delivery::Stream, ..Target::default() };
        let (body, losses) = target.body(&super::asked(&anthropic::CHAT_FRONT, asked));
        assert_eq!((&body["stream_options"], losses.len()), (&expected, 0));
    }
}

#[test]
fn efforts_are_the_nearest_that_the_model_knows() {
    static LEVELS: Family = Family {
        thinking: Thinking::Levels { efforts: &[Effort::Low, Effort::High], may_be_off: false },
        ..Family::UNKNOWN
    };
    for (wish, family, written, lost) in [
        (ReasoningWish::Effort(Effort::High), &LEVELS, Some("high"), None),
        (ReasoningWish::Effort(Effort::Medium), &LEVELS, Some("low"), Some("approximated")),
        (ReasoningWish::Effort(Effort::Minimal), &LEVELS, Some("low"), Some("approximated")),
        (ReasoningWish::Effort(Effort::Max), &LEVELS, Some("high"), Some("approximated")),
        (ReasoningWish::Budget(8192), &THINKS, Some("high"), Some("approximated")),
        (ReasoningWish::Off, &THINKS, Some("none"), None),
        (ReasoningWish::Off, &LEVELS, None, Some("dropped")),
        (ReasoningWish::Adaptive(None), &THINKS, Some("high"), None),
        (ReasoningWish::Effort(Effort::Low), &Family::UNKNOWN, None, Some("dropped")),
    ] {
        let asked =
            ChatRequest { reasoning: Some(wish), ..request(r#""messages":[{"role":"user","content":"q"}]"#) };
        let (body, losses) = Target { family, ..Target::default() }.body(&asked);
        assert_eq!(body.get("reasoning_effort").and_then(Value::as_str), written, "{wish:?}");
        let kinds: Vec<_> = losses.iter().filter_map(|loss| loss.rsplit(' ').next()).collect();
        assert_eq!(kinds, lost.into_iter().collect::<Vec<_>>(), "{wish:?}");
    }
}

#[test]
fn limits_of_openai_are_kept_and_told() {
    let user = "u".repeat(70);
    let (body, losses) = Target::default().body(&request(&format!(
        r#""messages":[{{"role":"user","content":"q"}}],"stop":["1","2","3","4","5"],"user":"{user}","store":false,"mcp_servers":[],"we ird":1"#
    )));
    assert_eq!(body["stop"].as_array().unwrap().len(), 4);
    assert_eq!(body["user"].as_str().unwrap().len(), 64);
    assert_eq!(body["store"], false);
    assert_eq!(
        losses,
        ["stop approximated", "user approximated", "mcp_servers dropped", "extra_body dropped"]
    );
}

/// A body that asks for a parameter, and where the written body has it.
pub(super) fn sample(parameter: Parameter) -> (String, &'static str) {
    let tools = r#""tools":[{"type":"function","function":{"name":"f"}}]"#;
    let (members, place): (String, _) = match parameter {
        Parameter::MaxTokens => (r#""max_tokens":5"#.into(), "/max_tokens"),
        Parameter::Temperature => (r#""temperature":0.5"#.into(), "/temperature"),
        Parameter::TopP => (r#""top_p":0.5"#.into(), "/top_p"),
        Parameter::TopK => (r#""top_k":5"#.into(), "/top_k"),
        Parameter::Stop => (r#""stop":"Z""#.into(), "/stop/0"),
        Parameter::Seed => (r#""seed":5"#.into(), "/seed"),
        Parameter::N => (r#""n":2"#.into(), "/n"),
        Parameter::FrequencyPenalty => (r#""frequency_penalty":1"#.into(), "/frequency_penalty"),
        Parameter::PresencePenalty => (r#""presence_penalty":1"#.into(), "/presence_penalty"),
        Parameter::Logprobs => (r#""logprobs":true"#.into(), "/logprobs"),
        Parameter::TopLogprobs => (r#""top_logprobs":3"#.into(), "/top_logprobs"),
        Parameter::LogitBias => (r#""logit_bias":{"1":2}"#.into(), "/logit_bias/1"),
        Parameter::User => (r#""user":"u""#.into(), "/user"),
        Parameter::ServiceTier => (r#""service_tier":"flex""#.into(), "/service_tier"),
        Parameter::Metadata => (r#""metadata":{"a":"b"}"#.into(), "/metadata/a"),
        Parameter::JsonObject => {
            (r#""response_format":{"type":"json_object"}"#.into(), "/response_format/type")
        }
        Parameter::JsonSchema => (
            r#""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}"#.into(),
            "/response_format/json_schema/schema",
        ),
        Parameter::Tools => (tools.into(), "/tools/0/function/name"),
        Parameter::ToolChoiceNone => (format!(r#"{tools},"tool_choice":"none""#), "/tool_choice"),
        Parameter::ToolChoiceRequired => (format!(r#"{tools},"tool_choice":"required""#), "/tool_choice"),
        Parameter::ToolChoiceNamed => (
            format!(r#"{tools},"tool_choice":{{"type":"function","function":{{"name":"f"}}}}"#),
            "/tool_choice/function/name",
        ),
        Parameter::ToolChoiceAmong => (
            format!(
                r#"{tools},"tool_choice":{{"type":"allowed_tools","mode":"auto","tools":[{{"name":"f"}}]}}"#
            ),
            "/tool_choice",
        ),
        Parameter::ParallelToolCalls => {
            (format!(r#"{tools},"parallel_tool_calls":false"#), "/parallel_tool_calls")
        }
        Parameter::ReasoningOff => (r#""reasoning_effort":"none""#.into(), "/reasoning_effort"),
        Parameter::Reasoning => (r#""reasoning_effort":"low""#.into(), "/reasoning_effort"),
        other => sample_of_message(other),
    };
    if members.contains("\"messages\"") {
        return (members, place);
    }
    (format!(r#""messages":[{{"role":"user","content":"q"}}],{members}"#), place)
}

/// The same for what messages have.
fn sample_of_message(parameter: Parameter) -> (String, &'static str) {
    let user = |part: &str| format!(r#""messages":[{{"role":"user","content":[{part}]}}]"#);
    let result = |more: &str| {
        format!(
            r#""messages":[{{"role":"assistant","tool_calls":[{{"id":"a","function":{{"name":"f","arguments":"{{}}"}}}}]}},{{"role":"tool","tool_call_id":"a",{more}}}]"#
        )
    };
    match parameter {
        Parameter::ImageData => (
            user(r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}},"x""#),
            "/messages/0/content/0/image_url/url",
        ),
        Parameter::ImageUrl => (
            user(r#"{"type":"image_url","image_url":{"url":"https://h/i"}}"#),
            "/messages/0/content/0/image_url/url",
        ),
        Parameter::Audio => (
            user(r#"{"type":"input_audio","input_audio":{"data":"QQ==","format":"wav"}}"#),
            "/messages/0/content/0/input_audio/data",
        ),
        Parameter::File => (
            user(r#"{"type":"file","file":{"file_data":"data:application/pdf;base64,QQ=="}}"#),
            "/messages/0/content/0/file/file_data",
        ),
        Parameter::ToolResultImage => (
            result(r#""content":[{"type":"image_url","image_url":{"url":"https://h/i"}}]"#),
            "/messages/2/content/1/image_url/url",
        ),
        Parameter::ToolResultError => (result(r#""content":"x","is_error":true"#), "/messages/1/content"),
        Parameter::CacheMark => (
            user(r#"{"type":"text","text":"t","cache_control":{"type":"ephemeral"}}"#),
            "/messages/0/content/cache_control",
        ),
        Parameter::UserName => {
            (r#""messages":[{"role":"user","content":"q","name":"n"}]"#.into(), "/messages/0/name")
        }
        other => panic!("no sample of {other:?}"),
    }
}

#[test]
fn every_parameter_is_written_or_told_as_lost() {
    for parameter in Parameter::ALL {
        let (members, place) = sample(*parameter);
        for family in [&THINKS, &Family::UNKNOWN] {
            let (body, losses) = Target { family, ..Target::default() }.body(&request(&members));
            let name = parameter.name();
            let lost = |kind: &str| losses.contains(&format!("{name} {kind}"));
            let handling = CHAT_CODEC.handling(*parameter, family);
            match handling {
                Handling::Pass | Handling::Rename(_) => {
                    assert!(body.pointer(place).is_some() && losses.is_empty(), "{name}: {body} {losses:?}");
                }
                Handling::Emulate => assert!(body.pointer(place).is_some() && lost("emulated"), "{name}"),
                Handling::Drop => assert!(body.pointer(place).is_none() && lost("dropped"), "{name}: {body}"),
                Handling::Approximate | Handling::Refuse => panic!("{name}: {handling:?}"),
            }
        }
    }
}

#[test]
fn numbers_and_schemas_keep_their_form() {
    let asked = ChatRequest {
        sampling: model::Sampling {
            seed: Some(Number::from_checked("12345678901234567890")),
            temperature: Some(Number::from_checked("0.70")),
            ..model::Sampling::default()
        },
        tool_choice: Some(ToolChoice::Auto),
        ..request(
            r#""messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"z":[],"a":{},"n":1.0}}}]"#,
        )
    };
    assert!(matches!(&asked.tools[0], Tool::Function(_)));
    let body = String::from_utf8(Target::default().encode(&asked).unwrap().body).unwrap();
    for part in [
        r#""seed":12345678901234567890"#,
        r#""temperature":0.70"#,
        r#""parameters":{"z":[],"a":{},"n":1.0}"#,
        r#""stream":false"#,
    ] {
        assert!(body.contains(part), "{body}");
    }
}
