//! What a route asks of a request besides the path.

use config::{HeaderMatch, Protocol, Route};
use http::HeaderName;
use regex::bytes::{Regex, RegexBuilder};

use super::host::{HostCondition, HostNames, RequestHost};
use super::{RouteRequest, RouterError};

/// The conditions of one route.
#[derive(Debug)]
pub struct Conditions {
    methods: Vec<Box<str>>,
    hosts: Vec<HostCondition>,
    /// The numbers of the hosts, where there are any and all are plain.
    plain_hosts: Option<Vec<u32>>,
    headers: Vec<HeaderCondition>,
    /// Without the dot of the root.
    snis: Vec<Box<str>>,
    protocols: Vec<Protocol>,
    redirect_status: u16,
}

/// How a request fits a route in all but its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Fits,
    /// It would over TLS. The status says what to tell the caller.
    WantsTls(u16),
}

#[derive(Debug)]
struct HeaderCondition {
    name: HeaderName,
    values: Vec<ValueCondition>,
}

#[derive(Debug)]
enum ValueCondition {
    Text(Box<str>),
    Pattern(Regex),
}

impl ValueCondition {
    /// As in Kong, case does not count in either form.
    fn compile(written: &str) -> Result<Self, regex::Error> {
        match written.strip_prefix("~*") {
            None => Ok(Self::Text(written.into())),
            Some(pattern) => RegexBuilder::new(pattern).case_insensitive(true).build().map(Self::Pattern),
        }
    }

    fn fits(&self, value: &[u8]) -> bool {
        match self {
            Self::Text(text) => text.as_bytes().eq_ignore_ascii_case(value),
            Self::Pattern(pattern) => pattern.is_match(value),
        }
    }
}

impl HeaderCondition {
    fn compile(header: &HeaderMatch, route: &Route) -> Result<Self, RouterError> {
        let name = HeaderName::from_bytes(header.name.as_bytes())
            .map_err(|_| RouterError::HeaderName { route: route.id.clone(), name: header.name.clone() })?;
        let values = header
            .values
            .iter()
            .map(|value| ValueCondition::compile(value))
            .collect::<Result<_, _>>()
            .map_err(|error| RouterError::Pattern { route: route.id.clone(), error })?;
        Ok(Self { name, values })
    }

    fn fits(&self, request: &RouteRequest<'_>) -> bool {
        request
            .headers
            .get_all(&self.name)
            .iter()
            .any(|value| self.values.iter().any(|wanted| wanted.fits(value.as_bytes())))
    }
}

impl Conditions {
    pub fn compile(route: &Route, hosts: &mut HostNames) -> Result<Self, RouterError> {
        let headers = route.headers.iter().map(|header| HeaderCondition::compile(header, route));
        let sni = |name: &str| name.strip_suffix('.').unwrap_or(name).into();
        let hosts: Vec<HostCondition> = route.hosts.iter().map(|host| hosts.compile(host)).collect();
        let numbers: Option<Vec<u32>> = hosts.iter().map(HostCondition::number).collect();
        Ok(Self {
            methods: route.methods.clone(),
            plain_hosts: numbers.filter(|numbers| !numbers.is_empty()),
            hosts,
            headers: headers.collect::<Result<_, _>>()?,
            snis: route.snis.iter().map(|name| sni(name)).collect(),
            protocols: route.protocols.clone(),
            redirect_status: route.https_redirect_status_code,
        })
    }

    /// The numbers of the hosts, where there are any and all are plain.
    pub fn plain_hosts(&self) -> Option<&[u32]> {
        self.plain_hosts.as_deref()
    }

    /// How the request fits, if it does.
    pub fn fit(&self, request: &RouteRequest<'_>, host: &RequestHost<'_>) -> Option<Fit> {
        let methods = &self.methods;
        let fits = (methods.is_empty() || methods.iter().any(|method| **method == *request.method))
            && (self.hosts.is_empty() || self.hosts.iter().any(|wanted| wanted.fits(host)))
            && self.headers.iter().all(|header| header.fits(request))
            && self.fits_sni(request);
        if fits { self.fit_protocol(request.scheme) } else { None }
    }

    /// A request without TLS is not asked for a server name, or it could never be sent to the TLS port.
    fn fits_sni(&self, request: &RouteRequest<'_>) -> bool {
        let is = |wanted: &str| {
            let sni = request.sni.unwrap_or_default();
            wanted.eq_ignore_ascii_case(sni.strip_suffix('.').unwrap_or(sni))
        };
        let tls = matches!(request.scheme, Protocol::Https | Protocol::Wss);
        self.snis.is_empty() || !tls || self.snis.iter().any(|wanted| is(wanted))
    }

    fn fit_protocol(&self, scheme: Protocol) -> Option<Fit> {
        let secure = match scheme {
            Protocol::Http => Some(Protocol::Https),
            Protocol::Ws => Some(Protocol::Wss),
            Protocol::Https | Protocol::Wss | Protocol::Other => None,
        };
        if self.protocols.is_empty() || self.protocols.contains(&scheme) {
            Some(Fit::Fits)
        } else if secure.is_some_and(|secure| self.protocols.contains(&secure)) {
            Some(Fit::WantsTls(self.redirect_status))
        } else {
            None
        }
    }
}
