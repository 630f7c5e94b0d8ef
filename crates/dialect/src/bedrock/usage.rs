//! Bedrock's counts of tokens. `inputTokens` leaves out what was read from and written to the prompt cache.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html>.

use document::Value;
use model::Usage;

/// A count above this is no count of tokens.
const SANE: u64 = 1_000_000_000_000;

/// Reads a `usage` object, also one with `OpenAI`'s names; none where it counts nothing.
pub(super) fn read(usage: Value<'_>) -> Option<Usage> {
    let count = |name: &str| usage.value(name).and_then(Value::as_u64).filter(|&count| count <= SANE);
    let (input, output) = (count("inputTokens"), count("outputTokens"));
    if input.is_none() && output.is_none() {
        let (input, output) = (count("prompt_tokens"), count("completion_tokens"));
        (input.is_some() || output.is_some()).then_some(())?;
        let (fresh_input, output) = (input.unwrap_or(0), output.unwrap_or(0));
        return Some(Usage { fresh_input, output, ..Usage::default() });
    }
    let hour = usage.value("cacheDetails").map_or(0, |details| {
        let of_hours = details
            .items()
            .filter(|detail| detail.value("ttl").and_then(Value::as_str).as_deref() == Some("1h"));
        let counts = of_hours.filter_map(|detail| detail.value("inputTokens").and_then(Value::as_u64));
        counts.filter(|&count| count <= SANE).fold(0, u64::saturating_add)
    });
    let written = count("cacheWriteInputTokens").unwrap_or(hour);
    let hour = hour.min(written);
    Some(Usage {
        fresh_input: input.unwrap_or(0),
        cache_read: count("cacheReadInputTokens").unwrap_or(0),
        cache_write: written - hour,
        cache_write_hour: hour,
        output: output.unwrap_or(0),
        ..Usage::default()
    })
}

/// How a request was served, in Bedrock's word: its tier, or else the latency that it was served with.
pub(super) fn tier(answer: Value<'_>) -> Option<Box<str>> {
    let word =
        |name: &str, member: &str| answer.value(name).and_then(|object| object.value(member)?.as_str());
    let told = word("serviceTier", "type").or_else(|| word("performanceConfig", "latency"))?;
    (!told.is_empty()).then(|| told.into())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use document::Document;

    use super::*;

    fn usage(text: &'static str) -> Option<Usage> {
        read(Document::parse(Bytes::from_static(text.as_bytes())).unwrap().root())
    }

    #[test]
    fn cached_input_is_counted_beside_the_fresh() {
        let counts = usage(
            r#"{"inputTokens":5,"outputTokens":3,"totalTokens":38,"cacheReadInputTokens":10,
                "cacheWriteInputTokens":20,"cacheDetails":[{"ttl":"1h","inputTokens":12},{"ttl":"5m","inputTokens":8}]}"#,
        );
        let expected = Usage {
            fresh_input: 5,
            cache_read: 10,
            cache_write: 8,
            cache_write_hour: 12,
            output: 3,
            ..Usage::default()
        };
        assert_eq!(counts, Some(expected));
        assert_eq!(counts.unwrap().total_tokens(), 38);
    }

    #[test]
    fn other_counts_are_tolerated() {
        let openai = usage(r#"{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6}"#).unwrap();
        assert_eq!((openai.prompt_tokens(), openai.completion_tokens()), (4, 2));
        assert_eq!(usage(r#"{"totalTokens":6}"#), None);
        assert_eq!(usage(r#"{"inputTokens":18446744073709551615}"#), None);
        let cut = usage(r#"{"inputTokens":1,"cacheDetails":[{"ttl":"1h","inputTokens":9}]}"#).unwrap();
        assert_eq!((cut.cache_write, cut.cache_write_hour), (0, 9));
    }
}
