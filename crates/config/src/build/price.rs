//! Prices of a target, kept as the text that was written.

use crate::view::View;

/// Raw decimal text by dotted name; entries of lists have what they are for as a part of the name.
pub(super) fn prices(options: &View<'_>) -> Vec<(Box<str>, Box<str>)> {
    let mut found = Vec::new();
    for name in ["input_cost", "output_cost", "cache_read_cost", "cache_write_cost"] {
        if let Some(price) = options.number(name) {
            found.push((name.into(), price));
        }
    }
    let lists: [(&'static str, &str, &[&str]); 3] = [
        ("cache_write_cost_list", "ttl", &["cost"]),
        ("context_window_factor", "above", &["input_factor", "output_factor"]),
        ("service_tier_factor", "tier", &["factor"]),
    ];
    for (list, label, values) in lists {
        for item in options.items(list) {
            let view = options.item_as(list, *item);
            let Some(label) = view.text(label) else {
                continue;
            };
            for value in values {
                if let Some(price) = view.number(value) {
                    found.push((format!("{list}.{label}.{value}").into(), price));
                }
            }
        }
    }
    found
}
