//! What has gone wrong elsewhere and belongs to no other file of tests here; `docs/pitfalls.md` has the list.

use std::net::SocketAddr;

use testkit::{Answer, Call};

use crate::commands::run_with_file;
use crate::scripted::{Scripted, answer};
use crate::world::{World, body, builder, content};

/// A route for clients of a format at `/FORMAT/NAME`. `target`: what stands in `config` beside type and format.
fn route(format: &str, name: &str, target: &str) -> String {
    format!(
        "  - name: {format}-{name}\n    paths: [/{format}/{name}]\n    plugins:\n      - name: ai-proxy\n        config:\n          \
         route_type: llm/v1/chat\n          llm_format: {format}\n          logging: {{log_statistics: true}}\n          {target}\n"
    )
}

/// Routes for clients of both formats before each of these targets.
fn config(targets: &[(&str, &str)]) -> String {
    let mut text = "_format_version: \"3.0\"\nroutes:\n".to_owned();
    for (name, target) in targets {
        text.push_str(&route("openai", name, target));
        text.push_str(&route("anthropic", name, target));
    }
    text
}

const FORMATS: [&str; 2] = ["openai", "anthropic"];

fn call(format: &str, name: &str, tag: &str, more: &str) -> Call {
    let (path, more) = match format {
        "openai" => (format!("/openai/{name}"), more.to_owned()),
        _ => (format!("/anthropic/{name}/v1/messages"), format!(r#","max_tokens":4000{more}"#)),
    };
    let call = Call::post(&path).header("x-test", tag).json(body("hi", &more));
    call.header("anthropic-version", "2023-06-01")
}

/// gateway.md 9.1, of 3.11.0.7. The name is none before it is filled in: whoever looked it up when the configuration
/// loads would have something to tell.
#[test]
fn templated_hosts_are_looked_for_when_they_are_called() {
    let upstream = testkit::Upstream::start();
    let port = upstream.addr.port();
    let target = format!(
        "extensions: {{allowed_hosts: [127.0.0.1]}}\n          auth: {{header_name: Authorization, header_value: Bearer sk-sim-main}}\n          model: {{provider: openai, name: m, \
         options: {{upstream_url: \"http://$(headers.x-net).0.0.1:{port}/v1/chat/completions\"}}}}"
    );
    let gateway = builder().config(&config(&[("host", &target)]), upstream.addr).start();
    let status = Call::get("/status").send(gateway.admin).expect(200).json();
    assert_eq!(status["configuration"]["last_load_succeeded"], true, "{status}");
    assert!(upstream.requests().is_empty());
    assert!(complaints(&gateway.output()).is_empty(), "{}", gateway.output());
    let answer = call("openai", "host", "host", "").header("x-net", "127").send(gateway.proxy).expect(200);
    assert_eq!(content(&answer), "echo: hi");
    assert_eq!(upstream.only("host").header("host"), Some(format!("127.0.0.1:{port}").as_str()));
    let answer = call("openai", "host", "host-none", "").send(gateway.proxy).expect(400);
    assert_eq!(answer.message(), "headers key x-net was not provided");
}

/// What a log complains of.
fn complaints(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line| line.contains("WARN") || line.contains("ERROR") || line.contains("panicked"))
        .collect()
}

const CLAUDE: &str = "auth: {header_name: x-api-key, header_value: sk-sim-anthropic}\n          model: {provider: anthropic, \
    name: claude-sonnet-4-5, model_alias: friendly, options: {anthropic_version: \"2023-06-01\", \
    upstream_url: \"http://@UPSTREAM@/sim/anthropic/v1/messages\"}}";
const AWS: &str = "auth: {aws_access_key_id: SIMKEY-own, aws_secret_access_key: sim-secret-access-key}";

/// gateway.md 9.1, of 3.14.0.7.
#[test]
fn an_alias_stays_with_the_gateway_in_a_native_format() {
    let bedrock = format!(
        "{AWS}\n          model: {{provider: bedrock, name: \"us.anthropic.claude-sonnet-4-5-20250929-v1:0\", model_alias: friendly, \
         options: {{bedrock: {{aws_region: us-east-1}}, upstream_url: \"http://@UPSTREAM@\"}}}}"
    );
    let world = World::start(&config(&[("claude", CLAUDE), ("bedrock", &bedrock)]));
    for (name, model) in [("claude", "claude-sonnet-4-5"), ("bedrock", "anthropic.claude-sonnet-4-5")] {
        for more in [r#","model":"friendly""#, r#","model":"friendly","stream":true"#] {
            let tag = format!("alias-{name}-{}", more.len());
            world.send(&call("anthropic", name, &tag, more)).expect(200);
            let sent = world.upstream.only(&tag);
            let told = format!("{} {}", sent.target, sent.text());
            assert!(told.contains(model) && !told.contains("friendly"), "{told}");
        }
    }
    let other = world.send(&call("anthropic", "claude", "alias-other", r#","model":"other""#)).expect(400);
    assert_eq!(other.json()["type"], "error", "{}", other.text());
}

/// gateway.md 9.1, of 3.12.0.3.
#[test]
fn a_path_without_its_model_is_explained() {
    let targets: Vec<(&str, String)> = [
        ("bedrock", AWS, "options: {bedrock: {aws_region: us-east-1}, upstream_url: \"http://@UPSTREAM@\"}"),
        (
            "gemini",
            "auth: {header_name: x-goog-api-key, header_value: k}",
            "options: {upstream_url: \"http://@UPSTREAM@/\"}",
        ),
    ]
    .into_iter()
    .map(|(name, auth, options)| (name, format!("{auth}\n          model: {{provider: {name}, {options}}}")))
    .collect();
    let targets: Vec<_> = targets.iter().map(|(name, target)| (*name, target.as_str())).collect();
    let world = World::start(&config(&targets));
    for (name, _) in targets {
        for format in FORMATS {
            let refused = world.refused("no-model", call(format, name, "no-model", ""), 400);
            assert_eq!(
                refused.message(),
                "model parameter not found in request, nor in gateway configuration"
            );
            assert_eq!(refused.json()["type"] == "error", format == "anthropic", "{}", refused.text());
        }
    }
}

/// gateway.md 9.2, of 3.10.0.3.
#[test]
fn gemini_gets_the_key_and_the_host_where_it_looks_for_them() {
    let model =
        "model: {provider: gemini, name: gemini-2.5-flash, options: {upstream_url: \"http://@UPSTREAM@/\"}}";
    let header =
        format!("auth: {{header_name: x-goog-api-key, header_value: sk-sim-gemini}}\n          {model}");
    let query = format!(
        "auth: {{param_name: key, param_value: sk-sim-gemini, param_location: query}}\n          {model}"
    );
    let world = World::start(&config(&[("header", &header), ("query", &query)]));
    for name in ["header", "query"] {
        for format in FORMATS {
            for more in ["", r#","stream":true"#] {
                let tag = format!("gemini-{name}-{format}-{}", more.len());
                let call = call(format, name, &tag, more).header("host", "gateway.example");
                let call = call.header("authorization", "Bearer own").header("x-api-key", "own");
                world.send(&call).expect(200);
                let sent = world.upstream.only(&tag);
                assert_eq!(sent.header("host"), Some(world.upstream.addr.to_string().as_str()));
                let keys =
                    (sent.header("x-goog-api-key").is_some(), sent.target.contains("key=sk-sim-gemini"));
                assert_eq!(keys, (name == "header", name == "query"), "{sent:?}");
                assert_eq!(
                    (sent.header("authorization"), sent.header("x-api-key")),
                    (None, None),
                    "{sent:?}"
                );
            }
        }
    }
}

/// gateway.md 9.2, of 3.8.1.0: a subscription is a key of the public API, or a project in a region, in all of them, or
/// with an endpoint of its own, and each has its own host and path.
#[test]
fn each_subscription_of_gemini_has_its_own_place() {
    let vertex = |place: &str| format!("gemini: {{project_id: p, {place}}}");
    let rows = [
        (
            "public",
            String::new(),
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent",
        ),
        (
            "region",
            vertex("api_endpoint: europe-west4-aiplatform.googleapis.com, location_id: europe-west4"),
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent",
        ),
        (
            "global",
            vertex("api_endpoint: aiplatform.googleapis.com, location_id: global"),
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent",
        ),
        (
            "endpoint",
            vertex(
                "api_endpoint: us-central1-aiplatform.googleapis.com, location_id: us-central1, endpoint_id: \"77\"",
            ),
            "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/endpoints/77:generateContent",
        ),
    ];
    for (name, options, url) in rows {
        let target = format!(
            "auth: {{header_name: Authorization, header_value: Bearer k}}\n          model: {{provider: gemini, name: gemini-2.5-flash, \
             options: {{{options}}}}}"
        );
        let file = config(&[(name, &target)]);
        for (format, path, more) in [("openai", "", ""), ("anthropic", "/v1/messages", r#","max_tokens":5"#)]
        {
            for stream in [false, true] {
                let body = body("hi", &format!("{more},\"stream\":{stream}"));
                let request = format!(
                    "POST /{format}/{name}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n{body}"
                );
                let explained =
                    run_with_file(&file, &["explain", "--config", "@FILE@", "-"], &[], request.as_bytes());
                let expected = if stream {
                    format!("{}?alt=sse", url.replace(":generate", ":streamGenerate"))
                } else {
                    url.to_owned()
                };
                assert!(
                    explained.out.contains(&format!("POST {expected}\n")),
                    "{expected}: {}{}",
                    explained.out,
                    explained.err
                );
            }
        }
    }
}

/// gateway.md 9.4, of 3.14.0.8.
#[test]
fn streams_of_bedrock_where_the_model_is_an_arn() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
    let target = format!(
        "{AWS}\n          model: {{provider: bedrock, name: \"{arn}\", options: {{bedrock: {{aws_region: us-east-1}}, \
         upstream_url: \"http://@UPSTREAM@\"}}}}"
    );
    let world = World::start(&config(&[("arn", &target)]));
    for format in FORMATS {
        let tag = format!("arn-{format}");
        let answer = world.send(&call(format, "arn", &tag, r#","stream":true"#)).expect(200);
        assert!(answer.text().contains("hi"), "{}", answer.text());
        let end = if format == "openai" { "data: [DONE]\n\n" } else { "{\"type\":\"message_stop\"}\n\n" };
        assert!(answer.text().ends_with(end), "{}", answer.text());
        let escaped = arn.replace(':', "%3A").replace('/', "%2F");
        assert_eq!(world.upstream.only(&tag).target, format!("/model/{escaped}/converse-stream"));
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["target"]["model"]),
            (&"completed".into(), &arn.into()),
            "{record}"
        );
    }
}

/// gateway.md 9.4, of 3.9.1.0.
#[test]
fn good_streams_leave_no_complaints() {
    let openai = "auth: {header_name: Authorization, header_value: Bearer sk-sim-main}\n          model: {provider: openai, name: m, \
        options: {upstream_url: \"http://@UPSTREAM@/v1/chat/completions\"}}";
    let world = World::start_with(&config(&[("openai", openai), ("claude", CLAUDE)]), |builder| {
        builder.arg("--log-level").arg("info")
    });
    for name in ["openai", "claude"] {
        for format in FORMATS {
            for fault in ["", "gzip", "drip", "no_usage"] {
                let call = call(format, name, "calm", r#","stream":true"#);
                let call = if fault.is_empty() { call } else { call.header("x-sim-fault", fault) };
                let answer = world.send(&call).expect(200);
                assert_eq!(
                    world.record(&answer)["gateway"]["outcome"],
                    "completed",
                    "{format} {name} {fault}"
                );
            }
        }
    }
    let log = world.gateway.output();
    assert_eq!(complaints(&log), Vec::<&str>::new());
}

/// gateway.md 9.5, of 3.11.0.7: the last attempt is told whole, whatever became of those before it.
#[test]
fn the_last_attempt_is_accounted_for() {
    let openai = |addr: SocketAddr| {
        format!(
            "auth: {{header_name: Authorization, header_value: Bearer k}}\n          model: {{provider: openai, name: m, \
             options: {{upstream_url: \"http://{addr}/v1/chat/completions\"}}}}"
        )
    };
    let upstream = Scripted::start();
    let whole = r#"{"id":"c","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#;
    upstream.lay("good", answer("200 OK", "application/json", whole.as_bytes()));
    upstream
        .lay("slow", answer("429 Slow", "application/json", br#"{"error":{"message":"slow","type":"x"}}"#));
    upstream.lay("odd", answer("200 OK", "application/json", b"{}"));
    // Nobody is there.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = config(&[("there", &openai(upstream.addr)), ("gone", &openai(gone))]);
    let gateway = builder().config(&file, upstream.addr).start();
    let rows = [
        ("there", "good", 200, Some("200"), "completed"),
        ("there", "slow", 429, Some("429"), "upstream_error"),
        ("there", "odd", 500, Some("200"), "gateway_error"),
        ("there", "closed", 502, None, "gateway_error"),
        ("gone", "gone", 503, None, "gateway_error"),
    ];
    for (name, tag, status, upstream_status, outcome) in rows {
        for format in FORMATS {
            let told: Answer = call(format, name, tag, "").send(gateway.proxy).expect(status);
            let record = gateway.record(told.header("x-kong-request-id").unwrap());
            let what = format!("{format} {tag}: {record}");
            assert_eq!(record["response"]["status"], status, "{what}");
            assert_eq!(
                record.get("upstream_status").and_then(|status| status.as_str()),
                upstream_status,
                "{what}"
            );
            assert_eq!(
                (&record["gateway"]["outcome"], &record["gateway"]["target"]["provider"]),
                (&outcome.into(), &"openai".into()),
                "{what}"
            );
            assert_eq!(
                (&record["gateway"]["target"]["model"], &record["upstream_uri"]),
                (&"m".into(), &"/v1/chat/completions".into()),
                "{what}"
            );
            let last = record["tries"].as_array().and_then(|tries| tries.last());
            let last = last.unwrap_or_else(|| panic!("no attempt: {what}"));
            let port = if name == "gone" { gone.port() } else { upstream.addr.port() };
            assert_eq!(last["port"], port, "{what}");
            assert_eq!(last["ip"], "127.0.0.1", "{what}");
            assert_eq!(last["state"] == "failed", upstream_status.is_none(), "{what}");
            assert!(last["balancer_start"].is_u64() && last["balancer_latency"].is_number(), "{what}");
            let code = upstream_status.map(|status| status.parse::<u16>().unwrap());
            assert_eq!(last.get("code").and_then(serde_json::Value::as_u64), code.map(u64::from), "{what}");
            assert!(
                record["gateway"]["target"]["host"]
                    .as_str()
                    .is_some_and(|host| host.starts_with("127.0.0.1")),
                "{what}"
            );
            assert_eq!(record["latencies"]["proxy"].is_number(), upstream_status.is_some(), "{what}");
            assert_eq!(record["gateway"]["error"].is_string(), outcome == "gateway_error", "{what}");
            assert_eq!(record["gateway"]["usage"]["total_tokens"] == 7, tag == "good", "{what}");
        }
    }
}
