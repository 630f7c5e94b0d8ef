//! The grammar accepts what answers are, and a fold gives the answer that the events are together.

use crate::{
    Arguments, AssistantPart, ChatEvent, ChatRequest, ChatResponse, ConfiguredOptions, Effort, Finish,
    FinishReason, Fold, Grammar, GrammarError, Maker, Message, Number, OptionsPrecedence, Parameter,
    Reasoning, ReasoningWish, Seal, Start, TextPart, ToolChoice, UpstreamError, Usage, UserMessage, UserPart,
};

fn seal(text: &str) -> Seal {
    Seal { maker: Maker::Anthropic, text: text.into() }
}

fn text(delta: &str) -> ChatEvent {
    ChatEvent::Text { choice: 0, delta: delta.into() }
}

fn start() -> ChatEvent {
    ChatEvent::Start(Start { id: Some("a1".into()), ..Start::default() })
}

fn call(index: u32, name: &str) -> ChatEvent {
    ChatEvent::ToolStart {
        choice: 0,
        call: index,
        id: format!("c{index}").into(),
        name: name.into(),
        seal: None,
    }
}

fn arguments(index: u32, delta: &str) -> ChatEvent {
    ChatEvent::ToolArguments { choice: 0, call: index, delta: delta.into() }
}

fn finish(reason: FinishReason) -> ChatEvent {
    ChatEvent::Finish { choice: 0, finish: reason.into() }
}

fn accept(events: &[ChatEvent]) -> Result<bool, GrammarError> {
    let mut grammar = Grammar::default();
    for event in events {
        grammar.accept(event)?;
    }
    Ok(grammar.is_finished())
}

#[test]
fn answers_are_accepted() {
    let events = [
        start(),
        ChatEvent::Reasoning { choice: 0, delta: "hm".into() },
        ChatEvent::Sealed { choice: 0, seal: seal("s") },
        text("a"),
        call(0, "f"),
        call(1, "g"),
        arguments(1, "{}"),
        arguments(0, "{"),
        arguments(0, "}"),
        ChatEvent::Usage(Usage::default()),
        finish(FinishReason::ToolCalls),
        ChatEvent::Usage(Usage { output: 1, ..Usage::default() }),
    ];
    assert_eq!(accept(&events), Ok(true));
    assert_eq!(accept(&events[..10]), Ok(false));
    assert_eq!(accept(&[start()]), Ok(false));
}

#[test]
fn what_is_no_answer_is_refused() {
    let error = || ChatEvent::Error(UpstreamError::new(500, ""));
    for (events, wrong) in [
        (vec![text("a")], GrammarError::NotStarted),
        (vec![start(), start()], GrammarError::StartedTwice),
        (vec![start(), error(), text("a")], GrammarError::AfterError),
        (vec![start(), finish(FinishReason::Stop), text("a")], GrammarError::AfterFinish(0)),
        (vec![start(), call(1, "f")], GrammarError::SparseCall(1)),
        (vec![start(), call(0, "f"), call(0, "f")], GrammarError::SparseCall(0)),
        (vec![start(), arguments(0, "{}")], GrammarError::UnknownCall(0)),
        (vec![start(), call(0, "")], GrammarError::NamelessCall(0)),
        (vec![start(), text("")], GrammarError::Empty),
        (vec![start(), ChatEvent::Sealed { choice: 0, seal: seal("") }], GrammarError::NothingSealed),
    ] {
        assert_eq!(accept(&events), Err(wrong), "{events:?}");
    }
}

fn fold(events: Vec<ChatEvent>) -> Result<ChatResponse, UpstreamError> {
    let mut fold = Fold::default();
    for event in events {
        fold.add(event);
    }
    fold.finish(|text| text.starts_with('{') && text.ends_with('}'))
}

