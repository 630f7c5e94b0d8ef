//! `converse` and `converse-stream`: judging the request's members, answering.

use serde_json::{Map, Value};

use super::answer::Turn;
use super::{events, is_claude, messages, stream, tools, whole};
use crate::anthropic::{self, invalid, judge_object};
use crate::fault::Faults;
use crate::member::{Form, Member, member};
use crate::native::Reply;
use crate::refusal::Refusal;

const MEMBERS: &[Member] = &[
    member("messages", Form::Array),
    member("system", Form::Array),
    member("inferenceConfig", Form::Object),
    member("toolConfig", Form::Object),
    member("guardrailConfig", Form::Object),
    member("additionalModelRequestFields", Form::Object),
    member("promptVariables", Form::Object),
    member("additionalModelResponseFieldPaths", Form::Array),
    member("requestMetadata", Form::Object),
    member("performanceConfig", Form::Object),
    member("serviceTier", Form::Object),
    member("outputConfig", Form::Object),
];

const INFERENCE: &[Member] = &[
    member("maxTokens", Form::Integer(1, i64::MAX)),
    member("temperature", Form::Number(0.0, 1.0)),
    member("topP", Form::Number(0.0, 1.0)),
    member("stopSequences", Form::Array),
];

/// Families that take no system prompts.
const WITHOUT_SYSTEM: &[&str] = &[
    "amazon.titan-",
    "cohere.command-text",
    "cohere.command-light-text",
    "mistral.mistral-7b-instruct",
    "mistral.mixtral-8x7b-instruct",
];

/// Families that take no tools.
const WITHOUT_TOOLS: &[&str] = &[
    "amazon.titan-",
    "cohere.command-text",
    "cohere.command-light-text",
    "mistral.mistral-7b-instruct",
    "mistral.mixtral-8x7b-instruct",
    "meta.llama2",
    "meta.llama3-",
];

pub(super) fn answer(
    model: &str,
    body: &Map<String, Value>,
    streams: bool,
    faults: &Faults,
) -> Result<Reply, Refusal> {
    judge(model, body, streams)?;
    let turn = Turn::of(model, body, faults);
    if streams {
        Ok(stream(events::events(&turn, faults), faults))
    } else {
        Ok(whole(turn.whole(), &[], faults))
    }
}

/// Judges a whole request.
pub(super) fn judge(model: &str, body: &Map<String, Value>, streams: bool) -> Result<(), Refusal> {
    for (name, value) in body {
        match MEMBERS.iter().find(|known| known.name == name) {
            Some(known) => known.check(value)?,
            None => return Err(Refusal::Unknown { member: name.clone(), input: value.clone() }),
        }
    }
    let of = |families: &[&str]| families.iter().any(|family| model.contains(family));
    let has_system = body.get("system").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if has_system && of(WITHOUT_SYSTEM) {
        return Err(invalid("", "This model doesn't support the system field. Remove system and try again."));
    }
    if body.contains_key("toolConfig") && of(WITHOUT_TOOLS) {
        return Err(invalid("", "This model doesn't support tool use."));
    }
    judge_inference(body)?;
    tools::judge(body)?;
    messages::judge_system(body)?;
    messages::judge(model, body)?;
    judge_small(body, streams)?;
    if is_claude(model) { judge_claude(model, body) } else { Ok(()) }
}

fn judge_inference(body: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(Value::Object(config)) = body.get("inferenceConfig") else {
        return Ok(());
    };
    for (name, value) in config {
        let place = format!("inferenceConfig.{name}");
        match INFERENCE.iter().find(|known| known.name == name) {
            Some(known) => known.check(value)?,
            None => return Err(Refusal::Unknown { member: place, input: value.clone() }),
        }
    }
    for stop in config.get("stopSequences").and_then(Value::as_array).into_iter().flatten() {
        if stop.as_str().is_none_or(|text| text.trim().is_empty()) {
            return Err(Refusal::Range {
                member: "inferenceConfig.stopSequences".to_owned(),
                expected: "texts that are not blank".to_owned(),
            });
        }
    }
    Ok(())
}

