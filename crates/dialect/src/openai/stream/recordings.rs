//! Recorded OpenAI-shaped streams pass the relay byte for byte, and their usage is what a walk over all
//! chunks finds.

use std::path::{Path, PathBuf};
use std::{env, fs};

use bytes::Bytes;
use model::{Operation, UsageSource};
use serde_json::Value;
use stream::{End, RelaySettings, SseFramer, SseRelay, StreamEnd, UsagePolicy, relay_cut};

use super::Reader;
use crate::{Quirks, Reading};

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

/// One recorded stream: whole, with its framing.
struct Recording {
    name: String,
    body: Vec<u8>,
    chunks: Vec<Value>,
}

fn data_folder() -> PathBuf {
    env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files_under(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The recordings that are streams of OpenAI chunks, or nothing where the folder is not there.
fn recordings(test: &str) -> Option<Vec<Recording>> {
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
    let recordings: Vec<_> = files.iter().filter_map(|file| recording(file)).collect();
    assert!(recordings.len() >= 30, "only {} recordings", recordings.len());
    Some(recordings)
}

fn recording(file: &Path) -> Option<Recording> {
    let name = file.to_str().unwrap();
    let bytes = fs::read(file).unwrap();
    let body = if file.extension()? == "sse" {
        bytes
    } else if name.ends_with(".chunks.txt") {
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let frames: String = lines.flat_map(|line| ["data: ", line, "\n\n"]).collect();
        format!("{frames}data: [DONE]\n\n").into_bytes()
    } else {
        return None;
    };
    let chunks = chunks_of(&body);
    let is_ours = chunks.iter().any(|chunk| chunk.get("choices").is_some());
    is_ours.then(|| Recording { name: name.to_owned(), body, chunks })
}

fn chunks_of(body: &[u8]) -> Vec<Value> {
    let body = Bytes::copy_from_slice(body);
    SseFramer::default()
        .frames(&body)
        .map(Result::unwrap)
        .filter_map(|frame| serde_json::from_slice(&frame.event().data?).ok())
        .collect()
}

impl Recording {
    fn operation(&self) -> Operation {
        let completions = self.chunks.iter().any(|chunk| chunk["object"] == "text_completion");
        if completions { Operation::Completions } else { Operation::Chat }
    }

    fn relay(&self, usage: UsagePolicy) -> SseRelay {
        let settings = RelaySettings { usage, input_estimate: 5, ..RelaySettings::default() };
        SseRelay::new(
            Box::new(Reader::new(&Reading {
                operation: self.operation(),
                quirks: &Quirks::NONE,
                nonce: "",
                named: None,
            })),
            settings,
            Box::new(|fault| panic!("{fault}")),
        )
    }

    /// Tokens as the last usage of the recording has them: prompt, cached, completion with reasoning, reasoning.
    fn expected_usage(&self) -> Option<[u64; 4]> {
        let usage = self.chunks.iter().rev().map(|chunk| &chunk["usage"]).find(|usage| usage.is_object())?;
        let count = |value: &Value| value.as_u64().unwrap_or(0);
        let reasoning = count(&usage["completion_tokens_details"]["reasoning_tokens"]);
        let prompt = count(&usage["prompt_tokens"]);
        // What the total has beyond the prompt, with reasoning that was counted beside the completion.
        let completion = count(&usage["total_tokens"]) - prompt;
        let stated = count(&usage["completion_tokens"]);
        assert!(completion == stated || completion == stated + reasoning, "{}", self.name);
        let cached = count(&usage["prompt_tokens_details"]["cached_tokens"]);
        Some([prompt, cached, completion, reasoning])
    }

    /// Bytes of generated text by a walk over the parsed chunks.
    fn expected_output(&self) -> u64 {
        let choices = self.chunks.iter().filter_map(|chunk| chunk["choices"].as_array()).flatten();
        choices
            .map(|choice| match self.operation() {
                Operation::Completions => text_in(&choice["text"]),
                _ => delta_text(&choice["delta"]),
            })
            .sum()
    }
}

fn text_in(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(parts) => {
            parts.iter().map(|part| text_in(&part["text"]) + text_in(&part["thinking"])).sum()
        }
        _ => 0,
    }
}

fn delta_text(delta: &Value) -> u64 {
    let calls = delta["tool_calls"].as_array().into_iter().flatten();
    let arguments: u64 = calls.map(|call| text_in(&call["function"]["arguments"])).sum();
    let texts = ["content", "reasoning_content", "reasoning", "refusal"];
    arguments + texts.iter().map(|name| text_in(&delta[name])).sum::<u64>()
}

#[test]
fn recorded_streams_pass_unchanged_and_are_read() {
    let Some(recordings) = recordings("recorded_streams_pass_unchanged_and_are_read") else {
        return;
    };
    let mut with_usage = 0;
    for recording in &recordings {
        let name = &recording.name;
        let (out, summary) = relay_cut(recording.relay(UsagePolicy::Pass), &recording.body, [], End::Clean);
        assert!(out == recording.body, "{name} was changed");
        assert_eq!(summary.end, StreamEnd::Complete, "{name}");
        assert_eq!(summary.output_bytes, recording.expected_output(), "{name}");
        let named = recording
            .chunks
            .iter()
            .find_map(|chunk| chunk["model"].as_str().filter(|model| !model.is_empty()));
        assert_eq!(summary.told.model.as_deref(), named, "{name}");

        let (usage, source) = summary.usage.unwrap();
        let expected = recording.expected_usage();
        let read = [usage.prompt_tokens(), usage.cache_read, usage.completion_tokens(), usage.reasoning];
        if let Some(expected) = expected {
            with_usage += 1;
            assert_eq!((source, read), (UsageSource::Reported, expected), "{name}");
        } else {
            let estimate = [5, 0, summary.output_bytes.div_ceil(4), 0];
            assert_eq!((source, read), (UsageSource::Estimated, estimate), "{name}");
        }
    }
    assert!(with_usage >= 15, "only {with_usage} recordings with usage");
}

#[test]
fn recorded_streams_end_in_time_without_their_end_mark() {
    let Some(recordings) = recordings("recorded_streams_end_in_time_without_their_end_mark") else {
        return;
    };
    for recording in &recordings {
        let mark = b"data: [DONE]\n\n";
        let Some(body) = recording.body.strip_suffix(mark) else {
            panic!("{} has no end mark", recording.name)
        };
        let (out, summary) = relay_cut(recording.relay(UsagePolicy::Pass), body, [], End::Clean);
        assert!(out == recording.body, "{}", recording.name);
        assert_eq!(summary.end, StreamEnd::Complete, "{}", recording.name);
    }
}

#[test]
fn recorded_streams_are_the_same_however_they_are_cut() {
    let Some(recordings) = recordings("recorded_streams_are_the_same_however_they_are_cut") else {
        return;
    };
    for recording in &recordings {
        for policy in [UsagePolicy::Pass, UsagePolicy::Hide, UsagePolicy::Ensure] {
            let relay = || recording.relay(policy);
            let whole = relay_cut(relay(), &recording.body, [], End::Clean);
            for size in [3, 100, 1448] {
                let sizes = vec![size; recording.body.len() / size];
                assert!(
                    relay_cut(relay(), &recording.body, sizes, End::Clean) == whole,
                    "{}",
                    recording.name
                );
            }
        }
    }
}

#[test]
fn only_usage_frames_are_taken_out_and_put_in() {
    let Some(recordings) = recordings("only_usage_frames_are_taken_out_and_put_in") else {
        return;
    };
    let is_usage =
        |chunk: &Value| chunk["usage"].is_object() && chunk["choices"].as_array().is_none_or(Vec::is_empty);
    let (mut hidden, mut added) = (0, 0);
    for recording in &recordings {
        let (out, _) = relay_cut(recording.relay(UsagePolicy::Hide), &recording.body, [], End::Clean);
        let left: Vec<_> = recording.chunks.iter().filter(|chunk| !is_usage(chunk)).cloned().collect();
        assert_eq!(chunks_of(&out), left, "{}", recording.name);
        hidden += usize::from(left.len() < recording.chunks.len());

        let (out, _) = relay_cut(recording.relay(UsagePolicy::Ensure), &recording.body, [], End::Clean);
        let reported = recording.expected_usage().is_some();
        assert_eq!(out == recording.body, reported, "{}", recording.name);
        let last = chunks_of(&out).pop().unwrap();
        assert!(last["usage"].is_object(), "{}", recording.name);
        if !reported {
            added += 1;
            let first = recording.chunks.first().unwrap();
            for member in ["id", "object", "created", "model"] {
                assert_eq!(last[member], first[member], "{}", recording.name);
            }
        }
    }
    assert!(hidden >= 5 && added >= 5, "{hidden} {added}");
}
