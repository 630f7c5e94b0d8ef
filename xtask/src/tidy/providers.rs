//! Only `provider` decides by a provider's id: elsewhere a provider is data.

use super::Finding;
use crate::files::SourceFile;
use crate::lexer::{self, Kind, Token};

const HOME: &str = "crates/provider/src/";

/// Where ids may be compared: the table of options, the environment variables of quickstart, cloud
/// identities, the simulated providers.
const EXEMPT: [&str; 5] = [
    "crates/provider/",
    "crates/config/src/schema",
    "crates/identity/",
    "crates/server/src/quickstart",
    "crates/simulator/",
];

/// Methods that compare their receiver with a text.
const COMPARING: [&str; 7] =
    ["contains", "ends_with", "eq", "eq_ignore_ascii_case", "ne", "starts_with", "strip_prefix"];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let ids = ids(files);
    if ids.is_empty() {
        // The rule must not pass because it looked in the wrong place.
        return vec![Finding::new(HOME, 0, "declares no provider id")];
    }
    files
        .iter()
        .filter(|file| file.is_rust() && !file.is_test())
        .filter(|file| !EXEMPT.iter().any(|exempt| file.path.starts_with(exempt)))
        .flat_map(|file| check_file(file, &ids))
        .collect()
}

/// Every `id: "…"` in the home of providers.
fn ids(files: &[SourceFile]) -> Vec<String> {
    let mut ids = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with(HOME) && !file.is_test()) {
        let tokens = lexer::tokens(&file.text);
        for three in lexer::product(&tokens).windows(3) {
            if let [name, colon, id] = three
                && name.is_word("id")
                && colon.is_mark(":")
                && id.kind == Kind::Text
            {
                ids.push(id.text.to_owned());
            }
        }
    }
    ids
}

fn check_file(file: &SourceFile, ids: &[String]) -> Vec<Finding> {
    let tokens = lexer::tokens(&file.text);
    let code = lexer::product(&tokens);
    let mut findings = Vec::new();
    for (at, token) in code.iter().enumerate() {
        let (before, after) = (code.get(..at).unwrap_or_default(), code.get(at + 1..).unwrap_or_default());
        if token.kind == Kind::Text && ids.iter().any(|id| id == token.text) && decides(before, after) {
            findings.push(Finding::new(
                &file.path,
                token.line,
                format!("decides by the provider id \"{}\": say it as data in provider", token.text),
            ));
        }
        if token.is_word("id")
            && is_provider_id(before)
            && (compares(before, after) || is_matched(before, after))
        {
            findings.push(Finding::new(
                &file.path,
                token.line,
                "decides by a provider's id: say it as data in provider",
            ));
        }
    }
    findings
}

/// Whether a text literal between these tokens is compared with something or is a pattern.
fn decides(before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    compares(before, after) || is_pattern(before, after) || is_compared_argument(before)
}

fn compares(before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    let compares = |token: &Token<'_>| token.is_mark("==") || token.is_mark("!=");
    before.iter().rev().find(|token| !is_wrapping(token)).is_some_and(compares)
        || after.first().is_some_and(compares)
}

/// `&`, `*` and `(` before a literal change nothing about what it is compared with.
fn is_wrapping(token: &Token<'_>) -> bool {
    token.is_mark("&") || token.is_mark("*") || token.is_mark("(")
}

/// A match arm, an `if let`, an alternative, or the pattern of `matches!`.
fn is_pattern(before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    // `Some("x") =>` and `("x", _) =>`: what follows the closing brackets decides.
    let outside = after.iter().find(|token| !token.is_mark(")") && !token.is_mark("]"));
    let arm = outside.is_some_and(|token| {
        token.is_mark("=>")
            || token.is_mark("|")
            || (token.is_word("if") && before.iter().any(|t| t.is_word("match")))
    });
    let alternative = before.last().is_some_and(|token| token.is_mark("|"));
    let bound = before
        .iter()
        .rev()
        .take_while(|token| token.kind == Kind::Word || token.is_mark("("))
        .any(|token| token.is_word("let"));
    arm || alternative || bound || in_matches(before)
}

