//! Facts about a family of models that decide how a request for one is written: data, handed in by `provider`.

use model::{Effort, Parameter};

use crate::gemini::Traits;

/// How a model is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// It does not, or cannot be told.
    None,
    /// A budget of tokens, at least so many.
    Budget { least: u64, may_be_off: bool },
    /// It decides by itself and takes an effort; `budget`: it takes budgets as well.
    Adaptive { budget: bool },
    /// One of these efforts, weakest first; `may_be_off`: it can be told not to think.
    Levels { efforts: &'static [Effort], may_be_off: bool },
}

/// Which of temperature, `top_p` and `top_k` a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplingRule {
    Free,
    /// Not temperature and `top_p` together.
    OneOf,
    /// None of them.
    Fixed,
}

/// How a model is made to answer with JSON of a given schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structured {
    Native,
    /// By a tool that it is forced to call.
    ForcedTool,
    /// Not at all.
    None,
}

/// Where a member that the format has no place for goes, for models that know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopK {
    /// The format's own member.
    Own,
    /// This member among the additional ones (Bedrock): dotted.
    Additional(&'static str),
    Unknown,
}

/// Where a level of reasoning stands among the additional members (Bedrock).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffortPlace {
    /// As a word under this name.
    Word(&'static str),
    /// In an object with a type, as Nova has it.
    ReasoningConfig,
}

/// Where points of a prompt cache may stand in a request (Bedrock).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePlaces {
    Anywhere,
    /// Not among the tools.
    Conversation,
    Nowhere,
}

/// What the models of one family have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    pub thinking: Thinking,
    pub sampling: SamplingRule,
    pub structured: Structured,
    /// Takes system instructions.
    pub system: bool,
    pub top_k: TopK,
    pub effort: EffortPlace,
    /// Parameters that the format has no place for and the models know by `OpenAI`'s names among the additional
    /// members (Bedrock).
    pub additional: &'static [Parameter],
    pub cache: CachePlaces,
    /// The limit of an answer's tokens where the format needs one and nobody gave it.
    pub default_max_tokens: u64,
    /// What Google's models differ in among themselves; other formats do not look at it.
    pub gemini: Traits,
}

impl Family {
    /// A model of which nothing is known.
    pub const UNKNOWN: Self = Self {
        thinking: Thinking::None,
        sampling: SamplingRule::Free,
        structured: Structured::Native,
        system: true,
        top_k: TopK::Own,
        effort: EffortPlace::Word("reasoning_effort"),
        additional: &[],
        cache: CachePlaces::Anywhere,
        default_max_tokens: 4096,
        gemini: Traits::UNKNOWN,
    };
}
