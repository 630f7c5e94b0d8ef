//! Services.

use std::time::Duration;

use super::identity::Which;
use super::name::is_host;
use super::{Builder, Nested, protocol};
use crate::check::shown;
use crate::problem::Place;
use crate::schema::SERVICE;
use crate::tree::NodeId;
use crate::view::View;
use crate::{Protocol, Scope, Service};

/// What the shorthand `url` stands for.
struct Address<'t> {
    protocol: Protocol,
    host: &'t str,
    port: u16,
    path: Option<&'t str>,
}

impl Builder<'_> {
    /// Makes all services; gives the routes that stand in them, each with its service.
    pub(super) fn services(&mut self, plugins: &mut Nested) -> Vec<(NodeId, Option<usize>)> {
        let mut routes = Vec::new();
        let defaults = self.defaults("service");
        for node in self.top("services") {
            let view = View::new(self.tree, *node, &SERVICE).or(defaults);
            let index = self.made.services.len();
            let service = self.service(*node, &view);
            self.made.services.push(service);
            self.register(Which::Services, *node, "id", index);
            self.register(Which::Services, *node, "name", index);
            let scope = Scope { service: Some(index), ..Scope::default() };
            plugins.extend(view.items("plugins").iter().map(|plugin| (*plugin, scope)));
            routes.extend(view.items("routes").iter().map(|route| (*route, Some(index))));
        }
        routes
    }

    fn service(&mut self, node: NodeId, view: &View<'_>) -> Service {
        let name = view.text("name");
        let address = self.address(view);
        let milliseconds = |name| Duration::from_millis(view.integer(name).unwrap_or_default());
        if let Some(path) = address.path.filter(|path| !path.starts_with('/')) {
            let _ = path;
            let field = if view.has("url") { "url" } else { "path" };
            self.error(view.spot(field).place(), "the path must start with '/'");
        }
        Service {
            id: self.entity_id(node, "service", name),
            name: name.map(Into::into),
            enabled: view.boolean("enabled"),
            protocol: address.protocol,
            host: address.host.to_ascii_lowercase().into(),
            port: address.port,
            path: address.path.map(Into::into),
            retries: view.integer("retries").unwrap_or_default(),
            connect_timeout: milliseconds("connect_timeout"),
            write_timeout: milliseconds("write_timeout"),
            read_timeout: milliseconds("read_timeout"),
            tls_verify: view.stated("tls_verify"),
        }
    }

    fn address<'t>(&mut self, view: &View<'t>) -> Address<'t> {
        let separate = Address {
            protocol: view.text("protocol").map_or(Protocol::Http, protocol),
            host: view.text("host").unwrap_or_default(),
            port: view.integer("port").unwrap_or(80),
            path: view.text("path").filter(|path| !path.is_empty()),
        };
        let Some(url) = view.text("url") else {
            if !view.has("host") && !view.has("url") {
                self.error(view.spot("host").place(), "is required").hint("or write 'url'");
            } else if let Some(scalar) = view.scalar("host").filter(|scalar| !is_host(&scalar.text)) {
                let message = format!("{} is not a host", shown(scalar, false));
                self.error(view.spot("host").place(), message);
            }
            return separate;
        };
        for other in ["protocol", "host", "port", "path"] {
            if view.has(other) {
                self.warning(view.spot(other).place(), "has no effect beside 'url'");
            }
        }
        parse(url).unwrap_or_else(|| {
            let node = view.node("url").unwrap_or(view.anchor());
            self.error(Place::Value(node), "must be a URL of the form http://host[:port][/path]");
            separate
        })
    }
}

fn parse(url: &str) -> Option<Address<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    let known = ["http", "https", "ws", "wss", "grpc", "grpcs", "tcp", "tls", "udp"];
    let scheme = known.into_iter().find(|known| known.eq_ignore_ascii_case(scheme))?;
    let (authority, path) = match rest.find('/') {
        Some(at) => (rest.get(..at)?, rest.get(at..)),
        None => (rest, None),
    };
    if path.is_some_and(|path| path.contains(['?', '#']) || path.chars().any(char::is_whitespace)) {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
        _ => (authority, None),
    };
    let secure = matches!(scheme, "https" | "wss" | "grpcs" | "tls");
    is_host(host).then(|| Address {
        protocol: protocol(scheme),
        host,
        port: port.unwrap_or(if secure { 443 } else { 80 }),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorthand() {
        let parts =
            |url| parse(url).map(|address| (address.protocol, address.host, address.port, address.path));
        assert_eq!(parts("http://localhost:32000"), Some((Protocol::Http, "localhost", 32000, None)));
        assert_eq!(parts("HTTPS://a.b/c/d"), Some((Protocol::Https, "a.b", 443, Some("/c/d"))));
        assert_eq!(parts("http://[::1]:8/"), Some((Protocol::Http, "[::1]", 8, Some("/"))));
        for url in
            ["", "a.b", "ftp://a", "http://", "http://a:b", "http://a:70000", "http://u@a", "http://a/?x"]
        {
            assert!(parts(url).is_none(), "{url}");
        }
    }
}
