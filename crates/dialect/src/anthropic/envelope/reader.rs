//! Reads along a stream of Messages, or of the legacy completions.
//!
//! From <https://docs.anthropic.com/en/api/messages-streaming>.

use std::ops::ControlFlow;

use document::{Kind, ScanError, Value, scan_members};
use model::{Operation, Told, Usage};
use stream::{FrameKind, StreamReader};

use super::name;
use crate::anthropic::content::stop_reason;
use crate::anthropic::usage::{Counts, tier};

const TERMINATOR: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
/// Bytes of a model's name that are kept; a longer one is no name.
const LONGEST_NAME: usize = 512;

/// Reads along one stream.
#[derive(Debug)]
pub(super) struct Reader {
    operation: Operation,
    counts: Counts,
    /// The last word on usage has come; before it, output is a guess.
    counted: bool,
    told: Told,
    /// The client's own name for the model.
    named: Option<Box<str>>,
    /// The last event under the client's own name.
    instead: Option<Vec<u8>>,
    finished: bool,
    started: bool,
    output_bytes: u64,
}

/// The members of an event that matter.
#[derive(Default)]
struct Event<'d> {
    /// All of it.
    data: &'d [u8],
    kind: Option<Value<'d>>,
    message: Option<Value<'d>>,
    block: Option<Value<'d>>,
    delta: Option<Value<'d>>,
    usage: Option<Value<'d>>,
    metrics: Option<Value<'d>>,
    completion: Option<Value<'d>>,
    stop_reason: Option<Value<'d>>,
    model: Option<Value<'d>>,
}

impl Reader {
    pub(super) fn new(operation: Operation, named: Option<&str>) -> Self {
        Self {
            operation,
            counts: Counts::default(),
            counted: false,
            told: Told::default(),
            named: named.map(Box::from),
            instead: None,
            finished: false,
            started: false,
            output_bytes: 0,
        }
    }

    fn generates(&self) -> bool {
        matches!(self.operation, Operation::Chat | Operation::Completions)
    }

    fn event(&mut self, event: &Event<'_>, name: Option<&[u8]>) -> FrameKind {
        let kind = event.kind.and_then(Value::inner).or(name).unwrap_or_default();
        match kind {
            b"message_start" => {
                let Some(message) = event.message else { return FrameKind::Content };
                self.name(event.data, message.value("model"));
                self.told.id = message.value("id").and_then(name_of);
                self.told.service_tier = message.value("usage").and_then(tier);
                if let Some(usage) = message.value("usage").filter(|_| !self.counted) {
                    self.counts.update(usage);
                    self.counts = self.counts.without_output();
                }
            }
            b"content_block_start" => {
                if let Some(block) = event.block {
                    self.started |= block.value("type").and_then(Value::inner) != Some(b"text");
                    self.generated(block_bytes(block));
                }
            }
            b"content_block_delta" => {
                if let Some(delta) = event.delta {
                    self.generated(delta_bytes(delta));
                }
            }
            b"message_delta" => {
                let reason = event.delta.and_then(|delta| delta.value("stop_reason"));
                self.finish(reason);
                if let Some(usage) = event.usage.filter(|usage| usage.kind() == Kind::Object) {
                    self.counts.update(usage);
                    self.counted = true;
                    if let Some(tier) = tier(usage) {
                        self.told.service_tier = Some(tier);
                    }
                }
            }
            b"message_stop" => {
                if let Some(metrics) = event.metrics {
                    self.counts.update_from_metrics(metrics);
                    self.counted = true;
                }
                self.finished = true;
                return FrameKind::Terminator;
            }
            b"error" => return FrameKind::Error,
            _ => self.completion(event),
        }
        FrameKind::Content
    }

    /// An event of the legacy completions.
    fn completion(&mut self, event: &Event<'_>) {
        if let Some(text) = event.completion {
            self.name(event.data, event.model);
            self.generated(text_bytes(Some(text)));
            self.finish(event.stop_reason);
        }
    }

    fn generated(&mut self, bytes: u64) {
        self.output_bytes += bytes;
        self.started |= bytes > 0;
    }

    fn name(&mut self, data: &[u8], model: Option<Value<'_>>) {
        if let (Some(model), Some(named)) = (model, &self.named) {
            self.instead = name::replaced(data, model, named);
        }
        if self.told.model.is_none() {
            self.told.model = model.and_then(name_of);
        }
    }

