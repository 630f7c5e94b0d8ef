//! Access tokens of Google: for a service account with its key file, or for the machine's own account.
//!
//! Made from <https://developers.google.com/identity/protocols/oauth2/service-account> and
//! <https://cloud.google.com/compute/docs/metadata/overview>.

mod assertion;

use std::path::PathBuf;

use auth::GoogleIdentity;
use http::Method;
use http::header::HeaderName;
use zeroize::Zeroizing;

use crate::environment::read_file;
use crate::fetch::{Call, Caller, Url};
use crate::{Environment, Grant, IdentityError, Kind, oauth};
use assertion::ServiceAccount;

const METADATA_HOST: &str = "metadata.google.internal";
const TOKEN_PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
const METADATA: &str = "the metadata server of Google";
const TOKENS: &str = "the token endpoint of Google";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const KEY_FIELD: &str = "gcp_service_account_json";
const TOKEN_URL_FIELD: &str = "gcp_oauth_token_url";
const METADATA_URL_FIELD: &str = "gcp_metadata_url";
const KEY_VARIABLE: &str = "GCP_SERVICE_ACCOUNT";
const FILE_VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

/// Where the account comes from. A metadata server is asked only where there is no key.
enum Way {
    Key(Box<ServiceAccount>),
    /// The key in the environment is wrong: told whenever it is needed.
    Broken(IdentityError),
    /// The file may be rotated, so it is read every time.
    File(PathBuf),
    /// The account is for where no metadata server answers.
    Metadata {
        otherwise: Option<Box<ServiceAccount>>,
    },
}

pub(crate) struct Google {
    way: Way,
    token_url: Option<Url>,
    metadata_url: Option<Url>,
    environment: Environment,
}

/// Whether the configured key is one, and the addresses are.
pub(crate) fn check(identity: &GoogleIdentity) -> Result<(), IdentityError> {
    if let Some(key) = &identity.key {
        ServiceAccount::read(KEY_FIELD, key.expose())?;
    }
    for (field, url) in [(TOKEN_URL_FIELD, &identity.token_url), (METADATA_URL_FIELD, &identity.metadata_url)]
    {
        if let Some(url) = url {
            Url::from_setting(field, url)?;
        }
    }
    Ok(())
}

impl Google {
    pub fn new(configured: GoogleIdentity, environment: &Environment) -> Result<Self, IdentityError> {
        let read = |name, url: Option<Box<str>>| url.map(|url| Url::from_setting(name, &url)).transpose();
        let way = match configured.key {
            Some(key) => Way::Key(Box::new(ServiceAccount::read(KEY_FIELD, key.expose())?)),
            None => Self::from_environment(environment),
        };
        Ok(Self {
            way,
            token_url: read(TOKEN_URL_FIELD, configured.token_url)?,
            metadata_url: read(METADATA_URL_FIELD, configured.metadata_url)?,
            environment: environment.clone(),
        })
    }

    /// The key in the environment, then a key file, then the metadata server; under `GCP_AUTH_METHOD_ORDER=adc`
    /// the key in the environment comes last.
    fn from_environment(environment: &Environment) -> Way {
        let key = environment.value(KEY_VARIABLE).map(Zeroizing::new);
        let file = environment.value(FILE_VARIABLE).map(PathBuf::from);
        let order = environment.value("GCP_AUTH_METHOD_ORDER").unwrap_or_default();
        let adc_first = order.split(',').next().is_some_and(|first| first.trim().eq_ignore_ascii_case("adc"));
        let account = key.map(|key| ServiceAccount::read(KEY_VARIABLE, &key).map(Box::new));
        match (account, file, adc_first) {
            (Some(Ok(account)), _, false) => Way::Key(account),
            (Some(Err(error)), _, false) => Way::Broken(error),
            (_, Some(file), _) => Way::File(file),
            (account, None, _) => Way::Metadata { otherwise: account.and_then(Result::ok) },
        }
    }

    pub fn kind(&self) -> Kind {
        match self.way {
            Way::Key(_) | Way::Broken(_) | Way::File(_) => Kind::GoogleServiceAccount,
            Way::Metadata { .. } => Kind::GoogleMachine,
        }
    }

    pub fn name(&self) -> Box<str> {
        match &self.way {
            Way::Key(account) => format!("google service account {}", account.email()),
            Way::Broken(_) => format!("google service account of {KEY_VARIABLE}"),
            Way::File(_) => format!("google service account of {FILE_VARIABLE}"),
            Way::Metadata { .. } => "google account of the machine".to_owned(),
        }
        .into()
    }

    pub async fn obtain(&self, caller: &Caller) -> Result<Grant, IdentityError> {
        match &self.way {
            Way::Key(account) => self.exchange(account, caller).await,
            Way::Broken(error) => Err(error.clone()),
            Way::File(path) => {
                let text = read_file(FILE_VARIABLE, path.clone()).await?;
                self.exchange(&ServiceAccount::read(FILE_VARIABLE, &text)?, caller).await
            }
            Way::Metadata { otherwise } => match (self.of_machine(caller).await, otherwise) {
                (Err(_), Some(account)) => self.exchange(account, caller).await,
                (outcome, _) => outcome,
            },
        }
    }

    async fn of_machine(&self, caller: &Caller) -> Result<Grant, IdentityError> {
        let call = Call::nearby(Method::GET, self.metadata()?).header(FLAVOR, "Google");
        oauth::grant(METADATA, &caller.body(METADATA, call, oauth::code).await?)
    }

    async fn exchange(&self, account: &ServiceAccount, caller: &Caller) -> Result<Grant, IdentityError> {
        let assertion = account.assertion(oauth::unix_seconds())?;
        let url = match &self.token_url {
            Some(url) if url.is_bare() => url.clone().with_target("/token"),
            Some(url) => url.clone(),
            None => account.token_url(),
        };
        let call = Call::form(url, &[("grant_type", GRANT_TYPE), ("assertion", &assertion)]);
        oauth::grant(TOKENS, &caller.body(TOKENS, call, oauth::code).await?)
    }

    /// Configured as a whole or as a host, or named by the environment as a host.
    fn metadata(&self) -> Result<Url, IdentityError> {
        if let Some(url) = &self.metadata_url {
            let url = url.clone();
            return Ok(if url.is_bare() { url.with_target(TOKEN_PATH) } else { url });
        }
        let variable = "GCE_METADATA_HOST";
        let host = self.environment.value(variable).unwrap_or_else(|| METADATA_HOST.to_owned());
        Url::from_setting(variable, &format!("http://{host}{TOKEN_PATH}"))
    }
}
