//! Writes messages of protocol buffers, as far as OTLP needs them.

/// Appends the fields of one message.
pub struct Message<'o> {
    out: &'o mut Vec<u8>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Text(&'a str),
    Owned(String),
    Int(u64),
    Double(f64),
    Texts(Vec<&'a str>),
}

/// Name and value of attributes.
pub type Attributes<'a> = Vec<(&'static str, Value<'a>)>;

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;
const FIXED32: u32 = 5;

impl<'o> Message<'o> {
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    fn tag(&mut self, field: u32, kind: u32) {
        write_varint(u64::from(field << 3 | kind), self.out);
    }

    pub fn varint(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        write_varint(value, self.out);
    }

    pub fn fixed64(&mut self, field: u32, value: u64) {
        self.tag(field, FIXED64);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub fn double(&mut self, field: u32, value: f64) {
        self.fixed64(field, value.to_bits());
    }

    pub fn fixed32(&mut self, field: u32, value: u32) {
        self.tag(field, FIXED32);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, DELIMITED);
        write_varint(value.len() as u64, self.out);
        self.out.extend_from_slice(value);
    }

    pub fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// Numbers of eight bytes, packed.
    pub fn packed(&mut self, field: u32, values: impl ExactSizeIterator<Item = u64>) {
        self.tag(field, DELIMITED);
        write_varint(values.len() as u64 * 8, self.out);
        for value in values {
            self.out.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A message in this one.
    pub fn message(&mut self, field: u32, fill: impl FnOnce(&mut Message<'_>)) {
        self.tag(field, DELIMITED);
        let begin = self.out.len();
        fill(&mut Message { out: self.out });
        let end = self.out.len();
        // Its length comes before it, and is known behind it.
        write_varint((end - begin) as u64, self.out);
        let length = self.out.len() - end;
        if let Some(written) = self.out.get_mut(begin..) {
            written.rotate_right(length);
        }
    }

    /// A `KeyValue`.
    pub fn attribute(&mut self, field: u32, name: &str, value: &Value<'_>) {
        self.message(field, |pair| {
            pair.text(1, name);
            pair.message(2, |any| any.any(value));
        });
    }

    /// The content of an `AnyValue`.
    pub fn any(&mut self, value: &Value<'_>) {
        match value {
            Value::Text(text) => self.text(1, text),
            Value::Owned(text) => self.text(1, text),
            Value::Int(number) => self.varint(3, *number),
            Value::Double(number) => self.double(4, *number),
            Value::Texts(texts) => self.message(5, |array| {
                for text in texts {
                    array.message(1, |any| any.text(1, text));
                }
            }),
        }
    }
}

/// Appends a number, seven bits a byte, the lowest first.
pub fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fill: impl FnOnce(&mut Message<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        fill(&mut Message::new(&mut out));
        out
    }

    /// The examples of <https://protobuf.dev/programming-guides/encoding/>.
    #[test]
    fn examples_of_the_encoding() {
        assert_eq!(written(|message| message.varint(1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(written(|message| message.text(2, "testing")), b"\x12\x07testing");
        assert_eq!(
            written(|message| message.message(3, |inner| inner.varint(1, 150))),
            [0x1a, 0x03, 0x08, 0x96, 0x01]
        );
        assert_eq!(written(|message| message.fixed32(16, 1)), [0x85, 0x01, 1, 0, 0, 0]);
        assert_eq!(written(|message| message.double(4, 1.0)), [0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(written(|message| message.packed(6, [1].into_iter())), [0x32, 8, 1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn long_messages_have_long_lengths() {
        let long = "x".repeat(300);
        let nested = written(|message| message.message(1, |inner| inner.text(1, &long)));
        assert_eq!(nested.get(..6), Some([0x0a, 0xaf, 0x02, 0x0a, 0xac, 0x02].as_slice()));
        assert_eq!(nested.len(), 306);
        let mut out = Vec::new();
        write_varint(u64::MAX, &mut out);
        assert_eq!(out, [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }
}
