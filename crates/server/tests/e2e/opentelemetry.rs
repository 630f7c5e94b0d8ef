//! `opentelemetry`: traces in and out, spans, metrics, records; who is traced; what no span has.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{Answer, Call, LogServer, Metric, Span, logs, metrics, spans, wait_for};

use crate::sinks::id;
use crate::world::{World, body, chat, one_route};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// `config` are members of the plugin's, with `@COLLECTOR@` for a URL.
fn start(server: &LogServer, model: &str, config: &str) -> World {
    let config = config.replace("@COLLECTOR@", &server.url(""));
    World::start(&format!(
        "{}plugins:\n- {{name: opentelemetry, instance_name: o, config: {config}}}\n",
        one_route(model)
    ))
}

const TRACES: &str = r#"{traces_endpoint: "@COLLECTOR@/v1/traces", queue: {max_coalescing_delay: 0.05}}"#;

/// The spans of a request, by name, once all of them have come.
fn spans_of(server: &LogServer, request_id: &str, count: usize) -> BTreeMap<String, Span> {
    wait_for(&format!("{count} spans of {request_id}"), || {
        let spans = spans(&server.deliveries());
        let root =
            spans.iter().find(|span| span.attributes.get("kong.request.id") == Some(&json!(request_id)))?;
        let of_trace: Vec<&Span> = spans.iter().filter(|span| span.trace == root.trace).collect();
        (of_trace.len() >= count).then(|| {
            assert_eq!(of_trace.len(), count, "{of_trace:#?}");
            of_trace.into_iter().map(|span| (span.name.clone(), span.clone())).collect()
        })
    })
}

#[track_caller]
fn has(span: &Span, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(span.attributes.get(name), Some(value), "{name} of {span:#?}");
    }
}

#[test]
fn a_request_is_a_tree_of_spans_in_its_callers_trace() {
    let server = LogServer::start();
    let config = r#"{traces_endpoint: "@COLLECTOR@/v1/traces", headers: {X-Token: t}, resource_attributes: {team: a},
        queue: {max_coalescing_delay: 0.05}, http_response_header_for_traceid: X-Trace}"#;
    let world = start(&server, "gpt-4o", config);
    let call = chat("/chat", "tree", r#","temperature":0.5,"max_tokens":9"#)
        .header("traceparent", &format!("00-{TRACE}-{SPAN}-01"))
        .header("tracestate", "vendor=1");
    let answer = world.send(&call).expect(200);
    assert_eq!(answer.header("x-trace"), Some(TRACE));
    let spans = spans_of(&server, &id(&answer), 4);
    let (root, plugin) = (&spans["POST /chat"], &spans["kong.access.plugin.ai-proxy"]);
    let (model, call) = (&spans["kong.gen_ai"], &spans["POST"]);
    assert_eq!((&*root.trace, &*root.parent, &*root.state), (TRACE, SPAN, "vendor=1"));
    assert_eq!((&plugin.parent, &model.parent, &call.parent), (&root.id, &plugin.id, &model.id));
    assert_eq!((root.kind, plugin.kind, model.kind, call.kind), (2, 1, 3, 3));
    for span in spans.values() {
        assert!(span.start < span.end && root.start <= span.start && span.end <= root.end, "{span:#?}");
        assert_eq!(span.error, None);
        let resource = (&span.resource["service.name"], &span.resource["team"]);
        assert_eq!(resource, (&json!("ai-proxy"), &json!("a")));
    }
    has(
        root,
        &json!({"http.request.method": "POST", "url.path": "/chat", "http.route": "/chat", "url.scheme": "http",
            "http.response.status_code": 200, "server.address": "127.0.0.1", "kong.route.name": "chat",
            "server.port": world.gateway.proxy.port()}),
    );
    let record = world.record(&answer);
    let usage = &record["ai"]["proxy"]["usage"];
    assert!(usage.is_null(), "statistics are off: {usage}");
    has(
        model,
        &json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
            "gen_ai.request.max_tokens": 9, "gen_ai.request.temperature": 0.5, "gen_ai.output.type": "text"}),
    );
    assert!(!model.attributes.contains_key("gen_ai.usage.input_tokens"));
    has(
        call,
        &json!({"http.request.method": "POST", "http.response.status_code": 200, "network.peer.address": "127.0.0.1"}),
    );
    // The upstream was told of the span that stands for the call.
    let seen = world.upstream.only("tree");
    let told = seen.header("traceparent").unwrap();
    assert_eq!(told, format!("00-{TRACE}-{}-01", call.id));
    assert_eq!(seen.header("tracestate"), Some("vendor=1"));
    let delivery = &server.deliveries()[0];
    assert_eq!((&*delivery.method, &*delivery.target), ("POST", "/v1/traces"));
    assert_eq!(delivery.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(delivery.header("x-token"), Some("t"));
}

