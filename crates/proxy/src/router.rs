//! Which route a request is for: Kong's matching and Kong's order of precedence.
//!
//! Every path of a route is an entry of its own, and entries are sorted once, most important first. A request
//! asks an index for the entries whose path can match, and takes the first that matches in all other respects.

mod captures;
mod conditions;
mod host;
mod path;
mod pattern;
mod prefix;
mod ranks;
mod upgrade;

use std::borrow::Cow;
use std::cmp::Reverse;

use config::{Configuration, Protocol, Route};
use http::HeaderMap;
use thiserror::Error;

pub use captures::Captures;
use conditions::{Conditions, Fit};
use host::{HostNames, RequestHost};
use path::normalise;
use pattern::{PatternIndex, Span};
use prefix::PrefixIndex;
use ranks::Ranks;
pub use upgrade::Upgrade;

/// What a request shows to the router.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest<'a> {
    /// Upper case for the usual ones.
    pub method: &'a str,
    /// The `Host` header or the authority of the URI, with its port where it has one.
    pub host: Option<&'a str>,
    /// As sent, without the query.
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    /// How the request came: `Http` or `Https`.
    pub scheme: Protocol,
    /// The server name of the TLS handshake.
    pub sni: Option<&'a str>,
}

/// The route of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// Index in the configuration.
    pub route: usize,
    pub captures: Captures,
    /// The path, normalised.
    pub path: Cow<'a, str>,
    /// Length of the part of `path` that the route's path matched, in bytes; 0 for a route without paths.
    pub matched: usize,
    /// Place in the order of precedence of the path that matched.
    pub rank: usize,
}

impl Match<'_> {
    /// The path without the part that the route's path matched: what `strip_path` leaves.
    pub fn remainder(&self) -> &str {
        self.path.get(self.matched..).unwrap_or_default()
    }
}

/// Why a request has no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmatched {
    NotFound,
    /// The route wants TLS: `status` is the route's `https_redirect_status_code`; see [`Upgrade`].
    ProtocolMismatch {
        route: usize,
        status: u16,
    },
}

/// Why routes cannot be compiled.
#[derive(Debug, Error)]
pub enum RouterError {
    #[error("route {route}: {error}")]
    Pattern { route: Box<str>, error: regex::Error },
    #[error("route {route}: '{name}' is not the name of a header")]
    HeaderName { route: Box<str>, name: Box<str> },
    #[error("the paths of all routes together: {0}")]
    Patterns(regex::Error),
}

/// One path of one route. Its place in the list of entries is its rank: 0 is the most important.
#[derive(Debug)]
struct Entry {
    /// Index in the configuration, and in `Router::conditions`.
    route: usize,
    path: EntryPath,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum EntryPath {
    /// Of the normalised path; empty for a route without paths.
    Prefix(Box<str>),
    /// As written, without the `~`.
    Pattern(Box<str>),
}

impl EntryPath {
    fn of(written: &str) -> Self {
        match written.strip_prefix('~') {
            Some(pattern) => Self::Pattern(pattern.into()),
            None => Self::Prefix(normalise(written).into()),
        }
    }

    /// Key of the part of the order that is about paths; greater is more important.
    fn weight(&self, regex_priority: i64) -> (bool, i64, usize) {
        match self {
            Self::Prefix(prefix) => (false, 0, prefix.len()),
            Self::Pattern(pattern) => (true, regex_priority, pattern.len()),
        }
    }
}

/// The compiled routes.
#[derive(Debug)]
pub struct Router {
    entries: Vec<Entry>,
    /// By route.
    conditions: Vec<Conditions>,
    hosts: HostNames,
    prefixes: PrefixIndex,
    patterns: PatternIndex,
}

/// Number of matcher kinds that a route uses.
fn kinds(route: &Route) -> usize {
    [
        !route.methods.is_empty(),
        !route.hosts.is_empty(),
        !route.headers.is_empty(),
        !route.snis.is_empty(),
        !route.paths.is_empty(),
    ]
    .into_iter()
    .filter(|used| *used)
    .count()
}

fn entries(configuration: &Configuration) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, route) in configuration.routes.iter().enumerate() {
        let service = route.service.and_then(|index| configuration.services.get(index));
        if service.is_some_and(|service| !service.enabled) {
            continue;
        }
        let without = route.paths.is_empty().then(|| EntryPath::Prefix("".into()));
        let paths = route.paths.iter().map(|path| EntryPath::of(path));
        for path in paths.chain(without) {
            let plain_hosts = !route.hosts.is_empty() && !route.hosts.iter().any(|host| host.contains('*'));
            let weight = path.weight(route.regex_priority);
            let key = (kinds(route), plain_hosts, route.headers.len(), weight);
            entries.push((Reverse(key), Entry { route: index, path }));
        }
    }
    // Stable, so that the order of the file breaks ties.
    entries.sort_by_key(|(key, _)| *key);
    entries.into_iter().map(|(_, entry)| entry).collect()
}

