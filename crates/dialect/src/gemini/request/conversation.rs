//! A conversation as Gemini takes it: instructions apart, contents of users and of the model, and behind the
//! model's calls one content that has all their results in order.
//!
//! What clients send is repaired in named steps: [`Conversation::of`] gathers and merges, `answer_calls` pairs,
//! `open_with_user` sees to the beginning.

use std::borrow::Cow;

use document::{ArrayWriter, ObjectWriter};
use model::{
    AssistantPart, ChatRequest, LossKind, Losses, Maker, Message, Reasoning, ResponseFormat, Seal, ToolCall,
    ToolResult, UserPart,
};

use super::media::{Medium, resolution};
use super::result::{Shown, orphan_text};
use crate::gemini::host::Host;
use crate::{EncodeError, Family, ToolNames};

/// Stands for a user who says nothing.
const PLACEHOLDER: &str = " ";
/// What the API takes in place of a signature that got lost.
const SKIP: &str = "skip_thought_signature_validator";
/// Asks for what the API cannot be made to give.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else: no text around it, no code fence.";

pub(super) struct Conversation<'r> {
    system: Vec<Cow<'r, str>>,
    contents: Vec<Content<'r>>,
    /// Calls and results have ids.
    ids: bool,
    signs: bool,
}

struct Content<'r> {
    speaker: Speaker,
    parts: Vec<Part<'r>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Model,
    /// The results of the calls of the content before.
    Results,
}

enum Part<'r> {
    Text { text: Cow<'r, str>, seal: Option<&'r str> },
    Medium { medium: Medium<'r>, resolution: Option<&'static str> },
    Call { id: &'r str, name: &'r str, call: &'r ToolCall, seal: Option<&'r str> },
    Result(Shown<'r>),
    Native(&'r [u8]),
}

/// A call that was made, and what came of it.
struct Made<'r> {
    id: &'r str,
    name: &'r str,
    result: Option<&'r ToolResult>,
}

impl<'r> Conversation<'r> {
    pub(super) fn of(
        host: &Host,
        request: &'r ChatRequest,
        family: &Family,
        names: &'r ToolNames,
        losses: &mut Losses,
    ) -> Result<Self, EncodeError> {
        let signs = family.gemini.signs_calls;
        let mut conversation =
            Self { system: Vec::new(), contents: Vec::new(), ids: host.call_ids && signs, signs };
        let mut made = Vec::new();
        for message in &request.messages {
            conversation.add(message, host, names, &mut made, losses)?;
        }
        conversation.answer_calls(&made, host)?;
        conversation.contents.retain(|content| !content.parts.is_empty());
        if !family.system && !conversation.system.is_empty() {
            conversation.tell_user(losses);
        }
        conversation.open_with_user();
        Ok(conversation)
    }

    fn add(
        &mut self,
        message: &'r Message,
        host: &Host,
        names: &'r ToolNames,
        made: &mut Vec<Made<'r>>,
        losses: &mut Losses,
    ) -> Result<(), EncodeError> {
        match message {
            Message::System(system) => {
                let texts = system.parts.iter().filter(|part| !part.text.trim().is_empty());
                self.system.extend(texts.map(|part| Cow::Borrowed(part.text.as_str())));
            }
            Message::User(user) => {
                let parts = self.of_parts(&user.parts, host, losses)?;
                if !parts.is_empty() {
                    self.extend(Speaker::User, parts);
                }
            }
            Message::Assistant(assistant) => self.add_answer(&assistant.parts, host, names, made, losses),
            Message::Tool(result) => {
                for extra in result.extras.iter() {
                    losses.add(format!("messages.{}", extra.name), LossKind::Dropped);
                }
                self.add_result(result, host, made, losses)?;
            }
        }
        Ok(())
    }

    /// Consecutive messages of one side are one content.
    fn extend(&mut self, speaker: Speaker, parts: Vec<Part<'r>>) {
        match self.contents.last_mut() {
            Some(content) if content.speaker == speaker => content.parts.extend(parts),
            _ => self.contents.push(Content { speaker, parts }),
        }
    }

