//! Members that only Bedrock knows, and those that only the model knows: what a client wrote for them, and what
//! the request itself needs there.

use std::borrow::Cow;

use bytes::Bytes;
use document::{Document, Edits, Kind, ObjectWriter, Value};
use model::{ChatRequest, Json, LossKind, Losses};

use super::headers;
use crate::anthropic::hosting;
use crate::{ChatCall, Delivery, EncodeError};

const FIELDS: &str = "additionalModelRequestFields";
/// Where a client may put all of them.
const OWN: &str = "bedrock";
/// Members of a request of Bedrock's that a client may write itself.
const KNOWN: [&str; 8] = [
    "guardrailConfig",
    "performanceConfig",
    "requestMetadata",
    "promptVariables",
    "additionalModelResponseFieldPaths",
    "serviceTier",
    "outputConfig",
    FIELDS,
];
/// Setting that decides the latency, whatever the client wrote.
const LATENCY: &str = "bedrock.performance_config_latency";

/// What of a request's extras goes to Bedrock.
pub(super) struct Extras {
    passed: Vec<(&'static str, Bytes)>,
    /// Claude's own members.
    thinking: Option<Bytes>,
    effort: Option<Bytes>,
    betas: Vec<Box<str>>,
}

/// The additional members that the model gets.
pub(super) struct Fields {
    base: Option<Document>,
    edits: Edits,
}

impl Extras {
    /// Sorts them; what nobody takes is lost.
    pub(super) fn of(request: &ChatRequest, claude: bool, losses: &mut Losses) -> Self {
        let mut extras = Self { passed: Vec::new(), thinking: None, effort: None, betas: Vec::new() };
        let mut asked: Vec<String> = Vec::new();
        let mut own = None;
        for extra in request.extras.iter() {
            let value = Bytes::copy_from_slice(extra.value.as_bytes());
            match &*extra.name {
                OWN => own = Some(value),
                "thinking" if claude && request.reasoning.is_none() => extras.thinking = Some(value),
                "output_config" if claude => extras.effort = Some(value),
                "anthropic_beta" | "betas" if claude => asked.extend(texts(&extra.value)),
                name => match KNOWN.iter().find(|known| **known == name) {
                    Some(known) => extras.passed.push((known, value)),
                    None => losses.add(name.to_owned(), LossKind::Dropped),
                },
            }
        }
        extras.add_own(own, losses);
        for (name, value) in headers::members(request) {
            if !extras.has(name) {
                extras.passed.push((name, value));
            }
        }
        let in_header = headers::betas(request).filter(|_| claude);
        let betas = hosting::BEDROCK.betas(asked.iter().map(String::as_str).chain(in_header));
        for beta in &betas.dropped {
            losses.add(format!("anthropic_beta.{beta}"), LossKind::Dropped);
        }
        extras.betas = betas.kept;
        extras
    }

    /// Takes the members of `bedrock`; what stands at the top counts before them.
    fn add_own(&mut self, own: Option<Bytes>, losses: &mut Losses) {
        let Some(own) = own else { return };
        let Ok(document) = Document::parse(own) else {
            return losses.add(OWN, LossKind::Dropped);
        };
        for member in document.members() {
            match KNOWN.iter().find(|known| member.name.is(known)) {
                Some(known) if self.value(known).is_none() => {
                    self.passed.push((known, document.share(&member.value)));
                }
                Some(_) => {}
                None => losses.add(format!("{OWN}.{}", member.name.decoded()), LossKind::Dropped),
            }
        }
    }

