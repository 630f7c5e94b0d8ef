//! Where clients look for the id of their request: in `request-id` those of Messages, in `x-request-id` those of
//! `OpenAI`, whoever answers.

use testkit::{Answer, Call};

use super::messages::STREAM;
use super::{all, chat, each, message, messages, messages_at, talk};
use crate::scripted::{self, Scripted};
use crate::world::{World, body, one_route};

/// The provider's id where it told one, else the gateway's.
#[track_caller]
fn check(answer: &Answer, name: &str) {
    let known = answer.header("x-upstream-request-id").or(answer.header("x-kong-request-id"));
    assert!(known.is_some_and(|id| !id.is_empty()), "{:?}", answer.headers);
    assert_eq!(answer.header(name), known, "{:?}", answer.headers);
    assert_eq!(answer.count(name), 1);
}

#[test]
fn every_answer_to_openai_has_one() {
    each(all, |world, target| {
        let limited = chat(target, "o-limited", "hello", "").header("x-sim-fault", "status_429");
        let refused = talk(&format!("/o/{}", target.name), target, "o-refused", "{");
        let cut = chat(target, "o-cut", "hello", "").header("x-sim-fault", "reset");
        let streamed = target.streams.then(|| (200, chat(target, "o-stream", "hello", STREAM)));
        let calls = [(200, chat(target, "o-whole", "hello", "")), (429, limited), (400, refused), (500, cut)];
        for (status, call) in calls.into_iter().chain(streamed) {
            let answer = world.send(&call);
            assert_eq!(answer.status, status, "{}", answer.text());
            check(&answer, "x-request-id");
        }
    });
}

/// `one_route` to an upstream that says what a test has laid ready; translated where this is Cohere's.
fn scripted(provider: &str, upstream: &Scripted) -> World {
    let config = one_route("m").replace("@UPSTREAM@/v1/chat/completions", &upstream.addr.to_string());
    World::start(&config.replace("provider: openai", &format!("provider: {provider}")))
}

fn send(world: &World, tag: &str) -> Answer {
    world.send(&Call::post("/chat").header("x-test", tag).json(body("hello", "")))
}

#[test]
fn an_id_that_only_the_body_has_is_told() {
    let upstream = Scripted::start();
    let world = scripted("cohere", &upstream);
    let json = "application/json";
    upstream
        .lay("told", scripted::answer("404 Not Found", json, br#"{"id":"co-1","message":"no such model"}"#));
    let answer = send(&world, "told").expect(404);
    assert_eq!(answer.header("x-request-id"), Some("co-1"));
    assert_eq!(answer.header("x-upstream-request-id"), Some("co-1"));
    for body in [r#"{"message":"no"}"#, r#"{"id":"a\nb","message":"no"}"#] {
        upstream.lay("untold", scripted::answer("404 Not Found", json, body.as_bytes()));
        let answer = send(&world, "untold").expect(404);
        assert_eq!(answer.header("x-upstream-request-id"), None);
        check(&answer, "x-request-id");
    }
}

#[test]
fn what_is_relayed_keeps_the_id_that_it_has() {
    let upstream = Scripted::start();
    let world = scripted("openai", &upstream);
    let with = |more: &str| {
        let answer =
            scripted::answer("429 Too Many Requests", "application/json", br#"{"error":{"message":"m"}}"#);
        let text = String::from_utf8(answer).unwrap();
        text.replacen("\r\n", &format!("\r\n{more}"), 1).into_bytes()
    };
    upstream.lay("own", with("x-request-id: req_1\r\napim-request-id: a\r\n"));
    let answer = send(&world, "own").expect(429);
    assert_eq!((answer.header("x-request-id"), answer.count("x-request-id")), (Some("req_1"), 1));
    upstream.lay("none", with(""));
    check(&send(&world, "none").expect(429), "x-request-id");
}

#[test]
fn every_answer_to_messages_has_one() {
    each(all, |world, target| {
        let own = |name: &str| Call::get(name).header("anthropic-version", "2023-06-01");
        let counted = format!("/a/{}/v1/messages/count_tokens", target.name);
        let body = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
        for (status, call) in [
            (200, message(target, "r-whole", "hello", "")),
            (200, message(target, "r-stream", "hello", STREAM)),
            (200, messages_at(&counted, target, "r-count", body)),
            (200, own(&format!("/a/{}/v1/models", target.name))),
            (429, message(target, "r-limited", "hello", "").header("x-sim-fault", "status_429")),
            (400, messages(target, "r-refused", "{")),
            (500, message(target, "r-cut", "hello", "").header("x-sim-fault", "reset")),
        ] {
            let answer = world.send(&call);
            assert_eq!(answer.status, status, "{}", answer.text());
            check(&answer, "request-id");
        }
    });
}
