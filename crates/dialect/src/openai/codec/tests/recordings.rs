//! Recorded streams of all providers are read without a fault, however they are cut.

use std::path::{Path, PathBuf};
use std::{env, fs};

use model::{Fold, Grammar};
use stream::{Framer, Framing, frames_cut};

use super::*;
use crate::openai::object::is_object;

const PROVIDERS: [&str; 10] = [
    "openai",
    "azure",
    "mistral",
    "deepseek",
    "xai",
    "cerebras",
    "dashscope",
    "vllm",
    "huggingface",
    "openai-compatible",
];

pub(super) fn data_folder() -> PathBuf {
    env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files_under(&path, found) } else { found.push(path) }
    }
}

/// Streams and whole answers of chat: file, bytes as they came over the network.
fn recordings(test: &str) -> Option<Vec<(PathBuf, Vec<u8>)>> {
    let folder = data_folder().join("streams");
    if !folder.is_dir() {
        println!("left out: {test}: {} not present", folder.display());
        return None;
    }
    let mut files = Vec::new();
    for provider in PROVIDERS {
        files_under(&folder.join(provider), &mut files);
    }
    files.sort();
    Some(files.into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect())
}

/// The body of a recorded stream of chat.
fn stream_of(file: &Path, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let body = if file.extension()? == "sse" {
        bytes
    } else if file.to_str()?.ends_with(".chunks.txt") {
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let frames: String = lines.flat_map(|line| ["data: ", line, "\n\n"]).collect();
        format!("{frames}data: [DONE]\n\n").into_bytes()
    } else {
        return None;
    };
    let text = String::from_utf8_lossy(&body);
    let chat = text.contains("\"choices\"") && text.contains("\"delta\"");
    chat.then_some(body)
}

/// The events of a stream that is cut in pieces of `size`.
fn read(body: &[u8], size: usize, name: &str) -> Vec<ChatEvent> {
    let sizes = vec![size; body.len() / size];
    let (frames, ended) = frames_cut(Framer::new(Framing::Sse, 16 << 20), body, sizes);
    ended.unwrap();
    let mut decoder = Target::default().answer().decoder();
    let mut events = Vec::new();
    for frame in &frames {
        let progress = decoder.unit(frame.unit(), &mut events).unwrap_or_else(|_| panic!("{name}"));
        if progress == Progress::End {
            break;
        }
    }
    events
}

fn text_in(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| text_in(&part["text"])).collect(),
        _ => String::new(),
    }
}

/// The text of choice 0 and the arguments of its calls, by a walk over the parsed chunks.
fn expected(body: &[u8]) -> (String, String) {
    let (frames, _) = frames_cut(Framer::new(Framing::Sse, 16 << 20), body, []);
    let chunks = frames.iter().filter_map(|frame| serde_json::from_slice::<Value>(&frame.data).ok());
    let choices = chunks.flat_map(|chunk| chunk["choices"].as_array().cloned().unwrap_or_default());
    let (mut text, mut arguments) = (String::new(), String::new());
    for choice in choices.filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
        text.push_str(&text_in(&choice["delta"]["content"]));
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            arguments.push_str(&text_in(&call["function"]["arguments"]));
        }
        // One recording has the streams of two answers.
        if choice["finish_reason"].is_string() {
            break;
        }
    }
    (text, arguments)
}

#[test]
fn recorded_streams_are_read_however_they_are_cut() {
    let Some(recordings) = recordings("recorded_streams_are_read_however_they_are_cut") else { return };
    let (mut streams, mut with_calls, mut with_usage) = (0, 0, 0);
    for (file, bytes) in recordings {
        let Some(body) = stream_of(&file, bytes) else { continue };
        let name = file.display().to_string();
        let events = read(&body, body.len().max(1), &name);
        let mut grammar = Grammar::default();
        for event in &events {
            grammar.accept(event).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert!(grammar.is_finished(), "{name}");
        assert_eq!(events, read(&body, 100, &name), "{name}");
        assert_eq!(events, read(&body, 3, &name), "{name}");
        let (mut text, mut arguments) = (String::new(), String::new());
        for event in &events {
            match event {
                ChatEvent::Text { choice: 0, delta } => text.push_str(delta),
                ChatEvent::ToolArguments { choice: 0, delta, .. } => arguments.push_str(delta),
                _ => {}
            }
        }
        assert_eq!((text, arguments), expected(&body), "{name}");
        streams += 1;
        with_calls += usize::from(events.iter().any(|event| matches!(event, ChatEvent::ToolStart { .. })));
        with_usage += usize::from(events.iter().any(|event| matches!(event, ChatEvent::Usage(_))));
        let mut fold = Fold::default();
        for event in events {
            fold.add(event);
        }
        assert!(!fold.finish(is_object).unwrap().choices.is_empty(), "{name}");
    }
    assert!(streams >= 30 && with_calls >= 8 && with_usage >= 15, "{streams} {with_calls} {with_usage}");
}

/// Recorded answers are whole ones, or lie below `response` with their requests.
fn answer_in(value: &Value) -> Option<&Value> {
    let inner = [value, &value["response"], &value["response"]["body"], &value["body"]];
    inner.into_iter().find(|value| value["choices"][0]["message"].is_object())
}

#[test]
fn recorded_answers_are_read() {
    let Some(recordings) = recordings("recorded_answers_are_read") else { return };
    let mut answers = 0;
    for (file, bytes) in recordings {
        let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { continue };
        let Some(answer) = answer_in(&value) else { continue };
        let name = file.display().to_string();
        let read = whole(&answer.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text: String = read.choices[0]
            .parts
            .iter()
            .filter_map(|part| match part {
                model::AssistantPart::Text(part) => Some(part.text.as_str()),
                _ => None,
            })
            .collect();
        let message = &answer["choices"][0]["message"];
        assert_eq!(text, text_in(&message["content"]), "{name}");
        let calls =
            read.choices[0].parts.iter().filter(|part| matches!(part, model::AssistantPart::ToolCall(_)));
        let functions = usize::from(message["function_call"].is_object());
        let expected = message["tool_calls"].as_array().map_or(functions, Vec::len);
        assert_eq!(calls.count(), expected, "{name}");
        assert_eq!(read.usage.is_some(), answer["usage"].is_object(), "{name}");
        answers += 1;
    }
    assert!(answers >= 15, "{answers}");
}
