//! The plugin `prometheus`: which requests it counts, in what, and what of it a scraper sees.

use testkit::{Call, Gateway, wait_for};

use crate::commands::run_with_file;
use crate::world::{World, chat, one_route};

/// Routes with statistics and without; `alice` and `bob` call with keys. `@PROMETHEUS@` stands for instances.
const ROUTES: &str = r#"_format_version: "3.0"
consumers:
  - username: alice
    keyauth_credentials: [{key: key-alice}]
  - username: bob
    keyauth_credentials: [{key: key-bob}]
services:
  - name: llm
    url: http://127.0.0.1:1
    routes:
      - name: chat
        paths: [/chat]
        plugins: [{name: ai-proxy, config: {<<: @AI@, logging: {log_statistics: true}}}]
      - name: priced
        paths: [/priced]
        plugins:
          - name: ai-proxy
            config:
              <<: @AI@
              logging: {log_statistics: true}
              model: {provider: openai, name: mine, options: {input_cost: 1000, output_cost: 1000,
                upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
      - name: silent
        paths: [/silent]
        plugins: [{name: ai-proxy, config: @AI@}]
      - name: chosen
        paths: [/chosen]
        plugins:
          - name: ai-proxy
            config:
              <<: @AI@
              logging: {log_statistics: true}
              model: {provider: openai, options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
      - name: keyed
        paths: [/keyed]
        plugins: [{name: ai-proxy, config: {<<: @AI@, logging: {log_statistics: true}}}, {name: key-auth}]
plugins: [@PROMETHEUS@]
"#;

const AI: &str = "{route_type: llm/v1/chat, auth: {header_name: Authorization, header_value: Bearer sk-sim-main}, \
                  model: {provider: openai, name: m, options: {upstream_url: 'http://@UPSTREAM@/v1/chat/completions'}}}";

const ALL: &str = "{name: prometheus, config: {ai_metrics: true, status_code_metrics: true, latency_metrics: true, \
                   bandwidth_metrics: true, per_consumer: true}}";

fn config(instances: &str) -> String {
    ROUTES.replace("@AI@", AI).replace("@PROMETHEUS@", instances)
}

fn start(instances: &str) -> World {
    World::start(&config(instances))
}

fn metrics(gateway: &Gateway) -> String {
    Call::get("/metrics").send(gateway.admin).expect(200).text()
}

/// The values of all samples of a metric with these labels.
fn values(text: &str, name: &str, labels: &[&str]) -> Vec<f64> {
    let samples =
        text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{')));
    let samples = samples.filter(|line| labels.iter().all(|label| line.contains(label)));
    samples.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

fn sum(text: &str, name: &str, labels: &[&str]) -> f64 {
    values(text, name, labels).iter().sum()
}

/// Sends these calls, and waits until each is counted.
fn sent(world: &World, calls: &[Call]) -> String {
    let before = world.gateway.records().len();
    for call in calls {
        world.send(call);
    }
    // Records are written when all is counted.
    let all = before + calls.len();
    wait_for("all to be recorded", || (world.gateway.records().len() >= all).then_some(()));
    metrics(&world.gateway)
}

fn keyed(key: &str) -> Call {
    chat("/keyed", "keyed", "").header("apikey", key)
}

#[track_caller]
fn assert_counted(text: &str, name: &str, labels: &[&str], expected: f64) {
    let found = sum(text, name, labels);
    assert!((found - expected).abs() < 1e-6, "{name} {labels:?} is {found}, not {expected}: {text}");
}

#[test]
fn requests_to_models_are_counted_as_kong_does() {
    let world = start(ALL);
    let stream = chat("/priced", "s", r#","stream":true"#);
    let calls = [
        chat("/priced", "x", ""),
        stream,
        chat("/chat", "x", ""),
        chat("/silent", "x", ""),
        keyed("key-alice"),
        keyed("key-bob"),
        keyed("wrong"),
        Call::get("/nowhere"),
        Call::post("/chat").json("{"),
    ];
    let text = sent(&world, &calls);
    let requests = "kong_ai_llm_requests_total";
    // Neither without statistics, nor where no model was asked.
    assert_counted(&text, requests, &[], 5.0);
    assert_counted(&text, requests, &[r#"ai_model="mine""#, r#"request_mode="stream""#], 1.0);
    assert_counted(&text, requests, &[r#"ai_model="mine""#, r#"request_mode="oneshot""#], 1.0);
    assert_counted(&text, requests, &[r#"consumer="alice""#], 1.0);
    assert_counted(&text, requests, &[r#"consumer="bob""#], 1.0);
    assert_counted(&text, requests, &[r#"workspace="default",consumer="""#], 3.0);
    assert_counted(&text, "kong_ai_llm_provider_latency_ms_count", &[], 5.0);
    let records = world.gateway.records();
    let usage = |member: &str| -> f64 {
        let each = records.iter().filter_map(|record| record["ai"]["proxy"]["usage"][member].as_f64());
        each.sum()
    };
    for kind in ["prompt_tokens", "completion_tokens", "total_tokens"] {
        assert!(usage(kind) > 0.0);
        let labels = [&*format!("token_type=\"{kind}\"")];
        assert_counted(&text, "kong_ai_llm_tokens_total", &labels, usage(kind));
    }
    assert!(usage("cost") > 0.0);
    assert_counted(&text, "kong_ai_llm_cost_total", &[r#"ai_model="mine""#], usage("cost"));
    // Nobody knows what `m` costs.
    assert_counted(&text, "kong_ai_llm_cost_total", &[r#"ai_model="m""#], 0.0);
    assert_counted(&text, "ai_proxy_llm_cost_unknown_total", &[r#"ai_model="m""#], 3.0);
    assert_counted(&text, "ai_proxy_llm_cost_unknown_total", &[], 3.0);
    assert_counted(&text, "ai_proxy_llm_first_token_latency_ms_count", &[r#"ai_model="mine""#], 1.0);
    let sample = text.lines().find(|line| line.starts_with(requests)).unwrap();
    let labels: Vec<&str> = sample.split("=\"").map(|part| part.rsplit(['{', ',']).next().unwrap()).collect();
    let expected = [
        "ai_provider",
        "ai_model",
        "cache_status",
        "vector_db",
        "embeddings_provider",
        "embeddings_model",
        "request_mode",
        "workspace",
        "consumer",
    ];
    assert_eq!(labels[..9], expected, "{sample}");
    // The rest of what it counts.
    let http = "kong_http_requests_total";
    assert_counted(&text, http, &[], 9.0);
    assert_counted(&text, http, &[r#"route="chat",code="200",source="service",consumer="""#], 1.0);
    assert_counted(&text, http, &[r#"route="chat",code="400",source="kong",consumer="""#], 1.0);
    assert_counted(&text, http, &[r#"route="keyed",code="401",source="kong",consumer="""#], 1.0);
    assert_counted(&text, http, &[r#"service="",route="",code="404",source="kong""#], 1.0);
    assert_counted(&text, http, &[r#"consumer="alice""#], 1.0);
    assert_eq!(values(&text, "kong_node_info", &[env!("CARGO_PKG_VERSION")]), [1.0]);
}

#[test]
fn the_instance_that_applies_decides() {
    // One for a route, one for a consumer, one for all else; none of them wants the same.
    let world = start(
        "{name: prometheus, config: {status_code_metrics: true}}, \
         {name: prometheus, route: priced, config: {ai_metrics: true, bandwidth_metrics: true}}, \
         {name: prometheus, consumer: alice, config: {ai_metrics: true, per_consumer: true, latency_metrics: true}}",
    );
    let text = sent(
        &world,
        &[chat("/priced", "x", ""), chat("/chat", "x", ""), keyed("key-alice"), keyed("key-bob")],
    );
    let http = "kong_http_requests_total";
    assert_counted(&text, http, &[], 2.0);
    assert_counted(&text, http, &[r#"route="chat""#], 1.0);
    // Bob's, without his name.
    assert_counted(&text, http, &[r#"route="keyed""#, r#"consumer="""#], 1.0);
    let bytes = values(&text, "kong_bandwidth_bytes", &[]);
    assert_eq!(bytes.len(), 2, "{text}");
    assert!(bytes.iter().all(|bytes| *bytes > 0.0));
    assert_eq!(values(&text, "kong_bandwidth_bytes", &[r#"route="priced""#]).len(), 2);
    assert_counted(&text, "kong_request_latency_ms_count", &[], 1.0);
    assert_counted(&text, "kong_request_latency_ms_count", &[r#"route="keyed""#], 1.0);
    assert_counted(&text, "kong_kong_latency_ms_count", &[], 1.0);
    assert_counted(&text, "kong_upstream_latency_ms_count", &[], 1.0);
    let requests = "kong_ai_llm_requests_total";
    assert_counted(&text, requests, &[], 2.0);
    assert_counted(&text, requests, &[r#"ai_model="mine""#, r#"consumer="""#], 1.0);
    assert_counted(&text, requests, &[r#"ai_model="m""#, r#"consumer="alice""#], 1.0);
    // What is the gateway's own counts everything.
    assert_counted(&text, "ai_proxy_requests_total", &[], 4.0);
}

#[test]
fn a_plugin_for_one_route_counts_nothing_else() {
    let world = start("{name: prometheus, route: priced, config: {status_code_metrics: true}}");
    let text = sent(&world, &[chat("/priced", "x", ""), chat("/chat", "x", ""), Call::get("/nowhere")]);
    assert_counted(&text, "kong_http_requests_total", &[], 1.0);
    assert_counted(&text, "kong_http_requests_total", &[r#"route="priced""#], 1.0);
    assert_counted(&text, "kong_request_latency_ms_count", &[], 0.0);
    assert_counted(&text, "ai_proxy_requests_total", &[], 3.0);
    assert!(!text.contains("kong_ai_llm"), "{text}");
}

#[test]
fn without_a_plugin_the_gateway_counts_what_it_did() {
    let world = start("");
    let text = sent(&world, &[chat("/chat", "x", ""), keyed("key-alice"), Call::get("/nowhere")]);
    let http = "kong_http_requests_total";
    assert_counted(&text, http, &[], 3.0);
    assert_counted(&text, http, &[r#"route="chat",code="200",source="upstream",consumer="""#], 1.0);
    assert_counted(&text, http, &[r#"route="keyed",code="200",source="upstream",consumer="""#], 1.0);
    assert_counted(&text, http, &[r#"code="404",source="gateway""#], 1.0);
    assert_counted(&text, "kong_request_latency_ms_count", &[], 3.0);
    assert!(sum(&text, "kong_bandwidth_bytes", &[]) > 0.0);
    for absent in ["kong_ai_llm", "kong_node_info"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

#[test]
fn a_disabled_plugin_is_none() {
    let world = start("{name: prometheus, enabled: false, config: {ai_metrics: true}}");
    let text = sent(&world, &[chat("/chat", "x", "")]);
    assert_counted(&text, "kong_http_requests_total", &[r#"source="upstream""#], 1.0);
    assert!(!text.contains("kong_ai_llm"), "{text}");
}

#[test]
fn counts_outlive_a_reload() {
    let world = start(ALL);
    sent(&world, &[chat("/chat", "x", "")]);
    let load = |instances: &str| {
        let next = config(instances).replace("@UPSTREAM@", &world.upstream.addr.to_string());
        Call::post("/config")
            .header("content-type", "application/yaml")
            .body(&next)
            .send(world.gateway.admin)
            .expect(201);
    };
    load("{name: prometheus, config: {}}");
    let text = sent(&world, &[chat("/chat", "x", ""), chat("/chat", "x", "")]);
    assert_counted(&text, "kong_http_requests_total", &[], 1.0);
    assert_counted(&text, "kong_ai_llm_requests_total", &[], 1.0);
    assert_counted(&text, "ai_proxy_requests_total", &[], 3.0);
    let node = |text: &str| text.lines().find(|line| line.starts_with("kong_node_info")).map(str::to_owned);
    load(ALL);
    let again = sent(&world, &vec![chat("/chat", "x", ""); 4]);
    assert_counted(&again, "kong_ai_llm_requests_total", &[], 5.0);
    assert!(node(&text).is_some() && node(&text) == node(&again));
}

#[test]
fn what_callers_name_stays_in_its_label() {
    let world = start(ALL);
    let name = r#"evil\"} 9 kong_forged{a=\"\\"#;
    let chosen = |name: &str| chat("/chosen", "x", &format!(r#","model":"{name}""#));
    let text = sent(&world, &[chosen(name), chosen(r"evil\nkong_forged 9")]);
    assert!(!text.lines().any(|line| line.starts_with("kong_forged")), "{text}");
    assert_counted(&text, "kong_ai_llm_requests_total", &[], 1.0);
    // JSON escapes these characters just as the exposition does.
    assert_counted(&text, "kong_ai_llm_requests_total", &[&format!("ai_model=\"{name}\"")], 1.0);
    let long = "m".repeat(4_000);
    let text = sent(&world, &[chosen(&long), Call::get("/nowhere")]);
    assert_counted(&text, "kong_ai_llm_requests_total", &[&format!("ai_model=\"{}\"", &long[..256])], 1.0);
    assert!(text.lines().all(|line| line.len() < 1000));
}

#[test]
fn callers_who_make_up_models_are_counted_together() {
    let world = start(ALL);
    let calls: Vec<Call> =
        (0..520).map(|index| chat("/chosen", "x", &format!(r#","model":"made-up-{index}""#))).collect();
    let text = sent(&world, &calls);
    let requests = "kong_ai_llm_requests_total";
    assert_eq!(values(&text, requests, &[r#"ai_model="made-up-"#]).len(), 500);
    assert_counted(&text, requests, &[r#"ai_model="other""#], 20.0);
    assert_counted(&text, "ai_proxy_label_overflows_total", &[r#"cap="models""#], 20.0);
    // Configured models still have their own.
    let text = sent(&world, &[chat("/priced", "x", "")]);
    assert_counted(&text, requests, &[r#"ai_model="mine""#], 1.0);
}

#[test]
fn both_listeners_and_both_methods() {
    let world = World::start_with(&config(ALL), |builder| builder.arg("--status-listen").arg("127.0.0.1:0"));
    world.send(&chat("/chat", "x", "")).expect(200);
    for address in [world.gateway.admin, world.gateway.status.expect("an address in the ready line")] {
        let got = Call::get("/metrics").send(address).expect(200);
        let kind = Some("text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(got.header("content-type"), kind);
        assert!(got.text().contains("# TYPE kong_http_requests_total counter\n"));
        let head = Call::new("HEAD", "/metrics").send(address).expect(200);
        assert_eq!((head.header("content-type"), head.text().as_str()), (kind, ""));
        Call::post("/metrics").body("x").send(address).expect(405);
    }
    // Not where callers are.
    world.send(&Call::get("/metrics")).expect(404);
}

#[test]
fn what_has_no_effect_is_told() {
    let config = format!(
        "{}plugins: [{{name: prometheus, config: {{upstream_health_metrics: true, status_code_metrics: true}}}}]\n",
        one_route("m").replace("@UPSTREAM@", "127.0.0.1:1")
    );
    let checked = run_with_file(&config, &["check", "@FILE@"], &[], b"");
    assert_eq!(checked.status, 0, "{}{}", checked.out, checked.err);
    let told = format!("{}{}", checked.out, checked.err);
    assert!(told.contains("upstream_health_metrics: has no effect"), "{told}");
    assert!(!told.contains("not served yet"), "{told}");
}
