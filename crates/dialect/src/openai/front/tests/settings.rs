//! The members at the top of a request as they are read.

use model::{Effort, ReasoningWish, ResponseFormat, UserPart};

use super::*;

#[test]
fn settings_keep_their_digits() {
    let request = with(
        r#""temperature":0.70,"top_p":1e0,"top_k":-1,"seed":-9007199254740993,"n":2,"frequency_penalty":0,"presence_penalty":1.0,
           "stop":"Z","logprobs":true,"top_logprobs":5,"logit_bias":{"50256":-100},"user":"u","service_tier":"flex","metadata":{"a":"b"},
           "parallel_tool_calls":false,"max_completion_tokens":5,"max_tokens":6,"stream":true,"stream_options":{"include_usage":true},"model":"m""#,
    );
    let sampling = &request.sampling;
    let written = [&sampling.temperature, &sampling.top_p, &sampling.top_k, &sampling.seed]
        .map(|number| number.as_ref().unwrap().as_str());
    assert_eq!(written, ["0.70", "1e0", "-1", "-9007199254740993"]);
    assert_eq!((request.max_tokens, sampling.n, sampling.top_logprobs), (Some(5), Some(2), Some(5)));
    assert_eq!((sampling.logprobs, request.parallel_tool_calls), (Some(true), Some(false)));
    assert_eq!(sampling.stop, ["Z"]);
    assert_eq!(sampling.logit_bias.as_ref().unwrap().as_str(), r#"{"50256":-100}"#);
    assert_eq!((request.user.as_deref(), request.service_tier.as_deref()), (Some("u"), Some("flex")));
    assert_eq!(request.metadata.as_ref().unwrap().as_str(), r#"{"a":"b"}"#);
    assert!(request.include_usage && request.extras.is_empty() && !request.completion);
}

#[test]
fn null_is_absent() {
    let request = with(
        r#""temperature":null,"tools":null,"stop":null,"max_tokens":null,"response_format":null,"extra_body":null,"stream_options":null"#,
    );
    assert_eq!(request, with(r#""model":"m""#));
}

#[test]
fn what_is_the_rule_anyway_is_no_wish() {
    let request = with(
        r#""modalities":["text"],"verbosity":"medium","service_tier":"auto",
        "parallel_tool_calls":true,"n":1,"logprobs":false"#,
    );
    assert!(request.extras.is_empty(), "{:?}", request.extras);
    assert_eq!(model::Parameter::of(&request), []);
    let wished = with(
        r#""modalities":["text","audio"],"store":true,"verbosity":"low","service_tier":"flex",
        "parallel_tool_calls":false"#,
    );
    for name in ["modalities", "store", "verbosity"] {
        assert!(wished.extras.value(name).is_some(), "{name}");
    }
    let of = model::Parameter::of(&wished);
    assert!(of.contains(&model::Parameter::ServiceTier) && of.contains(&model::Parameter::ParallelToolCalls));
    assert!(with(r#""modalities":[]"#).extras.value("modalities").is_some());
}

#[test]
fn formats_are_read() {
    for (format, expected) in [
        (r#"{"type":"text"}"#, ResponseFormat::Text),
        (r#"{"type":"json_object"}"#, ResponseFormat::JsonObject),
        (
            r#"{"type":"json_schema","json_schema":{"name":"n","description":"d","strict":true,"schema":{"b":1,"a":[]}}}"#,
            ResponseFormat::JsonSchema {
                name: "n".into(),
                description: Some("d".into()),
                schema: model::Json::from_static(r#"{"b":1,"a":[]}"#),
                strict: Some(true),
            },
        ),
    ] {
        assert_eq!(with(&format!("\"response_format\":{format}")).response_format, expected);
    }
    assert!(with(r#""response_format":{"type":"grammar"}"#).extras.value("response_format").is_some());
}

#[test]
fn wishes_about_reasoning_decide_together() {
    for (members, expected) in [
        (r#""reasoning_effort":"none""#, Some(ReasoningWish::Off)),
        (r#""reasoning_effort":"minimal""#, Some(ReasoningWish::Effort(Effort::Minimal))),
        (r#""thinking":{"type":"disabled"},"reasoning_effort":"high""#, Some(ReasoningWish::Off)),
        (r#""thinking":{"type":"enabled","budget_tokens":2048}"#, Some(ReasoningWish::Budget(2048))),
        (
            r#""thinking":{"type":"adaptive"},"reasoning_effort":"low""#,
            Some(ReasoningWish::Adaptive(Some(Effort::Low))),
        ),
        (r#""thinking":{"type":"enabled"}"#, Some(ReasoningWish::Adaptive(None))),
        (r#""reasoning_effort":null"#, None),
    ] {
        assert_eq!(with(members).reasoning, expected, "{members}");
    }
    assert!(with(r#""thinking":true"#).extras.value("thinking").is_some());
}

#[test]
fn the_top_counts_before_extra_body() {
    let (request, losses) = read(
        r#"{"messages":[{"role":"user","content":"q"}],"temperature":1,"max_tokens":null,
            "extra_body":{"temperature":2,"top_k":3,"safetySettings":[],"model":"x","Stream":true,"max_tokens":9,"messages":[]}}"#,
    );
    assert_eq!(request.sampling.temperature.unwrap().as_str(), "1");
    assert_eq!((request.sampling.top_k.unwrap().as_str(), request.max_tokens), ("3", Some(9)));
    let extras: Vec<_> = request.extras.iter().map(|extra| &*extra.name).collect();
    assert_eq!(extras, ["safetySettings"]);
    assert_eq!(
        losses,
        ["extra_body.model dropped", "extra_body.stream dropped", "extra_body.messages dropped"]
    );
    assert_eq!(request.messages.len(), 1);
}

#[test]
fn prompts_are_messages_of_users() {
    let text = |body: &str| {
        let asked = ask(&COMPLETIONS_FRONT, body).unwrap();
        assert!(asked.request.completion);
        match &asked.request.messages[..] {
            [Message::User(user)] => (Message::text_of(&user.parts), names(&asked.losses)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(text(r#"{"prompt":"a b"}"#), ("a b".into(), vec![]));
    assert_eq!(text(r#"{"prompt":["a"]}"#), ("a".into(), vec![]));
    assert_eq!(text(r#"{"prompt":["a","b"]}"#), ("a\nb".into(), vec!["prompt approximated".to_owned()]));
    let tokens = ask(&COMPLETIONS_FRONT, r#"{"prompt":[1,2]}"#).err().unwrap().to_string();
    assert_eq!(tokens, "member 'prompt' must be a string or an array of strings");
    let asked = ask(&COMPLETIONS_FRONT, r#"{"prompt":"a","logprobs":3,"echo":true,"suffix":"s"}"#).unwrap();
    assert_eq!((asked.request.sampling.logprobs, asked.request.sampling.top_logprobs), (Some(true), Some(3)));
    let extras: Vec<_> = asked.request.extras.iter().map(|extra| &*extra.name).collect();
    assert_eq!(extras, ["echo", "suffix"]);
    assert!(
        matches!(&asked.request.messages[0], Message::User(user) if matches!(user.parts[0], UserPart::Text(_)))
    );
}
