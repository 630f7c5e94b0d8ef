//! Chat: whole answers and chunks.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Event};
use crate::ask::Ask;
use crate::fault::Fault;
use crate::provider::{ReasoningPlace, UsagePlace};
use crate::text::{self, CREATED};
use crate::tools::{self, Call};
use crate::usage::{self, Counts};
use crate::{messages, schema};

/// One of the answer's choices.
struct Choice {
    text: Option<String>,
    calls: Vec<Call>,
    finish: &'static str,
}

/// All that is said in answer to one request.
struct Turn {
    id: String,
    choices: Vec<Choice>,
    reasoning: Option<String>,
    counts: Counts,
}

pub(crate) fn answer(ask: &Ask) -> Answer {
    let turn = turn(ask);
    if ask.streams() {
        Answer::Stream(Stream { ask, turn: &turn, events: Vec::new(), said: 0 }.events())
    } else {
        Answer::Whole(StatusCode::OK, whole(ask, &turn))
    }
}

fn turn(ask: &Ask) -> Turn {
    let mut counts = usage::of_messages(ask);
    let number = ask.number("n").unwrap_or(1);
    let choices: Vec<Choice> = (0..number).map(|_| choice(ask)).collect();
    for choice in &choices {
        counts.completion += choice.text.as_deref().map_or(0, text::count);
        counts.completion += choice.calls.iter().map(|call| text::count(&call.arguments) + 1).sum::<u64>();
    }
    let reasoning = (counts.reasoning > 0)
        .then(|| (1..=counts.reasoning).map(|step| format!("thought{step}")).collect::<Vec<_>>().join(" "));
    let seed = format!("{} {} {}", ask.provider.id, ask.model, messages::all_text(ask));
    let id =
        if ask.provider.manners.nameless { String::new() } else { text::identifier("chatcmpl-", 38, &seed) };
    Turn { id, choices, reasoning, counts }
}

fn choice(ask: &Ask) -> Choice {
    let calls = tools::calls(ask);
    if !calls.is_empty() {
        return Choice { text: None, calls, finish: "tool_calls" };
    }
    if messages::last_user_text(ask).contains("please_refuse") {
        return Choice { text: Some(String::new()), calls, finish: "content_filter" };
    }
    let spoken = structured(ask).unwrap_or_else(|| text::reply(ask));
    let (said, cut) = text::limited(ask, &spoken);
    let finish = if cut { "length" } else { ask.provider.manners.stop_word };
    Choice { text: Some(said), calls: Vec::new(), finish }
}

/// The JSON text that `response_format` asks for.
fn structured(ask: &Ask) -> Option<String> {
    let format = ask.member("response_format")?;
    let said = text::reply(ask);
    match format["type"].as_str()? {
        "json_schema" => Some(schema::instance(&format["json_schema"]["schema"], &said).to_string()),
        "json_object" => Some(json!({"answer": said}).to_string()),
        _ => None,
    }
}

/// Members that stand at the top of every answer and chunk.
fn base(ask: &Ask, turn: &Turn, object: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), turn.id.as_str().into());
    fields.insert("object".to_owned(), object.into());
    fields.insert("created".to_owned(), CREATED.into());
    fields.insert("model".to_owned(), ask.model.as_str().into());
    let seed =
        ask.member("seed").or_else(|| ask.member("random_seed")).map_or_else(String::new, Value::to_string);
    fields.insert("system_fingerprint".to_owned(), format!("fp_sim{seed}").into());
    if ask.member("service_tier").is_some() {
        fields.insert("service_tier".to_owned(), "default".into());
    }
    fields
}

/// The provider's own further members.
fn extras(ask: &Ask) -> Map<String, Value> {
    let mut extras: Map<String, Value> =
        serde_json::from_str(ask.provider.manners.extras).unwrap_or_default();
    if ask.member("search_parameters").is_some() {
        extras.insert("citations".to_owned(), json!(["https://example.com/a", "https://example.com/b"]));
    }
    extras
}

fn whole(ask: &Ask, turn: &Turn) -> Value {
    let choices: Vec<Value> = turn
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| {
            json!({
                "index": index,
                "message": message(ask, turn, choice),
                "logprobs": logprobs(ask, choice),
                "finish_reason": choice.finish,
            })
        })
        .collect();
    let mut fields = base(ask, turn, "chat.completion");
    fields.insert("choices".to_owned(), choices.into());
    fields.insert("usage".to_owned(), turn.counts.object(ask));
    fields.extend(extras(ask));
    fields.into()
}

