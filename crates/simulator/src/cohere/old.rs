//! The first version of chat, and generation.

use serde_json::{Map, Value, json};

use super::answer::finish;
use super::request::{self, invalid, list, texts};
use crate::fault::Faults;
use crate::flow::{Flow, Framing, Piece};
use crate::refusal::Refusal;
use crate::script::{self, Choice, Cue, Line, Stop, Tool};
use crate::text;

pub(super) fn judge_chat(body: &Value) -> Result<(), Refusal> {
    request::judge_bounds(body)?;
    let results = list(&body["tool_results"]);
    let message = body["message"].as_str().ok_or(Refusal::Missing { member: "message".to_owned() })?;
    if message.is_empty() && results.is_empty() {
        return Err(invalid(
            "invalid request: message must be at least 1 token long or tool results must be specified.",
        ));
    }
    let names: Vec<&str> = list(&body["tools"]).iter().filter_map(|tool| tool["name"].as_str()).collect();
    for result in results {
        if !result["call"]["name"].as_str().is_some_and(|name| names.contains(&name)) {
            return Err(invalid("invalid request: all tool results need a tool of that name in tools."));
        }
    }
    for tool in list(&body["tools"]) {
        if !tool["name"].is_string() || !tool["description"].is_string() {
            return Err(invalid("invalid request: a tool needs a name and a description."));
        }
    }
    for message in list(&body["chat_history"]) {
        let role = message["role"].as_str().unwrap_or_default();
        let fits = match role {
            "USER" | "CHATBOT" | "SYSTEM" => message["message"].is_string(),
            "TOOL" => !list(&message["tool_results"]).is_empty(),
            _ => false,
        };
        if !fits {
            return Err(invalid(
                "invalid request: chat_history has a message without a known role or without text.",
            ));
        }
    }
    Ok(())
}

fn tool(tool: &Value) -> Tool {
    let parameters = tool["parameter_definitions"].as_object().cloned().unwrap_or_default();
    let properties = parameters.iter().map(|(name, parameter)| {
        let kind = match parameter["type"].as_str().unwrap_or_default() {
            "int" => "integer",
            "float" => "number",
            "bool" => "boolean",
            _ => "string",
        };
        (name.clone(), json!({"type": kind}))
    });
    let properties: Map<String, Value> = properties.collect();
    Tool {
        name: tool["name"].as_str().unwrap_or_default().to_owned(),
        schema: json!({"type": "object", "properties": properties}),
    }
}

fn cue<'a>(body: &Value, wanted: &str, faults: &'a Faults) -> Cue<'a> {
    let told = list(&body["tool_results"]).last().map(|result| {
        let output = list(&result["outputs"]).first().and_then(Value::as_object);
        let only =
            output.filter(|fields| fields.len() == 1).and_then(|fields| fields.values().next()?.as_str());
        only.map_or_else(|| result["outputs"].to_string(), str::to_owned)
    });
    let mut stops = texts(&body["stop_sequences"]);
    stops.extend(texts(&body["end_sequences"]));
    Cue {
        faults,
        wanted: wanted.to_owned(),
        told,
        tools: list(&body["tools"]).iter().map(tool).collect(),
        choice: Choice::Auto,
        alone: false,
        format: request::format(body, "schema"),
        stops,
        limit: body["max_tokens"].as_u64(),
        thoughts: 0,
        images: Vec::new(),
        call_id: ("", 12),
        searches: false,
        turn: list(&body["chat_history"]).len(),
    }
}

fn meta(input: u64, output: u64) -> Value {
    json!({
        "api_version": {"version": "1"},
        "billed_units": {"input_tokens": input.div_ceil(2), "output_tokens": output.div_ceil(2)},
        "tokens": {"input_tokens": input, "output_tokens": output},
    })
}

fn reason(wanted: &str, stop: &Stop) -> String {
    match stop {
        Stop::Refused => "ERROR_TOXIC".to_owned(),
        Stop::Calls => "COMPLETE".to_owned(),
        stop => finish(wanted, stop),
    }
}

fn calls(line: &Line) -> Vec<Value> {
    let calls = line.calls.iter().map(|call| {
        let parameters: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        json!({"name": call.name, "parameters": parameters})
    });
    calls.collect()
}

