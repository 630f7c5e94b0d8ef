//! Signatures against AWS's documented examples, and against those that its Python SDK makes of the same requests.

use super::*;
use crate::Scheme;

const DAY: u64 = 1_440_938_160; // 20150830T123600Z
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE//token==";

fn keys(token: Option<&str>) -> AwsKeys {
    AwsKeys::new("AKIDEXAMPLE", SECRET, token).unwrap()
}

fn signature_of(authorization: &Secret) -> String {
    authorization.expose().rsplit_once("Signature=").unwrap().1.to_owned()
}

/// Signs for a service that this crate has no name for.
fn documented(service: &str, authority: &str, query: &str, headers: &[(&str, &[u8])]) -> String {
    let request = AwsRequest { method: "GET", authority, path: "/", query: Some(query), headers };
    let mut all = headers.to_vec();
    all.push(("host", authority.as_bytes()));
    all.push(("x-amz-date", b"20150830T123600Z"));
    let payload = PayloadHash::of([]);
    let (keys, path) = (keys(None), canonical::Path::Twice("/"));
    signature_of(&authorization(
        &keys,
        "us-east-1",
        service,
        "20150830T123600Z",
        &request,
        path,
        all,
        &payload,
    ))
}

#[test]
fn documented_examples() {
    let form = b"application/x-www-form-urlencoded; charset=utf-8".as_slice();
    assert_eq!(
        documented(
            "iam",
            "iam.amazonaws.com",
            "Action=ListUsers&Version=2010-05-08",
            &[("content-type", form)]
        ),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
    assert_eq!(
        documented("service", "example.amazonaws.com", "", &[]),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    );
}

#[test]
fn the_documented_example_of_s3() {
    let host = "examplebucket.s3.amazonaws.com";
    let signer = AwsSigner::new(HostBinding::exact(Scheme::Https, host, 443), AwsService::S3);
    let keys =
        AwsKeys::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None).unwrap();
    let request = AwsRequest {
        method: "GET",
        authority: host,
        path: "/test.txt",
        query: None,
        headers: &[("range", b"bytes=0-9")],
    };
    let bound = signer.for_host(Origin { scheme: Scheme::Https, host, port: 443 }).ok().unwrap();
    let made = bound.sign(&keys, "us-east-1", &request, &PayloadHash::of([]), 1_369_353_600).unwrap();
    assert_eq!(
        made.authorization.expose(),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
         Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
    assert_eq!(made.date, "20130524T000000Z");
    assert!(made.content_sha256.unwrap().starts_with("e3b0c44298fc"));

    // A key with characters that are escaped is not escaped twice.
    let host = "examplebucket.s3.eu-west-1.amazonaws.com";
    let signer = AwsSigner::new(HostBinding::exact(Scheme::Https, host, 443), AwsService::S3);
    let request = AwsRequest {
        method: "PUT",
        authority: host,
        path: "/dir/a%20b%2Bc%3A1.jsonl",
        query: Some("x-id=PutObject"),
        headers: &[("content-type", b"application/jsonl")],
    };
    let bound = signer.for_host(Origin { scheme: Scheme::Https, host, port: 443 }).ok().unwrap();
    let payload = PayloadHash::of([b"{}".as_slice(), b"\n"]);
    let made = bound.sign(&keys, "us-east-1", &request, &payload, 1_369_353_600).unwrap();
    assert_eq!(
        signature_of(&made.authorization),
        "0146584a1f231f17e0de16b2e9e6ea7ec243062d934d8b673a3a85c1549e7f44"
    );
}

/// The signature of a request to Bedrock (or STS) as the Python SDK makes it too.
fn signed(
    service: AwsService,
    region: &str,
    token: Option<&str>,
    request: AwsRequest<'_>,
    body: &[u8],
) -> (String, String) {
    let (scheme, host, port) = match request.authority.split_once(':') {
        Some((host, port)) => (Scheme::Http, host, port.parse().unwrap()),
        None => (Scheme::Https, request.authority, 443),
    };
    let signer = AwsSigner::new(HostBinding::exact(scheme, host, port), service);
    let bound = signer.for_host(Origin { scheme, host, port }).ok().unwrap();
    let keys = keys(token);
    let made = bound.sign(&keys, region, &request, &PayloadHash::of(body.chunks(3)), DAY).unwrap();
    let names = made.authorization.expose().split("SignedHeaders=").nth(1).unwrap();
    (names.split(',').next().unwrap().to_owned(), signature_of(&made.authorization))
}

const JSON: &[(&str, &[u8])] = &[("content-type", b"application/json")];

#[test]
fn colons_and_slashes_of_an_identifier_are_escaped_twice() {
    let request = AwsRequest {
        method: "POST",
        authority: "bedrock-runtime.us-east-1.amazonaws.com",
        path: "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
        query: None,
        headers: JSON,
    };
    let (names, signature) = signed(AwsService::Bedrock, "us-east-1", None, request, br#"{"messages":[]}"#);
    assert_eq!(names, "content-type;host;x-amz-date");
    assert_eq!(signature, "dba7f2f77cc33808be655f27b8ebf1d1b1d77751fc96dad0bd71e020cb07c442");

    let request = AwsRequest {
        authority: "bedrock-runtime.eu-central-1.amazonaws.com",
        path: "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2F\
               eu.anthropic.claude-3-5-sonnet-20240620-v1%3A0/converse-stream",
        ..request
    };
    let body = r#"{"messages":[{"role":"user","content":[{"text":"hä"}]}]}"#;
    let (names, signature) =
        signed(AwsService::Bedrock, "eu-central-1", Some(TOKEN), request, body.as_bytes());
    assert_eq!(names, "content-type;host;x-amz-date;x-amz-security-token");
    assert_eq!(signature, "7807e69ecde2986c5fda177eb359a783f998b66d9c0906abd40b425d037a12ae");
}

#[test]
fn headers_of_aws_are_signed_with_their_spaces_folded() {
    let request = AwsRequest {
        method: "POST",
        authority: "bedrock-runtime.us-west-2.amazonaws.com",
        path: "/model/m/invoke",
        query: None,
        headers: &[
            ("x-amzn-bedrock-guardrailidentifier", b"  g  1 "),
            ("content-type", b"application/json"),
            ("accept", b"application/json"),
        ],
    };
    let (names, signature) = signed(AwsService::Bedrock, "us-west-2", Some(TOKEN), request, b"{}");
    assert_eq!(
        names,
        "accept;content-type;host;x-amz-date;x-amz-security-token;x-amzn-bedrock-guardrailidentifier"
    );
    assert_eq!(signature, "7b46885f6131dcdc9153dc2813d5278cb7ce6e686c492414bc71c8f57ab4f9be");
}

#[test]
fn queries_are_sorted_and_paths_cleaned() {
    let request = AwsRequest {
        method: "GET",
        authority: "bedrock-runtime.us-west-2.amazonaws.com",
        path: "/async-invoke",
        query: Some("statusEquals=InProgress&maxResults=10&nextToken=a%2fb%3D"),
        headers: &[],
    };
    assert_eq!(
        signed(AwsService::Bedrock, "us-west-2", None, request, b"").1,
        "be5be9ef334a5504e04053939f61f757f315a89252ec1974d95cb4efc62cd6d0"
    );
    let request = AwsRequest {
        method: "POST",
        authority: "127.0.0.1:8080",
        path: "//model//m/invoke/",
        query: None,
        headers: JSON,
    };
    assert_eq!(
        signed(AwsService::Bedrock, "us-west-2", None, request, b"{}").1,
        "cc992554384a1826c1b6fad94913fc945a7a00bd15aa14559f8e068213994dc3"
    );
}

#[test]
fn calls_of_sts() {
    let request = AwsRequest {
        method: "POST",
        authority: "sts.us-east-1.amazonaws.com",
        path: "/",
        query: None,
        headers: &[("content-type", b"application/x-www-form-urlencoded")],
    };
    let body = b"Action=AssumeRole&Version=2011-06-15";
    assert_eq!(
        signed(AwsService::Sts, "us-east-1", None, request, body).1,
        "611ca0c42aaa88a35e2fd0db6428d316a30b476dbaa242b414f9d00dbaf97422"
    );
}

#[test]
fn a_signer_for_a_host_signs_for_no_other() {
    let host = "bedrock-runtime.us-east-1.amazonaws.com";
    let signer = AwsSigner::new(HostBinding::exact(Scheme::Https, host, 443), AwsService::Bedrock);
    let origin = Origin { scheme: Scheme::Https, host, port: 443 };
    assert!(signer.for_host(origin).is_ok());
    for foreign in [
        Origin { host: "bedrock-runtime.us-west-2.amazonaws.com", ..origin },
        Origin { host: "evil.example", ..origin },
        Origin { scheme: Scheme::Http, ..origin },
        Origin { port: 8443, ..origin },
    ] {
        assert!(signer.for_host(foreign).is_err());
    }
}

#[test]
fn a_region_cannot_change_the_scope() {
    let signer = AwsSigner::new(HostBinding::exact(Scheme::Https, "h.example", 443), AwsService::Bedrock);
    let bound = signer.for_host(Origin { scheme: Scheme::Https, host: "h.example", port: 443 }).ok().unwrap();
    let request = AwsRequest { method: "GET", authority: "h.example", path: "/", query: None, headers: &[] };
    let (keys, payload) = (keys(None), PayloadHash::of([]));
    for region in ["", "us-east-1/s3", "us east", "US-EAST-1", "a\n", &"a".repeat(64)] {
        assert!(bound.sign(&keys, region, &request, &payload, DAY).is_err(), "{region}");
    }
}
