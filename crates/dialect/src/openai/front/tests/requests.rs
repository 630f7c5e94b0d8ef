//! Messages, tools and choices as they are read.

use model::{
    Arguments, AssistantPart, Base64, CacheLife, CacheMark, Detail, Maker, Reasoning, Seal, Source, TextPart,
    Tool, ToolCall, ToolChoice, UserPart,
};

use super::*;

fn text(text: &str) -> TextPart {
    TextPart::new(text)
}

fn assistant(message: &Message) -> &[AssistantPart] {
    match message {
        Message::Assistant(assistant) => &assistant.parts,
        other => panic!("{other:?}"),
    }
}

fn user(message: &Message) -> &[UserPart] {
    match message {
        Message::User(user) => &user.parts,
        other => panic!("{other:?}"),
    }
}

fn call(id: &str, name: &str, arguments: &'static str) -> AssistantPart {
    AssistantPart::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: Arguments::Object(model::Json::from_static(arguments)),
        seal: None,
        cache: None,
    })
}

#[test]
fn instructions_are_read_wherever_they_stand() {
    let read = messages(
        r#"{"role":"system","content":"a"},{"role":"user","content":"b","name":"n"},
           {"role":"developer","content":[{"type":"text","text":"c","cache_control":{"type":"ephemeral","ttl":"1h"}},"d"]}"#,
    );
    let parts = |message: &Message| match message {
        Message::System(system) => system.parts.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(parts(&read[0]), [text("a")]);
    assert!(matches!(&read[1], Message::User(user) if user.name.as_deref() == Some("n")));
    let cache = Some(CacheMark { life: Some(CacheLife::OneHour) });
    assert_eq!(parts(&read[2]), [TextPart { cache, ..text("c") }, text("d")]);
}

#[test]
fn media_are_read_in_all_their_forms() {
    let read = messages(
        r#"{"role":"user","content":[
            {"type":"image_url","image_url":{"url":"data:image/PNG;base64,QUJD","detail":"low"}},
            {"type":"image_url","image_url":"https:\/\/h\/i.png"},
            {"type":"image_url","image_url":{"url":"data:;base64,QU JD"}},
            {"type":"input_audio","input_audio":{"data":"QUJD","format":"mp3"}},
            {"type":"input_audio","input_audio":"data:audio/mpeg;base64,QUJD"},
            {"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD","filename":"f.pdf"}},
            {"type":"file","file":{"file_id":"file-1"},"cache_control":{"type":"ephemeral"}},
            {"type":"text","text":"t"}]}"#,
    );
    let data = Base64::new("QUJD").unwrap();
    let inline = |media_type: &str| Source::Inline { media_type: media_type.into(), data: data.clone() };
    let parts = user(&read[0]);
    let image = |at: usize| match &parts[at] {
        UserPart::Image(image) => (image.source.clone(), image.detail),
        other => panic!("{other:?}"),
    };
    assert_eq!(image(0), (inline("image/png"), Some(Detail::Low)));
    assert_eq!(image(1), (Source::Url("https://h/i.png".into()), None));
    assert_eq!(image(2), (inline("image/jpeg"), None));
    let formats = [&parts[3], &parts[4]].map(|part| match part {
        UserPart::Audio(audio) => (&*audio.format, audio.data.as_str()),
        other => panic!("{other:?}"),
    });
    assert_eq!(formats, [("mp3", "QUJD"); 2]);
    let UserPart::File(file) = &parts[5] else { panic!() };
    assert_eq!((&file.source, file.name.as_deref()), (&inline("application/pdf"), Some("f.pdf")));
    let UserPart::File(file) = &parts[6] else { panic!() };
    assert_eq!((&file.source, file.cache), (&Source::Uploaded("file-1".into()), Some(CacheMark::default())));
    assert_eq!(parts[7], UserPart::Text(text("t")));
}

