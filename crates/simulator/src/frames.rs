//! Events to bytes of an event stream, with the faults that live there.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::Event;
use crate::fault::{Fault, Faults};

pub(crate) const DEFAULT_HUGE: usize = 1 << 20;

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Clean,
    Stall,
    Cut,
    Reset,
}

/// The frames that are written, in order, and how it ends.
pub(crate) struct Frames {
    pub(crate) frames: Vec<Bytes>,
    pub(crate) end: End,
}

/// Applies the faults to a stream and writes it.
pub(crate) fn write(mut events: Vec<Event>, faults: &Faults, error: &Value) -> Frames {
    let middle = middle(&events);
    if faults.has(Fault::HugeLine) {
        events.insert(middle, huge(&events, middle, faults.size.unwrap_or(DEFAULT_HUGE)));
    }
    if faults.has(Fault::NotJsonMid) {
        events.insert(middle, Event::Raw("{this is not JSON".to_owned()));
    }
    if faults.has(Fault::ErrorFirst) {
        events = vec![failure(&events, error)];
    }
    if faults.has(Fault::ErrorMid) {
        let failure = failure(&events, error);
        events.truncate(middle);
        events.push(failure);
    }
    if faults.has(Fault::NoDone) {
        events.retain(|event| *event != Event::Done);
    }
    if faults.has(Fault::DoubleDone) && !named(&events) {
        events.push(Event::Done);
    }
    if faults.has(Fault::AfterDone) {
        let more = events.get(middle).cloned();
        events.extend(more.into_iter().chain([Event::Data(error.clone()), Event::Done]));
    }
    let end = end(faults);
    let ends_early = end != End::Clean || faults.has(Fault::EndMid);
    if ends_early {
        events.truncate(middle);
    }
    let mut frames: Vec<Bytes> =
        events.iter().enumerate().map(|(index, event)| frame(index, event, faults)).collect();
    if faults.has(Fault::BadUtf8)
        && let Some(frame) = frames.get_mut(middle.min(2))
    {
        *frame = with_bad_utf8(frame);
    }
    if faults.has(Fault::CutInFrame)
        && let Some(last) = frames.last_mut()
    {
        last.truncate(last.len() / 2);
    }
    if faults.has(Fault::Bom) {
        frames.insert(0, Bytes::from_static(b"\xef\xbb\xbf"));
    }
    Frames { frames, end }
}

pub(crate) fn end(faults: &Faults) -> End {
    if faults.has(Fault::StallMid) {
        End::Stall
    } else if faults.has(Fault::CutMid) || faults.has(Fault::CutInFrame) {
        End::Cut
    } else if faults.has(Fault::Reset) {
        End::Reset
    } else {
        End::Clean
    }
}

/// Whether the events of a stream have names.
fn named(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::Named(..)))
}

/// The error as an event that fits the others.
fn failure(events: &[Event], error: &Value) -> Event {
    if named(events) { Event::Named("error", error.clone()) } else { Event::Data(error.clone()) }
}

/// A place after the first content and before the first finish reason.
fn middle(events: &[Event]) -> usize {
    let finishes = |event: &Event| match event {
        Event::Data(value) => value["choices"][0]["finish_reason"].is_string(),
        Event::Named(name, value) => *name == "message_delta" || value["stop_reason"].is_string(),
        Event::Done => true,
        Event::Raw(_) | Event::Comment(_) => false,
    };
    let finish = events.iter().position(finishes).unwrap_or(events.len());
    // A named stream says who speaks in up to three events.
    let opening = if named(events) { 4 } else { 2 };
    finish.div_ceil(2).max(opening).min(finish)
}

/// A copy of the chunk before the middle with a text of `size` bytes.
fn huge(events: &[Event], middle: usize, size: usize) -> Event {
    if named(events) {
        let delta = json!({"type": "text_delta", "text": "x".repeat(size)});
        let value = json!({"type": "content_block_delta", "index": 0, "delta": delta});
        return Event::Named("content_block_delta", value);
    }
    let like = events[..middle].iter().rev().find_map(|event| match event {
        Event::Data(value) if value["choices"][0].is_object() => Some(value.clone()),
        _ => None,
    });
    let mut value = like.unwrap_or_else(|| json!({"choices": [{"index": 0}]}));
    let text: Value = "x".repeat(size).into();
    if value["choices"][0]["text"].is_string() {
        value["choices"][0]["text"] = text;
    } else {
        value["choices"][0]["delta"] = json!({"content": text});
    }
    Event::Data(value)
}

