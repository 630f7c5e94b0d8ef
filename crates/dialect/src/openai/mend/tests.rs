//! Answers of providers that deviate, and what clients read of them. The worked vectors are among them.

use model::Operation;
use proptest::prelude::*;
use serde_json::{Value, json};
use stream::{End, RelaySettings, SseRelay, StreamEnd, UsagePolicy, relay_cut};

use super::*;
use crate::Quirks;
use crate::openai::answer;
use crate::openai::stream::Reader;

const ALL: Quirks = Quirks {
    answers: &[
        Deviation::ContentParts,
        Deviation::ReasoningName,
        Deviation::LooseCalls,
        Deviation::FinishWords,
        Deviation::UsageParts,
        Deviation::EmptyId,
        Deviation::Sources,
    ],
    ..Quirks::NONE
};
static QUIRKS: Quirks = ALL;
static APART: Quirks = Quirks { reasoning_outside_completion: true, ..ALL };

fn reading(quirks: &'static Quirks) -> Reading<'static> {
    Reading { operation: Operation::Chat, quirks, nonce: "n0", named: None }
}

fn whole_by(quirks: &'static Quirks, body: &str) -> Option<String> {
    let mended = answer::whole(&reading(quirks), body.as_bytes()).unwrap().mended?;
    Some(String::from_utf8(mended).unwrap())
}

fn whole(body: &str) -> Option<String> {
    whole_by(&QUIRKS, body)
}

/// A whole answer with this message, mended; the message.
fn message(message: &str) -> Value {
    let body =
        format!(r#"{{"id":"c","choices":[{{"index":0,"message":{message},"finish_reason":"stop"}}]}}"#);
    let mended: Value = serde_json::from_str(&whole(&body).expect("nothing was mended")).unwrap();
    mended["choices"][0]["message"].clone()
}

/// What goes out of a stream of these data.
fn relayed(data: &[&str]) -> (Vec<String>, StreamEnd) {
    let relay = || {
        let settings = RelaySettings { usage: UsagePolicy::Pass, ..RelaySettings::default() };
        let fault = Box::new(|_| Bytes::from_static(b"data: fault\n\n"));
        SseRelay::new(Box::new(Reader::new(&reading(&QUIRKS))), settings, fault)
    };
    let body = data.iter().map(|data| format!("data: {data}\r\n\r\n")).collect::<Vec<_>>().concat();
    let (out, summary) = relay_cut(relay(), body.as_bytes(), [], End::Clean);
    let (bytes, _) = relay_cut(relay(), body.as_bytes(), vec![1; body.len()], End::Clean);
    assert_eq!(out, bytes, "the cutting makes a difference");
    let out = String::from_utf8(out).unwrap();
    let frames = out.replace("\r\n", "\n");
    let data = frames.split("\n\n").map(|frame| frame.trim_start_matches('\n'));
    let data = data.filter_map(|frame| Some(frame.strip_prefix("data: ")?.to_owned()));
    (data.collect(), summary.end)
}

fn delta(delta: &str) -> String {
    format!(r#"{{"id":"c","model":"m","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
}

fn ended(reason: &str) -> String {
    format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}"#)
}

/// The deltas that go out of a stream of these deltas.
fn deltas(given: &[&str]) -> Vec<Value> {
    let given: Vec<String> = given.iter().map(|given| delta(given)).chain([ended("stop")]).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let (out, end) = relayed(&given);
    assert_eq!(end, StreamEnd::Complete);
    let read = |data: &String| serde_json::from_str::<Value>(data).unwrap()["choices"][0]["delta"].clone();
    out[..given.len() - 1].iter().map(read).collect()
}

#[test]
fn parts_become_text_and_thoughts() {
    let body = r#"{"id":"c","x":{"y":12345678901234567890},"choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]},{"type":"text","text":"a"}],"new":[]},"finish_reason":"model_length"}]}"#;
    let expected = r#"{"id":"c","x":{"y":12345678901234567890},"choices":[{"index":0,"message":{"role":"assistant","content":"a","reasoning_content":"r","new":[]},"finish_reason":"length"}]}"#;
    assert_eq!(whole(body).as_deref(), Some(expected));
    let told = message(
        r#"{"content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"r","signature":"S="}]},{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
    );
    let blocks = json!([{"type": "thinking", "thinking": "r", "signature": "S="}]);
    assert_eq!(told, json!({"content": "ab", "reasoning_content": "r", "thinking_blocks": blocks}));
}

#[test]
fn no_part_is_lost() {
    let told = message(
        r#"{"content":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},{"type":"image_url","image_url":{"url":"u"}},{"type":"document_url","document_url":"d"}],"reasoning_content":"x"}"#,
    );
    let expected = json!({
        "content": "a",
        "images": [{"type": "image_url", "image_url": {"url": "u"}}],
        "citations": [{"type": "reference", "reference_ids": [1]}],
        "content_parts": [{"type": "document_url", "document_url": "d"}],
        "reasoning_content": "x",
    });
    assert_eq!(told, expected);
    let thought = r#"[{"type":"thinking","thinking":[{"type":"text","text":"r"}]}]"#;
    let called =
        message(&format!(r#"{{"content":{thought},"tool_calls":[{{"id":"abc","type":"function"}}]}}"#));
    assert_eq!(called["content"], Value::Null);
    assert_eq!(message(&format!(r#"{{"content":{thought}}}"#))["content"], "");
    assert_eq!(message(r#"{"content":[]}"#)["content"], "");
}

#[test]
fn chunks_of_parts_become_chunks_of_texts() {
    let out = deltas(&[
        r#"{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"on"}]}]}"#,
        r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"e"}],"signature":"S"}]}"#,
        r#"{"content":[{"type":"text","text":"a"}]}"#,
        r#"{"content":"b"}"#,
    ]);
    let blocks = json!([{"type": "thinking", "thinking": "one", "signature": "S"}]);
    let expected = [
        json!({"role": "assistant", "reasoning_content": "on"}),
        json!({"reasoning_content": "e", "thinking_blocks": blocks}),
        json!({"content": "a"}),
        json!({"content": "b"}),
    ];
    assert_eq!(out, expected);
}

#[test]
fn a_seal_without_its_whole_text_is_not_told() {
    let part = |text: &str, seal: &str| {
        format!(
            r#"{{"content":[{{"type":"thinking","thinking":[{{"type":"text","text":"{text}"}}],"signature":"{seal}"}}]}}"#
        )
    };
    let long = "x".repeat(3 << 20);
    let given = [part(&long, ""), part(&long, ""), part("y", "S"), part("z", "T")];
    let out = deltas(&given.each_ref().map(String::as_str));
    assert_eq!(out[2], json!({"reasoning_content": "y"}));
    assert_eq!(out[3]["thinking_blocks"][0]["thinking"], "z");
}

#[test]
fn thoughts_have_one_name() {
    assert_eq!(
        message(r#"{"reasoning":"r","content":"a"}"#),
        json!({"reasoning_content": "r", "content": "a"})
    );
    let told = message(r#"{"reasoning_content":null,"reasoning":"r","content":null}"#);
    assert_eq!(told, json!({"reasoning_content": "r", "content": null}));
    assert_eq!(deltas(&[r#"{"reasoning":"r"}"#]), [json!({"reasoning_content": "r"})]);
    let both = r#"{"id":"c","choices":[{"message":{"reasoning":"r","reasoning_content":"r","content":""}}]}"#;
    assert_eq!(whole(both), None);
    // A word in a text is no member.
    let word = delta(r#"{"content":"the member \"reasoning\": and \"content\":[ too"}"#);
    assert_eq!(relayed(&[&word, &ended("stop")]).0[0], word);
}

#[test]
fn calls_are_completed() {
    let told = message(
        r#"{"content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":[1.0]},"x":1}},{"id":7,"type":"function","function":{"name":"g","arguments":"{}"}}]}"#,
    );
    let calls = &told["tool_calls"];
    assert_eq!(calls[0]["function"], json!({"name": "f", "arguments": "{\"a\":[1.0]}", "x": 1}));
    assert_eq!((&calls[0]["type"], &calls[1]["id"]), (&json!("function"), &json!("7")));
    let made = calls[0]["id"].as_str().unwrap();
    assert!(made.len() == 9 && made.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{made}");
}

#[test]
fn streamed_calls_have_dense_indexes() {
    let out = deltas(&[
        r#"{"tool_calls":[{"id":"aaa","function":{"name":"f","arguments":"{}"}},{"id":"bbb","type":"function","function":{"name":"g","arguments":""}}]}"#,
        r#"{"tool_calls":[{"function":{"arguments":"{}"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":"ccc","type":"function","function":{"name":"h","arguments":"{"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":"null","function":{"name":"","arguments":"}"}}]}"#,
    ]);
    let indexes: Vec<_> = out
        .iter()
        .flat_map(|delta| delta["tool_calls"].as_array().unwrap())
        .map(|call| (call["index"].as_u64().unwrap(), call["type"].as_str()))
        .collect();
    assert_eq!(out[3]["tool_calls"][0].get("id"), None);
    let function = Some("function");
    assert_eq!(indexes, [(0, function), (1, function), (1, None), (2, function), (2, None)]);
    let zero =
        r#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
    let one = zero.replace(r#""id":"a""#, r#""id":"b""#);
    let out = deltas(&[zero, &one]);
    assert_eq!(
        (&out[0]["tool_calls"][0]["index"], &out[1]["tool_calls"][0]["index"]),
        (&json!(0), &json!(1))
    );
}

#[test]
fn usage_counts_as_openai_counts() {
    let usage = |counts: &str| format!(r#"{{"id":"c","choices":[],"usage":{counts}}}"#);
    let apart = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20},"num_sources_used":0}"#;
    let within = apart.replace(r#""completion_tokens":5"#, r#""completion_tokens":25"#);
    assert_eq!(whole_by(&APART, &usage(apart)), Some(usage(&within)));
    assert_eq!(whole_by(&APART, &usage(&within)), None);
    let hits = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}"#;
    let told =
        hits.replace("miss_tokens\":4}", "miss_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":6}}");
    assert_eq!(whole(&usage(hits)), Some(usage(&told)));
    assert_eq!(whole(&usage(&told)), None);
    assert_eq!(relayed(&[&ended("stop"), &usage(hits), "[DONE]"]).0[1], usage(&told));
}

#[test]
fn words_ids_and_sources_are_openais() {
    let answer = r#"{"id":"","choices":[{"index":0,"message":{"content":"añb"},"finish_reason":"eos_token"}],"citations":["https://a"]}"#;
    let mended: Value = serde_json::from_str(&whole(answer).unwrap()).unwrap();
    assert_eq!(mended["id"], "chatcmpl-n0");
    assert_eq!(mended["choices"][0]["finish_reason"], "stop");
    let source = json!({"start_index": 0, "end_index": 3, "title": "", "url": "https://a"});
    let annotation = json!([{"type": "url_citation", "url_citation": source}]);
    assert_eq!(mended["choices"][0]["message"]["annotations"], annotation);
    assert_eq!(mended["citations"], json!(["https://a"]));
    let chunk = r#"{"id":"","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#;
    let end = r#"{"id":"","choices":[{"index":0,"delta":{},"finish_reason":"stop_sequence"}]}"#;
    let (out, _) = relayed(&[chunk, end]);
    assert_eq!(out[0], chunk.replace("\"\"", "\"chatcmpl-n0\""));
    assert_eq!(out[1], end.replace("\"\"", "\"chatcmpl-n0\"").replace("stop_sequence", "stop"));
}

#[test]
fn errors_in_streams_are_told_as_openai_tells_them() {
    let cases = [
        (
            r#"{"object":"error","message":"m","type":"t","param":null,"code":"1300"}"#,
            json!({"message": "m", "type": "api_error", "param": null, "code": "1300"}),
        ),
        (
            r#"{"code":"Client specified an invalid argument","error":"bad"}"#,
            json!({"message": "bad", "type": "api_error", "param": null, "code": "Client specified an invalid argument"}),
        ),
        (
            r#"{"error":"Model is loading","error_type":"overloaded","estimated_time":305.6}"#,
            json!({"message": "Model is loading", "type": "api_error", "param": null, "code": "overloaded"}),
        ),
        (
            r#"{"error_code":"BAD_REQUEST","message":"m"}"#,
            json!({"message": "m", "type": "api_error", "param": null, "code": "BAD_REQUEST"}),
        ),
        (
            r#"{"message":"m","type":"invalid_request_error","param":"p","code":"wrong_api_format"}"#,
            json!({"message": "m", "type": "invalid_request_error", "param": "p", "code": "wrong_api_format"}),
        ),
    ];
    for (data, expected) in cases {
        let (out, end) = relayed(&[&delta(r#"{"content":"a"}"#), data, "[DONE]"]);
        assert_eq!(end, StreamEnd::UpstreamError, "{data}");
        assert_eq!(out.len(), 2, "{out:?}");
        let told: Value = serde_json::from_str(&out[1]).unwrap();
        assert_eq!(told["error"], expected, "{data}");
        let given: Value = serde_json::from_str(data).unwrap();
        for (name, value) in given.as_object().unwrap().iter().filter(|(name, _)| *name != "error") {
            assert_eq!(&told[name], value, "{data}");
        }
    }
    let known = r#"{"error":{"message":"m","new":1}}"#;
    assert_eq!(relayed(&[&delta(r#"{"content":"a"}"#), known]).0[1], known);
    // What only looks like an error is an answer.
    let answer = r#"{"id":"c","message":"m","code":1,"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
    assert_eq!(
        relayed(&[answer, &ended("stop")]),
        (vec![answer.to_owned(), ended("stop"), "[DONE]".to_owned()], StreamEnd::Complete)
    );
}

#[test]
fn what_is_right_passes_byte_for_byte() {
    let answer = r#"{ "id":"c","choices" :[{"index":0,"message":{"role":"assistant","content":"a","refusal":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
    assert_eq!(whole(answer), None);
    assert_eq!(
        whole_by(&Quirks::NONE, &answer.replace("\"a\"", "[{\"type\":\"text\",\"text\":\"a\"}]")),
        None
    );
}

proptest! {
    /// However a stream deviates, what goes out is JSON, and a second pass finds nothing to mend.
    #[test]
    fn mending_is_done_once(
        contents in prop::collection::vec(
            prop_oneof![
                Just(json!("a")),
                Just(Value::Null),
                Just(json!([{"type": "text", "text": "a\"\n"}, {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}])),
                Just(json!([{"type": "reference", "reference_ids": [1]}])),
                Just(json!(["plain", 7, null])),
            ],
            1..5,
        ),
        reasoning in prop_oneof![Just(Value::Null), Just(json!("r")), Just(json!(7))],
        calls in prop_oneof![
            Just(Value::Null),
            Just(json!([{"function": {"name": "f", "arguments": {"a": 1}}}])),
            Just(json!([7, {"id": "x"}])),
        ],
        word in "[a-z_]{0,8}",
    ) {
        let choices: Vec<Value> = contents.iter().enumerate().map(|(index, content)| json!({
            "index": index,
            "message": {"content": content, "reasoning": reasoning, "tool_calls": calls},
            "finish_reason": word,
        })).collect();
        let body = json!({"id": "", "choices": choices}).to_string();
        let mended = whole(&body).unwrap();
        prop_assert!(serde_json::from_str::<Value>(&mended).is_ok());
        prop_assert_eq!(whole(&mended), None);
    }
}
