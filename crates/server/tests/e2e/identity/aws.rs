//! Requests to AWS: signed over what is sent, with keys from each source.

use auth::{AwsKeys, AwsRequest, AwsService, AwsSigner, HostBinding, Origin, PayloadHash, Scheme, civil};
use testkit::{Answer, Call, GatewayBuilder, IdentityProvider};

use super::{Cloud, preserved};

const REGION: &str = "bedrock: {aws_region: eu-central-1}";
const KEYS: &str = "aws_access_key_id: AKIAOWN, aws_secret_access_key: CANARY-secret-of-aws";

fn aws(auth: &str, options: &str) -> String {
    preserved("bedrock", auth, options)
}

fn converse(tag: &str) -> Call {
    Call::post("/sim/generic/model/arn%3Aaws%3Abedrock%3Aeu%2Fx%3A0/converse?b=2&a=%2f1")
        .header("x-test", tag)
        .header("x-amzn-bedrock-trace", "ENABLED")
        .header("x-amz-security-token", "CANARY-of-the-caller")
        .json(r#"{"messages": [ {"role":"user","content":[{"text":"hä"}]} ]}"#)
}

/// The parts of a signature: id of the key, region, names of headers.
fn parts(authorization: &str) -> (String, String, String) {
    let credential = authorization.split("Credential=").nth(1).unwrap().split(',').next().unwrap();
    let mut scope = credential.split('/');
    let (id, _day, region) = (scope.next().unwrap(), scope.next(), scope.next().unwrap());
    assert_eq!(scope.collect::<Vec<_>>(), ["bedrock", "aws4_request"]);
    let names = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    (id.to_owned(), region.to_owned(), names.to_owned())
}

/// The request that arrived, signed once more: both signatures must be one.
fn check_signature(cloud: &Cloud, tag: &str, secret: &str) -> (String, String, String) {
    let sent = cloud.world.upstream.only(tag);
    let authorization = sent.header("authorization").unwrap();
    let (id, region, names) = parts(authorization);
    let (path, query) =
        sent.target.split_once('?').map_or((&*sent.target, None), |(path, query)| (path, Some(query)));
    let mut date = sent.header("x-amz-date").unwrap().to_owned();
    for (at, mark) in [(4, '-'), (7, '-'), (13, ':'), (16, ':')] {
        date.insert(at, mark);
    }
    let own = ["host", "x-amz-date", "x-amz-security-token"];
    let headers: Vec<(&str, &[u8])> = names
        .split(';')
        .filter(|name| !own.contains(name))
        .map(|name| (name, sent.header(name).unwrap().as_bytes()))
        .collect();
    let authority = cloud.world.upstream.addr.to_string();
    assert_eq!(sent.header("host"), Some(&*authority));
    let request = AwsRequest { method: &sent.method, authority: &authority, path, query, headers: &headers };
    let port = cloud.world.upstream.addr.port();
    let signer = AwsSigner::new(HostBinding::exact(Scheme::Http, "127.0.0.1", port), AwsService::Bedrock);
    let bound = signer.for_host(Origin { scheme: Scheme::Http, host: "127.0.0.1", port }).ok().unwrap();
    let keys = AwsKeys::new(&id, secret, sent.header("x-amz-security-token")).unwrap();
    let payload = PayloadHash::of([&*sent.body]);
    let again = bound.sign(&keys, &region, &request, &payload, civil::parse_utc(&date).unwrap()).unwrap();
    assert_eq!(again.authorization.expose(), authorization);
    (id, region, names)
}

#[test]
fn what_is_signed_is_what_is_sent() {
    let cloud = Cloud::start(&aws(KEYS, REGION), |builder, _| builder);
    cloud.world.send(&converse("signed"));
    let (id, region, names) = check_signature(&cloud, "signed", "CANARY-secret-of-aws");
    assert_eq!((id.as_str(), region.as_str()), ("AKIAOWN", "eu-central-1"));
    assert_eq!(names, "content-type;host;x-amz-date;x-amzn-bedrock-trace");
    let sent = cloud.world.upstream.only("signed");
    assert_eq!(sent.header("x-amz-security-token"), None, "no token of the caller's");
    assert!(
        sent.target.starts_with("/sim/generic/model/arn%3Aaws%3Abedrock%3Aeu%2Fx%3A0/converse?"),
        "{}",
        sent.target
    );
    // A body-less request, and one whose credential of another kind goes out besides.
    cloud.world.send(&Call::get("/sim/generic/async-invoke?maxResults=1").header("x-test", "bare"));
    check_signature(&cloud, "bare", "CANARY-secret-of-aws");
    assert!(cloud.provider.calls().is_empty());
}

#[test]
fn every_source_of_keys() {
    type Surroundings = fn(GatewayBuilder, &IdentityProvider) -> GatewayBuilder;
    let sources: [(&str, Surroundings); 6] = [
        ("AKIAENV", |builder, _| {
            builder
                .env("AWS_ACCESS_KEY_ID", "AKIAENV")
                .env("AWS_SECRET_ACCESS_KEY", "CANARY-env")
                .env("AWS_SESSION_TOKEN", "CANARY-session")
        }),
        ("AKIAFILE", |builder, _| {
            builder.env("AWS_PROFILE", "work").env("AWS_SHARED_CREDENTIALS_FILE", "@DIR@/credentials").file(
                "credentials",
                "[work]\naws_access_key_id = AKIAFILE\naws_secret_access_key = CANARY-file\n",
            )
        }),
        ("ASIACONTAINER1", |builder, provider| {
            builder
                .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &provider.url("/v1/credentials"))
                .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "@DIR@/token")
                .file("token", "CANARY-container")
        }),
        ("ASIAROLE1", |builder, provider| {
            builder
                .env("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod")
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", "@DIR@/token")
                .env("AWS_ENDPOINT_URL_STS", &provider.url("/"))
                .file("token", "CANARY-assertion")
        }),
        ("ASIAINSTANCE3", |builder, provider| {
            builder.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &provider.url("/"))
        }),
        ("", |builder, _| builder.env("AWS_BEARER_TOKEN_BEDROCK", "sk-sim-CANARY-bearer")),
    ];
    for (number, (id, surroundings)) in sources.into_iter().enumerate() {
        let cloud = Cloud::start(&aws("", REGION), surroundings);
        let tag = format!("source-{number}");
        let answer = cloud.world.send(&converse(&tag));
        if id.is_empty() {
            // gateway.md 9.7, of 3.13: keys of Bedrock.
            answer.expect(200);
            assert_eq!(cloud.authorization(&tag), "Bearer sk-sim-CANARY-bearer");
            continue;
        }
        let authorization = cloud.authorization(&tag);
        assert_eq!(parts(&authorization).0, id);
        let token = cloud.world.upstream.only(&tag).header("x-amz-security-token").map(ToOwned::to_owned);
        assert_eq!(token.is_some(), id != "AKIAFILE", "{token:?}");
    }
}