fn frame(index: usize, event: &Event, faults: &Faults) -> Bytes {
    let mut text = String::new();
    if faults.has(Fault::Comments) {
        text.push_str(": a comment of its own\n\n");
    }
    let field = if faults.has(Fault::NoSpace) { "data:" } else { "data: " };
    match event {
        Event::Comment(comment) => {
            text.push_str(": ");
            text.push_str(comment);
            text.push('\n');
        }
        Event::Done => {
            text.push_str(field);
            text.push_str("[DONE]\n");
        }
        Event::Raw(raw) => {
            text.push_str(field);
            text.push_str(raw);
            text.push('\n');
        }
        Event::Data(value) => {
            if faults.has(Fault::Comments) {
                // Writing to a string does not fail.
                let _ = write!(text, "event: message\nid: {index}\n: within\nretry: 1000\n");
            }
            data(&mut text, field, value, faults.has(Fault::MultiData));
        }
        Event::Named(name, value) => {
            // Writing to a string does not fail.
            let _ = writeln!(text, "event: {name}");
            if faults.has(Fault::Comments) {
                let _ = write!(text, "id: {index}\n: within\nretry: 1000\n");
            }
            data(&mut text, field, value, faults.has(Fault::MultiData));
        }
    }
    text.push('\n');
    if faults.has(Fault::Crlf) {
        text = text.replace('\n', "\r\n");
    } else if faults.has(Fault::CrOnly) {
        text = text.replace('\n', "\r");
    }
    Bytes::from(text)
}

fn data(text: &mut String, field: &str, value: &Value, spread: bool) {
    let json = if spread { format!("{value:#}") } else { value.to_string() };
    for line in json.lines() {
        text.push_str(field);
        text.push_str(line);
        text.push('\n');
    }
}

/// Puts bytes that are no UTF-8 into the first text of a JSON body.
pub(crate) fn with_bad_utf8(bytes: &[u8]) -> Bytes {
    let marks: [&[u8]; 4] = [b"\"content\":\"", b"\"text\":\"", b"\"response\":\"", b"\"generated_text\":\""];
    let place = marks.iter().find_map(|mark| {
        let start = bytes.windows(mark.len()).position(|window| window == *mark)?;
        Some(start + mark.len())
    });
    let (head, tail) = bytes.split_at(place.unwrap_or(bytes.len()));
    [head, b"\xff\xfe\xc3(", tail].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str, finish: Option<&str>) -> Event {
        Event::Data(json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}))
    }

    fn written(names: &str) -> (String, End) {
        let events =
            vec![chunk("", None), chunk("a ", None), chunk("b ", None), chunk("", Some("stop")), Event::Done];
        let error = json!({"error": {"message": "m"}});
        let frames = write(events, &Faults::parse(names).unwrap(), &error);
        let bytes: Vec<u8> = frames.frames.concat();
        (String::from_utf8_lossy(&bytes).into_owned(), frames.end)
    }

    #[test]
    fn lines_end_as_told() {
        let (plain, _) = written("");
        assert!(plain.ends_with("data: [DONE]\n\n") && plain.matches("\n\n").count() == 5);
        assert_eq!(written("crlf").0, plain.replace('\n', "\r\n"));
        assert_eq!(written("cr_only").0, plain.replace('\n', "\r"));
        assert_eq!(written("bom").0, format!("\u{feff}{plain}"));
        assert_eq!(written("no_space").0, plain.replace("data: ", "data:"));
    }

    #[test]
    fn streams_end_as_told() {
        assert_eq!(written("double_done").0.matches("[DONE]").count(), 2);
        let (after, _) = written("after_done");
        let (_, behind) = after.split_once("[DONE]").unwrap();
        assert!(behind.contains("\"error\"") && behind.matches("data: ").count() == 3, "{behind}");
        assert!(!written("no_done").0.contains("[DONE]") && written("no_done").0.contains("stop"));
        let (cut, end) = written("cut_mid");
        assert!(end == End::Cut && cut.contains("a ") && !cut.contains("stop") && cut.ends_with("\n\n"));
        assert!(!written("cut_in_frame").0.ends_with("\n\n"));
        let (ended, end) = written("end_mid");
        assert!(end == End::Clean && !ended.contains("stop"));
        assert!(written("error_mid").0.ends_with("data: {\"error\":{\"message\":\"m\"}}\n\n"));
        assert!(written("error_first").0.starts_with("data: {\"error\""));
        assert!(written("bad_utf8").0.contains('\u{fffd}'));
    }
}
