//! The gateway without configuration, and the file that it can print of itself.

use testkit::{Answer, Call, Gateway, wait_for};

use crate::commands::{BINARY, run_with_file};
use crate::world::{body, builder, content};

const KEYS: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "sk-CANARY-openai"),
    ("MISTRAL_API_KEY", "CANARY-mistral"),
    ("ANTHROPIC_API_KEY", "CANARY-anthropic"),
    ("AWS_ACCESS_KEY_ID", "CANARY-aws"),
];

fn with_keys(builder: testkit::GatewayBuilder, keys: &[(&str, &str)]) -> Gateway {
    keys.iter().fold(builder, |builder, (name, value)| builder.env(name, value)).start()
}

/// The quickstart, the file that it prints, and a gateway that serves that file.
fn both(keys: &[(&str, &str)]) -> (Gateway, String, Gateway) {
    let quickstart = with_keys(builder().quickstart(), keys);
    let printed = run_with_file("", &["quickstart", "--print"], keys, b"");
    assert_eq!((printed.status, &*printed.err), (0, ""));
    let served = with_keys(builder().config(&printed.out, quickstart.proxy), keys);
    (quickstart, printed.out, served)
}

/// Calls that stay on this machine.
fn ask(gateway: &Gateway) -> Vec<Answer> {
    let chat = |body: String| Call::post("/v1/chat/completions").json(body).send(gateway.proxy);
    vec![
        Call::get("/v1/models").send(gateway.proxy),
        Call::get("/v1/models/openai/gpt-4o-mini").send(gateway.proxy),
        Call::get("/v1/models/nobody/nothing").send(gateway.proxy),
        chat(body("hi", "")),
        chat(body("hi", r#","model":"nobody/nothing""#)),
        chat("{".to_owned()),
        Call::post("/v1/models").json("{}").send(gateway.proxy),
    ]
}

#[test]
fn what_is_printed_serves_the_same() {
    let (quickstart, printed, served) = both(KEYS);
    for (one, other) in ask(&quickstart).iter().zip(ask(&served)) {
        assert_eq!(one.status, other.status, "{}", other.text());
        let without_id = |answer: &Answer| {
            let mut value = answer.json();
            value.as_object_mut().map(|members| members.remove("request_id"));
            value
        };
        assert_eq!(without_id(one), without_id(&other));
    }
    let configuration = |gateway: &Gateway| {
        let mut status = Call::get("/status").send(gateway.admin).expect(200).json();
        status["configuration"]["loaded_at"].take();
        status["configuration"].take()
    };
    assert_eq!(configuration(&quickstart), configuration(&served));
    for told in [
        printed,
        quickstart.output(),
        served.output(),
        wait_for("records", || Some(quickstart.record_text()).filter(|records| !records.is_empty())),
        Call::get("/metrics").send(quickstart.admin).text(),
    ] {
        assert!(!told.contains("CANARY"), "{told}");
        assert!(!told.is_empty());
    }
}

#[test]
fn the_banner_says_what_to_do() {
    let gateway = with_keys(builder().quickstart(), KEYS);
    gateway.wait_for_output("docs/");
    let (told, address) = (gateway.output(), gateway.proxy);
    for text in [
        &*format!("AI Proxy is ready at http://{address}/v1"),
        "openai       OPENAI_API_KEY",
        "mistral      MISTRAL_API_KEY",
        "ANTHROPIC_API_KEY",
        "AWS_ACCESS_KEY_ID",
        &*format!("curl http://{address}/v1/chat/completions -H 'Content-Type: application/json'"),
        &*format!("OpenAI(base_url=\"http://{address}/v1\""),
        "Claude Code",
        "Codex",
        &*format!("curl http://{address}/v1/models"),
        // Called by its path here, so that is what can be pasted.
        &*format!("{BINARY} quickstart --print > gateway.yaml"),
        &*format!("{BINARY} serve --config gateway.yaml --proxy-listen {address}"),
    ] {
        assert!(told.contains(text), "{text}:\n{told}");
    }
    assert!(!told.contains("CANARY"), "{told}");
}

#[test]
fn without_keys_a_simulated_model_answers() {
    let (quickstart, printed, served) = both(&[]);
    if !printed.contains("simulate: true") {
        println!("left out: the simulated model: a model server runs on this machine");
        return;
    }
    for gateway in [&quickstart, &served] {
        let call = Call::post("/v1/chat/completions").json(body("hi", r#","model":"demo/echo""#));
        assert_eq!(content(&call.send(gateway.proxy).expect(200)), "echo: hi");
        let call =
            Call::post("/v1/chat/completions").json(body("hi", r#","model":"demo/echo","stream":true"#));
        let answer = call.send(gateway.proxy).expect(200);
        assert_eq!(testkit::content_of(&answer.events()), "echo: hi");
    }
    quickstart.wait_for_output("a simulated model answers");
}

#[test]
fn it_answers_to_local_names_only() {
    let (quickstart, _, served) = both(KEYS);
    let call = |host: &str| Call::get("/v1/models").header("host", host);
    let port = quickstart.proxy.port();
    for host in [
        "localhost".to_owned(),
        format!("app.localhost:{port}"),
        format!("127.0.0.1:{port}"),
        "[::1]".to_owned(),
    ] {
        call(&host).send(quickstart.proxy).expect(200);
    }
    for host in ["example.com".to_owned(), format!("rebound.example.com:{port}"), String::new()] {
        let refused = call(&host).send(quickstart.proxy).expect(403);
        assert!(
            refused.message().contains("Host header must be an IP address or localhost"),
            "{}",
            refused.text()
        );
        let error = &refused.json()["error"];
        assert_eq!(
            (&error["type"], &error["code"]),
            (&"invalid_request_error".into(), &"foreign_host".into())
        );
        let record = quickstart.record(refused.header("x-kong-request-id").unwrap());
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["error"]),
            (&"refused".into(), &"foreign_host".into())
        );
        // Who serves a file says by its routes which hosts it has.
        call(&host).send(served.proxy).expect(200);
    }
    let absolute = format!("http://example.com:{port}/v1/models");
    Call::get(&absolute).header("host", "localhost").send(quickstart.proxy).expect(403);
}

#[test]
fn it_listens_on_loopback_only() {
    for args in [
        &["--proxy-listen", "0.0.0.0:0"][..],
        &["--proxy-tls-listen", "0.0.0.0:0", "--tls-cert", "x", "--tls-key", "x"],
    ] {
        let finished = run_with_file("", args, &[], b"");
        assert_eq!(finished.status, 1);
        assert!(finished.err.contains("quickstart listens on loopback only"), "{}", finished.err);
    }
}
