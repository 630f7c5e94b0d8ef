//! Every codec that a provider has, and what is needed to put it to work.

use dialect::{
    ChatAnswer, ChatCall, ChatCodec, ChatFront, ChatWriter, Delivery, EncodeError, Encoded, Family, Identity,
    Quirks,
};
use document::Document;
use model::{ChatRequest, Settings};
use provider::{Wire, all};

/// The codecs, each once, in the order of the providers.
pub fn codecs() -> Vec<&'static dyn ChatCodec> {
    let mut found: Vec<&'static dyn ChatCodec> = Vec::new();
    for provider in all() {
        for route in provider.routes {
            if let Wire::Chat { codec, .. } = route.wire
                && !found.iter().any(|known| std::ptr::addr_eq(*known, codec))
            {
                found.push(codec);
            }
        }
    }
    found
}

/// Families that differ in what is written.
pub fn families() -> Vec<&'static Family> {
    const NAMES: [&str; 5] =
        ["claude-3-haiku", "claude-opus-4-7", "gemini-2.5-pro", "gemini-3-flash", "amazon.nova-pro-v1:0"];
    let mut found = vec![&Family::UNKNOWN];
    for provider in all() {
        for family in NAMES.map(|name| (provider.family)(name)) {
            if !found.contains(&family) {
                found.push(family);
            }
        }
    }
    found
}

pub fn front(anthropic: bool) -> &'static dyn ChatFront {
    if anthropic { &dialect::anthropic::CHAT_FRONT } else { &dialect::openai::CHAT_FRONT }
}

/// Writes a request for a model called `m`.
pub fn encode(
    codec: &'static dyn ChatCodec,
    request: &ChatRequest,
    family: &'static Family,
    streamed: bool,
) -> Result<Encoded, EncodeError> {
    codec.encode(
        request,
        &ChatCall {
            model: "m",
            family,
            quirks: &Quirks::NONE,
            settings: &Settings::default(),
            delivery: if streamed { Delivery::Stream } else { Delivery::Whole },
            want_usage: true,
            nonce: "0123456789abcdef",
        },
    )
}

/// A plain request in the form of one of the fronts.
fn asked(anthropic: bool) -> dialect::Asked {
    let text = br#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"q"}]}"#;
    let document = Document::parse(text.to_vec().into()).expect("JSON");
    front(anthropic).read(&document).expect("a request")
}

/// What reads the answer to a plain request; none where the codec refuses it.
pub fn answer_of(codec: &'static dyn ChatCodec) -> Option<Box<dyn ChatAnswer>> {
    Some(encode(codec, &asked(false).request, &Family::UNKNOWN, false).ok()?.answer)
}

pub fn writer(anthropic: bool) -> Box<dyn ChatWriter> {
    asked(anthropic).writer
}

pub fn identity() -> Identity {
    Identity { id: "0".into(), created: 1, model: "m".into(), input_estimate: 3 }
}
