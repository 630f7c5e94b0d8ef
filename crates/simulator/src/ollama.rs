//! Ollama's own API: chat, generation, embeddings, the list of models.

mod answer;
mod request;
mod shapes;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::embeddings::vector;
use crate::flow::{self, Framing};
use crate::native::{Native, Reply, Visit};
use crate::refusal::Refusal;
use crate::reply::spoil;
use crate::service;
use crate::shape::{self, Names, Shape};
use crate::text;
use answer::{CREATED, Form};
use request::{invalid, list};

pub(crate) static NATIVE: Native = Native { id: "ollama", serve, refuse };

/// How long a vector is where the request does not say.
const DIMENSIONS: u64 = 8;

fn serve(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    let peeked = visit.peek().unwrap_or_default();
    visit.obey(peeked.get("model").and_then(Value::as_str).unwrap_or_default())?;
    judge_key(visit)?;
    let table = match (visit.path, &visit.head.method) {
        ("/api/tags", &Method::GET) => return Ok(whole(tags(&visit.core.options.models))),
        ("/api/version", &Method::GET) => return Ok(whole(json!({"version": "0.12.0"}))),
        ("/api/chat", &Method::POST) => &shapes::CHAT,
        ("/api/generate", &Method::POST) => &shapes::GENERATE,
        ("/api/embed", &Method::POST) => &shapes::EMBED,
        ("/api/embeddings", &Method::POST) => &shapes::OLD_EMBED,
        (
            "/api/tags" | "/api/version" | "/api/chat" | "/api/generate" | "/api/embed" | "/api/embeddings",
            _,
        ) => {
            return Err(Refusal::Method);
        }
        _ => return Err(Refusal::Path),
    };
    let fields = service::parse(&visit.head.headers, visit.body)?;
    let body = judged(&fields, table)?;
    let form = match visit.path {
        "/api/embed" => return embed(&body).map(whole),
        "/api/embeddings" => return old_embed(&body).map(whole),
        "/api/chat" => Form::Chat,
        _ => Form::Generate,
    };
    request::judge(body["model"].as_str().unwrap_or_default(), &body)?;
    let nothing = match form {
        Form::Chat => list(&body["messages"]).is_empty(),
        Form::Generate => body["prompt"].as_str().is_none_or(str::is_empty),
    };
    if nothing {
        return Ok(whole(answer::loaded(form, &body)));
    }
    // The stream is what is given where nothing is said.
    if body["stream"] != false {
        let flow = answer::stream(form, &body, visit.faults);
        return Ok(Reply::stream(flow::write(flow, visit.faults), Framing::Lines.kind()));
    }
    let mut value = answer::whole(form, &body, visit.faults);
    spoil(&mut value, visit.faults, if form == Form::Chat { "message" } else { "response" }, &[]);
    Ok(whole(value))
}

fn whole(value: Value) -> Reply {
    let mut reply = Reply::whole(StatusCode::OK, value);
    reply.headers.push(("content-type", "application/json; charset=utf-8".to_owned()));
    reply
}

fn judged(fields: &Map<String, Value>, table: &Shape) -> Result<Value, Refusal> {
    let body = Value::Object(shape::read(fields, table, "", Names::Exact)?);
    match body["model"].as_str() {
        None | Some("") => Err(invalid("model is required")),
        Some(model) if model.starts_with("missing") => Err(Refusal::Model(model.to_owned())),
        Some(_) => Ok(body),
    }
}

/// No key is needed; one that comes must be right.
fn judge_key(visit: &Visit<'_>) -> Result<(), Refusal> {
    match visit.header("authorization") {
        Some(value) if !value.strip_prefix("Bearer ").is_some_and(|key| visit.knows(key)) => {
            Err(Refusal::KeyWrong(String::new()))
        }
        _ => Ok(()),
    }
}

fn embed(body: &Value) -> Result<Value, Refusal> {
    let inputs: Vec<&str> = match &body["input"] {
        Value::String(text) => vec![text.as_str()],
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.ok_or_else(|| invalid("invalid input type"))?
        }
        _ => return Err(invalid("invalid input type")),
    };
    let size = match body.get("dimensions") {
        None => DIMENSIONS,
        Some(size) => size
            .as_u64()
            .filter(|size| (1..=4096).contains(size))
            .ok_or_else(|| invalid("invalid dimensions"))?,
    };
    let model = body["model"].as_str().unwrap_or_default();
    let embeddings: Vec<Vec<f32>> = inputs.iter().map(|input| vector(model, input, size)).collect();
    let tokens: u64 = inputs.iter().map(|input| text::count(input)).sum();
    Ok(json!({
        "model": model, "embeddings": embeddings, "total_duration": 5_000_000, "load_duration": 1_000_000,
        "prompt_eval_count": tokens,
    }))
}

fn old_embed(body: &Value) -> Result<Value, Refusal> {
    let prompt = body["prompt"].as_str().ok_or_else(|| invalid("invalid input type"))?;
    Ok(json!({"embedding": vector(body["model"].as_str().unwrap_or_default(), prompt, DIMENSIONS)}))
}

fn tags(models: &[String]) -> Value {
    let names = models.iter().map(String::as_str).chain(["sim-chat:latest", "sim-embedding:latest"]);
    let models: Vec<Value> = names
        .map(|name| {
            json!({
                "name": name, "model": name, "modified_at": CREATED, "size": 1_000_000,
                "digest": format!("{:0>64x}", text::hash(name)),
                "details": {
                    "parent_model": "", "format": "gguf", "family": "sim", "families": ["sim"],
                    "parameter_size": "1B", "quantization_level": "Q4_K_M",
                },
            })
        })
        .collect();
    json!({"models": models})
}

fn refuse(refusal: &Refusal) -> Reply {
    let (status, message) = words(refusal);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply::whole(status, json!({"error": message}))
}

fn words(refusal: &Refusal) -> (u16, String) {
    match refusal {
        Refusal::KeyMissing | Refusal::KeyWrong(_) => (401, "unauthorized".to_owned()),
        Refusal::Path => (404, "path not found".to_owned()),
        Refusal::Denied { message, .. } => (403, message.clone()),
        Refusal::Method => (405, "method not allowed".to_owned()),
        Refusal::NotJson(why) => (400, format!("invalid character in JSON: {why}")),
        Refusal::TooLarge => (413, "request body too large".to_owned()),
        Refusal::Encoding(coding) => (400, format!("content coding {coding} is not supported")),
        Refusal::Model(name) => (404, format!("model '{name}' not found")),
        Refusal::Fault(name) => (400, format!("no fault is called `{name}`")),
        Refusal::Asked(status) => (*status, asked(*status).to_owned()),
        Refusal::Unknown { member, .. } => (400, format!("unknown member {member}")),
        Refusal::Type { member, expected, found } => {
            (400, format!("json: cannot unmarshal {found} into Go struct field {member} of type {expected}"))
        }
        Refusal::Range { member, expected } => (400, format!("option {member:?} must be {expected}")),
        Refusal::Missing { member } => (400, format!("{member} is required")),
        Refusal::Invalid { message, .. } => (400, message.clone()),
        Refusal::Unsupported { member, .. } => (400, format!("{member} is not supported")),
        Refusal::ApiVersion => (400, "bad request".to_owned()),
    }
}

const fn asked(status: u16) -> &'static str {
    match status {
        401 | 403 => "unauthorized",
        404 => "model not found, try pulling it first",
        429 => "you've reached your usage limit",
        503 => "server busy, please try again. maximum pending requests exceeded",
        500..=599 => "llama runner process has terminated",
        _ => "bad request",
    }
}
