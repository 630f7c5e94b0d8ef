//! Azure with each kind of identity, against a simulated Azure that takes tokens.

use testkit::Call;

use super::{CLIENT, Cloud, azure};
use crate::world::body;

#[test]
fn a_client_with_its_secret() {
    let cloud = Cloud::entra(&azure(CLIENT, ""));
    let answer = cloud.world.send(
        &Call::post("/chat")
            .header("x-test", "client")
            .header("api-key", "CANARY-own")
            .json(body("hello", "")),
    );
    answer.expect(200);
    let sent = cloud.world.upstream.only("client");
    assert_eq!(sent.header("authorization"), Some("Bearer sk-sim-entra-CANARY-1"));
    assert_eq!(sent.header("api-key"), None, "no key of the caller");
    cloud.chat("again").expect(200);
    assert_eq!(cloud.authorization("again"), "Bearer sk-sim-entra-CANARY-1");
    let calls = cloud.provider.calls();
    assert_eq!(calls.len(), 1, "one token for all");
    assert_eq!(calls[0].path(), "/tenant-1/oauth2/v2.0/token");
    let stream = cloud.world.send(&Call::post("/chat").json(body("hello", r#","stream":true"#))).expect(200);
    assert!(stream.events().last().unwrap().is_done());
}

#[test]
fn the_token_is_there_before_the_first_request() {
    let cloud = Cloud::entra(&azure(CLIENT, ""));
    cloud.provider.wait_for_calls(1);
}

#[test]
fn the_identity_of_the_system_and_one_of_the_user() {
    for (auth, token) in [
        ("azure_use_managed_identity: true", "Bearer sk-sim-system-CANARY-1"),
        ("azure_use_managed_identity: true, azure_client_id: user-1", "Bearer sk-sim-user-CANARY-1"),
    ] {
        let cloud = Cloud::start(&azure(auth, ""), |builder, provider| {
            builder.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", &provider.url(""))
        });
        cloud.chat("managed").expect(200);
        assert_eq!(cloud.authorization("managed"), token);
        let client = cloud.provider.calls()[0].value("client_id");
        assert_eq!(client.is_some(), auth.contains("user-1"), "{client:?}");
    }
}

#[test]
fn the_identity_of_an_app_service() {
    let cloud = Cloud::start(&azure("azure_use_managed_identity: true", ""), |builder, provider| {
        builder
            .env("IDENTITY_ENDPOINT", &provider.url("/msi/token"))
            .env("IDENTITY_HEADER", "CANARY-identity-header")
    });
    cloud.chat("app").expect(200);
    assert_eq!(cloud.authorization("app"), "Bearer sk-sim-app-CANARY-1");
}

#[test]
fn a_workload_whose_token_file_rotates() {
    let cloud = Cloud::start(&azure("azure_use_managed_identity: true", ""), |builder, provider| {
        provider.behave(testkit::Manner::Good(4));
        builder
            .env("AZURE_AUTHORITY_HOST", &provider.url(""))
            .env("AZURE_CLIENT_ID", "workload-1")
            .env("AZURE_TENANT_ID", "tenant-2")
            .env("AZURE_FEDERATED_TOKEN_FILE", "@DIR@/federated")
            .file("federated", "CANARY-assertion-1\n")
    });
    cloud.chat("workload").expect(200);
    std::fs::write(cloud.world.gateway.dir().join("federated"), "CANARY-assertion-2\n").unwrap();
    let calls = cloud.provider.wait_for_calls(cloud.provider.calls().len() + 2);
    assert_eq!(calls[0].path(), "/tenant-2/oauth2/v2.0/token");
    assert_eq!(calls[0].value("client_assertion").as_deref(), Some("CANARY-assertion-1"));
    assert_eq!(calls.last().unwrap().value("client_assertion").as_deref(), Some("CANARY-assertion-2"));
    cloud.chat("workload-2").expect(200);
}

#[test]
fn the_callers_own_token_wins_where_it_may() {
    let cloud = Cloud::entra(&azure(&format!("{CLIENT}, allow_override: true"), ""));
    let own = |tag| {
        Call::post("/chat")
            .header("x-test", tag)
            .header("authorization", "Bearer sk-sim-own")
            .json(body("x", ""))
    };
    cloud.world.send(&own("own")).expect(200);
    assert_eq!(cloud.authorization("own"), "Bearer sk-sim-own");
    cloud.chat("not-own").expect(200);
    assert_eq!(cloud.authorization("not-own"), "Bearer sk-sim-entra-CANARY-1");
    let strict = Cloud::entra(&azure(CLIENT, ""));
    strict.world.send(&own("replaced")).expect(200);
    assert_eq!(strict.authorization("replaced"), "Bearer sk-sim-entra-CANARY-1");
}

#[test]
fn a_reload_keeps_the_tokens() {
    let cloud = Cloud::entra(&azure(CLIENT, ""));
    cloud.chat("before").expect(200);
    let next = azure(CLIENT, "").replace("name: gpt-4o", "name: gpt-5");
    cloud.world.gateway.rewrite_config(&next, cloud.world.upstream.addr);
    cloud.world.gateway.signal("HUP");
    testkit::wait_for("the next configuration", || {
        let answer = cloud.chat("after").expect(200);
        (answer.header("x-kong-llm-model") == Some("azure/gpt-5")).then_some(())
    });
    assert_eq!(cloud.provider.calls().len(), 1);
    // A configuration that brings another identity has its token fetched.
    let other = next.replace("client-1", "client-2");
    cloud.world.gateway.rewrite_config(&other, cloud.world.upstream.addr);
    cloud.world.gateway.signal("HUP");
    assert_eq!(cloud.provider.wait_for_calls(2)[1].value("client_id").as_deref(), Some("client-2"));
}
