//! The twelve levels of precedence, groups, and protocols.

use config::{Configuration, KeyAuth, Plugin, PluginConfig, Protocol, Route, Scope};
use proptest::prelude::*;

use super::*;

fn key_auth() -> PluginConfig {
    PluginConfig::KeyAuth(Box::new(KeyAuth {
        key_names: vec!["apikey".into()],
        key_in_header: true,
        key_in_query: true,
        key_in_body: false,
        key_in_bearer: false,
        hide_credentials: true,
        anonymous: None,
        realm: None,
        run_on_preflight: true,
    }))
}

fn plugin(scope: Scope, protocols: &[Protocol]) -> Plugin {
    Plugin { id: "p".into(), instance_name: None, scope, protocols: protocols.to_vec(), config: key_auth() }
}

fn route(service: Option<usize>) -> Route {
    Route {
        id: "r".into(),
        name: None,
        service,
        protocols: Vec::new(),
        methods: Vec::new(),
        hosts: Vec::new(),
        paths: vec!["/".into()],
        headers: Vec::new(),
        snis: Vec::new(),
        strip_path: true,
        regex_priority: 0,
        https_redirect_status_code: 426,
    }
}

/// Route 0 has service 0, route 1 has none. The kind of the plugin does not matter to the choice, so one that
/// is easily made stands for both.
fn bindings(plugins: Vec<Plugin>) -> Bindings {
    let configuration =
        Configuration { routes: vec![route(Some(0)), route(None)], plugins, ..Configuration::default() };
    let both = || Instances::new(configuration.plugins.iter().enumerate());
    Bindings { ai_proxy: both(), ..Bindings::new(&configuration) }
}

fn scope(
    consumer: Option<usize>,
    group: Option<usize>,
    route: Option<usize>,
    service: Option<usize>,
) -> Scope {
    Scope { service, route, consumer, group }
}

/// Consumer 5 is in the groups 9 and 8, in order of name.
const CALLER: Caller<'_> = Caller { consumer: Some(5), groups: &[9, 8] };

/// What the specification lists, for route 0 of service 0 and the caller above.
fn by_precedence() -> [Scope; 12] {
    let (consumer, group, route, service) = (Some(5), Some(8), Some(0), Some(0));
    [
        scope(consumer, None, route, service),
        scope(None, group, route, service),
        scope(consumer, None, route, None),
        scope(consumer, None, None, service),
        scope(None, group, route, None),
        scope(None, group, None, service),
        scope(None, None, route, service),
        scope(consumer, None, None, None),
        scope(None, group, None, None),
        scope(None, None, route, None),
        scope(None, None, None, service),
        scope(None, None, None, None),
    ]
}

#[test]
fn each_level_beats_all_that_follow_it() {
    for first in 0..12 {
        let ordered: Vec<Plugin> =
            by_precedence().into_iter().skip(first).map(|scope| plugin(scope, &[])).collect();
        let last = ordered.len() - 1;
        assert_eq!(bindings(ordered).ai_proxy(0, Protocol::Http, CALLER), Some(0), "level {first}");
        let reversed = by_precedence().into_iter().skip(first).rev().map(|scope| plugin(scope, &[]));
        let bindings = bindings(reversed.collect());
        assert_eq!(bindings.ai_proxy(0, Protocol::Http, CALLER), Some(last), "level {first}");
    }
}

#[test]
fn each_level_applies_alone_and_only_to_what_it_names() {
    for (index, scope) in by_precedence().into_iter().enumerate() {
        let bindings = bindings(vec![plugin(scope, &[])]);
        let choose = |route, caller| bindings.ai_proxy(route, Protocol::Http, caller).is_some();
        assert!(choose(0, CALLER), "level {index}");
        assert_eq!(choose(1, CALLER), scope.route.is_none() && scope.service.is_none(), "level {index}");
        let nobody = scope.consumer.is_none() && scope.group.is_none();
        assert_eq!(choose(0, Caller::default()), nobody, "level {index}");
        let other = Caller { consumer: Some(6), groups: &[7] };
        assert_eq!(choose(0, other), nobody, "level {index}");
        assert_eq!(bindings.key_auth(0, Protocol::Http).is_some(), nobody, "level {index}");
    }
}

#[test]
fn of_several_groups_the_first_by_name_counts_within_a_level() {
    let group = |group| scope(None, Some(group), None, None);
    let on_route = |group| scope(None, Some(group), Some(0), None);
    let bindings = bindings(vec![plugin(group(8), &[]), plugin(group(9), &[]), plugin(on_route(8), &[])]);
    let choose =
        |route, groups| bindings.ai_proxy(route, Protocol::Http, Caller { consumer: Some(1), groups });
    assert_eq!(choose(1, &[8, 9]), Some(0));
    assert_eq!(choose(1, &[9, 8]), Some(1));
    assert_eq!(choose(0, &[9, 8]), Some(2), "the level comes before the group's name");
    assert_eq!(choose(0, &[9]), Some(1));
    assert_eq!(choose(0, &[]), None);
}

