//! Each endpoint: what it wants of a call, and what it gives.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::TokenCall;

const RESOURCE: &str = "https://cognitiveservices.azure.com";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const GOOGLE: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
const SESSION: &str = "CANARY-imds-session";

/// What every kind of endpoint can say when it fails.
pub(super) fn error() -> String {
    let description = "AADSTS90033: a service is temporarily unavailable, CANARY-description";
    json!({"error": "temporarily_unavailable", "error_description": description}).to_string()
}

/// Status and body.
pub(super) fn answer(call: &TokenCall, number: u64, seconds: u64) -> (u16, String) {
    let token = |kind: &str| format!("sk-sim-{kind}-CANARY-{number}");
    let given = |name: &str| call.value(name).unwrap_or_default();
    match (call.method.as_str(), call.path()) {
        ("POST", path) if path.ends_with("/oauth2/v2.0/token") => entra(call, &token("entra"), seconds),
        ("GET", "/metadata/identity/oauth2/token") => {
            let right = call.header("metadata") == Some("true")
                && given("api-version") == "2018-02-01"
                && given("resource") == RESOURCE;
            let kind = if given("client_id").is_empty() { "system" } else { "user" };
            // As a text, which is how this endpoint writes it.
            let body = json!({"access_token": token(kind), "expires_in": seconds.to_string(), "token_type": "Bearer"});
            checked(right, body.to_string())
        }
        ("GET", "/msi/token") => {
            let right = call.header("x-identity-header") == Some("CANARY-identity-header")
                && given("api-version") == "2019-08-01"
                && given("resource") == RESOURCE;
            let until = unix_seconds() + seconds;
            let body = json!({"access_token": token("app"), "expires_on": until.to_string(), "token_type": "Bearer"});
            checked(right, body.to_string())
        }
        ("POST", "/token") => {
            let right = given("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer"
                && given("assertion").split('.').filter(|part| !part.is_empty()).count() == 3;
            let body =
                json!({"access_token": token("google"), "expires_in": seconds, "token_type": "Bearer"});
            checked(right, body.to_string())
        }
        ("GET", GOOGLE) => {
            let right = call.header("metadata-flavor") == Some("Google");
            let body =
                json!({"access_token": token("machine"), "expires_in": seconds, "token_type": "Bearer"});
            checked(right, body.to_string())
        }
        _ => aws(call, number, seconds),
    }
}

fn checked(right: bool, body: String) -> (u16, String) {
    if right { (200, body) } else { (400, json!({"error": "invalid_request"}).to_string()) }
}

fn entra(call: &TokenCall, token: &str, seconds: u64) -> (u16, String) {
    let given = |name: &str| call.value(name).unwrap_or_default();
    let form = call.header("content-type") == Some("application/x-www-form-urlencoded")
        && given("grant_type") == "client_credentials"
        && given("scope") == format!("{RESOURCE}/.default");
    let assertion = given("client_assertion_type")
        == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        && given("client_assertion").starts_with("CANARY-assertion");
    if !form {
        return checked(false, String::new());
    }
    if given("client_id").is_empty() || !(assertion || given("client_secret").starts_with("CANARY-secret")) {
        let description = "AADSTS7000215: Invalid client secret provided, CANARY-description";
        let refusal = json!({"error": "invalid_client", "error_description": description});
        return (401, refusal.to_string());
    }
    let body = json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token});
    (200, body.to_string())
}

fn aws(call: &TokenCall, number: u64, seconds: u64) -> (u16, String) {
    let keys = |kind: &str| {
        let until = utc(unix_seconds() + seconds);
        let secret = format!("CANARY-{kind}-{number}");
        json!({"Code": "Success", "AccessKeyId": format!("ASIA{kind}{number}"), "SecretAccessKey": secret,
               "Token": format!("CANARY-session-of-{kind}-{number}"), "Expiration": until})
    };
    let in_session = call.header("x-aws-ec2-metadata-token") == Some(SESSION);
    match (call.method.as_str(), call.path()) {
        ("PUT", "/latest/api/token") if call.header("x-aws-ec2-metadata-token-ttl-seconds").is_some() => {
            (200, SESSION.to_owned())
        }
        ("GET", path) if path.starts_with("/latest/") && !in_session => (401, String::new()),
        ("GET", ROLES) => (200, "role-of-instance".to_owned()),
        ("GET", path) if path.strip_prefix(ROLES) == Some("role-of-instance") => {
            (200, keys("INSTANCE").to_string())
        }
        ("GET", "/v1/credentials") if call.header("authorization") == Some("CANARY-container") => {
            (200, keys("CONTAINER").to_string())
        }
        ("POST", "/") => sts(call, &keys("ROLE")),
        _ => (404, String::new()),
    }
}

fn sts(call: &TokenCall, keys: &serde_json::Value) -> (u16, String) {
    let given = |name: &str| call.value(name).unwrap_or_default();
    let signed = call.header("authorization").is_some_and(|value| {
        value.starts_with("AWS4-HMAC-SHA256 Credential=")
            && value.contains("/sts/aws4_request, SignedHeaders=")
    });
    let allowed = match given("Action").as_str() {
        "AssumeRole" => signed && call.header("x-amz-date").is_some(),
        "AssumeRoleWithWebIdentity" => !signed && given("WebIdentityToken").starts_with("CANARY-assertion"),
        _ => false,
    };
    let complete = given("Version") == "2011-06-15"
        && given("RoleArn").starts_with("arn:aws:iam::")
        && !given("RoleSessionName").is_empty();
    if !allowed || !complete {
        let text = "<Error><Code>AccessDenied</Code><Message>CANARY-message</Message></Error>";
        return (403, format!("<ErrorResponse>{text}</ErrorResponse>"));
    }
    let element =
        |name: &str, from: &str| format!("<{name}>{}</{name}>", keys[from].as_str().unwrap_or_default());
    let parts = [
        element("AccessKeyId", "AccessKeyId"),
        element("SecretAccessKey", "SecretAccessKey"),
        element("SessionToken", "Token"),
        element("Expiration", "Expiration"),
    ];
    (
        200,
        format!("<R><AssumeRoleResult><Credentials>{}</Credentials></AssumeRoleResult></R>", parts.concat()),
    )
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// `2013-05-24T00:00:00Z`, counted day by day.
fn utc(unix_seconds: u64) -> String {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut days, rest) = (unix_seconds / 86_400, unix_seconds % 86_400);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn days_are_counted_right() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(1_709_164_799), "2024-02-28T23:59:59Z");
        assert_eq!(utc(1_709_164_800), "2024-02-29T00:00:00Z");
        assert_eq!(utc(1_767_225_600), "2026-01-01T00:00:00Z");
    }
}
