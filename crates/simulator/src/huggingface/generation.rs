//! Generation as text-generation-inference does it: whole, as a list, and as events.

use serde_json::{Map, Value, json};

use super::refusal::validation;
use crate::fault::{Fault, Faults};
use crate::flow::{Flow, Framing, Piece};
use crate::refusal::Refusal;
use crate::script::{self, Choice, Cue, Line, Stop};
use crate::shape::{self, Kind, Names, Shape};
use crate::text;

/// The events have no blank after `data:` and no mark at the end.
pub(super) const EVENTS: Framing = Framing::Events { blank: "", line_end: "\n" };

static GRAMMAR: Shape =
    Shape(&[("type", Kind::Word(&["json", "regex", "json_schema"])), ("value", Kind::Any)]);
static PARAMETERS: Shape = Shape(&[
    ("adapter_id", Kind::Text),
    ("best_of", Kind::Integer),
    ("decoder_input_details", Kind::Bool),
    ("details", Kind::Bool),
    ("do_sample", Kind::Bool),
    ("frequency_penalty", Kind::Number),
    ("grammar", Kind::Of(&GRAMMAR)),
    ("max_new_tokens", Kind::Integer),
    ("repetition_penalty", Kind::Number),
    ("return_full_text", Kind::Bool),
    ("seed", Kind::Integer),
    ("stop", Kind::List(&Kind::Text)),
    ("temperature", Kind::Number),
    ("top_k", Kind::Integer),
    ("top_n_tokens", Kind::Integer),
    ("top_p", Kind::Number),
    ("truncate", Kind::Integer),
    ("typical_p", Kind::Number),
    ("watermark", Kind::Bool),
]);
static OPTIONS: Shape = Shape(&[("use_cache", Kind::Bool), ("wait_for_model", Kind::Bool)]);
static PLAIN: Shape = Shape(&[("inputs", Kind::Text), ("parameters", Kind::Of(&PARAMETERS))]);
static TASK: Shape = Shape(&[
    ("inputs", Kind::Text),
    ("parameters", Kind::Of(&PARAMETERS)),
    ("options", Kind::Of(&OPTIONS)),
    ("stream", Kind::Bool),
]);

/// Judges a request. `task`: the form that a model's own address takes, which gives lists.
pub(super) fn judge(fields: &Map<String, Value>, task: bool) -> Result<Value, Refusal> {
    let body = Value::Object(shape::read(fields, if task { &TASK } else { &PLAIN }, "", Names::Exact)?);
    match body["inputs"].as_str() {
        None => return Err(Refusal::Missing { member: "inputs".to_owned() }),
        Some("") => return Err(validation("`inputs` cannot be empty")),
        Some(_) => {}
    }
    judge_parameters(&body["parameters"])?;
    Ok(body)
}

fn judge_parameters(parameters: &Value) -> Result<(), Refusal> {
    let strictly = |name: &str| {
        let value = parameters[name].as_f64();
        if value.is_some_and(|value| value <= 0.0) {
            return Err(validation(&format!("`{name}` must be strictly positive")));
        }
        Ok(())
    };
    for name in ["temperature", "repetition_penalty", "top_k", "max_new_tokens", "best_of"] {
        strictly(name)?;
    }
    for name in ["top_p", "typical_p"] {
        if parameters[name].as_f64().is_some_and(|value| value <= 0.0 || value >= 1.0) {
            return Err(validation(&format!("`{name}` must be > 0.0 and < 1.0")));
        }
    }
    if parameters["frequency_penalty"].as_f64().is_some_and(|value| !(-2.0..=2.0).contains(&value)) {
        return Err(validation("`frequency_penalty` must be >= -2.0 and <= 2.0"));
    }
    if parameters["stop"].as_array().is_some_and(|stops| stops.len() > 4) {
        return Err(validation("`stop` supports up to 4 stop sequences"));
    }
    if parameters["seed"].as_i64().is_some_and(|seed| seed < 0) {
        return Err(validation("`seed` must not be negative"));
    }
    Ok(())
}

