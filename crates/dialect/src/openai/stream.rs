//! Reads along a stream of OpenAI chunks.
//!
//! From <https://platform.openai.com/docs/api-reference/chat/streaming>. A chunk of a stream is looked at
//! for the few members that matter; only a chunk that may have one of them is walked by its structure, so
//! that no text inside a chunk can pass for a member of it.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use document::{Kind, Value, append_object, quote, scan_members};
use memchr::memmem::Finder;
use model::{FinishReason, Operation, Told, Usage};
use stream::{FrameKind, StreamReader};

use super::finish;
use super::generated::Generated;
use super::mend::{self, Mender};
use super::{said, usage};
use crate::Reading;

const DONE: &[u8] = b"[DONE]";
const TERMINATOR: &[u8] = b"data: [DONE]\n\n";
/// Bytes of an id or a model name that are kept; a longer one is no name.
const LONGEST_NAME: usize = 512;
/// Chunks with choices that are searched for an identity.
const IDENTITY_TRIES: u8 = 4;

/// Reads along one stream.
///
/// A stream is finished when every choice that was seen has had a `finish_reason`, and at least one has.
#[derive(Debug)]
pub struct Reader {
    operation: Operation,
    reasoning_outside: bool,
    usage: Option<Usage>,
    id: Option<Box<str>>,
    model: Option<Box<str>>,
    /// Unix seconds.
    created: u64,
    /// Chunks that are still to be walked for the identity.
    tries: u8,
    /// One bit for a choice. OpenAI allows 128.
    seen: u128,
    closed: u128,
    generated: Generated,
    service_tier: Option<Box<str>>,
    finish_reasons: Vec<FinishReason>,
    /// None where the provider's answers are as they should be.
    mender: Option<Box<Mender>>,
    /// What goes out in place of the last chunk.
    instead: Option<Vec<u8>>,
}

impl Reader {
    /// A reader for a stream of `operation`. Of other operations than chat and completions it knows no end,
    /// so that the end of their body is always a normal one.
    pub fn new(reading: &Reading<'_>) -> Self {
        Self {
            operation: reading.operation,
            reasoning_outside: reading.quirks.reasoning_outside_completion,
            usage: None,
            id: None,
            model: None,
            created: 0,
            tries: IDENTITY_TRIES,
            seen: 0,
            closed: 0,
            generated: Generated::default(),
            service_tier: None,
            finish_reasons: Vec::new(),
            mender: Mender::new(reading),
            instead: None,
        }
    }

    fn generates(&self) -> bool {
        matches!(self.operation, Operation::Chat | Operation::Completions)
    }

    /// What a frame is.
    fn look(&mut self, event: Option<&[u8]>, data: &[u8]) -> FrameKind {
        if data.trim_ascii() == DONE {
            return FrameKind::Terminator;
        }
        if event == Some(b"error") {
            return FrameKind::Error;
        }
        if self.tries == 0 && is_ordinary(data) && count_first(data, self.operation, &mut self.generated) {
            self.seen |= 1;
            return FrameKind::Content;
        }
        self.walk(data)
    }

    /// Walks a chunk by its structure.
    fn walk(&mut self, data: &[u8]) -> FrameKind {
        let mut chunk = Chunk::default();
        let read = scan_members(data, |member| {
            chunk.add(member);
            ControlFlow::Continue(())
        });
        if read.is_err() {
            return FrameKind::Content;
        }
        let mut empty = true;
        for choice in chunk.choices.into_iter().flat_map(Value::items) {
            empty = false;
            self.read_choice(choice);
        }
        self.identify(&chunk, empty);
        if let Some(usage) = chunk.usage
            && let Some(usage) = usage::read(usage, self.reasoning_outside)
        {
            self.usage = Some(usage);
        }
        let bare = chunk.choices.is_none() && chunk.told && chunk.kind;
        match chunk {
            _ if chunk.failed || (bare && self.generates()) => FrameKind::Error,
            Chunk { usage: Some(_), .. } if empty => FrameKind::Usage,
            _ => FrameKind::Content,
        }
    }

