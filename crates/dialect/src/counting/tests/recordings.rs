//! Every recorded stream that carries usage: what is read of it, translated or relayed and however it is cut, is what a
//! walk over its events finds by the convention of its format.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::{ChatEvent, Usage, UsageSource};
use serde_json::Value;
use stream::{End, Framer, Framing, Progress, RelaySettings, SseRelay, Summary, frames_cut};

use super::probes::{PROBES, Probe};
use super::*;
use crate::{InvokeReframer, trial};

const LIMIT: usize = 16 << 20;
const CUTS: [usize; 3] = [7, 100, 1448];

struct Recording {
    name: String,
    framing: Framing,
    body: Vec<u8>,
    /// Name and data of each event.
    events: Vec<(String, Value)>,
    probe: &'static Probe,
}

/// What a usage comes to.
#[derive(Debug, PartialEq, Eq)]
struct Sums {
    prompt: u64,
    cache_read: u64,
    cache_written: u64,
    completion: u64,
    reasoning: u64,
    /// Audio, pictures and films, in and out.
    media: [u64; 4],
}

impl From<Usage> for Sums {
    fn from(usage: Usage) -> Self {
        Self {
            prompt: usage.prompt_tokens(),
            cache_read: usage.cache_read,
            cache_written: usage.cache_writes(),
            completion: usage.completion_tokens(),
            reasoning: usage.reasoning,
            media: [usage.audio_input, usage.image_input, usage.audio_output, usage.image_output],
        }
    }
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files_under(&path, found) } else { found.push(path) }
    }
}

fn recordings(test: &str) -> Option<Vec<Recording>> {
    let folder = trial::data_folder().join("streams");
    if !folder.is_dir() {
        println!("left out: {test}: {} not present", folder.display());
        return None;
    }
    let mut files = Vec::new();
    files_under(&folder, &mut files);
    files.sort();
    Some(files.iter().filter_map(|file| recording(file)).collect())
}

fn recording(file: &Path) -> Option<Recording> {
    let name = file.to_str().unwrap().to_owned();
    let (framing, body) = match name.rsplit_once('.')?.1 {
        "sse" => (Framing::Sse, fs::read(file).unwrap()),
        "bin" => (Framing::AwsEventStream, fs::read(file).unwrap()),
        "ndjson" | "jsonl" => (Framing::Ndjson, fs::read(file).unwrap()),
        "txt" => (Framing::Sse, framed(&fs::read_to_string(file).unwrap())),
        _ => return None,
    };
    let frames = frames_cut(Framer::new(framing, LIMIT), &body, []).0;
    let events: Vec<(String, Value)> = frames
        .iter()
        .filter_map(|frame| {
            let unit = frame.unit();
            let event: Value = serde_json::from_slice(unit.data).ok()?;
            let event = match event["bytes"].as_str() {
                Some(inner) => serde_json::from_slice(&STANDARD.decode(inner).ok()?).ok()?,
                None => event,
            };
            Some((unit.name.unwrap_or_default().to_owned(), event))
        })
        .collect();
    let beside = name.contains("/xai/");
    let row = format_of(&events, beside)?;
    // The same events within those of InvokeModel are an API of Amazon's models that nothing here speaks.
    if row == &CONVERSE && frames.iter().any(|frame| frame.unit().name == Some("chunk")) {
        return None;
    }
    let probe = PROBES.iter().find(|probe| probe.row == row && is_version(probe, &events))?;
    Some(Recording { name, framing, body, events, probe })
}

/// One event a line, without its framing.
fn framed(text: &str) -> Vec<u8> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.flat_map(|line| ["data: ", line, "\n\n"]).collect::<String>().into_bytes()
}

