//! Which headers go through, in both directions.

use testkit::Call;

use crate::world::{MAIN, chat};

#[test]
fn headers_of_the_request() {
    let world = MAIN.hold();
    let call = chat("/chat", "headers-up", "")
        .header("User-Agent", "agent/1.0")
        .header("X-Custom", "one")
        .header("X-Custom", "two")
        .header("OpenAI-Organization", "org-1")
        .header("Connection", "keep-alive, X-Hop")
        .header("Connection", "x-hop-two")
        .header("X-Hop", "1")
        .header("X-Hop-Two", "1")
        .header("Keep-Alive", "timeout=5")
        .header("TE", "trailers")
        .header("Trailer", "x")
        .header("Upgrade", "h2c")
        .header("Proxy-Connection", "keep-alive")
        .header("Cookie", "a=b");
    world.send(&call).expect(200);
    let request = world.upstream.only("headers-up");
    let all = |name: &str| -> Vec<&str> {
        request.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(all("user-agent"), ["agent/1.0"]);
    assert_eq!(all("x-custom"), ["one", "two"]);
    assert_eq!(all("openai-organization"), ["org-1"]);
    assert_eq!(all("content-type"), ["application/json"]);
    for name in [
        "x-hop",
        "x-hop-two",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "proxy-connection",
        "cookie",
        "kong-debug",
    ] {
        assert!(all(name).is_empty(), "{name} went upstream: {:?}", all(name));
    }
    for name in ["host", "content-length", "authorization"] {
        assert_eq!(all(name).len(), 1, "{name}");
    }
    assert!(all("transfer-encoding").is_empty());
}

#[test]
fn headers_of_the_answer() {
    let world = MAIN.hold();
    for more in ["", r#","stream":true"#] {
        let answer = world.send(&chat("/chat", "x", more).header("x-sim-fault", "headers")).expect(200);
        for name in ["set-cookie", "x-internal", "keep-alive", "proxy-authenticate", "alt-svc"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
        assert_ne!(answer.header("connection"), Some("x-internal"));
        assert_eq!(answer.header("x-ratelimit-remaining-requests"), Some("99"));
        for name in ["content-type", "x-kong-request-id", "x-kong-llm-model", "date"] {
            assert!(answer.count(name) <= 1, "{name}: {:?}", answer.headers);
        }
    }
    let limited = world.send(&chat("/chat", "x", "").header("x-sim-fault", "status_429")).expect(429);
    assert_eq!(limited.header("retry-after"), Some("7"));
}

#[test]
fn the_model_header_can_be_turned_off() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/no-header", "x", "")).expect(200);
    assert_eq!(answer.header("x-kong-llm-model"), None);
    let answer = world.send(&chat("/no-header", "x", "").header("Kong-Debug", "1")).expect(200);
    assert_eq!(answer.header("x-kong-llm-model"), Some("openai/sim-quiet"));
}

#[test]
fn redirects_are_not_followed() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "redirect", "").header("x-sim-fault", "redirect"));
    assert_eq!(world.upstream.tagged("redirect").len(), 1);
    assert_ne!(answer.status, 200, "{}", answer.text());
}

#[test]
fn every_request_has_an_id_of_its_own() {
    let world = MAIN.hold();
    let id = |call: &Call| world.send(call).header("x-kong-request-id").unwrap().to_owned();
    let ids = [id(&chat("/chat", "x", "")), id(&chat("/chat", "x", "")), id(&Call::get("/nowhere"))];
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    let spoofed = chat("/chat", "x", "").header("x-kong-request-id", "mine");
    assert_ne!(id(&spoofed), "mine");
}
