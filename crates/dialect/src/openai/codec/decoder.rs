//! Streams of providers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::{ChatEvent, ChoiceIndex, Extra, Json, Usage};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::said::{Choice, Sink, items};
use super::{Way, answer, errors};
use crate::openai::error;
use crate::openai::stream::{name, tells_of_error};

const DONE: &[u8] = b"[DONE]";
/// Members that clients of the format know, told once.
const EXTRAS: [&str; 2] = ["system_fingerprint", "service_tier"];

/// Reads one stream.
pub(super) struct Decoder {
    way: Arc<Way>,
    started: bool,
    choices: BTreeMap<ChoiceIndex, Choice>,
    usage: Option<Usage>,
    served_as: Option<Box<str>>,
    told: Vec<&'static str>,
}

impl Decoder {
    pub(super) fn new(way: Arc<Way>) -> Self {
        Self { way, started: false, choices: BTreeMap::new(), usage: None, served_as: None, told: Vec::new() }
    }

    fn chunk(&mut self, document: &Document, events: &mut Vec<ChatEvent>) -> Result<(), Unreadable> {
        let choices = document.value("choices");
        let usage = answer::usage_of(document, &self.way);
        // Azure begins with a chunk that is about the prompt and has no identity.
        let speaks = items(choices).next().is_some() || usage.is_some();
        if !self.started && speaks {
            self.started = true;
            events.push(ChatEvent::Start(answer::start(document)));
        }
        if speaks {
            self.extras(document, events);
            let served_as = document.value("service_tier").and_then(name);
            if served_as.is_some() && served_as != self.served_as {
                self.served_as.clone_from(&served_as);
                events.extend(served_as.map(ChatEvent::ServedAs));
            }
        }
        for choice in items(choices).filter(|choice| choice.kind() == Kind::Object) {
            self.choice(choice, document, events)?;
        }
        if let Some(usage) = usage
            && self.usage != Some(usage)
        {
            self.usage = Some(usage);
            events.push(ChatEvent::Usage(usage));
        }
        Ok(())
    }

    fn extras(&mut self, document: &Document, events: &mut Vec<ChatEvent>) {
        for extra in EXTRAS {
            let value = document.value(extra).filter(|value| !value.is_null() && !value.is_empty());
            if let Some(value) = value.filter(|_| !self.told.contains(&extra)) {
                self.told.push(extra);
                let value = Json::from_checked(document.share(&value));
                events.push(ChatEvent::Extra(Extra { name: extra.into(), value }));
            }
        }
    }

    fn choice(
        &mut self,
        value: Value<'_>,
        document: &Document,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        let index = answer::index_of(value).unwrap_or(0);
        let choice = self.choices.entry(index).or_default();
        if choice.finished {
            return Ok(());
        }
        let mut sink = Sink { choice: index, way: &self.way, document, events };
        let sources = if index == 0 { answer::sources(document) } else { Vec::new() };
        if !sources.is_empty() {
            choice.sources = sources;
        }
        if let Some(delta) = value.value("delta").filter(|delta| delta.kind() == Kind::Object) {
            choice.read(delta, false, &mut sink)?;
        } else if let Some(message) = value.value("message").filter(|message| message.kind() == Kind::Object)
        {
            // Some servers answer a request for a stream with the whole message in one event.
            choice.read(message, true, &mut sink)?;
        }
        answer::read_logprobs(value, &mut sink);
        let word = value.value("finish_reason").and_then(Value::as_str);
        if let Some(word) = word.filter(|word| !word.is_empty() && word != "null") {
            choice.finish(&word, answer::sequence(value), &mut sink);
        }
        Ok(())
    }

    /// The provider says that it is done: choices without a finish reason have ended as well.
    fn done(&mut self, events: &mut Vec<ChatEvent>) {
        let Ok(document) = Document::parse(Bytes::from_static(b"{}")) else { return };
        for (index, choice) in self.choices.iter_mut().filter(|(_, choice)| !choice.finished) {
            let mut sink = Sink { choice: *index, way: &self.way, document: &document, events };
            choice.finish("stop", None, &mut sink);
        }
    }
}

impl ChatDecoder for Decoder {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        let data = unit.data.trim_ascii();
        if data == DONE {
            self.done(events);
            return Ok(Progress::End);
        }
        if data.is_empty() && !unit.exception {
            return Ok(Progress::More);
        }
        let failed = unit.exception || unit.name == Some("error");
        let document = match Document::parse(Bytes::copy_from_slice(data)) {
            Ok(document) if !failed && !is_error(&document) => document,
            Err(_) if !failed => return Err(Unreadable),
            _ => {
                events.push(ChatEvent::Error(errors::read(error::status(data), data)));
                return Ok(Progress::End);
            }
        };
        self.chunk(&document, events)?;
        Ok(Progress::More)
    }

    fn end(&mut self, _: &mut Vec<ChatEvent>) {
        // A finish reason was told when it came; without one the stream was cut short.
    }
}

/// Whether a chunk is an error: under `error`, or bare in one of the forms of servers that have no wrapper.
fn is_error(document: &Document) -> bool {
    if document.value("error").is_some_and(tells_of_error) {
        return true;
    }
    if document.value("choices").is_some() {
        return false;
    }
    let text = |name| document.value(name).and_then(Value::as_str);
    let object = text("object");
    let told = text("message").is_some() || document.value("detail").is_some_and(|detail| !detail.is_null());
    let kind = ["code", "type", "error_code", "status_code", "detail"];
    object.as_deref() == Some("error")
        || (told && kind.into_iter().any(|name| document.value(name).is_some_and(|value| !value.is_null())))
}
