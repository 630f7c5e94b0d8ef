//! What relaying a stream of OpenAI chunks costs, usage reader included, and checking whole answers.

use std::fmt::Write;
use std::hint::black_box;

use bytes::Bytes;
use dialect::openai::answer::whole;
use dialect::openai::stream::Reader;
use dialect::{Quirks, Reading};
use divan::Bencher;
use divan::counter::ItemsCount;
use model::Operation;
use stream::{RelaySettings, SseRelay, StreamReader, UsagePolicy};

const FRAMES: usize = 2000;

fn reading(operation: Operation) -> Reading<'static> {
    Reading { operation, quirks: &Quirks::NONE, nonce: "n", named: None }
}

fn main() {
    divan::main();
}

/// A chunk of about 250 bytes.
fn chunk(delta: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-C4HqHBe4xca0k0EzsCnf1t6V3YFXp","object":"chat.completion.chunk","created":1755137933,"model":"gpt-4.1-nano-2025-04-14","service_tier":"default","system_fingerprint":"fp_04d3664870","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}],"usage":null}}"#
    )
}

fn body() -> String {
    let mut body = String::new();
    for _ in 0..FRAMES {
        let _ = write!(body, "data: {}\n\n", chunk(r#"{"content":" answer"}"#));
    }
    body
}

/// By the size of a read: one frame and a bit, 16 KiB.
#[divan::bench(args = [300, 16384])]
fn relay(bencher: Bencher, size: usize) {
    let body = Bytes::from(body());
    let chunks: Vec<_> =
        (0..body.len()).step_by(size).map(|start| body.slice(start..body.len().min(start + size))).collect();
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let settings = RelaySettings { usage: UsagePolicy::Hide, ..RelaySettings::default() };
        let reader = Reader::new(&reading(Operation::Chat));
        let mut relay = SseRelay::new(Box::new(reader), settings, Box::new(|_| Bytes::new()));
        let mut out = Vec::new();
        for chunk in &chunks {
            relay.push(chunk, &mut out);
            out.clear();
        }
        relay
    });
}

#[divan::bench(args = [r#"{"content":" answer"}"#, r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a"}}]}"#])]
fn read(bencher: Bencher, delta: &str) {
    let chunk = chunk(delta);
    let mut reader = Reader::new(&reading(Operation::Chat));
    bencher.bench_local(|| reader.frame(None, black_box(chunk.as_bytes())));
}

/// A chunk that is walked by its structure.
#[divan::bench]
fn read_usage(bencher: Bencher) {
    let chunk = chunk("{}").replace(
        r#""usage":null"#,
        r#""usage":{"prompt_tokens":18,"completion_tokens":286,"total_tokens":304,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":192,"audio_tokens":0}}"#,
    );
    let mut reader = Reader::new(&reading(Operation::Chat));
    bencher.bench_local(|| reader.frame(None, black_box(chunk.as_bytes())));
}

#[divan::bench]
fn whole_embeddings_30_kb(bencher: Bencher) {
    let floats = vec!["-0.0093242735"; 2300].join(",");
    let body = format!(
        r#"{{"object":"list","data":[{{"object":"embedding","index":0,"embedding":[{floats}]}}],"model":"text-embedding-3-small","usage":{{"prompt_tokens":8,"total_tokens":8}}}}"#
    );
    bencher.bench_local(|| whole(&reading(Operation::Embeddings), black_box(body.as_bytes())));
}

#[divan::bench]
fn whole_chat(bencher: Bencher) {
    let text = "An answer of some words. ".repeat(40);
    let body = format!(
        r#"{{"id":"x","object":"chat.completion","created":1,"model":"gpt","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":8,"completion_tokens":200,"total_tokens":208}}}}"#
    );
    bencher.bench_local(|| whole(&reading(Operation::Chat), black_box(body.as_bytes())));
}
