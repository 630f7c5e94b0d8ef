//! Clients of `OpenAI` in front of targets with formats of their own: answers, streams, ends, usage.

use serde_json::{Value, json};
use testkit::{Answer, content_of};

use super::{chat, each, losses_of, sent, tagged, talk, translated};
use crate::world::content;

pub const STREAM: &str = r#","stream":true"#;
const STREAM_USAGE: &str = r#","stream":true,"stream_options":{"include_usage":true}"#;
const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

/// Checks a whole answer against the shape that SDKs are strict about, and gives its only choice.
#[track_caller]
pub fn choice(answer: &Answer, model: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    let body = answer.json();
    assert_eq!(body["object"], "chat.completion", "{body}");
    assert!(body["id"].as_str().is_some_and(|id| !id.is_empty()), "{body}");
    assert!(body["created"].as_u64().is_some_and(|created| created > 1_600_000_000), "{body}");
    assert_eq!(body["model"], model, "{body}");
    assert_eq!(body["choices"].as_array().map(Vec::len), Some(1), "{body}");
    let usage = &body["usage"];
    let count = |name: &str| usage[name].as_u64().unwrap_or_else(|| panic!("no {name}: {body}"));
    assert_eq!(count("prompt_tokens") + count("completion_tokens"), count("total_tokens"), "{body}");
    let choice = body["choices"][0].clone();
    assert_eq!((&choice["index"], &choice["message"]["role"]), (&json!(0), &json!("assistant")), "{body}");
    assert!(choice["finish_reason"].is_string(), "{body}");
    choice
}

/// The chunks of a stream that ended well, checked; the end mark is not among them.
#[track_caller]
pub fn chunks(answer: &Answer, model: &str) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.text().matches("[DONE]").count(), 1, "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    assert!(answer.end.is_complete());
    let events = answer.events();
    assert!(events.iter().all(|event| event.name.is_none()), "{}", answer.text());
    let chunks: Vec<Value> =
        events.iter().filter(|event| !event.is_done()).map(testkit::Event::json).collect();
    let first = &chunks[0];
    for chunk in &chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk", "{chunk}");
        assert_eq!(chunk["model"], model, "{chunk}");
        for constant in ["id", "created", "model"] {
            assert_eq!(chunk[constant], first[constant], "{chunk}");
        }
        assert!(chunk.get("error").is_none(), "{chunk}");
    }
    assert!(first["id"].as_str().is_some_and(|id| !id.is_empty()), "{first}");
    assert_eq!(first["choices"][0]["delta"]["role"], "assistant", "{first}");
    let finishes = chunks.iter().filter(|chunk| chunk["choices"][0]["finish_reason"].is_string()).count();
    assert_eq!(finishes, 1, "{}", answer.text());
    chunks
}

/// The finish reason of a stream.
#[track_caller]
pub fn finish(chunks: &[Value]) -> String {
    let mut reasons = chunks.iter().filter_map(|chunk| chunk["choices"][0]["finish_reason"].as_str());
    reasons.next_back().expect("a finish reason").to_owned()
}

#[test]
fn whole_answers() {
    each(translated, |world, target| {
        let answer = world.send(&chat(target, "whole", "hello there", ""));
        let choice = choice(&answer, target.model);
        assert_eq!(choice["message"]["content"], "echo: hello there");
        assert_eq!(choice["finish_reason"], "stop");
        assert_eq!(answer.header("x-kong-llm-model"), Some(&*target.model_header()));
        assert_eq!(losses_of(world, &answer), [""; 0]);
        let (record, usage) = (world.record(&answer), answer.json()["usage"].clone());
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["target"]["provider"]),
            (&json!("completed"), &json!(target.provider))
        );
        assert_eq!(record["gateway"]["usage"]["source"], target.source(), "{record}");
        for count in ["prompt_tokens", "completion_tokens", "total_tokens"] {
            assert_eq!(record["gateway"]["usage"][count], usage[count], "{record}");
        }
        assert!(!target.reports || usage["completion_tokens"] == 3, "{usage}");
        let request = world.upstream.only(&tagged(target, "whole"));
        assert!(request.header("anthropic-beta").is_none());
        assert_eq!(request.header("accept-encoding"), Some("identity"));
    });
}

