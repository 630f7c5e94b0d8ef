//! The one thing that is asked of whoever uses this crate: to carry out an HTTP call.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use auth::Scheme;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{IdentityError, Kind};

/// Bytes that an answer may have.
pub const MAX_REPLY: usize = 256 << 10;
/// How long a call to a service may take.
const SERVICE_LIMIT: Duration = Duration::from_secs(8);
/// The same for an endpoint of the host, which may have to ask a service itself.
const NEARBY_LIMIT: Duration = Duration::from_secs(5);

/// Carries out calls. Redirects are not followed; bodies above [`MAX_REPLY`] are refused.
pub trait Fetch: Send + Sync {
    fn fetch(&self, call: Call) -> Fetching;

    /// Counts what an identity has fetched, with all its calls, or tried to.
    fn count(&self, _kind: Kind, _succeeded: bool) {}
}

/// A call under way.
pub type Fetching = Pin<Box<dyn Future<Output = Result<Reply, FetchError>> + Send>>;

/// Why there is no answer. Names no host and no content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct FetchError(pub Box<str>);

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// `Http` or `Https`.
    pub scheme: Scheme,
    /// Lower case; an IPv6 address without its brackets.
    pub host: Box<str>,
    pub port: u16,
    /// The value of `Host`.
    pub authority: Box<str>,
    /// Escaped path and query.
    pub target: Box<str>,
}

/// One HTTP call.
pub struct Call {
    pub method: Method,
    pub url: Url,
    /// Without `Host` and `Content-Length`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// Whether the certificate of the peer is verified.
    pub verify: bool,
    /// For the whole exchange.
    pub limit: Duration,
}

/// The answer to one, whatever its status.
pub struct Reply {
    pub status: u16,
    pub body: Zeroizing<Vec<u8>>,
}

impl Url {
    /// Reads `http://…` or `https://…` without user information.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim().parse().ok()?;
        let scheme = match Scheme::from_name(uri.scheme_str()?)? {
            scheme @ (Scheme::Http | Scheme::Https) => scheme,
            Scheme::Ws | Scheme::Wss => return None,
        };
        let given = uri.authority()?;
        if given.as_str().contains('@') {
            return None;
        }
        let host = given.host().to_ascii_lowercase();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
        let port = given.port_u16().unwrap_or(scheme.default_port());
        let authority = if port == scheme.default_port() { host.clone() } else { format!("{host}:{port}") };
        (!bare.is_empty()).then(|| Self {
            scheme,
            host: bare.into(),
            port,
            authority: authority.into(),
            target: uri.path_and_query().map_or("/", |target| target.as_str()).into(),
        })
    }

    /// Reads a URL from a place that `what` names.
    pub(crate) fn from_setting(what: &'static str, text: &str) -> Result<Self, IdentityError> {
        Self::parse(text).ok_or(IdentityError::Invalid(what, "it is not a URL of http or https"))
    }

    /// Whether nothing but a host was given.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(&*self.target, "" | "/")
    }

    pub(crate) fn with_target(mut self, target: impl Into<Box<str>>) -> Self {
        self.target = target.into();
        self
    }

    /// Adds arguments to the query.
    pub(crate) fn with_arguments(self, arguments: &[(&str, &str)]) -> Self {
        let separator = if self.target.contains('?') { '&' } else { '?' };
        let target = format!("{}{separator}{}", self.target, form(arguments));
        self.with_target(target)
    }
}

/// What stays as it is in a form.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `name=value&…`, escaped.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(value, PLAIN));
    }
    text
}

impl Call {
    /// A look-up on an address of the machine's own network.
    pub(crate) fn nearby(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: Bytes::new(), verify: true, limit: NEARBY_LIMIT }
    }

    /// A form for a service.
    pub(crate) fn form(url: Url, fields: &[(&str, &str)]) -> Self {
        let urlencoded = HeaderValue::from_static("application/x-www-form-urlencoded");
        Self {
            method: Method::POST,
            url,
            headers: vec![(CONTENT_TYPE, urlencoded), (ACCEPT, HeaderValue::from_static("*/*"))],
            body: Bytes::from(form(fields)),
            verify: true,
            limit: SERVICE_LIMIT,
        }
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Adds a header whose value shows in no debug output.
    pub(crate) fn secret_header(
        mut self,
        what: &'static str,
        name: HeaderName,
        value: &str,
    ) -> Result<Self, IdentityError> {
        let mut value = HeaderValue::from_str(value.trim())
            .map_err(|_| IdentityError::Invalid(what, "it cannot be sent in a header"))?;
        value.set_sensitive(true);
        self.headers.push((name, value));
        Ok(self)
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }
}

/// Makes the calls of one identity.
pub(crate) struct Caller {
    pub fetch: Arc<dyn Fetch>,
    pub verify: bool,
}

impl Caller {
    /// The answer, whatever its status.
    pub async fn ask(&self, endpoint: &'static str, mut call: Call) -> Result<Reply, IdentityError> {
        call.verify = self.verify;
        let limit = call.limit;
        match tokio::time::timeout(limit, self.fetch.fetch(call)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(IdentityError::Unreachable(endpoint, error)),
            Err(_elapsed) => {
                let reason = FetchError(format!("no answer within {limit:?}").into());
                Err(IdentityError::Unreachable(endpoint, reason))
            }
        }
    }

    /// The body of a good answer; `code` finds the endpoint's own word in another.
    pub async fn body(
        &self,
        endpoint: &'static str,
        call: Call,
        code: fn(&[u8]) -> Option<Box<str>>,
    ) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
        let reply = self.ask(endpoint, call).await?;
        match reply.status {
            200..=299 => Ok(reply.body),
            status => Err(IdentityError::Refused { endpoint, status, code: code(&reply.body) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let url = Url::parse("HTTPS://Login.Example:8443/a?b=c").unwrap();
        assert_eq!((url.scheme, &*url.host, url.port), (Scheme::Https, "login.example", 8443));
        assert_eq!((&*url.authority, &*url.target), ("login.example:8443", "/a?b=c"));
        let url = Url::parse("http://[fd00:ec2::254]").unwrap();
        assert_eq!((&*url.host, url.port, &*url.authority), ("fd00:ec2::254", 80, "[fd00:ec2::254]"));
        assert!(url.is_bare());
        for text in ["", "login.example", "ftp://a", "http://user@a/", "ws://a", "http://", "/a"] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }

    #[test]
    fn forms_are_escaped() {
        assert_eq!(form(&[("a", "b c&d=é/+~"), ("e", "")]), "a=b%20c%26d%3D%C3%A9%2F%2B~&e=");
        let url = Url::parse("http://a/x?y=1").unwrap().with_arguments(&[("z", "/")]);
        assert_eq!(&*url.target, "/x?y=1&z=%2F");
    }
}
