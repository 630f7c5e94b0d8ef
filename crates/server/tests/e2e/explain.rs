//! `explain`: what it shows, what it hides, what its exit status says.

use serde_json::{Value, json};
use testkit::{Finished, LogServer};

use crate::commands::run_with_file;

const CONFIG: &str = r#"_format_version: "3.0"
services:
  - name: llm
    url: http://localhost:1
    routes:
      - name: plain
        paths: [/plain]
        plugins:
          - name: ai-proxy
            id: 11111111-2222-4333-8444-555555555555
            config:
              route_type: llm/v1/chat
              auth: {header_name: Authorization, header_value: Bearer CANARY-header}
              model: {provider: openai, name: gpt-4o, options: {max_tokens: 10}}
      - name: keyed
        paths: ["~/k/(?<m>[a-z0-9-]+)$"]
        plugins:
          - name: key-auth
            id: 11111111-2222-4333-8444-aaaaaaaaaaaa
            config: {key_names: [apikey]}
          - name: ai-proxy
            id: 11111111-2222-4333-8444-666666666666
            config:
              route_type: llm/v1/chat
              auth: {param_name: token, param_value: CANARY-query, param_location: query}
              model: {provider: mistral, name: $(uri_captures.m), options: {mistral_format: openai}}
      - name: body
        paths: [/body]
        plugins:
          - name: ai-proxy
            id: 11111111-2222-4333-8444-777777777777
            config:
              route_type: llm/v1/chat
              auth: {param_name: token, param_value: CANARY-body, param_location: body}
              model: {provider: openai, name: m, options: {upstream_url: "http://127.0.0.1:1/x"}}
      - name: lossy
        paths: [/lossy]
        plugins:
          - name: ai-proxy
            id: 11111111-2222-4333-8444-888888888888
            config:
              route_type: llm/v1/chat
              auth: {header_name: Authorization, header_value: Bearer CANARY-header}
              model: {provider: deepseek}
consumers:
  - username: alice
    id: 22222222-2222-4333-8444-555555555555
    keyauth_credentials: [{key: CANARY-alice, id: 33333333-2222-4333-8444-555555555555}]
"#;