    fn read_choice(&mut self, choice: Value<'_>) {
        let mut index = 0;
        let mut finished = None;
        for member in choice.members() {
            let value = member.value;
            match member.name.raw() {
                b"index" => index = value.as_u64().unwrap_or(0),
                b"finish_reason" => finished = value.as_str().filter(|reason| !reason.is_empty()),
                b"delta" if self.operation != Operation::Completions => {
                    for part in value.members() {
                        self.generated.add_member(part.name.raw(), part.value);
                    }
                }
                b"text" if self.operation == Operation::Completions => self.generated.add_text(value),
                _ => {}
            }
        }
        let bit = u32::try_from(index).ok().and_then(|index| 1_u128.checked_shl(index)).unwrap_or(0);
        self.seen |= bit;
        if let Some(reason) = finished {
            if self.closed & bit == 0 {
                self.finish_reasons.push(finish::read(&reason, None, false).reason);
            }
            self.closed |= bit;
        }
    }

    fn identify(&mut self, chunk: &Chunk<'_>, empty: bool) {
        // The last word counts: what was asked for may come first.
        if let Some(tier) = chunk.service_tier.and_then(name) {
            self.service_tier = Some(tier);
        }
        if self.tries == 0 {
            return;
        }
        if self.id.is_none() {
            self.id = chunk.id.and_then(name);
            self.created = chunk.created.and_then(Value::as_u64).unwrap_or(self.created);
        }
        if self.model.is_none() {
            self.model = chunk.model.and_then(name);
        }
        if self.id.is_some() && self.model.is_some() {
            self.tries = 0;
        } else if !empty {
            self.tries -= 1;
        }
    }
}

impl StreamReader for Reader {
    fn frame(&mut self, event: Option<&[u8]>, data: &[u8]) -> FrameKind {
        let kind = self.look(event, data);
        self.instead = match kind {
            FrameKind::Error if self.generates() => mend::told(data),
            FrameKind::Content | FrameKind::Usage => {
                self.mender.as_mut().and_then(|mender| mender.chunk(data))
            }
            FrameKind::Error | FrameKind::Terminator => None,
        };
        kind
    }

    fn instead(&mut self) -> Option<Vec<u8>> {
        self.instead.take()
    }

    fn whole(&self, data: &[u8]) -> bool {
        let data = data.trim_ascii();
        match data.first() {
            Some(b'{') => {
                let read = scan_members(data, |_| ControlFlow::Continue(()));
                read != Err(document::ScanError::CutShort)
            }
            Some(b'[') => data.len() >= DONE.len() || !DONE.starts_with(data),
            _ => true,
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn told(&self) -> Told {
        Told {
            id: self.id.clone(),
            model: self.model.clone(),
            service_tier: self.service_tier.clone(),
            finish_reasons: self.finish_reasons.clone(),
        }
    }

    fn finished(&self) -> bool {
        !self.generates() || (self.closed != 0 && self.seen & !self.closed == 0)
    }

    fn started(&self) -> bool {
        self.generated.bytes > 0 || self.generated.calls
    }

    fn output_bytes(&self) -> u64 {
        self.generated.bytes
    }

    fn generated(&self, data: &[u8], text: &mut String) {
        said::all(data, text);
    }

    fn usage_frame(&self, usage: &Usage) -> Vec<u8> {
        let object = match self.operation {
            Operation::Completions => "text_completion",
            _ => "chat.completion.chunk",
        };
        let mut out = b"data: {\"id\":".to_vec();
        out.extend_from_slice(&quote(self.id.as_deref().unwrap_or_default()));
        // Writing to a vector cannot fail.
        let _ = write!(out, r#","object":"{object}","created":{},"model":"#, self.created);
        out.extend_from_slice(&quote(self.model.as_deref().unwrap_or_default()));
        out.extend_from_slice(br#","choices":[],"usage":"#);
        append_object(&mut out, |object| usage::write(usage, object));
        out.extend_from_slice(b"}\n\n");
        out
    }

    fn terminator(&self) -> Option<&'static [u8]> {
        self.generates().then_some(TERMINATOR)
    }
}

/// The members of a chunk that matter.
#[derive(Default)]
struct Chunk<'d> {
    id: Option<Value<'d>>,
    model: Option<Value<'d>>,
    service_tier: Option<Value<'d>>,
    created: Option<Value<'d>>,
    choices: Option<Value<'d>>,
    /// Only where it is an object.
    usage: Option<Value<'d>>,
    failed: bool,
    /// A text and a kind, as errors without a wrapper have them.
    told: bool,
    kind: bool,
}

impl<'d> Chunk<'d> {
    fn add(&mut self, member: document::Member<'d>) {
        let (name, value) = (member.name, member.value);
        if name.is("id") {
            self.id = Some(value);
        } else if name.is("model") {
            self.model = Some(value);
        } else if name.is("service_tier") {
            self.service_tier = Some(value);
        } else if name.is("created") {
            self.created = Some(value);
        } else if name.is("choices") {
            self.choices = Some(value);
        } else if name.is("usage") {
            self.usage = Some(value).filter(|value| value.kind() == Kind::Object);
        } else if name.is("error") {
            self.failed |= tells_of_error(value);
        } else if name.is("object") {
            // Servers that have no wrapper around their error object.
            self.failed |= value.inner() == Some(b"error");
        } else {
            let given = !value.is_null();
            let detail = name.is("detail") && given;
            self.told |= detail || (name.is("message") && value.kind() == Kind::String);
            let kinds = ["code", "type", "error_code", "status_code"];
            self.kind |= detail || (given && kinds.into_iter().any(|kind| name.is(kind)));
        }
    }
}

/// Whether the value of `error` is one: an object with members or a text (xAI, Hugging Face).
pub(super) fn tells_of_error(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Object => value.members().next().is_some(),
        Kind::String => value.inner().is_some_and(|text| !text.is_empty()),
        _ => false,
    }
}

/// A name that is worth keeping.
pub(super) fn name(value: Value<'_>) -> Option<Box<str>> {
    value
        .as_str()
        .filter(|text| !text.is_empty() && text.len() <= LONGEST_NAME)
        .map(|text| text.as_ref().into())
}

struct Needles {
    usage: Finder<'static>,
    error: Finder<'static>,
    finish: Finder<'static>,
    index: Finder<'static>,
    delta: Finder<'static>,
    choices: Finder<'static>,
}

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles {
    usage: Finder::new(b"\"usage\""),
    error: Finder::new(b"\"error\""),
    finish: Finder::new(b"\"finish_reason\""),
    index: Finder::new(b"\"index\""),
    delta: Finder::new(b"\"delta\""),
    choices: Finder::new(b"\"choices\""),
});

