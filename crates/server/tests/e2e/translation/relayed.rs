//! Clients of Messages in front of Anthropic: what comes is what was said, byte for byte.

use serde_json::json;
use testkit::Call;

use super::{WORLD, each, messages_at, tagged};

/// The same call of the simulator itself.
fn direct(body: &str) -> Call {
    Call::post("/sim/anthropic/v1/messages")
        .header("anthropic-version", "2023-06-01")
        .header("x-api-key", "sk-sim-direct")
        .json(body)
}

/// Members in an order, a form and with digits that nobody would write anew.
const ODD: &str = r#"{ "max_tokens" :4000, "metadata":{"user_id":"ü\u00fc"},"model":"claude-sonnet-4-5",
    "messages":[ {"content":[{"type":"text","text":"@TEXT@","cache_control":{"type":"ephemeral"}}],"role":"user"} ],
    "temperature":0.50,"tools":[{"name":"now","input_schema":{"type":"object","properties":{},"required":[],"x":[12345678901234567890]}}]@MORE@}"#;

#[test]
fn bodies_are_the_providers_own_byte_for_byte() {
    let world = WORLD.hold();
    let thinking = r#","stream":true,"thinking":{"type":"enabled","budget_tokens":1024}"#;
    for (tag, text, more, fault) in [
        ("same-whole", "hello", "", ""),
        ("same-stream", "words:30", r#","stream":true"#, ""),
        ("same-call", "call_tool", r#","stream":true"#, ""),
        ("same-thought", "call_tool", thinking, ""),
        ("same-crlf", "words:9", r#","stream":true"#, "crlf"),
        ("same-comments", "words:9", r#","stream":true"#, "comments,bom"),
        ("same-odd", "words:9", r#","stream":true"#, "not_json_mid"),
        ("same-error", "words:9", "", "status_529"),
    ] {
        let mut body = ODD.replace("@TEXT@", text).replace("@MORE@", more);
        if more == thinking {
            body = body.replace("\"temperature\":0.50,", "");
        }
        let call = |call: Call| if fault.is_empty() { call } else { call.header("x-sim-fault", fault) };
        let target = &super::TARGETS[0];
        let own = call(direct(&body)).send(world.upstream.addr);
        let relayed = world.send(&call(messages_at("/a/anthropic/v1/messages", target, tag, &body)));
        assert_eq!(relayed.status, own.status, "{tag}: {}", own.text());
        assert!(relayed.body == own.body, "{tag}:\n{}\n{}", own.text(), relayed.text());
        assert_eq!(relayed.header("content-type"), own.header("content-type"), "{tag}");
        assert_eq!(relayed.header("request-id"), own.header("request-id"), "{tag}");
        let sent = world.upstream.only(&tagged(target, tag));
        assert_eq!(sent.text(), body, "{tag}");
        assert_eq!(world.record(&relayed)["response"]["size"], relayed.body.len(), "{tag}");
    }
}

#[test]
fn errors_of_aws_are_told_in_the_clients_form() {
    each(
        |target| target.provider == "bedrock" && target.speaks_messages,
        |world, target| {
            for (status, kind, more) in [
                (400, "invalid_request_error", ""),
                (403, "permission_error", ""),
                (408, "timeout_error", ""),
                (424, "api_error", ""),
                (429, "rate_limit_error", r#","stream":true"#),
                (503, "overloaded_error", ""),
            ] {
                let call = super::message(target, "aws-error", "hi", more);
                let answer = world.send(&call.header("x-sim-fault", &format!("status_{status}")));
                let error = answer.json();
                assert_eq!((answer.status, &error["type"]), (status, &json!("error")), "{error}");
                assert_eq!(error["error"]["type"], kind, "{error}");
                assert!(
                    error["error"]["message"].as_str().is_some_and(|text| text.ends_with('.')),
                    "{error}"
                );
                let id = answer.header("x-amzn-requestid").expect("AWS's own id");
                assert_eq!((answer.header("request-id"), &error["request_id"]), (Some(id), &json!(id)));
                assert!(answer.header("x-amzn-errortype").is_some());
                assert_eq!(answer.header("content-type"), Some("application/json"));
                assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
            }
            // What its stream says of a failure, at its beginning and in its middle.
            let call = super::message(target, "aws-first", "words:9", r#","stream":true"#);
            let first = world.send(&call.header("x-sim-fault", "error_first")).expect(429).json();
            assert_eq!(first["error"]["type"], "rate_limit_error", "{first}");
            let call = super::message(target, "aws-mid", "words:9", r#","stream":true"#);
            let answer = world.send(&call.header("x-sim-fault", "error_mid")).expect(200);
            let last = answer.events().pop().unwrap();
            assert_eq!(last.name.as_deref(), Some("error"));
            assert_eq!(last.json()["error"]["type"], "rate_limit_error", "{}", last.data);
        },
    );
}

#[test]
fn errors_of_google_are_told_in_the_clients_form() {
    each(
        |target| target.provider == "gemini" && target.speaks_messages,
        |world, target| {
            for (status, kind, more) in [
                (400, "invalid_request_error", ""),
                (401, "authentication_error", ""),
                (403, "permission_error", ""),
                (404, "not_found_error", ""),
                (429, "rate_limit_error", r#","stream":true"#),
            ] {
                let call = super::message(target, "host-error", "hi", more);
                let answer = world.send(&call.header("x-sim-fault", &format!("status_{status}")));
                let error = answer.json();
                assert_eq!((answer.status, &error["type"]), (status, &json!("error")), "{error}");
                assert_eq!(error["error"]["type"], kind, "{error}");
                assert!(
                    error["error"]["message"].as_str().is_some_and(|text| !text.contains('{')),
                    "{error}"
                );
            }
        },
    );
}

#[test]
fn betas_and_versions_are_the_clients() {
    each(
        |target| target.provider == "anthropic",
        |world, target| {
            let path = format!("/a/{}/v1/messages?beta=true", target.name);
            let call = messages_at(&path, target, "beta", &super::message_body("hi", ""))
                .header("anthropic-beta", "context-1m-2025-08-07");
            world.send(&call).expect(200);
            let request = world.upstream.only(&tagged(target, "beta"));
            assert_eq!(request.header("anthropic-beta"), Some("context-1m-2025-08-07"));
            assert!(request.target.ends_with("?beta=true"), "{}", request.target);
            assert!(
                request.header("x-api-key").is_some_and(|key| key.starts_with("sk-sim-CANARY-anthropic"))
            );
        },
    );
}
