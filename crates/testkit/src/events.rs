//! Event streams as a strict client reads them.

use serde_json::Value;

/// One event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// The `event` field.
    pub name: Option<String>,
    /// The `data` lines, joined.
    pub data: String,
    /// Comment lines before and inside it.
    pub comments: Vec<String>,
}

impl Event {
    /// The data as JSON; panics where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }

    /// Whether this is `[DONE]`.
    pub fn is_done(&self) -> bool {
        self.data == "[DONE]"
    }
}

/// Reads a whole stream. Panics where it is no UTF-8 or ends inside an event.
pub fn events(bytes: &[u8]) -> Vec<Event> {
    let text = std::str::from_utf8(bytes).expect("a stream in UTF-8");
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let mut event = Event::default();
    let mut data: Vec<&str> = Vec::new();
    let Some(lines) = text.strip_suffix('\n').or_else(|| text.is_empty().then_some("")) else {
        panic!("the stream ends inside a line: {text:?}");
    };
    for line in lines.split('\n') {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() && data.is_empty() => {}
            "" if line.is_empty() => {
                event.data = data.join("\n");
                events.push(std::mem::take(&mut event));
                data.clear();
            }
            "" => event.comments.push(value.to_owned()),
            "data" => data.push(value),
            "event" => event.name = Some(value.to_owned()),
            _ => {}
        }
    }
    assert!(data.is_empty(), "the stream ends inside an event: {text:?}");
    events
}

/// The text that the events of a chat or completions stream say, all choices together.
pub fn content_of(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events.iter().filter(|event| !event.is_done()) {
        let value = event.json();
        for choice in value["choices"].as_array().into_iter().flatten() {
            let piece = choice["delta"]["content"].as_str().or_else(|| choice["text"].as_str());
            text.push_str(piece.unwrap_or_default());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_read() {
        let read = events(b"\xef\xbb\xbf: hello\r\n\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nevent: x\rdata:2\r\rdata: [DONE]\n\n");
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].json(), serde_json::json!({"a": 1}));
        assert_eq!(read[0].comments, ["hello"]);
        assert_eq!((read[1].name.as_deref(), read[1].data.as_str()), (Some("x"), "2"));
        assert!(read[2].is_done());
    }

    #[test]
    #[should_panic(expected = "inside an event")]
    fn a_missing_blank_line_is_found() {
        events(b"data: 1\n");
    }
}
