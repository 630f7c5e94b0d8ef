//! What goes back, before it is put on the wire.

use http::StatusCode;
use serde_json::Value;

use crate::ask::Ask;
use crate::fault::Fault;
use crate::native::Reply;
use crate::provider::Operation;
use crate::{chat, completions, embeddings, model_list};

/// One piece of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    Data(Value),
    /// Data under a name of its own.
    Named(&'static str, Value),
    /// Data that is no JSON.
    Raw(String),
    Comment(&'static str),
    Done,
}

/// An answer.
pub(crate) enum Answer {
    Whole(StatusCode, Value),
    Stream(Vec<Event>),
    /// What an API of its own form says.
    Reply(Reply),
}

/// Answers a request that was judged to be right.
pub(crate) fn make(ask: &Ask, models: &[String]) -> Answer {
    let mut answer = match ask.operation {
        Operation::Chat => chat::answer(ask),
        Operation::Completions => completions::answer(ask),
        Operation::Embeddings => Answer::Whole(StatusCode::OK, embeddings::answer(ask)),
        Operation::Models => Answer::Whole(StatusCode::OK, model_list::answer(models)),
        Operation::Mirror => Answer::Whole(StatusCode::OK, model_list::mirror(ask)),
    };
    if let Answer::Whole(StatusCode::OK, Value::Object(fields)) = &mut answer {
        if ask.faults.has(Fault::NoChoices) {
            fields.remove("choices");
        }
        if ask.faults.has(Fault::NullChoices) {
            fields.insert("choices".to_owned(), Value::Null);
        }
        if ask.faults.has(Fault::NoUsage) {
            fields.remove("usage");
        }
    }
    answer
}
