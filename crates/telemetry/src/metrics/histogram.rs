//! A histogram of durations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::exposition::Exposition;
use crate::names::MetricName;

/// Counts durations by bucket.
#[derive(Debug)]
pub struct Histogram {
    /// Milliseconds, ascending.
    bounds: &'static [u32],
    /// One for each bound, not cumulative, and one for what is above all of them.
    buckets: Box<[AtomicU64]>,
    micros: AtomicU64,
}

impl Histogram {
    pub fn new(bounds: &'static [u32]) -> Self {
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            micros: AtomicU64::new(0),
        }
    }

    pub fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let above = |bound: &u32| micros > u64::from(*bound) * 1000;
        let index = self.bounds.iter().take_while(|bound| above(bound)).count();
        if let Some(bucket) = self.buckets.get(index) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Observations so far.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    pub(super) fn render(&self, out: &mut Exposition, metric: &MetricName, values: &[&str]) {
        let mut total = 0;
        let mut number = itoa::Buffer::new();
        for (index, bucket) in self.buckets.iter().enumerate() {
            total += bucket.load(Ordering::Relaxed);
            let bound = self.bounds.get(index).map(|bound| number.format(*bound));
            out.labelled(metric, "_bucket", values, bound.or(Some("+Inf")), total);
        }
        let micros = self.micros.load(Ordering::Relaxed);
        let sum = format_args!("{}.{:03}", micros / 1000, micros % 1000);
        out.labelled(metric, "_sum", values, None, sum);
        out.labelled(metric, "_count", values, None, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;

    #[test]
    fn buckets_are_cumulative_and_bounds_inclusive() {
        static BOUNDS: &[u32] = &[1, 5];
        let histogram = Histogram::new(BOUNDS);
        for micros in [0, 1000, 1001, 5000, 5001, 90_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        assert_eq!(histogram.count(), 6);
        let mut out = Exposition::default();
        histogram.render(&mut out, &names::GATEWAY_LATENCY, &["s", "r"]);
        let labels = r#"service="s",route="r""#;
        let expected = format!(
            "kong_kong_latency_ms_bucket{{{labels},le=\"1\"}} 2\n\
             kong_kong_latency_ms_bucket{{{labels},le=\"5\"}} 4\n\
             kong_kong_latency_ms_bucket{{{labels},le=\"+Inf\"}} 6\n\
             kong_kong_latency_ms_sum{{{labels}}} 102.002\n\
             kong_kong_latency_ms_count{{{labels}}} 6\n"
        );
        assert_eq!(out.into_text(), expected);
    }
}
