//! Targets whose requests a cloud identity signs: what is missing is found out when configuration is compiled,
//! the grant is had before signing, and the signature comes last, over the bytes that are sent.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use auth::{
    AwsRequest, AwsService, AwsSigner, CloudIdentity, HostBinding, PayloadHash, Secret, TokenSigner,
    is_aws_region,
};
use config::{IdentityDefect, Template, UpstreamAuth};
use http::Request;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use identity::{Environment, Grant, Identities, Identity, IdentityError};
use provider::{Cloud, Provider};

use crate::account::Account;
use crate::error::GatewayError;
use crate::prepare::Prepared;
use crate::segments::Segments;
use crate::target::{Destination, Target};

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const SESSION_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
/// A key of Bedrock, for where nothing else is configured; the AWS tools know it too.
const BEARER_VARIABLE: &str = "AWS_BEARER_TOKEN_BEDROCK";
/// Stands for a region where none is known: such a target is never sent to.
const NO_REGION: &str = "region-is-not-set";

/// The identity of a target, and how it gets into requests to the target's hosts.
pub struct CloudSigner {
    identity: Arc<Identity>,
    writer: Writer,
}

enum Writer {
    Token(TokenSigner),
    /// The setting names the region.
    Aws(AwsSigner, &'static str),
}

/// What is wrong with a configured identity, found before it is used.
pub fn identity_defect(identity: &CloudIdentity) -> Option<IdentityDefect> {
    identity::defect(identity).map(|(field, reason)| IdentityDefect { field, reason })
}

/// Fills in what the environment says of a target: a region, or a key in place of an identity. Gives what is
/// still missing, so that no request can be sent.
pub fn complete(
    provider: &Provider,
    settings: &mut Vec<(Box<str>, Template)>,
    auth: &mut UpstreamAuth,
    has_url: bool,
    environment: &Environment,
) -> Option<&'static str> {
    let Some(Cloud::Aws { region }) = provider.cloud else { return None };
    if let Some(CloudIdentity::Aws(identity)) = &auth.identity
        && identity.keys.is_none()
        && identity.role.is_none()
        && auth.header.is_none()
        && let Some(key) = environment.value(BEARER_VARIABLE)
    {
        auth.identity = None;
        auth.header = Some(("Authorization".into(), Secret::new(format!("Bearer {key}"))));
    }
    let known = settings.iter().find(|(name, _)| &**name == region);
    let (own, missing) = match (known, environment.aws_region().filter(|region| is_aws_region(region))) {
        (Some((_, own)), _) => (own.literal().map(Into::into), false),
        (None, found) => {
            let missing = found.is_none();
            let text: Box<str> = found.unwrap_or_else(|| NO_REGION.to_owned()).into();
            settings.push((region.into(), Template::parse(&text)));
            (Some(text), missing)
        }
    };
    let wanted = !has_url || auth.identity.is_some();
    if let Some(CloudIdentity::Aws(identity)) = auth.identity.as_mut().filter(|_| !missing) {
        identity.region = own;
    }
    (missing && wanted)
        .then_some("no AWS region is configured, and neither AWS_REGION nor AWS_DEFAULT_REGION is set")
}

impl CloudSigner {
    /// The signer of a target that is bound to these hosts, if it has an identity.
    pub fn compile(
        provider: &Provider,
        configured: Option<CloudIdentity>,
        binding: &HostBinding,
        verify: bool,
        identities: &Identities,
    ) -> Result<Option<Box<Self>>, IdentityError> {
        let Some(configured) = configured else { return Ok(None) };
        let binding = binding.clone();
        let writer = match provider.cloud {
            Some(Cloud::Aws { region }) => Writer::Aws(AwsSigner::new(binding, AwsService::Bedrock), region),
            Some(Cloud::Azure | Cloud::Google) | None => Writer::Token(TokenSigner::new(binding)),
        };
        Ok(Some(Box::new(Self { identity: identities.identity(configured, verify)?, writer })))
    }

