//! The order that events of Messages have, as a strict client checks it.

use serde_json::{Value, json};
use testkit::{Answer, Event};

/// A stream of Messages put together.
#[derive(Debug)]
pub struct Told {
    /// The message as it began.
    pub start: Value,
    /// The blocks, as a whole answer has them.
    pub content: Vec<Value>,
    pub stop_reason: String,
    /// Usage at the end.
    pub usage: Value,
    pub pings: usize,
    /// How many pieces of text there were.
    pub pieces: usize,
}

impl Told {
    pub fn text(&self) -> String {
        self.content.iter().filter_map(|block| block["text"].as_str()).collect()
    }

    /// The calls, without identifiers.
    pub fn calls(&self) -> Vec<Value> {
        calls(&json!(self.content))
    }
}

/// Name and input of the calls in a list of blocks; each has a legal identifier of its own.
#[track_caller]
pub fn calls(content: &Value) -> Vec<Value> {
    let content = content.as_array().unwrap_or_else(|| panic!("no blocks: {content}"));
    let uses: Vec<_> = content.iter().filter(|block| block["type"] == "tool_use").collect();
    let mut ids = std::collections::HashSet::new();
    for block in &uses {
        let id = block["id"].as_str().unwrap_or_else(|| panic!("no id: {block}"));
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        assert!(!id.is_empty() && id.chars().all(legal), "an identifier that Messages do not take: {id}");
        assert!(ids.insert(id), "an identifier twice: {id}");
        assert!(block["input"].is_object(), "{block}");
    }
    uses.iter().map(|block| json!({"name": block["name"], "input": block["input"]})).collect()
}

/// Reads the events of an answer that must have ended well.
#[track_caller]
pub fn told(answer: &Answer) -> Told {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")));
    assert!(answer.end.is_complete(), "{:?}", answer.end);
    let events = answer.events();
    match read(&events) {
        Ok((told, None)) => told,
        Ok((_, Some(error))) => panic!("an error: {error}"),
        Err(wrong) => panic!("{wrong}: {}", answer.text()),
    }
}

/// Reads the events of an answer that must end with one error, and gives it.
#[track_caller]
pub fn broken(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.end.is_complete(), "{:?}", answer.end);
    match read(&answer.events()) {
        Ok((_, Some(error))) => error,
        Ok((_, None)) => panic!("no error: {}", answer.text()),
        Err(wrong) => panic!("{wrong}: {}", answer.text()),
    }
}

/// What may come next.
#[derive(Debug, PartialEq)]
enum Place {
    Begin,
    Between,
    /// In the block that was opened last.
    Block,
    Stopping,
    End,
}

/// Reads events; tells what is out of order, or the error that ended them.
pub fn read(events: &[Event]) -> Result<(Told, Option<Value>), String> {
    let mut told = Told {
        start: Value::Null,
        content: Vec::new(),
        stop_reason: String::new(),
        usage: Value::Null,
        pings: 0,
        pieces: 0,
    };
    let mut place = Place::Begin;
    let mut input = String::new();
    for (number, event) in events.iter().enumerate() {
        let name = event.name.as_deref().ok_or_else(|| format!("event {number} has no name"))?;
        let value: Value =
            serde_json::from_str(&event.data).map_err(|_| format!("event {number} is no JSON"))?;
        if value["type"] != name {
            return Err(format!("event {number} is called {name} and is {}", value["type"]));
        }
        let index = value["index"].as_u64().and_then(|index| usize::try_from(index).ok());
        place = match (name, place) {
            ("ping", Place::End) => return Err("a ping after the end".to_owned()),
            ("ping", place) => {
                told.pings += 1;
                place
            }
            ("error", place) => {
                let last = number + 1 == events.len();
                let whole = value["error"]["type"].is_string() && value["error"]["message"].is_string();
                return match (place != Place::End && last, whole) {
                    (true, true) => Ok((told, Some(value["error"].clone()))),
                    (false, _) => Err(format!("an error as event {number} of {}", events.len())),
                    (_, false) => Err(format!("an error without words: {value}")),
                };
            }
            ("message_start", Place::Begin) => {
                let message = &value["message"];
                if !is_fresh(message) {
                    return Err(format!("no beginning: {value}"));
                }
                told.start = message.clone();
                Place::Between
            }
            ("content_block_start", Place::Between) if index == Some(told.content.len()) => {
                told.content.push(value["content_block"].clone());
                input.clear();
                Place::Block
            }
            ("content_block_delta", Place::Block)
                if index.map(|index| index + 1) == Some(told.content.len()) =>
            {
                let block = told.content.last_mut().ok_or("a delta of nothing")?;
                told.pieces += 1;
                append(block, &value["delta"], &mut input)?;
                Place::Block
            }
            ("content_block_stop", Place::Block)
                if index.map(|index| index + 1) == Some(told.content.len()) =>
            {
                let block = told.content.last_mut().ok_or("an end of nothing")?;
                if block["type"] == "tool_use" && !input.is_empty() {
                    block["input"] = serde_json::from_str(&input).map_err(|_| format!("no JSON: {input}"))?;
                }
                Place::Between
            }
            ("message_delta", Place::Between) => {
                let reason = value["delta"]["stop_reason"].as_str();
                reason.ok_or_else(|| format!("no reason: {value}"))?.clone_into(&mut told.stop_reason);
                if !value["usage"]["output_tokens"].is_u64() {
                    return Err(format!("no usage: {value}"));
                }
                told.usage = value["usage"].clone();
                Place::Stopping
            }
            ("message_stop", Place::Stopping) => Place::End,
            (name, place) => return Err(format!("{name} (event {number}) at {place:?}: {value}")),
        };
    }
    if place == Place::End { Ok((told, None)) } else { Err(format!("the end at {place:?}")) }
}

