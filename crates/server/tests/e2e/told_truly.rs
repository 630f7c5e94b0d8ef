//! What records say of answers that are out of the ordinary: counts that are not final, answers that never came,
//! credentials that come back.

use serde_json::{Value, json};
use testkit::{Call, Gateway, wait_for};

use crate::scripted::{Scripted, answer, stream};
use crate::world::{World, body, builder};

const STREAM: &str = r#","stream":true"#;

/// Routes for providers whose answers a test lays ready.
const SCRIPTED: &str = r#"
_format_version: "3.0"
services:
  - name: main
    url: http://localhost:1
    routes:
      - name: openai
        paths: [/openai]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              logging: {log_statistics: true, log_payloads: true}
              auth: {header_name: authorization, header_value: Bearer sk-CANARY-header}
              model: {provider: openai, name: m, options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
      - name: body
        paths: [/body]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              logging: {log_payloads: true}
              auth: {param_name: team_word, param_value: CANARY-"member", param_location: body}
              model: {provider: openai, name: m, options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
      - name: messages
        paths: [/messages]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              llm_format: anthropic
              logging: {log_statistics: true}
              auth: {header_name: x-api-key, header_value: k}
              model:
                provider: anthropic
                name: m
                options: {upstream_url: "http://@UPSTREAM@", anthropic_version: "2023-06-01", input_cost: 10, output_cost: 10}
      - name: gemini
        paths: [/gemini]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              logging: {log_statistics: true, log_payloads: true}
              auth: {param_name: key, param_value: CANARY-query, param_location: query}
              model: {provider: gemini, name: m, options: {upstream_url: "http://@UPSTREAM@/v1beta/models/m:generateContent"}}
"#;

fn scripted() -> (Gateway, Scripted) {
    let upstream = Scripted::start();
    let gateway = builder().config(SCRIPTED, upstream.addr).start();
    (gateway, upstream)
}

/// Sends a chat to a route that is answered with what was laid for `tag`; its record.
#[track_caller]
fn told(gateway: &Gateway, path: &str, tag: &str, more: &str) -> Value {
    let call = Call::post(path).header("x-test", tag).json(body("hello", more));
    let answer = call.send(gateway.proxy);
    gateway.record(answer.header("x-kong-request-id").expect("a request id"))
}

#[test]
fn predictions_are_counted() {
    let (gateway, upstream) = scripted();
    let usage = r#"{"prompt_tokens":5,"completion_tokens":40,"total_tokens":45,"completion_tokens_details":{"accepted_prediction_tokens":30,"rejected_prediction_tokens":7}}"#;
    let whole = format!(
        r#"{{"choices":[{{"index":0,"message":{{"role":"assistant","content":"x"}},"finish_reason":"stop"}}],"usage":{usage}}}"#
    );
    upstream.lay("whole", answer("200 OK", "application/json", whole.as_bytes()));
    let record = told(&gateway, "/openai", "whole", "");
    let usage = &record["ai"]["proxy"]["usage"];
    assert_eq!((&usage["completion_tokens"], &usage["total_tokens"]), (&json!(40), &json!(45)));
    let expected = json!({"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 30, "rejected_prediction_tokens": 7});
    assert_eq!(usage["completion_tokens_details"], expected);
}

#[test]
fn running_totals_of_a_stream_that_broke_off_are_no_exact_counts() {
    let (gateway, upstream) = scripted();
    let text = "x".repeat(40);
    let event = |data: Value| stream("text/event-stream", format!("data: {data}\n\n").as_bytes());
    let gemini = |finish: Value| {
        event(json!({
            "candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11},
        }))
    };
    let openai = event(json!({
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }));
    upstream.lay("gemini", gemini(Value::Null));
    upstream.lay("openai", openai);
    for route in ["gemini", "openai"] {
        let record = told(&gateway, &format!("/{route}"), route, STREAM);
        let usage = &record["ai"]["proxy"]["usage"];
        assert_eq!(record["gateway"]["outcome"], "truncated", "{record}");
        assert_eq!((&usage["counts"], &usage["prompt_tokens"]), (&json!("estimated"), &json!(9)), "{record}");
        assert_eq!(usage["completion_tokens"], 10, "{record}");
    }
    // What has ended is counted as it was told.
    upstream.lay("ended", gemini(json!("STOP")));
    let record = told(&gateway, "/gemini", "ended", STREAM);
    let usage = &record["ai"]["proxy"]["usage"];
    assert_eq!((&usage["counts"], &usage["completion_tokens"]), (&json!("exact"), &json!(2)), "{record}");
}

#[test]
fn a_stream_that_was_refused_was_a_stream_that_was_asked_for() {
    let (gateway, upstream) = scripted();
    upstream.lay("refused", answer("429 Too Many", "application/json", br#"{"error":{"message":"slow"}}"#));
    for (more, mode) in [("", "oneshot"), (STREAM, "stream")] {
        let record = told(&gateway, "/openai", "refused", more);
        assert_eq!(record["ai"]["proxy"]["meta"]["request_mode"], mode, "{record}");
        assert_eq!(record["gateway"]["stream"], false, "{record}");
        assert_eq!(record["ai"]["proxy"]["usage"].get("time_to_first_token"), None, "{record}");
    }
}

#[test]
fn counting_tokens_uses_none() {
    let (gateway, upstream) = scripted();
    upstream.lay("count", answer("200 OK", "application/json", br#"{"input_tokens":14}"#));
    let record = told(&gateway, "/messages/v1/messages/count_tokens", "count", r#","model":"m""#);
    let usage = &record["ai"]["proxy"]["usage"];
    assert_eq!((&usage["total_tokens"], &usage["counts"]), (&json!(0), &json!("exact")), "{record}");
    assert_eq!((&usage["cost"], &usage["cost_source"]), (&json!(0), &json!("configured")), "{record}");
}

#[test]
fn credentials_that_an_answer_repeats_are_not_recorded() {
    let (gateway, upstream) = scripted();
    let error = |said: &str| {
        let body = format!(r#"{{"error":{{"message":"wrong key: {said}!"}}}}"#);
        answer("401 Unauthorized", "application/json", body.as_bytes())
    };
    upstream.lay("/openai", error("sk-CANARY-header"));
    upstream.lay("/body", error(r#"CANARY-\"member\""#));
    upstream.lay("/gemini", error("CANARY-query"));
    for path in ["/openai", "/body", "/gemini"] {
        let record = told(&gateway, path, path, "");
        let payload = &record["ai"]["proxy"]["payload"];
        assert!(payload["response"].as_str().unwrap().contains("wrong key: REDACTED!"), "{record}");
        assert!(!record.to_string().contains("CANARY"), "{record}");
    }
}

#[test]
fn members_that_carry_credentials_are_not_recorded() {
    let (gateway, _upstream) = scripted();
    let more =
        r#","api_key":"CANARY-1","Team_Word":"CANARY-2","metadata":{"access_token":"CANARY-3","a":"b"}"#;
    let record = told(&gateway, "/openai", "members", more);
    let asked = record["ai"]["proxy"]["payload"]["request"].as_str().unwrap();
    let masked =
        r#","api_key":"REDACTED","Team_Word":"REDACTED","metadata":{"access_token":"REDACTED","a":"b"}"#;
    assert_eq!(asked, body("hello", masked));
}

#[test]
fn consumers_are_told_by_both_of_their_names() {
    let consumers = r"
consumers:
  - {custom_id: team-7, keyauth_credentials: [{key: seven}]}
  - {username: ann, custom_id: team-8, keyauth_credentials: [{key: eight}]}
plugins: [{name: key-auth}]
";
    let upstream = Scripted::start();
    let gateway = builder().config(&(SCRIPTED.to_owned() + consumers), upstream.addr).start();
    for (key, username, custom_id) in [("seven", Value::Null, "team-7"), ("eight", json!("ann"), "team-8")] {
        let call = Call::post("/openai").header("apikey", key).header("x-test", key).json(body("x", ""));
        let answer = call.send(gateway.proxy);
        let record = gateway.record(answer.header("x-kong-request-id").expect("a request id"));
        let consumer = &record["consumer"];
        assert_eq!(
            (&consumer["username"], &consumer["custom_id"]),
            (&username, &json!(custom_id)),
            "{record}"
        );
    }
}

/// A route to the simulator.
const SIMULATED: &str = r#"
_format_version: "3.0"
routes:
  - name: chat
    paths: [/chat]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          logging: {log_statistics: true}
          auth: {header_name: authorization, header_value: Bearer sk-sim-main}
          model: {provider: openai, name: sim-chat, options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
"#;

#[test]
fn a_role_is_no_token() {
    let world = World::start(SIMULATED);
    let call = Call::post("/chat")
        .header("x-sim-fault", "slow")
        .header("x-sim-delay", "400")
        .json(body("words:2", STREAM));
    let answer = world.send(&call).expect(200);
    assert!(answer.text().contains(r#""role":"assistant""#), "{}", answer.text());
    let record = world.record(&answer);
    let usage = &record["ai"]["proxy"]["usage"];
    let (first, head) =
        (usage["time_to_first_token"].as_f64().unwrap(), record["latencies"]["proxy"].as_f64().unwrap());
    assert!(head < 300.0, "{record}");
    assert!(first > 350.0, "{record}");
}

#[test]
fn the_first_token_of_a_whole_answer_comes_with_the_last() {
    let world = World::start(SIMULATED);
    let call = Call::post("/chat")
        .header("x-sim-fault", "slow_body")
        .header("x-sim-delay", "400")
        .json(body("x", ""));
    let record = world.record(&world.send(&call).expect(200));
    let first = record["ai"]["proxy"]["usage"]["time_to_first_token"].as_f64().unwrap();
    let all = record["ai"]["proxy"]["meta"]["llm_latency"].as_f64().unwrap();
    assert!(first > 350.0 && first <= all, "{record}");
}

#[test]
fn who_left_before_an_answer_got_none() {
    let world = World::start(SIMULATED);
    for (tag, more) in [("whole", ""), ("stream", STREAM)] {
        let path = format!("/chat?{tag}");
        let call = Call::post(&path)
            .header("x-test", tag)
            .header("x-sim-fault", "slow_first")
            .header("x-sim-delay", "20000")
            .json(body("x", more));
        let mut connection = testkit::Connection::open(world.gateway.proxy);
        connection.send(&call);
        wait_for("the request upstream", || (!world.upstream.tagged(tag).is_empty()).then_some(()));
        drop(connection);
        let record = wait_for("the record", || {
            world.gateway.records().into_iter().find(|record| record["request"]["uri"] == path.as_str())
        });
        assert_eq!(record["response"]["status"], 499, "{record}");
        assert_eq!(record["gateway"]["outcome"], "client_disconnected", "{record}");
    }
}
