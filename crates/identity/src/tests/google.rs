//! What is asked of Google's token endpoint and of the metadata server.

use auth::{CloudIdentity, GoogleIdentity, Secret};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::scripted::{Answer, Seen, World, bearer, pass};
use crate::IdentityError;
use crate::oauth::unix_seconds;

/// A key file, and the key that checks what it signs.
fn account(more: &Value) -> (String, Vec<u8>) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = pair.as_der().unwrap();
    let der: &[u8] = der.as_ref();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    let mut file = json!({
        "type": "service_account", "client_email": "me@project.example", "private_key": pem,
        "private_key_id": "key-1", "project_id": "p"
    });
    for (name, value) in more.as_object().unwrap() {
        file[name] = value.clone();
    }
    (file.to_string(), pair.public_key().as_ref().to_vec())
}

fn google(key: Option<&str>, token_url: Option<&str>, metadata_url: Option<&str>) -> CloudIdentity {
    CloudIdentity::Google(GoogleIdentity {
        key: key.map(Secret::new),
        token_url: token_url.map(Into::into),
        metadata_url: metadata_url.map(Into::into),
    })
}

async fn asked(configured: CloudIdentity, environment: &[(&str, &str)]) -> Seen {
    let world = World::new(|_, _| Ok(Answer::token("ya29.t", 3600)));
    let identity = world.identity(configured, environment);
    assert_eq!(bearer(&identity.grant().await.unwrap()), "Bearer ya29.t");
    let mut seen = world.seen();
    assert_eq!(seen.len(), 1);
    seen.remove(0)
}

/// Checks the signature of a statement; gives its header and claims.
fn checked(assertion: &str, public: &[u8]) -> (Value, Value) {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (read(header), read(claims))
}

#[tokio::test(start_paused = true)]
async fn a_service_account_signs_for_its_token() {
    let (file, public) = account(&json!({}));
    let call = asked(google(Some(&file), None, None), &[]).await;
    assert_eq!((call.method.as_str(), call.url.as_str()), ("POST", "https://oauth2.googleapis.com/token"));
    assert_eq!(call.field("grant_type").as_deref(), Some("urn:ietf:params:oauth:grant-type:jwt-bearer"));
    let (header, claims) = checked(&call.field("assertion").unwrap(), &public);
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
    assert_eq!(claims["iss"], "me@project.example");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(claims["aud"], "https://oauth2.googleapis.com/token");
    let issued = claims["iat"].as_u64().unwrap();
    assert!(issued.abs_diff(unix_seconds()) < 5);
    assert_eq!(claims["exp"], issued + 3600);
}

#[tokio::test(start_paused = true)]
async fn custom_addresses_of_restricted_networks() {
    let (file, public) = account(&json!({"token_uri": "https://tokens.example/v4/token"}));
    let call = asked(google(Some(&file), None, None), &[]).await;
    assert_eq!(call.url, "https://tokens.example/v4/token");
    // A custom address is where the statement is sent; whom it is made out to does not change.
    let call = asked(google(Some(&file), Some("http://inside.example:8080/oauth"), None), &[]).await;
    assert_eq!(call.url, "http://inside.example:8080/oauth");
    let (_, claims) = checked(&call.field("assertion").unwrap(), &public);
    assert_eq!(claims["aud"], "https://tokens.example/v4/token");
    assert_eq!(asked(google(Some(&file), Some("http://inside"), None), &[]).await.url, "http://inside/token");

    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    let url = |url: &str| format!("{url}{path}");
    let call = asked(google(None, None, None), &[]).await;
    assert_eq!(call.url, url("http://metadata.google.internal"));
    assert_eq!((call.method.as_str(), call.header("metadata-flavor")), ("GET", Some("Google")));
    let host = [("GCE_METADATA_HOST", "127.0.0.1:41")];
    assert_eq!(asked(google(None, None, None), &host).await.url, url("http://127.0.0.1:41"));
    assert_eq!(
        asked(google(None, None, Some("http://m.example:1/")), &host).await.url,
        url("http://m.example:1")
    );
    assert_eq!(asked(google(None, None, Some("http://m/own/token")), &host).await.url, "http://m/own/token");
}

