//! A conversation as Converse takes it: instructions apart, turns that alternate, each call followed by its result.
//!
//! What clients send is repaired in named steps: `extend` merges the messages of one side, `answer_calls` pairs
//! calls and results, `prepend_system`, `start_with_user`, `give_documents_text`, `close_neatly` and
//! `limit_cache_points` do what their names say.

use std::borrow::Cow;

use document::ObjectWriter;
use model::{
    AssistantPart, ChatRequest, LossKind, Losses, Maker, Message, Reasoning, ResponseFormat, SystemMessage,
    ToolCall, ToolResult,
};

use super::blocks::{Block, Shown, of_parts, orphan_text};
use super::ids::Ids;
use super::media::Names;
use crate::sealed_id::carried;
use crate::{CachePlaces, EncodeError, Family, ToolNames};

/// Stands for a user who says nothing; Bedrock refuses white space.
const PLACEHOLDER: &str = ".";
/// Asks for what the API cannot be made to give.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else: no text around it, no code fence.";
/// Points of the prompt cache that one request may have.
const MOST_CACHE_POINTS: usize = 4;

pub(super) struct Conversation<'r> {
    system: Vec<Block<'r>>,
    turns: Vec<Turn<'r>>,
    names: Names,
    ids: Ids,
    /// Whose reasoning the model knows as its own.
    maker: Maker,
    /// Points of the cache that are left for the tools.
    tool_points: usize,
}

struct Turn<'r> {
    assistant: bool,
    blocks: Vec<Block<'r>>,
}

/// A call that was made, and what came of it.
struct Made<'r> {
    turn: usize,
    id: &'r str,
    name: &'r str,
    sent: Box<str>,
    result: Option<&'r ToolResult>,
}

impl<'r> Conversation<'r> {
    /// `tool_points`: points of the cache among the tools.
    pub(super) fn of(
        request: &'r ChatRequest,
        family: &Family,
        maker: Maker,
        tool_points: usize,
        losses: &mut Losses,
    ) -> Result<Self, EncodeError> {
        let mut conversation = Self {
            system: Vec::new(),
            turns: Vec::new(),
            names: Names::default(),
            ids: Ids::default(),
            maker,
            tool_points,
        };
        let mut made = Vec::new();
        for message in &request.messages {
            conversation.add(message, &mut made, losses)?;
        }
        if request.response_format == ResponseFormat::JsonObject {
            conversation.system.push(Block::Text(Cow::Borrowed(JSON_ONLY)));
        }
        conversation.answer_calls(&made)?;
        conversation
            .turns
            .retain(|turn| turn.blocks.iter().any(|block| !matches!(block, Block::CachePoint(_))));
        conversation.start_with_user();
        if !family.system {
            conversation.prepend_system(losses);
        }
        conversation.give_documents_text();
        conversation.close_neatly();
        conversation.limit_cache_points(family.cache, losses);
        Ok(conversation)
    }

