//! Marks of unfinished work, and tests that do not run.

use super::Finding;
use crate::files::SourceFile;
use crate::lexer::{self, Kind, Token};

/// Macros that stand where code should.
const MACROS: [&str; 2] = ["todo", "unimplemented"];

/// Words that people leave for later, in comments.
const WORDS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

/// Ways of other test runners to leave a test out.
const SKIPS: [&str; 6] = [
    concat!("importor", "skip"),
    concat!("mark.", "skip"),
    concat!("mark.", "xfail"),
    concat!("test.", "skip"),
    concat!("test.", "todo"),
    concat!("skip", ": true"),
];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    files.iter().flat_map(|file| if file.is_rust() { check_rust(file) } else { check_other(file) }).collect()
}

fn check_rust(file: &SourceFile) -> Vec<Finding> {
    let tokens = lexer::tokens(&file.text);
    let mut findings = Vec::new();
    let mut note =
        |token: &Token<'_>, message: String| findings.push(Finding::new(&file.path, token.line, message));
    for token in tokens.iter().filter(|token| token.kind == Kind::Comment) {
        for word in WORDS.iter().filter(|word| has_word(token.text, word)) {
            note(token, format!("`{word}`: finish it, or file it"));
        }
    }
    let code: Vec<Token<'_>> = tokens.iter().filter(|token| token.kind != Kind::Comment).copied().collect();
    for three in code.windows(3) {
        let [first, second, third] = three else { continue };
        if MACROS.contains(&first.text)
            && first.kind == Kind::Word
            && second.is_mark("!")
            && third.is_mark("(")
        {
            note(first, format!("`{}!` where code should be", first.text));
        }
        if first.is_mark("#") && second.is_mark("[") && third.is_word("ignore") {
            note(third, "a test that does not run".to_owned());
        }
    }
    findings
}

fn check_other(file: &SourceFile) -> Vec<Finding> {
    let is_test = [".py", ".mjs", ".js", ".ts"].iter().any(|ending| file.path.ends_with(ending));
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate().filter(|_| is_test) {
        for skip in SKIPS.iter().filter(|skip| line.contains(*skip)) {
            findings.push(Finding::new(&file.path, index + 1, format!("`{skip}`: a test that does not run")));
        }
    }
    findings
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&[file(path, text)]).len()
    }

    #[test]
    fn unfinished_code_is_found() {
        assert_eq!(found("a.rs", "fn a() { todo!() }"), 1);
        assert_eq!(found("a.rs", "fn a() { unimplemented!(\"x\") }"), 1);
        assert_eq!(found("a.rs", "fn todo() { \"todo!()\"; todo() }"), 0);
        for word in WORDS {
            assert_eq!(found("a.rs", &format!("// {word}: x")), 1, "{word}");
            assert_eq!(found("a.rs", &format!("\"{word}\"; // {word}x")), 0, "{word}");
        }
    }

    #[test]
    fn tests_that_do_not_run_are_found() {
        assert_eq!(found("a.rs", "#[test] #[ignore] fn a() {}"), 1);
        assert_eq!(found("a.rs", "#[test] #[ignore = \"slow\"] fn a() {}"), 1);
        for skip in SKIPS {
            assert_eq!(found("tests/a.py", &format!("{skip}(x)")), 1, "{skip}");
            assert_eq!(found("README.md", &format!("{skip}(x)")), 0, "{skip}");
        }
    }
}
