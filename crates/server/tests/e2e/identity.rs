//! Cloud identities: whose token or signature goes upstream, and what happens when there is none. The lines of the
//! checklist that a test is for are named with it.

#[path = "identity/aws.rs"]
mod aws;
#[path = "identity/azure.rs"]
mod azure;
#[path = "identity/google.rs"]
mod google;
#[path = "identity/secrets.rs"]
mod secrets;
#[path = "identity/time.rs"]
mod time;
#[path = "identity/trust.rs"]
mod trust;

use testkit::{Answer, Call, GatewayBuilder, IdentityProvider};

use crate::world::{World, body};

/// One route `/chat` to a simulated Azure; `auth` is the mapping's inside, `more` further lines of the service.
fn azure(auth: &str, more: &str) -> String {
    format!(
        r#"_format_version: "3.0"
services:
  - name: llm
    url: http://localhost
    {more}
    routes:
      - name: chat
        paths: [/chat]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              auth: {{{auth}}}
              model:
                provider: azure
                name: gpt-4o
                options:
                  azure_instance: dummy
                  azure_deployment_id: d1
                  azure_api_version: 2024-10-21
                  upstream_url: "http://@UPSTREAM@/openai/deployments/d1/chat/completions"
"#
    )
}

/// A client of Entra with its secret.
const CLIENT: &str = "azure_use_managed_identity: true, azure_client_id: client-1, azure_tenant_id: tenant-1, \
                      azure_client_secret: CANARY-secret-of-azure";

/// One route whose path and body pass as they are, with this `auth` and these options.
fn preserved(provider: &str, auth: &str, options: &str) -> String {
    format!(
        r#"_format_version: "3.0"
routes:
  - name: all
    paths: [/sim/generic]
    plugins:
      - name: ai-proxy
        config:
          route_type: preserve
          auth: {{{auth}}}
          model:
            provider: {provider}
            options: {{upstream_url: "http://@UPSTREAM@", {options}}}
"#
    )
}

/// A gateway, a simulated provider, and the endpoints for its identity.
struct Cloud {
    world: World,
    provider: IdentityProvider,
}

impl Cloud {
    /// `@IDENTITY@` in the configuration stands for the endpoints.
    fn start(config: &str, more: impl FnOnce(GatewayBuilder, &IdentityProvider) -> GatewayBuilder) -> Self {
        let provider = IdentityProvider::start();
        let config = config.replace("@IDENTITY@", &provider.addr.to_string());
        let world = World::start_with(&config, |builder| more(builder, &provider));
        Self { world, provider }
    }

    fn entra(config: &str) -> Self {
        Self::start(config, |builder, provider| builder.env("AZURE_AUTHORITY_HOST", &provider.url("/")))
    }

    #[track_caller]
    fn chat(&self, tag: &str) -> Answer {
        self.world.send(&Call::post("/chat").header("x-test", tag).json(body("hello", "")))
    }

    /// What the provider got as `Authorization` with this tag.
    #[track_caller]
    fn authorization(&self, tag: &str) -> String {
        self.world.upstream.only(tag).header("authorization").unwrap_or_default().to_owned()
    }

    /// Asserts that a call was refused for want of a credential, in general words, and that nothing was sent.
    #[track_caller]
    fn refused(&self, answer: &Answer, tag: &str) {
        assert_eq!(answer.status, 500, "{}", answer.text());
        assert_eq!(answer.json()["error"]["code"], "identity_failed");
        assert_eq!(answer.message(), "the gateway has no valid credential for this target");
        assert!(self.world.upstream.tagged(tag).is_empty());
        let record = self.world.record(answer);
        assert_eq!(record["gateway"]["error"], "identity_failed");
        assert_eq!(record["source"], "kong");
    }
}