/// Explains a request; whatever it is, no secret shows.
#[track_caller]
fn explain(head: &str, body: &str) -> Finished {
    let request = format!("{head}\r\nContent-Type: application/json\r\n\r\n{body}");
    let finished = run_with_file(CONFIG, &["explain", "--config", "@FILE@", "-"], &[], request.as_bytes());
    let told = format!("{}{}", finished.out, finished.err);
    assert!(!told.contains("CANARY"), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    finished
}

#[track_caller]
fn is(finished: &Finished, status: i32, text: &str) {
    assert_eq!(finished.out, text, "{}", finished.err);
    assert_eq!(finished.status, status);
    assert_eq!(finished.err, "");
}

#[test]
fn a_whole_request() {
    let head = "POST /plain?x=1 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer CANARY-own";
    let finished = explain(head, r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#);
    let text = r#"request   POST /plain?x=1
route     plain, by path /plain
service   llm
consumer  nobody: no key-auth applies
plugin    ai-proxy 11111111-2222-4333-8444-555555555555 on route plain
target    openai / gpt-4o
operation llm/v1/chat
plan      relay
delivery  whole
auth      header authorization
tokens    about 1 of input
price     0.0000025 for the input, 10 for a million tokens of output (catalogue)

POST https://api.openai.com/v1/chat/completions?x=1
accept-encoding: identity
authorization: [redacted]
content-type: application/json
host: api.openai.com

{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":false,"max_tokens":10}
"#;
    is(&finished, 0, text);
}

#[test]
fn a_caller_with_a_key_and_a_model_from_the_path() {
    let head = "POST /k/large-2?z=1 HTTP/1.1\r\napikey: CANARY-alice\r\nCookie: CANARY\r\nX-Y: 1";
    let finished = explain(head, r#"{"messages":[{"role":"user","content":"hi"}]}"#);
    let text = r#"request   POST /k/large-2?z=1
route     keyed, by path ~/k/(?<m>[a-z0-9-]+)$
service   llm
consumer  alice: by key 33333333-2222-4333-8444-555555555555
plugin    key-auth 11111111-2222-4333-8444-aaaaaaaaaaaa on route keyed
plugin    ai-proxy 11111111-2222-4333-8444-666666666666 on route keyed
target    mistral / large-2
operation llm/v1/chat
plan      relay
delivery  whole
auth      query token
tokens    about 1 of input
price     unknown

POST https://api.mistral.ai/v1/chat/completions?z=1&token=REDACTED
accept-encoding: identity
content-type: application/json
host: api.mistral.ai
x-consumer-id: 22222222-2222-4333-8444-555555555555
x-consumer-username: alice
x-credential-identifier: 33333333-2222-4333-8444-555555555555
x-y: 1

{"messages":[{"role":"user","content":"hi"}],"model":"large-2","stream":false}
"#;
    is(&finished, 0, text);
}

#[test]
fn the_body_is_shown_before_the_credential_goes_in() {
    let finished = explain("POST /body HTTP/1.1", r#"{"messages":[{"role":"user","content":"hi"}]}"#);
    assert!(finished.out.contains("auth      body token\n"), "{}", finished.out);
    assert!(finished.out.contains("\nPOST http://127.0.0.1:1/x\n"), "{}", finished.out);
    let body = r#"{"messages":[{"role":"user","content":"hi"}],"model":"m","stream":false}"#;
    assert!(finished.out.ends_with(&format!("\n\n{body}\n")), "{}", finished.out);
    assert_eq!(finished.status, 0);
}

#[test]
fn losses_and_streams() {
    let body = r#"{"model":"deepseek-chat","messages":[{"role":"user","content":"hi"}],"stream":true,"seed":1,"n":2}"#;
    let finished = explain("POST /lossy HTTP/1.1", body);
    assert!(
        finished.out.contains(
            "target    deepseek / deepseek-chat\noperation llm/v1/chat\nplan      relay\ndelivery  stream\n\
             auth      header authorization\nloss      n dropped\nloss      seed dropped\n"
        ),
        "{}",
        finished.out
    );
    assert!(
        finished.out.ends_with(
            "{\"model\":\"deepseek-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}\n"
        ),
        "{}",
        finished.out
    );
    assert_eq!(finished.status, 0);
}

/// Explains with these arguments; gives the object.
#[track_caller]
fn explain_json(config: &str, args: &[&str], status: i32) -> Value {
    let args = [&["explain", "--config", "@FILE@", "--output", "json"], args].concat();
    let finished = run_with_file(config, &args, &[], b"");
    assert_eq!((finished.status, &*finished.err), (status, ""), "{}", finished.out);
    assert!(!finished.out.contains("CANARY"), "{}", finished.out);
    serde_json::from_str(&finished.out).unwrap()
}

#[test]
fn refusals_are_told_with_the_answer_and_fail() {
    let messages = r#""messages":[{"role":"user","content":"hi"}]"#;
    let none = "00000000000000000000000000000000";
    let finished = explain("POST /nowhere HTTP/1.1", "{}");
    let text = format!(
        "request   POST /nowhere\nrefused   404 no_route: no Route matched with those values\n\n\
         {{\"message\":\"no Route matched with those values\",\"request_id\":\"{none}\"}}\n"
    );
    is(&finished, 1, &text);
    let finished = explain("POST /plain HTTP/1.1", &format!(r#"{{"model":"gpt-3",{messages}}}"#));
    let start = "request   POST /plain\nroute     plain, by path /plain\nservice   llm\n\
                 consumer  nobody: no key-auth applies\n\
                 plugin    ai-proxy 11111111-2222-4333-8444-555555555555 on route plain\n\
                 refused   400 model_not_allowed: cannot use own model - must be: gpt-4o\n\n{\"error\":{";
    assert!(finished.out.starts_with(start), "{}", finished.out);
    assert_eq!(finished.status, 1);
    let finished = explain("POST /k/m HTTP/1.1", &format!("{{{messages}}}"));
    let start = "request   POST /k/m\nroute     keyed, by path ~/k/(?<m>[a-z0-9-]+)$\nservice   llm\n\
                 consumer  nobody: key-auth knows no such caller\n\
                 plugin    key-auth 11111111-2222-4333-8444-aaaaaaaaaaaa on route keyed\n\
                 refused   401 invalid_api_key: No API key found in request\n\nwww-authenticate: Key";
    assert!(finished.out.starts_with(start), "{}", finished.out);
    assert_eq!(finished.status, 1);
    let finished = explain("POST /k/m HTTP/1.1\r\napikey: CANARY-wrong", &format!("{{{messages}}}"));
    assert!(finished.out.contains("refused   401 "), "{}", finished.out);
    assert_eq!(finished.status, 1);
    let refused =
        explain_json(CONFIG, &["/plain", "-X", "DELETE", "-H", "content-type: application/json"], 1);
    assert_eq!((&refused["course"], &refused["refusal"]["status"]), (&json!("refuse"), &json!(405)));
    assert_eq!(refused["refusal"]["headers"], json!([{"name": "allow", "value": "POST, GET"}]));
    let body: Value = serde_json::from_str(refused["refusal"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "method_not_allowed");
}

/// Plugins of every scope, an observer of each kind, a key in the body, vectors, clients of Messages.
const SCOPED: &str = r#"_format_version: "3.0"
consumer_groups: [{name: staff}]
consumers:
  - username: bob
    keyauth_credentials: [{key: CANARY-bob, id: 33333333-2222-4333-8444-555555555555}]
    groups: [{name: staff}]
services:
  - name: llm
    url: http://localhost:1
    plugins:
      - {name: key-auth, id: 44444444-2222-4333-8444-111111111111, config: {key_names: [secret], key_in_body: true, hide_credentials: false}}
    routes:
      - name: chat
        paths: [/chat]
        methods: [POST]
        hosts: ["*.example.com"]
        headers: {X-Team: [blue]}
        protocols: [https]
        plugins:
          - name: ai-proxy
            id: 44444444-2222-4333-8444-222222222222
            consumer: bob
            config:
              route_type: llm/v1/chat
              auth: {header_name: Authorization, header_value: Bearer CANARY}
              model: {provider: openai, name: m, options: {input_cost: 1000000, output_cost: 2, upstream_url: "http://127.0.0.1:1/x"}}
routes:
  - name: vectors
    paths: [/vectors]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/embeddings
          genai_category: text/embeddings
          auth: {header_name: Authorization, header_value: Bearer CANARY}
          model: {provider: cohere, name: embed-v4.0}
  - name: messages
    paths: [/m]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          llm_format: anthropic
          auth: {param_name: key, param_value: CANARY, param_location: query}
          model: {provider: gemini, name: gemini-2.5-flash}
  - name: guess
    paths: [/guess]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          llm_format: anthropic
          auth: {header_name: Authorization, header_value: Bearer CANARY}
          model: {provider: openai, name: gpt-4o}
plugins:
  - {name: file-log, id: 44444444-2222-4333-8444-333333333333, instance_name: all, config: {path: "@LOGS@/never"}}
  - {name: http-log, id: 44444444-2222-4333-8444-444444444444, consumer_group: staff, config: {http_endpoint: "@SERVER@"}}
  - {name: prometheus, id: 44444444-2222-4333-8444-555555555555}
"#;

#[test]
fn an_object_tells_all() {
    let (logs, server) = (tempfile::tempdir().unwrap(), LogServer::start());
    let config =
        SCOPED.replace("@LOGS@", &logs.path().display().to_string()).replace("@SERVER@", &server.url("/"));
    let told = explain_json(
        &config,
        &[
            "https://a.example.com/chat?apikey=CANARY",
            "-H",
            "x-team: blue",
            "--json",
            r#"{"secret":"CANARY-bob","messages":[{"role":"user","content":"hi"}],"stream":true}"#,
        ],
        0,
    );
    assert_eq!(told["request"], json!({"method": "POST", "uri": "/chat?apikey=REDACTED"}));
    assert_eq!(
        told["matched"],
        json!({"path": "/chat", "method": "POST", "host": "a.example.com", "headers": ["x-team"], "sni": null})
    );
    assert_eq!(
        (&told["route"]["name"], &told["service"]["name"], &told["course"]),
        (&json!("chat"), &json!("llm"), &json!("send"))
    );
    let caller = &told["caller"];
    assert_eq!((&caller["rule"], &caller["consumer"]["name"]), (&json!("key"), &json!("bob")));
    assert_eq!(
        (&caller["groups"], &caller["credential"]),
        (&json!(["staff"]), &json!("33333333-2222-4333-8444-555555555555"))
    );
    let id = |digit: &str| format!("44444444-2222-4333-8444-{}", digit.repeat(12));
    assert_eq!(
        told["plugins"],
        json!([
            {"name": "key-auth", "id": id("1"), "instance_name": null, "scope": {"service": "llm"}},
            {"name": "ai-proxy", "id": id("2"), "instance_name": null, "scope": {"consumer": "bob", "route": "chat"}},
            {"name": "file-log", "id": id("3"), "instance_name": "all", "scope": {}},
            {"name": "http-log", "id": id("4"), "instance_name": null, "scope": {"consumer_group": "staff"}},
            {"name": "prometheus", "id": id("5"), "instance_name": null, "scope": {}},
        ])
    );
    let send = &told["send"];
    for (name, value) in [
        ("provider", json!("openai")),
        ("model", json!("m")),
        ("operation", json!("llm/v1/chat")),
        ("plan", json!("relay")),
        ("calls", json!(1)),
        ("stream", json!(true)),
        ("auth", json!(["header authorization"])),
        ("method", json!("POST")),
        ("url", json!("http://127.0.0.1:1/x?apikey=REDACTED")),
    ] {
        assert_eq!(send[name], value, "{name}: {send}");
    }
    let estimate = &send["estimate"];
    assert_eq!(
        (&estimate["price_source"], &estimate["output_price_per_million"]),
        (&json!("configured"), &json!(2))
    );
    assert_eq!(estimate["input_cost"], estimate["input_tokens"]);
    let body: Value = serde_json::from_str(send["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["secret"], &body["stream"]), (&json!("[redacted]"), &json!(true)));
    // Nothing is recorded of what is not served.
    assert!(!logs.path().join("never").exists() && server.deliveries().is_empty());
}

#[test]
fn all_ways_to_go_on_are_told() {
    let config = SCOPED.replace("@LOGS@", "/nonexistent").replace("@SERVER@", "http://127.0.0.1:1/");
    let inputs: Vec<String> = (0..200).map(|number| format!("\"text {number}\"")).collect();
    let vectors = format!("{{\"input\":[{}]}}", inputs.join(","));
    let told = explain_json(&config, &["/vectors", "--json", &vectors], 0);
    let send = &told["send"];
    assert_eq!((&send["plan"], &send["calls"], &send["inputs"]), (&json!("embed"), &json!(3), &json!(200)));
    assert_eq!(told["caller"]["rule"], "unasked");
    let asked = r#"{"max_tokens":9,"messages":[{"role":"user","content":"hi"}],"top_k":3}"#;
    let told = explain_json(&config, &["/m/v1/messages", "--json", asked], 0);
    let send = &told["send"];
    assert_eq!((&send["plan"], &send["operation"]), (&json!("translate"), &json!("llm/v1/chat")));
    assert_eq!(send["auth"], json!(["query key"]));
    assert!(
        send["url"].as_str().unwrap().ends_with("gemini-2.5-flash:generateContent?key=REDACTED"),
        "{send}"
    );
    assert_eq!(send["estimate"]["price_source"], "catalogue");
    let told = explain_json(&config, &["/m/v1/messages/count_tokens", "--json", asked], 0);
    let send = &told["send"];
    assert_eq!((&send["plan"], &send["operation"]), (&json!("count"), &json!("count_tokens")));
    assert!(send["url"].as_str().unwrap().contains(":countTokens?"), "{send}");
    assert_eq!(send["estimate"], Value::Null);
    let told = explain_json(&config, &["/guess/v1/messages/count_tokens", "--json", asked], 0);
    assert_eq!((&told["course"], &told["answer"]["status"]), (&json!("answer"), &json!(200)));
    assert!(told["answer"]["body"].as_str().unwrap().starts_with("{\"input_tokens\":"), "{told}");
    assert_eq!(told["answer"]["losses"], json!([{"member": "input_tokens", "kind": "approximated"}]));
    let told = explain_json(&config, &["/m/v1/models", "-X", "GET"], 0);
    assert!(told["answer"]["body"].as_str().unwrap().contains("gemini-2.5-flash"), "{told}");
    // A route for TLS only, as a client without it meets it.
    let told =
        explain_json(&config, &["http://a.example.com/chat", "-H", "x-team: blue", "--json", asked], 1);
    assert_eq!(told["refusal"]["code"], "https_required");
}

const CALLERS: &str = r#"_format_version: "3.0"
consumers: [{username: guest}]
routes:
  - name: open
    paths: [/open]
    plugins:
      - {name: key-auth, config: {anonymous: guest, run_on_preflight: false}}
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {header_name: Authorization, header_value: Bearer CANARY}
          model: {provider: openai, name: gpt-4o}
  - name: regionless
    methods: [POST]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          model: {provider: bedrock, name: amazon.nova-lite-v1:0}
"#;

#[test]
fn why_a_caller_is_who_it_is_and_a_target_cannot_be_sent_to() {
    let asked = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
    let told = explain_json(CALLERS, &["/open", "--json", asked], 0);
    let caller = &told["caller"];
    assert_eq!((&caller["rule"], &caller["consumer"]["name"]), (&json!("anonymous"), &json!("guest")));
    let told = explain_json(CALLERS, &["/open", "-X", "OPTIONS"], 1);
    assert_eq!((&told["caller"]["rule"], &told["caller"]["consumer"]), (&json!("preflight"), &Value::Null));
    let told = explain_json(CALLERS, &["/else", "--json", asked], 1);
    assert_eq!((&told["route"]["name"], &told["matched"]["path"]), (&json!("regionless"), &Value::Null));
    assert_eq!(told["matched"]["method"], "POST");
    let refusal = &told["refusal"];
    assert_eq!((&refusal["status"], &refusal["code"]), (&json!(500), &json!("identity_failed")));
    assert!(refusal["reason"].as_str().unwrap().contains("no AWS region is configured"), "{refusal}");
    assert!(!refusal["body"].as_str().unwrap().contains("region"), "{refusal}");
}

#[test]
fn a_compressed_body_is_read_as_serving_reads_it() {
    let body = testkit::gzip(br#"{"messages":[{"role":"user","content":"hi"}]}"#);
    let head = b"POST /plain HTTP/1.1\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n";
    let request = [&head[..], &body].concat();
    let finished = run_with_file(CONFIG, &["explain", "--config", "@FILE@", "-"], &[], &request);
    assert!(
        finished.out.contains("\n\n{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"),
        "{}",
        finished.out
    );
    assert!(!finished.out.contains("content-encoding"), "{}", finished.out);
}

#[test]
fn what_is_no_request_is_told_by_its_line() {
    for (request, line) in [("", 1), ("hello", 1), ("POST /plain HTTP/1.1\nfoo bar\n\n", 2)] {
        let args = ["explain", "--config", "@FILE@", "-"];
        let finished = run_with_file(CONFIG, &args, &[], request.as_bytes());
        assert_eq!(finished.err, format!("ai-proxy: <stdin>: not an HTTP request: line {line}\n"));
        assert_eq!((finished.status, &*finished.out), (1, ""));
    }
    let finished = run_with_file(CONFIG, &["explain", "--config", "-", "-"], &[], b"");
    assert!(finished.err.contains("cannot both come from standard input"), "{}", finished.err);
    assert_eq!(finished.status, 1);
}

/// One chat route, and the plugin with these members for everything.
fn traced(config: &str) -> String {
    let route = crate::world::one_route("m").replace("@UPSTREAM@", "127.0.0.1:1");
    format!(
        "{route}plugins:\n- {{name: opentelemetry, config: {{traces_endpoint: \"http://127.0.0.1:1/v1/traces\"{config}}}}}\n"
    )
}

const ASKED: &str = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
const PARENT: &str = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn the_headers_of_a_trace_are_told_with_what_is_new_in_them() {
    let formats = "w3c, b3-single, b3, jaeger, ot, datadog, aws, gcp, instana";
    let config = traced(&format!(", propagation: {{inject: [{formats}]}}"));
    let args = ["explain", "--config", "@FILE@", "/chat", "--json", ASKED];
    let finished = run_with_file(&config, &args, &[], b"");
    assert_eq!((finished.status, &*finished.err), (0, ""), "{}", finished.out);
    assert!(finished.out.contains("\ntrace     begun here, sampled\n"), "{}", finished.out);
    let new = |name: &str| format!("({name} id, new for each request)");
    let (trace, span, parent) = (new("trace"), new("span"), new("parent"));
    for line in [
        format!("traceparent: 00-{trace}-{span}-01"),
        format!("b3: {trace}-{span}-1-{parent}"),
        format!("x-b3-traceid: {trace}"),
        format!("x-b3-spanid: {span}"),
        format!("x-b3-parentspanid: {parent}"),
        "x-b3-sampled: 1".to_owned(),
        format!("uber-trace-id: {trace}:{span}:{parent}:01"),
        format!("ot-tracer-traceid: {trace}"),
        format!("x-datadog-trace-id: {trace}"),
        format!("x-datadog-parent-id: {span}"),
        format!("x-amzn-trace-id: Root={trace};Parent={span};Sampled=1"),
        format!("x-cloud-trace-context: {trace}/{span};o=1"),
        format!("x-instana-s: {span}"),
    ] {
        assert!(finished.out.contains(&format!("\n{line}\n")), "{line}: {}", finished.out);
    }
    // So it says the same each time.
    assert_eq!(run_with_file(&config, &args, &[], b"").out, finished.out);
}

/// `send` of an explanation, with the value of its `traceparent`.
#[track_caller]
fn told_of_trace(config: &str, more: &[&str]) -> (Value, Option<String>) {
    let mut told = explain_json(config, &[&["/chat", "--json", ASKED], more].concat(), 0);
    let headers = told["send"]["headers"].as_array().unwrap();
    let parent = headers.iter().find(|header| header["name"] == "traceparent");
    let parent = parent.map(|header| header["value"].as_str().unwrap().to_owned());
    (told["send"]["trace"].take(), parent)
}

#[test]
fn a_trace_is_told_as_it_would_be_continued_and_sampled() {
    let parent =
        |bit: &str| format!("00-0af7651916cd43dd8448eb211c80319c-(span id, new for each request)-{bit}");
    let state = |continued: bool, sampled: Value, rate: Value| json!({"continued": continued, "sampled": sampled, "sampling_rate": rate});
    let (told, header) = told_of_trace(&traced(""), &["-H", PARENT]);
    assert_eq!((told, header), (state(true, json!(true), Value::Null), Some(parent("01"))));
    let none = traced(", sampling_rate: 0");
    let (told, header) = told_of_trace(&none, &["-H", PARENT]);
    assert_eq!((told, header), (state(true, json!(false), Value::Null), Some(parent("00"))));
    // Where chance decides, that is told instead of what it has decided.
    for _ in 0..4 {
        let (told, header) = told_of_trace(&traced(", sampling_rate: 0.1"), &["-H", PARENT]);
        assert_eq!((told, header), (state(true, Value::Null, json!(0.1)), Some(parent("01"))));
    }
    let asked = traced(", sampling_rate: 0.1, sampling_strategy: parent_probability_fallback");
    let (told, header) = told_of_trace(&asked, &["-H", PARENT]);
    assert_eq!((told, header), (state(true, json!(true), Value::Null), Some(parent("01"))));
    // Nobody tells a trace on without the plugin, or where it traces nothing: the caller's passes.
    let quiet = traced("").replace(
        "traces_endpoint: \"http://127.0.0.1:1/v1/traces\"",
        "access_logs: {endpoint: \"http://127.0.0.1:1\"}",
    );
    let (told, header) = told_of_trace(&quiet, &["-H", PARENT]);
    assert_eq!((told, header.as_deref()), (Value::Null, PARENT.strip_prefix("traceparent: ")));
}