/// The format that events are in.
fn format_of(events: &[(String, Value)], beside: bool) -> Option<&'static Counting> {
    let any = |test: &dyn Fn(&str, &Value) -> bool| events.iter().any(|(name, event)| test(name, event));
    if any(&|_, event| event["type"] == "message_start") {
        Some(&MESSAGES)
    } else if any(&|_, event| event["choices"].is_array()) {
        Some(if beside { &REASONING_BESIDE } else { &OPENAI })
    } else if any(&|_, event| event["usageMetadata"].is_object()) {
        Some(&GENERATE_CONTENT)
    } else if any(&|name, event| name == "messageStart" || event["messageStart"].is_object()) {
        Some(&CONVERSE)
    } else if any(&|_, event| event["type"] == "message-end" || event["event_type"] == "stream-end") {
        Some(&COHERE)
    } else if any(&|_, event| event["done"] == true) {
        Some(&OLLAMA)
    } else if any(&|_, event| event["token"].is_object()) {
        Some(&TEXT_GENERATION)
    } else {
        None
    }
}

/// Of the probes of a row, the one whose API this is.
fn is_version(probe: &Probe, events: &[(String, Value)]) -> bool {
    let first = events.iter().any(|(_, event)| event["event_type"].is_string());
    let of_first = probe.units.iter().any(|(_, data)| data.contains("event_type"));
    probe.row != &COHERE || first == of_first
}

impl Recording {
    /// Translated, in chunks of so many bytes.
    fn translated(&self, size: usize) -> Option<Usage> {
        let mut decoder = self.probe.answer().decoder();
        let mut events = Vec::new();
        let mut ended = false;
        for frame in frames_cut(Framer::new(self.framing, LIMIT), &self.body, self.sizes(size)).0 {
            match decoder.unit(frame.unit(), &mut events) {
                Ok(Progress::More) => {}
                Ok(Progress::End) => {
                    ended = true;
                    break;
                }
                Err(error) => panic!("{}: {error}", self.name),
            }
        }
        if !ended {
            decoder.end(&mut events);
        }
        events.into_iter().rev().find_map(|event| match event {
            ChatEvent::Usage(usage) => Some(usage),
            _ => None,
        })
    }

    /// Relayed, in chunks of so many bytes, where the format is relayed.
    fn relayed(&self, size: usize) -> Option<Summary> {
        let envelope = self.probe.envelope?;
        let body = match self.framing {
            Framing::Sse => self.body.clone(),
            Framing::AwsEventStream => {
                let (mut reframer, mut events) = (InvokeReframer::default(), Vec::new());
                for chunk in self.body.chunks(size.max(1)) {
                    reframer.push(&Bytes::copy_from_slice(chunk), &mut events).ok()?;
                }
                events
            }
            _ => return None,
        };
        let settings = RelaySettings::default();
        let reader = envelope.stream(&self.probe.reading());
        let relay = SseRelay::new(reader, settings, Box::new(|_| Bytes::new()));
        let sizes = vec![size; body.len() / size.max(1)];
        Some(stream::relay_cut(relay, &body, sizes, End::Clean).1)
    }

    fn sizes(&self, size: usize) -> Vec<usize> {
        vec![size; self.body.len() / size.max(1)]
    }

    /// By a walk over all events.
    fn expected(&self) -> Option<Sums> {
        let events = self.events.iter().map(|(name, event)| (name.as_str(), event));
        match self.probe.row.format {
            format if format == MESSAGES.format => messages(events.map(|(_, event)| event)),
            format if format == GENERATE_CONTENT.format => generate_content(events.map(|(_, event)| event)),
            format if format == CONVERSE.format => converse(events),
            format if format == COHERE.format => cohere(events.map(|(_, event)| event)),
            format if format == OLLAMA.format => ollama(events.map(|(_, event)| event)),
            format if format == TEXT_GENERATION.format => text_generation(events.map(|(_, event)| event)),
            _ => openai(events.map(|(_, event)| event)),
        }
    }
}

fn count(value: &Value) -> u64 {
    // Cohere writes 5.0.
    value.as_u64().or_else(|| value.to_string().strip_suffix(".0")?.parse().ok()).unwrap_or(0)
}

/// What of all objects came last, member by member.
fn merged<'v>(objects: impl Iterator<Item = &'v Value>) -> Option<Value> {
    let mut merged: Option<Value> = None;
    for object in objects.filter(|object| object.is_object()) {
        let all = merged.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
        for (name, value) in object.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()) {
            all[name] = value.clone();
        }
    }
    merged
}

