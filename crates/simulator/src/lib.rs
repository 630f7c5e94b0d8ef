//! Every provider's API, simulated: strict about requests, deterministic in answers, with faults on demand.
//!
//! A path `/sim/<provider>/…` is judged by that provider's rules; a path without the prefix by the rules of the
//! provider whose paths look like it, or of the listener's default. Everything on the wire is written by hand
//! here and shares no code with the gateway's dialects, so that a mistake there cannot cancel out.
//!
//! Requests are arbitrary JSON that has to be judged member by member, so this crate works on
//! `serde_json::Value`, which the gateway itself does not.

mod answer;
mod anthropic;
mod ask;
mod bedrock;
mod chat;
mod cohere;
mod completions;
mod control;
mod embeddings;
mod fault;
mod flow;
mod form;
mod frames;
mod gemini;
mod huggingface;
mod llama2;
mod member;
mod messages;
mod model_list;
mod native;
mod ollama;
mod orders;
mod playback;
mod provider;
mod recording;
mod refusal;
mod render;
mod reply;
mod rules;
mod schema;
mod script;
mod server;
mod service;
mod shape;
mod socket;
mod text;
mod tools;
mod usage;

pub use fault::{Fault, Faults, UnknownFault};
pub use provider::ids as provider_ids;
pub use recording::{Outcome, Recorded};
pub use server::{Options, Simulator, run};
