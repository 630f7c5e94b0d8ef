//! Requests as Claude reads them: a known vector, every parameter, repairs, and what hosts differ in.

use model::*;
use serde_json::{Value, json};

use super::*;
use crate::anthropic::schemas::Schemas;
use crate::{Delivery, Quirks};

mod parameters;

pub const OLD: Family = Family {
    thinking: Thinking::Budget { least: 1024, may_be_off: true },
    sampling: SamplingRule::OneOf,
    structured: Structured::ForcedTool,
    ..Family::UNKNOWN
};
pub const NEW: Family = Family {
    thinking: Thinking::Adaptive { budget: false },
    sampling: SamplingRule::Fixed,
    structured: Structured::Native,
    ..Family::UNKNOWN
};
const PLAIN: Family = Family { sampling: SamplingRule::Free, ..NEW };

fn encode_with(
    codec: &'static dyn ChatCodec,
    request: &ChatRequest,
    family: &'static Family,
) -> (Value, Encoded) {
    let settings = Settings::default();
    let call = ChatCall {
        model: "m",
        family,
        quirks: &Quirks::NONE,
        settings: &settings,
        delivery: Delivery::Whole,
        want_usage: false,
        nonce: "n0nce",
    };
    let encoded = codec.encode(request, &call).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), encoded)
}

fn encode(request: &ChatRequest, family: &'static Family) -> (Value, Vec<String>) {
    let (body, encoded) = encode_with(&CHAT_CODEC, request, family);
    if let Some(schemas) = Schemas::load("encode") {
        schemas.check("MessageCreateParamsNonStreaming", &body);
    }
    (body, told(&encoded.losses))
}

/// Why a request is refused, which it must be.
fn refusal(request: &ChatRequest, family: &'static Family) -> String {
    let settings = Settings::default();
    let call = ChatCall {
        model: "m",
        family,
        quirks: &Quirks::NONE,
        settings: &settings,
        delivery: Delivery::Whole,
        want_usage: false,
        nonce: "n",
    };
    CHAT_CODEC.encode(request, &call).err().unwrap().to_string()
}

fn told(losses: &Losses) -> Vec<String> {
    losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect()
}

pub fn json_of(text: &str) -> Json {
    Json::from_checked(text.to_owned().into_bytes())
}

fn user(text: &str) -> Message {
    Message::User(UserMessage { parts: vec![UserPart::Text(TextPart::new(text))], name: None })
}

fn assistant(parts: Vec<AssistantPart>) -> Message {
    Message::Assistant(AssistantMessage { parts, name: None })
}

fn call(id: &str, name: &str, arguments: &str) -> AssistantPart {
    let arguments = match arguments {
        "" => Arguments::none(),
        text if text.starts_with('{') => Arguments::Object(json_of(text)),
        text => Arguments::Broken(text.into()),
    };
    AssistantPart::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments, seal: None, cache: None })
}

fn result(id: &str, text: &str) -> Message {
    Message::Tool(ToolResult {
        call: id.into(),
        name: None,
        parts: vec![UserPart::Text(TextPart::new(text))],
        failed: false,
        cache: None,
        extras: Extras::default(),
    })
}

fn function(name: &str, parameters: Option<&str>) -> Tool {
    Tool::Function(Function {
        name: name.into(),
        description: None,
        parameters: parameters.map(json_of),
        strict: None,
        cache: None,
        extras: Extras::default(),
    })
}

fn asking(messages: Vec<Message>) -> ChatRequest {
    ChatRequest { messages, ..ChatRequest::default() }
}

fn system(text: &str) -> Message {
    Message::System(SystemMessage { parts: vec![TextPart::new(text)] })
}

fn image(source: Source) -> Image {
    Image { source, detail: None, cache: None }
}

fn png() -> Source {
    Source::Inline { media_type: "image/png".into(), data: Base64::new("AAAA").unwrap() }
}