/// Whether a chunk can only be one that passes on generated text of choice 0: it has no usage, no error, no
/// finish reason and no index but 0, whether as members or as anything else that looks like them.
fn is_ordinary(data: &[u8]) -> bool {
    let needles = &*NEEDLES;
    let empty = |value: &[u8]| value.starts_with(b"null") || value.starts_with(b"\"\"");
    let zero = |value: &[u8]| matches!(value, [b'0', b',' | b'}' | b' ' | b'\n', ..]);
    all(&needles.usage, data, empty)
        && all(&needles.error, data, empty)
        && all(&needles.finish, data, empty)
        && all(&needles.index, data, zero)
}

/// Whether wherever `name` stands in `data` it is a member whose value passes `test`.
pub(super) fn all(name: &Finder<'_>, data: &[u8], test: impl Fn(&[u8]) -> bool) -> bool {
    let mut rest = data;
    while let Some(value) = after(name, rest) {
        let Some(value) = member_value(value).filter(|value| test(value)) else {
            return false;
        };
        rest = value;
    }
    true
}

/// What follows the first `name`.
fn after<'d>(name: &Finder<'_>, data: &'d [u8]) -> Option<&'d [u8]> {
    data.get(name.find(data)? + name.needle().len()..)
}

/// What follows the colon behind a member's name.
fn member_value(rest: &[u8]) -> Option<&[u8]> {
    Some(rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start())
}

/// Counts the text of the first choice of an ordinary chunk, which has no other; tells whether there is one.
///
/// What follows the object that is scanned makes the scan fail, but only behind all members.
fn count_first(data: &[u8], operation: Operation, generated: &mut Generated) -> bool {
    if operation == Operation::Completions {
        let choices = after(&NEEDLES.choices, data).and_then(member_value);
        let Some(first) = choices.and_then(|list| list.strip_prefix(b"[")) else { return false };
        let _ = scan_members(first, |member| {
            if member.name.raw() == b"text" {
                generated.add_text(member.value);
            }
            ControlFlow::Continue(())
        });
    } else {
        let Some(delta) = after(&NEEDLES.delta, data).and_then(member_value) else { return false };
        let _ = scan_members(delta, |member| {
            generated.add_member(member.name.raw(), member.value);
            ControlFlow::Continue(())
        });
    }
    true
}

#[cfg(test)]
mod recordings;
#[cfg(test)]
mod tests;
