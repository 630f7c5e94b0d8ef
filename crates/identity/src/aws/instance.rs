//! Keys of the role of an EC2 instance, by the second version of its metadata service: with a session token,
//! which a request that was smuggled through a server cannot have.

use std::time::Duration;

use http::Method;
use http::header::HeaderName;

use super::{Found, read_document};
use crate::error::showable;
use crate::fetch::{Call, Caller, Url};
use crate::{Environment, IdentityError};

const ENDPOINT: &str = "the instance metadata service";
const ADDRESS: &str = "http://169.254.169.254";
const ADDRESS_V6: &str = "http://[fd00:ec2::254]";
const VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
/// Where there is no instance, nobody answers.
const PROBE_LIMIT: Duration = Duration::from_secs(2);
const TTL: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");

pub(super) async fn keys(environment: &Environment, caller: &Caller) -> Result<Found, IdentityError> {
    if environment.is_true("AWS_EC2_METADATA_DISABLED") {
        return Err(IdentityError::Invalid("AWS_EC2_METADATA_DISABLED", "the environment forbids to ask"));
    }
    let base = Url::from_setting(VARIABLE, &address(environment))?;
    let to = |path: &str| base.clone().with_target(path);
    let session = Call::nearby(Method::PUT, to("/latest/api/token")).header(TTL, "21600").within(PROBE_LIMIT);
    let session = caller.body(ENDPOINT, session, |_| None).await?;
    let malformed = |reason| IdentityError::Malformed(ENDPOINT, reason);
    let session = std::str::from_utf8(&session).map_err(|_| malformed("the session token is no text"))?;
    let ask = |path: &str| Call::nearby(Method::GET, to(path)).secret_header(ENDPOINT, TOKEN, session);
    let roles = caller.body(ENDPOINT, ask(ROLES)?, |_| None).await?;
    let role = std::str::from_utf8(&roles).ok().and_then(|roles| roles.lines().next()).unwrap_or_default();
    // A name of IAM: it becomes a segment of the path.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    let role = role.trim();
    if role.is_empty() || role.starts_with('.') || !role.bytes().all(plain) {
        return Err(malformed("the instance has no role"));
    }
    let body = caller.body(ENDPOINT, ask(&format!("{ROLES}{role}"))?, code).await?;
    read_document(ENDPOINT, &body)
}

fn address(environment: &Environment) -> String {
    if let Some(address) = environment.value(VARIABLE) {
        return address;
    }
    let mode = environment.value("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").unwrap_or_default();
    if mode.eq_ignore_ascii_case("ipv6") { ADDRESS_V6 } else { ADDRESS }.to_owned()
}

fn code(body: &[u8]) -> Option<Box<str>> {
    #[derive(serde::Deserialize)]
    struct Refusal {
        #[serde(rename = "Code")]
        code: String,
    }
    serde_json::from_slice::<Refusal>(body).ok().and_then(|refusal| showable(&refusal.code))
}
