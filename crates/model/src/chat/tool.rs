//! What a model may call.

use crate::{CacheMark, Extras, Json, Maker};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// The caller runs it.
    Function(Function),
    /// The provider runs it, such as a web search: passed on to its maker as it is, lost elsewhere.
    Native { maker: Maker, name: Box<str>, value: Json },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: Box<str>,
    pub description: Option<String>,
    /// JSON Schema of the arguments; none where the function takes none.
    pub parameters: Option<Json>,
    /// The arguments must fit the schema.
    pub strict: Option<bool>,
    pub cache: Option<CacheMark>,
    pub extras: Extras,
}

/// Whether a model may, must or must not call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    Auto,
    None,
    Required,
    Named(Box<str>),
    /// One of these only; `required`: one must be called.
    Among {
        names: Vec<Box<str>>,
        required: bool,
    },
}