/// Clients of servers that see videos have a part of their own for them; others put all that is no text into the
/// part for pictures.
#[test]
fn videos_and_documents_are_files_whatever_part_they_come_in() {
    let read = messages(
        r#"{"role":"user","content":[
            {"type":"video_url","video_url":{"url":"data:video/webm;base64,QUJD"},"cache_control":{"type":"ephemeral"}},
            {"type":"video_url","video_url":{"url":"https://h/v"}},
            {"type":"video_url","video_url":"data:;base64,QUJD"},
            {"type":"image_url","image_url":{"url":"data:application/pdf;base64,QUJD"}},
            {"type":"image_url","image_url":{"url":"data:application/octet-stream;base64,QUJD"}}]}"#,
    );
    let data = Base64::new("QUJD").unwrap();
    let inline = |media_type: &str| Source::Inline { media_type: media_type.into(), data: data.clone() };
    let [first, second, third, fourth, fifth] = user(&read[0]) else { panic!("{read:?}") };
    let file = |part: &UserPart| match part {
        UserPart::File(file) => (file.source.clone(), file.name.clone()),
        other => panic!("{other:?}"),
    };
    assert!(matches!(first, UserPart::File(file) if file.cache == Some(CacheMark::default())));
    assert_eq!(file(first), (inline("video/webm"), None));
    assert_eq!(file(second), (Source::Url("https://h/v".into()), Some("video.mp4".into())));
    assert_eq!(file(third), (inline("video/mp4"), None));
    assert_eq!(file(fourth), (inline("application/pdf"), None));
    assert!(matches!(fifth, UserPart::Image(_)));
}

