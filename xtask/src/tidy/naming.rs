//! Names that say nothing, and files that do not say what they are for.

use super::Finding;
use crate::files::SourceFile;
use crate::lexer::{self, Kind};

/// Names under which anything could be put.
const EMPTY_NAMES: [&str; 9] =
    ["common", "helper", "helpers", "manager", "misc", "shared", "util", "utilities", "utils"];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    files.iter().filter(|file| file.is_rust()).flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !file.text.starts_with("//! ") {
        findings.push(Finding::new(&file.path, 1, "does not open with `//!` and what the file is for"));
    }
    for part in file.path.split('/') {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if EMPTY_NAMES.contains(&name) {
            findings.push(Finding::new(&file.path, 0, format!("the name `{name}` says nothing")));
        }
        if part == "mod.rs" {
            findings.push(Finding::new(
                &file.path,
                0,
                "`foo.rs` beside the folder `foo` instead of `mod.rs`",
            ));
        }
    }
    let tokens = lexer::tokens(&file.text);
    for pair in tokens.windows(2) {
        let [keyword, name] = pair else { continue };
        if keyword.is_word("mod") && name.kind == Kind::Word && EMPTY_NAMES.contains(&name.text) {
            findings.push(Finding::new(
                &file.path,
                name.line,
                format!("the name `{}` says nothing", name.text),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&[file(path, text)]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_file_says_what_it_is_for() {
        assert_eq!(messages("a.rs", "//! A.\n"), [""; 0]);
        assert_eq!(messages("a.rs", "// A.\n").len(), 1);
        assert_eq!(messages("a.rs", "").len(), 1);
        assert_eq!(messages("a.md", ""), [""; 0]);
    }

    #[test]
    fn empty_names_are_found() {
        assert_eq!(
            messages("crates/x/src/utils.rs", "//! U.\n"),
            ["crates/x/src/utils.rs: the name `utils` says nothing"]
        );
        assert_eq!(messages("crates/common/src/a.rs", "//! A.\n").len(), 1);
        assert_eq!(messages("a.rs", "//! A.\nmod helpers {}\n"), ["a.rs:2: the name `helpers` says nothing"]);
        assert_eq!(messages("a.rs", "//! A.\n// mod helpers\nmod helpers_of_santa;\n"), [""; 0]);
    }

    #[test]
    fn folders_have_a_file_beside_them() {
        assert_eq!(messages("crates/x/src/y/mod.rs", "//! Y.\n").len(), 1);
    }
}
