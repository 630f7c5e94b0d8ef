//! How the catalogue of models is told: as a table for people, or as JSON.

use std::fmt::Write as _;

use telemetry::{Entry, Price};

/// A heading and what stands below it.
type Column = (&'static str, fn(&Entry) -> String);

const COLUMNS: [Column; 9] = [
    ("PROVIDER", |entry| entry.list.to_string()),
    ("MODEL", |entry| entry.model.to_string()),
    ("KIND", |entry| entry.kind.name().to_owned()),
    ("INPUT", |entry| price(entry.prices.input)),
    ("CACHED", |entry| price(entry.prices.cache_read)),
    ("OUTPUT", |entry| price(entry.prices.output)),
    ("CONTEXT", |entry| entry.context.map_or_else(none, |tokens| tokens.to_string())),
    ("DATE", |entry| entry.date.as_deref().map_or_else(none, ToOwned::to_owned)),
    ("SOURCE", |entry| entry.source.as_deref().map_or_else(none, ToOwned::to_owned)),
];

fn none() -> String {
    "-".to_owned()
}

fn price(price: Option<Price>) -> String {
    price.map_or_else(none, |price| price.to_string())
}

/// A line for each model, in columns. Prices are those of a million tokens.
pub fn table(entries: &[&Entry]) -> String {
    let mut rows: Vec<Vec<String>> = vec![COLUMNS.iter().map(|(heading, _)| (*heading).to_owned()).collect()];
    rows.extend(entries.iter().map(|entry| COLUMNS.iter().map(|(_, cell)| cell(entry)).collect()));
    let width =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(String::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// An object for each model, one a line. Prices are numbers of a million tokens; what is not known is left out.
pub fn lines(entries: &[&Entry]) -> String {
    entries.iter().fold(String::new(), |mut text, entry| {
        object(&mut text, entry);
        text.push('\n');
        text
    })
}

fn object(text: &mut String, entry: &Entry) {
    let quoted = |value: &str| serde_json::Value::from(value).to_string();
    let _ = write!(text, "{{\"provider\":{},\"model\":{}", quoted(&entry.list), quoted(&entry.model));
    if !entry.also.is_empty() {
        let names: Vec<String> = entry.also.iter().map(|name| quoted(name)).collect();
        let _ = write!(text, ",\"also\":[{}]", names.join(","));
    }
    let _ = write!(text, ",\"kind\":{}", quoted(entry.kind.name()));
    let prices = &entry.prices;
    let members = [
        ("input", prices.input),
        ("output", prices.output),
        ("cache_read", prices.cache_read),
        ("cache_write", prices.cache_write),
        ("cache_write_5m", prices.cache_write_5m),
        ("cache_write_1h", prices.cache_write_1h),
        ("audio_input", prices.audio_input),
        ("audio_output", prices.audio_output),
        ("image_input", prices.image_input),
        ("image_output", prices.image_output),
        ("reasoning", prices.reasoning),
    ];
    let known = members.into_iter().filter_map(|(name, price)| Some(format!("\"{name}\":{}", price?)));
    let _ = write!(text, ",\"prices\":{{{}}}", known.collect::<Vec<_>>().join(","));
    let contexts = prices.context_factors.iter().map(|factor| {
        format!(
            "{{\"above\":{},\"input_factor\":{},\"output_factor\":{}}}",
            factor.above, factor.input, factor.output
        )
    });
    let tiers = prices.tier_factors.iter().map(|factor| {
        let cached =
            factor.cache_read.map(|cached| format!(",\"cache_read_factor\":{cached}")).unwrap_or_default();
        format!("{{\"tier\":{},\"factor\":{}{cached}}}", quoted(&factor.tier), factor.factor)
    });
    let units =
        entry.units.iter().map(|(unit, price)| format!("{{\"unit\":\"{}\",\"price\":{price}}}", unit.name()));
    let lists: [(&str, Vec<String>); 3] = [
        ("context_window_factor", contexts.collect()),
        ("service_tier_factor", tiers.collect()),
        ("units", units.collect()),
    ];
    for (name, items) in lists.iter().filter(|(_, items)| !items.is_empty()) {
        let _ = write!(text, ",\"{name}\":[{}]", items.join(","));
    }
    for (name, tokens) in [("context", entry.context), ("max_output", entry.max_output)] {
        if let Some(tokens) = tokens {
            let _ = write!(text, ",\"{name}\":{tokens}");
        }
    }
    for (name, value) in [("source", &entry.source), ("date", &entry.date)] {
        if let Some(value) = value {
            let _ = write!(text, ",\"{name}\":{}", quoted(value));
        }
    }
    text.push('}');
}
