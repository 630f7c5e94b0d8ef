//! What to tell a caller whose route wants TLS.

use http::header::{self, HeaderName, HeaderValue};
use http::{StatusCode, Uri};

/// The answer to a request that came without TLS for a route that wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    pub status: StatusCode,
    /// `Connection` among them is for HTTP/1.1 only.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Upgrade {
    /// Kong's message for a 426; a redirect has no body.
    pub const MESSAGE: &str = "Please use HTTPS protocol";

    /// `status` is the route's; a redirect that has nowhere to go becomes a 426.
    pub fn new(status: u16, host: Option<&str>, uri: &Uri) -> Self {
        let redirect = match status {
            301 | 302 | 307 | 308 => location(host, uri).zip(StatusCode::from_u16(status).ok()),
            _ => None,
        };
        match redirect {
            Some((location, status)) => Self { status, headers: vec![(header::LOCATION, location)] },
            None => Self {
                status: StatusCode::UPGRADE_REQUIRED,
                headers: vec![
                    (header::CONNECTION, HeaderValue::from_static("Upgrade")),
                    (header::UPGRADE, HeaderValue::from_static("TLS/1.2, HTTP/1.1")),
                ],
            },
        }
    }
}

fn location(host: Option<&str>, uri: &Uri) -> Option<HeaderValue> {
    let authority: http::uri::Authority = host?.parse().ok()?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if authority.host().is_empty() || !path.starts_with('/') {
        return None;
    }
    HeaderValue::try_from(format!("https://{}{path}", authority.host())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location_of(host: Option<&str>, uri: &'static str) -> Option<String> {
        let answer = Upgrade::new(308, host, &Uri::from_static(uri));
        let (name, value) = answer.headers.first()?;
        assert_eq!(answer.status == 308, *name == header::LOCATION);
        (*name == header::LOCATION).then(|| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_redirect_keeps_path_and_query_and_drops_the_port() {
        let location = location_of(Some("a.com:8000"), "/x%20y/z?q=1");
        assert_eq!(location.as_deref(), Some("https://a.com/x%20y/z?q=1"));
        let location = location_of(Some("[::1]:8000"), "/");
        assert_eq!(location.as_deref(), Some("https://[::1]/"));
    }

    #[test]
    fn what_cannot_be_redirected_is_asked_to_upgrade() {
        for host in [None, Some(""), Some("a b"), Some("a\r\nx: y")] {
            assert_eq!(location_of(host, "/"), None, "{host:?}");
        }
        assert_eq!(location_of(Some("a.com"), "*"), None);
        let answer = Upgrade::new(426, Some("a.com"), &Uri::from_static("/"));
        assert_eq!(answer.status, 426);
        assert_eq!(answer.headers.len(), 2);
    }
}