fn openai<'v>(events: impl Iterator<Item = &'v Value>) -> Option<Sums> {
    let all: Vec<&Value> = events.collect();
    let in_choice =
        |event: &'v Value| event["choices"].as_array()?.iter().find(|choice| choice["usage"].is_object());
    let usage = all.iter().rev().find_map(|event| {
        Some(&event["usage"])
            .filter(|usage| usage.is_object())
            .or_else(|| in_choice(event).map(|choice| &choice["usage"]))
    })?;
    let (prompt, stated) = (count(&usage["prompt_tokens"]), count(&usage["completion_tokens"]));
    let (given, made) = (&usage["prompt_tokens_details"], &usage["completion_tokens_details"]);
    let reasoning = count(&made["reasoning_tokens"]);
    // The total tells whether reasoning is beside the completion.
    let total = usage["total_tokens"].as_u64().unwrap_or(prompt + stated);
    let completion = total - prompt;
    assert!(completion == stated || completion == stated + reasoning, "{usage}");
    let cached = [
        &given["cached_tokens"],
        &usage["prompt_cache_hit_tokens"],
        &usage["cached_tokens"],
        &usage["num_cached_tokens"],
    ];
    let cache_read = cached.into_iter().map(count).max().unwrap();
    let room = prompt - cache_read - count(&given["cache_write_tokens"]);
    let audio = count(&given["audio_tokens"]).min(room);
    let image = (count(&given["image_tokens"]) + count(&given["video_tokens"])).min(room - audio);
    Some(Sums {
        prompt,
        cache_read,
        cache_written: count(&given["cache_write_tokens"]),
        completion,
        reasoning,
        media: [audio, image, count(&made["audio_tokens"]), count(&made["image_tokens"])],
    })
}

fn messages<'v>(events: impl Iterator<Item = &'v Value>) -> Option<Sums> {
    let mut told = Vec::new();
    let mut answered = false;
    for event in events {
        match event["type"].as_str() {
            Some("message_start") => {
                let mut usage = event["message"]["usage"].clone();
                if let Some(usage) = usage.as_object_mut() {
                    usage.remove("output_tokens");
                }
                told.push(usage);
            }
            Some("message_delta") => {
                answered |= event["usage"].is_object();
                told.push(event["usage"].clone());
            }
            Some("message_stop") => break,
            _ => {}
        }
    }
    let usage = merged(told.iter()).filter(|_| answered)?;
    let rounds: Vec<&Value> = match usage["iterations"].as_array() {
        Some(rounds) if !rounds.is_empty() => rounds.iter().collect(),
        _ => vec![&usage],
    };
    let sum = |name: &str| rounds.iter().map(|round| count(&round[name])).sum::<u64>();
    let (cache_read, cache_written) = (sum("cache_read_input_tokens"), sum("cache_creation_input_tokens"));
    let thought = rounds.iter().map(|round| count(&round["output_tokens_details"]["thinking_tokens"])).sum();
    Some(Sums {
        prompt: sum("input_tokens") + cache_read + cache_written,
        cache_read,
        cache_written,
        completion: sum("output_tokens"),
        reasoning: thought,
        media: [0; 4],
    })
}

fn generate_content<'v>(events: impl Iterator<Item = &'v Value>) -> Option<Sums> {
    let usage = merged(events.map(|event| &event["usageMetadata"]))?;
    let of = |list: &str, kinds: &[&str]| -> u64 {
        let items = usage[list].as_array().into_iter().flatten();
        items
            .filter(|item| kinds.iter().any(|kind| item["modality"] == *kind))
            .map(|item| count(&item["tokenCount"]))
            .sum()
    };
    let seen = ["IMAGE", "VIDEO"];
    Some(Sums {
        prompt: count(&usage["promptTokenCount"]) + count(&usage["toolUsePromptTokenCount"]),
        cache_read: count(&usage["cachedContentTokenCount"]),
        cache_written: 0,
        completion: count(&usage["candidatesTokenCount"]) + count(&usage["thoughtsTokenCount"]),
        reasoning: count(&usage["thoughtsTokenCount"]),
        media: [
            of("promptTokensDetails", &["AUDIO"]) - of("cacheTokensDetails", &["AUDIO"]),
            of("promptTokensDetails", &seen) - of("cacheTokensDetails", &seen),
            of("candidatesTokensDetails", &["AUDIO"]),
            of("candidatesTokensDetails", &seen),
        ],
    })
}

