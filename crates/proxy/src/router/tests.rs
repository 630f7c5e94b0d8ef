//! The order of precedence case by case, and the router against a naive one.

use config::{HeaderMatch, Service};
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

mod naive;

fn route(paths: &[&str]) -> Route {
    Route {
        id: "id".into(),
        name: None,
        service: None,
        protocols: vec![Protocol::Http, Protocol::Https],
        methods: Vec::new(),
        hosts: Vec::new(),
        paths: paths.iter().map(|path| (*path).into()).collect(),
        headers: Vec::new(),
        snis: Vec::new(),
        strip_path: true,
        regex_priority: 0,
        https_redirect_status_code: 426,
    }
}

fn service(enabled: bool) -> Service {
    Service {
        id: "s".into(),
        name: None,
        enabled,
        protocol: Protocol::Http,
        host: "localhost".into(),
        port: 80,
        path: None,
        retries: 5,
        connect_timeout: std::time::Duration::from_mins(1),
        write_timeout: std::time::Duration::from_mins(1),
        read_timeout: std::time::Duration::from_mins(1),
        tls_verify: None,
    }
}

fn texts(values: &[&str]) -> Vec<Box<str>> {
    values.iter().map(|value| (*value).into()).collect()
}

fn header(name: &str, values: &[&str]) -> HeaderMatch {
    HeaderMatch { name: name.into(), values: texts(values) }
}

fn router(routes: Vec<Route>) -> Router {
    let configuration =
        Configuration { routes, services: vec![service(true), service(false)], ..Configuration::default() };
    Router::new(&configuration).unwrap()
}

/// A request that owns its parts.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    host: Option<String>,
    path: String,
    headers: HeaderMap,
    scheme: Protocol,
    sni: Option<String>,
}

impl Asked {
    fn get(path: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            host: Some("a.com".to_owned()),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            scheme: Protocol::Http,
            sni: None,
        }
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        let name = HeaderName::from_static(name);
        self.headers.append(name, HeaderValue::from_static(value));
        self
    }

    fn over(mut self, scheme: Protocol) -> Self {
        self.scheme = scheme;
        self
    }

    fn view(&self) -> RouteRequest<'_> {
        RouteRequest {
            method: &self.method,
            host: self.host.as_deref(),
            path: &self.path,
            headers: &self.headers,
            scheme: self.scheme,
            sni: self.sni.as_deref(),
        }
    }
}

fn chosen(router: &Router, asked: &Asked) -> Option<usize> {
    router.find(&asked.view()).ok().map(|found| found.route)
}

#[test]
fn a_prefix_matches_text_and_not_segments() {
    let router = router(vec![route(&["/chat"]), route(&["/chat/completions"])]);
    assert_eq!(chosen(&router, &Asked::get("/chat")), Some(0));
    assert_eq!(chosen(&router, &Asked::get("/chatter")), Some(0));
    assert_eq!(chosen(&router, &Asked::get("/chat/completions/x")), Some(1));
    assert_eq!(router.find(&Asked::get("/cha").view()), Err(Unmatched::NotFound));
    assert_eq!(router.find(&Asked::get("*").view()), Err(Unmatched::NotFound));
}

/// Each beats the one before it for the same request.
fn ascending() -> Vec<Route> {
    let with = |path: &str, change: &dyn Fn(&mut Route)| {
        let mut route = route(&[path]);
        change(&mut route);
        route
    };
    vec![
        with("/", &|_| ()),
        with("/a", &|_| ()),
        with("/a/b", &|_| ()),
        with("~/a", &|_| ()),
        with("~/a/b", &|_| ()),
        with("~/a", &|route| route.regex_priority = 1),
        with("~/a", &|route| route.methods = texts(&["GET"])),
        with("/a", &|route| route.headers = vec![header("x-one", &["1"])]),
        with("/", &|route| {
            route.headers = vec![header("x-one", &["1"]), header("x-two", &["2"])];
        }),
        with("/", &|route| route.hosts = texts(&["a.com"])),
        with("/", &|route| {
            route.hosts = texts(&["a.com", "a.*"]);
            route.methods = texts(&["GET"]);
        }),
        with("/", &|route| {
            route.hosts = texts(&["a.com"]);
            route.methods = texts(&["GET"]);
        }),
    ]
}

#[test]
fn the_order_of_precedence() {
    let asked = Asked::get("/a/b/c").with_header("x-one", "1").with_header("x-two", "2");
    for weaker in 0..ascending().len() - 1 {
        let pair = || ascending().into_iter().skip(weaker).take(2);
        assert_eq!(chosen(&router(pair().collect()), &asked), Some(1), "{weaker}");
        assert_eq!(chosen(&router(pair().rev().collect()), &asked), Some(0), "{weaker}");
    }
    assert_eq!(chosen(&router(ascending()), &asked), Some(ascending().len() - 1));
}

#[test]
fn the_order_of_the_file_breaks_ties() {
    let router = router(vec![route(&["/b", "/a"]), route(&["/a"]), route(&["~/x."]), route(&["~/xx"])]);
    assert_eq!(chosen(&router, &Asked::get("/a")), Some(0));
    assert_eq!(chosen(&router, &Asked::get("/xx")), Some(2));
}

