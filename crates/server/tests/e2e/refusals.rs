//! Requests that the gateway turns down: the status, a message that helps, and nothing sent upstream.

use testkit::{Answer, Call, Connection, h2_call};

use crate::world::{MAIN, body, chat, content};

#[track_caller]
fn is_openai_error(answer: &Answer) {
    assert!(answer.header("content-type").unwrap().starts_with("application/json"), "{:?}", answer.headers);
    let error = &answer.json()["error"];
    for member in ["message", "type", "param", "code"] {
        assert!(error.get(member).is_some(), "{member}: {}", answer.text());
    }
    assert!(answer.header("x-kong-request-id").is_some());
    assert!(answer.header("x-kong-response-latency").is_some(), "{:?}", answer.headers);
}

const SHAPE: &str = "content-type header does not match request body, or bad JSON formatting";

#[test]
fn bodies_that_are_not_what_they_must_be() {
    let world = MAIN.hold();
    let deep = format!(
        "{{\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],\"deep\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("bad-open", b"{\"messages\":".to_vec()),
        ("bad-empty", Vec::new()),
        ("bad-comma", body("x", ",").into_bytes()),
        ("bad-trailing", [body("x", "").as_bytes(), b" x"].concat()),
        ("bad-number", body("x", ",\"temperature\":01").into_bytes()),
        ("bad-utf8", [b"{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}".as_slice()].concat()),
        ("bad-control", b"{\"messages\":[{\"role\":\"user\",\"content\":\"a\nb\"}]}".to_vec()),
        ("bad-depth", deep.into_bytes()),
        ("bad-list", b"[1,2]".to_vec()),
        ("bad-text", b"\"messages\"".to_vec()),
        ("bad-null", b"null".to_vec()),
        ("bad-utf16", b"\xff\xfe{\0}\0".to_vec()),
    ];
    for (tag, bytes) in cases {
        let call = Call::post("/chat").header("content-type", "application/json").body(bytes);
        let answer = world.refused(tag, call, 400);
        is_openai_error(&answer);
        assert_eq!(answer.json()["error"]["type"], "invalid_request_error", "{tag}");
    }
    let open = Call::post("/chat").json("{\"messages\":");
    assert!(world.send(&open).message().starts_with(SHAPE), "{}", world.send(&open).message());
}

