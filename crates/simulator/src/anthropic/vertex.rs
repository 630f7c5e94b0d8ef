//! Claude on Vertex: messages below a model's path, without a model in the body and with a version there.

use http::StatusCode;
use serde_json::{Value, json};

use super::request::{self, Host};
use super::{answer, betas, reading, refusal};
use crate::native::{Body, Reply, Visit};
use crate::refusal::Refusal;
use crate::service;

/// Serves a call whose key was judged. `verb` is what follows the model's name.
pub(crate) fn serve(visit: &Visit<'_>, model: &str, verb: &str) -> Reply {
    let mut reply = served(visit, model, verb).unwrap_or_else(|refusal| refusal::reply(&refusal));
    reply.headers.retain(|(name, _)| *name == "request-id");
    reply
}

/// Whether a name has its day as Anthropic writes it, which names no model here.
pub(crate) fn is_dated_with_hyphen(model: &str) -> bool {
    let day = model.rsplit_once('-').map_or("", |(_, day)| day);
    day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit())
}

fn served(visit: &Visit<'_>, model: &str, verb: &str) -> Result<Reply, Refusal> {
    let streams = match verb {
        "rawPredict" => false,
        "streamRawPredict" => true,
        _ => return Err(Refusal::Path),
    };
    let betas = betas(visit)?;
    let body = service::parse(&visit.head.headers, visit.body)?;
    if model == "count-tokens" {
        let named = body.get("model").and_then(Value::as_str).unwrap_or_default();
        request::judge(Host::VertexCounting, &body, named, &betas)?;
        if is_dated_with_hyphen(named) {
            return Err(Refusal::Model(named.to_owned()));
        }
        let value = json!({"input_tokens": reading::tokens(&body).total()});
        return Ok(Reply { status: StatusCode::OK, headers: Vec::new(), body: Body::Whole(value) });
    }
    // Its answers have the name that Anthropic gives the model.
    let order = request::judge(Host::Vertex, &body, &model.replace('@', "-"), &betas)?;
    let told = body.get("stream").and_then(Value::as_bool) == Some(true);
    if told != streams {
        return Err(request::invalid("stream", "is not what the method of the path says"));
    }
    Ok(answer(&order, &body, visit))
}