#[test]
fn streams() {
    each(
        |target| translated(target) && target.streams,
        |world, target| {
            let answer = world.send(&chat(target, "stream", "hello there", STREAM));
            let chunks = chunks(&answer, target.model);
            assert_eq!(content_of(&answer.events()), "echo: hello there");
            assert_eq!(finish(&chunks), "stop");
            assert!(
                chunks.iter().all(|chunk| chunk.get("usage").is_none_or(Value::is_null)),
                "{}",
                answer.text()
            );
            assert_eq!(answer.header("x-accel-buffering"), Some("no"));
            let record = world.record(&answer);
            assert_eq!(
                (&record["gateway"]["outcome"], &record["gateway"]["stream"]),
                (&json!("completed"), &json!(true))
            );
            assert_eq!(
                (&record["gateway"]["usage"]["source"], &record["gateway"]["usage"]["completion_tokens"]),
                (&json!("reported"), &json!(3))
            );
        },
    );
}

#[test]
fn long_streams_are_what_whole_answers_are() {
    each(
        |target| translated(target) && target.streams,
        |world, target| {
            let whole = content(&world.send(&chat(target, "words", "words:60", "")));
            let answer = world.send(&chat(target, "words-stream", "words:60", STREAM));
            let chunks = chunks(&answer, target.model);
            assert_eq!(content_of(&answer.events()), whole);
            assert!(whole.ends_with("w59 w60"), "{whole}");
            assert!(chunks.len() > 5, "{} chunks", chunks.len());
        },
    );
}

#[test]
fn pieces_go_out_as_they_come() {
    each(
        |target| translated(target) && target.streams,
        |world, target| {
            let call = chat(target, "flow", "words:6", STREAM)
                .header("x-sim-fault", "slow")
                .header("x-sim-delay", "80");
            let answer = world.send(&call);
            assert_eq!(content_of(&answer.events()), "w1 w2 w3 w4 w5 w6");
            let (first, last) = (answer.pieces[0].0, answer.pieces[answer.pieces.len() - 1].0);
            let apart = last.saturating_sub(first);
            assert!(apart >= std::time::Duration::from_millis(160), "all within {apart:?}");
        },
    );
}

#[test]
fn usage_of_a_stream_where_it_is_asked_for() {
    each(
        |target| translated(target) && target.streams,
        |world, target| {
            let answer = world.send(&chat(target, "usage", "words:7", STREAM_USAGE));
            let chunks = chunks(&answer, target.model);
            let (last, before) = chunks.split_last().unwrap();
            assert_eq!(last["choices"], json!([]), "{last}");
            assert!(before.iter().all(|chunk| chunk["usage"].is_null()), "{}", answer.text());
            let record = world.record(&answer);
            assert_eq!(record["gateway"]["usage"]["source"], "reported");
            for count in ["prompt_tokens", "completion_tokens", "total_tokens"] {
                assert_eq!(record["gateway"]["usage"][count], last["usage"][count], "{record}");
            }
            assert_eq!(last["usage"]["completion_tokens"], 7);
            let whole = world.send(&chat(target, "usage-whole", "words:7", "")).json();
            assert_eq!(last["usage"]["prompt_tokens"], whole["usage"]["prompt_tokens"]);
        },
    );
}

