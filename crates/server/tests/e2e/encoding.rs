//! Content codings in both directions.

use testkit::{Answer, Call, deflate, gunzip, gzip};

use crate::world::{MAIN, body, chat, content, said};

/// The codings that the upstream was offered.
fn offered(tag: &str) -> String {
    MAIN.hold().upstream.only(tag).header("accept-encoding").unwrap_or_default().to_owned()
}

#[test]
fn only_gzip_and_identity_are_offered() {
    let world = MAIN.hold();
    for (tag, accepted) in [
        ("offer-none", None),
        ("offer-br", Some("br")),
        ("offer-zero", Some("gzip;q=0, br")),
        ("offer-zstd", Some("zstd, deflate")),
    ] {
        let mut call = Call::post("/embeddings").header("x-test", tag).json(r#"{"input":"x"}"#);
        if let Some(accepted) = accepted {
            call = call.header("accept-encoding", accepted);
        }
        world.send(&call).expect(200);
        assert_eq!(offered(tag), "identity", "{tag}");
    }
    let call = Call::post("/embeddings").header("x-test", "offer-gzip").header("accept-encoding", "br, gzip");
    world.send(&call.json(r#"{"input":"x"}"#)).expect(200);
    assert_eq!(offered("offer-gzip"), "gzip, identity");
    let call = chat("/chat", "offer-stream", r#","stream":true"#).header("accept-encoding", "gzip, br");
    world.send(&call).expect(200);
    assert_eq!(offered("offer-stream"), "identity");
}

#[track_caller]
fn is_plain(answer: &Answer) {
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(
        answer.header("content-length"),
        Some(answer.body.len().to_string().as_str()),
        "{:?}",
        answer.headers
    );
}

#[test]
fn gzip_that_arrives_is_undone_for_those_who_do_not_take_it() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "gzip-undone", "").header("x-sim-fault", "gzip")).expect(200);
    is_plain(&answer);
    assert_eq!(content(&answer), said("gzip-undone"));
    assert_eq!(world.record(&answer)["gateway"]["usage"]["prompt_tokens"], 2);
    let call = Call::post("/embeddings").header("x-sim-fault", "gzip").json(r#"{"input":"x y"}"#);
    let answer = world.send(&call).expect(200);
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(answer.json()["usage"]["prompt_tokens"], 2);
    assert_eq!(world.record(&answer)["gateway"]["usage"]["prompt_tokens"], 2);
}

#[test]
fn gzip_that_arrives_passes_to_those_who_take_it() {
    let world = MAIN.hold();
    for (path, text) in [("/chat", body("zip", "")), ("/embeddings", r#"{"input":"x y"}"#.to_owned())] {
        let call = Call::post(path).header("accept-encoding", "gzip").header("x-sim-gzip", "1").json(&text);
        let call = call.header("x-sim-fault", "gzip");
        let answer = world.send(&call).expect(200);
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{path}: {:?}", answer.headers);
        let plain = gunzip(&answer.body).unwrap();
        let plain: serde_json::Value = serde_json::from_slice(&plain).unwrap();
        assert!(plain["usage"].is_object(), "{plain}");
        assert!(world.record(&answer)["gateway"]["usage"]["prompt_tokens"].as_u64().unwrap() > 0);
    }
}

#[test]
fn what_came_plain_stays_plain() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "plain", "").header("accept-encoding", "gzip")).expect(200);
    is_plain(&answer);
    assert_eq!(content(&answer), said("plain"));
}

#[test]
fn errors_in_gzip() {
    let world = MAIN.hold();
    for fault in ["status_500,gzip", "status_500_html,gzip"] {
        let answer = world.send(&chat("/chat", "x", "").header("x-sim-fault", fault)).expect(500);
        assert_eq!(answer.header("content-encoding"), None, "{fault}");
        assert!(answer.text().contains("error") || answer.text().contains("Oops"), "{}", answer.text());
        let call = chat("/chat", "x", "").header("x-sim-fault", fault).header("accept-encoding", "gzip");
        let answer = world.send(&call).expect(500);
        let plain = match answer.header("content-encoding") {
            Some("gzip") => gunzip(&answer.body).unwrap(),
            None => answer.body.clone(),
            other => panic!("{other:?}"),
        };
        assert!(
            std::str::from_utf8(&plain).unwrap().to_lowercase().contains("error")
                || plain.starts_with(b"<!doctype")
        );
    }
}

#[test]
fn codings_that_lie() {
    let world = MAIN.hold();
    for fault in ["fake_gzip", "hidden_gzip"] {
        for accepted in ["identity", "gzip"] {
            let tag = format!("lie-{fault}-{accepted}");
            let call =
                chat("/chat", &tag, "").header("x-sim-fault", fault).header("accept-encoding", accepted);
            let answer = world.send(&call).expect(200);
            let plain = match answer.header("content-encoding") {
                Some(_) => gunzip(&answer.body).expect(fault),
                None => answer.body.clone(),
            };
            let value: serde_json::Value = serde_json::from_slice(&plain).expect(fault);
            assert_eq!(value["choices"][0]["message"]["content"], said(&tag), "{fault}");
        }
    }
    for accepted in ["identity", "gzip"] {
        let call =
            chat("/chat", "x", "").header("x-sim-fault", "bad_gzip").header("accept-encoding", accepted);
        let answer = world.send(&call);
        assert!(answer.status == 500 || answer.status == 502, "{}", answer.status);
        assert!(!answer.message().is_empty());
    }
}

#[test]
fn an_answer_that_grows_without_end() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "x", "").header("x-sim-fault", "gzip_bomb"));
    assert!(answer.status == 500 || answer.status == 502, "{}", answer.status);
    assert!(answer.body.len() < 10_000);
}

#[test]
fn requests_in_gzip_and_other_codings() {
    let world = MAIN.hold();
    let plain = body("packed", "");
    for (tag, coding, bytes) in [
        ("packed-gzip", "gzip", gzip(plain.as_bytes())),
        ("packed-case", "GZip", gzip(plain.as_bytes())),
        ("packed-deflate", "deflate", deflate(plain.as_bytes())),
    ] {
        let call = Call::post("/chat")
            .header("x-test", tag)
            .header("content-type", "application/json")
            .header("content-encoding", coding)
            .body(bytes);
        assert_eq!(content(&world.send(&call).expect(200)), "echo: packed", "{tag}");
        let request = world.upstream.only(tag);
        assert_eq!(request.header("content-encoding"), None);
        assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    }
}
