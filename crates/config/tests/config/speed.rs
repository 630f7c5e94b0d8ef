//! Loading is fast enough for a reload, and does not grow faster than the file.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{lines, load};

/// A file with so many services, each with a route and a plugin; 220 bytes each.
fn file(services: usize) -> String {
    let mut text = String::from("_format_version: \"3.0\"\nservices:\n");
    for number in 0..services {
        write!(
            text,
            "- name: s{number}\n  url: http://localhost\n  routes:\n  - name: r{number}\n    \
             paths: [\"/s{number}\"]\n    plugins:\n    - name: ai-proxy\n      config:\n        \
             route_type: llm/v1/chat\n        model:\n          provider: openai\n          name: gpt-4o\n"
        )
        .unwrap();
    }
    text
}

fn time(services: usize) -> Duration {
    let text = file(services);
    let started = Instant::now();
    let loaded = load(&text).unwrap_or_else(|problems| panic!("{:#?}", lines(&problems)));
    let elapsed = started.elapsed();
    assert_eq!(loaded.configuration.plugins.len(), services);
    println!("{services} services, {} bytes: {elapsed:?}", text.len());
    elapsed
}

#[test]
fn large_files_take_linear_time() {
    // Unoptimised builds on a busy machine: the bound only tells linear from quadratic.
    time(1);
    let small = time(200).max(Duration::from_millis(5));
    let large = time(2000);
    assert!(large < small * 40, "{small:?} {large:?}");
}

#[test]
fn hostile_texts_take_linear_time() {
    let mut keys = String::new();
    for number in 0..20_000 {
        writeln!(keys, "k{number}: 1").unwrap();
    }
    for text in [
        "${{".repeat(100_000),
        format!("a: '{}'", "${{ x ".repeat(50_000)),
        format!("{{{}}}", "k: 1, ".repeat(20_000)),
        keys,
        "a".repeat(1_000_000),
        format!("_format_version: '3.0'\nroutes: [{}]", "{paths: [/a]}, ".repeat(10_000)),
        format!("_format_version: '3.0'\nx: &a {{a: 1}}\n_ignore: [{}]", "{<<: *a}, ".repeat(10_000)),
    ] {
        let started = Instant::now();
        let _ = load(&text);
        println!("{}: {:?}", &text[..20], started.elapsed());
        assert!(started.elapsed() < Duration::from_mins(1), "{}", &text[..20]);
    }
}
