//! Gemini's and Vertex's answers.

use serde_json::{Value, json};
use testkit::{Answer, Call, End};

use super::collected::{collected, json_of, misfits};
use super::send;

const VERTEX: &str = "/sim/vertex/v1/projects/p/locations/us-central1/publishers/google/models";

pub fn call(path: &str, body: &Value) -> Call {
    Call::post(path).header("x-goog-api-key", "sk-sim-1").json(body.to_string())
}

pub fn vertex_call(verb: &str, body: &Value) -> Call {
    Call::post(&format!("{VERTEX}/{verb}")).header("authorization", "Bearer sk-sim-1").json(body.to_string())
}

/// A request; `more` are further members.
pub fn request(text: &str, more: &Value) -> Value {
    let mut body = json!({"contents": [{"role": "user", "parts": [{"text": text}]}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub fn ask(model: &str, text: &str, more: &Value) -> Answer {
    send(&call(&format!("/v1beta/models/{model}:generateContent"), &request(text, more)))
}

fn said(model: &str, text: &str, more: &Value) -> Value {
    ask(model, text, more).expect(200).json()
}

pub fn tools() -> Value {
    json!({"tools": [{"functionDeclarations": [
        {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
        {"name": "time"},
    ]}]})
}

fn elements(model: &str, text: &str, more: &Value, faults: &str) -> Vec<Value> {
    let path = format!("/v1beta/models/{model}:streamGenerateContent?alt=sse");
    let answer = send(&call(&path, &request(text, more)).header("x-sim-fault", faults)).expect(200);
    assert!(answer.end.is_complete());
    answer.events().iter().map(testkit::Event::json).collect()
}

/// The text that elements say, without thoughts.
fn text_of(elements: &[Value]) -> String {
    let parts = elements.iter().filter_map(|element| element["candidates"][0]["content"]["parts"].as_array());
    let spoken = parts.flatten().filter(|part| part["thought"] != true);
    spoken.filter_map(|part| part["text"].as_str()).collect()
}

#[test]
fn whole_answers() {
    let body = said("gemini-2.5-flash", "hello there", &json!({}));
    assert_eq!(
        body["candidates"],
        json!([{"content": {"parts": [{"text": "echo: hello there"}], "role": "model"}, "finishReason": "STOP", "index": 0}])
    );
    let usage = &body["usageMetadata"];
    assert_eq!((&usage["promptTokenCount"], &usage["candidatesTokenCount"]), (&json!(2), &json!(3)));
    assert_eq!(usage["totalTokenCount"], 5);
    assert_eq!(body["modelVersion"], "gemini-2.5-flash-001");
    assert!(body["responseId"].is_string());
    let long = said("gemini-2.5-flash", "words:300", &json!({}));
    assert_eq!(long["usageMetadata"]["candidatesTokenCount"], 300);
    let config = json!({"generation_config": {"max_output_tokens": 2}});
    let cut = said("gemini-2.5-flash", "a b c d", &config);
    assert_eq!(cut["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(cut["candidates"][0]["content"]["parts"][0]["text"], "echo: a");
    let config = json!({"generationConfig": {"stopSequences": [" c"], "candidateCount": 2}});
    let stopped = said("gemini-2.5-flash", "a b c d", &config);
    assert_eq!(stopped["candidates"][1]["content"]["parts"][0]["text"], "echo: a b");
}

#[test]
fn streams_as_events_and_as_an_array() {
    let path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
    let body = request("hello there", &json!({}));
    let events = send(&call(&format!("{path}?alt=sse"), &body)).expect(200);
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    assert!(events.text().starts_with("data: {") && events.text().ends_with("}\r\n\r\n"));
    let elements: Vec<Value> = events.events().iter().map(testkit::Event::json).collect();
    assert_eq!(elements.len(), 4);
    assert_eq!(text_of(&elements), "echo: hello there");
    let counts: Vec<&Value> =
        elements.iter().map(|element| &element["usageMetadata"]["candidatesTokenCount"]).collect();
    assert_eq!(counts, [&json!(1), &json!(2), &json!(3), &json!(3)]);
    assert_eq!(elements[3]["candidates"][0]["finishReason"], "STOP");
    assert!(elements[2]["candidates"][0].get("finishReason").is_none());

    let array = send(&call(path, &body)).expect(200);
    assert_eq!(array.header("content-type"), Some("application/json; charset=UTF-8"));
    assert!(
        array.text().starts_with("[{")
            && array.text().contains("}\n,\r\n{")
            && array.text().ends_with("}\n]")
    );
    assert_eq!(array.json(), json!(elements));
    assert!(array.pieces.len() > 2, "in pieces");
}

#[test]
fn ends_that_differ() {
    let refused = said("gemini-2.5-flash", "please_refuse", &json!({}));
    assert_eq!(refused["candidates"][0]["finishReason"], "SAFETY");
    assert!(refused["candidates"][0].get("content").is_none());
    let blocked = said("gemini-2.5-flash", "please_block", &json!({}));
    assert_eq!(blocked["promptFeedback"], json!({"blockReason": "PROHIBITED_CONTENT"}));
    assert!(blocked.get("candidates").is_none());
    let named = said("gemini-2.5-flash", "finish:RECITATION", &json!({}));
    assert_eq!(named["candidates"][0]["finishReason"], "RECITATION");
    let repeated = elements("gemini-2.5-flash", "repeat_finish", &json!({}), "");
    assert!(repeated.len() > 2);
    assert!(repeated.iter().all(|element| element["candidates"][0]["finishReason"] == "STOP"));
    let blocked = elements("gemini-2.5-flash", "please_block", &json!({}), "");
    assert_eq!(
        (blocked.len(), &blocked[0]["promptFeedback"]["blockReason"]),
        (1, &json!("PROHIBITED_CONTENT"))
    );
}

#[test]
fn thoughts_and_other_counts() {
    let config =
        json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": true}}});
    let body = said("gemini-2.5-flash", "hi", &config);
    let parts = &body["candidates"][0]["content"]["parts"];
    assert_eq!(parts[0], json!({"text": "thought1 thought2 thought3 thought4", "thought": true}));
    assert_eq!(parts[1]["text"], "echo: hi");
    let usage = &body["usageMetadata"];
    assert_eq!((&usage["thoughtsTokenCount"], &usage["totalTokenCount"]), (&json!(4), &json!(7)));
    let chunks = elements("gemini-2.5-flash", "hi", &config, "");
    assert_eq!(text_of(&chunks), "echo: hi");
    assert_eq!(chunks[0]["candidates"][0]["content"]["parts"][0]["thought"], true);
    let hidden = json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 1024}}});
    let body = said("gemini-2.5-flash", "hi", &hidden);
    assert_eq!(body["candidates"][0]["content"]["parts"].as_array().unwrap().len(), 1);
    assert_eq!(body["usageMetadata"]["thoughtsTokenCount"], 4);

    let cached = said("gemini-2.5-flash", "a b c cached_prompt", &json!({}));
    assert_eq!(cached["usageMetadata"]["cachedContentTokenCount"], 2);
    let cached = said("gemini-2.5-flash", "a b c d", &json!({"cachedContent": "cachedContents/x"}));
    assert_eq!(cached["usageMetadata"]["cachedContentTokenCount"], 2);
    let searched =
        said("gemini-2.5-flash", "call_web_search now", &json!({"tools": [{"google_search": {}}]}));
    assert_eq!(searched["usageMetadata"]["toolUsePromptTokenCount"], 2);
    assert_eq!(
        searched["candidates"][0]["groundingMetadata"]["webSearchQueries"],
        json!(["call_web_search now"])
    );
    let logprobs = said("gemini-2.5-flash", "hi", &json!({"generationConfig": {"responseLogprobs": true}}));
    assert!(logprobs["candidates"][0]["logprobsResult"]["chosenCandidates"].is_array());
}

#[test]
fn functions_are_called() {
    let body = said("gemini-2.5-flash", "please call_tool", &tools());
    let call = json!({"functionCall": {"name": "weather", "args": {"city": "value 1 of weather"}}});
    assert_eq!(body["candidates"][0]["content"]["parts"], json!([call]));
    assert_eq!(body["candidates"][0]["finishReason"], "STOP");
    let three = elements("gemini-3-flash-preview", "call_three_tools", &tools(), "");
    let calls: Vec<&Value> =
        three[..3].iter().map(|one| &one["candidates"][0]["content"]["parts"][0]).collect();
    let names: Vec<&Value> = calls.iter().map(|call| &call["functionCall"]["name"]).collect();
    assert_eq!(names, ["weather", "time", "weather"]);
    assert!(calls[0]["thoughtSignature"].is_string() && calls[1].get("thoughtSignature").is_none());
    assert!(calls[0]["functionCall"]["id"].is_string());
    let mut forced = tools();
    forced["toolConfig"] =
        json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["time"]}});
    let body = said("gemini-2.5-flash", "hi", &forced);
    assert_eq!(body["candidates"][0]["content"]["parts"][0]["functionCall"]["name"], "time");

    let turns = |signed: &Value| {
        json!({"tools": tools()["tools"], "contents": [
            {"role": "user", "parts": [{"text": "call_tool"}]},
            {"role": "model", "parts": [signed]},
            {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"output": "sunny"}}}]},
        ]})
    };
    let body = said("gemini-2.5-flash", "", &turns(&call));
    assert_eq!(body["candidates"][0]["content"]["parts"][0]["text"], "tool said: sunny");
    let body = said("gemini-3-flash-preview", "", &turns(calls[0]));
    assert_eq!(body["candidates"][0]["content"]["parts"][0]["text"], "tool said: sunny");
}

