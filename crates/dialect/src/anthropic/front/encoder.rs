//! Puts the events of any provider's stream into the order of Messages.
//!
//! Blocks come one after the other there. So what comes while a call is not complete waits behind it: other
//! calls, text, whatever it is, in its order and within a bound. A call is complete when its arguments are a
//! whole JSON object, or when the answer ends.

use std::collections::VecDeque;
use std::mem;

use model::{CallIndex, ChatEvent, Finish, Maker, Seal, UpstreamError, Usage};
use stream::{ChatEncoder, StreamFault};

use super::emitter::{Between, Block, Complete, Fresh, Text, Thinking, ToolUse};
use super::seal;
use super::write::{call_id, citation, estimated, message_id, name, redacted};
use crate::Identity;
use crate::anthropic::error;

mod complete;

use complete::ObjectScan;

/// Bytes that may wait behind a call.
const MOST_HELD: usize = 16 << 20;
/// What a thing that waits costs besides its text.
const OVERHEAD: usize = 64;

/// Writes one stream.
pub(super) struct Encoder {
    identity: Identity,
    /// The client wants to see thinking.
    thinking: bool,
    /// The model, as the client named it.
    asked: Option<Box<str>>,
    state: State,
    /// What has come and is not written, in its order.
    waiting: VecDeque<Item>,
    held: usize,
    calls: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
    output_bytes: u64,
}

enum State {
    Fresh(Fresh),
    Between(Between),
    Text(Block<Text>),
    Thinking(Block<Thinking>),
    Call {
        block: Block<ToolUse>,
        call: CallIndex,
        scan: ObjectScan,
    },
    /// Nothing more is written.
    Complete(Complete),
    Failed,
}

/// One thing that an answer says.
enum Item {
    Text(String),
    Thought(String),
    Seal(Seal),
    Citation(Vec<u8>),
    /// A block as raw JSON.
    Whole(Vec<u8>),
    Call {
        call: CallIndex,
        id: String,
        name: Box<str>,
        arguments: String,
    },
}

impl Encoder {
    pub(super) fn new(identity: Identity, thinking: bool, asked: Option<Box<str>>) -> Self {
        Self {
            identity,
            thinking,
            asked,
            state: State::Fresh(Fresh::new()),
            waiting: VecDeque::new(),
            held: 0,
            calls: false,
            finish: None,
            usage: None,
            output_bytes: 0,
        }
    }

    /// What an event says, as far as it is shown.
    fn item(&self, event: ChatEvent) -> Option<Item> {
        Some(match event {
            ChatEvent::Text { delta, .. } | ChatEvent::Refusal { delta, .. } => Item::Text(delta),
            ChatEvent::Reasoning { delta, .. } if self.thinking => Item::Thought(delta),
            ChatEvent::Sealed { seal, .. } if self.thinking => Item::Seal(seal),
            ChatEvent::Redacted { seal, .. } if self.thinking => Item::Whole(redacted(&seal)),
            ChatEvent::Citation { citation: one, .. } => Item::Citation(citation(&one)?),
            ChatEvent::Native { maker: Maker::Anthropic, value, .. } => {
                Item::Whole(value.as_bytes().to_vec())
            }
            ChatEvent::ToolStart { call, id, name, seal, .. } => {
                let id = call_id(&id, seal.as_ref()).into_owned();
                Item::Call { call, id, name, arguments: String::new() }
            }
            _ => return None,
        })
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        match mem::replace(&mut self.state, State::Failed) {
            State::Fresh(fresh) => {
                let id = message_id(id.unwrap_or(&self.identity.id));
                let model = name(self.asked.as_deref(), model, &self.identity);
                self.state = State::Between(fresh.start(&id, model, self.identity.input_estimate, out));
            }
            other => self.state = other,
        }
    }

    /// More of a call's arguments: written where the call is open, else kept with it. Nothing can follow
    /// arguments that were complete when something else came.
    fn arguments(&mut self, of: CallIndex, delta: &str, out: &mut Vec<u8>) {
        if let State::Call { block, call, scan } = &mut self.state
            && *call == of
        {
            block.input(delta, out);
            scan.feed(delta);
            return;
        }
        let kept = self.waiting.iter_mut().find_map(|item| match item {
            Item::Call { call, arguments, .. } if *call == of => Some(arguments),
            _ => None,
        });
        if let Some(arguments) = kept {
            arguments.push_str(delta);
            self.held = self.held.saturating_add(delta.len());
        }
    }

    fn keep(&mut self, item: Item) {
        self.held = self.held.saturating_add(item.size());
        match (self.waiting.back_mut(), item) {
            (Some(Item::Text(text)), Item::Text(more)) | (Some(Item::Thought(text)), Item::Thought(more)) => {
                text.push_str(&more);
            }
            (_, item) => self.waiting.push_back(item),
        }
    }

    /// Writes what waits, up to a call that is not complete.
    fn advance(&mut self, ended: bool, out: &mut Vec<u8>) {
        while !self.waiting.is_empty() {
            if let State::Call { scan, .. } = &self.state
                && !scan.is_complete()
                && !ended
            {
                break;
            }
            let Some(item) = self.waiting.pop_front() else { break };
            self.held = self.held.saturating_sub(item.size());
            self.write(item, out);
        }
        if self.waiting.is_empty() {
            self.held = 0;
        }
    }

