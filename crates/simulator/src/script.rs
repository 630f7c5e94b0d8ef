//! What a model says to a request, whatever the request's form: the play that the APIs of their own form share.
//!
//! It follows the marks that chat follows (`words:N`, `long:N`, `call_tool`, `call_three_tools`, `use_tool:NAME {…}`) and some
//! that only these APIs can show: `speak_first` (text before the calls), `please_refuse`, `describe_images`,
//! `redact_thinking`, `call_web_search`, `please_pause`.

use serde_json::{Value, json};

use crate::fault::Faults;
use crate::tools::Call;
use crate::{orders, schema, text};

/// A text that makes the real Claude redact its thoughts.
const REDACTED: &str = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB";

/// A tool that may be called.
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) schema: Value,
}

/// Whether a tool has to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    Auto,
    None,
    Any,
    Named(String),
}

/// What a request asks for.
pub(crate) struct Cue<'a> {
    pub(crate) faults: &'a Faults,
    /// The last text of the user.
    pub(crate) wanted: String,
    /// What the last tool said, where nothing was said after it.
    pub(crate) told: Option<String>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) choice: Choice,
    /// Whether at most one tool may be called.
    pub(crate) alone: bool,
    /// The schema that the answer shall fit.
    pub(crate) format: Option<Value>,
    pub(crate) stops: Vec<String>,
    /// The most words of text.
    pub(crate) limit: Option<u64>,
    /// Words of thinking.
    pub(crate) thoughts: u64,
    /// What each image is.
    pub(crate) images: Vec<String>,
    /// How a call's identifier begins, and its length.
    pub(crate) call_id: (&'static str, usize),
    /// Whether a search on the server is offered.
    pub(crate) searches: bool,
    /// How many messages there are.
    pub(crate) turn: usize,
}

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    End,
    Limit,
    Sequence(String),
    Calls,
    Refused,
    Paused,
}

/// What the model thinks.
pub(crate) struct Thinking {
    pub(crate) words: String,
    pub(crate) redacted: bool,
}

/// What the model says.
pub(crate) struct Line {
    pub(crate) thinking: Option<Thinking>,
    /// What is looked up on the server before the text.
    pub(crate) search: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) calls: Vec<Call>,
    pub(crate) stop: Stop,
}

/// Plays.
pub(crate) fn play(cue: &Cue<'_>) -> Line {
    let thinking = (cue.thoughts > 0).then(|| Thinking {
        words: (1..=cue.thoughts).map(|step| format!("thought{step}")).collect::<Vec<_>>().join(" "),
        redacted: cue.wanted.contains("redact_thinking") || cue.wanted.contains(REDACTED),
    });
    let asked = cue.told.is_none();
    if asked && cue.wanted.contains("please_refuse") {
        return Line { thinking, search: None, text: None, calls: Vec::new(), stop: Stop::Refused };
    }
    let calls = calls(cue);
    if !calls.is_empty() {
        let text = cue.wanted.contains("speak_first").then(|| text::spoken(cue.faults, &cue.wanted));
        return Line { thinking, search: None, text, calls, stop: Stop::Calls };
    }
    let (text, mut stop) = limited(cue, &speech(cue));
    if stop == Stop::End && asked && cue.wanted.contains("please_pause") {
        stop = Stop::Paused;
    }
    let search =
        (cue.searches && asked && cue.wanted.contains("call_web_search")).then(|| cue.wanted.clone());
    Line { thinking, search, text: Some(text), calls: Vec::new(), stop }
}

/// The whole of what is said, before limits.
fn speech(cue: &Cue<'_>) -> String {
    let said = match &cue.told {
        Some(told) => format!("tool said: {told}"),
        None if cue.wanted.contains("describe_images") => format!("images: {}", cue.images.join(", ")),
        None => text::spoken(cue.faults, &cue.wanted),
    };
    match &cue.format {
        Some(format) => schema::instance(format, &said).to_string(),
        None => said,
    }
}

/// Cuts before the first stop sequence, then after so many words.
fn limited(cue: &Cue<'_>, speech: &str) -> (String, Stop) {
    let found = cue.stops.iter().filter_map(|stop| Some((speech.find(stop.as_str())?, stop)));
    let first = found.min_by_key(|(place, _)| *place);
    let whole = &speech[..first.map_or(speech.len(), |(place, _)| place)];
    let limit = cue.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let kept: String = text::words(whole).take(limit).collect();
    if kept.len() < whole.len() {
        return (kept.trim_end().to_owned(), Stop::Limit);
    }
    (kept, first.map_or(Stop::End, |(_, stop)| Stop::Sequence(stop.clone())))
}

fn calls(cue: &Cue<'_>) -> Vec<Call> {
    if cue.tools.is_empty() || cue.choice == Choice::None {
        return Vec::new();
    }
    let ordered = ordered(cue);
    if !ordered.is_empty() {
        return ordered;
    }
    let three = cue.wanted.contains("call_three_tools");
    let asked = cue.told.is_none() && (three || cue.wanted.contains("call_tool"));
    if !asked && cue.choice == Choice::Auto {
        return Vec::new();
    }
    let start = match &cue.choice {
        Choice::Named(name) => cue.tools.iter().position(|tool| tool.name == *name).unwrap_or(0),
        _ => 0,
    };
    let number = if three && !cue.alone { 3 } else { 1 };
    (0..number).map(|index| call(cue, &cue.tools[(start + index) % cue.tools.len()], index)).collect()
}

/// The calls of tools that the user ordered by name, of those that there are.
fn ordered(cue: &Cue<'_>) -> Vec<Call> {
    if cue.told.is_some() || matches!(cue.choice, Choice::Named(_)) {
        return Vec::new();
    }
    let known = |name: &str| cue.tools.iter().any(|tool| tool.name == name);
    let orders = orders::orders(&cue.wanted).into_iter().filter(|(name, _)| known(name));
    let number = if cue.alone { 1 } else { usize::MAX };
    orders
        .take(number)
        .enumerate()
        .map(|(index, (name, arguments))| made(cue, name, &arguments, index))
        .collect()
}

fn call(cue: &Cue<'_>, tool: &Tool, index: usize) -> Call {
    let value = format!("value {} of {}", index + 1, tool.name);
    let arguments = match &tool.schema {
        Value::Null => json!({}),
        schema => schema::instance(schema, &value),
    };
    made(cue, &tool.name, &arguments, index)
}

fn made(cue: &Cue<'_>, name: &str, arguments: &Value, index: usize) -> Call {
    let (prefix, length) = cue.call_id;
    // A conversation must not have the same identifier twice.
    let seed = format!("{name} {index} {arguments} {}", cue.turn);
    Call {
        id: text::identifier(prefix, length, &seed),
        name: name.to_owned(),
        arguments: arguments.to_string(),
    }
}

impl Line {
    /// Words of text and of calls, as chat counts them, without thinking.
    pub(crate) fn words(&self) -> u64 {
        let calls: u64 = self.calls.iter().map(|call| text::count(&call.arguments) + 1).sum();
        self.text.as_deref().map_or(0, text::count) + calls
    }
}
