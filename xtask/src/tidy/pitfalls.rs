//! The page of pitfalls names tests: each must be there.

use std::path::Path;

use super::Finding;
use crate::files::SourceFile;

const PAGE: &str = "docs/pitfalls.md";

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else { return Vec::new() };
    let mut findings = Vec::new();
    for (index, line) in page.text.lines().enumerate() {
        let row = line.starts_with("| ") && !line.starts_with("| What ");
        let named = names(line);
        if row && named.is_empty() && !line.ends_with("| none yet |") {
            findings.push(Finding::new(PAGE, index + 1, "neither a test nor `none yet`"));
        }
        for (path, name) in named {
            if !files.iter().any(|file| file.path == format!("crates/{path}") && has_test(&file.text, name)) {
                let message = format!("there is no test `{name}` in crates/{path}");
                findings.push(Finding::new(PAGE, index + 1, message));
            }
        }
    }
    findings
}

/// The tests that a line names: file below `crates/`, function.
fn names(line: &str) -> Vec<(&str, &str)> {
    let quoted = line.split('`').skip(1).step_by(2);
    let named = quoted.filter_map(|text| text.split_once(' '));
    named.filter(|(path, _)| Path::new(path).extension().is_some_and(|kind| kind == "rs")).collect()
}

fn has_test(text: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    lines.iter().enumerate().any(|(index, line)| {
        let attributes = lines.iter().take(index).rev().take_while(|line| line.starts_with("#["));
        let starts = line.starts_with(&head) || line.starts_with(&format!("async {head}"));
        starts
            && attributes
                .into_iter()
                .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn named_tests_must_be_there() {
        let code = file("crates/a/src/b.rs", "#[test]\nfn it_works() {}\n\nfn it_helps() {}\n");
        let page = |row: &str| file(PAGE, &format!("| What goes wrong | Test |\n|---|---|\n{row}\n"));
        let found = |row: &str| check(&[file(&code.path, &code.text), page(row)]).len();
        assert_eq!(found("| x | `a/src/b.rs it_works` |"), 0);
        assert_eq!(found("| x | none yet |"), 0);
        assert_eq!(found("| x | `a/src/b.rs it_works`, `a/src/b.rs it_helps` |"), 1);
        assert_eq!(found("| x | `a/src/c.rs it_works` |"), 1);
        assert_eq!(found("| x | some day |"), 1);
    }
}