/// `one_route` with these members of `logging`, which stands in the plugin's `config`.
fn logging(world: &str, members: &str) -> String {
    world
        .replace("          route_type:", &format!("          logging: {{{members}}}\n          route_type:"))
}

fn start_logging(server: &LogServer, config: &str, members: &str) -> World {
    let config = config.replace("@COLLECTOR@", &server.url(""));
    let text = logging(&one_route("gpt-4o"), members);
    World::start(&format!("{text}plugins:\n- {{name: opentelemetry, instance_name: o, config: {config}}}\n"))
}

#[test]
fn usage_and_content_are_told_where_they_are_wanted() {
    let server = LogServer::start();
    let world = start_logging(&server, TRACES, "log_statistics: true, log_payloads: true");
    for more in ["", r#","stream":true"#] {
        let answer = world.send(&chat("/chat", "content", more)).expect(200);
        let record = world.record(&answer);
        let (meta, usage) = (&record["ai"]["proxy"]["meta"], &record["ai"]["proxy"]["usage"]);
        let spans = spans_of(&server, &id(&answer), 4);
        let model = &spans["kong.gen_ai"];
        has(
            model,
            &json!({"gen_ai.usage.input_tokens": usage["prompt_tokens"],
                "gen_ai.usage.output_tokens": usage["completion_tokens"],
                "gen_ai.response.model": meta["response_model"], "gen_ai.response.id": meta["response_id"],
                "gen_ai.response.finish_reasons": ["stop"]}),
        );
        let messages =
            |name: &str| -> Value { serde_json::from_str(model.attributes[name].as_str().unwrap()).unwrap() };
        let text = |text: &str| json!([{"type": "text", "content": text}]);
        assert_eq!(
            messages("gen_ai.input.messages"),
            json!([{"role": "user", "parts": text("hello content")}])
        );
        assert_eq!(
            messages("gen_ai.output.messages"),
            json!([{"role": "assistant", "parts": text("echo: hello content"), "finish_reason": "stop"}])
        );
    }
    let quiet = start_logging(&server, TRACES, "log_statistics: true");
    let answer = quiet.send(&chat("/chat", "content", "")).expect(200);
    let attributes = &spans_of(&server, &id(&answer), 4)["kong.gen_ai"].attributes;
    assert!(!attributes.keys().any(|name| name.ends_with(".messages")), "{attributes:?}");
    assert!(attributes.contains_key("gen_ai.usage.input_tokens"));
}