#[test]
fn all_kinds_must_match_and_any_value_of_a_kind_does() {
    let mut all = route(&["/a", "/b"]);
    all.methods = texts(&["POST", "PUT"]);
    all.hosts = texts(&["a.com", "*.b.com"]);
    all.headers = vec![header("x-one", &["1", "~*^v[0-9]+$"]), header("x-two", &["2"])];
    let router = router(vec![all]);
    let mut asked =
        Asked::get("/b").with_header("x-one", "no").with_header("x-one", "V17").with_header("x-two", "2");
    assert_eq!(chosen(&router, &asked), None);
    asked.method = "PUT".to_owned();
    assert_eq!(chosen(&router, &asked), Some(0));
    asked.host = Some("x.B.com:1".to_owned());
    assert_eq!(chosen(&router, &asked), Some(0));
    asked.host = None;
    assert_eq!(chosen(&router, &asked), None);
    asked.host = Some("a.com".to_owned());
    asked.headers.remove("x-two");
    assert_eq!(chosen(&router, &asked), None);
}

#[test]
fn a_disabled_service_has_no_routes() {
    let mut disabled = route(&["/a"]);
    disabled.service = Some(1);
    let mut enabled = route(&["/"]);
    enabled.service = Some(0);
    let router = router(vec![disabled, enabled]);
    assert_eq!(chosen(&router, &Asked::get("/a")), Some(1));
}

#[test]
fn groups_are_captured_by_name_and_number_and_decoded_once() {
    let documented = [
        "~/(?<model>[^#?/]+)/chat/completions$",
        "~/openai/deployments/(?P<azure_instance>[^#?/]+)/chat/completions",
        "~/azure/.*",
        "~/n/([0-9]+)(?:/(?<rest>.+))?",
    ];
    let router = router(documented.iter().map(|path| route(&[path])).collect());
    let asked = Asked::get("/gpt%2D4%2F%2541/chat/completions");
    let found = router.find(&asked.view()).unwrap();
    assert_eq!(found.route, 0);
    assert_eq!(found.captures.value("model"), Some("gpt-4/%41"));
    assert_eq!(found.captures.value("1"), Some("gpt-4/%41"));
    assert_eq!(found.captures.value("0"), None);
    assert_eq!(found.captures.value("2"), None);
    assert_eq!(found.captures.value("other"), None);
    assert_eq!(found.remainder(), "");
    assert_eq!(chosen(&router, &Asked::get("/m/chat/completions/x")), None);

    let asked = Asked::get("/openai/deployments/east/chat/completions/tail");
    let found = router.find(&asked.view()).unwrap();
    assert_eq!(found.route, 1);
    assert_eq!(found.captures.value("azure_instance"), Some("east"));
    assert_eq!(found.remainder(), "/tail");

    assert_eq!(chosen(&router, &Asked::get("/azure/x/y")), Some(2));
    let asked = Asked::get("/n/17");
    let found = router.find(&asked.view()).unwrap();
    assert_eq!(found.captures.value("1"), Some("17"));
    assert_eq!(found.captures.value("rest"), None);
}

#[test]
fn a_pattern_is_anchored_whole_and_prefixes_have_no_captures() {
    let router = router(vec![route(&["~/a|/b"]), route(&["/x"])]);
    assert_eq!(chosen(&router, &Asked::get("/b")), Some(0));
    assert_eq!(chosen(&router, &Asked::get("/x/b")), Some(1));
    let asked = Asked::get("//x/./y%2fz");
    let found = router.find(&asked.view()).unwrap();
    assert!(found.captures.is_empty());
    assert_eq!((&*found.path, found.remainder()), ("/x/y%2Fz", "/y%2Fz"));
}

#[test]
fn the_spelling_of_a_path_does_not_matter() {
    let router = router(vec![route(&["/admin"]), route(&["/caf\u{e9}/a b"]), route(&["/"])]);
    for path in ["/%61dmin", "//admin", "/x/../admin", "/x/%2e%2e/%61dmin", "/./admin"] {
        assert_eq!(chosen(&router, &Asked::get(path)), Some(0), "{path}");
    }
    assert_eq!(chosen(&router, &Asked::get("/caf%c3%a9/a%20b")), Some(1));
    assert_eq!(chosen(&router, &Asked::get("/%2561dmin")), Some(2));
}

#[test]
fn a_route_that_wants_tls_says_so() {
    let mut secure = route(&["/a"]);
    secure.protocols = vec![Protocol::Https];
    secure.https_redirect_status_code = 301;
    secure.snis = texts(&["a.com"]);
    let mut plain = route(&["/a"]);
    plain.protocols = vec![Protocol::Http];
    let router = router(vec![secure, plain, route(&["/"])]);
    let mismatch = Unmatched::ProtocolMismatch { route: 0, status: 301 };
    assert_eq!(router.find(&Asked::get("/a").view()), Err(mismatch));
    let mut asked = Asked::get("/a").over(Protocol::Https);
    assert_eq!(chosen(&router, &asked), Some(2), "no server name, and the other is for http alone");
    asked.sni = Some("A.com.".to_owned());
    assert_eq!(chosen(&router, &asked), Some(0));
    asked.sni = Some("b.com".to_owned());
    assert_eq!(chosen(&router, &asked), Some(2));
}

