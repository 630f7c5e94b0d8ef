//! What `config::load` accepts and refuses, through its public interface.
// All of this is a test, though not every function is marked as one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod edges;
mod entities;
mod examples;
mod golden;
mod kong_schema;
mod observers;
mod pages;
mod prices;
mod properties;
mod rules;
mod secrets;
mod speed;

use std::path::PathBuf;

use config::{Configuration, LoadOptions, Loaded, Problem};

/// No variable is set.
fn nothing(_: &str) -> Option<String> {
    None
}

fn load(text: &str) -> Result<Loaded, Vec<Problem>> {
    load_with(text, &nothing)
}

fn load_with(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Vec<Problem>> {
    let options = LoadOptions { environment, ignore_unsupported_plugins: false, identity_defect: &|_| None };
    config::load(text, "kong.yaml", &options)
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// The configuration; fails with the problems where there are some.
fn loaded(text: &str) -> Configuration {
    match load(text) {
        Ok(loaded) => loaded.configuration,
        Err(problems) => panic!("{text}\n{}", lines(&problems).join("\n")),
    }
}

/// Everything that is told about a text, errors and warnings.
fn told(text: &str) -> Vec<String> {
    match load(text) {
        Ok(loaded) => lines(&loaded.warnings),
        Err(problems) => lines(&problems),
    }
}

/// A document with one route and one `ai-proxy` of this configuration, which is a flow mapping.
fn with_config(config: &str) -> String {
    format!(
        "_format_version: \"3.0\"\nservices:\n- name: s\n  url: http://localhost\n  routes:\n  - name: r\n    \
         paths: [/]\n    plugins:\n    - name: ai-proxy\n      config: {config}\n"
    )
}

const CONFIG: &str = "services[0].routes[0].plugins[0].config";

/// Fails unless exactly one problem is told about the configuration, and it reads so after the position:
/// the text starts with `error: ` or `warning: `, the path is relative to `config`.
#[track_caller]
fn tells(config: &str, wanted: &str) {
    let told = told(&with_config(config));
    let (severity, rest) = wanted.split_once(": ").unwrap();
    let path = if rest.starts_with(": ") || rest.starts_with('.') {
        format!("{CONFIG}{rest}")
    } else {
        format!("{CONFIG}.{rest}")
    };
    let wanted = format!("{severity}: {path}");
    assert!(told.len() == 1 && told[0].ends_with(&wanted), "{config}\nwanted {wanted}\ntold {told:#?}");
}

/// Fails if anything is told about the configuration.
#[track_caller]
fn accepts(config: &str) {
    let told = told(&with_config(config));
    assert!(told.is_empty(), "{config}\n{told:#?}");
}

/// The folder of reference data; without it the test says so and is left out.
fn data(test: &str, folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("AI_PROXY_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("left out: {test}: {} not present", path.display());
    None
}
