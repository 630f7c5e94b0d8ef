//! The Prometheus text format.

use std::fmt::{Display, Write as _};

use crate::names::MetricName;

/// An exposition that is being written.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
    /// Name of the metric whose samples are being written.
    family: &'static str,
}

impl Exposition {
    pub fn into_text(self) -> String {
        self.text
    }

    /// The two lines that open a metric's samples.
    pub fn family(&mut self, metric: &MetricName) {
        self.push(&["# HELP ", metric.name, " ", metric.help, "\n# TYPE "]);
        self.push(&[metric.name, " ", metric.kind.name(), "\n"]);
        self.family = metric.name;
    }

    /// The same, unless this metric's samples are being written already: for metrics that may have none.
    pub fn once(&mut self, metric: &MetricName) {
        if self.family != metric.name {
            self.family(metric);
        }
    }

    /// One sample; `values` are in the order of the metric's labels.
    pub fn sample(&mut self, metric: &MetricName, values: &[&str], value: impl Display) {
        self.labelled(metric, "", values, None, value);
    }

    /// A metric that has one sample and no labels.
    pub fn single(&mut self, metric: &MetricName, value: impl Display) {
        self.family(metric);
        self.sample(metric, &[], value);
    }

    /// One line of a histogram; `bound` is the bucket's, for lines that have one.
    pub fn labelled(
        &mut self,
        metric: &MetricName,
        suffix: &str,
        values: &[&str],
        bound: Option<&str>,
        value: impl Display,
    ) {
        self.push(&[metric.name, suffix]);
        let labels = metric.labels.iter().copied().zip(values.iter().copied());
        let bound = bound.map(|bound| (crate::names::label::BOUND, bound));
        let mut lead = "{";
        for (label, value) in labels.chain(bound) {
            self.push(&[lead, label, "=\""]);
            self.escaped(value);
            self.text.push('"');
            lead = ",";
        }
        if lead == "," {
            self.text.push('}');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, " {value}");
    }

    fn push(&mut self, pieces: &[&str]) {
        self.text.extend(pieces.iter().copied());
    }

    fn escaped(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                other => self.text.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;

    #[test]
    fn labels_are_quoted_and_escaped() {
        let mut out = Exposition::default();
        out.family(&names::OUTCOMES);
        out.sample(&names::OUTCOMES, &["a\"b\\c\nd", "é", "completed"], 3);
        let text = out.into_text();
        let sample = r#"ai_proxy_requests_total{service="a\"b\\c\nd",route="é",outcome="completed"} 3"#;
        assert_eq!(text.lines().last(), Some(sample));
        assert!(text.starts_with("# HELP ai_proxy_requests_total Requests by how they ended.\n# TYPE "));
    }

    #[test]
    fn what_a_caller_names_stays_inside_its_quotes() {
        let mut out = Exposition::default();
        let name = "x\"} 1\nkong_forged{a=\"\\";
        out.once(&names::COST_UNKNOWN);
        out.once(&names::COST_UNKNOWN);
        out.sample(&names::COST_UNKNOWN, &["openai", name], 1);
        let text = out.into_text();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.ends_with("ai_model=\"x\\\"} 1\\nkong_forged{a=\\\"\\\\\"} 1\n"), "{text}");
    }

    #[test]
    fn a_metric_without_labels_has_no_braces() {
        let mut out = Exposition::default();
        out.single(&names::IN_FLIGHT, -1);
        assert!(out.into_text().ends_with("\nai_proxy_requests_in_flight -1\n"));
    }
}