fn message(ask: &Ask, turn: &Turn, choice: &Choice) -> Value {
    let mut fields = Map::new();
    fields.insert("role".to_owned(), "assistant".into());
    fields.insert("content".to_owned(), choice.text.clone().into());
    fields.insert("refusal".to_owned(), Value::Null);
    if let Some(thoughts) = &turn.reasoning {
        match ask.provider.manners.reasoning {
            ReasoningPlace::Hidden => {}
            ReasoningPlace::Named(name) => {
                fields.insert(name.to_owned(), thoughts.as_str().into());
            }
            place => {
                let mut parts = vec![reasoning_part(place, thoughts, seal(ask, thoughts))];
                parts.extend(choice.text.iter().map(|text| json!({"type": "text", "text": text})));
                fields.insert("content".to_owned(), parts.into());
            }
        }
    }
    if !choice.calls.is_empty() {
        fields.insert("tool_calls".to_owned(), choice.calls.iter().map(|call| called(ask, call)).collect());
    }
    fields.into()
}

fn called(ask: &Ask, call: &Call) -> Value {
    let mut whole = call.whole();
    if ask.provider.manners.bare_calls
        && let Some(fields) = whole.as_object_mut()
    {
        fields.remove("type");
    }
    whole
}

/// What Claude proves its thoughts with.
fn seal(ask: &Ask, thoughts: &str) -> Option<String> {
    let seals =
        ask.provider.manners.reasoning == ReasoningPlace::ReasoningPart && ask.model.contains("claude");
    seals.then(|| text::identifier("seal", 40, thoughts))
}

fn reasoning_part(place: ReasoningPlace, thoughts: &str, seal: Option<String>) -> Value {
    match place {
        ReasoningPlace::ReasoningPart => {
            let mut summary = json!({"type": "summary_text", "text": thoughts});
            if let Some(seal) = seal {
                summary["signature"] = seal.into();
            }
            json!({"type": "reasoning", "summary": [summary]})
        }
        _ => json!({"type": "thinking", "thinking": [{"type": "text", "text": thoughts}]}),
    }
}

fn logprobs(ask: &Ask, choice: &Choice) -> Value {
    let Some(said) = choice.text.as_deref().filter(|_| ask.flag("logprobs")) else {
        return Value::Null;
    };
    let tokens: Vec<Value> = text::words(said)
        .map(|word| json!({"token": word, "logprob": -0.25, "bytes": word.as_bytes(), "top_logprobs": []}))
        .collect();
    json!({"content": tokens, "refusal": null})
}

/// Builds the chunks of one answer.
struct Stream<'a> {
    ask: &'a Ask,
    turn: &'a Turn,
    events: Vec<Event>,
    /// Words so far, for running usage.
    said: u64,
}