#[test]
fn members_that_are_told_twice() {
    let world = MAIN.hold();
    for (tag, more) in [
        ("twice-model", r#","model":"gpt-4o","model":"gpt-4o""#),
        ("twice-escaped", r#","model":"gpt-4o","mod\u0065l":"gpt-4o""#),
        ("twice-messages", r#","messages":[]"#),
        ("twice-unknown", r#","zeta":1,"zeta":2"#),
        ("case-model", r#","Model":"gpt-4o""#),
        ("case-stream", r#","STREAM":true"#),
    ] {
        let answer = world.refused(tag, chat("/chat", "x", more), 400);
        is_openai_error(&answer);
    }
}

#[test]
fn content_types() {
    let world = MAIN.hold();
    for (tag, kind) in [
        ("type-text", "text/plain"),
        ("type-form", "application/x-www-form-urlencoded"),
        ("type-multipart", "multipart/form-data; boundary=x"),
        ("type-jsonx", "application/jsonx"),
        ("type-jsonl", "application/x-ndjson"),
    ] {
        let call = Call::post("/chat").header("content-type", kind).body(body("x", ""));
        let answer = world.refused(tag, call, 400);
        assert!(answer.message().starts_with(SHAPE), "{tag}: {}", answer.message());
    }
    for kind in
        ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;x=y"]
    {
        let call = Call::post("/chat").header("content-type", kind).body(body("x", ""));
        assert_eq!(content(&world.send(&call).expect(200)), "echo: x", "{kind}");
    }
    assert_eq!(content(&world.send(&Call::post("/chat").body(body("x", ""))).expect(200)), "echo: x");
}

#[test]
fn the_shape_of_the_request_must_fit_the_route() {
    let world = MAIN.hold();
    let cases = [
        ("shape-neither", "/chat", r#"{"model":"gpt-4o"}"#, "request body doesn't contain valid prompts"),
        ("shape-no-messages", "/chat", r#"{"messages":[]}"#, "request body doesn't contain valid prompts"),
        (
            "shape-both",
            "/chat",
            r#"{"messages":[{"role":"user","content":"x"}],"prompt":"x"}"#,
            "request matches multiple LLM request formats",
        ),
        (
            "shape-prompt",
            "/chat",
            r#"{"prompt":"x"}"#,
            "[llm/v1/completions] message format is not compatible with [llm/v1/chat] route type",
        ),
        (
            "shape-messages",
            "/completions",
            r#"{"messages":[{"role":"user","content":"x"}]}"#,
            "[llm/v1/chat] message format is not compatible with [llm/v1/completions] route type",
        ),
    ];
    for (tag, path, text, message) in cases {
        let answer = world.refused(tag, Call::post(path).json(text), 400);
        is_openai_error(&answer);
        assert_eq!(answer.message(), message, "{tag}");
    }
    is_openai_error(&world.refused("shape-input", Call::post("/embeddings").json("{}"), 400));
}

#[test]
fn bodies_that_are_too_large() {
    let world = MAIN.hold();
    let large = body(&"x".repeat(2000), "");
    is_openai_error(&world.refused("large-length", Call::post("/small").json(&large), 413));
    is_openai_error(&world.refused("large-chunked", Call::post("/small").json(&large).chunked(100), 413));
    let zipped = testkit::gzip(large.as_bytes());
    assert!(zipped.len() < 1000);
    let call = Call::post("/small").json("").header("content-encoding", "gzip").body(zipped);
    is_openai_error(&world.refused("large-zipped", call, 413));
    world.send(&Call::post("/small").json(body(&"x".repeat(800), ""))).expect(200);
    world.send(&Call::post("/unlimited").json(body(&"x".repeat(2_000_000), ""))).expect(200);
    // The default limit is one mebibyte.
    is_openai_error(&world.refused(
        "large-default",
        Call::post("/chat").json(body(&"x".repeat(1 << 20), "")),
        413,
    ));
}

#[test]
fn a_length_that_is_only_announced() {
    let world = MAIN.hold();
    let head = "POST /small HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000000000\r\n\r\n";
    let mut connection = Connection::open(world.gateway.proxy);
    connection.write(head.as_bytes()).unwrap();
    let answer = connection.head(testkit::PATIENCE, false).finish();
    assert_eq!(answer.status, 413, "{}", answer.text());
}

#[test]
fn streams_where_they_are_not_allowed() {
    let world = MAIN.hold();
    let answer = world.refused("deny", chat("/deny", "x", r#","stream":true"#), 400);
    is_openai_error(&answer);
    assert_eq!(answer.message(), "response streaming is not enabled for this LLM");
    world.send(&chat("/deny", "deny-not", r#","stream":false"#)).expect(200);
    let answer = world.refused("stream-type", chat("/chat", "x", r#","stream":"yes""#), 400);
    is_openai_error(&answer);
}

#[test]
fn codings_of_requests() {
    let world = MAIN.hold();
    let call = |coding: &str, bytes: &[u8]| {
        Call::post("/chat")
            .header("content-type", "application/json")
            .header("content-encoding", coding)
            .body(bytes)
    };
    let plain = body("x", "");
    is_openai_error(&world.refused("coding-unknown", call("rot13", plain.as_bytes()), 415));
    is_openai_error(&world.refused("coding-lie", call("gzip", plain.as_bytes()), 400));
    let zipped = testkit::gzip(plain.as_bytes());
    is_openai_error(&world.refused("coding-short", call("gzip", &zipped[..zipped.len() / 2]), 400));
    let bomb = testkit::gzip(&vec![b' '; 50 << 20]);
    is_openai_error(&world.refused("coding-bomb", call("gzip", &bomb), 413));
    assert_eq!(content(&world.send(&call("identity", plain.as_bytes())).expect(200)), "echo: x");
}

#[test]
fn routes_that_do_not_exist() {
    let world = MAIN.hold();
    for path in ["/", "/nowhere", "/Chat", "/v1/chat/completions"] {
        let answer = world.refused("no-route", Call::post(path).json(body("x", "")), 404);
        let value = answer.json();
        assert_eq!(value["message"], "no Route matched with those values", "{path}");
        assert!(value["request_id"].is_string());
        assert_eq!(value["request_id"].as_str(), answer.header("x-kong-request-id"));
    }
}

#[test]
fn a_refusal_reaches_a_client_that_is_still_sending() {
    let world = MAIN.hold();
    let large = "x".repeat(20 << 20);
    for (path, status) in [("/small", 413), ("/nowhere", 404)] {
        let call = Call::post(path).json(&large);
        let mut connection = Connection::open(world.gateway.proxy);
        connection.write(&call.head("x")).unwrap();
        connection.write(large.as_bytes()).expect("the gateway takes the rest of the body");
        let (answer, connection) = connection.head(testkit::PATIENCE, false).whole();
        answer.expect(status);
        // Nothing is left over, so the connection can go on.
        let (answer, _) = connection.call(&chat("/chat", "after-refusal", ""));
        answer.expect(200);
        let answers = h2_call(world.gateway.proxy, &[call]);
        assert_eq!(answers[0].status, status, "over HTTP/2");
    }
}

#[test]
fn a_refused_body_that_was_not_sent_is_not_asked_for() {
    let head = "POST /small HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\
        expect: 100-continue\r\n\r\n";
    let world = MAIN.hold();
    let mut connection = Connection::open(world.gateway.proxy);
    connection.write(head.as_bytes()).unwrap();
    let text = String::from_utf8(connection.read_to_end(testkit::PATIENCE)).unwrap();
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
}

#[test]
fn methods_that_no_call_has() {
    let world = MAIN.hold();
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "FOO"] {
        let call = Call::new(method, "/chat").json(body("x", ""));
        let answer = world.refused("method", call, 405);
        is_openai_error(&answer);
        assert_eq!(answer.header("allow"), Some("POST, GET"));
    }
}

#[test]
fn names_and_paths_with_characters_that_lead_elsewhere() {
    let world = MAIN.hold();
    let answer = world.refused("model-control", chat("/any", "x", r#","model":"a\r\nx-evil: 1""#), 400);
    is_openai_error(&answer);
    assert_eq!(answer.json()["error"]["param"], "model");
    for path in ["/sim/a/..%2f..%2fb", "/sim/a%5c..%5cb", "/sim/a%0d%0ax-evil:1", "/sim/a%00"] {
        is_openai_error(&world.refused("path-elsewhere", Call::post(path).json(body("x", "")), 400));
    }
}

#[test]
fn headers_that_are_told_twice() {
    let world = MAIN.hold();
    let two_hosts = chat("/chat", "x", "").header("host", "a").header("host", "b");
    is_openai_error(&world.refused("two-hosts", two_hosts, 400));
    let two_types = chat("/chat", "x", "").header("content-type", "text/plain");
    is_openai_error(&world.refused("two-types", two_types, 400));
}