#[test]
fn each_end_of_a_request_ends_its_spans() {
    let server = LogServer::start();
    let world = start_logging(&server, TRACES, "log_statistics: true");
    let failed = |tag: &str, fault: &str| {
        let answer = world.send(&chat("/chat", tag, "").header("x-sim-fault", fault));
        spans_of(&server, &id(&answer), 4)
    };
    let spans = failed("o429", "status_429");
    assert_eq!(spans["kong.gen_ai"].error.as_deref(), Some("429"));
    has(&spans["kong.gen_ai"], &json!({"error.type": "429"}));
    has(&spans["POST"], &json!({"error.type": "429", "http.response.status_code": 429}));
    assert_eq!(spans["POST /chat"].error, None, "the caller's");
    let spans = failed("o500", "status_500");
    has(&spans["POST /chat"], &json!({"error.type": "500", "http.response.status_code": 500}));

    // A caller that leaves.
    let live = world.open(
        &chat("/chat", "left", r#","stream":true"#)
            .header("x-sim-fault", "slow")
            .header("x-sim-delay", "300"),
    );
    let request_id = live.headers.iter().find(|(name, _)| name == "x-kong-request-id").unwrap().1.clone();
    drop(live);
    let spans = spans_of(&server, &request_id, 4);
    has(
        &spans["POST /chat"],
        &json!({"error.type": "client_disconnected", "kong.request.outcome": "client_disconnected"}),
    );
    assert!(spans.values().all(|span| span.end > span.start));

    // A body that is none, a route that is none.
    let answer = world.send(&Call::post("/chat").json("{")).expect(400);
    let spans = spans_of(&server, &id(&answer), 2);
    assert!(spans["kong.access.plugin.ai-proxy"].error.is_some() && spans["POST /chat"].error.is_none());
    let answer = world.send(&Call::post("/nowhere").json("{}")).expect(404);
    let spans = spans_of(&server, &id(&answer), 1);
    has(&spans["POST"], &json!({"http.response.status_code": 404, "url.path": "/nowhere"}));
}

#[test]
fn an_upstream_that_is_away_has_a_span_too() {
    let server = LogServer::start();
    let config = one_route("m").replace("@UPSTREAM@", "127.0.0.1:1");
    let collector = TRACES.replace("@COLLECTOR@", &server.url(""));
    let world = World::start(&format!("{config}plugins:\n- {{name: opentelemetry, config: {collector}}}\n"));
    let answer = world.send(&chat("/chat", "away", "")).expect(503);
    let spans = spans_of(&server, &id(&answer), 4);
    let call = &spans["POST"];
    assert!(call.attributes.contains_key("error.type") && call.error.is_some(), "{call:#?}");
    assert!(
        call.attributes["url.full"].as_str().unwrap().starts_with("http://127.0.0.1:1/v1/chat"),
        "{call:#?}"
    );
}

#[test]
fn formats_of_other_tracers_are_spoken() {
    let server = LogServer::start();
    let config = r#"{traces_endpoint: "@COLLECTOR@/v1/traces", queue: {max_coalescing_delay: 0.05},
        propagation: {extract: [b3, w3c], inject: [preserve, w3c], clear: [x-test-secret], default_format: b3-single}}"#;
    let world = start(&server, "m", config);
    let call = chat("/chat", "b3", "").header("x-test-secret", "1");
    let call = call.header("x-b3-traceid", TRACE).header("x-b3-spanid", SPAN).header("x-b3-sampled", "1");
    let answer = world.send(&call).expect(200);
    let spans = spans_of(&server, &id(&answer), 4);
    assert_eq!(spans["POST /chat"].parent, SPAN);
    let seen = world.upstream.only("b3");
    let header = |name: &str| seen.header(name).map(str::to_owned);
    assert_eq!(header("x-b3-traceid").as_deref(), Some(TRACE));
    assert_eq!(header("x-b3-spanid"), Some(spans["POST"].id.clone()));
    assert_eq!(header("traceparent"), Some(format!("00-{TRACE}-{}-01", spans["POST"].id)));
    assert_eq!(header("x-test-secret"), None);
    // Where none came, there is one from here on, in the format that is the default.
    let answer = world.send(&chat("/chat", "new", "")).expect(200);
    let spans = spans_of(&server, &id(&answer), 4);
    assert_eq!(spans["POST /chat"].parent, "");
    let (trace, call) = (&spans["POST"].trace, &spans["POST"].id);
    let told = world.upstream.only("new").header("b3").unwrap().to_owned();
    assert!(told.starts_with(&format!("{trace}-{call}-1-")), "{told}");
}

#[test]
fn sampling_decides_what_is_sent_and_tells_it_on() {
    let server = LogServer::start();
    let config = r#"{traces_endpoint: "@COLLECTOR@/v1/traces", sampling_rate: 0, sampling_strategy: parent_probability_fallback,
        http_response_header_for_traceid: x-trace, queue: {max_coalescing_delay: 0.05}}"#;
    let world = start(&server, "m", config);
    let dropped = world.send(&chat("/chat", "drop", "")).expect(200);
    assert!(dropped.header("x-trace").is_some());
    let told = world.upstream.only("drop").header("traceparent").unwrap().to_owned();
    assert!(told.ends_with("-00"), "{told}");
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let kept = world.send(&chat("/chat", "keep", "").header("traceparent", &parent)).expect(200);
    spans_of(&server, &id(&kept), 4);
    assert!(spans(&server.deliveries()).iter().all(|span| span.trace == TRACE));
}

