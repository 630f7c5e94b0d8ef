//! Answers that no simulator gives: written byte by byte by an upstream that knows one answer only.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use testkit::{Answer, Call, gunzip, gzip};

use crate::world::{body, builder, one_route};

/// An upstream that answers every request with these bytes and closes.
fn upstream(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = serve(stream.unwrap(), &answer);
        }
    });
    address
}

fn serve(mut stream: TcpStream, answer: &[u8]) -> std::io::Result<()> {
    let mut read = Vec::new();
    while !whole(&read) {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        read.extend_from_slice(&piece[..count]);
    }
    stream.write_all(answer)
}

/// Whether a request with a length has come to its end.
fn whole(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read);
    let Some((head, rest)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    rest.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn ask(upstream: SocketAddr) -> Answer {
    let gateway = builder().config(&one_route("sim-odd"), upstream).start();
    chat().send(gateway.proxy)
}

fn chat() -> Call {
    Call::post("/chat").json(body("x", ""))
}

const CHUNK: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

#[test]
fn a_stream_that_nobody_asked_for_is_no_answer() {
    let stream = upstream(answer("200 OK", "content-type: text/event-stream\r\n", CHUNK.as_bytes()));
    let refused = ask(stream).expect(500);
    assert!(refused.message().starts_with("transformation failed from type openai://llm/v1/chat"));
    for name in ["x-kong-request-id", "x-kong-llm-model", "x-kong-proxy-latency", "content-type"] {
        assert_eq!(refused.count(name), 1, "{name}: {:?}", refused.headers);
    }
}

/// A peer that closes an idle connection in the very moment in which it is used again has not read the request,
/// however long it takes until that is noticed: it is sent once more.
#[test]
fn a_request_that_its_peer_threw_away_is_sent_once_more() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let said =
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"said"},"finish_reason":"stop"}]}"#;
    let said = answer("200 OK", "content-type: application/json\r\n", said.as_bytes());
    let upstream = std::thread::spawn(move || {
        let first = listener.accept().unwrap().0;
        serve(first.try_clone().unwrap(), &said).unwrap();
        // The next request lies unread when the connection is closed: so it is answered with a reset.
        assert!(first.peek(&mut [0]).unwrap() > 0);
        std::thread::sleep(Duration::from_millis(800));
        first.shutdown(std::net::Shutdown::Write).unwrap();
        drop(first);
        serve(listener.accept().unwrap().0, &said).unwrap();
    });
    let gateway = builder().config(&one_route("sim-odd"), address).start();
    for _ in 0..2 {
        let answer = chat().send(gateway.proxy).expect(200);
        assert_eq!(answer.json()["choices"][0]["message"]["content"], "said");
    }
    upstream.join().unwrap();
}

/// One that reads the request and closes then may have done what it was asked: nothing is sent twice.
#[test]
fn a_request_that_was_read_is_not_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let said =
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"said"},"finish_reason":"stop"}]}"#;
    let said = answer("200 OK", "content-type: application/json\r\n", said.as_bytes());
    let upstream = std::thread::spawn(move || {
        let first = listener.accept().unwrap().0;
        serve(first.try_clone().unwrap(), &said).unwrap();
        serve(first.try_clone().unwrap(), b"").unwrap();
        drop(first);
        listener.set_nonblocking(true).unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        listener.accept().is_err()
    });
    let gateway = builder().config(&one_route("sim-odd"), address).start();
    chat().send(gateway.proxy).expect(200);
    chat().send(gateway.proxy).expect(502);
    assert!(upstream.join().unwrap(), "nobody comes again");
}

#[test]
fn an_upstream_that_goes_on_behind_the_end_mark_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        serve(stream.try_clone().unwrap(), format!("{head}{CHUNK}").as_bytes()).unwrap();
        // Until the gateway closes.
        let mut sent = 0_u64;
        while stream.write_all(CHUNK.as_bytes()).is_ok() {
            sent += 1;
        }
        sent
    });
    let gateway = builder().config(&one_route("sim-odd"), address).start();
    let call = Call::post("/chat").json(body("x", r#","stream":true"#));
    let answer = call.send(gateway.proxy).expect(200);
    assert_eq!(answer.text(), CHUNK);
    assert!(upstream.join().unwrap() > 0);
    let record = gateway.record(answer.header("x-kong-request-id").unwrap());
    assert_eq!(record["gateway"]["outcome"], "completed", "{record}");
}

#[test]
fn an_error_keeps_its_status_whatever_its_coding_is() {
    let headers = "content-type: text/html\r\ncontent-encoding: gzip\r\n";
    let lie = ask(upstream(answer("503 Busy", headers, b"<p>busy</p>"))).expect(503);
    assert_eq!((lie.text().as_str(), lie.header("content-encoding")), ("<p>busy</p>", None));
    assert_eq!(lie.header("content-type"), Some("text/html"));
    let packed = gzip(&[b' '; 5000]);
    let cut = &packed[..packed.len() - 6];
    let broken = ask(upstream(answer("429 Slow", headers, cut))).expect(429);
    assert_eq!((broken.body.as_slice(), broken.header("content-encoding")), (cut, Some("gzip")));
    assert_eq!(gunzip(&packed).unwrap().len(), 5000);
    let empty = ask(upstream(answer("500 No", headers, b""))).expect(500);
    assert!(empty.body.is_empty());
}

#[test]
fn a_batch_of_embeddings_may_be_large() {
    let numbers = "0.0123456789,".repeat(2_000_000);
    let text = format!("{{\"object\":\"list\",\"data\":[{{\"embedding\":[{numbers}1]}}],\"model\":\"m\"}}");
    let address = upstream(answer("200 OK", "content-type: application/json\r\n", text.as_bytes()));
    let config = one_route("sim-odd").replace("llm/v1/chat", "llm/v1/embeddings");
    let gateway = builder().config(&config, address).start();
    let whole = Call::post("/chat").json(r#"{"input":"x"}"#).send(gateway.proxy).expect(200);
    assert!(whole.body == text.as_bytes(), "{} of {} bytes", whole.body.len(), text.len());
}

/// An upstream that answers the first request of each connection, and does with the second what it is told.
fn tired_upstream(second: fn(TcpStream)) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let body = br#"{"choices":[]}"#;
    let first = answer("200 OK", "content-type: application/json\r\n", body);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            serve(stream.try_clone().unwrap(), &first).unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            second(stream);
        }
    });
    (address, read)
}

#[test]
fn a_call_that_may_have_been_read_is_not_sent_again() {
    let (address, answered) = tired_upstream(|stream| {
        let _ = serve(stream, b"");
    });
    let gateway = builder().config(&one_route("sim-odd"), address).start();
    chat().send(gateway.proxy).expect(200);
    chat().send(gateway.proxy).expect(502);
    assert_eq!(answered.load(Ordering::SeqCst), 1, "the second call went to no other connection");
}

#[test]
fn a_call_that_nobody_read_is_sent_again() {
    // What lies unread when a connection is closed makes it a reset.
    let (address, answered) = tired_upstream(|stream| {
        stream.peek(&mut [0]).unwrap();
    });
    let gateway = builder().config(&one_route("sim-odd"), address).start();
    chat().send(gateway.proxy).expect(200);
    chat().send(gateway.proxy).expect(200);
    assert_eq!(answered.load(Ordering::SeqCst), 2);
}
