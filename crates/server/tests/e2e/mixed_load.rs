//! Ten thousand mixed requests, with clients that leave, upstreams that break, and a configuration that changes all
//! the time: each leaves exactly one record, in every sink and in the metrics.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Call, Connection, End, LogServer};

use crate::log_schema::{judge, validator};
use crate::world::{World, body};

const REQUESTS: usize = 10_000;
const CLIENTS: usize = 12;
/// Between two reloads.
const RELOAD: Duration = Duration::from_millis(400);
/// How long all of it may take, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(4);

const CONFIG: &str = r#"_format_version: "3.0"
consumers:
  - username: alice
    keyauth_credentials: [{key: CANARY-alice}]
services:
  - name: one
    url: http://127.0.0.1:1
    routes:
      - name: chat
        paths: [/chat]
        plugins:
          - name: ai-proxy
            config: &openai
              route_type: llm/v1/chat
              logging: {log_statistics: true}
              auth: {header_name: Authorization, header_value: Bearer sk-sim-CANARY}
              model: {provider: openai, name: @MODEL@, options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
          - {name: file-log, config: {path: "@LOGS@/chat-@MODEL@"}}
      - name: keyed
        paths: [/keyed]
        plugins:
          - {name: key-auth}
          - {name: ai-proxy, config: *openai}
          - {name: http-log, config: {http_endpoint: "@SERVER@keyed", queue: {max_batch_size: 20, max_coalescing_delay: 0.2, max_entries: 100000}}}
routes:
  - name: translated
    paths: [/translated]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          logging: {log_statistics: true, log_payloads: true}
          auth: {header_name: x-api-key, header_value: sk-sim-CANARY}
          model: {provider: anthropic, name: claude-sonnet-4-5, options: {anthropic_version: "2023-06-01", upstream_url: "http://@UPSTREAM@/sim/anthropic/v1/messages"}}
  - name: gone
    paths: [/gone]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          model: {provider: openai, name: m, options: {upstream_url: "http://127.0.0.1:1/x"}}
plugins:
  - {name: file-log, config: {path: "@LOGS@/others"}}
  - {name: http-log, config: {http_endpoint: "@SERVER@", queue: {max_batch_size: 100, max_coalescing_delay: 0.2, max_entries: 100000}}}
  - {name: prometheus, config: {status_code_metrics: true}}
"#;

/// What a client does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Stays,
    /// Leaves when it has some of the answer.
    LeavesAfter,
    /// Leaves without having seen anything, after so many milliseconds.
    LeavesBefore(u64),
    /// Sends but half of the body, and leaves.
    SendsHalf,
}

/// One request and its client.
struct Plan {
    call: Call,
    manner: Manner,
}

const FAULTS: [&str; 16] = [
    "status_500",
    "status_429",
    "reset",
    "reset_first",
    "early_close",
    "truncated_whole",
    "no_choices",
    "not_json_200",
    "cut_mid",
    "cut_in_frame",
    "error_first",
    "error_mid",
    "no_done",
    "no_usage",
    "split",
    "close_after_response",
];

/// The number-th request; the same in every run.
fn plan(number: usize) -> Plan {
    let mut random = Random(number as u64);
    let path = ["/chat", "/chat", "/translated", "/keyed"][random.below(4)];
    let more = if random.below(2) == 0 { "" } else { r#","stream":true"# };
    let call = |path: &str| Call::post(&format!("{path}?n={number}")).header("apikey", "CANARY-alice");
    let chat = call(path).json(body(&format!("words:{}", 1 + random.below(8)), more));
    let stays = |call| Plan { call, manner: Manner::Stays };
    match random.below(20) {
        0..=8 => stays(chat),
        9..=12 => stays(chat.header("x-sim-fault", FAULTS[random.below(FAULTS.len())])),
        13 => stays(call(["/nowhere", "/gone"][random.below(2)]).json(body("x", more))),
        14 => stays(call("/chat").json("{")),
        15 => stays(Call::post(&format!("/keyed?n={number}&apikey=CANARY-wrong")).json(body("x", more))),
        16 | 17 => {
            let long = call(path).json(body("words:30", r#","stream":true"#));
            let slow = long.header("x-sim-fault", "slow").header("x-sim-delay", "5");
            Plan { call: slow, manner: Manner::LeavesAfter }
        }
        18 => {
            let slow = chat.header("x-sim-fault", "slow_first").header("x-sim-delay", "40");
            Plan { call: slow, manner: Manner::LeavesBefore(random.below(30) as u64) }
        }
        _ => Plan { call: chat, manner: Manner::SendsHalf },
    }
}

/// Numbers that look random: the generator `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

/// Sends one request. Gives the id that the gateway has for it, where the client has seen that, and the connection,
/// where it can be used again.
fn act(connection: Connection, plan: &Plan) -> (Option<String>, Option<Connection>) {
    let mut connection = connection;
    match plan.manner {
        Manner::SendsHalf => {
            let whole = plan.call.head("half");
            // What the head promises never comes.
            let sent = connection.write(&whole).and_then(|()| connection.write(b"{\"messages\":["));
            assert!(sent.is_ok(), "{sent:?}");
            connection.finish_sending();
            let answer = connection.try_head(PATIENCE, false).ok();
            (answer.and_then(|live| id(&live.headers)), None)
        }
        Manner::LeavesBefore(milliseconds) => {
            connection.send(&plan.call);
            std::thread::sleep(Duration::from_millis(milliseconds));
            (None, None)
        }
        Manner::Stays | Manner::LeavesAfter => {
            connection.send(&plan.call);
            let mut live = match connection.try_head(PATIENCE, false) {
                Ok(live) => live,
                Err(end) => panic!("no answer: {end:?} {:?}", plan.call),
            };
            let id = id(&live.headers);
            assert!(id.is_some(), "{:?}", live.headers);
            if plan.manner == Manner::LeavesAfter {
                // An answer without a body has its end here.
                let _ = live.piece();
                live.hang_up();
                return (id, None);
            }
            let closes = live.headers.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
            });
            let (answer, connection) = live.whole();
            (id, Some(connection).filter(|_| answer.end == End::Complete && !closes))
        }
    }
}

fn id(headers: &[(String, String)]) -> Option<String> {
    let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-kong-request-id"));
    found.map(|(_, value)| value.clone())
}

/// Sends all requests from several clients; gives the ids that they have seen, by number.
fn send_all(world: &World) -> BTreeMap<usize, Option<String>> {
    let (next, begun) = (&AtomicUsize::new(0), Instant::now());
    let work = move || {
        let mut seen = Vec::new();
        let mut kept: Option<Connection> = None;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= REQUESTS {
                return seen;
            }
            assert!(begun.elapsed() < PATIENCE, "too slow: {number} requests in {PATIENCE:?}");
            let plan = plan(number);
            let connection = kept.take().unwrap_or_else(|| Connection::open(world.gateway.proxy));
            let (id, connection) = act(connection, &plan);
            kept = connection;
            seen.push((number, id));
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(work)).collect();
        clients.into_iter().flat_map(|client| client.join().expect("a client")).collect()
    })
}

