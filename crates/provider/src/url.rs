//! Takes a configured URL apart. Placeholders `$(…)` are let through: at load time they are still there.

use std::net::Ipv6Addr;

use auth::{Scheme, has_placeholder};
use thiserror::Error;

/// Why a URL cannot be an upstream's. The texts do not repeat it, because it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UrlError {
    #[error("a URL of the form http(s)://host[:port][/path] is expected")]
    Form,
    #[error("the scheme must be http, https, ws or wss")]
    Scheme,
    #[error("user and password do not belong into a URL: use auth")]
    Userinfo,
    #[error("the host is not valid")]
    Host,
    #[error("the port is not a number from 1 to 65535")]
    Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    pub scheme: Scheme,
    /// An IPv6 address without its brackets.
    pub host: &'a str,
    pub port: u16,
    /// As written, without query and fragment; may be empty.
    pub path: &'a str,
}

const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

impl<'a> Url<'a> {
    pub fn parse(text: &'a str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Form)?;
        let scheme = Scheme::from_name(scheme).ok_or(UrlError::Scheme)?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).ok_or(UrlError::Form)?;
        if authority.contains('@') {
            return Err(UrlError::Userinfo);
        }
        let (host, port) = split_port(authority)?;
        let port = match port {
            None => scheme.default_port(),
            Some(digits) => parse_port(digits)?,
        };
        let path_end = rest.find(['?', '#']).unwrap_or(rest.len());
        let path = rest.get(..path_end).unwrap_or_default();
        if path.starts_with('\\') {
            return Err(UrlError::Form);
        }
        Ok(Self { scheme, host, port, path })
    }
}

/// Scheme, host and port of a URL; what is no URL, as it is.
pub(crate) fn without_path(text: &str) -> &str {
    let authority = text.find("://").map_or(0, |at| at + 3);
    let path = text.get(authority..).and_then(|rest| rest.find(['/', '?', '#']));
    path.and_then(|at| text.get(..authority + at)).unwrap_or(text)
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']').ok_or(UrlError::Host)?;
        host.parse::<Ipv6Addr>().map_err(|_| UrlError::Host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(UrlError::Host),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if has_placeholder(host) || is_host(host) { Ok((host, port)) } else { Err(UrlError::Host) }
}

fn parse_port(digits: &str) -> Result<u16, UrlError> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UrlError::Port);
    }
    match digits.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(UrlError::Port),
    }
}

/// A host name or an IP address, without brackets and without placeholders.
pub(crate) fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.len() <= MAX_HOST && host.split('.').all(is_label) || host.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Scheme, &str, u16, &str) {
        let url = Url::parse(text).unwrap();
        (url.scheme, url.host, url.port, url.path)
    }

    #[test]
    fn takes_urls_apart() {
        assert_eq!(parts("https://a.b/c?d=e#f"), (Scheme::Https, "a.b", 443, "/c"));
        assert_eq!(parts("HTTP://a.b:81"), (Scheme::Http, "a.b", 81, ""));
        assert_eq!(parts("ws://a?x"), (Scheme::Ws, "a", 80, ""));
        assert_eq!(parts("http://[::1]:8/x"), (Scheme::Http, "::1", 8, "/x"));
        assert_eq!(
            parts("https://$(headers.x-y).example.com/$(query_params.q)"),
            (Scheme::Https, "$(headers.x-y).example.com", 443, "/$(query_params.q)")
        );
    }

    #[test]
    fn paths_are_cut_off() {
        for (url, site) in [
            ("https://a.b:81/c/d?e=f", "https://a.b:81"),
            ("https://a.b?c", "https://a.b"),
            ("https://$(headers.x).b", "https://$(headers.x).b"),
            ("https://[::1]/x", "https://[::1]"),
        ] {
            assert_eq!(without_path(url), site);
        }
    }

    #[test]
    fn refuses_what_is_no_upstream() {
        for (text, error) in [
            ("api.example.com", UrlError::Form),
            ("/path", UrlError::Form),
            ("$(headers.url)", UrlError::Form),
            ("ftp://a", UrlError::Scheme),
            ("$(headers.s)://a", UrlError::Scheme),
            ("https://user:pw@a", UrlError::Userinfo),
            ("https://$(headers.x)@a.b", UrlError::Userinfo),
            ("https://", UrlError::Host),
            ("https://a..b", UrlError::Host),
            ("https://a b", UrlError::Host),
            ("https://[::1", UrlError::Host),
            ("https://[a.b]", UrlError::Host),
            ("https://a:0", UrlError::Port),
            ("https://a:", UrlError::Port),
            ("https://a:+1", UrlError::Port),
            ("https://a:$(headers.p)", UrlError::Port),
            ("https://a\\b", UrlError::Form),
        ] {
            assert_eq!(Url::parse(text), Err(error), "{text}");
        }
    }
}
