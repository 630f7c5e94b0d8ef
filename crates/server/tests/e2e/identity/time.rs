//! Tokens that expire, come late, or do not come.

use std::time::Duration;

use testkit::Manner;

use super::{CLIENT, Cloud, azure};

/// gateway.md 9.7, of Azure in 3.8, 3.13.0.7, 3.14.0.7 and 3.14.0.8: no rotation after a failure, tokens that are
/// kept for ever, expired tokens that are used again.
#[test]
fn tokens_are_rotated_also_after_failures_and_never_used_when_expired() {
    let cloud = Cloud::start(&azure(CLIENT, ""), |builder, provider| {
        provider.behave(Manner::Good(6));
        builder.env("AZURE_AUTHORITY_HOST", &provider.url(""))
    });
    cloud.chat("first").expect(200);
    let first = cloud.authorization("first");
    cloud.provider.behave(Manner::HangingUp);
    cloud.provider.wait_for_calls(2);
    cloud.chat("still").expect(200);
    assert_eq!(cloud.authorization("still"), first, "a failed refresh keeps what holds");
    // Until it does not hold any more.
    let answer = testkit::wait_for("the end of the token", || {
        let answer = cloud.chat("end");
        (answer.status != 200).then_some(answer)
    });
    let sent = cloud.world.upstream.tagged("end");
    assert!(sent.iter().all(|request| request.header("authorization") == Some(&*first)));
    assert_eq!(answer.status, 500);
    cloud.provider.behave(Manner::Good(3600));
    testkit::wait_for("another token", || (cloud.chat("next").status == 200).then_some(()));
    let next = cloud.world.upstream.tagged("next");
    assert_ne!(next[0].header("authorization"), Some(&*first));
}

