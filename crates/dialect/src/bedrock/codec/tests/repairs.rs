//! What is repaired of conversations, tools and settings on their way to Bedrock.

use model::{AssistantMessage, AssistantPart, Json, Maker, Message, Reasoning, Seal, UserMessage};
use serde_json::{Value, json};

use super::*;

fn claude() -> Case {
    case(CLAUDE_MODEL, &CLAUDE)
}

fn messages(body: &Value) -> &Value {
    &body["messages"]
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

#[test]
fn instructions_are_gathered_and_roles_merged() {
    let (body, losses) = claude().write(&json!({"messages": [
        {"role": "system", "content": "A"},
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "one"},
        {"role": "developer", "content": [{"type": "text", "text": "B"}, {"type": "text", "text": " "}]},
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "two"}]},
        {"role": "user", "content": "  "},
        {"role": "assistant", "content": "begun \n"}
    ]}));
    assert_eq!(body["system"], json!([{"text": "A"}, {"text": "B"}]));
    assert_eq!(
        messages(&body),
        &json!([
            {"role": "user", "content": [{"text": "."}]},
            {"role": "assistant", "content": [{"text": "hello"}]},
            {"role": "user", "content": [{"text": "one"}, {"text": "two"}]},
            {"role": "assistant", "content": [{"text": "begun"}]}
        ])
    );
    assert!(losses.is_empty());
    let (body, _) = claude().write(&json!({"messages": [{"role": "user", "content": ""}]}));
    assert_eq!(messages(&body), &json!([{"role": "user", "content": [{"text": "."}]}]));
}

#[test]
fn instructions_stand_before_the_first_words_where_a_model_takes_none() {
    let (body, losses) = case("amazon.titan-text-express-v1", &PLAIN).write(&json!({"messages": [
        {"role": "system", "content": "S"}, {"role": "user", "content": "q"}
    ]}));
    assert_eq!(messages(&body), &json!([{"role": "user", "content": [{"text": "S"}, {"text": "q"}]}]));
    assert_eq!(losses, ["messages.system emulated"]);
    assert!(body.get("system").is_none());
}

#[test]
fn calls_are_followed_by_their_results() {
    let (body, _) = claude().write(&json!({"messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": null, "tool_calls": [call("x|1", "f", "{\"n\":12345678901234567890}"), call("x|1", "f", "not json"), call("y", "f", "[1]")]},
        {"role": "tool", "tool_call_id": "y", "content": "plain"},
        {"role": "user", "content": "and"},
        {"role": "tool", "tool_call_id": "gone", "content": "late"},
        {"role": "assistant", "content": null, "tool_calls": [call("z", "f", "")]}
    ], "tools": [tool("f")]}));
    assert_eq!(
        messages(&body),
        &json!([
            {"role": "user", "content": [{"text": "q"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "x_1", "name": "f", "input": {"n": 12_345_678_901_234_567_890_u64}}},
                {"toolUse": {"toolUseId": "x_1_2", "name": "f", "input": {}}},
                {"toolUse": {"toolUseId": "y", "name": "f", "input": {}}}
            ]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "x_1", "content": [{"json": {"result": null}}]}},
                {"toolResult": {"toolUseId": "x_1_2", "content": [{"json": {"result": null}}]}},
                {"toolResult": {"toolUseId": "y", "content": [{"text": "plain"}]}},
                {"text": "and"},
                {"text": "Result of a tool: late"}
            ]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "z", "name": "f", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "z", "content": [{"json": {"result": null}}]}}]}
        ])
    );
}

#[test]
fn a_result_under_an_unknown_id_answers_the_call_of_its_name() {
    let (body, _) = claude().write(&json!({"messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "tool_calls": [call("a", "f", "{}"), call("b", "g", "{}")]},
        {"role": "tool", "tool_call_id": "other", "name": "g", "content": "1"}
    ], "tools": [tool("f"), tool("g")]}));
    let results = &messages(&body)[2]["content"];
    assert_eq!(results[0]["toolResult"]["content"], json!([{"json": {"result": null}}]));
    assert_eq!(results[1]["toolResult"], json!({"toolUseId": "b", "content": [{"json": {"result": 1}}]}));
}

