//! No secret of an identity is ever told: not in answers, errors, logs, records, metrics or explanations.

use testkit::{Answer, Call, GatewayBuilder, IdentityProvider, Manner, service_account};

use super::{CLIENT, Cloud, azure, preserved};
use crate::world::body;

/// After tokens that hold for two seconds.
const MANNERS: [Manner; 4] = [
    Manner::Failing(400),
    Manner::Saying("CANARY-answer"),
    Manner::Saying(r#"{"access_token":"CANARY\n","expires_in":3600,"AccessKeyId":"CANARY"}"#),
    Manner::HangingUp,
];

/// Starts with everything in the log that can be.
fn talkative(config: &str, more: impl FnOnce(GatewayBuilder, &IdentityProvider) -> GatewayBuilder) -> Cloud {
    Cloud::start(config, |builder, provider| {
        provider.behave(Manner::Good(2));
        more(builder, provider).arg("--log-level").arg("trace")
    })
}

fn check(mut cloud: Cloud, call: &Call) {
    let told = |answer: &Answer| {
        let told = format!("{:?} {}", answer.headers, answer.text());
        assert!(!told.contains("CANARY"), "{told}");
    };
    told(&cloud.world.send(call));
    cloud.provider.wait_for_calls(1);
    for manner in MANNERS {
        let calls = cloud.provider.calls().len();
        cloud.provider.behave(manner);
        testkit::wait_for("a call for a token", || {
            told(&cloud.world.send(call));
            told(&cloud.world.send(&call.clone().header("x-sim-fault", "status_401")));
            std::thread::sleep(std::time::Duration::from_millis(50));
            (cloud.provider.calls().len() > calls).then_some(())
        });
    }
    for path in ["/status", "/metrics"] {
        told(&Call::get(path).send(cloud.world.gateway.admin));
    }
    let sent: Vec<String> =
        cloud.world.upstream.requests().iter().map(|request| format!("{:?}", request.headers)).collect();
    assert!(
        sent.iter().any(|headers| headers.contains("CANARY") || headers.contains("ASIA")),
        "nothing to leak"
    );
    // What proves an identity is a secret too.
    let proofs: Vec<String> = cloud
        .provider
        .calls()
        .iter()
        .flat_map(|call| [call.value("assertion"), call.header("authorization").map(ToOwned::to_owned)])
        .flatten()
        .collect();
    let secret = |line: &str| {
        let words = ["CANARY", "sk-sim-", "BEGIN PRIVATE KEY"];
        words.iter().any(|word| line.contains(word)) || proofs.iter().any(|proof| line.contains(&**proof))
    };
    cloud.world.gateway.signal("TERM");
    cloud.world.gateway.wait(testkit::PATIENCE);
    for text in [cloud.world.gateway.record_text(), cloud.world.gateway.output()] {
        assert!(!text.is_empty());
        assert_eq!(text.lines().find(|line| secret(line)), None);
    }
}

#[test]
fn canaries_of_azure() {
    let cloud = talkative(&azure(CLIENT, ""), |builder, provider| {
        builder.env("AZURE_AUTHORITY_HOST", &provider.url(""))
    });
    check(cloud, &Call::post("/chat").json(body("x", "")));
    let cloud = talkative(&azure("azure_use_managed_identity: true", ""), |builder, provider| {
        builder
            .env("IDENTITY_ENDPOINT", &provider.url("/msi/token"))
            .env("IDENTITY_HEADER", "CANARY-identity-header")
    });
    check(cloud, &Call::post("/chat").json(body("x", "")));
}

#[test]
fn canaries_of_aws() {
    let role = "bedrock: {aws_region: eu-central-1, aws_assume_role_arn: 'arn:aws:iam::1:role/x', \
                aws_sts_endpoint_url: 'http://@IDENTITY@'}";
    let keys = "aws_access_key_id: AKIACANARY, aws_secret_access_key: CANARY-secret";
    let cloud = talkative(&preserved("bedrock", keys, role), |builder, _| builder);
    check(cloud, &Call::post("/sim/generic/model/m/converse").json("{}"));
    let region = "bedrock: {aws_region: eu-central-1}";
    let cloud = talkative(&preserved("bedrock", "", region), |builder, provider| {
        builder.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &provider.url(""))
    });
    check(cloud, &Call::post("/sim/generic/model/m/converse").json("{}"));
}

#[test]
fn canaries_of_google() {
    let cloud = talkative(&preserved("gemini", "gcp_use_service_account: true", ""), |builder, provider| {
        builder.env("GCP_SERVICE_ACCOUNT", &service_account(&provider.url("/token")))
    });
    check(cloud, &Call::post("/sim/generic/v1/x").json("{}"));
}

#[test]
fn explanations_ask_nobody_and_show_no_secret() {
    let provider = testkit::IdentityProvider::start();
    let folder = tempfile::TempDir::new().unwrap();
    let explained = |config: &str, request: &str| {
        let file = folder.path().join("kong.yaml");
        std::fs::write(&file, config.replace("@UPSTREAM@", "127.0.0.1:1")).unwrap();
        let url = provider.url("");
        let finished = testkit::run(
            env!("CARGO_BIN_EXE_ai-proxy"),
            &["explain", "--config", file.to_str().unwrap(), "-"],
            &[("AZURE_AUTHORITY_HOST", &*url), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url)],
            request.as_bytes(),
        );
        assert_eq!(finished.status, 0, "{} {}", finished.out, finished.err);
        finished.out
    };
    let head = "Host: g\r\nContent-Type: application/json\r\n\r\n";
    let text = explained(&azure(CLIENT, ""), &format!("POST /chat HTTP/1.1\r\n{head}{}", body("x", "")));
    assert!(text.contains("auth      identity azure client client-1 of tenant tenant-1\n"), "{text}");
    assert!(text.contains("authorization: [redacted]\n") && !text.contains("CANARY"), "{text}");
    let aws = preserved("bedrock", "", "bedrock: {aws_region: eu-central-1}");
    let text = explained(&aws, &format!("POST /sim/generic/model/m/converse HTTP/1.1\r\n{head}{{}}"));
    assert!(text.contains("auth      identity aws credentials of the environment\n"), "{text}");
    assert!(
        text.contains("authorization: [redacted]\n") && text.contains("x-amz-date: [redacted]\n"),
        "{text}"
    );
    assert!(provider.calls().is_empty());
}
