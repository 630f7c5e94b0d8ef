//! Why generation ended, in the words of all providers that speak `OpenAI`.

use model::{Finish, FinishReason};

/// Reads a `finish_reason`. `sequence` is the stop sequence that was met, where the provider tells it. What is
/// unknown is a normal end.
pub(super) fn read(word: &str, sequence: Option<Box<str>>, calls: bool) -> Finish {
    let reason = match word {
        // The last two are Mistral's and TGI's.
        "length" | "max_tokens" | "max_output_tokens" | "model_length" | "max_new_tokens" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" | "safety" | "content_filtered" => FinishReason::ContentFilter,
        _ if calls => FinishReason::ToolCalls,
        "stop_sequence" => FinishReason::StopSequence,
        // Also eos, eos_token, end_turn, complete, abort, error, insufficient_system_resource.
        _ if sequence.is_some() => FinishReason::StopSequence,
        _ => FinishReason::Stop,
    };
    let sequence = sequence.filter(|_| reason == FinishReason::StopSequence);
    Finish { reason, sequence }
}

/// A `finish_reason` in `OpenAI`'s words: its own stay, whatever the answer has.
pub(in crate::openai) fn word(word: &str, calls: bool) -> &'static str {
    const OWN: [&str; 5] = ["stop", "length", "tool_calls", "content_filter", "function_call"];
    if let Some(own) = OWN.into_iter().find(|own| *own == word) {
        return own;
    }
    match read(word, None, calls).reason {
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::Stop | FinishReason::StopSequence => "stop",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_providers_are_known() {
        use FinishReason::{ContentFilter, Length, Stop, StopSequence, ToolCalls};
        for (word, expected) in [
            ("stop", Stop),
            ("eos_token", Stop),
            ("eos", Stop),
            ("complete", Stop),
            ("abort", Stop),
            ("error", Stop),
            ("insufficient_system_resource", Stop),
            ("something new", Stop),
            ("stop_sequence", StopSequence),
            ("length", Length),
            ("model_length", Length),
            ("tool_calls", ToolCalls),
            ("function_call", ToolCalls),
            ("content_filter", ContentFilter),
        ] {
            assert_eq!(read(word, None, false), expected.into(), "{word}");
        }
    }

    #[test]
    fn what_the_answer_has_tells_more_than_the_word() {
        assert_eq!(read("stop", None, true).reason, FinishReason::ToolCalls);
        assert_eq!(read("length", None, true).reason, FinishReason::Length);
        let met = read("stop", Some("END".into()), false);
        assert_eq!(met, Finish { reason: FinishReason::StopSequence, sequence: Some("END".into()) });
        assert_eq!(read("length", Some("END".into()), false).sequence, None);
    }

    #[test]
    fn words_of_openai_stay() {
        for own in ["stop", "length", "tool_calls", "content_filter", "function_call"] {
            assert_eq!((word(own, false), word(own, true)), (own, own));
        }
        assert_eq!((word("eos_token", false), word("eos_token", true)), ("stop", "tool_calls"));
        assert_eq!((word("model_length", true), word("error", false)), ("length", "stop"));
    }
}
