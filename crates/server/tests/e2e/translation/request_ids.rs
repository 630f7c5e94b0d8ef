//! Where clients of Messages look for the id of their request: in `request-id`, whoever answers.

use testkit::{Answer, Call};

use super::messages::STREAM;
use super::{all, each, message, messages, messages_at};

/// The provider's id where it told one, else the gateway's.
#[track_caller]
fn check(answer: &Answer) {
    let known = answer.header("x-upstream-request-id").or(answer.header("x-kong-request-id"));
    assert!(known.is_some_and(|id| !id.is_empty()), "{:?}", answer.headers);
    assert_eq!(answer.header("request-id"), known, "{:?}", answer.headers);
    assert_eq!(answer.count("request-id"), 1);
}

#[test]
fn every_answer_has_one() {
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
            check(&answer);
        }
    });
}
