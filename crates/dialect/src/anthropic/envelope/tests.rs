//! Bodies pass byte for byte, but for what a host needs; streams are read along.

use bytes::Bytes;
use model::{ConfiguredOptions, FinishReason, OptionsPrecedence, Settings, Told, Usage, UsageSource};
use proptest::prelude::*;
use stream::{End, FrameKind, RelaySettings, SseRelay, StreamEnd, relay_cut};

use super::*;
use crate::Quirks;
use crate::anthropic::schemas::data_folder;
use crate::{Family, SamplingRule, openai};

const NO_OPTIONS: ConfiguredOptions = ConfiguredOptions {
    max_tokens: None,
    temperature: None,
    top_p: None,
    top_k: None,
    embeddings_dimensions: None,
    precedence: OptionsPrecedence::Request,
};

fn reading(operation: Operation) -> Reading<'static> {
    Reading { operation, quirks: &Quirks::NONE, nonce: "n", named: None }
}

fn call(options: &ConfiguredOptions) -> Call<'_> {
    Call {
        operation: Operation::Chat,
        model: None,
        options,
        family: &Family::UNKNOWN,
        settings: const { &Settings::NONE },
        quirks: &Quirks::NONE,
        delivery: Delivery::Whole,
        want_usage: true,
        credential: None,
        betas: "",
        version: "",
    }
}

fn edited(envelope: &dyn Envelope, body: &str, call: &Call<'_>) -> (String, Vec<String>) {
    let document = Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    let (mut edits, mut losses) = (Edits::new(), Losses::default());
    envelope.edit(&document, call, &mut edits, &mut losses).unwrap();
    let bytes = document.apply(&edits).to_bytes();
    let losses = losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect();
    (String::from_utf8(bytes.to_vec()).unwrap(), losses)
}

/// What Claude Code sends, in small: marks, signatures, members that nobody here knows.
const BODY: &str = r#"{ "model":"claude-x","max_tokens":100, "future":{"a":[]},"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s=="}]}],"n":1.50}"#;

#[test]
fn nothing_changes_without_need() {
    for (envelope, model) in
        [(&ENVELOPE, Some("claude-x")), (&FOUNDRY_ENVELOPE, None), (&DATABRICKS_ENVELOPE, None)]
    {
        let call = Call { model, ..call(&NO_OPTIONS) };
        assert_eq!(edited(envelope, BODY, &call), (BODY.to_owned(), Vec::new()));
    }
    let preserve = Call { operation: Operation::Preserve, model: Some("other"), ..call(&NO_OPTIONS) };
    assert_eq!(edited(&BEDROCK_ENVELOPE, BODY, &preserve).0, BODY);
}