/// Number and id of each record.
fn told(records: &[Value]) -> Vec<(usize, String)> {
    let tell = |record: &Value| {
        let number = record["request"]["querystring"]["n"].as_str().expect("a number").parse().unwrap();
        (number, record["request"]["id"].as_str().unwrap().to_owned())
    };
    let mut told: Vec<_> = records.iter().map(tell).collect();
    told.sort();
    told
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The sum of all samples of a metric.
fn sum(metrics: &str, name: &str) -> u64 {
    let samples = metrics
        .lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    samples.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn every_one_of_ten_thousand_requests_leaves_exactly_one_record() {
    let (logs, server) = (tempfile::tempdir().unwrap(), LogServer::start());
    let fill =
        CONFIG.replace("@LOGS@", &logs.path().display().to_string()).replace("@SERVER@", &server.url("/"));
    let version = |model: &str| fill.replace("@MODEL@", model);
    let mut world = World::start(&version("gpt-4o"));
    let done = AtomicBool::new(false);
    let (seen, reloads) = std::thread::scope(|scope| {
        let reloading = scope.spawn(|| {
            let mut reloads = 0;
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(RELOAD);
                reloads += 1;
                let model = if reloads % 2 == 0 { "gpt-4o" } else { "gpt-4o-mini" };
                world.gateway.rewrite_config(&version(model), world.upstream.addr);
                world.gateway.signal("HUP");
            }
            reloads
        });
        let seen = send_all(&world);
        done.store(true, Ordering::Relaxed);
        (seen, reloading.join().expect("reloads"))
    });
    assert!(reloads > 3, "{reloads} reloads");
    let metrics = testkit::wait_for("the end of all requests", || {
        let metrics = Call::get("/metrics").send(world.gateway.admin).expect(200).text();
        metrics.contains("ai_proxy_requests_in_flight 0\n").then_some(metrics)
    });
    world.gateway.signal("TERM");
    assert!(world.gateway.wait(PATIENCE).success());

    let records = world.gateway.records();
    let all = told(&records);
    assert_eq!(sum(&metrics, "ai_proxy_requests_total"), all.len() as u64);
    assert_eq!(sum(&metrics, "kong_http_requests_total"), all.len() as u64);
    for drops in ["ai_proxy_record_drops_total", "ai_proxy_sink_drops_total"] {
        assert_eq!(sum(&metrics, drops), 0, "{drops}");
    }
    // Also of a client that has left before anything was done with its request.
    assert_eq!(seen.len(), REQUESTS);
    let mut by_number: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (number, id) in &all {
        by_number.entry(*number).or_default().push(id);
    }
    for (number, id) in &seen {
        let recorded = by_number.get(number).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(recorded.len(), 1, "{recorded:?} {:?}", plan(*number).call);
        assert!(id.as_ref().is_none_or(|id| recorded == [id]), "{recorded:?} {id:?}");
    }
    assert_eq!(all.len(), REQUESTS);

    let files = ["chat-gpt-4o", "chat-gpt-4o-mini", "others"].map(|name| lines(&logs.path().join(name)));
    assert!(files.iter().all(|lines| lines.len() > 100), "{:?}", files.each_ref().map(Vec::len));
    assert_eq!(told(&files.concat()), all);
    assert_eq!(told(&server.taken()), all);

    let validator = validator();
    records.iter().step_by(7).for_each(|record| judge(&validator, record));
    assert!(!world.gateway.record_text().contains("CANARY") && !world.gateway.output().contains("CANARY"));
}
