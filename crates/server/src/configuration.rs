//! Reading and checking the declarative file.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use config::{Configuration, LoadOptions, Loaded, Problem};

use crate::cli::LoadArgs;

/// Largest file that is read, bytes.
const MAX_FILE: u64 = 64 << 20;

/// The text of a file, or of standard input for `-`.
pub fn read(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read_bytes(path)?).map_err(|_| anyhow::anyhow!("{} is not UTF-8", name_of(path)))
}

/// The bytes of a file, or of standard input for `-`.
pub fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One more than is taken, to tell a file that is too large from one that just fits.
    let limit = MAX_FILE + 1;
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    let count = read.with_context(|| format!("cannot read {}", name_of(path)))?;
    anyhow::ensure!(count as u64 <= MAX_FILE, "{} is larger than {} MiB", name_of(path), MAX_FILE >> 20);
    Ok(bytes)
}

/// What problems call the file.
pub fn name_of(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// Problems, one a line. What stands in one place and counts in many, as behind an alias, is told once.
pub fn lines(problems: &[Problem]) -> Vec<String> {
    let mut told = HashSet::new();
    let new = problems.iter().filter(|problem| told.insert((problem.at, &*problem.message)));
    new.map(ToString::to_string).collect()
}

/// Checks a text, with the environment of the process.
pub fn load(text: &str, name: &str, arguments: &LoadArgs) -> Result<Loaded, Vec<Problem>> {
    let options = LoadOptions {
        environment: &|variable| std::env::var(variable).ok(),
        ignore_unsupported_plugins: arguments.ignore_unsupported_plugins,
        identity_defect: &proxy::identity_defect,
    };
    config::load(text, name, &options)
}

/// A configuration that can be served, and its warnings; else every problem, one a line.
pub fn load_served(
    text: &str,
    name: &str,
    arguments: &LoadArgs,
) -> Result<(Configuration, Vec<String>), Vec<String>> {
    let loaded = load(text, name, arguments).map_err(|problems| lines(&problems))?;
    if !loaded.unserved.is_empty() {
        let mut problems = lines(&loaded.warnings);
        problems.extend(lines(&loaded.unserved));
        return Err(problems);
    }
    Ok((loaded.configuration, lines(&loaded.warnings)))
}
