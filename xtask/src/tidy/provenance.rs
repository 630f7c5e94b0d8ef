//! Nothing in the repository points at one machine or at one host to download from.

use super::Finding;
use crate::files::SourceFile;

/// Starts of paths that exist on a developer's machine only.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Use", "rs/"), concat!("/wo", "rk/")];

/// Hosts of package registries: which one is used is the business of the machine's own set-up.
const REGISTRIES: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js.org"),
    concat!("npm", "js.com"),
    concat!("yarn", "pkg.com"),
    concat!("deb.", "debian.org"),
    concat!("proxy.", "golang.org"),
];

/// Options that name a registry.
const REGISTRY_OPTIONS: [&str; 4] = [
    concat!("--index", "-url"),
    concat!("--extra-index", "-url"),
    concat!("--find", "-links"),
    concat!("--regi", "stry="),
];

/// Cargo writes the name of its own registry into its lock files, and its configuration cannot avoid it.
fn is_cargo_lock(path: &str) -> bool {
    path == "Cargo.lock" || path.ends_with("/Cargo.lock")
}

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !is_cargo_lock(&file.path)) {
        for (index, line) in file.text.lines().enumerate() {
            for message in check_line(file, line) {
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    findings
}

fn check_line(file: &SourceFile, line: &str) -> Vec<String> {
    let mut messages = Vec::new();
    for path in MACHINE_PATHS {
        if line.match_indices(path).any(|(at, _)| starts_a_path(line, at)) {
            messages.push(format!("holds the path {path}… of one machine"));
        }
    }
    for name in REGISTRIES.iter().chain(&REGISTRY_OPTIONS) {
        if line.contains(name) {
            messages.push(format!("names the registry {name}"));
        }
    }
    if file.path.ends_with("package-lock.json") && line.contains("\"resolved\":") {
        messages.push("a lock file says where to download from".to_owned());
    }
    messages
}

/// Whether the slash at `at` is where a path begins, and not the middle of one or of a URL.
fn starts_a_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|start| start.chars().next_back());
    before.is_none_or(|c| c.is_whitespace() || "\"'`=(:,<[".contains(c))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&[file(path, text)]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn machine_paths_are_found() {
        for path in MACHINE_PATHS {
            assert_eq!(messages("a.sh", &format!("x\ncd {path}me\n")).len(), 1, "{path}");
            assert_eq!(messages("a.rs", &format!("let x = \"{path}me\";")).len(), 1, "{path}");
            assert_eq!(messages("a.rs", &format!("see http://host{path}me")), [""; 0], "{path}");
        }
    }

    #[test]
    fn registries_are_found() {
        for host in REGISTRIES {
            assert_eq!(messages("a.toml", &format!("url = \"https://{host}/x\"")).len(), 1, "{host}");
            assert_eq!(messages("fuzz/Cargo.lock", &format!("\"https://{host}/x\"")), [""; 0], "{host}");
        }
        for option in REGISTRY_OPTIONS {
            assert_eq!(messages("requirements.txt", &format!("{option}x")).len(), 1, "{option}");
        }
    }

    #[test]
    fn npm_locks_have_no_addresses() {
        let line = "  \"resolved\": \"https://example.com/x.tgz\",";
        assert_eq!(messages("tests/node/package-lock.json", line).len(), 1);
        assert_eq!(messages("tests/node/other.json", line), [""; 0]);
    }
}
