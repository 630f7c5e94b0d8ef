//! Requests in Messages: every kind of block, precise refusals, recorded requests; whole answers.

use bytes::Bytes;
use document::Document;
use model::*;
use serde_json::{Value as Any, json};

use super::*;
use crate::Identity;
use crate::anthropic::schemas::{Schemas, data_folder};

fn read(body: &Any) -> Result<Asked, RequestError> {
    CHAT_FRONT.read(&Document::parse(Bytes::from(body.to_string())).unwrap())
}

fn messages(messages: &Any) -> (Vec<Message>, Vec<String>) {
    let asked = read(&json!({"messages": messages})).unwrap();
    let losses = asked.losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect();
    (asked.request.messages, losses)
}

fn user(content: &Any) -> (Vec<UserPart>, Vec<String>) {
    let (messages, losses) = messages(&json!([{"role":"user","content":content}]));
    match messages.into_iter().next() {
        Some(Message::User(user)) => (user.parts, losses),
        None => (Vec::new(), losses),
        other => panic!("{other:?}"),
    }
}

#[test]
fn settings_are_read() {
    let asked = read(&json!({
        "model":"m","messages":[{"role":"user","content":"q"}],"max_tokens":7,"temperature":0.5,"top_p":1,"top_k":40,
        "stop_sequences":["a","b"],"metadata":{"user_id":"u","department":"d"},"service_tier":"standard_only",
        "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object","required":[]}},"task_budget":{}},
        "context_management":{"edits":[]},"mcp_servers":[],"container":null,"unknown":1,"stream":false,
    }))
    .unwrap();
    let request = &asked.request;
    assert_eq!((request.max_tokens, request.user.as_deref()), (Some(7), Some("u")));
    let sampling = &request.sampling;
    let numbers =
        [&sampling.temperature, &sampling.top_p, &sampling.top_k].map(|n| n.as_ref().unwrap().as_str());
    assert_eq!(numbers, ["0.5", "1", "40"]);
    assert_eq!(
        (&sampling.stop[..], request.service_tier.as_deref()),
        (&["a".to_owned(), "b".to_owned()][..], Some("default"))
    );
    let ResponseFormat::JsonSchema { name, schema, strict, .. } = &request.response_format else { panic!() };
    assert_eq!(
        (&**name, schema.as_str(), strict),
        ("structured_output", r#"{"type":"object","required":[]}"#, &None)
    );
    assert_eq!((request.reasoning, request.include_usage), (None, false));
    let losses: Vec<_> = asked.losses.iter().map(|loss| &*loss.member).collect();
    assert_eq!(
        losses,
        ["metadata.department", "output_config.effort", "output_config.task_budget", "unknown"]
    );
    let extras: Vec<_> = request.extras.iter().map(|extra| &*extra.name).collect();
    assert_eq!(extras, ["context_management", "mcp_servers"]);
}

#[test]
fn wishes_for_thinking_are_read() {
    let wish = |thinking: Any, effort: Any| {
        let body = json!({"messages":[{"role":"user","content":"q"}],"thinking":thinking,"output_config":{"effort":effort}});
        read(&body).unwrap().request.reasoning
    };
    assert_eq!(
        wish(json!({"type":"enabled","budget_tokens":9000}), Any::Null),
        Some(ReasoningWish::Budget(9000))
    );
    assert_eq!(wish(json!({"type":"adaptive"}), Any::Null), Some(ReasoningWish::Adaptive(None)));
    assert_eq!(
        wish(json!({"type":"adaptive"}), json!("max")),
        Some(ReasoningWish::Adaptive(Some(Effort::Max)))
    );
    assert_eq!(wish(json!({"type":"disabled"}), json!("low")), None);
    assert_eq!(wish(Any::Null, Any::Null), None);
}

