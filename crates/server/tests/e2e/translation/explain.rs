//! `ai-proxy explain` of requests that are translated: the body that would go out, what is lost, and where to.

use serde_json::Value;

use testkit::Call;

use super::{TARGETS, Target, all, config, config_of, each, tagged};
use crate::commands::run_with_file;
use crate::world::World;

#[test]
fn what_would_be_sent_is_shown() {
    for target in TARGETS {
        let config = config_of(&[*target]).replace("@UPSTREAM@", "127.0.0.1:1");
        let openai = r#"{"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hi"}],"logit_bias":{"1":2},"top_k":7}"#;
        let own = r#"{"max_tokens":9,"system":"be kind","messages":[{"role":"user","content":"hi"}],"container":"c-1"}"#;
        for (path, body, lost) in [
            (format!("/o/{}", target.name), openai, Some(target.lost)),
            (
                format!("/a/{}/v1/messages", target.name),
                own,
                (!target.speaks_messages).then_some("container"),
            ),
        ] {
            let request = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Api-Key: CANARY-caller\r\n\r\n{body}"
            );
            let shown =
                run_with_file(&config, &["explain", "--config", "@FILE@", "-"], &[], request.as_bytes());
            assert_eq!(shown.status, 0, "{path}: {} {}", shown.out, shown.err);
            let all = format!("{}{}", shown.out, shown.err);
            assert!(!all.contains("CANARY"), "{path}: {all}");
            assert!(all.contains("http://127.0.0.1:1/"), "no URL: {all}");
            if let Some(lost) = lost {
                assert!(all.contains(lost), "{path} does not tell of {lost}: {all}");
            }
            let start = shown.out.find('{').unwrap_or_else(|| panic!("no body: {all}"));
            let sent = &shown.out[start..];
            let sent: Value = serde_json::Deserializer::from_str(sent)
                .into_iter()
                .next()
                .unwrap()
                .unwrap_or_else(|error| panic!("{error}: {all}"));
            assert!(sent.to_string().contains("be kind"), "{path}: {sent}");
        }
    }
}

/// What is only known when a request is sent.
const OF_THE_CONNECTION: [&str; 3] = ["content-length", "connection", "transfer-encoding"];

/// Sends a request and explains the same one: both must say the same.
#[track_caller]
fn compare(world: &World, target: &Target, tag: &str, path: &str, body: &str) {
    let tag = tagged(target, tag);
    let headers = [
        ("x-test", &*tag),
        ("content-type", "application/json"),
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "context-1m-2025-08-07"),
        ("x-more", "1"),
        ("authorization", "Bearer CANARY-caller"),
    ];
    let call = headers.iter().fold(Call::post(path), |call, (name, value)| call.header(name, value));
    world.send(&call.body(body));
    let lines: String = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
    let request = format!("POST {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n{body}", world.gateway.proxy);
    let file = config().replace("@UPSTREAM@", &world.upstream.addr.to_string());
    let args = ["explain", "--config", "@FILE@", "--output", "json", "-"];
    let told = run_with_file(&file, &args, &[], request.as_bytes());
    let told: Value = serde_json::from_str(&told.out).unwrap_or_else(|error| panic!("{error}: {told:?}"));
    assert!(!told.to_string().contains("CANARY"), "{told}");
    if told["course"] != "send" {
        assert!(world.upstream.tagged(&tag).is_empty(), "{told}");
        return;
    }
    let (sent, told) = (world.upstream.only(&tag), &told["send"]);
    let path_of = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
    let url = told["url"].as_str().unwrap();
    assert_eq!(path_of(url), format!("http://{}{}", world.upstream.addr, path_of(&sent.target)));
    assert_eq!(url.contains('?'), sent.target.contains('?'), "{url} {}", sent.target);
    assert_eq!(told["method"], sent.method);
    let told_headers = told["headers"].as_array().unwrap();
    let of = |name: &str| told_headers.iter().find(|header| header["name"] == name);
    for (name, value) in sent.headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(&&**name)) {
        let header = of(name).unwrap_or_else(|| panic!("{name} is not told: {told}"));
        assert!(header["value"] == **value || header["value"] == "[redacted]", "{name}: {value} {told}");
    }
    for header in told_headers {
        let name = header["name"].as_str().unwrap();
        assert!(
            sent.headers.iter().any(|(known, _)| known == name),
            "{name} is not sent: {:?}",
            sent.headers
        );
    }
    assert_eq!(told["body"].as_str().unwrap(), sent.text());
}

#[test]
fn what_is_shown_is_what_is_sent() {
    each(all, |world, target| {
        let chat = r#"{"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hi"}],"seed":1,"temperature":0.5,"max_tokens":9@STREAM@}"#;
        let own = r#"{"max_tokens":9,"system":"be kind","messages":[{"role":"user","content":"hi"}],"metadata":{"user_id":"u"}@STREAM@}"#;
        let stream = r#","stream":true"#;
        let o = format!("/o/{}", target.name);
        compare(world, target, "explained-o", &o, &chat.replace("@STREAM@", stream));
        let a = format!("/a/{}/v1/messages", target.name);
        compare(world, target, "explained-a", &a, &own.replace("@STREAM@", ""));
        let count = format!("/a/{}/v1/messages/count_tokens", target.name);
        compare(world, target, "explained-count", &count, &own.replace("@STREAM@", ""));
    });
}
