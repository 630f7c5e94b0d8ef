//! Matching of hosts: plain names by number, wildcards by their literal part, ports where a route names one.

use std::borrow::Cow;
use std::collections::HashMap;

use config::Protocol;

use super::RouteRequest;

/// Numbers for the plain host names of all routes, so that a request's host is compared once.
#[derive(Debug, Default)]
pub struct HostNames {
    numbers: HashMap<Box<str>, u32>,
    /// Whether any route has a host at all.
    used: bool,
}

/// The host of a request.
#[derive(Debug)]
pub struct RequestHost<'a> {
    /// Lower case, without port.
    name: Cow<'a, str>,
    /// From [`HostNames`], where a route names it.
    pub number: Option<u32>,
    port: u16,
}

/// One host of a route.
#[derive(Debug)]
pub struct HostCondition {
    name: NameCondition,
    /// Any port where there is none.
    port: Option<u16>,
}

#[derive(Debug)]
enum NameCondition {
    /// A number from [`HostNames`].
    Plain(u32),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
}

/// Splits `example.com:80` or `[::1]:80`.
fn split_port(host: &str) -> (&str, Option<u16>) {
    let split = host.rsplit_once(':').filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
    match split.map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) => (name, Some(port)),
        _ => (host, None),
    }
}

impl HostNames {
    pub fn compile(&mut self, written: &str) -> HostCondition {
        self.used = true;
        let (name, port) = split_port(written);
        let middle = name.trim_matches('*');
        let name = match (name.starts_with('*'), name.ends_with('*')) {
            (false, false) => NameCondition::Plain(self.number(name)),
            (true, false) => NameCondition::EndsWith(middle.into()),
            (false, true) => NameCondition::StartsWith(middle.into()),
            (true, true) => NameCondition::Contains(middle.into()),
        };
        HostCondition { name, port }
    }

    fn number(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(name.into()).or_insert(next)
    }

    pub fn look_up<'a>(&self, request: &RouteRequest<'a>) -> RequestHost<'a> {
        let default_port = match request.scheme {
            Protocol::Https | Protocol::Wss => 443,
            Protocol::Http | Protocol::Ws | Protocol::Other => 80,
        };
        let (name, port) = match request.host {
            Some(host) if self.used => split_port(host),
            _ => ("", None),
        };
        // A name may be written with the dot of the root.
        let name = name.strip_suffix('.').unwrap_or(name);
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        RequestHost { number: self.numbers.get(&*name).copied(), name, port: port.unwrap_or(default_port) }
    }
}

impl HostCondition {
    /// The number of a plain name.
    pub fn number(&self) -> Option<u32> {
        match self.name {
            NameCondition::Plain(number) => Some(number),
            _ => None,
        }
    }

    pub fn fits(&self, host: &RequestHost<'_>) -> bool {
        self.port.is_none_or(|port| port == host.port)
            && match &self.name {
                NameCondition::Plain(number) => host.number == Some(*number),
                NameCondition::StartsWith(start) => {
                    host.name.len() > start.len() && host.name.starts_with(&**start)
                }
                NameCondition::EndsWith(end) => host.name.len() > end.len() && host.name.ends_with(&**end),
                NameCondition::Contains(middle) => {
                    // A wildcard stands for at least one character.
                    let mut inner = host.name.chars();
                    inner.next().is_some()
                        && inner.next_back().is_some()
                        && inner.as_str().contains(&**middle)
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn fits(written: &str, host: &str, scheme: Protocol) -> bool {
        let headers = HeaderMap::new();
        let mut names = HostNames::default();
        let condition = names.compile(written);
        let request =
            RouteRequest { method: "GET", host: Some(host), path: "/", headers: &headers, scheme, sni: None };
        condition.fits(&names.look_up(&request))
    }

    #[test]
    fn plain_names_and_wildcards() {
        let http = |written, host| fits(written, host, Protocol::Http);
        assert!(http("a.com", "A.com"));
        assert!(http("a.com", "a.com:8000"));
        assert!(http("a.com", "a.com."));
        assert!(!http("a.com", "b.a.com"));
        assert!(http("*.a.com", "x.y.a.com:99"));
        assert!(!http("*.a.com", "a.com"));
        assert!(!http("*.a.com", ".a.com"));
        assert!(http("a.*", "a.org"));
        assert!(!http("a.*", "a."));
        assert!(http("*.a.*", "x.a.org"));
        assert!(!http("*.a.*", ".a.org"));
        assert!(http("*", "anything"));
        assert!(!http("*", ""));
        assert!(http("[::1]", "[::1]:80"));
    }

    #[test]
    fn a_port_counts_where_the_route_names_one() {
        assert!(fits("a.com:8000", "a.com:8000", Protocol::Http));
        assert!(!fits("a.com:8000", "a.com", Protocol::Http));
        assert!(fits("a.com:443", "a.com", Protocol::Https));
        assert!(fits("a.com:80", "a.com", Protocol::Http));
        assert!(!fits("*.a.com:80", "x.a.com", Protocol::Https));
    }
}
