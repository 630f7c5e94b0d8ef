//! Requests as Gemini reads them: a known vector, every parameter, repairs, and what generations and hosts differ
//! in.

use document::Document;
use model::*;
use serde_json::{Value, json};

use super::*;
use crate::gemini::schemas::Schemas;
use crate::gemini::traits::Traits;
use crate::{ChatFront, Delivery, Quirks, openai};

pub const FLASH: Family = Family {
    thinking: Thinking::Budget { least: 1, may_be_off: true },
    gemini: Traits { json_schema: true, mixes_tools: false, ..Traits::UNKNOWN },
    ..Family::UNKNOWN
};
pub const PRO: Family = Family {
    thinking: Thinking::Budget { least: 128, may_be_off: false },
    gemini: Traits { most_budget: 32_768, ..FLASH.gemini },
    ..FLASH
};
pub const THREE: Family = Family {
    thinking: Thinking::Levels { efforts: &[Effort::Low, Effort::High], may_be_off: false },
    gemini: Traits { json_schema: true, signs_calls: true, ..Traits::UNKNOWN },
    ..Family::UNKNOWN
};

pub fn asking(body: &Value) -> ChatRequest {
    let document = Document::parse(body.to_string().into_bytes().into()).unwrap();
    openai::CHAT_FRONT.read(&document).unwrap().request
}

pub fn encoded(
    codec: GeminiCodec,
    request: &ChatRequest,
    family: &'static Family,
) -> Result<Encoded, EncodeError> {
    let settings = Settings::default();
    let call = ChatCall {
        model: "m",
        family,
        quirks: &Quirks::NONE,
        settings: &settings,
        delivery: Delivery::Whole,
        want_usage: false,
        nonce: "n0nce",
    };
    codec.encode(request, &call)
}

fn write_for(codec: GeminiCodec, body: &Value, family: &'static Family) -> (Value, Vec<String>) {
    let encoded = encoded(codec, &asking(body), family).unwrap();
    let written: Value = serde_json::from_slice(&encoded.body).unwrap();
    if let Some(schemas) = Schemas::load("encode") {
        schemas.check(codec.host == &VERTEX, "GenerateContentRequest", &written);
    }
    let losses = encoded.losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect();
    (written, losses)
}

fn write(body: &Value, family: &'static Family) -> (Value, Vec<String>) {
    write_for(CHAT_CODEC, body, family)
}

/// A request with one user message, and these members.
fn with(members: &Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "q"}]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}}}})
}

fn config(members: &Value, family: &'static Family) -> (Value, Vec<String>) {
    let (mut body, losses) = write(&with(members), family);
    (body["generationConfig"].take(), losses)
}

