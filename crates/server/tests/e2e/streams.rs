//! Streams that go well.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::Outcome;
use testkit::{Answer, Call, Event, content_of, events};

use crate::world::{MAIN, body, chat, said};

const STREAM: &str = r#","stream":true"#;
const WITH_USAGE: &str = r#","stream":true,"stream_options":{"include_usage":true}"#;

#[track_caller]
fn is_stream(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").unwrap().starts_with("text/event-stream"), "{:?}", answer.headers);
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.header("content-encoding"), None);
    assert!(answer.end.is_complete(), "{:?}", answer.end);
}

/// Checks that a stream has exactly one terminator, at its very end, and gives the events before it.
#[track_caller]
fn terminated(answer: &Answer) -> Vec<Event> {
    let mut events = answer.events();
    assert_eq!(events.iter().filter(|event| event.is_done()).count(), 1, "{}", answer.text());
    assert!(events.pop().unwrap().is_done(), "{}", answer.text());
    events
}

fn usages(events: &[Event]) -> Vec<Value> {
    events.iter().map(Event::json).filter(|value| value["usage"].is_object()).collect()
}

#[test]
fn a_stream_is_relayed() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "stream-plain", STREAM));
    is_stream(&answer);
    assert_eq!(answer.header("x-kong-llm-model"), Some("openai/gpt-4o"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    let events = terminated(&answer);
    assert_eq!(content_of(&events), said("stream-plain"));
    assert!(usages(&events).is_empty(), "nobody asked for usage");
    assert!(
        events
            .iter()
            .all(|event| { event.json()["choices"].as_array().is_some_and(|list| !list.is_empty()) })
    );
    let first = events[0].json();
    assert!(events.iter().all(|event| event.json()["id"] == first["id"]));
}

#[test]
fn what_is_relayed_is_what_the_provider_sent() {
    let world = MAIN.hold();
    for (number, fault) in
        ["", "crlf", "comments", "multi_data", "no_space", "split", "drip", "burst"].iter().enumerate()
    {
        let tag = format!("stream-bytes-{number}");
        let answer = world.send(&chat("/chat", &tag, WITH_USAGE).header("x-sim-fault", fault));
        is_stream(&answer);
        let request = world.upstream.only(&tag);
        let direct = Call::post("/v1/chat/completions")
            .header("authorization", "Bearer sk-sim")
            .header("x-sim-fault", fault)
            .json(request.text())
            .send(world.upstream.addr);
        assert_eq!(answer.text(), direct.text(), "{fault}");
    }
}

#[test]
fn the_form_of_the_stream_does_not_matter() {
    let world = MAIN.hold();
    for (number, fault) in [
        "crlf",
        "cr_only",
        "bom",
        "comments",
        "multi_data",
        "no_space",
        "split",
        "drip",
        "burst",
        "double_done",
        "after_done",
        "after_done,split",
        "after_done,burst",
        "no_done",
        "crlf,drip",
        "cr_only,drip",
        "bom,split",
        "comments,multi_data,crlf,split",
        "usage_continuous",
        "gzip",
        "gzip,split",
        "gzip,drip",
    ]
    .iter()
    .enumerate()
    {
        for (more, asked) in [(STREAM, false), (WITH_USAGE, true)] {
            let tag = format!("stream-form-{number}-{asked}");
            let answer = world.send(&chat("/chat", &tag, more).header("x-sim-fault", fault));
            assert_eq!(answer.status, 200, "{fault}: {}", answer.text());
            is_stream(&answer);
            let events = terminated(&answer);
            assert_eq!(content_of(&events), said(&tag), "{fault}");
            if !asked && *fault != "usage_continuous" {
                assert!(usages(&events).is_empty(), "{fault}: {}", answer.text());
            }
            if asked {
                let last = events.last().unwrap().json();
                assert_eq!(last["choices"], json!([]), "{fault}: {}", answer.text());
                assert_eq!(last["usage"]["prompt_tokens"], 2, "{fault}");
            }
            let record = world.record(&answer);
            assert_eq!(record["gateway"]["outcome"], "completed", "{fault}: {record}");
            assert_eq!(record["gateway"]["usage"]["prompt_tokens"], 2, "{fault}: {record}");
            assert_eq!(record["gateway"]["usage"]["source"], "reported", "{fault}: {record}");
        }
    }
}

#[test]
fn usage_is_asked_for_and_hidden() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "usage-hidden", STREAM));
    let sent: Value = serde_json::from_slice(&world.upstream.only("usage-hidden").body).unwrap();
    assert_eq!(sent["stream_options"]["include_usage"], true);
    assert!(usages(&terminated(&answer)).is_empty());
    let record = world.record(&answer);
    assert_eq!(record["gateway"]["usage"]["completion_tokens"], 3, "{record}");

    // An object that the caller sent is kept, with ours in it.
    let more = r#","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":false}"#;
    let answer = world.send(&chat("/chat", "usage-options", more));
    let sent: Value = serde_json::from_slice(&world.upstream.only("usage-options").body).unwrap();
    assert_eq!(sent["stream_options"], json!({"include_obfuscation": false, "include_usage": true}));
    assert!(usages(&terminated(&answer)).is_empty());
}

#[test]
fn usage_that_was_asked_for_comes_before_the_end() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "usage-asked", WITH_USAGE));
    let events = terminated(&answer);
    let told = usages(&events);
    assert_eq!(told.len(), 1);
    assert_eq!(events.last().unwrap().json(), told[0]);
    assert_eq!(told[0]["choices"], json!([]));
    assert_eq!(told[0]["usage"]["total_tokens"], 5);
}

