//! One candidate of an answer, from its first part to its end.

use document::Value;
use model::{CallIndex, ChatEvent, ChoiceIndex, Extra, FinishReason, Json, Seal};

use super::places::{Kind, Places};
use super::{Way, grounding, is_object, logprobs, other_part, seal_of};
use crate::gemini::partial::Partial;
use crate::read;

/// Members of a candidate that clients of the API's own format know, kept until the end.
pub(super) const NOTES: [&str; 4] =
    ["groundingMetadata", "citationMetadata", "urlContextMetadata", "safetyRatings"];

/// What is known of a candidate so far.
pub(super) struct Choice {
    index: ChoiceIndex,
    calls: CallIndex,
    /// The call whose arguments come in pieces.
    open: Option<Partial>,
    /// Of the last text; it goes out before what follows the text.
    seal: Option<Seal>,
    finish: Option<FinishReason>,
    places: Places,
    notes: [Option<Json>; NOTES.len()],
}

impl Choice {
    pub(super) fn new(index: ChoiceIndex) -> Self {
        Self {
            index,
            calls: 0,
            open: None,
            seal: None,
            finish: None,
            places: Places::default(),
            notes: [const { None }; NOTES.len()],
        }
    }

    /// Reads a part, `first` of its element.
    pub(super) fn part(
        &mut self,
        part: Value<'_>,
        first: bool,
        way: &Way,
        made: &mut u32,
        events: &mut Vec<ChatEvent>,
    ) {
        let choice = self.index;
        let [call, text, thought, seal] =
            part.values(["functionCall", "text", "thought", "thoughtSignature"]);
        let seal = seal.and_then(seal_of);
        let thought = thought.and_then(Value::as_bool) == Some(true);
        let kind = match text {
            None => Kind::Other,
            Some(_) if thought => Kind::Thought,
            Some(_) => Kind::Text,
        };
        self.places.part(kind, first);
        if let Some(call) = call.filter(is_object) {
            return self.call(call, seal, way, made, events);
        }
        if let Some(text) = text.and_then(Value::as_str) {
            if !text.is_empty() {
                self.before_content(events);
                let delta = text.into_owned();
                events.push(if thought {
                    ChatEvent::Reasoning { choice, delta }
                } else {
                    self.places.add(&delta);
                    ChatEvent::Text { choice, delta }
                });
            }
        } else if let Some(event) = other_part(choice, part) {
            self.before_content(events);
            if let ChatEvent::Text { delta, .. } = &event {
                self.places.add(delta);
            }
            events.push(event);
        }
        self.seal = seal.or(self.seal.take());
    }

    /// A call, or the next piece of one.
    fn call(
        &mut self,
        call: Value<'_>,
        seal: Option<Seal>,
        way: &Way,
        made: &mut u32,
        events: &mut Vec<ChatEvent>,
    ) {
        let choice = self.index;
        let name = call.value("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        if let Some(name) = name {
            self.before_content(events);
            let id = call.value("id").and_then(Value::as_str).filter(|id| !id.is_empty());
            let id = id.map_or_else(|| way.made_up(made), Into::into);
            let name = way.names.inward(&name).into();
            events.push(ChatEvent::ToolStart { choice, call: self.calls, id, name, seal });
            self.calls += 1;
            self.open = Some(Partial::default());
        }
        let Some(open) = &mut self.open else { return };
        let continues = call.value("willContinue").and_then(Value::as_bool) == Some(true);
        let arguments = call.value("args").filter(is_object);
        let pieces = call.value("partialArgs");
        if let (Some(arguments), None, false) = (arguments, pieces, continues)
            && open.is_empty()
        {
            // Whole. Answers that are no streams are laid out over many lines.
            let delta = read::compact(arguments);
            self.open = None;
            events.push(ChatEvent::ToolArguments { choice, call: self.calls - 1, delta });
            return;
        }
        if let Some(arguments) = arguments {
            open.fill(arguments);
        }
        for piece in pieces.into_iter().flat_map(Value::items) {
            open.add(piece);
        }
        if !continues {
            self.close(events);
        }
    }

    fn close(&mut self, events: &mut Vec<ChatEvent>) {
        if let Some(open) = self.open.take() {
            let call = self.calls.saturating_sub(1);
            events.push(ChatEvent::ToolArguments { choice: self.index, call, delta: open.write() });
        }
    }

    /// What must have gone out before anything new begins.
    fn before_content(&mut self, events: &mut Vec<ChatEvent>) {
        self.close(events);
        let choice = self.index;
        events.extend(self.seal.take().map(|seal| ChatEvent::Sealed { choice, seal }));
    }

    /// What is told of the candidate besides its parts: the reason of its end, logprobs and notes. The last word
    /// counts.
    pub(super) fn notes(&mut self, told: &[Option<Value<'_>>; 6], events: &mut Vec<ChatEvent>) {
        let [reason, logprobs, notes @ ..] = *told;
        if let Some(reason) = reason.and_then(Value::as_str) {
            self.finish = Some(reason_of(&reason));
        }
        for (value, note) in notes.into_iter().zip(&mut self.notes) {
            let value = value.filter(|value| !value.is_null() && !value.is_empty());
            *note = value.map(|value| Json::from_checked(value.raw().to_vec())).or(note.take());
        }
        if let Some(value) = logprobs.and_then(logprobs::read) {
            events.push(ChatEvent::Logprobs { choice: self.index, value });
        }
    }

    /// Ends the candidate, if a reason for that is known.
    pub(super) fn finish(&mut self, stopped: Option<FinishReason>, events: &mut Vec<ChatEvent>) {
        let Some(reason) = self.finish.take().or(stopped) else { return };
        self.close(events);
        let choice = self.index;
        let [grounding, citations, ..] = &self.notes;
        for note in [grounding, citations].into_iter().flatten() {
            let citations = grounding::citations(note, &self.places).into_iter();
            events.extend(citations.map(|citation| ChatEvent::Citation { choice, citation }));
        }
        events.extend(self.seal.take().map(|seal| ChatEvent::Sealed { choice, seal }));
        if choice == 0 {
            for (name, value) in NOTES.iter().zip(&mut self.notes) {
                let extra = value.take().map(|value| Extra { name: (*name).into(), value });
                events.extend(extra.map(ChatEvent::Extra));
            }
        }
        let reason = match reason {
            FinishReason::Stop if self.calls > 0 => FinishReason::ToolCalls,
            other => other,
        };
        events.push(ChatEvent::Finish { choice, finish: reason.into() });
    }
}

/// A word that is not known is a normal end.
fn reason_of(word: &str) -> FinishReason {
    match word {
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "IMAGE_OTHER"
        | "NO_IMAGE"
        | "MODEL_ARMOR" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}