#[test]
fn tools_system_and_image() {
    let body = json!({"messages":[{"role":"system","content":"S"},{"role":"user","content":[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"https://h/i.png"}}]},{"role":"assistant","tool_calls":[{"id":"call_1__thought__U0lH","type":"function","function":{"name":"w","arguments":"{\"c\":\"P\"}"}}]},{"role":"tool","tool_call_id":"call_1__thought__U0lH","content":"sunny"}],"tools":[{"type":"function","function":{"name":"w","parameters":{"type":"object","additionalProperties":false,"properties":{"c":{"type":["string","null"]}}}}}],"tool_choice":"required","response_format":{"type":"json_object"},"seed":1,"n":2,"max_tokens":9,"stop":"Z"});
    let expected = json!({"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"t"},{"fileData":{"mimeType":"image/png","fileUri":"https://h/i.png"}}]},{"role":"model","parts":[{"functionCall":{"name":"w","args":{"c":"P"}},"thoughtSignature":"U0lH"}]},{"role":"user","parts":[{"functionResponse":{"name":"w","response":{"output":"sunny"}}}]}],"tools":[{"functionDeclarations":[{"name":"w","parameters":{"type":"object","properties":{"c":{"type":"string","nullable":true}}}}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"generationConfig":{"maxOutputTokens":9,"stopSequences":["Z"],"seed":1,"candidateCount":2,"responseMimeType":"application/json"}});
    assert_eq!(write(&body, &Family::UNKNOWN), (expected.clone(), vec![]));
    assert_eq!(write_for(VERTEX_CODEC, &body, &Family::UNKNOWN), (expected, vec![]));
}

/// A request that asks for one thing, and what of the body shows it.
fn asking_for(parameter: Parameter) -> (Value, &'static str) {
    let tools = |choice: Value| with(&json!({"tools": [tool("f"), tool("g")], "tool_choice": choice}));
    match parameter {
        Parameter::MaxTokens => (with(&json!({"max_completion_tokens": 9})), "\"maxOutputTokens\":9"),
        Parameter::Temperature => (with(&json!({"temperature": 0.5})), "\"temperature\":0.5"),
        Parameter::TopP => (with(&json!({"top_p": 0.5})), "\"topP\":0.5"),
        Parameter::TopK => (with(&json!({"top_k": 5})), "\"topK\":5"),
        Parameter::Stop => (with(&json!({"stop": ["Z", "Y"]})), "\"stopSequences\":[\"Z\",\"Y\"]"),
        Parameter::Seed => (with(&json!({"seed": 5})), "\"seed\":5"),
        Parameter::N => (with(&json!({"n": 2})), "\"candidateCount\":2"),
        Parameter::FrequencyPenalty => (with(&json!({"frequency_penalty": 0.5})), "\"frequencyPenalty\":0.5"),
        Parameter::PresencePenalty => (with(&json!({"presence_penalty": 0.5})), "\"presencePenalty\":0.5"),
        Parameter::Logprobs => (with(&json!({"logprobs": true})), "\"responseLogprobs\":true"),
        Parameter::TopLogprobs => {
            (with(&json!({"logprobs": true, "top_logprobs": 3})), "\"logprobs\":3,\"responseLogprobs\":true")
        }
        Parameter::LogitBias => (with(&json!({"logit_bias": {"1": 2}})), ""),
        Parameter::User => (with(&json!({"user": "u"})), ""),
        Parameter::ServiceTier => (with(&json!({"service_tier": "flex"})), "\"serviceTier\":\"flex\""),
        Parameter::Metadata => (with(&json!({"metadata": {"a": "b"}})), ""),
        Parameter::JsonObject => (
            with(&json!({"response_format": {"type": "json_object"}})),
            "\"responseMimeType\":\"application/json\"",
        ),
        Parameter::JsonSchema => (
            with(
                &json!({"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}),
            ),
            "Schema\":{\"type\":\"object\",\"properties\":",
        ),
        Parameter::Tools => {
            (with(&json!({"tools": [tool("f")]})), "\"functionDeclarations\":[{\"name\":\"f\"")
        }
        Parameter::ToolChoiceNone => (tools(json!("none")), "{\"mode\":\"NONE\"}"),
        Parameter::ToolChoiceRequired => (tools(json!("required")), "{\"mode\":\"ANY\"}"),
        Parameter::ToolChoiceNamed => (
            tools(json!({"type": "function", "function": {"name": "g"}})),
            "{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"g\"]}",
        ),
        Parameter::ToolChoiceAmong => (
            tools(
                json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}}),
            ),
            "{\"mode\":\"VALIDATED\",\"allowedFunctionNames\":[\"f\"]}",
        ),
        Parameter::ParallelToolCalls => {
            (with(&json!({"tools": [tool("f")], "parallel_tool_calls": false})), "")
        }
        Parameter::ReasoningOff => {
            (with(&json!({"reasoning_effort": "none"})), "\"thinkingConfig\":{\"thinking")
        }
        Parameter::Reasoning => (with(&json!({"reasoning_effort": "high"})), "\"includeThoughts\":true"),
        content => asking_for_content(content),
    }
}

