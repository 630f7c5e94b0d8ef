//! HTTP that is not what it should be.

use std::time::Duration;

use testkit::{Answer, Connection, End};

use crate::world::{MAIN, body, chat};

/// Sends bytes as they are and reads the first answer, if there is one.
fn exchange(bytes: &[u8]) -> Result<Answer, End> {
    let world = MAIN.hold();
    let mut connection = Connection::open(world.gateway.proxy);
    // The gateway may close while the bytes are still being sent.
    let _ = connection.write(bytes);
    connection.try_head(Duration::from_secs(5), false).map(testkit::Live::finish)
}

fn head(more: &str) -> String {
    format!("POST /chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}")
}

#[test]
fn heads_that_are_too_large() {
    let long = head(&format!("x-long: {}\r\ncontent-length: 0\r\n\r\n", "a".repeat(70 << 10)));
    assert_eq!(exchange(long.as_bytes()).unwrap().status, 431);
    let many = format!("x-many: {}\r\n", "a".repeat(40)).repeat(2000);
    let many = head(&format!("{many}content-length: 0\r\n\r\n"));
    assert_eq!(exchange(many.as_bytes()).unwrap().status, 431);
    let target = format!("POST /{} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n", "a".repeat(70 << 10));
    let status = exchange(target.as_bytes()).unwrap().status;
    assert!([414, 431].contains(&status), "{status}");
    let fine = chat("/chat", "x", "").header("x-long", &"a".repeat(30 << 10));
    MAIN.hold().send(&fine).expect(200);
}

#[test]
fn two_framings_are_refused() {
    let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    for framing in [
        format!("content-length: {}\r\ntransfer-encoding: chunked\r\n", smuggled.len()),
        "content-length: 5\r\ncontent-length: 6\r\n".to_owned(),
        "content-length: +5\r\n".to_owned(),
        "content-length: 5, 5x\r\n".to_owned(),
        "transfer-encoding: chunked, identity\r\n".to_owned(),
        "transfer-encoding: x\r\n".to_owned(),
    ] {
        let text = format!("{}{smuggled}", head(&format!("{framing}\r\n")));
        match exchange(text.as_bytes()) {
            Ok(answer) => assert!((400..500).contains(&answer.status), "{framing:?}: {}", answer.status),
            Err(end) => assert!(matches!(end, End::Closed | End::Broken(_)), "{framing:?}: {end:?}"),
        }
    }
    let seen = MAIN.hold().upstream.requests();
    assert!(seen.iter().all(|request| !request.target.contains("smuggled")));
}

#[test]
fn bytes_that_are_no_http() {
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"hello\r\n\r\n",
        b"GET /chat\r\n\r\n",
        b"GET /chat HTTP/9.9\r\n\r\n",
        b"GET /chat HTTP/1.1\r\nbad header: x\r\n\r\n",
        b"GET /chat HTTP/1.1\r\nhost: x\r\nx: a\x00b\r\n\r\n",
        b"G\xffT / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot frames at all, but text that is long enough",
    ] {
        let told = match exchange(bytes) {
            Ok(answer) => (400..600).contains(&answer.status),
            Err(end) => matches!(end, End::Closed | End::Broken(_)),
        };
        assert!(told, "{bytes:?}");
    }
    MAIN.hold().send(&chat("/chat", "x", "")).expect(200);
}

#[test]
fn chunks_that_are_wrong() {
    for chunks in ["zz\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "fffffffffffffffff\r\n", "-1\r\n\r\n"]
    {
        let text = head(&format!("transfer-encoding: chunked\r\n\r\n{chunks}"));
        match exchange(text.as_bytes()) {
            Ok(answer) => assert!((400..500).contains(&answer.status), "{chunks:?}: {}", answer.status),
            Err(end) => assert!(matches!(end, End::Closed | End::Broken(_)), "{chunks:?}: {end:?}"),
        }
    }
}

#[test]
fn requests_one_behind_the_other() {
    let world = MAIN.hold();
    let call = chat("/chat", "pipelined", "");
    let text = body("hello pipelined", "");
    let mut bytes = Vec::new();
    for _ in 0..3 {
        let head = format!(
            "POST /chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-test: pipelined\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        bytes.extend(head.into_bytes());
        bytes.extend(text.as_bytes());
    }
    let mut connection = Connection::open(world.gateway.proxy);
    connection.write(&bytes).unwrap();
    for _ in 0..3 {
        let (answer, kept) = connection.head(testkit::PATIENCE, false).whole();
        assert_eq!(answer.status, 200);
        connection = kept;
    }
    drop(call);
    assert_eq!(world.upstream.tagged("pipelined").len(), 3);
}

#[test]
fn half_a_request_is_no_request() {
    let world = MAIN.hold();
    let text = format!("{}content-length: 1000\r\nx-test: half\r\n\r\n{{\"messages\":", head(""));
    let mut connection = Connection::open(world.gateway.proxy);
    connection.write(text.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    connection.finish_sending();
    let answer = connection.try_head(Duration::from_secs(5), false);
    if let Ok(live) = answer {
        assert!((400..500).contains(&live.status), "{}", live.status);
    }
    assert!(world.upstream.tagged("half").is_empty());
}

#[test]
fn requests_of_the_older_version() {
    let text = body("old", "");
    let bytes = format!(
        "POST /chat HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    );
    let world = MAIN.hold();
    let mut connection = Connection::open(world.gateway.proxy);
    connection.write(bytes.as_bytes()).unwrap();
    let raw = connection.read_to_end(Duration::from_secs(5));
    let raw = String::from_utf8_lossy(&raw);
    assert!(raw.starts_with("HTTP/1.0 200") || raw.starts_with("HTTP/1.1 200"), "{raw}");
    assert!(raw.contains("echo: old"), "{raw}");
    assert!(!raw.to_lowercase().contains("transfer-encoding"), "{raw}");
}
