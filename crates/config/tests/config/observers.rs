//! `file-log`, `http-log`, `prometheus`, `opentelemetry`.

use std::time::Duration;

use config::{Injected, OpenTelemetry, PluginConfig, SamplingStrategy, TraceFormat};

use super::{loaded, nothing, told};

fn with(name: &str, config: &str) -> String {
    format!("_format_version: '3.0'\nplugins:\n- name: {name}\n  config: {config}\n")
}

fn only(name: &str, config: &str) -> PluginConfig {
    loaded(&with(name, config)).plugins.remove(0).config
}

#[track_caller]
fn tells(name: &str, config: &str, wanted: &[&str]) {
    let told = told(&with(name, config));
    let short: Vec<&str> = told.iter().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(short, wanted);
}

#[track_caller]
fn http_log(config: &str) -> Box<config::HttpLog> {
    match only("http-log", config) {
        PluginConfig::HttpLog(settings) => settings,
        _ => panic!("another plugin"),
    }
}

#[track_caller]
fn opentelemetry(config: &str) -> Box<OpenTelemetry> {
    match only("opentelemetry", config) {
        PluginConfig::OpenTelemetry(settings) => settings,
        _ => panic!("another plugin"),
    }
}

#[test]
fn file_log() {
    let PluginConfig::FileLog(settings) = only("file-log", "{path: /var/log/x.log, reopen: true}") else {
        panic!("another plugin")
    };
    assert_eq!((&*settings.path, settings.reopen), ("/var/log/x.log", true));
    tells("file-log", "{}", &["error: plugins[0].config.path: is required"]);
    for path in ["a*b", "'a&b'", "'%a'", "' a'", "'a '", "'a`'", "'a\\b'"] {
        tells(
            "file-log",
            &format!("{{path: {path}}}"),
            &[
                "error: plugins[0].config.path: is not a file name (hint: it may not have any of * & % \\ ` and no \
               spaces at its ends)",
            ],
        );
    }
    tells("file-log", "{path: /tmp/}", &["error: plugins[0].config.path: is a folder"]);
}

#[test]
fn lua_is_refused_with_a_reason() {
    for (name, field) in [("file-log", "path: /x/y"), ("http-log", "http_endpoint: 'http://a'")] {
        tells(
            name,
            &format!("{{{field}, custom_fields_by_lua: {{a: return 1}}}}"),
            &[
                "error: plugins[0].config.custom_fields_by_lua: is not supported (hint: this gateway runs no Lua: add \
               or drop fields where the records are collected)",
            ],
        );
        // As exports have them.
        tells(name, &format!("{{{field}, custom_fields_by_lua: null}}"), &[]);
        tells(name, &format!("{{{field}, custom_fields_by_lua: {{}}}}"), &[]);
    }
}

#[test]
fn http_log_has_the_defaults_of_kong() {
    let settings = http_log("{http_endpoint: 'https://Logs.example/in?a=1'}");
    let collector = &settings.collector;
    assert_eq!((collector.tls, &*collector.host, collector.port), (true, "logs.example", 443));
    assert_eq!((&*collector.authority, collector.target.expose()), ("Logs.example", "/in?a=1"));
    assert!(collector.authorization.is_none() && settings.headers.is_empty() && settings.verify);
    assert_eq!((&*settings.method, &*settings.content_type), ("POST", "application/json"));
    assert_eq!(settings.timeout, Duration::from_secs(10));
    let queue = &settings.queue;
    assert_eq!((queue.max_batch_size, queue.max_entries, queue.max_bytes), (1, 10_000, 64 << 20));
    assert_eq!(queue.max_coalescing_delay, Duration::from_secs(1));
    assert_eq!(
        (queue.initial_retry_delay, queue.max_retry_delay),
        (Duration::from_millis(10), Duration::from_mins(1))
    );
    assert_eq!((queue.max_retry_time, queue.concurrent), (Some(Duration::from_mins(1)), false));
}

#[test]
fn http_log_has_the_fields_of_kong() {
    let settings = http_log(
        "{http_endpoint: 'http://u:p@h:81', method: PATCH, content_type: 'application/json; charset=utf-8', timeout: \
         1500, keepalive: 5, headers: {X-A: b}, ssl_verify: false, queue: {max_batch_size: 7, max_coalescing_delay: 0.5, \
         max_entries: 9, max_bytes: 1000, initial_retry_delay: 0.2, max_retry_time: -1, max_retry_delay: 3, \
         concurrency_limit: 1}}",
    );
    assert_eq!(settings.collector.authorization.as_ref().unwrap().expose(), "Basic dTpw");
    assert_eq!(
        (&*settings.method, settings.timeout, settings.verify),
        ("PATCH", Duration::from_millis(1500), false)
    );
    assert_eq!((&*settings.headers[0].0, settings.headers[0].1.expose()), ("X-A", "b"));
    let queue = &settings.queue;
    assert_eq!((queue.max_batch_size, queue.max_entries, queue.max_bytes), (7, 9, 1000));
    assert_eq!(queue.max_coalescing_delay, Duration::from_millis(500));
    assert_eq!((queue.max_retry_time, queue.max_retry_delay), (None, Duration::from_secs(3)));
    let queue =
        http_log("{http_endpoint: 'http://h', queue: {concurrency_limit: -1, max_batch_size: 5}}").queue;
    assert!(queue.concurrent && queue.max_batch_size == 1);
}

