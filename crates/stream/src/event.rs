//! Reads one frame of an event stream: its name and its data, as the WHATWG standard says.

use std::borrow::Cow;

use memchr::memchr2;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What a frame says. A frame without `data` (a comment, a lone blank line) is no event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent<'f> {
    /// The last non-empty `event` field.
    pub name: Option<&'f [u8]>,
    /// The `data` lines joined with LF; borrowed where there is only one.
    pub data: Option<Cow<'f, [u8]>>,
}

impl<'f> SseEvent<'f> {
    /// Reads a frame. `first` says that it is the first of its body, where a byte order mark may stand.
    pub fn parse(raw: &'f [u8], first: bool) -> Self {
        let mut rest = raw;
        if first {
            rest = rest.strip_prefix(BOM).unwrap_or(rest);
        }
        let mut event = Self::default();
        while !rest.is_empty() {
            let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            event.line(line);
            // A LF behind a CR reads as an empty line, which says nothing.
            rest = after.get(1..).unwrap_or(&[]);
        }
        event
    }

    /// The frame with other data; its other lines stay. `first` as in [`parse`](Self::parse).
    pub fn with_data(raw: &[u8], first: bool, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(raw.len() + data.len());
        let mut rest = raw;
        if let Some(after) = rest.strip_prefix(BOM).filter(|_| first) {
            out.extend_from_slice(BOM);
            rest = after;
        }
        while !rest.is_empty() {
            let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            if !line.is_empty() && field(line, b"data").is_none() {
                out.extend_from_slice(line);
                out.push(b'\n');
            }
            rest = after.get(1..).unwrap_or(&[]);
        }
        for line in data.split(|byte| matches!(byte, b'\n' | b'\r')) {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out.push(b'\n');
        out
    }

    fn line(&mut self, line: &'f [u8]) {
        if let Some(value) = field(line, b"data") {
            self.data = Some(match self.data.take() {
                None => Cow::Borrowed(value),
                Some(before) => {
                    let mut joined = before.into_owned();
                    joined.push(b'\n');
                    joined.extend_from_slice(value);
                    Cow::Owned(joined)
                }
            });
        } else if let Some(value) = field(line, b"event") {
            self.name = Some(value).filter(|name| !name.is_empty());
        }
    }
}

/// The value of a line, where the line is of the field `name`.
fn field<'f>(line: &'f [u8], name: &[u8]) -> Option<&'f [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(&[]),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> (Option<String>, Option<String>) {
        let event = SseEvent::parse(raw.as_bytes(), true);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (event.name.map(text), event.data.as_deref().map(text))
    }

    fn data(raw: &str) -> Option<String> {
        read(raw).1
    }

    #[test]
    fn one_leading_space_is_taken_off() {
        assert_eq!(data("data: x\n\n").as_deref(), Some("x"));
        assert_eq!(data("data:x\n\n").as_deref(), Some("x"));
        assert_eq!(data("data:  x\n\n").as_deref(), Some(" x"));
        assert_eq!(data("data:\tx\n\n").as_deref(), Some("\tx"));
    }

    #[test]
    fn lines_are_joined_and_single_lines_borrowed() {
        assert_eq!(data("data: a\ndata: b\r\ndata\rdata:c\n\n").as_deref(), Some("a\nb\n\nc"));
        assert!(matches!(SseEvent::parse(b"event: e\ndata: a\n\n", false).data, Some(Cow::Borrowed(b"a"))));
    }

    #[test]
    fn a_frame_without_data_is_no_event() {
        assert_eq!(data(": comment\n\n"), None);
        assert_eq!(data("\n"), None);
        assert_eq!(data("event: ping\nid: 3\nretry: 5\n\n"), None);
        assert_eq!(data("data:\n\n").as_deref(), Some(""));
        assert_eq!(data("data\n\n").as_deref(), Some(""));
    }

    #[test]
    fn names_are_read_and_other_fields_are_not() {
        let (name, data) = read("event: error\r\n:HTTP_STATUS/400\r\nid:1\r\ndata:{}\r\n\r\n");
        assert_eq!((name.as_deref(), data.as_deref()), (Some("error"), Some("{}")));
        assert_eq!(read("event: a\nevent:\ndata: x\n\n").0, None);
        assert_eq!(read("dataset: x\nevents: y\n\n"), (None, None));
        assert_eq!(read(" data: x\n\n").1, None);
    }

    #[test]
    fn other_data_take_the_place_of_all_lines_of_data() {
        let put = |raw: &str, first| {
            String::from_utf8(SseEvent::with_data(raw.as_bytes(), first, b"{\n}")).unwrap()
        };
        assert_eq!(put("data: x\n\n", false), "data: {\ndata: }\n\n");
        let raw = "\u{feff}:c\r\nid: 1\r\ndata: x\r\nevent: e\r\ndata:y\r\n\r\n";
        assert_eq!(put(raw, true), "\u{feff}:c\nid: 1\nevent: e\ndata: {\ndata: }\n\n");
    }

    #[test]
    fn a_byte_order_mark_counts_only_at_the_start() {
        let raw = "\u{feff}data: x\n\n";
        assert_eq!(data(raw).as_deref(), Some("x"));
        assert_eq!(SseEvent::parse(raw.as_bytes(), false).data, None);
    }
}
