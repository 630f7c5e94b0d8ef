//! Tokens of Microsoft Entra: for a client with its secret, for a federated workload, for the host's own identity.
//!
//! Made from <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow> and
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>.

use std::path::PathBuf;

use auth::{AzureIdentity, Secret};
use http::Method;
use http::header::HeaderName;

use crate::environment::read_file;
use crate::fetch::{Call, Caller, Url};
use crate::{Environment, Grant, IdentityError, Kind, oauth};

const AUTHORITY: &str = "https://login.microsoftonline.com";
const AUTHORITY_VARIABLE: &str = "AZURE_AUTHORITY_HOST";
const IMDS: &str = "http://169.254.169.254";
const ENTRA: &str = "the token endpoint of Entra";
const HOST_SERVICE: &str = "the managed identity endpoint";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const METADATA: HeaderName = HeaderName::from_static("metadata");
const IDENTITY_HEADER: HeaderName = HeaderName::from_static("x-identity-header");

/// How the token is asked for.
enum Way {
    Secret {
        tenant: Box<str>,
        client: Box<str>,
        secret: Secret,
    },
    /// The file is rotated by whoever mounts it, so it is read every time.
    Federated {
        tenant: Box<str>,
        client: Box<str>,
        file: PathBuf,
    },
    /// With a client, one of the identities assigned to the host; else its only one.
    Host {
        client: Option<Box<str>>,
    },
}

pub(crate) struct Azure {
    way: Way,
    environment: Environment,
}

/// Whether the configured tenant can be one.
pub(crate) fn check(identity: &AzureIdentity) -> Result<(), IdentityError> {
    identity.tenant_id.as_deref().map_or(Ok(()), check_tenant)
}

fn check_tenant(tenant: &str) -> Result<(), IdentityError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if !tenant.bytes().all(plain) || tenant.starts_with('.') {
        return Err(IdentityError::Invalid("azure_tenant_id", "it is neither an id nor a domain"));
    }
    Ok(())
}

impl Azure {
    /// All three fields are a client with its secret. Without a secret a federated token file counts before the
    /// host's own identity: where a cluster mounts one, the host's identity belongs to the node.
    pub fn new(configured: AzureIdentity, environment: &Environment) -> Result<Self, IdentityError> {
        let AzureIdentity { client_id, client_secret, tenant_id } = configured;
        let tenant = tenant_id.or_else(|| environment.value("AZURE_TENANT_ID").map(Into::into));
        let way = if let Some(secret) = client_secret {
            Way::Secret {
                client: client_id.ok_or(IdentityError::Unset("azure_client_id"))?,
                tenant: tenant.ok_or(IdentityError::Unset("azure_tenant_id"))?,
                secret,
            }
        } else {
            let file = environment.value("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from);
            let client = client_id.clone().or_else(|| environment.value("AZURE_CLIENT_ID").map(Into::into));
            match (file, tenant, client) {
                (Some(file), Some(tenant), Some(client)) => Way::Federated { tenant, client, file },
                _ => Way::Host { client: client_id },
            }
        };
        if let Way::Secret { tenant, .. } | Way::Federated { tenant, .. } = &way {
            check_tenant(tenant)?;
        }
        Ok(Self { way, environment: environment.clone() })
    }

    pub fn kind(&self) -> Kind {
        match self.way {
            Way::Secret { .. } => Kind::AzureClient,
            Way::Federated { .. } => Kind::AzureWorkload,
            Way::Host { .. } => Kind::AzureManaged,
        }
    }

    pub fn name(&self) -> Box<str> {
        match &self.way {
            Way::Secret { client, tenant, .. } => format!("azure client {client} of tenant {tenant}"),
            Way::Federated { client, tenant, .. } => format!("azure workload {client} of tenant {tenant}"),
            Way::Host { client: Some(client) } => format!("azure managed identity {client}"),
            Way::Host { client: None } => "azure managed identity of the system".to_owned(),
        }
        .into()
    }

    pub async fn obtain(&self, caller: &Caller) -> Result<Grant, IdentityError> {
        let (endpoint, call) = match &self.way {
            Way::Secret { tenant, client, secret } => {
                (ENTRA, self.entra_call(tenant, client, &[("client_secret", secret.expose())])?)
            }
            Way::Federated { tenant, client, file } => {
                let assertion = read_file("AZURE_FEDERATED_TOKEN_FILE", file.clone()).await?;
                let fields =
                    [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.trim())];
                (ENTRA, self.entra_call(tenant, client, &fields)?)
            }
            Way::Host { client } => (HOST_SERVICE, self.host_call(client.as_deref())?),
        };
        oauth::grant(endpoint, &caller.body(endpoint, call, oauth::code).await?)
    }

    fn authority(&self) -> String {
        self.environment.value(AUTHORITY_VARIABLE).unwrap_or_else(|| AUTHORITY.to_owned())
    }

    /// What the token is for. The sovereign clouds have names of their own, which their authority tells.
    fn resource(&self) -> &'static str {
        let authority = self.authority();
        if authority.contains("login.microsoftonline.us") {
            "https://cognitiveservices.azure.us"
        } else if authority.contains("chinacloudapi.cn") || authority.contains("partner.microsoftonline.cn") {
            "https://cognitiveservices.azure.cn"
        } else {
            "https://cognitiveservices.azure.com"
        }
    }

    fn entra_call(&self, tenant: &str, client: &str, proof: &[(&str, &str)]) -> Result<Call, IdentityError> {
        let authority = self.authority();
        let authority = authority.trim_end_matches('/');
        let url = Url::from_setting(AUTHORITY_VARIABLE, &format!("{authority}/{tenant}/oauth2/v2.0/token"))?;
        let scope = format!("{}/.default", self.resource());
        let mut fields = vec![("grant_type", "client_credentials"), ("client_id", client), ("scope", &scope)];
        fields.extend_from_slice(proof);
        Ok(Call::form(url, &fields))
    }

    /// Why nobody can be asked who wants no header: Azure Arc wants the content of a file instead, which only
    /// members of a group of its machine can read.
    fn without_header(&self) -> IdentityError {
        if self.environment.value("IMDS_ENDPOINT").is_none() {
            return IdentityError::Unset("IDENTITY_HEADER");
        }
        let reason = "it tells of Azure Arc, whose managed identities are not supported: use a client with its \
                      secret, or a workload identity";
        IdentityError::Invalid("IMDS_ENDPOINT", reason)
    }

    /// App Service and its kin say where to ask; a virtual machine has its fixed address.
    fn host_call(&self, client: Option<&str>) -> Result<Call, IdentityError> {
        let resource = self.resource();
        let mut arguments = vec![("resource", resource)];
        arguments.extend(client.map(|client| ("client_id", client)));
        if let Some(endpoint) = self.environment.value("IDENTITY_ENDPOINT") {
            let header = self.environment.value("IDENTITY_HEADER").ok_or_else(|| self.without_header())?;
            arguments.insert(0, ("api-version", "2019-08-01"));
            let url = Url::from_setting("IDENTITY_ENDPOINT", &endpoint)?.with_arguments(&arguments);
            return Call::nearby(Method::GET, url).secret_header("IDENTITY_HEADER", IDENTITY_HEADER, &header);
        }
        let variable = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
        let host = self.environment.value(variable).unwrap_or_else(|| IMDS.to_owned());
        arguments.insert(0, ("api-version", "2018-02-01"));
        let url = Url::from_setting(variable, &host)?
            .with_target("/metadata/identity/oauth2/token")
            .with_arguments(&arguments);
        Ok(Call::nearby(Method::GET, url).header(METADATA, "true"))
    }
}
