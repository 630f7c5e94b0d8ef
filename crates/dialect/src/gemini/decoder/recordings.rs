//! Recorded streams and answers: each is read without a fault, however it is cut.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use model::ChatEvent;
use serde_json::Value;
use stream::{Frame, Framer, Framing};

use super::tests::{events_of, folded, whole};
use crate::trial::data_folder;

fn files(under: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(under).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            // Other APIs than generateContent.
            let name = path.file_name().unwrap().to_str().unwrap();
            if !matches!(name, "interactions" | "speech-translation") {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// Recordings of both hosts; none, and a line that says so, where the folder is not there.
fn recordings(test: &str) -> Option<Vec<PathBuf>> {
    let folder = data_folder().join("streams");
    if !folder.is_dir() {
        println!("left out: {test}: {} not present", folder.display());
        return None;
    }
    let mut found = Vec::new();
    for host in ["gemini", "vertex"] {
        files(&folder.join(host), &mut found);
    }
    Some(found)
}

fn frames(body: &Bytes, framing: Framing, size: usize) -> Vec<Frame> {
    let mut cutter = Framer::new(framing, 1 << 24);
    let mut frames = Vec::new();
    for at in (0..body.len()).step_by(size) {
        cutter.push(&body.slice(at..(at + size).min(body.len())), &mut frames).unwrap();
    }
    cutter.finish(&mut frames).unwrap();
    frames
}

fn units(body: &Bytes, framing: Framing, size: usize) -> Vec<Vec<u8>> {
    frames(body, framing, size).into_iter().map(|frame| frame.data.to_vec()).collect()
}

/// An answer that has ended, says something and was counted.
fn judge(path: &Path, events: &[ChatEvent]) {
    let finishes = events.iter().filter(|event| matches!(event, ChatEvent::Finish { .. })).count();
    assert_eq!(finishes, 1, "{}: {events:?}", path.display());
    assert!(
        events.iter().any(|event| matches!(event, ChatEvent::Usage(usage) if usage.prompt_tokens() > 0)),
        "{}",
        path.display()
    );
    let response = folded(events.to_vec()).unwrap();
    let said = response.choices.iter().any(|choice| !choice.parts.is_empty());
    assert!(said, "{}", path.display());
}

#[test]
fn recorded_streams_are_read() {
    let Some(paths) = recordings("recorded_streams_are_read") else { return };
    let mut read = 0;
    for path in paths {
        let name = path.to_str().unwrap();
        let body = Bytes::from(fs::read(&path).unwrap());
        let framing = match name.rsplit('.').next() {
            Some("sse") => Framing::Sse,
            Some("txt") => Framing::Ndjson,
            _ => continue,
        };
        let events = events_of(&units(&body, framing, body.len())).unwrap();
        judge(&path, &events);
        for size in [1, 7, 1024] {
            assert_eq!(events_of(&units(&body, framing, size)).unwrap(), events, "{name} by {size}");
        }
        // The same elements as one array, as the API streams without `alt=sse`.
        let elements = units(&body, framing, body.len());
        let array = [b"[".as_slice(), &elements.join(&b"\n,\r\n"[..]), b"]"].concat();
        for size in [3, 4096] {
            let other = units(&array.clone().into(), Framing::JsonArray, size);
            assert_eq!(events_of(&other).unwrap(), events, "{name} as an array by {size}");
        }
        read += 1;
    }
    assert!(read > 20, "{read}");
}

#[test]
fn recorded_answers_are_read() {
    let Some(paths) = recordings("recorded_answers_are_read") else { return };
    let mut read = 0;
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let mut body: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        if body.get("response").is_some() {
            body = body["response"]["body"].take();
        }
        if body.get("candidates").is_none() && body.get("promptFeedback").is_none() {
            continue;
        }
        let response = whole(&body).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!response.choices.is_empty(), "{}", path.display());
        let events = events_of(&[body.to_string().into_bytes()]).unwrap();
        let mut streamed = folded(events).unwrap();
        streamed.service_tier.clone_from(&response.service_tier);
        if body["candidates"][0]["finishReason"].is_string() || body.get("candidates").is_none() {
            assert_eq!(streamed, response, "{}", path.display());
        }
        read += 1;
    }
    assert!(read > 100, "{read}");
}
