//! Files over 600 lines and functions over 80 need a reason in `xtask/oversize.txt`, a list that may only shrink.

use super::Finding;
use crate::files::SourceFile;
use crate::lexer::{self, Kind, Token};

const LIST: &str = "xtask/oversize.txt";
const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 80;

/// Something that is larger than it should be.
#[derive(Debug, PartialEq, Eq)]
struct Large {
    /// `path` for a file, `path::function` for a function.
    name: String,
    line: usize,
    lines: usize,
    limit: usize,
}

/// One line of the list: name, highest number of lines, reason.
struct Entry<'t> {
    at: usize,
    name: &'t str,
    ceiling: usize,
}

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let list = files.iter().find(|file| file.path == LIST).map_or("", |file| file.text.as_str());
    let (entries, mut findings) = entries(list);
    let large: Vec<(&SourceFile, Large)> = files
        .iter()
        .filter(|file| file.is_rust())
        .flat_map(|file| sizes(file).into_iter().map(move |large| (file, large)))
        .filter(|(_, large)| large.lines > large.limit)
        .collect();
    for (file, large) in &large {
        match entries.iter().find(|entry| entry.name == large.name) {
            Some(entry) if large.lines <= entry.ceiling => {}
            Some(entry) => findings.push(Finding::new(
                &file.path,
                large.line,
                format!(
                    "{} has {} lines and grew over the {} that {LIST} allows",
                    large.name, large.lines, entry.ceiling
                ),
            )),
            None => findings.push(Finding::new(
                &file.path,
                large.line,
                format!("{} has {} lines, more than {}", large.name, large.lines, large.limit),
            )),
        }
    }
    for entry in &entries {
        if !large.iter().any(|(_, large)| large.name == entry.name) {
            findings.push(Finding::new(LIST, entry.at, format!("{} needs no entry any more", entry.name)));
        }
    }
    findings
}

fn entries(list: &str) -> (Vec<Entry<'_>>, Vec<Finding>) {
    let mut entries = Vec::new();
    let mut findings = Vec::new();
    for (index, line) in list.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next().and_then(|lines| lines.parse().ok()), words.next()) {
            (Some(name), Some(ceiling), Some(reason)) if !reason.trim().is_empty() => {
                entries.push(Entry { at: index + 1, name, ceiling });
            }
            _ => findings.push(Finding::new(LIST, index + 1, "an entry is: name, number of lines, reason")),
        }
    }
    (entries, findings)
}

/// The file itself and each of its functions.
fn sizes(file: &SourceFile) -> Vec<Large> {
    let tokens = lexer::tokens(&file.text);
    let code: Vec<Token<'_>> = tokens.into_iter().filter(|token| token.kind != Kind::Comment).collect();
    let mut found =
        vec![Large { name: file.path.clone(), line: 0, lines: file.text.lines().count(), limit: FILE_LINES }];
    for (at, pair) in code.windows(2).enumerate() {
        let [keyword, name] = pair else { continue };
        if keyword.is_word("fn")
            && name.kind == Kind::Word
            && let Some(end) = body_end(code.get(at..).unwrap_or_default())
        {
            found.push(Large {
                name: format!("{}::{}", file.path, name.text),
                line: keyword.line,
                lines: end + 1 - keyword.line,
                limit: FUNCTION_LINES,
            });
        }
    }
    found
}

/// Line of the brace that closes the body of the function that stands first; none where it has no body.
fn body_end(rest: &[Token<'_>]) -> Option<usize> {
    let mut at = 0;
    loop {
        let tail = rest.get(at..)?;
        let token = tail.first()?;
        if token.is_mark(";") {
            return None;
        }
        if token.is_mark("{") {
            return tail.get(lexer::block_length(tail) - 1).map(|brace| brace.line);
        }
        at += if token.is_mark("(") || token.is_mark("[") { lexer::block_length(tail) } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn function(lines: usize) -> String {
        format!("//! F.\nfn long(x: [u8; 3]) -> u8 {{\n{}}}\n", "    x;\n".repeat(lines - 2))
    }

    fn messages(files: &[SourceFile]) -> Vec<String> {
        check(files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn long_functions_and_files_are_found() {
        assert_eq!(messages(&[file("a.rs", &function(80)), file("b.txt", &"\n".repeat(900))]), [""; 0]);
        assert_eq!(
            messages(&[file("a.rs", &function(81))]),
            ["a.rs:2: a.rs::long has 81 lines, more than 80"]
        );
        assert_eq!(messages(&[file("a.rs", &"\n".repeat(601))]), ["a.rs: a.rs has 601 lines, more than 600"]);
    }

    #[test]
    fn a_declaration_has_no_body() {
        let source = format!("trait T {{ fn a(&self); }}\n{}fn b() {{}}\n", "\n".repeat(100));
        assert_eq!(messages(&[file("a.rs", &source)]), [""; 0]);
    }

    #[test]
    fn an_entry_excuses_up_to_its_ceiling() {
        let list = |text| file(LIST, text);
        let long = || file("a.rs", &function(90));
        assert_eq!(messages(&[long(), list("# Reasons.\na.rs::long 90 one table\n")]), [""; 0]);
        assert_eq!(messages(&[long(), list("a.rs::long 89 one table\n")]).len(), 1);
    }

    #[test]
    fn an_entry_without_need_or_reason_is_an_error() {
        let short = || file("a.rs", "//! A.\n");
        assert_eq!(
            messages(&[short(), file(LIST, "a.rs 700 a table\n")]),
            ["xtask/oversize.txt:1: a.rs needs no entry any more"]
        );
        assert_eq!(
            messages(&[short(), file(LIST, "a.rs 700\n")]),
            ["xtask/oversize.txt:1: an entry is: name, number of lines, reason"]
        );
    }
}
