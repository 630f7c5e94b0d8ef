//! Streams that go wrong, and clients that go away.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use simulator::Outcome;
use testkit::{Answer, Call, End, content_of, wait_for};

use crate::world::{MAIN, body, builder, chat, one_route};

const STREAM: &str = r#","stream":true"#;

fn words(path: &str, tag: &str, fault: &str) -> Call {
    Call::post(path).header("x-test", tag).header("x-sim-fault", fault).json(body("words:20", STREAM))
}

/// Checks that a stream was told to be broken: one error event, at the end, no terminator, a clean end.
#[track_caller]
fn is_broken(answer: &Answer, fault: &str) -> Value {
    assert_eq!(answer.status, 200, "{fault}: {}", answer.text());
    assert_eq!(answer.end, End::Complete, "{fault}");
    assert!(!answer.text().contains("[DONE]"), "{fault}: {}", answer.text());
    let events = answer.events();
    let errors: Vec<usize> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| event.json()["error"].is_object())
        .map(|(index, _)| index)
        .collect();
    assert_eq!(errors, [events.len() - 1], "{fault}: {}", answer.text());
    let (error, content) = events.split_last().unwrap();
    assert!(content_of(content).starts_with("w1 "), "{fault}: {}", answer.text());
    let error = error.json()["error"].clone();
    assert!(error["message"].is_string(), "{fault}: {error}");
    error
}

#[test]
fn a_truncated_stream_is_told() {
    let world = MAIN.hold();
    for fault in
        ["cut_mid", "cut_in_frame", "end_mid", "reset", "cut_in_frame,crlf", "end_mid,gzip", "cut_mid,gzip"]
    {
        let answer = world.send(&words("/chat", "truncated", fault));
        let error = is_broken(&answer, fault);
        assert!(error["type"].is_string() && error.get("code").is_some(), "{fault}: {error}");
        let record = world.record(&answer);
        assert_eq!(record["gateway"]["outcome"], "truncated", "{fault}: {record}");
        assert_eq!(record["response"]["status"], 200, "{fault}: {record}");
        assert!(
            record["gateway"]["usage"]["completion_tokens"].as_u64().is_some_and(|tokens| tokens > 0),
            "{fault}: {record}"
        );
        assert_eq!(record["gateway"]["usage"]["source"], "estimated", "{fault}: {record}");
    }
}

#[test]
fn an_end_after_the_finish_reason_is_an_end() {
    let world = MAIN.hold();
    let answer = world.send(&words("/chat", "no-done", "no_done"));
    assert_eq!(answer.text().matches("data: [DONE]\n\n").count(), 1);
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(world.record(&answer)["gateway"]["outcome"], "completed");
}

#[test]
fn an_error_in_the_middle_is_passed_on() {
    let world = MAIN.hold();
    let answer = world.send(&words("/chat", "error-mid", "error_mid"));
    let error = is_broken(&answer, "error_mid");
    assert_eq!(error["message"], "The server had an error while processing your request.");
    let record = world.record(&answer);
    assert!(
        ["upstream_error", "truncated"].contains(&record["gateway"]["outcome"].as_str().unwrap()),
        "{record}"
    );
}

#[test]
fn an_error_before_anything_else_is_an_error() {
    let world = MAIN.hold();
    let answer = world.send(&words("/chat", "error-first", "error_first"));
    assert!(!answer.text().contains("[DONE]"), "{}", answer.text());
    let told = if answer.status == 200 { answer.events()[0].json() } else { answer.json() };
    assert!(told["error"]["message"].is_string(), "{}", answer.text());
    let record = world.record(&answer);
    assert_ne!(record["gateway"]["outcome"], "completed", "{record}");
}