#[test]
fn what_users_show_is_read() {
    let (parts, losses) = user(&json!([
        {"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},
        {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA/+"}},
        {"type":"image","source":{"type":"url","url":"https://x/y.png"},"cache_control":{"type":"ephemeral","scope":"turn"}},
        {"type":"document","title":"T","context":"C","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}},
        {"type":"document","source":{"type":"text","media_type":"text/plain","data":"D"},"citations":{"enabled":true}},
        {"type":"document","source":{"type":"file","file_id":"file_1"}},
        {"type":"document","source":{"type":"content","content":[{"type":"text","text":"E"}]}},
        {"type":"search_result","title":"S","source":"https://s","content":[{"type":"text","text":"F"},{"type":"text","text":"G"}]},
        {"type":"container_upload","file_id":"f"},
    ]));
    let marked = TextPart { cache: Some(CacheMark { life: Some(CacheLife::OneHour) }), ..TextPart::new("a") };
    let image = |source, cache| UserPart::Image(Image { source, detail: None, cache });
    let inline = |media_type: &str, data: &'static str| Source::Inline {
        media_type: media_type.into(),
        data: Base64::new(data).unwrap(),
    };
    let file =
        |source, name: Option<&str>| UserPart::File(File { source, name: name.map(Into::into), cache: None });
    let text = |text: &str| UserPart::Text(TextPart::new(text));
    let expected = [
        UserPart::Text(marked),
        image(inline("image/png", "AA/+"), None),
        image(Source::Url("https://x/y.png".into()), Some(CacheMark::default())),
        text("C"),
        file(inline("application/pdf", "JVBE"), Some("T")),
        file(Source::Text("D".into()), None),
        file(Source::Uploaded("file_1".into()), None),
        text("E"),
        text("S\nhttps://s\nF\nG"),
    ];
    assert_eq!(parts, expected);
    let lost = ["cache_control.scope", "messages.content.citations", "messages.content.container_upload"];
    assert_eq!(losses, lost.map(|member| format!("{member} dropped")));
}

#[test]
fn instructions_are_read_wherever_they_stand() {
    let body = json!({
        "system":[{"type":"text","text":"x-anthropic-billing-header: cch=1"},{"type":"text","text":"A"}],
        "messages":[{"role":"user","content":"q"},{"role":"system","content":"B"},{"role":"system","content":[{"type":"text","text":"C"}]}],
    });
    let texts: Vec<String> = read(&body)
        .unwrap()
        .request
        .messages
        .iter()
        .filter_map(|message| match message {
            Message::System(system) => Some(system.parts.iter().map(|part| part.text.as_str()).collect()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["A", "B", "C"]);
}

#[test]
fn results_come_first_and_seals_are_taken_out() {
    let (messages, losses) = messages(&json!([
        {"role":"assistant","content":[
            {"type":"thinking","thinking":"t","signature":"gemini.G"},
            {"type":"redacted_thinking","data":"R"},
            {"type":"text","text":"x"},
            {"type":"server_tool_use","id":"s","name":"web_search","input":{}},
            {"type":"tool_use","id":"u1__thought__a-_b","name":"f","input":{"n":12_345_678_901_234_567_890_u64}},
            {"type":"tool_use","id":"u2","name":"g","input":null}]},
        {"role":"user","content":[
            {"type":"text","text":"and"},
            {"type":"tool_result","tool_use_id":"u2","is_error":true,"content":"bad"},
            {"type":"tool_result","tool_use_id":"u1__thought__a-_b","content":[
                {"type":"text","text":"r"},
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
                {"type":"tool_reference","tool_name":"g"}]},
            {"type":"tool_result","tool_use_id":"zz"}]},
    ]));
    let [
        Message::Assistant(said),
        Message::Tool(second),
        Message::Tool(first),
        Message::Tool(orphan),
        Message::User(user),
    ] = &messages[..]
    else {
        panic!("{messages:?}")
    };
    let seal = |maker, text: &str| Some(Seal { maker, text: text.into() });
    assert_eq!(
        said.parts[0],
        AssistantPart::Reasoning(Reasoning::Open { text: "t".into(), seal: seal(Maker::Gemini, "G") })
    );
    assert_eq!(
        said.parts[1],
        AssistantPart::Reasoning(Reasoning::Redacted(seal(Maker::Anthropic, "R").unwrap()))
    );
    assert!(
        matches!(&said.parts[3], AssistantPart::Native(Maker::Anthropic, value) if value.as_str().contains("web_search"))
    );
    let AssistantPart::ToolCall(call) = &said.parts[4] else { panic!() };
    assert_eq!(
        (&*call.id, call.seal.as_ref(), call.arguments.as_text()),
        ("u1", seal(Maker::Gemini, "a+/b").as_ref(), r#"{"n":12345678901234567890}"#)
    );
    assert!(matches!(&said.parts[5], AssistantPart::ToolCall(call) if call.arguments == Arguments::none()));
    assert_eq!((&*second.call, second.failed, second.name.as_deref()), ("u2", true, Some("g")));
    assert_eq!((&*first.call, first.parts.len(), first.name.as_deref()), ("u1", 2, Some("f")));
    assert_eq!((orphan.parts.len(), orphan.name.as_deref()), (0, None));
    assert_eq!(Message::text_of(&user.parts), "and");
    assert_eq!(losses, [""; 0]);
}

#[test]
fn tools_are_read() {
    let asked = read(&json!({
        "messages":[{"role":"user","content":"q"}],
        "tools":[
            {"type":"custom","name":"f","description":"d","input_schema":{"b":1,"a":[]},"strict":true,"cache_control":{"type":"ephemeral"},"defer_loading":true},
            {"type":"bash_20250124","name":"bash"},
            {"type":"mcp_toolset","mcp_server_name":"x"}],
        "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":false},
    }))
    .unwrap();
    let [Tool::Function(f), Tool::Native { name: bash, value, .. }, Tool::Native { name: mcp, .. }] =
        &asked.request.tools[..]
    else {
        panic!()
    };
    assert_eq!(f.parameters.as_ref().unwrap().as_str(), r#"{"b":1,"a":[]}"#);
    assert_eq!(
        (f.strict, f.cache, f.extras.value("defer_loading").is_some()),
        (Some(true), Some(CacheMark::default()), true)
    );
    assert_eq!(
        (&**bash, value.as_str(), &**mcp),
        ("bash", r#"{"type":"bash_20250124","name":"bash"}"#, "mcp_toolset")
    );
    assert_eq!(
        (&asked.request.tool_choice, asked.request.parallel_tool_calls),
        (&Some(ToolChoice::Named("f".into())), Some(true))
    );
}

#[test]
fn refusals_say_what_is_wrong() {
    let said = |role: &str, block: Any| json!({"messages":[{"role":"user","content":"q"},{"role":role,"content":[block]}]});
    for (body, text) in [
        (json!({}), "request body doesn't contain valid prompts"),
        (json!({"messages":[]}), "request body doesn't contain valid prompts"),
        (json!({"messages":"x"}), "member 'messages' must be an array"),
        (json!({"messages":[{"content":"x"}]}), "member 'messages[0].role' must be a string"),
        (
            json!({"messages":[{"role":"tool","content":"x"}]}),
            "member 'messages[0].role' must be user, assistant or system",
        ),
        (
            json!({"messages":[{"role":"user"}]}),
            "member 'messages[0].content' must be a string or an array of blocks",
        ),
        (
            json!({"messages":[{"role":"user","content":7}]}),
            "member 'messages[0].content' must be a string or an array of blocks",
        ),
        (said("user", json!({"type":"text"})), "member 'messages[1].content[0].text' must be a string"),
        (said("user", json!({"text":"x"})), "member 'messages[1].content[0].type' must be a string"),
        (said("user", json!({"type":"image"})), "member 'messages[1].content[0].source' must be an object"),
        (
            said("user", json!({"type":"image","source":{"type":"new"}})),
            "member 'messages[1].content[0].source.type' must be base64, url, file or text",
        ),
        (
            said(
                "user",
                json!({"type":"image","source":{"type":"base64","media_type":"image/png","data":"a b"}}),
            ),
            "member 'messages[1].content[0].source.data' must be base64",
        ),
        (
            said("user", json!({"type":"tool_result"})),
            "member 'messages[1].content[0].tool_use_id' must be a string",
        ),
        (
            said("assistant", json!({"type":"tool_use","id":"x","name":""})),
            "member 'messages[1].content[0].name' must be a non-empty string",
        ),
        (
            said("assistant", json!({"type":"tool_result","tool_use_id":"x"})),
            "member 'messages[1].content[0].type' must be a block that an assistant may say",
        ),
    ] {
        assert_eq!(read(&body).err().unwrap().to_string(), text, "{body}");
    }
}

#[test]
fn refusals_of_settings_say_what_is_wrong() {
    let with = |name: &str, value: Any| {
        let mut body = json!({"messages":[{"role":"user","content":"q"}]});
        body[name] = value;
        body
    };
    for (body, text) in [
        (with("max_tokens", json!("9")), "member 'max_tokens' must be a whole number"),
        (with("temperature", json!("1")), "member 'temperature' must be a number"),
        (with("stop_sequences", json!("Z")), "member 'stop_sequences' must be an array of strings"),
        (with("system", json!(7)), "member 'system' must be a string or an array of text blocks"),
        (
            with("thinking", json!({"type":"enabled"})),
            "member 'thinking.budget_tokens' must be a whole number",
        ),
        (with("tools", json!([{"name":"f"}])), "member 'tools[0].input_schema' must be an object"),
        (
            with("tool_choice", json!({"type":"x"})),
            "member 'tool_choice.type' must be auto, any, tool or none",
        ),
        (
            with("output_config", json!({"format":{"type":"x"}})),
            "member 'output_config.format' must be an object of type json_schema with a schema",
        ),
        (with("stream", json!(1)), "member 'stream' must be a boolean"),
    ] {
        assert_eq!(read(&body).err().unwrap().to_string(), text, "{body}");
    }
}

#[test]
fn recorded_requests_are_read() {
    let folder = data_folder().join("streams/anthropic");
    if !folder.is_dir() {
        println!("left out: recorded_requests_are_read: {} not present", folder.display());
        return;
    }
    let mut read = 0;
    for source in ["agentgateway/requests-messages", "pydantic-ai", "openllmetry"] {
        for entry in std::fs::read_dir(folder.join(source)).unwrap().map(Result::unwrap) {
            let Ok(recording) = serde_json::from_slice::<Any>(&std::fs::read(entry.path()).unwrap()) else {
                continue;
            };
            let body =
                if recording["messages"].is_array() { &recording } else { &recording["request"]["body"] };
            // Some formats of output are old, and some media were cut short by whoever recorded them.
            let is_cut = body.to_string().contains(" characters cut");
            if !body["messages"].is_array() || body["output_format"].is_string() || is_cut {
                continue;
            }
            read += 1;
            let document = Document::parse(Bytes::from(body.to_string())).unwrap();
            if let Err(error) = CHAT_FRONT.read(&document) {
                panic!("{}: {error}", entry.path().display());
            }
        }
    }
    assert!(read >= 100, "only {read}");
}

fn identity() -> Identity {
    Identity { id: "x1".into(), created: 7, model: "asked".into(), input_estimate: 5 }
}

fn answer(parts: Vec<AssistantPart>, finish: Finish) -> ChatResponse {
    let choice = Choice { parts, finish, ..Choice::default() };
    ChatResponse { choices: vec![choice], ..ChatResponse::default() }
}

fn write(thinking: bool, response: &ChatResponse) -> Any {
    let mut body = json!({"messages":[{"role":"user","content":"q"}]});
    if thinking {
        body["thinking"] = json!({"type":"adaptive"});
    }
    let written = serde_json::from_slice(&read(&body).unwrap().writer.whole(response, &identity())).unwrap();
    if let Some(schemas) = Schemas::load("write") {
        schemas.check("Message", &written);
    }
    written
}

#[test]
fn whole_answers_are_messages() {
    let seal = Seal { maker: Maker::Gemini, text: "+/==".into() };
    let call = |id: &str, arguments, seal| {
        AssistantPart::ToolCall(ToolCall { id: id.into(), name: "f".into(), arguments, seal, cache: None })
    };
    let parts = vec![
        AssistantPart::Reasoning(Reasoning::Open { text: "hm".into(), seal: None }),
        AssistantPart::Text(TextPart::new("")),
        AssistantPart::Text(TextPart::new("Hi")),
        AssistantPart::Refusal("no".into()),
        call("c1", Arguments::Object(Json::from_static(r#"{"n":1.50}"#)), Some(seal)),
        call("a.b", Arguments::Broken("{oops".into()), None),
    ];
    let mut response = answer(parts, FinishReason::Stop.into());
    response.id = Some("chatcmpl-1".into());
    response.model = Some("gpt".into());
    response.usage = Some(Usage { fresh_input: 20, cache_read: 10, output: 4, ..Usage::default() });
    let expected = json!({
        "id":"msg_chatcmpl-1","type":"message","role":"assistant","model":"gpt","content":[
            {"type":"thinking","thinking":"hm","signature":""},
            {"type":"text","text":"Hi"},
            {"type":"text","text":"no"},
            {"type":"tool_use","id":"c1__thought__-_","name":"f","input":{"n":1.50}},
            {"type":"tool_use","id":"a_b","name":"f","input":{"INVALID_JSON":"{oops"}}],
        "stop_reason":"tool_use","stop_sequence":null,
        "usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":10,"output_tokens":4},
    });
    assert_eq!(write(true, &response), expected);
    let without = write(false, &response);
    assert_eq!(without["content"].as_array().unwrap().len(), 4);
}

#[test]
fn an_answer_without_anything_is_a_message() {
    let empty = write(false, &ChatResponse::default());
    let expected = json!({"id":"msg_x1","type":"message","role":"assistant","model":"asked","content":[],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}});
    assert_eq!(empty, expected);
    let stopped = answer(
        vec![AssistantPart::Text(TextPart::new("12345"))],
        Finish { reason: FinishReason::Stop, sequence: Some("Z".into()) },
    );
    let written = write(false, &stopped);
    assert_eq!(
        (&written["stop_reason"], &written["stop_sequence"], &written["usage"]["output_tokens"]),
        (&json!("stop_sequence"), &json!("Z"), &json!(2))
    );
    let refused = write(false, &answer(Vec::new(), FinishReason::ContentFilter.into()));
    assert_eq!(refused["stop_reason"], "refusal");
}

#[test]
fn answers_are_named_as_asked_where_the_provider_was_asked_for_another_name() {
    let named = |asked: Any, said: Option<&str>| {
        let mut response = answer(Vec::new(), FinishReason::Stop.into());
        response.model = said.map(Into::into);
        let body = json!({"model":asked,"messages":[{"role":"user","content":"q"}]});
        let writer = read(&body).unwrap().writer;
        let written: Any = serde_json::from_slice(&writer.whole(&response, &identity())).unwrap();
        let name = written["model"].as_str().unwrap().to_owned();
        let mut streamed = Vec::new();
        let start = model::Start { model: response.model, ..model::Start::default() };
        writer.encoder(identity()).event(model::ChatEvent::Start(start), &mut streamed).unwrap();
        let streamed = String::from_utf8(streamed).unwrap();
        assert!(streamed.contains(&format!("\"model\":\"{name}\"")), "{streamed}");
        name
    };
    // The provider is asked for `asked`.
    assert_eq!(named(json!("house/asked"), Some("said-1")), "house/asked");
    assert_eq!(named(json!("house/asked"), None), "house/asked");
    assert_eq!(named(json!("asked"), Some("said-1")), "said-1");
    assert_eq!(named(json!("asked"), None), "asked");
    assert_eq!(named(json!(null), Some("said-1")), "said-1");
    assert_eq!(named(json!(""), None), "asked");
}

#[test]
fn losses_have_the_clients_names() {
    for (parameter, member) in [
        ("stop", "stop_sequences"),
        ("user", "metadata.user_id"),
        ("response_format(json_schema)", "output_config.format"),
        ("top_k", "top_k"),
        ("reasoning_effort", "thinking"),
    ] {
        assert_eq!(CHAT_FRONT.member(parameter), member);
    }
}