    fn value(&self, name: &str) -> Option<&Bytes> {
        self.passed.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// `outputConfig` as the client wrote it.
    pub(super) fn output_config(&self) -> Option<Document> {
        Document::parse(self.value("outputConfig")?.clone()).ok()
    }

    /// Claude's `thinking` as the client wrote it, at the top or among the additional members.
    pub(super) fn turns_thinking_on(&self) -> bool {
        let on =
            |value: Value<'_>| value.value("type").and_then(Value::as_str).as_deref() != Some("disabled");
        let at_top = self.thinking.as_ref().and_then(|value| Document::parse(value.clone()).ok());
        let inside = || Document::parse(self.value(FIELDS)?.clone()).ok();
        at_top.is_some_and(|thinking| on(thinking.root()))
            || inside().is_some_and(|fields| fields.value("thinking").is_some_and(on))
    }

    /// The additional members, so far as the client wrote them.
    pub(super) fn fields(&self) -> Result<Fields, EncodeError> {
        let object = |value: &Bytes| Document::parse(value.clone());
        let base = self.value(FIELDS).map(object).transpose();
        let refused = EncodeError::Invalid { member: FIELDS.into(), reason: "must be an object" };
        let mut fields = Fields { base: base.map_err(|_| refused)?, edits: Edits::new() };
        if let Some(thinking) = &self.thinking {
            fields.set("thinking", thinking.clone());
        }
        let effort = self.effort.as_ref().and_then(|config| Document::parse(config.clone()).ok());
        for member in effort.iter().flat_map(Document::members) {
            let raw = Bytes::copy_from_slice(member.value.raw());
            fields.edits.set_in("output_config", member.name.decoded().into_owned(), raw);
        }
        if !self.betas.is_empty() {
            let betas = document::write_array(|list| self.betas.iter().for_each(|beta| list.text(beta)));
            fields.set("anthropic_beta", betas);
        }
        Ok(fields)
    }

    /// Writes the members besides the additional ones and `outputConfig`.
    pub(super) fn write(&self, call: &ChatCall<'_>, body: &mut ObjectWriter<'_>) {
        let latency = call.settings.value(LATENCY).filter(|latency| !latency.is_empty());
        for (name, value) in &self.passed {
            match *name {
                FIELDS | "outputConfig" => {}
                "performanceConfig" if latency.is_some() => {}
                "guardrailConfig" => body.raw(name, &guardrail(value, call.delivery)),
                name => body.raw(name, value),
            }
        }
        if let Some(latency) = latency {
            body.object("performanceConfig", |config| config.text("latency", latency));
        }
    }
}

impl Fields {
    /// Sets a member; of a dotted name, a member of that object.
    pub(super) fn set(&mut self, name: &'static str, raw: impl Into<Bytes>) {
        match name.split_once('.') {
            Some((parent, name)) => self.edits.set_in(parent, name, raw),
            None => self.edits.set(name, raw),
        }
    }

    pub(super) fn write(self, body: &mut ObjectWriter<'_>) {
        if self.base.is_none() && self.edits.is_empty() {
            return;
        }
        let base = self.base.or_else(|| Document::parse(Bytes::from_static(b"{}")).ok());
        if let Some(base) = base {
            body.raw(FIELDS, &base.apply(&self.edits).to_bytes());
        }
    }
}

/// A guardrail's way of processing a stream is told only where there is one.
fn guardrail(value: &Bytes, delivery: Delivery) -> Cow<'_, [u8]> {
    if delivery == Delivery::Whole
        && let Ok(document) = Document::parse(value.clone())
    {
        let mut edits = Edits::new();
        edits.remove("streamProcessingMode");
        return Cow::Owned(document.apply(&edits).to_bytes().to_vec());
    }
    Cow::Borrowed(value)
}

/// A text, or the texts of an array.
fn texts(value: &Json) -> Vec<String> {
    let wrapped = [b"{\"value\":", value.as_bytes(), b"}"].concat();
    let Ok(document) = Document::parse(wrapped.into()) else { return Vec::new() };
    let Some(value) = document.value("value") else { return Vec::new() };
    match value.kind() {
        Kind::Array => value.items().filter_map(Value::as_str).map(Cow::into_owned).collect(),
        _ => value.as_str().map(Cow::into_owned).into_iter().collect(),
    }
}
