//! Google's models: the public Gemini API, and the same models below Vertex's paths.

mod answer;
mod embed;
mod family;
mod history;
mod reading;
mod refusal;
mod request;
mod shapes;

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::anthropic;
use crate::flow::{self, Framing};
use crate::native::{Native, Reply, Visit};
use crate::refusal::Refusal;
use crate::reply::spoil;
use crate::service;
use crate::shape::{self, Names};
use refusal::Host;

pub(crate) static NATIVE: Native =
    Native { id: "gemini", serve: serve_public, refuse: |refusal| refusal::reply(Host::Public, refusal) };

pub(crate) static VERTEX: Native =
    Native { id: "vertex", serve: serve_vertex, refuse: |refusal| refusal::reply(Host::Vertex, refusal) };

/// Google's events end their lines with CR LF.
const EVENTS: Framing = Framing::Events { blank: " ", line_end: "\r\n" };

/// What a path asks for: a model and what shall be done with it.
struct Target<'a> {
    model: String,
    verb: &'a str,
}

/// Reads the last segment of a path, `model:verb`.
fn target(segment: &str) -> Option<Target<'_>> {
    let (model, verb) = segment.rsplit_once(':')?;
    let model = percent_decode_str(model).decode_utf8_lossy().into_owned();
    (!model.is_empty() && !model.contains('/')).then_some(Target { model, verb })
}

fn serve_public(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    let path = visit.path;
    let versions = ["/v1beta/", "/v1/", "/v1alpha/"];
    let rest = versions.iter().find_map(|version| path.strip_prefix(version));
    let named =
        rest.and_then(|rest| rest.strip_prefix("models/").or_else(|| rest.strip_prefix("tunedModels/")));
    serve(visit, Host::Public, named)
}

fn serve_vertex(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    if let Some(segment) = below(visit.path, "publishers/anthropic/models/") {
        let target = target(segment);
        visit.obey(target.as_ref().map_or("", |target| &target.model))?;
        judge_key(visit, Host::Vertex)?;
        let Target { model, verb } = target.ok_or(Refusal::Path)?;
        if visit.head.method != Method::POST {
            return Err(Refusal::Method);
        }
        if model.starts_with("missing") || anthropic::vertex::is_dated_with_hyphen(&model) {
            return Err(unknown_model(visit, Host::Vertex, &model, verb));
        }
        return Ok(anthropic::vertex::serve(visit, &model, verb));
    }
    let own = below(visit.path, "publishers/google/models/");
    serve(visit, Host::Vertex, own.or_else(|| below(visit.path, "endpoints/")))
}

/// What follows a project, a location and `word` in a path of Vertex.
fn below<'a>(path: &'a str, word: &str) -> Option<&'a str> {
    let rest = ["/v1/projects/", "/v1beta1/projects/"].iter().find_map(|start| path.strip_prefix(start))?;
    let mut segments = rest.splitn(4, '/');
    let project = segments.next()?;
    let (locations, location) = (segments.next()?, segments.next()?);
    if project.is_empty() || locations != "locations" || location.is_empty() {
        return None;
    }
    segments.next()?.strip_prefix(word)
}

fn serve(visit: &mut Visit<'_>, host: Host, segment: Option<&str>) -> Result<Reply, Refusal> {
    let target = segment.and_then(target);
    let alt = service::argument(visit.head.uri.query().unwrap_or_default(), "alt");
    let streams = target.as_ref().is_some_and(|target| target.verb == "streamGenerateContent");
    let framing = if alt.as_deref() == Some("sse") { EVENTS } else { Framing::Array };
    let served = judged(visit, host, target, framing);
    match served {
        Err(refusal) if streams && framing == Framing::Array => {
            let (status, value) = refusal::error(host, &refusal);
            Ok(Reply::whole(status, json!([value])))
        }
        served => served,
    }
}

