//! What an answer says, block by block: the same steps for a whole answer and for a stream.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use document::{Document, Edits, Value, write_object};
use model::{
    Base64, CallIndex, ChatEvent, Citation, Extra, Finish, FinishReason, Image, Json, Maker, Seal, Source,
    Start,
};
use stream::Unreadable;

use crate::{ToolNames, read};

/// The type of a call that the host makes by itself. Calls of the client's tools have none in AWS's model of the API, and
/// `tool_use` in what is really sent (recorded in 2026).
const SERVER_CALL: &str = "server_tool_use";
/// Bytes that are held of one answer: of text that may be a preface only, and of blocks that are passed on whole.
const MOST_HELD: usize = 16 << 20;
/// Blocks that may be open at once.
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
    /// Who seals the reasoning.
    pub(super) maker: Maker,
}

/// An answer on its way. Choice 0 is the only one there is.
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Started,
    Finished,
}

/// A block that has begun.
enum Open {
    /// `from`: where it began in the text of the answer.
    Text {
        from: u64,
        citations: Vec<Citation>,
    },
    Reasoning {
        signature: String,
        redacted: Vec<u8>,
    },
    Call {
        call: CallIndex,
        any: bool,
    },
    Answer {
        any: bool,
    },
    /// A call of a tool that Bedrock runs itself.
    ServerCall {
        start: Vec<u8>,
        input: String,
    },
    /// What such a tool gave.
    ServerResult {
        start: Vec<u8>,
        content: Vec<Vec<u8>>,
    },
    Image {
        format: String,
        bytes: Vec<u8>,
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
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// The head of the answer; only the first one counts.
    pub(super) fn start(&mut self, id: Option<Box<str>>, events: &mut Vec<ChatEvent>) {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Started;
            events.push(ChatEvent::Start(Start { id, model: None, created: None }));
        }
    }

    /// A whole block.
    pub(super) fn block(
        &mut self,
        index: u64,
        block: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        if let Some(text) = block.value("text") {
            self.say(index, &string(Some(text)), events)?;
        } else if let Some(cited) = block.value("citationsContent") {
            for text in cited.value("content").into_iter().flat_map(Value::items) {
                self.say(index, &string(text.value("text")), events)?;
            }
            for source in cited.value("citations").into_iter().flat_map(Value::items) {
                self.cite(index, source, events)?;
            }
        } else if let Some(reasoning) = block.value("reasoningContent") {
            self.reason(index, reasoning.value("reasoningText").unwrap_or(reasoning), events)?;
        } else {
            self.open(index, block, events)?;
            for kind in ["toolUse", "toolResult", "image"] {
                if let Some(value) = block.value(kind) {
                    self.fill(index, kind, value, events)?;
                }
            }
        }
        self.close(index, events);
        Ok(())
    }

    /// The rest of a block that came whole.
    fn fill(
        &mut self,
        index: u64,
        kind: &str,
        value: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        match kind {
            "toolUse" => {
                let input = value.value("input").filter(|input| !input.is_null() && !input.is_empty());
                let input = input.map_or_else(String::new, read::compact);
                self.argue(index, &input, events)
            }
            "toolResult" => value.value("content").map_or(Ok(()), |content| self.result(index, content)),
            _ => value.value("source").map_or(Ok(()), |source| self.picture(index, source)),
        }
    }

    /// A block begins that says what it is.
    pub(super) fn open(
        &mut self,
        index: u64,
        start: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        self.make_room(index, events)?;
        let open = if let Some(call) = start.value("toolUse") {
            if call.value("type").and_then(Value::as_str).is_some_and(|kind| kind == SERVER_CALL) {
                self.hold(call.raw().len())?;
                Open::ServerCall { start: call.raw().to_vec(), input: String::new() }
            } else {
                self.open_call(call, events)
            }
        } else if let Some(result) = start.value("toolResult") {
            self.hold(result.raw().len())?;
            Open::ServerResult { start: result.raw().to_vec(), content: Vec::new() }
        } else if let Some(image) = start.value("image") {
            Open::Image { format: string(image.value("format")), bytes: Vec::new() }
        } else {
            return Ok(());
        };
        self.blocks.push((index, open));
        Ok(())
    }

    fn open_call(&mut self, value: Value<'_>, events: &mut Vec<ChatEvent>) -> Open {
        let sent = string(value.value("name"));
        if self.way.answer_tool.as_deref() == Some(&*sent) {
            self.answered = true;
            return Open::Answer { any: false };
        }
        let call = self.calls;
        self.calls += 1;
        let id = match &*string(value.value("toolUseId")) {
            "" => format!("tooluse_{}_{call}", self.way.nonce).into(),
            id => id.into(),
        };
        let name = match self.way.names.inward(&sent) {
            "" => "_".into(),
            name => name.into(),
        };
        events.push(ChatEvent::ToolStart { choice: 0, call, id, name, seal: self.sealed.take() });
        Open::Call { call, any: false }
    }

