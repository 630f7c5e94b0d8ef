//! Files and log servers that fail: requests go on, memory is bounded, losses are counted and shown.

use std::time::Duration;

use testkit::{LogServer, Reception, wait_for};

use crate::sinks::{id, keep_flowing, logged, metric, sink, sink_named, wait_for_ids};
use crate::world::{World, chat, one_route};

fn with_plugin(plugin: &str) -> World {
    World::start(&format!("{}plugins:\n- {plugin}\n", one_route("m")))
}

#[test]
fn a_file_that_cannot_be_opened() {
    let logs = tempfile::tempdir().unwrap();
    let path = logs.path().join("later/log");
    let world = with_plugin(&format!(
        "{{name: file-log, instance_name: mine, config: {{path: \"{}\"}}}}",
        path.display()
    ));
    // That is told before anything is lost.
    wait_for("the failure", || (sink(&world, "file-log:mine")["failing"] == true).then_some(()));
    keep_flowing(&world, 5);
    let state = wait_for("five losses", || {
        let state = sink(&world, "file-log:mine");
        (state["lost"] == 5).then_some(state)
    });
    assert_eq!(
        (&state["failing"], &state["written"], &state["waiting"]),
        (&true.into(), &0.into(), &0.into())
    );
    assert!(state["last_error"].as_str().unwrap().contains("No such file"), "{state}");
    assert_eq!(metric(&world, "ai_proxy_sink_drops_total{sink=\"file-log:mine\",reason=\"failed\"}"), 5);
    world.gateway.wait_for_output("records cannot be written");
    // As soon as it can be opened, it is.
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let id = id(&world.send(&chat("/chat", "x", "")));
    wait_for_ids(&path, &[id]);
    wait_for("the success", || (sink(&world, "file-log:mine")["failing"] == false).then_some(()));
    world.gateway.wait_for_output("records are written again");
}

#[test]
fn a_full_disk() {
    let world = with_plugin("{name: file-log, instance_name: full, config: {path: /dev/full}}");
    keep_flowing(&world, 5);
    let state = wait_for("five losses", || {
        let state = sink(&world, "file-log:full");
        (state["lost"] == 5).then_some(state)
    });
    assert!(state["last_error"].as_str().unwrap().contains("No space left"), "{state}");
    assert_eq!(metric(&world, "ai_proxy_sink_records_total{sink=\"file-log:full\"}"), 0);
    assert!(metric(&world, "ai_proxy_sink_failures_total{sink=\"file-log:full\"}") >= 1);
}

#[test]
fn a_log_server_that_never_answers() {
    let server = LogServer::start();
    server.behave(Reception::Silence);
    let mut world = with_plugin(&format!(
        "{{name: http-log, instance_name: slow, config: {{http_endpoint: \"{}\", timeout: 300, queue: {{max_entries: 3, \
         max_retry_time: 1}}}}}}",
        server.url("/")
    ));
    keep_flowing(&world, 20);
    let state = wait_for("losses", || {
        let state = sink(&world, "http-log:slow");
        (state["lost"].as_u64().unwrap() >= 16).then_some(state)
    });
    assert!(state["waiting"].as_u64().unwrap() <= 4, "three, and one under way: {state}");
    wait_for("the timeout", || {
        let state = sink(&world, "http-log:slow");
        (state["last_error"] == "the upstream did not answer within the read timeout").then_some(())
    });
    assert!(metric(&world, "ai_proxy_sink_drops_total{sink=\"http-log:slow\",reason=\"full\"}") >= 16);
    wait_for("a batch that is given up", || {
        (metric(&world, "ai_proxy_sink_drops_total{sink=\"http-log:slow\",reason=\"failed\"}") > 0)
            .then_some(())
    });
    // Nor does it hold up the end of the process for longer than is allowed.
    keep_flowing(&world, 3);
    world.gateway.signal("TERM");
    std::thread::sleep(Duration::from_millis(200));
    world.gateway.signal("TERM");
    assert!(world.gateway.wait(Duration::from_secs(5)).success());
}

#[test]
fn a_log_server_that_is_down_and_comes_back() {
    let address = {
        let server = LogServer::start();
        server.addr
    };
    let world = with_plugin(&format!(
        "{{name: http-log, instance_name: down, config: {{http_endpoint: \"http://{address}/\", \
        queue: {{max_retry_delay: 0.1}}}}}}"
    ));
    let ids: Vec<String> = (0..5).map(|_| id(&world.send(&chat("/chat", "x", "")))).collect();
    wait_for("the failure", || (sink(&world, "http-log:down")["failing"] == true).then_some(()));
    wait_for("what waits", || (sink(&world, "http-log:down")["waiting"] == 5).then_some(()));
    let server = LogServer::start_at(address);
    let taken = server.wait_for_taken(5);
    let found: Vec<&str> = taken.iter().map(|record| record["request"]["id"].as_str().unwrap()).collect();
    assert_eq!(found, ids);
    let state = wait_for("the success", || {
        let state = sink(&world, "http-log:down");
        (state["written"] == 5).then_some(state)
    });
    assert_eq!((&state["lost"], &state["failing"]), (&0.into(), &false.into()));
    assert!(metric(&world, "ai_proxy_sink_retries_total{sink=\"http-log:down\"}") >= 1);
}

#[test]
fn a_log_server_that_refuses_and_recovers() {
    for reception in
        [Reception::Status(500), Reception::Status(404), Reception::Status(302), Reception::HangingUp]
    {
        let server = LogServer::start();
        server.behave(reception);
        let world = with_plugin(&format!(
            "{{name: http-log, config: {{http_endpoint: \"{}\", queue: {{max_retry_delay: 0.05, max_batch_size: 2, \
             max_coalescing_delay: 0.1}}}}}}",
            server.url("/")
        ));
        keep_flowing(&world, 4);
        wait_for("a few attempts", || (server.deliveries().len() >= 3).then_some(()));
        assert_eq!(sink_named(&world, "http-log:")["written"], 0);
        server.behave(Reception::Status(204));
        server.wait_for_taken(4);
        let state = wait_for("the success", || {
            let state = sink_named(&world, "http-log:");
            (state["written"] == 4).then_some(state)
        });
        assert_eq!(state["lost"], 0, "{reception:?}: {state}");
        if let Reception::Status(status) = reception {
            assert_eq!(state["last_error"], format!("answered {status}"));
        }
    }
}

#[test]
fn a_slow_reader_of_a_pipe_costs_records_and_not_requests() {
    let logs = tempfile::tempdir().unwrap();
    let pipe = logs.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut world = with_plugin(&format!(
        "{{name: file-log, instance_name: pipe, config: {{path: \"{}\"}}}}",
        pipe.display()
    ));
    // Nobody reads, so that even opening it waits.
    keep_flowing(&world, 5);
    wait_for("what waits", || (sink(&world, "file-log:pipe")["waiting"] == 5).then_some(()));
    wait_for("the process's own log, which is not held up", || {
        (world.gateway.records().len() == 5).then_some(())
    });
    let text = std::thread::spawn(move || std::fs::read_to_string(&pipe).unwrap());
    wait_for("the records", || (sink(&world, "file-log:pipe")["written"] == 5).then_some(()));
    world.gateway.signal("TERM");
    assert!(world.gateway.wait(Duration::from_secs(5)).success());
    let copy = logs.path().join("copy");
    std::fs::write(&copy, text.join().unwrap()).unwrap();
    assert_eq!(logged(&copy).len(), 5);
}
