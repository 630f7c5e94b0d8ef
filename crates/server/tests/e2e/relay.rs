//! What is passed on is passed on as it is.

use serde_json::{Value, json};
use testkit::Call;

use crate::world::{MAIN, body, chat, content, said, seen};

#[test]
fn a_chat_answer_is_relayed_byte_for_byte() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "relay-chat", "")).expect(200);
    assert!(answer.end.is_complete());
    assert_eq!(content(&answer), said("relay-chat"));
    assert_eq!(answer.header("x-kong-llm-model"), Some("openai/gpt-4o"));
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    assert!(answer.header("x-kong-request-id").is_some());
    for name in ["x-kong-upstream-latency", "x-kong-proxy-latency"] {
        let value = answer.header(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert!(value.parse::<u64>().is_ok(), "{name}: {value}");
    }

    let request = world.upstream.only("relay-chat");
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(request.header("host"), Some(world.upstream.addr.to_string().as_str()));
    assert_eq!(request.header("authorization"), Some("Bearer sk-sim-main"));
    assert_eq!(seen("relay-chat")["model"], "gpt-4o");

    let direct = Call::post("/v1/chat/completions")
        .header("authorization", "Bearer sk-sim-main")
        .json(request.text())
        .send(world.upstream.addr);
    assert_eq!(direct.text(), answer.text());
}

#[test]
fn request_bytes_survive() {
    let world = MAIN.hold();
    // Forms that a parser would normalise, in an order that a map would lose.
    let odd = concat!(
        "\"zeta\":1, \"alpha\" :\t2,\n \"big\":123456789012345678901234567890,\"precise\":0.1000000000000000055511,",
        "\"exponent\":1.50E+02,\"minus\":-0.0,\"list\":[],\"object\":{},\"text\":\"\\u00e9\\/\\ud83d\\ude00\",",
        "\"nested\":{\"required\":[],\"properties\":{},\"a\":[ 1 ,2 ]},\"nothing\":null"
    );
    let messages = "\"messages\":[ {\"role\":\"user\" ,\"content\":\"sm\\u00f6rg\\u00e5s 中\"} ]";
    let text = format!("{{ {odd}, \"model\":\"sim-any\" , {messages} }}");
    let call = Call::post("/any").header("x-test", "relay-bytes").json(&text);
    world.send(&call).expect(200);
    let arrived = world.upstream.only("relay-bytes").text();
    assert!(arrived.contains(odd), "{arrived}");
    assert!(arrived.contains(messages), "{arrived}");
    serde_json::from_str::<Value>(&arrived).unwrap();
}

#[test]
fn escaped_names_are_the_same_names() {
    let world = MAIN.hold();
    let text = r#"{"mod\u0065l":"sim-escaped","messag\u0065s":[{"role":"user","content":"x"}]}"#;
    let answer = world.send(&Call::post("/any").header("x-test", "relay-escaped").json(text)).expect(200);
    assert_eq!(answer.header("x-kong-llm-model"), Some("openai/sim-escaped"));
}

