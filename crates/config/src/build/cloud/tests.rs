//! Which identity comes of which fields, and what is told about the others.

use auth::{CloudIdentity, Secret};

use crate::{LoadOptions, PluginConfig, load};

const AZURE: &str = "provider: azure, options: {azure_instance: i, azure_deployment_id: d}";
const BEDROCK: &str = "provider: bedrock, name: m";
const GEMINI: &str = "provider: gemini, name: m";

/// The identity of an instance with this `auth` and this model, and the warnings; or all problems.
fn identity(auth: &str, model: &str) -> Result<(Option<CloudIdentity>, String), String> {
    let text = format!(
        "_format_version: '3.0'\nplugins:\n- name: ai-proxy\n  config:\n    route_type: llm/v1/chat\n    \
         model: {{{model}}}\n    auth: {auth}\n"
    );
    let options =
        LoadOptions { environment: &|_| None, ignore_unsupported_plugins: false, identity_defect: &|_| None };
    let told =
        |problems: &[crate::Problem]| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let mut loaded = load(&text, "t", &options).map_err(|problems| told(&problems))?;
    match loaded.configuration.plugins.remove(0).config {
        PluginConfig::AiProxy(proxy) => Ok((proxy.target.unwrap().auth.identity, told(&loaded.warnings))),
        _ => panic!("another plugin"),
    }
}

fn azure(auth: &str) -> Option<(Option<String>, bool, Option<String>)> {
    match identity(auth, AZURE).unwrap().0? {
        CloudIdentity::Azure(azure) => Some((
            azure.client_id.map(String::from),
            azure.client_secret.is_some(),
            azure.tenant_id.map(String::from),
        )),
        _ => panic!("another cloud"),
    }
}

#[test]
fn azure_identities() {
    assert_eq!(azure("{azure_use_managed_identity: true}"), Some((None, false, None)));
    let user_assigned = "{azure_use_managed_identity: true, azure_client_id: c}";
    assert_eq!(azure(user_assigned), Some((Some("c".to_owned()), false, None)));
    let all = Some((Some("c".to_owned()), true, Some("t".to_owned())));
    let trio = "azure_client_id: c, azure_client_secret: s, azure_tenant_id: t";
    assert_eq!(azure(&format!("{{azure_use_managed_identity: true, {trio}}}")), all);
    assert_eq!(azure(&format!("{{{trio}}}")), all, "it can mean nothing else");
    assert_eq!(azure(&format!("{{azure_use_managed_identity: false, {trio}}}")), None);
    assert_eq!(azure("{header_name: api-key, header_value: k}"), None);
    assert_eq!(azure("{}"), None);
    // Beside a key in another header both go out.
    let both = "{header_name: x-gate, header_value: k, azure_use_managed_identity: true}";
    assert_eq!(azure(both), Some((None, false, None)));
}

#[test]
fn half_an_identity_is_told() {
    let told = |auth: &str, model| match identity(auth, model) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    let text =
        told("{azure_use_managed_identity: true, azure_client_id: c, azure_client_secret: CANARY}", AZURE);
    assert!(text.contains("error: ") && text.contains("azure_tenant_id"), "{text}");
    let text = told("{azure_client_id: c}", AZURE);
    assert!(text.contains("warning: ") && text.contains("without 'azure_use_managed_identity'"), "{text}");
    let text = told("{aws_access_key_id: CANARY}", BEDROCK);
    assert!(text.contains("error: ") && text.contains("'auth.aws_secret_access_key'"), "{text}");
    let text = told("{aws_access_key_id: CANARY, aws_secret_access_key: s}", AZURE);
    assert_eq!(text.matches("has no effect: provider azure has no such identity").count(), 2, "{text}");
    let text =
        told("{gcp_service_account_json: CANARY, header_name: x-goog-api-key, header_value: k}", GEMINI);
    assert!(text.contains("without 'gcp_use_service_account'"), "{text}");
    for url in ["metadata", "ftp://a/", "http://", "http://u:p@a/", "http://$(headers.x)/"] {
        let text = told(&format!("{{gcp_use_service_account: true, gcp_metadata_url: '{url}'}}"), GEMINI);
        assert!(text.contains("is not a URL"), "{url} {text}");
    }
    let taken =
        told("{header_name: Authorization, header_value: CANARY, azure_use_managed_identity: true}", AZURE);
    assert!(taken.contains("error: ") && taken.contains("cannot be combined"), "{taken}");
    assert!(!taken.contains("CANARY"), "{taken}");
}

