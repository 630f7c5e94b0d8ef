//! The dialect `openai`.

pub mod answer;
mod generated;
pub mod stream;
mod usage;
