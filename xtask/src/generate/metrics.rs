//! The page of metrics: every name and label that `/metrics` may have.

use std::fmt::Write as _;

use telemetry::names::{ALL, MetricName};

const HEAD: &str = "# Metrics

Generated from `crates/telemetry`: do not edit.

What `/metrics` has, in its order, in Prometheus's text format 0.0.4. Metrics called `kong_…` have the names, labels and buckets of Kong's plugin
`prometheus`; the instance of it that applies to a request decides which of them count it. Where the configuration has no such plugin,
every request is counted by status, latency and bytes; where it has one, requests that none applies to are counted in the gateway's own metrics only.

Values of labels come from the configuration or are words of the gateway, but for the model, where callers choose it. Each has a cap over the life of
the process: 5,000 routes; 10,000 consumers, each on a route; 2,000 models, of which callers may choose 500; 5,000 label sets of models. What is above a
cap is counted under the value `other`, and in `ai_proxy_label_overflows_total`. Names of models are cut to 256 bytes.
";

/// The whole page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for metric in ALL {
        // Writing into a string cannot fail.
        let _ = write!(page, "\n## {}\n\n{}\n\n{}", metric.name, metric.help, table(metric));
    }
    page
}

fn table(metric: &MetricName) -> String {
    let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    let bounds: Vec<String> = metric.bounds.iter().map(u32::to_string).collect();
    let rows = [
        ("Type", metric.kind.name().to_owned()),
        ("Labels", labels.join(", ")),
        ("Buckets", bounds.join(", ")),
        ("There", metric.when.to_string()),
    ];
    let mut table = "| | |\n|---|---|\n".to_owned();
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(table, "| {name} | {value} |");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_section() {
        let page = page();
        for metric in ALL {
            let section = page.split(&format!("\n## {}\n", metric.name)).nth(1).unwrap();
            let section = section.split("\n## ").next().unwrap();
            assert!(section.contains(metric.help) && section.contains(metric.kind.name()), "{section}");
            assert!(metric.labels.iter().all(|label| section.contains(&format!("`{label}`"))), "{section}");
        }
        let defaults = telemetry::MetricsOptions::default();
        let told = [
            defaults.max_routes,
            defaults.max_consumers,
            defaults.max_models,
            defaults.max_chosen_models,
            defaults.max_model_sets,
        ];
        for cap in told {
            let digits =
                if cap >= 1000 { format!("{},{:03}", cap / 1000, cap % 1000) } else { cap.to_string() };
            assert!(page.contains(&digits), "{digits}");
        }
    }
}
