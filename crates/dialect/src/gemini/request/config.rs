//! `generationConfig`: what the request says, and below that what only clients who know the API say.

use document::{Kind, ObjectWriter, Value, write_array, write_object};
use model::{ChatRequest, Json, LossKind, Losses, Number};

use crate::read;

/// Stop sequences that the API takes.
const MOST_STOPS: usize = 5;

/// Members in the order in which they were set; each name once.
#[derive(Debug, Default)]
pub(super) struct Config {
    members: Vec<(String, Node)>,
}

#[derive(Debug)]
enum Node {
    Raw(Vec<u8>),
    Object(Config),
}

impl Config {
    /// What the model has a place for.
    pub(super) fn take_request(&mut self, request: &ChatRequest, losses: &mut Losses) {
        let sampling = &request.sampling;
        let whole = |number: Option<u64>| number.map(Number::from);
        let numbers = [
            ("maxOutputTokens", whole(request.max_tokens)),
            ("temperature", sampling.temperature.clone()),
            ("topP", sampling.top_p.clone()),
            ("topK", sampling.top_k.clone()),
            ("seed", sampling.seed.clone()),
            ("candidateCount", whole(sampling.n.filter(|n| *n > 1))),
            ("presencePenalty", sampling.presence_penalty.clone()),
            ("frequencyPenalty", sampling.frequency_penalty.clone()),
            ("logprobs", whole(sampling.top_logprobs)),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                self.set(name, number.as_str().as_bytes());
            }
        }
        if sampling.logprobs == Some(true) || sampling.top_logprobs.is_some() {
            self.set("responseLogprobs", b"true");
        }
        let stops: Vec<_> = sampling.stop.iter().filter(|stop| !stop.is_empty()).collect();
        if stops.len() > MOST_STOPS {
            losses.add("stop", LossKind::Approximated);
        }
        if !stops.is_empty() {
            let list = write_array(|list| stops.iter().take(MOST_STOPS).for_each(|stop| list.text(stop)));
            self.set("stopSequences", &list);
        }
    }

    /// Sets a member to raw JSON.
    pub(super) fn set(&mut self, name: &str, raw: &[u8]) {
        self.members.retain(|(known, _)| known != name);
        self.members.push((name.to_owned(), Node::Raw(raw.to_vec())));
    }

    pub(super) fn set_text(&mut self, name: &str, text: &str) {
        self.set(name, &document::quote(text));
    }

    /// Lets `fill` change the object that a member is.
    pub(super) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Config)) {
        let at = self.members.iter_mut().find(|(known, _)| known == name);
        if let Some((_, node)) = at {
            if let Node::Object(object) = node {
                return fill(object);
            }
            let mut object = Config::default();
            fill(&mut object);
            *node = Node::Object(object);
        } else {
            let mut object = Config::default();
            fill(&mut object);
            self.members.push((name.to_owned(), Node::Object(object)));
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(known, _)| known == name)
    }

    pub(super) fn fill_raw(&mut self, name: &str, raw: &[u8]) {
        if !self.has(name) {
            self.set(name, raw);
        }
    }

    /// Adds a member that nobody has set; two objects become one, in which what was set before stays.
    pub(super) fn fill(&mut self, name: &str, value: Value<'_>) {
        let name = camel(name);
        let known = self.members.iter_mut().find(|(known, _)| *known == name).map(|(_, node)| node);
        match known {
            None if is_merged(&name) && value.kind() == Kind::Object => {
                self.object(&name, |object| {
                    value.members().for_each(|member| object.fill(&member.name.decoded(), member.value));
                });
            }
            None => self.set(&name, value.raw()),
            Some(Node::Object(object)) => {
                value.members().for_each(|member| object.fill(&member.name.decoded(), member.value));
            }
            Some(Node::Raw(_)) => {}
        }
    }

    /// The same with JSON text.
    pub(super) fn fill_json(&mut self, name: &str, json: &Json) {
        let _ = read::json(json, |value| self.fill(name, value));
    }

    pub(super) fn write(&self, body: &mut ObjectWriter<'_>) {
        if !self.members.is_empty() {
            body.raw("generationConfig", &self.json());
        }
    }

    fn json(&self) -> Vec<u8> {
        write_object(|object| {
            for (name, node) in &self.members {
                match node {
                    Node::Raw(raw) => object.raw(name, raw),
                    Node::Object(inner) => object.raw(name, &inner.json()),
                }
            }
        })
    }
}

/// Objects whose members clients and requests decide together.
fn is_merged(name: &str) -> bool {
    matches!(name, "thinkingConfig" | "speechConfig" | "imageConfig")
}

/// The API takes both forms of a name; one of them makes two of one member out.
pub(super) fn camel(name: &str) -> String {
    let mut upper = false;
    let mut out = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        if character == '_' && at > 0 {
            upper = true;
        } else if std::mem::take(&mut upper) {
            out.push(character.to_ascii_uppercase());
        } else {
            out.push(character);
        }
    }
    out
}