/// A whole answer of chat, and what was said.
pub(super) fn chat(body: &Value, faults: &Faults) -> (Value, Line) {
    let message = body["message"].as_str().unwrap_or_default();
    let history = list(&body["chat_history"]);
    let user =
        history.iter().rev().find(|past| past["role"] == "USER").and_then(|past| past["message"].as_str());
    let wanted = if message.is_empty() { user.unwrap_or_default() } else { message };
    let line = script::play(&cue(body, wanted, faults));
    let said = line.text.clone().unwrap_or_default();
    let past = history.iter().filter_map(|message| message["message"].as_str());
    let preamble = body["preamble"].as_str();
    let input = past.chain(preamble).chain([message]).map(text::count).sum();
    let id = super::identifier(&body.to_string());
    let mut turns = history.to_vec();
    turns.push(json!({"role": "USER", "message": message}));
    turns.push(json!({"role": "CHATBOT", "message": said}));
    let mut answer = json!({
        "response_id": super::identifier(&id), "text": said, "generation_id": id, "chat_history": turns,
        "finish_reason": reason(wanted, &line.stop), "meta": meta(input, line.words()),
    });
    if !line.calls.is_empty() {
        answer["tool_calls"] = calls(&line).into();
    }
    (answer, line)
}

fn line_of(kind: &str, finished: bool, value: Value) -> Piece {
    let mut fields = Map::new();
    fields.insert("is_finished".to_owned(), finished.into());
    fields.insert("event_type".to_owned(), kind.into());
    if let Value::Object(rest) = value {
        fields.extend(rest);
    }
    Value::from(fields).into()
}

fn flow(pieces: Vec<Piece>, opening: usize, error: Piece) -> Flow {
    let finish = pieces.len().saturating_sub(1);
    Flow {
        framing: Framing::Lines,
        pieces,
        opening: opening.min(finish),
        finish,
        end_mark: None,
        error,
        huge: |text| line_of("text-generation", false, json!({"text": text})),
    }
}

/// An answer of chat in lines.
pub(super) fn chat_stream(body: &Value, faults: &Faults) -> Flow {
    let (answer, line) = chat(body, faults);
    let mut pieces = vec![line_of("stream-start", false, json!({"generation_id": answer["generation_id"]}))];
    for word in text::words(line.text.as_deref().unwrap_or_default()).filter(|word| !word.is_empty()) {
        pieces.push(line_of("text-generation", false, json!({"text": word})));
    }
    if !line.calls.is_empty() {
        pieces.push(line_of("tool-calls-generation", false, json!({"tool_calls": calls(&line)})));
    }
    let mut answer = answer;
    crate::reply::spoil(&mut answer, faults, "", &["meta"]);
    let reason = answer["finish_reason"].clone();
    pieces.push(line_of("stream-end", true, json!({"response": answer, "finish_reason": reason})));
    let failed = json!({"finish_reason": "ERROR", "response": {"text": "", "finish_reason": "ERROR"}});
    flow(pieces, 2, line_of("stream-end", true, failed))
}

pub(super) fn judge_generate(body: &Value) -> Result<(), Refusal> {
    request::judge_bounds(body)?;
    match body["prompt"].as_str() {
        None => Err(Refusal::Missing { member: "prompt".to_owned() }),
        Some("") => Err(invalid("invalid request: prompt must be at least 1 token long.")),
        Some(_)
            if body["stream"] == true
                && body["num_generations"].as_u64().is_some_and(|number| number > 1) =>
        {
            Err(invalid("invalid request: num_generations must be 1 where stream is true."))
        }
        Some(_) => Ok(()),
    }
}

/// A whole answer of generation, and what was said.
pub(super) fn generate(body: &Value, faults: &Faults) -> (Value, Line) {
    let prompt = body["prompt"].as_str().unwrap_or_default();
    let line = script::play(&cue(body, prompt, faults));
    let said = line.text.clone().unwrap_or_default();
    let number = body["num_generations"].as_u64().unwrap_or(1);
    let generations = (0..number).map(|index| {
        let id = super::identifier(&format!("{index} {body}"));
        let mut one = json!({"id": id, "text": said, "finish_reason": reason(prompt, &line.stop)});
        if number > 1 {
            one["index"] = index.into();
        }
        one
    });
    let answer = json!({
        "id": super::identifier(&body.to_string()), "generations": generations.collect::<Vec<_>>(),
        "prompt": prompt, "meta": meta(text::count(prompt), line.words() * number),
    });
    (answer, line)
}

/// An answer of generation in lines.
pub(super) fn generate_stream(body: &Value, faults: &Faults) -> Flow {
    let (answer, line) = generate(body, faults);
    let mut pieces: Vec<Piece> = text::words(line.text.as_deref().unwrap_or_default())
        .filter(|word| !word.is_empty())
        .map(|word| line_of("text-generation", false, json!({"text": word})))
        .collect();
    let reason = answer["generations"][0]["finish_reason"].clone();
    let mut response = answer;
    crate::reply::spoil(&mut response, faults, "", &["meta"]);
    pieces.push(line_of("stream-end", true, json!({"finish_reason": reason, "response": response})));
    let failed = json!({"finish_reason": "ERROR", "err": "an internal error has occurred"});
    flow(pieces, 1, line_of("stream-error", true, failed))
}
