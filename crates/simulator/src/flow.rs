//! Streams of the APIs of their own form: pieces of JSON in their framing, with the faults that live there.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::Value;

use crate::fault::{Fault, Faults};
use crate::frames::{self, End, Frames};

/// How pieces are told apart on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Text events; what stands after `data:`, and how lines end.
    Events { blank: &'static str, line_end: &'static str },
    /// One object a line.
    Lines,
    /// One array over the whole stream.
    Array,
}

impl Framing {
    /// The content type that goes with it.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Events { .. } => "text/event-stream",
            Self::Lines => "application/x-ndjson",
            Self::Array => "application/json; charset=UTF-8",
        }
    }
}

/// One element of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    /// The name of the event, where events have one.
    pub(crate) name: Option<&'static str>,
    pub(crate) value: Value,
}

impl From<Value> for Piece {
    fn from(value: Value) -> Self {
        Self { name: None, value }
    }
}

/// A stream before it is written.
pub(crate) struct Flow {
    pub(crate) framing: Framing,
    pub(crate) pieces: Vec<Piece>,
    /// How many pieces there are up to the first content.
    pub(crate) opening: usize,
    /// Which piece is the first that tells an end.
    pub(crate) finish: usize,
    /// What follows the last piece as an event of its own.
    pub(crate) end_mark: Option<&'static str>,
    /// What is said where the stream fails.
    pub(crate) error: Piece,
    /// A piece with so much text.
    pub(crate) huge: fn(String) -> Piece,
}

