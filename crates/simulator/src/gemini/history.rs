//! The order of a conversation: roles, parts, calls with their answers, and signatures of thoughts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::family::Generation;
use super::refusal::invalid;
use super::shapes::DATA;
use crate::refusal::Refusal;
use crate::shape;

/// What the real API takes in place of a signature.
const SKIP: &str = "skip_thought_signature_validator";

/// The signature of a thought about something.
pub(super) fn signature(about: &str) -> String {
    STANDARD.encode(format!("signature of the simulator: {about}"))
}

/// Judges the contents of a request.
pub(super) fn judge(contents: &[Value], generation: Generation) -> Result<(), Refusal> {
    if contents.is_empty() {
        return Err(invalid("* GenerateContentRequest.contents: contents is not specified\n"));
    }
    for (index, content) in contents.iter().enumerate() {
        judge_content(&format!("contents[{index}]"), content)?;
    }
    judge_calls(contents)?;
    if generation == Generation::Three {
        judge_signatures(contents)?;
    }
    Ok(())
}

pub(super) fn parts(content: &Value) -> &[Value] {
    content["parts"].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn judge_content(place: &str, content: &Value) -> Result<(), Refusal> {
    if !matches!(content["role"].as_str(), None | Some("user" | "model")) {
        return Err(invalid("Please use a valid role: user, model."));
    }
    if parts(content).is_empty() {
        return Err(invalid(&format!(
            "* GenerateContentRequest.{place}.parts: contents.parts must not be empty.\n"
        )));
    }
    for (index, part) in parts(content).iter().enumerate() {
        let here = format!("{place}.parts[{index}]");
        let data = DATA.iter().filter(|name| part.get(**name).is_some()).count();
        if data == 0 {
            return Err(invalid(&format!(
                "* GenerateContentRequest.{here}.data: required oneof field 'data' must have one initialized field\n"
            )));
        }
        if data > 1 {
            return Err(invalid(&format!(
                "Invalid value at '{here}' (oneof), oneof field 'data' is already set."
            )));
        }
        judge_part(&here, part)?;
    }
    Ok(())
}

fn judge_part(place: &str, part: &Value) -> Result<(), Refusal> {
    let missing =
        |name: &str| Err(invalid(&format!("* GenerateContentRequest.{place}.{name}: must not be empty.\n")));
    let empty = |value: &Value| value.as_str().is_none_or(str::is_empty);
    if let Some(blob) = part.get("inlineData") {
        if empty(&blob["mimeType"]) {
            return missing("inline_data.mime_type");
        }
        if empty(&blob["data"]) {
            return missing("inline_data.data");
        }
    }
    if part.get("fileData").is_some_and(|file| empty(&file["fileUri"])) {
        return missing("file_data.file_uri");
    }
    if part.get("functionCall").is_some_and(|call| empty(&call["name"])) {
        return missing("function_call.name");
    }
    if let Some(response) = part.get("functionResponse") {
        if empty(&response["name"]) {
            return missing("function_response.name");
        }
        if !response["response"].is_object() {
            return missing("function_response.response");
        }
    }
    Ok(())
}

fn named<'a>(content: &'a Value, member: &str) -> Vec<&'a str> {
    parts(content).iter().filter_map(|part| part[member]["name"].as_str()).collect()
}

/// Answers follow calls: as many, with the same names.
fn judge_calls(contents: &[Value]) -> Result<(), Refusal> {
    for (index, content) in contents.iter().enumerate() {
        let answers = named(content, "functionResponse");
        let before = index.checked_sub(1).and_then(|before| contents.get(before));
        let calls = before.map(|before| named(before, "functionCall")).unwrap_or_default();
        if answers.is_empty() {
            if !calls.is_empty() {
                return Err(invalid(
                    "Please ensure that the number of function response parts is equal to the number of function \
                     call parts of the function call turn.",
                ));
            }
        } else if content["role"] == "model" || calls.is_empty() {
            return Err(invalid(
                "Please ensure that function response turn comes immediately after a function call turn.",
            ));
        } else if answers.len() != calls.len() {
            return Err(invalid(
                "Please ensure that the number of function response parts is equal to the number of function call \
                 parts of the function call turn.",
            ));
        } else if !same_names(&answers, &calls) {
            return Err(invalid(
                "Please ensure that the function response names are equal to the names of the function calls.",
            ));
        }
        if !named(content, "functionCall").is_empty() && (content["role"] != "model" || index == 0) {
            return Err(invalid(
                "Please ensure that function call turn comes immediately after a user turn or after a function \
                 response turn.",
            ));
        }
    }
    match contents.last().filter(|last| !named(last, "functionCall").is_empty()) {
        Some(_) => Err(invalid("Please ensure that the last turn is no function call turn.")),
        None => Ok(()),
    }
}

fn same_names(answers: &[&str], calls: &[&str]) -> bool {
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    sorted(answers) == sorted(calls)
}

/// In the current turn, the first call of each step must carry the signature that it came with.
fn judge_signatures(contents: &[Value]) -> Result<(), Refusal> {
    let speaks = |content: &Value| {
        content["role"] != "model" && parts(content).iter().any(|part| part.get("functionResponse").is_none())
    };
    let turn = contents.iter().rposition(speaks).unwrap_or(0);
    for content in contents {
        for part in parts(content) {
            let about = part["functionCall"]["name"].as_str().unwrap_or("text");
            match part["thoughtSignature"].as_str() {
                Some(given) if !knows(given, about) => {
                    return Err(invalid("Corrupted thought signature."));
                }
                _ => {}
            }
        }
    }
    for (index, content) in contents.iter().enumerate().skip(turn) {
        let calls = parts(content).iter().enumerate().filter(|(_, part)| part.get("functionCall").is_some());
        if let Some((position, part)) = calls.into_iter().next()
            && part["thoughtSignature"].as_str().is_none_or(str::is_empty)
        {
            let name = part["functionCall"]["name"].as_str().unwrap_or_default();
            return Err(invalid(&format!(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to \
                 work correctly, and missing thought_signature may lead to degraded model performance. Additional \
                 data, function call `default_api:{name}` , position {}.",
                index + position + 1
            )));
        }
    }
    Ok(())
}

/// Whether a signature is one that was given for this, or the one that skips the check.
fn knows(given: &str, about: &str) -> bool {
    let skips = [SKIP.to_owned(), STANDARD.encode(SKIP)].iter().any(|skip| skip == given);
    skips || shape::decoded(given) == shape::decoded(&signature(about))
}