#[test]
fn model_stream_and_version_are_where_the_host_reads_them() {
    let stream = Call { model: Some("m"), delivery: Delivery::Stream, ..call(&NO_OPTIONS) };
    let body = r#"{"model":"a","stream":false,"messages":[{}]}"#;
    assert_eq!(edited(&ENVELOPE, body, &stream).0, r#"{"model":"m","stream":true,"messages":[{}]}"#);
    let version = r#""anthropic_version":"bedrock-2023-05-31""#;
    assert_eq!(edited(&BEDROCK_ENVELOPE, body, &stream).0, format!(r#"{{"messages":[{{}}],{version}}}"#));
    let version = r#""anthropic_version":"vertex-2023-10-16""#;
    assert_eq!(
        edited(&VERTEX_ENVELOPE, body, &stream).0,
        format!(r#"{{"stream":true,"messages":[{{}}],{version}}}"#)
    );
    let own = r#"{"anthropic_version":"vertex-2030-01-01","messages":[{}]}"#;
    assert_eq!(edited(&VERTEX_ENVELOPE, own, &call(&NO_OPTIONS)).0, own);
    // Absent is no stream.
    let whole = r#"{"messages":[{}]}"#;
    assert_eq!(edited(&ENVELOPE, whole, &call(&NO_OPTIONS)).0, whole);
}

#[test]
fn options_are_merged_by_precedence() {
    let options = ConfiguredOptions {
        max_tokens: Some(9),
        temperature: Some("0.50".into()),
        top_k: Some(3),
        ..NO_OPTIONS
    };
    let body = r#"{"messages":[{}],"max_tokens":1,"temperature":null}"#;
    let merged = r#"{"messages":[{}],"max_tokens":1,"temperature":0.50,"top_k":3}"#;
    assert_eq!(edited(&ENVELOPE, body, &call(&options)).0, merged);
    let config = ConfiguredOptions { precedence: OptionsPrecedence::Config, ..options };
    let merged = r#"{"messages":[{}],"max_tokens":9,"temperature":0.50,"top_k":3}"#;
    assert_eq!(edited(&ENVELOPE, body, &call(&config)).0, merged);
    let thinking = r#"{"messages":[{}],"max_tokens":9,"thinking":{"type":"adaptive"}}"#;
    assert_eq!(edited(&ENVELOPE, thinking, &call(&config)).0, thinking);
    let completions = Call { operation: Operation::Completions, ..call(&config) };
    let prompt = edited(&ENVELOPE, r#"{"prompt":"x"}"#, &completions).0;
    assert_eq!(prompt, r#"{"prompt":"x","max_tokens_to_sample":9,"temperature":0.50,"top_k":3}"#);
}

fn sampling(rule: SamplingRule, options: &ConfiguredOptions, body: &str) -> (String, Vec<String>) {
    let family = Family { sampling: rule, ..Family::UNKNOWN };
    let (found, losses) = edited(&ENVELOPE, body, &Call { family: &family, ..call(options) });
    let found = found.strip_prefix(r#"{"messages":[{}]"#).and_then(|rest| rest.strip_suffix('}'));
    (found.unwrap().to_owned(), losses)
}

#[test]
fn configured_options_are_those_that_the_model_takes() {
    let some = ConfiguredOptions {
        temperature: Some("0.5".into()),
        top_p: Some("0.9".into()),
        top_k: Some(3),
        ..NO_OPTIONS
    };
    let bare = r#"{"messages":[{}]}"#;
    let warm = r#"{"messages":[{}],"temperature":1}"#;
    let cut = r#"{"messages":[{}],"top_p":1}"#;
    let both = r#"{"messages":[{}],"temperature":1,"top_p":1}"#;
    let by_config = ConfiguredOptions { precedence: OptionsPrecedence::Config, ..some.clone() };
    let no_heat = ConfiguredOptions { temperature: None, ..some.clone() };
    for (rule, options, body, expected, lost) in [
        (SamplingRule::Free, &some, bare, r#","temperature":0.5,"top_p":0.9,"top_k":3"#, &[][..]),
        (SamplingRule::OneOf, &some, bare, r#","temperature":0.5,"top_k":3"#, &["top_p dropped"]),
        (SamplingRule::OneOf, &no_heat, bare, r#","top_p":0.9,"top_k":3"#, &[]),
        (SamplingRule::OneOf, &some, warm, r#","temperature":1,"top_k":3"#, &["top_p dropped"]),
        (SamplingRule::OneOf, &some, cut, r#","top_p":1,"top_k":3"#, &["temperature dropped"]),
        (SamplingRule::OneOf, &by_config, cut, r#","top_p":0.9,"top_k":3"#, &["temperature dropped"]),
        (SamplingRule::OneOf, &by_config, warm, r#","temperature":0.5,"top_k":3"#, &["top_p dropped"]),
        // The client's own members are the client's.
        (SamplingRule::OneOf, &some, both, r#","temperature":1,"top_p":1,"top_k":3"#, &[]),
        (SamplingRule::Fixed, &some, both, r#","temperature":1,"top_p":1"#, &["top_k dropped"]),
        (
            SamplingRule::Fixed,
            &by_config,
            warm,
            r#","temperature":1"#,
            &["temperature dropped", "top_p dropped", "top_k dropped"],
        ),
        (SamplingRule::Fixed, &NO_OPTIONS, warm, r#","temperature":1"#, &[]),
    ] {
        let (found, losses) = sampling(rule, options, body);
        assert_eq!(
            (found.as_str(), losses.as_slice()),
            (expected, &*lost.iter().map(|lost| (*lost).to_owned()).collect::<Vec<_>>()),
            "{rule:?} {body}"
        );
    }
}

#[test]
fn the_newest_version_takes_no_sampling() {
    let options = ConfiguredOptions { max_tokens: Some(9), temperature: Some("0.5".into()), ..NO_OPTIONS };
    let newest = Call { version: "2026-10-21", ..call(&options) };
    let body = r#"{"messages":[{}],"top_p":1}"#;
    let (found, losses) = edited(&ENVELOPE, body, &newest);
    assert_eq!(found, r#"{"messages":[{}],"top_p":1,"max_tokens":9}"#);
    assert_eq!(losses, ["temperature dropped"]);
    let (found, losses) = edited(&BEDROCK_ENVELOPE, body, &newest);
    assert!(found.contains(r#""temperature":0.5"#) && losses.is_empty(), "{found}");
}

#[test]
fn what_a_host_refuses_is_taken_out_and_told() {
    let body = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","scope":"turn"}},{"type":"tool_result","content":[{"type":"text","cache_control":{"scope":"x","ttl":"5m"}}]}]}],"tools":[{"name":"f","cache_control":{"scope":"a","type":"ephemeral"},"input_schema":{"cache_control":{"scope":1}}},{"type":"web_search_20250305","name":"web_search"}],"service_tier":"auto","context_management":{"edits":[]},"output_format":null,"anthropic_beta":["unknown-1"]}"#;
    let (found, losses) = edited(&BEDROCK_ENVELOPE, body, &call(&NO_OPTIONS));
    let expected = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},{"type":"tool_result","content":[{"type":"text","cache_control":{"ttl":"5m"}}]}]}],"tools":[{"name":"f","cache_control":{"type":"ephemeral"},"input_schema":{"cache_control":{"scope":1}}}],"anthropic_version":"bedrock-2023-05-31"}"#;
    assert_eq!(found, expected);
    let lost = [
        "anthropic_beta.unknown-1",
        "service_tier",
        "context_management",
        "tools.web_search",
        "cache_control.scope",
    ];
    assert_eq!(losses, lost.map(|member| format!("{member} dropped")));

    let with_beta = Call { betas: "context-management-2025-06-27, x", ..call(&NO_OPTIONS) };
    let (found, _) = edited(&BEDROCK_ENVELOPE, r#"{"messages":[{}],"context_management":{}}"#, &with_beta);
    assert_eq!(
        found,
        r#"{"messages":[{}],"context_management":{},"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["context-management-2025-06-27"]}"#
    );
    let only = r#"{"messages":[{}],"tools":[{"type":"web_search_20250305","name":"w"}],"tool_choice":{"type":"any"}}"#;
    assert_eq!(edited(&DATABRICKS_ENVELOPE, only, &call(&NO_OPTIONS)).0, r#"{"messages":[{}]}"#);
}

#[test]
fn the_header_of_betas_is_what_the_host_takes() {
    let asked = Call { betas: "context-1m-2025-08-07,x-1", ..call(&NO_OPTIONS) };
    assert_eq!(ENVELOPE.headers(&asked), []);
    assert_eq!(VERTEX_ENVELOPE.headers(&asked), [("anthropic-beta", "context-1m-2025-08-07".to_owned())]);
    assert_eq!(BEDROCK_ENVELOPE.headers(&asked), [("anthropic-beta", String::new())]);
    assert_eq!(BEDROCK_ENVELOPE.headers(&call(&NO_OPTIONS)), []);
    let known = Call { betas: "context-1m-2025-08-07", ..asked };
    assert_eq!(VERTEX_ENVELOPE.headers(&known), []);
}

#[test]
fn bodies_are_checked_for_what_matters() {
    let check = |body: &str, operation| {
        let document = Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        ENVELOPE.check(&document, operation).err().map(|error| error.to_string())
    };
    let chat = |body| check(body, Operation::Chat);
    assert_eq!(chat(r#"{"messages":[{}]}"#), None);
    assert_eq!(chat(r#"{"messages":[]}"#).unwrap(), "request body doesn't contain valid prompts");
    assert_eq!(
        chat(r#"{"messages":[{}],"prompt":"x"}"#).unwrap(),
        "request matches multiple LLM request formats"
    );
    assert_eq!(
        chat(r#"{"prompt":"x"}"#).unwrap(),
        "[llm/v1/completions] message format is not compatible with [llm/v1/chat] route type"
    );
    assert_eq!(check(r#"{"prompt":"x"}"#, Operation::Completions), None);
    assert_eq!(
        chat(r#"{"messages":[{}],"Model":"x"}"#).unwrap(),
        "member 'model' occurs twice, or in another spelling"
    );
    assert_eq!(check(r#"{"Model":"x"}"#, Operation::Preserve), None);
    assert_eq!(check(r#"{"requests":[]}"#, Operation::Batches), None);

    let document = Document::parse(Bytes::from_static(br#"{"model":"c","stream":true}"#)).unwrap();
    let head = ENVELOPE.head(&document).unwrap();
    assert_eq!((head.model.as_deref(), head.stream, head.include_usage), (Some("c"), true, false));
    let wrong = Document::parse(Bytes::from_static(br#"{"model":"","stream":"yes"}"#)).unwrap();
    assert_eq!(ENVELOPE.head(&wrong).unwrap_err().to_string(), "member 'stream' must be a boolean");
}

#[test]
fn whole_answers_are_checked_and_counted() {
    let whole = |operation, body: &str| ENVELOPE.whole(&reading(operation), body.as_bytes());
    let answer = whole(
        Operation::Chat,
        r#"{"content":[{"type":"text","text":"x"}],"usage":{"input_tokens":3,"cache_read_input_tokens":2,"output_tokens":4}}"#,
    );
    let usage = Usage { fresh_input: 3, cache_read: 2, output: 4, ..Usage::default() };
    assert_eq!(answer, Ok(WholeAnswer { usage: Some(usage), ..WholeAnswer::default() }));
    let uncounted = r#"{"content":[{"type":"text","text":"a\u00e9"},{"type":"tool_use","name":"f","input":{"x":1}},{"type":"tool_use","input":{}}]}"#;
    assert_eq!(
        whole(Operation::Chat, uncounted),
        Ok(WholeAnswer { output_bytes: 10, ..WholeAnswer::default() })
    );
    assert_eq!(
        whole(Operation::Completions, r#"{"completion":"abc"}"#),
        Ok(WholeAnswer { output_bytes: 3, ..WholeAnswer::default() })
    );
    let told = whole(
        Operation::Chat,
        r#"{"id":"msg_1","model":"claude-x","content":[],"stop_reason":"max_tokens","usage":{"input_tokens":3,"output_tokens":4,"service_tier":"priority"}}"#,
    );
    let expected = Told {
        id: Some("msg_1".into()),
        model: Some("claude-x".into()),
        service_tier: Some("priority".into()),
        finish_reasons: vec![FinishReason::Length],
    };
    assert_eq!(told.map(|answer| answer.told), Ok(expected));
    assert_eq!(whole(Operation::Chat, "[]"), Err(AnswerError::NotAnObject));
    assert_eq!(
        whole(Operation::Chat, r#"{"content":"x"}"#),
        Err(AnswerError::Missing("content", "llm/v1/chat"))
    );
    assert!(whole(Operation::Batches, "{}").is_ok());
}

const STREAM: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-x\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":2,\"output_tokens\":1}}}\n\n\
    event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
    event: ping\ndata: {\"type\": \"ping\"}\n\n\
    event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"12345\"}}\n\n\
    event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
const DELTA: &str = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\n";
const STOP: &str = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

fn relay(operation: Operation) -> SseRelay {
    let settings = RelaySettings { input_estimate: 99, ..RelaySettings::default() };
    let fault = Box::new(|fault| Bytes::from(format!("event: error\ndata: {fault}\n\n")));
    SseRelay::new(ENVELOPE.stream(&reading(operation)), settings, fault)
}

fn relayed(body: &str, end: End) -> (String, stream::Summary) {
    let (out, summary) = relay_cut(relay(Operation::Chat), body.as_bytes(), [], end);
    (String::from_utf8(out).unwrap(), summary)
}

#[test]
fn a_stream_passes_and_is_counted() {
    let body = [STREAM, DELTA, STOP].concat();
    let (out, summary) = relayed(&body, End::Clean);
    let usage = Usage { fresh_input: 10, cache_read: 2, output: 7, ..Usage::default() };
    assert_eq!(
        (out, summary.end, summary.usage),
        (body, StreamEnd::Complete, Some((usage, UsageSource::Reported)))
    );
    assert_eq!((summary.told.model.as_deref(), summary.output_bytes), (Some("claude-x"), 5));
}

fn named(envelope: &dyn Envelope, body: &str, model: Option<&str>) -> Option<String> {
    let document = Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    let call = Call { model, ..call(&NO_OPTIONS) };
    envelope.named(&document, &call).map(std::borrow::Cow::into_owned)
}

#[test]
fn answers_are_named_as_asked_where_the_host_was_told_another_name() {
    let body = r#"{"model":"house\u002fclaude-x","messages":[{}]}"#;
    let asked = Some("house/claude-x".to_owned());
    assert_eq!(named(&ENVELOPE, body, Some("claude-x")), asked);
    // The host was told in the body what the client said, or nothing.
    assert_eq!(named(&ENVELOPE, body, Some("house/claude-x")), None);
    assert_eq!(named(&FOUNDRY_ENVELOPE, body, None), None);
    // It was told in the URL, where it has names of its own.
    assert_eq!(named(&BEDROCK_ENVELOPE, body, Some("house/claude-x")), asked);
    assert_eq!(named(&VERTEX_ENVELOPE, body, Some("claude-x@1")), asked);
    for nobody in
        [r#"{"messages":[{}]}"#, r#"{"model":"","messages":[{}]}"#, r#"{"model":1,"messages":[{}]}"#]
    {
        assert_eq!(named(&BEDROCK_ENVELOPE, nobody, Some("claude-x")), None);
    }
    assert_eq!(named(&openai::OPENAI, body, Some("claude-x")), None);
}

#[test]
fn nothing_but_the_name_changes_in_a_whole_answer() {
    let body = r#"{ "id":"m", "content":[{"model":"claude-x","n":1.50}] ,"model" : "claude-x","x":[ ]}"#;
    let renamed = |body: &str, name| {
        let reading = Reading { named: Some(name), ..reading(Operation::Batches) };
        let answer = ENVELOPE.whole(&reading, body.as_bytes()).unwrap_or_default();
        answer.mended.map(|body| String::from_utf8(body).unwrap())
    };
    let expected = body.replace(r#""model" : "claude-x""#, r#""model" : "a \"b\"""#);
    assert_eq!(renamed(body, "a \"b\""), Some(expected));
    for unchanged in [body, r#"{"content":[]}"#, r#"{"model":null}"#, "[]", "{"] {
        assert_eq!(renamed(unchanged, "claude-x"), None, "{unchanged}");
    }
}

#[test]
fn nothing_but_the_name_changes_in_a_stream() {
    let body = [STREAM, DELTA, STOP].concat();
    let expected = body.replacen("claude-x", "house/claude", 1);
    for name in ["house/claude", "claude-x"] {
        let reader = ENVELOPE.stream(&Reading { named: Some(name), ..reading(Operation::Chat) });
        let fault = Box::new(|fault| panic!("{fault}"));
        let relay = SseRelay::new(reader, RelaySettings::default(), fault);
        let (out, summary) = relay_cut(relay, body.as_bytes(), vec![7; body.len() / 7], End::Clean);
        let out = String::from_utf8(out).unwrap();
        assert_eq!(&out, if name == "claude-x" { &body } else { &expected });
        // The account has what the provider said.
        assert_eq!((summary.told.model.as_deref(), summary.end), (Some("claude-x"), StreamEnd::Complete));
        assert_eq!(summary.bytes_out, out.len() as u64);
    }
}

#[test]
fn the_end_mark_is_added_once_and_only_to_a_complete_answer() {
    let (out, summary) = relayed(&[STREAM, DELTA].concat(), End::Clean);
    assert_eq!((out, summary.end), ([STREAM, DELTA, STOP].concat(), StreamEnd::Complete));
    let (out, _) = relayed(&[STREAM, DELTA, STOP, STOP].concat(), End::Clean);
    assert_eq!(out, [STREAM, DELTA, STOP].concat());
    let (out, summary) = relayed(STREAM, End::Clean);
    assert!(out.starts_with(STREAM) && out.ends_with("\n\n") && out.contains("event: error"), "{out}");
    assert!(matches!(summary.end, StreamEnd::Truncated(_)));
    // The input was counted, the output is estimated.
    let usage = Usage { fresh_input: 10, cache_read: 2, output: 2, ..Usage::default() };
    assert_eq!(summary.usage, Some((usage, UsageSource::Estimated)));
}

#[test]
fn errors_are_told_apart() {
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n";
    let body = [STREAM, error].concat();
    let (out, summary) = relayed(&body, End::Clean);
    assert_eq!((out, summary.end), (body, StreamEnd::UpstreamError));
    let mut reader = ENVELOPE.stream(&reading(Operation::Chat));
    assert_eq!(reader.frame(None, br#"{"type":"error","error":{}}"#), FrameKind::Error);
    assert_eq!(reader.frame(None, b"no json"), FrameKind::Content);
    assert_eq!(ENVELOPE.error_status(br#"{"type":"error","error":{"type":"overloaded_error"}}"#), 529);
    assert!(reader.whole(b"{}") && !reader.whole(b"{\"a\":"));
}

#[test]
fn legacy_completions_are_read_along() {
    let body = "event: completion\ndata: {\"type\":\"completion\",\"completion\":\" hi\",\"stop_reason\":null,\"model\":\"claude-2\"}\n\nevent: completion\ndata: {\"type\":\"completion\",\"completion\":\"\",\"stop_reason\":\"stop_sequence\",\"model\":\"claude-2\"}\n\n";
    let (out, summary) = relay_cut(relay(Operation::Completions), body.as_bytes(), [], End::Clean);
    assert_eq!((out, summary.end, summary.output_bytes), (body.as_bytes().to_vec(), StreamEnd::Complete, 3));
    assert_eq!(summary.told.model.as_deref(), Some("claude-2"));
}

#[test]
fn gateway_made_errors_are_anthropics() {
    let verdict = Verdict {
        status: 404,
        kind: "invalid_request_error",
        code: Some("x"),
        param: None,
        message: "no such model",
    };
    let expected = r#"{"type":"error","error":{"type":"not_found_error","message":"no such model"}}"#;
    assert_eq!(ENVELOPE.error(&verdict), expected.as_bytes());
    assert_eq!(ENVELOPE.error_frame(&verdict), format!("event: error\ndata: {expected}\n\n").as_bytes());
    assert_eq!(ENVELOPE.keep_alive(), b"event: ping\ndata: {\"type\": \"ping\"}\n\n");
}

#[test]
fn recorded_streams_pass_unchanged() {
    let folder = data_folder().join("streams/anthropic");
    if !folder.is_dir() {
        println!("left out: recorded_streams_pass_unchanged: {} not present", folder.display());
        return;
    }
    let mut passed = 0;
    for source in ["agentgateway/response-anthropic", "pydantic-ai", "openllmetry"] {
        for entry in std::fs::read_dir(folder.join(source)).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "sse") {
                continue;
            }
            let mut body = std::fs::read(&path).unwrap();
            // A comment behind the end, which is no frame because no blank line follows.
            if let Some(rest) = body.strip_suffix(b": stream complete\n") {
                body.truncate(rest.len());
            }
            let (out, summary) = relay_cut(relay(Operation::Chat), &body, [], End::Clean);
            assert!(out == body, "{}", path.display());
            assert_eq!(summary.end, StreamEnd::Complete, "{}", path.display());
            assert!(matches!(summary.usage, Some((_, UsageSource::Reported))), "{}", path.display());
            let cut = relay_cut(relay(Operation::Chat), &body, vec![5; body.len() / 5], End::Clean);
            assert!(cut == (out, summary), "{}", path.display());
            passed += 1;
        }
    }
    assert!(passed >= 15, "only {passed}");
}

#[test]
fn versions_are_where_the_host_reads_them() {
    let asked = Call { version: "2023-06-01", ..call(&NO_OPTIONS) };
    assert_eq!(BEDROCK_ENVELOPE.headers(&asked), [("anthropic-version", String::new())]);
    for envelope in [&ENVELOPE, &VERTEX_ENVELOPE, &FOUNDRY_ENVELOPE] {
        assert_eq!(envelope.headers(&asked), []);
    }
    let mut settings = Settings::default();
    settings.set("anthropic_version", "bedrock-2030-01-01");
    let configured = Call { settings: &settings, ..asked };
    let (found, _) = edited(&BEDROCK_ENVELOPE, r#"{"messages":[{}]}"#, &configured);
    assert_eq!(found, r#"{"messages":[{}],"anthropic_version":"bedrock-2030-01-01"}"#);
    assert_eq!(edited(&ENVELOPE, r#"{"messages":[{}]}"#, &configured).0, r#"{"messages":[{}]}"#);
    // Betas in a body stay there, less those that the host would refuse the request for.
    let body = r#"{"messages":[{}],"anthropic_beta":["x-1","context-1m-2025-08-07"]}"#;
    let (found, losses) = edited(&DATABRICKS_ENVELOPE, body, &call(&NO_OPTIONS));
    assert_eq!(found, r#"{"messages":[{}],"anthropic_beta":["context-1m-2025-08-07"]}"#);
    assert_eq!(losses, ["anthropic_beta.x-1 dropped"]);
    assert_eq!(edited(&FOUNDRY_ENVELOPE, body, &call(&NO_OPTIONS)).0, body);
}

proptest! {
    #[test]
    fn members_that_nobody_edits_stay_as_they_are(
        names in prop::collection::btree_set("[a-z]{1,6}_x", 0..6),
        value in prop::sample::select(vec!["1.50", "[ ]", "{\"b\":1,\"a\":{}}", "\"\\u00e9\"", "12345678901234567890123"]),
        bedrock in any::<bool>(),
    ) {
        let unknown: Vec<_> = names.iter().map(|name| format!(",\"{name}\" : {value}")).collect();
        let unknown = unknown.concat();
        let body = format!("{{\"model\":\"a\",\"messages\":[{{ }}]{unknown}}}");
        let (envelope, expected) = if bedrock {
            (&BEDROCK_ENVELOPE, format!("{{\"messages\":[{{ }}]{unknown},\"anthropic_version\":\"bedrock-2023-05-31\"}}"))
        } else {
            (&ENVELOPE, body.replacen("\"a\"", "\"m\"", 1))
        };
        let call = Call { model: Some("m"), ..call(&NO_OPTIONS) };
        let (found, losses) = edited(envelope, &body, &call);
        prop_assert_eq!(&found, &expected);
        prop_assert!(losses.is_empty());
        prop_assert_eq!(edited(envelope, &found, &call).0, expected);
    }
}

#[test]
fn errors_in_a_hosts_own_form_are_read() {
    let own = br#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#;
    let of_google = br#"[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}]"#;
    let of_databricks = br#"{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow down"}"#;
    for (envelope, body) in [(&VERTEX_ENVELOPE, &of_google[..]), (&DATABRICKS_ENVELOPE, of_databricks)] {
        assert_eq!(envelope.foreign_error(529, &|_| None, own), None);
        let error = envelope.foreign_error(429, &|_| None, body).unwrap();
        assert_eq!((error.kind, &*error.message), (ErrorKind::RateLimit, "slow down"));
    }
    // Anthropic's own API has nothing else.
    assert_eq!(ENVELOPE.foreign_error(429, &|_| None, of_databricks), None);
}