#[test]
fn images_and_structure() {
    let seen = json!({"contents": [{"parts": [
        {"text": "describe_images"}, {"inline_data": {"mime_type": "image/png", "data": "QUJD"}},
        {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://h/i.jpg"}},
    ]}]});
    let body = said("gemini-2.5-flash", "", &seen);
    assert_eq!(
        body["candidates"][0]["content"]["parts"][0]["text"],
        "images: image/png of 3 bytes, https://h/i.jpg"
    );
    assert_eq!(body["usageMetadata"]["promptTokenCount"], 517);
    let made = said(
        "gemini-2.5-flash-image",
        "a cat",
        &json!({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}),
    );
    let picture = &made["candidates"][0]["content"]["parts"][1]["inlineData"];
    assert_eq!(picture["mimeType"], "image/png");
    assert!(picture["data"].as_str().unwrap().starts_with("iVBOR"));

    let structured = |config: Value| -> Value {
        let body = said("gemini-2.5-flash", "who", &json!({"generationConfig": config}));
        serde_json::from_str(body["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap()).unwrap()
    };
    let schema =
        json!({"type": "OBJECT", "properties": {"name": {"type": "STRING"}, "age": {"type": "INTEGER"}}});
    let own = structured(json!({"responseMimeType": "application/json", "responseSchema": schema}));
    assert_eq!(own, json!({"name": "echo: who", "age": 7}));
    let raw = json!({"type": "object", "properties": {"a": {"const": 5}}, "additionalProperties": false});
    let raw = structured(json!({"responseMimeType": "application/json", "responseJsonSchema": raw}));
    assert_eq!(raw, json!({"a": 5}));
    assert!(structured(json!({"responseMimeType": "application/json"})).is_object());
}

#[test]
fn embeddings_and_counts() {
    let content = |text: &str| json!({"parts": [{"text": text}]});
    let one =
        call("/v1beta/models/e:embedContent", &json!({"content": content("a b"), "outputDimensionality": 4}));
    let one = send(&one).expect(200).json();
    assert_eq!(one["embedding"]["values"].as_array().unwrap().len(), 4);
    let requests: Vec<Value> =
        ["a", "b"].map(|text| json!({"model": "models/e", "content": content(text)})).to_vec();
    let batch =
        send(&call("/v1beta/models/e:batchEmbedContents", &json!({"requests": requests}))).expect(200).json();
    assert_eq!(batch["embeddings"][1]["values"].as_array().unwrap().len(), 8);
    let count = |body: Value| {
        send(&call("/v1beta/models/g:countTokens", &body)).expect(200).json()["totalTokens"].clone()
    };
    assert_eq!(count(json!({"contents": [content("a b c")]})), 3);
    let inner =
        json!({"model": "models/g", "contents": [content("a b c")], "systemInstruction": content("d")});
    assert_eq!(count(json!({"generateContentRequest": inner})), 4);
}

#[test]
fn vertex_has_its_manners() {
    let body = request("hello there", &json!({"labels": {"team": "a"}}));
    let whole = send(&vertex_call("gemini-2.5-flash:generateContent", &body)).expect(200).json();
    assert_eq!(whole["usageMetadata"]["trafficType"], "ON_DEMAND");
    assert!(whole["createTime"].is_string());
    let stream = send(&vertex_call("gemini-2.5-flash:streamGenerateContent?alt=sse", &body)).expect(200);
    let elements: Vec<Value> = stream.events().iter().map(testkit::Event::json).collect();
    assert_eq!(text_of(&elements), "echo: hello there");
    assert_eq!(elements[0]["usageMetadata"], json!({"trafficType": "ON_DEMAND"}));
    assert_eq!(elements.last().unwrap()["usageMetadata"]["totalTokenCount"], 5);
    let body = json!({"instances": [{"content": "a b"}, {"content": "c"}], "parameters": {"outputDimensionality": 4}});
    let predicted = send(&vertex_call("text-embedding-005:predict", &body)).expect(200).json();
    let embeddings = &predicted["predictions"][0]["embeddings"];
    assert_eq!(embeddings["statistics"], json!({"token_count": 2, "truncated": false}));
    assert_eq!(embeddings["values"].as_array().unwrap().len(), 4);
    send(&vertex_call("gemini-embedding-001:predict", &body)).expect(400);
    let openai = Call::post("/v1/projects/p/locations/l/endpoints/openapi/chat/completions");
    let openai = openai
        .header("authorization", "Bearer sk-sim")
        .json(r#"{"model":"meta/llama","messages":[{"role":"user","content":"hi"}]}"#);
    assert_eq!(send(&openai).expect(200).json()["choices"][0]["message"]["content"], "echo: hi");
}

#[test]
fn claude_on_vertex() {
    let claude = |verb: &str, body: &Value| {
        let path = format!("/v1/projects/p/locations/l/publishers/anthropic/models/{verb}");
        send(&Call::post(&path).header("authorization", "Bearer sk-sim-1").json(body.to_string()))
    };
    let mut body = json!({"anthropic_version": "vertex-2023-10-16", "max_tokens": 100,
        "messages": [{"role": "user", "content": "hello there"}]});
    let whole = claude("claude-sonnet-4@20250514:rawPredict", &body).expect(200).json();
    assert_eq!(whole["content"][0]["text"], "echo: hello there");
    assert!(whole["id"].as_str().unwrap().starts_with("msg_vrtx_"));
    let counting = json!({"anthropic_version": "vertex-2023-10-16", "model": "claude-sonnet-4@20250514",
        "messages": body["messages"]});
    let counted = claude("count-tokens:rawPredict", &counting).expect(200).json();
    assert_eq!(counted, json!({"input_tokens": 2}));
    claude("claude-sonnet-4@20250514:streamRawPredict", &body).expect(400);
    body["stream"] = true.into();
    claude("claude-sonnet-4@20250514:rawPredict", &body).expect(400);
    let stream = claude("claude-sonnet-4@20250514:streamRawPredict", &body).expect(200);
    assert_eq!(stream.events().last().unwrap().name.as_deref(), Some("message_stop"));
    body["model"] = "claude-sonnet-4@20250514".into();
    let refused = claude("claude-sonnet-4@20250514:streamRawPredict", &body).expect(400).json();
    assert_eq!(refused["error"]["message"], "model: Extra inputs are not permitted");
    claude("missing:rawPredict", &body).expect(404);
    body["anthropic_version"] = "2023-06-01".into();
    claude("claude-sonnet-4@20250514:streamRawPredict", &body).expect(400);
}

#[test]
fn faults_in_either_framing() {
    let body = request("one two three four", &json!({}));
    let answer = |query: &str, fault: &str| {
        let path = format!("/v1beta/models/gemini-2.5-flash:streamGenerateContent{query}");
        let call = call(&path, &body).header("x-sim-fault", fault);
        send(&call.patience(std::time::Duration::from_millis(1500)))
    };
    for query in ["?alt=sse", ""] {
        assert_eq!(answer(query, "cut_mid").end, End::Cut);
        assert_eq!(answer(query, "stall_mid").end, End::TimedOut);
        assert!(matches!(answer(query, "reset").end, End::Broken(_)));
        let ended = answer(query, "end_mid");
        assert!(ended.end.is_complete() && ended.text().contains("one") && !ended.text().contains("STOP"));
        assert!(std::str::from_utf8(&answer(query, "bad_utf8").body).is_err());
        assert!(answer(query, "drip").pieces.len() > 20);
        assert!(answer(query, "huge_line").body.len() > 1 << 20);
        let zipped = testkit::gunzip(&answer(query, "gzip").body).unwrap();
        assert_eq!(zipped, answer(query, "").body);
    }
    let plain = answer("", "").json();
    for fault in ["drip", "split", "burst", "multi_data", "comments", "comments,split"] {
        assert_eq!(answer("", fault).json(), plain, "{fault}");
        let events = answer("?alt=sse", fault).events();
        assert_eq!(json!(events.iter().map(testkit::Event::json).collect::<Vec<_>>()), plain, "{fault}");
    }
    let mid = answer("", "error_mid").json();
    assert_eq!(mid.as_array().unwrap().last().unwrap()["error"]["status"], "UNAVAILABLE");
    assert_eq!(answer("", "error_first").json()[0]["error"]["code"], 503);
    assert!(answer("?alt=sse", "error_first").events()[0].json()["error"].is_object());
    assert!(!answer("", "no_done").text().ends_with(']'));
    assert!(!answer("?alt=sse", "no_usage").text().contains("usageMetadata"));
    assert!(ask("gemini-2.5-flash", "x", &json!({})).json().get("candidates").is_some());
    let whole = |fault: &str| {
        let path = "/v1beta/models/gemini-2.5-flash:generateContent";
        send(&call(path, &body).header("x-sim-fault", fault))
    };
    assert!(whole("no_choices").json().get("candidates").is_none());
    assert!(whole("null_choices").json()["candidates"].is_null());
    assert!(whole("no_usage").json().get("usageMetadata").is_none());
    assert!(std::str::from_utf8(&whole("bad_utf8").body).is_err());
    assert_eq!(whole("truncated_whole").end, End::Cut);
}

/// A discovery document with links that a JSON pointer can follow.
fn linked(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(link)) = fields.get_mut("$ref") {
                *link = format!("#/schemas/{link}");
            }
            fields.values_mut().for_each(linked);
        }
        Value::Array(items) => items.iter_mut().for_each(linked),
        _ => {}
    }
}

#[test]
fn answers_fit_the_discovery_documents() {
    let test = "answers_fit_the_discovery_documents";
    let names = ["gemini/generativelanguage.v1beta.discovery.json", "vertex/aiplatform.v1.trimmed.json"];
    let paths = names.map(|name| collected(test, name));
    let [Some(public), Some(vertex)] = paths else {
        return;
    };
    let [mut public, mut vertex] = [json_of(&public), json_of(&vertex)];
    linked(&mut public);
    linked(&mut vertex);
    let mut everything = tools();
    everything["generationConfig"] = json!({"thinkingConfig": {"thinkingBudget": 512, "includeThoughts": true},
        "responseLogprobs": true});
    for (text, more) in [
        ("hi", everything.clone()),
        ("call_three_tools", everything),
        ("please_refuse", json!({})),
        ("please_block", json!({})),
        ("cached_prompt call_web_search", json!({"tools": [{"googleSearch": {}}]})),
    ] {
        let body = request(text, &more);
        let array =
            send(&call("/v1beta/models/gemini-2.5-flash:streamGenerateContent", &body)).expect(200).json();
        let whole = ask("gemini-2.5-flash", text, &more).expect(200).json();
        for element in array.as_array().unwrap().iter().chain([&whole]) {
            let schema = &public["schemas"]["GenerateContentResponse"];
            assert_eq!(misfits(&public, schema, element, "it"), Vec::<String>::new(), "{element}");
        }
        let array = send(&vertex_call("gemini-2.5-flash:streamGenerateContent", &body)).expect(200).json();
        for element in array.as_array().unwrap() {
            let schema = &vertex["schemas"]["GoogleCloudAiplatformV1GenerateContentResponse"];
            assert_eq!(misfits(&vertex, schema, element, "it"), Vec::<String>::new(), "{element}");
        }
    }
    let content = json!({"parts": [{"text": "a"}]});
    let embedded =
        send(&call("/v1beta/models/e:embedContent", &json!({"content": content}))).expect(200).json();
    let counted =
        send(&call("/v1beta/models/e:countTokens", &json!({"contents": [content]}))).expect(200).json();
    for (name, value) in [("EmbedContentResponse", embedded), ("CountTokensResponse", counted)] {
        assert_eq!(misfits(&public, &public["schemas"][name], &value, "it"), Vec::<String>::new());
    }
}
