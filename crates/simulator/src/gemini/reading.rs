//! Reading a request that is right: what the model is asked, and how many words there are.

use serde_json::{Value, json};

use super::history;
use super::request::{Order, list};
use crate::fault::Faults;
use crate::script::{Choice, Cue, Tool};
use crate::{shape, text};

/// What an image counts for.
const IMAGE_TOKENS: u64 = 258;

/// What a prompt counts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) words: u64,
    pub(super) images: u64,
    /// Of both.
    pub(super) cached: u64,
}

impl Prompt {
    pub(super) const fn total(self) -> u64 {
        self.words + self.images
    }
}

/// The text of a content's parts, the answers of functions as JSON.
fn text_of(content: &Value) -> String {
    let parts = history::parts(content).iter().filter_map(|part| {
        let answer = part.get("functionResponse").map(|answer| told(&answer["response"]));
        part["text"].as_str().map(str::to_owned).or(answer)
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// What a function said: its only member where that is a text, else its JSON.
fn told(response: &Value) -> String {
    match response.as_object().map(|fields| fields.values().collect::<Vec<_>>()).as_deref() {
        Some([Value::String(text)]) => text.clone(),
        _ => response.to_string(),
    }
}

pub(super) fn prompt(contents: &[Value], system: &Value, cached: bool) -> Prompt {
    let system = Some(system).filter(|system| system.is_object());
    let words = contents.iter().chain(system).map(|content| text::count(&text_of(content))).sum();
    let is_image = |part: &&Value| {
        let kind = part["inlineData"]["mimeType"].as_str().or_else(|| part["fileData"]["mimeType"].as_str());
        kind.is_some_and(|kind| kind.starts_with("image/"))
    };
    let images = contents.iter().flat_map(history::parts).filter(is_image).count() as u64 * IMAGE_TOKENS;
    let mut prompt = Prompt { words, images, cached: 0 };
    if cached {
        prompt.cached = prompt.total() / 2;
    }
    prompt
}

impl Prompt {
    pub(super) fn of(order: &Order, wanted: &str) -> Self {
        let cached = order.body.get("cachedContent").is_some() || wanted.contains("cached_prompt");
        prompt(order.contents(), &order.body["systemInstruction"], cached)
    }
}

/// What an image is: `image/png of 3 bytes`, or its address.
fn image(part: &Value) -> Option<String> {
    if let Some(blob) = part.get("inlineData") {
        let size = shape::decoded(blob["data"].as_str().unwrap_or_default()).map_or(0, |bytes| bytes.len());
        return Some(format!("{} of {size} bytes", blob["mimeType"].as_str().unwrap_or_default()));
    }
    let file = part.get("fileData")?;
    Some(file["fileUri"].as_str().unwrap_or_default().to_owned())
}

/// Schemas as the rest of the world writes them.
fn plain(schema: &Value) -> Value {
    let mut plain = schema.clone();
    lower(&mut plain);
    plain
}

fn lower(schema: &mut Value) {
    if let Some(kind) = schema.get("type").and_then(Value::as_str).map(str::to_ascii_lowercase) {
        schema["type"] = kind.into();
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(lower);
    }
    if let Some(items) = schema.get_mut("items") {
        lower(items);
    }
    for part in schema.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
        lower(part);
    }
}

fn tool(function: &Value) -> Tool {
    let schema = function.get("parametersJsonSchema").cloned();
    Tool {
        name: function["name"].as_str().unwrap_or_default().to_owned(),
        schema: schema.unwrap_or_else(|| plain(&function["parameters"])),
    }
}

/// The schema that the answer shall fit.
fn format(order: &Order) -> Option<Value> {
    if order.config("responseMimeType") != "application/json" {
        return None;
    }
    let raw = order.config("responseJsonSchema");
    let own = order.config("responseSchema");
    if !raw.is_null() {
        return Some(raw.clone());
    }
    let any = || json!({"type": "object", "properties": {"answer": {"type": "string"}}});
    Some(if own.is_null() { any() } else { plain(own) })
}

/// The word of an enumeration that is asked for.
pub(super) fn word(order: &Order) -> Option<String> {
    let asked = order.config("responseMimeType") == "text/x.enum";
    let schema = [order.config("responseSchema"), order.config("responseJsonSchema")];
    let first = schema.iter().find_map(|schema| list(&schema["enum"]).first())?.as_str()?;
    asked.then(|| first.to_owned())
}

/// The last words of the user.
pub(super) fn wanted(order: &Order) -> String {
    let speaks = |content: &&Value| {
        content["role"] != "model" && history::parts(content).iter().any(|part| part["text"].is_string())
    };
    let texts = |content: &Value| {
        let parts = history::parts(content).iter().filter_map(|part| part["text"].as_str());
        parts.collect::<Vec<_>>().join(" ")
    };
    order.contents().iter().rev().find(speaks).map(texts).unwrap_or_default()
}

pub(super) fn cue<'a>(order: &Order, faults: &'a Faults) -> Cue<'a> {
    let calling = &order.body["toolConfig"]["functionCallingConfig"];
    let allowed = list(&calling["allowedFunctionNames"]);
    let may = |tool: &Tool| allowed.is_empty() || allowed.iter().any(|name| *name == tool.name);
    let last = order.contents().last().and_then(|content| history::parts(content).last());
    let stops = list(order.config("stopSequences")).iter().filter_map(Value::as_str).map(str::to_owned);
    Cue {
        faults,
        wanted: wanted(order),
        told: last.and_then(|part| Some(told(&part.get("functionResponse")?["response"]))),
        tools: order.functions().map(tool).filter(may).collect(),
        choice: match calling["mode"].as_str() {
            Some("ANY") => Choice::Any,
            Some("NONE") => Choice::None,
            _ => Choice::Auto,
        },
        alone: false,
        format: format(order),
        stops: stops.collect(),
        limit: order.config("maxOutputTokens").as_u64(),
        thoughts: order.thoughts,
        images: order.contents().iter().flat_map(history::parts).filter_map(image).collect(),
        call_id: ("", 8),
        searches: order.offers("googleSearch"),
        turn: order.contents().len(),
    }
}
