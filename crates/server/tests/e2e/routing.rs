//! Which route and which plugin instance a request finds.

use testkit::{Answer, Call};

use crate::world::{ROUTING, body, chat};

/// The model of the instance that answered.
#[track_caller]
fn chosen(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let model = answer.header("x-kong-llm-model").expect("the model's header");
    model.strip_prefix("openai/").expect("the provider").to_owned()
}

#[test]
fn routes_are_chosen_in_kongs_order() {
    let world = ROUTING.hold();
    let model = |path: &str| chosen(&world.send(&chat(path, "routing", "")));
    assert_eq!(model("/r"), "r-short");
    assert_eq!(model("/r/x"), "r-short");
    assert_eq!(model("/rest"), "r-short", "a path is a prefix, not a segment");
    assert_eq!(model("/r/long"), "r-long");
    assert_eq!(model("/r/longer/1"), "r-regex", "expressions come before prefixes");
    assert_eq!(model("/r/long/12"), "r-regex");
    assert_eq!(model("/r/long/77"), "r-regex-first", "a higher priority comes first");
    assert_eq!(model("/r/long/77/x"), "r-long");
    assert_eq!(model("/x/../r/lon%67"), "r-long", "paths are normalised");
}

#[test]
fn hosts_headers_and_methods_count() {
    let world = ROUTING.hold();
    let with = |name: &str, value: &str| chosen(&world.send(&chat("/r", "routing", "").header(name, value)));
    assert_eq!(with("host", "api.example.com"), "r-host");
    assert_eq!(with("host", "API.example.com:8000"), "r-host");
    assert_eq!(with("host", "www.example.com"), "r-wildcard");
    assert_eq!(with("host", "example.com"), "r-short");
    assert_eq!(with("x-lane", "fast"), "r-header");
    assert_eq!(with("x-lane", "slow"), "r-short");
    let call = Call::get("/only-get").json(body("x", ""));
    assert_eq!(chosen(&world.send(&call)), "global");
    world.refused("routing-method", Call::post("/only-get").json(body("x", "")), 404);
}

#[test]
fn routes_for_https_only() {
    let world = ROUTING.hold();
    let answer = world.refused("https-426", chat("/only-https", "x", ""), 426);
    assert!(answer.json()["message"].is_string(), "{}", answer.text());
    let call = chat("/moved-https?x=1", "x", "").header("host", "gateway.example.com");
    let answer = world.refused("https-301", call, 301);
    assert_eq!(answer.header("location"), Some("https://gateway.example.com/moved-https?x=1"));
}

#[test]
fn services_that_are_off_and_routes_without_one() {
    let world = ROUTING.hold();
    world.refused("routing-off", chat("/off", "x", ""), 404);
    assert_eq!(chosen(&world.send(&chat("/serviceless", "routing", ""))), "global");
}

#[test]
fn the_closest_instance_is_chosen() {
    let world = ROUTING.hold();
    let model = |path: &str, key: &str| chosen(&world.send(&chat(path, "scopes", "").header("apikey", key)));
    assert_eq!(model("/unscoped", "key-of-alice"), "global");
    assert_eq!(model("/scoped/service", "key-of-alice"), "by-service");
    assert_eq!(model("/scoped/route", "key-of-alice"), "by-route");
    assert_eq!(model("/unscoped", "key-of-carol"), "by-consumer");
    assert_eq!(model("/scoped/service", "key-of-carol"), "by-consumer");
    assert_eq!(model("/scoped/route", "key-of-carol"), "by-consumer-and-route");
    assert_eq!(model("/unscoped", "key-of-dave"), "by-group-alpha");
    assert_eq!(model("/scoped/service", "key-of-dave"), "by-group-alpha");
    assert_eq!(model("/unscoped", "key-of-nobody"), "global");
    assert_eq!(model("/disabled-plugin", "key-of-alice"), "global");
}
