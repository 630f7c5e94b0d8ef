//! The chain of sources of AWS keys, and roles on top of each.

use std::path::PathBuf;

use auth::{AwsIdentity, AwsRole, CloudIdentity, Secret, civil};

use super::scripted::{Answer, Seen, World, keys, pass};
use crate::IdentityError;
use crate::oauth::unix_seconds;

const INSTANCE: &str = "http://169.254.169.254";

fn chain() -> CloudIdentity {
    CloudIdentity::Aws(AwsIdentity::default())
}

fn configured(id: &str, role: Option<AwsRole>) -> CloudIdentity {
    let keys = Some((Secret::new(id), Secret::new("CANARY-secret")));
    CloudIdentity::Aws(AwsIdentity { keys, role, region: Some("eu-west-1".into()) })
}

fn role(session_name: Option<&str>, sts_url: Option<&str>) -> AwsRole {
    let arn = "arn:aws:iam::1:role/gateway".into();
    AwsRole { arn, session_name: session_name.map(Into::into), sts_url: sts_url.map(Into::into) }
}

fn in_seconds(seconds: u64) -> String {
    let text = civil::compact_date(unix_seconds() + seconds);
    let part = |from: usize, to: usize| &text[from..to];
    let date = format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8));
    format!("{date}T{}:{}:{}Z", part(9, 11), part(11, 13), part(13, 15))
}

fn document(id: &str, seconds: u64) -> Answer {
    let until = in_seconds(seconds);
    Answer::new(
        200,
        format!(
            r#"{{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"{id}","SecretAccessKey":"CANARY-s",
            "Token":"token-of-{id}","Expiration":"{until}"}}"#
        ),
    )
}

