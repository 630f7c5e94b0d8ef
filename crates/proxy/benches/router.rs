//! What finding the route of a request costs. Run with `cargo bench -p proxy --bench router`.

use config::{Configuration, Protocol, Route};
use divan::Bencher;
use http::HeaderMap;
use proxy::router::{RouteRequest, Router};

fn main() {
    divan::main();
}

fn route(path: String, host: Option<String>) -> Route {
    Route {
        id: path.as_str().into(),
        name: None,
        service: None,
        protocols: vec![Protocol::Http, Protocol::Https],
        methods: vec!["POST".into(), "OPTIONS".into()],
        hosts: host.into_iter().map(Into::into).collect(),
        paths: vec![path.into()],
        headers: Vec::new(),
        snis: Vec::new(),
        strip_path: true,
        regex_priority: 0,
        https_redirect_status_code: 426,
    }
}

/// Finds `path` in the table; fails where it is not found, so that no bench measures a miss by mistake.
fn bench(bencher: Bencher<'_, '_>, routes: Vec<Route>, host: &str, path: &str) {
    let configuration = Configuration { routes, ..Configuration::default() };
    let compiled = Router::new(&configuration);
    assert!(compiled.is_ok());
    let Ok(compiled) = compiled else {
        return;
    };
    let headers = HeaderMap::new();
    let request = RouteRequest {
        method: "POST",
        host: Some(host),
        path,
        headers: &headers,
        scheme: Protocol::Http,
        sni: None,
    };
    assert!(compiled.find(&request).is_ok());
    bencher.bench_local(|| compiled.find(divan::black_box(&request)).map(|found| found.route));
}

const PATH: &str = "/team-500/openai/v1/chat/completions";

#[divan::bench]
fn one_prefix(bencher: Bencher<'_, '_>) {
    bench(bencher, vec![route("/team-500".to_owned(), None)], "localhost:8000", PATH);
}

#[divan::bench]
fn one_pattern(bencher: Bencher<'_, '_>) {
    let path = "~/(?<team>[^#?/]+)/openai/v1/chat/completions$".to_owned();
    bench(bencher, vec![route(path, None)], "localhost:8000", PATH);
}

#[divan::bench(args = [10, 100, 1000])]
fn prefixes(bencher: Bencher<'_, '_>, count: usize) {
    let mut routes: Vec<Route> =
        (0..count).map(|index| route(format!("/team-{index}/openai"), None)).collect();
    routes.push(route("/team-500".to_owned(), None));
    bench(bencher, routes, "localhost:8000", PATH);
}

#[divan::bench(args = [10, 100, 1000])]
fn patterns(bencher: Bencher<'_, '_>, count: usize) {
    let path = |index| format!("~/team-{index}/(?<vendor>[^#?/]+)/v1/chat/completions$");
    let mut routes: Vec<Route> = (0..count).map(|index| route(path(index), None)).collect();
    routes.push(route(path(500), None));
    bench(bencher, routes, "localhost:8000", PATH);
}

#[divan::bench(args = [10, 100, 1000])]
fn hosts_on_one_path(bencher: Bencher<'_, '_>, count: usize) {
    let routes = (0..count).map(|index| route("/".to_owned(), Some(format!("team-{index}.example.com"))));
    let host = format!("team-{}.example.com:8000", count - 1);
    bench(bencher, routes.collect(), &host, PATH);
}

/// A path that must be rewritten before it can be matched.
#[divan::bench]
fn odd_spelling(bencher: Bencher<'_, '_>) {
    let routes = vec![route("/team-500".to_owned(), None)];
    bench(bencher, routes, "localhost:8000", "//team%2D500/./openai/v1/chat%20completions");
}
