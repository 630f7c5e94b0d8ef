//! `count-tokens`: of a Converse request, or of Claude's own in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::tools::only;
use super::{converse, invoke, is_claude, reading, whole};
use crate::anthropic::{self, invalid, judge_object};
use crate::fault::Faults;
use crate::native::Reply;
use crate::refusal::Refusal;

/// What profiles that cross regions begin with; only models themselves count.
const PROFILES: &[&str] = &["us.", "eu.", "apac.", "global.", "jp.", "au.", "us-gov."];

pub(super) fn answer(model: &str, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    judge_object("body", &Value::Object(body.clone()), &["input"], &[])?;
    if PROFILES.iter().any(|profile| model.starts_with(profile)) || !is_claude(model) {
        return Err(invalid("", "The provided model doesn't support counting tokens."));
    }
    let input = &body["input"];
    let tokens = if only("input", input, &["converse", "invokeModel"])? == "converse" {
        let names = ["messages", "system", "toolConfig", "additionalModelRequestFields"];
        judge_object("input.converse", &input["converse"], &[], &names)?;
        let inner = input["converse"].as_object().cloned().unwrap_or_default();
        converse::judge(model, &inner, false)?;
        reading::tokens(&inner)
    } else {
        judge_object("input.invokeModel", &input["invokeModel"], &["body"], &[])?;
        let text = input["invokeModel"]["body"].as_str().unwrap_or_default();
        let bytes = STANDARD.decode(text).unwrap_or_default();
        let inner: Map<String, Value> = serde_json::from_slice(&bytes)
            .map_err(|error| Refusal::NotJson(format!("input.invokeModel.body: {error}")))?;
        invoke::judge(model, &inner)?;
        anthropic::tokens(&inner)
    };
    Ok(whole(json!({"inputTokens": tokens.total()}), &[], &Faults::default()))
}
