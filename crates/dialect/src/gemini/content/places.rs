//! Where in an answer's text something stands: Google counts bytes of a part, everybody else characters of the text.
//!
//! The text itself is not kept. Runs of characters of one width are, which is one run for most texts.

use document::Value;

/// Runs and parts that are kept; what lies behind has no place.
const MOST: usize = 16_384;

/// The text of one candidate so far.
#[derive(Debug, Default)]
pub(super) struct Places {
    runs: Vec<Run>,
    bytes: u64,
    characters: u64,
    /// Where each part begins in the text, in bytes, and whether it is text that is shown.
    parts: Vec<(u64, Kind)>,
    /// There were more runs than are kept.
    lost: bool,
}

/// What a part is: neighbours of one kind in a stream are pieces of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thought,
    Other,
}

/// Characters of one width, from here to the next run.
#[derive(Debug, Clone, Copy)]
struct Run {
    byte: u64,
    character: u64,
    width: u64,
}

impl Places {
    /// A part comes, `first` of an element of the stream; its text is yet to be added.
    pub(super) fn part(&mut self, kind: Kind, first: bool) {
        let continues =
            first && kind != Kind::Other && self.parts.last().is_some_and(|(_, last)| *last == kind);
        if !continues && self.parts.len() < MOST {
            self.parts.push((self.bytes, kind));
        }
    }

    /// Text that is shown.
    pub(super) fn add(&mut self, text: &str) {
        if text.is_ascii() {
            return self.run(text.len() as u64, 1);
        }
        for character in text.chars() {
            self.run(character.len_utf8() as u64, character.len_utf8() as u64);
        }
    }

    fn run(&mut self, bytes: u64, width: u64) {
        if bytes > 0 && self.runs.last().is_none_or(|last| last.width != width) {
            if self.runs.len() < MOST && !self.lost {
                self.runs.push(Run { byte: self.bytes, character: self.characters, width });
            } else {
                self.lost = true;
            }
        }
        if !self.lost {
            self.bytes += bytes;
            self.characters += bytes / width;
        }
    }

    /// The characters of `segment`: none where it is not within the text.
    pub(super) fn of_segment(&self, segment: Value<'_>) -> Option<(u64, u64)> {
        let index = segment.value("partIndex").and_then(Value::as_u64).unwrap_or_default();
        let (from, kind) = *self.parts.get(usize::try_from(index).ok()?)?;
        // Some count shown text only.
        let from =
            if kind == Kind::Text { from } else { self.parts.iter().find(|part| part.1 == Kind::Text)?.0 };
        self.span(from, segment)
    }

    /// The characters between `startIndex` and `endIndex`, which count bytes of the whole text.
    pub(super) fn of_source(&self, source: Value<'_>) -> Option<(u64, u64)> {
        self.span(0, source)
    }

    fn span(&self, from: u64, told: Value<'_>) -> Option<(u64, u64)> {
        let index = |name: &str| told.value(name).and_then(Value::as_u64);
        // Zero is not written.
        let start = self.character(from.checked_add(index("startIndex").unwrap_or_default())?)?;
        let end = self.character(from.checked_add(index("endIndex")?)?)?;
        (start < end).then_some((start, end))
    }

    /// The character at a byte, or the one that the byte is within.
    fn character(&self, byte: u64) -> Option<u64> {
        if byte >= self.bytes {
            return (byte == self.bytes).then_some(self.characters);
        }
        let behind = self.runs.partition_point(|run| run.byte <= byte);
        let run = self.runs.get(behind.checked_sub(1)?)?;
        Some(run.character + (byte - run.byte) / run.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::Document;
    use proptest::prelude::*;

    #[test]
    fn bytes_become_characters() {
        let mut places = Places::default();
        places.add("aäb");
        places.add("漢字!🎉");
        let found: Vec<_> = (0..=16).map(|byte| places.character(byte)).collect();
        let expected = [0, 1, 1, 2, 3, 3, 3, 4, 4, 4, 5, 6, 6, 6, 6, 7].map(Some);
        assert_eq!(found.split_last().unwrap(), (&None, expected.as_slice()));
    }

    fn span(places: &Places, segment: &str) -> Option<(u64, u64)> {
        let document = Document::parse(format!("{{\"s\":{segment}}}").into_bytes().into()).unwrap();
        places.of_segment(document.value("s").unwrap())
    }

    #[test]
    fn segments_are_of_a_part() {
        let mut places = Places::default();
        places.part(Kind::Thought, true);
        places.part(Kind::Text, false);
        places.add("ää");
        places.part(Kind::Text, true);
        places.add("bcd");
        places.part(Kind::Text, false);
        places.add("xyz");
        for (segment, expected) in [
            (r#"{"partIndex":1,"startIndex":2,"endIndex":6}"#, Some((1, 4))),
            (r#"{"partIndex":2,"endIndex":2}"#, Some((5, 7))),
            (r#"{"endIndex":4}"#, Some((0, 2))),
            (r#"{"partIndex":2,"startIndex":2,"endIndex":4}"#, None),
            (r#"{"partIndex":3,"endIndex":1}"#, None),
            (r#"{"partIndex":1,"startIndex":3,"endIndex":3}"#, None),
            (r#"{"partIndex":1,"startIndex":4,"endIndex":2}"#, None),
            (r#"{"partIndex":1,"startIndex":-1,"endIndex":1}"#, Some((0, 0)).filter(|_| false)),
            (r#"{"partIndex":1,"endIndex":18446744073709551615}"#, None),
            (r#"{"partIndex":18446744073709551615,"endIndex":1}"#, None),
        ] {
            assert_eq!(span(&places, segment), expected, "{segment}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut places = Places::default();
        places.add(&"aä".repeat(MOST));
        assert_eq!(places.runs.len(), MOST);
        assert_eq!(places.character(3), Some(2));
        assert_eq!(places.character(3 * MOST as u64), None);
    }

    proptest! {
        #[test]
        fn every_character_is_found_however_the_text_comes(texts in prop::collection::vec(".{0,8}", 0..8)) {
            let mut places = Places::default();
            for text in &texts {
                places.add(text);
            }
            let whole = texts.concat();
            for (at, (byte, _)) in whole.char_indices().enumerate() {
                prop_assert_eq!(places.character(byte as u64), Some(at as u64));
            }
            prop_assert_eq!(places.character(whole.len() as u64), Some(whole.chars().count() as u64));
        }
    }
}
