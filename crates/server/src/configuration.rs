//! Reading and checking the declarative file.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use config::{Configuration, LoadOptions, Loaded, Problem};

use crate::cli::LoadArgs;

/// Largest file that is read, bytes.
const MAX_FILE: u64 = 64 << 20;

/// The text of a file, or of standard input for `-`.
pub fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_FILE).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read {}", name_of(path)))?;
    Ok(text)
}

/// What problems call the file.
pub fn name_of(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// Checks a text, with the environment of the process.
pub fn load(text: &str, name: &str, arguments: &LoadArgs) -> Result<Loaded, Vec<Problem>> {
    let options = LoadOptions {
        environment: &|variable| std::env::var(variable).ok(),
        ignore_unsupported_plugins: arguments.ignore_unsupported_plugins,
    };
    config::load(text, name, &options)
}

/// A configuration that can be served, and its warnings; else every problem, one a line.
pub fn load_served(
    text: &str,
    name: &str,
    arguments: &LoadArgs,
) -> Result<(Configuration, Vec<String>), Vec<String>> {
    let lines = |problems: &[Problem]| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    let loaded = load(text, name, arguments).map_err(|problems| lines(&problems))?;
    if !loaded.unserved.is_empty() {
        let mut problems = lines(&loaded.warnings);
        problems.extend(lines(&loaded.unserved));
        return Err(problems);
    }
    Ok((loaded.configuration, lines(&loaded.warnings)))
}
