//! Which package may use which: the table of ARCHITECTURE.md, checked against the manifests.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Finding;
use crate::files;

/// Our packages, and those of ours that each may use in product code.
const ALLOWED: &[(&str, &[&str])] = &[
    ("document", &[]),
    ("model", &[]),
    ("stream", &["model"]),
    ("dialect", &["document", "model", "stream"]),
    ("auth", &["model"]),
    ("provider", &["auth", "dialect", "model"]),
    ("identity", &["auth"]),
    ("config", &["auth", "model", "provider"]),
    ("telemetry", &["model"]),
    ("tokens", &[]),
    (
        "proxy",
        &[
            "auth",
            "config",
            "dialect",
            "document",
            "identity",
            "model",
            "provider",
            "stream",
            "telemetry",
            "tokens",
        ],
    ),
    ("server", &["auth", "config", "model", "provider", "proxy", "simulator", "telemetry"]),
    ("simulator", &["stream"]),
    (
        "testkit",
        &[
            "auth",
            "config",
            "dialect",
            "document",
            "identity",
            "model",
            "provider",
            "proxy",
            "simulator",
            "stream",
            "telemetry",
        ],
    ),
    ("xtask", &["config", "dialect", "model", "provider", "telemetry"]),
];

/// Packages that only compute: no runtime, no network, no log.
const PURE: [&str; 6] = ["document", "model", "stream", "dialect", "provider", "auth"];

/// Names, and starts of names (with `*`), of packages that a pure package has no use for.
const IMPURE: [&str; 16] = [
    "async-*",
    "axum*",
    "curl",
    "futures*",
    "h2",
    "http-body*",
    "hyper*",
    "isahc",
    "mio",
    "reqwest",
    "smol*",
    "socket2",
    "tokio*",
    "tower*",
    "tracing*",
    "ureq",
];

/// Packages that may report errors as `anyhow` does; libraries have error types of their own.
const LOOSE_ERRORS: [&str; 3] = ["server", "testkit", "xtask"];

/// A package of the workspace, as `cargo metadata` tells.
#[derive(Debug, Deserialize)]
pub struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// None for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// The packages of the workspace.
pub fn packages() -> Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(files::root())
        .output()
        .context("cargo metadata does not run")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", output.status);
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cargo metadata is not as expected")?;
    Ok(metadata.packages)
}

/// Dependencies against the table, each package having exactly one row.
pub fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        match ALLOWED.iter().find(|(name, _)| *name == package.name) {
            Some((_, allowed)) => findings.extend(check_package(package, allowed, packages)),
            None => findings.push(finding(&package.name, "has no row in the table of layers")),
        }
    }
    for (name, _) in ALLOWED {
        if !packages.iter().any(|package| package.name == *name) {
            findings.push(finding(name, "has a row in the table of layers and does not exist"));
        }
    }
    findings
}

fn check_package(package: &Package, allowed: &[&str], packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let product = package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    for Dependency { name, .. } in product {
        let ours = packages.iter().any(|package| package.name == *name);
        if ours && !allowed.contains(&name.as_str()) {
            findings.push(finding(&package.name, &format!("may not use {name}")));
        }
        if PURE.contains(&package.name.as_str()) && IMPURE.iter().any(|pattern| matches(pattern, name)) {
            findings.push(finding(&package.name, &format!("is pure and may not use {name}")));
        }
        if name == "anyhow" && !LOOSE_ERRORS.contains(&package.name.as_str()) {
            findings.push(finding(&package.name, "has errors of its own and may not use anyhow"));
        }
    }
    findings
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn finding(package: &str, message: &str) -> Finding {
    Finding::new(&format!("package {package}"), 0, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every package of the table, the named one with these dependencies (name, kind).
    fn workspace(package: &str, dependencies: &[(&str, Option<&str>)]) -> Vec<Package> {
        let dependencies = |name: &str| {
            let given = if name == package { dependencies } else { &[] };
            given
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) })
                .collect()
        };
        ALLOWED
            .iter()
            .map(|(name, _)| Package { name: (*name).to_owned(), dependencies: dependencies(name) })
            .collect()
    }

    fn messages(packages: &[Package]) -> Vec<String> {
        check(packages).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_table_is_obeyed() {
        assert_eq!(messages(&workspace("proxy", &[("dialect", None), ("tokio", None)])), [""; 0]);
        assert_eq!(
            messages(&workspace("simulator", &[("dialect", None)])),
            ["package simulator: may not use dialect"]
        );
        assert_eq!(messages(&workspace("auth", &[("provider", Some("build"))])).len(), 1);
    }

    #[test]
    fn tests_may_use_what_they_need() {
        assert_eq!(
            messages(&workspace("stream", &[("tokio", Some("dev")), ("testkit", Some("dev"))])),
            [""; 0]
        );
        assert_eq!(
            messages(&workspace("server", &[("testkit", None)])),
            ["package server: may not use testkit"]
        );
    }

    #[test]
    fn pure_packages_have_no_runtime() {
        assert_eq!(
            messages(&workspace("dialect", &[("tokio-util", None), ("async-trait", None), ("bytes", None)])),
            [
                "package dialect: is pure and may not use tokio-util",
                "package dialect: is pure and may not use async-trait"
            ]
        );
    }

    #[test]
    fn libraries_have_errors_of_their_own() {
        assert_eq!(messages(&workspace("proxy", &[("anyhow", None)])).len(), 1);
        assert_eq!(messages(&workspace("server", &[("anyhow", None)])), [""; 0]);
    }

    #[test]
    fn every_package_has_one_row() {
        let mut packages = workspace("", &[]);
        packages.push(Package { name: "novel".to_owned(), dependencies: Vec::new() });
        packages.retain(|package| package.name != "auth");
        assert_eq!(
            messages(&packages),
            [
                "package novel: has no row in the table of layers",
                "package auth: has a row in the table of layers and does not exist"
            ]
        );
    }

    #[test]
    fn a_cycle_in_the_table_is_impossible() {
        // Each row uses packages whose own rows are complete without it.
        let mut settled: Vec<&str> = Vec::new();
        while settled.len() < ALLOWED.len() {
            let before = settled.len();
            for (name, allowed) in ALLOWED {
                if !settled.contains(name) && allowed.iter().all(|used| settled.contains(used)) {
                    settled.push(name);
                }
            }
            assert!(settled.len() > before, "a cycle among the rest of {settled:?}");
        }
    }
}
