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

    /// Where in `raw` the byte `at` of the frame's joined data stands. A line's end belongs to its line.
    pub fn place(raw: &[u8], first: bool, at: usize) -> Option<usize> {
        let bare = if first { raw.strip_prefix(BOM).unwrap_or(raw) } else { raw };
        let mut rest = bare;
        let mut at = at;
        while !rest.is_empty() {
            let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            if let Some(value) = field(line, b"data") {
                match at.checked_sub(value.len() + 1) {
                    Some(behind) => at = behind,
                    None => return Some(raw.len() - rest.len() + line.len() - value.len() + at),
                }
            }
            rest = after.get(1..).unwrap_or(&[]);
        }
        None
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
    fn every_byte_of_the_data_has_its_place() {
        for raw in [
            "data: ab\n\n",
            "\u{feff}event: data\r\n: data: z\r\ndata: ab\r\ndata:c\r\ndata\r\ndata:  d\r\n\r\n",
            "id: 1\rdata:a\rdata: b\r\r",
        ] {
            let event = SseEvent::parse(raw.as_bytes(), true);
            let data = event.data.unwrap();
            for (at, byte) in data.iter().enumerate().filter(|(_, byte)| **byte != b'\n') {
                let place = SseEvent::place(raw.as_bytes(), true, at).unwrap();
                assert_eq!(raw.as_bytes()[place], *byte, "{raw:?} {at}");
            }
            assert_eq!(SseEvent::place(raw.as_bytes(), true, data.len() + 1), None);
        }
        assert_eq!(SseEvent::place(b": x\n\n", true, 0), None);
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
    fn a_byte_order_mark_counts_only_at_the_start() {
        let raw = "\u{feff}data: x\n\n";
        assert_eq!(data(raw).as_deref(), Some("x"));
        assert_eq!(SseEvent::parse(raw.as_bytes(), false).data, None);
    }
}
