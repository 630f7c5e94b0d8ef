//! Which model is called, and with which options.

use serde_json::Value;
use testkit::Call;

use crate::world::{MAIN, body, chat, seen};

#[test]
fn the_configured_model_counts() {
    let world = MAIN.hold();
    for (tag, more) in [
        ("model-absent", ""),
        ("model-null", r#","model":null"#),
        ("model-same", r#","model":"sim-named""#),
        ("model-empty", r#","model":"""#),
        ("model-number", r#","model":5"#),
        ("model-object", r#","model":{"a":1}"#),
    ] {
        let answer = world.send(&chat("/named", tag, more));
        assert_eq!(answer.status, 200, "{tag}: {}", answer.text());
        assert_eq!(seen(tag)["model"], "sim-named", "{tag}");
        assert_eq!(answer.header("x-kong-llm-model"), Some("openai/sim-named"));
    }
}

#[test]
fn another_model_is_refused() {
    let world = MAIN.hold();
    let answer = world.refused("model-own", chat("/named", "x", r#","model":"other""#), 400);
    assert_eq!(answer.message(), "cannot use own model - must be: sim-named");
    assert_eq!(answer.json()["error"]["param"], "model");
}

#[test]
fn the_caller_chooses_where_nothing_is_configured() {
    let world = MAIN.hold();
    for name in ["model-one", "model-two", "org/model:tag", "model-one"] {
        let answer = world
            .send(&chat("/any", &format!("choose-{name}"), &format!(r#","model":"{name}""#)))
            .expect(200);
        assert_eq!(answer.header("x-kong-llm-model"), Some(format!("openai/{name}").as_str()));
        assert_eq!(answer.json()["model"], name);
    }
    let answer = world.refused("model-nowhere", chat("/any", "x", ""), 400);
    assert_eq!(answer.message(), "model parameter not found in request, nor in gateway configuration");
}

#[test]
fn an_alias_is_replaced() {
    let world = MAIN.hold();
    for (tag, more) in [
        ("alias-alias", r#","model":"friendly""#),
        ("alias-real", r#","model":"sim-real""#),
        ("alias-none", ""),
    ] {
        world.send(&chat("/alias", tag, more)).expect(200);
        assert_eq!(seen(tag)["model"], "sim-real", "{tag}");
    }
    world.refused("alias-other", chat("/alias", "x", r#","model":"other""#), 400);
}

#[test]
fn placeholders_are_filled_in() {
    let world = MAIN.hold();
    let call = chat("/template/header", "template-header", "").header("X-Model-Name", "from-header");
    let answer = world.send(&call).expect(200);
    assert_eq!(answer.header("x-kong-llm-model"), Some("openai/from-header"));
    assert_eq!(seen("template-header")["model"], "from-header");

    let call = chat("/template/two?size=8b", "template-two", "").header("x-model-name", "llama");
    world.send(&call).expect(200);
    assert_eq!(seen("template-two")["model"], "a-llama-8b-z");

    world.send(&chat("/template/capture/cap%2Dtured/chat", "template-capture", "")).expect(200);
    assert_eq!(seen("template-capture")["model"], "cap-tured");

    let call = chat("/template/path", "template-path", "").header("x-deployment", "my dep");
    world.send(&call).expect(200);
    let target = world.upstream.only("template-path").target;
    assert!(target.starts_with("/openai/deployments/my%20dep/chat/completions?api-version="), "{target}");
}

#[test]
fn ten_models_in_a_row_report_themselves() {
    let world = MAIN.hold();
    for number in 0..10 {
        let name = format!("row-{number}");
        let call = chat("/template/header", &format!("row-{number}"), "").header("x-model-name", &name);
        let answer = world.send(&call).expect(200);
        assert_eq!(answer.json()["model"], name.as_str());
        assert_eq!(answer.header("x-kong-llm-model"), Some(format!("openai/{name}").as_str()));
    }
}

#[test]
fn placeholders_without_a_value() {
    let world = MAIN.hold();
    let answer = world.refused("template-missing", chat("/template/header", "x", ""), 400);
    assert_eq!(answer.message(), "headers key x-model-name was not provided");
    let call = chat("/template/two", "x", "").header("x-model-name", "llama");
    let answer = world.refused("template-no-query", call, 400);
    assert_eq!(answer.message(), "query_params key size was not provided");
}

#[test]
fn placeholders_cannot_leave_their_segment() {
    let world = MAIN.hold();
    for (tag, value) in
        [("climb-dots", ".."), ("climb-dot", "."), ("climb-encoded", "%2e%2e"), ("climb-tab", "a\tb")]
    {
        let answer = world.send(&chat("/template/path", tag, "").header("x-deployment", value));
        let requests = world.upstream.tagged(tag);
        let inside = requests.iter().all(|request| {
            let path = request.target.split('?').next().unwrap_or_default();
            path.starts_with("/openai/deployments/")
                && path.ends_with("/chat/completions")
                && path.split('/').count() == 6
                && !path.split('/').any(|segment| segment == ".." || segment == ".")
        });
        assert!(inside, "{value}: {requests:?}");
        assert!(answer.status == 400 || !requests.is_empty(), "{value}: {}", answer.text());
    }
    // Slashes are part of names; they are escaped, not refused.
    world.send(&chat("/template/path", "climb-slash", "").header("x-deployment", "a/../../b"));
    for request in world.upstream.tagged("climb-slash") {
        assert!(!request.target.contains("/../"), "{}", request.target);
    }
}

#[test]
fn options_are_defaults() {
    let world = MAIN.hold();
    world.send(&chat("/options", "options-absent", "")).expect(200);
    let sent = seen("options-absent");
    assert_eq!(
        (&sent["temperature"], &sent["top_p"], &sent["max_tokens"]),
        (&0.25.into(), &0.5.into(), &77.into())
    );

    let more = r#","temperature":1,"top_p":null,"max_completion_tokens":5"#;
    world.send(&chat("/options", "options-given", more)).expect(200);
    let sent = seen("options-given");
    assert_eq!(sent["temperature"], 1);
    assert_eq!(sent["top_p"], 0.5, "null counts as absent");
    let limits = [sent.get("max_tokens"), sent.get("max_completion_tokens")];
    assert_eq!(
        limits.into_iter().flatten().collect::<Vec<_>>(),
        [&Value::from(5)],
        "one limit, the request's: {sent}"
    );

    world.send(&chat("/options-config", "options-turned", r#","temperature":1,"max_tokens":5"#)).expect(200);
    let sent = seen("options-turned");
    assert_eq!((&sent["temperature"], &sent["max_tokens"]), (&0.25.into(), &77.into()));
}

#[test]
fn a_name_occurs_once_after_merging() {
    let world = MAIN.hold();
    world.send(&chat("/options", "options-once", r#","temperature":null,"max_tokens":null"#)).expect(200);
    let text = world.upstream.only("options-once").text();
    for name in ["temperature", "max_tokens", "model", "top_p"] {
        assert_eq!(text.matches(&format!("\"{name}\"")).count(), 1, "{name}: {text}");
    }
}

#[test]
fn reasoning_models_get_their_own_limit() {
    let world = MAIN.hold();
    world.send(&chat("/reasoning", "reasoning-option", "")).expect(200);
    assert_eq!(seen("reasoning-option")["max_completion_tokens"], 9);
    let answer = world.send(&chat("/reasoning", "reasoning-given", r#","max_tokens":2"#)).expect(200);
    assert_eq!(seen("reasoning-given")["max_completion_tokens"], 2);
    assert_eq!(answer.json()["choices"][0]["finish_reason"], "length");
}

#[test]
fn top_k_is_not_sent_to_openai() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "top-k", r#","top_k":3"#)).expect(200);
    assert!(seen("top-k").get("top_k").is_none());
    assert!(answer.header("x-ai-proxy-losses").unwrap().contains("top_k"), "{:?}", answer.headers);
}

#[test]
fn what_cannot_be_told_can_be_refused() {
    let world = MAIN.hold();
    let answer = world.refused("reject", chat("/reject", "x", r#","logit_bias":{"1":2}"#), 400);
    assert!(answer.message().contains("logit_bias"), "{}", answer.message());
}

#[test]
fn extra_body_is_spread_out() {
    let world = MAIN.hold();
    let more = r#","model":"m","custom":1,"extra_body":{"custom":2,"other":{"a":[]},"model":"evil","stream":true,"api_key":"sk-evil"}"#;
    let answer = world.send(&chat("/any", "extra-body", more)).expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    let sent = seen("extra-body");
    assert_eq!(sent.get("extra_body"), None);
    assert_eq!(
        (&sent["custom"], &sent["other"], &sent["model"]),
        (&1.into(), &serde_json::json!({"a": []}), &"m".into())
    );
    assert_ne!(sent["stream"], true);
}

#[test]
fn a_new_request_is_not_touched_by_the_last() {
    let world = MAIN.hold();
    let first =
        Call::post("/options").header("x-test", "fresh-1").json(body("a", r#","temperature":2,"seed":1"#));
    world.send(&first).expect(200);
    world.send(&Call::post("/options").header("x-test", "fresh-2").json(body("b", ""))).expect(200);
    let sent = seen("fresh-2");
    assert_eq!(sent["temperature"], 0.25);
    assert_eq!(sent.get("seed"), None);
}
