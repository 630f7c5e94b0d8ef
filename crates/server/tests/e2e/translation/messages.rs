//! Clients of Messages in front of every target: answers, streams, ends, usage, counts, lists, errors.

use serde_json::{Value, json};
use testkit::{Answer, Call};

use super::messages_order::told;
use super::{all, each, message, message_body, messages, messages_at, sent, tagged};

pub const STREAM: &str = r#","stream":true"#;

/// Checks a whole answer against the shape that SDKs are strict about.
#[track_caller]
pub fn whole(answer: &Answer, model: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!((&body["type"], &body["role"]), (&json!("message"), &json!("assistant")), "{body}");
    assert!(body["id"].as_str().is_some_and(|id| !id.is_empty()), "{body}");
    assert_eq!(body["model"], model, "{body}");
    assert!(body["content"].is_array() && body["stop_reason"].is_string(), "{body}");
    assert!(body.as_object().unwrap().contains_key("stop_sequence"), "{body}");
    for count in ["input_tokens", "output_tokens"] {
        assert!(body["usage"][count].is_u64(), "no {count}: {body}");
    }
    body
}

#[track_caller]
fn text(body: &Value) -> String {
    let blocks = body["content"].as_array().unwrap();
    blocks.iter().filter_map(|block| block["text"].as_str()).collect()
}

#[test]
fn whole_answers() {
    each(all, |world, target| {
        let answer = world.send(&message(target, "m-whole", "hello there", ""));
        let body = whole(&answer, target.told());
        assert_eq!(body["content"], json!([{"type": "text", "text": "echo: hello there"}]));
        assert_eq!((&body["stop_reason"], &body["stop_sequence"]), (&json!("end_turn"), &Value::Null));
        assert_eq!(answer.header("x-kong-llm-model"), Some(&*target.model_header()));
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["usage"]["source"]),
            (&json!("completed"), &json!(target.source()))
        );
        assert_eq!(record["gateway"]["usage"]["completion_tokens"], body["usage"]["output_tokens"]);
        let usage = &body["usage"];
        let input = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
        let input: u64 = input.iter().filter_map(|part| usage[part].as_u64()).sum();
        assert_eq!(record["gateway"]["usage"]["prompt_tokens"], input, "{record} {usage}");
        let request = world.upstream.only(&tagged(target, "m-whole"));
        if !target.speaks_messages {
            for name in ["anthropic-version", "x-api-key", "anthropic-beta"] {
                let ours = name == "x-api-key" && target.auth.contains(name);
                assert!(ours || request.header(name).is_none(), "{name}");
            }
        }
        assert!(!format!("{:?}", request.headers).contains("CANARY-caller"));
    });
}

#[test]
fn streams() {
    each(all, |world, target| {
        let answer = world.send(&message(target, "m-stream", "hello there", STREAM));
        let told = told(&answer);
        assert_eq!(told.content, [json!({"type": "text", "text": "echo: hello there"})]);
        assert_eq!((told.stop_reason.as_str(), &told.start["model"]), ("end_turn", &json!(target.told())));
        assert!(!answer.text().contains("[DONE]"));
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["usage"]["source"]),
            (&json!("completed"), &json!(target.source()))
        );
        assert_eq!(record["gateway"]["usage"]["completion_tokens"], told.usage["output_tokens"]);
        // Estimated at the beginning where the provider does not tell yet, exact at the end.
        assert!(told.start["usage"]["input_tokens"].as_u64().unwrap() > 0, "{}", told.start);
        if !target.speaks_messages {
            let cached = told.usage["cache_read_input_tokens"].as_u64().unwrap_or(0);
            let input = told.usage["input_tokens"].as_u64().unwrap_or_else(|| panic!("{}", told.usage));
            assert_eq!(record["gateway"]["usage"]["prompt_tokens"], input + cached, "{}", told.usage);
        }
    });
}

