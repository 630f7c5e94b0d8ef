//! A canonical request written for Converse.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.

use bytes::Bytes;
use document::{Document, Edits, ObjectWriter, Value, write_body, write_object};
use model::{ChatRequest, LossKind, Losses, Maker, Number, Parameter, ResponseFormat};

use crate::{ChatCall, EncodeError, Family, SamplingRule, Structured, Thinking as Ability, ToolNames, TopK};

mod blocks;
mod conversation;
mod fields;
mod headers;
mod ids;
mod media;
mod thinking;
mod tools;

use conversation::Conversation;
use fields::{Extras, Fields};
pub(super) use headers::READ as HEADERS;
use thinking::Thinking;
pub(super) use thinking::may_be_off;
use tools::Tools;

/// Pairs that `requestMetadata` may have.
const MOST_METADATA: usize = 16;

/// A request as Bedrock reads it.
pub(super) struct Written {
    pub(super) body: Vec<u8>,
    pub(super) names: ToolNames,
    /// The tool whose arguments are the answer's content.
    pub(super) answer_tool: Option<Box<str>>,
    /// The model was told to think.
    pub(super) thinks: bool,
    /// Who seals the reasoning.
    pub(super) maker: Maker,
}

/// Writes `request`; what `settle` has reported is not reported again.
pub(super) fn write(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    losses: &mut Losses,
) -> Result<Written, EncodeError> {
    let family = call.family;
    let maker = maker(call);
    let names = ToolNames::of(request, tools::NAMES);
    let tool_points = tools::cache_points(request, family);
    let conversation = Conversation::of(request, family, maker, tool_points, losses)?;
    let claude = maker == Maker::Anthropic || call.model.contains("claude");
    let extras = Extras::of(request, claude, losses);
    let emulated = matches!(request.response_format, ResponseFormat::JsonSchema { .. })
        && family.structured == Structured::ForcedTool;
    let thinking = Thinking::of(request, family, &extras, &conversation, emulated, losses);
    let tools = Tools::of(request, family, &names, &conversation, &thinking, losses)?;
    let mut fields = extras.fields()?;
    thinking.set(&mut fields);
    set_parameters(request, family, &thinking, &mut fields, losses);
    let body = write_body(|body| {
        if let Some(version) = call.settings.value("anthropic_version").filter(|_| claude) {
            body.text("anthropic_version", version);
        }
        conversation.write(&names, body);
        tools.write(body);
        write_inference(request, family, &thinking, body, losses);
        fields.write(body);
        write_output(request, family, &extras, body);
        write_account(request, &extras, body, losses);
        extras.write(call, body);
    });
    let thinks = thinking.is_on();
    Ok(Written { body, names: names.clone(), answer_tool: tools.into_answer(), thinks, maker })
}

/// Only Claude seals its reasoning. The name of a profile may hide which model it is.
fn maker(call: &ChatCall<'_>) -> Maker {
    match call.family.thinking {
        Ability::Budget { .. } | Ability::Adaptive { .. } => Maker::Anthropic,
        _ if call.model.starts_with("arn:") => Maker::Anthropic,
        _ => Maker::Bedrock,
    }
}

/// `inferenceConfig`. What the family refuses was reported before.
fn write_inference(
    request: &ChatRequest,
    family: &Family,
    thinking: &Thinking,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    let sampling = &request.sampling;
    // The API refuses sequences of nothing but white space.
    let stop: Vec<_> = sampling.stop.iter().filter(|text| !text.trim().is_empty()).collect();
    if stop.len() < sampling.stop.len() {
        losses.add("stop", LossKind::Approximated);
    }
    let fixed = family.sampling == SamplingRule::Fixed;
    let (on, limited) = (thinking.is_on(), thinking.excludes_limits());
    let is_one = |value: &Number| value.as_f64().is_some_and(|value| (value - 1.0).abs() < f64::EPSILON);
    let temperature = sampling.temperature.as_ref().filter(|_| !fixed);
    let temperature =
        temperature.filter(|value| fits(!limited && (!on || is_one(value)), "temperature", losses));
    let alone = family.sampling == SamplingRule::OneOf && temperature.is_some();
    let top_p = sampling.top_p.as_ref().filter(|_| !fixed);
    let top_p = top_p.filter(|_| fits(!alone && !on && !limited, "top_p", losses));
    let max_tokens = thinking.max_tokens();
    if max_tokens.is_none() && temperature.is_none() && top_p.is_none() && stop.is_empty() {
        return;
    }
    body.object("inferenceConfig", |config| {
        if let Some(limit) = max_tokens {
            config.number("maxTokens", limit);
        }
        for (name, value) in [("temperature", temperature), ("topP", top_p)] {
            if let Some(value) = value {
                config.raw(name, value.as_str().as_bytes());
            }
        }
        if !stop.is_empty() {
            config.texts("stopSequences", stop);
        }
    });
}

