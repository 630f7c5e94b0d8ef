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

const PAGES: [Page; 3] = [
    Page { path: "docs/generated/configuration.md", text: config::reference },
    Page { path: "docs/generated/metrics.md", text: metrics::page },
    Page { path: "docs/generated/providers.md", text: providers::page },
];

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
