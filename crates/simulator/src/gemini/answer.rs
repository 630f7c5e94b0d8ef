//! Answers to requests for content, whole and in chunks.

use serde_json::{Map, Value, json};

use super::family::Generation;
use super::history::signature;
use super::reading::{self, Prompt};
use super::refusal::{self, Host};
use super::request::Order;
use crate::fault::{Fault, Faults};
use crate::flow::{Flow, Framing};
use crate::script::{self, Line, Stop};
use crate::text;

/// A picture of one pixel, as PNG.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/// All that is said in answer to one request.
struct Turn<'a> {
    order: &'a Order,
    faults: &'a Faults,
    id: String,
    /// What the user said last: it may hold marks.
    wanted: String,
    line: Line,
    candidates: u64,
    prompt: Prompt,
}

impl<'a> Turn<'a> {
    fn of(order: &'a Order, faults: &'a Faults) -> Self {
        let cue = reading::cue(order, faults);
        let mut line = script::play(&cue);
        if let Some(word) = reading::word(order) {
            line.text = Some(word);
        }
        let prompt = Prompt::of(order, &cue.wanted);
        let id = text::identifier("", 23, &format!("{} {}", order.model, order.body));
        let candidates = order.config("candidateCount").as_u64().unwrap_or(1);
        Self { order, faults, id, wanted: cue.wanted, line, candidates, prompt }
    }

    fn is_blocked(&self) -> bool {
        self.wanted.contains("please_block")
    }

    /// The reason of the end; `finish:WORD` in the text asks for that one.
    fn finish(&self) -> String {
        if let Some((_, rest)) = self.wanted.split_once("finish:") {
            return rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
        }
        match self.line.stop {
            Stop::Limit => "MAX_TOKENS",
            Stop::Refused => "SAFETY",
            _ => "STOP",
        }
        .to_owned()
    }

    /// Thoughts that are shown, each word a part.
    fn thoughts(&self) -> Vec<Value> {
        let shown = self.order.config("thinkingConfig")["includeThoughts"] == true;
        let words = self.line.thinking.as_ref().filter(|_| shown).map(|thinking| thinking.words.as_str());
        let words: Vec<&str> = words.map(|words| text::words(words).collect()).unwrap_or_default();
        words.into_iter().map(|word| json!({"text": word, "thought": true})).collect()
    }

    /// Whether parts of the answer are signed.
    fn signs(&self) -> bool {
        self.order.generation() == Generation::Three || self.order.thoughts > 0
    }

    fn calls(&self) -> Vec<Value> {
        let calls = self.line.calls.iter().enumerate().map(|(index, call)| {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            let mut function = json!({"name": call.name, "args": arguments});
            if self.order.host == Host::Public && self.order.generation() == Generation::Three {
                function["id"] = call.id.as_str().into();
            }
            let mut part = json!({"functionCall": function});
            if index == 0 && self.signs() {
                part["thoughtSignature"] = signature(&call.name).into();
            }
            part
        });
        calls.collect()
    }

    fn image(&self) -> Option<Value> {
        let shows = self.order.wants_images() && self.line.text.is_some();
        shows.then(|| json!({"inlineData": {"mimeType": "image/png", "data": PIXEL}}))
    }

    /// The parts of a whole answer.
    fn parts(&self) -> Vec<Value> {
        let mut parts = Vec::new();
        if let Some(thinking) = self.line.thinking.as_ref().filter(|_| !self.thoughts().is_empty()) {
            parts.push(json!({"text": thinking.words, "thought": true}));
        }
        if let Some(said) = &self.line.text {
            let mut part = json!({"text": said});
            if self.signs() && self.line.calls.is_empty() {
                part["thoughtSignature"] = signature("text").into();
            }
            parts.push(part);
        }
        parts.extend(self.calls());
        parts.extend(self.image());
        parts
    }

    fn usage(&self, said: u64) -> Value {
        let prompt = self.prompt;
        let tools = self.line.search.as_deref().map_or(0, text::count);
        let thoughts = self.order.thoughts;
        let images = if self.order.wants_images() { 1290 } else { 0 };
        let mut details = vec![json!({"modality": "TEXT", "tokenCount": prompt.words})];
        if prompt.images > 0 {
            details.push(json!({"modality": "IMAGE", "tokenCount": prompt.images}));
        }
        let mut usage = Map::new();
        let mut add = |name: &str, value: Value| usage.insert(name.to_owned(), value);
        add("promptTokenCount", prompt.total().into());
        if said + images > 0 {
            add("candidatesTokenCount", (said + images).into());
        }
        add("totalTokenCount", (prompt.total() + said + images + thoughts + tools).into());
        if prompt.cached > 0 {
            add("cachedContentTokenCount", prompt.cached.into());
            add("cacheTokensDetails", json!([{"modality": "TEXT", "tokenCount": prompt.cached}]));
        }
        add("promptTokensDetails", details.into());
        if images > 0 {
            add("candidatesTokensDetails", json!([{"modality": "IMAGE", "tokenCount": images}]));
        }
        if tools > 0 {
            add("toolUsePromptTokenCount", tools.into());
            add("toolUsePromptTokensDetails", json!([{"modality": "TEXT", "tokenCount": tools}]));
        }
        if thoughts > 0 {
            add("thoughtsTokenCount", thoughts.into());
        }
        if self.order.host == Host::Vertex {
            add("trafficType", "ON_DEMAND".into());
        }
        usage.into()
    }

