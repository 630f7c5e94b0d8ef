//! Which models on Ollama think, and how they are told: from <https://docs.ollama.com/capabilities/thinking>, read in
//! November 2026.

use dialect::{Family, Thinking};

use super::gpt_oss;

/// Thinks or does not, as it is told.
static THINKS: Family = Family { thinking: Thinking::Adaptive { budget: false }, ..Family::UNKNOWN };

/// Models that refuse to be told to think.
const PLAIN: [&str; 20] = [
    "codegemma",
    "codellama",
    "command-r",
    "gemma:",
    "gemma2",
    "gemma3",
    "granite3",
    "llama",
    "llava",
    "mistral",
    "mixtral",
    "nous-hermes",
    "olmo",
    "phi3",
    "phi4:",
    "qwen2",
    "smollm",
    "starcoder",
    "tinyllama",
    "vicuna",
];

/// The family of a model by its name, registry and owner before it or not. One that is not known is told what
/// the caller asks for: the server judges.
pub(crate) fn ollama(model: &str) -> &'static Family {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    let oss = gpt_oss(&name);
    if oss != &Family::UNKNOWN {
        return oss;
    }
    let tagged = if name.contains(':') { name } else { format!("{name}:") };
    if PLAIN.iter().any(|plain| tagged.starts_with(plain)) { &Family::UNKNOWN } else { &THINKS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_who_thinks() {
        for name in [
            "qwen3:8b",
            "deepseek-r1",
            "magistral:24b",
            "hf.co/org/Qwen3-8B-GGUF",
            "my-own",
            "phi4-reasoning",
        ] {
            assert_eq!(ollama(name), &THINKS, "{name}");
        }
        for name in ["llama3.2", "gemma", "gemma3:27b", "Mistral:7b", "library/qwen2.5-coder:1.5b", "phi4"] {
            assert_eq!(ollama(name), &Family::UNKNOWN, "{name}");
        }
        for name in ["gpt-oss:20b", "registry/GPT-OSS:120b-cloud"] {
            assert!(matches!(ollama(name).thinking, Thinking::Levels { may_be_off: false, .. }), "{name}");
        }
    }
}
