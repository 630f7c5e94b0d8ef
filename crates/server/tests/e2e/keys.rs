//! key-auth: who may call.

use testkit::{Answer, Call};

use crate::world::{ROUTING, body, chat};

#[track_caller]
fn is_told(answer: &Answer, message: &str, challenge: &str) {
    assert_eq!(answer.status, 401, "{}", answer.text());
    let value = answer.json();
    assert_eq!(value["message"], message, "{value}");
    assert!(value["request_id"].is_string(), "{value}");
    assert_eq!(answer.header("www-authenticate"), Some(challenge));
}

#[test]
fn a_key_lets_in_and_names_the_consumer() {
    let world = ROUTING.hold();
    let call = chat("/keys/plain", "key-header", "")
        .header("apikey", "key-of-alice")
        .header("X-Consumer-Username", "root")
        .header("x-consumer-id", "root")
        .header("x-consumer-custom-id", "root")
        .header("x-credential-identifier", "root")
        .header("x-anonymous-consumer", "true")
        .header("connection", "x-consumer-username, x-consumer-id");
    let answer = world.send(&call).expect(200);
    let request = world.upstream.only("key-header");
    let all = |name: &str| -> Vec<String> {
        request.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    };
    assert_eq!(all("x-consumer-username"), ["alice"]);
    assert_eq!(all("x-consumer-custom-id"), ["alice-id"]);
    assert_eq!(all("x-consumer-id").len(), 1);
    assert_eq!(all("x-credential-identifier").len(), 1);
    assert!(!all("x-consumer-id").contains(&"root".to_owned()));
    assert!(!all("x-credential-identifier").contains(&"root".to_owned()));
    assert!(all("x-anonymous-consumer").is_empty());
    assert!(all("apikey").is_empty(), "the key is hidden");
    assert_eq!(world.record(&answer)["consumer"]["username"], "alice");

    let call = chat("/keys/plain", "key-id", "")
        .header("APIKEY", "key-of-bob")
        .header("x-consumer-custom-id", "root");
    world.send(&call).expect(200);
    let request = world.upstream.only("key-id");
    assert_eq!(request.header("x-credential-identifier"), Some("11111111-2222-4333-8444-555555555555"));
    assert_eq!(request.header("x-consumer-custom-id"), None);
}

#[test]
fn a_key_in_the_query_is_taken_out() {
    let world = ROUTING.hold();
    let answer = world.send(&chat("/keys/plain?a=1&apikey=key-of-bob&b=2", "key-query", "")).expect(200);
    assert_eq!(world.upstream.only("key-query").target, "/sim/generic/v1/chat/completions?a=1&b=2");
    assert!(!world.record(&answer).to_string().contains("key-of-bob"));
    world.send(&chat("/keys/plain?apikey=key%2Dof%2Dbob", "key-query-escaped", "")).expect(200);
    assert!(!world.upstream.only("key-query-escaped").target.contains("apikey"));
}