#[test]
fn aws_identities() {
    let found = |auth: &str, options: &str| match identity(
        auth,
        &format!("{BEDROCK}, options: {{bedrock: {{{options}}}}}"),
    )
    .unwrap()
    .0?
    {
        CloudIdentity::Aws(aws) => Some(aws),
        _ => panic!("another cloud"),
    };
    let chain = found("{}", "aws_region: us-east-1").unwrap();
    assert!(chain.keys.is_none() && chain.role.is_none());
    let keys = found("{aws_access_key_id: a, aws_secret_access_key: s}", "").unwrap().keys.unwrap();
    assert_eq!((keys.0.expose(), Secret::expose(&keys.1)), ("a", "s"));
    assert!(found("{header_name: Authorization, header_value: Bearer k}", "").is_none(), "a key of Bedrock");
    assert!(found("{header_name: x-gate, header_value: k}", "").is_none());
    let role =
        "aws_assume_role_arn: 'arn:r', aws_role_session_name: n, aws_sts_endpoint_url: 'https://sts.example'";
    let role = found("{}", role).unwrap().role.unwrap();
    assert_eq!((&*role.arn, role.session_name.as_deref()), ("arn:r", Some("n")));
    assert_eq!(role.sts_url.as_deref(), Some("https://sts.example"));
    let model = format!("{BEDROCK}, options: {{bedrock: {{aws_assume_role_arn: 'arn:$(headers.x)'}}}}");
    let told = identity("{}", &model).err().unwrap();
    assert!(told.contains("cannot have placeholders"), "{told}");
    let model = format!("{BEDROCK}, options: {{bedrock: {{aws_region: US-EAST-1}}}}");
    assert!(identity("{}", &model).err().unwrap().contains("is not the name of a region"));
    let model = format!("{BEDROCK}, options: {{bedrock: {{aws_role_session_name: n}}}}");
    assert!(identity("{}", &model).unwrap().1.contains("without 'aws_assume_role_arn'"));
}

#[test]
fn google_identities() {
    let found = |auth: &str| match identity(auth, GEMINI).unwrap().0? {
        CloudIdentity::Google(google) => Some(google),
        _ => panic!("another cloud"),
    };
    assert!(found("{}").is_none());
    assert!(found("{gcp_use_service_account: true}").unwrap().key.is_none());
    let whole = found(
        "{gcp_use_service_account: true, gcp_service_account_json: '{}', gcp_oauth_token_url: 'http://t/x', \
         gcp_metadata_url: 'http://m:1'}",
    )
    .unwrap();
    assert_eq!(whole.key.unwrap().expose(), "{}");
    assert_eq!(
        (whole.token_url.as_deref(), whole.metadata_url.as_deref()),
        (Some("http://t/x"), Some("http://m:1"))
    );
    assert!(found("{gcp_service_account_json: '{}'}").unwrap().key.is_some());
    assert!(found("{gcp_use_service_account: false, gcp_service_account_json: '{}'}").is_none());
}

#[test]
fn an_identity_that_is_none_is_told_at_its_field() {
    let told = |auth: &str, model: &str, field: &'static str| {
        let text = format!(
            "_format_version: '3.0'\nplugins:\n- name: ai-proxy\n  config:\n    route_type: llm/v1/chat\n    \
             model: {{{model}}}\n    auth:\n      {auth}\n"
        );
        let options = LoadOptions {
            environment: &|_| None,
            ignore_unsupported_plugins: false,
            identity_defect: &|_| Some(crate::IdentityDefect { field, reason: "of a reason" }),
        };
        let problems = load(&text, "t", &options).err().unwrap();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let key = "gcp_service_account_json: CANARY";
    let text = told(key, GEMINI, "gcp_service_account_json");
    assert!(text.starts_with("t:8:33: error: plugins[0].config.auth.gcp_service_account_json"), "{text}");
    assert!(text.contains("is not valid: of a reason") && text.contains("key file"), "{text}");
    assert!(!text.contains("CANARY"), "{text}");
    let model = "provider: bedrock, name: m, options: {bedrock: {aws_assume_role_arn: a, aws_sts_endpoint_url: 'http://h'}}";
    let text = told("{}", model, "aws_sts_endpoint_url");
    assert!(text.contains("model.options.bedrock.aws_sts_endpoint_url"), "{text}");
}
