//! Collectors that hang, are away or refuse: requests go on, memory is bounded, losses are counted and shown.

use std::time::Duration;

use serde_json::json;
use testkit::{Certificates, GrpcCollector, LogServer, Reception, TlsFront, metrics, spans, wait_for};

use crate::sinks::{id, keep_flowing, metric, sink};
use crate::world::{World, chat, one_route};

const SINK: &str = "opentelemetry:o:traces";

fn start(config: &str) -> World {
    World::start(&format!(
        "{}plugins:\n- {{name: opentelemetry, instance_name: o, config: {config}}}\n",
        one_route("m")
    ))
}

#[test]
fn a_collector_that_never_answers() {
    for scheme in ["http", "grpc"] {
        let server = LogServer::start();
        server.behave(Reception::Silence);
        let url = format!("{scheme}://{}", server.addr);
        let mut world = start(&format!(
            "{{traces_endpoint: \"{url}\", connect_timeout: 200, send_timeout: 200, read_timeout: 200, \
             queue: {{max_entries: 10, max_batch_size: 4, max_retry_time: 1, max_coalescing_delay: 0.01}}}}"
        ));
        keep_flowing(&world, 20);
        let state = wait_for("losses", || {
            let state = sink(&world, SINK);
            (state["lost"].as_u64().unwrap() >= 80 - 14).then_some(state)
        });
        assert!(state["waiting"].as_u64().unwrap() <= 14, "ten, and a batch under way: {state}");
        wait_for("the failure", || (sink(&world, SINK)["failing"] == true).then_some(()));
        assert!(
            metric(&world, &format!("ai_proxy_sink_drops_total{{sink=\"{SINK}\",reason=\"full\"}}")) >= 60
        );
        wait_for("a batch that is given up", || {
            (metric(&world, &format!("ai_proxy_sink_drops_total{{sink=\"{SINK}\",reason=\"failed\"}}")) > 0)
                .then_some(())
        });
        world.gateway.signal("TERM");
        std::thread::sleep(Duration::from_millis(200));
        world.gateway.signal("TERM");
        assert!(world.gateway.wait(Duration::from_secs(5)).success());
    }
}

#[test]
fn a_collector_that_is_away_and_comes_back() {
    let address = LogServer::start().addr;
    let world = start(&format!(
        "{{traces_endpoint: \"http://{address}/v1/traces\", metrics: {{endpoint: \"http://{address}/v1/metrics\", \
         push_interval: 0.1, enable_request_metrics: true}}, queue: {{max_retry_delay: 0.1, max_coalescing_delay: 0.01}}}}"
    ));
    keep_flowing(&world, 5);
    wait_for("what waits", || (sink(&world, SINK)["waiting"] == 20).then_some(()));
    wait_for("the failure", || (sink(&world, "opentelemetry:o:metrics")["failing"] == true).then_some(()));
    let server = LogServer::start_at(address);
    wait_for("all spans", || (spans(&server.deliveries_to("/v1/traces")).len() == 20).then_some(()));
    wait_for("the success", || (sink(&world, SINK)["written"] == 20).then_some(()));
    assert_eq!(sink(&world, SINK)["lost"], 0);
    // Pushes that were lost have taken nothing away.
    let count = wait_for("metrics", || {
        let last = server.deliveries_to("/v1/metrics").pop()?;
        metrics(&last).into_iter().find(|point| point.name == "http.server.request.count")
    });
    assert!((count.sum - 5.0).abs() < 0.1, "{count:?}");
}

#[test]
fn a_collector_that_refuses() {
    let server = LogServer::start();
    let world = start(&format!(
        "{{traces_endpoint: \"{}\", queue: {{max_retry_delay: 0.05, max_coalescing_delay: 0.01}}}}",
        server.url("/v1/traces")
    ));
    // For good: nothing is tried again.
    server.behave(Reception::Status(500));
    keep_flowing(&world, 2);
    let state = wait_for("losses", || {
        let state = sink(&world, SINK);
        (state["lost"] == 8).then_some(state)
    });
    assert_eq!((&state["last_error"], &state["waiting"]), (&"answered 500".into(), &0.into()));
    assert_eq!(metric(&world, &format!("ai_proxy_sink_retries_total{{sink=\"{SINK}\"}}")), 0);
    // For now: everything comes in the end.
    server.behave(Reception::Status(503));
    keep_flowing(&world, 2);
    wait_for("retries", || {
        (metric(&world, &format!("ai_proxy_sink_retries_total{{sink=\"{SINK}\"}}")) >= 2).then_some(())
    });
    server.behave(Reception::Status(200));
    wait_for("the success", || (sink(&world, SINK)["written"] == 8).then_some(()));
    assert_eq!(sink(&world, SINK)["lost"], 8);
}

