//! One instrument: what it has counted for each set of attributes.

use std::collections::BTreeMap;

use super::as_double;
use super::table::InstrumentName;
use crate::otlp::histogram::Distribution;
use crate::otlp::wire::{Message, Value};

/// The value of an attribute by which is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    Text(Box<str>),
    Int(u64),
}

impl Attribute {
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// A set of attributes, in the same order each time.
pub type Labels = Vec<(&'static str, Attribute)>;

/// The attribute of what came when there was no room for more sets, by the specification of the SDKs.
const OVERFLOW: &str = "otel.metric.overflow";

/// Cumulative: what is sent replaces what was sent before, so a push that is lost takes nothing away.
const CUMULATIVE: u64 = 2;

#[derive(Debug)]
pub struct Instrument {
    name: &'static InstrumentName,
    limit: usize,
    pub(super) points: BTreeMap<Labels, Distribution>,
    pub(super) overflow: Distribution,
}

impl Instrument {
    pub fn new(name: &'static InstrumentName, limit: usize) -> Self {
        Self { name, limit, points: BTreeMap::new(), overflow: Distribution::default() }
    }

    pub fn is(&self, name: &InstrumentName) -> bool {
        self.name.text == name.text
    }

    /// Counts. `chosen`: a caller has chosen one of the attributes, and gets half of the room for that at most.
    pub fn add(&mut self, labels: Labels, amount: f64, chosen: bool) {
        let bounds = self.name.bounds.unwrap_or_default();
        let full = self.points.len() >= if chosen { self.limit / 2 } else { self.limit };
        let point = match self.points.get_mut(&labels) {
            Some(point) => point,
            None if full => &mut self.overflow,
            None => self.points.entry(labels).or_default(),
        };
        point.add(amount, bounds);
    }

    /// Writes a `Metric`, unless nothing was counted.
    pub fn write(&self, since: u64, now: u64, out: &mut Message<'_>) {
        if self.points.is_empty() {
            return;
        }
        let InstrumentName { text, unit, description, bounds, .. } = self.name;
        out.message(2, |metric| {
            metric.text(1, text);
            metric.text(2, description);
            metric.text(3, unit);
            match bounds {
                Some(bounds) => metric.message(9, |histogram| {
                    self.each(|labels, point| {
                        histogram
                            .message(1, |out| write_distribution(labels, point, bounds, (since, now), out));
                    });
                    histogram.varint(2, CUMULATIVE);
                }),
                None => metric.message(7, |sum| {
                    self.each(|labels, point| {
                        sum.message(1, |out| self.write_sum(labels, point, (since, now), out));
                    });
                    sum.varint(2, CUMULATIVE);
                    sum.varint(3, 1);
                }),
            }
        });
    }

    fn each(&self, mut visit: impl FnMut(Option<&Labels>, &Distribution)) {
        for (labels, point) in &self.points {
            visit(Some(labels), point);
        }
        if self.overflow.count > 0 {
            visit(None, &self.overflow);
        }
    }

    fn write_sum(
        &self,
        labels: Option<&Labels>,
        point: &Distribution,
        (since, now): (u64, u64),
        out: &mut Message<'_>,
    ) {
        out.fixed64(2, since);
        out.fixed64(3, now);
        if self.name.whole {
            out.fixed64(6, whole(point.sum));
        } else {
            out.double(4, point.sum);
        }
        write_labels(7, labels, out);
    }
}

fn write_distribution(
    labels: Option<&Labels>,
    point: &Distribution,
    bounds: &[f64],
    (since, now): (u64, u64),
    out: &mut Message<'_>,
) {
    out.fixed64(2, since);
    out.fixed64(3, now);
    out.fixed64(4, point.count);
    out.double(5, point.sum);
    out.packed(6, point.buckets.iter().copied());
    out.packed(7, bounds.iter().map(|bound| bound.to_bits()));
    write_labels(9, labels, out);
}

fn write_labels(field: u32, labels: Option<&Labels>, out: &mut Message<'_>) {
    let Some(labels) = labels else {
        // A boolean, which nothing else here is.
        out.message(field, |pair| {
            pair.text(1, OVERFLOW);
            pair.message(2, |any| any.varint(2, 1));
        });
        return;
    };
    for (name, attribute) in labels {
        let value = match attribute {
            Attribute::Text(text) => Value::Text(text),
            Attribute::Int(number) => Value::Int(*number),
        };
        out.attribute(field, name, &value);
    }
}

/// Sums of whole numbers are kept as doubles, which hold them exactly up to 2⁵³; above that they stay there.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(sum: f64) -> u64 {
    const LARGEST: u64 = 1 << 53;
    if sum >= as_double(LARGEST) { LARGEST } else { sum as u64 }
}
