//! Reading a request: what is asked, with which tools, and how many words it has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::tools::searches;
use crate::fault::Faults;
use crate::script::{Choice, Cue, Tool};
use crate::text;

/// Words of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// After the last cache breakpoint.
    pub(crate) fresh: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_written: u64,
}

impl Tokens {
    pub(crate) const fn total(self) -> u64 {
        self.fresh + self.cache_read + self.cache_written
    }

    /// Half of what stands before a breakpoint was read from the cache, half is written to it.
    pub(crate) const fn with_breakpoint(total: u64, before: u64) -> Self {
        let read = before / 2;
        Self { fresh: total - before, cache_read: read, cache_written: before - read }
    }
}

/// Counts the words: of the system prompt, and of each message.
pub(crate) fn tokens(body: &Map<String, Value>) -> Tokens {
    let mut total = 0;
    let mut before = 0;
    let everything = body.get("cache_control").is_some_and(|control| !control.is_null());
    let of_tools = body.get("tools").and_then(Value::as_array).into_iter().flatten();
    let mut cached = of_tools.into_iter().any(marked);
    if let Some(system) = body.get("system") {
        total += text::count(&content_text(system));
        cached |= any_marked(system);
    }
    if cached {
        before = total;
    }
    for message in list(body, "messages") {
        total += text::count(&content_text(&message["content"]));
        if any_marked(&message["content"]) {
            before = total;
        }
    }
    Tokens::with_breakpoint(total, if everything { total } else { before })
}

fn marked(item: &Value) -> bool {
    item.get("cache_control").is_some_and(|control| !control.is_null())
}

fn any_marked(content: &Value) -> bool {
    content.as_array().into_iter().flatten().any(marked)
}

fn list<'a>(body: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    body.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text of a content: a string, or its blocks' texts joined; a tool's answer counts by its content.
fn content_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(block_text).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

fn block_text(block: &Value) -> Option<String> {
    match block["type"].as_str()? {
        "text" => block["text"].as_str().map(str::to_owned),
        "tool_result" => Some(content_text(&block["content"])),
        _ => None,
    }
}

fn own_text(message: &Value) -> Option<String> {
    match &message["content"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(blocks) => {
            let texts: Vec<&str> = blocks
                .iter()
                .filter(|block| block["type"] == "text")
                .filter_map(|block| block["text"].as_str())
                .collect();
            (!texts.is_empty()).then(|| texts.join(" "))
        }
        _ => None,
    }
}

/// What the request asks for.
pub(super) fn cue<'a>(body: &Map<String, Value>, faults: &'a Faults) -> Cue<'a> {
    let messages = list(body, "messages");
    let of_user = || messages.iter().rev().filter(|message| message["role"] == "user");
    let last_block = messages.last().and_then(|message| message["content"].as_array()?.last());
    let choice = body.get("tool_choice").unwrap_or(&Value::Null);
    let images = of_user().flat_map(|message| message["content"].as_array().into_iter().flatten());
    Cue {
        faults,
        wanted: of_user().find_map(own_text).unwrap_or_default(),
        told: last_block
            .filter(|block| block["type"] == "tool_result")
            .map(|block| content_text(&block["content"])),
        tools: list(body, "tools").iter().filter_map(tool).collect(),
        choice: match choice["type"].as_str() {
            Some("none") => Choice::None,
            Some("any") => Choice::Any,
            Some("tool") => Choice::Named(choice["name"].as_str().unwrap_or_default().to_owned()),
            _ => Choice::Auto,
        },
        alone: choice["disable_parallel_tool_use"] == Value::Bool(true),
        format: format(body),
        stops: list(body, "stop_sequences")
            .iter()
            .filter_map(|stop| stop.as_str().map(str::to_owned))
            .collect(),
        limit: body.get("max_tokens").and_then(Value::as_u64),
        thoughts: thoughts(body),
        images: images
            .filter(|block| block["type"] == "image")
            .map(|block| image(&block["source"]))
            .collect(),
        call_id: ("toolu_01", 30),
        searches: list(body, "tools").iter().any(searches),
        turn: messages.len(),
    }
}

fn tool(tool: &Value) -> Option<Tool> {
    let own = tool.get("type").is_none_or(|kind| kind.is_null() || kind == "custom");
    own.then(|| Tool {
        name: tool["name"].as_str().unwrap_or_default().to_owned(),
        schema: tool["input_schema"].clone(),
    })
}

fn format(body: &Map<String, Value>) -> Option<Value> {
    let newer = body.get("output_config").and_then(|config| config["format"].get("schema"));
    newer.or_else(|| body.get("output_format")?.get("schema")).cloned()
}

/// How much is thought: by the effort, else by the budget.
fn thoughts(body: &Map<String, Value>) -> u64 {
    let Some(thinking) = body.get("thinking") else {
        return 0;
    };
    let effort = body.get("output_config").and_then(|config| config["effort"].as_str());
    thought_words(thinking, effort)
}

/// Words of thinking for `thinking` and an effort.
pub(crate) fn thought_words(thinking: &Value, effort: Option<&str>) -> u64 {
    if !matches!(thinking["type"].as_str(), Some("enabled" | "adaptive")) {
        return 0;
    }
    match (effort, thinking["budget_tokens"].as_u64()) {
        (Some("low"), _) => 4,
        (Some("high"), _) => 16,
        (Some("xhigh" | "max"), _) => 32,
        (None, Some(budget)) if budget < 2048 => 4,
        (None, Some(budget)) if budget >= 8192 => 16,
        _ => 8,
    }
}

/// What an image is: `image/png of 3 bytes`, or its address.
fn image(source: &Value) -> String {
    if let Some(address) = source["url"].as_str().or_else(|| source["file_id"].as_str()) {
        return address.to_owned();
    }
    let length = STANDARD.decode(source["data"].as_str().unwrap_or_default()).map_or(0, |bytes| bytes.len());
    format!("{} of {length} bytes", source["media_type"].as_str().unwrap_or_default())
}
