//! The dialect `anthropic`: Anthropic's Messages.
pub use crate::openai::{CHAT_FRONT, OPENAI as ENVELOPE};
