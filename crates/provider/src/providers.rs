//! The list of providers. To add one: its file below this folder, and its word in the list.

use crate::Provider;

/// Mistral's models are the same elsewhere.
pub(crate) use mistral::QUIRKS as MISTRAL_QUIRKS;

macro_rules! providers {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// Every provider.
        pub(crate) static ALL: &[&Provider] = &[$(&$name::PROVIDER),*];
    };
}

providers![
    openai,
    azure,
    anthropic,
    cohere,
    mistral,
    llama2,
    gemini,
    bedrock,
    huggingface,
    dashscope,
    cerebras,
    xai,
    deepseek,
    ollama,
    databricks,
    vllm,
];