#[test]
fn frames_that_cannot_be_read_pass() {
    let world = MAIN.hold();
    let answer = world.send(&words("/chat", "not-json", "not_json_mid"));
    assert!(answer.text().contains("data: {this is not JSON\n\n"), "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    let answer = world.send(&words("/chat", "bad-utf8", "bad_utf8"));
    assert!(answer.body.windows(4).any(|window| window == b"\xff\xfe\xc3("), "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
}

#[test]
fn a_frame_beyond_all_bounds_ends_the_stream() {
    let world = MAIN.hold();
    let call = words("/chat", "frame-bound", "huge_line").header("x-sim-size", "18000000");
    let answer = world.send(&call);
    is_broken(&answer, "huge_line");
    assert!(answer.body.len() < 1 << 20, "{} bytes", answer.body.len());
}

#[test]
fn a_stream_that_stalls() {
    let world = MAIN.hold();
    let answer = world.send(&words("/impatient", "stall-mid", "stall_mid"));
    is_broken(&answer, "stall_mid");
    let record = world.record(&answer);
    assert_eq!(record["gateway"]["outcome"], "timeout", "{record}");
    world.upstream.wait_for_outcome("stall-mid", Outcome::ClientGone);
}

#[test]
fn a_slow_stream_that_keeps_flowing_lives_on() {
    let world = MAIN.hold();
    let call = Call::post("/impatient")
        .json(body("words:5", STREAM))
        .header("x-sim-fault", "slow")
        .header("x-sim-delay", "250");
    let answer = world.send(&call);
    assert_eq!(content_of(&answer.events()), "w1 w2 w3 w4 w5");
}

#[test]
fn a_stream_that_is_none() {
    let world = MAIN.hold();
    for fault in ["html_200", "not_json_200", "empty_body"] {
        let answer = world.send(&words("/chat", "no-stream", fault));
        assert!(!answer.text().contains("[DONE]"), "{fault}: {}", answer.text());
        let told = if answer.status == 200 { answer.events().last().unwrap().json() } else { answer.json() };
        assert!(told["error"]["message"].is_string(), "{fault}: {}", answer.text());
        assert_ne!(world.record(&answer)["gateway"]["outcome"], "completed", "{fault}");
    }
}

#[test]
fn a_client_that_goes_away_stops_the_upstream() {
    let world = MAIN.hold();
    let call = Call::post("/chat")
        .header("x-test", "gone-mid")
        .header("x-sim-fault", "slow")
        .json(body("words:2000", STREAM));
    let mut live = world.open(&call);
    let id = live.headers.iter().find(|(name, _)| name == "x-kong-request-id").unwrap().1.clone();
    live.read_until(|text| text.contains("w5 ")).unwrap();
    live.hang_up();
    world.upstream.wait_for_outcome("gone-mid", Outcome::ClientGone);
    let record = world.gateway.record(&id);
    assert_eq!(record["gateway"]["outcome"], "client_disconnected", "{record}");
    assert!(record["gateway"]["usage"]["completion_tokens"].as_u64().unwrap() >= 3, "{record}");
    assert_eq!(record["gateway"]["usage"]["source"], "estimated", "{record}");
}

#[test]
fn a_client_that_goes_away_before_the_answer() {
    let world = MAIN.hold();
    for (tag, more) in [("gone-whole", ""), ("gone-stream", STREAM)] {
        let mut connection = testkit::Connection::open(world.gateway.proxy);
        connection.send(&chat(&format!("/chat?{tag}"), tag, more).header("x-sim-fault", "stall"));
        testkit::wait_for("the request upstream", || (!world.upstream.tagged(tag).is_empty()).then_some(()));
        drop(connection);
        world.upstream.wait_for_outcome(tag, Outcome::ClientGone);
        let record = testkit::wait_for(&format!("the record of {tag}"), || {
            let records = world.gateway.records();
            let uri = format!("/chat?{tag}");
            records.into_iter().find(|record| record["request"]["uri"] == uri.as_str())
        });
        assert_eq!(record["gateway"]["outcome"], "client_disconnected", "{record}");
    }
}

/// An upstream that sends one word of [`WORD`] letters after another, as fast as they are taken.
struct Torrent {
    addr: SocketAddr,
    words: usize,
    /// Of the whole body.
    bytes: usize,
    /// Words that the system has taken.
    sent: Arc<AtomicUsize>,
}

/// Letters of a word.
const WORD: usize = 32 << 10;

impl Torrent {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        // More than the system may hold of it: from the upstream to the gateway, and from there to the client, who
        // does not read, so that nothing grows there.
        let (receiving, sending) = (most_buffered("tcp_rmem"), most_buffered("tcp_wmem"));
        let words = (receiving + 2 * sending + (8 << 20)) / WORD;
        let word = chunk(&format!("\"content\":\"{} \"", "x".repeat(WORD)), "null");
        let end = chunk("", "\"stop\"") + "data: [DONE]\n\n";
        let bytes = words * word.len() + end.len();
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        // It ends with the test; where the gateway leaves early, the test fails by what it misses.
        std::thread::spawn(move || {
            pour(&listener, std::iter::repeat_n(word.as_bytes(), words), end.as_bytes(), &counted)
        });
        Self { addr, words, bytes, sent }
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::Acquire)
    }
}

/// Bytes that the system holds at most of what comes or goes over a connection.
fn most_buffered(name: &str) -> usize {
    let told = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap_or_default();
    told.split_whitespace().next_back().and_then(|most| most.parse().ok()).unwrap_or(8 << 20)
}

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":\
         [{{\"index\":0,\"delta\":{{{delta}}},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

fn pour<'w>(
    listener: &TcpListener,
    words: impl Iterator<Item = &'w [u8]>,
    end: &[u8],
    sent: &AtomicUsize,
) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    let mut asked = Vec::new();
    // To the end of its body: what is left unread would turn our end into a reset.
    while !asked.windows(4).any(|four| four == b"\r\n\r\n") || !asked.ends_with(b"}") {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece)?;
        asked.extend_from_slice(&piece[..count]);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    for word in words {
        stream.write_all(word)?;
        sent.fetch_add(1, Ordering::Release);
    }
    stream.write_all(end)
}

/// Waits until no more is taken, or all was.
fn wait_for_a_standstill(torrent: &Torrent) -> usize {
    let mut last = (0, Instant::now());
    wait_for("the upstream to be held up", || {
        let sent = torrent.sent();
        if sent != last.0 {
            last = (sent, Instant::now());
        }
        let still = sent > 0 && last.1.elapsed() > Duration::from_millis(500);
        (still || sent == torrent.words).then_some(sent)
    })
}

#[test]
fn a_client_that_does_not_read_is_waited_for() {
    let torrent = Torrent::start();
    let gateway = builder().config(&one_route("m"), torrent.addr).start();
    let live = Call::post("/chat").json(body("hello", STREAM)).open(gateway.proxy);
    // The gateway must not take without bound what nobody takes from it.
    let sent = wait_for_a_standstill(&torrent);
    assert!(sent < torrent.words, "all {sent} words were taken");
    let answer = live.finish();
    assert_eq!(answer.end, End::Complete);
    assert!(answer.body.ends_with(b"data: [DONE]\n\n"));
    assert_eq!(answer.body.len(), torrent.bytes);
}
