//! Options of a target that are merged into requests.

/// Whose value of temperature, `top_p`, `top_k` and the token limit counts when both give one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OptionsPrecedence {
    #[default]
    Request,
    Config,
}

/// Options of a target that are merged into a request. Numbers are kept as raw JSON text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfiguredOptions {
    pub max_tokens: Option<u64>,
    pub temperature: Option<Box<str>>,
    pub top_p: Option<Box<str>>,
    pub top_k: Option<u64>,
    pub embeddings_dimensions: Option<u64>,
    pub precedence: OptionsPrecedence,
}
