//! Every parameter is in the body, or lost.

use super::*;

fn schema() -> ResponseFormat {
    let schema = json_of(r#"{"type":"object","properties":{},"additionalProperties":false}"#);
    ResponseFormat::JsonSchema { name: "s".into(), description: None, schema, strict: None }
}

/// A request that asks for one thing, and the member of the body that shows it.
fn asking_for(parameter: Parameter) -> (ChatRequest, &'static str) {
    let base = asking(vec![user("q")]);
    let number = || Some(Number::from_checked("0.5"));
    let sampling = |sampling: Sampling| ChatRequest { sampling, ..base.clone() };
    let none = Sampling::default();
    let shown = |part: UserPart| asking(vec![Message::User(UserMessage { parts: vec![part], name: None })]);
    let tools = ChatRequest { tools: vec![function("f", None), function("g", None)], ..base.clone() };
    let choice = |choice| ChatRequest { tool_choice: Some(choice), ..tools.clone() };
    let gave = |change: fn(&mut ToolResult)| {
        let mut answer = result("a", "r");
        if let Message::Tool(result) = &mut answer {
            change(result);
        }
        asking(vec![user("q"), assistant(vec![call("a", "f", "")]), answer])
    };
    match parameter {
        Parameter::MaxTokens => (ChatRequest { max_tokens: Some(9), ..base }, "max_tokens"),
        Parameter::Temperature => (sampling(Sampling { temperature: number(), ..none }), "temperature"),
        Parameter::TopP => (sampling(Sampling { top_p: number(), ..none }), "top_p"),
        Parameter::TopK => (sampling(Sampling { top_k: Some(5.into()), ..none }), "top_k"),
        Parameter::Stop => (sampling(Sampling { stop: vec!["Z".into()], ..none }), "stop_sequences"),
        Parameter::Seed => (sampling(Sampling { seed: Some(5.into()), ..none }), ""),
        Parameter::N => (sampling(Sampling { n: Some(2), ..none }), ""),
        Parameter::FrequencyPenalty => (sampling(Sampling { frequency_penalty: number(), ..none }), ""),
        Parameter::PresencePenalty => (sampling(Sampling { presence_penalty: number(), ..none }), ""),
        Parameter::Logprobs => (sampling(Sampling { logprobs: Some(true), ..none }), ""),
        Parameter::TopLogprobs => (sampling(Sampling { top_logprobs: Some(2), ..none }), ""),
        Parameter::LogitBias => (sampling(Sampling { logit_bias: Some(json_of("{}")), ..none }), ""),
        Parameter::User => (ChatRequest { user: Some("u".into()), ..base }, "user_id"),
        Parameter::ServiceTier => {
            (ChatRequest { service_tier: Some("standard_only".into()), ..base }, "service_tier")
        }
        Parameter::Metadata => (ChatRequest { metadata: Some(json_of("{}")), ..base }, ""),
        Parameter::JsonObject => {
            (ChatRequest { response_format: ResponseFormat::JsonObject, ..base }, "system")
        }
        Parameter::JsonSchema => (ChatRequest { response_format: schema(), ..base }, "output_config"),
        Parameter::Tools => (tools, "tools"),
        Parameter::ToolChoiceNone => (choice(ToolChoice::None), "tool_choice"),
        Parameter::ToolChoiceRequired => (choice(ToolChoice::Required), "tool_choice"),
        Parameter::ToolChoiceNamed => (choice(ToolChoice::Named("g".into())), "tool_choice"),
        Parameter::ToolChoiceAmong => {
            (choice(ToolChoice::Among { names: vec!["g".into()], required: true }), "tool_choice")
        }
        Parameter::ParallelToolCalls => {
            (ChatRequest { parallel_tool_calls: Some(false), ..tools }, "disable_parallel_tool_use")
        }
        Parameter::ReasoningOff => (ChatRequest { reasoning: Some(ReasoningWish::Off), ..base }, "thinking"),
        Parameter::Reasoning => {
            (ChatRequest { reasoning: Some(ReasoningWish::Effort(Effort::High)), ..base }, "thinking")
        }
        Parameter::ImageData => (shown(UserPart::Image(image(png()))), "base64"),
        Parameter::ImageUrl => (shown(UserPart::Image(image(Source::Url("https://x/y.png".into())))), "url"),
        Parameter::Audio => {
            let audio = Audio { format: "wav".into(), data: Base64::new("AAAA").unwrap() };
            (shown(UserPart::Audio(audio)), "")
        }
        Parameter::File => {
            let file = File { source: Source::Text("t".into()), name: None, cache: None };
            (shown(UserPart::File(file)), "document")
        }
        Parameter::ToolResultImage => {
            (gave(|result| result.parts.push(UserPart::Image(image(png())))), "image/png")
        }
        Parameter::ToolResultError => (gave(|result| result.failed = true), "is_error"),
        Parameter::CacheMark => (gave(|result| result.cache = Some(CacheMark::default())), "cache_control"),
        Parameter::UserName => (
            asking(vec![Message::User(UserMessage {
                name: Some("n".into()),
                ..match user("q") {
                    Message::User(user) => user,
                    _ => unreachable!(),
                }
            })]),
            "",
        ),
    }
}

#[test]
fn every_parameter_is_in_the_body_or_lost() {
    for family in [&OLD, &NEW, &PLAIN] {
        for &parameter in Parameter::ALL {
            let (request, member) = asking_for(parameter);
            assert!(Parameter::of(&request).contains(&parameter), "{parameter:?}");
            let handling = CHAT_CODEC.handling(parameter, family);
            if handling == Handling::Refuse {
                refusal(&request, family);
                continue;
            }
            let (body, losses) = encode(&request, family);
            let shows = body.to_string().contains(&format!("\"{member}\""));
            match handling {
                Handling::Pass | Handling::Rename(_) => {
                    assert!(shows, "{parameter:?} {body}");
                    assert_eq!(losses, [""; 0], "{parameter:?}");
                }
                _ => assert!(losses[0].starts_with(parameter.name()), "{parameter:?} {losses:?}"),
            }
        }
    }
}

/// A request with these options for a search of the web.
fn searching(options: &str) -> ChatRequest {
    let mut request = asking(vec![user("q")]);
    request.extras.add("web_search_options", json_of(options));
    request
}

#[test]
fn a_search_of_the_web_is_a_tool() {
    let place = r#"{"user_location":{"type":"approximate","approximate":{"country":"DE","city":"Berlin"}},"search_context_size":"low"}"#;
    let (body, losses) = encode(&searching(place), &NEW);
    let location = json!({"type": "approximate", "country": "DE", "city": "Berlin"});
    assert_eq!(
        body["tools"],
        json!([{"type": "web_search_20250305", "name": "web_search", "user_location": location}])
    );
    assert_eq!(losses, ["web_search_options.search_context_size dropped"]);
    let (body, losses) = encode(&searching("{}"), &NEW);
    assert_eq!(body["tools"], json!([{"type": "web_search_20250305", "name": "web_search"}]));
    assert!(losses.is_empty() && body.get("tool_choice").is_none(), "{body} {losses:?}");
    // A tool of the client's own with this name is the one that is meant.
    let own = ChatRequest { tools: vec![function("web_search", None)], ..searching("{}") };
    assert_eq!(encode(&own, &NEW).0["tools"].as_array().unwrap().len(), 1);
    // Bedrock runs no tools.
    let (body, encoded) = encode_with(&BEDROCK_CODEC, &searching("{}"), &NEW);
    assert!(body.get("tools").is_none());
    assert_eq!(told(&encoded.losses), ["web_search_options dropped"]);
}