#[test]
fn old_names_of_http_log_count_with_a_warning() {
    let old = "{http_endpoint: 'http://h', retry_count: 3, queue_size: 20, flush_timeout: 5}";
    let queue = http_log(old).queue;
    assert_eq!((queue.max_batch_size, queue.max_coalescing_delay), (20, Duration::from_secs(5)));
    tells(
        "http-log",
        old,
        &[
            "warning: plugins[0].config.retry_count: is deprecated (hint: write 'queue.max_retry_time')",
            "warning: plugins[0].config.queue_size: is deprecated (hint: write 'queue.max_batch_size')",
            "warning: plugins[0].config.flush_timeout: is deprecated (hint: write 'queue.max_coalescing_delay')",
        ],
    );
    // The defaults that exports of old versions have mean nothing.
    let queue =
        http_log("{http_endpoint: 'http://h', queue_size: 1, flush_timeout: 2, queue: {max_batch_size: 3}}")
            .queue;
    assert_eq!((queue.max_batch_size, queue.max_coalescing_delay), (3, Duration::from_secs(1)));
}

#[test]
fn what_cannot_be_sent_is_told_without_the_url() {
    for url in ["x", "ftp://CANARY", "http://CANARY:0/", "'http://u:CANARY@'", "'http://h/a b'"] {
        tells(
            "http-log",
            &format!("{{http_endpoint: {url}}}"),
            &["error: plugins[0].config.http_endpoint: is not a URL of http or https"],
        );
    }
    tells(
        "http-log",
        "{http_endpoint: 'http://h', headers: {Host: a, Content-Length: '1', content-type: x, 'a b': c, x-n: \"a\\nb\"}}",
        &[
            "error: plugins[0].config.headers.Host: cannot be set: the gateway does that itself",
            "error: plugins[0].config.headers.Content-Length: cannot be set: the gateway does that itself",
            "error: plugins[0].config.headers.content-type: cannot be set: the gateway does that itself",
            "error: plugins[0].config.headers.a b: is not a header name",
            "error: plugins[0].config.headers.x-n: has a control character",
        ],
    );
    tells(
        "http-log",
        "{http_endpoint: 'http://u:p@h', headers: {authorization: x}}",
        &["error: plugins[0].config.headers: specifying both an 'Authorization' header and user info in \
           'http_endpoint' is not allowed"],
    );
    tells(
        "http-log",
        "{http_endpoint: 'http://h', queue: {max_batch_size: 0, max_coalescing_delay: 3601, max_entries: 1000001, \
         initial_retry_delay: 0, concurrency_limit: 2}}",
        &[
            "error: plugins[0].config.queue.max_batch_size: must be between 1 and 1000000",
            "error: plugins[0].config.queue.max_coalescing_delay: must be between 0 and 3600",
            "error: plugins[0].config.queue.max_entries: must be between 1 and 1000000",
            "error: plugins[0].config.queue.initial_retry_delay: must be between 0.001 and 1000000",
            "error: plugins[0].config.queue.concurrency_limit: must be one of 1, -1",
        ],
    );
}

#[test]
fn every_text_can_be_a_reference() {
    let environment = |name: &str| match name {
        "URL" => Some("http://u:p@h/x".to_owned()),
        "TOKEN" => Some("t".to_owned()),
        "FILE" => Some("/var/log/y".to_owned()),
        _ => nothing(name),
    };
    let text = "_format_version: '3.0'\nplugins:\n- {name: file-log, config: {path: '{vault://env/file}'}}\n\
                - name: http-log\n  config: {http_endpoint: '{vault://env/url}', headers: {x: '{vault://env/token}'}}\n\
                - name: opentelemetry\n  config: {traces_endpoint: '{vault://env/url}', metrics: {endpoint: \
                '{vault://env/url}'}, headers: {x: '{vault://env/token}'}, resource_attributes: {a: '{vault://env/token}'}}\n";
    let loaded = super::load_with(text, &environment).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(loaded.warnings.is_empty());
    for plugin in &loaded.configuration.plugins {
        match &plugin.config {
            PluginConfig::FileLog(settings) => assert_eq!(&*settings.path, "/var/log/y"),
            PluginConfig::HttpLog(settings) => {
                assert_eq!(&*settings.collector.host, "h");
                assert_eq!(settings.headers[0].1.expose(), "t");
            }
            PluginConfig::OpenTelemetry(settings) => {
                assert_eq!(&*settings.traces.as_ref().unwrap().host, "h");
                assert_eq!(&*settings.metrics.as_ref().unwrap().collector.host, "h");
                assert_eq!(settings.headers[0].1.expose(), "t");
                assert_eq!(&*settings.resource_attributes[0].1, "t");
            }
            _ => panic!("another plugin"),
        }
    }
}

