//! Answers that no provider should give, in every dialect, to both kinds of clients: they are told so, in their own
//! words, and nothing is made up.

use serde_json::{Value, json};
use testkit::{Answer, Gateway, content_of};

use super::faults::Client;
use super::messages_order::{self, told};
use super::odd_table::{Good, table};
use super::{TARGETS, Target};
use crate::scripted::{Scripted, answer, stream};
use crate::world::builder;

struct Odd {
    gateway: Gateway,
    upstream: Scripted,
}

/// Runs a test for each dialect and each client whose answers are translated from it.
#[track_caller]
fn each(test: impl Fn(&Odd, &Good, &Target, Client)) {
    let upstream = Scripted::start();
    let rows = table();
    let targets: Vec<Target> =
        rows.iter().map(|row| *TARGETS.iter().find(|target| target.name == row.target).unwrap()).collect();
    let gateway = builder().config(&super::config_of(&targets), upstream.addr).start();
    let odd = Odd { gateway, upstream };
    for (row, target) in rows.iter().zip(&targets) {
        for client in Client::of(target) {
            test(&odd, row, target, client);
        }
    }
    assert!(!odd.gateway.output().contains("panicked"), "{}", odd.gateway.output());
}

impl Odd {
    /// Asks, and is answered with these bytes.
    fn ask(&self, target: &Target, client: Client, streamed: bool, bytes: Vec<u8>) -> Answer {
        let tag = "odd";
        self.upstream.lay(&super::tagged(target, tag), bytes);
        let more = if streamed { r#","stream":true"# } else { "" };
        let call = match client {
            Client::OpenAi => super::chat(target, tag, "hi", more),
            Client::Messages => super::message(target, tag, "hi", more),
        };
        call.send(self.gateway.proxy)
    }

    fn whole(&self, target: &Target, client: Client, body: &[u8]) -> Answer {
        self.ask(target, client, false, answer("200 OK", "application/json", body))
    }

    fn stream(&self, row: &Good, target: &Target, client: Client, frames: &[Vec<u8>]) -> Answer {
        self.ask(target, client, true, stream(row.kind(), &frames.concat()))
    }

    /// The one record of an answer.
    fn record(&self, answer: &Answer) -> Value {
        let id = answer.header("x-kong-request-id").unwrap();
        let record = self.gateway.record(id);
        let same = self.gateway.records().into_iter().filter(|record| record["request"]["id"] == id);
        assert_eq!(same.count(), 1, "{record}");
        record
    }

    /// Checks that an answer is a failure of the upstream's, told in the client's words.
    #[track_caller]
    fn is_failure(&self, client: Client, answer: &Answer, what: &str) {
        assert!((500..600).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        let body = answer.json();
        assert!(body["error"]["message"].is_string() && body["error"]["type"].is_string(), "{what}: {body}");
        assert_eq!(body["type"] == "error", client == Client::Messages, "{what}: {body}");
        let record = self.record(answer);
        assert_eq!(record["gateway"]["outcome"], "gateway_error", "{what}: {record}");
        assert_eq!(record["response"]["status"], answer.status, "{what}: {record}");
    }

    /// Checks that a stream ends with one error, and that its record says so.
    #[track_caller]
    fn is_broken(&self, client: Client, answer: &Answer, what: &str) {
        match client {
            Client::Messages => {
                messages_order::broken(answer);
            }
            Client::OpenAi => {
                assert_eq!(answer.status, 200, "{what}: {}", answer.text());
                let events = answer.events();
                let errors =
                    events.iter().filter(|event| event.is_done() || event.json().get("error").is_some());
                assert_eq!(errors.count(), 1, "{what}: {}", answer.text());
                assert!(events.last().unwrap().json()["error"]["message"].is_string(), "{what}");
            }
        }
        let outcome = self.record(answer)["gateway"]["outcome"].clone();
        assert!(outcome == "gateway_error" || outcome == "truncated", "{what}: {outcome}");
    }
}

/// What a whole answer says.
#[track_caller]
fn said(client: Client, answer: &Answer) -> String {
    let body = answer.clone().expect(200).json();
    let text = match client {
        Client::OpenAi => body["choices"][0]["message"]["content"].as_str(),
        Client::Messages => body["content"][0]["text"].as_str(),
    };
    text.unwrap_or_else(|| panic!("nothing said: {body}")).to_owned()
}

/// What a stream says that ended well.
#[track_caller]
fn said_in_stream(client: Client, answer: &Answer) -> String {
    match client {
        Client::Messages => told(answer).text(),
        Client::OpenAi => {
            let text = answer.text();
            assert!(text.ends_with("data: [DONE]\n\n") && !text.contains("\"error\""), "{text}");
            let finishes = text.matches("\"finish_reason\":\"").count();
            assert_eq!(finishes, 1, "{text}");
            content_of(&answer.events())
        }
    }
}

#[test]
fn the_table_is_good() {
    each(|odd, row, target, client| {
        let whole = odd.whole(target, client, row.whole.to_string().as_bytes());
        assert_eq!(said(client, &whole), "hello you", "{}", row.target);
        let streamed = odd.stream(row, target, client, &row.frames(&row.events));
        assert_eq!(said_in_stream(client, &streamed), "hello you", "{}", row.target);
        if let Some((events, _)) = &row.calling {
            let streamed = odd.stream(row, target, client, &row.frames(events));
            said_in_stream(client, &streamed);
        }
    });
}

#[test]
fn other_shapes_are_no_answers() {
    let anybodys =
        ["{}", "[]", "null", "5", "\"x\"", "true", "[[]]", r#"{"ok":true,"data":[]}"#, "<html>", "{"];
    each(|odd, row, target, client| {
        let own = row.shapes.iter().map(Value::to_string);
        for shape in anybodys.iter().map(|shape| (*shape).to_owned()).chain(own) {
            let answer = odd.whole(target, client, shape.as_bytes());
            odd.is_failure(client, &answer, &format!("{} {client:?} {shape}", row.target));
        }
    });
}

#[test]
fn a_stream_that_says_nothing_is_a_failure_from_the_start() {
    each(|odd, row, target, client| {
        for shape in ["{}", r#"{"foo":1}"#] {
            let frames = [row.frame("brand_new", shape.as_bytes())];
            let answer = odd.stream(row, target, client, &frames);
            let what = format!("{} {client:?} {shape}", row.target);
            assert_eq!(answer.status, 500, "{what}: {}", answer.text());
            assert!(answer.json()["error"]["message"].is_string(), "{what}");
            assert_ne!(odd.record(&answer)["gateway"]["outcome"], "completed", "{what}");
        }
    });
}

#[test]
fn bytes_that_are_no_text_are_no_answer() {
    each(|odd, row, target, client| {
        let body = row.whole.to_string();
        for odd_bytes in [b"hell\xff\xfe".as_slice(), b"hell\xc3", b"hell\n"] {
            let body = replaced(body.as_bytes(), b"hello", odd_bytes);
            let answer = odd.whole(target, client, &body);
            odd.is_failure(client, &answer, &format!("{} {client:?} {odd_bytes:?}", row.target));
        }
    });
    // Relayed as well: such a body is no JSON for any client.
    let upstream = Scripted::start();
    let targets: Vec<Target> =
        TARGETS.iter().filter(|target| ["openai", "anthropic"].contains(&target.name)).copied().collect();
    let gateway = builder().config(&super::config_of(&targets), upstream.addr).start();
    for target in &targets {
        let row = table().into_iter().find(|row| row.target == target.name).unwrap();
        let body = replaced(row.whole.to_string().as_bytes(), b"hello", b"hell\xff");
        upstream.lay(&super::tagged(target, "relayed"), answer("200 OK", "application/json", &body));
        let call = match target.name {
            "openai" => super::chat(target, "relayed", "hi", ""),
            _ => super::message(target, "relayed", "hi", ""),
        };
        let refused = call.send(gateway.proxy).expect(500);
        assert!(refused.message().contains("not a JSON object"), "{}", refused.text());
    }
}

fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = body.windows(from.len()).position(|window| window == from).unwrap();
    [&body[..at], to, &body[at + from.len()..]].concat()
}

#[test]
fn redirects_are_no_answers() {
    each(|odd, row, target, client| {
        for streamed in [false, true] {
            let head = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let answer = odd.ask(target, client, streamed, head.as_bytes().to_vec());
            odd.is_failure(client, &answer, row.target);
            assert_eq!((answer.status, answer.header("location")), (502, None), "{}", row.target);
        }
    });
}

#[test]
fn the_lost_beginning_of_a_call_is_told() {
    each(|odd, row, target, client| {
        let Some((events, begin)) = &row.calling else { return };
        let mut frames = row.frames(events);
        frames.remove(*begin);
        let answer = odd.stream(row, target, client, &frames);
        odd.is_broken(client, &answer, row.target);
    });
}

#[test]
fn an_end_without_a_reason_is_told() {
    each(|odd, row, target, client| {
        if target.name != "anthropic" {
            return;
        }
        let events: Vec<_> =
            row.events.iter().filter(|(name, _)| *name != "message_delta").cloned().collect();
        let answer = odd.stream(row, target, client, &row.frames(&events));
        odd.is_broken(client, &answer, row.target);
    });
}

#[test]
fn events_that_nobody_knows_change_nothing() {
    each(|odd, row, target, client| {
        let news = json!({"type":"brand_new","event_type":"brand_new","x":[1]});
        let news = row.frame("brand_new", news.to_string().as_bytes());
        let good = row.frames(&row.events);
        for at in 0..good.len() - 1 {
            let mut frames = good.clone();
            frames.insert(at, news.clone());
            let answer = odd.stream(row, target, client, &frames);
            assert_eq!(said_in_stream(client, &answer), "hello you", "{} at {at}", row.target);
        }
    });
}

#[test]
fn a_frame_that_comes_twice_leaves_the_order_legal() {
    each(|odd, row, target, client| {
        let good = row.frames(&row.events);
        for at in 0..good.len() {
            let mut frames = good.clone();
            frames.insert(at, good[at].clone());
            let answer = odd.stream(row, target, client, &frames);
            let text = said_in_stream(client, &answer);
            assert!(text.starts_with("hello") && text.ends_with(" you"), "{} at {at}: {text}", row.target);
        }
    });
}

#[test]
fn counts_that_are_none_are_estimated() {
    let odd_counts = ["null", "-5", "1e400", "99999999999999999999999999", "\"7\"", "[]", "{}", "true"];
    each(|odd, row, target, client| {
        if row.usage.is_empty() {
            return;
        }
        for count in odd_counts {
            let mut body = row.whole.clone();
            for value in body.pointer_mut(row.usage).unwrap().as_object_mut().unwrap().values_mut() {
                *value = "@COUNT@".into();
            }
            let body = body.to_string().replace("\"@COUNT@\"", count);
            let what = format!("{} {client:?} {count}", row.target);
            let answer = odd.whole(target, client, body.as_bytes());
            assert_eq!(said(client, &answer), "hello you", "{what}");
            let usage = answer.json()["usage"].clone();
            let counted = match client {
                Client::OpenAi => [&usage["prompt_tokens"], &usage["completion_tokens"]],
                Client::Messages => [&usage["input_tokens"], &usage["output_tokens"]],
            };
            assert!(
                counted.iter().all(|count| count.as_u64().is_some_and(|count| count < 100)),
                "{what}: {usage}"
            );
            let record = odd.record(&answer);
            assert_eq!(record["gateway"]["usage"]["source"], "estimated", "{what}: {record}");
            assert_eq!(record["gateway"]["usage"]["completion_tokens"], *counted[1], "{what}: {record}");
        }
    });
}

#[test]
fn arguments_that_are_no_json_come_as_the_model_wrote_them() {
    each(|odd, row, target, client| {
        let Some(call) = row.call.as_ref().filter(|call| call.to_string().contains("\\\"a\\\"")) else {
            return;
        };
        let body = call.to_string().replace(r#"{\"a\":1}"#, r#"{\"a\": oops"#);
        let body = odd.whole(target, client, body.as_bytes()).expect(200).json();
        match client {
            Client::OpenAi => {
                let call = &body["choices"][0]["message"]["tool_calls"][0];
                assert_eq!(call["function"]["arguments"], r#"{"a": oops"#, "{}: {body}", row.target);
            }
            Client::Messages => {
                let call = &body["content"][0];
                assert_eq!(call["input"], json!({"INVALID_JSON": r#"{"a": oops"#}), "{}: {body}", row.target);
                assert_eq!(body["stop_reason"], "tool_use");
            }
        }
    });
}

#[test]
fn calls_without_an_id_or_a_name_can_be_answered() {
    each(|odd, row, target, client| {
        let Some(call) = &row.call else { return };
        let mut body = call.clone();
        for name in ["id", "toolUseId"] {
            take_out(&mut body, name);
        }
        let unnamed = |body: &Value| {
            let call = match client {
                Client::OpenAi => &body["choices"][0]["message"]["tool_calls"][0],
                Client::Messages => &body["content"][0],
            };
            assert!(
                call["id"].as_str().is_some_and(|id| !id.is_empty()),
                "{} {client:?}: {body}",
                row.target
            );
            let name = if client == Client::OpenAi { &call["function"]["name"] } else { &call["name"] };
            name.as_str().unwrap_or_else(|| panic!("{} {client:?}: {body}", row.target)).to_owned()
        };
        assert_eq!(unnamed(&odd.whole(target, client, body.to_string().as_bytes()).expect(200).json()), "f");
        // Gemini tells pieces of one call by their lack of a name.
        if row.target != "gemini" {
            take_out(&mut body, "name");
            assert_eq!(
                unnamed(&odd.whole(target, client, body.to_string().as_bytes()).expect(200).json()),
                "_"
            );
        }
    });
}

/// Takes every member of this name out.
fn take_out(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            members.remove(name);
            members.values_mut().for_each(|value| take_out(value, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| take_out(value, name)),
        _ => {}
    }
}

/// The provider's word stands for OpenAI's clients; those of Messages go on by what is in the answer.
#[test]
fn a_reason_to_call_without_a_call() {
    each(|odd, row, target, client| {
        let words = match row.target {
            "openai" => [("\"stop\"", "\"tool_calls\"")].as_slice(),
            _ => &[("\"end_turn\"", "\"tool_use\""), ("\"COMPLETE\"", "\"TOOL_CALL\"")],
        };
        let whole = row.whole.to_string();
        let spoilt = words.iter().fold(whole.clone(), |body, (from, to)| body.replace(from, to));
        let body = odd.whole(target, client, spoilt.as_bytes()).expect(200).json();
        let (reason, expected) = if client == Client::OpenAi {
            let expected = if spoilt == whole { "stop" } else { "tool_calls" };
            (&body["choices"][0]["finish_reason"], expected)
        } else {
            (&body["stop_reason"], "end_turn")
        };
        assert_eq!(reason, expected, "{} {client:?}: {body}", row.target);
    });
}
