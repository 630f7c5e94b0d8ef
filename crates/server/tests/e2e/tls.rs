//! TLS and HTTP/2, towards callers and towards upstreams.

use testkit::{Call, Certificates, Connection, TlsFront, Upstream, content_of, events, h2_call};

use crate::world::{MAIN, World, body, builder, chat, content, one_route, said};

#[test]
fn http_2_without_tls() {
    let world = MAIN.hold();
    let mut calls: Vec<Call> = (0..8).map(|number| chat("/chat", &format!("h2-{number}"), "")).collect();
    calls.push(chat("/chat", "h2-stream", r#","stream":true"#));
    calls.push(Call::post("/nowhere").json("{}"));
    let answers = h2_call(world.gateway.proxy, &calls);
    for (number, answer) in answers.iter().take(8).enumerate() {
        assert_eq!(answer.status, 200);
        let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(value["choices"][0]["message"]["content"], said(&format!("h2-{number}")));
        assert_eq!(answer.headers["x-kong-llm-model"], "openai/gpt-4o");
    }
    let stream = events(&answers[8].body);
    assert_eq!(content_of(&stream), said("h2-stream"));
    assert!(stream.last().unwrap().is_done());
    assert_eq!(answers[9].status, 404);
}

#[test]
fn callers_over_tls() {
    let certificates = Certificates::generate();
    let world = World::start_with(&one_route("first"), |builder| {
        builder
            .file("cert.pem", &certificates.certificate_pem)
            .file("key.pem", &certificates.key_pem)
            .arg("--proxy-tls-listen")
            .arg("127.0.0.1:0")
            .arg("--tls-cert")
            .arg("@DIR@/cert.pem")
            .arg("--tls-key")
            .arg("@DIR@/key.pem")
    });
    let tls = world.gateway.proxy_tls.expect("an address in the ready line");
    let answer = chat("/chat", "tls", "").send_tls(tls, &certificates).expect(200);
    assert_eq!(content(&answer), said("tls"));
    let stream = chat("/chat", "tls-stream", r#","stream":true"#).send_tls(tls, &certificates).expect(200);
    assert_eq!(content_of(&stream.events()), said("tls-stream"));
    let offered = |alpn: &[&[u8]]| Connection::open_tls(tls, &certificates, alpn).alpn;
    assert_eq!(offered(&[b"h2", b"http/1.1"]).as_deref(), Some(b"h2".as_slice()));
    assert_eq!(offered(&[b"http/1.1"]).as_deref(), Some(b"http/1.1".as_slice()));
    assert!(Connection::try_open_tls(tls, &Certificates::generate(), &[]).is_err(), "another authority");
    // Without TLS on the port for TLS there is no answer, and no harm.
    let plain = Connection::open(tls);
    let mut plain = plain;
    plain.write(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(plain.closes_within(testkit::PATIENCE));
    chat("/chat", "tls-after", "").send_tls(tls, &certificates).expect(200);
}

#[test]
fn upstreams_over_tls() {
    let certificates = Certificates::generate();
    let upstream = Upstream::start();
    let front = TlsFront::start(&certificates, upstream.addr);
    let config =
        one_route("m").replace("http://@UPSTREAM@", &format!("https://localhost:{}", front.addr.port()));
    let call = chat("/chat", "tls-up", "");

    let distrustful = builder().config(&config, upstream.addr).start();
    let refused = call.send(distrustful.proxy);
    assert!([502, 503].contains(&refused.status), "{}", refused.status);
    assert!(upstream.tagged("tls-up").is_empty());
    drop(distrustful);

    let by_flag = builder()
        .config(&config, upstream.addr)
        .file("ca.pem", &certificates.certificate_pem)
        .arg("--upstream-ca")
        .arg("@DIR@/ca.pem")
        .start();
    assert_eq!(content(&call.send(by_flag.proxy).expect(200)), said("tls-up"));
    let stream =
        Call::post("/chat").json(body("words:30", r#","stream":true"#)).send(by_flag.proxy).expect(200);
    assert_eq!(content_of(&stream.events()).split(' ').count(), 30);
    drop(by_flag);

    let by_environment = builder()
        .config(&config, upstream.addr)
        .file("ca.pem", &certificates.certificate_pem)
        .env("SSL_CERT_FILE", "@DIR@/ca.pem")
        .start();
    assert_eq!(content(&call.send(by_environment.proxy).expect(200)), said("tls-up"));
    drop(by_environment);

    let other_name = config.replace("https://localhost:", "https://127.0.0.2:");
    let strict = builder()
        .config(&other_name, upstream.addr)
        .file("ca.pem", &certificates.certificate_pem)
        .arg("--upstream-ca")
        .arg("@DIR@/ca.pem")
        .start();
    let refused = call.send(strict.proxy);
    assert!([502, 503].contains(&refused.status), "{}", refused.status);
}

#[test]
fn http_2_to_the_upstream_where_it_is_wanted() {
    let config = one_route("m")
        .replace("route_type: llm/v1/chat", "route_type: llm/v1/chat\n          extensions: {http2: true}");
    let world = World::start(&config);
    let answer = world.send(&chat("/chat", "h2-up", "")).expect(200);
    assert_eq!(content(&answer), said("h2-up"));
    assert_eq!(world.upstream.only("h2-up").version, "HTTP/2.0");
    let stream = world.send(&chat("/chat", "h2-up-stream", r#","stream":true"#)).expect(200);
    assert_eq!(content_of(&stream.events()), said("h2-up-stream"));
}
