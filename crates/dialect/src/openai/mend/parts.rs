//! `content` as a list of parts, sorted by where OpenAI's messages have them.

use document::{Kind, Value};

/// What the parts say.
#[derive(Default)]
pub(super) struct Parts<'d> {
    /// None where no part is text.
    pub(super) text: Option<String>,
    pub(super) reasoning: String,
    /// Thoughts as they are sealed, and their seals.
    pub(super) sealed: Vec<(String, String)>,
    /// What was thought since the last seal.
    pub(super) unsealed: String,
    pub(super) refusal: String,
    pub(super) images: Vec<Value<'d>>,
    /// Sources, in the provider's own form.
    pub(super) references: Vec<Value<'d>>,
    /// What no client knows.
    pub(super) others: Vec<Value<'d>>,
}

impl<'d> Parts<'d> {
    /// Sorts a list. `before`: what was thought before it and not sealed yet.
    pub(super) fn new(content: Value<'d>, before: String) -> Self {
        let mut parts = Self { unsealed: before, ..Self::default() };
        for part in content.items() {
            parts.add(part);
        }
        parts
    }

    fn add(&mut self, part: Value<'d>) {
        if part.kind() == Kind::String {
            return self.speak(&string(Some(part)));
        }
        match &*string(part.value("type")) {
            "text" | "output_text" => self.speak(&string(part.value("text"))),
            "refusal" => self.refusal.push_str(&string(part.value("refusal"))),
            "thinking" => {
                self.think(&texts(part.value("thinking")), &string(part.value("signature")));
                let inner = part.value("thinking").into_iter().flat_map(Value::items);
                self.references.extend(inner.filter(|item| is_reference(*item)));
            }
            "reasoning" => {
                let told = ["summary", "content", "text"].into_iter().find_map(|name| part.value(name));
                let mut items = part.value("summary").into_iter().flat_map(Value::items);
                let seal = items.find_map(|item| item.value("signature")).or_else(|| part.value("signature"));
                self.think(&texts(told), &string(seal));
            }
            "image_url" => self.images.push(part),
            _ if is_reference(part) => self.references.push(part),
            _ => self.others.push(part),
        }
    }

    fn speak(&mut self, text: &str) {
        self.text.get_or_insert_default().push_str(text);
    }

    fn think(&mut self, text: &str, seal: &str) {
        self.reasoning.push_str(text);
        self.unsealed.push_str(text);
        if !seal.is_empty() {
            self.sealed.push((std::mem::take(&mut self.unsealed), seal.to_owned()));
        }
    }
}

fn is_reference(part: Value<'_>) -> bool {
    matches!(&*string(part.value("type")), "reference" | "tool_reference" | "citation")
}

/// A text, or the texts of parts.
fn texts(value: Option<Value<'_>>) -> String {
    match value {
        Some(list) if list.kind() == Kind::Array => {
            list.items().map(|item| string(item.value("text").or(Some(item)))).collect()
        }
        other => string(other),
    }
}

fn string(value: Option<Value<'_>>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().into_owned()
}
