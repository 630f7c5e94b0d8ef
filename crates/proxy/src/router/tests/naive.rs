//! The router as its description reads: every path of every route is tried, and the best one wins.

use config::{Configuration, Protocol, Route};
use regex::Regex;

use super::super::path::normalise;
use super::super::{RouteRequest, Unmatched};

/// Everything that counts, most important first; greater wins.
type Importance = (usize, bool, usize, bool, i64, usize, std::cmp::Reverse<usize>);

pub fn find(configuration: &Configuration, request: &RouteRequest<'_>) -> Result<(usize, usize), Unmatched> {
    let path = normalise(request.path);
    let mut best: Option<(Importance, usize, usize)> = None;
    for (index, route) in configuration.routes.iter().enumerate() {
        let disabled = route.service.is_some_and(|service| !configuration.services[service].enabled);
        if disabled || !fits(route, request) {
            continue;
        }
        let mut paths: Vec<Option<&str>> = route.paths.iter().map(|path| Some(&**path)).collect();
        if paths.is_empty() {
            paths.push(None);
        }
        for written in paths {
            let Some(matched) = matched(written, &path) else {
                continue;
            };
            let importance = importance(route, written, index);
            if best.as_ref().is_none_or(|(other, ..)| *other < importance) {
                best = Some((importance, index, matched));
            }
        }
    }
    let (_, index, matched) = best.ok_or(Unmatched::NotFound)?;
    let route = &configuration.routes[index];
    if route.protocols.is_empty() || route.protocols.contains(&request.scheme) {
        Ok((index, matched))
    } else {
        Err(Unmatched::ProtocolMismatch { route: index, status: route.https_redirect_status_code })
    }
}

fn matched(written: Option<&str>, path: &str) -> Option<usize> {
    let Some(written) = written else {
        return Some(0);
    };
    if let Some(pattern) = written.strip_prefix('~') {
        let regex = Regex::new(&format!("^({pattern})")).unwrap();
        return regex.find(path).map(|found| found.end());
    }
    let prefix = normalise(written);
    path.starts_with(&*prefix).then_some(prefix.len())
}

fn importance(route: &Route, written: Option<&str>, index: usize) -> Importance {
    let mut kinds = 0;
    kinds += usize::from(!route.methods.is_empty());
    kinds += usize::from(!route.hosts.is_empty());
    kinds += usize::from(!route.headers.is_empty());
    kinds += usize::from(!route.snis.is_empty());
    kinds += usize::from(!route.paths.is_empty());
    let plain = !route.hosts.is_empty() && route.hosts.iter().all(|host| !host.contains('*'));
    let pattern = written.and_then(|written| written.strip_prefix('~'));
    let length = match (pattern, written) {
        (Some(pattern), _) => pattern.len(),
        (None, Some(prefix)) => normalise(prefix).len(),
        (None, None) => 0,
    };
    let priority = if pattern.is_some() { route.regex_priority } else { 0 };
    let order = std::cmp::Reverse(index);
    (kinds, plain, route.headers.len(), pattern.is_some(), priority, length, order)
}

fn fits(route: &Route, request: &RouteRequest<'_>) -> bool {
    let method = route.methods.is_empty() || route.methods.iter().any(|method| **method == *request.method);
    let host = route.hosts.is_empty() || route.hosts.iter().any(|host| fits_host(host, request));
    let headers = route.headers.iter().all(|wanted| {
        request.headers.get_all(&*wanted.name).iter().any(|value| {
            let value = value.to_str().unwrap().to_lowercase();
            wanted.values.iter().any(|wanted| match wanted.strip_prefix("~*") {
                Some(pattern) => Regex::new(pattern).unwrap().is_match(&value),
                None => wanted.to_lowercase() == value,
            })
        })
    });
    let sni = |name: &str| Some(name.trim_end_matches('.')) == request.sni;
    let snis =
        request.scheme == Protocol::Http || route.snis.is_empty() || route.snis.iter().any(|name| sni(name));
    let protocols = route.protocols.is_empty()
        || route.protocols.contains(&request.scheme)
        || (request.scheme == Protocol::Http && route.protocols.contains(&Protocol::Https));
    method && host && headers && snis && protocols
}

fn fits_host(written: &str, request: &RouteRequest<'_>) -> bool {
    let Some(host) = request.host else {
        return false;
    };
    let default = if request.scheme == Protocol::Https { "443" } else { "80" };
    let host = host.to_lowercase();
    let (name, port) = host.split_once(':').unwrap_or((&host, default));
    let (wanted, wanted_port) = written.split_once(':').unwrap_or((written, port));
    let pattern = wanted.replace('.', "\\.").replace('*', ".+");
    port == wanted_port && Regex::new(&format!("^{pattern}$")).unwrap().is_match(name)
}