/// Whether a message has nothing in it yet and all that one begins with.
fn is_fresh(message: &Value) -> bool {
    message["type"] == "message"
        && message["role"] == "assistant"
        && message["content"] == json!([])
        && message["stop_reason"].is_null()
        && message["stop_sequence"].is_null()
        && message["id"].as_str().is_some_and(|id| !id.is_empty())
        && message["usage"]["input_tokens"].is_u64()
        && message["usage"]["output_tokens"].is_u64()
}

fn append(block: &mut Value, delta: &Value, input: &mut String) -> Result<(), String> {
    let (member, name) = match (block["type"].as_str(), delta["type"].as_str()) {
        (Some("text"), Some("text_delta")) => ("text", "text"),
        (Some("thinking"), Some("thinking_delta")) => ("thinking", "thinking"),
        (Some("thinking"), Some("signature_delta")) => ("signature", "signature"),
        (Some("tool_use"), Some("input_json_delta")) => {
            input.push_str(delta["partial_json"].as_str().ok_or("no partial JSON")?);
            return Ok(());
        }
        _ => return Err(format!("a {delta} in {block}")),
    };
    let more = delta[name].as_str().ok_or_else(|| format!("no {name}: {delta}"))?;
    let so_far = block[member].as_str().unwrap_or_default().to_owned();
    block[member] = json!(so_far + more);
    Ok(())
}

/// The checker finds what is wrong.
#[test]
fn disorder_is_found() {
    let event = |value: Value| Event {
        name: value["type"].as_str().map(str::to_owned),
        data: value.to_string(),
        comments: Vec::new(),
    };
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    let start =
        event(json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant",
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage}}));
    let open = |index: u64| {
        event(
            json!({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}),
        )
    };
    let delta = event(
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}),
    );
    let close = event(json!({"type": "content_block_stop", "index": 0}));
    let ending =
        event(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}));
    let stop = event(json!({"type": "message_stop"}));
    let error = event(json!({"type": "error", "error": {"type": "api_error", "message": "m"}}));
    let good = [&start, &open(0), &delta, &close, &ending, &stop].map(Clone::clone);
    let (told, failed) = read(&good).unwrap();
    assert_eq!((told.text().as_str(), told.stop_reason.as_str(), failed), ("x", "end_turn", None));
    let (_, failed) = read(&[start.clone(), open(0), error.clone()]).unwrap();
    assert_eq!(failed.unwrap()["message"], "m");
    for wrong in [
        vec![open(0)],
        vec![start.clone(), start.clone()],
        vec![start.clone(), open(1)],
        vec![start.clone(), delta.clone()],
        vec![start.clone(), open(0), open(1)],
        vec![start.clone(), open(0), delta.clone(), ending.clone()],
        vec![start.clone(), open(0), delta.clone(), close.clone(), delta],
        vec![start.clone(), ending.clone()],
        vec![start.clone(), ending.clone(), stop.clone(), stop.clone()],
        vec![start.clone(), ending.clone(), ending],
        vec![start, error, stop],
    ] {
        assert!(read(&wrong).is_err(), "{wrong:?}");
    }
}
