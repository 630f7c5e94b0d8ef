//! A conversation as Claude takes it: instructions apart, turns that alternate, each call followed by its result.
//!
//! What clients send is repaired in named steps: [`Conversation::of`] gathers and merges, `answer_calls` pairs,
//! `open_with_user` and `close_neatly` see to the ends.

use std::borrow::Cow;

use document::ObjectWriter;
use model::{
    AssistantPart, CacheMark, ChatRequest, LossKind, Losses, Maker, Message, Reasoning, ResponseFormat,
    ToolCall, ToolResult,
};

use super::blocks::{Block, Shown, of_parts, orphan_text, write_cache};
use crate::anthropic::ids::legal;
use crate::once::Once;
use crate::sealed_id::carried;
use crate::{EncodeError, ToolNames};

/// Stands for a user who says nothing; the API refuses white space.
const PLACEHOLDER: &str = ".";
const LONGEST_ID: usize = 512;
/// Asks for what the API cannot be made to give.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else: no text around it, no code fence.";

pub(super) struct Conversation<'r> {
    system: Vec<(Cow<'r, str>, Option<CacheMark>)>,
    turns: Vec<Turn<'r>>,
    /// Of the calls.
    ids: Once,
}

struct Turn<'r> {
    assistant: bool,
    blocks: Vec<Block<'r>>,
}

/// A call that was made, and what came of it.
struct Made<'r> {
    turn: usize,
    id: &'r str,
    sent: Box<str>,
    result: Option<&'r ToolResult>,
}

impl<'r> Conversation<'r> {
    pub(super) fn of(request: &'r ChatRequest, losses: &mut Losses) -> Result<Self, EncodeError> {
        let mut conversation = Self { system: Vec::new(), turns: Vec::new(), ids: Once::default() };
        let mut made = Vec::new();
        for message in &request.messages {
            conversation.add(message, &mut made, losses)?;
        }
        if request.response_format == ResponseFormat::JsonObject {
            conversation.system.push((Cow::Borrowed(JSON_ONLY), None));
        }
        conversation.answer_calls(&made)?;
        conversation.turns.retain(|turn| !turn.blocks.is_empty());
        conversation.open_with_user();
        conversation.close_neatly();
        Ok(conversation)
    }

    fn add(
        &mut self,
        message: &'r Message,
        made: &mut Vec<Made<'r>>,
        losses: &mut Losses,
    ) -> Result<(), EncodeError> {
        match message {
            Message::System(system) => {
                let texts = system.parts.iter().filter(|part| !part.text.trim().is_empty());
                self.system.extend(texts.map(|part| (Cow::Borrowed(part.text.as_str()), part.cache)));
            }
            Message::User(user) => {
                let blocks = of_parts(&user.parts)?;
                if !blocks.is_empty() {
                    self.extend(false, blocks);
                }
            }
            Message::Assistant(assistant) => {
                let seals: Vec<_> = assistant
                    .parts
                    .iter()
                    .map(|part| carried(part, &assistant.parts, Maker::Anthropic))
                    .collect();
                // A turn begins with its thoughts.
                let first = seals.iter().copied().flatten().next();
                self.extend_with_thought(first);
                for (part, seal) in assistant.parts.iter().zip(seals) {
                    self.extend_with_thought(seal.filter(|_| seal != first));
                    self.add_part(part, made, losses);
                }
            }
            Message::Tool(result) => {
                for extra in result.extras.iter() {
                    losses.add(format!("messages.{}", extra.name), LossKind::Dropped);
                }
                self.add_result(result, made)?;
            }
        }
        Ok(())
    }

    /// Consecutive messages of one side are one turn.
    fn extend(&mut self, assistant: bool, blocks: Vec<Block<'r>>) {
        match self.turns.last_mut() {
            Some(turn) if turn.assistant == assistant => turn.blocks.extend(blocks),
            _ => self.turns.push(Turn { assistant, blocks }),
        }
    }

    /// A thought of which only the seal is left: the API reads it out of that.
    fn extend_with_thought(&mut self, seal: Option<&'r str>) {
        if let Some(signature) = seal {
            self.extend(true, vec![Block::Thinking { text: "", signature }]);
        }
    }

    fn add_part(&mut self, part: &'r AssistantPart, made: &mut Vec<Made<'r>>, losses: &mut Losses) {
        let block = match part {
            AssistantPart::Text(part) if part.text.trim().is_empty() => return,
            AssistantPart::Text(part) => Block::Text { text: Cow::Borrowed(&part.text), cache: part.cache },
            AssistantPart::Refusal(text) if text.trim().is_empty() => return,
            AssistantPart::Refusal(text) => Block::Text { text: Cow::Borrowed(text), cache: None },
            // The API refuses thinking that it has not signed itself.
            AssistantPart::Reasoning(Reasoning::Open { text, seal: Some(seal) })
                if seal.maker == Maker::Anthropic =>
            {
                Block::Thinking { text, signature: &seal.text }
            }
            AssistantPart::Reasoning(Reasoning::Redacted(seal)) if seal.maker == Maker::Anthropic => {
                Block::Redacted(&seal.text)
            }
            AssistantPart::Reasoning(_) => return,
            AssistantPart::ToolCall(call) => return self.add_call(call, made),
            AssistantPart::Native(Maker::Anthropic, value) => Block::Native(value),
            AssistantPart::Native(..) | AssistantPart::Image(_) => {
                return losses.add("messages.content", LossKind::Dropped);
            }
        };
        self.extend(true, vec![block]);
    }

