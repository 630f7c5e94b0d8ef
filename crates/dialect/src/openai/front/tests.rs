//! Tests of the front: what is read of requests, how answers and streams are written.

use document::Document;
use model::{ChatRequest, Losses, Message};
use serde_json::Value;

use super::*;
use crate::Asked;

mod answers;
mod requests;
mod settings;
mod streams;

fn ask(front: &dyn ChatFront, body: &str) -> Result<Asked, RequestError> {
    front.read(&Document::parse(body.to_owned().into()).unwrap())
}

/// What the request is, and what was lost of it.
fn read(body: &str) -> (ChatRequest, Vec<String>) {
    let asked = ask(&CHAT_FRONT, body).unwrap();
    (asked.request, names(&asked.losses))
}

fn names(losses: &Losses) -> Vec<String> {
    losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect()
}

/// The messages of a request whose `messages` are these.
fn messages(list: &str) -> Vec<Message> {
    let (request, losses) = read(&format!("{{\"messages\":[{list}]}}"));
    assert!(losses.is_empty(), "{losses:?}");
    request.messages
}

/// A request with these members besides its message.
fn with(members: &str) -> ChatRequest {
    read(&format!(r#"{{"messages":[{{"role":"user","content":"q"}}],{members}}}"#)).0
}

fn refusal(body: &str) -> String {
    ask(&CHAT_FRONT, body).err().unwrap().to_string()
}

fn identity() -> Identity {
    Identity { id: "x1".into(), created: 7, model: "m".into(), input_estimate: 3 }
}

fn writer(members: &str) -> Box<dyn ChatWriter> {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"q"}}]{members}}}"#);
    ask(&CHAT_FRONT, &body).unwrap().writer
}

fn completions_writer(members: &str) -> Box<dyn ChatWriter> {
    ask(&COMPLETIONS_FRONT, &format!(r#"{{"prompt":"q"{members}}}"#)).unwrap().writer
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}