    fn write(&mut self, item: Item, out: &mut Vec<u8>) {
        self.state = match (mem::replace(&mut self.state, State::Failed), item) {
            (State::Text(block), Item::Text(text)) => {
                block.text(&text, out);
                State::Text(block)
            }
            (State::Text(block), Item::Citation(citation)) => {
                block.citation(&citation, out);
                State::Text(block)
            }
            // A citation is of the text before it.
            (state, Item::Citation(_)) => state,
            (State::Thinking(block), Item::Thought(text)) => {
                block.thinking(&text, out);
                State::Thinking(block)
            }
            (State::Thinking(block), Item::Seal(seal)) => {
                State::Between(block.sign(&seal::signature(&seal), out))
            }
            (state, item) => match close(state, out) {
                Ok(between) => open(between, item, out),
                Err(over) => over,
            },
        };
    }
}

/// Ends the block that is open.
fn close(state: State, out: &mut Vec<u8>) -> Result<Between, State> {
    match state {
        State::Between(between) => Ok(between),
        State::Text(block) => Ok(block.stop(out)),
        State::Thinking(block) => Ok(block.stop(out)),
        State::Call { block, .. } => Ok(block.stop(out)),
        State::Fresh(_) | State::Complete(_) | State::Failed => Err(state),
    }
}

/// Begins a block with what it says.
fn open(between: Between, item: Item, out: &mut Vec<u8>) -> State {
    match item {
        Item::Text(text) => {
            let block = between.text(out);
            block.text(&text, out);
            State::Text(block)
        }
        Item::Thought(text) => {
            let block = between.thinking(out);
            block.thinking(&text, out);
            State::Thinking(block)
        }
        // Gemini seals text as well; an empty block of thinking behind that would be made up.
        Item::Seal(seal) if seal.maker == Maker::Gemini => State::Between(between),
        // The thinking was left out; its seal was not.
        Item::Seal(seal) => State::Between(between.thinking(out).sign(&seal::signature(&seal), out)),
        Item::Whole(block) => State::Between(between.whole(&block, out)),
        Item::Citation(_) => State::Between(between),
        Item::Call { call, id, name, arguments } => {
            let block = between.tool_use(&id, &name, out);
            let mut scan = ObjectScan::default();
            if !arguments.is_empty() {
                block.input(&arguments, out);
                scan.feed(&arguments);
            }
            State::Call { block, call, scan }
        }
    }
}

impl Item {
    fn size(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Text(text) | Self::Thought(text) => text.len(),
                Self::Seal(seal) => seal.text.len(),
                Self::Citation(raw) | Self::Whole(raw) => raw.len(),
                Self::Call { id, name, arguments, .. } => id.len() + name.len() + arguments.len(),
            }
    }
}

impl ChatEncoder for Encoder {
    fn event(&mut self, event: ChatEvent, out: &mut Vec<u8>) -> Result<(), StreamFault> {
        self.output_bytes += event.output_bytes();
        match event {
            ChatEvent::Start(start) => {
                self.start(start.id.as_deref(), start.model.as_deref(), out);
                return Ok(());
            }
            ChatEvent::Usage(usage) => {
                self.usage = Some(usage);
                return Ok(());
            }
            // One message is one answer.
            ref event if event.choice().is_some_and(|choice| choice != 0) => return Ok(()),
            _ => {}
        }
        if matches!(self.state, State::Complete(_) | State::Failed) || self.finish.is_some() {
            return Ok(());
        }
        match event {
            ChatEvent::ToolArguments { call, delta, .. } => self.arguments(call, &delta, out),
            ChatEvent::Finish { finish, .. } => {
                self.finish = Some(finish);
                self.advance(true, out);
                return Ok(());
            }
            event => {
                self.calls |= matches!(event, ChatEvent::ToolStart { .. });
                if let Some(item) = self.item(event) {
                    self.start(None, None, out);
                    self.keep(item);
                }
            }
        }
        self.advance(false, out);
        if self.held > MOST_HELD { Err(StreamFault::Interleaved { limit: MOST_HELD }) } else { Ok(()) }
    }

    fn finish(&mut self, usage: Option<&Usage>, out: &mut Vec<u8>) {
        self.start(None, None, out);
        self.advance(true, out);
        let usage = usage.copied().or(self.usage);
        let usage = usage.unwrap_or_else(|| estimated(&self.identity, self.output_bytes));
        let finish = self.finish.take().unwrap_or_default();
        self.state = match close(mem::replace(&mut self.state, State::Failed), out) {
            Ok(between) => State::Complete(between.end(&finish, self.calls, &usage, out)),
            Err(over) => over,
        };
    }

    fn error(&mut self, error: &UpstreamError, out: &mut Vec<u8>) {
        if !matches!(self.state, State::Complete(_) | State::Failed) {
            out.extend_from_slice(&error::frame(error.kind, &error.message, error.request_id.as_deref()));
            self.state = State::Failed;
            self.waiting.clear();
            self.held = 0;
        }
    }

    fn error_body(&self, error: &UpstreamError) -> Vec<u8> {
        error::body(error.kind, &error.message, error.request_id.as_deref())
    }
}

#[cfg(test)]
mod tests;
