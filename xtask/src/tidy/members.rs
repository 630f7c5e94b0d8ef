//! Only a dialect knows the JSON members of its wire format.

use super::Finding;
use crate::files::SourceFile;
use crate::lexer::{self, Kind};

/// Members that nothing but this dialect has, so that a mention of one is knowledge of the format.
const OPENAI: [&str; 6] =
    ["choices", "finish_reason", "include_usage", "max_completion_tokens", "stream_options", "tool_calls"];

/// The dialect itself; simulated providers, which write their JSON by hand; deviations of providers, which
/// are data; what configuration calls its fields; and records, where Kong tells streams in this form.
const EXEMPT: [&str; 5] = [
    "crates/dialect/src/",
    "crates/simulator/",
    "crates/provider/src/",
    "crates/config/src/schema",
    "crates/telemetry/src/record/",
];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with("crates/") && !file.is_test())
        .filter(|file| !EXEMPT.iter().any(|exempt| file.path.starts_with(exempt)))
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    let tokens = lexer::tokens(&file.text);
    let mut findings = Vec::new();
    for token in lexer::product(&tokens).iter().filter(|token| token.kind == Kind::Text) {
        for member in OPENAI.iter().filter(|member| names(token.text, member)) {
            findings.push(Finding::new(
                &file.path,
                token.line,
                format!("knows the member \"{member}\" of the dialect openai"),
            ));
        }
    }
    findings
}

/// Whether a literal is the member's name, a path that contains it, or JSON text with it.
fn names(text: &str, member: &str) -> bool {
    let text = text.replace("\\\"", "\"");
    text.split('.').any(|part| part == member) || text.contains(&format!("\"{member}\""))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn found(path: &str, code: &str) -> usize {
        check(&[file(path, code)]).len()
    }

    #[test]
    fn members_are_found() {
        for code in [
            "body.get(\"choices\")",
            "body.get(b\"choices\")",
            "let path = \"stream_options.include_usage\".len();",
            "let json = r#\"{\"choices\":[]}\"#;",
            "let json = \"{\\\"choices\\\":[]}\";",
        ] {
            assert!(found("crates/proxy/src/a.rs", code) > 0, "{code}");
        }
    }

    #[test]
    fn words_are_not_members() {
        for code in [
            "log(\"no choices left\")",
            "// \"choices\"",
            "let choices = 1;",
            "#[test] fn a() { x(\"choices\") }",
        ] {
            assert_eq!(found("crates/proxy/src/a.rs", code), 0, "{code}");
        }
    }

    #[test]
    fn the_dialect_and_tests_are_exempt() {
        for path in
            ["crates/dialect/src/openai/chat.rs", "crates/simulator/src/a.rs", "crates/proxy/tests/a.rs"]
        {
            assert_eq!(found(path, "\"choices\""), 0, "{path}");
        }
        assert_eq!(found("crates/dialect_two/src/envelope.rs", "\"choices\""), 1);
    }
}