#[test]
fn tools_and_structured_output_are_relayed() {
    let world = MAIN.hold();
    let tools = r#","tools":[{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{},"required":[]}}}]"#;
    let call = Call::post("/chat").header("x-test", "relay-tools").json(body("call_three_tools", tools));
    let answer = world.send(&call).expect(200).json();
    assert_eq!(answer["choices"][0]["message"]["tool_calls"].as_array().unwrap().len(), 3);
    assert!(world.upstream.only("relay-tools").text().contains(r#""properties":{},"required":[]"#));

    let format = r#","response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":"object","properties":{"tags":{"type":"array","items":{"type":"string"}}},"required":["tags"],"additionalProperties":false}}}"#;
    let answer = world.send(&Call::post("/chat").json(body("x", format))).expect(200);
    assert_eq!(content(&answer), r#"{"tags":["echo: x"]}"#);
}

#[test]
fn completions() {
    let world = MAIN.hold();
    for (tag, prompt, choices) in [
        ("completions-text", r#""say it""#, 1),
        ("completions-list", r#"["one","two"]"#, 2),
        ("completions-tokens", "[1,2,3]", 1),
        ("completions-token-lists", "[[1,2],[3]]", 2),
    ] {
        let call = Call::post("/completions").header("x-test", tag).json(format!(r#"{{"prompt":{prompt}}}"#));
        let answer = world.send(&call).expect(200);
        let value = answer.json();
        assert_eq!(value["object"], "text_completion");
        assert_eq!(value["choices"].as_array().unwrap().len(), choices, "{tag}");
        assert_eq!(answer.header("x-kong-llm-model"), Some("openai/gpt-3.5-turbo-instruct"));
        assert_eq!(world.upstream.only(tag).target, "/v1/completions");
    }
}

#[test]
fn embeddings() {
    let world = MAIN.hold();
    let call = |tag: &str, more: &str| {
        Call::post("/embeddings").header("x-test", tag).json(format!(r#"{{"input":["a b","c"]{more}}}"#))
    };
    let answer = world.send(&call("embeddings-plain", "")).expect(200).json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    // The option gives the number of dimensions where the request does not.
    assert_eq!(answer["data"][0]["embedding"].as_array().unwrap().len(), 6);
    assert_eq!(answer["usage"]["prompt_tokens"], 3);
    let own = world.send(&call("embeddings-own", r#","dimensions":3"#)).expect(200).json();
    assert_eq!(own["data"][0]["embedding"].as_array().unwrap().len(), 3);
    let coded = world.send(&call("embeddings-base64", r#","encoding_format":"base64""#)).expect(200).json();
    assert!(coded["data"][0]["embedding"].is_string());
    let single = world.send(&Call::post("/embeddings").json(r#"{"input":"a"}"#)).expect(200).json();
    assert_eq!(single["data"].as_array().unwrap().len(), 1);
    // Nothing of a chat's options finds its way here.
    let keys: Vec<String> = seen("embeddings-plain").as_object().unwrap().keys().cloned().collect();
    assert!(keys.iter().all(|key| ["input", "model", "dimensions"].contains(&key.as_str())), "{keys:?}");
}

#[test]
fn preserve_leaves_path_and_body_alone() {
    let world = MAIN.hold();
    let text = r#"{"input":"x","model":"text-embedding-3-small"}"#;
    let call =
        Call::post("/sim/openai/v1/embeddings?a=1&a=2").header("x-test", "preserve-embeddings").json(text);
    let answer = world.send(&call).expect(200);
    assert_eq!(answer.header("x-kong-llm-model"), Some("openai/text-embedding-3-small"));
    let request = world.upstream.only("preserve-embeddings");
    assert_eq!(request.target, "/sim/openai/v1/embeddings?a=1&a=2");
    assert_eq!(request.text(), text);
    assert_eq!(request.header("authorization"), Some("Bearer sk-sim-main"));

    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let call = Call::new("PUT", "/sim/generic/raw%2Fpath/x")
        .header("content-type", "application/octet-stream")
        .header("x-test", "preserve-bytes");
    let mirrored = world.send(&call.body(&bytes)).expect(200).json();
    assert_eq!(mirrored["body"]["method"], "PUT");
    assert_eq!(world.upstream.only("preserve-bytes").body, bytes);

    let listed = world.send(&Call::get("/sim/openai/v1/models").header("x-test", "preserve-get")).expect(200);
    assert!(listed.json()["data"].is_array());

    let call = Call::post("/elsewhere/deep").header("x-test", "preserve-path").json("{}");
    world.send(&call).expect(200);
    assert_eq!(world.upstream.only("preserve-path").target, "/sim/generic/fixed");
}

#[test]
fn the_query_of_the_client_goes_along() {
    let world = MAIN.hold();
    world.send(&chat("/any?x=1&y=a%20b&x=2", "relay-query", r#","model":"m""#)).expect(200);
    assert_eq!(world.upstream.only("relay-query").target, "/sim/generic/v1/chat/completions?x=1&y=a%20b&x=2");
}

#[test]
fn the_rest_of_the_path_does_not_matter() {
    let world = MAIN.hold();
    world.send(&chat("/chat/v1/chat/completions", "relay-rest", "")).expect(200);
    assert_eq!(world.upstream.only("relay-rest").target, "/v1/chat/completions");
}

#[test]
fn bodies_in_chunks_and_large_ones() {
    let world = MAIN.hold();
    let call = chat("/chat", "relay-chunks", "").chunked(7);
    assert_eq!(content(&world.send(&call).expect(200)), said("relay-chunks"));

    let picture = "A".repeat(3 << 20);
    let messages = json!([{"role": "user", "content": [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{picture}")}},
    ]}]);
    let call = Call::post("/unlimited")
        .header("x-test", "relay-large")
        .json(json!({"messages": messages}).to_string());
    assert_eq!(content(&world.send(&call).expect(200)), "echo: see");
    assert_eq!(seen("relay-large")["messages"], messages);
}

#[test]
fn a_large_answer_arrives_whole() {
    let world = MAIN.hold();
    let call = chat("/chat", "relay-big", "").header("x-sim-fault", "big").header("x-sim-size", "6000000");
    let answer = world.send(&call).expect(200);
    assert_eq!(content(&answer).len(), 6_000_000);
}

#[test]
fn a_continue_is_given_to_those_who_wait() {
    let world = MAIN.hold();
    let call = chat("/chat", "relay-expect", "").header("expect", "100-continue");
    assert_eq!(content(&world.send(&call).expect(200)), said("relay-expect"));
    assert_eq!(world.upstream.only("relay-expect").header("expect"), None);
}

#[test]
fn connections_are_kept_on_both_sides() {
    let world = MAIN.hold();
    let mut connection = testkit::Connection::open(world.gateway.proxy);
    for _ in 0..5 {
        let (answer, kept) = connection.call(&chat("/chat", "relay-kept", ""));
        answer.expect(200);
        connection = kept;
    }
    let requests = world.upstream.tagged("relay-kept");
    assert_eq!(requests.len(), 5);
    let mut upstream: Vec<u64> = requests.iter().map(|request| request.connection).collect();
    upstream.dedup();
    // Other tests use the same pool, so that a call may find its connection taken.
    assert!(upstream.len() < 5, "no upstream connection was used twice: {upstream:?}");
}

#[test]
fn a_get_with_a_body_is_a_call_too() {
    let world = MAIN.hold();
    let call = Call::get("/chat").header("x-test", "relay-get").json(body("hi", ""));
    assert_eq!(content(&world.send(&call).expect(200)), "echo: hi");
    assert_eq!(world.upstream.only("relay-get").method, "POST");
}
