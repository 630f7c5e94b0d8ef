//! What quickstart tells people: what can be called, and the lines to paste.

use std::fmt::Write as _;
use std::net::SocketAddr;

use model::Operation;

use super::{Entry, OPERATIONS, Targets};

/// Names of models shown for a target.
const SHOWN: usize = 3;

/// The text, for a gateway that listens at `address`. It holds no key.
/// `program` is how this program is called.
pub fn banner(targets: &Targets, address: SocketAddr, program: &str) -> String {
    let base = format!("http://{address}");
    let mut text = String::new();
    let mut say = |line: &str| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    say(&format!("AI Proxy is ready at {base}/v1"));
    say("Only this machine can call it; no key is needed.");
    say("");
    say("Targets");
    for entry in &targets.entries {
        say(&format!("  {:<12} {:<26} {}", entry.name, entry.found, shown(entry)));
    }
    if !targets.unusable.is_empty() {
        say("Found, and not yet usable");
        for unusable in &targets.unusable {
            say(&format!("  {:<28} {}", unusable.found, unusable.reason));
        }
    }
    say("");
    if let Some(model) = targets.callable(Operation::Chat).next() {
        say("curl");
        say(&format!("  curl {base}/v1/chat/completions -H 'Content-Type: application/json' \\"));
        say(&format!(
            "    -d '{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'"
        ));
        say("OpenAI SDK (Python)");
        say(&format!("  client = OpenAI(base_url=\"{base}/v1\", api_key=\"not-needed\")"));
        say(&format!(
            "  client.chat.completions.create(model=\"{model}\", messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}])"
        ));
    }
    if let Some(default) = targets.default_for_messages() {
        say("Claude Code");
        say(&format!("  ANTHROPIC_BASE_URL={base} ANTHROPIC_AUTH_TOKEN=not-needed claude"));
        say(&format!("  its models go to {default}; others: ANTHROPIC_MODEL=NAME/MODEL"));
    }
    say("Codex");
    say("  not yet: it speaks OpenAI's Responses API, which this version does not offer");
    say("");
    say(&format!("All models:  curl {base}/v1/models"));
    say(&format!("As a file:   {program} quickstart --print > gateway.yaml"));
    // `serve` listens everywhere unless told, and the file lets everybody in.
    say(&format!("             {program} serve --config gateway.yaml --proxy-listen {address}"));
    say("More:        README.md and docs/");
    if targets.entries.iter().all(|entry| entry.simulate) {
        say("");
        say("No key and no local server was found, so a simulated model answers. Set OPENAI_API_KEY,");
        say("or the key of another provider, and start again.");
    }
    text
}

/// The first models of a target as callers name them, and how many more there are.
fn shown(entry: &Entry) -> String {
    let names: Vec<_> = OPERATIONS
        .into_iter()
        .filter(|operation| entry.serves(*operation))
        .flat_map(|operation| entry.models(operation))
        .map(|model| format!("{}/{model}", entry.name))
        .collect();
    let first = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 if names.is_empty() => format!("{}/MODEL", entry.name),
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
