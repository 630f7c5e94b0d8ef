//! Facts about a generation of Google's models that decide how a request for one is written.

/// What Google's models differ in among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// Schemas go out as they are, in members of their own; otherwise in the subset of the older ones.
    pub json_schema: bool,
    /// Calls have ids and signatures, and a call in the history without a signature is refused.
    pub signs_calls: bool,
    /// Functions can be declared beside tools that Google runs, and beside an answer in JSON.
    pub mixes_tools: bool,
    /// Answers with pictures.
    pub draws: bool,
    /// Most tokens of a thinking budget.
    pub most_budget: u64,
}

impl Traits {
    /// A model of which nothing is known.
    pub const UNKNOWN: Self =
        Self { json_schema: false, signs_calls: false, mixes_tools: true, draws: false, most_budget: 24_576 };
}