/// gateway.md 9.7, of 3.14.0.8: the metadata server was probed although a key was given.
#[tokio::test(start_paused = true)]
async fn the_metadata_server_is_not_probed_where_a_key_is_given() {
    let (file, _) = account(&json!({}));
    let world = World::new(|_, _| Ok(Answer::new(500, "")));
    for (key, environment) in [
        (Some(&*file), vec![]),
        (None, vec![("GCP_SERVICE_ACCOUNT", &*file)]),
        (None, vec![("GCP_SERVICE_ACCOUNT", "broken")]),
    ] {
        let identity = world.identity(google(key, None, None), &environment);
        assert!(identity.grant().await.is_err());
        pass(20).await;
    }
    let seen = world.seen();
    assert!(seen.len() > 2 && seen.iter().all(|call| !call.url.contains("computeMetadata")), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn the_order_of_methods() {
    let (own, _) = account(&json!({"token_uri": "http://own/t"}));
    let (file, _) = account(&json!({"token_uri": "http://file/t"}));
    let folder = std::env::temp_dir().join(format!("identity-google-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("key.json");
    std::fs::write(&path, file).unwrap();
    let (key, file) =
        (("GCP_SERVICE_ACCOUNT", &*own), ("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap()));
    let adc = ("GCP_AUTH_METHOD_ORDER", "adc");
    let any = || google(None, None, None);
    assert_eq!(asked(any(), &[key, file]).await.url, "http://own/t");
    assert_eq!(asked(any(), &[key, file, adc]).await.url, "http://file/t");
    assert_eq!(asked(any(), &[file]).await.url, "http://file/t");
    assert!(asked(any(), &[key, adc]).await.url.contains("computeMetadata"));
    // Preferred does not mean that nothing else is taken.
    let world = World::new(|number, _| if number == 0 { Err("no host") } else { Ok(Answer::token("t", 60)) });
    world.identity(any(), &[key, adc]).grant().await.unwrap();
    assert_eq!(world.seen()[1].url, "http://own/t");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// 3.12.0.3: the token was refreshed too late.
#[tokio::test(start_paused = true)]
async fn googles_token_is_refreshed_before_it_expires() {
    let (file, _) = account(&json!({}));
    let world = World::new(|number, _| Ok(Answer::token(&format!("t{number}"), 3599)));
    let identity = world.identity(google(Some(&file), None, None), &[]);
    identity.grant().await.unwrap();
    pass(3000).await;
    assert_eq!(bearer(&identity.current().unwrap()), "Bearer t1");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_none_is_told_without_showing_it() {
    let world = World::new(|_, _| Err("nothing is asked"));
    let identities = world.identities(&[]);
    let (good, _) = account(&json!({}));
    let without = |name: &str| {
        let mut file: Value = serde_json::from_str(&good).unwrap();
        file.as_object_mut().unwrap().remove(name);
        file.to_string()
    };
    let files = [
        "CANARY".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        without("client_email"),
        without("private_key"),
        account(&json!({"type": "authorized_user"})).0,
        account(&json!({"private_key": "CANARY"})).0,
        account(&json!({"private_key": "-----BEGIN PRIVATE KEY-----\nQ0FOQVJZ\n-----END PRIVATE KEY-----"}))
            .0,
        account(&json!({"token_uri": "CANARY"})).0,
    ];
    for file in &files {
        let error = identities.identity(google(Some(file), None, None), true).err().unwrap();
        assert!(matches!(error, IdentityError::Invalid("gcp_service_account_json", _)), "{error}");
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
        let identity = world.identity(google(None, None, None), &[("GCP_SERVICE_ACCOUNT", file)]);
        assert!(matches!(identity.grant().await, Err(IdentityError::Invalid("GCP_SERVICE_ACCOUNT", _))));
    }
}

#[test]
fn what_is_no_key_is_a_defect_without_anybody_being_asked() {
    let field = "gcp_service_account_json";
    let (good, _) = account(&json!({}));
    assert_eq!(crate::defect(&google(Some(&good), None, None)), None);
    let without = |name: &str| {
        let mut file: Value = serde_json::from_str(&good).unwrap();
        file.as_object_mut().unwrap().remove(name);
        file.to_string()
    };
    for bad in [
        "CANARY".to_owned(),
        "{}".to_owned(),
        without("client_email"),
        without("private_key"),
        account(
            &json!({"private_key": "-----BEGIN PRIVATE KEY-----\nQ0FOQVJZ\n-----END PRIVATE KEY-----\n"}),
        )
        .0,
        account(&json!({"type": "authorized_user"})).0,
    ] {
        let (found, reason) = crate::defect(&google(Some(&bad), None, None)).unwrap();
        assert_eq!(found, field);
        assert!(!reason.contains("CANARY"), "{reason}");
    }
    let url = crate::defect(&google(Some(&good), Some("http://[::1"), None));
    assert_eq!(url.map(|(found, _)| found), Some("gcp_oauth_token_url"));
}
