//! Where one request goes: host, path and query, made from a provider, a target and what was asked for.

use std::borrow::Cow;
use std::fmt;

use auth::{HostBinding, HostPatternError, Origin, Scheme, has_placeholder};
use model::Operation;
use thiserror::Error;

use crate::path::{encode_segment, is_safe_name, is_safe_path, join};
use crate::query;
use crate::url::{Url, UrlError, is_host};
use crate::{Base, Location, Provider, Route};

/// What of a request decides where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Name that the provider knows the model by.
    pub model: Option<&'a str>,
    /// The client's path as it came, still escaped, without query: what `preserve` keeps.
    pub path: &'a str,
    pub form: Form,
}

/// Which of a route's paths is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Whole,
    Stream,
    /// The tokens of the request are to be counted.
    Count,
}

/// Why a request has no place to go to. All of these are the caller's doing (400), because what is
/// wrong without a caller was refused when configuration was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EndpointError {
    #[error("upstream_url: {0}")]
    Url(#[from] UrlError),
    #[error("'{0}' is not set")]
    MissingSetting(&'static str),
    #[error("a model is needed to tell where the request goes")]
    MissingModel,
    #[error("'{0}' cannot be a part of a path")]
    Segment(&'static str),
    #[error("the path has a segment that leads elsewhere, or a character that no path has")]
    Path,
    #[error("the host is not one that this target may be sent to")]
    Host,
    #[error(transparent)]
    Pattern(#[from] HostPatternError),
}

/// The place of one request, ready to be dialled and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    host: Box<str>,
    port: u16,
    authority: Box<str>,
    path: Box<str>,
    /// Query arguments that are added unless the client's query has their name; values are escaped.
    defaults: Box<[(&'static str, Box<str>)]>,
}

/// Host and path of a target, before an operation is chosen.
struct Site<'a> {
    scheme: Scheme,
    host: Cow<'a, str>,
    port: u16,
    /// Path of `upstream_url`, if it has one that says more than `/`.
    path: Option<&'a str>,
}

impl Provider {
    /// The hosts that a target may be sent to. `location` is as written, with its placeholders;
    /// `allowed_hosts` are what a placeholder may become besides one label before a literal suffix.
    pub fn binding(
        &self,
        location: &Location<'_>,
        allowed_hosts: &[Box<str>],
    ) -> Result<HostBinding, EndpointError> {
        let site = self.site(location)?;
        if has_placeholder(&site.host) {
            let bound = HostBinding::templated(site.scheme, &site.host, site.port, allowed_hosts)?;
            Ok(bound)
        } else if is_host(&site.host) {
            Ok(HostBinding::exact(site.scheme, &site.host, site.port))
        } else {
            Err(UrlError::Host.into())
        }
    }

    /// Where a request goes. Nothing in `location` has placeholders any more.
    pub fn endpoint(
        &self,
        route: &Route,
        location: &Location<'_>,
        asked: &Asked<'_>,
        binding: &HostBinding,
    ) -> Result<Endpoint, EndpointError> {
        let location = &self.at(location);
        let site = self.site(location)?;
        let host: Box<str> = site.host.to_ascii_lowercase().into();
        if !is_host(&host) {
            return Err(EndpointError::Host);
        }
        let path = path_of(route, location, &site, asked)?;
        if !is_safe_path(&path) {
            return Err(EndpointError::Path);
        }
        let mut defaults = Vec::new();
        for (name, setting) in route.query {
            if let Some(value) = location.settings.value(setting) {
                defaults.push((*name, encode_segment(value).into()));
            }
        }
        if let Some((name, value)) = route.stream_query.filter(|_| asked.form == Form::Stream) {
            defaults.push((name, value.into()));
        }
        let endpoint = Endpoint {
            scheme: site.scheme,
            authority: authority(site.scheme, &host, site.port).into(),
            host,
            port: site.port,
            path: path.into(),
            defaults: defaults.into(),
        };
        if binding.admits(endpoint.origin()) { Ok(endpoint) } else { Err(EndpointError::Host) }
    }

    fn site<'a>(&self, location: &Location<'a>) -> Result<Site<'a>, EndpointError> {
        if let Some(text) = location.upstream_url {
            let url = Url::parse(text)?;
            return Ok(Site {
                scheme: url.scheme,
                host: url.host.into(),
                port: url.port,
                path: (!url.path.trim_matches('/').is_empty()).then_some(url.path),
            });
        }
        let base = match self.base {
            Base::Url(base) => base,
            Base::Choice(choose) => choose(location.settings),
            Base::UpstreamUrl => return Err(EndpointError::MissingSetting("upstream_url")),
        };
        let (scheme, host) = base.split_once("://").ok_or(UrlError::Form)?;
        let scheme = Scheme::from_name(scheme).ok_or(UrlError::Scheme)?;
        let host = fill(host, |name| {
            location.settings.value(name).map(Cow::Borrowed).ok_or(EndpointError::MissingSetting(name))
        })?;
        Ok(Site { scheme, host, port: scheme.default_port(), path: None })
    }
}

fn path_of(
    route: &Route,
    location: &Location<'_>,
    site: &Site<'_>,
    asked: &Asked<'_>,
) -> Result<String, EndpointError> {
    let configured = location.upstream_path.map(|path| path.split(['?', '#']).next().unwrap_or_default());
    let preserve = route.operation == Operation::Preserve;
    match (site.path, configured) {
        (_, Some(path)) if preserve && location.upstream_url.is_some() => Ok(join("", path)),
        (_, None) if preserve => Ok(join("", asked.path)),
        (Some(path), _) if !preserve => Ok(join("", &written_out(path, route, asked.form))),
        (_, Some(path)) => {
            Ok(join(&segments(route.stem, location, asked)?, &written_out(path, route, asked.form)))
        }
        (_, None) => {
            let stem = segments(route.stem, location, asked)?;
            let path = match asked.form {
                Form::Whole => route.path,
                Form::Stream => route.stream_path.unwrap_or(route.path),
                Form::Count => route.count_path.unwrap_or(route.path),
            };
            Ok(join(&stem, &segments(path, location, asked)?))
        }
    }
}

/// A path that was written out, in the wanted form: where it ends as the route's path for another one does, the
/// end is exchanged.
fn written_out<'p>(path: &'p str, route: &Route, form: Form) -> Cow<'p, str> {
    if form == Form::Count {
        let suffix = route.count_path.and_then(|count| count.strip_prefix(route.path));
        return Cow::Owned([path, suffix.unwrap_or_default()].concat());
    }
    let end = |path: &'static str| path.rfind(['/', ':']).and_then(|at| path.get(at..));
    let Some((whole, stream)) = end(route.path).zip(route.stream_path.and_then(end)) else {
        return Cow::Borrowed(path);
    };
    let (wanted, other) = if form == Form::Stream { (stream, whole) } else { (whole, stream) };
    path.strip_suffix(other).map_or(Cow::Borrowed(path), |stem| Cow::Owned(format!("{stem}{wanted}")))
}