fn judged(
    visit: &mut Visit<'_>,
    host: Host,
    target: Option<Target<'_>>,
    framing: Framing,
) -> Result<Reply, Refusal> {
    visit.obey(target.as_ref().map_or("", |target| &target.model))?;
    judge_key(visit, host)?;
    let Target { model, verb } = target.ok_or(Refusal::Path)?;
    if visit.head.method != Method::POST {
        return Err(Refusal::Method);
    }
    let body = service::parse(&visit.head.headers, visit.body)?;
    if model.starts_with("missing") {
        return Err(unknown_model(visit, host, &model, verb));
    }
    let mut value = match (verb, host) {
        ("generateContent", _) => answer::whole(&request::judge(host, &model, &body)?, visit.faults),
        ("streamGenerateContent", _) => {
            let order = request::judge(host, &model, &body)?;
            let flow = answer::stream(&order, visit.faults, framing);
            return Ok(Reply::stream(flow::write(flow, visit.faults), framing.kind()));
        }
        ("countTokens", _) => count(host, &model, &body)?,
        ("embedContent", _) => embed::one(host, &model, &body)?,
        ("batchEmbedContents", Host::Public) => embed::batch(&model, &body)?,
        ("predict", Host::Vertex) => embed::predict(&model, &body)?,
        _ => return Err(Refusal::Path),
    };
    spoil(&mut value, visit.faults, "candidates", &["usageMetadata"]);
    Ok(Reply::whole(StatusCode::OK, value))
}

fn unknown_model(visit: &Visit<'_>, host: Host, model: &str, verb: &str) -> Refusal {
    Refusal::Model(match host {
        Host::Public => format!(
            "models/{model} is not found for API version v1beta, or is not supported for {verb}. Call ListModels \
             to see the list of available models and their supported methods."
        ),
        Host::Vertex => {
            let name = visit.path.trim_start_matches("/v1/").rsplit_once(':').map_or("", |(name, _)| name);
            format!("Publisher Model `{name}` not found.")
        }
    })
}

/// Every credential that is given must be right: one that is not ours would have gone to the wrong place.
fn judge_key(visit: &Visit<'_>, host: Host) -> Result<(), Refusal> {
    let query = visit.head.uri.query().unwrap_or_default();
    let key = visit.header("x-goog-api-key").map(str::to_owned).or_else(|| service::argument(query, "key"));
    let bearer = visit.header("authorization");
    if let Some(bearer) = bearer
        && !bearer.strip_prefix("Bearer ").is_some_and(|token| visit.knows(token))
    {
        return Err(Refusal::Asked(401));
    }
    match key {
        Some(_) if host == Host::Vertex && bearer.is_none() => Err(Refusal::KeyMissing),
        Some(key) if !visit.knows(&key) => Err(Refusal::KeyWrong(key)),
        None if bearer.is_none() && !visit.core.options.keyless => Err(Refusal::KeyMissing),
        _ => Ok(()),
    }
}

/// `countTokens`.
fn count(host: Host, model: &str, fields: &Map<String, Value>) -> Result<Value, Refusal> {
    let table = if host == Host::Public { &shapes::COUNT } else { &shapes::VERTEX_COUNT };
    let body = Value::Object(shape::read(fields, table, "", Names::Either)?);
    let inner = &body["generateContentRequest"];
    let whole = if inner.is_object() { inner } else { &body };
    if inner.is_object() {
        if body.get("contents").is_some() {
            return Err(refusal::invalid("Only one of contents and generate_content_request may be set."));
        }
        if inner["model"] != format!("models/{model}") {
            return Err(refusal::invalid(
                "* CountTokensRequest.generate_content_request.model: unexpected model\n",
            ));
        }
    }
    let contents = request::list(&whole["contents"]);
    if contents.is_empty() {
        return Err(refusal::invalid("* CountTokensRequest.contents: contents is not specified\n"));
    }
    for (index, content) in contents.iter().enumerate() {
        history::judge_content(&format!("contents[{index}]"), content)?;
    }
    let prompt = reading::prompt(contents, &whole["systemInstruction"], false);
    let mut details = vec![json!({"modality": "TEXT", "tokenCount": prompt.words})];
    if prompt.images > 0 {
        details.push(json!({"modality": "IMAGE", "tokenCount": prompt.images}));
    }
    let mut answer = json!({"totalTokens": prompt.total(), "promptTokensDetails": details});
    if host == Host::Vertex {
        answer["totalBillableCharacters"] = (prompt.words * 4).into();
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let read = target("gemini-2.5-flash:generateContent").unwrap();
        assert_eq!((read.model.as_str(), read.verb), ("gemini-2.5-flash", "generateContent"));
        assert!(target("gemini").is_none() && target(":x").is_none() && target("a/b:x").is_none());
        let path = "/v1/projects/p/locations/l/publishers/google/models/m:predict";
        let models = "publishers/google/models/";
        assert_eq!(below(path, models), Some("m:predict"));
        assert_eq!(
            below("/v1/projects/p/locations/l/endpoints/5:generateContent", "endpoints/"),
            Some("5:generateContent")
        );
        assert_eq!(below("/v1/projects//locations/l/publishers/google/models/m:x", models), None);
        assert_eq!(below("/v1/projects/p/locations/l/models/m:x", models), None);
    }
}
