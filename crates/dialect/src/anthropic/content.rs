//! What an answer of Claude's says, block by block: the same steps for a whole answer and for a stream.

use document::{Document, Edits, Member, Name, Value, quote};
use model::{CallIndex, ChatEvent, Citation, Extra, Finish, FinishReason, Json, Maker, Seal, Start};
use stream::Unreadable;

use super::usage::{Counts, tier};
use crate::{ToolNames, read};

/// Bytes that are held of one answer: of text that may be a preface only, and of blocks that are passed on whole.
const MOST_HELD: usize = 16 << 20;
/// Blocks that may be open at once; Claude opens one.
const MOST_OPEN: usize = 256;

/// What the way back must know of the request.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) names: ToolNames,
    /// The tool whose arguments are the content.
    pub(super) answer_tool: Option<Box<str>>,
    /// Thinking was asked for: calls carry the seals of thoughts.
    pub(super) carries_seals: bool,
    /// Begins the ids of calls that came without one.
    pub(super) nonce: Box<str>,
}

/// What stands at the head of an answer, of all that is read of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Opening<'d> {
    id: Option<Value<'d>>,
    model: Option<Value<'d>>,
    usage: Option<Value<'d>>,
}

impl<'d> Opening<'d> {
    /// Of the members of a `message`, in one walk.
    pub(super) fn of(members: impl Iterator<Item = Member<'d>>) -> Self {
        let mut opening = Self::default();
        for Member { name, value } in members {
            let slots =
                [("id", &mut opening.id), ("model", &mut opening.model), ("usage", &mut opening.usage)];
            fill(slots, name, value);
        }
        opening
    }
}

/// What is said of an answer when it ends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ending<'d> {
    reason: Option<Value<'d>>,
    sequence: Option<Value<'d>>,
    details: Option<Value<'d>>,
    container: Option<Value<'d>>,
}

impl<'d> Ending<'d> {
    /// Of the members of a `message`, or of its last `delta`, in one walk.
    pub(super) fn of(members: impl Iterator<Item = Member<'d>>) -> Self {
        let mut ending = Self::default();
        for Member { name, value } in members {
            let slots = [
                ("stop_reason", &mut ending.reason),
                ("stop_sequence", &mut ending.sequence),
                ("stop_details", &mut ending.details),
                ("container", &mut ending.container),
            ];
            fill(slots, name, value);
        }
        ending
    }
}

/// Puts a value where its name says; of several of one name the first counts.
fn fill<'d, const N: usize>(slots: [(&str, &mut Option<Value<'d>>); N], name: Name<'d>, value: Value<'d>) {
    if let Some((_, slot)) = slots.into_iter().find(|(known, _)| name.is(known)) {
        slot.get_or_insert(value);
    }
}

/// An answer on its way. Choice 0 is the only one that Claude gives.
pub(super) struct Content {
    way: Way,
    phase: Phase,
    blocks: Vec<(u64, Open)>,
    calls: CallIndex,
    /// Characters of text so far.
    said: u64,
    /// Text that counts only if the tool for the answer is not called.
    preface: String,
    /// The tool for the answer was called.
    answered: bool,
    /// What sealed the last thought; the next call takes it along for clients that know nothing of thoughts.
    sealed: Option<Seal>,
    held: usize,
    pub(super) counts: Counts,
    served_as: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Waiting,
    Started,
    Finished,
}

/// A block that has begun.
enum Open {
    /// Where it began in the text of the answer.
    Text {
        from: u64,
        citations: Vec<Citation>,
    },
    Thinking {
        signature: String,
    },
    Call {
        call: CallIndex,
        any: bool,
    },
    Answer {
        any: bool,
    },
    /// Passed on as it is, when it is whole.
    Native {
        start: Vec<u8>,
        input: String,
        content: String,
    },
}

impl Content {
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            phase: Phase::Waiting,
            blocks: Vec::new(),
            calls: 0,
            said: 0,
            preface: String::new(),
            answered: false,
            sealed: None,
            held: 0,
            counts: Counts::default(),
            served_as: None,
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// The head of the answer, with nothing in it where it did not come. Only the first one counts.
    pub(super) fn start(&mut self, opening: Opening<'_>, events: &mut Vec<ChatEvent>) {
        if self.phase != Phase::Waiting {
            return;
        }
        self.phase = Phase::Started;
        let text = |value: Value<'_>| value.as_str().filter(|text| !text.is_empty()).map(Into::into);
        let (id, model) = (opening.id.and_then(text), opening.model.and_then(text));
        events.push(ChatEvent::Start(Start { id, model, created: None }));
        if let Some(usage) = opening.usage {
            self.counts.update(usage);
            self.serve(usage, events);
        }
    }

    /// What a `usage` says of how the request is served; the last word counts.
    pub(super) fn serve(&mut self, usage: Value<'_>, events: &mut Vec<ChatEvent>) {
        let served_as = tier(usage);
        if served_as.is_some() && served_as != self.served_as {
            self.served_as.clone_from(&served_as);
            events.extend(served_as.map(ChatEvent::ServedAs));
        }
    }