    fn of_parts(
        &self,
        parts: &'r [UserPart],
        host: &Host,
        losses: &mut Losses,
    ) -> Result<Vec<Part<'r>>, EncodeError> {
        let mut read = Vec::with_capacity(parts.len());
        for part in parts {
            let mut resolution_wanted = None;
            let medium = match part {
                UserPart::Text(part) => {
                    if !part.text.is_empty() {
                        read.push(Part::Text { text: Cow::Borrowed(&part.text), seal: None });
                    }
                    continue;
                }
                UserPart::Image(image) => {
                    resolution_wanted = resolution(image.detail).filter(|_| self.signs);
                    if resolution(image.detail).is_some() && !self.signs {
                        losses.add("image_url.detail", LossKind::Dropped);
                    }
                    Medium::of_image(image, host)?
                }
                UserPart::Audio(audio) => Medium::of_audio(audio),
                UserPart::File(file) => Medium::of_file(file, host)?,
            };
            read.push(Part::Medium { medium, resolution: resolution_wanted });
        }
        Ok(read)
    }

    /// What the model said. Its thoughts need not come back; their seals do, on the text beside them.
    fn add_answer(
        &mut self,
        said: &'r [AssistantPart],
        host: &Host,
        names: &'r ToolNames,
        made: &mut Vec<Made<'r>>,
        losses: &mut Losses,
    ) {
        let mut parts: Vec<Part<'r>> = Vec::with_capacity(said.len());
        let mut loose = None;
        for part in said {
            match part {
                AssistantPart::Text(part) if part.text.is_empty() => {}
                AssistantPart::Text(part) => {
                    parts.push(Part::Text { text: Cow::Borrowed(&part.text), seal: loose.take() });
                }
                AssistantPart::Refusal(text) if text.is_empty() => {}
                AssistantPart::Refusal(text) => {
                    parts.push(Part::Text { text: Cow::Borrowed(text), seal: loose.take() });
                }
                AssistantPart::Reasoning(
                    Reasoning::Open { seal: Some(seal), .. } | Reasoning::Redacted(seal),
                ) => match (own(seal), parts.last_mut()) {
                    (None, _) => {}
                    (Some(text), Some(Part::Text { seal: free @ None, .. })) => *free = Some(text),
                    (Some(text), _) => loose = Some(text),
                },
                AssistantPart::Reasoning(_) => {}
                AssistantPart::ToolCall(call) => {
                    let name = names.outward(&call.name);
                    made.push(Made { id: &call.id, name, result: None });
                    let seal = call.seal.as_ref().and_then(own);
                    parts.push(Part::Call { id: &call.id, name, call, seal });
                }
                AssistantPart::Native(Maker::Gemini, value) => parts.push(Part::Native(value.as_bytes())),
                AssistantPart::Image(image) => match Medium::of_image(image, host) {
                    Ok(medium) => parts.push(Part::Medium { medium, resolution: None }),
                    Err(_) => losses.add("messages.content", LossKind::Dropped),
                },
                AssistantPart::Native(..) => losses.add("messages.content", LossKind::Dropped),
            }
        }
        if let Some(seal) = loose {
            parts.push(Part::Text { text: Cow::Borrowed(""), seal: Some(seal) });
        }
        if !parts.is_empty() {
            self.extend(Speaker::Model, parts);
        }
    }

    /// A result answers the last call of its id that has none yet; otherwise it is something that the user says.
    fn add_result(
        &mut self,
        result: &'r ToolResult,
        host: &Host,
        made: &mut [Made<'r>],
        losses: &mut Losses,
    ) -> Result<(), EncodeError> {
        let open = made.iter_mut().rev().find(|call| call.id == &*result.call && call.result.is_none());
        if let Some(call) = open {
            call.result = Some(result);
            // The next answer is a content of its own.
            self.extend(Speaker::Results, Vec::new());
            return Ok(());
        }
        let others = self.of_parts(&result.parts, host, losses)?.into_iter();
        let others = others.filter(|part| !matches!(part, Part::Text { .. }));
        let text = Part::Text { text: Cow::Owned(orphan_text(result)), seal: None };
        self.extend(Speaker::User, std::iter::once(text).chain(others).collect());
        Ok(())
    }

    /// Puts a content with the results of its calls, in their order, behind each content that calls; an empty
    /// result where none was given.
    fn answer_calls(&mut self, made: &[Made<'r>], host: &Host) -> Result<(), EncodeError> {
        self.contents.retain(|content| content.speaker != Speaker::Results || !content.parts.is_empty());
        let mut answered = Vec::with_capacity(self.contents.len());
        let mut calls = made.iter();
        for content in std::mem::take(&mut self.contents) {
            let calling = content.parts.iter().filter(|part| matches!(part, Part::Call { .. })).count();
            answered.push(content);
            let mut results = Vec::with_capacity(calling);
            for call in calls.by_ref().take(calling) {
                let id = self.ids.then_some(call.id);
                results.push(Part::Result(Shown::of(id, call.name, call.result, self.signs, host)?));
            }
            if !results.is_empty() {
                answered.push(Content { speaker: Speaker::Results, parts: results });
            }
        }
        self.contents = answered;
        Ok(())
    }

    /// For models that know no instructions: the user gives them.
    fn tell_user(&mut self, losses: &mut Losses) {
        losses.add("messages.system", LossKind::Emulated);
        let told = std::mem::take(&mut self.system).into_iter();
        let parts = told.map(|text| Part::Text { text, seal: None });
        match self.contents.first_mut() {
            Some(Content { speaker: Speaker::User, parts: first }) => {
                first.splice(0..0, parts);
            }
            _ => self.contents.insert(0, Content { speaker: Speaker::User, parts: parts.collect() }),
        }
    }

    fn open_with_user(&mut self) {
        if self.contents.first().is_none_or(|content| content.speaker != Speaker::User) {
            let part = Part::Text { text: Cow::Borrowed(PLACEHOLDER), seal: None };
            self.contents.insert(0, Content { speaker: Speaker::User, parts: vec![part] });
        }
    }

    /// Asks in words for an answer in JSON.
    pub(super) fn ask_for_json(&mut self, format: &'r ResponseFormat) {
        self.system.push(match format {
            ResponseFormat::JsonSchema { schema, .. } => {
                Cow::Owned(format!("{JSON_ONLY} It must fit this JSON Schema: {}", schema.as_str()))
            }
            _ => Cow::Borrowed(JSON_ONLY),
        });
    }

    pub(super) fn has_system(&self) -> bool {
        !self.system.is_empty()
    }

    /// `instructed`: with the instructions.
    pub(super) fn write(&self, instructed: bool, body: &mut ObjectWriter<'_>) {
        if instructed && !self.system.is_empty() {
            body.object("systemInstruction", |system| {
                system.array("parts", |parts| {
                    self.system.iter().for_each(|text| parts.object(|part| part.text("text", text)));
                });
            });
        }
        body.array("contents", |contents| {
            for content in &self.contents {
                contents.object(|object| {
                    let model = content.speaker == Speaker::Model;
                    object.text("role", if model { "model" } else { "user" });
                    object.array("parts", |parts| self.write_parts(&content.parts, parts));
                });
            }
        });
    }

    fn write_parts(&self, parts: &[Part<'_>], list: &mut ArrayWriter<'_>) {
        let mut first_call = true;
        for part in parts {
            match part {
                Part::Text { text, seal } => list.object(|object| {
                    object.text("text", text);
                    write_seal(*seal, object);
                }),
                Part::Medium { medium, resolution } => list.object(|object| {
                    medium.write(object);
                    if let Some(level) = resolution {
                        object.object("mediaResolution", |inner| inner.text("level", level));
                    }
                }),
                Part::Call { id, name, call, seal } => {
                    let missing = self.signs && std::mem::take(&mut first_call);
                    list.object(|object| {
                        object.object("functionCall", |inner| {
                            if self.ids {
                                inner.text("id", id);
                            }
                            inner.text("name", name);
                            inner.raw("args", call.arguments.as_object());
                        });
                        write_seal(seal.or(missing.then_some(SKIP)), object);
                    });
                }
                Part::Result(shown) => shown.write(list),
                Part::Native(raw) => list.raw(raw),
            }
        }
    }
}

fn own(seal: &Seal) -> Option<&str> {
    (seal.maker == Maker::Gemini && !seal.text.is_empty()).then_some(&*seal.text)
}

fn write_seal(seal: Option<&str>, part: &mut ObjectWriter<'_>) {
    if let Some(seal) = seal {
        part.text("thoughtSignature", seal);
    }
}
