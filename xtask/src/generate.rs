//! `cargo xtask generate`: pages of documentation that are made from the code.

mod matrix;
mod metrics;
mod providers;
mod usage;

use anyhow::{Context, Result, bail};

use crate::files;

/// A page under `docs/generated`, and what makes its text.
struct Page {
    path: &'static str,
    text: fn() -> String,
}

const PAGES: [Page; 4] = [
    Page { path: "docs/generated/configuration.md", text: config::reference },
    Page { path: "docs/generated/metrics.md", text: metrics::page },
    Page { path: "docs/generated/log-record.schema.json", text: log_record },
    Page { path: "docs/generated/providers.md", text: providers::page },
];

/// The schema of log lines, with the settings that providers have them tell.
fn log_record() -> String {
    let recorded =
        provider::all().iter().flat_map(|provider| provider.settings).filter_map(|setting| setting.recorded);
    let mut names: Vec<&str> = recorded.collect();
    names.sort_unstable();
    names.dedup();
    telemetry::record_schema(&names)
}

/// Writes every page.
pub fn write() -> Result<String> {
    for page in &PAGES {
        let path = files::root().join(page.path);
        std::fs::write(&path, (page.text)()).with_context(|| format!("{} cannot be written", page.path))?;
    }
    Ok(format!("generate: {} pages written", PAGES.len()))
}

/// Fails where a page is not what the code says now.
pub fn check() -> Result<String> {
    let stale: Vec<&str> = PAGES
        .iter()
        .filter(|page| {
            is_stale(std::fs::read_to_string(files::root().join(page.path)).ok().as_deref(), &(page.text)())
        })
        .map(|page| page.path)
        .collect();
    if !stale.is_empty() {
        bail!("out of date, run `cargo xtask generate`: {}", stale.join(", "));
    }
    Ok(format!("generate: {} pages up to date", PAGES.len()))
}

/// Whether a page on disk (none: missing) differs from what it should be.
fn is_stale(found: Option<&str>, expected: &str) -> bool {
    found != Some(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_missing_page_is_stale() {
        assert!(!is_stale(Some("a"), "a"));
        assert!(is_stale(Some("b"), "a"));
        assert!(is_stale(None, "a"));
    }
}