    /// An element of a stream, or the whole. `said`: words so far, where usage is told.
    fn response(&self, candidates: Vec<Value>, said: Option<u64>) -> Value {
        let mut fields = Map::new();
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        if candidates.is_empty() {
            let mut feedback = json!({"blockReason": "PROHIBITED_CONTENT"});
            if self.order.host == Host::Vertex {
                feedback["blockReasonMessage"] = "The prompt was blocked.".into();
            }
            add("promptFeedback", feedback);
        } else {
            add("candidates", candidates.into());
        }
        match said {
            _ if self.faults.has(Fault::NoUsage) => None,
            Some(said) => add("usageMetadata", self.usage(said)),
            None => add("usageMetadata", json!({"trafficType": "ON_DEMAND"})),
        };
        add("modelVersion", format!("{}-001", self.order.model).into());
        if self.order.host == Host::Vertex {
            add("createTime", "2023-11-14T22:13:20.000000Z".into());
        }
        add("responseId", self.id.as_str().into());
        fields.into()
    }

    fn candidate(&self, index: u64, parts: &[Value], finish: Option<&str>) -> Value {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}});
        if finish.is_some() && self.line.stop == Stop::Refused {
            candidate = json!({"safetyRatings": [
                {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": true},
            ]});
        }
        if let Some(finish) = finish {
            candidate["finishReason"] = finish.into();
        }
        candidate["index"] = index.into();
        candidate
    }

    /// What only the last word about a candidate has.
    fn close(&self, candidate: &mut Value) {
        if let Some(said) =
            self.line.text.as_deref().filter(|_| self.order.config("responseLogprobs") == true)
        {
            let token = |word: &str| json!({"token": word, "tokenId": 1, "logProbability": -0.25});
            let chosen: Vec<Value> = text::words(said).map(token).collect();
            candidate["avgLogprobs"] = (-0.25).into();
            candidate["logprobsResult"] = json!({"chosenCandidates": chosen});
        }
        if let Some(query) = &self.line.search {
            candidate["groundingMetadata"] = json!({
                "webSearchQueries": [query],
                "groundingChunks": [{"web": {"uri": "https://example.com/found", "title": "example.com"}}],
                "groundingSupports": [{
                    "segment": {"startIndex": 0, "endIndex": 4, "text": "echo"}, "groundingChunkIndices": [0],
                }],
            });
        }
    }

    fn words(&self) -> u64 {
        self.line.words() * self.candidates
    }
}

/// The whole answer.
pub(super) fn whole(order: &Order, faults: &Faults) -> Value {
    let turn = Turn::of(order, faults);
    if turn.is_blocked() {
        return turn.response(Vec::new(), Some(0));
    }
    let finish = turn.finish();
    let candidates = (0..turn.candidates).map(|index| {
        let mut candidate = turn.candidate(index, &turn.parts(), Some(&finish));
        turn.close(&mut candidate);
        candidate
    });
    turn.response(candidates.collect(), Some(turn.words()))
}

/// The answer in chunks.
pub(super) fn stream(order: &Order, faults: &Faults, framing: Framing) -> Flow {
    let turn = Turn::of(order, faults);
    let host = order.host;
    let error = refusal::in_stream(host).into();
    let huge = |text: String| {
        let content = json!({"parts": [{"text": text}], "role": "model"});
        json!({"candidates": [{"content": content, "index": 0}]}).into()
    };
    if turn.is_blocked() {
        let pieces = vec![turn.response(Vec::new(), Some(0)).into()];
        return Flow { framing, pieces, opening: 0, finish: 0, end_mark: None, error, huge };
    }
    let finish = turn.finish();
    let repeated = turn.wanted.contains("repeat_finish").then_some(finish.as_str());
    let mut pieces = Vec::new();
    let mut said = 0;
    for part in chunks(&turn) {
        let spoken = part["text"].is_string() && part["thought"] != true;
        let called = part["functionCall"]["args"].is_object();
        for index in 0..turn.candidates {
            said += u64::from(spoken);
            if called {
                said += text::count(&part["functionCall"]["args"].to_string()) + 1;
            }
            let candidate = turn.candidate(index, std::slice::from_ref(&part), repeated);
            let told = (host == Host::Public).then_some(said);
            pieces.push(turn.response(vec![candidate], told).into());
        }
    }
    let first = pieces.len();
    for index in 0..turn.candidates {
        let mut part = json!({"text": ""});
        if turn.signs() && turn.line.calls.is_empty() {
            part["thoughtSignature"] = signature("text").into();
        }
        let mut candidate = turn.candidate(index, &[part], Some(&finish));
        turn.close(&mut candidate);
        let last = index + 1 == turn.candidates;
        let told = (last || host == Host::Public).then_some(turn.words());
        pieces.push(turn.response(vec![candidate], told).into());
    }
    Flow { framing, pieces, opening: first.min(1), finish: first, end_mark: None, error, huge }
}

/// The parts of a stream before its end, each in a chunk of its own.
fn chunks(turn: &Turn<'_>) -> Vec<Value> {
    let mut parts = turn.thoughts();
    let said = turn.line.text.as_deref().unwrap_or_default();
    parts.extend(text::words(said).filter(|word| !word.is_empty()).map(|word| json!({"text": word})));
    parts.extend(turn.calls());
    parts.extend(turn.image());
    parts
}
