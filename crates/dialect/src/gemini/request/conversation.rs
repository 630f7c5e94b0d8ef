//! A conversation as Gemini takes it: instructions apart, contents of users and of the model, and behind the
//! model's calls one content that has all their results in order.
//!
//! What clients send is repaired in named steps: [`paired`] brings each result behind its call, [`Conversation::of`]
//! gathers and merges, `open_with_user` sees to the beginning.

use std::borrow::Cow;

use document::{ArrayWriter, ObjectWriter};
use model::{
    Arguments, AssistantMessage, AssistantPart, ChatRequest, LossKind, Losses, Maker, Reasoning,
    ResponseFormat, Seal, ToolResult, UserPart,
};

use super::media::{Medium, resolution};
use super::result::Shown;
use crate::gemini::host::Host;
use crate::paired::{self, Turn};
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
    Call { id: Box<str>, name: &'r str, arguments: &'r Arguments, seal: Option<&'r str> },
    Result(Shown<'r>),
    Native(&'r [u8]),
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
        for turn in paired::turns(&request.messages) {
            conversation.add(turn, host, names, losses)?;
        }
        if !family.system && !conversation.system.is_empty() {
            conversation.tell_user(losses);
        }
        conversation.open_with_user();
        Ok(conversation)
    }

    fn add(
        &mut self,
        turn: Turn<'r>,
        host: &Host,
        names: &'r ToolNames,
        losses: &mut Losses,
    ) -> Result<(), EncodeError> {
        match turn {
            Turn::System(system) => {
                let texts = system.parts.iter().filter(|part| !part.text.trim().is_empty());
                self.system.extend(texts.map(|part| Cow::Borrowed(part.text.as_str())));
            }
            Turn::User(user) => {
                let parts = self.of_parts(&user.parts, host, losses)?;
                self.extend(Speaker::User, parts);
            }
            Turn::Assistant { message, ids } => {
                let parts = of_answer(message, ids, host, names, losses);
                self.extend(Speaker::Model, parts);
            }
            Turn::Result { id, call, result } => {
                lose_extras(result, losses);
                let id = self.ids.then_some(id);
                let shown = Shown::of(id, names.outward(&call.name), result, self.signs, host)?;
                self.extend(Speaker::Results, vec![Part::Result(shown)]);
            }
            Turn::Orphan(result) => {
                lose_extras(Some(result), losses);
                let others = self.of_parts(&result.parts, host, losses)?.into_iter();
                let others = others.filter(|part| !matches!(part, Part::Text { .. }));
                let text = Part::Text { text: Cow::Owned(paired::orphan_text(result)), seal: None };
                self.extend(Speaker::User, std::iter::once(text).chain(others).collect());
            }
        }
        Ok(())
    }

    /// Consecutive messages of one side are one content.
    fn extend(&mut self, speaker: Speaker, parts: Vec<Part<'r>>) {
        if parts.is_empty() {
            return;
        }
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
                Part::Call { id, name, arguments, seal } => {
                    let missing = self.signs && std::mem::take(&mut first_call);
                    list.object(|object| {
                        object.object("functionCall", |inner| {
                            if self.ids {
                                inner.text("id", id);
                            }
                            inner.text("name", name);
                            inner.raw("args", arguments.as_object());
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

/// What the model said. Its thoughts need not come back; their seals do, on the text beside them.
fn of_answer<'r>(
    said: &'r AssistantMessage,
    ids: Vec<Box<str>>,
    host: &Host,
    names: &'r ToolNames,
    losses: &mut Losses,
) -> Vec<Part<'r>> {
    let mut parts: Vec<Part<'r>> = Vec::with_capacity(said.parts.len());
    let mut ids = ids.into_iter();
    let mut loose = None;
    for part in &said.parts {
        match part {
            AssistantPart::Text(part) => push_text(&part.text, &mut loose, &mut parts),
            AssistantPart::Refusal(text) => push_text(text, &mut loose, &mut parts),
            AssistantPart::Reasoning(
                Reasoning::Open { seal: Some(seal), .. } | Reasoning::Redacted(seal),
            ) => match (own(seal), parts.last_mut()) {
                (None, _) => {}
                (Some(text), Some(Part::Text { seal: free @ None, .. })) => *free = Some(text),
                (Some(text), _) => loose = Some(text),
            },
            AssistantPart::Reasoning(_) => {}
            AssistantPart::ToolCall(call) => parts.push(Part::Call {
                id: ids.next().unwrap_or_else(|| call.id.clone()),
                name: names.outward(&call.name),
                arguments: &call.arguments,
                seal: call.seal.as_ref().and_then(own),
            }),
            AssistantPart::Native(Maker::Gemini, value) => parts.push(Part::Native(value.as_bytes())),
            AssistantPart::Image(image) => match Medium::of_image(image, host) {
                Ok(medium) => parts.push(Part::Medium { medium, resolution: None }),
                Err(_) => losses.add("messages.content", LossKind::Dropped),
            },
            AssistantPart::Native(..) => losses.add("messages.content", LossKind::Dropped),
        }
    }
    if loose.is_some() {
        parts.push(Part::Text { text: Cow::Borrowed(""), seal: loose });
    }
    parts
}

/// Adds a text with the seal that came before it.
fn push_text<'r>(text: &'r str, loose: &mut Option<&'r str>, parts: &mut Vec<Part<'r>>) {
    if !text.is_empty() {
        parts.push(Part::Text { text: Cow::Borrowed(text), seal: loose.take() });
    }
}

fn lose_extras(result: Option<&ToolResult>, losses: &mut Losses) {
    for extra in result.into_iter().flat_map(|result| result.extras.iter()) {
        losses.add(format!("messages.{}", extra.name), LossKind::Dropped);
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
