//! What Gemini and Vertex refuse, and in which words.

use serde_json::{Value, json};
use testkit::Call;

use super::collected::{collected, exchanges};
use super::gemini::{ask, call, request, tools, vertex_call};
use super::send;

fn refused(model: &str, more: &Value) -> String {
    let body = ask(model, "hi", more).expect(400).json();
    assert_eq!(body["error"]["status"], "INVALID_ARGUMENT");
    assert_eq!(body["error"]["code"], 400);
    body["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn members_are_judged() {
    let model = "gemini-2.5-flash";
    let config = |config: Value| json!({"generationConfig": config});
    assert_eq!(
        refused(model, &config(json!({"max_tokens": 5}))),
        "Invalid JSON payload received. Unknown name \"max_tokens\" at 'generation_config': Cannot find field."
    );
    for more in [
        json!({"messages": []}),
        json!({"labels": {}}),
        json!({"contents": []}),
        json!({"contents": "hi"}),
        json!({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}),
        json!({"contents": [{"role": "user", "parts": []}]}),
        json!({"contents": [{"role": "user", "parts": [{}]}]}),
        json!({"contents": [{"role": "user", "parts": [{"text": "a", "inlineData": {"mimeType": "image/png", "data": "QQ=="}}]}]}),
        json!({"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "data:x"}}]}]}),
        json!({"contents": [{"role": "user", "parts": [{"inlineData": {"data": "QQ=="}}]}]}),
        json!({"contents": [{"role": "user", "parts": [{"fileData": {"mimeType": "image/generic", "fileUri": "https://h/i"}}]}]}),
        json!({"contents": [{"role": "user", "parts": [{"fileData": {"mimeType": "image/png", "fileUri": "gs://b/i"}}]}]}),
        json!({"systemInstruction": {"parts": []}}),
        json!({"systemInstruction": "be kind"}),
        json!({"cachedContent": "c", "systemInstruction": {"parts": [{"text": "x"}]}}),
        config(json!({"temperature": 2.5})),
        config(json!({"temperature": "hot"})),
        config(json!({"topP": 1.5})),
        config(json!({"topK": 1.5})),
        config(json!({"candidateCount": 9})),
        config(json!({"stopSequences": ["a", "b", "c", "d", "e", "f"]})),
        config(json!({"stopSequences": "a"})),
        config(json!({"logprobs": 3})),
        config(json!({"responseMimeType": "text/html"})),
        config(json!({"responseSchema": {"type": "OBJECT"}})),
        config(json!({"responseModalities": ["IMAGE"]})),
        config(json!({"maxOutputTokens": 5, "max_output_tokens": 5})),
        config(json!({"thinkingConfig": {"thinkingLevel": "LOW"}})),
        config(json!({"thinkingConfig": {"thinkingBudget": 30000}})),
    ] {
        refused(model, &more);
    }
    ask(
        model,
        "hi",
        &config(json!({"stop_sequences": ["a", "b", "c", "d", "e"], "top_k": 3.0, "seed": null})),
    )
    .expect(200);
    ask("gemini-3-pro-preview", "hi", &config(json!({"thinkingConfig": {"thinkingLevel": "low"}})))
        .expect(200);
}

#[test]
fn tools_are_judged() {
    let function = |function: Value| json!({"tools": [{"functionDeclarations": [function]}]});
    let with = |parameters: Value| function(json!({"name": "f", "parameters": parameters}));
    for (more, word) in [
        (
            with(
                json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}),
            ),
            "additionalProperties",
        ),
        (with(json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}})), "$ref"),
        (with(json!({"type": "object", "properties": {"a": {"const": 1}}})), "const"),
        (with(json!({"$schema": "x", "type": "object", "properties": {"a": {"type": "string"}}})), "$schema"),
        (with(json!({"type": "object", "properties": {"a": {"oneOf": []}}})), "oneOf"),
        (with(json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}}})), "type"),
        (with(json!({"type": "object", "properties": {"a": {"type": "integer", "enum": ["1"]}}})), "enum"),
        (with(json!({"type": "object", "properties": {"a": {"type": "array"}}})), "items"),
        (
            with(json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]})),
            "required",
        ),
        (function(json!({"name": "a b"})), "name"),
        (function(json!({"name": "f", "strict": true})), "strict"),
        (json!({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}), "function_declarations"),
    ] {
        let message = refused("gemini-2.5-flash", &more);
        assert!(message.contains(word), "{word}: {message}");
    }
    let raw = json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"const": 1}}, "additionalProperties": false});
    ask("gemini-2.5-flash", "hi", &function(json!({"name": "f", "parametersJsonSchema": raw}))).expect(200);
    let mut named = tools();
    named["toolConfig"] =
        json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["nobody"]}});
    refused("gemini-2.5-flash", &named);
    named["toolConfig"] =
        json!({"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["time"]}});
    refused("gemini-2.5-flash", &named);
}

/// A conversation in which a function was called and answered.
fn history(call: &Value, answers: &[&str]) -> Value {
    let answers: Vec<Value> = answers
        .iter()
        .map(|name| json!({"functionResponse": {"name": name, "response": {"output": "x"}}}))
        .collect();
    json!({"tools": tools()["tools"], "contents": [
        {"role": "user", "parts": [{"text": "go"}]},
        {"role": "model", "parts": [call]},
        {"role": "user", "parts": answers},
    ]})
}

#[test]
fn answers_must_follow_calls() {
    let call = json!({"functionCall": {"name": "weather", "args": {}}});
    ask("gemini-2.5-flash", "", &history(&call, &["weather"])).expect(200);
    for answers in [vec!["time"], vec!["weather", "weather"]] {
        refused("gemini-2.5-flash", &history(&call, &answers));
    }
    let mut unanswered = history(&call, &["weather"]);
    unanswered["contents"][2]["parts"] = json!([{"text": "never mind"}]);
    refused("gemini-2.5-flash", &unanswered);
    unanswered["contents"].as_array_mut().unwrap().truncate(2);
    refused("gemini-2.5-flash", &unanswered);
    refused("gemini-2.5-flash", &history(&json!({"text": "no call"}), &["weather"]));
    refused(
        "gemini-2.5-flash",
        &history(&json!({"functionCall": {"name": "weather", "args": "{}"}}), &["weather"]),
    );
}

#[test]
fn the_third_generation_wants_signatures() {
    let model = "gemini-3-pro-preview";
    let signed = |signature: Value| {
        let mut call = json!({"functionCall": {"name": "weather", "args": {}}});
        if !signature.is_null() {
            call["thoughtSignature"] = signature;
        }
        history(&call, &["weather"])
    };
    let message = refused(model, &signed(Value::Null));
    assert!(
        message.starts_with("Function call is missing a thought_signature in functionCall parts."),
        "{message}"
    );
    ask(model, "", &signed(json!("skip_thought_signature_validator"))).expect(200);
    assert_eq!(refused(model, &signed(json!("QUJD"))), "Corrupted thought signature.");
    let given = ask(model, "call_tool", &tools()).expect(200).json();
    let given = &given["candidates"][0]["content"]["parts"][0]["thoughtSignature"];
    ask(model, "", &signed(given.clone())).expect(200);
    ask("gemini-2.5-flash", "", &signed(Value::Null)).expect(200);
    let mut elsewhere = signed(given.clone());
    elsewhere["contents"][1]["parts"][0]["functionCall"]["name"] = "time".into();
    elsewhere["contents"][2]["parts"][0]["functionResponse"]["name"] = "time".into();
    assert_eq!(refused(model, &elsewhere), "Corrupted thought signature.");
    // What was called before the last word of the user needs none.
    let mut past = signed(Value::Null);
    let after = [
        json!({"role": "model", "parts": [{"text": "x"}]}),
        json!({"role": "user", "parts": [{"text": "more"}]}),
    ];
    past["contents"].as_array_mut().unwrap().extend(after);
    ask(model, "", &past).expect(200);
}

#[test]
fn keys_and_paths() {
    let path = "/v1beta/models/gemini-2.5-flash:generateContent";
    let body = request("hi", &json!({})).to_string();
    let plain = |path: &str| Call::post(path).json(&body);
    let missing = send(&plain(path)).expect(403).json();
    assert_eq!(missing["error"]["status"], "PERMISSION_DENIED");
    let wrong = send(&plain(path).header("x-goog-api-key", "AIza-bad")).expect(400).json();
    assert_eq!(wrong["error"]["details"][0]["reason"], "API_KEY_INVALID");
    send(&plain(&format!("{path}?key=sk-sim"))).expect(200);
    send(&plain(&format!("{path}?key=bad"))).expect(400);
    send(&plain(path).header("authorization", "Bearer sk-sim")).expect(200);
    send(&plain(path).header("authorization", "Bearer bad")).expect(401);
    send(&plain(path).header("x-goog-api-key", "sk-sim").header("authorization", "Bearer bad")).expect(401);
    let vertex = "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent";
    send(&plain(vertex).header("x-goog-api-key", "sk-sim")).expect(401);
    let bad = send(&plain(vertex).header("authorization", "Bearer bad")).expect(401).json();
    assert_eq!(bad["error"]["status"], "UNAUTHENTICATED");
    send(&plain(vertex).header("authorization", "Bearer sk-sim")).expect(200);

    send(&call("/v1beta/models/gemini-2.5-flash:nonsense", &json!({}))).expect(404);
    send(&call("/v1beta/models/missing:generateContent", &request("x", &json!({})))).expect(404);
    let stream =
        send(&call("/v1beta/models/missing:streamGenerateContent", &request("x", &json!({})))).expect(404);
    assert_eq!(stream.json()[0]["error"]["status"], "NOT_FOUND");
    let limited =
        send(&call(path, &request("x", &json!({}))).header("x-sim-fault", "status_429")).expect(429).json();
    assert_eq!(limited["error"]["details"][0]["retryDelay"], "7s");
    send(&call("/v1beta/models/fault-status_503:generateContent", &request("x", &json!({})))).expect(503);
    send(&call(
        "/v1beta/models/e:batchEmbedContents",
        &json!({"requests": [{"content": {"parts": [{"text": "a"}]}}]}),
    ))
    .expect(400);
}

#[test]
fn vertex_takes_no_ids() {
    let with = |member: &str, value: Value| {
        let call = json!({"functionCall": {"name": "weather", "args": {}}});
        let mut body = history(&call, &["weather"]);
        let place = usize::from(member == "functionResponse") + 1;
        if value.is_string() {
            body["contents"][place]["parts"][0][member]["id"] = value;
        }
        send(&vertex_call("gemini-2.5-flash:generateContent", &body))
    };
    with("functionCall", Value::Null).expect(200);
    for member in ["functionCall", "functionResponse"] {
        let body = with(member, json!("call_1")).expect(400).json();
        assert!(body["error"]["message"].as_str().unwrap().contains("Unknown name \"id\""), "{body}");
    }
    let public = json!({"functionCall": {"name": "weather", "args": {}, "id": "call_1"}});
    ask("gemini-2.5-flash", "", &history(&public, &["weather"])).expect(200);
}

#[test]
fn what_google_took_is_taken() {
    let Some(folder) = collected("what_google_took_is_taken", "streams/gemini/pydantic-ai") else {
        return;
    };
    let mut seen = 0;
    let mut refused = Vec::new();
    for (name, exchange) in exchanges(&folder, &|path| path.contains("enerateContent")) {
        let body = &exchange["request"]["body"];
        // Signatures of others are not known here, and requests of parts that were cut out cannot be right.
        let text = body.to_string();
        let foreign = text.contains("thoughtSignature") || text.contains("...");
        if exchange["response"]["status"] != 200 || foreign || !body.is_object() {
            continue;
        }
        seen += 1;
        let answer = send(&call(exchange["request"]["path"].as_str().unwrap(), body));
        if answer.status != 200 {
            refused.push(format!("{name}: {}", answer.text()));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(seen > 50, "{seen}");
}