#[test]
fn reasons_to_finish() {
    each(translated, |world, target| {
        let cases = [
            (r#","max_tokens":3"#, "length", "w1 w2 w3"),
            (r#","max_completion_tokens":3"#, "length", "w1 w2 w3"),
            (r#","stop":["w4"]"#, "stop", "w1 w2 w3"),
            (r#","stop":"w4""#, "stop", "w1 w2 w3"),
        ];
        for (members, reason, text) in cases {
            let answer = world.send(&chat(target, "finish", "words:9", members));
            let choice = choice(&answer, target.model);
            let reason = if target.reports { reason } else { "stop" };
            assert_eq!(choice["finish_reason"], reason, "{members}: {choice}");
            assert_eq!(choice["message"]["content"].as_str().map(str::trim), Some(text), "{members}");
            if target.streams {
                let answer =
                    world.send(&chat(target, "finish-stream", "words:9", &format!("{members}{STREAM}")));
                assert_eq!(finish(&chunks(&answer, target.model)), reason, "{members}: {}", answer.text());
                assert_eq!(content_of(&answer.events()).trim(), text, "{members}");
            }
        }
    });
}

#[test]
fn refusals() {
    each(
        |target| translated(target) && target.refusal.is_some(),
        |world, target| {
            let answer = world.send(&chat(target, "refusal", "please_refuse", ""));
            assert_eq!(choice(&answer, target.model)["finish_reason"], target.refusal.unwrap());
            let answer = world.send(&chat(target, "refusal-stream", "please_refuse", STREAM));
            assert_eq!(finish(&chunks(&answer, target.model)), target.refusal.unwrap());
            assert_eq!(world.record(&answer)["gateway"]["outcome"], "completed");
        },
    );
}

#[test]
fn pictures() {
    each(
        |target| translated(target) && target.vision,
        |world, target| {
            let body = format!(
                r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":"describe_images"}},{{"type":"image_url","image_url":{{"url":"{PNG}","detail":"low"}}}}]}}]}}"#
            );
            let answer = world.send(&talk(&format!("/o/{}", target.name), target, "picture", &body));
            let choice = choice(&answer, target.model);
            assert_eq!(choice["message"]["content"], "images: image/png of 8 bytes");
        },
    );
}

#[test]
fn answers_that_fit_a_schema() {
    let format = r#","response_format":{"type":"json_schema","json_schema":{"name":"report","strict":true,"schema":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"array","items":{"type":"integer"}}},"required":["city","days"],"additionalProperties":false}}}"#;
    let fits = |text: &str| {
        let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(value["city"].is_string() && value["days"].is_array(), "{text}");
        assert_eq!(value.as_object().map(serde_json::Map::len), Some(2), "{text}");
    };
    each(
        |target| translated(target) && target.schema,
        |world, target| {
            let answer = world.send(&chat(target, "schema", "a report", format));
            let choice = choice(&answer, target.model);
            fits(choice["message"]["content"].as_str().unwrap_or_else(|| panic!("{choice}")));
            assert_eq!(choice["finish_reason"], "stop", "{choice}");
            assert!(choice["message"].get("tool_calls").is_none_or(Value::is_null), "{choice}");
            if target.streams {
                let answer =
                    world.send(&chat(target, "schema-stream", "a report", &format!("{format}{STREAM}")));
                fits(&content_of(&answer.events()));
                assert_eq!(finish(&chunks(&answer, target.model)), "stop", "{}", answer.text());
            }
        },
    );
}

#[test]
fn instructions_wherever_they_stand_reach_the_model() {
    let body = r#"{"messages":[{"role":"system","content":"first-rule"},{"role":"developer","content":[{"type":"text","text":"second-rule"}]},{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]},{"role":"assistant","content":null},{"role":"assistant","content":"c"},{"role":"system","content":"third-rule"},{"role":"user","content":"hi"}]}"#;
    each(translated, |world, target| {
        let answer = world.send(&talk(&format!("/o/{}", target.name), target, "system", body));
        let choice = choice(&answer, target.model);
        let said = choice["message"]["content"].as_str().unwrap();
        assert!(said.starts_with("echo: ") && said.contains("hi"), "{said}");
        let sent = sent(world, target, "system");
        for rule in ["first-rule", "second-rule", "third-rule"] {
            assert!(sent.contains(rule), "{rule}: {sent}");
        }
    });
}

#[test]
fn a_key_that_the_provider_refuses() {
    each(
        |target| translated(target) && !target.wrong.is_empty(),
        |world, target| {
            for more in ["", STREAM] {
                let body = crate::world::body("hi", more);
                let answer = world.send(&talk(&format!("/wrong/{}", target.name), target, "wrong", &body));
                let record = world.record(&answer);
                assert_eq!(record["upstream_status"], answer.status.to_string(), "{record}");
                assert!([400, 401, 403].contains(&answer.status), "{}", answer.text());
                assert_eq!(record["gateway"]["outcome"], "upstream_error");
                assert_eq!(answer.header("content-type"), Some("application/json"));
                let error = answer.json()["error"].clone();
                assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
                assert!(error["type"].is_string(), "{error}");
                assert!(error.get("code").is_some() && error.get("param").is_some(), "{error}");
                assert!(!answer.text().contains("CANARY"), "{}", answer.text());
            }
        },
    );
}

#[test]
fn statuses_of_providers_are_kept() {
    each(translated, |world, target| {
        for status in [400, 404, 429, 500, 503] {
            for more in ["", STREAM] {
                if !target.streams && !more.is_empty() {
                    continue;
                }
                let call =
                    chat(target, "status", "hi", more).header("x-sim-fault", &format!("status_{status}"));
                let answer = world.send(&call);
                assert_eq!(answer.status, status, "{}", answer.text());
                assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text());
                assert_eq!(world.record(&answer)["gateway"]["outcome"], "upstream_error");
            }
        }
        let answer = world.send(&chat(target, "html", "hi", "").header("x-sim-fault", "status_500_html"));
        assert_eq!(answer.status, 500);
        assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text());
    });
}
