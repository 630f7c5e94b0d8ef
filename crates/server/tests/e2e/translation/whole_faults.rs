//! Whole answers that go wrong on their way through a translation.

use std::time::Duration;

use serde_json::Value;
use testkit::gunzip;

use super::{TARGETS, WORLD, chat, each, message, translated};
use crate::world::content;

/// Status and words of an error in the form of `OpenAI` or of Messages.
fn is_error(body: &Value) -> bool {
    body["error"]["message"].is_string() && body["error"]["type"].is_string()
}

#[test]
fn answers_that_are_none() {
    let faults = [
        "html_200",
        "not_json_200",
        "no_choices",
        "empty_body",
        "truncated_whole",
        "reset_first",
        "early_close",
    ];
    each(
        |_| true,
        |world, target| {
            for fault in faults {
                if translated(target) {
                    let answer = world.send(&chat(target, "none", "hello", "").header("x-sim-fault", fault));
                    assert!(answer.status >= 500, "{fault}: {} {}", answer.status, answer.text());
                    assert!(is_error(&answer.json()), "{fault}: {}", answer.text());
                    let record = world.record(&answer);
                    assert!(
                        !["completed", "refused"].contains(&record["gateway"]["outcome"].as_str().unwrap()),
                        "{fault}: {record}"
                    );
                }
                let answer = world.send(&message(target, "m-none", "hello", "").header("x-sim-fault", fault));
                assert!(answer.status >= 500, "{fault}: {} {}", answer.status, answer.text());
                let told = answer.json();
                assert!(is_error(&told) && told["type"] == "error", "{fault}: {told}");
            }
        },
    );
}

/// gateway.md 9.5, of 3.14.0.0: an answer whose list is null.
#[test]
fn an_answer_with_nothing_in_it_is_no_panic() {
    each(
        |_| true,
        |world, target| {
            let answer =
                world.send(&message(target, "null", "hello", "").header("x-sim-fault", "null_choices"));
            assert!(answer.status == 200 || is_error(&answer.json()), "{}", answer.text());
            if translated(target) {
                let answer =
                    world.send(&chat(target, "null", "hello", "").header("x-sim-fault", "null_choices"));
                assert!(answer.status == 200 || is_error(&answer.json()), "{}", answer.text());
            }
        },
    );
}

#[test]
fn compressed_answers_are_read() {
    each(translated, |world, target| {
        for fault in ["gzip", "fake_gzip", "hidden_gzip"] {
            let answer = world.send(&chat(target, "gzip", "hello", "").header("x-sim-fault", fault));
            assert_eq!(answer.status, 200, "{fault}: {}", answer.text());
            assert_eq!(content(&answer), "echo: hello", "{fault}");
            assert_eq!(answer.header("content-encoding"), None, "{fault}");
            let call = chat(target, "gzip", "hello", "")
                .header("x-sim-fault", fault)
                .header("accept-encoding", "gzip");
            let answer = world.send(&call);
            let plain = match answer.header("content-encoding") {
                Some("gzip") => gunzip(&answer.body).unwrap(),
                None => answer.body.clone(),
                Some(other) => panic!("{other}"),
            };
            let body: Value = serde_json::from_slice(&plain).unwrap();
            assert_eq!(body["choices"][0]["message"]["content"], "echo: hello", "{fault}");
        }
        let answer = world.send(&chat(target, "bad-gzip", "hello", "").header("x-sim-fault", "bad_gzip"));
        assert!(answer.status >= 500 && is_error(&answer.json()), "{}", answer.text());
    });
    let world = WORLD.hold();
    let bomb = chat(&TARGETS[0], "bomb", "hello", "").header("x-sim-fault", "gzip_bomb");
    let answer = world.send(&bomb.patience(Duration::from_mins(1)));
    assert!(answer.status >= 500 && is_error(&answer.json()), "{}", answer.text());
}

#[test]
fn answers_beyond_all_bounds() {
    let world = WORLD.hold();
    // Each in its turn: these are large. The early models do not say that much.
    for target in TARGETS.iter().filter(|target| translated(target) && target.name != "anthropic-early") {
        let more = r#","max_tokens":20000"#;
        let whole = world.send(&chat(target, "big", "long:900", more));
        assert_eq!(content(&whole).len(), 900_899, "{}", target.name);
        let big = world.send(&chat(target, "big", "long:17500", more).patience(Duration::from_mins(1)));
        assert!(big.status >= 500 && is_error(&big.json()), "{}: {}", target.name, big.status);
        assert_eq!(world.record(&big)["gateway"]["outcome"], "gateway_error", "{}", target.name);
    }
}

#[test]
fn usage_that_is_not_told_is_estimated() {
    each(translated, |world, target| {
        let answer = world.send(&chat(target, "estimate", "words:20", "").header("x-sim-fault", "no_usage"));
        let usage = answer.expect(200).json()["usage"].clone();
        let answer = world.send(&chat(target, "estimate", "words:20", "").header("x-sim-fault", "no_usage"));
        let record = world.record(&answer);
        assert_eq!(record["gateway"]["usage"]["source"], "estimated", "{record}");
        assert_eq!(record["gateway"]["usage"]["completion_tokens"], usage["completion_tokens"], "{record}");
        assert!(
            usage["prompt_tokens"].as_u64().unwrap() > 0 && usage["completion_tokens"].as_u64().unwrap() > 10,
            "{usage}"
        );
    });
}