enum Item {
    Piece(Piece),
    Raw(&'static str),
    Mark(&'static str),
}

/// Applies the faults to a stream and writes it.
pub(crate) fn write(flow: Flow, faults: &Faults) -> Frames {
    let middle = flow.finish.div_ceil(2).max(flow.opening).min(flow.finish);
    let mut items: Vec<Item> = flow.pieces.into_iter().map(Item::Piece).collect();
    if faults.has(Fault::HugeLine) {
        let text = "x".repeat(faults.size.unwrap_or(frames::DEFAULT_HUGE));
        items.insert(middle, Item::Piece((flow.huge)(text)));
    }
    if faults.has(Fault::NotJsonMid) {
        items.insert(middle, Item::Raw("{this is not JSON"));
    }
    let mark = flow.end_mark.filter(|_| !faults.has(Fault::NoDone));
    items.extend(mark.map(Item::Mark));
    if faults.has(Fault::DoubleDone) {
        items.extend(mark.map(Item::Mark));
    }
    if faults.has(Fault::ErrorFirst) {
        items = vec![Item::Piece(flow.error.clone())];
    }
    if faults.has(Fault::ErrorMid) {
        items.truncate(middle);
        items.push(Item::Piece(flow.error));
    }
    let end = frames::end(faults);
    let ends_early = end != End::Clean || faults.has(Fault::EndMid);
    if ends_early {
        items.truncate(middle);
    }
    let written = items.iter().enumerate().map(|(index, item)| frame(flow.framing, index, item, faults));
    let mut frames: Vec<Bytes> = written.map(Bytes::from).collect();
    if flow.framing == Framing::Array && !ends_early && !faults.has(Fault::NoDone) {
        frames.push(Bytes::from_static(if items.is_empty() { b"[]" } else { b"]" }));
    }
    spoil(&mut frames, middle, faults);
    Frames { frames, end }
}

/// The faults of single frames.
fn spoil(frames: &mut Vec<Bytes>, middle: usize, faults: &Faults) {
    if faults.has(Fault::BadUtf8)
        && let Some(frame) = frames.get_mut(middle.saturating_sub(1))
    {
        *frame = frames::with_bad_utf8(frame);
    }
    if faults.has(Fault::CutInFrame)
        && let Some(last) = frames.last_mut()
    {
        last.truncate(last.len() / 2);
    }
    if faults.has(Fault::Bom) {
        frames.insert(0, Bytes::from_static(b"\xef\xbb\xbf"));
    }
}

fn frame(framing: Framing, index: usize, item: &Item, faults: &Faults) -> String {
    let comments = faults.has(Fault::Comments);
    match framing {
        Framing::Events { blank, line_end } => {
            let text = event(blank, index, item, faults);
            let line_end = if faults.has(Fault::Crlf) {
                "\r\n"
            } else if faults.has(Fault::CrOnly) {
                "\r"
            } else {
                line_end
            };
            text.replace('\n', line_end)
        }
        Framing::Lines => {
            let between = if comments { "\n" } else { "" };
            let line_end = if faults.has(Fault::Crlf) { "\r\n" } else { "\n" };
            format!("{between}{}{line_end}", json(item, false))
        }
        Framing::Array => {
            let before = if index == 0 { "[" } else { ",\r\n" };
            let between = if comments { "\n \t\n" } else { "" };
            format!("{before}{between}{}\n", json(item, faults.has(Fault::MultiData)))
        }
    }
}

fn json(item: &Item, spread: bool) -> String {
    match item {
        Item::Piece(piece) if spread => format!("{:#}", piece.value),
        Item::Piece(piece) => piece.value.to_string(),
        Item::Raw(text) | Item::Mark(text) => (*text).to_owned(),
    }
}

/// An event with line feeds alone.
fn event(blank: &str, index: usize, item: &Item, faults: &Faults) -> String {
    let mut text = String::new();
    let comments = faults.has(Fault::Comments);
    if comments {
        text.push_str(": a comment of its own\n\n");
    }
    let name = if let Item::Piece(piece) = item { piece.name } else { None };
    if let Some(name) = name.or_else(|| comments.then_some("message")) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "event: {name}");
    }
    if comments {
        let _ = write!(text, "id: {index}\n: within\nretry: 1000\n");
    }
    let blank = if faults.has(Fault::NoSpace) { "" } else { blank };
    for line in json(item, faults.has(Fault::MultiData)).lines() {
        let _ = writeln!(text, "data:{blank}{line}");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(framing: Framing, names: &str) -> (String, End) {
        let pieces = ["a", "b", "c", "d", "end"].map(|text| Piece::from(json!({"text": text}))).to_vec();
        let flow = Flow {
            framing,
            pieces,
            opening: 1,
            finish: 4,
            end_mark: None,
            error: json!({"error": "e"}).into(),
            huge: |text| json!({"text": text}).into(),
        };
        let frames = write(flow, &Faults::parse(names).unwrap());
        (String::from_utf8_lossy(&frames.frames.concat()).into_owned(), frames.end)
    }

    const EVENTS: Framing = Framing::Events { blank: " ", line_end: "\r\n" };

    #[test]
    fn arrays_are_arrays() {
        let texts = |names: &str| {
            let (text, _) = written(Framing::Array, names);
            serde_json::from_str::<Value>(&text).map(|value| value.as_array().map_or(0, Vec::len))
        };
        assert_eq!(texts("").unwrap(), 5);
        assert_eq!(texts("multi_data,comments").unwrap(), 5);
        assert_eq!(texts("error_mid").unwrap(), 3);
        assert_eq!(texts("error_first").unwrap(), 1);
        assert!(texts("no_done").is_err() && texts("end_mid").is_err() && texts("not_json_mid").is_err());
    }

    #[test]
    fn lines_are_lines() {
        let (text, _) = written(Framing::Lines, "");
        assert_eq!(text.lines().count(), 5);
        assert_eq!(written(Framing::Lines, "crlf").0, text.replace('\n', "\r\n"));
        assert!(written(Framing::Lines, "comments").0.starts_with("\n{"));
        assert!(written(Framing::Lines, "error_mid").0.ends_with("{\"error\":\"e\"}\n"));
        assert_eq!(
            written(Framing::Lines, "cut_mid"),
            ("{\"text\":\"a\"}\n{\"text\":\"b\"}\n".into(), End::Cut)
        );
        assert!(!written(Framing::Lines, "cut_in_frame").0.ends_with('\n'));
    }

    #[test]
    fn events_end_their_lines_as_told() {
        let (text, _) = written(EVENTS, "");
        assert_eq!(text.matches("\r\n\r\n").count(), 5);
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        assert!(!written(EVENTS, "cr_only").0.contains('\n'));
        assert!(written(EVENTS, "no_space").0.starts_with("data:{"));
        assert!(written(EVENTS, "huge_line").0.len() > 1 << 20);
        assert_eq!(written(EVENTS, "stall_mid").1, End::Stall);
    }
}
