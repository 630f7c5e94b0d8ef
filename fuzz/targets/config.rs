//! Any text as a configuration: no panic, every problem has its place, and no secret is told.
#![no_main]

use config::{LoadOptions, Problem, Severity, load};
use libfuzzer_sys::fuzz_target;

/// What every environment variable holds; it occurs in no input by accident.
const SECRET: &str = "CANARY5f2e";

fuzz_target!(|input: &[u8]| {
    let (Some(choice), Ok(text)) = (input.first(), std::str::from_utf8(input.get(1..).unwrap_or_default()))
    else {
        return;
    };
    if text.to_uppercase().contains("CANARY") {
        return;
    }
    let environment = |name: &str| (!name.contains("UNSET")).then(|| SECRET.to_owned());
    let options = LoadOptions {
        environment: &environment,
        ignore_unsupported_plugins: choice % 2 == 1,
        identity_defect: &|_| None,
    };
    match load(text, "fuzz.yaml", &options) {
        Ok(loaded) => {
            assert!(loaded.warnings.iter().all(|problem| problem.severity == Severity::Warning));
            check(text, &loaded.warnings);
            check(text, &loaded.unserved);
        }
        Err(problems) => {
            assert!(
                problems.iter().any(|problem| problem.severity == Severity::Error),
                "refused without a word"
            );
            check(text, &problems);
        }
    }
});

fn check(text: &str, problems: &[Problem]) {
    // A problem at the end of the text may stand on the line after the last one.
    let lines = u32::try_from(text.split(['\n', '\r']).count()).unwrap_or(u32::MAX);
    for problem in problems {
        let shown = problem.to_string();
        assert!(!shown.to_uppercase().contains(&SECRET.to_uppercase()), "a secret is told: {shown}");
        assert!(!shown.contains('\n'), "more than one line: {shown:?}");
        assert!(problem.at.line <= lines.saturating_add(1), "{} lines: {shown}", lines);
    }
}
