//! What is asked of Entra and of the hosts' own endpoints.

use auth::{AzureIdentity, CloudIdentity, Secret};

use super::scripted::{Answer, World, bearer, client, pass};
use crate::{Identities, IdentityError};

fn host(client_id: Option<&str>) -> CloudIdentity {
    let client_id = client_id.map(Into::into);
    CloudIdentity::Azure(AzureIdentity { client_id, client_secret: None, tenant_id: None })
}

/// The only call that a first token takes.
async fn asked(configured: CloudIdentity, environment: &[(&str, &str)]) -> super::scripted::Seen {
    let world = World::new(|_, _| Ok(Answer::token("t", 3600)));
    let identity = world.identity(configured, environment);
    assert_eq!(bearer(&identity.grant().await.unwrap()), "Bearer t");
    let mut seen = world.seen();
    assert_eq!(seen.len(), 1);
    seen.remove(0)
}

/// gateway.md 9.2, of 3.11: credentials and resource of the identity were wrong.
#[tokio::test(start_paused = true)]
async fn a_client_with_its_secret_asks_for_the_right_scope() {
    let call = asked(client(), &[]).await;
    assert_eq!(call.method, "POST");
    assert_eq!(call.url, "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token");
    assert_eq!(call.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(call.field("grant_type").as_deref(), Some("client_credentials"));
    assert_eq!(call.field("client_id").as_deref(), Some("client-1"));
    assert_eq!(call.field("client_secret").as_deref(), Some("CANARY-secret"));
    assert_eq!(call.field("scope").as_deref(), Some("https://cognitiveservices.azure.com/.default"));

    let call = asked(client(), &[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")]).await;
    assert_eq!(call.url, "https://login.microsoftonline.us/tenant-1/oauth2/v2.0/token");
    assert_eq!(call.field("scope").as_deref(), Some("https://cognitiveservices.azure.us/.default"));
}

#[tokio::test(start_paused = true)]
async fn the_identity_of_a_virtual_machine() {
    let call = asked(host(None), &[]).await;
    assert_eq!(
        call.url,
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&\
         resource=https%3A%2F%2Fcognitiveservices.azure.com"
    );
    assert_eq!((call.method.as_str(), call.header("metadata")), ("GET", Some("true")));
    let call = asked(host(Some("user-1")), &[]).await;
    assert_eq!(call.argument("client_id").as_deref(), Some("user-1"));
    assert_eq!(call.argument("resource").as_deref(), Some("https://cognitiveservices.azure.com"));
}

#[tokio::test(start_paused = true)]
async fn the_identity_of_an_app_service() {
    let environment =
        [("IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi/token"), ("IDENTITY_HEADER", "CANARY-header")];
    let call = asked(host(Some("user-1")), &environment).await;
    assert!(
        call.url.starts_with("http://127.0.0.1:41/msi/token?api-version=2019-08-01&resource="),
        "{}",
        call.url
    );
    assert_eq!(call.header("x-identity-header"), Some("CANARY-header"));
    assert_eq!(call.header("metadata"), None);
    assert_eq!(call.argument("client_id").as_deref(), Some("user-1"));
    let world = World::new(|_, _| Ok(Answer::token("t", 3600)));
    let identity = world.identity(host(None), &[("IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi/token")]);
    assert_eq!(identity.grant().await.err(), Some(IdentityError::Unset("IDENTITY_HEADER")));
}

/// A token that was read once is refused after its rotation.
#[tokio::test(start_paused = true)]
async fn a_workloads_token_file_is_read_anew_every_time() {
    let folder = std::env::temp_dir().join(format!("identity-workload-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("token");
    std::fs::write(&file, "CANARY-first\n").unwrap();
    let world = World::new(|number, _| Ok(Answer::token(&format!("t{number}"), 3600)));
    let environment = [
        ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap()),
        ("AZURE_CLIENT_ID", "workload-1"),
        ("AZURE_TENANT_ID", "tenant-2"),
        ("AZURE_AUTHORITY_HOST", "https://login.example/"),
    ];
    let identity = world.identity(host(None), &environment);
    identity.grant().await.unwrap();
    std::fs::write(&file, "CANARY-second\n").unwrap();
    pass(3010).await;
    let seen = world.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].url, "https://login.example/tenant-2/oauth2/v2.0/token");
    assert_eq!(seen[0].field("client_id").as_deref(), Some("workload-1"));
    assert_eq!(
        seen[0].field("client_assertion_type").as_deref(),
        Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    );
    assert_eq!(seen[0].field("client_assertion").as_deref(), Some("CANARY-first"));
    assert_eq!(seen[1].field("client_assertion").as_deref(), Some("CANARY-second"));
    // A client of the configuration counts before that of the environment.
    let other = world.identity(host(Some("own-1")), &environment);
    other.grant().await.unwrap();
    assert_eq!(world.seen()[2].field("client_id").as_deref(), Some("own-1"));
    std::fs::remove_dir_all(&folder).unwrap();
    let missing = world.identity(host(Some("own-2")), &environment);
    assert!(matches!(missing.grant().await, Err(IdentityError::File(..))));
}

#[test]
fn a_tenant_cannot_lead_elsewhere() {
    let world = World::new(|_, _| Err("nothing is asked"));
    let identities: Identities = world.identities(&[]);
    for tenant in ["../x", "a/b", "a?b", "a#b", ".."] {
        let configured = CloudIdentity::Azure(AzureIdentity {
            client_id: Some("c".into()),
            client_secret: Some(Secret::new("CANARY")),
            tenant_id: Some(tenant.into()),
        });
        let error = identities.identity(configured, true).err().unwrap().to_string();
        assert!(error.starts_with("azure_tenant_id is not valid"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn azure_arc_is_refused_with_what_is_supported() {
    let endpoint = ("IDENTITY_ENDPOINT", "http://localhost:40342/metadata/identity/oauth2/token");
    let world = World::new(|_, _| Ok(Answer::token("t", 3600)));
    let arc = world.identity(host(None), &[endpoint, ("IMDS_ENDPOINT", "http://localhost:40342")]);
    let told = arc.grant().await.err().unwrap().to_string();
    assert!(told.contains("Azure Arc") && told.contains("use a client with its secret"), "{told}");
    let half = world.identity(host(Some("c")), &[endpoint]);
    assert_eq!(half.grant().await.err(), Some(IdentityError::Unset("IDENTITY_HEADER")));
    assert!(world.seen().is_empty(), "nobody was asked");
}
