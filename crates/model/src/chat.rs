//! Generated text: what is asked for and what comes, whole or event by event, in no provider's words.

mod event;
mod fold;
mod grammar;
mod message;
mod parameter;
mod request;
mod response;
mod tool;

pub use event::{CallIndex, ChatEvent, ChoiceIndex, Start};
pub use fold::Fold;
pub use grammar::{Grammar, GrammarError};
pub use message::{
    Arguments, AssistantMessage, AssistantPart, Audio, CacheLife, CacheMark, Citation, Detail, File, Image,
    Maker, Message, Reasoning, Seal, Source, SystemMessage, TextPart, ToolCall, ToolResult, UserMessage,
    UserPart,
};
pub use parameter::{Parameter, foreign_tools};
pub use request::{ChatRequest, Effort, ReasoningWish, ResponseFormat, Sampling};
pub use response::{ChatResponse, Choice, Finish, FinishReason};
pub use tool::{Function, Tool, ToolChoice};

#[cfg(test)]
mod tests;