#[test]
fn a_reload_keeps_what_it_does_not_change() {
    let server = LogServer::start();
    let text = |more: &str| {
        format!(
            "{}plugins:\n- {{name: opentelemetry, instance_name: o, config: {{metrics: {{endpoint: \"{}\", push_interval: \
             3600, enable_request_metrics: true}}{more}}}}}\n",
            one_route("m"),
            server.url("/v1/metrics")
        )
    };
    let world = World::start(&text(""));
    keep_flowing(&world, 2);
    world.gateway.rewrite_config(&format!("{}# another\n", text("")), world.upstream.addr);
    world.gateway.signal("HUP");
    world.gateway.wait_for_output("configuration");
    keep_flowing(&world, 1);
    // Other settings are another exporter; the one before tells what it has counted.
    world.gateway.rewrite_config(&text(", resource_attributes: {a: b}"), world.upstream.addr);
    world.gateway.signal("HUP");
    let pushed = wait_for("the last push", || {
        let delivery = server.deliveries_to("/v1/metrics").pop()?;
        metrics(&delivery).into_iter().find(|point| point.name == "http.server.request.count")
    });
    assert!((pushed.sum - 3.0).abs() < 0.1, "{pushed:?}");
}

/// By the certificates that upstreams are verified with, and over HTTP/2, which is agreed on in the handshake.
#[test]
fn the_certificate_of_a_collector_of_grpc_is_verified() {
    let certificates = Certificates::generate();
    let collector = GrpcCollector::start();
    let front = TlsFront::start_for(&certificates, collector.addr, &[b"h2"]);
    let config = format!(
        "{}plugins:\n- {{name: opentelemetry, instance_name: o, config: {{traces_endpoint: \"grpcs://localhost:{}\", \
         headers: {{X-Token: t}}, queue: {{max_retry_time: -1, max_coalescing_delay: 0.05}}}}}}\n",
        one_route("m"),
        front.addr.port()
    );
    let trusting = |authority: &Certificates| {
        World::start_with(&config, |builder| {
            builder.file("ca.pem", &authority.certificate_pem).arg("--upstream-ca").arg("@DIR@/ca.pem")
        })
    };
    for world in [World::start(&config), trusting(&Certificates::generate())] {
        world.send(&chat("/chat", "x", "")).expect(200);
        let state = wait_for("the failure", || {
            let state = sink(&world, SINK);
            (state["lost"].as_u64() > Some(0)).then_some(state)
        });
        assert!(state["last_error"].as_str().unwrap().contains("TLS handshake"), "{state}");
        assert!(collector.deliveries().is_empty());
    }
    let by_environment = World::start_with(&config, |builder| {
        builder.file("ca.pem", &certificates.certificate_pem).env("SSL_CERT_FILE", "@DIR@/ca.pem")
    });
    for world in [trusting(&certificates), by_environment] {
        let request_id = id(&world.send(&chat("/chat", "x", "")).expect(200));
        wait_for("the spans of the request", || {
            let spans = spans(&collector.deliveries());
            spans
                .iter()
                .any(|span| span.attributes.get("kong.request.id") == Some(&json!(request_id)))
                .then_some(())
        });
        wait_for("the success", || (sink(&world, SINK)["written"].as_u64() >= Some(4)).then_some(()));
        assert_eq!(sink(&world, SINK)["lost"], 0);
    }
    let delivery = &collector.deliveries()[0];
    assert_eq!(delivery.target, "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    assert_eq!(delivery.header("content-type"), Some("application/grpc"));
    assert_eq!((delivery.header("te"), delivery.header("x-token")), (Some("trailers"), Some("t")));
}