#[test]
fn tools_system_and_image() {
    let mut described =
        function("f", Some(r#"{"type":"object","properties":{"x":{"type":"integer"}},"required":[]}"#));
    if let Tool::Function(function) = &mut described {
        function.description = Some("d".to_owned());
    }
    let request = ChatRequest {
        max_tokens: Some(300),
        sampling: Sampling { stop: vec!["END".to_owned()], ..Sampling::default() },
        tools: vec![described, function("g", None)],
        tool_choice: Some(ToolChoice::Required),
        parallel_tool_calls: Some(false),
        ..asking(vec![
            system("A"),
            system("B"),
            Message::User(UserMessage {
                parts: vec![UserPart::Text(TextPart::new("see")), UserPart::Image(image(png()))],
                name: None,
            }),
            assistant(vec![call("t1", "f", "{\"x\":1}"), call("t2", "g", "")]),
            result("t1", "ok"),
            result("t2", "no"),
            user("go"),
        ])
    };
    let (body, losses) = encode(&request, &OLD);
    let expected = json!({"model":"m","max_tokens":300,"stop_sequences":["END"],"system":"A\nB","stream":false,"tool_choice":{"type":"any","disable_parallel_tool_use":true},"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"x":{"type":"integer"}},"required":[]}},{"name":"g","input_schema":{"type":"object","properties":{}}}],"messages":[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"x":1}},{"type":"tool_use","id":"t2","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ok"},{"type":"tool_result","tool_use_id":"t2","content":"no"},{"type":"text","text":"go"}]}]});
    assert_eq!(body, expected);
    assert_eq!(losses, [""; 0]);
}

#[test]
fn sampling_is_what_the_family_takes() {
    let sampling = Sampling {
        temperature: Some(Number::from_checked("0.50")),
        top_p: Some(Number::from_checked("0.9")),
        top_k: Some(5.into()),
        ..Sampling::default()
    };
    let request = ChatRequest { sampling, ..asking(vec![user("q")]) };
    let (body, encoded) = encode_with(&CHAT_CODEC, &request, &OLD);
    assert!(String::from_utf8(encoded.body).unwrap().contains("\"temperature\":0.50"));
    assert_eq!((body.get("top_p"), &body["top_k"]), (None, &json!(5)));
    assert_eq!(told(&encoded.losses), ["top_p dropped"]);

    let (body, losses) = encode(&request, &NEW);
    assert!(body.get("temperature").is_none() && body.get("top_p").is_none() && body.get("top_k").is_none());
    assert_eq!(losses, ["temperature dropped", "top_p dropped", "top_k dropped"]);

    let thinking = ChatRequest { reasoning: Some(ReasoningWish::Effort(Effort::Low)), ..request };
    let thinking = ChatRequest { max_tokens: Some(3000), ..thinking };
    let (body, losses) = encode(&thinking, &OLD);
    assert_eq!(body["thinking"], json!({"type":"enabled","budget_tokens":1024}));
    assert!(body.get("temperature").is_none() && body.get("top_k").is_none());
    assert_eq!(losses, ["temperature dropped", "top_p dropped", "top_k dropped"]);
}

#[test]
fn thinking_fits_model_and_limit() {
    let think = |wish, max_tokens, family| {
        let request = ChatRequest { reasoning: Some(wish), max_tokens, ..asking(vec![user("q")]) };
        let (body, losses) = encode(&request, family);
        let lost: Vec<String> = losses;
        (body["thinking"].clone(), body["output_config"]["effort"].clone(), body["max_tokens"].clone(), lost)
    };
    let budget = |tokens: u64| json!({"type":"enabled","budget_tokens":tokens});
    let none: [String; 0] = [];
    for (wish, limit, thinking, max_tokens, losses) in [
        (ReasoningWish::Effort(Effort::Medium), Some(9000), budget(2048), 9000, vec![]),
        (ReasoningWish::Effort(Effort::Max), Some(9000), budget(8999), 9000, vec!["approximated"]),
        (ReasoningWish::Effort(Effort::Max), None, budget(16_384), 20_480, vec![]),
        (ReasoningWish::Budget(500), Some(2000), budget(1024), 2000, vec!["approximated"]),
        (ReasoningWish::Budget(5000), Some(1024), Value::Null, 1024, vec!["dropped"]),
        (ReasoningWish::Adaptive(None), Some(9000), budget(4096), 9000, vec![]),
        (ReasoningWish::Off, None, json!({"type":"disabled"}), 4096, vec![]),
    ] {
        let lost: Vec<_> = losses.iter().map(|kind| format!("reasoning_effort {kind}")).collect();
        assert_eq!(think(wish, limit, &OLD), (thinking, Value::Null, json!(max_tokens), lost), "{wish:?}");
    }
    let adaptive = json!({"type":"adaptive"});
    for (wish, effort, losses) in [
        (ReasoningWish::Effort(Effort::Minimal), json!("low"), &none[..]),
        (ReasoningWish::Effort(Effort::XHigh), json!("xhigh"), &none),
        (ReasoningWish::Adaptive(None), Value::Null, &none),
        (ReasoningWish::Budget(9000), json!("high"), &["reasoning_effort approximated".to_owned()]),
    ] {
        let (thinking, found, _, lost) = think(wish, Some(100), &NEW);
        assert_eq!((thinking, found, &lost[..]), (adaptive.clone(), effort, losses), "{wish:?}");
    }
}

#[test]
fn thinking_is_left_out_where_its_history_is_gone() {
    let sealed = |maker| {
        let seal = Seal { maker, text: "sig".into() };
        AssistantPart::Reasoning(Reasoning::Open { text: "hm".into(), seal: Some(seal) })
    };
    let request = |first| ChatRequest {
        reasoning: Some(ReasoningWish::Budget(2000)),
        ..asking(vec![user("q"), assistant(vec![first, call("a", "f", "")]), result("a", "r")])
    };
    let (body, losses) = encode(&request(sealed(Maker::Gemini)), &OLD);
    assert!(body.get("thinking").is_none());
    assert_eq!(losses, ["reasoning_effort dropped"]);
    assert_eq!(body["messages"][1]["content"][0]["type"], "tool_use");

    let (body, losses) = encode(&request(sealed(Maker::Anthropic)), &OLD);
    assert_eq!(body["thinking"]["budget_tokens"], 2000);
    let thought = json!({"type":"thinking","thinking":"hm","signature":"sig"});
    assert_eq!((&body["messages"][1]["content"][0], losses.len()), (&thought, 0));
}

fn messages_of(messages: Vec<Message>) -> Value {
    encode(&asking(messages), &PLAIN).0["messages"].clone()
}

#[test]
fn calls_are_followed_by_their_results() {
    // Results out of order, one late, one missing; one that answers nothing.
    let found = messages_of(vec![
        user("q"),
        assistant(vec![call("a", "f", ""), call("b", "f", "{\"x\":[]}"), call("c", "f", "nonsense")]),
        user("wait"),
        result("b", "rb"),
        result("a", ""),
        result("z", "lost"),
    ]);
    let expected = json!([
        {"role":"user","content":"q"},
        {"role":"assistant","content":[
            {"type":"tool_use","id":"a","name":"f","input":{}},
            {"type":"tool_use","id":"b","name":"f","input":{"x":[]}},
            {"type":"tool_use","id":"c","name":"f","input":{}}]},
        {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"a","content":""},
            {"type":"tool_result","tool_use_id":"b","content":"rb"},
            {"type":"tool_result","tool_use_id":"c","content":""},
            {"type":"text","text":"wait"},
            {"type":"text","text":"Result of a tool: lost"}]},
    ]);
    assert_eq!(found, expected);
}

#[test]
fn ids_are_legal_and_unique() {
    let found = messages_of(vec![
        user("q"),
        assistant(vec![call("f:0", "f", "")]),
        result("f:0", "one"),
        assistant(vec![call("f:0", "f", "")]),
        result("f:0", "two"),
    ]);
    assert_eq!(found[1]["content"][0]["id"], "f_0");
    assert_eq!(found[2]["content"][0], json!({"type":"tool_result","tool_use_id":"f_0","content":"one"}));
    assert_eq!(found[3]["content"][0]["id"], "f_0_2");
    assert_eq!(found[4]["content"][0]["tool_use_id"], "f_0_2");
}

#[test]
fn two_answers_in_a_row_stay_apart_where_a_result_is_between() {
    let found = messages_of(vec![
        user("q"),
        assistant(vec![call("a", "f", "")]),
        result("a", "r"),
        assistant(vec![AssistantPart::Text(TextPart::new("x"))]),
        assistant(vec![AssistantPart::Text(TextPart::new("y \n"))]),
    ]);
    assert_eq!(found.as_array().unwrap().len(), 4);
    let blocks = json!([{"type":"text","text":"x"},{"type":"text","text":"y"}]);
    assert_eq!(found[3]["content"], blocks);
}

#[test]
fn a_last_call_is_answered() {
    let found = messages_of(vec![user("q"), assistant(vec![call("a", "f", "")])]);
    assert_eq!(found[2]["content"], json!([{"type":"tool_result","tool_use_id":"a","content":""}]));
}

#[test]
fn users_speak_first_and_nobody_says_nothing() {
    let placeholder = json!({"role":"user","content":"."});
    assert_eq!(messages_of(vec![system("A")]), json!([placeholder]));
    let text = |text| AssistantPart::Text(TextPart::new(text));
    let found = messages_of(vec![assistant(vec![text("hi")]), user(""), user("  \n"), user("x")]);
    let expected = json!([placeholder, {"role":"assistant","content":"hi"}, {"role":"user","content":"x"}]);
    assert_eq!(found, expected);
}

#[test]
fn all_instructions_are_kept_in_order() {
    let (body, _) = encode(&asking(vec![system("A"), user("q"), system(""), system("B")]), &PLAIN);
    assert_eq!(body["system"], "A\nB");
    let marked = Message::System(SystemMessage {
        parts: vec![TextPart {
            cache: Some(CacheMark { life: Some(CacheLife::OneHour) }),
            ..TextPart::new("C")
        }],
    });
    let (body, _) = encode(&asking(vec![system("A"), marked, user("q")]), &PLAIN);
    let expected = json!([{"type":"text","text":"A"},{"type":"text","text":"C","cache_control":{"type":"ephemeral","ttl":"1h"}}]);
    assert_eq!(body["system"], expected);
}

#[test]
fn documents_of_every_source() {
    let inline = |media_type: &str, data: &str| Source::Inline {
        media_type: media_type.into(),
        data: Base64::new(data.to_owned()).unwrap(),
    };
    let sources = [
        (
            inline("application/pdf", "JVBE"),
            json!({"type":"base64","media_type":"application/pdf","data":"JVBE"}),
        ),
        (inline("text/markdown", "aMOp"), json!({"type":"text","media_type":"text/plain","data":"hé"})),
        (Source::Url("https://x/y.pdf".into()), json!({"type":"url","url":"https://x/y.pdf"})),
        (Source::Uploaded("file_1".into()), json!({"type":"file","file_id":"file_1"})),
    ];
    for (source, expected) in sources {
        let upload = matches!(source, Source::Uploaded(_));
        let file = File { source, name: Some("n.pdf".into()), cache: None };
        let message = Message::User(UserMessage { parts: vec![UserPart::File(file)], name: None });
        let (body, encoded) = encode_with(&CHAT_CODEC, &asking(vec![message]), &PLAIN);
        let block = &body["messages"][0]["content"][0];
        assert_eq!((&block["source"], &block["title"]), (&expected, &json!("n.pdf")));
        let beta = upload.then(|| ("anthropic-beta", "files-api-2025-04-14".to_owned()));
        assert_eq!(encoded.headers, Vec::from_iter(beta));
    }
    let zip = File { source: inline("application/zip", "AAAA"), name: None, cache: None };
    let message = Message::User(UserMessage { parts: vec![UserPart::File(zip)], name: None });
    assert_eq!(refusal(&asking(vec![message]), &PLAIN), "'file' must be a PDF, a text or an image");
}

#[test]
fn a_form_of_the_answer_is_emulated_by_a_tool() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"integer"}},"required":[]}"#;
    let format = ResponseFormat::JsonSchema {
        name: "answer".into(),
        description: None,
        schema: json_of(schema),
        strict: Some(true),
    };
    let request = ChatRequest { response_format: format.clone(), ..asking(vec![user("q")]) };
    let (body, losses) = encode(&request, &OLD);
    assert_eq!(body["tools"][0]["input_schema"], serde_json::from_str::<Value>(schema).unwrap());
    assert_eq!(body["tool_choice"], json!({"type":"tool","name":"answer"}));
    assert_eq!(losses, ["response_format(json_schema) emulated"]);
    let (body, _) = encode(&request, &NEW);
    assert_eq!(body["output_config"]["format"]["type"], "json_schema");
    assert!(body.get("tools").is_none());

    let with_tools = ChatRequest {
        tools: vec![function("answer", None)],
        reasoning: Some(ReasoningWish::Effort(Effort::Low)),
        ..request
    };
    let (body, losses) = encode(&with_tools, &OLD);
    assert_eq!(body["tools"][1]["name"], "answer_2");
    assert_eq!(body["tool_choice"], json!({"type":"any"}));
    assert!(body.get("thinking").is_none());
    assert_eq!(losses, ["response_format(json_schema) emulated", "reasoning_effort dropped"]);
}