    /// A block begins, with what it has at the start.
    pub(super) fn open(
        &mut self,
        index: u64,
        block: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        self.start(Opening::default(), events);
        if self.is_finished() {
            return Ok(());
        }
        self.close(index, events);
        if self.blocks.len() >= MOST_OPEN {
            return Err(Unreadable);
        }
        let kind = block.value("type").and_then(Value::as_str).unwrap_or_default();
        let text = |name: &str| block.value(name).and_then(Value::as_str).unwrap_or_default();
        let open = match &*kind {
            "text" => {
                let from = self.said;
                self.say(&text("text"), events)?;
                let citations = block.value("citations").map(|list| list.items().map(citation).collect());
                Open::Text { from, citations: citations.unwrap_or_default() }
            }
            "thinking" => {
                let thought = text("thinking");
                if !thought.is_empty() {
                    events.push(ChatEvent::Reasoning { choice: 0, delta: thought.into_owned() });
                }
                Open::Thinking { signature: text("signature").into_owned() }
            }
            "redacted_thinking" => {
                let seal = Seal { maker: Maker::Anthropic, text: text("data").into() };
                if !seal.text.is_empty() {
                    events.push(ChatEvent::Redacted { choice: 0, seal });
                }
                return Ok(());
            }
            "tool_use" => self.open_call(block, events),
            // Nothing says what it is.
            "" => return Ok(()),
            _ => {
                self.hold(block.raw().len())?;
                Open::Native { start: block.raw().to_vec(), input: String::new(), content: String::new() }
            }
        };
        self.blocks.push((index, open));
        Ok(())
    }

    fn open_call(&mut self, block: Value<'_>, events: &mut Vec<ChatEvent>) -> Open {
        let text = |name: &str| block.value(name).and_then(Value::as_str).unwrap_or_default();
        let sent = text("name");
        let given = block.value("input").filter(|input| !input.is_null() && !input.is_empty());
        let input = given.map(read::compact);
        let any = input.is_some();
        if self.way.answer_tool.as_deref() == Some(&*sent) {
            self.answered = true;
            events.extend(input.map(|delta| ChatEvent::Text { choice: 0, delta }));
            return Open::Answer { any };
        }
        let call = self.calls;
        self.calls += 1;
        let id = match &*text("id") {
            "" => format!("toolu_{}_{call}", self.way.nonce).into(),
            id => id.into(),
        };
        let name = match self.way.names.inward(&sent) {
            "" => "_".into(),
            name => name.into(),
        };
        events.push(ChatEvent::ToolStart { choice: 0, call, id, name, seal: self.sealed.take() });
        events.extend(input.map(|delta| ChatEvent::ToolArguments { choice: 0, call, delta }));
        Open::Call { call, any }
    }

    /// A block goes on.
    pub(super) fn delta(
        &mut self,
        index: u64,
        delta: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        if self.is_finished() {
            return Ok(());
        }
        self.start(Opening::default(), events);
        let text = |name: &str| delta.value(name).and_then(Value::as_str).unwrap_or_default();
        let kind = delta.value("type").and_then(Value::as_str).unwrap_or_default();
        if &*kind == "text_delta" {
            return self.say(&text("text"), events);
        }
        let Some((_, open)) = self.blocks.iter_mut().find(|(known, _)| *known == index) else {
            // Arguments of a call whose beginning got lost: without them the answer would be another one.
            return if &*kind == "input_json_delta" { Err(Unreadable) } else { Ok(()) };
        };
        match (&*kind, open) {
            ("input_json_delta", Open::Call { call, any }) => {
                let (call, delta) = (*call, text("partial_json"));
                if !delta.is_empty() {
                    *any = true;
                    events.push(ChatEvent::ToolArguments { choice: 0, call, delta: delta.into_owned() });
                }
            }
            ("input_json_delta", Open::Answer { any }) => {
                let delta = text("partial_json");
                if !delta.is_empty() {
                    *any = true;
                    events.push(ChatEvent::Text { choice: 0, delta: delta.into_owned() });
                }
            }
            ("thinking_delta", _) => {
                let delta = text("thinking");
                if !delta.is_empty() {
                    events.push(ChatEvent::Reasoning { choice: 0, delta: delta.into_owned() });
                }
            }
            ("signature_delta", Open::Thinking { signature }) => {
                let more = text("signature");
                signature.push_str(&more);
                return self.hold(more.len());
            }
            ("citations_delta", Open::Text { citations, .. }) => {
                if let Some(value) = delta.value("citation") {
                    citations.push(citation(value));
                    return self.hold(value.raw().len());
                }
            }
            ("input_json_delta", Open::Native { input, .. }) => {
                let more = text("partial_json");
                input.push_str(&more);
                return self.hold(more.len());
            }
            ("compaction_delta", Open::Native { content, .. }) => {
                let more = text("content");
                content.push_str(&more);
                return self.hold(more.len());
            }
            _ => {}
        }
        Ok(())
    }

