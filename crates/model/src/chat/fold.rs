//! A streamed answer put together into a whole one.

use std::collections::BTreeMap;

use crate::{
    Arguments, AssistantPart, CallIndex, ChatEvent, ChatResponse, Choice, ChoiceIndex, Finish, Reasoning,
    Seal, TextPart, ToolCall, UpstreamError,
};

/// Takes events, gives the answer that they are together.
#[derive(Debug, Default)]
pub struct Fold {
    response: ChatResponse,
    choices: BTreeMap<ChoiceIndex, Folding>,
    error: Option<UpstreamError>,
}

#[derive(Debug, Default)]
struct Folding {
    parts: Vec<Part>,
    finish: Finish,
    logprobs: Option<crate::Json>,
}

#[derive(Debug)]
enum Part {
    Done(AssistantPart),
    Call { index: CallIndex, id: Box<str>, name: Box<str>, seal: Option<Seal>, arguments: String },
}

impl Fold {
    pub fn add(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Start(start) => {
                self.response.id = start.id;
                self.response.model = start.model;
                self.response.created = start.created;
            }
            ChatEvent::Usage(usage) => self.response.usage = Some(usage),
            ChatEvent::ServedAs(word) => self.response.served_as = Some(word),
            ChatEvent::Extra(extra) => self.response.extras.add(extra.name, extra.value),
            ChatEvent::Error(error) => self.error = Some(error),
            other => {
                if let Some(choice) = other.choice() {
                    self.choices.entry(choice).or_default().add(other);
                }
            }
        }
    }

    /// The whole answer, or the error that the stream ended with. `object` tells whether a text is a JSON object.
    pub fn finish(mut self, object: impl Fn(&str) -> bool) -> Result<ChatResponse, UpstreamError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        for (index, folding) in self.choices {
            self.response.choices.push(folding.finish(index, &object));
        }
        Ok(self.response)
    }
}

impl Folding {
    fn add(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Text { delta, .. } => match self.parts.last_mut() {
                Some(Part::Done(AssistantPart::Text(part))) => part.text.push_str(&delta),
                _ => self.push(AssistantPart::Text(TextPart::new(delta))),
            },
            ChatEvent::Reasoning { delta, .. } => match self.parts.last_mut() {
                Some(Part::Done(AssistantPart::Reasoning(Reasoning::Open { text, seal: None }))) => {
                    text.push_str(&delta);
                }
                _ => self.push(AssistantPart::Reasoning(Reasoning::Open { text: delta, seal: None })),
            },
            ChatEvent::Sealed { seal: new, .. } => match self.parts.last_mut() {
                Some(Part::Done(AssistantPart::Reasoning(Reasoning::Open { seal, .. })))
                    if seal.is_none() =>
                {
                    *seal = Some(new);
                }
                _ => self
                    .push(AssistantPart::Reasoning(Reasoning::Open { text: String::new(), seal: Some(new) })),
            },
            ChatEvent::Redacted { seal, .. } => {
                self.push(AssistantPart::Reasoning(Reasoning::Redacted(seal)));
            }
            ChatEvent::Refusal { delta, .. } => match self.parts.last_mut() {
                Some(Part::Done(AssistantPart::Refusal(text))) => text.push_str(&delta),
                _ => self.push(AssistantPart::Refusal(delta)),
            },
            ChatEvent::ToolStart { call: index, id, name, seal, .. } => {
                self.parts.push(Part::Call { index, id, name, seal, arguments: String::new() });
            }
            ChatEvent::ToolArguments { call, delta, .. } => {
                let arguments = self.parts.iter_mut().find_map(|part| match part {
                    Part::Call { index, arguments, .. } if *index == call => Some(arguments),
                    _ => None,
                });
                if let Some(arguments) = arguments {
                    arguments.push_str(&delta);
                }
            }
            ChatEvent::Citation { citation, .. } => {
                if let Some(Part::Done(AssistantPart::Text(part))) = self.parts.last_mut() {
                    part.citations.push(citation);
                }
            }
            ChatEvent::Image { image, .. } => self.push(AssistantPart::Image(image)),
            ChatEvent::Native { maker, value, .. } => self.push(AssistantPart::Native(maker, value)),
            ChatEvent::Logprobs { value, .. } => self.logprobs = Some(value),
            ChatEvent::Finish { finish, .. } => self.finish = finish,
            ChatEvent::Start(_)
            | ChatEvent::Usage(_)
            | ChatEvent::ServedAs(_)
            | ChatEvent::Extra(_)
            | ChatEvent::Error(_) => {}
        }
    }

    fn push(&mut self, part: AssistantPart) {
        self.parts.push(Part::Done(part));
    }

    fn finish(self, index: ChoiceIndex, object: &impl Fn(&str) -> bool) -> Choice {
        let part = |part| match part {
            Part::Done(part) => part,
            Part::Call { id, name, seal, arguments, .. } => {
                let arguments = if arguments.trim().is_empty() {
                    Arguments::none()
                } else if object(&arguments) {
                    Arguments::Object(crate::Json::from_checked(arguments.into_bytes()))
                } else {
                    Arguments::Broken(arguments.into())
                };
                AssistantPart::ToolCall(ToolCall { id, name, arguments, seal, cache: None })
            }
        };
        Choice {
            index,
            parts: self.parts.into_iter().map(part).collect(),
            finish: self.finish,
            logprobs: self.logprobs,
            extras: crate::Extras::default(),
        }
    }
}