#[test]
fn usage_that_the_provider_does_not_tell_is_estimated() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "usage-estimated", WITH_USAGE).header("x-sim-fault", "no_usage"));
    let events = terminated(&answer);
    let told = usages(&events);
    assert_eq!(told.len(), 1, "{}", answer.text());
    assert_eq!(told[0]["choices"], json!([]));
    assert!(told[0]["usage"]["completion_tokens"].as_u64().unwrap() > 0);
    let record = world.record(&answer);
    assert_eq!(record["gateway"]["usage"]["source"], "estimated", "{record}");
    let answer = world.send(&chat("/chat", "usage-unasked", STREAM).header("x-sim-fault", "no_usage"));
    assert!(usages(&terminated(&answer)).is_empty());
    assert_eq!(world.record(&answer)["gateway"]["usage"]["source"], "estimated");
}

#[test]
fn chunks_arrive_one_by_one() {
    let world = MAIN.hold();
    let call = Call::post("/chat")
        .json(body("words:10", STREAM))
        .header("x-sim-fault", "slow")
        .header("x-sim-delay", "60");
    let answer = world.send(&call);
    is_stream(&answer);
    assert!(answer.pieces.len() >= 10, "{} pieces", answer.pieces.len());
    let (first, last) = (answer.pieces[0].0, answer.pieces.last().unwrap().0);
    assert!(last.saturating_sub(first) > Duration::from_millis(450), "all at once: {first:?} {last:?}");
    assert!(answer.head_at + Duration::from_millis(300) < last, "{:?}", answer.head_at);
}

#[test]
fn tool_calls_are_streamed() {
    let world = MAIN.hold();
    let tools = r#","stream":true,"tools":[{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{"zone":{"type":"string"}},"required":["zone"]}}}]"#;
    let answer = world.send(&Call::post("/chat").json(body("call_three_tools", tools)));
    let mut arguments = [String::new(), String::new(), String::new()];
    for event in terminated(&answer) {
        let value = event.json();
        for part in value["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(part["index"].as_u64().unwrap()).unwrap();
            arguments[index].push_str(part["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    for (index, text) in arguments.iter().enumerate() {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value["zone"], format!("value {} of now", index + 1));
    }
}

#[test]
fn completions_are_streamed() {
    let world = MAIN.hold();
    let answer = world.send(&Call::post("/completions").json(r#"{"prompt":"say it","stream":true}"#));
    is_stream(&answer);
    let events = terminated(&answer);
    assert_eq!(content_of(&events), "echo: say it");
    assert!(usages(&events).is_empty());
    let record = world.record(&answer);
    assert_eq!(record["gateway"]["usage"]["total_tokens"], 5, "{record}");
}

#[test]
fn streams_where_they_are_always_given() {
    let world = MAIN.hold();
    for (tag, more) in
        [("always-absent", ""), ("always-false", r#","stream":false"#), ("always-null", r#","stream":null"#)]
    {
        let answer = world.send(&chat("/always", tag, more));
        is_stream(&answer);
        assert_eq!(content_of(&terminated(&answer)), said(tag));
        let text = world.upstream.only(tag).text();
        assert_eq!(text.matches("\"stream\"").count(), 1, "{text}");
    }
}

#[test]
fn an_error_instead_of_a_stream_is_told_as_it_is() {
    let world = MAIN.hold();
    for (fault, status) in [("status_400", 400), ("status_429", 429), ("status_500", 500)] {
        let answer =
            world.send(&chat("/chat", "stream-error", STREAM).header("x-sim-fault", fault)).expect(status);
        assert!(answer.header("content-type").unwrap().starts_with("application/json"), "{fault}");
        assert!(answer.json()["error"]["message"].is_string());
        assert_eq!(answer.text().trim().lines().count(), 1);
    }
    let answer = world.send(&chat("/chat", "x", STREAM).header("x-sim-fault", "status_429"));
    assert_eq!(answer.header("retry-after"), Some("7"));
    let answer = world.send(&chat("/chat", "x", STREAM).header("x-sim-fault", "status_500_html")).expect(500);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
}

#[test]
fn long_lines_pass() {
    let world = MAIN.hold();
    let call = chat("/chat", "stream-huge", STREAM)
        .header("x-sim-fault", "huge_line")
        .header("x-sim-size", "2000000");
    let answer = world.send(&call);
    is_stream(&answer);
    let events = terminated(&answer);
    assert!(events.iter().any(|event| event.data.len() > 2_000_000));
}

#[test]
fn keep_alives_while_the_upstream_is_silent() {
    let world = MAIN.hold();
    let call = Call::post("/pinging")
        .json(body("words:4", STREAM))
        .header("x-test", "pinging")
        .header("x-sim-fault", "stall_mid");
    let mut live = world.open(&call);
    assert_eq!(live.status, 200);
    live.read_until(|text| {
        text.matches("\n:").count() + text.matches(": ").filter(|_| text.starts_with(':')).count() >= 2
    })
    .unwrap();
    let text = live.text();
    assert!(text.ends_with("\n\n"), "{text:?}");
    // Comments are not events: the stream so far reads as if they were not there.
    assert!(events(text.as_bytes()).iter().all(|event| event.json().is_object()));
    live.hang_up();
    world.upstream.wait_for_outcome("pinging", Outcome::ClientGone);
}

#[test]
fn keep_alives_stand_between_frames() {
    let world = MAIN.hold();
    let call = Call::post("/pinging")
        .json(body("words:3", STREAM))
        .header("x-sim-fault", "slow,split")
        .header("x-sim-delay", "1300");
    let answer = world.send(&call);
    is_stream(&answer);
    let events = terminated(&answer);
    assert_eq!(content_of(&events), "w1 w2 w3");
    assert!(events.iter().any(|event| !event.comments.is_empty()), "{}", answer.text());
}
