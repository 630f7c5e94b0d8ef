//! The table of how usage is counted, from what codecs say of themselves.

use std::fmt::Write as _;

use dialect::{COUNTINGS, Counted, Counting, InStream, Quirks};
use provider::{Provider, Wire};

const HEAD: &str = "
## How usage is counted

The record has parts that do not overlap, whatever the provider's own way of counting. *inside*: within its count of input or output;
*beside*: not in it, and added; empty: not told apart. *running*: in a stream each report replaces those before; *both ends*: input at
the beginning, what the end says replaces it member by member; *last*: once, at the end. In a whole answer and in a stream the same is read,
relayed or translated. What a provider does not tell is estimated, and the record says so.
";

/// Formats that chats of a provider come in, for the section of that provider.
pub fn formats(provider: &Provider, quirks: &Quirks) -> String {
    let mut formats: Vec<&str> = Vec::new();
    for route in provider.routes {
        if let Wire::Chat { codec, .. } = route.wire {
            let format = codec.counting(quirks).format;
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
    }
    formats.join(", ")
}

/// The table of all formats.
pub fn table() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n| format | whole answer | stream | | read from cache | written to cache | reasoning | sound, pictures | predictions | service tier |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
    for counting in COUNTINGS {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}", row(counting));
    }
    text
}

fn row(counting: &Counting) -> String {
    let when = match counting.in_stream {
        InStream::Running => "running",
        InStream::BothEnds => "both ends",
        InStream::Last => "last",
        InStream::Untold => "never",
    };
    format!(
        "| {} | {} | {} | {when} | {} | {} | {} | {} | {} | {} |",
        counting.format,
        counting.whole,
        counting.stream,
        word(counting.cache_read),
        word(counting.cache_write),
        word(counting.reasoning),
        word(counting.media),
        word(counting.predicted),
        counting.tier.unwrap_or_default(),
    )
}

const fn word(counted: Counted) -> &'static str {
    match counted {
        Counted::Inside => "inside",
        Counted::Beside => "beside",
        Counted::Untold => "",
    }
}

#[cfg(test)]
mod tests {
    use provider::{Settings, all};

    use super::*;

    #[test]
    fn every_provider_that_chats_has_a_row() {
        let table = table();
        for provider in all() {
            let formats = formats(provider, (provider.quirks)(None, &Settings::default()));
            assert!(!formats.is_empty(), "{}", provider.id);
            for format in formats.split(", ") {
                assert!(table.contains(&format!("| {format} |")), "{}: {format}", provider.id);
            }
        }
    }
}
