//! `invoke` and `invoke-with-response-stream`: Claude in its own words, and embedding models.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::wire::Event;
use super::{embed, is_claude, stream, whole};
use crate::answer;
use crate::anthropic::{self, Host, invalid};
use crate::fault::{Fault, Faults};
use crate::native::Reply;
use crate::refusal::Refusal;

const LATENCY: u64 = 321;

pub(super) fn answer(
    model: &str,
    body: &Map<String, Value>,
    streams: bool,
    faults: &Faults,
) -> Result<Reply, Refusal> {
    if !is_claude(model) {
        if streams {
            return Err(invalid("", "The model is unsupported for streaming."));
        }
        let (value, tokens) = embed::answer(model, body)?;
        return Ok(whole(
            value,
            &[("x-amzn-bedrock-input-token-count", tokens), ("x-amzn-bedrock-invocation-latency", LATENCY)],
            faults,
        ));
    }
    let order = judge(model, body)?;
    let turn = anthropic::Turn::of(&order, body, faults);
    let counts = [
        ("x-amzn-bedrock-input-token-count", turn.tokens.fresh),
        ("x-amzn-bedrock-output-token-count", turn.output),
        ("x-amzn-bedrock-cache-read-input-token-count", turn.tokens.cache_read),
        ("x-amzn-bedrock-cache-write-input-token-count", turn.tokens.cache_written),
        ("x-amzn-bedrock-invocation-latency", LATENCY),
    ];
    if !streams {
        return Ok(whole(anthropic::message(&turn), &counts, faults));
    }
    let said = anthropic::events(&turn, &without_ends(faults));
    let mut events: Vec<Event> = said.into_iter().filter_map(|event| chunk(event, None)).collect();
    if faults.has(Fault::NoUsage) {
        return Ok(stream(events, faults));
    }
    let metrics = json!({
        "inputTokenCount": turn.tokens.fresh,
        "outputTokenCount": turn.output,
        "invocationLatency": LATENCY,
        "firstByteLatency": 12,
        "cacheReadInputTokenCount": turn.tokens.cache_read,
        "cacheWriteInputTokenCount": turn.tokens.cache_written,
    });
    if let Some(last) = events.pop() {
        let stop = answer::Event::Named("message_stop", json!({"type": "message_stop"}));
        events.push(chunk(stop, Some(metrics)).unwrap_or(last));
    }
    Ok(stream(events, faults))
}

/// Ends are put and left out by the framing here.
fn without_ends(faults: &Faults) -> Faults {
    let mut kept = Faults::default();
    if faults.has(Fault::NoUsage) {
        kept = Faults::parse("no_usage").unwrap_or_default();
    }
    kept.delay = faults.delay;
    kept
}

/// Judges Claude's body; what is wrong is said in Claude's words.
pub(super) fn judge(model: &str, body: &Map<String, Value>) -> Result<anthropic::Order, Refusal> {
    let listed = body.get("anthropic_beta").and_then(Value::as_array).into_iter().flatten();
    let betas: Option<Vec<String>> = listed.map(|beta| beta.as_str().map(str::to_owned)).collect();
    let Some(betas) = betas.filter(|betas| betas.iter().all(|beta| anthropic::is_beta(beta))) else {
        return Err(invalid("", "invalid beta flag"));
    };
    let mut order = anthropic::judge(Host::Bedrock, body, model, &betas)
        .map_err(|refusal| invalid("", anthropic::refusal_message(&refusal)))?;
    own_name(model).clone_into(&mut order.model);
    Ok(order)
}

/// Claude's own name for itself: without what Bedrock puts before and behind it.
fn own_name(model: &str) -> &str {
    let name = model.rsplit_once("anthropic.").map_or(model, |(_, name)| name);
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    name.rsplit_once("-v").map_or(name, |(name, _)| name)
}

/// One of Claude's events inside one of Bedrock's. Pings have none.
fn chunk(event: answer::Event, metrics: Option<Value>) -> Option<Event> {
    let answer::Event::Named(name, mut value) = event else {
        return None;
    };
    if name == "ping" {
        return None;
    }
    if let Some(metrics) = metrics {
        value["amazon-bedrock-invocationMetrics"] = metrics;
    }
    let texted = value["delta"]["type"] == "text_delta";
    Some(Event {
        name: "chunk",
        payload: packed(&value),
        after_end: name == "message_delta" || name == "message_stop",
        with_text: texted.then_some(spoken),
    })
}

fn packed(value: &Value) -> Value {
    json!({"bytes": STANDARD.encode(value.to_string()), "p": "abcdefghijkl"})
}

/// A chunk that says a text.
fn spoken(text: &str) -> Value {
    let delta = json!({"type": "text_delta", "text": text});
    packed(&json!({"type": "content_block_delta", "index": 0, "delta": delta}))
}

#[cfg(test)]
mod tests {
    use super::own_name;

    #[test]
    fn names_are_claudes_own() {
        for (model, name) in [
            ("us.anthropic.claude-3-5-haiku-20241022-v1:0", "claude-3-5-haiku-20241022"),
            ("anthropic.claude-sonnet-4-6", "claude-sonnet-4-6"),
            ("claude-x", "claude-x"),
        ] {
            assert_eq!(own_name(model), name);
        }
    }
}
