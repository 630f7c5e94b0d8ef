//! JSON values as frames: one a line, or the elements of one array.

use std::mem;

use bytes::Bytes;
use memchr::memchr;

use super::value::{ValueScanner, is_space};
use crate::fault::StreamFault;
use crate::frame::{Ended, Frame, FrameName};

const BOM: [u8; 3] = *b"\xEF\xBB\xBF";

/// How the values of a body are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Lines,
    Array,
}

/// Cuts a body of JSON values.
#[derive(Debug)]
pub(super) struct JsonFrames {
    layout: Layout,
    place: Place,
    array: Array,
    /// The beginning of a value whose end has not come.
    tail: Vec<u8>,
    limit: usize,
}

/// Where in the body the bytes seen so far have ended.
#[derive(Debug)]
enum Place {
    /// Nothing but this many bytes of a byte order mark.
    Mark(usize),
    Between,
    /// In an object, an array or a string.
    Value(ValueScanner),
    /// In a line that begins with none of those: it is the reader's to judge.
    Line,
    /// In a number or a word of an array.
    Word,
}

/// What is known of the array around the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Array {
    /// Neither a bracket nor an object has come.
    Unknown,
    /// Objects stand at the top.
    None,
    Open,
    Closed,
}

impl JsonFrames {
    pub fn new(layout: Layout, limit: usize) -> Self {
        Self { layout, place: Place::Mark(0), array: Array::Unknown, tail: Vec::new(), limit }
    }

    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<Frame>) -> Result<(), StreamFault> {
        let mut at = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            let end = match &mut self.place {
                Place::Mark(seen) => {
                    match (rest.first(), BOM.get(*seen)) {
                        (Some(byte), Some(mark)) if byte == mark => {
                            *seen += 1;
                            at += 1;
                        }
                        _ if (1..BOM.len()).contains(seen) => return Err(StreamFault::Malformed),
                        _ => self.place = Place::Between,
                    }
                    continue;
                }
                Place::Between => {
                    at += self.open(rest)?;
                    continue;
                }
                Place::Value(scanner) => scanner.end(rest),
                Place::Line => memchr(b'\n', rest),
                Place::Word => {
                    rest.iter().position(|&byte| is_space(byte) || matches!(byte, b',' | b']' | b'}'))
                }
            };
            let length = end.unwrap_or(rest.len());
            if self.tail.len().saturating_add(length) > self.limit {
                self.tail = Vec::new();
                return Err(StreamFault::FrameTooLong { limit: self.limit });
            }
            let part = chunk.slice(at..at + length);
            at += length;
            if end.is_none() {
                self.tail.extend_from_slice(&part);
                return Ok(());
            }
            out.push(self.close(part));
        }
        Ok(())
    }

    pub fn finish(&mut self, out: &mut Vec<Frame>) -> Result<Ended, StreamFault> {
        match (&self.place, self.layout, self.array) {
            (Place::Mark(1 | 2) | Place::Value(_) | Place::Word, ..) => {
                self.tail = Vec::new();
                Err(StreamFault::Truncated)
            }
            (Place::Line, ..) => {
                out.push(self.close(Bytes::new()));
                Ok(Ended::Unended)
            }
            (_, Layout::Array, Array::Unknown | Array::Open) => Ok(Ended::BetweenElements),
            (_, Layout::Lines, _) | (_, _, Array::None | Array::Closed) => Ok(Ended::Complete),
        }
    }

    pub fn held(&self) -> usize {
        self.tail.len()
    }

    /// Passes over what stands between values; gives its length. The first byte of a value is not taken.
    fn open(&mut self, bytes: &[u8]) -> Result<usize, StreamFault> {
        for (at, &byte) in bytes.iter().enumerate() {
            if is_space(byte) {
                continue;
            }
            let place = match self.layout {
                Layout::Lines => Some(match byte {
                    b'{' | b'[' => Place::Value(ValueScanner::of_line()),
                    _ => Place::Line,
                }),
                Layout::Array => self.open_element(byte)?,
            };
            if let Some(place) = place {
                self.place = place;
                return Ok(at);
            }
        }
        Ok(bytes.len())
    }

    /// What a byte between elements begins; nothing where it only separates them.
    fn open_element(&mut self, byte: u8) -> Result<Option<Place>, StreamFault> {
        let array = self.array;
        Ok(match (array, byte) {
            (Array::Unknown, b'[') => {
                self.array = Array::Open;
                None
            }
            (Array::Unknown | Array::None, b'{') => {
                self.array = Array::None;
                Some(Place::Value(ValueScanner::free()))
            }
            (Array::Open, b',') => None,
            (Array::Open, b']') => {
                self.array = Array::Closed;
                None
            }
            (Array::Open, b'{' | b'[' | b'"') => Some(Place::Value(ValueScanner::free())),
            (Array::Open, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Some(Place::Word),
            _ => return Err(StreamFault::Malformed),
        })
    }

    /// The value has ended with `part`.
    fn close(&mut self, part: Bytes) -> Frame {
        self.place = Place::Between;
        let mut data = if self.tail.is_empty() {
            part
        } else {
            self.tail.extend_from_slice(&part);
            Bytes::from(mem::take(&mut self.tail))
        };
        let end = data.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1);
        data.truncate(end);
        Frame { kind: FrameName::None, data }
    }
}
