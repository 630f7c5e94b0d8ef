//! Which bodies pass, and with what text the others are refused.

use super::*;

fn document(body: &str) -> Document {
    Document::parse(body.to_owned().into()).unwrap()
}

fn refusal(body: &str, operation: Operation) -> Option<String> {
    check(&document(body), operation).err().map(|error| error.to_string())
}

#[test]
fn the_head_is_read() {
    let body = r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}}"#;
    let document = document(body);
    let head = head(&document).unwrap();
    assert_eq!(head.model.as_deref(), Some("gpt-4o"));
    assert!(head.stream && head.include_usage);
}

#[test]
fn a_model_that_says_nothing_is_absent() {
    for body in ["{}", r#"{"model":null}"#, r#"{"model":""}"#, r#"{"model":7}"#, r#"{"model":["a"]}"#] {
        let document = document(body);
        assert_eq!(head(&document).unwrap(), Head::default(), "{body}");
    }
    let document =
        document(r#"{"mod\u0065l":"a\u002fb","stream":null,"stream_options":{"include_usage":false}}"#);
    let head = head(&document).unwrap();
    assert_eq!(head.model.as_deref(), Some("a/b"));
    assert!(!head.stream && !head.include_usage);
}

#[test]
fn stream_is_a_boolean() {
    for body in [r#"{"stream":"true"}"#, r#"{"stream":1}"#, r#"{"stream":{}}"#] {
        let document = document(body);
        assert_eq!(head(&document).unwrap_err().to_string(), "member 'stream' must be a boolean");
    }
}

#[test]
fn prompts_have_one_shape() {
    const NONE: &str = "request body doesn't contain valid prompts";
    const MANY: &str = "request matches multiple LLM request formats";
    const CHAT: &str = "[llm/v1/chat] message format is not compatible with [llm/v1/completions] route type";
    const COMPLETIONS: &str =
        "[llm/v1/completions] message format is not compatible with [llm/v1/chat] route type";
    for (body, chat, completions) in [
        (r#"{"messages":[{}]}"#, None, Some(CHAT)),
        (r#"{"messages":[{}],"prompt":null}"#, None, Some(CHAT)),
        (r#"{"prompt":"x"}"#, Some(COMPLETIONS), None),
        (r#"{"prompt":["x","y"]}"#, Some(COMPLETIONS), None),
        (r#"{"prompt":[[1,2],[3]]}"#, Some(COMPLETIONS), None),
        (r#"{"prompt":"x","messages":[]}"#, Some(COMPLETIONS), None),
        (r#"{"messages":[{}],"prompt":"x"}"#, Some(MANY), Some(MANY)),
        (r#"{"messages":[ ]}"#, Some(NONE), Some(NONE)),
        (r#"{"messages":"x"}"#, Some(NONE), Some(NONE)),
        (r#"{"messages":{}}"#, Some(NONE), Some(NONE)),
        (r#"{"prompt":7}"#, Some(NONE), Some(NONE)),
        (r#"{"prompt":[]}"#, Some(NONE), Some(NONE)),
        ("{}", Some(NONE), Some(NONE)),
    ] {
        assert_eq!(refusal(body, Operation::Chat).as_deref(), chat, "{body}");
        assert_eq!(refusal(body, Operation::Completions).as_deref(), completions, "{body}");
    }
}

#[test]
fn embeddings_need_an_input() {
    let refusal = |body| refusal(body, Operation::Embeddings);
    for body in [r#"{"input":"x"}"#, r#"{"input":[]}"#, r#"{"input":[[1]],"prompt":"x"}"#] {
        assert_eq!(refusal(body), None, "{body}");
    }
    for body in ["{}", r#"{"input":null}"#, r#"{"input":{}}"#] {
        assert_eq!(refusal(body).unwrap(), "member 'input' must be a string or an array", "{body}");
    }
    assert_eq!(
        refusal(r#"{"messages":[{}]}"#).unwrap(),
        "[llm/v1/chat] message format is not compatible with [llm/v1/embeddings] route type"
    );
}

#[test]
fn other_spellings_are_refused() {
    for (body, name) in [
        (r#"{"messages":[{}],"Model":"x"}"#, "model"),
        (r#"{"messages":[{}],"model":"x","\u004dODEL":"y"}"#, "model"),
        (r#"{"messages":[{}],"ſtream":true}"#, "stream"),
        (r#"{"messages":[{}],"extra_body":{"a":1,"\u0061":2}}"#, "extra_body"),
        (r#"{"messages":[{}],"extra_body":{"Max_Tokens":1}}"#, "extra_body.max_tokens"),
    ] {
        let text = format!("member '{name}' occurs twice, or in another spelling");
        assert_eq!(refusal(body, Operation::Chat), Some(text), "{body}");
    }
    assert_eq!(refusal(r#"{"messages":[{}],"Models":1,"N":2}"#, Operation::Chat), None);
}

#[test]
fn extra_body_is_an_object_of_bounded_size() {
    let refusal =
        |extra: &str| refusal(&format!(r#"{{"messages":[{{}}],"extra_body":{extra}}}"#), Operation::Chat);
    assert_eq!(refusal("null"), None);
    assert_eq!(refusal("{}"), None);
    assert_eq!(refusal("[]").unwrap(), "member 'extra_body' must be an object");
    let members = |count| (0..count).map(|index| format!("\"m{index}\":0")).collect::<Vec<_>>().join(",");
    assert_eq!(refusal(&format!("{{{}}}", members(128))), None);
    assert!(refusal(&format!("{{{}}}", members(129))).is_some());
}

#[test]
fn preserved_bodies_are_not_judged() {
    assert_eq!(refusal(r#"{"Model":1,"extra_body":7}"#, Operation::Preserve), None);
}