    fn finish(&mut self, reason: Option<Value<'_>>) {
        let Some(reason) = reason.filter(|reason| !reason.is_null()) else { return };
        self.finished = true;
        self.told.finish_reasons = vec![stop_reason(reason.as_str().as_deref())];
    }
}

impl StreamReader for Reader {
    fn frame(&mut self, event: Option<&[u8]>, data: &[u8]) -> FrameKind {
        if event == Some(b"error") {
            return FrameKind::Error;
        }
        let mut read = Event { data, ..Event::default() };
        let scanned = scan_members(data, |member| {
            let value = Some(member.value);
            match member.name.raw() {
                b"type" => read.kind = value,
                b"message" => read.message = value,
                b"content_block" => read.block = value,
                b"delta" => read.delta = value,
                b"usage" => read.usage = value,
                b"amazon-bedrock-invocationMetrics" => read.metrics = value,
                b"completion" => read.completion = value,
                b"stop_reason" => read.stop_reason = value,
                b"model" => read.model = value,
                _ => {}
            }
            ControlFlow::Continue(())
        });
        if scanned.is_ok() { self.event(&read, event) } else { FrameKind::Content }
    }

    fn instead(&mut self) -> Option<Vec<u8>> {
        self.instead.take()
    }

    fn whole(&self, data: &[u8]) -> bool {
        let data = data.trim_ascii();
        data.first() != Some(&b'{')
            || scan_members(data, |_| ControlFlow::Continue(())) != Err(ScanError::CutShort)
    }

    fn usage(&self) -> Option<Usage> {
        if self.counted { self.counts.usage() } else { None }
    }

    fn input_usage(&self) -> Option<Usage> {
        self.counts.input()
    }

    fn told(&self) -> Told {
        self.told.clone()
    }

    fn finished(&self) -> bool {
        !self.generates() || self.finished
    }

    fn started(&self) -> bool {
        self.started
    }

    fn output_bytes(&self) -> u64 {
        self.output_bytes
    }

    /// No client of this format asks for one.
    fn usage_frame(&self, _usage: &Usage) -> Vec<u8> {
        Vec::new()
    }

    fn terminator(&self) -> Option<&'static [u8]> {
        (self.operation == Operation::Chat).then_some(TERMINATOR)
    }
}

/// Appends the text that an event adds to an answer.
pub(super) fn said(data: &[u8], text: &mut String) {
    let _ = scan_members(data, |member| {
        let said = match member.name.raw() {
            b"delta" if member.value.value("type").and_then(Value::inner) == Some(b"text_delta") => {
                member.value.value("text")
            }
            b"completion" => Some(member.value),
            _ => None,
        };
        text.push_str(&said.and_then(Value::as_str).unwrap_or_default());
        ControlFlow::Continue(())
    });
}

/// Appends the text of a whole answer.
pub(super) fn answered(body: &[u8], text: &mut String) {
    let _ = scan_members(body, |member| {
        match member.name.raw() {
            b"content" => {
                let texts = member.value.items().filter_map(|block| block.value("text")?.as_str());
                texts.for_each(|said| text.push_str(&said));
            }
            b"completion" => text.push_str(&member.value.as_str().unwrap_or_default()),
            _ => {}
        }
        ControlFlow::Continue(())
    });
}

/// A name that is worth keeping.
pub(super) fn name_of(value: Value<'_>) -> Option<Box<str>> {
    let name = value.as_str().filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)?;
    Some(name.as_ref().into())
}

/// Bytes of generated text in a block.
pub(super) fn block_bytes(block: Value<'_>) -> u64 {
    let mut bytes = 0;
    for member in block.members() {
        match member.name.raw() {
            b"text" | b"thinking" => bytes += text_bytes(Some(member.value)),
            // Only an object that says something.
            b"input" if !member.value.is_empty() => bytes += member.value.raw().len() as u64,
            _ => {}
        }
    }
    bytes
}

fn delta_bytes(delta: Value<'_>) -> u64 {
    let told = |name| text_bytes(delta.value(name));
    match delta.value("type").and_then(Value::inner) {
        Some(b"text_delta") => told("text"),
        Some(b"thinking_delta") => told("thinking"),
        Some(b"input_json_delta") => told("partial_json"),
        _ => 0,
    }
}

fn text_bytes(text: Option<Value<'_>>) -> u64 {
    text.and_then(Value::as_str).map_or(0, |text| text.len() as u64)
}