/// The same for what stands in messages.
fn asking_for_content(parameter: Parameter) -> (Value, &'static str) {
    let shown = |part: Value| json!({"messages": [{"role": "user", "content": [part]}]});
    let gave = |result: Value| {
        let mut message = json!({"role": "tool", "tool_call_id": "a", "content": "r"});
        message.as_object_mut().unwrap().extend(result.as_object().unwrap().clone());
        json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, message]})
    };
    let png = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    match parameter {
        Parameter::ImageData => (shown(png), "\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}"),
        Parameter::ImageUrl => (
            shown(json!({"type": "image_url", "image_url": {"url": "https://h/i.webp?x"}})),
            "\"fileData\":{\"mimeType\":\"image/webp\",\"fileUri\":\"https://h/i.webp?x\"}",
        ),
        Parameter::Audio => (
            shown(json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}})),
            "\"inlineData\":{\"mimeType\":\"audio/mp3\",\"data\":\"AAAA\"}",
        ),
        Parameter::File => (
            shown(json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}})),
            "\"inlineData\":{\"mimeType\":\"application/pdf\",\"data\":\"AAAA\"}",
        ),
        Parameter::ToolResultImage => {
            (gave(json!({"content": [png]})), "\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}")
        }
        Parameter::ToolResultError => (gave(json!({"is_error": true})), "\"response\":{\"error\":\"r\"}"),
        Parameter::CacheMark => {
            (shown(json!({"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}})), "")
        }
        Parameter::UserName => (json!({"messages": [{"role": "user", "name": "n", "content": "q"}]}), ""),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_parameter_shows_or_is_a_loss() {
    for codec in [CHAT_CODEC, VERTEX_CODEC] {
        for family in [&Family::UNKNOWN, &FLASH, &PRO, &THREE] {
            for parameter in Parameter::ALL.iter().copied() {
                let (body, shows) = asking_for(parameter);
                assert!(Parameter::of(&asking(&body)).contains(&parameter), "{parameter:?}");
                let (written, losses) = write_for(codec, &body, family);
                let loss = |kind: &str| losses.contains(&format!("{} {kind}", parameter.name()));
                match codec.handling(parameter, family) {
                    Handling::Pass | Handling::Rename(_) => {
                        let idle = parameter == Parameter::ReasoningOff && family.thinking == Thinking::None;
                        assert!(
                            idle || (!shows.is_empty() && written.to_string().contains(shows)),
                            "{parameter:?} {written}"
                        );
                        assert!(losses.iter().all(|loss| !loss.starts_with(parameter.name())), "{losses:?}");
                    }
                    Handling::Drop => assert!(loss("dropped"), "{parameter:?} {losses:?}"),
                    Handling::Approximate => {
                        assert!(loss("approximated") && written.to_string().contains(shows));
                    }
                    other => panic!("{parameter:?} {other:?}"),
                }
            }
        }
    }
}

#[test]
fn generations_think_in_their_own_units() {
    for (family, wish, expected, loss) in [
        (&FLASH, json!({"reasoning_effort": "none"}), json!({"thinkingBudget": 0}), false),
        (&PRO, json!({"reasoning_effort": "none"}), json!({"thinkingBudget": 128}), true),
        (
            &FLASH,
            json!({"reasoning_effort": "low"}),
            json!({"thinkingBudget": 1024, "includeThoughts": true}),
            false,
        ),
        (
            &FLASH,
            json!({"reasoning_effort": "max"}),
            json!({"thinkingBudget": 16_384, "includeThoughts": true}),
            false,
        ),
        (
            &FLASH,
            json!({"thinking": {"type": "enabled", "budget_tokens": 30_000}}),
            json!({"thinkingBudget": 24_576, "includeThoughts": true}),
            true,
        ),
        (
            &PRO,
            json!({"thinking": {"type": "enabled", "budget_tokens": 30_000}}),
            json!({"thinkingBudget": 30_000, "includeThoughts": true}),
            false,
        ),
        (
            &FLASH,
            json!({"thinking": {"type": "adaptive"}}),
            json!({"thinkingBudget": -1, "includeThoughts": true}),
            false,
        ),
        (&THREE, json!({"reasoning_effort": "none"}), json!({"thinkingLevel": "low"}), true),
        (
            &THREE,
            json!({"reasoning_effort": "medium"}),
            json!({"thinkingLevel": "high", "includeThoughts": true}),
            true,
        ),
        (
            &THREE,
            json!({"reasoning_effort": "xhigh"}),
            json!({"thinkingLevel": "high", "includeThoughts": true}),
            true,
        ),
        (
            &THREE,
            json!({"reasoning_effort": "low"}),
            json!({"thinkingLevel": "low", "includeThoughts": true}),
            false,
        ),
        (&THREE, json!({"thinking": {"type": "adaptive"}}), json!({"includeThoughts": true}), false),
    ] {
        let (mut config, losses) = config(&wish, family);
        let mut expected = expected;
        if let Some(level) = expected["thinkingLevel"].as_str().map(str::to_uppercase) {
            expected["thinkingLevel"] = level.into();
        }
        assert_eq!(config["thinkingConfig"].take(), expected, "{wish}");
        assert_eq!(!losses.is_empty(), loss, "{wish} {losses:?}");
    }
    let (config, losses) = config(&json!({"reasoning_effort": "high"}), &Family::UNKNOWN);
    assert_eq!((config, losses), (Value::Null, vec!["reasoning_effort dropped".to_owned()]));
}

#[test]
fn results_are_in_one_content_in_the_order_of_the_calls() {
    let call = |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": ""}});
    let body = json!({"messages": [
        {"role": "user", "content": "a"}, {"role": "user", "content": ""}, {"role": "user", "content": "b"},
        {"role": "assistant", "content": "x", "tool_calls": [call("1", "f"), call("2", "g"), call("3", "f")]},
        {"role": "tool", "tool_call_id": "2", "content": "{\"n\":12345678901234567890.10}"},
        {"role": "developer", "content": "D"},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "o"}, {"type": "text", "text": "k"}]},
        {"role": "tool", "tool_call_id": "9", "content": "lost"},
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": null, "tool_calls": [call("4", "g")]},
    ]});
    let response =
        |name: &str, response: Value| json!({"functionResponse": {"name": name, "response": response}});
    let calling = |name: &str| json!({"functionCall": {"name": name, "args": {}}});
    let (written, _) = write(&body, &FLASH);
    let mut expected = json!([
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "model", "parts": [{"text": "x"}, calling("f"), calling("g"), calling("f")]},
        {"role": "user", "parts": [response("f", json!({"output": "ok"})), response("g", json!({})), response("f", json!({"output": "(no result)"}))]},
        {"role": "user", "parts": [{"text": "Result of a tool: lost"}, {"text": "go"}]},
        {"role": "model", "parts": [calling("g")]},
        {"role": "user", "parts": [response("g", json!({"output": "(no result)"}))]},
    ]);
    expected[2]["parts"][1]["functionResponse"]["response"] =
        serde_json::from_str(r#"{"n":12345678901234567890.10}"#).unwrap();
    assert_eq!(written["contents"], expected);
    assert_eq!(written["systemInstruction"], json!({"parts": [{"text": "D"}]}));
    let raw = encoded(CHAT_CODEC, &asking(&body), &FLASH).unwrap().body;
    assert!(String::from_utf8(raw).unwrap().contains(r#"{"n":12345678901234567890.10}"#));
}

#[test]
fn conversations_begin_with_a_user() {
    for (messages, expected) in [
        (json!([{"role": "system", "content": "S"}]), json!([{"role": "user", "parts": [{"text": " "}]}])),
        (
            json!([{"role": "assistant", "content": "x"}, {"role": "assistant", "content": "y"}, {"role": "user", "content": "z"}]),
            json!([{"role": "user", "parts": [{"text": " "}]}, {"role": "model", "parts": [{"text": "x"}, {"text": "y"}]}, {"role": "user", "parts": [{"text": "z"}]}]),
        ),
    ] {
        let (written, _) = write(&json!({"messages": messages}), &Family::UNKNOWN);
        assert_eq!(written["contents"], expected);
    }
}

#[test]
fn models_without_instructions_are_told_by_the_user() {
    static OLD: Family = Family { system: false, ..Family::UNKNOWN };
    let body = json!({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "q"}]});
    let (written, losses) = write(&body, &OLD);
    assert_eq!(written, json!({"contents": [{"role": "user", "parts": [{"text": "S"}, {"text": "q"}]}]}));
    assert_eq!(losses, ["messages.system emulated"]);
}

fn said(parts: Vec<AssistantPart>, family: &'static Family) -> Value {
    let request = ChatRequest {
        messages: vec![
            Message::User(UserMessage { parts: vec![UserPart::Text(TextPart::new("q"))], name: None }),
            Message::Assistant(AssistantMessage { parts, name: None }),
        ],
        ..ChatRequest::default()
    };
    let body = encoded(CHAT_CODEC, &request, family).unwrap().body;
    let mut written: Value = serde_json::from_slice(&body).unwrap();
    written["contents"][1]["parts"].take()
}

fn call(id: &str, seal: Option<Seal>) -> AssistantPart {
    AssistantPart::ToolCall(ToolCall {
        id: id.into(),
        name: "f".into(),
        arguments: Arguments::none(),
        seal,
        cache: None,
    })
}

fn seal(maker: Maker, text: &str) -> Seal {
    Seal { maker, text: text.into() }
}

#[test]
fn seals_come_back_where_they_were() {
    let open = |text: &str, seal| AssistantPart::Reasoning(Reasoning::Open { text: text.into(), seal });
    let own = || Some(seal(Maker::Gemini, "QQ=="));
    let foreign = || Some(seal(Maker::Anthropic, "zz"));
    let text = || AssistantPart::Text(TextPart::new("a"));
    let skip = "skip_thought_signature_validator";
    let calling = |id: &str| json!({"id": id, "name": "f", "args": {}});
    for (parts, expected) in [
        (vec![open("hm", None), text(), open("", own())], json!([{"text": "a", "thoughtSignature": "QQ=="}])),
        (vec![open("hm", own()), text()], json!([{"text": "a", "thoughtSignature": "QQ=="}])),
        (vec![open("hm", own())], json!([{"text": "", "thoughtSignature": "QQ=="}])),
        (vec![open("hm", foreign()), text()], json!([{"text": "a"}])),
        (
            vec![call("1", own()), call("2", None)],
            json!([{"functionCall": calling("1"), "thoughtSignature": "QQ=="}, {"functionCall": calling("2")}]),
        ),
        (
            vec![call("1", None), call("2", own())],
            json!([{"functionCall": calling("1"), "thoughtSignature": skip}, {"functionCall": calling("2"), "thoughtSignature": "QQ=="}]),
        ),
        (vec![call("1", foreign())], json!([{"functionCall": calling("1"), "thoughtSignature": skip}])),
    ] {
        assert_eq!(said(parts, &THREE), expected);
    }
    assert_eq!(said(vec![call("1", None)], &FLASH), json!([{"functionCall": {"name": "f", "args": {}}}]));
}

#[test]
fn schemas_go_out_as_the_model_knows_them() {
    let parameters = json!({"type": "object", "properties": {"b": {"const": 1}, "a": {"$ref": "#/$defs/x"}}, "additionalProperties": false, "$defs": {"x": {"type": "string"}}});
    let body = with(
        &json!({"tools": [{"type": "function", "function": {"name": "f", "description": "d", "strict": true, "parameters": parameters}}, {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}}]}),
    );
    let (written, losses) = write(&body, &FLASH);
    let declared = &written["tools"][0]["functionDeclarations"];
    assert_eq!(
        *declared,
        json!([{"name": "f", "description": "d", "parametersJsonSchema": parameters}, {"name": "g"}])
    );
    assert_eq!(losses, ["tools.strict dropped"]);
    let (written, _) = write(&body, &Family::UNKNOWN);
    let expected = json!({"type": "object", "properties": {"b": {"type": "string", "enum": ["1"]}, "a": {"type": "string"}}});
    assert_eq!(written["tools"][0]["functionDeclarations"][0]["parameters"], expected);
    let format = json!({"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": parameters}}});
    let (config, _) = config(&format, &FLASH);
    assert_eq!(config, json!({"responseMimeType": "application/json", "responseJsonSchema": parameters}));
}