#[test]
fn prometheus() {
    let PluginConfig::Prometheus(settings) = only("prometheus", "{ai_metrics: true, wasm_metrics: true}")
    else {
        panic!("another plugin")
    };
    assert_eq!(*settings, config::Prometheus { ai_metrics: true, ..config::Prometheus::default() });
    let bare = loaded("_format_version: '3.0'\nplugins: [{name: prometheus}]\n");
    assert_eq!(bare.plugins.len(), 1);
}

#[test]
fn what_has_no_effect_yet_is_told() {
    let text = with("opentelemetry", "{traces_endpoint: 'http://c', logs_endpoint: 'http://c/v1/logs'}");
    let loaded = super::load(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(loaded.warnings.is_empty());
    let told: Vec<&str> = loaded.unserved.iter().map(|problem| &*problem.message).collect();
    assert_eq!(told, ["logs_endpoint of opentelemetry is not served yet"]);
    let loaded = super::load(&with("prometheus", "{upstream_health_metrics: true}"))
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(loaded.unserved.is_empty());
    let told: Vec<&str> = loaded.warnings.iter().map(|problem| &*problem.message).collect();
    assert_eq!(told, ["has no effect: the gateway has no upstreams whose health it watches"]);
}

#[test]
fn opentelemetry_has_the_defaults_of_kong() {
    let settings = opentelemetry("{traces_endpoint: 'http://c:4318/v1/traces'}");
    assert_eq!(settings.traces.as_ref().unwrap().target.expose(), "/v1/traces");
    assert!(settings.logs.is_none() && settings.access_logs.is_none() && settings.metrics.is_none());
    assert_eq!((settings.sampling_rate, settings.sampling), (None, SamplingStrategy::ParentDrop));
    assert_eq!(settings.connect_timeout, Duration::from_secs(1));
    assert_eq!(
        (settings.send_timeout, settings.read_timeout),
        (Duration::from_secs(5), Duration::from_secs(5))
    );
    assert_eq!((settings.queue.max_batch_size, settings.queue.max_entries), (200, 10_000));
    let propagation = &settings.propagation;
    assert_eq!(propagation.default_format, TraceFormat::W3c);
    assert_eq!((propagation.extract.len(), &*propagation.inject), (8, &[Injected::Preserve][..]));
}

#[test]
fn opentelemetry_has_the_fields_of_kong() {
    let settings = opentelemetry(
        "{traces_endpoint: 'http://c/t', logs_endpoint: 'http://c/l', access_logs: {endpoint: 'http://c/a'}, metrics: \
         {endpoint: 'https://c/m', push_interval: 1.5, enable_ai_metrics: true, enable_latency_metrics: true, \
         enable_consumer_attribute: true}, headers: {X-K: v}, resource_attributes: {service.name: gw, b: c}, propagation: \
         {extract: [w3c, b3], inject: [preserve, b3-single], clear: [X-Old], default_format: b3}, \
         http_response_header_for_traceid: X-Trace, sampling_rate: 0.25, sampling_strategy: parent_probability_fallback, \
         queue: {max_batch_size: 3}, connect_timeout: 0, send_timeout: 2, read_timeout: 3}",
    );
    let metrics = settings.metrics.as_ref().unwrap();
    assert_eq!(metrics.push_interval, Duration::from_millis(1500));
    assert!(metrics.ai && metrics.latency && metrics.consumer_attribute && metrics.collector.tls);
    assert!(!metrics.request && !metrics.bandwidth && !metrics.upstream_health);
    let names: Vec<&str> = settings.resource_attributes.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["service.name", "b"]);
    let propagation = &settings.propagation;
    assert_eq!(propagation.extract, [TraceFormat::W3c, TraceFormat::B3]);
    assert_eq!(propagation.inject, [Injected::Preserve, Injected::Format(TraceFormat::B3Single)]);
    assert_eq!((&*propagation.clear, propagation.default_format), (&["x-old".into()][..], TraceFormat::B3));
    assert_eq!(settings.trace_id_header.as_deref(), Some("X-Trace"));
    assert_eq!((settings.sampling_rate, settings.sampling), (Some(0.25), SamplingStrategy::Parent));
    assert_eq!((settings.connect_timeout, settings.queue.max_batch_size), (Duration::from_mins(1), 3));
}

