//! Every package takes the lints of the workspace, `unsafe_code = "forbid"` among them.

use super::Finding;
use crate::files::SourceFile;

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| is_manifest(&file.path) && !takes_lints(&file.text))
        .map(|file| Finding::new(&file.path, 0, "has no `[lints]` with `workspace = true`"))
        .collect()
}

fn is_manifest(path: &str) -> bool {
    path == "xtask/Cargo.toml" || path.starts_with("crates/") && path.ends_with("/Cargo.toml")
}

fn takes_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().skip_while(|line| line.trim() != "[lints]").skip(1);
    lines.next().is_some_and(|line| line.trim() == "workspace = true")
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn a_package_without_lints_is_found() {
        let found = |path: &str, text: &str| check(&[file(path, text)]).len();
        assert_eq!(found("crates/a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"), 0);
        assert_eq!(found("crates/a/Cargo.toml", "[package]\n"), 1);
        assert_eq!(found("crates/a/Cargo.toml", "[lints]\nrust.unsafe_code = \"allow\"\n"), 1);
        assert_eq!(found("fuzz/Cargo.toml", "[package]\n"), 0);
    }
}
