//! A Llama 2 server that takes raw prompts: the instruction template in, the template with the answer out.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::huggingface::refusal::{reply, validation};
use crate::native::{Native, Reply, Visit, entry};
use crate::provider::Provider;
use crate::refusal::Refusal;
use crate::reply::spoil;
use crate::script::{self, Choice, Cue};
use crate::service;
use crate::shape::{self, Kind, Names, Shape};

pub(crate) static PROVIDER: Provider = entry("llama2");
pub(crate) static NATIVE: Native = Native { id: "llama2", serve, refuse: reply };

static PARAMETERS: Shape = Shape(&[
    ("max_new_tokens", Kind::Integer),
    ("temperature", Kind::Number),
    ("top_k", Kind::Integer),
    ("top_p", Kind::Number),
    ("stream", Kind::Bool),
    ("stop", Kind::List(&Kind::Text)),
    ("do_sample", Kind::Bool),
    ("repetition_penalty", Kind::Number),
    ("return_full_text", Kind::Bool),
    ("seed", Kind::Integer),
]);
static RAW: Shape = Shape(&[("inputs", Kind::Text), ("parameters", Kind::Of(&PARAMETERS))]);

/// Any path is served. One that ends in `/list` is answered with a list, in `/one` with an object alone, and
/// every other with an object that holds a list.
fn serve(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    visit.obey("")?;
    judge_key(visit)?;
    if visit.head.method != Method::POST {
        return Err(Refusal::Method);
    }
    let fields = service::parse(&visit.head.headers, visit.body)?;
    let body = Value::Object(shape::read(&fields, &RAW, "", Names::Exact)?);
    let inputs = body["inputs"].as_str().ok_or(Refusal::Missing { member: "inputs".to_owned() })?;
    let parameters = &body["parameters"];
    if parameters["stream"] == true {
        return Err(validation("this server does not stream"));
    }
    let asked = instruction(inputs).ok_or_else(|| validation("`inputs` must end with an instruction"))?;
    let stops = parameters["stop"].as_array().into_iter().flatten();
    let line = script::play(&Cue {
        faults: visit.faults,
        wanted: asked.to_owned(),
        told: None,
        tools: Vec::new(),
        choice: Choice::None,
        alone: false,
        format: None,
        stops: stops.filter_map(Value::as_str).map(str::to_owned).collect(),
        limit: parameters["max_new_tokens"].as_u64(),
        thoughts: 0,
        images: Vec::new(),
        call_id: ("", 0),
        searches: false,
        turn: 1,
    });
    let said = line.text.unwrap_or_default();
    let mut one = json!({"generated_text": format!("{inputs} {said}")});
    spoil(&mut one, visit.faults, "generated_text", &[]);
    let value = match visit.path.rsplit('/').next() {
        Some("list") => json!([one]),
        Some("one") => one,
        _ => json!({"data": [one]}),
    };
    Ok(Reply::whole(StatusCode::OK, value))
}

/// The last instruction of a prompt, without the system's text.
fn instruction(inputs: &str) -> Option<&str> {
    let rest = inputs.trim_end().strip_suffix("[/INST]")?;
    let (_, last) = rest.rsplit_once("[INST]")?;
    let spoken =
        ["<</SYS>>", "<<SYS>>"].iter().find_map(|mark| last.rsplit_once(mark)).map(|(_, spoken)| spoken);
    Some(spoken.unwrap_or(last).trim())
}

/// No key is needed; one that comes must be right.
fn judge_key(visit: &Visit<'_>) -> Result<(), Refusal> {
    let headers = ["authorization", "x-api-key", "api-key"].into_iter().filter_map(|name| visit.header(name));
    let query = visit.head.uri.query().unwrap_or_default();
    let arguments = ["key", "api_key"].into_iter().filter_map(|name| service::argument(query, name));
    let mut given = headers.map(str::to_owned).chain(arguments);
    match given.find(|key| !visit.knows(key.strip_prefix("Bearer ").unwrap_or(key))) {
        Some(_) => Err(Refusal::KeyWrong(String::new())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_found() {
        let first = "<s>[INST] <<SYS>> be kind <</SYS>> hello there [/INST]";
        assert_eq!(instruction(first), Some("hello there"));
        let odd = "<s> [INST] <<SYS>> You are a helpful assistant. <<SYS>> a prompt [/INST]";
        assert_eq!(instruction(odd), Some("a prompt"));
        let next = "<s>[INST] <<SYS>> S <</SYS>> one [/INST] uno </s> <s>[INST] two [/INST]";
        assert_eq!(instruction(next), Some("two"));
        assert_eq!(instruction("hello"), None);
    }
}
