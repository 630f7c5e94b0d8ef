//! Each fault is what it says it is.

use std::time::Duration;

use simulator::Outcome;
use testkit::{Answer, Call, Connection, End, Upstream, content_of};

use super::{SIMULATOR, chat, send};

const STREAM: &str = r#","stream":true"#;

fn whole(fault: &str) -> Answer {
    send(&chat("one two three four", "").header("x-sim-fault", fault))
}

fn streamed(fault: &str) -> Answer {
    let call = chat("one two three four", STREAM).header("x-sim-fault", fault);
    send(&call.patience(Duration::from_millis(1500)))
}

#[test]
fn statuses() {
    let limited = whole("status_429").expect(429);
    assert_eq!(limited.header("retry-after"), Some("7"));
    assert_eq!(limited.json()["error"]["code"], "rate_limit_exceeded");
    whole("status_401").expect(401);
    whole("status_500_json").expect(500).json();
    assert!(streamed("status_503").expect(503).json()["error"].is_object());
    assert!(whole("status_500_html").expect(500).header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(whole("redirect").expect(302).header("location"), Some("/v1/elsewhere"));
}

#[test]
fn bodies_that_are_wrong() {
    assert!(whole("html_200").expect(200).text().starts_with("<!doctype html>"));
    let no_json = whole("not_json_200").expect(200);
    assert!(serde_json::from_slice::<serde_json::Value>(&no_json.body).is_err());
    assert!(whole("no_choices").expect(200).json().get("choices").is_none());
    assert!(whole("null_choices").expect(200).json()["choices"].is_null());
    assert!(whole("no_usage").expect(200).json().get("usage").is_none());
    assert!(whole("empty_body").expect(200).body.is_empty());
    assert!(std::str::from_utf8(&whole("bad_utf8").expect(200).body).is_err());
    let big = send(&chat("x", "").header("x-sim-fault", "big").header("x-sim-size", "3000000"));
    assert!(big.body.len() > 3_000_000);
}

#[test]
fn bodies_that_end_early() {
    let short = whole("truncated_whole").expect(200);
    assert_eq!(short.end, End::Cut);
    assert!(short.header("content-length").unwrap().parse::<usize>().unwrap() > short.body.len());
    assert_eq!(whole("cut_mid").end, End::Cut);
    assert_eq!(streamed("cut_mid").end, End::Cut);
    assert!(streamed("cut_mid").text().ends_with("\n\n"));
    assert_eq!(streamed("cut_in_frame").end, End::Cut);
    assert!(!streamed("cut_in_frame").text().ends_with("\n\n"));
    let ended = streamed("end_mid");
    assert!(ended.end.is_complete() && !ended.text().contains("stop"));
    assert_eq!(streamed("stall_mid").end, End::TimedOut);
    assert!(matches!(streamed("reset").end, End::Broken(_)));
}

#[test]
fn connections_that_end_early() {
    let simulator = SIMULATOR.hold();
    let to = simulator.addr;
    let ends = |fault: &str| {
        let mut connection = Connection::open(to);
        connection.send(&chat("x", "").header("x-sim-fault", fault));
        connection.try_head(Duration::from_millis(300), false).err()
    };
    assert_eq!(ends("early_close"), Some(End::Closed));
    assert!(matches!(ends("reset_first"), Some(End::Broken(_))));
    assert_eq!(ends("stall"), Some(End::TimedOut));
}

#[test]
fn a_connection_that_is_not_kept() {
    let simulator = SIMULATOR.hold();
    let to = simulator.addr;
    let (answer, connection) =
        Connection::open(to).call(&chat("x", "").header("x-sim-fault", "close_after_response"));
    assert_eq!(answer.header("connection"), None);
    assert!(connection.closes_within(Duration::from_secs(2)));
    let (_, connection) = Connection::open(to).call(&chat("x", ""));
    assert!(!connection.closes_within(Duration::from_millis(100)));
}

#[test]
fn framings_that_say_the_same() {
    let plain = content_of(&streamed("").events());
    assert_eq!(plain, "echo: one two three four");
    for fault in [
        "crlf",
        "cr_only",
        "bom",
        "comments",
        "multi_data",
        "no_space",
        "drip",
        "split",
        "burst",
        "no_usage",
        "usage_continuous",
        "crlf,drip",
        "comments,multi_data,split",
    ] {
        let answer = streamed(fault).expect(200);
        assert!(answer.end.is_complete(), "{fault}: {:?}", answer.end);
        assert_eq!(content_of(&answer.events()), plain, "{fault}");
    }
    assert!(streamed("crlf").text().contains("\r\n\r\ndata:"));
    assert!(!streamed("cr_only").text().contains('\n'));
    assert_eq!(streamed("double_done").events().iter().filter(|event| event.is_done()).count(), 2);
    assert_eq!(streamed("no_done").events().iter().filter(|event| event.is_done()).count(), 0);
    assert!(streamed("drip").pieces.len() > 20);
}

#[test]
fn frames_that_are_wrong() {
    let mid = streamed("error_mid");
    assert!(mid.events().last().unwrap().json()["error"]["message"].is_string());
    assert!(mid.text().contains("one"));
    let first = streamed("error_first").events();
    assert!(first.len() == 1 && first[0].json()["error"].is_object());
    let huge = send(&chat("x", STREAM).header("x-sim-fault", "huge_line").header("x-sim-size", "300000"));
    assert!(huge.events().iter().any(|event| event.data.len() > 300_000));
    assert!(streamed("not_json_mid").text().contains("data: {this is not JSON\n\n"));
    assert!(std::str::from_utf8(&streamed("bad_utf8").body).is_err());
}

#[test]
fn compression_asked_for_or_not() {
    let zipped = whole("gzip");
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert!(testkit::gunzip(&zipped.body).is_ok());
    assert!(testkit::gunzip(&whole("bad_gzip").body).is_err());
    let hidden = whole("hidden_gzip");
    assert_eq!(hidden.header("content-encoding"), None);
    assert!(testkit::gunzip(&hidden.body).is_ok());
    let fake = whole("fake_gzip");
    assert_eq!(fake.header("content-encoding"), Some("gzip"));
    fake.json();
    let stream = streamed("gzip");
    let plain = testkit::gunzip(&stream.body).unwrap();
    assert_eq!(content_of(&testkit::events(&plain)), "echo: one two three four");
    assert!(stream.pieces.len() > 2, "compressed chunk by chunk");
    let bomb = send(&chat("x", "").header("x-sim-fault", "gzip_bomb").header("x-sim-size", "2000000"));
    assert!(bomb.body.len() < 50_000 && testkit::gunzip(&bomb.body).unwrap().len() > 2_000_000);
}

#[test]
fn answers_that_are_slow() {
    let call = |fault: &str| chat("a b", STREAM).header("x-sim-fault", fault).header("x-sim-delay", "200");
    assert!(send(&call("slow_first")).head_at >= Duration::from_millis(200));
    let body = send(&call("slow_body,burst"));
    assert!(
        body.pieces[0].0 >= body.head_at + Duration::from_millis(50),
        "{:?} {:?}",
        body.head_at,
        body.pieces[0].0
    );
    let slow = send(&call("slow"));
    let spread = slow.pieces.last().unwrap().0.saturating_sub(slow.pieces[0].0);
    assert!(spread >= Duration::from_millis(200), "{spread:?}");
}

#[test]
fn headers_that_go_too_far() {
    let answer = whole("headers").expect(200);
    assert_eq!(answer.count("set-cookie"), 2);
    assert_eq!(answer.header("connection"), Some("x-internal"));
    let long: usize = whole("big_head").headers.iter().map(|(_, value)| value.len()).sum();
    assert!(long > 128 << 10);
}

#[test]
fn faults_by_model_and_by_order() {
    let simulator = Upstream::start();
    let body = r#"{"model":"fault-status_429","messages":[{"role":"user","content":"x"}]}"#;
    super::post("/v1/chat/completions", body).send(simulator.addr).expect(429);
    let order = Call::post("/sim/faults").json(r#"{"faults":"status_503","times":2}"#);
    order.send(simulator.addr).expect(200);
    let statuses: Vec<u16> = (0..3).map(|_| chat("x", "").send(simulator.addr).status).collect();
    assert_eq!(statuses, [503, 503, 200]);
    Call::post("/sim/faults").json(r#"{"faults":"nonsense"}"#).send(simulator.addr).expect(400);
    Call::post("/sim/connections").json(r#"{"close":1}"#).send(simulator.addr).expect(200);
    let closed = Connection::open(simulator.addr).try_head(Duration::from_secs(2), false);
    assert!(matches!(closed.err(), Some(End::Closed | End::Broken(_))));
    chat("x", "").send(simulator.addr).expect(200);
}

#[test]
fn a_client_that_goes_away_is_seen() {
    let simulator = SIMULATOR.hold();
    let call = chat("words:1000", STREAM).header("x-sim-fault", "slow").header("x-test", "gone");
    let mut live = call.open(simulator.addr);
    live.read_until(|text| text.contains("w3")).unwrap();
    live.hang_up();
    let seen = simulator.wait_for_outcome("gone", Outcome::ClientGone);
    assert!(seen.answered_bytes > 0);

    let mut connection = Connection::open(simulator.addr);
    connection.send(&chat("x", "").header("x-sim-fault", "stall").header("x-test", "gone-early"));
    std::thread::sleep(Duration::from_millis(50));
    drop(connection);
    simulator.wait_for_outcome("gone-early", Outcome::ClientGone);
}