#[test]
fn json_beside_functions_is_asked_for_in_words() {
    let body = with(
        &json!({"tools": [tool("f")], "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}),
    );
    let (written, losses) = write(&body, &FLASH);
    assert_eq!(written["generationConfig"], Value::Null);
    let told = written["systemInstruction"]["parts"][0]["text"].as_str().unwrap();
    assert!(told.ends_with(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#), "{told}");
    assert_eq!(losses, ["response_format(json_schema) emulated"]);
    let (written, losses) = write(&body, &THREE);
    assert!(written["generationConfig"]["responseJsonSchema"].is_object() && losses.is_empty());
}

#[test]
fn tools_of_google_pass() {
    let search = json!({"googleSearch": {}});
    let body = with(
        &json!({"tools": [search, {"urlContext": {}}, {"codeExecution": {}}, {"type": "web_search_20250305", "name": "web_search"}]}),
    );
    let (written, losses) = write(&body, &FLASH);
    assert_eq!(written["tools"], json!([search, {"urlContext": {}}, {"codeExecution": {}}]));
    assert_eq!(losses, ["tools.web_search dropped"]);
    let both = with(&json!({"tools": [search, tool("f")]}));
    let (written, losses) = write(&both, &FLASH);
    assert_eq!(written["tools"].as_array().unwrap().len(), 1);
    assert_eq!(losses, ["tools.googleSearch dropped"]);
    let (written, losses) = write(&both, &THREE);
    assert_eq!((written["tools"].as_array().unwrap().len(), losses.len()), (2, 0));
    assert_eq!(written["toolConfig"], json!({"includeServerSideToolInvocations": true}));
    let (written, _) = write_for(VERTEX_CODEC, &both, &THREE);
    assert_eq!(written["toolConfig"], Value::Null);
    let (written, losses) = write(&with(&json!({"tools": [search], "tool_choice": "required"})), &FLASH);
    assert_eq!(
        (&written["toolConfig"], losses.as_slice()),
        (&Value::Null, ["tool_choice dropped".to_owned()].as_slice())
    );
}

#[test]
fn names_that_google_refuses_are_replaced() {
    let body = json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "a/b", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "1", "content": "r"}],
        "tools": [tool("a/b"), tool("c.d-e:f")], "tool_choice": {"type": "function", "function": {"name": "a/b"}}});
    let (written, losses) = write(&body, &FLASH);
    assert_eq!(written["tools"][0]["functionDeclarations"][0]["name"], "a_b");
    assert_eq!(written["tools"][0]["functionDeclarations"][1]["name"], "c.d-e:f");
    assert_eq!(written["contents"][1]["parts"][0]["functionCall"]["name"], "a_b");
    assert_eq!(written["contents"][2]["parts"][0]["functionResponse"]["name"], "a_b");
    assert_eq!(written["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"], json!(["a_b"]));
    assert!(losses.is_empty());
}

