//! Reads generated text, behind the prompt that the server repeats.
//!
//! Such servers do not stream. An answer that was asked for as a stream is read as a stream of one event, so that
//! clients which always stream are served as well.

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::{ChatEvent, ChatResponse, Finish, FinishReason, Start};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::template::Echo;
use crate::{ChatAnswer, DecodeError, HeaderOf, plain_error, read, whole};

const MEMBER: &str = "generated_text";

pub(super) struct Answer {
    pub(super) echo: Echo,
}

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::wrapped(body)?;
        let value = document.value(read::WRAPPED).ok_or(DecodeError::NotAnObject)?;
        if !matches!(value.kind(), Kind::Array | Kind::Object) {
            return Err(DecodeError::NotAnObject);
        }
        let text = generated(value).ok_or(DecodeError::Missing(MEMBER))?;
        whole::of_events(events(&text, &self.echo))
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder { over: false, echo: self.echo.clone() })
    }
}

/// The text of `{"data":[{…}]}`, of `[{…}]` and of `{…}`.
fn generated(value: Value<'_>) -> Option<String> {
    let value = first(value)?;
    let value = match value.value("data") {
        Some(data) => first(data)?,
        None => value,
    };
    value.value(MEMBER)?.as_str().map(std::borrow::Cow::into_owned)
}

/// The first of a list, or what is none.
fn first(value: Value<'_>) -> Option<Value<'_>> {
    if value.kind() == Kind::Array { value.items().next() } else { Some(value) }
}

fn events(text: &str, echo: &Echo) -> Vec<ChatEvent> {
    let said = echo.answer(text);
    let mut events = vec![ChatEvent::Start(Start::default())];
    if !said.is_empty() {
        events.push(ChatEvent::Text { choice: 0, delta: said.to_owned() });
    }
    events.push(ChatEvent::Finish { choice: 0, finish: Finish::from(FinishReason::Stop) });
    events
}

struct Decoder {
    over: bool,
    echo: Echo,
}

impl ChatDecoder for Decoder {
    fn unit(&mut self, unit: Unit<'_>, told: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        if self.over {
            return Ok(Progress::End);
        }
        if unit.data.trim_ascii().is_empty() {
            return Ok(Progress::More);
        }
        let document = Document::parse(Bytes::copy_from_slice(unit.data)).map_err(|_| Unreadable)?;
        self.over = true;
        match generated(document.root()) {
            Some(text) => told.extend(events(&text, &self.echo)),
            None if document.value("error").is_some() => {
                told.push(ChatEvent::Error(plain_error::told(&document, 500)));
            }
            None => return Err(Unreadable),
        }
        Ok(Progress::End)
    }

    fn end(&mut self, _told: &mut Vec<ChatEvent>) {
        self.over = true;
    }
}
