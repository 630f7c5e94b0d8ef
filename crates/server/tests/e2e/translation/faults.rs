//! Streams that go wrong on their way through a translation, in every framing and for both kinds of clients.

use serde_json::Value;
use simulator::Outcome;
use testkit::{Answer, Call, content_of};

use super::messages_order::{broken, told};
use super::targets::{Framing, Target};
use super::{chat, each, message, message_body, messages_at, tagged, talk, translated};
use crate::world::{World, body};

const STREAM: &str = r#","stream":true"#;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Client {
    OpenAi,
    Messages,
}

impl Client {
    /// The clients whose streams are translated here.
    pub fn of(target: &Target) -> Vec<Self> {
        let mut clients = Vec::new();
        if translated(target) {
            clients.push(Self::OpenAi);
        }
        if !target.speaks_messages {
            clients.push(Self::Messages);
        }
        clients
    }

    fn call(self, target: &Target, tag: &str, text: &str, fault: &str) -> Call {
        let call = match self {
            Self::OpenAi => chat(target, tag, text, STREAM),
            Self::Messages => message(target, tag, text, STREAM),
        };
        if fault.is_empty() { call } else { call.header("x-sim-fault", fault) }
    }

    /// What was said in a stream that ended well.
    #[track_caller]
    fn text(self, target: &Target, answer: &Answer) -> String {
        match self {
            Self::OpenAi => {
                super::openai::chunks(answer, target.model);
                content_of(&answer.events())
            }
            Self::Messages => told(answer).text(),
        }
    }

    /// The error at the end of a stream that broke after something was said.
    #[track_caller]
    fn broken(self, answer: &Answer) -> Value {
        match self {
            Self::Messages => {
                assert!(answer.text().contains("w1"), "{}", answer.text());
                broken(answer)
            }
            Self::OpenAi => {
                assert_eq!(answer.status, 200, "{}", answer.text());
                assert!(answer.end.is_complete(), "{:?}", answer.end);
                assert!(!answer.text().contains("[DONE]"), "{}", answer.text());
                let events = answer.events();
                let (last, before) = events.split_last().expect("events");
                assert!(before.iter().all(|event| event.json().get("error").is_none()), "{}", answer.text());
                assert!(content_of(before).starts_with("w1"), "{}", answer.text());
                let error = last.json()["error"].clone();
                assert!(error["message"].is_string() && error["type"].is_string(), "{}", answer.text());
                error
            }
        }
    }
}

fn streaming(target: &Target) -> bool {
    target.streams
}

/// Tests every client of a target with every one of these faults.
#[track_caller]
fn with_faults(
    which: impl Fn(&Target) -> bool,
    faults: &[&str],
    test: impl Fn(&World, &Target, Client, &str) + Sync,
) {
    each(
        |target| target.streams && which(target),
        |world, target| {
            for client in Client::of(target) {
                for fault in faults {
                    test(world, target, client, fault);
                }
            }
        },
    );
}

#[test]
fn truncated_streams_are_told() {
    let faults = ["cut_mid", "cut_in_frame", "end_mid", "reset", "cut_mid,gzip", "end_mid,split"];
    with_faults(streaming, &faults, |world, target, client, fault| {
        let answer = world.send(&client.call(target, "truncated", "words:20", fault));
        client.broken(&answer);
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["error"]),
            (&"truncated".into(), &"upstream_truncated".into()),
            "{client:?} {fault}: {record}"
        );
        assert!(
            record["gateway"]["usage"]["completion_tokens"].as_u64().is_some_and(|tokens| tokens > 0),
            "{client:?} {fault}: {record}"
        );
    });
}

#[test]
fn streams_that_stall_are_ended_and_kept_alive_until_then() {
    with_faults(streaming, &["stall_mid"], |world, target, client, fault| {
        let (call, mark) = match client {
            Client::OpenAi => (
                talk(&format!("/i/{}", target.name), target, "stall", &body("words:20", STREAM)),
                ": keep-alive\n\n",
            ),
            Client::Messages => {
                let path = format!("/a-i/{}/v1/messages", target.name);
                (messages_at(&path, target, "stall-m", &message_body("words:20", STREAM)), "event: ping\n")
            }
        };
        let answer = world.send(&call.header("x-sim-fault", fault));
        client.broken(&answer);
        let pings = answer.text().matches(mark).count();
        assert!((1..=3).contains(&pings), "{client:?}: {pings} keep-alives: {}", answer.text());
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["error"]),
            (&"timeout".into(), &"upstream_timeout".into()),
            "{record}"
        );
        let tag = if client == Client::OpenAi { "stall" } else { "stall-m" };
        world.upstream.wait_for_outcome(&tagged(target, tag), Outcome::ClientGone);
    });
}

