//! Roles: the calls of the security token service that give keys for them.
//!
//! Made from <https://docs.aws.amazon.com/STS/latest/APIReference>.

use auth::{AwsKeys, AwsRequest, AwsService, AwsSigner, HostBinding, Origin, PayloadHash};
use http::header::{AUTHORIZATION, HeaderName};

use super::{Found, lifetime_until};
use crate::error::showable;
use crate::fetch::{Call, Caller, Url};
use crate::{Environment, IdentityError, oauth};

const ENDPOINT: &str = "the security token service of AWS";
const VERSION: (&str, &str) = ("Version", "2011-06-15");
/// An hour, which every role allows.
const DURATION: (&str, &str) = ("DurationSeconds", "3600");
const SESSION: &str = "ai-proxy";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

pub(super) struct Sts {
    url: Url,
    region: Box<str>,
}

/// The address that configuration names.
pub(super) fn configured(url: &str) -> Result<Url, IdentityError> {
    Url::from_setting("aws_sts_endpoint_url", url)
}

impl Sts {
    /// The configured address, the environment's, or the region's own.
    pub fn new(
        configured: Option<&str>,
        region: Option<&str>,
        environment: &Environment,
    ) -> Result<Self, IdentityError> {
        let region = region.map(ToOwned::to_owned).or_else(|| environment.aws_region());
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        let url = if let Some(url) = configured {
            self::configured(url)?
        } else if let Some(url) = environment.value("AWS_ENDPOINT_URL_STS") {
            Url::from_setting("AWS_ENDPOINT_URL_STS", &url)?
        } else {
            let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
            Url::from_setting("aws_region", &format!("https://sts.{region}.amazonaws.com{suffix}/"))?
        };
        Ok(Self { url, region: region.into() })
    }

    pub async fn assume_role(
        &self,
        keys: &AwsKeys,
        role: &str,
        session: Option<&str>,
        caller: &Caller,
    ) -> Result<Found, IdentityError> {
        let call = Call::form(
            self.url.clone(),
            &[
                ("Action", "AssumeRole"),
                VERSION,
                ("RoleArn", role),
                ("RoleSessionName", session.unwrap_or(SESSION)),
                DURATION,
            ],
        );
        self.keys(self.sign(call, keys)?, caller).await
    }

    /// Not signed: the token is the proof.
    pub async fn assume_role_with_web_identity(
        &self,
        role: &str,
        session: Option<&str>,
        token: &str,
        caller: &Caller,
    ) -> Result<Found, IdentityError> {
        let call = Call::form(
            self.url.clone(),
            &[
                ("Action", "AssumeRoleWithWebIdentity"),
                VERSION,
                ("RoleArn", role),
                ("RoleSessionName", session.unwrap_or(SESSION)),
                DURATION,
                ("WebIdentityToken", token),
            ],
        );
        self.keys(call, caller).await
    }

    fn sign(&self, mut call: Call, keys: &AwsKeys) -> Result<Call, IdentityError> {
        let unsigned = |reason| IdentityError::Invalid("the call of the security token service", reason);
        let url = &self.url;
        let signer = AwsSigner::new(HostBinding::exact(url.scheme, &url.host, url.port), AwsService::Sts);
        let origin = Origin { scheme: url.scheme, host: &url.host, port: url.port };
        let bound = signer.for_host(origin).map_err(|_| unsigned("it goes to a foreign host"))?;
        let (path, query) = match url.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*url.target, None),
        };
        let headers: Vec<(&str, &[u8])> =
            call.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request = AwsRequest {
            method: call.method.as_str(),
            authority: &url.authority,
            path,
            query,
            headers: &headers,
        };
        let payload = PayloadHash::of([&*call.body]);
        let signature = bound
            .sign(keys, &self.region, &request, &payload, oauth::unix_seconds())
            .map_err(|_| IdentityError::Invalid("aws_region", "it is not the name of a region"))?;
        call = call.secret_header(ENDPOINT, DATE, &signature.date)?;
        if let Some(token) = signature.session_token {
            call = call.secret_header(ENDPOINT, TOKEN, token.expose())?;
        }
        call.secret_header(ENDPOINT, AUTHORIZATION, signature.authorization.expose())
    }

    async fn keys(&self, call: Call, caller: &Caller) -> Result<Found, IdentityError> {
        let body = caller.body(ENDPOINT, call, |body| text_of(body, "Code").and_then(showable)).await?;
        let malformed = |reason| IdentityError::Malformed(ENDPOINT, reason);
        let part = |name| text_of(&body, name).ok_or_else(|| malformed("it is not XML with keys"));
        let lifetime = lifetime_until(ENDPOINT, part("Expiration")?)?;
        let keys = AwsKeys::new(part("AccessKeyId")?, part("SecretAccessKey")?, Some(part("SessionToken")?))
            .map_err(|_| malformed("a key is empty or cannot be sent"))?;
        Ok(Found { keys, lifetime })
    }
}

/// The text of the first element of this name. Keys and times have no character that XML escapes.
fn text_of<'x>(xml: &'x [u8], name: &str) -> Option<&'x str> {
    let xml = std::str::from_utf8(xml).ok()?;
    let (_, behind) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = behind.split_once(&format!("</{name}>"))?;
    (!text.contains(['<', '&'])).then(|| text.trim())
}