#[test]
fn callers_hear_of_the_trace_with_every_head() {
    let server = LogServer::start();
    let config = r#"{traces_endpoint: "@COLLECTOR@/v1/traces", http_response_header_for_traceid: x-trace}"#
        .replace("@COLLECTOR@", &server.url(""));
    let early = one_route("m").replace(
        "          route_type:",
        "          extensions: {early_head: true, keep_alive_seconds: 1}\n          route_type:",
    );
    let world = World::start(&format!("{early}plugins:\n- {{name: opentelemetry, config: {config}}}\n"));
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let slow = chat("/chat", "early", r#","stream":true"#)
        .header("x-sim-fault", "slow_first")
        .header("x-sim-delay", "1500")
        .header("traceparent", &parent);
    let answer = world.send(&slow).expect(200);
    assert!(answer.text().starts_with(": keep-alive"), "{}", answer.text());
    assert_eq!(answer.header("x-trace"), Some(TRACE));
    // Those that the gateway itself answers as well, also before it is known who calls.
    for call in [Call::post("/chat").json("{"), Call::post("/nowhere").json("{}")] {
        assert_eq!(world.send(&call.header("traceparent", &parent)).header("x-trace"), Some(TRACE));
    }
}

#[test]
fn without_the_plugin_traces_pass_untouched() {
    let world = World::start(&one_route("m"));
    let parent = format!("00-{TRACE}-{SPAN}-01");
    world.send(&chat("/chat", "pass", "").header("traceparent", &parent).header("b3", "0")).expect(200);
    let seen = world.upstream.only("pass");
    assert_eq!(seen.header("traceparent"), Some(&*parent));
    assert_eq!(seen.header("b3"), Some("0"));
}

fn points(server: &LogServer, name: &str, until: impl Fn(&[Metric]) -> bool) -> Vec<Metric> {
    wait_for(&format!("points of {name}"), || {
        // Each push has everything.
        let last = server.deliveries_to("/v1/metrics").pop()?;
        let points: Vec<Metric> = metrics(&last).into_iter().filter(|point| point.name == name).collect();
        until(&points).then_some(points)
    })
}

#[test]
fn metrics_are_pushed() {
    let server = LogServer::start();
    let config = r#"{metrics: {endpoint: "@COLLECTOR@/v1/metrics", push_interval: 0.1, enable_ai_metrics: true,
        enable_latency_metrics: true, enable_request_metrics: true, enable_bandwidth_metrics: true}}"#;
    let mut world = start_logging(&server, config, "log_statistics: true");
    let answers: Vec<Answer> = (0..3).map(|_| world.send(&chat("/chat", "m", "")).expect(200)).collect();
    world.send(&chat("/chat", "m429", "").header("x-sim-fault", "status_429")).expect(429);
    let requests = points(&server, "http.server.request.count", |points| points.len() == 2);
    let of = |status: u64| {
        let found = requests.iter().find(|point| point.attributes["kong.response.status_code"] == status);
        found.unwrap_or_else(|| panic!("no {status}: {requests:#?}")).sum
    };
    assert_eq!((of(200), of(429)), (3.0, 1.0));
    let prompt: u64 = answers
        .iter()
        .map(|answer| world.record(answer)["ai"]["proxy"]["usage"]["prompt_tokens"].as_u64().unwrap())
        .sum();
    let tokens = points(&server, "gen_ai.client.token.usage", |points| !points.is_empty());
    let input = tokens.iter().find(|point| point.attributes["gen_ai.token.type"] == "input").unwrap();
    assert_eq!((input.sum, &*input.unit), (f64::from(u32::try_from(prompt).unwrap()), "{token}"));
    assert_eq!(input.attributes["gen_ai.request.model"], "gpt-4o");
    let durations = points(&server, "gen_ai.client.operation.duration", |points| points.len() == 2);
    let failed = durations.iter().find(|point| point.attributes.contains_key("error.type")).unwrap();
    assert_eq!((failed.count, &failed.attributes["error.type"]), (Some(1), &json!("429")));
    let cost = points(&server, "kong.gen_ai.llm.cost", |points| !points.is_empty());
    assert!(cost[0].sum > 0.0 && cost[0].unit == "{cost}", "{cost:?}");
    // What came after the last push is pushed at the end.
    world.send(&chat("/chat", "m", "")).expect(200);
    world.gateway.signal("TERM");
    assert!(world.gateway.wait(testkit::PATIENCE).success());
    let requests = points(&server, "http.server.request.count", |points| points.len() == 2);
    assert!(requests.iter().any(|point| (point.sum - 4.0).abs() < 0.1), "{requests:?}");
}