#[test]
fn long_streams_are_what_whole_answers_are() {
    each(all, |world, target| {
        let whole = text(&whole(&world.send(&message(target, "m-words", "words:60", "")), target.told()));
        let told = told(&world.send(&message(target, "m-words-stream", "words:60", STREAM)));
        assert_eq!(told.text(), whole);
        assert!(whole.ends_with("w59 w60"), "{whole}");
        assert!(told.pieces > 3 || !target.streams, "{} pieces", told.pieces);
    });
}

#[test]
fn reasons_to_stop() {
    each(all, |world, target| {
        let stops = if target.model == "grok-4" { "" } else { r#","stop_sequences":["w4"]"# };
        for (members, reasons) in [
            (r#","max_tokens":3"#, if target.reports { &["max_tokens"][..] } else { &["end_turn"] }),
            (stops, &["end_turn", "stop_sequence"]),
        ] {
            if members.is_empty() {
                continue;
            }
            let answer = world.send(&message(target, "m-stop", "words:9", members));
            let body = whole(&answer, target.told());
            assert!(reasons.iter().any(|reason| body["stop_reason"] == *reason), "{members}: {body}");
            assert_eq!(text(&body).trim(), "w1 w2 w3", "{members}");
            let told = told(&world.send(&message(
                target,
                "m-stop-stream",
                "words:9",
                &format!("{members}{STREAM}"),
            )));
            assert_eq!(told.stop_reason, body["stop_reason"].as_str().unwrap(), "{members}");
            assert_eq!(told.text().trim(), "w1 w2 w3", "{members}");
        }
    });
}

#[test]
fn refusals() {
    each(
        |target| target.refusal.is_some(),
        |world, target| {
            let body = whole(&world.send(&message(target, "m-refusal", "please_refuse", "")), target.told());
            assert_eq!(body["stop_reason"], "refusal", "{body}");
            let told = told(&world.send(&message(target, "m-refusal-stream", "please_refuse", STREAM)));
            assert_eq!(told.stop_reason, "refusal");
        },
    );
}

#[test]
fn pictures() {
    each(
        |target| target.vision,
        |world, target| {
            let body = r#"{"max_tokens":100,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}},{"type":"text","text":"describe_images"}]}]}"#;
            let answer = world.send(&messages(target, "m-picture", body));
            assert_eq!(text(&whole(&answer, target.told())), "images: image/png of 8 bytes");
        },
    );
}

#[test]
fn answers_that_fit_a_schema() {
    let format = r#","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}}"#;
    // What is relayed is judged by Anthropic, which has early models without.
    each(
        |target| target.schema && target.name != "anthropic-early",
        |world, target| {
            let answer = world.send(&message(target, "m-schema", "a report as json", format));
            let said = text(&whole(&answer, target.told()));
            let told_lost = answer.header("x-ai-proxy-losses").unwrap_or_default().contains("output_config");
            let value: Result<Value, _> = serde_json::from_str(&said);
            assert!(told_lost || value.is_ok_and(|value| value["city"].is_string()), "{said}");
        },
    );
}

#[test]
fn instructions_reach_the_model_whole() {
    let body = r#"{"max_tokens":100,"system":[{"type":"text","text":"first-rule","cache_control":{"type":"ephemeral"}},{"type":"text","text":"second-rule"}],"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"b"}]},{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#;
    each(all, |world, target| {
        let answer = world.send(&messages(target, "m-system", body));
        let said = text(&whole(&answer, target.told()));
        assert!(said == "echo: hi" || (target.prompts && said.contains("hi")), "{said}");
        let sent = sent(world, target, "m-system");
        for rule in ["first-rule", "second-rule"] {
            assert!(sent.contains(rule), "{rule}: {sent}");
        }
    });
}

#[test]
fn a_key_that_the_provider_refuses() {
    each(
        |target| !target.wrong.is_empty() && !target.has_foreign_errors(),
        |world, target| {
            for more in ["", STREAM] {
                let path = format!("/a-wrong/{}/v1/messages", target.name);
                let answer = world.send(&messages_at(&path, target, "m-wrong", &message_body("hi", more)));
                assert!([400, 401, 403].contains(&answer.status), "{}", answer.text());
                let body = answer.json();
                assert_eq!(body["type"], "error", "{body}");
                let kind = match answer.status {
                    400 => "invalid_request_error",
                    401 => "authentication_error",
                    _ => "permission_error",
                };
                assert_eq!(body["error"]["type"], kind, "{body}");
                assert!(body["error"]["message"].is_string(), "{body}");
                assert!(!answer.text().contains("CANARY"), "{body}");
            }
        },
    );
}

#[test]
fn statuses_of_providers_are_kept() {
    let kinds = [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "overloaded_error"),
    ];
    each(
        |target| !target.has_foreign_errors() && target.provider != "anthropic",
        |world, target| {
            for (status, kind) in kinds {
                for more in ["", STREAM] {
                    let call = message(target, "m-status", "hi", more)
                        .header("x-sim-fault", &format!("status_{status}"));
                    let answer = world.send(&call);
                    let body = answer.json();
                    assert_eq!(answer.status, status, "{body}");
                    assert_eq!(body["type"], "error", "{body}");
                    // A provider's own word says more than a status that it never has.
                    let own = match status {
                        401 => "permission_error",
                        413 => "invalid_request_error",
                        _ => kind,
                    };
                    let kinds = [kind, own];
                    assert!(kinds.iter().any(|kind| body["error"]["type"] == *kind), "{status}: {body}");
                    assert!(body["error"]["message"].is_string(), "{body}");
                }
            }
        },
    );
}

#[test]
fn what_the_gateway_refuses_is_told_in_the_clients_form() {
    each(all, |world, target| {
        for (tag, body) in [
            ("m-no-json", "{"),
            ("m-no-messages", r#"{"max_tokens":1}"#),
            (
                "m-other-model",
                r#"{"max_tokens":1,"model":"other","messages":[{"role":"user","content":"hi"}]}"#,
            ),
            ("m-bad-role", r#"{"max_tokens":1,"messages":[{"role":"nobody","content":"hi"}]}"#),
        ] {
            let answer = world.send(&messages(target, tag, body));
            let error = answer.json();
            assert_eq!(answer.status, 400, "{tag}: {error}");
            let went = !world.upstream.tagged(&tagged(target, tag)).is_empty();
            assert!(!went || (target.speaks_messages && tag == "m-bad-role"), "{tag} went upstream");
            if went && target.has_foreign_errors() {
                continue;
            }
            assert_eq!(
                (&error["type"], &error["error"]["type"]),
                (&json!("error"), &json!("invalid_request_error")),
                "{tag}"
            );
            assert!(error["error"]["message"].is_string(), "{tag}: {error}");
        }
    });
}

#[test]
fn tokens_are_counted() {
    each(all, |world, target| {
        let path = format!("/a/{}/v1/messages/count_tokens", target.name);
        let body = r#"{"system":"be kind","messages":[{"role":"user","content":"one two three four five"}],"tools":[{"name":"now","input_schema":{"type":"object"}}]}"#;
        let answer = world.send(&messages_at(&path, target, "m-count", body)).expect(200);
        let count = answer.json();
        assert!(count["input_tokens"].as_u64().is_some_and(|count| count > 0), "{count}");
        assert_eq!(count.as_object().map(serde_json::Map::len), Some(1), "{count}");
        let went = world.upstream.tagged(&tagged(target, "m-count"));
        assert_eq!(went.len(), usize::from(target.counts || target.provider == "bedrock"));
        if let Some(request) = went.first() {
            let places = ["count_tokens", "countTokens", "count-tokens"];
            assert!(places.iter().any(|place| request.target.contains(place)), "{}", request.target);
            assert!(!request.target.contains("us.anthropic"), "{}", request.target);
        }
        let record = world.record(&answer);
        let losses = answer.header("x-ai-proxy-losses");
        if target.counts {
            // A word is a token to the simulator; the instructions and the tool count.
            assert!(count["input_tokens"].as_u64().is_some_and(|count| count >= 7), "{count}");
            assert_eq!((losses, &record["source"]), (None, &json!("upstream")), "{record}");
        } else {
            assert_eq!(losses, Some("input_tokens=approximated"));
            assert_eq!(
                (&record["source"], &record["response"]["status"]),
                (&json!("kong"), &json!(200)),
                "{record}"
            );
        }
        assert_eq!(world.record(&answer)["gateway"]["outcome"], "completed");
    });
}

/// What stands in the way of an answer stands in the way of a count, in words of the client's.
#[test]
fn errors_of_counts() {
    each(
        |target| target.counts && !target.wrong.is_empty(),
        |world, target| {
            let path = format!("/a-wrong/{}/v1/messages/count_tokens", target.name);
            let error = world.send(&messages_at(&path, target, "m-count-wrong", &message_body("hi", "")));
            assert!(matches!(error.status, 400 | 401 | 403), "{}", error.text());
            assert_eq!(error.json()["type"], "error", "{}", error.text());
            let path = format!("/a/{}/v1/messages/count_tokens", target.name);
            for status in [429, 503] {
                let tag = format!("m-count-{status}");
                let call = messages_at(&path, target, &tag, &message_body("hi", ""));
                let error = world.send(&call.header("x-sim-fault", &format!("status_{status}")));
                assert_eq!(error.status, status, "{}", error.text());
                assert_eq!(error.json()["type"], "error", "{}", error.text());
                assert!(error.json()["error"]["message"].is_string(), "{}", error.text());
            }
            // Who does not know the place does not count; the gateway estimates. Relayed answers are not ours to change.
            let call = messages_at(&path, target, "m-count-404", &message_body("12345678", ""));
            let answer = world.send(&call.header("x-sim-fault", "status_404"));
            if target.provider == "anthropic" {
                assert_eq!(answer.status, 404, "{}", answer.text());
                return;
            }
            assert_eq!((answer.status, answer.json()), (200, json!({"input_tokens": 2})));
            assert_eq!(answer.header("x-ai-proxy-losses"), Some("input_tokens=approximated"));
            let record = world.record(&answer);
            assert_eq!(record["gateway"]["outcome"], "completed", "{record}");
            let statuses = (&record["response"]["status"], &record["upstream_status"]);
            assert_eq!(statuses, (&json!(200), &json!("404")), "{record}");
        },
    );
}

#[test]
fn models_are_listed() {
    each(all, |world, target| {
        let call =
            Call::get(&format!("/a/{}/v1/models", target.name)).header("anthropic-version", "2023-06-01");
        let list = world.send(&call).expect(200).json();
        assert_eq!((&list["has_more"], &list["data"][0]["type"]), (&json!(false), &json!("model")), "{list}");
        assert_eq!(list["data"][0]["id"], target.model, "{list}");
        assert_eq!((&list["first_id"], &list["last_id"]), (&list["data"][0]["id"], &list["data"][0]["id"]));
    });
}

/// What Claude Code adds to the path and the head means nothing to other providers.
#[test]
fn betas_stay_with_those_who_know_them() {
    each(
        |target| !target.speaks_messages,
        |world, target| {
            let path = format!("/a/{}/v1/messages?beta=true", target.name);
            let call = messages_at(&path, target, "m-beta", &message_body("hi", ""))
                .header("anthropic-beta", "context-1m-2025-08-07");
            whole(&world.send(&call), target.told());
            let request = world.upstream.only(&tagged(target, "m-beta"));
            assert!(!request.target.contains("beta=true"), "{}", request.target);
            assert_eq!(request.header("anthropic-beta"), None);
        },
    );
}
