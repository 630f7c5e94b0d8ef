//! Whose credential goes upstream, and where it stands.

use testkit::Call;

use crate::world::{MAIN, chat, seen};

fn query(tag: &str) -> String {
    let target = MAIN.hold().upstream.only(tag).target;
    target.split_once('?').map_or_else(String::new, |(_, query)| query.to_owned())
}

#[test]
fn the_configured_header_replaces_the_callers() {
    let world = MAIN.hold();
    let call = chat("/chat", "auth-header", "").header("Authorization", "Bearer sk-bad");
    world.send(&call).expect(200);
    let request = world.upstream.only("auth-header");
    let values: Vec<&str> = request
        .headers
        .iter()
        .filter(|(name, _)| name == "authorization")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(values, ["Bearer sk-sim-main"]);
}

#[test]
fn the_callers_header_wins_where_it_may() {
    let world = MAIN.hold();
    let path = "/auth/header-override";
    world.send(&chat(path, "override-absent", "")).expect(200);
    assert_eq!(world.upstream.only("override-absent").header("authorization"), Some("Bearer sk-sim-conf"));
    world.send(&chat(path, "override-own", "").header("authorization", "Bearer sk-sim-own")).expect(200);
    assert_eq!(world.upstream.only("override-own").header("authorization"), Some("Bearer sk-sim-own"));
    let answer =
        world.send(&chat(path, "override-wrong", "").header("authorization", "Bearer sk-bad")).expect(401);
    assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
}

#[test]
fn credentials_in_the_query() {
    let world = MAIN.hold();
    world.send(&chat("/auth/query?a=1&api_key=sk-bad&a=2&b=x%26y", "query-fixed", "")).expect(200);
    let sent = query("query-fixed");
    let keys: Vec<&str> = sent.split('&').filter(|pair| pair.starts_with("api_key=")).collect();
    assert_eq!(keys, ["api_key=sk-sim-conf"], "{sent}");
    let others: Vec<&str> = sent.split('&').filter(|pair| !pair.starts_with("api_key=")).collect();
    assert_eq!(others, ["a=1", "a=2", "b=x%26y"]);

    world.send(&chat("/auth/query-override?x=1", "query-absent", "")).expect(200);
    assert_eq!(query("query-absent"), "x=1&api_key=sk-sim-conf");
    world.send(&chat("/auth/query-override?api_key=sk-sim-own", "query-own", "")).expect(200);
    assert_eq!(query("query-own"), "api_key=sk-sim-own");
    world.send(&chat("/auth/query-override?api_key=sk-bad", "query-wrong", "")).expect(401);
}

#[test]
fn credentials_in_the_body() {
    let world = MAIN.hold();
    world.send(&chat("/auth/body", "body-absent", "")).expect(200);
    assert_eq!(seen("body-absent")["api_key"], "sk-sim-conf");
    world.send(&chat("/auth/body", "body-wrong", r#","api_key":"sk-bad""#)).expect(200);
    assert_eq!(seen("body-wrong")["api_key"], "sk-sim-conf");
    assert_eq!(world.upstream.only("body-wrong").text().matches("api_key").count(), 1);
    world.send(&chat("/auth/body-override", "body-own", r#","api_key":"sk-sim-own""#)).expect(200);
    assert_eq!(seen("body-own")["api_key"], "sk-sim-own");
    world.send(&chat("/auth/body-override", "body-null", r#","api_key":null"#)).expect(200);
    assert_eq!(seen("body-null")["api_key"], "sk-sim-conf");
    world.send(&chat("/auth/body-override", "body-own-wrong", r#","api_key":"sk-bad""#)).expect(401);
}

#[test]
fn header_and_argument_together() {
    let world = MAIN.hold();
    world.send(&chat("/auth/both", "auth-both", "")).expect(200);
    assert_eq!(world.upstream.only("auth-both").header("x-api-key"), Some("sk-sim-head"));
    assert_eq!(query("auth-both"), "key=sk-sim-query");
}

#[test]
fn no_credential_of_the_caller_goes_along() {
    let world = MAIN.hold();
    for (path, tag) in [("/chat", "strip-chat"), ("/auth/none", "strip-none"), ("/auth/query", "strip-query")]
    {
        let call = chat(path, tag, "")
            .header("authorization", "Bearer caller-secret")
            .header("x-api-key", "caller-secret")
            .header("api-key", "caller-secret")
            .header("x-goog-api-key", "caller-secret")
            .header("proxy-authorization", "Basic caller-secret")
            .header("cookie", "session=caller-secret");
        world.send(&call).expect(200);
        let request = world.upstream.only(tag);
        let leaked: Vec<_> =
            request.headers.iter().filter(|(_, value)| value.contains("caller-secret")).collect();
        assert!(leaked.is_empty(), "{path}: {leaked:?}");
    }
}

#[test]
fn a_refused_credential_of_ours_is_told_as_it_is() {
    let world = MAIN.hold();
    let call = Call::post("/auth/header-override")
        .header("x-sim-fault", "status_401")
        .json(crate::world::body("x", ""));
    let answer = world.send(&call).expect(401);
    assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
    assert_eq!(answer.header("www-authenticate"), None);
}
