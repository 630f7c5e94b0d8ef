//! The dialect `llama`: raw prompts in the template of Llama 2, for servers that know no messages.

mod answer;
mod codec;
mod template;

pub use codec::{RAW_CODEC, RawCodec};