    fn add(
        &mut self,
        message: &'r Message,
        made: &mut Vec<Made<'r>>,
        losses: &mut Losses,
    ) -> Result<(), EncodeError> {
        match message {
            Message::System(system) => self.add_system(system),
            Message::User(user) => {
                let blocks = of_parts(&user.parts, &mut self.names)?;
                if !blocks.is_empty() {
                    self.extend(false, blocks);
                }
            }
            Message::Assistant(assistant) => {
                let maker = self.maker;
                let seals: Vec<_> =
                    assistant.parts.iter().map(|part| carried(part, &assistant.parts, maker)).collect();
                // A turn begins with its reasoning.
                let first = seals.iter().copied().flatten().next();
                self.extend_with_reasoning(first);
                for (part, seal) in assistant.parts.iter().zip(seals) {
                    self.extend_with_reasoning(seal.filter(|_| seal != first));
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

    fn add_system(&mut self, system: &'r SystemMessage) {
        for part in system.parts.iter().filter(|part| !part.text.trim().is_empty()) {
            self.system.push(Block::Text(Cow::Borrowed(&part.text)));
            self.system.extend(part.cache.map(Block::CachePoint));
        }
    }

    /// Consecutive messages of one side are one turn.
    fn extend(&mut self, assistant: bool, blocks: Vec<Block<'r>>) {
        match self.turns.last_mut() {
            Some(turn) if turn.assistant == assistant => turn.blocks.extend(blocks),
            _ => self.turns.push(Turn { assistant, blocks }),
        }
    }

    /// Reasoning of which only the seal is left: the model reads it out of that.
    fn extend_with_reasoning(&mut self, seal: Option<&'r str>) {
        if let Some(signature) = seal {
            self.extend(true, vec![Block::Reasoning { text: "", signature }]);
        }
    }

    fn add_part(&mut self, part: &'r AssistantPart, made: &mut Vec<Made<'r>>, losses: &mut Losses) {
        let (block, cache) = match part {
            AssistantPart::Text(part) if part.text.trim().is_empty() => return,
            AssistantPart::Text(part) => (Block::Text(Cow::Borrowed(&part.text)), part.cache),
            AssistantPart::Refusal(text) if text.trim().is_empty() => return,
            AssistantPart::Refusal(text) => (Block::Text(Cow::Borrowed(text)), None),
            // Reasoning that its model has not signed is refused.
            AssistantPart::Reasoning(Reasoning::Open { text, seal: Some(seal) })
                if seal.maker == self.maker =>
            {
                (Block::Reasoning { text, signature: &seal.text }, None)
            }
            AssistantPart::Reasoning(Reasoning::Redacted(seal)) if seal.maker == self.maker => {
                (Block::redacted(seal), None)
            }
            AssistantPart::Reasoning(_) => return,
            AssistantPart::ToolCall(call) => return self.add_call(call, made),
            AssistantPart::Native(Maker::Bedrock, value) => (Block::Native(value), None),
            AssistantPart::Native(..) | AssistantPart::Image(_) => {
                return losses.add("messages.content", LossKind::Dropped);
            }
        };
        self.extend(true, std::iter::once(block).chain(cache.map(Block::CachePoint)).collect());
    }

    /// Ids have few characters and occur once, which other providers do not promise.
    fn add_call(&mut self, call: &'r ToolCall, made: &mut Vec<Made<'r>>) {
        let sent = self.ids.unused(&call.id);
        let block = Block::Call { id: sent.clone(), name: &call.name, arguments: &call.arguments };
        self.extend(true, std::iter::once(block).chain(call.cache.map(Block::CachePoint)).collect());
        let turn = self.turns.len().saturating_sub(1);
        made.push(Made { turn, id: &call.id, name: &call.name, sent, result: None });
    }

    /// A result answers the last call of its id that has none yet, or of its name where no call has its id;
    /// otherwise it is something that the user says.
    fn add_result(&mut self, result: &'r ToolResult, made: &mut [Made<'r>]) -> Result<(), EncodeError> {
        let is_known = made.iter().any(|call| call.id == &*result.call);
        let fits = |call: &Made<'r>| {
            if is_known { call.id == &*result.call } else { result.name.as_deref() == Some(call.name) }
        };
        let open = made.iter_mut().rev().find(|call| call.result.is_none() && fits(call));
        if let Some(call) = open {
            call.result = Some(result);
            // The next answer is a turn of its own.
            self.extend(false, Vec::new());
            return Ok(());
        }
        let others = of_parts(&result.parts, &mut self.names)?;
        let others = others.into_iter().filter(|block| matches!(block, Block::Medium(_)));
        let text = Block::Text(Cow::Owned(orphan_text(result)));
        self.extend(false, std::iter::once(text).chain(others).collect());
        Ok(())
    }

    /// Puts the results of each turn's calls, in their order, at the head of the turn behind it; an empty one
    /// where none was given.
    fn answer_calls(&mut self, made: &[Made<'r>]) -> Result<(), EncodeError> {
        let mut results: Vec<(usize, Vec<Block<'r>>)> = Vec::with_capacity(made.len());
        for call in made {
            let shown = call.result.map(|result| Shown::of(result, &mut self.names)).transpose()?;
            let cache = call.result.and_then(|result| result.cache).map(Block::CachePoint);
            let block = Block::Result { id: call.sent.clone(), result: shown };
            results.push((call.turn + 1, std::iter::once(block).chain(cache).collect()));
        }
        if results.last().is_some_and(|(turn, _)| *turn == self.turns.len()) {
            self.extend(false, Vec::new());
        }
        for (at, turn) in self.turns.iter_mut().enumerate().rev() {
            let first = results.partition_point(|(place, _)| *place < at);
            let own: Vec<_> = results.drain(first..).flat_map(|(_, blocks)| blocks).collect();
            if !own.is_empty() {
                turn.blocks.splice(0..0, own);
            }
        }
        Ok(())
    }

    fn start_with_user(&mut self) {
        if self.turns.first().is_none_or(|turn| turn.assistant) {
            let blocks = vec![Block::Text(Cow::Borrowed(PLACEHOLDER))];
            self.turns.insert(0, Turn { assistant: false, blocks });
        }
    }

    /// Instructions for a model that takes none stand before what the user says first.
    fn prepend_system(&mut self, losses: &mut Losses) {
        if self.system.is_empty() {
            return;
        }
        losses.add("messages.system", LossKind::Emulated);
        let system = std::mem::take(&mut self.system);
        if let Some(first) = self.turns.first_mut() {
            first.blocks.splice(0..0, system);
        }
    }

    /// A message with a document needs a text.
    fn give_documents_text(&mut self) {
        for turn in &mut self.turns {
            let has_text = turn.blocks.iter().any(|block| matches!(block, Block::Text(_)));
            if !has_text && turn.blocks.iter().any(Block::is_document) {
                turn.blocks.push(Block::Text(Cow::Borrowed(PLACEHOLDER)));
            }
        }
    }

    /// The beginning of an answer must not end in white space.
    fn close_neatly(&mut self) {
        if let Some(Turn { assistant: true, blocks }) = self.turns.last_mut()
            && let Some(Block::Text(text)) = blocks.last_mut()
        {
            let end = text.trim_end().len();
            match text {
                Cow::Borrowed(text) => *text = text.get(..end).unwrap_or(text),
                Cow::Owned(text) => text.truncate(end),
            }
        }
    }

    /// Keeps the last points, which cover what those before them do: tools come first, then the instructions.
    fn limit_cache_points(&mut self, places: CachePlaces, losses: &mut Losses) {
        let mut left = if places == CachePlaces::Nowhere { 0 } else { MOST_CACHE_POINTS };
        let mut surplus = false;
        let turns = self.turns.iter_mut().map(|turn| &mut turn.blocks);
        let lists: Vec<_> = std::iter::once(&mut self.system).chain(turns).collect();
        for blocks in lists.into_iter().rev() {
            for at in (0..blocks.len()).rev() {
                if !matches!(blocks.get(at), Some(Block::CachePoint(_))) {
                    continue;
                }
                if left == 0 {
                    surplus = true;
                    blocks.remove(at);
                } else {
                    left -= 1;
                }
            }
        }
        surplus |= self.tool_points > left;
        self.tool_points = self.tool_points.min(left);
        // That a model has no cache at all was reported before.
        if surplus && places != CachePlaces::Nowhere {
            losses.add("cache_control", LossKind::Approximated);
        }
    }

    /// Points of the cache that the tools may have.
    pub(super) fn tool_points(&self) -> usize {
        self.tool_points
    }

    /// Whether the conversation has calls or results, which Bedrock takes only together with tools.
    pub(super) fn speaks_of_tools(&self) -> bool {
        let mut blocks = self.turns.iter().flat_map(|turn| &turn.blocks);
        blocks.any(|block| matches!(block, Block::Call { .. } | Block::Result { .. } | Block::Native(_)))
    }

    /// Whether the answer goes on behind calls whose reasoning is not there any more: then Claude refuses to
    /// think on.
    pub(super) fn continues_without_reasoning(&self) -> bool {
        let mut last = self.turns.iter().rev();
        match (last.next(), last.next()) {
            (Some(user), Some(assistant)) if !user.assistant && assistant.assistant => {
                user.blocks.iter().any(|block| matches!(block, Block::Result { .. }))
                    && !assistant.blocks.first().is_some_and(Block::is_reasoning)
            }
            _ => false,
        }
    }

    pub(super) fn write(&self, names: &ToolNames, body: &mut ObjectWriter<'_>) {
        if !self.system.is_empty() {
            body.array("system", |system| self.system.iter().for_each(|block| block.write(names, system)));
        }
        body.array("messages", |messages| {
            for turn in &self.turns {
                messages.object(|message| {
                    message.text("role", if turn.assistant { "assistant" } else { "user" });
                    message.array("content", |content| {
                        turn.blocks.iter().for_each(|block| block.write(names, content));
                    });
                });
            }
        });
    }
}
