//! Families of the models on Bedrock, by their ids. What each takes is from AWS's request forms as far as the
//! specification has them; where a form is silent, the rest of the family decides.

use dialect::{CachePlaces, EffortPlace, Family, Structured, Thinking, TopK};
use model::{Effort, Parameter};

use super::{claude, is_claude};

const LEVELS: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High];
const PENALTIES: &[Parameter] = &[Parameter::FrequencyPenalty, Parameter::PresencePenalty];

/// A model of which nothing is known: tools are the most common way to a form of the answer.
static OTHER: Family = Family {
    structured: Structured::ForcedTool,
    top_k: TopK::Unknown,
    cache: CachePlaces::Nowhere,
    ..Family::UNKNOWN
};
/// Behind the ARN of a profile is mostly Claude or Nova.
static PROFILE: Family = Family { cache: CachePlaces::Anywhere, ..OTHER };
static NOVA: Family =
    Family { top_k: TopK::Additional("inferenceConfig.topK"), cache: CachePlaces::Conversation, ..OTHER };
static NOVA_2: Family = Family {
    thinking: Thinking::Levels { efforts: LEVELS, may_be_off: true },
    effort: EffortPlace::ReasoningConfig,
    ..NOVA
};
/// Takes neither instructions nor tools.
static TITAN: Family = Family { system: false, structured: Structured::None, ..OTHER };
/// Cohere's first: the same.
static COMMAND: Family = Family { top_k: TopK::Additional("k"), ..TITAN };
/// Takes tools, and cannot be forced to call one.
static COMMAND_R: Family = Family {
    structured: Structured::None,
    top_k: TopK::Additional("k"),
    additional: &[Parameter::Seed, Parameter::FrequencyPenalty, Parameter::PresencePenalty],
    ..OTHER
};
static JAMBA: Family = Family { structured: Structured::None, additional: PENALTIES, ..OTHER };
/// Mistral 7B and Mixtral 8x7B.
static MISTRAL_FIRST: Family = Family { top_k: TopK::Additional("top_k"), ..TITAN };
static MISTRAL: Family = Family { top_k: TopK::Additional("top_k"), ..OTHER };
static MISTRAL_LATER: Family = Family { structured: Structured::Native, ..MISTRAL };
/// Cannot be forced to call a tool.
static LLAMA: Family = Family { structured: Structured::None, ..OTHER };
/// Thinks always, and takes no tools.
static DEEPSEEK_R1: Family = Family { structured: Structured::None, ..OTHER };
/// Open models that Bedrock makes keep to a schema.
static OPEN: Family = Family { structured: Structured::Native, ..OTHER };
static GPT_OSS: Family = Family { thinking: Thinking::Levels { efforts: LEVELS, may_be_off: false }, ..OPEN };
static QWEN_HYBRID: Family = Family { effort: EffortPlace::Word("reasoning_config"), ..GPT_OSS };

/// What ids have in them, and the family; the first that fits counts.
static FAMILIES: &[(&str, &Family)] = &[
    ("amazon.nova-2", &NOVA_2),
    ("amazon.nova", &NOVA),
    ("amazon.titan", &TITAN),
    ("cohere.command-r", &COMMAND_R),
    ("cohere.command", &COMMAND),
    ("ai21.jamba", &JAMBA),
    ("mistral.mistral-7b", &MISTRAL_FIRST),
    ("mistral.mixtral-8x7b", &MISTRAL_FIRST),
    ("mistral.mistral-large-3", &MISTRAL_LATER),
    ("mistral.ministral", &MISTRAL_LATER),
    ("mistral.magistral", &MISTRAL_LATER),
    ("mistral.voxtral", &MISTRAL_LATER),
    ("mistral.", &MISTRAL),
    ("meta.llama", &LLAMA),
    ("deepseek.r1", &DEEPSEEK_R1),
    ("deepseek.", &OPEN),
    ("openai.gpt-oss", &GPT_OSS),
    ("qwen.qwen3-32b", &QWEN_HYBRID),
    ("qwen.", &OPEN),
    ("google.gemma", &OPEN),
    ("minimax.", &OPEN),
    ("moonshot", &OPEN),
    ("nvidia.", &OPEN),
    ("zai.", &OPEN),
];

/// The family of a model on Bedrock, under its id, that of a profile or an ARN.
pub(crate) fn bedrock(model: &str) -> &'static Family {
    if is_claude(model) {
        return claude(model);
    }
    let known = FAMILIES.iter().find(|(part, _)| model.contains(part)).map(|(_, family)| *family);
    known.unwrap_or(if model.starts_with("arn:") { &PROFILE } else { &OTHER })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_the_family() {
        for (id, family) in [
            ("us.amazon.nova-2-lite-v1:0", &NOVA_2),
            ("amazon.nova-pro-v1:0", &NOVA),
            ("amazon.titan-text-express-v1", &TITAN),
            ("cohere.command-text-v14", &COMMAND),
            ("cohere.command-r-plus-v1:0", &COMMAND_R),
            ("ai21.jamba-1-5-large-v1:0", &JAMBA),
            ("mistral.mistral-7b-instruct-v0:2", &MISTRAL_FIRST),
            ("mistral.mistral-large-2407-v1:0", &MISTRAL),
            ("mistral.mistral-large-3-675b-instruct", &MISTRAL_LATER),
            ("us.meta.llama3-3-70b-instruct-v1:0", &LLAMA),
            ("us.deepseek.r1-v1:0", &DEEPSEEK_R1),
            ("deepseek.v3-v1:0", &OPEN),
            ("openai.gpt-oss-120b-1:0", &GPT_OSS),
            ("qwen.qwen3-32b-v1:0", &QWEN_HYBRID),
            ("qwen.qwen3-coder-30b-a3b-v1:0", &OPEN),
            ("moonshot.kimi-k2-thinking", &OPEN),
            ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x", &PROFILE),
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", &NOVA),
            ("writer.palmyra-x5-v1:0", &OTHER),
        ] {
            assert_eq!(bedrock(id), family, "{id}");
        }
        let profile = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
        assert_eq!(bedrock(profile), claude(profile));
    }
}
