//! Reads requests to collectors of OpenTelemetry, by the encoding of protocol buffers alone: whether the fields are the
//! right ones is what the official receiver is asked (tests/sdk).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Delivery;

/// A span as it came.
#[derive(Debug, Clone)]
pub struct Span {
    pub trace: String,
    pub id: String,
    /// Empty for a root.
    pub parent: String,
    pub state: String,
    pub name: String,
    pub kind: u64,
    pub start: u64,
    pub end: u64,
    pub attributes: BTreeMap<String, Value>,
    /// The message of an error.
    pub error: Option<String>,
    pub resource: BTreeMap<String, Value>,
}

/// A point of a metric as it came.
#[derive(Debug, Clone)]
pub struct Metric {
    pub name: String,
    pub unit: String,
    pub attributes: BTreeMap<String, Value>,
    /// The sum, of a histogram as well.
    pub sum: f64,
    /// Observations of a histogram.
    pub count: Option<u64>,
}

/// The spans of some requests, each from one attempt that was answered with success.
pub fn spans(deliveries: &[Delivery]) -> Vec<Span> {
    entries(deliveries).map(|(resource, span)| read_span(&span, resource)).collect()
}

/// The points of all metrics of one request.
pub fn metrics(delivery: &Delivery) -> Vec<Metric> {
    entries(std::slice::from_ref(delivery)).flat_map(|(_, metric)| read_metric(&metric)).collect()
}

/// The records in some requests: id of the trace, text.
pub fn logs(deliveries: &[Delivery]) -> Vec<(String, String)> {
    let read = |log: &Message| (hex(log.bytes(9)), log.message(5).text(1));
    entries(deliveries).map(|(_, log)| read(&log)).collect()
}

/// What is sent in some requests, with the attributes of its resource. All signals have it at the same place.
fn entries(deliveries: &[Delivery]) -> impl Iterator<Item = (BTreeMap<String, Value>, Message)> {
    deliveries.iter().flat_map(|delivery| {
        let mut entries = Vec::new();
        for of_resource in Message::read(&delivery.bytes).messages(1) {
            let resource = attributes(&of_resource.message(1), 1);
            for of_scope in of_resource.messages(2) {
                entries.extend(of_scope.messages(2).into_iter().map(|entry| (resource.clone(), entry)));
            }
        }
        entries
    })
}

fn read_span(span: &Message, resource: BTreeMap<String, Value>) -> Span {
    let status = span.messages(15);
    Span {
        trace: hex(span.bytes(1)),
        id: hex(span.bytes(2)),
        state: span.text(3),
        parent: hex(span.bytes(4)),
        name: span.text(5),
        kind: span.number(6),
        start: span.number(7),
        end: span.number(8),
        attributes: attributes(span, 9),
        error: status.first().map(|status| status.text(2)),
        resource,
    }
}

fn read_metric(metric: &Message) -> Vec<Metric> {
    let point = |attributes, sum, count| Metric {
        name: metric.text(1),
        unit: metric.text(3),
        attributes,
        sum,
        count,
    };
    let sums = metric.messages(7).into_iter().flat_map(|sum| sum.messages(1));
    let sums = sums.map(|data| {
        #[allow(clippy::cast_precision_loss, reason = "tests count little")]
        let sum = data.find(6).map_or_else(|| f64::from_bits(data.number(4)), |_| data.number(6) as f64);
        point(attributes(&data, 7), sum, None)
    });
    let histograms = metric.messages(9).into_iter().flat_map(|histogram| histogram.messages(1));
    let histograms = histograms
        .map(|data| point(attributes(&data, 9), f64::from_bits(data.number(5)), Some(data.number(4))));
    sums.chain(histograms).collect()
}

fn attributes(message: &Message, field: u32) -> BTreeMap<String, Value> {
    let pairs = message.messages(field);
    pairs.into_iter().map(|pair| (pair.text(1), any(&pair.message(2)))).collect()
}

fn any(value: &Message) -> Value {
    match value.0.first() {
        Some((1, Field::Bytes(text))) => json!(String::from_utf8_lossy(text)),
        Some((2, Field::Number(number))) => json!(*number == 1),
        Some((3, Field::Number(number))) => json!(number),
        Some((4, Field::Number(bits))) => json!(f64::from_bits(*bits)),
        Some((5, Field::Bytes(array))) => Message::read(array).messages(1).iter().map(any).collect(),
        _ => Value::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[derive(Debug, Clone)]
enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

/// The fields of a message in their order.
#[derive(Debug, Clone, Default)]
struct Message(Vec<(u32, Field)>);

impl Message {
    /// Panics where the bytes are no message.
    fn read(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let field = match tag & 7 {
                0 => Field::Number(varint(&mut bytes)),
                1 => Field::Number(u64::from_le_bytes(take(&mut bytes, 8).try_into().expect("eight bytes"))),
                2 => {
                    let length = usize::try_from(varint(&mut bytes)).expect("a length");
                    Field::Bytes(take(&mut bytes, length).to_vec())
                }
                5 => {
                    let number = take(&mut bytes, 4).try_into().expect("four bytes");
                    Field::Number(u64::from(u32::from_le_bytes(number)))
                }
                kind => panic!("a field of kind {kind}"),
            };
            fields.push((u32::try_from(tag >> 3).expect("a field"), field));
        }
        Self(fields)
    }

    fn find(&self, number: u32) -> Option<&Field> {
        self.0.iter().find(|(known, _)| *known == number).map(|(_, field)| field)
    }

    fn bytes(&self, number: u32) -> &[u8] {
        match self.find(number) {
            Some(Field::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    fn text(&self, number: u32) -> String {
        String::from_utf8(self.bytes(number).to_vec()).expect("UTF-8")
    }

    fn number(&self, number: u32) -> u64 {
        match self.find(number) {
            Some(Field::Number(value)) => *value,
            _ => 0,
        }
    }

    fn message(&self, number: u32) -> Self {
        Self::read(self.bytes(number))
    }

    fn messages(&self, number: u32) -> Vec<Self> {
        let all = self.0.iter().filter(|(known, _)| *known == number);
        all.filter_map(|(_, field)| match field {
            Field::Bytes(bytes) => Some(Self::read(bytes)),
            Field::Number(_) => None,
        })
        .collect()
    }
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> &'b [u8] {
    let (taken, rest) = bytes.split_at_checked(count).expect("so many bytes");
    *bytes = rest;
    taken
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1).first().copied().unwrap_or_default();
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a number of more than 64 bits")
}
