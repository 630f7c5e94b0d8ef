//! Reading a Converse request: what is asked, with which tools, and how many words it has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::anthropic::{Tokens, thought_words};
use crate::fault::Faults;
use crate::script::{Choice, Cue, Tool};
use crate::text;

fn list<'a>(body: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    body.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Counts the words: of the system prompt, and of each message.
pub(super) fn tokens(body: &Map<String, Value>) -> Tokens {
    let marked = |list: &[Value]| list.iter().any(|item| item.get("cachePoint").is_some());
    let system = list(body, "system");
    let of_tools = body.get("toolConfig").and_then(|config| config["tools"].as_array());
    let mut total = if system.is_empty() { 0 } else { text::count(&blocks_text(system)) };
    let mut before = if marked(system) || of_tools.is_some_and(|list| marked(list)) { total } else { 0 };
    for message in list(body, "messages") {
        let blocks = message["content"].as_array().map_or(&[][..], Vec::as_slice);
        total += text::count(&blocks_text(blocks));
        if marked(blocks) {
            before = total;
        }
    }
    Tokens::with_breakpoint(total, before)
}

fn blocks_text(blocks: &[Value]) -> String {
    blocks.iter().filter_map(block_text).collect::<Vec<_>>().join(" ")
}

fn block_text(block: &Value) -> Option<String> {
    if let Some(text) = block["text"].as_str().or_else(|| block["guardContent"]["text"]["text"].as_str()) {
        return Some(text.to_owned());
    }
    if let Some(json) = block.get("json") {
        return Some(json.to_string());
    }
    block["toolResult"]["content"].as_array().map(|parts| blocks_text(parts))
}

fn own_text(message: &Value) -> Option<String> {
    let blocks = message["content"].as_array()?.iter().filter(|block| block.get("toolResult").is_none());
    let texts: Vec<String> = blocks.filter_map(block_text).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// What the request asks for.
pub(super) fn cue<'a>(body: &Map<String, Value>, faults: &'a Faults) -> Cue<'a> {
    let messages = list(body, "messages");
    let of_user = || messages.iter().rev().filter(|message| message["role"] == "user");
    let last_block = messages.last().and_then(|message| message["content"].as_array()?.last());
    let none = Value::Null;
    let inference = body.get("inferenceConfig").unwrap_or(&none);
    let tools = body.get("toolConfig").unwrap_or(&none);
    let fields = body.get("additionalModelRequestFields").unwrap_or(&none);
    let images = of_user().flat_map(|message| message["content"].as_array().into_iter().flatten());
    let stops = inference["stopSequences"].as_array().into_iter().flatten();
    Cue {
        faults,
        wanted: of_user().find_map(own_text).unwrap_or_default(),
        told: last_block.filter(|block| block.get("toolResult").is_some()).and_then(block_text),
        tools: tools["tools"].as_array().into_iter().flatten().filter_map(tool).collect(),
        choice: choice(&tools["toolChoice"]),
        alone: fields["tool_choice"]["disable_parallel_tool_use"] == Value::Bool(true),
        format: format(body),
        stops: stops.filter_map(|stop| stop.as_str().map(str::to_owned)).collect(),
        limit: inference["maxTokens"].as_u64(),
        thoughts: thoughts(fields),
        images: images.filter_map(|block| Some(image(block.get("image")?))).collect(),
        call_id: ("tooluse_", 30),
        searches: false,
        turn: messages.len(),
    }
}

fn tool(tool: &Value) -> Option<Tool> {
    let spec = tool.get("toolSpec")?;
    Some(Tool {
        name: spec["name"].as_str().unwrap_or_default().to_owned(),
        schema: spec["inputSchema"]["json"].clone(),
    })
}

fn choice(choice: &Value) -> Choice {
    if choice.get("any").is_some() {
        return Choice::Any;
    }
    choice["tool"]["name"].as_str().map_or(Choice::Auto, |name| Choice::Named(name.to_owned()))
}

/// The schema, which is a text that holds JSON.
fn format(body: &Map<String, Value>) -> Option<Value> {
    let schema = &body.get("outputConfig")?["textFormat"]["structure"]["jsonSchema"]["schema"];
    serde_json::from_str(schema.as_str()?).ok()
}

/// How much is thought, in the words of Claude, of Nova, and of gpt-oss.
fn thoughts(fields: &Value) -> u64 {
    let effort = |word: Option<&str>| match word {
        Some("low") => 4,
        Some("medium") => 8,
        Some("high") => 16,
        _ => 0,
    };
    let claude = thought_words(&fields["thinking"], fields["output_config"]["effort"].as_str());
    let nova = if fields["reasoningConfig"]["type"] == "enabled" {
        effort(fields["reasoningConfig"]["maxReasoningEffort"].as_str())
    } else {
        0
    };
    let others = effort(fields["reasoning_effort"].as_str());
    let older = thought_words(&fields["reasoning_config"], None);
    claude.max(nova).max(others).max(older)
}

/// What an image is: `image/png of 3 bytes`, or its address.
fn image(image: &Value) -> String {
    if let Some(address) = image["source"]["s3Location"]["uri"].as_str() {
        return address.to_owned();
    }
    let bytes = STANDARD.decode(image["source"]["bytes"].as_str().unwrap_or_default());
    let length = bytes.map_or(0, |bytes| bytes.len());
    format!("image/{} of {length} bytes", image["format"].as_str().unwrap_or_default())
}
