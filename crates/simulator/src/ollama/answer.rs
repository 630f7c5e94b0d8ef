//! Answers of chat and of generation, whole and as lines.

use serde_json::{Map, Value, json};

use super::request;
use crate::fault::{Fault, Faults};
use crate::flow::{Flow, Framing, Piece};
use crate::script::{self, Line, Stop};
use crate::text;

/// Every answer's moment of creation.
pub(super) const CREATED: &str = "2023-11-14T22:13:20.123456789Z";

/// Which of the two forms is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Chat,
    Generate,
}

struct Turn<'a> {
    form: Form,
    body: &'a Value,
    faults: &'a Faults,
    line: Line,
    wanted: String,
}

impl<'a> Turn<'a> {
    fn of(form: Form, body: &'a Value, faults: &'a Faults) -> Self {
        let cue = request::cue(body, faults);
        Self { form, body, faults, line: script::play(&cue), wanted: cue.wanted }
    }

    /// The members that every object of an answer has, and what is said.
    fn object(&self, text: &str, thinking: Option<&str>, calls: Option<Value>) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("model".to_owned(), self.body["model"].clone());
        fields.insert("created_at".to_owned(), CREATED.into());
        let mut message = match self.form {
            Form::Chat => json!({"role": "assistant", "content": text}),
            Form::Generate => json!({"response": text}),
        };
        if let Some(thinking) = thinking {
            message["thinking"] = thinking.into();
        }
        if let Some(calls) = calls {
            message["tool_calls"] = calls;
        }
        match (self.form, message) {
            (Form::Generate, Value::Object(members)) => fields.extend(members),
            (_, message) => {
                fields.insert("message".to_owned(), message);
            }
        }
        fields.insert("done".to_owned(), false.into());
        fields
    }

    fn calls(&self) -> Option<Value> {
        let calls = self.line.calls.iter().enumerate().map(|(index, call)| {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            json!({"function": {"index": index, "name": call.name, "arguments": arguments}})
        });
        (!self.line.calls.is_empty()).then(|| calls.collect())
    }

    /// Puts the end into an object: its reason and the counts.
    fn close(&self, fields: &mut Map<String, Value>) {
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        add("done", true.into());
        let reason = if self.line.stop == Stop::Limit { "length" } else { "stop" };
        add("done_reason", reason.into());
        if self.form == Form::Generate {
            add("context", json!([1, 2, 3]));
        }
        add("total_duration", 5_000_000_u64.into());
        add("load_duration", 1_000_000_u64.into());
        if self.faults.has(Fault::NoUsage) {
            return;
        }
        // What is in the cache is not evaluated again.
        if !self.wanted.contains("cached_prompt") {
            add("prompt_eval_count", request::words(self.body).into());
        }
        add("prompt_eval_duration", 1_000_000_u64.into());
        let thoughts = self.line.thinking.as_ref().map_or(0, |thinking| text::count(&thinking.words));
        add("eval_count", (self.line.words() + thoughts).into());
        add("eval_duration", 3_000_000_u64.into());
    }

    fn thinking(&self) -> Option<&str> {
        self.line.thinking.as_ref().map(|thinking| thinking.words.as_str())
    }

    fn text(&self) -> &str {
        self.line.text.as_deref().unwrap_or_default()
    }
}

/// The whole answer.
pub(super) fn whole(form: Form, body: &Value, faults: &Faults) -> Value {
    let turn = Turn::of(form, body, faults);
    let mut fields = turn.object(turn.text(), turn.thinking(), turn.calls());
    turn.close(&mut fields);
    fields.into()
}

/// The answer in lines.
pub(super) fn stream(form: Form, body: &Value, faults: &Faults) -> Flow {
    let turn = Turn::of(form, body, faults);
    let mut pieces: Vec<Piece> = Vec::new();
    for word in turn.thinking().into_iter().flat_map(text::words) {
        pieces.push(Value::from(turn.object("", Some(word), None)).into());
    }
    for word in text::words(turn.text()).filter(|word| !word.is_empty()) {
        pieces.push(Value::from(turn.object(word, None, None)).into());
    }
    if let Some(calls) = turn.calls() {
        pieces.push(Value::from(turn.object("", None, Some(calls))).into());
    }
    let finish = pieces.len();
    let mut last = turn.object("", None, None);
    turn.close(&mut last);
    pieces.push(Value::from(last).into());
    let huge: fn(String) -> Piece = match form {
        Form::Chat => |text| {
            let message = json!({"role": "assistant", "content": text});
            json!({"model": "m", "created_at": CREATED, "message": message, "done": false}).into()
        },
        Form::Generate => {
            |text| json!({"model": "m", "created_at": CREATED, "response": text, "done": false}).into()
        }
    };
    Flow {
        framing: Framing::Lines,
        pieces,
        opening: finish.min(1),
        finish,
        end_mark: None,
        error: json!({"error": "an error was encountered while running the model"}).into(),
        huge,
    }
}

/// What is said where there is nothing to say: the model is loaded or unloaded.
pub(super) fn loaded(form: Form, body: &Value) -> Value {
    let unloads = body["keep_alive"] == 0 || body["keep_alive"] == "0";
    let mut answer = json!({"model": body["model"], "created_at": CREATED});
    match form {
        Form::Chat => answer["message"] = json!({"role": "assistant", "content": ""}),
        Form::Generate => answer["response"] = "".into(),
    }
    answer["done"] = true.into();
    answer["done_reason"] = if unloads { "unload" } else { "load" }.into();
    answer
}