impl Router {
    /// Compiles the routes of a configuration; those of a disabled service are left out.
    pub fn new(configuration: &Configuration) -> Result<Self, RouterError> {
        let entries = entries(configuration);
        let mut hosts = HostNames::default();
        let conditions: Vec<Conditions> = configuration
            .routes
            .iter()
            .map(|route| Conditions::compile(route, &mut hosts))
            .collect::<Result<_, _>>()?;
        let mut prefixes = Vec::new();
        let mut patterns = PatternIndex::default();
        for (rank, entry) in entries.iter().enumerate() {
            let hosts = conditions.get(entry.route).and_then(Conditions::plain_hosts);
            match &entry.path {
                EntryPath::Prefix(prefix) => prefixes.push((&**prefix, rank, hosts)),
                EntryPath::Pattern(pattern) => {
                    let failed =
                        |error| RouterError::Pattern { route: route_name(configuration, entry.route), error };
                    patterns.add(pattern, rank, hosts).map_err(failed)?;
                }
            }
        }
        let prefixes = PrefixIndex::new(prefixes);
        patterns.finish().map_err(RouterError::Patterns)?;
        Ok(Self { entries, conditions, hosts, prefixes, patterns })
    }

    /// The route of a request.
    pub fn find<'a>(&self, request: &RouteRequest<'a>) -> Result<Match<'a>, Unmatched> {
        let path = normalise(request.path);
        let host = self.hosts.look_up(request);
        let mut best = None;
        self.prefixes.each(&path, |length, ranks| {
            if let Some((rank, fit)) = self.first_fit(ranks, best.as_ref(), request, &host) {
                best = Some(Found { rank, fit, span: Span::prefix(length) });
            }
        });
        let limit = best.as_ref().map_or(usize::MAX, |found| found.rank);
        self.patterns.each(&path, limit, |pattern| {
            let fit = self.first_fit(pattern.ranks(), best.as_ref(), request, &host);
            if let Some(((rank, fit), span)) = fit.and_then(|fit| Some((fit, pattern.span(&path)?))) {
                best = Some(Found { rank, fit, span });
            }
        });
        let Some(Found { rank, fit, span }) = best else {
            return Err(Unmatched::NotFound);
        };
        let route = self.entries.get(rank).map_or(0, |entry| entry.route);
        match fit {
            Fit::Fits => Ok(Match { route, captures: span.captures, path, matched: span.end, rank }),
            Fit::WantsTls(status) => Err(Unmatched::ProtocolMismatch { route, status }),
        }
    }

    /// The path of this rank, a regular expression with its `~`; none where the route has no paths.
    pub fn path_at(&self, rank: usize) -> Option<Box<str>> {
        match &self.entries.get(rank)?.path {
            EntryPath::Prefix(prefix) if prefix.is_empty() => None,
            EntryPath::Prefix(prefix) => Some(prefix.clone()),
            EntryPath::Pattern(pattern) => Some(format!("~{pattern}").into()),
        }
    }

    /// The first of `ranks` that fits the request in all but its path and is before `best`.
    fn first_fit(
        &self,
        ranks: &Ranks,
        best: Option<&Found>,
        request: &RouteRequest<'_>,
        host: &RequestHost<'_>,
    ) -> Option<(usize, Fit)> {
        let mut limit = best.map_or(usize::MAX, |found| found.rank);
        let mut first = None;
        for part in ranks.of_host(host.number) {
            let before = part.iter().take_while(|rank| **rank < limit);
            let fits = |rank: &usize| {
                let entry = self.entries.get(*rank)?;
                let fit = self.conditions.get(entry.route)?.fit(request, host)?;
                Some((*rank, fit))
            };
            if let Some((rank, fit)) = before.into_iter().find_map(fits) {
                limit = rank;
                first = Some((rank, fit));
            }
        }
        first
    }
}

/// The best entry so far.
struct Found {
    rank: usize,
    fit: Fit,
    span: Span,
}

fn route_name(configuration: &Configuration, index: usize) -> Box<str> {
    configuration
        .routes
        .get(index)
        .map(|route| route.name.clone().unwrap_or_else(|| route.id.clone()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