fn judge_small(body: &Map<String, Value>, streams: bool) -> Result<(), Refusal> {
    let guard: &[&str] = if streams {
        &["guardrailIdentifier", "guardrailVersion", "trace", "streamProcessingMode"]
    } else {
        &["guardrailIdentifier", "guardrailVersion", "trace"]
    };
    for (name, needed, optional) in [
        ("guardrailConfig", &[][..], guard),
        ("performanceConfig", &[][..], &["latency"][..]),
        ("serviceTier", &["type"][..], &[][..]),
        ("outputConfig", &[][..], &["textFormat", "effort"][..]),
    ] {
        if let Some(value) = body.get(name) {
            judge_object(name, value, needed, optional)?;
        }
    }
    let word = |name: &str, member: &str, words: &[&str]| match body.get(name).map(|value| &value[member]) {
        None | Some(Value::Null) => Ok(()),
        Some(value) if value.as_str().is_some_and(|text| words.contains(&text)) => Ok(()),
        Some(_) => Err(Refusal::Range {
            member: format!("{name}.{member}"),
            expected: format!("one of {}", words.join(", ")),
        }),
    };
    word("performanceConfig", "latency", &["standard", "optimized"])?;
    word("serviceTier", "type", &["priority", "default", "flex", "reserved"])?;
    let metadata = body.get("requestMetadata").and_then(Value::as_object);
    if metadata.is_some_and(|map| map.is_empty() || map.len() > 16 || !map.values().all(Value::is_string)) {
        return Err(Refusal::Range {
            member: "requestMetadata".to_owned(),
            expected: "1 to 16 texts".to_owned(),
        });
    }
    match body.get("outputConfig").and_then(|config| config.get("textFormat")) {
        Some(format) => judge_format(format),
        None => Ok(()),
    }
}

fn judge_format(format: &Value) -> Result<(), Refusal> {
    let place = "outputConfig.textFormat";
    judge_object(place, format, &["type", "structure"], &[])?;
    if format["type"] != "json_schema" {
        return Err(Refusal::Range { member: format!("{place}.type"), expected: "json_schema".to_owned() });
    }
    judge_object(&format!("{place}.structure"), &format["structure"], &["jsonSchema"], &[])?;
    let inside = format!("{place}.structure.jsonSchema");
    let schema = &format["structure"]["jsonSchema"];
    judge_object(&inside, schema, &["schema"], &["name", "description"])?;
    let Some(text) = schema["schema"].as_str() else {
        return Err(Refusal::Type {
            member: format!("{inside}.schema"),
            expected: "a string",
            found: schema["schema"].clone(),
        });
    };
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(invalid("", "The JSON schema in outputConfig is not valid JSON.")),
    }
}

/// Claude's own rules, in the names that Claude's own API has for what Converse names otherwise.
fn judge_claude(model: &str, body: &Map<String, Value>) -> Result<(), Refusal> {
    let fields = body.get("additionalModelRequestFields").and_then(Value::as_object);
    let mut like = fields.cloned().unwrap_or_default();
    let betas: Vec<String> = like
        .get("anthropic_beta")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|beta| beta.as_str().map(str::to_owned))
        .collect();
    if betas.iter().any(|beta| !anthropic::is_beta(beta)) {
        return Err(invalid("", "invalid beta flag"));
    }
    let inference = body.get("inferenceConfig");
    for (from, to) in [("maxTokens", "max_tokens"), ("temperature", "temperature"), ("topP", "top_p")] {
        if let Some(value) = inference.and_then(|config| config.get(from)) {
            if like.contains_key(to) {
                return Err(invalid(
                    "",
                    format!("The additional field {to} conflicts with an existing field."),
                ));
            }
            like.insert(to.to_owned(), value.clone());
        }
    }
    let choice = body.get("toolConfig").map(|config| &config["toolChoice"]);
    let forced = choice.is_some_and(|choice| choice.get("any").is_some() || choice.get("tool").is_some());
    if forced {
        like.insert("tool_choice".to_owned(), serde_json::json!({"type": "any"}));
    }
    let refused = anthropic::judge_options(&like, model, &betas).err();
    refused.map_or(Ok(()), |refusal| Err(invalid("", anthropic::refusal_message(&refusal))))
}
