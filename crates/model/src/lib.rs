//! The vocabulary of the gateway: operations, requests, answers and their events, usage, losses.
//!
//! Pure data: no I/O, no serde, no clock. Every other crate speaks in these words. The meaning is `OpenAI`'s, the
//! shape is not: what two dialects can express has a place here, the rest travels as an [`Extra`].

mod chat;
mod embeddings;
mod format;
mod json;
mod loss;
mod operation;
mod options;
mod prices;
mod settings;
mod told;
mod upstream_error;
mod usage;

pub use chat::*;
pub use embeddings::{EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, Vector, VectorEncoding};
pub use format::ClientFormat;
pub use json::{Base64, Extra, Extras, Json, Number};
pub use loss::{Loss, LossKind, Losses};
pub use operation::Operation;
pub use options::{ConfiguredOptions, OptionsPrecedence};
pub use prices::{
    ContextFactor, Lifetime, Price, PriceError, Prices, TierFactor, parse_lifetime, parse_tokens,
};
pub use settings::Settings;
pub use told::Told;
pub use upstream_error::{ErrorKind, UpstreamError};
pub use usage::{Usage, UsageSource};
