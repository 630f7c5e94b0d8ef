//! AWS Signature Version 4: signs a request that is complete, for the hosts that the signer is bound to.
//!
//! Made from <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

mod canonical;

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::civil::compact_date;
use crate::{AwsKeys, ForeignHost, HostBinding, Origin, Secret};

/// The services that are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsService {
    /// Runtime, agent runtime and control plane.
    Bedrock,
    S3,
    Sts,
}

impl AwsService {
    const fn name(self) -> &'static str {
        match self {
            Self::Bedrock => "bedrock",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }
}

/// Why a request cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("'aws_region' is not the name of a region")]
pub struct InvalidRegion;

/// Whether a text can be the name of a region.
pub fn is_aws_region(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(plain)
}

/// The right to sign requests to the hosts that it is bound to.
pub struct AwsSigner {
    binding: HostBinding,
    service: AwsService,
}

/// The same for a request to one of these hosts.
pub struct BoundAwsSigner<'a>(&'a AwsSigner);

/// What of a request is signed, exactly as it is sent.
#[derive(Clone, Copy)]
pub struct AwsRequest<'a> {
    pub method: &'a str,
    /// The value of `Host`.
    pub authority: &'a str,
    /// Escaped.
    pub path: &'a str,
    pub query: Option<&'a str>,
    /// Lower-case names and values of the headers that are signed besides `host` and those that are added.
    pub headers: &'a [(&'a str, &'a [u8])],
}

/// The SHA-256 of a body, in hexadecimal digits.
pub struct PayloadHash(String);

/// What is added to a request, or put in place of what it has: all of these headers and no other of theirs.
pub struct AwsSignature<'k> {
    /// `x-amz-date`
    pub date: String,
    /// `x-amz-security-token`
    pub session_token: Option<&'k Secret>,
    /// `x-amz-content-sha256`, where the service wants it.
    pub content_sha256: Option<String>,
    /// `authorization`
    pub authorization: Secret,
}

impl PayloadHash {
    pub fn of<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut hash = Sha256::new();
        for piece in pieces {
            hash.update(piece);
        }
        Self(hexadecimal(&hash.finalize()))
    }
}

impl AwsSigner {
    pub fn new(binding: HostBinding, service: AwsService) -> Self {
        Self { binding, service }
    }

    /// The signer for a request to `origin`, which must be a host that it is bound to.
    pub fn for_host(&self, origin: Origin<'_>) -> Result<BoundAwsSigner<'_>, ForeignHost> {
        if self.binding.admits(origin) { Ok(BoundAwsSigner(self)) } else { Err(ForeignHost) }
    }
}

impl BoundAwsSigner<'_> {
    /// Signs a request at a time (Unix seconds). Each attempt needs a signature of its own.
    pub fn sign<'k>(
        &self,
        keys: &'k AwsKeys,
        region: &str,
        request: &AwsRequest<'_>,
        payload: &PayloadHash,
        unix_seconds: u64,
    ) -> Result<AwsSignature<'k>, InvalidRegion> {
        if !is_aws_region(region) {
            return Err(InvalidRegion);
        }
        let service = self.0.service;
        let date = compact_date(unix_seconds);
        let content_sha256 = (service == AwsService::S3).then(|| payload.0.clone());
        let mut headers = request.headers.to_vec();
        headers.push(("host", request.authority.as_bytes()));
        headers.push(("x-amz-date", date.as_bytes()));
        if let Some(token) = &keys.session_token {
            headers.push(("x-amz-security-token", token.expose().as_bytes()));
        }
        if let Some(hash) = &content_sha256 {
            headers.push(("x-amz-content-sha256", hash.as_bytes()));
        }
        let path = match service {
            AwsService::S3 => canonical::Path::Once(request.path),
            AwsService::Bedrock | AwsService::Sts => canonical::Path::Twice(request.path),
        };
        let authorization =
            authorization(keys, region, service.name(), &date, request, path, headers, payload);
        Ok(AwsSignature { session_token: keys.session_token.as_ref(), content_sha256, authorization, date })
    }
}

#[expect(clippy::too_many_arguments, reason = "all that a signature is made of, once")]
fn authorization(
    keys: &AwsKeys,
    region: &str,
    service: &str,
    date: &str,
    request: &AwsRequest<'_>,
    path: canonical::Path<'_>,
    headers: Vec<(&str, &[u8])>,
    payload: &PayloadHash,
) -> Secret {
    let (canonical, signed) =
        canonical::request(request.method, path, request.query.unwrap_or_default(), headers, &payload.0);
    let day = date.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hexadecimal(&Sha256::digest(canonical.as_slice())));
    let start = zeroize::Zeroizing::new(format!("AWS4{}", keys.secret.expose()));
    let mut key = hmac(start.as_bytes(), day);
    for part in [region, service, "aws4_request", &to_sign] {
        key = hmac(key.as_slice(), part);
    }
    let signature = hexadecimal(key.as_slice());
    Secret::new(format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}",
        keys.id.expose()
    ))
}

fn hmac(key: &[u8], text: &str) -> zeroize::Zeroizing<[u8; 32]> {
    // A key of any length is taken, so there is no error to tell.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return zeroize::Zeroizing::new([0; 32]) };
    mac.update(text.as_bytes());
    zeroize::Zeroizing::new(mac.finalize().into_bytes().into())
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests;