#[test]
fn results_are_json_where_they_can_be() {
    for (content, expected) in [
        (r#" {"a":[]} "#, json!({"json": {"a": []}})),
        ("[1,2]", json!({"json": {"result": [1, 2]}})),
        ("\"s\"", json!({"json": {"result": "s"}})),
        ("null", json!({"json": {"result": null}})),
        ("", json!({"json": {"result": ""}})),
        ("1 2", json!({"text": "1 2"})),
        ("1,\"result\":2", json!({"text": "1,\"result\":2"})),
        ("1,\"b\":2", json!({"text": "1,\"b\":2"})),
        ("{\"a\":1}\n{\"a\":2}", json!({"text": "{\"a\":1}\n{\"a\":2}"})),
    ] {
        let (body, _) = claude().write(&json!({"messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "tool_calls": [call("c", "f", "{}")]},
            {"role": "tool", "tool_call_id": "c", "content": content}
        ], "tools": [tool("f")]}));
        assert_eq!(messages(&body)[2]["content"][0]["toolResult"]["content"], json!([expected]), "{content}");
    }
}

#[test]
fn a_stand_in_is_declared_for_tools_that_are_gone() {
    let (body, _) = claude().write(&json!({"messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "tool_calls": [call("c", "f", "{}")]},
        {"role": "tool", "tool_call_id": "c", "content": "1"}
    ]}));
    assert_eq!(body["toolConfig"]["tools"][0]["toolSpec"]["name"], "no_tool_available");
    assert!(body["toolConfig"].get("toolChoice").is_none());
}

