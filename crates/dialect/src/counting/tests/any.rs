//! Whatever stands in the place of counts: nothing panics, and parts add up.

use document::Document;
use model::Usage;
use proptest::prelude::*;

use super::probes::{PROBES, Probe};

/// Names that mean something to one reader or another, and one that means nothing.
const NAMES: [&str; 44] = [
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
    "cached_tokens",
    "audio_tokens",
    "image_tokens",
    "video_tokens",
    "reasoning_tokens",
    "cache_write_tokens",
    "prompt_cache_hit_tokens",
    "num_cached_tokens",
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "ephemeral_5m_input_tokens",
    "ephemeral_1h_input_tokens",
    "output_tokens_details",
    "thinking_tokens",
    "iterations",
    "service_tier",
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "cachedContentTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "promptTokensDetails",
    "cacheTokensDetails",
    "candidatesTokensDetails",
    "modality",
    "tokenCount",
    "trafficType",
    "inputTokens",
    "outputTokens",
    "cacheReadInputTokens",
    "cacheWriteInputTokens",
    "cacheDetails",
    "tokens",
    "billed_units",
    "ttl",
    "unheard_of",
];

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u64..1000).prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        Just("1000000000000".to_owned()),
        Just("12.0".to_owned()),
        Just("99999999999999999999999".to_owned()),
    ]
}

/// Any value, mostly counts.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => number(),
        1 => prop_oneof![Just("null"), Just("true"), Just("\"5\""), Just("\"AUDIO\""), Just("\"IMAGE\""), Just("\"1h\""), Just("\"\"")].prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 40, 6, |inner| {
        prop_oneof![
            object(inner.clone()),
            prop::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
        ]
    })
}

fn object(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::btree_map(prop::sample::select(&NAMES[..]), inner, 0..12).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// The sum of all parts; none where it is beyond any count.
fn sum(usage: &Usage) -> Option<u64> {
    let parts = [
        usage.fresh_input,
        usage.cache_read,
        usage.cache_write,
        usage.cache_write_hour,
        usage.audio_input,
        usage.image_input,
        usage.tool_input,
        usage.output,
        usage.reasoning,
        usage.audio_output,
        usage.image_output,
    ];
    parts.into_iter().try_fold(0_u64, u64::checked_add)
}

/// A whole answer of the probe's, with other counts in it.
fn with(probe: &Probe, counts: &str) -> Option<String> {
    let places = ["\"usage\":", "\"usageMetadata\":", "\"meta\":", "\"details\":"];
    let place = places.iter().find_map(|name| Some(probe.whole.find(name)? + name.len()))?;
    let rest = &probe.whole[place..];
    let mut depth = 0;
    let end = rest.char_indices().find_map(|(at, letter)| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        (depth == 0).then_some(at + 1)
    })?;
    Some(format!("{}{counts}{}", &probe.whole[..place], &rest[end..]))
}

proptest! {
    #[test]
    fn any_counts_are_read_or_passed_over(counts in object(value()), more in object(value())) {
        for probe in &PROBES {
            let Some(body) = with(probe, &counts) else { continue };
            prop_assert!(Document::parse(format!("{{\"x\":{body}}}").into()).is_ok(), "{body}");
            let whole = probe.answer().whole(&|_| None, body.as_bytes()).unwrap();
            if let Some(usage) = whole.usage {
                let sum = sum(&usage).unwrap();
                prop_assert_eq!(sum, usage.total_tokens());
                prop_assert_eq!(sum, usage.prompt_tokens() + usage.completion_tokens());
            }
            if let Some(envelope) = probe.envelope {
                let relayed = envelope.whole(&probe.reading(), body.as_bytes()).unwrap();
                prop_assert_eq!(relayed.usage, whole.usage, "{} {}", probe.row.format, &body);
                let reader = envelope.stream(&probe.reading());
                let mut reader = reader;
                for counts in [&counts, &more] {
                    for frame in [
                        format!(r#"{{"choices":[],"usage":{counts}}}"#),
                        format!(r#"{{"type":"message_start","message":{{"usage":{counts}}}}}"#),
                        format!(r#"{{"type":"message_delta","delta":{{}},"usage":{counts}}}"#),
                        format!(r#"{{"type":"message_stop","amazon-bedrock-invocationMetrics":{counts}}}"#),
                    ] {
                        reader.frame(None, frame.as_bytes());
                    }
                }
                if let Some(usage) = reader.usage() {
                    prop_assert_eq!(sum(&usage), Some(usage.total_tokens()));
                }
            }
        }
    }
}