fn xml(id: &str) -> Answer {
    let until = in_seconds(3600);
    Answer::new(
        200,
        format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
             <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>CANARY-s</SecretAccessKey>\
             <SessionToken>token-of-{id}</SessionToken><Expiration>{until}</Expiration></Credentials>\
             </AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

/// Everything that AWS has around an instance, a container and STS.
#[expect(clippy::unnecessary_wraps, reason = "a script may fail")]
fn aws(_: usize, call: &Seen) -> Result<Answer, &'static str> {
    let path = call.url.split_once("://").unwrap().1.split_once('/').map_or("", |(_, path)| path);
    Ok(match (call.method.as_str(), path) {
        ("PUT", "latest/api/token") if call.header("x-aws-ec2-metadata-token-ttl-seconds").is_some() => {
            Answer::new(200, "CANARY-session")
        }
        ("GET", path)
            if path.starts_with("latest/")
                && call.header("x-aws-ec2-metadata-token") != Some("CANARY-session") =>
        {
            Answer::new(401, "")
        }
        ("GET", "latest/meta-data/iam/security-credentials/") => Answer::new(200, "role-1\n"),
        ("GET", "latest/meta-data/iam/security-credentials/role-1") => document("ASIAINSTANCE", 6 * 3600),
        ("GET", "creds" | "v2/credentials/x") => document("ASIACONTAINER", 3600),
        ("POST", _) if call.field("Action").as_deref() == Some("AssumeRole") => xml("ASIAROLE"),
        ("POST", _) if call.field("Action").as_deref() == Some("AssumeRoleWithWebIdentity") => xml("ASIAWEB"),
        _ => Answer::new(404, ""),
    })
}

/// The keys that are found, and the calls that it took.
async fn found(
    configured: CloudIdentity,
    environment: &[(&str, &str)],
) -> (Result<String, IdentityError>, Vec<Seen>) {
    let world = World::new(aws);
    let identity = world.identity(configured, environment);
    (identity.grant().await.map(|grant| keys(&grant)), world.seen())
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("identity-aws-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const ENVIRONMENT: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIAENV"),
    ("AWS_SECRET_ACCESS_KEY", "CANARY-env"),
    ("AWS_SESSION_TOKEN", "token-env"),
];
const CONTAINER: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:41/creds");

#[tokio::test(start_paused = true)]
async fn sources_in_their_order() {
    let folder = Folder::new("order");
    let profile =
        folder.file("credentials", "[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=s\n");
    let token = folder.file("token", "CANARY-web");
    let profile = ("AWS_SHARED_CREDENTIALS_FILE", &*profile);
    let web = [("AWS_ROLE_ARN", "arn:web"), ("AWS_WEB_IDENTITY_TOKEN_FILE", &*token)];
    let all: Vec<_> = ENVIRONMENT.into_iter().chain([profile, CONTAINER]).chain(web).collect();
    let (keys, calls) = found(configured("AKIAOWN", None), &all).await;
    assert_eq!((keys.unwrap().as_str(), calls.len()), ("AKIAOWN/", 0));
    let (keys, calls) = found(chain(), &all).await;
    assert_eq!((keys.unwrap().as_str(), calls.len()), ("AKIAENV/token-env", 0));
    let (keys, calls) = found(chain(), &all[3..]).await;
    assert_eq!((keys.unwrap().as_str(), calls.len()), ("AKIAFILE/", 0));
    let (keys, calls) = found(chain(), &all[4..]).await;
    assert_eq!((keys.unwrap().as_str(), calls.len()), ("ASIACONTAINER/token-of-ASIACONTAINER", 1));
    let (keys, calls) = found(chain(), &all[5..]).await;
    assert_eq!((keys.unwrap().as_str(), calls.len()), ("ASIAWEB/token-of-ASIAWEB", 1));
    let (keys, calls) = found(chain(), &[]).await;
    assert_eq!((keys.unwrap().as_str(), calls.len()), ("ASIAINSTANCE/token-of-ASIAINSTANCE", 3));
}

#[tokio::test(start_paused = true)]
async fn configured_keys_that_are_the_environments_have_its_session_token() {
    assert_eq!(found(configured("AKIAENV", None), &ENVIRONMENT).await.0.unwrap(), "AKIAENV/token-env");
    assert_eq!(found(configured("AKIAOTHER", None), &ENVIRONMENT).await.0.unwrap(), "AKIAOTHER/");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_named_and_fails_ends_the_search() {
    let (keys, calls) = found(chain(), &[("AWS_ACCESS_KEY_ID", "AKIAENV")]).await;
    assert_eq!(keys, Err(IdentityError::Unset("AWS_SECRET_ACCESS_KEY")));
    assert!(calls.is_empty());
    let (keys, calls) = found(chain(), &[("AWS_PROFILE", "nobody")]).await;
    assert!(matches!(keys, Err(IdentityError::Invalid("AWS_PROFILE", _))) && calls.is_empty());
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:41/gone");
    let (keys, calls) = found(chain(), &[container]).await;
    assert!(matches!(keys, Err(IdentityError::Refused { status: 404, .. })));
    assert_eq!(calls.len(), 1);
    let web = [("AWS_ROLE_ARN", "arn:web"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token")];
    assert!(matches!(found(chain(), &web).await.0, Err(IdentityError::File(..))));
    let (keys, calls) = found(chain(), &[("AWS_EC2_METADATA_DISABLED", "true")]).await;
    assert!(matches!(keys, Err(IdentityError::NoSource(_))) && calls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_asked_by_the_second_version_of_its_service() {
    let (_, calls) = found(chain(), &[]).await;
    let asked: Vec<_> = calls.iter().map(|call| (call.method.as_str(), call.url.as_str())).collect();
    let roles = format!("{INSTANCE}/latest/meta-data/iam/security-credentials/");
    let token = format!("{INSTANCE}/latest/api/token");
    assert_eq!(asked, [("PUT", &*token), ("GET", &*roles), ("GET", &*format!("{roles}role-1"))]);
    let endpoint = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:41/")];
    assert!(
        found(chain(), &endpoint)
            .await
            .1
            .iter()
            .all(|call| call.url.starts_with("http://127.0.0.1:41/latest/"))
    );
    let mode = [("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6")];
    assert!(found(chain(), &mode).await.1[0].url.starts_with("http://[fd00:ec2::254]/latest/"));
    // Whatever stands for a role's name does not lead elsewhere.
    for name in ["../x", "a/b", "", "a?b", "<html>"] {
        let world = World::new(
            move |number, call| if number == 1 { Ok(Answer::new(200, name)) } else { aws(number, call) },
        );
        assert!(world.identity(chain(), &[]).grant().await.is_err());
        assert_eq!(world.seen().len(), 2, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_container_is_asked_with_its_token() {
    let folder = Folder::new("container");
    let file = folder.file("token", "CANARY-1\n");
    let relative = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x");
    let calls = found(chain(), &[relative]).await.1;
    assert_eq!(
        (calls[0].url.as_str(), calls[0].header("authorization")),
        ("http://169.254.170.2/v2/credentials/x", None)
    );
    let calls = found(chain(), &[CONTAINER, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer CANARY")]).await.1;
    assert_eq!(calls[0].header("authorization"), Some("Bearer CANARY"));
    // Pod identity: the file is rotated.
    let world = World::new(aws);
    let identity = world.identity(chain(), &[CONTAINER, ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file)]);
    identity.grant().await.unwrap();
    folder.file("token", "CANARY-2");
    pass(3010).await;
    let sent: Vec<_> =
        world.seen().iter().map(|call| call.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(sent, ["CANARY-1", "CANARY-2"]);
    for far in ["http://credentials.example/creds", "http://10.0.0.1/creds", "http://169.254.169.254/x"] {
        let (keys, calls) = found(chain(), &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", far)]).await;
        assert!(matches!(keys, Err(IdentityError::Invalid(..))) && calls.is_empty(), "{far}");
    }
    for near in
        ["https://credentials.example/creds", "http://169.254.170.23/creds", "http://[fd00:ec2::23]/creds"]
    {
        let (keys, _) = found(chain(), &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", near)]).await;
        assert!(keys.is_ok(), "{near}");
    }
}

/// gateway.md 9.7, of 3.10: roles.
#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_on_top_of_any_keys() {
    let sts = "http://sts.example:8080/path";
    let (got, calls) = found(configured("AKIAOWN", Some(role(Some("me"), Some(sts)))), &[]).await;
    assert_eq!(got.unwrap(), "ASIAROLE/token-of-ASIAROLE");
    let call = &calls[0];
    assert_eq!((call.method.as_str(), call.url.as_str()), ("POST", sts));
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", "arn:aws:iam::1:role/gateway"),
        ("RoleSessionName", "me"),
        ("DurationSeconds", "3600"),
    ] {
        assert_eq!(call.field(name).as_deref(), Some(value), "{name}");
    }
    let signature = call.header("authorization").unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIAOWN/"), "{signature}");
    assert!(
        signature.contains("/eu-west-1/sts/aws4_request, SignedHeaders=accept;content-type;host;x-amz-date,"),
        "{signature}"
    );
    assert!(call.header("x-amz-date").is_some() && call.header("x-amz-security-token").is_none());

    let of_region = |region: Option<&str>| {
        let region = region.map(Into::into);
        CloudIdentity::Aws(AwsIdentity { keys: None, role: Some(role(None, None)), region })
    };
    // On the keys of an instance, with their session token.
    let (got, calls) = found(of_region(None), &[("AWS_REGION", "us-west-2")]).await;
    assert_eq!(got.unwrap(), "ASIAROLE/token-of-ASIAROLE");
    assert_eq!(calls[3].url, "https://sts.us-west-2.amazonaws.com/");
    assert_eq!(calls[3].header("x-amz-security-token"), Some("token-of-ASIAINSTANCE"));
    assert_eq!(calls[3].field("RoleSessionName").as_deref(), Some("ai-proxy"));
    let calls = found(of_region(Some("cn-north-1")), &ENVIRONMENT).await.1;
    assert_eq!(calls[0].url, "https://sts.cn-north-1.amazonaws.com.cn/");
    let environment: Vec<_> =
        ENVIRONMENT.into_iter().chain([("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:41")]).collect();
    assert_eq!(found(of_region(None), &environment).await.1[0].url, "http://127.0.0.1:41/");
    // On a federated token, on a container.
    let folder = Folder::new("role");
    let token = folder.file("token", "CANARY-web\n");
    let web = [
        ("AWS_ROLE_ARN", "arn:web"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &*token),
        ("AWS_ROLE_SESSION_NAME", "pod"),
    ];
    let calls = found(of_region(None), &web).await.1;
    assert_eq!(calls[0].field("WebIdentityToken").as_deref(), Some("CANARY-web"));
    assert_eq!(calls[0].field("RoleSessionName").as_deref(), Some("pod"));
    assert_eq!(calls[0].header("authorization"), None, "the token is the proof");
    assert_eq!(calls[1].header("x-amz-security-token"), Some("token-of-ASIAWEB"));
    assert_eq!(found(of_region(None), &[CONTAINER]).await.0.unwrap(), "ASIAROLE/token-of-ASIAROLE");
}

#[tokio::test(start_paused = true)]
async fn roles_of_profiles() {
    let folder = Folder::new("profiles");
    let settings = folder.file(
        "config",
        "[profile work]\nrole_arn = arn:work\nsource_profile = base\n[profile box]\nrole_arn = arn:box\n\
         credential_source = Ec2InstanceMetadata\n",
    );
    let keys = folder.file("credentials", "[base]\naws_access_key_id=AKIABASE\naws_secret_access_key=s\n");
    let environment = |profile| {
        [("AWS_CONFIG_FILE", &*settings), ("AWS_SHARED_CREDENTIALS_FILE", &*keys), ("AWS_PROFILE", profile)]
    };
    let (got, calls) = found(chain(), &environment("work")).await;
    assert_eq!(got.unwrap(), "ASIAROLE/token-of-ASIAROLE");
    assert!(calls[0].header("authorization").unwrap().contains("Credential=AKIABASE/"));
    assert_eq!(calls[0].field("RoleArn").as_deref(), Some("arn:work"));
    let (got, calls) = found(chain(), &environment("box")).await;
    assert_eq!((got.unwrap().as_str(), calls.len()), ("ASIAROLE/token-of-ASIAROLE", 4));
    // Keys that are changed in the file are taken up.
    let world = World::new(aws);
    let identity = world.identity(chain(), &environment("base"));
    assert_eq!(super::scripted::keys(&identity.grant().await.unwrap()), "AKIABASE/");
    folder.file("credentials", "[base]\naws_access_key_id=AKIANEW\naws_secret_access_key=s\n");
    pass(310).await;
    assert_eq!(super::scripted::keys(&identity.current().unwrap()), "AKIANEW/");
    folder.file("credentials", "");
    pass(310).await;
    assert_eq!(
        super::scripted::keys(&identity.current().unwrap()),
        "AKIANEW/",
        "half a file changes nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_none_are_refused_without_showing_them() {
    let until = in_seconds(3600);
    let past = "2020-01-01T00:00:00Z";
    let json = |id: &str, until: &str| {
        format!(
            r#"{{"AccessKeyId":"{id}","SecretAccessKey":"CANARY","Token":"CANARY","Expiration":"{until}"}}"#
        )
    };
    let bodies = [
        "CANARY".to_owned(),
        "{}".to_owned(),
        json("", &until),
        json("CANARY x", &until),
        json("A", past),
        json("A", "soon"),
    ];
    for body in bodies {
        let sent = body.clone();
        let world = World::new(move |_, _| Ok(Answer::new(200, sent.clone())));
        let error = world.identity(chain(), &[CONTAINER]).grant().await.err().unwrap();
        assert!(matches!(error, IdentityError::Malformed(..)), "{body}");
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
    }
    for (status, body) in [
        (200, "<AccessKeyId>A</AccessKeyId>".to_owned()),
        (200, xml("CANARY\n1").body),
        (200, xml("A").body.replace("Z</Expiration>", "</Expiration>")),
        (200, xml("A").body.replace("<SessionToken>", "<SessionTok>")),
        (403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>CANARY</Message></Error></ErrorResponse>".to_owned()),
    ] {
        let sent = body.clone();
        let world = World::new(move |_, _| Ok(Answer::new(status, sent.clone())));
        let error = world.identity(configured("AKIA", Some(role(None, None))), &[]).grant().await.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
        let told = error.to_string();
        assert_eq!(told.contains("403 (AccessDenied)"), status == 403, "{told}");
    }
}
