//! Recorded streams of Claude's, from its own API, from Bedrock and through Vertex: no fault, a legal order,
//! however they are cut; and the same text and usage as a walk over all events finds.

use std::fs;
use std::path::{Path, PathBuf};

use model::{AssistantPart, Fold, Grammar, Reasoning};
use stream::{Framer, Framing, frames_cut};

use super::tests::way;
use super::*;
use crate::anthropic::schemas::data_folder;

struct Recording {
    name: String,
    framing: Framing,
    body: Vec<u8>,
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() { files_under(&path, found) } else { found.push(path) }
    }
}

fn recordings(test: &str) -> Option<Vec<Recording>> {
    let folder = data_folder().join("streams");
    if !folder.is_dir() {
        println!("left out: {test}: {} not present", folder.display());
        return None;
    }
    let mut files = Vec::new();
    for host in ["anthropic", "bedrock", "vertex"] {
        files_under(&folder.join(host), &mut files);
    }
    files.sort();
    let found: Vec<_> = files.iter().filter_map(|file| recording(file)).collect();
    assert!(found.len() >= 50, "only {} recordings", found.len());
    Some(found)
}

/// A stream of Messages; other dialects lie beside them.
fn recording(file: &Path) -> Option<Recording> {
    let name = file.to_str().unwrap().to_owned();
    let bytes = fs::read(file).unwrap();
    let (framing, body) = if file.extension().is_some_and(|extension| extension == "sse") {
        (Framing::Sse, bytes)
    } else if name.ends_with(".chunks.txt") {
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        (Framing::Sse, lines.flat_map(|line| ["data: ", line, "\n\n"]).collect::<String>().into_bytes())
    } else if name.ends_with(".eventstream.bin") {
        (Framing::AwsEventStream, bytes)
    } else {
        return None;
    };
    let recording = Recording { name, framing, body };
    let starts = |event: &serde_json::Value| event["type"] == "message_start";
    recording.events().iter().any(starts).then_some(recording)
}

impl Recording {
    fn frames(&self, sizes: Vec<usize>) -> Vec<stream::Frame> {
        frames_cut(Framer::new(self.framing, 16 << 20), &self.body, sizes).0
    }

    fn events(&self) -> Vec<serde_json::Value> {
        let read = |frame: &stream::Frame| {
            let event: serde_json::Value = serde_json::from_slice(&frame.data).ok()?;
            match event["bytes"].as_str() {
                Some(inner) => serde_json::from_slice(&STANDARD.decode(inner).ok()?).ok(),
                None => Some(event),
            }
        };
        // Some recordings have several answers, one after the other.
        let mut events: Vec<_> = self.frames(Vec::new()).iter().filter_map(read).collect();
        let stop = events.iter().position(|event| event["type"] == "message_stop");
        events.truncate(stop.map_or(events.len(), |stop| stop + 1));
        events
    }

    fn read(&self, sizes: Vec<usize>) -> Vec<ChatEvent> {
        let mut decoder = Decoder::new(way());
        let mut events = Vec::new();
        for frame in self.frames(sizes) {
            match decoder.unit(frame.unit(), &mut events) {
                Ok(Progress::More) => {}
                Ok(Progress::End) => break,
                Err(error) => panic!("{}: {error}", self.name),
            }
        }
        decoder.end(&mut events);
        events
    }
}

#[test]
fn recorded_streams_are_read() {
    let Some(recordings) = recordings("recorded_streams_are_read") else { return };
    let (mut thought, mut called) = (0, 0);
    for recording in &recordings {
        let name = &recording.name;
        let events = recording.read(Vec::new());
        let mut grammar = Grammar::default();
        for event in &events {
            grammar.accept(event).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let raw = recording.events();
        let stopped = raw.iter().any(|event| event["type"] == "message_stop");
        assert_eq!(grammar.is_finished(), stopped, "{name}");
        assert_eq!(recording.read(vec![7; recording.body.len() / 7]), events, "{name}");

        let mut fold = Fold::default();
        for event in events {
            fold.add(event);
        }
        let Ok(response) = fold.finish(|text| text.starts_with('{')) else { continue };
        let said = |kind: &str, member: &str| -> String {
            let deltas = raw.iter().filter(|event| event["delta"]["type"] == kind);
            let started = |event: &serde_json::Value| {
                let block = &event["content_block"];
                (format!("{}_delta", block["type"].as_str().unwrap_or_default()) == kind)
                    .then(|| block[member].as_str().unwrap_or_default().to_owned())
            };
            let delta =
                |event: &serde_json::Value| event["delta"][member].as_str().unwrap_or_default().to_owned();
            raw.iter().filter_map(started).chain(deltas.map(delta)).collect()
        };
        let parts = response.choices.first().map(|choice| &choice.parts[..]).unwrap_or_default();
        let (mut text, mut thinking) = (String::new(), String::new());
        for part in parts {
            match part {
                AssistantPart::Text(part) => text.push_str(&part.text),
                AssistantPart::Reasoning(Reasoning::Open { text, .. }) => thinking.push_str(text),
                AssistantPart::ToolCall(_) => called += 1,
                _ => {}
            }
        }
        assert_eq!(text, said("text_delta", "text"), "{name}");
        assert_eq!(thinking, said("thinking_delta", "thinking"), "{name}");
        thought += usize::from(!thinking.is_empty());
        let last = raw.iter().rev().find(|event| event["type"] == "message_delta");
        if let (Some(usage), Some(last)) = (response.usage, last)
            && !last["usage"]["iterations"].is_array()
        {
            assert_eq!(Some(usage.completion_tokens()), last["usage"]["output_tokens"].as_u64(), "{name}");
        }
    }
    assert!(thought >= 5 && called >= 10, "{thought} {called}");
}