#[test]
fn assistants_are_read_in_the_order_in_which_they_say_things() {
    let read = messages(
        r#"{"role":"user","content":"q"},
           {"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}],
            "refusal":"no","content":"t","reasoning_content":"r",
            "thinking_blocks":[{"type":"thinking","thinking":"r","signature":"s"},{"type":"redacted_thinking","data":"d"}]},
           {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://h/i"}}]}"#,
    );
    let seal = |text: &str| Seal { maker: Maker::Anthropic, text: text.into() };
    let expected = [
        AssistantPart::Reasoning(Reasoning::Open { text: "r".into(), seal: Some(seal("s")) }),
        AssistantPart::Reasoning(Reasoning::Redacted(seal("d"))),
        AssistantPart::Text(text("t")),
        AssistantPart::Refusal("no".into()),
        call("c1", "f", r#"{"a": 1}"#),
    ];
    assert_eq!(assistant(&read[1]), expected);
    let Message::Tool(result) = &read[2] else { panic!() };
    assert_eq!((&*result.call, result.name.as_deref(), result.parts.len()), ("c1", Some("f"), 2));
}

#[test]
fn reasoning_without_seals_and_empty_contents() {
    let read = messages(
        r#"{"role":"assistant","content":null,"reasoning":"r"},{"role":"assistant","content":""},
           {"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text","text":"a"}]},
           {"role":"assistant","reasoning_content":"r","thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}]},
           {"role":"user","content":""}"#,
    );
    let open = |text: &str| AssistantPart::Reasoning(Reasoning::Open { text: text.into(), seal: None });
    assert_eq!(assistant(&read[0]), [open("r")]);
    assert_eq!(assistant(&read[1]), []);
    assert_eq!(assistant(&read[2]), [open("t"), AssistantPart::Text(text("a"))]);
    let filled = assistant(&read[3]);
    assert!(
        matches!(filled, [AssistantPart::Reasoning(Reasoning::Open { text, seal: Some(_) })] if text == "r")
    );
    assert_eq!(user(&read[4]), [UserPart::Text(text(""))]);
}

#[test]
fn seals_come_out_of_ids() {
    let read = messages(
        r#"{"role":"assistant","tool_calls":[{"id":"call_1__thought__U0lH","type":"function","function":{"name":"w","arguments":""}}]},
           {"role":"tool","tool_call_id":"call_1__thought__U0lH","content":"sunny"}"#,
    );
    let [AssistantPart::ToolCall(call)] = assistant(&read[0]) else { panic!() };
    let seal = Some(Seal { maker: Maker::Gemini, text: "U0lH".into() });
    assert_eq!((&*call.id, &call.seal, &call.arguments), ("call_1", &seal, &Arguments::none()));
    assert!(matches!(&read[1], Message::Tool(result) if &*result.call == "call_1"));
}

#[test]
fn arguments_are_what_they_are() {
    let read = messages(
        r#"{"role":"assistant","tool_calls":[
            {"id":"a","function":{"name":"f","arguments":{"n":12345678901234567890}}},
            {"id":"b","function":{"name":"f","arguments":"{\"cut\":"}},
            {"id":"c","function":{"name":"f","arguments":"[1]"}},
            {"id":7,"function":{"name":"f"}},
            {"id":"e","type":"custom","custom":{"name":"g","input":"x"}}]},
           {"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"},
           {"role":"tool","tool_call_id":"c","content":"3"},{"role":"tool","tool_call_id":"7","content":"4"}"#,
    );
    let parts = assistant(&read[0]);
    let arguments = |at: usize| match &parts[at] {
        AssistantPart::ToolCall(call) => call.arguments.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(arguments(0).as_object(), br#"{"n":12345678901234567890}"#);
    assert_eq!(arguments(1), Arguments::Broken("{\"cut\":".into()));
    assert_eq!(arguments(2), Arguments::Broken("[1]".into()));
    assert_eq!(arguments(3), Arguments::none());
    assert!(matches!(&parts[3], AssistantPart::ToolCall(call) if &*call.id == "7"));
    assert!(matches!(&parts[4], AssistantPart::Native(Maker::OpenAi, _)));
}

#[test]
fn ids_that_are_missing_are_made_and_found() {
    let read = messages(
        r#"{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"id":"call_1","function":{"name":"g","arguments":"{}"}},{"id":"","function":{"name":"g","arguments":"{}"}}]},
           {"role":"tool","name":"g","content":"1"},{"role":"tool","content":"2"},{"role":"tool","content":"3"}"#,
    );
    let ids: Vec<_> = assistant(&read[0])
        .iter()
        .map(|part| match part {
            AssistantPart::ToolCall(call) => &*call.id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, ["call_0", "call_1", "call_2"]);
    let answered: Vec<_> = read
        .iter()
        .filter_map(|message| match message {
            Message::Tool(result) => Some((&*result.call, result.name.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(answered, [("call_1", Some("g")), ("call_0", Some("f")), ("call_2", Some("g"))]);
}

#[test]
fn functions_of_old_become_tools() {
    let (request, losses) = read(
        r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}],
            "functions":[{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}],"function_call":{"name":"f"}}"#,
    );
    assert!(losses.is_empty());
    assert_eq!(request.tool_choice, Some(ToolChoice::Named("f".into())));
    assert!(matches!(&request.tools[..], [Tool::Function(function)] if &*function.name == "f"));
    let [AssistantPart::ToolCall(call)] = assistant(&request.messages[1]) else { panic!() };
    assert!(matches!(&request.messages[2], Message::Tool(result) if result.call == call.id));
}

#[test]
fn tools_keep_their_schemas_and_makers() {
    let request = with(
        r#""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","required":[],"properties":{}}},"cache_control":{"type":"ephemeral"}},
            {"type":"function","name":"flat"},{"type":"web_search_20250305","name":"web_search"},{"googleSearch":{}},
            {"type":"custom","custom":{"name":"c"}},null]"#,
    );
    let Tool::Function(function) = &request.tools[0] else { panic!() };
    let parameters = function.parameters.as_ref().unwrap();
    assert_eq!(parameters.as_str(), r#"{"type":"object","required":[],"properties":{}}"#);
    assert_eq!((function.strict, function.cache), (Some(true), Some(CacheMark::default())));
    assert!(matches!(&request.tools[1], Tool::Function(function) if &*function.name == "flat"));
    let natives: Vec<_> = request
        .tools
        .iter()
        .filter_map(|tool| match tool {
            Tool::Native { maker, name, .. } => Some((*maker, &**name)),
            Tool::Function(_) => None,
        })
        .collect();
    let expected =
        [(Maker::Anthropic, "web_search"), (Maker::Gemini, "googleSearch"), (Maker::OpenAi, "custom")];
    assert_eq!(natives, expected);
}

#[test]
fn choices_are_read_in_all_their_forms() {
    let tools = r#""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"#;
    let among = |required| Some(ToolChoice::Among { names: vec!["g".into()], required });
    for (choice, expected) in [
        (r#""auto""#, Some(ToolChoice::Auto)),
        (r#""none""#, Some(ToolChoice::None)),
        (r#""required""#, Some(ToolChoice::Required)),
        ("null", None),
        (r#"{"type":"function","function":{"name":"g"}}"#, Some(ToolChoice::Named("g".into()))),
        (r#"{"type":"function","name":"g"}"#, Some(ToolChoice::Named("g".into()))),
        (
            r#"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}"#,
            among(true),
        ),
        (r#"{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}"#, among(false)),
    ] {
        assert_eq!(with(&format!("{tools},\"tool_choice\":{choice}")).tool_choice, expected, "{choice}");
    }
    let custom = with(&format!(r#"{tools},"tool_choice":{{"type":"custom","custom":{{"name":"c"}}}}"#));
    assert!(custom.tool_choice.is_none() && custom.extras.value("tool_choice").is_some());
    // Without tools a choice of one is nothing; whether "none" is said is the codec's to decide.
    assert_eq!(with(r#""tool_choice":"none""#).tool_choice, Some(ToolChoice::None));
    let body = r#"{"messages":[{"role":"user","content":"q"}],"tool_choice":{"type":"function","function":{"name":"g"}}}"#;
    let (request, losses) = read(body);
    assert_eq!((request.tool_choice, losses), (None, vec!["tool_choice dropped".to_owned()]));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let user = r#"{"role":"user","content":"q"}"#;
    for (body, place) in [
        (r#"{"messages":[]}"#.to_owned(), "valid prompts"),
        (r#"{"messages":[1]}"#.to_owned(), "'messages[0]' must be an object"),
        (r#"{"messages":[{"content":"q"}]}"#.to_owned(), "'messages[0].role' must be"),
        (r#"{"messages":[{"role":"robot"}]}"#.to_owned(), "'messages[0].role' must be"),
        (r#"{"messages":[{"role":"user","content":5}]}"#.to_owned(), "'messages[0].content' must be a string or"),
        (
            r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,xx"}}]}]}"#.to_owned(),
            "'messages[0].content[0].image_url.url' must be a data URI with base64",
        ),
        (r#"{"messages":[{"role":"user","content":[{"type":"video"}]}]}"#.to_owned(), "'messages[0].content[0].type'"),
        (format!(r#"{{"messages":[{user}],"temperature":"hot"}}"#), "'temperature' must be a number"),
        (format!(r#"{{"messages":[{user}],"max_tokens":1.5}}"#), "'max_tokens' must be a whole number"),
        (format!(r#"{{"messages":[{user}],"stop":[1]}}"#), "'stop[0]' must be a string"),
        (format!(r#"{{"messages":[{user}],"extra_body":{{"top_p":[]}}}}"#), "'extra_body.top_p' must be a number"),
        (format!(r#"{{"messages":[{user}],"reasoning_effort":"much"}}"#), "'reasoning_effort' must be"),
        (format!(r#"{{"messages":[{user}],"tools":[{{"type":"function"}}]}}"#), "'tools[0].function' must be an object"),
        (
            format!(r#"{{"messages":[{user}],"tools":[{{"type":"function","function":{{"name":"f"}}}},{{"type":"function","function":{{"name":"f"}}}}]}}"#),
            "'tools[1].function.name' must be unique",
        ),
        (format!(r#"{{"messages":[{user},{{"role":"tool","content":"x"}}]}}"#), "'messages[1].tool_call_id' must be"),
        (
            format!(r#"{{"messages":[{user}],"response_format":{{"type":"json_schema","json_schema":{{"name":"n"}}}}}}"#),
            "'response_format.json_schema.schema' must be an object",
        ),
    ] {
        let told = refusal(&body);
        assert!(told.contains(place), "{body}: {told}");
    }
}

#[test]
fn unknown_members_of_messages_are_losses() {
    let (_, losses) = read(
        r#"{"messages":[{"role":"user","content":"q","x":1},{"role":"assistant","content":"a","prefix":true,"annotations":[],"x":null},{"role":"user","content":"q","x":2,"Bad name\n":1}]}"#,
    );
    assert_eq!(losses, ["messages.x dropped", "messages.prefix dropped", "messages dropped"]);
}