#[test]
fn an_error_before_anything_else_is_the_answer() {
    with_faults(streaming, &["error_first"], |world, target, client, fault| {
        let answer = world.send(&client.call(target, "first", "words:20", fault));
        assert!(answer.status >= 400, "{client:?}: {} {}", answer.status, answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let told = answer.json();
        assert!(told["error"]["message"].is_string() && told["error"]["type"].is_string(), "{told}");
        assert_eq!(told["type"] == "error", client == Client::Messages, "{told}");
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["response"]["status"]),
            (&"upstream_error".into(), &answer.status.into()),
            "{record}"
        );
    });
}

#[test]
fn an_error_in_the_middle_is_told_in_the_clients_form() {
    with_faults(streaming, &["error_mid", "error_mid,drip"], |world, target, client, fault| {
        let answer = world.send(&client.call(target, "middle", "words:20", fault));
        client.broken(&answer);
        let record = world.record(&answer);
        let expected: (Value, Value) = ("upstream_error".into(), "upstream_error_in_stream".into());
        assert_eq!(
            (record["gateway"]["outcome"].clone(), record["gateway"]["error"].clone()),
            expected,
            "{client:?}: {record}"
        );
    });
}

#[test]
fn how_the_network_and_the_writer_cut_changes_nothing() {
    let faults =
        ["drip", "split", "burst", "gzip", "gzip,split", "crlf", "comments", "no_done", "usage_continuous"];
    with_faults(streaming, &faults, |world, target, client, fault| {
        let answer = world.send(&client.call(target, "cutting", "words:20 ünï 🦀", fault));
        let plain = world.send(&client.call(target, "cutting-none", "words:20 ünï 🦀", ""));
        assert_eq!(client.text(target, &answer), client.text(target, &plain), "{fault}");
        assert_eq!(answer.events().len(), plain.events().len(), "{fault}: {}", answer.text());
        // Some tell their usage in the frame that is left out.
        assert!(
            fault == "no_done" || world.record(&answer)["gateway"]["usage"]["source"] == "reported",
            "{client:?} {fault}"
        );
    });
}

#[test]
fn event_streams_however_they_are_written() {
    let faults = ["cr_only", "bom", "multi_data", "no_space", "double_done", "after_done"];
    with_faults(
        |target| target.framing == Framing::Events,
        &faults,
        |world, target, client, fault| {
            let answer = world.send(&client.call(target, "writing", "words:20", fault));
            assert!(client.text(target, &answer).ends_with("w19 w20"), "{client:?} {fault}");
            assert_eq!(world.record(&answer)["gateway"]["outcome"], "completed", "{fault}");
        },
    );
}

#[test]
fn characters_that_are_cut_come_whole() {
    with_faults(streaming, &["drip", "split"], |world, target, client, fault| {
        let answer = world.send(&client.call(target, "utf8", "grüße 🦀🦀 日本", fault));
        assert_eq!(client.text(target, &answer), "echo: grüße 🦀🦀 日本", "{fault}");
    });
}

#[test]
fn what_cannot_be_read_is_an_error() {
    with_faults(streaming, &["not_json_mid"], |world, target, client, fault| {
        let answer = world.send(&client.call(target, "unreadable", "words:20", fault));
        client.broken(&answer);
        let record = world.record(&answer);
        let told =
            (record["gateway"]["outcome"].as_str().unwrap(), record["gateway"]["error"].as_str().unwrap());
        assert_eq!(told, ("gateway_error", "upstream_invalid"), "{client:?}: {record}");
    });
}

#[test]
fn wrong_checksums_are_errors() {
    let faults = ["bad_crc", "bad_prelude_crc", "huge_length"];
    with_faults(
        |target| target.framing == Framing::Binary,
        &faults,
        |world, target, client, fault| {
            let answer = world.send(&client.call(target, "checksum", "words:20", fault));
            client.broken(&answer);
            let record = world.record(&answer);
            assert_eq!(record["gateway"]["outcome"], "gateway_error", "{client:?} {fault}: {record}");
        },
    );
}

