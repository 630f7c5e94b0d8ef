//! `cargo xtask tidy`: the rules of the house that a compiler does not know.

mod layering;
mod lints;
mod marks;
mod members;
mod naming;
mod pitfalls;
mod provenance;
mod providers;
mod size;

use std::fmt;

use anyhow::{Result, bail};

use crate::files::{self, SourceFile};

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    /// From 1; 0 where the whole file is meant.
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A rule over the files of the repository.
type Rule = fn(&[SourceFile]) -> Vec<Finding>;

const RULES: [(&str, Rule); 8] = [
    ("lints", lints::check),
    ("size", size::check),
    ("naming", naming::check),
    ("providers", providers::check),
    ("members", members::check),
    ("provenance", provenance::check),
    ("marks", marks::check),
    ("pitfalls", pitfalls::check),
];

/// Runs every rule; the error lists every breach.
pub fn run() -> Result<String> {
    let files = files::list()?;
    let mut breaches: Vec<String> = Vec::new();
    let mut note = |rule: &str, findings: Vec<Finding>| {
        breaches.extend(findings.iter().map(|finding| format!("{finding} [{rule}]")));
    };
    note("layering", layering::check(&layering::packages()?));
    for (name, rule) in RULES {
        note(name, rule(&files));
    }
    if !breaches.is_empty() {
        bail!("{}\ntidy: {} found", breaches.join("\n"), breaches.len());
    }
    Ok(format!("tidy: {} files, {} rules, nothing found", files.len(), RULES.len() + 1))
}

#[cfg(test)]
fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}
