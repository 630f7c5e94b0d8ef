//! Elements of an answer, whole or streamed, as events: every element has the form of a whole answer.
//!
//! From <https://ai.google.dev/api/generate-content>.

use std::borrow::Cow;
use std::collections::BTreeMap;

use document::{Document, Kind, Value};
use model::{
    Base64, ChatEvent, ChoiceIndex, Extra, Finish, FinishReason, Image, Json, Maker, Seal, Source, Start,
};

use self::choice::Choice;
use super::usage::{Counts, word};
use crate::ToolNames;

mod choice;
mod grounding;
mod logprobs;
mod places;

/// What is read of a candidate.
const MEMBERS: [&str; 8] = {
    let [grounding, citations, urls, safety] = choice::NOTES;
    ["content", "index", "finishReason", "logprobsResult", grounding, citations, urls, safety]
};

/// What the way there tells the way back.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) names: ToolNames,
    /// Begins the ids of calls that came without one.
    pub(super) nonce: Box<str>,
}

impl Way {
    /// The id of a call that came without one; `made` counts them.
    fn made_up(&self, made: &mut u32) -> Box<str> {
        let id = format!("call_{}_{made}", self.nonce).into();
        *made += 1;
        id
    }
}

/// Reads elements one after the other.
pub(super) struct Content {
    way: Way,
    started: bool,
    choices: BTreeMap<ChoiceIndex, Choice>,
    /// Ids that were made up.
    made: u32,
    counts: Counts,
    served_as: Option<Box<str>>,
    /// Why the prompt was refused, as the provider says it.
    blocked: Option<Json>,
}

impl Content {
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            started: false,
            choices: BTreeMap::new(),
            made: 0,
            counts: Counts::default(),
            served_as: None,
            blocked: None,
        }
    }

    /// Reads one element.
    pub(super) fn add(&mut self, document: &Document, events: &mut Vec<ChatEvent>) {
        // What has none of these is no beginning of an answer: the status is still to be decided.
        let known = ["candidates", "promptFeedback", "usageMetadata"];
        if known.iter().all(|name| document.value(name).is_none()) {
            return;
        }
        self.start(document.value("responseId"), events);
        let feedback = document.value("promptFeedback");
        if let Some(feedback) = feedback.filter(|feedback| feedback.value("blockReason").is_some()) {
            self.blocked = Some(Json::from_checked(document.share(&feedback)));
        }
        let candidates = document.value("candidates").into_iter().flat_map(Value::items);
        for (place, candidate) in (0..).zip(candidates) {
            self.candidate(place, candidate, events);
        }
        let Some(usage) = document.value("usageMetadata") else { return };
        let (counted, served_as) = self.counts.update(usage);
        if counted {
            events.extend(self.counts.usage().map(ChatEvent::Usage));
        }
        let served_as = served_as.and_then(word);
        if served_as.is_some() && served_as != self.served_as {
            self.served_as.clone_from(&served_as);
            events.extend(served_as.map(ChatEvent::ServedAs));
        }
    }

    fn start(&mut self, id: Option<Value<'_>>, events: &mut Vec<ChatEvent>) {
        if !std::mem::replace(&mut self.started, true) {
            let id = id.and_then(Value::as_str).filter(|id| !id.is_empty()).map(Into::into);
            events.push(ChatEvent::Start(Start { id, ..Start::default() }));
        }
    }

    /// Reads a candidate; `place` is its index where it has none.
    fn candidate(&mut self, place: ChoiceIndex, candidate: Value<'_>, events: &mut Vec<ChatEvent>) {
        let [content, index, told @ ..] = candidate.values(MEMBERS);
        let index = index.and_then(Value::as_u64).and_then(|index| ChoiceIndex::try_from(index).ok());
        let index = index.unwrap_or(place);
        let choice = self.choices.entry(index).or_insert_with(|| Choice::new(index));
        let parts = content.and_then(|content| content.value("parts"));
        for (at, part) in parts.into_iter().flat_map(Value::items).enumerate() {
            choice.part(part, at == 0, &self.way, &mut self.made, events);
        }
        choice.notes(&told, events);
    }

    /// The end: tells what only the end makes final. `stopped` stands for a reason that was not told.
    pub(super) fn finish(&mut self, stopped: Option<FinishReason>, events: &mut Vec<ChatEvent>) {
        if let Some(feedback) = self.blocked.take() {
            events.push(ChatEvent::Extra(Extra { name: "promptFeedback".into(), value: feedback }));
            if self.choices.is_empty() {
                let finish = Finish::from(FinishReason::ContentFilter);
                events.push(ChatEvent::Finish { choice: 0, finish });
            }
        }
        for choice in self.choices.values_mut() {
            choice.finish(stopped, events);
        }
    }
}

/// What a part holds besides text and calls.
fn other_part(choice: ChoiceIndex, part: Value<'_>) -> Option<ChatEvent> {
    let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).map(Cow::into_owned);
    let [code, result, blob, file, call, response] = part.values([
        "executableCode",
        "codeExecutionResult",
        "inlineData",
        "fileData",
        "toolCall",
        "toolResponse",
    ]);
    if let Some(code) = code {
        let language = text(code.value("language")).unwrap_or_default().to_ascii_lowercase();
        let source = text(code.value("code")).unwrap_or_default();
        return Some(ChatEvent::Text { choice, delta: fenced(&language, &source) });
    }
    if let Some(result) = result {
        let output = text(result.value("output")).unwrap_or_default();
        return Some(ChatEvent::Text { choice, delta: fenced("", &output) });
    }
    if let Some(image) = blob.and_then(image) {
        return Some(ChatEvent::Image { choice, image });
    }
    let native = blob.or(file).or(call).or(response);
    native.is_some().then(|| ChatEvent::Native {
        choice,
        maker: Maker::Gemini,
        value: Json::from_checked(part.raw().to_vec()),
    })
}

fn fenced(language: &str, text: &str) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("\n```{language}\n{text}{end}```\n")
}

fn image(blob: Value<'_>) -> Option<Image> {
    let media_type = blob.value("mimeType").and_then(Value::as_str)?;
    if !media_type.starts_with("image/") {
        return None;
    }
    let data = Base64::new(blob.value("data")?.as_str()?.into_owned().into_bytes())?;
    let source = Source::Inline { media_type: media_type.into(), data };
    Some(Image { source, detail: None, cache: None })
}

fn seal_of(signature: Value<'_>) -> Option<Seal> {
    let text = signature.as_str().filter(|text| !text.is_empty())?;
    Some(Seal { maker: Maker::Gemini, text: text.into() })
}

fn is_object(value: &Value<'_>) -> bool {
    value.kind() == Kind::Object
}