#[test]
fn a_frame_beyond_all_bounds_ends_the_stream() {
    let first = |target: &Target| {
        let mut same = super::TARGETS.iter().filter(|other| {
            other.streams && (other.framing, other.speaks_openai) == (target.framing, target.speaks_openai)
        });
        same.next().is_some_and(|first| first.name == target.name)
    };
    with_faults(first, &["huge_line"], |world, target, client, fault| {
        let call = client.call(target, "bounds", "words:20", fault).header("x-sim-size", "18000000");
        let call = call.patience(std::time::Duration::from_mins(1));
        let answer = world.send(&call);
        client.broken(&answer);
        assert!(answer.body.len() < 1 << 20, "{} bytes", answer.body.len());
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["error"]),
            (&"gateway_error".into(), &"frame_too_long".into()),
            "{record}"
        );
    });
}

#[test]
fn a_long_frame_within_bounds_is_no_matter() {
    with_faults(streaming, &["huge_line"], |world, target, client, fault| {
        let call = client.call(target, "long", "words:20", fault).header("x-sim-size", "300000");
        let answer = world.send(&call);
        assert!(client.text(target, &answer).len() > 300_000);
    });
}

#[test]
fn usage_that_is_not_told_is_estimated() {
    with_faults(streaming, &["no_usage"], |world, target, client, fault| {
        let asked = if client == Client::OpenAi {
            chat(target, "estimate", "words:20", r#","stream":true,"stream_options":{"include_usage":true}"#)
                .header("x-sim-fault", fault)
        } else {
            client.call(target, "estimate", "words:20", fault)
        };
        let answer = world.send(&asked);
        assert!(client.text(target, &answer).ends_with("w20"));
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["usage"]["source"]),
            (&"completed".into(), &"estimated".into()),
            "{record}"
        );
        let output = if client == Client::OpenAi {
            let events = answer.events();
            let usage = events[events.len() - 2].json()["usage"].clone();
            assert_eq!(usage["prompt_tokens"], record["gateway"]["usage"]["prompt_tokens"], "{usage}");
            usage["completion_tokens"].as_u64().unwrap()
        } else {
            told(&answer).usage["output_tokens"].as_u64().unwrap()
        };
        // 70 letters, four to a token.
        assert!((15..=20).contains(&output), "{output}");
        assert_eq!(record["gateway"]["usage"]["completion_tokens"], output, "{record}");
        assert!(record["gateway"]["usage"]["prompt_tokens"].as_u64().unwrap() > 0, "{record}");
    });
}

#[test]
fn a_client_that_goes_away_stops_the_upstream() {
    with_faults(streaming, &["slow"], |world, target, client, fault| {
        let tag = if client == Client::OpenAi { "gone" } else { "gone-m" };
        // It lasts longer than anybody here waits, and is soon made: a simulator composes all of it first.
        let call = client.call(target, tag, "words:400", fault).header("x-sim-delay", "100");
        let mut live = world.open(&call);
        let id = live.headers.iter().find(|(name, _)| name == "x-kong-request-id").unwrap().1.clone();
        live.read_until(|text| text.contains("w5 ")).unwrap();
        live.hang_up();
        world.upstream.wait_for_outcome(&tagged(target, tag), Outcome::ClientGone);
        let record = world.gateway.record(&id);
        assert_eq!(record["gateway"]["outcome"], "client_disconnected", "{record}");
        assert!(record["gateway"]["usage"]["completion_tokens"].as_u64().unwrap() >= 3, "{record}");
        // Whatever would write a second one has been done before a later request is recorded.
        world.record(&world.send(&client.call(target, "after", "words:1", "")));
        let records = world.gateway.records();
        assert_eq!(records.iter().filter(|record| record["request"]["id"] == *id).count(), 1);
    });
}

#[test]
fn a_stream_that_is_none() {
    with_faults(
        streaming,
        &["html_200", "not_json_200", "empty_body", "reset_first"],
        |world, target, client, fault| {
            let answer = world.send(&client.call(target, "none", "words:20", fault));
            assert!(
                !answer.text().contains("[DONE]") && !answer.text().contains("message_stop"),
                "{fault}: {}",
                answer.text()
            );
            let told =
                if answer.status == 200 { answer.events().last().unwrap().json() } else { answer.json() };
            assert!(told["error"]["message"].is_string(), "{client:?} {fault}: {}", answer.text());
            assert_ne!(world.record(&answer)["gateway"]["outcome"], "completed", "{client:?} {fault}");
        },
    );
}
