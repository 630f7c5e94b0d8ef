//! No secret is ever told.

use super::{load_with, with_config};

const CANARY: &str = "c4n4ry-5ecret";

/// Every field that may hold a secret, in documents that are wrong in as many ways as there are.
fn documents() -> Vec<String> {
    let reference = "'{vault://env/secret}'";
    let mut documents = Vec::new();
    for value in [format!("'{CANARY}'"), reference.to_owned(), "'${{ env \"DECK_SECRET\" }}'".to_owned()] {
        for field in [
            "header_value",
            "param_value",
            "aws_access_key_id",
            "aws_secret_access_key",
            "azure_client_secret",
            "gcp_service_account_json",
        ] {
            documents.push(with_config(&format!(
                "{{route_type: llm/v1/chat, model: {{provider: gemini, name: x}}, auth: {{{field}: {value}, \
                 allow_override: true}}}}"
            )));
        }
        documents.push(with_config(&format!(
            "{{route_type: llm/v1/chat, model: {{provider: openai}}, auth: {{header_name: a, header_value: {value}}}, \
             extensions: {{bearer_key: {value}}}}}"
        )));
        documents.push(format!(
            "_format_version: '3.0'\nconsumers:\n- {{username: a, keyauth_credentials: [{{key: {value}}}, \
             {{key: {value}}}]}}\n- {{username: a}}\n"
        ));
    }
    // A value from the environment is secret wherever it stands.
    for field in [
        "route_type: {R}",
        "llm_format: {R}",
        "genai_category: {R}",
        "logging: {log_statistics: {R}}",
        "max_request_body_size: {R}",
        "model: {R}",
        "model: {provider: {R}}",
        "model: {provider: openai, name: {R}, options: {temperature: {R}}}",
        "model: {provider: openai, options: {upstream_url: {R}}}",
        "model: {provider: azure, options: {azure_instance: {R}}}",
        "model: {provider: mistral, options: {mistral_format: {R}}}",
        "auth: {header_name: {R}, header_value: {R}}",
        "auth: {param_location: {R}}",
        "extensions: {allowed_hosts: [{R}], models: [{name: {R}, model: {provider: {R}}}]}",
    ] {
        for value in [reference, "${{ env \"DECK_SECRET\" }}"] {
            documents.push(with_config(&format!("{{{}, x: 1}}", field.replace("{R}", value))));
        }
    }
    for body in [
        "services: [{name: {R}, url: {R}}, {name: {R}, host: {R}, path: {R}, port: {R}, protocol: {R}}]",
        "routes: [{paths: [{R}], hosts: [{R}], methods: [{R}], headers: {a: [{R}]}, snis: [{R}], service: {R}}]",
        "routes: [{paths: [/], service: {name: {R}}, https_redirect_status_code: {R}, protocols: [{R}]}]",
        "consumers: [{username: {R}, groups: [{R}], id: {R}}, {username: {R}, id: {R}}]",
        "plugins: [{name: {R}, service: {R}}, {name: key-auth, config: {anonymous: {R}, realm: {R}, key_names: [{R}]}}]",
        "vaults: [{name: {R}, prefix: {R}}, {name: {R}, prefix: {R}}]",
        "_transform: {R}",
    ] {
        for value in [reference, "${{ env \"DECK_SECRET\" }}"] {
            documents.push(format!("_format_version: '3.0'\n{}\n", body.replace("{R}", value)));
        }
    }
    documents
}

fn environment(secret: &str) -> impl Fn(&str) -> Option<String> {
    move |name| matches!(name, "SECRET" | "DECK_SECRET").then(|| secret.to_owned())
}

#[test]
fn no_problem_holds_a_secret() {
    let mut told = 0;
    for secret in [
        CANARY.to_owned(),
        format!("https://u:{CANARY}@host/{CANARY}?{CANARY}"),
        format!("~({CANARY}\n"),
        format!("$(headers_{CANARY}) $(x.{CANARY})"),
        format!("{{\"{CANARY}\": "),
    ] {
        for text in documents() {
            let problems = match load_with(&text, &environment(&secret)) {
                Ok(loaded) => [loaded.warnings, loaded.unserved].concat(),
                Err(problems) => problems,
            };
            told += problems.len();
            for problem in problems {
                let shown = format!("{problem} {problem:?}");
                assert!(!shown.contains(CANARY), "{shown}\n{text}");
            }
        }
    }
    assert!(told > 300, "{told}");
}

#[test]
fn a_secret_in_a_broken_file_is_not_told() {
    for text in [
        format!("a: 'x\nkey: {CANARY}\n"),
        format!("a: {CANARY}\n b: {CANARY}: c\n"),
        CANARY.to_string(),
        format!("a: [{CANARY}"),
        format!("a: \"{CANARY}\\q\""),
        format!("{{\"a\": \"{CANARY}\" \"b\"}}"),
        format!("- {CANARY}\n"),
        format!("{{\"a\": {CANARY}}}"),
        format!("_format_version: {CANARY}-{CANARY}-{CANARY}-{CANARY}-{CANARY}\n")
            .replace("_format_version", "routes"),
    ] {
        let options = config::LoadOptions {
            environment: &|_| None,
            ignore_unsupported_plugins: false,
            identity_defect: &|_| None,
        };
        for name in ["kong.yaml", "kong.json"] {
            for problem in config::load(&text, name, &options).err().unwrap() {
                assert!(!problem.to_string().contains(CANARY), "{problem}\n{text}");
            }
        }
    }
}
