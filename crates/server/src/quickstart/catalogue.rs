//! The main models of each provider, to be listed; callers may name any other.

use super::Entry;

/// Models of one provider, the one to show in examples first.
struct Models {
    provider: &'static str,
    chat: &'static [&'static str],
    completions: &'static [&'static str],
    embeddings: &'static [&'static str],
}

const CATALOGUE: &[Models] = &[
    Models {
        provider: "openai",
        chat: &["gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5-mini", "gpt-4.1", "gpt-4o-mini"],
        completions: &["gpt-3.5-turbo-instruct"],
        embeddings: &["text-embedding-3-small", "text-embedding-3-large"],
    },
    Models {
        provider: "anthropic",
        chat: &["claude-sonnet-4-6", "claude-opus-4-7", "claude-haiku-4-5"],
        completions: &[],
        embeddings: &[],
    },
    Models {
        provider: "gemini",
        chat: &["gemini-3.5-flash", "gemini-3.1-pro-preview", "gemini-3.1-flash-lite", "gemini-2.5-flash"],
        completions: &[],
        embeddings: &["gemini-embedding-001"],
    },
    Models {
        provider: "cohere",
        chat: &["command-a-03-2025", "command-a-reasoning-08-2025", "command-r7b-12-2024"],
        completions: &[],
        embeddings: &["embed-v4.0", "embed-multilingual-v3.0"],
    },
    Models {
        provider: "bedrock",
        chat: &[
            "anthropic.claude-sonnet-4-6",
            "anthropic.claude-opus-4-7",
            "amazon.nova-pro-v1:0",
            "openai.gpt-oss-120b-1:0",
        ],
        completions: &[],
        embeddings: &["amazon.titan-embed-text-v2:0", "cohere.embed-v4:0"],
    },
    Models {
        provider: "mistral",
        chat: &[
            "mistral-medium-latest",
            "mistral-large-latest",
            "mistral-small-latest",
            "magistral-medium-latest",
            "devstral-medium-latest",
            "codestral-latest",
        ],
        completions: &[],
        embeddings: &["mistral-embed"],
    },
    Models {
        provider: "huggingface",
        chat: &[
            "deepseek-ai/DeepSeek-V4-Pro",
            "moonshotai/Kimi-K2.6",
            "zai-org/GLM-5.1",
            "MiniMaxAI/MiniMax-M2.7",
            "Qwen/Qwen3-Coder-Next",
        ],
        completions: &[],
        embeddings: &[],
    },
    Models {
        provider: "dashscope",
        chat: &[
            "qwen3.6-plus",
            "qwen3.5-plus",
            "qwen3-max",
            "qwen-plus",
            "qwen-flash",
            "qwen3-coder-plus",
            "qwen3-vl-plus",
        ],
        completions: &[],
        embeddings: &["text-embedding-v4", "text-embedding-v3"],
    },
    Models {
        provider: "cerebras",
        chat: &["gpt-oss-120b", "zai-glm-4.7", "qwen-3-235b-a22b-instruct-2507", "llama3.1-8b"],
        completions: &[],
        embeddings: &[],
    },
    Models {
        provider: "xai",
        chat: &["grok-4.3", "grok-4.20-0309-reasoning", "grok-4.20-0309-non-reasoning", "grok-build-0.1"],
        completions: &[],
        embeddings: &[],
    },
    Models {
        provider: "deepseek",
        chat: &["deepseek-v4-pro", "deepseek-v4-flash", "deepseek-chat", "deepseek-reasoner"],
        completions: &[],
        embeddings: &[],
    },
    Models {
        provider: "databricks",
        chat: &[
            "databricks-gpt-5-5",
            "databricks-gpt-5-4-mini",
            "databricks-claude-opus-4-7",
            "databricks-claude-sonnet-4-6",
            "databricks-gemini-3-1-pro",
            "databricks-gpt-oss-120b",
        ],
        completions: &[],
        embeddings: &[],
    },
];

/// Lists the main models of the entry's provider in it.
pub(super) fn fill(entry: &mut Entry) {
    let known = CATALOGUE.iter().find(|models| models.provider == entry.provider.id);
    if let Some(models) = known {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        entry.chat = owned(models.chat);
        entry.completions = owned(models.completions);
        entry.embeddings = owned(models.embeddings);
    }
}