#[test]
fn events_fold_into_the_answer() {
    let response = fold(vec![
        start(),
        ChatEvent::Reasoning { choice: 0, delta: "h".into() },
        ChatEvent::Reasoning { choice: 0, delta: "m".into() },
        ChatEvent::Sealed { choice: 0, seal: seal("s") },
        ChatEvent::Redacted { choice: 0, seal: seal("r") },
        text("a"),
        text("b"),
        call(0, "f"),
        call(1, "g"),
        call(2, "h"),
        arguments(1, "{\"x\":"),
        arguments(2, "oops"),
        arguments(1, "1}"),
        finish(FinishReason::ToolCalls),
        ChatEvent::Usage(Usage { output: 9, ..Usage::default() }),
    ])
    .unwrap();
    assert_eq!(response.id.as_deref(), Some("a1"));
    assert_eq!(response.usage.unwrap().output, 9);
    let [choice] = &response.choices[..] else { panic!("{response:?}") };
    assert_eq!(choice.finish, Finish::from(FinishReason::ToolCalls));
    let [reasoning, redacted, said, first, second, third] = &choice.parts[..] else { panic!("{choice:?}") };
    let open = Reasoning::Open { text: "hm".into(), seal: Some(seal("s")) };
    assert_eq!(*reasoning, AssistantPart::Reasoning(open));
    assert_eq!(*redacted, AssistantPart::Reasoning(Reasoning::Redacted(seal("r"))));
    assert_eq!(*said, AssistantPart::Text(TextPart::new("ab")));
    let arguments: Vec<_> = [first, second, third]
        .iter()
        .map(|part| match part {
            AssistantPart::ToolCall(call) => {
                (&*call.name, call.arguments.as_text(), call.arguments.as_object())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected: [(&str, &str, &[u8]); 3] =
        [("f", "{}", b"{}"), ("g", "{\"x\":1}", b"{\"x\":1}"), ("h", "oops", b"{}")];
    assert_eq!(arguments, expected);
    assert_eq!(response.output_bytes(), 2 + 2 + (1 + 2) + (1 + 7) + (1 + 4));
}

#[test]
fn a_stream_that_failed_folds_into_its_error() {
    let error = UpstreamError::new(529, "busy");
    assert_eq!(fold(vec![start(), text("a"), ChatEvent::Error(error.clone())]), Err(error));
}

#[test]
fn options_are_merged_by_precedence() {
    let number = |text: &str| Some(Number::from_checked(text));
    let mut asked = ChatRequest { max_tokens: Some(5), ..ChatRequest::default() };
    asked.sampling.temperature = number("0.1");
    let mut options = ConfiguredOptions {
        max_tokens: Some(9),
        temperature: Some("0.9".into()),
        top_k: Some(4),
        ..ConfiguredOptions::default()
    };
    let merged = |options: &ConfiguredOptions| {
        let mut request = asked.clone();
        request.merge(options);
        (request.max_tokens, request.sampling.temperature, request.sampling.top_k)
    };
    assert_eq!(merged(&options), (Some(5), number("0.1"), number("4")));
    options.precedence = OptionsPrecedence::Config;
    assert_eq!(merged(&options), (Some(9), number("0.9"), number("4")));
    options.temperature = None;
    assert_eq!(merged(&options).1, number("0.1"));
}

#[test]
fn what_is_asked_for_is_found() {
    let mut request = ChatRequest {
        messages: vec![Message::User(UserMessage {
            parts: vec![UserPart::Text(TextPart::new("q"))],
            name: Some("n".into()),
        })],
        tool_choice: Some(ToolChoice::Required),
        reasoning: Some(ReasoningWish::Off),
        ..ChatRequest::default()
    };
    request.sampling.n = Some(1);
    let found = Parameter::of(&request);
    assert_eq!(found, [Parameter::ToolChoiceRequired, Parameter::ReasoningOff, Parameter::UserName]);
    request.sampling.n = Some(2);
    request.sampling.stop = vec!["x".to_owned()];
    assert!(Parameter::of(&request).starts_with(&[Parameter::Stop, Parameter::N]));
    assert_eq!(
        Message::text_of(&[UserPart::Text(TextPart::new("a")), UserPart::Text(TextPart::new("b"))]),
        "ab"
    );
}

#[test]
fn efforts_and_budgets_stand_for_each_other() {
    for effort in Effort::ALL {
        assert_eq!(Effort::from_name(effort.name()), Some(effort));
        assert_eq!(ReasoningWish::Effort(effort).budget(), Some(effort.budget()));
    }
    assert_eq!(ReasoningWish::Budget(2048).effort(), Some(Effort::Medium));
    assert_eq!(ReasoningWish::Budget(2047).effort(), Some(Effort::Low));
    assert_eq!(ReasoningWish::Adaptive(None).effort(), Some(Effort::High));
    assert_eq!((ReasoningWish::Off.effort(), ReasoningWish::Off.budget()), (None, None));
    assert_eq!(Arguments::none().as_text(), "{}");
}
