//! Small cases with what must come out.

use bytes::Bytes;
use model::{ConfiguredOptions, Settings};

use super::*;
use crate::{Family, Quirks};

mod on_values;
mod rules;

const NO_OPTIONS: ConfiguredOptions = ConfiguredOptions {
    max_tokens: None,
    temperature: None,
    top_p: None,
    top_k: None,
    embeddings_dimensions: None,
    precedence: OptionsPrecedence::Request,
};

fn call<'a>(quirks: &'a Quirks, options: &'a ConfiguredOptions) -> Call<'a> {
    Call {
        operation: Operation::Chat,
        model: None,
        options,
        family: &Family::UNKNOWN,
        settings: const { &Settings::NONE },
        quirks,
        delivery: Delivery::Whole,
        want_usage: true,
        credential: None,
        betas: "",
        version: "",
    }
}

/// The body that goes out, what was lost, and whether there were no edits.
fn edited(body: &str, call: &Call<'_>) -> (String, Vec<String>, bool) {
    let document = Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    let (mut edits, mut losses) = (Edits::new(), Losses::default());
    edit(&document, call, &mut edits, &mut losses);
    let bytes = document.apply(&edits).to_bytes();
    Document::parse(bytes.clone()).unwrap();
    let losses = losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect();
    (String::from_utf8(bytes.to_vec()).unwrap(), losses, edits.is_empty())
}

fn body_of(body: &str, call: &Call<'_>) -> String {
    edited(body, call).0
}

#[test]
fn what_fits_passes_untouched() {
    let body = "{ \"model\" :\"m\",\"messages\":[ {\"role\":\"developer\"}],\"x\":123456789012345678901234567890,\n\"stream\":false,\"n\":1e400 }";
    let call = Call { model: Some("m"), ..call(&Quirks::NONE, &NO_OPTIONS) };
    assert_eq!(edited(body, &call), (body.to_owned(), vec![], true));
    let streamed = r#"{"stream":true,"stream_options":{"include_usage":true,"x":0},"model":"m"}"#;
    let stream = Call { delivery: Delivery::Stream, ..call };
    assert_eq!(edited(streamed, &stream), (streamed.to_owned(), vec![], true));
    let embeddings = Call { operation: Operation::Embeddings, ..call };
    let body = r#"{"input":"x","model":"m","stream":1,"max_tokens":null}"#;
    assert_eq!(edited(body, &embeddings), (body.to_owned(), vec![], true));
}

#[test]
fn preserved_bodies_are_never_touched() {
    let options = ConfiguredOptions { max_tokens: Some(5), ..NO_OPTIONS };
    let call = Call { operation: Operation::Preserve, model: Some("m"), ..call(&Quirks::NONE, &options) };
    let body = r#"{"model":"other","extra_body":{"x":1}}"#;
    assert_eq!(edited(body, &call), (body.to_owned(), vec![], true));
}