#[test]
fn members_of_google_are_merged() {
    let (config, losses) = config(
        &json!({"temperature": 0.1, "reasoning_effort": "low", "modalities": ["text", "audio"], "audio": {"voice": "Kore", "format": "mp3"},
            "generationConfig": {"temperature": 0.9, "top_k": 7, "thinking_config": {"thinkingBudget": 9, "includeThoughts": false}, "speechConfig": {"languageCode": "de"}, "enableEnhancedCivicAnswers": true},
            "thinkingConfig": {"thinkingLevel": "HIGH"}, "imageConfig": {"aspectRatio": "1:1"}, "made_up": 1}),
        &FLASH,
    );
    assert_eq!(
        config,
        json!({"temperature": 0.1, "topK": 7, "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": true},
            "responseModalities": ["TEXT", "AUDIO"], "imageConfig": {"aspectRatio": "1:1"}, "enableEnhancedCivicAnswers": true,
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}, "languageCode": "de"}})
    );
    assert_eq!(losses, ["made_up dropped", "audio.format dropped"]);
    let (other, _) = self::config(
        &json!({"extra_body": {"generationConfig": {"thinkingConfig": {"thinkingBudget": 9}}}}),
        &FLASH,
    );
    assert_eq!(other, json!({"thinkingConfig": {"thinkingBudget": 9}}));
    let (other, _) = self::config(&json!({"google": {"thinking_config": {"thinking_budget": 5}}}), &FLASH);
    assert_eq!(other, json!({"thinkingConfig": {"thinkingBudget": 5}}));
    let (other, _) = self::config(&json!({"guided_choice": ["a", "b"]}), &FLASH);
    assert_eq!(
        other,
        json!({"responseMimeType": "text/x.enum", "responseSchema": {"type": "string", "enum": ["a", "b"]}})
    );
    let format = json!({"response_format": {"type": "json_object"}, "generationConfig": {"responseSchema": {"type": "STRING"}}});
    assert_eq!(self::config(&format, &FLASH).0, json!({"responseMimeType": "application/json"}));
}

