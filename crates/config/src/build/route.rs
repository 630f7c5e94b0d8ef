//! Routes.

use super::identity::Which;
use super::matcher::{Defect, check_header, check_host, check_method, check_path, check_regex};
use super::name::is_host;
use super::{Builder, Nested, RouteFacts, protocols};
use crate::check::shown;
use crate::problem::Place;
use crate::schema::ROUTE;
use crate::tree::{NodeId, Origin};
use crate::view::View;
use crate::{HeaderMatch, Protocol, Route, Scope};

/// Protocols that may stand together.
const FAMILIES: [&[&str]; 5] =
    [&["http", "https"], &["ws", "wss"], &["grpc", "grpcs"], &["tcp", "tls", "udp"], &["tls_passthrough"]];

impl Builder<'_> {
    /// Makes all routes, in the order of the file. `nested` stand in services.
    pub(super) fn routes(&mut self, nested: Vec<(NodeId, Option<usize>)>, plugins: &mut Nested) {
        let mut routes = nested;
        routes.extend(self.top("routes").iter().map(|route| (*route, None)));
        routes.sort_by_key(|(node, _)| self.tree.at(*node));
        let defaults = self.defaults("route");
        for (node, service) in routes {
            let view = View::new(self.tree, node, &ROUTE).or(defaults);
            let index = self.made.routes.len();
            let route = self.route(node, &view, service);
            let scope = Scope { route: Some(index), ..Scope::default() };
            plugins.extend(view.items("plugins").iter().map(|plugin| (*plugin, scope)));
            self.made.routes.push(route);
            self.route_facts.push(RouteFacts { node, protocols_given: view.node("protocols") });
            self.register(Which::Routes, node, "id", index);
            self.register(Which::Routes, node, "name", index);
        }
    }

    fn route(&mut self, node: NodeId, view: &View<'_>, nested: Option<usize>) -> Route {
        let name = view.text("name");
        let written = view.node("service").and_then(|service| self.refer(Which::Services, service));
        if let (Some(nested), Some(written)) = (nested, written)
            && nested != written
        {
            self.error(view.spot("service").place(), "is not the service that the route stands in");
        }
        self.check_protocols(view);
        self.check_each(view, "methods", check_method);
        self.check_each(view, "hosts", check_host);
        self.check_each(view, "paths", check_path);
        self.check_each(view, "snis", |sni| {
            is_host(sni)
                .then_some(())
                .ok_or(Defect { message: "is not a TLS server name".to_owned(), hint: None })
        });
        let headers = self.headers(view);
        let lower = |texts: Vec<&str>| texts.iter().map(|text| text.to_ascii_lowercase().into()).collect();
        let plain = |texts: Vec<&str>| texts.into_iter().map(Into::into).collect();
        Route {
            id: self.entity_id(node, "route", name),
            name: name.map(Into::into),
            service: nested.or(written),
            protocols: protocols(&view.texts("protocols")),
            methods: plain(view.texts("methods")),
            hosts: lower(view.texts("hosts")),
            paths: plain(view.texts("paths")),
            headers,
            snis: lower(view.texts("snis")),
            strip_path: view.boolean("strip_path"),
            regex_priority: view.integer("regex_priority").unwrap_or_default(),
            https_redirect_status_code: view.integer("https_redirect_status_code").unwrap_or(426),
        }
    }

    fn check_each(&mut self, view: &View<'_>, name: &str, check: impl Fn(&str) -> Result<(), Defect>) {
        for item in view.items(name) {
            let Some(scalar) = self.tree.scalar(*item).filter(|scalar| scalar.origin != Origin::Nowhere)
            else {
                continue;
            };
            if let Err(defect) = check(&scalar.text) {
                self.defect(*item, defect);
            }
        }
    }

    /// Tells what is wrong with a value.
    fn defect(&mut self, item: NodeId, defect: Defect) {
        let shown = self.tree.scalar(item).map(|scalar| shown(scalar, false));
        let message = format!("{} {}", shown.unwrap_or_default(), defect.message);
        let told = self.error(Place::Value(item), message);
        if let Some(hint) = defect.hint {
            told.hint(hint);
        }
    }

    /// Families are not mixed, and each has a matcher that it can be told by.
    fn check_protocols(&mut self, view: &View<'_>) {
        let names = view.texts("protocols");
        let used: Vec<&[&str]> =
            FAMILIES.into_iter().filter(|family| names.iter().any(|name| family.contains(name))).collect();
        if used.len() > 1 {
            let families: Vec<String> = FAMILIES.iter().map(|family| family.join(" and ")).collect();
            self.error(view.spot("protocols").place(), "protocols of different families cannot be mixed")
                .hint(format!("together may stand {}", families.join(", ")));
        }
        if names.is_empty() {
            self.error(view.spot("protocols").place(), "must not be empty");
        }
        let web = protocols(&names).iter().any(|protocol| *protocol != Protocol::Other);
        if !web {
            self.warning(view.spot("protocols").place(), "the route matches nothing: only HTTP is served");
            return;
        }
        let secure = names.iter().any(|name| matches!(*name, "https" | "wss"));
        let matchers: &[&str] = if secure {
            &["methods", "hosts", "headers", "paths", "snis"]
        } else {
            &["methods", "hosts", "headers", "paths"]
        };
        let given = |name: &&str| match self.tree.members(view.node(name).unwrap_or(view.anchor())) {
            [] => !view.items(name).is_empty(),
            members => view.has(name) && !members.is_empty(),
        };
        if !matchers.iter().any(given) {
            let list: Vec<String> = matchers.iter().map(|name| format!("'{name}'")).collect();
            let message = format!("the route matches nothing: must set one of {}", list.join(", "));
            self.error(Place::Value(view.anchor()), message);
        }
    }

    fn headers(&mut self, view: &View<'_>) -> Vec<HeaderMatch> {
        let Some(headers) = view.node("headers") else {
            return Vec::new();
        };
        let mut found: Vec<HeaderMatch> = Vec::new();
        for header in self.tree.members(headers) {
            let name = self.tree.key(*header).unwrap_or_default();
            if let Err(defect) = check_header(name) {
                let told = self.error(Place::Key(*header), defect.message);
                if let Some(hint) = defect.hint {
                    told.hint(hint);
                }
            }
            let mut values = Vec::new();
            for item in self.tree.items(*header) {
                let Some(scalar) = self.tree.scalar(*item) else {
                    continue;
                };
                if let Some(Err(defect)) = scalar.text.strip_prefix("~*").map(check_regex) {
                    self.defect(*item, defect);
                }
                values.push(scalar.text.clone());
            }
            let name: Box<str> = name.to_ascii_lowercase().into();
            if found.iter().any(|known| known.name == name) {
                self.error(Place::Key(*header), "is there twice, in another spelling");
            }
            found.push(HeaderMatch { name, values });
        }
        found
    }

    /// Realtime needs websockets: implied where a route names no protocols, else they must be named.
    pub(super) fn realtime_routes(&mut self) {
        let is_realtime = |plugin: &crate::Plugin| match &plugin.config {
            crate::PluginConfig::AiProxy(config) => config.operation == model::Operation::Realtime,
            _ => false,
        };
        let scopes: Vec<Scope> = self
            .made
            .plugins
            .iter()
            .filter(|plugin| is_realtime(plugin))
            .map(|plugin| plugin.scope)
            .filter(|scope| scope.route.is_some() || scope.service.is_some())
            .collect();
        if scopes.is_empty() {
            return;
        }
        for (index, facts) in self.route_facts.iter().enumerate() {
            let Some(route) = self.made.routes.get_mut(index) else {
                continue;
            };
            let meant = |scope: &Scope| {
                scope.route.is_none_or(|meant| meant == index)
                    && scope.service.is_none_or(|meant| Some(meant) == route.service)
            };
            if !scopes.iter().any(meant) {
                continue;
            }
            let sockets = [Protocol::Ws, Protocol::Wss];
            if route.protocols.iter().any(|protocol| sockets.contains(protocol)) {
                continue;
            }
            match facts.protocols_given {
                Some(given) => {
                    let message = "a route of realtime/v1/realtime must list ws or wss";
                    self.problems
                        .error(self.tree, Place::Value(given), message)
                        .hint("or leave 'protocols' out");
                }
                None => route.protocols.extend(sockets),
            }
        }
    }
}