fn plain(prompt: u64, cache_read: u64, cache_written: u64, completion: u64) -> Sums {
    Sums { prompt, cache_read, cache_written, completion, reasoning: 0, media: [0; 4] }
}

fn converse<'v>(events: impl Iterator<Item = (&'v str, &'v Value)>) -> Option<Sums> {
    let usages = events
        .map(|(name, event)| if name == "metadata" { &event["usage"] } else { &event["metadata"]["usage"] });
    let usage = usages.filter(|usage| usage.is_object()).last()?;
    let (read, written) = (count(&usage["cacheReadInputTokens"]), count(&usage["cacheWriteInputTokens"]));
    let sums =
        plain(count(&usage["inputTokens"]) + read + written, read, written, count(&usage["outputTokens"]));
    assert_eq!(sums.prompt + sums.completion, count(&usage["totalTokens"]), "{usage}");
    Some(sums)
}

fn cohere<'v>(events: impl Iterator<Item = &'v Value>) -> Option<Sums> {
    let usage = events.map(|event| {
        if event["type"] == "message-end" { &event["delta"]["usage"] } else { &event["response"]["meta"] }
    });
    let usage = usage.filter(|usage| usage.is_object()).last()?;
    let counts = if usage["tokens"].is_object() { &usage["tokens"] } else { &usage["billed_units"] };
    Some(plain(
        count(&counts["input_tokens"]),
        count(&usage["cached_tokens"]),
        0,
        count(&counts["output_tokens"]),
    ))
}

fn ollama<'v>(mut events: impl Iterator<Item = &'v Value>) -> Option<Sums> {
    let end = events.find(|event| event["done"] == true)?;
    let told = end["prompt_eval_count"].is_u64() || end["eval_count"].is_u64();
    told.then(|| plain(count(&end["prompt_eval_count"]), 0, 0, count(&end["eval_count"])))
}

fn text_generation<'v>(events: impl Iterator<Item = &'v Value>) -> Option<Sums> {
    let details = events.map(|event| &event["details"]).filter(|details| details.is_object()).last()?;
    let input = details["input_length"].as_u64()?;
    Some(plain(input, 0, 0, count(&details["generated_tokens"])))
}

#[test]
fn recorded_usage_is_what_was_told_however_it_is_cut() {
    let Some(recordings) = recordings("recorded_usage_is_what_was_told_however_it_is_cut") else { return };
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut relayed = 0;
    for recording in &recordings {
        let (name, expected) = (&recording.name, recording.expected());
        let whole = recording.body.len();
        assert_eq!(recording.translated(whole).map(Sums::from), expected, "{name}");
        for size in CUTS {
            assert_eq!(recording.translated(size).map(Sums::from), expected, "{name} by {size}");
        }
        for size in [whole].into_iter().chain(CUTS) {
            let Some(summary) = recording.relayed(size) else { continue };
            let reported = summary.usage.filter(|(_, source)| *source == UsageSource::Reported);
            let usage = reported.map(|(usage, _)| usage);
            assert_eq!(usage.map(Sums::from), expected, "{name} relayed by {size}");
            relayed += 1;
        }
        if expected.is_some() {
            *told.entry(recording.probe.row.format).or_default() += 1;
        }
    }
    println!("recorded streams with usage: {told:?}, {relayed} relays");
    let least = [
        (&OPENAI, 20),
        (&REASONING_BESIDE, 2),
        (&MESSAGES, 50),
        (&GENERATE_CONTENT, 25),
        (&CONVERSE, 20),
        (&COHERE, 4),
        (&OLLAMA, 2),
    ];
    for (row, least) in least {
        let found = told.get(row.format).copied().unwrap_or(0);
        assert!(found >= least, "{}: {found}", row.format);
    }
}