#[test]
fn members_at_the_top_go_where_they_are_known() {
    let settings = json!([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]);
    let body = with(
        &json!({"safety_settings": settings, "labels": {"a": "b"}, "toolConfig": {"retrievalConfig": {"languageCode": "de"}}, "tools": [{"googleMaps": {}}], "modelArmorConfig": {"promptTemplateName": "p"}}),
    );
    let (public, losses) = write(&body, &FLASH);
    assert_eq!((&public["safetySettings"], &public["labels"]), (&settings, &Value::Null));
    assert_eq!(losses, ["labels dropped", "modelArmorConfig dropped"]);
    assert_eq!(public["toolConfig"], json!({"retrievalConfig": {"languageCode": "de"}}));
    let (vertex, losses) = write_for(VERTEX_CODEC, &body, &FLASH);
    assert_eq!(
        (&vertex["labels"], &vertex["modelArmorConfig"]),
        (&json!({"a": "b"}), &json!({"promptTemplateName": "p"}))
    );
    assert!(losses.is_empty());
}

#[test]
fn what_a_cache_holds_is_not_said_again() {
    let body = json!({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "q"}], "tools": [tool("f")], "tool_choice": "auto", "cachedContent": "cachedContents/x"});
    let (written, losses) = write(&body, &FLASH);
    assert_eq!(
        written,
        json!({"contents": [{"role": "user", "parts": [{"text": "q"}]}], "cachedContent": "cachedContents/x"})
    );
    assert_eq!(losses, ["messages.system dropped", "tools dropped", "tool_choice dropped"]);
}