/// Parameters that have their place among the additional members.
fn set_parameters(
    request: &ChatRequest,
    family: &Family,
    thinking: &Thinking,
    fields: &mut Fields,
    losses: &mut Losses,
) {
    let sampling = &request.sampling;
    let top_k = sampling.top_k.as_ref().filter(|_| family.sampling != SamplingRule::Fixed);
    let place = top_k_member(family);
    if let (Some(value), Some(place)) = (top_k, place)
        && fits(!thinking.is_on(), "top_k", losses)
    {
        fields.set(place, value.as_str().to_owned());
    }
    for (parameter, value) in [
        (Parameter::Seed, &sampling.seed),
        (Parameter::FrequencyPenalty, &sampling.frequency_penalty),
        (Parameter::PresencePenalty, &sampling.presence_penalty),
    ] {
        if let Some(value) = value
            && family.additional.contains(&parameter)
        {
            fields.set(parameter.name(), value.as_str().to_owned());
        }
    }
}

/// Where models of a family are told `top_k`.
pub(super) fn top_k_member(family: &Family) -> Option<&'static str> {
    match family.top_k {
        TopK::Own => Some("top_k"),
        TopK::Additional(member) => Some(member),
        TopK::Unknown => None,
    }
}

fn fits(fits: bool, member: &'static str, losses: &mut Losses) -> bool {
    if !fits {
        losses.add(member, LossKind::Dropped);
    }
    fits
}

/// `outputConfig`: the client's own, with the form of the answer.
fn write_output(request: &ChatRequest, family: &Family, extras: &Extras, body: &mut ObjectWriter<'_>) {
    let own = extras.output_config();
    let form = match &request.response_format {
        ResponseFormat::JsonSchema { name, description, schema, .. }
            if family.structured == Structured::Native =>
        {
            Some(write_object(|form| {
                form.text("type", "json_schema");
                form.object("structure", |structure| {
                    structure.object("jsonSchema", |definition| {
                        definition.text("name", name);
                        if let Some(description) = description {
                            definition.text("description", description);
                        }
                        definition.text("schema", schema.as_str());
                    });
                });
            }))
        }
        _ => None,
    };
    if own.is_none() && form.is_none() {
        return;
    }
    let mut edits = Edits::new();
    if let Some(form) = form {
        edits.set("textFormat", form);
    }
    let base = own.or_else(|| Document::parse(Bytes::from_static(b"{}")).ok());
    if let Some(base) = base {
        body.raw("outputConfig", &base.apply(&edits).to_bytes());
    }
}

/// For whom and at which tier; what the client wrote in Bedrock's words counts before.
fn write_account(request: &ChatRequest, extras: &Extras, body: &mut ObjectWriter<'_>, losses: &mut Losses) {
    if let Some(tier) = &request.service_tier
        && !extras.has("serviceTier")
    {
        let tier = match &**tier {
            "auto" => None,
            "default" | "standard" | "standard_only" => Some("default"),
            tier @ ("priority" | "flex" | "reserved") => Some(tier),
            _ => {
                losses.add("service_tier", LossKind::Dropped);
                None
            }
        };
        if let Some(tier) = tier {
            body.object("serviceTier", |object| object.text("type", tier));
        }
    }
    let said = request.metadata.as_ref().map(|metadata| ("metadata", metadata.as_str()));
    let in_header = headers::metadata(request).map(|metadata| (headers::METADATA, metadata));
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (source, metadata) in said.into_iter().chain(in_header) {
        if extras.has("requestMetadata") || !add_pairs(metadata, &mut pairs) {
            losses.add(source, LossKind::Approximated);
        }
    }
    if !pairs.is_empty() {
        body.object("requestMetadata", |object| {
            for (name, value) in &pairs {
                object.text(name, value);
            }
        });
    }
}

/// Adds the pairs of an object that Bedrock takes and that are not there yet; tells whether these are all.
fn add_pairs(metadata: &str, pairs: &mut Vec<(String, String)>) -> bool {
    let Ok(document) = Document::parse(Bytes::copy_from_slice(metadata.as_bytes())) else { return false };
    let legal = |text: &str| {
        let known =
            |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || ":_@$#=/+,-.".contains(c);
        text.len() <= 256 && text.chars().all(known)
    };
    let mut all = true;
    for member in document.members() {
        let name = member.name.decoded().into_owned();
        let value = Value::as_str(member.value).map(std::borrow::Cow::into_owned);
        let value = value.filter(|value| legal(value) && !name.is_empty() && legal(&name));
        match value {
            Some(_) if pairs.iter().any(|(known, _)| *known == name) => {}
            Some(value) if pairs.len() < MOST_METADATA => pairs.push((name, value)),
            _ => all = false,
        }
    }
    all
}