/// A path template with its values, each escaped as one segment.
fn segments(
    template: &'static str,
    location: &Location<'_>,
    asked: &Asked<'_>,
) -> Result<Cow<'static, str>, EndpointError> {
    fill(template, |name| {
        let value = match name {
            "model" => asked.model.ok_or(EndpointError::MissingModel)?,
            name => location.settings.value(name).ok_or(EndpointError::MissingSetting(name))?,
        };
        if is_safe_name(value) { Ok(encode_segment(value)) } else { Err(EndpointError::Segment(name)) }
    })
}

/// Replaces each `{name}` of `template` by what `value` gives for it.
fn fill<'v>(
    template: &'static str,
    value: impl Fn(&'static str) -> Result<Cow<'v, str>, EndpointError>,
) -> Result<Cow<'static, str>, EndpointError> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        filled.push_str(before);
        filled.push_str(&value(name)?);
        rest = after;
    }
    if filled.is_empty() {
        return Ok(Cow::Borrowed(rest));
    }
    filled.push_str(rest);
    Ok(Cow::Owned(filled))
}

fn authority(scheme: Scheme, host: &str, port: u16) -> String {
    let host = if host.contains(':') { Cow::Owned(format!("[{host}]")) } else { Cow::Borrowed(host) };
    if port == scheme.default_port() { host.into_owned() } else { format!("{host}:{port}") }
}

impl Endpoint {
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Lower case; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of `Host`: the host, with its port unless that is the scheme's own.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Escaped, with its leading slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn origin(&self) -> Origin<'_> {
        Origin { scheme: self.scheme, host: &self.host, port: self.port }
    }

    /// The query that goes upstream: the client's own, and what the provider needs besides.
    pub fn query<'q>(&self, client: Option<&'q str>) -> Option<Cow<'q, str>> {
        let client = client.filter(|query| !query.is_empty());
        let mut query = client.map(Cow::Borrowed);
        for (name, value) in &self.defaults {
            if client.is_some_and(|client| query::has(client, name)) {
                continue;
            }
            let mut text = query.map_or_else(String::new, Cow::into_owned);
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(name);
            text.push('=');
            text.push_str(value);
            query = Some(Cow::Owned(text));
        }
        query
    }

    /// Path and query as they stand in the request line.
    pub fn path_and_query(&self, client_query: Option<&str>) -> Cow<'_, str> {
        match self.query(client_query) {
            None => Cow::Borrowed(&self.path),
            Some(query) => Cow::Owned(format!("{}?{query}", self.path)),
        }
    }
}

impl fmt::Display for Endpoint {
    /// The URL, with what the provider needs in the query and without the client's own arguments.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.name();
        write!(formatter, "{scheme}://{}{}", self.authority, self.path_and_query(None))
    }
}

#[cfg(test)]
mod tests;
