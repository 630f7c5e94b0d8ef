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
    /// Tokens are counted here.
    counts: bool,
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
        let (path, counts) = if let Some(path) = path_of(route, location, &site, asked)? {
            (path, asked.form == Form::Count)
        } else {
            let whole = Asked { form: Form::Whole, ..*asked };
            (path_of(route, location, &site, &whole)?.ok_or(EndpointError::Path)?, false)
        };
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
            counts,
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

/// The path of a request; none where one to count tokens has no place.
fn path_of(
    route: &Route,
    location: &Location<'_>,
    site: &Site<'_>,
    asked: &Asked<'_>,
) -> Result<Option<String>, EndpointError> {
    let configured = location.upstream_path.map(|path| path.split(['?', '#']).next().unwrap_or_default());
    let preserve = route.operation == Operation::Preserve;
    let written = match (site.path, configured) {
        (_, Some(path)) if preserve && location.upstream_url.is_some() => return Ok(Some(join("", path))),
        (_, None) if preserve => return Ok(Some(join("", asked.path))),
        (Some(path), _) if !preserve => ("", path),
        (_, Some(path)) => (route.stem, path),
        (_, None) => {
            let path = match asked.form {
                Form::Whole => Some(route.path),
                Form::Stream => Some(route.stream_path.unwrap_or(route.path)),
                Form::Count => route.count_path,
            };
            let Some(path) = path else { return Ok(None) };
            let stem = segments(route.stem, route, location, asked)?;
            return Ok(Some(join(&stem, &segments(path, route, location, asked)?)));
        }
    };
    let (stem, path) = written;
    let stem = segments(stem, route, location, asked)?;
    Ok(written_out(path, route, asked.form).map(|path| join(&stem, &path)))
}

/// A path that was written out, in the wanted form: where it ends as the route's path for another one does, the
/// end is exchanged. None where it does not tell where tokens are counted.
fn written_out<'p>(path: &'p str, route: &Route, form: Form) -> Option<Cow<'p, str>> {
    if form == Form::Count {
        return counted(path, route).map(Cow::Owned);
    }
    let Some((whole, stream)) = ending(route.path).zip(route.stream_path.and_then(ending)) else {
        return Some(Cow::Borrowed(path));
    };
    let (wanted, other) = if form == Form::Stream { (stream, whole) } else { (whole, stream) };
    let exchanged = path.strip_suffix(other).map(|stem| Cow::Owned(format!("{stem}{wanted}")));
    Some(exchanged.unwrap_or(Cow::Borrowed(path)))
}

/// The last segment of a path, or only its method.
fn ending(path: &'static str) -> Option<&'static str> {
    path.rfind(['/', ':']).and_then(|at| path.get(at..))
}

/// Where tokens are counted, beside a path that was written out.
fn counted(path: &str, route: &Route) -> Option<String> {
    let count = route.count_path?;
    if let Some(suffix) = count.strip_prefix(route.path) {
        return Some([path, suffix].concat());
    }
    let end = ending(count)?;
    let ends = [ending(route.path), route.stream_path.and_then(ending)];
    let (own, stem) = ends.into_iter().flatten().find_map(|own| Some((own, path.strip_suffix(own)?)))?;
    let of_whole = [Some(route.path), route.stream_path].into_iter().flatten();
    let beside =
        of_whole.filter_map(|path| path.strip_suffix(own)).any(|kept| count.strip_suffix(end) == Some(kept));
    if beside {
        return Some([stem, end].concat());
    }
    // Another segment stands in the model's place.
    let (parent, _) = stem.rsplit_once('/')?;
    let (_, last) = count.rsplit_once('/')?;
    Some(format!("{parent}/{last}"))
}

/// A path template with its values, each escaped as one segment.
fn segments(
    template: &'static str,
    route: &Route,
    location: &Location<'_>,
    asked: &Asked<'_>,
) -> Result<Cow<'static, str>, EndpointError> {
    let escaped = |name, value: &str| {
        if is_safe_name(value) {
            Ok(encode_segment(value).into_owned())
        } else {
            Err(EndpointError::Segment(name))
        }
    };
    fill(template, |name| {
        if name == "model" {
            let named = route.named(asked.model.ok_or(EndpointError::MissingModel)?, asked.form);
            return Ok(Cow::Owned(
                [&named.collection, &*named_segment(&escaped(name, &named.name)?)].concat(),
            ));
        }
        let value = location.settings.value(name).ok_or(EndpointError::MissingSetting(name))?;
        Ok(Cow::Owned(escaped(name, value)?))
    })
}

/// The name of a model as a segment. An `@` stands for itself in a path, and Google's own clients send the day of a
/// version so; an escaped percent sign is `%25`, so that what is `%40` here was an `@`.
fn named_segment(escaped: &str) -> Cow<'_, str> {
    if escaped.contains("%40") { Cow::Owned(escaped.replace("%40", "@")) } else { Cow::Borrowed(escaped) }
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

    /// Whether tokens are counted here; false where that was not asked for.
    pub fn counts(&self) -> bool {
        self.counts
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
