//! Upstreams that fail.

use std::time::{Duration, Instant};

use testkit::{Answer, Call};

use crate::world::{MAIN, chat, content, said};

fn with(fault: &str) -> Answer {
    MAIN.hold().send(&chat("/chat", "failures", "").header("x-sim-fault", fault))
}

#[test]
fn errors_of_the_provider_are_told_as_they_are() {
    let world = MAIN.hold();
    for status in [400, 401, 403, 404, 422, 429, 500, 503] {
        let tag = format!("told-{status}");
        let answer = world
            .send(&chat("/chat", &tag, "").header("x-sim-fault", &format!("status_{status}")))
            .expect(status);
        let direct = Call::post("/v1/chat/completions")
            .header("x-sim-fault", &format!("status_{status}"))
            .json("{}")
            .send(world.upstream.addr);
        assert_eq!(answer.text(), direct.text());
        assert_eq!(answer.header("content-type"), direct.header("content-type"));
        assert_eq!(world.upstream.tagged(&tag).len(), 1, "sent once");
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["upstream_status"]),
            (&"upstream_error".into(), &status.to_string().into())
        );
    }
    let html = with("status_500_html").expect(500);
    assert!(html.header("content-type").unwrap().starts_with("text/html"));
    assert!(html.text().starts_with("<!doctype html>"));
}

#[test]
fn an_error_that_is_cut_short_is_an_error_all_the_same() {
    let world = MAIN.hold();
    for fault in ["truncated_whole", "cut_mid", "reset"] {
        for (path, more) in [("/chat", ""), ("/chat", r#","stream":true"#), ("/sim/generic/v1/files", "")] {
            let call = chat(path, "cut-error", more).header("x-sim-fault", &format!("status_429,{fault}"));
            let answer = world.send(&call).expect(502);
            assert!(answer.message().contains("an error (429) that ended before"), "{}", answer.text());
            assert_eq!(answer.json()["error"]["code"], "upstream_truncated");
            let record = world.record(&answer);
            assert_eq!(
                (&record["gateway"]["outcome"], &record["source"]),
                (&"truncated".into(), &"kong".into())
            );
            assert_eq!(
                (&record["upstream_status"], &record["response"]["status"]),
                (&"429".into(), &502.into())
            );
            assert_eq!(record["gateway"]["error"], "upstream_truncated", "{record}");
        }
    }
}

#[test]
fn answers_that_are_no_answers() {
    // One gateway for all: its records end with it.
    let world = MAIN.hold();
    for (fault, why) in [
        ("no_choices", "'choices' not in llm/v1/chat response"),
        ("null_choices", "'choices' not in llm/v1/chat response"),
    ] {
        let answer = with(fault).expect(500);
        let expected = format!("transformation failed from type openai://llm/v1/chat: {why}");
        assert_eq!(answer.message(), expected, "{fault}");
        for member in ["type", "param", "code"] {
            assert!(answer.json()["error"].get(member).is_some(), "{member}");
        }
    }
    for fault in ["not_json_200", "html_200", "empty_body", "truncated_whole", "cut_mid", "reset"] {
        let answer = with(fault).expect(500);
        assert!(!answer.message().is_empty(), "{fault}");
        assert!(!answer.text().contains("doctype"), "{fault}: {}", answer.text());
        assert_ne!(world.record(&answer)["gateway"]["outcome"], "completed", "{fault}");
    }
}

#[test]
fn the_route_is_named_in_the_failure() {
    let world = MAIN.hold();
    let call = Call::post("/completions").header("x-sim-fault", "no_choices").json(r#"{"prompt":"x"}"#);
    let message = world.send(&call).expect(500).message();
    assert_eq!(
        message,
        "transformation failed from type openai://llm/v1/completions: 'choices' not in llm/v1/completions response"
    );
    let call = chat("/p/mistral", "x", "").header("x-sim-fault", "null_choices");
    let message = world.send(&call).expect(500).message();
    assert!(message.starts_with("transformation failed from type mistral://llm/v1/chat"), "{message}");
}

#[test]
fn connections_that_fail() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/unreachable", "x", "")).expect(503);
    assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
    let record = world.record(&answer);
    assert_eq!(record["gateway"]["outcome"], "gateway_error", "{record}");
    let tries = record["tries"].as_array().unwrap();
    assert_eq!(tries.len(), 6, "Kong's five retries: {record}");
    // Each began when it did: after a pause that grows.
    let starts: Vec<u64> = tries.iter().map(|tried| tried["balancer_start"].as_u64().unwrap()).collect();
    for (before, (start, next)) in starts.iter().zip(starts.iter().skip(1)).enumerate() {
        assert!(next - start >= 10 * (before as u64 + 1) - 1, "{starts:?}");
    }
    // The first five are over before the last begins, pauses not counted.
    let took: f64 = tries.iter().take(5).map(|tried| tried["balancer_latency"].as_f64().unwrap()).sum();
    let span = f64::from(u32::try_from(starts[5] - starts[0]).unwrap());
    assert!(took <= span - 140.0, "{took} of {span}: {record}");
    for fault in ["early_close", "reset_first"] {
        let tag = format!("fail-{fault}");
        let answer = world.send(&chat("/chat", &tag, "").header("x-sim-fault", fault)).expect(502);
        assert!(!answer.message().is_empty());
        assert_eq!(world.upstream.tagged(&tag).len(), 1, "a request that was sent is not sent again");
    }
}

#[test]
fn an_upstream_that_never_answers() {
    let world = MAIN.hold();
    for more in ["", r#","stream":true"#] {
        let begun = Instant::now();
        let tag = format!("never-{}", more.len());
        let answer = world.send(&chat("/impatient", &tag, more).header("x-sim-fault", "stall")).expect(504);
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert!(!answer.message().is_empty());
        assert_eq!(world.record(&answer)["gateway"]["outcome"], "timeout");
        world.upstream.wait_for_outcome(&tag, simulator::Outcome::ClientGone);
    }
    let answer = world.send(&chat("/impatient", "x", "").header("x-sim-fault", "stall_mid"));
    assert!(answer.status == 504 || answer.status == 500, "{}", answer.status);
}

#[test]
fn slow_answers_within_the_limit_are_waited_for() {
    let world = MAIN.hold();
    let call =
        chat("/impatient", "slow-first", "").header("x-sim-fault", "slow_first").header("x-sim-delay", "400");
    assert_eq!(content(&world.send(&call).expect(200)), said("slow-first"));
}

#[test]
fn connections_that_were_closed_meanwhile_are_not_used_again() {
    let world = MAIN.hold();
    for number in 0..10 {
        let tag = format!("stale-{number}");
        let call = chat("/chat", &tag, "").header("x-sim-fault", "close_after_response");
        assert_eq!(content(&world.send(&call).expect(200)), said(&tag));
        if number % 2 == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn heads_beyond_all_bounds() {
    let answer = with("big_head");
    assert!(answer.status == 502 || answer.status == 200, "{} {}", answer.status, answer.text());
}

#[test]
fn answers_beyond_all_bounds() {
    let world = MAIN.hold();
    let call = chat("/chat", "x", "").header("x-sim-fault", "big").header("x-sim-size", "17000000");
    // Megabytes take their time on a machine that is busy with other tests.
    let answer = world.send(&call.patience(Duration::from_mins(1)));
    assert!(answer.status == 500 || answer.status == 502, "{}", answer.status);
    assert!(!answer.message().is_empty());
}
