//! What a target cannot be told: reported, or refused before anything is sent.

use super::{chat, each, losses_of, message, messages_at, sent, tagged, talk, translated};
use crate::world::body;

/// Members of `OpenAI`'s chat that not every provider has.
const MEMBERS: &[(&str, &str)] = &[
    ("seed", "5"),
    ("user", "\"u-1\""),
    ("logit_bias", "{\"1\":2}"),
    ("frequency_penalty", "0.5"),
    ("presence_penalty", "0.5"),
    ("logprobs", "true"),
    ("service_tier", "\"flex\""),
    ("max_tokens", "51"),
    ("max_completion_tokens", "50"),
    ("reasoning_effort", "\"low\""),
    ("stop", "[\"zzz\"]"),
    ("temperature", "0.5"),
    ("top_p", "0.75"),
    ("top_k", "5"),
    ("metadata", "{\"a\":\"b\"}"),
    ("prediction", "{\"type\":\"content\",\"content\":\"x\"}"),
    ("a_member_of_tomorrow", "1"),
];

/// Each member changes what is sent, or is told to be lost.
#[test]
fn no_member_vanishes() {
    each(translated, |world, target| {
        world.send(&chat(target, "member-none", "hello", "")).expect(200);
        let plain = sent(world, target, "member-none");
        for (member, value) in MEMBERS {
            let tag = format!("member-{member}");
            let answer = world.send(&chat(target, &tag, "hello", &format!(",\"{member}\":{value}")));
            assert_eq!(answer.status, 200, "{member}: {}", answer.text());
            let losses = losses_of(world, &answer);
            let told = losses.iter().any(|loss| loss.starts_with(&format!("{member}=")));
            let sent = sent(world, target, &tag);
            assert!(told || sent != plain, "{member} vanished: {sent}");
            assert!(losses.iter().all(|loss| loss.starts_with(member)), "{member}: {losses:?}");
        }
    });
}

#[test]
fn what_is_lost_can_be_refused_instead() {
    each(translated, |world, target| {
        let path = format!("/reject/{}", target.name);
        let lost = target.lost;
        let more = format!(",\"{lost}\":{}", if lost == "logit_bias" { "{\"1\":2}" } else { "5" });
        let answer = world.send(&talk(&path, target, "reject", &body("hello", &more)));
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.message().contains(lost), "{}", answer.text());
        assert!(world.upstream.tagged(&tagged(target, "reject")).is_empty());
        world.send(&talk(&path, target, "accept", &body("hello", ""))).expect(200);
    });
}

/// Members of Messages that few others have.
const MESSAGES_MEMBERS: &[(&str, &str)] = &[
    ("temperature", "0.5"),
    ("top_k", "5"),
    ("stop_sequences", "[\"zzz\"]"),
    ("metadata", "{\"user_id\":\"u-1\"}"),
    ("service_tier", "\"standard_only\""),
    ("container", "\"c-1\""),
    ("mcp_servers", "[{\"type\":\"url\",\"url\":\"https://example.com\",\"name\":\"x\"}]"),
    ("a_member_of_tomorrow", "1"),
];

#[test]
fn no_member_of_messages_vanishes() {
    each(
        |target| !target.speaks_messages,
        |world, target| {
            world.send(&message(target, "m-member-none", "hello", "")).expect(200);
            let plain = sent(world, target, "m-member-none");
            for (member, value) in MESSAGES_MEMBERS {
                let tag = format!("m-member-{member}");
                let answer = world.send(&message(target, &tag, "hello", &format!(",\"{member}\":{value}")));
                assert_eq!(answer.status, 200, "{member}: {}", answer.text());
                let losses = losses_of(world, &answer);
                let told = losses.iter().any(|loss| loss.starts_with(member));
                let sent = sent(world, target, &tag);
                assert!(told || sent != plain, "{member} vanished: {sent}");
            }
        },
    );
}

#[test]
fn what_is_lost_of_messages_can_be_refused_instead() {
    each(
        |target| !target.speaks_messages,
        |world, target| {
            let path = format!("/a-reject/{}/v1/messages", target.name);
            let body = super::message_body("hello", r#","container":"c-1""#);
            let answer = world.send(&messages_at(&path, target, "m-reject", &body));
            assert_eq!(answer.status, 400, "{}", answer.text());
            let told = answer.json();
            assert_eq!(
                (&told["type"], &told["error"]["type"]),
                (&"error".into(), &"invalid_request_error".into())
            );
            assert!(told["error"]["message"].as_str().unwrap().contains("container"), "{told}");
            assert!(world.upstream.tagged(&tagged(target, "m-reject")).is_empty());
        },
    );
}