#[test]
fn old_names_of_opentelemetry_count_with_a_warning() {
    let old = "{endpoint: 'http://c/old', header_type: b3, batch_span_count: 50, batch_flush_delay: 9}";
    let settings = opentelemetry(old);
    assert_eq!(settings.traces.as_ref().unwrap().target.expose(), "/old");
    assert_eq!(settings.queue.max_batch_size, 50);
    assert_eq!(settings.queue.max_coalescing_delay, Duration::from_secs(9));
    assert_eq!(settings.propagation.inject, [Injected::Preserve, Injected::Format(TraceFormat::B3)]);
    assert_eq!(told(&with("opentelemetry", old)).len(), 4);
    let ignoring = opentelemetry("{endpoint: 'http://c', header_type: ignore}").propagation;
    assert_eq!((ignoring.extract.len(), &*ignoring.inject), (0, &[Injected::Format(TraceFormat::W3c)][..]));
}

#[test]
fn opentelemetry_that_is_wrong() {
    tells(
        "opentelemetry",
        "{}",
        &[
            "error: plugins[0].config.traces_endpoint: at least one of these fields must be set: 'traces_endpoint', \
           'logs_endpoint', 'metrics.endpoint', 'access_logs.endpoint'",
        ],
    );
    tells(
        "opentelemetry",
        "{traces_endpoint: 'http://a', sampling_rate: 2, propagation: {extract: [b3-single], clear: ['a b']}, \
         http_response_header_for_traceid: 'a b', resource_attributes: {a: ''}}",
        &[
            "error: plugins[0].config.sampling_rate: must be between 0 and 1",
            "error: plugins[0].config.propagation.extract[0]: 'b3-single' is not one of aws, b3, datadog, gcp, instana, \
             jaeger, ot, w3c",
            "error: plugins[0].config.propagation.clear[0]: is not a header name",
            "error: plugins[0].config.http_response_header_for_traceid: is not a header name",
            "error: plugins[0].config.resource_attributes.a: must not be empty",
        ],
    );
    let both = told(&with("opentelemetry", "{traces_endpoint: 'http://a', endpoint: 'http://b'}"));
    assert!(
        both.iter().any(|line| line.contains("endpoint: is another URL than 'traces_endpoint'")),
        "{both:?}"
    );
    assert!(matches!(
        only("opentelemetry", "{metrics: {endpoint: 'http://a'}}"),
        PluginConfig::OpenTelemetry(_)
    ));
}

#[test]
fn they_can_be_for_a_consumer() {
    let text = "_format_version: '3.0'\nconsumers:\n- username: u\n  plugins:\n  - {name: file-log, config: {path: /x/y}}\n  \
                - {name: http-log, config: {http_endpoint: 'http://a'}}\n  - {name: prometheus}\n  - {name: opentelemetry, \
                config: {traces_endpoint: 'http://a'}}\n";
    assert_eq!(loaded(text).plugins.len(), 4);
}

#[test]
fn a_collector_can_speak_grpc() {
    let settings = opentelemetry("{traces_endpoint: 'grpc://c', metrics: {endpoint: 'GRPCS://c:443'}}");
    let traces = settings.traces.as_ref().unwrap();
    assert_eq!((traces.grpc, traces.tls, traces.port, &*traces.authority), (true, false, 4317, "c:4317"));
    let metrics = &settings.metrics.as_ref().unwrap().collector;
    assert_eq!((metrics.grpc, metrics.tls, metrics.port, &*metrics.authority), (true, true, 443, "c:443"));
    assert!(!opentelemetry("{traces_endpoint: 'http://c:4318/v1/traces'}").traces.as_ref().unwrap().grpc);
    tells(
        "opentelemetry",
        "{traces_endpoint: 'grpc://c/v1/traces', metrics: {endpoint: 'grpc://'}, access_logs: {endpoint: 'http://c:4317'}}",
        &[
            "error: plugins[0].config.traces_endpoint: has a path, which calls of gRPC have themselves",
            "error: plugins[0].config.metrics.endpoint: is not a URL of http, https, grpc or grpcs",
            "warning: plugins[0].config.access_logs.endpoint: is the port at which collectors mostly speak gRPC: write \
             grpc:// or grpcs:// for that",
        ],
    );
    let logs = told(&with("http-log", "{http_endpoint: 'grpc://c'}"));
    assert!(logs.iter().any(|line| line.contains("is not a URL of http or https")), "{logs:?}");
}
