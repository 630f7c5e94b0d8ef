//! The commands: what they say, to whom, and with which exit status; and the process around the gateway.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use testkit::{Call, Finished, Gateway, Ready, Upstream, run, wait_for};

use crate::world::{World, body, builder, chat, content, one_route};

pub const BINARY: &str = env!("CARGO_BIN_EXE_ai-proxy");

/// Runs a command; `@FILE@` in its arguments stands for a file of this text.
pub fn run_with_file(text: &str, args: &[&str], env: &[(&str, &str)], input: &[u8]) -> Finished {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("gateway.yaml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let args: Vec<String> = args.iter().map(|arg| arg.replace("@FILE@", file)).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut finished = run(BINARY, &args, env, input);
    finished.err = finished.err.replace(file, "gateway.yaml");
    finished.out = finished.out.replace(file, "gateway.yaml");
    finished
}

const SIMULATED: &str = r#"_format_version: "3.0"
routes:
  - name: chat
    paths: [/chat]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          extensions: {simulate: true}
          model: {provider: openai, name: echo}
"#;

#[test]
fn check_tells_every_problem_at_once() {
    let text = r#"_format_version: "3.0"
services:
  - name: a
    url: http://x
    routs: []
    routes:
      - name: r
        paths: [v1/chat]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chatt
              auth: {header_name: Authorization, header_value: "Bearer CANARY"}
              model: {provider: opanai, name: 3, options: {max_tokens: "many", temperature: 77}}
          - name: rate-limiting
plugins:
  - name: key-auth
    route: nowhere
"#;
    let finished = run_with_file(text, &["check", "@FILE@"], &[], b"");
    assert_eq!((finished.status, &*finished.out), (1, ""));
    let config = "services[0].routes[0].plugins[0].config";
    let expected = [
        "gateway.yaml:5:5: error: services[0].routs: unknown field 'routs' (hint: did you mean 'routes'?)".to_owned(),
        "gateway.yaml:8:17: error: services[0].routes[0].paths[0]: ".to_owned(),
        format!("gateway.yaml:12:27: error: {config}.route_type: 'llm/v1/chatt' is not one of "),
        format!("gateway.yaml:14:33: error: {config}.model.provider: 'opanai' is not one of "),
        format!("gateway.yaml:14:47: error: {config}.model.name: must be text"),
        format!("gateway.yaml:14:72: error: {config}.model.options.max_tokens: must be an integer"),
        format!("gateway.yaml:14:93: error: {config}.model.options.temperature: must be between"),
        "gateway.yaml:15:19: error: services[0].routes[0].plugins[1].name: plugin 'rate-limiting' is not supported"
            .to_owned(),
        "gateway.yaml:18:12: error: plugins[0].route: there is no route 'nowhere'".to_owned(),
    ];
    let lines: Vec<&str> = finished.err.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{}", finished.err);
    for (line, start) in lines.iter().zip(&expected) {
        assert!(line.starts_with(start.as_str()), "{line}\n{start}");
    }
    assert!(!finished.err.contains("CANARY"));
}

#[test]
fn what_stands_once_is_told_once() {
    let printed = run(BINARY, &["quickstart", "--print"], &[("OPENAI_API_KEY", "CANARY")], b"").out;
    let finished = run_with_file(&printed, &["check", "@FILE@"], &[], b"");
    assert_eq!(finished.err.matches("OPENAI_API_KEY is not set").count(), 1, "{}", finished.err);
    assert_eq!(finished.status, 1);
}

#[test]
fn check_reads_files_and_standard_input() {
    let good = run_with_file(SIMULATED, &["check", "@FILE@"], &[], b"");
    assert_eq!((good.status, &*good.out, &*good.err), (0, "gateway.yaml: valid\n", ""));
    let good = run(BINARY, &["check", "-"], &[], SIMULATED.as_bytes());
    assert_eq!((good.status, &*good.out), (0, "<stdin>: valid\n"));
    for (text, told) in [
        (&b""[..], "<stdin>:1:1: error: the file is empty"),
        (b"services: [", "<stdin>:1:11: error: not valid YAML"),
        (b"\xff\xfe", "<stdin> is not UTF-8"),
    ] {
        let bad = run(BINARY, &["check", "-"], &[], text);
        assert!(bad.err.contains(told), "{}", bad.err);
        assert_eq!((bad.status, &*bad.out), (1, ""));
    }
    let missing = run(BINARY, &["check", "/nonexistent/gateway.yaml"], &[], b"");
    assert!(missing.err.starts_with("ai-proxy: cannot read /nonexistent/gateway.yaml: "), "{}", missing.err);
    assert_eq!(missing.status, 1);
    let unserved = one_route("m").replace("@UPSTREAM@", "127.0.0.1:1").replace("llm/v1/chat", "llm/v1/files");
    let unserved = run_with_file(&unserved, &["check", "@FILE@"], &[], b"");
    assert!(unserved.out.contains("valid, but not all of it is served yet"), "{unserved:?}");
    assert_eq!(unserved.status, 0);
}

/// `serve` would refuse it too, but only after a deployment.
#[test]
fn check_refuses_what_is_no_key() {
    let config = |key: &str| {
        let auth = format!("{{gcp_use_service_account: true, gcp_service_account_json: '{key}'}}");
        one_route("m")
            .replace("{header_name: Authorization, header_value: Bearer sk-sim-main}", &auth)
            .replace("provider: openai", "provider: gemini")
            .replace("@UPSTREAM@", "127.0.0.1:1")
    };
    let bad = config(r#"{"type":"service_account","client_email":"CANARY","private_key":"CANARY"}"#);
    for command in [&["check", "@FILE@"][..], &["serve", "--config", "@FILE@"]] {
        let told = run_with_file(&bad, command, &[], b"");
        assert_eq!(told.status, 1, "{}", told.err);
        let problem = "gateway.yaml:9:";
        assert!(
            told.err.contains(problem) && told.err.contains("gcp_service_account_json: is not valid"),
            "{}",
            told.err
        );
        assert!(
            told.err.contains("'private_key' is not an RSA key in PEM (hint: it is the whole text"),
            "{}",
            told.err
        );
        assert!(!told.err.contains("CANARY"), "{}", told.err);
    }
    let good = config(&testkit::service_account("https://oauth2.googleapis.com/token"));
    assert_eq!(run_with_file(&good, &["check", "@FILE@"], &[], b"").status, 0);
}

#[test]
fn the_schema_is_json() {
    let finished = run(BINARY, &["schema"], &[], b"");
    let schema: serde_json::Value = serde_json::from_str(&finished.out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(finished.status, 0);
}

#[test]
fn what_cannot_start_says_why() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let anywhere = ["--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let cases: &[(&[&str], &str)] = &[
        (&["--proxy-listen", &taken], &format!("--proxy-listen {taken}: Address already in use")),
        (
            &["--proxy-listen", "127.0.0.1:0", "--admin-listen", &taken],
            &format!("--admin-listen {taken}: Address already in use"),
        ),
        (&["--proxy-listen", "localhost"], "expected ADDRESS:PORT or off"),
        (&["--proxy-listen", "off"], "there is no address to listen on for callers"),
        (&["--tls-cert", "x", "--tls-key", "y"], "--proxy-tls-listen"),
        (&["--proxy-tls-listen", "127.0.0.1:0"], "--tls-cert"),
        (
            &[
                &anywhere[..],
                &["--proxy-tls-listen", "127.0.0.1:0", "--tls-cert", "/no/x", "--tls-key", "/no/x"],
            ]
            .concat(),
            "cannot read the certificate chain in /no/x",
        ),
        (&[&anywhere[..], &["--upstream-ca", "/no/ca"]].concat(), "--upstream-ca /no/ca"),
        (&[&anywhere[..], &["--upstream-ca", "@FILE@"]].concat(), "there is no PEM certificate in it"),
        (&[&anywhere[..], &["--record-log", "/no/records"]].concat(), "--record-log /no/records"),
    ];
    for (args, told) in cases {
        let args = [&["serve", "--config", "@FILE@"][..], args].concat();
        let finished = run_with_file(SIMULATED, &args, &[], b"");
        assert!(finished.err.contains(told), "{args:?}: {}", finished.err);
        assert!(
            !finished.err.contains("panicked") && !finished.err.contains("ai-proxy ready"),
            "{}",
            finished.err
        );
        assert_ne!(finished.status, 0);
    }
}

fn post_config(gateway: &Gateway, text: &str) -> testkit::Answer {
    Call::post("/config").header("content-type", "application/yaml").body(text).send(gateway.admin)
}

#[test]
fn a_reload_may_bring_the_first_simulated_target() {
    for workers in ["1", "2"] {
        let upstream = Upstream::start();
        let plain = || builder().config(&one_route("m"), upstream.addr).arg("--workers").arg(workers);
        let posted = plain().start();
        assert_eq!(post_config(&posted, SIMULATED).status, 201);
        let hung_up = plain().start();
        hung_up.rewrite_config(SIMULATED, upstream.addr);
        hung_up.signal("HUP");
        hung_up.wait_for_output("the configuration was loaded again");
        for gateway in [posted, hung_up] {
            for _ in 0..2 {
                let answer = Call::post("/chat").json(body("hi", "")).send(gateway.proxy).expect(200);
                assert_eq!(content(&answer), "echo: hi");
                assert_eq!(post_config(&gateway, SIMULATED).status, 201);
            }
        }
    }
}

#[test]
fn what_is_posted_is_judged() {
    let world = World::start(&one_route("first"));
    let admin = world.gateway.admin;
    let large = "#".repeat((16 << 20) + 1);
    let refused = post_config(&world.gateway, &large).expect(413);
    assert!(refused.json()["message"].as_str().unwrap().contains("16 MiB"), "{}", refused.text());
    let call = Call::post("/config").header("content-type", "application/yaml").body(b"\xff\xfe");
    assert_eq!(call.send(admin).expect(400).json()["message"], "the configuration is not UTF-8");
    let refused = Call::get("/config").send(admin).expect(405);
    assert!(refused.json()["message"].as_str().unwrap().contains("POST"), "{}", refused.text());
    let refused = post_config(&world.gateway, "services: [").expect(400).json();
    assert!(refused["problems"][0].as_str().unwrap().starts_with("<request>:1:"), "{refused}");
    world.send(&chat("/chat", "judged", "")).expect(200);
}

#[test]
fn a_mounted_folder_that_is_swapped_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let upstream = Upstream::start();
    let write = |version: &str, model: &str| {
        let folder = dir.path().join(version);
        std::fs::create_dir(&folder).unwrap();
        let text = one_route(model).replace("@UPSTREAM@", &upstream.addr.to_string());
        std::fs::write(folder.join("kong.yaml"), text).unwrap();
        // As Kubernetes does it: a link to the folder is replaced by renaming another over it.
        let link = dir.path().join("..data_tmp");
        std::os::unix::fs::symlink(version, &link).unwrap();
        std::fs::rename(&link, dir.path().join("..data")).unwrap();
    };
    write("..1", "first");
    let file = dir.path().join("kong.yaml");
    std::os::unix::fs::symlink("..data/kong.yaml", &file).unwrap();
    let file = file.to_str().unwrap();
    let (child, ready) = start(&["serve", "--config", file, "--watch", "--record-log", "off"], Stdio::null());
    let model = || {
        let answer = Call::post("/chat").json(body("x", "")).send(ready.proxy).expect(200);
        answer.header("x-kong-llm-model").unwrap().to_owned()
    };
    assert_eq!(model(), "openai/first");
    for (version, name) in [("..2", "second"), ("..3", "third")] {
        write(version, name);
        wait_for("the swapped configuration", || (model() == format!("openai/{name}")).then_some(()));
    }
    end(child);
}

/// Starts a gateway whose standard output goes elsewhere; its standard error is read to its end.
fn start(args: &[&str], out: Stdio) -> (Child, Ready) {
    let mut command = Command::new(BINARY);
    command.args(args).args(["--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let mut child =
        command.env_clear().stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let ready = lines.by_ref().find_map(|line| Ready::parse(&line.unwrap())).expect("a ready line");
    std::thread::spawn(move || lines.for_each(drop));
    (child, ready)
}

/// Tells a process to end; panics where it does not, or not well.
fn end(mut child: Child) {
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let status = wait_for("the end of the process", || child.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

#[test]
fn records_that_nobody_reads_hold_up_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("kong.yaml");
    std::fs::write(&file, SIMULATED).unwrap();
    let args = ["serve", "--config", file.to_str().unwrap()];
    let (mut child, ready) = start(&args, Stdio::piped());
    // More than a pipe takes, and nobody reads it.
    let path = format!("/nowhere?{}", "x".repeat(4000));
    for _ in 0..40 {
        Call::get(&path).send(ready.proxy).expect(404);
    }
    drop(child.stdout.take());
    for _ in 0..40 {
        Call::get(&path).send(ready.proxy).expect(404);
    }
    Call::post("/chat").json(body("hi", "")).send(ready.proxy).expect(200);
    wait_for("the lost records in the metrics", || {
        let metrics = Call::get("/metrics").send(ready.admin?).text();
        let failed = r#"ai_proxy_record_drops_total{reason="failed"} "#;
        let lost = metrics.lines().any(|line| line.strip_prefix(failed).is_some_and(|count| count != "0"));
        lost.then_some(())
    });
    end(child);
}

#[test]
fn a_file_of_records_can_be_rotated() {
    let world = World::start(&one_route("m"));
    let (now, before) = (world.gateway.dir().join("records.jsonl"), world.gateway.dir().join("records.1"));
    let first = world.send(&chat("/chat", "one", "")).expect(200);
    world.record(&first);
    std::fs::rename(&now, &before).unwrap();
    world.gateway.signal("HUP");
    wait_for("the new file", || now.exists().then_some(()));
    let second = world.send(&chat("/chat", "two", "")).expect(200);
    world.record(&second);
    assert_eq!(world.gateway.records().len(), 1);
    assert_eq!(std::fs::read_to_string(&before).unwrap().lines().count(), 1);
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut world = World::start(&one_route("m"));
    let call =
        Call::post("/chat").header("x-sim-fault", "stall_mid").json(body("words:9", r#","stream":true"#));
    let mut live = world.open(&call);
    live.read_until(|text| text.contains("w2")).unwrap();
    world.gateway.signal("INT");
    world.gateway.wait_for_output("running requests may finish");
    assert!(world.gateway.is_running());
    world.gateway.signal("INT");
    let status = world.gateway.wait(Duration::from_secs(4));
    assert!(status.success(), "{status}");
    assert_eq!(world.gateway.records().len(), 1);
}

#[test]
fn instances_run_side_by_side_and_on_ipv6() {
    let upstream = Upstream::start();
    let six = builder()
        .config(&one_route("six"), upstream.addr)
        .arg("--proxy-listen")
        .arg("[::1]:0")
        .arg("--admin-listen")
        .arg("[::1]:0")
        .start();
    let four = builder().config(&one_route("four"), upstream.addr).start();
    for (gateway, model) in [(&six, "openai/six"), (&four, "openai/four")] {
        let answer = Call::post("/chat").json(body("x", "")).send(gateway.proxy).expect(200);
        assert_eq!(answer.header("x-kong-llm-model"), Some(model));
        Call::get("/status").send(gateway.admin).expect(200);
    }
    assert!(six.proxy.is_ipv6());
}

#[test]
fn the_simulator_ends_when_told() {
    let mut command = Command::new(BINARY);
    command.args(["simulate", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address =
        line.trim_end().strip_prefix("ai-proxy simulate listening=http://").unwrap().parse().unwrap();
    let call = Call::post("/v1/chat/completions")
        .header("authorization", "Bearer sk-sim")
        .json(body("hi", r#","model":"gpt-4o""#));
    assert_eq!(content(&call.send(address).expect(200)), "echo: hi");
    end(child);
}
