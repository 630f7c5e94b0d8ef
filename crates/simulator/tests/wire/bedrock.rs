//! Bedrock's answers, whole and as binary streams.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::{Answer, End};

use super::anthropic::{put_together, tools as claude_tools};
use super::binary::{Message, RIGHT, messages};
use super::collected::{collected, json_of};
use super::{post, send};

pub const CLAUDE: &str = "anthropic.claude-sonnet-4-20250514-v1:0";

/// A path with the model escaped.
pub fn path(model: &str, call: &str) -> String {
    format!("/model/{}/{call}", model.replace(':', "%3A").replace('/', "%2F"))
}

/// A call with a bearer.
pub fn ask(model: &str, call: &str, body: &Value) -> Answer {
    send(&post(&path(model, call), &body.to_string()))
}

/// A request; `more` are further members, which may replace.
pub fn request(text: &str, more: &Value) -> Value {
    let mut body = json!({
        "messages": [{"role": "user", "content": [{"text": text}]}], "inferenceConfig": {"maxTokens": 2000},
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub fn tools() -> Value {
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!({"tools": [
        {"toolSpec": {"name": "weather", "inputSchema": {"json": city}}},
        {"toolSpec": {"name": "time", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
    ]})
}

fn shows() -> Vec<(&'static str, Value)> {
    let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}}).to_string();
    let mut named = tools();
    named["toolChoice"] = json!({"tool": {"name": "time"}});
    vec![
        ("hello there", json!({})),
        ("speak_first call_three_tools", json!({"toolConfig": tools()})),
        ("hi", json!({"toolConfig": named})),
        ("think and call_tool", json!({"toolConfig": tools(), "additionalModelRequestFields": thinking})),
        ("think", json!({"additionalModelRequestFields": thinking})),
        ("redact_thinking", json!({"additionalModelRequestFields": thinking})),
        ("please_refuse", json!({})),
        (
            "please_refuse",
            json!({"guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"}}),
        ),
        ("a b c d", json!({"inferenceConfig": {"maxTokens": 2}})),
        (
            "a b c d",
            json!({"inferenceConfig": {"stopSequences": [" c"]}, "additionalModelResponseFieldPaths": ["/stop_sequence"]}),
        ),
        (
            "who",
            json!({"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}}}),
        ),
        ("d e f", json!({"system": [{"text": "a b c"}, {"cachePoint": {"type": "default"}}]})),
        ("x", json!({"serviceTier": {"type": "flex"}, "performanceConfig": {"latency": "standard"}})),
    ]
}

/// Puts a stream together again as the whole answer.
fn together(list: &[Message]) -> Value {
    let mut content: Vec<Value> = Vec::new();
    let mut whole = json!({});
    for message in list {
        let value = message.json();
        assert!(value["p"].is_string(), "padding");
        let index = usize::try_from(value["contentBlockIndex"].as_u64().unwrap_or(0)).unwrap();
        if message.kind().starts_with("contentBlock")
            && content.len() == index
            && message.kind() != "contentBlockStop"
        {
            content.push(Value::Null);
        }
        let join = |old: &Value, new: &Value| {
            Value::from(format!("{}{}", old.as_str().unwrap_or_default(), new.as_str().unwrap()))
        };
        match message.kind() {
            "messageStart" => assert_eq!(value["role"], "assistant"),
            "contentBlockStart" => content[index] = value["start"].clone(),
            "contentBlockDelta" => {
                let delta = &value["delta"];
                let block = &mut content[index];
                if delta.get("text").is_some() {
                    *block = json!({"text": join(&block["text"], &delta["text"])});
                } else if let Some(thought) = delta.get("reasoningContent") {
                    if thought.get("redactedContent").is_some() {
                        *block = json!({"reasoningContent": thought});
                    } else {
                        let (name, piece) = thought.as_object().unwrap().iter().next().unwrap();
                        let old = block["reasoningContent"]["reasoningText"][name].clone();
                        block["reasoningContent"]["reasoningText"][name] = join(&old, piece);
                    }
                } else {
                    let old = block["toolUse"]["input"].clone();
                    block["toolUse"]["input"] = join(&old, &delta["toolUse"]["input"]);
                }
            }
            "contentBlockStop" => {
                if let Some(text) = content[index]["toolUse"]["input"].as_str() {
                    let text = if text.is_empty() { "{}" } else { text };
                    content[index]["toolUse"]["input"] = serde_json::from_str(text).unwrap();
                }
            }
            "messageStop" | "metadata" => {
                for (name, found) in value.as_object().unwrap().iter().filter(|(name, _)| *name != "p") {
                    whole[name] = found.clone();
                }
            }
            other => panic!("an event {other}"),
        }
    }
    whole["output"] = json!({"message": {"role": "assistant", "content": content}});
    whole
}

#[test]
fn whole_and_streamed_say_the_same() {
    for (text, more) in shows() {
        let body = request(text, &more);
        let whole = ask(CLAUDE, "converse", &body).expect(200).json();
        let streamed = ask(CLAUDE, "converse-stream", &body).expect(200);
        assert_eq!(streamed.header("content-type"), Some("application/vnd.amazon.eventstream"));
        assert_eq!(together(&messages(&streamed.body).unwrap()), whole, "{text}");
    }
}

#[test]
fn converse_says() {
    let of = |text: &str, more: Value| ask(CLAUDE, "converse", &request(text, &more)).expect(200);
    let answer = of("hello there", json!({}));
    assert!(answer.header("x-amzn-requestid").is_some());
    let body = answer.json();
    assert_eq!(body["output"]["message"]["content"], json!([{"text": "echo: hello there"}]));
    assert_eq!(body["stopReason"], "end_turn");
    assert_eq!((&body["usage"]["inputTokens"], &body["usage"]["totalTokens"]), (&json!(2), &json!(5)));
    let three = of("speak_first call_three_tools", json!({"toolConfig": tools()})).json();
    assert_eq!(three["stopReason"], "tool_use");
    let calls = &three["output"]["message"]["content"];
    assert_eq!(calls[1]["toolUse"]["input"], json!({"city": "value 1 of weather"}));
    assert_eq!(calls[2]["toolUse"]["input"], json!({}));
    let stopped = of("a b c d", shows()[9].1.clone()).json();
    assert_eq!(stopped["stopReason"], "stop_sequence");
    assert_eq!(stopped["additionalModelResponseFields"], json!({"stop_sequence": " c"}));
    let guarded = of("please_refuse", shows()[7].1.clone()).json();
    assert_eq!(guarded["stopReason"], "guardrail_intervened");
    assert!(guarded["trace"]["guardrail"].is_object());
    let cached = of("d e f", shows()[11].1.clone()).json();
    assert_eq!(
        cached["usage"],
        json!({
            "inputTokens": 3, "outputTokens": 4, "totalTokens": 10, "cacheReadInputTokens": 1, "cacheWriteInputTokens": 2,
        })
    );
}

#[test]
fn a_tool_loop_with_thoughts() {
    let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let more = json!({"toolConfig": tools(), "additionalModelRequestFields": thinking});
    let mut body = request("call_tool", &more);
    let first = ask(CLAUDE, "converse", &body).expect(200).json()["output"]["message"].clone();
    let id = first["content"][1]["toolUse"]["toolUseId"].clone();
    let result = json!({"toolResult": {"toolUseId": id, "content": [{"json": {"sky": "blue"}}]}});
    let list = body["messages"].as_array_mut().unwrap();
    list.extend([first.clone(), json!({"role": "user", "content": [result]})]);
    let done = ask(CLAUDE, "converse", &body).expect(200).json();
    assert_eq!(done["output"]["message"]["content"][1]["text"], r#"tool said: {"sky":"blue"}"#);
    body["messages"][1]["content"][0]["reasoningContent"]["reasoningText"]["signature"] = "forged".into();
    let refused = ask(CLAUDE, "converse", &body).expect(400);
    assert!(refused.message().contains("Invalid `signature`"));
}

/// What a value has against a shape of AWS's service models.
fn shape_misfits(shapes: &Value, name: &str, value: &Value, place: &str) -> Vec<String> {
    let shape = &shapes[name];
    let wrong = |found: bool| if found { vec![] } else { vec![format!("{place} is {value}, no {name}")] };
    if shape["document"] == true {
        return vec![];
    }
    match shape["type"].as_str().unwrap() {
        "structure" => {
            let Some(fields) = value.as_object() else { return wrong(false) };
            let mut found = Vec::new();
            for needed in shape["required"].as_array().into_iter().flatten() {
                if !fields.contains_key(needed.as_str().unwrap()) {
                    found.push(format!("{place} has no {needed}"));
                }
            }
            if shape["union"] == true && fields.len() != 1 {
                found.push(format!("{place} has {} members", fields.len()));
            }
            for (member, item) in fields {
                match shape["members"][member]["shape"].as_str() {
                    Some(shape) => {
                        found.extend(shape_misfits(shapes, shape, item, &format!("{place}.{member}")));
                    }
                    None => found.push(format!("{place} has {member}")),
                }
            }
            found
        }
        "list" => {
            let Some(items) = value.as_array() else { return wrong(false) };
            let member = shape["member"]["shape"].as_str().unwrap();
            items.iter().flat_map(|item| shape_misfits(shapes, member, item, &format!("{place}[]"))).collect()
        }
        "map" => {
            let Some(fields) = value.as_object() else { return wrong(false) };
            let member = shape["value"]["shape"].as_str().unwrap();
            fields
                .values()
                .flat_map(|item| shape_misfits(shapes, member, item, &format!("{place}{{}}")))
                .collect()
        }
        "string" => {
            let listed = shape["enum"].as_array().is_none_or(|list| list.contains(value));
            // AWS's model does not list the word that AWS sends of calls which the client is to make.
            let sent = name == "ToolUseType" && value == "tool_use";
            wrong(value.is_string() && (listed || sent))
        }
        "blob" => wrong(value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok())),
        "integer" | "long" => wrong(value.is_i64() || value.is_u64()),
        "float" | "double" => wrong(value.is_number()),
        "boolean" => wrong(value.is_boolean()),
        other => panic!("a shape of type {other}"),
    }
}

#[test]
fn answers_fit_the_service_model() {
    let name = "bedrock/bedrock-runtime-2023-09-30.service-2.json";
    let Some(path) = collected("answers_fit_the_service_model", name) else {
        return;
    };
    let model = json_of(&path);
    let shapes = &model["shapes"];
    let fits = |shape: &str, value: &Value| {
        let found = shape_misfits(shapes, shape, value, shape);
        assert!(found.is_empty(), "{found:?} in {value}");
    };
    let events = |shape: &str, list: &[Message]| {
        for message in list {
            let mut value = message.json();
            // Padding is on the wire and in no model.
            value.as_object_mut().unwrap().remove("p");
            let inner = shapes[shape]["members"][message.kind()]["shape"].as_str();
            fits(inner.unwrap_or_else(|| panic!("{shape} has no {}", message.kind())), &value);
        }
    };
    for (text, more) in shows() {
        let body = request(text, &more);
        fits("ConverseResponse", &ask(CLAUDE, "converse", &body).expect(200).json());
        let stream = ask(CLAUDE, "converse-stream", &body).expect(200);
        events("ConverseStreamOutput", &messages(&stream.body).unwrap());
    }
    let failed = send(
        &post(&self::path(CLAUDE, "converse-stream"), &request("a b c d", &json!({})).to_string())
            .header("x-sim-fault", "error_mid"),
    );
    let list = messages(&failed.body).unwrap();
    assert_eq!(list.last().unwrap().kind(), "throttlingException");
    events("ConverseStreamOutput", &list);
    let claude = json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let chunks = ask(CLAUDE, "invoke-with-response-stream", &claude).expect(200);
    events("ResponseStream", &messages(&chunks.body).unwrap());
    let count = json!({"input": {"converse": {"messages": request("a b", &json!({}))["messages"]}}});
    fits("CountTokensResponse", &ask(CLAUDE, "count-tokens", &count).expect(200).json());
}

fn claude(text: &str, more: &Value) -> Value {
    let mut body = json!({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 2000,
        "messages": [{"role": "user", "content": text}],
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn claude_in_its_own_words() {
    let body = claude("speak_first call_tool", &json!({"tools": claude_tools()}));
    let whole = ask(CLAUDE, "invoke", &body).expect(200);
    assert_eq!(whole.header("x-amzn-bedrock-input-token-count"), Some("2"));
    assert!(whole.header("x-amzn-bedrock-output-token-count").is_some());
    let whole = whole.json();
    assert_eq!(whole["model"], "claude-sonnet-4-20250514");
    assert!(whole["id"].as_str().unwrap().starts_with("msg_bdrk_"));
    let stream = ask(CLAUDE, "invoke-with-response-stream", &body).expect(200);
    let mut metrics = Value::Null;
    let events: Vec<testkit::Event> = messages(&stream.body)
        .unwrap()
        .iter()
        .map(|message| {
            assert_eq!(message.kind(), "chunk");
            let bytes = STANDARD.decode(message.json()["bytes"].as_str().unwrap()).unwrap();
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            metrics = value["amazon-bedrock-invocationMetrics"].clone();
            let name = value["type"].as_str().map(str::to_owned);
            testkit::Event { name, data: value.to_string(), comments: Vec::new() }
        })
        .collect();
    assert_eq!(put_together(&events), whole);
    assert_eq!(
        (&metrics["inputTokenCount"], &metrics["outputTokenCount"]),
        (&json!(2), &whole["usage"]["output_tokens"])
    );
}

#[test]
fn embeddings_of_every_family() {
    let of = |model: &str, body: Value| ask(model, "invoke", &body);
    let v1 = of("amazon.titan-embed-text-v1", json!({"inputText": "a b"})).expect(200);
    assert_eq!(v1.header("x-amzn-bedrock-input-token-count"), Some("2"));
    assert_eq!(
        (v1.json()["embedding"].as_array().unwrap().len(), &v1.json()["inputTextTokenCount"]),
        (1536, &json!(2))
    );
    let v2 = "amazon.titan-embed-text-v2:0";
    let asked = json!({"inputText": "a", "dimensions": 256, "normalize": true, "embeddingTypes": ["float", "binary"]});
    let value = of(v2, asked).expect(200).json();
    assert_eq!(value["embedding"], value["embeddingsByType"]["float"]);
    assert_eq!(value["embeddingsByType"]["binary"].as_array().unwrap().len(), 256);
    for wrong in [
        json!({}),
        json!({"inputText": ""}),
        json!({"inputText": ["a", "b"]}),
        json!({"inputText": "a", "dimensions": 100}),
        json!({"inputText": "a", "encoding_format": "float"}),
    ] {
        assert!(of(v2, wrong).expect(400).message().starts_with("Malformed input request:"));
    }
    let picture = json!({"inputImage": "AAAA", "embeddingConfig": {"outputEmbeddingLength": 384}});
    let value = of("amazon.titan-embed-image-v1", picture).expect(200).json();
    assert_eq!(value["embedding"].as_array().unwrap().len(), 384);
    let texts = json!({"texts": ["a b", "c"], "input_type": "search_query"});
    let value = of("cohere.embed-english-v3", texts.clone()).expect(200).json();
    assert_eq!(
        (&value["response_type"], value["embeddings"][1].as_array().unwrap().len()),
        (&json!("embeddings_floats"), 1024)
    );
    let value = of("cohere.embed-v4:0", texts).expect(200).json();
    assert_eq!(value["embeddings"]["float"][1].as_array().unwrap().len(), 1536);
    let typed = json!({"texts": ["a"], "input_type": "clustering", "embedding_types": ["int8", "ubinary"]});
    let value = of("cohere.embed-english-v3", typed).expect(200).json();
    assert_eq!(value["embeddings"]["ubinary"][0].as_array().unwrap().len(), 128);
    of("cohere.embed-english-v3", json!({"texts": ["a"]})).expect(400);
    of("cohere.embed-english-v3", json!({"texts": vec!["a"; 97], "input_type": "search_query"})).expect(400);
    of("cohere.embed-english-v3", json!({"texts": "a", "input_type": "search_query"})).expect(400);
    let nova = |params: Value| {
        of(
            "amazon.nova-2-multimodal-embeddings-v1:0",
            json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}),
        )
    };
    let text = json!({"truncationMode": "END", "value": "a b c"});
    let value = nova(json!({"embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": 256, "text": text}))
        .expect(200)
        .json();
    assert_eq!(value["embeddings"][0]["embeddingType"], "TEXT");
    assert_eq!(value["embeddings"][0]["embedding"].as_array().unwrap().len(), 256);
    nova(json!({"embeddingPurpose": "INDEX", "text": text})).expect(400);
    nova(json!({"embeddingPurpose": "GENERIC_INDEX"})).expect(400);
}

#[test]
fn counting() {
    let model = "anthropic.claude-sonnet-4-20250514-v1:0";
    let converse = json!({"input": {"converse": {"messages": request("a b", &json!({}))["messages"]}}});
    assert_eq!(ask(model, "count-tokens", &converse).expect(200).json(), json!({"inputTokens": 2}));
    let packed = STANDARD.encode(claude("a b c", &json!({})).to_string());
    let invoke = json!({"input": {"invokeModel": {"body": packed}}});
    assert_eq!(ask(model, "count-tokens", &invoke).expect(200).json(), json!({"inputTokens": 3}));
    let profile = ask(&format!("us.{model}"), "count-tokens", &invoke).expect(400);
    assert_eq!(profile.message(), "The provided model doesn't support counting tokens.");
    ask(model, "count-tokens", &json!({"input": {"converse": {}, "invokeModel": {}}})).expect(400);
}

#[test]
fn faults_in_binary_streams() {
    let faulty = |call: &str, body: &Value, fault: &str| {
        let call = post(&path(CLAUDE, call), &body.to_string()).header("x-sim-fault", fault);
        let call = call.header("x-sim-size", "300000");
        // Only where nothing more comes is the wait to be short.
        if fault == "stall_mid" {
            send(&call.patience(std::time::Duration::from_millis(500)))
        } else {
            send(&call)
        }
    };
    let body = request("one two three four", &json!({}));
    let streamed = |fault: &str| faulty("converse-stream", &body, fault);
    let plain = streamed("").body;
    for fault in ["drip", "split", "burst", "slow"] {
        let answer = streamed(fault).expect(200);
        assert!(answer.end.is_complete(), "{fault}");
        assert_eq!(answer.body, plain, "{fault}");
    }
    assert_eq!(testkit::gunzip(&streamed("gzip").body).unwrap(), plain);
    let notes = messages(&streamed("comments").body).unwrap();
    assert!(notes.iter().any(|message| message.kind() == "simulatorNote"));
    assert_eq!(messages(&streamed("bad_crc").body).unwrap_err(), "wrong sum of a message");
    assert_eq!(messages(&streamed("bad_prelude_crc").body).unwrap_err(), "wrong sum of a prelude");
    assert_eq!(messages(&streamed("huge_length").body).unwrap_err(), "ends inside a message");
    assert_eq!(streamed("cut_mid").end, End::Cut);
    assert!(messages(&streamed("cut_mid").body).unwrap().len() > 2);
    assert_eq!(streamed("cut_in_frame").end, End::Cut);
    assert_eq!(messages(&streamed("cut_in_frame").body).unwrap_err(), "ends inside a message");
    let ended = streamed("end_mid");
    assert!(
        ended.end.is_complete()
            && messages(&ended.body).unwrap().iter().all(|one| one.kind() != "messageStop")
    );
    assert_eq!(streamed("stall_mid").end, End::TimedOut);
    assert!(matches!(streamed("reset").end, End::Broken(_)));
    let kinds = |fault: &str| {
        let list = messages(&streamed(fault).body).unwrap();
        list.iter().map(|one| one.kind().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("error_first"), ["throttlingException"]);
    assert_eq!(kinds("no_done").last().unwrap(), "messageStop");
    assert_eq!(kinds("double_done").iter().filter(|kind| *kind == "metadata").count(), 2);
    let quiet = messages(&streamed("no_usage").body).unwrap();
    assert!(quiet.last().unwrap().json().get("usage").is_none());
    let broken = messages(&streamed("not_json_mid").body).unwrap();
    assert!(broken.iter().any(|one| one.payload == b"{this is not JSON"));
    let bad = messages(&streamed("bad_utf8").body).unwrap();
    assert!(bad.iter().any(|one| std::str::from_utf8(&one.payload).is_err()));
    for (call, body) in
        [("converse-stream", &body), ("invoke-with-response-stream", &claude("one two three", &json!({})))]
    {
        let huge = messages(&faulty(call, body, "huge_line").body).unwrap();
        assert!(huge.iter().any(|one| one.payload.len() > 300_000), "{call}");
        assert_eq!(
            messages(&faulty(call, body, "error_mid").body).unwrap().last().unwrap().headers[":message-type"],
            "exception"
        );
    }
    let limited = streamed("status_429").expect(429);
    assert_eq!(limited.header("retry-after"), Some("7"));
    assert!(limited.header("x-amzn-errortype").unwrap().starts_with("ThrottlingException:"));
    let by_model = ask("fault-status_503", "converse", &body).expect(503);
    assert!(by_model.header("x-amzn-errortype").unwrap().starts_with("ServiceUnavailableException:"));
    assert!(faulty("converse", &body, "no_choices").expect(200).json().get("output").is_none());
}

#[test]
fn signed_calls_are_served() {
    let body = request("hi", &json!({})).to_string();
    send(&RIGHT.sign(&path(CLAUDE, "converse"), &body)).expect(200);
    let arn =
        "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-20250514-v1:0";
    send(&RIGHT.sign(&path(arn, "converse"), &body)).expect(200);
    send(&RIGHT.sign(&format!("/sim/bedrock{}", path(CLAUDE, "converse")), &body)).expect(200);
}
