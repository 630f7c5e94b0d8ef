//! Wire formats: one folder a dialect. What a relay may know of a body is its [`Envelope`].

mod envelope;
pub mod openai;
mod quirks;

pub use envelope::{AnswerError, Call, Delivery, Envelope, Head, RequestError, Verdict, WholeAnswer};
pub use quirks::{MemberRule, Quirks, Requirement, TokenLimit, UsageInStream};
