//! What clients send, and what is made of it.

use model::{Arguments, Extras, TextPart, UserPart};

use super::*;

fn user(text: &str) -> Message {
    Message::User(UserMessage { parts: vec![UserPart::Text(TextPart::new(text))], name: None })
}

fn calls(ids: &[(&str, &str)]) -> Message {
    let call = |(id, name): &(&str, &str)| {
        AssistantPart::ToolCall(ToolCall {
            id: (*id).into(),
            name: (*name).into(),
            arguments: Arguments::none(),
            seal: None,
            cache: None,
        })
    };
    Message::Assistant(AssistantMessage { parts: ids.iter().map(call).collect(), name: None })
}

fn result(id: &str, name: Option<&str>, text: &str) -> Message {
    Message::Tool(ToolResult {
        call: id.into(),
        name: name.map(Into::into),
        parts: vec![UserPart::Text(TextPart::new(text))],
        failed: false,
        cache: None,
        extras: Extras::default(),
    })
}

/// One word a turn.
fn shown(messages: &[Message]) -> Vec<String> {
    let one = |turn: Turn<'_>| match turn {
        Turn::System(_) => "system".to_owned(),
        Turn::User(user) => Message::text_of(&user.parts),
        Turn::Assistant { ids, .. } => format!("calls {}", ids.join(" ")),
        Turn::Result { id, call, result } => {
            let text = result.map_or("-".to_owned(), |result| Message::text_of(&result.parts));
            format!("{id} {} {text}", call.name)
        }
        Turn::Orphan(result) => orphan_text(result),
    };
    turns(messages).into_iter().map(one).collect()
}

#[test]
fn results_come_in_the_order_of_their_calls() {
    let asked = [
        user("q"),
        calls(&[("a", "f"), ("b", "g")]),
        result("b", None, "2"),
        result("a", None, "1"),
        user("r"),
    ];
    assert_eq!(shown(&asked), ["q", "calls a b", "a f 1", "b g 2", "r"]);
}

#[test]
fn late_and_missing_results_are_placed() {
    let asked = [calls(&[("a", "f"), ("b", "g")]), user("wait"), result("a", None, "1")];
    assert_eq!(shown(&asked), ["calls a b", "a f 1", "b g -", "wait"]);
}

#[test]
fn ids_are_made_distinct() {
    let asked = [
        calls(&[("a", "f")]),
        result("a", None, "1"),
        calls(&[("a", "g"), ("", "h")]),
        result("a", None, "2"),
        result("", None, "3"),
    ];
    assert_eq!(shown(&asked), ["calls a", "a f 1", "calls a_2 call", "a_2 g 2", "call h 3"]);
}

#[test]
fn results_of_no_call_are_said_by_the_user() {
    let asked = [
        calls(&[("a", "f")]),
        result("a", None, "1"),
        result("a", None, "again"),
        result("x", Some("g"), "2"),
    ];
    assert_eq!(shown(&asked), ["calls a", "a f 1", "Result of a tool: again", "Result of the tool g: 2"]);
}

#[test]
fn names_stand_in_for_unknown_ids() {
    let asked = [calls(&[("a", "f"), ("b", "g")]), result("x", Some("g"), "2"), result("a", None, "1")];
    assert_eq!(shown(&asked), ["calls a b", "a f 1", "b g 2"]);
}
