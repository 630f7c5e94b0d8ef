//! Puts codecs to the test: requests from OpenAI's form, answers back into it, streams cut anywhere. For tests.

use std::path::{Path, PathBuf};
use std::{env, fs};

use bytes::Bytes;
use document::Document;
use model::{
    CacheMark, ChatEvent, ChatRequest, ChatResponse, EmbeddingsResponse, Fold, Grammar, LossKind, Losses,
    Message, Parameter, Settings, UserPart,
};
use serde_json::{Value, json};
use stream::{Frame, Framer, Progress};

use crate::openai::{CHAT_FRONT, COMPLETIONS_FRONT, EMBEDDINGS_FRONT};
use crate::{
    ChatAnswer, ChatCall, ChatCodec, ChatFront, DecodeError, Delivery, EmbeddingsCall, EmbeddingsCodec,
    EmbeddingsFront, EncodeError, Encoded, Family, Handling, Identity, Quirks,
};

pub fn data_folder() -> PathBuf {
    env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

/// A file of the folder of data, or nothing and a line that says so.
pub fn data(test: &str, file: &str) -> Option<Vec<u8>> {
    let path = data_folder().join(file);
    let found = fs::read(&path).ok();
    if found.is_none() {
        println!("left out: {test}: {} not present", path.display());
    }
    found
}

/// The files below a folder of recordings whose names end so; none, and a line, where there is no folder.
pub fn recordings(test: &str, folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let root = data_folder().join("streams").join(folder);
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(&root) else {
        println!("left out: {test}: {} not present", root.display());
        return found;
    };
    for entry in entries.map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.ends_with(ending) {
            found.push((name, fs::read(entry.path()).unwrap()));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no recordings of {ending} in {folder}");
    found
}

/// A request as a client of OpenAI's chat sends it.
pub fn chat(body: &Value) -> ChatRequest {
    let document = Document::parse(body.to_string().into()).unwrap();
    CHAT_FRONT.read(&document).unwrap().request
}

/// The same of completions.
pub fn completion(body: &Value) -> ChatRequest {
    let document = Document::parse(body.to_string().into()).unwrap();
    COMPLETIONS_FRONT.read(&document).unwrap().request
}

/// One attempt with a model called `m`.
pub struct Attempt {
    pub codec: &'static dyn ChatCodec,
    pub family: &'static Family,
    pub delivery: Delivery,
    pub model: &'static str,
    pub settings: Settings,
}

impl Attempt {
    pub fn of(codec: &'static dyn ChatCodec) -> Self {
        Self {
            codec,
            family: &Family::UNKNOWN,
            delivery: Delivery::Whole,
            model: "m",
            settings: Settings::default(),
        }
    }

    pub fn encode(&self, request: &ChatRequest) -> Result<Encoded, EncodeError> {
        let call = ChatCall {
            model: self.model,
            family: self.family,
            quirks: &Quirks::NONE,
            settings: &self.settings,
            delivery: self.delivery,
            want_usage: true,
            nonce: "n0nce",
        };
        self.codec.encode(request, &call)
    }

    /// The body, and what got lost.
    pub fn body(&self, request: &ChatRequest) -> (Value, Vec<String>) {
        let encoded = self.encode(request).unwrap();
        (serde_json::from_slice(&encoded.body).unwrap(), told(&encoded.losses))
    }

    pub fn answer(&self, request: &ChatRequest) -> Box<dyn ChatAnswer> {
        self.encode(request).unwrap().answer
    }
}

pub fn told(losses: &Losses) -> Vec<String> {
    losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect()
}

/// The answer as a client of OpenAI's chat gets it.
pub fn shown(request: &Value, response: &ChatResponse) -> Value {
    let document = Document::parse(request.to_string().into()).unwrap();
    let front: &dyn ChatFront =
        if request.get("prompt").is_some() { &COMPLETIONS_FRONT } else { &CHAT_FRONT };
    let writer = front.read(&document).unwrap().writer;
    let identity = Identity { id: "id".into(), created: 1, model: "m".into(), input_estimate: 0 };
    serde_json::from_slice(&writer.whole(response, &identity)).unwrap()
}

pub fn whole(answer: &dyn ChatAnswer, body: &Value) -> ChatResponse {
    answer.whole(&|_| None, body.to_string().as_bytes()).unwrap()
}

/// The events of a stream, which obey the grammar however the network cuts it.
pub fn events(answer: &dyn ChatAnswer, content_type: &str, body: &[u8]) -> Vec<ChatEvent> {
    let at_once = read_cut(answer, content_type, body, body.len().max(1));
    for size in [1, 7] {
        assert_eq!(read_cut(answer, content_type, body, size), at_once, "cut in pieces of {size}");
    }
    let mut grammar = Grammar::default();
    for event in &at_once {
        grammar.accept(event).unwrap_or_else(|error| panic!("{error}: {event:?}"));
    }
    at_once
}

fn read_cut(answer: &dyn ChatAnswer, content_type: &str, body: &[u8], size: usize) -> Vec<ChatEvent> {
    let mut cutter = Framer::for_content_type(content_type).unwrap();
    let mut decoder = answer.decoder();
    let mut events = Vec::new();
    let mut over = false;
    let mut read = |units: Vec<Frame>, events: &mut Vec<ChatEvent>| {
        for frame in units {
            if !over {
                over = decoder.unit(frame.unit(), events).unwrap() == Progress::End;
            }
        }
        over
    };
    for chunk in body.chunks(size) {
        let mut frames = Vec::new();
        cutter.push(&Bytes::copy_from_slice(chunk), &mut frames).unwrap();
        if read(frames, &mut events) {
            return events;
        }
    }
    let mut frames = Vec::new();
    cutter.finish(&mut frames).unwrap();
    read(frames, &mut events);
    decoder.end(&mut events);
    events
}

pub fn fold(events: Vec<ChatEvent>) -> ChatResponse {
    let mut fold = Fold::default();
    for event in events {
        fold.add(event);
    }
    fold.finish(|text| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object())).unwrap()
}

/// A request that asks for this and for nothing else.
pub fn asking_for(parameter: Parameter) -> ChatRequest {
    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let image =
        |url: &str| json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]);
    let with_tools = |choice: Value| json!({"tools": tools, "tool_choice": choice});
    let schema = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}});
    let mut body = match parameter {
        Parameter::MaxTokens => json!({"max_tokens": 7}),
        Parameter::Temperature => json!({"temperature": 0.5}),
        Parameter::TopP => json!({"top_p": 0.5}),
        Parameter::TopK => json!({"top_k": 5}),
        Parameter::Stop => json!({"stop": ["S"]}),
        Parameter::Seed => json!({"seed": 3}),
        Parameter::N => json!({"n": 2}),
        Parameter::FrequencyPenalty => json!({"frequency_penalty": 0.5}),
        Parameter::PresencePenalty => json!({"presence_penalty": 0.5}),
        Parameter::Logprobs => json!({"logprobs": true}),
        Parameter::TopLogprobs => json!({"logprobs": true, "top_logprobs": 2}),
        Parameter::LogitBias => json!({"logit_bias": {"1": 1}}),
        Parameter::User => json!({"user": "u"}),
        Parameter::ServiceTier => json!({"service_tier": "flex"}),
        Parameter::Metadata => json!({"metadata": {"a": "b"}}),
        Parameter::JsonObject => json!({"response_format": {"type": "json_object"}}),
        Parameter::JsonSchema => json!({"response_format": schema}),
        Parameter::Tools => json!({"tools": tools}),
        Parameter::ToolChoiceNone => with_tools("none".into()),
        Parameter::ToolChoiceRequired => with_tools("required".into()),
        Parameter::ToolChoiceNamed => with_tools(json!({"type": "function", "function": {"name": "f"}})),
        Parameter::ToolChoiceAmong => with_tools(json!({"type": "allowed_tools", "allowed_tools":
            {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}})),
        Parameter::ParallelToolCalls => json!({"tools": tools, "parallel_tool_calls": false}),
        Parameter::ReasoningOff => json!({"reasoning_effort": "none"}),
        Parameter::Reasoning => json!({"reasoning_effort": "high"}),
        Parameter::ImageData => json!({"messages": image("data:image/png;base64,QUJD")}),
        Parameter::ImageUrl => json!({"messages": image("https://example.com/a.png")}),
        Parameter::Audio => json!({"messages": [{"role": "user", "content":
            [{"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}]}]}),
        Parameter::File => json!({"messages": [{"role": "user", "content":
            [{"type": "file", "file": {"file_data": "data:application/pdf;base64,QUJD", "filename": "a.pdf"}}]}]}),
        Parameter::ToolResultImage | Parameter::ToolResultError => json!({"messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "tool_calls":
                [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "r"}]}),
        Parameter::CacheMark => json!({}),
        Parameter::UserName => json!({"messages": [{"role": "user", "content": "q", "name": "n"}]}),
    };
    if body.get("messages").is_none() {
        body["messages"] = json!([{"role": "user", "content": "q"}]);
    }
    let mut request = chat(&body);
    let picture = chat(&json!({"messages": image("data:image/png;base64,QUJD")}));
    for message in &mut request.messages {
        match (parameter, message) {
            (Parameter::ToolResultError, Message::Tool(result)) => result.failed = true,
            (Parameter::ToolResultImage, Message::Tool(result)) => {
                let Some(Message::User(user)) = picture.messages.first() else { panic!() };
                result.parts.extend(user.parts.clone());
            }
            (Parameter::CacheMark, Message::User(user)) => {
                for part in &mut user.parts {
                    if let UserPart::Text(text) = part {
                        text.cache = Some(CacheMark::default());
                    }
                }
            }
            _ => {}
        }
    }
    assert!(Parameter::of(&request).contains(&parameter), "{parameter:?}");
    request
}

/// Every parameter shows in the body, or as a loss, or refuses the request, as the table says.
pub fn judge_parameters(attempt: &Attempt) {
    for &parameter in Parameter::ALL {
        let request = asking_for(parameter);
        let handling = attempt.codec.handling(parameter, attempt.family);
        let encoded = attempt.encode(&request);
        if handling == Handling::Refuse {
            assert!(matches!(encoded, Err(EncodeError::Unsupported(_))), "{parameter:?}");
            continue;
        }
        let encoded = encoded.unwrap_or_else(|error| panic!("{parameter:?}: {error}"));
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        let lost =
            |kind| encoded.losses.iter().any(|loss| loss.member == parameter.name() && loss.kind == kind);
        let plain = parameter.name().split('(').next().unwrap();
        match handling {
            Handling::Pass => assert!(has(&body, plain), "{parameter:?} is not in {body}"),
            Handling::Rename(name) => {
                let name = name.rsplit('.').next().unwrap();
                assert!(has(&body, name), "{parameter:?} is not in {body}");
            }
            Handling::Emulate => assert!(lost(LossKind::Emulated), "{parameter:?}"),
            Handling::Approximate => assert!(lost(LossKind::Approximated), "{parameter:?}"),
            Handling::Drop => assert!(lost(LossKind::Dropped), "{parameter:?}"),
            Handling::Refuse => {}
        }
    }
    judge_broken_arguments(attempt);
}

/// Arguments that are no JSON go out as they are, or are told as a loss.
fn judge_broken_arguments(attempt: &Attempt) {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{oops"}});
    let request = chat(&json!({"messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "r"},
    ]}));
    let Ok(encoded) = attempt.encode(&request) else { return };
    let told = encoded.losses.iter().any(|loss| loss.member.starts_with("messages.tool_calls"));
    let kept = String::from_utf8_lossy(&encoded.body).contains("{oops");
    assert_ne!(kept, told, "{:?}", encoded.losses);
}

/// Whether some object has the member.
fn has(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(member, value)| member == name || (member == "type" && value == name) || has(value, name)),
        Value::Array(items) => items.iter().any(|item| has(item, name)),
        _ => false,
    }
}

/// A type of a file of schemas that refer to each other as `#/schemas/NAME`, and the names of its own members;
/// or nothing and a line that says so. Members that it does not have, `others` apart, are faults.
pub struct Schema {
    validator: jsonschema::Validator,
    members: Vec<String>,
}

impl Schema {
    pub fn load(test: &str, file: &str, name: &str, others: &[&str]) -> Option<Self> {
        let all: Value = serde_json::from_slice(&data(test, file)?).unwrap();
        let mut needed = serde_json::Map::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if !needed.contains_key(&name) {
                let schema = all["schemas"][&name].clone();
                assert!(schema.is_object(), "no schema {name}");
                let written = schema.to_string();
                let references = written.split("\"#/schemas/").skip(1);
                open.extend(references.map(|rest| rest.split('"').next().unwrap().to_owned()));
                needed.insert(name, schema);
            }
        }
        let own = needed[name]["properties"].as_object().unwrap().keys().cloned();
        let members = own.chain(others.iter().map(|name| (*name).to_owned())).collect();
        let root = json!({"$ref": format!("#/schemas/{name}"), "schemas": needed});
        Some(Self { validator: jsonschema::validator_for(&root).unwrap(), members })
    }

    /// A schema that is a file of its own.
    pub fn file(test: &str, file: &str) -> Option<Self> {
        let schema: Value = serde_json::from_slice(&data(test, file)?).unwrap();
        let members = schema["properties"].as_object().unwrap().keys().cloned().collect();
        Some(Self { validator: jsonschema::validator_for(&schema).unwrap(), members })
    }

    /// Fails unless `value` is one of the type.
    pub fn check(&self, value: &Value) {
        let errors: Vec<String> = self.validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{value}");
        for (name, _) in value.as_object().unwrap() {
            assert!(self.members.contains(name), "there is no {name}\n{value}");
        }
    }

    /// Judges the requests for every parameter that is not refused.
    pub fn judge(&self, attempt: &Attempt) {
        for &parameter in Parameter::ALL {
            if let Ok(encoded) = attempt.encode(&asking_for(parameter)) {
                self.check(&serde_json::from_slice(&encoded.body).unwrap());
            }
        }
    }
}

/// The embeddings of a request in OpenAI's form, by a codec.
pub struct Vectors {
    pub codec: &'static dyn EmbeddingsCodec,
    pub settings: Settings,
}

impl Vectors {
    pub fn of(codec: &'static dyn EmbeddingsCodec) -> Self {
        Self { codec, settings: Settings::default() }
    }

    fn call(&self) -> EmbeddingsCall<'_> {
        EmbeddingsCall { model: "m", settings: &self.settings }
    }

    /// The body, and what got lost.
    pub fn body(&self, request: &Value) -> Result<(Value, Vec<String>), EncodeError> {
        let document = Document::parse(request.to_string().into()).unwrap();
        let request = EMBEDDINGS_FRONT.read(&document).unwrap();
        let encoded = self.codec.encode(&request, &request.inputs, &self.call())?;
        Ok((serde_json::from_slice(&encoded.body).unwrap(), told(&encoded.losses)))
    }

    pub fn read(&self, body: &Value, inputs: usize) -> Result<EmbeddingsResponse, DecodeError> {
        self.codec.decode(&self.call(), &|_| None, body.to_string().as_bytes(), inputs)
    }

    /// The answer as a client of OpenAI's gets it.
    pub fn shown(&self, request: &Value, body: &Value) -> Value {
        let document = Document::parse(request.to_string().into()).unwrap();
        let request = EMBEDDINGS_FRONT.read(&document).unwrap();
        let response = self.read(body, request.inputs.len()).unwrap();
        let identity = Identity { id: "id".into(), created: 1, model: "m".into(), input_estimate: 0 };
        serde_json::from_slice(&EMBEDDINGS_FRONT.write(&request, &response, &identity)).unwrap()
    }
}