    /// Ids have few characters and occur once, which other providers do not promise.
    fn add_call(&mut self, call: &'r ToolCall, made: &mut Vec<Made<'r>>) {
        let sent = self.ids.take(&legal(&call.id), LONGEST_ID);
        let (name, arguments) = (&*call.name, &call.arguments);
        let block = Block::Call { id: sent.clone(), name, arguments, cache: call.cache };
        self.extend(true, vec![block]);
        made.push(Made { turn: self.turns.len().saturating_sub(1), id: &call.id, sent, result: None });
    }

    /// A result answers the last call of its id that has none yet; otherwise it is something that the user says.
    fn add_result(&mut self, result: &'r ToolResult, made: &mut [Made<'r>]) -> Result<(), EncodeError> {
        let open = made.iter_mut().rev().find(|call| call.id == &*result.call && call.result.is_none());
        if let Some(call) = open {
            call.result = Some(result);
            // The next answer is a turn of its own.
            self.extend(false, Vec::new());
            return Ok(());
        }
        let others =
            of_parts(&result.parts)?.into_iter().filter(|block| !matches!(block, Block::Text { .. }));
        let text = Block::Text { text: Cow::Owned(orphan_text(result)), cache: result.cache };
        self.extend(false, std::iter::once(text).chain(others).collect());
        Ok(())
    }

    /// Puts the results of each turn's calls, in their order, at the head of the turn behind it; an empty one
    /// where none was given.
    fn answer_calls(&mut self, made: &[Made<'r>]) -> Result<(), EncodeError> {
        let mut results: Vec<(usize, Block<'r>)> = Vec::with_capacity(made.len());
        for call in made {
            let result = call.result.map(Shown::of).transpose()?;
            results.push((call.turn + 1, Block::Result { id: call.sent.clone(), result }));
        }
        if results.last().is_some_and(|(turn, _)| *turn == self.turns.len()) {
            self.extend(false, Vec::new());
        }
        for (at, turn) in self.turns.iter_mut().enumerate().rev() {
            let first = results.partition_point(|(place, _)| *place < at);
            let own: Vec<_> = results.drain(first..).map(|(_, block)| block).collect();
            if !own.is_empty() {
                turn.blocks.splice(0..0, own);
            }
        }
        Ok(())
    }

    fn open_with_user(&mut self) {
        if self.turns.first().is_none_or(|turn| turn.assistant) {
            let block = Block::Text { text: Cow::Borrowed(PLACEHOLDER), cache: None };
            self.turns.insert(0, Turn { assistant: false, blocks: vec![block] });
        }
    }

    /// The beginning of an answer must not end in white space.
    fn close_neatly(&mut self) {
        if let Some(Turn { assistant: true, blocks }) = self.turns.last_mut()
            && let Some(Block::Text { text, .. }) = blocks.last_mut()
        {
            let end = text.trim_end().len();
            match text {
                Cow::Borrowed(text) => *text = text.get(..end).unwrap_or(text),
                Cow::Owned(text) => text.truncate(end),
            }
        }
    }

    /// Whether the answer goes on behind calls whose thinking is not there any more: then the API refuses to
    /// think on.
    pub(super) fn continues_without_thinking(&self) -> bool {
        let mut last = self.turns.iter().rev();
        match (last.next(), last.next()) {
            (Some(user), Some(assistant)) if !user.assistant && assistant.assistant => {
                user.blocks.iter().any(|block| matches!(block, Block::Result { .. }))
                    && !assistant.blocks.first().is_some_and(Block::is_thinking)
            }
            _ => false,
        }
    }

    /// Whether something is told by the id of an uploaded file.
    pub(super) fn has_uploads(&self) -> bool {
        self.turns.iter().flat_map(|turn| &turn.blocks).any(Block::has_upload)
    }

    pub(super) fn write(&self, names: &ToolNames, body: &mut ObjectWriter<'_>) {
        if self.system.iter().any(|(_, cache)| cache.is_some()) {
            body.array("system", |system| {
                for (text, cache) in &self.system {
                    system.object(|block| {
                        block.text("type", "text");
                        block.text("text", text);
                        write_cache(*cache, block);
                    });
                }
            });
        } else if !self.system.is_empty() {
            let texts: Vec<&str> = self.system.iter().map(|(text, _)| &**text).collect();
            body.text("system", &texts.join("\n"));
        }
        let sent_name = |name: &str| names.outward(name).to_owned();
        body.array("messages", |messages| {
            for turn in &self.turns {
                messages.object(|message| {
                    message.text("role", if turn.assistant { "assistant" } else { "user" });
                    if let [Block::Text { text, cache: None }] = turn.blocks.as_slice() {
                        return message.text("content", text);
                    }
                    message.array("content", |content| {
                        turn.blocks.iter().for_each(|block| block.write(&sent_name, content));
                    });
                });
            }
        });
    }
}
