//! Members that only Google knows, on their way from the client.

use std::borrow::Cow;

use document::{Kind, ObjectWriter, Value};
use model::{ChatRequest, Json, LossKind, Losses};

use super::config::{Config, camel};
use super::format;
use crate::gemini::host::Host;
use crate::read;

/// Members of `generationConfig` that clients also put at the top.
const CONFIG: [&str; 7] = [
    "thinkingConfig",
    "imageConfig",
    "speechConfig",
    "responseModalities",
    "mediaResolution",
    "audioTimestamp",
    "routingConfig",
];
/// What the form of the answer is told by.
const FORMAT: [&str; 4] = ["responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema"];

/// What of a request's extras goes to the host.
#[derive(Default)]
pub(super) struct Extras {
    passed: Vec<(String, Json)>,
    /// For `generationConfig`: whole ones, then single members.
    whole: Vec<Json>,
    members: Vec<(String, Json)>,
    tool_config: Option<Json>,
    cached: Option<Json>,
    modalities: Option<Json>,
    audio: Option<Json>,
    choice: Option<Json>,
}

impl Extras {
    /// Sorts them; what the host does not take is lost.
    pub(super) fn of(host: &Host, request: &ChatRequest, losses: &mut Losses) -> Self {
        let mut extras = Self::default();
        for extra in request.extras.iter() {
            if &*extra.name == "google" {
                // How Google's own OpenAI endpoint is told.
                for (name, value) in members(&extra.value) {
                    extras.sort(host, &name, value, losses);
                }
            } else {
                extras.sort(host, &extra.name, extra.value.clone(), losses);
            }
        }
        extras
    }

    fn sort(&mut self, host: &Host, name: &str, value: Json, losses: &mut Losses) {
        let known = camel(name);
        match known.as_str() {
            "generationConfig" => self.whole.push(value),
            "cachedContent" => self.cached = Some(value),
            "toolConfig" => self.tool_config = Some(value),
            "modalities" => self.modalities = Some(value),
            "audio" => self.audio = Some(value),
            "guidedChoice" => self.choice = Some(value),
            known if CONFIG.contains(&known) => self.members.push((known.to_owned(), value)),
            known if host.members.contains(&known) => self.passed.push((known.to_owned(), value)),
            _ => losses.add(name.to_owned(), LossKind::Dropped),
        }
    }

    /// Adds what is for `generationConfig` where the request has said nothing. `thought`: it has said how much
    /// to think.
    pub(super) fn fill(&self, config: &mut Config, thought: bool, losses: &mut Losses) {
        let formed = config.has("responseMimeType");
        if let Some(choice) = &self.choice {
            let words = texts(choice);
            if formed || words.is_empty() {
                losses.add("guided_choice", LossKind::Dropped);
            } else {
                format::take_choice(&words, config);
            }
        }
        let formed = config.has("responseMimeType");
        self.fill_modalities(config, losses);
        for (name, value) in &self.members {
            fill_one(name, value, thought, config);
        }
        for (name, value) in self.whole.iter().flat_map(members) {
            let name = camel(&name);
            if !(formed && FORMAT.contains(&name.as_str())) {
                fill_one(&name, &value, thought, config);
            }
        }
    }

    /// What OpenAI's clients say about speech and pictures.
    fn fill_modalities(&self, config: &mut Config, losses: &mut Losses) {
        let kinds: Vec<_> =
            self.modalities.iter().flat_map(texts).map(|kind| kind.to_ascii_uppercase()).collect();
        if !kinds.is_empty() && kinds != ["TEXT"] {
            let list = document::write_array(|list| kinds.iter().for_each(|kind| list.text(kind)));
            config.set("responseModalities", &list);
        }
        for (name, value) in self.audio.iter().flat_map(members) {
            match (&*name, texts(&value).first()) {
                ("voice", Some(voice)) => config.object("speechConfig", |speech| {
                    speech.object("voiceConfig", |config| {
                        config.object("prebuiltVoiceConfig", |own| own.set_text("voiceName", voice));
                    });
                }),
                // That is how it always comes.
                ("format", Some(format)) if format == "pcm16" => {}
                (name, _) => losses.add(format!("audio.{name}"), LossKind::Dropped),
            }
        }
    }

    /// The name of a cache that holds the beginning of the conversation.
    pub(super) fn cached(&self) -> Option<&Json> {
        self.cached.as_ref()
    }

    pub(super) fn tool_config(&self) -> Option<&Json> {
        self.tool_config.as_ref()
    }

    pub(super) fn write(&self, body: &mut ObjectWriter<'_>) {
        if let Some(cached) = &self.cached {
            body.raw("cachedContent", cached.as_bytes());
        }
        let mut written: Vec<&str> = Vec::new();
        for (name, value) in &self.passed {
            if !written.contains(&name.as_str()) {
                written.push(name);
                body.raw(name, value.as_bytes());
            }
        }
    }
}

/// A wish in the client's own words is not mixed with one in Google's.
fn fill_one(name: &str, value: &Json, thought: bool, config: &mut Config) {
    if name != "thinkingConfig" || !thought {
        return config.fill_json(name, value);
    }
    config.object("thinkingConfig", |thinking| {
        for (name, value) in members(value) {
            let name = camel(&name);
            if name != "thinkingBudget" && name != "thinkingLevel" {
                thinking.fill_json(&name, &value);
            }
        }
    });
}

/// A text, or the texts of an array.
fn texts(value: &Json) -> Vec<String> {
    let texts = |value: Value<'_>| match value.kind() {
        Kind::Array => value.items().filter_map(Value::as_str).map(Cow::into_owned).collect(),
        _ => value.as_str().map(Cow::into_owned).into_iter().collect(),
    };
    read::json(value, texts).unwrap_or_default()
}

/// Members of an object: name, value.
pub(super) fn members(value: &Json) -> Vec<(String, Json)> {
    let members = |value: Value<'_>| {
        let member =
            |member: document::Member<'_>| (member.name.decoded().into_owned(), read::raw(member.value));
        value.members().map(member).collect()
    };
    read::json(value, members).unwrap_or_default()
}
