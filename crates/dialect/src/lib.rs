//! Wire formats: one folder a dialect. What a relay may know of a body is its [`Envelope`].

pub mod anthropic;
pub mod bedrock;
mod chat;
pub mod cohere;
mod count;
mod counting;
mod embeddings;
mod envelope;
mod family;
mod front;
mod functions;
pub mod gemini;
pub mod huggingface;
mod invoke;
pub mod llama;
pub mod ollama;
mod once;
pub mod openai;
mod paired;
mod plain_documents;
mod plain_error;
mod prompt;
mod quirks;
mod read;
pub mod sealed_id;
mod short_id;
mod telling;
mod tool_names;
#[cfg(test)]
mod trial;
mod vectors;
mod whole;

pub use chat::{
    Asked, ChatAnswer, ChatCall, ChatCodec, ChatFront, ChatWriter, DecodeError, EncodeError, Encoded,
    ErrorReader, Handling, HeaderOf, Identity, settle,
};
pub use count::{CountCodec, cannot_count};
pub use counting::{COUNTINGS, Counted, Counting, InStream};
pub use embeddings::{EmbeddingsCall, EmbeddingsCodec, EmbeddingsFront, EncodedEmbeddings};
pub use family::{CachePlaces, EffortPlace, Family, SamplingRule, Structured, Thinking, TopK};
pub use front::{Aside, Asides, Front, front, is_format_header};

pub use envelope::{
    AnswerError, Call, Delivery, Envelope, Head, Reading, RequestError, Verdict, WholeAnswer,
};
pub use invoke::{InvokeFault, InvokeReframer};
pub use quirks::{
    Deviation, MemberRule, MessageRules, Quirks, Requirement, ThoughtPart, TokenLimit, UsageInStream,
};
pub use telling::{read_parameters, tell_answer, tell_messages};
pub use tool_names::{NameRule, ToolNames};
