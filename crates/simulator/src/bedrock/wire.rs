//! The binary framing of AWS's event streams, with the faults that live there.

use bytes::Bytes;
use serde_json::{Value, json};

use super::refusal;
use crate::fault::{Fault, Faults};
use crate::frames::{End, Frames, with_bad_utf8};

const DEFAULT_HUGE: usize = 1 << 20;

/// One event before it is framed.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) payload: Value,
    /// Whether it tells why the model stopped, or comes after one that does.
    pub(super) after_end: bool,
    /// The same event with this text in place of its own, where it has text.
    pub(super) with_text: Option<fn(&str) -> Value>,
}

/// What is framed.
struct Frame {
    headers: Vec<(&'static str, &'static str)>,
    payload: Vec<u8>,
}

impl Frame {
    fn event(name: &'static str, payload: Vec<u8>) -> Self {
        let headers =
            vec![(":event-type", name), (":content-type", "application/json"), (":message-type", "event")];
        Self { headers, payload }
    }

    fn exception() -> Self {
        let (name, payload) = refusal::in_stream();
        let headers = vec![
            (":exception-type", name),
            (":content-type", "application/json"),
            (":message-type", "exception"),
        ];
        Self { headers, payload: payload.to_string().into_bytes() }
    }
}

/// Applies the faults to a stream and writes it.
pub(super) fn write(events: Vec<Event>, faults: &Faults) -> Frames {
    let finish = events.iter().position(|event| event.after_end).unwrap_or(events.len());
    let middle = finish.div_ceil(2).max(3).min(finish);
    let texted = events[..middle].iter().rev().find_map(|event| Some((event.name, event.with_text?)));
    let last = events.last().cloned();
    let mut frames: Vec<Frame> = events
        .into_iter()
        .map(|event| Frame::event(event.name, event.payload.to_string().into_bytes()))
        .collect();
    if let Some((name, with_text)) = texted {
        if faults.has(Fault::HugeLine) {
            let text = "x".repeat(faults.size.unwrap_or(DEFAULT_HUGE));
            frames.insert(middle, Frame::event(name, with_text(&text).to_string().into_bytes()));
        }
        if faults.has(Fault::NotJsonMid) {
            frames.insert(middle, Frame::event(name, b"{this is not JSON".to_vec()));
        }
    }
    if faults.has(Fault::ErrorFirst) {
        frames = vec![Frame::exception()];
    }
    if faults.has(Fault::ErrorMid) {
        frames.truncate(middle);
        frames.push(Frame::exception());
    }
    if faults.has(Fault::NoDone) {
        frames.pop();
    }
    if let Some(event) = last.filter(|_| faults.has(Fault::DoubleDone)) {
        frames.push(Frame::event(event.name, event.payload.to_string().into_bytes()));
    }
    let end = end(faults);
    if end != End::Clean || faults.has(Fault::EndMid) {
        frames.truncate(middle);
    }
    if faults.has(Fault::BadUtf8) {
        let of_text = frames.iter().position(|frame| with_bad_utf8(&frame.payload).ends_with(b"}"));
        if let Some(frame) = of_text.and_then(|index| frames.get_mut(index)) {
            frame.payload = with_bad_utf8(&frame.payload).to_vec();
        }
    }
    let mut written: Vec<Bytes> =
        frames.iter().enumerate().map(|(index, frame)| framed(frame, index == middle, faults)).collect();
    if faults.has(Fault::Comments) {
        written = written.into_iter().flat_map(|frame| [note(), frame]).collect();
    }
    if faults.has(Fault::CutInFrame)
        && let Some(last) = written.last_mut()
    {
        last.truncate(last.len() / 2);
    }
    Frames { frames: written, end }
}

fn end(faults: &Faults) -> End {
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

/// A frame that nobody knows, with headers of every type.
fn note() -> Bytes {
    let mut headers = Vec::new();
    let others: [(&str, u8, &[u8]); 9] = [
        ("yes", 0, &[]),
        ("no", 1, &[]),
        ("byte", 2, &[7]),
        ("short", 3, &[0, 7]),
        ("int", 4, &[0, 0, 0, 7]),
        ("long", 5, &[0, 0, 0, 0, 0, 0, 0, 7]),
        ("bytes", 6, &[0, 2, 7, 8]),
        ("time", 8, &[0, 0, 1, 0, 0, 0, 0, 0]),
        ("uuid", 9, &[7; 16]),
    ];
    for (name, kind, value) in others {
        name_header(&mut headers, name, kind);
        headers.extend_from_slice(value);
    }
    for (name, value) in [(":event-type", "simulatorNote"), (":message-type", "event")] {
        text_header(&mut headers, name, value);
    }
    message(&headers, json!({"note": "skip this"}).to_string().as_bytes(), None, &Faults::default())
}

fn framed(frame: &Frame, in_the_middle: bool, faults: &Faults) -> Bytes {
    let mut headers = Vec::new();
    for (name, value) in &frame.headers {
        text_header(&mut headers, name, value);
    }
    let huge = (in_the_middle && faults.has(Fault::HugeLength)).then_some(u32::MAX);
    let none = Faults::default();
    message(&headers, &frame.payload, huge, if in_the_middle { faults } else { &none })
}

fn name_header(bytes: &mut Vec<u8>, name: &str, kind: u8) {
    bytes.push(u8::try_from(name.len()).unwrap_or(0));
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(kind);
}

fn text_header(bytes: &mut Vec<u8>, name: &str, value: &str) {
    name_header(bytes, name, 7);
    bytes.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
    bytes.extend_from_slice(value.as_bytes());
}

/// Lengths, their checksum, headers, payload, the checksum of all that.
fn message(headers: &[u8], payload: &[u8], length: Option<u32>, faults: &Faults) -> Bytes {
    let number = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    let length = length.unwrap_or_else(|| number(headers.len() + payload.len() + 16));
    let mut bytes = Vec::with_capacity(headers.len() + payload.len() + 16);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&number(headers.len()).to_be_bytes());
    let wrong = u32::from(faults.has(Fault::BadPreludeCrc));
    bytes.extend_from_slice(&(crc(&bytes) ^ wrong).to_be_bytes());
    bytes.extend_from_slice(headers);
    bytes.extend_from_slice(payload);
    let wrong = u32::from(faults.has(Fault::BadCrc));
    let sum = crc(&bytes) ^ wrong;
    bytes.extend_from_slice(&sum.to_be_bytes());
    Bytes::from(bytes)
}

/// CRC-32 with IEEE's polynomial, a bit at a time.
fn crc(bytes: &[u8]) -> u32 {
    let of_byte = |state: u32, byte: &u8| {
        (0..8).fold(state ^ u32::from(*byte), |state, _| {
            if state & 1 == 1 { (state >> 1) ^ 0xEDB8_8320 } else { state >> 1 }
        })
    };
    !bytes.iter().fold(u32::MAX, of_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_everybody() {
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc(b""), 0);
    }

    #[test]
    fn the_smallest_frame() {
        let bytes = message(&[], &[], None, &Faults::default());
        assert_eq!(&bytes[..], [0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff]);
    }
}
