//! What of Hugging Face is no chat: text-generation-inference's own API, and tasks by a model's address.

mod features;
mod generation;
pub(crate) mod refusal;

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::flow;
use crate::native::{Native, Reply, Visit};
use crate::refusal::Refusal;
use crate::reply::spoil;
use crate::service;

pub(crate) static NATIVE: Native = Native { id: "huggingface", serve, refuse: refusal::reply };

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// `/generate`.
    Generate,
    /// `/generate_stream`.
    Stream,
    /// The root of a server: generation in the form of a task.
    Root,
    /// A model's address.
    Model(String),
    /// A model's pipeline for embeddings.
    Features(String),
}

fn target(path: &str) -> Option<Target> {
    match path {
        "/generate" => return Some(Target::Generate),
        "/generate_stream" => return Some(Target::Stream),
        "/" | "" => return Some(Target::Root),
        _ => {}
    }
    let name = path.strip_prefix("/hf-inference").unwrap_or(path).strip_prefix("/models/")?;
    let read = |name: &str| {
        // The owner is a segment: the Hub answers 400 to an escaped slash.
        if name.to_ascii_lowercase().contains("%2f") {
            return None;
        }
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        let fits = !name.is_empty() && name.split('/').count() <= 2 && !name.split('/').any(str::is_empty);
        fits.then_some(name)
    };
    match name.strip_suffix("/pipeline/feature-extraction") {
        Some(name) => read(name).map(Target::Features),
        None => read(name).map(Target::Model),
    }
}

fn serve(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    let target = target(visit.path);
    let model = match &target {
        Some(Target::Model(name) | Target::Features(name)) => name.as_str(),
        _ => "",
    };
    // The last part of `owner/name` may carry the marks.
    let name = model.rsplit('/').next().unwrap_or_default();
    visit.obey(name)?;
    judge_key(visit, !model.is_empty())?;
    let target = target.as_ref().ok_or(Refusal::Path)?;
    if visit.head.method != Method::POST {
        return Err(Refusal::Method);
    }
    if name.starts_with("missing") {
        return Err(Refusal::Model(model.to_owned()));
    }
    if name.starts_with("loading") {
        let value = json!({"error": format!("Model {model} is currently loading"), "estimated_time": 20.0});
        return Ok(Reply::whole(StatusCode::SERVICE_UNAVAILABLE, value));
    }
    let fields = service::parse(&visit.head.headers, visit.body)?;
    if let Target::Features(_) = target {
        return features::answer(name, &fields).map(|value| Reply::whole(StatusCode::OK, value));
    }
    let task = matches!(target, Target::Root | Target::Model(_));
    let body = generation::judge(&fields, task)?;
    if *target == Target::Stream || body["stream"] == true {
        let flow = generation::stream(&body, task, visit.faults);
        return Ok(Reply::stream(flow::write(flow, visit.faults), generation::EVENTS.kind()));
    }
    let mut value = generation::whole(&body, task, visit.faults);
    spoil(&mut value, visit.faults, "generated_text", &["details"]);
    let value = if task { Value::Array(vec![value]) } else { value };
    Ok(Reply::whole(StatusCode::OK, value))
}

/// Servers of one's own need no key; any that comes must be right.
fn judge_key(visit: &Visit<'_>, needed: bool) -> Result<(), Refusal> {
    match visit.header("authorization") {
        None if !needed || visit.core.options.keyless => Ok(()),
        None => Err(Refusal::KeyMissing),
        Some(value) => match value.strip_prefix("Bearer ") {
            Some(key) if visit.knows(key) => Ok(()),
            _ => Err(Refusal::KeyWrong(String::new())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        assert_eq!(target("/generate"), Some(Target::Generate));
        assert_eq!(target("/models/org/m"), Some(Target::Model("org/m".into())));
        assert_eq!(target("/hf-inference/models/org/m"), Some(Target::Model("org/m".into())));
        assert_eq!(target("/hf-inference/models/org%2Fm"), None);
        let features = "/hf-inference/models/org/m/pipeline/feature-extraction";
        assert_eq!(target(features), Some(Target::Features("org/m".into())));
        assert_eq!(target("/models/a/b/c"), None);
        assert_eq!(target("/models/"), None);
        assert_eq!(target("/hf-inference/generate"), None);
    }
}