#[test]
fn a_route_without_paths_matches_them_all() {
    let mut by_header = route(&[]);
    by_header.headers = vec![header("x-one", &["1"])];
    let router = router(vec![by_header]);
    let asked = Asked::get("/any/where").with_header("x-one", "1");
    let found = router.find(&asked.view()).unwrap();
    assert_eq!(found.remainder(), "/any/where");
    assert_eq!(chosen(&router, &Asked::get("/any")), None);
}

#[test]
fn what_cannot_be_compiled_is_told() {
    let fails = |route: Route| {
        let configuration = Configuration { routes: vec![route], ..Configuration::default() };
        Router::new(&configuration).unwrap_err().to_string()
    };
    assert!(fails(route(&["~/(a"])).starts_with("route id: "));
    let mut bad = route(&["/"]);
    bad.headers = vec![header("a b", &["1"])];
    assert_eq!(fails(bad), "route id: 'a b' is not the name of a header");
    let mut bad = route(&["/"]);
    bad.headers = vec![header("a", &["~*("])];
    assert!(fails(bad).starts_with("route id: "));
}

const PATHS: &[&str] =
    &["/", "/a", "/a/b", "/ab", "/a/", "/%61/c", "~/a", "~/(?<x>[^/]+)/b$", "~/a/.*", "~/[ab]+", "~/c|/d"];
const HOSTS: &[&str] = &["a.com", "b.com", "*.a.com", "a.*", "a.com:8000", "*.com:80"];
const HEADERS: &[(&str, &str)] = &[("x-one", "1"), ("x-one", "2"), ("x-two", "~*^v"), ("x-three", "A")];
const PROTOCOLS: &[&[Protocol]] =
    &[&[Protocol::Http, Protocol::Https], &[Protocol::Http], &[Protocol::Https], &[], &[Protocol::Wss]];

fn some(values: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<Box<str>>> {
    let rare = prop::collection::vec(prop::sample::select(values), 1..=most);
    prop_oneof![2 => Just(Vec::new()), 1 => rare].prop_map(|chosen| texts(&chosen))
}

prop_compose! {
    fn any_route()(
        paths in prop::collection::vec(prop::sample::select(PATHS), 0..3),
        methods in some(&["GET", "POST"], 2),
        hosts in some(HOSTS, 2),
        headers in prop::collection::btree_map(
            prop::sample::select(vec!["x-one", "x-two", "x-three"]),
            prop::collection::vec(prop::sample::select(vec!["1", "2", "~*^v", "a"]), 1..3),
            0..3,
        ),
        snis in some(&["a.com", "b.com."], 2),
        protocols in prop::sample::select(PROTOCOLS),
        regex_priority in -1_i64..2,
        service in prop::option::of(0_usize..2),
    ) -> Route {
        let headers = headers.iter().map(|(name, values)| header(name, values)).collect();
        Route {
            methods, hosts, headers, snis, regex_priority, service,
            protocols: protocols.to_vec(),
            ..route(&paths)
        }
    }
}

prop_compose! {
    fn any_request()(
        method in prop::sample::select(vec!["GET", "POST", "PUT"]),
        host in prop::option::of(prop::sample::select(vec!["a.com", "A.com:8000", "x.a.com", "b.com", "a.org"])),
        path in "(/{1,2}(a|b|ab|c|d|%61|\\.\\.|x)){0,3}/?",
        headers in prop::collection::vec(prop::sample::select(HEADERS), 0..3),
        secure in any::<bool>(),
        sni in prop::option::of(prop::sample::select(vec!["a.com", "b.com", "c.com"])),
    ) -> Asked {
        let values = headers.iter().map(|(name, value)| {
            let value = value.trim_start_matches("~*^");
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        let mut map = HeaderMap::new();
        for (name, value) in values {
            map.append(name, value);
        }
        Asked {
            method: method.to_owned(),
            host: host.map(str::to_owned),
            path: if path.is_empty() { "/".to_owned() } else { path },
            headers: map,
            scheme: if secure { Protocol::Https } else { Protocol::Http },
            sni: sni.map(str::to_owned),
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_the_naive_router(
        routes in prop::collection::vec(any_route(), 0..12),
        asked in prop::collection::vec(any_request(), 1..8),
    ) {
        let configuration = Configuration {
            routes,
            services: vec![service(true), service(false)],
            ..Configuration::default()
        };
        let router = Router::new(&configuration).unwrap();
        for asked in &asked {
            let request = asked.view();
            let found = router.find(&request).map(|found| (found.route, found.matched));
            prop_assert_eq!(found, naive::find(&configuration, &request), "{:?}", request);
        }
    }
}