#[test]
fn the_model_is_set() {
    let call = Call { model: Some("a\"b"), ..call(&Quirks::NONE, &NO_OPTIONS) };
    for (body, expected) in [
        (r#"{"model":"x","stream":false}"#, r#"{"model":"a\"b","stream":false}"#),
        (r#"{"model":null,"stream":false}"#, r#"{"model":"a\"b","stream":false}"#),
        (r#"{"stream":false}"#, r#"{"stream":false,"model":"a\"b"}"#),
        (r#"{"mod\u0065l":"a\u0022b","stream":false}"#, r#"{"mod\u0065l":"a\u0022b","stream":false}"#),
    ] {
        assert_eq!(body_of(body, &call), expected);
    }
}

#[test]
fn stream_is_written_explicitly() {
    let whole = call(&Quirks::NONE, &NO_OPTIONS);
    let stream = Call { delivery: Delivery::Stream, want_usage: false, ..whole };
    assert_eq!(body_of("{}", &whole), r#"{"stream":false}"#);
    assert_eq!(body_of(r#"{"stream":null}"#, &whole), r#"{"stream":false}"#);
    assert_eq!(body_of("{}", &stream), r#"{"stream":true}"#);
    assert_eq!(body_of(r#"{"stream":false,"a":1}"#, &stream), r#"{"stream":true,"a":1}"#);
    let completions = Call { operation: Operation::Completions, ..stream };
    assert_eq!(body_of("{}", &completions), r#"{"stream":true}"#);
}

#[test]
fn usage_is_asked_for_on_our_behalf() {
    let quirks = |usage_in_stream| Quirks { usage_in_stream, ..Quirks::NONE };
    let (ask, always, client) = (
        quirks(UsageInStream::OnRequest),
        quirks(UsageInStream::Always),
        quirks(UsageInStream::WhenClientAsks),
    );
    let stream =
        |quirks, want_usage| Call { delivery: Delivery::Stream, want_usage, ..call(quirks, &NO_OPTIONS) };
    let streamed = |options: &str| format!("{{\"stream\":true{options}}}");
    let asked = r#","stream_options":{"include_usage":true}"#;
    for (call, before, after) in [
        (stream(&ask, true), "", asked),
        (stream(&ask, true), asked, asked),
        (stream(&ask, true), r#","stream_options":null"#, asked),
        (stream(&ask, true), r#","stream_options":{"include_usage":false}"#, asked),
        (
            stream(&ask, true),
            r#","stream_options":{"include_obfuscation":false}"#,
            r#","stream_options":{"include_obfuscation":false,"include_usage":true}"#,
        ),
        (stream(&ask, true), r#","stream_options":7"#, r#","stream_options":7"#),
        (stream(&ask, false), "", ""),
        (stream(&ask, false), asked, asked),
        (stream(&always, true), asked, ""),
        (stream(&always, true), "", ""),
        (stream(&client, true), "", ""),
        (stream(&client, true), asked, asked),
    ] {
        assert_eq!(body_of(&streamed(before), &call), streamed(after));
    }
    let whole = call(&ask, &NO_OPTIONS);
    assert_eq!(body_of(r#"{"stream":false,"stream_options":{}}"#, &whole), r#"{"stream":false}"#);
}

#[test]
fn options_are_merged_by_precedence() {
    let configured = |precedence| ConfiguredOptions {
        temperature: Some("0.50".into()),
        top_p: Some("1".into()),
        top_k: Some(40),
        precedence,
        ..NO_OPTIONS
    };
    let (request, config) = (configured(OptionsPrecedence::Request), configured(OptionsPrecedence::Config));
    let body = r#"{"stream":false,"temperature":1.0,"top_p":null}"#;
    assert_eq!(
        body_of(body, &call(&Quirks::NONE, &request)),
        r#"{"stream":false,"temperature":1.0,"top_p":1,"top_k":40}"#
    );
    assert_eq!(
        body_of(body, &call(&Quirks::NONE, &config)),
        r#"{"stream":false,"temperature":0.50,"top_p":1,"top_k":40}"#
    );
    let same = r#"{"stream":false,"temperature":0.50,"top_p":1,"top_k":40}"#;
    assert!(edited(same, &call(&Quirks::NONE, &config)).2);
    // What the target refuses is not configured into it, and only what a client sent is a loss.
    let quirks = Quirks { rules: &[(Requirement::Always, MemberRule::Drop("top_k"))], ..Quirks::NONE };
    let (body, losses, _) = edited(r#"{"stream":false,"top_p":2,"temperature":1}"#, &call(&quirks, &request));
    assert_eq!((body.as_str(), losses.len()), (r#"{"stream":false,"top_p":2,"temperature":1}"#, 0));
    let completions = Call { operation: Operation::Completions, ..call(&Quirks::NONE, &request) };
    assert!(body_of("{}", &completions).contains(r#""temperature":0.50"#));
    let embeddings = Call { operation: Operation::Embeddings, ..completions };
    assert_eq!(body_of("{}", &embeddings), "{}");
}

/// Quirks, options, and the limits before and after.
type Limit<'a> = (&'a Quirks, &'a ConfiguredOptions, &'a str, &'a str);

fn check_limits(cases: &[Limit<'_>]) {
    let body = |members: &str| format!("{{\"stream\":false{members}}}");
    for (quirks, options, before, after) in cases {
        let (found, losses, _) = edited(&body(before), &call(quirks, options));
        assert_eq!(found, body(after), "{before} for {:?}", quirks.token_limit);
        assert_eq!(losses.len(), 0);
    }
}

const fn limited(token_limit: TokenLimit) -> Quirks {
    Quirks { token_limit, ..Quirks::NONE }
}

const OLDER: Quirks = limited(TokenLimit::MaxTokens);
const NEWER: Quirks = limited(TokenLimit::MaxCompletionTokens);

const NINETY_NINE: ConfiguredOptions = ConfiguredOptions { max_tokens: Some(99), ..NO_OPTIONS };
const ALWAYS_NINETY_NINE: ConfiguredOptions =
    ConfiguredOptions { precedence: OptionsPrecedence::Config, ..NINETY_NINE };

#[test]
fn the_token_limit_is_one_option() {
    let (sent, none, request, config) = (&Quirks::NONE, &NO_OPTIONS, &NINETY_NINE, &ALWAYS_NINETY_NINE);
    check_limits(&[
        (sent, none, r#","max_tokens":5"#, r#","max_tokens":5"#),
        (sent, none, r#","max_completion_tokens":5"#, r#","max_completion_tokens":5"#),
        (sent, none, r#","max_tokens":null"#, r#","max_tokens":null"#),
        (sent, none, r#","max_tokens":5,"max_completion_tokens":6"#, r#","max_completion_tokens":6"#),
        (sent, none, r#","max_tokens":5,"max_completion_tokens":null"#, r#","max_tokens":5"#),
        (sent, request, "", r#","max_tokens":99"#),
        (sent, request, r#","max_tokens":null"#, r#","max_tokens":99"#),
        (sent, request, r#","max_completion_tokens":null"#, r#","max_tokens":99"#),
        (sent, request, r#","max_completion_tokens":6"#, r#","max_completion_tokens":6"#),
        (sent, config, r#","max_completion_tokens":6"#, r#","max_completion_tokens":99"#),
        (sent, config, r#","max_tokens":99"#, r#","max_tokens":99"#),
        (sent, none, r#","max_tokens":5,"extra_body":{"max_completion_tokens":7}"#, r#","max_tokens":5"#),
    ]);
}

#[test]
fn the_token_limit_has_the_name_that_the_target_knows() {
    let (none, request, config) = (&NO_OPTIONS, &NINETY_NINE, &ALWAYS_NINETY_NINE);
    check_limits(&[
        (&OLDER, none, r#","max_completion_tokens" : 6,"a":1"#, r#","max_tokens" : 6,"a":1"#),
        (&OLDER, none, r#","max_tokens":5,"max_completion_tokens":6"#, r#","max_tokens":6"#),
        (&OLDER, none, r#","max_completion_tokens":null"#, ""),
        (&OLDER, config, r#","max_completion_tokens":6"#, r#","max_tokens":99"#),
        (&NEWER, none, r#","max_tokens":5"#, r#","max_completion_tokens":5"#),
        (&NEWER, none, r#","max_tokens":5,"max_completion_tokens":6"#, r#","max_completion_tokens":6"#),
        (&NEWER, request, r#","max_tokens":null"#, r#","max_completion_tokens":99"#),
        (&NEWER, request, "", r#","max_completion_tokens":99"#),
        (&NEWER, config, r#","max_tokens":5"#, r#","max_completion_tokens":99"#),
        (&NEWER, none, r#","extra_body":{"max_tokens":7}"#, r#","max_completion_tokens":7"#),
    ]);
    // The older completions know one name only.
    let completions = Call { operation: Operation::Completions, ..call(&NEWER, request) };
    assert_eq!(body_of(r#"{"stream":false}"#, &completions), r#"{"stream":false,"max_tokens":99}"#);
}

#[test]
fn dimensions_are_merged_into_embeddings() {
    let options = ConfiguredOptions { embeddings_dimensions: Some(256), ..NO_OPTIONS };
    let renaming = Quirks {
        rules: &[(Requirement::Always, MemberRule::Rename("dimensions", "output_dimension"))],
        ..Quirks::NONE
    };
    let embeddings = |quirks| Call { operation: Operation::Embeddings, ..call(quirks, &options) };
    assert_eq!(body_of(r#"{"input":"x"}"#, &embeddings(&Quirks::NONE)), r#"{"input":"x","dimensions":256}"#);
    let own = r#"{"input":"x","dimensions":5}"#;
    assert_eq!(body_of(own, &embeddings(&Quirks::NONE)), own);
    assert_eq!(
        body_of(r#"{"input":"x"}"#, &embeddings(&renaming)),
        r#"{"input":"x","output_dimension":256}"#
    );
    assert_eq!(body_of(r#"{"dimensions":5}"#, &embeddings(&renaming)), r#"{"output_dimension":5}"#);
    assert_eq!(body_of("{\"stream\":false}", &call(&Quirks::NONE, &options)), "{\"stream\":false}");
}

#[test]
fn extra_body_fills_gaps_at_the_top() {
    let plain = Call { model: Some("m"), credential: Some("api_key"), ..call(&Quirks::NONE, &NO_OPTIONS) };
    let body = r#"{"model":"m","stream":false,"seed":1,"user":null,"extra_body":{"seed":2,"user":"u","top_k" : [ 1 ],"model":"evil","stream":true,"stream_options":{},"api_key":"k","API_KEY":"k","extra_body":{},"z":null}}"#;
    let (found, losses, _) = edited(body, &plain);
    assert_eq!(found, r#"{"model":"m","stream":false,"seed":1,"user":"u","top_k":[ 1 ],"z":null}"#);
    assert_eq!(
        losses,
        [
            "extra_body.model dropped",
            "extra_body.stream dropped",
            "extra_body.stream_options dropped",
            "extra_body.api_key dropped",
            "extra_body.api_key dropped",
            "extra_body.extra_body dropped",
        ]
    );
    assert_eq!(
        body_of(r#"{"extra_body":null,"stream":false,"model":"m"}"#, &plain),
        r#"{"stream":false,"model":"m"}"#
    );
    let options = ConfiguredOptions { temperature: Some("0".into()), ..NO_OPTIONS };
    let dropping = Quirks { rules: &[(Requirement::Always, MemberRule::Drop("seed"))], ..Quirks::NONE };
    let (found, losses, _) =
        edited(r#"{"stream":false,"extra_body":{"temperature":1,"seed":3}}"#, &call(&dropping, &options));
    assert_eq!(found, r#"{"stream":false,"temperature":1}"#);
    assert_eq!(losses, ["extra_body.seed dropped"]);
}