#[test]
fn an_instance_that_does_not_take_the_protocol_is_not_there() {
    let on_route = scope(None, None, Some(0), None);
    let bindings = bindings(vec![
        plugin(on_route, &[Protocol::Https]),
        plugin(Scope::default(), &[Protocol::Http, Protocol::Https]),
    ]);
    assert_eq!(bindings.key_auth(0, Protocol::Https), Some(0));
    assert_eq!(bindings.key_auth(0, Protocol::Http), Some(1));
    assert_eq!(bindings.key_auth(0, Protocol::Ws), None);
    assert_eq!(bindings.ai_proxy(0, Protocol::Https, CALLER), Some(0));
}

#[test]
fn kinds_do_not_hide_each_other() {
    let configuration = Configuration {
        routes: vec![route(None)],
        plugins: vec![plugin(Scope::default(), &[])],
        ..Configuration::default()
    };
    let bindings = Bindings::new(&configuration);
    assert_eq!(bindings.key_auth(0, Protocol::Http), Some(0));
    assert_eq!(bindings.ai_proxy(0, Protocol::Http, CALLER), None);
}

prop_compose! {
    fn any_scope()(
        consumer in prop::option::of(4_usize..6),
        group in prop::option::of(7_usize..10),
        route in prop::option::of(0_usize..2),
        service in prop::option::of(0_usize..2),
    ) -> Scope {
        Scope { service, route, group: group.filter(|_| consumer.is_none()), consumer }
    }
}

proptest! {
    #[test]
    fn agrees_with_trying_every_instance(
        scopes in prop::collection::vec(any_scope(), 0..12),
        route in 0_usize..2,
        consumer in prop::option::of(4_usize..6),
        groups in Just(vec![7_usize, 8, 9]).prop_shuffle(),
        count in 0_usize..4,
    ) {
        let groups = &groups[..count];
        let caller = Caller { consumer, groups };
        let service = (route == 0).then_some(0);
        let position = |group| groups.iter().position(|known| *known == group);
        let applies = |scope: &Scope| {
            scope.consumer.is_none_or(|wanted| consumer == Some(wanted))
                && scope.group.is_none_or(|wanted| position(wanted).is_some())
                && scope.route.is_none_or(|wanted| wanted == route)
                && scope.service.is_none_or(|wanted| service == Some(wanted))
        };
        let level = |scope: &Scope| {
            let part = |on: bool, word: &'static str| if on { word } else { "" };
            let name = [
                part(scope.consumer.is_some(), "C"),
                part(scope.group.is_some(), "G"),
                part(scope.route.is_some(), "R"),
                part(scope.service.is_some(), "S"),
            ]
            .concat();
            ["CRS", "GRS", "CR", "CS", "GR", "GS", "RS", "C", "G", "R", "S", ""]
                .iter()
                .position(|known| **known == *name)
                .unwrap()
        };
        let expected = scopes
            .iter()
            .enumerate()
            .filter(|(_, scope)| applies(scope))
            .min_by_key(|(index, scope)| (level(scope), scope.group.and_then(position), *index))
            .map(|(index, _)| index);
        let plugins = scopes.iter().map(|scope| plugin(*scope, &[])).collect();
        prop_assert_eq!(bindings(plugins).ai_proxy(route, Protocol::Http, caller), expected);
    }
}

/// An instance of `file-log` for this scope.
fn file_log(scope: Scope) -> Plugin {
    let settings = config::FileLog { path: "/x".into(), reopen: false };
    Plugin { config: PluginConfig::FileLog(Box::new(settings)), ..plugin(scope, &[]) }
}

#[test]
fn each_plugin_that_looks_on_is_chosen_by_itself() {
    let prometheus =
        |scope| Plugin { config: PluginConfig::Prometheus(Box::default()), ..plugin(scope, &[]) };
    let all = bindings(vec![
        file_log(scope(None, None, None, None)),
        prometheus(scope(None, None, None, None)),
        file_log(scope(None, None, None, Some(0))),
        file_log(scope(None, None, Some(1), None)),
        prometheus(scope(Some(7), None, None, None)),
        file_log(scope(None, Some(3), Some(0), None)),
    ]);
    let seen = |route, caller| {
        let observers = all.observers(route, Protocol::Http, caller);
        assert_eq!((observers.http_log, observers.opentelemetry), (None, None));
        (observers.file_log, observers.prometheus)
    };
    let nobody = Caller::default();
    assert_eq!(seen(Some(0), nobody), (Some(2), Some(1)));
    assert_eq!(seen(Some(1), nobody), (Some(3), Some(1)));
    assert_eq!(seen(Some(0), Caller { consumer: Some(7), groups: &[3] }), (Some(5), Some(4)));
    assert_eq!(seen(Some(0), Caller { consumer: Some(8), groups: &[] }), (Some(2), Some(1)));
    // Without a route only those take part that are bound to none.
    assert_eq!(seen(None, nobody), (Some(0), Some(1)));
    assert_eq!(seen(None, Caller { consumer: Some(7), groups: &[3] }), (Some(0), Some(4)));
}