    /// For people: what it is, without any secret.
    pub fn name(&self) -> &str {
        self.identity.name()
    }

    /// What stands for a grant where nothing is sent.
    pub fn example(&self) -> Option<Grant> {
        match self.writer {
            Writer::Token(_) => Grant::example_token(),
            Writer::Aws(..) => Grant::example_keys(),
        }
    }

    /// Writes the signature into a request that is complete otherwise. Each attempt has its own.
    pub fn sign(
        &self,
        grant: &Grant,
        destination: &Destination,
        request: &mut Request<Segments>,
    ) -> Result<(), GatewayError> {
        let origin = destination.endpoint.origin();
        let foreign = |_| GatewayError::Internal("a signer was asked for a foreign host");
        match &self.writer {
            Writer::Token(signer) => {
                let bound = signer.for_host(origin).map_err(foreign)?;
                let token = grant.access_token().ok_or(GatewayError::Identity)?;
                let value = secret_header(bound.authorization(token))?;
                request.headers_mut().insert(header::AUTHORIZATION, value);
            }
            Writer::Aws(signer, region) => {
                let bound = signer.for_host(origin).map_err(foreign)?;
                let keys = grant.aws_keys().ok_or(GatewayError::Identity)?;
                let region = destination.settings.value(region).ok_or(GatewayError::Identity)?;
                for name in [DATE, SESSION_TOKEN, CONTENT_SHA256, header::AUTHORIZATION] {
                    request.headers_mut().remove(name);
                }
                let payload = PayloadHash::of(request.body().pieces().iter().map(|piece| &**piece));
                let headers = signed_headers(request.headers());
                let to_sign = AwsRequest {
                    method: request.method().as_str(),
                    authority: destination.endpoint.authority(),
                    path: request.uri().path(),
                    query: request.uri().query(),
                    headers: &headers,
                };
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                let signature = bound
                    .sign(keys, region, &to_sign, &payload, now)
                    .map_err(|error| GatewayError::Endpoint(error.to_string()))?;
                let headers = request.headers_mut();
                headers.insert(DATE, secret_header(&Secret::new(signature.date))?);
                if let Some(token) = signature.session_token {
                    headers.insert(SESSION_TOKEN, secret_header(token)?);
                }
                if let Some(hash) = signature.content_sha256 {
                    headers.insert(CONTENT_SHA256, secret_header(&Secret::new(hash))?);
                }
                headers.insert(header::AUTHORIZATION, secret_header(&signature.authorization)?);
            }
        }
        Ok(())
    }
}

/// A header's value that shows in no debug output.
fn secret_header(secret: &Secret) -> Result<HeaderValue, GatewayError> {
    let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| GatewayError::Identity)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The headers that a signature has to cover besides its own: the body's type, and whatever AWS gives a meaning.
/// Others may change on the way.
fn signed_headers(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .filter(|(name, _)| *name == "content-type" || name.starts_with("x-amz"))
        .collect()
}

/// What the identity of a request's target has been granted, where it has one and the caller's own credential
/// does not take its place.
pub async fn grant(
    prepared: &Prepared<'_>,
    headers: &HeaderMap,
    account: &Account,
) -> Result<Option<Arc<Grant>>, GatewayError> {
    let Some(signer) = signer(prepared.target, headers) else { return Ok(None) };
    if let Some(grant) = signer.identity.current() {
        return Ok(Some(grant));
    }
    match signer.identity.grant_for(account.request_id_text()).await {
        Ok(grant) => Ok(Some(grant)),
        Err(error) => {
            tracing::warn!(
                request_id = account.request_id().as_str(),
                identity = signer.name(),
                %error,
                "a request had to be refused for want of a credential"
            );
            Err(GatewayError::Identity)
        }
    }
}

/// Who signs a request with these headers.
pub fn signer<'t>(target: &'t Target, headers: &HeaderMap) -> Option<&'t CloudSigner> {
    let signer = target.cloud.as_deref()?;
    let own = target.allow_override && headers.contains_key(header::AUTHORIZATION);
    (!own).then_some(signer)
}
