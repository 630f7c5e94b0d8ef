//! Routes that another one hides, because it matches the same and comes first.

use std::collections::HashMap;

use super::Builder;
use crate::problem::Place;
use crate::{Protocol, Route};

/// Everything that decides what a route matches, each kind in one order.
#[derive(PartialEq, Eq, Hash)]
struct Matchers<'r> {
    protocols: Vec<u8>,
    methods: Vec<&'r str>,
    hosts: Vec<&'r str>,
    paths: Vec<&'r str>,
    headers: Vec<(&'r str, Vec<&'r str>)>,
    snis: Vec<&'r str>,
}

fn sorted(texts: &[Box<str>]) -> Vec<&str> {
    let mut sorted: Vec<&str> = texts.iter().map(|text| &**text).collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

impl<'r> Matchers<'r> {
    fn of(route: &'r Route) -> Self {
        let mut protocols: Vec<u8> = route.protocols.iter().map(|protocol| *protocol as u8).collect();
        protocols.sort_unstable();
        let mut headers: Vec<(&str, Vec<&str>)> =
            route.headers.iter().map(|header| (&*header.name, sorted(&header.values))).collect();
        headers.sort_unstable();
        Self {
            protocols,
            methods: sorted(&route.methods),
            hosts: sorted(&route.hosts),
            paths: sorted(&route.paths),
            headers,
            snis: sorted(&route.snis),
        }
    }
}

impl Builder<'_> {
    /// Warns of routes that no request can reach.
    pub(super) fn unreachable_routes(&mut self) {
        let mut first: HashMap<Matchers<'_>, (usize, i64)> = HashMap::new();
        let routes = self.made.routes.iter().zip(&self.route_facts).enumerate();
        for (index, (route, facts)) in routes {
            let enabled = route
                .service
                .and_then(|service| self.made.services.get(service))
                .is_none_or(|service| service.enabled);
            if !enabled || route.protocols.iter().all(|protocol| *protocol == Protocol::Other) {
                continue;
            }
            let entry = first.entry(Matchers::of(route)).or_insert((index, route.regex_priority));
            if entry.0 == index {
                continue;
            }
            let (hidden, winner) = if route.regex_priority > entry.1 {
                let hidden = std::mem::replace(entry, (index, route.regex_priority));
                (hidden.0, index)
            } else {
                (index, entry.0)
            };
            let node = |index: usize| self.route_facts.get(index).map_or(facts.node, |facts| facts.node);
            let line = self.tree.at(node(winner)).line;
            self.problems
                .warning(
                    self.tree,
                    Place::Value(node(hidden)),
                    "no request reaches this route: another one matches the same",
                )
                .hint(format!("the other one is in line {line}"));
        }
    }
}
