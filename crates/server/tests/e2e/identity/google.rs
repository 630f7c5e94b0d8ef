//! Google: a service account with its key, and the machine's own account.

use testkit::{Call, service_account};

use super::{Cloud, preserved};

fn google(auth: &str) -> String {
    preserved("gemini", auth, "")
}

fn call(tag: &str) -> Call {
    Call::post("/sim/generic/v1/models/m:generateContent").header("x-test", tag).json(r#"{"contents":[]}"#)
}

fn key_of(cloud_url: &str) -> String {
    // One line of YAML.
    format!("'{}'", service_account(cloud_url))
}

/// gateway.md 9.7, of 3.14.0.8: with a key at hand the metadata server was probed all the same.
#[test]
fn a_service_account_with_its_key_asks_nobody_else() {
    let auth = "gcp_use_service_account: true, gcp_oauth_token_url: 'http://@IDENTITY@/token', \
                gcp_metadata_url: 'http://@IDENTITY@', gcp_service_account_json: ";
    let auth = format!("{auth}{}", key_of("https://oauth2.googleapis.com/token"));
    let cloud = Cloud::start(&google(&auth), |builder, _| builder);
    cloud.world.send(&call("key")).expect(200);
    assert_eq!(cloud.authorization("key"), "Bearer sk-sim-google-CANARY-1");
    let calls = cloud.provider.calls();
    let paths: Vec<_> = calls.iter().map(|call| (call.method.as_str(), call.path())).collect();
    assert_eq!(paths, [("POST", "/token")]);
}

#[test]
fn a_key_of_the_environment() {
    let cloud = Cloud::start(&google("gcp_use_service_account: true"), |builder, provider| {
        builder.env("GCP_SERVICE_ACCOUNT", &service_account(&provider.url("/token")))
    });
    cloud.world.send(&call("environment")).expect(200);
    assert_eq!(cloud.authorization("environment"), "Bearer sk-sim-google-CANARY-1");
    assert_eq!(cloud.provider.calls().len(), 1);
}

#[test]
fn the_account_of_the_machine() {
    let by_host = Cloud::start(&google("gcp_use_service_account: true"), |builder, provider| {
        builder.env("GCE_METADATA_HOST", &provider.addr.to_string())
    });
    by_host.world.send(&call("host")).expect(200);
    assert_eq!(by_host.authorization("host"), "Bearer sk-sim-machine-CANARY-1");
    let configured = google("gcp_use_service_account: true, gcp_metadata_url: 'http://@IDENTITY@/'");
    let configured = Cloud::start(&configured, |builder, _| builder);
    configured.world.send(&call("url")).expect(200);
    assert_eq!(configured.authorization("url"), "Bearer sk-sim-machine-CANARY-1");
}

/// `GCP_AUTH_METHOD_ORDER`.
#[test]
fn the_order_of_methods_can_be_told() {
    let cloud = Cloud::start(&google("gcp_use_service_account: true"), |builder, provider| {
        builder
            .env("GCP_SERVICE_ACCOUNT", &service_account(&provider.url("/token")))
            .env("GCE_METADATA_HOST", &provider.addr.to_string())
            .env("GCP_AUTH_METHOD_ORDER", "adc")
    });
    cloud.world.send(&call("order")).expect(200);
    assert_eq!(cloud.authorization("order"), "Bearer sk-sim-machine-CANARY-1");
}

/// 3.12.0.3: tokens were refreshed too late.
#[test]
fn tokens_are_refreshed_before_they_expire() {
    let auth = "gcp_use_service_account: true, gcp_metadata_url: 'http://@IDENTITY@/'";
    let cloud = Cloud::start(&google(auth), |builder, provider| {
        provider.behave(testkit::Manner::Good(4));
        builder
    });
    cloud.world.send(&call("first")).expect(200);
    cloud.provider.wait_for_calls(3);
    cloud.world.send(&call("later")).expect(200);
    assert_ne!(cloud.authorization("first"), cloud.authorization("later"));
}

#[test]
fn a_key_that_is_none_is_refused_at_the_start() {
    let auth = "gcp_use_service_account: true, gcp_service_account_json: CANARY";
    let upstream = testkit::Upstream::start();
    let told = crate::world::builder().config(&google(auth), upstream.addr).try_start().err().unwrap();
    assert!(told.contains("auth.gcp_service_account_json: is not valid"), "{told}");
    assert!(!told.contains("CANARY"), "{told}");
    // What the environment brings is told when it is needed.
    let cloud = Cloud::start(&google("gcp_use_service_account: true"), |builder, _| {
        builder.env("GCP_SERVICE_ACCOUNT", "CANARY")
    });
    cloud.refused(&cloud.world.send(&call("broken")), "broken");
    cloud.world.gateway.wait_for_output("GCP_SERVICE_ACCOUNT is not valid");
}