    /// A block goes on.
    pub(super) fn delta(
        &mut self,
        index: u64,
        delta: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        for member in delta.members() {
            let value = member.value;
            match member.name.raw() {
                b"text" => self.say(index, &string(Some(value)), events)?,
                b"citation" => self.cite(index, value, events)?,
                b"reasoningContent" => self.reason(index, value, events)?,
                b"toolUse" => self.argue(index, &string(value.value("input")), events)?,
                b"toolResult" => self.result(index, value)?,
                b"image" => {
                    if let Some(source) = value.value("source") {
                        self.picture(index, source)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Text of the answer; held while the answer may yet come by its tool.
    fn say(&mut self, index: u64, text: &str, events: &mut Vec<ChatEvent>) -> Result<(), Unreadable> {
        let fresh = Open::Text { from: self.said, citations: Vec::new() };
        self.open_quietly(index, fresh, |open| matches!(open, Open::Text { .. }), events)?;
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

    fn cite(&mut self, index: u64, value: Value<'_>, events: &mut Vec<ChatEvent>) -> Result<(), Unreadable> {
        self.say(index, "", events)?;
        self.hold(value.raw().len())?;
        if let Some(Open::Text { citations, .. }) = self.opened(index) {
            citations.push(citation(value));
        }
        Ok(())
    }

    fn reason(
        &mut self,
        index: u64,
        value: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        let fresh = Open::Reasoning { signature: String::new(), redacted: Vec::new() };
        self.open_quietly(index, fresh, |open| matches!(open, Open::Reasoning { .. }), events)?;
        let delta = string(value.value("text"));
        if !delta.is_empty() {
            events.push(ChatEvent::Reasoning { choice: 0, delta });
        }
        let sealed = string(value.value("signature"));
        let secret = STANDARD.decode(string(value.value("redactedContent"))).unwrap_or_default();
        self.hold(sealed.len() + secret.len())?;
        if let Some(Open::Reasoning { signature, redacted }) = self.opened(index) {
            signature.push_str(&sealed);
            redacted.extend_from_slice(&secret);
        }
        Ok(())
    }

    /// Text of a call's arguments.
    fn argue(&mut self, index: u64, delta: &str, events: &mut Vec<ChatEvent>) -> Result<(), Unreadable> {
        if delta.is_empty() {
            return Ok(());
        }
        let delta = delta.to_owned();
        match self.opened(index) {
            Some(Open::Call { call, any }) => {
                *any = true;
                let call = *call;
                events.push(ChatEvent::ToolArguments { choice: 0, call, delta });
            }
            Some(Open::Answer { any }) => {
                *any = true;
                events.push(ChatEvent::Text { choice: 0, delta });
            }
            Some(Open::ServerCall { input, .. }) => {
                input.push_str(&delta);
                return self.hold(delta.len());
            }
            // A call whose beginning got lost: without it the answer would be another one.
            None => return Err(Unreadable),
            _ => {}
        }
        Ok(())
    }

    /// Items of what a tool of Bedrock's gave.
    fn result(&mut self, index: u64, items: Value<'_>) -> Result<(), Unreadable> {
        self.hold(items.raw().len())?;
        if let Some(Open::ServerResult { content, .. }) = self.opened(index) {
            content.extend(items.items().map(|item| item.raw().to_vec()));
        }
        Ok(())
    }

    fn picture(&mut self, index: u64, source: Value<'_>) -> Result<(), Unreadable> {
        let more = STANDARD.decode(string(source.value("bytes"))).unwrap_or_default();
        self.hold(more.len())?;
        if let Some(Open::Image { bytes, .. }) = self.opened(index) {
            bytes.extend_from_slice(&more);
        }
        Ok(())
    }

    /// Opens a block that nothing announced, unless it is open.
    fn open_quietly(
        &mut self,
        index: u64,
        fresh: Open,
        fits: impl Fn(&Open) -> bool,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        if self.opened(index).is_some_and(|open| fits(open)) {
            return Ok(());
        }
        self.make_room(index, events)?;
        self.blocks.push((index, fresh));
        Ok(())
    }

    fn opened(&mut self, index: u64) -> Option<&mut Open> {
        self.blocks.iter_mut().find(|(known, _)| *known == index).map(|(_, open)| open)
    }

    /// Ends what was open under the index of a new block, and what is told only when its block ends: some streams
    /// do not tell that.
    fn make_room(&mut self, index: u64, events: &mut Vec<ChatEvent>) -> Result<(), Unreadable> {
        self.start(None, events);
        let over: Vec<u64> = self
            .blocks
            .iter()
            .filter(|(known, open)| {
                *known == index || !matches!(open, Open::Call { .. } | Open::Answer { .. })
            })
            .map(|(known, _)| *known)
            .collect();
        for index in over {
            self.close(index, events);
        }
        if self.blocks.len() < MOST_OPEN { Ok(()) } else { Err(Unreadable) }
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
            Open::Reasoning { signature, redacted } => {
                if !signature.is_empty() {
                    let seal = Seal { maker: self.way.maker, text: signature.into() };
                    self.sealed = self.way.carries_seals.then(|| seal.clone());
                    events.push(ChatEvent::Sealed { choice: 0, seal });
                }
                if let Some(seal) = self.redacted(redacted) {
                    events.push(ChatEvent::Redacted { choice: 0, seal });
                }
            }
            Open::Call { call, any: false } => {
                events.push(ChatEvent::ToolArguments { choice: 0, call, delta: "{}".to_owned() });
            }
            Open::Answer { any: false } => {
                events.push(ChatEvent::Text { choice: 0, delta: "{}".to_owned() });
            }
            Open::Call { .. } | Open::Answer { .. } => {}
            Open::ServerCall { start, input } => {
                let input = if input.is_empty() { b"{}".to_vec() } else { input.into_bytes() };
                let whole = |bytes: &[u8]| Document::parse(bytes::Bytes::copy_from_slice(bytes)).is_ok();
                let input = if whole(&input) { input } else { b"{}".to_vec() };
                events.extend(native("toolUse", start, "input", input));
            }
            Open::ServerResult { start, content } => {
                let content = [b"[".as_slice(), &content.join(b",".as_slice()), b"]"].concat();
                events.extend(native("toolResult", start, "content", content));
            }
            Open::Image { format, bytes } => {
                let data = Base64::new(STANDARD.encode(&bytes)).filter(|_| !bytes.is_empty());
                events.extend(data.map(|data| {
                    let source = Source::Inline { media_type: format!("image/{format}").into(), data };
                    ChatEvent::Image { choice: 0, image: Image { source, detail: None, cache: None } }
                }));
            }
        }
    }

    /// What Claude has encrypted is text there, and base64 of that text here.
    fn redacted(&self, bytes: Vec<u8>) -> Option<Seal> {
        if bytes.is_empty() {
            return None;
        }
        let maker = self.way.maker;
        let text = match maker {
            Maker::Anthropic => String::from_utf8(bytes).ok()?,
            _ => STANDARD.encode(bytes),
        };
        Some(Seal { maker, text: text.into() })
    }

    /// The answer ends; `end` has `stopReason` and perhaps what the model said besides.
    pub(super) fn finish(&mut self, end: Option<Value<'_>>, events: &mut Vec<ChatEvent>) {
        self.start(None, events);
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
        let value = |name: &str| end.and_then(|end| end.value(name)).filter(|value| !value.is_null());
        let fields = value("additionalModelResponseFields");
        let sequence = fields.and_then(|fields| fields.value("stop_sequence")).and_then(Value::as_str);
        events.extend(fields.map(|fields| extra("additionalModelResponseFields", fields)));
        let reason =
            reason(value("stopReason").and_then(Value::as_str).as_deref(), self.calls, self.answered);
        let finish = Finish { reason, sequence: sequence.map(Into::into) };
        events.push(ChatEvent::Finish { choice: 0, finish });
        self.phase = Phase::Finished;
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.held = self.held.saturating_add(bytes);
        if self.held > MOST_HELD { Err(Unreadable) } else { Ok(()) }
    }
}

fn reason(stop: Option<&str>, calls: CallIndex, answered: bool) -> FinishReason {
    match stop {
        Some("tool_use") if calls == 0 && answered => FinishReason::Stop,
        Some("tool_use") => FinishReason::ToolCalls,
        // Some models call and say that they are done.
        Some("end_turn") if calls > 0 => FinishReason::ToolCalls,
        Some("stop_sequence") => FinishReason::StopSequence,
        Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
        Some("content_filtered" | "guardrail_intervened") => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

/// A member of the answer that has no place in the model.
pub(super) fn extra(name: &str, value: Value<'_>) -> ChatEvent {
    ChatEvent::Extra(Extra { name: name.into(), value: Json::from_checked(value.raw().to_vec()) })
}

fn string(value: Option<Value<'_>>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().into_owned()
}

fn citation(value: Value<'_>) -> Citation {
    let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).map(Into::into);
    let web = value.value("location").and_then(|location| location.value("web"));
    Citation {
        url: text(web.and_then(|web| web.value("url"))),
        title: text(value.value("title")).or_else(|| text(value.value("source"))),
        span: None,
        raw: Some(Json::from_checked(value.raw().to_vec())),
    }
}

/// A block with what came after its start.
fn native(kind: &str, start: Vec<u8>, member: &'static str, rest: Vec<u8>) -> Option<ChatEvent> {
    let document = Document::parse(start.into()).ok()?;
    let mut edits = Edits::new();
    edits.set(member, rest);
    let inner = document.apply(&edits).to_bytes();
    let value = Json::from_checked(write_object(|block| block.raw(kind, &inner)));
    Some(ChatEvent::Native { choice: 0, maker: Maker::Bedrock, value })
}