#[test]
fn a_key_in_the_body_is_taken_out() {
    let world = ROUTING.hold();
    world.send(&chat("/keys/names", "key-body", r#","second-key":"key-of-bob""#)).expect(200);
    let request = world.upstream.only("key-body");
    assert!(!request.text().contains("key-of-bob"), "{}", request.text());
    assert_eq!(request.header("x-consumer-username"), Some("bob"));
    world.send(&chat("/keys/body-only", "key-body-only", r#","apikey":"key-of-bob""#)).expect(200);
    let call = chat("/keys/body-only", "x", "").header("apikey", "key-of-bob");
    is_told(&world.refused("key-body-header", call, 401), "No API key found in request", "Key");
}

#[test]
fn names_are_looked_for_in_turn() {
    let world = ROUTING.hold();
    world.send(&chat("/keys/names", "key-name-1", "").header("x-key", "key-of-alice")).expect(200);
    world.send(&chat("/keys/names", "key-name-2", "").header("second-key", "key-of-alice")).expect(200);
    let call = chat("/keys/names", "x", "").header("apikey", "key-of-alice");
    is_told(&world.refused("key-name-default", call, 401), "No API key found in request", "Key");
    // The header counts before the query.
    let call = chat("/keys/names?x-key=key-of-bob", "key-order", "").header("x-key", "key-of-alice");
    world.send(&call).expect(200);
    assert_eq!(world.upstream.only("key-order").header("x-consumer-username"), Some("alice"));
}

#[test]
fn without_a_valid_key_there_is_no_way_in() {
    let world = ROUTING.hold();
    let path = "/keys/plain";
    is_told(&world.refused("key-missing", chat(path, "x", ""), 401), "No API key found in request", "Key");
    let empty = chat(path, "x", "").header("apikey", "");
    is_told(&world.refused("key-empty", empty, 401), "No API key found in request", "Key");
    let unknown = chat(path, "x", "").header("apikey", "key-of-nobody");
    is_told(&world.refused("key-unknown", unknown, 401), "Unauthorized", "Key");
    let case = chat(path, "x", "").header("apikey", "KEY-OF-ALICE");
    is_told(&world.refused("key-case", case, 401), "Unauthorized", "Key");
    let bearer = chat(path, "x", "").header("authorization", "Bearer key-of-alice");
    is_told(&world.refused("key-bearer-off", bearer, 401), "No API key found in request", "Key");
    let twice = chat(path, "x", "").header("apikey", "key-of-alice").header("apikey", "key-of-alice");
    assert_eq!(world.refused("key-twice", twice, 401).header("www-authenticate"), Some("Key"));
    let twice = chat("/keys/plain?apikey=key-of-alice&apikey=key-of-alice", "x", "");
    world.refused("key-twice-query", twice, 401);
    let realm = world.refused("key-realm", chat("/keys/realm", "x", ""), 401);
    is_told(&realm, "No API key found in request", "Key realm=\"the realm\"");
}

#[test]
fn credentials_can_be_shown() {
    let world = ROUTING.hold();
    world.send(&chat("/keys/shown?apikey=key-of-alice", "key-shown-query", "")).expect(200);
    assert!(world.upstream.only("key-shown-query").target.ends_with("?apikey=key-of-alice"));
    world.send(&chat("/keys/shown", "key-shown", "").header("apikey", "key-of-alice")).expect(200);
    assert_eq!(world.upstream.only("key-shown").header("apikey"), Some("key-of-alice"));
}

#[test]
fn the_anonymous_consumer() {
    let world = ROUTING.hold();
    for (tag, key) in [("anonymous-none", None), ("anonymous-wrong", Some("key-of-nobody"))] {
        let mut call = chat("/keys/anonymous", tag, "");
        if let Some(key) = key {
            call = call.header("apikey", key);
        }
        world.send(&call).expect(200);
        let request = world.upstream.only(tag);
        assert_eq!(request.header("x-anonymous-consumer"), Some("true"), "{tag}");
        assert_eq!(request.header("x-consumer-username"), Some("guest"), "{tag}");
    }
    let call = chat("/keys/anonymous", "anonymous-known", "").header("apikey", "key-of-alice");
    world.send(&call).expect(200);
    let request = world.upstream.only("anonymous-known");
    assert_eq!(request.header("x-anonymous-consumer"), None);
    assert_eq!(request.header("x-consumer-username"), Some("alice"));
}

#[test]
fn a_bearer_token_can_be_a_key() {
    let world = ROUTING.hold();
    let call = chat("/keys/bearer", "bearer", "").header("authorization", "Bearer key-of-alice");
    world.send(&call).expect(200);
    let request = world.upstream.only("bearer");
    assert_eq!(request.header("authorization"), Some("Bearer sk-sim-conf"));
    assert_eq!(request.header("x-consumer-username"), Some("alice"));
    let call = chat("/keys/bearer", "bearer-case", "").header("authorization", "bearer key-of-alice");
    world.send(&call).expect(200);
    let wrong = chat("/keys/bearer", "x", "").header("authorization", "Bearer key-of-nobody");
    is_told(&world.refused("bearer-wrong", wrong, 401), "Unauthorized", "Key");
    let basic = chat("/keys/bearer", "x", "").header("authorization", "Basic key-of-alice");
    is_told(&world.refused("bearer-basic", basic, 401), "No API key found in request", "Key");
    let named = chat("/keys/bearer", "bearer-header", "").header("apikey", "key-of-bob");
    world.send(&named).expect(200);
}

#[test]
fn preflight_requests() {
    let world = ROUTING.hold();
    let call = Call::new("OPTIONS", "/keys/plain").json(body("x", ""));
    world.refused("preflight-key", call, 401);
    let call = Call::new("OPTIONS", "/keys/preflight").json(body("x", ""));
    assert_ne!(world.send(&call).status, 401);
}