#[test]
fn files_are_where_the_host_can_read_them() {
    let part = |codec: GeminiCodec, part: Value| {
        let request = asking(&json!({"messages": [{"role": "user", "content": [part]}]}));
        let body = encoded(codec, &request, &THREE).map(|encoded| encoded.body);
        body.map(|body| serde_json::from_slice::<Value>(&body).unwrap()["contents"][0]["parts"][0].take())
    };
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url, "detail": "low"}});
    let low = json!({"level": "MEDIA_RESOLUTION_LOW"});
    let file = |id: &str| json!({"type": "file", "file": {"file_id": id}});
    assert_eq!(
        part(CHAT_CODEC, image("https://h/x")).unwrap(),
        json!({"fileData": {"fileUri": "https://h/x"}, "mediaResolution": low})
    );
    assert_eq!(
        part(VERTEX_CODEC, image("gs://b/x")).unwrap(),
        json!({"fileData": {"mimeType": "image/jpeg", "fileUri": "gs://b/x"}, "mediaResolution": low})
    );
    assert_eq!(
        part(CHAT_CODEC, file("files/abc")).unwrap()["fileData"]["fileUri"],
        "https://generativelanguage.googleapis.com/v1beta/files/abc"
    );
    assert_eq!(
        part(VERTEX_CODEC, file("gs://b/v.MP4")).unwrap(),
        json!({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/v.MP4"}})
    );
    assert!(matches!(part(CHAT_CODEC, image("gs://b/x")), Err(EncodeError::Invalid { .. })));
    assert!(matches!(part(CHAT_CODEC, image("file:///etc/passwd")), Err(EncodeError::Invalid { .. })));
    assert!(matches!(part(VERTEX_CODEC, file("files/abc")), Err(EncodeError::Invalid { .. })));
}

#[test]
fn models_that_draw_are_asked_for_pictures() {
    static DRAWS: Family = Family { gemini: Traits { draws: true, ..Traits::UNKNOWN }, ..Family::UNKNOWN };
    assert_eq!(config(&json!({}), &DRAWS).0, json!({"responseModalities": ["TEXT", "IMAGE"]}));
    let own = json!({"generationConfig": {"responseModalities": ["IMAGE"]}});
    assert_eq!(config(&own, &DRAWS).0, json!({"responseModalities": ["IMAGE"]}));
}

#[test]
fn too_many_stop_sequences_are_a_loss() {
    let (config, losses) = config(&json!({"stop": ["1", "2", "", "3", "4", "5", "6"]}), &FLASH);
    assert_eq!(config, json!({"stopSequences": ["1", "2", "3", "4", "5"]}));
    assert_eq!(losses, ["stop approximated"]);
}