/// Whether the innermost open bracket belongs to `matches!`.
fn in_matches(before: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for (at, token) in before.iter().enumerate().rev() {
        match token.text {
            ")" | "]" | "}" if token.kind == Kind::Mark => depth += 1,
            "(" | "[" | "{" if token.kind == Kind::Mark && depth > 0 => depth -= 1,
            "(" if token.kind == Kind::Mark => {
                let head = before.get(..at).unwrap_or_default();
                if let [.., name, bang] = head
                    && name.is_word("matches")
                    && bang.is_mark("!")
                {
                    return true;
                }
            }
            "[" | "{" if token.kind == Kind::Mark => return false,
            _ => {}
        }
    }
    false
}

fn is_compared_argument(before: &[Token<'_>]) -> bool {
    let mut tokens = before.iter().rev().skip_while(|token| token.is_mark("&"));
    tokens.next().is_some_and(|token| token.is_mark("("))
        && tokens.next().is_some_and(|token| token.kind == Kind::Word && COMPARING.contains(&token.text))
}

/// Whether `id` is the member of something called `provider`.
fn is_provider_id(before: &[Token<'_>]) -> bool {
    matches!(before, [.., owner, dot] if dot.is_mark(".") && owner.is_word("provider"))
}

/// Whether the expression that ends here is what a `match` looks at.
fn is_matched(before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    after.first().is_some_and(|token| token.is_mark("{"))
        && before
            .iter()
            .rev()
            .find(|token| {
                !(token.is_mark(".")
                    || token.is_mark("&")
                    || token.kind == Kind::Word && !token.is_word("match"))
            })
            .is_some_and(|token| token.is_word("match"))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn found(path: &str, code: &str) -> usize {
        let home = file(
            &format!("{HOME}acme.rs"),
            "//! A.\npub const ACME: P = P { id: \"acme\", title: \"Acme\" };",
        );
        check(&[home, file(path, code)]).len()
    }

    const PRODUCT: &str = "crates/proxy/src/a.rs";

    #[test]
    fn comparisons_are_found() {
        for code in [
            "if name == \"acme\" {}",
            "if \"acme\" != name {}",
            "if name == &(\"acme\") {}",
            "match name { \"acme\" => 1, _ => 2 }",
            "match name { \"x\" | \"acme\" => 1, _ => 2 }",
            "match name { Some(\"acme\") => 1, _ => 2 }",
            "match name { \"acme\" if x => 1, _ => 2 }",
            "if let Some(\"acme\") = name {}",
            "matches!(name, \"acme\")",
            "matches!(name, Some(\"x\" | \"acme\"))",
            "name.starts_with(\"acme\")",
            "name.eq_ignore_ascii_case(&\"acme\")",
            "if target.provider.id == other {}",
            "match target.provider.id { _ => {} }",
        ] {
            assert_eq!(found(PRODUCT, code), 1, "{code}");
        }
    }

    #[test]
    fn mentions_are_no_comparisons() {
        for code in [
            "let text = \"acme\";",
            "match x { X::Acme => \"acme\" }",
            "call(\"acme\", 1)",
            "// name == \"acme\"\nfn a() {}",
            "if name == \"acme2\" {}",
            "let label = target.provider.id;",
            "#[cfg(test)] mod tests { fn a() { assert!(name == \"acme\") } }",
        ] {
            assert_eq!(found(PRODUCT, code), 0, "{code}");
        }
    }

    #[test]
    fn some_places_are_exempt() {
        let code = "if name == \"acme\" {}";
        for path in
            ["crates/provider/src/b.rs", "crates/simulator/src/b.rs", "crates/proxy/tests/b.rs", "a.md"]
        {
            assert_eq!(found(path, code), 0, "{path}");
        }
    }

    #[test]
    fn no_ids_is_an_error() {
        assert_eq!(check(&[file(PRODUCT, "")]).len(), 1);
    }
}