#[test]
fn without_a_token_nothing_is_sent_and_details_are_for_the_log() {
    let cloud = Cloud::start(&azure(CLIENT, ""), |builder, provider| {
        provider.behave(Manner::Failing(503));
        builder.env("AZURE_AUTHORITY_HOST", &provider.url(""))
    });
    cloud.refused(&cloud.chat("refused"), "refused");
    cloud.world.gateway.wait_for_output("the token endpoint of Entra answered 503 (AADSTS90033)");
    for manner in [
        Manner::Saying("<html>CANARY</html>"),
        Manner::Saying(r#"{"access_token":"sk-sim-CANARY","expires_in":-1}"#),
        Manner::Saying(r#"{"access_token":"CANARY\r\nx-evil: 1","expires_in":3600}"#),
        Manner::HangingUp,
        Manner::Failing(401),
    ] {
        let calls = cloud.provider.calls().len();
        cloud.provider.behave(manner.clone());
        // What failed a moment ago is not tried at once again.
        testkit::wait_for("another try", || {
            cloud.refused(&cloud.chat("refused"), "refused");
            (cloud.provider.calls().len() > calls).then_some(())
        });
    }
    cloud.provider.behave(Manner::Good(3600));
    testkit::wait_for("a token", || (cloud.chat("served").status == 200).then_some(()));
}

/// 3.10.0.6: the identity skewed balancing. The time that a token takes is the gateway's own, so no upstream looks
/// slow for it; and the requests that wait for one make one call.
#[test]
fn waiting_for_a_token_is_not_the_upstreams_latency() {
    let late = Duration::from_millis(1500);
    let cloud = Cloud::start(&azure(CLIENT, ""), |builder, provider| {
        provider.behave(Manner::Slow(late));
        builder.env("AZURE_AUTHORITY_HOST", &provider.url(""))
    });
    let answers: Vec<_> = std::thread::scope(|scope| {
        let cloud = &cloud;
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(move || cloud.chat("waits").expect(200))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert_eq!(cloud.provider.calls().len(), 1);
    for answer in &answers {
        let record = cloud.world.record(answer);
        let of = |name: &str| record["latencies"][name].as_f64().unwrap();
        assert!(of("proxy") < 700.0, "{record}");
        assert!(of("kong") + of("proxy") <= of("request") + 1.5, "{record}");
    }
    let slowest = answers.iter().map(|answer| answer.head_at).max().unwrap();
    assert!(slowest > Duration::from_millis(500), "{slowest:?}");
}

/// An endpoint that takes calls and never answers holds no request for longer than ten seconds.
#[test]
fn an_endpoint_that_hangs_is_not_waited_for_without_end() {
    let cloud = Cloud::start(&azure(CLIENT, ""), |builder, provider| {
        provider.behave(Manner::Slow(Duration::from_mins(2)));
        builder.env("AZURE_AUTHORITY_HOST", &provider.url(""))
    });
    let begun = std::time::Instant::now();
    let call = testkit::Call::post("/chat").header("x-test", "hangs").json(crate::world::body("x", ""));
    let answer = cloud.world.send(&call.patience(Duration::from_secs(40)));
    cloud.refused(&answer, "hangs");
    // The machine may be busy; two minutes it is not.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let failures = r#"ai_proxy_identity_fetches_total{kind="azure_client",result="failure"} "#;
    testkit::wait_for("the failure in the metrics", || {
        let metrics = testkit::Call::get("/metrics").send(cloud.world.gateway.admin).text();
        metrics.lines().find_map(|line| line.strip_prefix(failures).filter(|count| *count != "0")).map(|_| ())
    });
}

/// 3.13.0.3: no token could be had during failover. Every request asks anew, whatever failed before.
#[test]
fn a_request_after_failed_ones_gets_its_token() {
    let cloud = Cloud::entra(&azure(CLIENT, ""));
    for fault in ["status_500", "reset_first", "early_close", "status_401"] {
        let call =
            testkit::Call::post("/chat").header("x-sim-fault", fault).json(crate::world::body("x", ""));
        assert_ne!(cloud.world.send(&call).status, 200);
        cloud.chat(fault).expect(200);
        assert_eq!(cloud.authorization(fault), "Bearer sk-sim-entra-CANARY-1");
    }
    assert_eq!(cloud.provider.calls().len(), 1, "tokens are not fetched for a refusal");
}

/// 3.11.0.2, 3.12: identities were cached under the wrong key.
#[test]
fn each_identity_has_its_own_token_and_equal_ones_have_one() {
    let two = |auth: &str| azure(auth, "").split_once("      - name: chat").unwrap().1.to_owned();
    let route = |path: &str, auth: &str| {
        format!("      - name: {path}{}", two(auth).replace("paths: [/chat]", &format!("paths: [/{path}]")))
    };
    let head = azure(CLIENT, "").split_once("      - name: chat").unwrap().0.to_owned();
    let config = [
        head,
        route("a", CLIENT),
        route("b", CLIENT),
        route("tenant", &CLIENT.replace("tenant-1", "tenant-9")),
        route("client", &CLIENT.replace("client-1", "client-9")),
        route("secret", &CLIENT.replace("CANARY-secret-of-azure", "CANARY-secret-9")),
    ]
    .concat();
    let cloud = Cloud::entra(&config);
    let token = |path: &str| {
        let call = testkit::Call::post(&format!("/{path}")).header("x-test", path);
        cloud.world.send(&call.json(crate::world::body("x", ""))).expect(200);
        cloud.authorization(path)
    };
    assert_eq!(token("a"), token("b"));
    let mut all: Vec<String> = ["a", "tenant", "client", "secret"]
        .into_iter()
        .map(|path| {
            let call = testkit::Call::post(&format!("/{path}")).header("x-test", &format!("{path}-2"));
            cloud.world.send(&call.json(crate::world::body("x", ""))).expect(200);
            cloud.authorization(&format!("{path}-2"))
        })
        .collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(cloud.provider.calls().len(), 4);
}

#[test]
fn the_log_names_a_request_that_waited_for_a_fetch_that_failed() {
    let cloud = Cloud::start(&azure(CLIENT, ""), |builder, provider| {
        provider.behave(Manner::Failing(503));
        builder.env("AZURE_AUTHORITY_HOST", &provider.url(""))
    });
    let mut named = Vec::new();
    // Nobody waited for the first fetch, maybe, and directly after it nobody does.
    testkit::wait_for("the failure of a fetch that somebody waited for", || {
        let answer = cloud.chat("waits");
        cloud.refused(&answer, "waits");
        named.push(format!("request_id=\"{}\"", answer.header("x-kong-request-id").unwrap()));
        let output = cloud.world.gateway.output();
        let mut told = output.lines().filter(|line| line.contains("no credential could be fetched"));
        told.any(|line| line.contains("waiting=1") && named.iter().any(|name| line.contains(name)))
            .then_some(())
    });
}
