//! A service account's key, and the signed statement (RFC 7523) that a token is given for.

use std::borrow::Cow;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::IdentityError;
use crate::fetch::Url;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// Seconds that a statement holds: the longest that is taken.
const LIFETIME: u64 = 3600;

pub(super) struct ServiceAccount {
    email: Box<str>,
    key_id: Option<Box<str>>,
    /// What the statement is made out to, and where it is sent unless configuration says otherwise.
    audience: Box<str>,
    token_url: Url,
    key: KeyPair,
}

#[derive(Deserialize)]
struct KeyFile<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    client_email: Option<Cow<'a, str>>,
    #[serde(borrow)]
    private_key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    private_key_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    token_uri: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'static str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

impl ServiceAccount {
    /// Reads a key file; `what` names where it comes from.
    pub fn read(what: &'static str, text: &str) -> Result<Self, IdentityError> {
        let invalid = |reason| IdentityError::Invalid(what, reason);
        let file: KeyFile<'_> =
            serde_json::from_str(text).map_err(|_| invalid("it is not JSON of a service account's key"))?;
        if file.kind.is_some_and(|kind| kind != "service_account") {
            return Err(invalid("only keys of type 'service_account' are supported"));
        }
        let email = file.client_email.ok_or_else(|| invalid("it has no 'client_email'"))?;
        let pem = file.private_key.ok_or_else(|| invalid("it has no 'private_key'"))?;
        let pem = Zeroizing::new(pem.into_owned());
        let unreadable = || invalid("'private_key' is not an RSA key in PEM");
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unreadable())? {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(unreadable()),
        }
        .map_err(|_| unreadable())?;
        let audience = file.token_uri.unwrap_or(Cow::Borrowed(TOKEN_URL));
        let token_url = Url::parse(&audience).ok_or_else(|| invalid("'token_uri' is not a URL"))?;
        Ok(Self {
            email: email.into(),
            key_id: file.private_key_id.map(Into::into),
            audience: audience.into(),
            token_url,
            key,
        })
    }

    pub fn email(&self) -> &str {
        &self.email
    }

    pub fn token_url(&self) -> Url {
        self.token_url.clone()
    }

    /// The statement, signed with RS256.
    pub fn assertion(&self, now: u64) -> Result<Zeroizing<String>, IdentityError> {
        let unsigned = || IdentityError::Invalid("private_key", "it cannot sign");
        let header = Header { alg: "RS256", typ: "JWT", kid: self.key_id.as_deref() };
        let claims =
            Claims { iss: &self.email, scope: SCOPE, aud: &self.audience, iat: now, exp: now + LIFETIME };
        let encode = |json: Result<Vec<u8>, serde_json::Error>| {
            json.map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| unsigned())
        };
        let mut text = Zeroizing::new(encode(serde_json::to_vec(&header))?);
        text.push('.');
        text.push_str(&encode(serde_json::to_vec(&claims))?);
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| unsigned())?;
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(text)
    }
}