#[test]
fn what_the_emulating_tool_is_given_is_the_content() {
    let format = ResponseFormat::JsonSchema {
        name: "s".into(),
        description: None,
        schema: json_of("{}"),
        strict: None,
    };
    let request =
        ChatRequest { response_format: format, tools: vec![function("f", None)], ..asking(vec![user("q")]) };
    let (_, encoded) = encode_with(&CHAT_CODEC, &request, &OLD);
    let whole = |body: &str| encoded.answer.whole(&|_| None, body.as_bytes()).unwrap();
    let usage = r#""stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}"#;
    let text_of = |response: &ChatResponse| match response.choices[0].parts.as_slice() {
        [AssistantPart::Text(part)] => (part.text.clone(), response.choices[0].finish.reason),
        other => panic!("{other:?}"),
    };
    let both = whole(&format!(
        r#"{{"content":[{{"type":"text","text":"Sure:"}},{{"type":"tool_use","id":"t","name":"s","input":{{"n":12345678901234567890}}}}],{usage}}}"#
    ));
    assert_eq!(text_of(&both), (r#"{"n":12345678901234567890}"#.to_owned(), FinishReason::Stop));
    let only_text = whole(r#"{"content":[{"type":"text","text":"{}"}],"stop_reason":"end_turn"}"#);
    assert_eq!(text_of(&only_text), ("{}".to_owned(), FinishReason::Stop));
    let own =
        whole(&format!(r#"{{"content":[{{"type":"tool_use","id":"t","name":"f","input":{{}}}}],{usage}}}"#));
    assert_eq!(own.choices[0].finish.reason, FinishReason::ToolCalls);
}

#[test]
fn tools_are_settled() {
    let odd = ChatRequest {
        tools: vec![
            function("a.b", Some("{}")),
            Tool::Native {
                maker: Maker::Anthropic,
                name: "web_search".into(),
                value: json_of(r#"{"type":"web_search_20250305","name":"web_search"}"#),
            },
            Tool::Native { maker: Maker::OpenAi, name: "x".into(), value: json_of("{}") },
        ],
        tool_choice: Some(ToolChoice::Named("a.b".into())),
        ..asking(vec![user("q"), assistant(vec![call("i", "a.b", "")]), result("i", "r")])
    };
    let (body, losses) = encode(&odd, &PLAIN);
    assert_eq!(body["tools"][0], json!({"name":"a_b","input_schema":{"type":"object"}}));
    assert_eq!(body["tools"][1]["type"], "web_search_20250305");
    assert_eq!(body["tool_choice"]["name"], "a_b");
    assert_eq!(body["messages"][1]["content"][0]["name"], "a_b");
    assert_eq!(losses, ["tools.x dropped"]);
    let (body, encoded) = encode_with(&BEDROCK_CODEC, &odd, &PLAIN);
    assert_eq!(body["tools"].as_array().unwrap().len(), 1);
    assert_eq!(told(&encoded.losses), ["tools.x dropped", "tools.web_search dropped"]);
    let answer = r#"{"content":[{"type":"tool_use","id":"t","name":"a_b","input":{}}]}"#;
    let read = encoded.answer.whole(&|_| None, answer.as_bytes()).unwrap();
    assert!(matches!(&read.choices[0].parts[0], AssistantPart::ToolCall(call) if &*call.name == "a.b"));

    let foreign = ChatRequest {
        tools: vec![Tool::Native { maker: Maker::OpenAi, name: "x".into(), value: json_of("{}") }],
        tool_choice: Some(ToolChoice::Required),
        ..asking(vec![user("q")])
    };
    let (body, _) = encode(&foreign, &PLAIN);
    assert!(body.get("tools").is_none() && body.get("tool_choice").is_none());
    let choice_only = ChatRequest { tool_choice: Some(ToolChoice::None), ..asking(vec![user("q")]) };
    assert_eq!(encode(&choice_only, &PLAIN).0["tool_choice"], json!({"type":"none"}));
}

#[test]
fn extras_of_anthropic_pass_and_others_are_lost() {
    let mut request = asking(vec![user("q")]);
    for (name, value) in [
        ("thinking", r#"{"type":"enabled","budget_tokens":2000,"display":"omitted"}"#),
        ("output_config", r#"{"effort":"low","task_budget":{"type":"tokens","total":9}}"#),
        ("container", r#""c_1""#),
        ("context_management", r#"{"edits":[]}"#),
        ("anthropic_beta", r#"["context-management-2025-06-27","new-2030-01-01"]"#),
        ("store", "true"),
    ] {
        request.extras.add(name, json_of(value));
    }
    let (body, encoded) = encode_with(&CHAT_CODEC, &request, &PLAIN);
    assert_eq!(body["thinking"]["display"], "omitted");
    assert_eq!(body["output_config"]["task_budget"]["total"], 9);
    assert_eq!((&body["container"], &body["context_management"]), (&json!("c_1"), &json!({"edits":[]})));
    assert_eq!(told(&encoded.losses), ["store dropped"]);
    let betas = "context-management-2025-06-27,new-2030-01-01".to_owned();
    assert_eq!(encoded.headers, [("anthropic-beta", betas)]);

    let (body, encoded) = encode_with(&BEDROCK_CODEC, &request, &PLAIN);
    assert_eq!(body["anthropic_beta"], json!(["context-management-2025-06-27"]));
    assert_eq!(body["context_management"], json!({"edits":[]}));
    let losses = ["anthropic_beta.new-2030-01-01 dropped", "container dropped", "store dropped"];
    assert_eq!((told(&encoded.losses), encoded.headers.len()), (losses.map(String::from).to_vec(), 0));
}

#[test]
fn hosts_differ_in_their_envelope() {
    let request = ChatRequest { service_tier: Some("default".into()), ..asking(vec![user("q")]) };
    let body = |codec| encode_with(codec, &request, &PLAIN).0;
    let keys = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&body(&CHAT_CODEC)), "model max_tokens messages service_tier stream");
    assert_eq!(body(&CHAT_CODEC)["service_tier"], "standard_only");
    assert_eq!(keys(&body(&BEDROCK_CODEC)), "anthropic_version max_tokens messages");
    assert_eq!(body(&BEDROCK_CODEC)["anthropic_version"], "bedrock-2023-05-31");
    assert_eq!(keys(&body(&VERTEX_CODEC)), "anthropic_version max_tokens messages stream");
    assert_eq!(keys(&body(&FOUNDRY_CODEC)), "model max_tokens messages stream");
    assert_eq!(keys(&body(&DATABRICKS_CODEC)), "model max_tokens messages stream");
    let (_, encoded) = encode_with(&BEDROCK_CODEC, &request, &PLAIN);
    assert_eq!(told(&encoded.losses), ["service_tier dropped"]);
}

#[test]
fn two_tools_of_one_name_are_refused() {
    let request =
        ChatRequest { tools: vec![function("f", None), function("f", None)], ..asking(vec![user("q")]) };
    assert_eq!(refusal(&request, &PLAIN), "'tools' has two tools of one name");
}

#[test]
fn the_newest_version_of_the_api_is_told_nothing_of_sampling() {
    let number = |text: &str| Some(Number::from_checked(text));
    let sampling = Sampling {
        temperature: number("0.5"),
        top_k: number("3"),
        stop: vec!["Z".into()],
        ..Sampling::default()
    };
    let request = ChatRequest { sampling, ..ChatRequest::default() };
    for (version, lost) in
        [("2023-06-01", &[][..]), ("2026-10-21", &["temperature dropped", "top_k dropped"][..])]
    {
        let mut settings = Settings::default();
        settings.set("anthropic_version", version);
        let call = ChatCall {
            model: "m",
            family: &PLAIN,
            quirks: &Quirks::NONE,
            settings: &settings,
            delivery: Delivery::Whole,
            want_usage: false,
            nonce: "n0nce",
        };
        let encoded = CHAT_CODEC.encode(&request, &call).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        assert_eq!(told(&encoded.losses), lost, "{version}");
        assert_eq!(body.get("temperature").is_some(), lost.is_empty(), "{body}");
        assert_eq!(body["stop_sequences"], json!(["Z"]));
    }
}