#[test]
fn to_call_none_is_to_know_none_unless_some_were_called() {
    let none =
        json!({"messages": [{"role": "user", "content": "q"}], "tools": [tool("f")], "tool_choice": "none"});
    let (body, losses) = claude().write(&none);
    assert!(body.get("toolConfig").is_none() && losses.is_empty());
    let (body, losses) = claude().write(&json!({"messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "tool_calls": [call("c", "f", "{}")]},
        {"role": "tool", "tool_call_id": "c", "content": "1"}
    ], "tools": [tool("f")], "tool_choice": "none"}));
    assert_eq!(
        body["toolConfig"],
        json!({"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]})
    );
    assert_eq!(losses, ["tool_choice(none) approximated"]);
}

#[test]
fn names_of_tools_fit_and_come_back() {
    let long = "mcp.server/".repeat(10);
    let request =
        read(&json!({"messages": [{"role": "user", "content": "q"}], "tools": [tool(&long), tool("plain")]}));
    let encoded = claude().encode(&request).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    judge::judge(&body, Delivery::Whole);
    let sent = body["toolConfig"]["tools"][0]["toolSpec"]["name"].as_str().unwrap();
    assert!(sent.len() <= 64 && sent.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    let block = json!({"toolUse": {"toolUseId": "c", "name": sent, "input": {}}});
    let answer =
        json!({"output": {"message": {"role": "assistant", "content": [block]}}, "stopReason": "tool_use"});
    let response = encoded.answer.whole(&|_| None, answer.to_string().as_bytes()).unwrap();
    let AssistantPart::ToolCall(call) = &response.choices[0].parts[0] else { panic!() };
    assert_eq!(&*call.name, long);
}

#[test]
fn tools_of_one_name_are_refused() {
    let mut request = read(&json!({"messages": [{"role": "user", "content": "q"}], "tools": [tool("f")]}));
    request.tools.push(request.tools[0].clone());
    assert!(matches!(claude().encode(&request), Err(EncodeError::Invalid { .. })));
}

#[test]
fn media_from_elsewhere_are_refused() {
    for (part, expected) in [
        (json!({"type": "image_url", "image_url": {"url": "https://x/a.png"}}), "image_url"),
        (json!({"type": "image_url", "image_url": {"url": "data:image/tiff;base64,QUJD"}}), "image_url"),
        (json!({"type": "file", "file": {"file_id": "file-1"}}), "file"),
    ] {
        let request = read(&json!({"messages": [{"role": "user", "content": [part]}]}));
        match claude().encode(&request) {
            Err(EncodeError::Invalid { member, .. }) => assert_eq!(member, expected),
            other => panic!("{:?}", other.map(|encoded| encoded.body)),
        }
    }
}

#[test]
fn documents_have_names_and_a_text_beside_them() {
    let file = json!({"type": "file", "file": {"filename": "q.pdf", "file_data": "data:application/pdf;base64,QUJD"}});
    let (body, _) = claude().write(&json!({"messages": [{"role": "user", "content": [file, file]}]}));
    let content = &messages(&body)[0]["content"];
    assert_eq!(content[0]["document"]["name"], "q");
    assert_eq!(content[1]["document"]["name"], "q (2)");
    assert_eq!(content[2], json!({"text": "."}));
}

#[test]
fn no_more_cache_points_than_there_may_be() {
    let marked = |text: &str| json!([{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]);
    let mut first = tool("f");
    first["cache_control"] = json!({"type": "ephemeral"});
    let request = json!({
        "tools": [first, tool("g")],
        "messages": [
            {"role": "system", "content": marked("S")},
            {"role": "user", "content": marked("1")},
            {"role": "user", "content": marked("2")},
            {"role": "user", "content": marked("3")}
        ]
    });
    let (body, losses) = claude().write(&request);
    assert_eq!(body.to_string().matches("cachePoint").count(), 4);
    assert_eq!(body["system"], json!([{"text": "S"}, {"cachePoint": {"type": "default"}}]));
    assert_eq!(body["toolConfig"]["tools"].as_array().unwrap().len(), 2);
    assert_eq!(losses, ["cache_control approximated"]);
    let (body, losses) = case("amazon.nova-2-lite-v1:0", &NOVA).write(&json!({
        "tools": request["tools"], "messages": [{"role": "user", "content": "q"}]
    }));
    assert!(!body.to_string().contains("cachePoint"));
    assert_eq!(losses, ["tools.cache_control dropped"]);
    let (body, losses) = case("meta.llama3-1-8b", &PLAIN)
        .write(&json!({"messages": [{"role": "user", "content": marked("1")}]}));
    assert!(!body.to_string().contains("cachePoint"));
    assert_eq!(losses, ["cache_control dropped"]);
}

#[test]
fn claude_thinks_within_its_limits() {
    let request = |more: Value| {
        let mut body = json!({"messages": [{"role": "user", "content": "q"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let (body, losses) = claude().write(&request(json!({
        "reasoning_effort": "medium", "temperature": 0.5, "top_p": 0.5, "top_k": 3, "max_tokens": 4000,
        "tools": [tool("f")], "tool_choice": "required"
    })));
    let fields = json!({"thinking": {"type": "enabled", "budget_tokens": 2048}});
    assert_eq!(body["additionalModelRequestFields"], fields);
    assert_eq!(body["inferenceConfig"], json!({"maxTokens": 4000}));
    assert_eq!(body["toolConfig"]["toolChoice"], json!({"auto": {}}));
    assert_eq!(
        losses,
        ["tool_choice(required) approximated", "top_k dropped", "temperature dropped", "top_p dropped"]
    );
    // The limit is larger than the budget, and one is made where none was given.
    let (body, losses) = claude().write(&request(json!({"reasoning_effort": "high", "max_tokens": 2000})));
    assert_eq!(body["additionalModelRequestFields"]["thinking"]["budget_tokens"], 1999);
    assert_eq!(losses, ["reasoning_effort approximated"]);
    let (body, _) = claude().write(&request(json!({"reasoning_effort": "high"})));
    assert_eq!(body["inferenceConfig"], json!({"maxTokens": 8192}));
    let (body, losses) = claude().write(&request(json!({"temperature": 0.5, "top_p": 0.5})));
    assert_eq!(body["inferenceConfig"], json!({"temperature": 0.5}));
    assert_eq!(losses, ["top_p dropped"]);
}

#[test]
fn nova_is_told_its_level() {
    let nova = case("us.amazon.nova-2-lite-v1:0", &NOVA);
    let (body, losses) = nova.write(&json!({
        "messages": [{"role": "user", "content": "q"}], "reasoning_effort": "minimal", "top_k": 20,
        "additionalModelRequestFields": {"inferenceConfig": {"x": 1}, "y": 2}
    }));
    let expected = json!({
        "inferenceConfig": {"x": 1, "topK": 20}, "y": 2,
        "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}
    });
    assert_eq!(body["additionalModelRequestFields"], expected);
    assert_eq!(losses, ["reasoning_effort approximated"]);
    let (body, losses) = nova.write(&json!({
        "messages": [{"role": "user", "content": "q"}], "reasoning_effort": "high", "max_tokens": 9, "temperature": 1
    }));
    assert!(body.get("inferenceConfig").is_none());
    assert_eq!(losses, ["max_tokens dropped", "temperature dropped"]);
    let (body, _) =
        nova.write(&json!({"messages": [{"role": "user", "content": "q"}], "reasoning_effort": "none"}));
    assert_eq!(body["additionalModelRequestFields"], json!({"reasoningConfig": {"type": "disabled"}}));
}

#[test]
fn a_form_of_the_answer_becomes_a_tool_where_it_must() {
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "my form", "schema": {"properties": {}}}});
    let request = json!({"messages": [{"role": "user", "content": "q"}], "response_format": format, "tools": [tool("my_form")]});
    let (body, losses) = case(CLAUDE_MODEL, &EARLY).write(&request);
    assert_eq!(body["toolConfig"]["toolChoice"], json!({"any": {}}));
    let spec = &body["toolConfig"]["tools"][1]["toolSpec"];
    assert_eq!(
        (&spec["name"], &spec["inputSchema"]["json"]["type"]),
        (&json!("my_form_2"), &json!("object"))
    );
    assert_eq!(losses, ["response_format(json_schema) emulated"]);
    let (body, _) = claude().write(&request);
    let schema = &body["outputConfig"]["textFormat"]["structure"]["jsonSchema"];
    assert_eq!(schema, &json!({"name": "my form", "schema": "{\"properties\":{}}"}));
}

#[test]
fn members_of_bedrocks_own_pass() {
    let mut case = claude();
    case.settings.set("bedrock.performance_config_latency", "optimized");
    case.settings.set("anthropic_version", "bedrock-2023-05-31");
    let guardrail =
        json!({"guardrailIdentifier": "g", "guardrailVersion": "1", "streamProcessingMode": "async"});
    let request = json!({
        "messages": [{"role": "user", "content": "q"}],
        "guardrailConfig": guardrail,
        "performanceConfig": {"latency": "standard"},
        "requestMetadata": {"a": "b"},
        "anthropic_beta": ["context-1m-2025-08-07", "future-2030-01-01"],
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "temperature": 0.5,
        "bedrock": {"promptVariables": {"v": {"text": "t"}}, "requestMetadata": {"c": "d"}, "other": 1},
        "unknown": true
    });
    let (body, losses) = case.write(&request);
    assert_eq!(body["guardrailConfig"], json!({"guardrailIdentifier": "g", "guardrailVersion": "1"}));
    assert_eq!(body["performanceConfig"], json!({"latency": "optimized"}));
    assert_eq!(body["requestMetadata"], json!({"a": "b"}));
    assert_eq!(body["promptVariables"], json!({"v": {"text": "t"}}));
    assert_eq!(body["anthropic_version"], "bedrock-2023-05-31");
    let fields = &body["additionalModelRequestFields"];
    assert_eq!(fields["anthropic_beta"], json!(["context-1m-2025-08-07"]));
    assert_eq!(fields["thinking"], json!({"type": "enabled", "budget_tokens": 2000}));
    assert!(body.get("inferenceConfig").is_none());
    assert!(losses.contains(&"unknown dropped".to_owned()), "{losses:?}");
    assert!(losses.contains(&"bedrock.other dropped".to_owned()), "{losses:?}");
    assert!(losses.contains(&"anthropic_beta.future-2030-01-01 dropped".to_owned()), "{losses:?}");
    case.delivery = Delivery::Stream;
    let (body, _) = case.write(&request);
    assert_eq!(body["guardrailConfig"], guardrail);
    let wrong =
        read(&json!({"messages": [{"role": "user", "content": "q"}], "additionalModelRequestFields": 1}));
    assert!(matches!(case.encode(&wrong), Err(EncodeError::Invalid { .. })));
}

#[test]
fn metadata_that_bedrock_refuses_is_left_out() {
    let (body, losses) = claude().write(&json!({
        "messages": [{"role": "user", "content": "q"}], "metadata": {"a": "b", "c": "d\"", "e": "f"}
    }));
    assert_eq!(body["requestMetadata"], json!({"a": "b", "e": "f"}));
    assert_eq!(losses, ["metadata approximated"]);
}

#[test]
fn metadata_of_header_and_body_is_one() {
    let told = |metadata: &str, header: &str| {
        let mut request =
            read(&json!({"messages": [{"role": "user", "content": "q"}], "metadata": {"a": metadata}}));
        request.headers = vec![("x-bedrock-metadata", header.into())];
        let encoded = claude().encode(&request).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        judge::judge(&body, Delivery::Whole);
        (body["requestMetadata"].clone(), super::losses(&encoded.losses))
    };
    assert_eq!(told("1", r#"{"a":"2","b":"3"}"#), (json!({"a": "1", "b": "3"}), vec![]));
    let lost = vec!["x-bedrock-metadata approximated".to_owned()];
    assert_eq!(told("1", "no JSON"), (json!({"a": "1"}), lost.clone()));
    assert_eq!(told("1", r#"{"c":4,"d":"5"}"#), (json!({"a": "1", "d": "5"}), lost));
}

#[test]
fn headers_of_bedrocks_own_become_members() {
    let headers = vec![
        ("x-amzn-bedrock-guardrailidentifier", "g-1".into()),
        ("x-amzn-bedrock-guardrailversion", "DRAFT".into()),
        ("x-amzn-bedrock-trace", "ENABLED".into()),
        ("x-amzn-bedrock-performanceconfig-latency", "optimized".into()),
        ("x-amzn-bedrock-service-tier", "flex".into()),
        ("anthropic-beta", "context-1m-2025-08-07, future-2030-01-01".into()),
    ];
    let write = |case: &Case, body: Value| {
        let request = ChatRequest { headers: headers.clone(), ..read(&body) };
        let encoded = case.encode(&request).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        judge::judge(&body, Delivery::Whole);
        (body, super::losses(&encoded.losses))
    };
    let plain = json!({"messages": [{"role": "user", "content": "q"}]});
    let (body, losses) = write(&claude(), plain.clone());
    let guardrail = json!({"guardrailIdentifier": "g-1", "guardrailVersion": "DRAFT", "trace": "enabled"});
    assert_eq!(body["guardrailConfig"], guardrail);
    assert_eq!(body["performanceConfig"], json!({"latency": "optimized"}));
    assert_eq!(body["serviceTier"], json!({"type": "flex"}));
    assert_eq!(body["additionalModelRequestFields"]["anthropic_beta"], json!(["context-1m-2025-08-07"]));
    assert_eq!(losses, ["anthropic_beta.future-2030-01-01 dropped"]);
    // Nobody but Claude knows its betas.
    let (body, losses) = write(&case("amazon.nova-2-lite-v1:0", &NOVA), plain);
    assert!(body.get("additionalModelRequestFields").is_none() && losses.is_empty(), "{body} {losses:?}");
    // The body counts before headers, the target's setting before both.
    let own = json!({"messages": [{"role": "user", "content": "q"}], "service_tier": "priority",
        "guardrailConfig": {"guardrailIdentifier": "g-2", "guardrailVersion": "2"}});
    let mut forced = claude();
    forced.settings.set("bedrock.performance_config_latency", "standard");
    let (body, _) = write(&forced, own);
    assert_eq!(body["guardrailConfig"]["guardrailIdentifier"], "g-2");
    assert_eq!(body["performanceConfig"], json!({"latency": "standard"}));
    assert_eq!(body["serviceTier"], json!({"type": "priority"}));
}

#[test]
fn buckets_of_other_accounts_name_their_owner() {
    let image = |url: &str| {
        let content = json!([{"type": "image_url", "image_url": {"url": url}},
            {"type": "file", "file": {"file_url": url.replace(".png", ".pdf")}}]);
        let (body, losses) = claude().write(&json!({"messages": [{"role": "user", "content": content}]}));
        assert!(losses.is_empty(), "{losses:?}");
        let content = &body["messages"][0]["content"];
        let location = |member: &str, at: usize| content[at][member]["source"]["s3Location"].clone();
        assert_eq!(content[0]["image"]["format"], "png");
        (location("image", 0), location("document", 1))
    };
    assert_eq!(
        image("s3://bucket/a.png?bucketOwner=123456789012"),
        (
            json!({"uri": "s3://bucket/a.png", "bucketOwner": "123456789012"}),
            json!({"uri": "s3://bucket/a.pdf", "bucketOwner": "123456789012"})
        )
    );
    assert_eq!(image("s3://bucket/a.png").0, json!({"uri": "s3://bucket/a.png"}));
    // A key may have any character.
    assert_eq!(image("s3://bucket/a?bucketOwner=1.png").0, json!({"uri": "s3://bucket/a?bucketOwner=1.png"}));
}

#[test]
fn reasoning_goes_back_to_its_maker_only() {
    let sealed = |maker, text: &str| Seal { maker, text: text.into() };
    let reasoning = |seal| AssistantPart::Reasoning(Reasoning::Open { text: "t".to_owned(), seal });
    let parts = vec![
        reasoning(Some(sealed(Maker::Anthropic, "sig"))),
        AssistantPart::Reasoning(Reasoning::Redacted(sealed(Maker::Anthropic, "data"))),
        reasoning(Some(sealed(Maker::Gemini, "other"))),
        reasoning(None),
        AssistantPart::Reasoning(Reasoning::Redacted(sealed(Maker::Bedrock, "QUJD"))),
        AssistantPart::Native(Maker::Bedrock, Json::from_static(r#"{"text":"native"}"#)),
        AssistantPart::Native(Maker::OpenAi, Json::from_static("{}")),
    ];
    let request = ChatRequest {
        messages: vec![
            Message::User(UserMessage::default()),
            Message::Assistant(AssistantMessage { parts, name: None }),
        ],
        ..ChatRequest::default()
    };
    let content = |case: &Case| {
        let encoded = case.encode(&request).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        judge::judge(&body, Delivery::Whole);
        body["messages"][1]["content"].clone()
    };
    assert_eq!(
        content(&claude()),
        json!([
            {"reasoningContent": {"reasoningText": {"text": "t", "signature": "sig"}}},
            {"reasoningContent": {"redactedContent": "ZGF0YQ=="}},
            {"text": "native"}
        ])
    );
    let nova = content(&case("amazon.nova-2-lite-v1:0", &NOVA));
    assert_eq!(nova, json!([{"reasoningContent": {"redactedContent": "QUJD"}}, {"text": "native"}]));
}