/// gateway.md 9.7, of 3.13: keys of Bedrock in place of a signature.
#[test]
fn a_bearer_key_is_sent_as_it_is() {
    let auth = "header_name: Authorization, header_value: Bearer sk-sim-CANARY-key";
    let cloud = Cloud::start(&aws(auth, REGION), |builder, _| builder);
    cloud.world.send(&converse("bearer")).expect(200);
    assert_eq!(cloud.authorization("bearer"), "Bearer sk-sim-CANARY-key");
    assert_eq!(cloud.world.upstream.only("bearer").header("x-amz-date"), None);
}

/// gateway.md 9.7, of 3.10: a role, with its session's name and an STS of one's own.
#[test]
fn a_role_with_an_sts_of_ones_own() {
    let role = "bedrock: {aws_region: eu-central-1, aws_assume_role_arn: 'arn:aws:iam::1:role/x', \
                aws_role_session_name: me, aws_sts_endpoint_url: 'http://@IDENTITY@'}";
    let cloud = Cloud::start(&aws(KEYS, role), |builder, _| builder);
    cloud.world.send(&converse("role"));
    let (id, ..) = check_signature(&cloud, "role", "CANARY-ROLE-1");
    assert_eq!(id, "ASIAROLE1");
    assert_eq!(
        cloud.world.upstream.only("role").header("x-amz-security-token"),
        Some("CANARY-session-of-ROLE-1")
    );
    let calls = cloud.provider.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].value("RoleSessionName").as_deref(), Some("me"));
    assert!(calls[0].header("authorization").unwrap().contains("Credential=AKIAOWN/"));
}

#[test]
fn the_callers_key_wins_where_it_may() {
    let cloud = Cloud::start(&aws(&format!("{KEYS}, allow_override: true"), REGION), |builder, _| builder);
    cloud.world.send(&converse("own").header("authorization", "Bearer sk-sim-own")).expect(200);
    assert_eq!(cloud.authorization("own"), "Bearer sk-sim-own");
    cloud.world.send(&converse("signed"));
    assert_eq!(parts(&cloud.authorization("signed")).0, "AKIAOWN");
}

#[test]
fn the_region_comes_from_the_environment_or_nothing_is_sent() {
    for (name, region) in [("AWS_REGION", "ap-south-1"), ("AWS_DEFAULT_REGION", "sa-east-1")] {
        let cloud = Cloud::start(&aws(KEYS, ""), |builder, _| builder.env(name, region));
        cloud.world.send(&converse("region"));
        assert_eq!(parts(&cloud.authorization("region")).1, region);
    }
    let cloud = Cloud::start(&aws(KEYS, ""), |builder, _| builder);
    let answer: Answer = cloud.world.send(&converse("none"));
    cloud.refused(&answer, "none");
    cloud.world.gateway.wait_for_output("no AWS region is configured");
    assert!(!answer.text().contains("region"), "{}", answer.text());
}

#[test]
fn a_role_that_is_refused_is_told_to_the_log_alone() {
    let role = "bedrock: {aws_region: eu-central-1, aws_assume_role_arn: 'arn:aws:other', \
                aws_sts_endpoint_url: 'http://@IDENTITY@'}";
    let cloud = Cloud::start(&aws(KEYS, role), |builder, _| builder);
    cloud.refused(&cloud.world.send(&converse("refused")), "refused");
    cloud.world.gateway.wait_for_output("answered 403 (AccessDenied)");
}