impl Stream<'_> {
    fn events(mut self) -> Vec<Event> {
        let manners = &self.ask.provider.manners;
        if manners.comment {
            self.events.push(Event::Comment("keep-alive"));
        }
        if manners.filter_chunk {
            self.events.push(Event::Data(json!({
                "choices": [], "created": 0, "id": "", "model": "", "object": "",
                "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
            })));
        }
        for index in 0..self.turn.choices.len() {
            let opening = if self.turn.choices[index].text.is_some() { json!("") } else { Value::Null };
            self.delta(index, json!({"role": "assistant", "content": opening, "refusal": null}), None);
        }
        self.think();
        self.speak();
        self.call();
        let choices = self.turn.choices.len();
        for index in 0..choices {
            self.delta(index, json!({}), Some((self.turn.choices[index].finish, index + 1 == choices)));
        }
        self.usage_chunk();
        self.events.push(Event::Done);
        self.events
    }

    fn think(&mut self) {
        let Some(thoughts) = &self.turn.reasoning else {
            return;
        };
        for word in text::words(thoughts) {
            let delta = match self.ask.provider.manners.reasoning {
                ReasoningPlace::Hidden => return,
                ReasoningPlace::Named(name) => json!({"content": null, name: word}),
                place => json!({"content": [reasoning_part(place, word, None)]}),
            };
            self.delta(0, delta, None);
        }
        if let Some(seal) = seal(self.ask, thoughts) {
            let part = reasoning_part(self.ask.provider.manners.reasoning, "", Some(seal));
            self.delta(0, json!({"content": [part]}), None);
        }
    }

    fn speak(&mut self) {
        let spoken: Vec<Vec<&str>> = self
            .turn
            .choices
            .iter()
            .map(|choice| choice.text.as_deref().map(|said| text::words(said).collect()).unwrap_or_default())
            .collect();
        let longest = spoken.iter().map(Vec::len).max().unwrap_or(0);
        for position in 0..longest {
            for (index, words) in spoken.iter().enumerate() {
                if let Some(word) = words.get(position) {
                    self.said += 1;
                    self.delta(index, json!({"content": word}), None);
                }
            }
        }
    }

    fn call(&mut self) {
        for (index, choice) in self.turn.choices.iter().enumerate() {
            if self.ask.provider.manners.whole_calls {
                for (position, call) in choice.calls.iter().enumerate() {
                    let mut whole = called(self.ask, call);
                    if !self.ask.provider.manners.bare_calls {
                        whole["index"] = position.into();
                    }
                    self.delta(index, json!({"tool_calls": [whole]}), None);
                }
                continue;
            }
            for (position, call) in choice.calls.iter().enumerate() {
                let start = json!({
                    "index": position, "id": call.id, "type": "function",
                    "function": {"name": call.name, "arguments": ""},
                });
                self.delta(index, json!({"tool_calls": [start]}), None);
            }
            let pieces: Vec<Vec<String>> = choice.calls.iter().map(|call| pieces(&call.arguments)).collect();
            for round in 0..pieces.iter().map(Vec::len).max().unwrap_or(0) {
                for (position, list) in pieces.iter().enumerate() {
                    if let Some(piece) = list.get(round) {
                        let part = json!({"index": position, "function": {"arguments": piece}});
                        self.delta(index, json!({"tool_calls": [part]}), None);
                    }
                }
            }
        }
    }

    /// Adds a chunk; `finish`: the reason, and whether it is the stream's last.
    fn delta(&mut self, index: usize, delta: impl Into<Value>, finish: Option<(&'static str, bool)>) {
        let reason = finish.map(|(reason, _)| reason);
        let mut fields = base(self.ask, self.turn, "chat.completion.chunk");
        let choice =
            json!({"index": index, "delta": delta.into(), "logprobs": null, "finish_reason": reason});
        fields.insert("choices".to_owned(), vec![choice].into());
        let last = finish.is_some_and(|(_, last)| last);
        if last {
            fields.extend(extras(self.ask));
        }
        if let Some(usage) = self.usage_of_chunk(last) {
            fields.insert("usage".to_owned(), usage);
        }
        self.events.push(Event::Data(fields.into()));
    }

    fn usage_of_chunk(&self, last: bool) -> Option<Value> {
        let faults = &self.ask.faults;
        if faults.has(Fault::NoUsage) {
            return None;
        }
        let running = faults.has(Fault::UsageContinuous)
            || self.ask.stream_option("continuous_usage_stats")
            || self.ask.provider.manners.usage == UsagePlace::Every;
        if last && (running || self.ask.provider.manners.usage == UsagePlace::Finish) {
            return Some(self.turn.counts.object(self.ask));
        }
        if running {
            return Some(Counts { completion: self.said, ..self.turn.counts }.object(self.ask));
        }
        self.ask.stream_option("include_usage").then_some(Value::Null)
    }

    fn usage_chunk(&mut self) {
        let asked = self.ask.stream_option("include_usage");
        if !asked
            || self.ask.faults.has(Fault::NoUsage)
            || self.ask.provider.manners.usage != UsagePlace::OnRequest
        {
            return;
        }
        let mut fields = base(self.ask, self.turn, "chat.completion.chunk");
        fields.insert("choices".to_owned(), json!([]));
        fields.insert("usage".to_owned(), self.turn.counts.object(self.ask));
        self.events.push(Event::Data(fields.into()));
    }
}

/// At least three pieces where there are as many characters, cut anywhere.
pub(crate) fn pieces(arguments: &str) -> Vec<String> {
    let characters: Vec<char> = arguments.chars().collect();
    let size = characters.len().div_ceil(3).clamp(1, 8);
    characters.chunks(size).map(|piece| piece.iter().collect()).collect()
}