/// All that is said in answer to one request.
struct Turn<'a> {
    body: &'a Value,
    /// Whether the prompt comes first.
    full: bool,
    faults: &'a Faults,
    line: Line,
}

impl<'a> Turn<'a> {
    fn of(body: &'a Value, task: bool, faults: &'a Faults) -> Self {
        let parameters = &body["parameters"];
        let stops = parameters["stop"].as_array().into_iter().flatten();
        let grammar = &parameters["grammar"];
        let format = match grammar["type"].as_str() {
            Some("json") => Some(grammar["value"].clone()),
            Some("json_schema") => Some(grammar["value"]["schema"].clone()),
            _ => None,
        };
        let cue = Cue {
            faults,
            wanted: body["inputs"].as_str().unwrap_or_default().to_owned(),
            told: None,
            tools: Vec::new(),
            choice: Choice::None,
            alone: false,
            format,
            stops: stops.filter_map(Value::as_str).map(str::to_owned).collect(),
            limit: parameters["max_new_tokens"].as_u64(),
            thoughts: 0,
            images: Vec::new(),
            call_id: ("", 0),
            searches: false,
            turn: 1,
        };
        let full = parameters["return_full_text"].as_bool().unwrap_or(task);
        Self { body, full, faults, line: script::play(&cue) }
    }

    fn said(&self) -> &str {
        self.line.text.as_deref().unwrap_or_default()
    }

    fn text(&self) -> String {
        let prompt = self.body["inputs"].as_str().filter(|_| self.full).unwrap_or_default();
        format!("{prompt}{}", self.said())
    }

    fn finish(&self) -> &'static str {
        match self.line.stop {
            Stop::Limit => "length",
            Stop::Sequence(_) => "stop_sequence",
            _ => "eos_token",
        }
    }

    fn seed(&self) -> Value {
        self.body["parameters"]["seed"].clone()
    }
}

fn token(word: &str, special: bool) -> Value {
    json!({"id": text::hash(word) % 32_000, "text": word, "logprob": -0.25, "special": special})
}

/// The whole answer.
pub(super) fn whole(body: &Value, task: bool, faults: &Faults) -> Value {
    let turn = Turn::of(body, task, faults);
    let mut answer = json!({"generated_text": turn.text()});
    if body["parameters"]["details"] == true && !faults.has(Fault::NoUsage) {
        let tokens: Vec<Value> = text::words(turn.said()).map(|word| token(word, false)).collect();
        answer["details"] = json!({
            "finish_reason": turn.finish(), "generated_tokens": turn.line.words(), "seed": turn.seed(),
            "prefill": [], "tokens": tokens,
        });
    }
    answer
}

/// The answer in events.
pub(super) fn stream(body: &Value, task: bool, faults: &Faults) -> Flow {
    let turn = Turn::of(body, task, faults);
    let event = |index: usize, token: Value| json!({"index": index, "token": token, "generated_text": null, "details": null});
    let words = text::words(turn.said()).filter(|word| !word.is_empty());
    let mut events: Vec<Value> =
        words.enumerate().map(|(index, word)| event(index + 1, token(word, false))).collect();
    if turn.line.stop == Stop::End || events.is_empty() {
        events.push(event(events.len() + 1, token("</s>", true)));
    }
    if let Some(last) = events.last_mut() {
        last["generated_text"] = turn.text().into();
        if !turn.faults.has(Fault::NoUsage) {
            last["details"] = json!({
                "finish_reason": turn.finish(), "generated_tokens": turn.line.words(), "seed": turn.seed(),
                "input_length": text::count(body["inputs"].as_str().unwrap_or_default()),
            });
        }
    }
    let finish = events.len() - 1;
    Flow {
        framing: EVENTS,
        pieces: events.into_iter().map(Piece::from).collect(),
        opening: finish.min(1),
        finish,
        end_mark: None,
        error: json!({"error": "Request failed during generation", "error_type": "generation"}).into(),
        huge: |text| {
            json!({"index": 1, "token": token(&text, false), "generated_text": null, "details": null}).into()
        },
    }
}