#[test]
fn records_are_sent_as_logs() {
    let server = LogServer::start();
    let config = r#"{traces_endpoint: "@COLLECTOR@/v1/traces", access_logs: {endpoint: "@COLLECTOR@/v1/logs"},
        queue: {max_coalescing_delay: 0.05}}"#;
    let world = start(&server, "m", config);
    let answer = world.send(&chat("/chat", "log", "")).expect(200);
    let (trace, line) = wait_for("the record", || logs(&server.deliveries_to("/v1/logs")).pop());
    let record: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["request"]["id"], id(&answer));
    let traces: Vec<_> = wait_for("spans", || {
        let found = server.deliveries_to("/v1/traces");
        (!found.is_empty()).then_some(found)
    });
    assert_eq!(spans(&traces)[0].trace, trace);
}

#[test]
fn no_credential_is_in_what_is_sent() {
    let server = LogServer::start();
    let config = r#"{traces_endpoint: "@COLLECTOR@/v1/traces", access_logs: {endpoint: "@COLLECTOR@/v1/logs"},
        metrics: {endpoint: "@COLLECTOR@/v1/metrics", push_interval: 0.1, enable_ai_metrics: true,
        enable_consumer_attribute: true, enable_request_metrics: true},
        headers: {X-Token: CANARY-collector}, queue: {max_coalescing_delay: 0.05}}"#;
    let config = config.replace("@COLLECTOR@", &server.url(""));
    let route = logging(&one_route("m"), "log_statistics: true, log_payloads: true")
        .replace("Bearer sk-sim-main", "Bearer sk-sim-main-CANARY-target")
        .replace(
            "    plugins:\n",
            "    plugins:\n      - {name: key-auth, config: {key_in_body: true, hide_credentials: true}}\n",
        );
    let consumers = "consumers:\n- {username: eve, keyauth_credentials: [{key: CANARY-key}]}\n";
    let world =
        World::start(&format!("{route}{consumers}plugins:\n- {{name: opentelemetry, config: {config}}}\n"));
    let calls = [
        chat("/chat?apikey=CANARY-key&access_token=CANARY-more", "c", ""),
        chat("/chat", "c", "").header("apikey", "CANARY-key").header("authorization", "Bearer CANARY-own"),
        Call::post("/chat").json(body("hi", r#","apikey":"CANARY-key""#)),
        Call::post("/chat?apikey=CANARY-wrong").json("{"),
        chat("/chat", "c", "").header("apikey", "CANARY-key").header("x-sim-fault", "status_500"),
    ];
    let answers: Vec<Answer> = calls.iter().map(|call| world.send(call)).collect();
    for answer in &answers {
        wait_for("a record as a log", || {
            logs(&server.deliveries_to("/v1/logs"))
                .iter()
                .any(|(_, line)| line.contains(&id(answer)))
                .then_some(())
        });
    }
    wait_for("metrics", || server.deliveries().iter().any(|one| one.target == "/v1/metrics").then_some(()));
    wait_for("spans", || (spans(&server.deliveries_to("/v1/traces")).len() >= 10).then_some(()));
    for delivery in server.deliveries() {
        assert!(!delivery.body.contains("CANARY"), "{}: {}", delivery.target, delivery.body);
    }
}
