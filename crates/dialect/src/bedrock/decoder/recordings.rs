//! Every recorded answer of Converse is read: streams however they are cut, whole answers, errors, vectors.

use std::path::{Path, PathBuf};
use std::{env, fs};

use model::{AssistantPart, FinishReason, Grammar, Maker, Settings};
use serde_json::Value as Json;
use stream::{DEFAULT_FRAME_LIMIT, Framer, Framing};

use super::*;
use crate::bedrock::answer::Answer;
use crate::bedrock::answer::tests::way;
use crate::bedrock::{CHAT_CODEC, EMBEDDINGS};
use crate::{ChatAnswer, EmbeddingsCall, EmbeddingsCodec, ErrorReader};

fn files(test: &str, ending: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let data = env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let folder = data.join("streams/bedrock");
    if !folder.is_dir() {
        println!("left out: {test}: {} not present", folder.display());
        return None;
    }
    let (mut folders, mut found) = (vec![folder], Vec::new());
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    Some(found)
}

/// Reads a body that comes in pieces of this size.
fn read_cut(body: &[u8], size: usize) -> Vec<ChatEvent> {
    let mut cutter = Framer::new(Framing::AwsEventStream, DEFAULT_FRAME_LIMIT);
    let mut decoder = Decoder::new(way(Maker::Anthropic, None));
    let (mut events, mut frames) = (Vec::new(), Vec::new());
    for chunk in body.chunks(size) {
        cutter.push(&Bytes::copy_from_slice(chunk), &mut frames).unwrap();
        for frame in frames.drain(..) {
            decoder.unit(frame.unit(), &mut events).unwrap();
        }
    }
    cutter.finish(&mut frames).unwrap();
    decoder.end(&mut events);
    events
}

fn is_finished(name: &str, events: &[ChatEvent]) {
    let mut grammar = Grammar::default();
    for event in events {
        grammar.accept(event).unwrap_or_else(|error| panic!("{name}: {error} by {event:?}"));
    }
    assert!(grammar.is_finished(), "{name}");
}

fn has_usage(events: &[ChatEvent]) -> bool {
    events.iter().any(|event| matches!(event, ChatEvent::Usage(usage) if usage.total_tokens() > 0))
}

#[test]
fn binary_streams_are_read_however_they_are_cut() {
    let Some(files) = files("binary_streams_are_read_however_they_are_cut", ".eventstream.bin") else {
        return;
    };
    let mut read = 0;
    for (name, body) in files {
        // Those of InvokeModel are another API's.
        if body.windows(12).any(|window| window == b":event-type\x07") && !contains(&body, b"messageStart") {
            continue;
        }
        let events = read_cut(&body, body.len());
        is_finished(&name, &events);
        assert!(has_usage(&events), "{name}");
        assert_eq!(calls_of(&events), started(&body), "{name}");
        for size in [1, 7, 100, 4096] {
            assert_eq!(read_cut(&body, size), events, "{name} cut at {size}");
        }
        read += 1;
    }
    assert!(read >= 20, "only {read} streams");
}

fn calls_of(events: &[ChatEvent]) -> usize {
    events.iter().filter(|event| matches!(event, ChatEvent::ToolStart { .. })).count()
}

/// Calls that a body announces, whatever frames it.
fn started(body: &[u8]) -> usize {
    let text = String::from_utf8_lossy(body);
    let starts =
        text.split(r#""toolUse":{"name""#).skip(1).chain(text.split(r#""toolUse":{"toolUseId""#).skip(1));
    starts.filter(|rest| !rest.split('}').next().unwrap().contains("server_tool_use")).count()
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len()).any(|window| window == text)
}

#[test]
fn streams_without_framing_are_read() {
    let Some(files) = files("streams_without_framing_are_read", ".chunks.txt") else { return };
    assert!(files.len() >= 5);
    for (name, body) in files {
        let mut decoder = Decoder::new(way(Maker::Anthropic, None));
        let mut events = Vec::new();
        for line in body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            decoder.unit(Unit { name: None, exception: false, data: line }, &mut events).unwrap();
        }
        is_finished(&name, &events);
    }
}

/// Whether a `toolUse` is for the client to make.
fn is_call(call: &Json) -> bool {
    call.is_object() && call["type"] != "server_tool_use"
}

#[test]
fn whole_answers_and_errors_are_read() {
    let Some(files) = files("whole_answers_and_errors_are_read", ".json") else { return };
    let (mut answers, mut errors, mut vectors) = (0, 0, 0);
    for (name, body) in files {
        let recorded: Json = serde_json::from_slice(&body).unwrap();
        let path = recorded["request"]["path"].as_str().unwrap_or_default();
        let body = if path.is_empty() { &recorded } else { &recorded["response"]["body"] };
        let status = recorded["response"]["status"].as_u64().unwrap_or(200);
        let text = body.to_string();
        let headers = |name: &str| recorded["response"]["headers"][name].as_str().map(str::to_owned);
        if status >= 400 && body.is_object() {
            let error = CHAT_CODEC.error(u16::try_from(status).unwrap(), &headers, text.as_bytes());
            assert!(!error.message.is_empty() && u64::from(error.status) == status, "{name}");
            errors += 1;
        } else if body["output"]["message"].is_object() && body["stopReason"].is_string() {
            let answer = Answer { way: way(Maker::Anthropic, None) };
            let response = answer.whole(&headers, text.as_bytes()).unwrap();
            let told = body["usage"]["totalTokens"].as_u64().unwrap_or(0);
            assert_eq!(response.usage.map_or(0, |usage| usage.total_tokens()), told, "{name}");
            if body["stopReason"] == "tool_use" {
                assert_eq!(response.choices[0].finish.reason, FinishReason::ToolCalls, "{name}");
            }
            assert!(!response.choices[0].parts.is_empty(), "{name}");
            let blocks = body["output"]["message"]["content"].as_array().unwrap();
            let calls = blocks.iter().filter(|block| is_call(&block["toolUse"])).count();
            let told = |part: &&AssistantPart| matches!(part, AssistantPart::ToolCall(_));
            assert_eq!(response.choices[0].parts.iter().filter(told).count(), calls, "{name}");
            answers += 1;
        } else if path.contains("embed") && status == 200 {
            let asked = &recorded["request"]["body"];
            let inputs = asked["texts"].as_array().map_or(1, Vec::len);
            let model = path.replace("%3A", ":");
            let call = EmbeddingsCall { model: &model, settings: &Settings::default() };
            let response = EMBEDDINGS.decode(&call, &headers, text.as_bytes(), inputs);
            let response = response.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(response.vectors.len() == inputs && response.usage.is_some(), "{name}");
            vectors += 1;
        }
    }
    assert!(
        answers >= 80 && errors >= 1 && vectors >= 10,
        "{answers} answers, {errors} errors, {vectors} vectors"
    );
}