    /// A block ends.
    pub(super) fn close(&mut self, index: u64, events: &mut Vec<ChatEvent>) {
        let Some(at) = self.blocks.iter().position(|(known, _)| *known == index) else { return };
        let (_, open) = self.blocks.remove(at);
        match open {
            Open::Text { from, citations } => {
                if self.said > from && self.way.answer_tool.is_none() {
                    let span = Some((from, self.said));
                    let told = |citation| ChatEvent::Citation { choice: 0, citation };
                    events.extend(citations.into_iter().map(|one| told(Citation { span, ..one })));
                }
            }
            Open::Thinking { signature } => {
                if !signature.is_empty() {
                    let seal = Seal { maker: Maker::Anthropic, text: signature.into() };
                    self.sealed = self.way.carries_seals.then(|| seal.clone());
                    events.push(ChatEvent::Sealed { choice: 0, seal });
                }
            }
            Open::Call { call, any: false } => {
                events.push(ChatEvent::ToolArguments { choice: 0, call, delta: "{}".to_owned() });
            }
            Open::Answer { any: false } => {
                events.push(ChatEvent::Text { choice: 0, delta: "{}".to_owned() });
            }
            Open::Call { .. } | Open::Answer { .. } => {}
            Open::Native { start, input, content } => {
                if let Some(value) = native(start, &input, &content) {
                    events.push(ChatEvent::Native { choice: 0, maker: Maker::Anthropic, value });
                }
            }
        }
    }

    /// The answer ends.
    pub(super) fn finish(&mut self, ending: Ending<'_>, events: &mut Vec<ChatEvent>) {
        self.start(Opening::default(), events);
        if self.is_finished() {
            return;
        }
        while let Some(index) = self.blocks.first().map(|(index, _)| *index) {
            self.close(index, events);
        }
        let preface = std::mem::take(&mut self.preface);
        if !self.answered && !preface.is_empty() {
            events.push(ChatEvent::Text { choice: 0, delta: preface });
        }
        if let Some(details) = ending.details.filter(|details| !details.is_null()) {
            let explained = details.value("explanation").and_then(Value::as_str);
            if let Some(delta) = explained.filter(|text| !text.is_empty()) {
                events.push(ChatEvent::Refusal { choice: 0, delta: delta.into_owned() });
            }
        }
        if let Some(container) = ending.container.filter(|container| !container.is_null()) {
            events.push(extra("container", container));
        }
        let mut finish = stop_reason(ending.reason.and_then(Value::as_str).as_deref());
        if finish == FinishReason::ToolCalls && self.calls == 0 && self.answered {
            finish = FinishReason::Stop;
        }
        let sequence = ending.sequence.and_then(Value::as_str).map(Into::into);
        events.push(ChatEvent::Finish { choice: 0, finish: Finish { reason: finish, sequence } });
        self.phase = Phase::Finished;
    }

    /// Text of the answer; held while the answer may yet come by its tool.
    fn say(&mut self, text: &str, events: &mut Vec<ChatEvent>) -> Result<(), Unreadable> {
        if text.is_empty() {
            return Ok(());
        }
        self.said += text.chars().count() as u64;
        if self.way.answer_tool.is_some() {
            self.preface.push_str(text);
            return self.hold(text.len());
        }
        events.push(ChatEvent::Text { choice: 0, delta: text.to_owned() });
        Ok(())
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.held = self.held.saturating_add(bytes);
        if self.held > MOST_HELD { Err(Unreadable) } else { Ok(()) }
    }
}

pub(super) fn stop_reason(stop: Option<&str>) -> FinishReason {
    match stop {
        Some("stop_sequence") => FinishReason::StopSequence,
        Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
        Some("tool_use") => FinishReason::ToolCalls,
        Some("refusal") => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

/// A member of the answer that has no place in the model.
pub(super) fn extra(name: &str, value: Value<'_>) -> ChatEvent {
    ChatEvent::Extra(Extra { name: name.into(), value: Json::from_checked(value.raw().to_vec()) })
}

fn citation(value: Value<'_>) -> Citation {
    let text = |name: &str| value.value(name).and_then(Value::as_str).map(Into::into);
    Citation {
        url: text("url"),
        title: text("title").or_else(|| text("document_title")),
        span: None,
        raw: Some(Json::from_checked(value.raw().to_vec())),
    }
}

/// A block with what came after its start.
fn native(start: Vec<u8>, input: &str, content: &str) -> Option<Json> {
    let document = Document::parse(start.into()).ok()?;
    let mut edits = Edits::new();
    if Document::parse(bytes::Bytes::copy_from_slice(input.as_bytes())).is_ok() {
        edits.set("input", input.to_owned());
    }
    if !content.is_empty() {
        edits.set("content", quote(content));
    }
    Some(Json::from_checked(document.apply(&edits).to_bytes().to_vec()))
}
