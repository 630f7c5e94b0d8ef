//! How fast documents are read, edited and walked. Throughput is of input bytes.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up must stop")]

use std::hint::black_box;
use std::ops::ControlFlow;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::BytesCount;
use document::{Document, Edits, quote, scan_members};

fn main() {
    divan::main();
}

/// A chat of about 2 kB: settings, a tool and a few messages.
fn chat() -> Bytes {
    let words = "The quick brown fox jumps over the lazy dog, and then it rests.\\nIt was \\\"tired\\\". ";
    let mut body = String::from(
        r#"{"model":"gpt-4o-mini","temperature":0.7,"max_tokens":256,"stream":true,"top_p":0.95,"user":"user-1234",
"tools":[{"type":"function","function":{"name":"weather","description":"Current weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string","enum":["c","f"]}},"required":["city"]}}}],
"messages":[{"role":"system","content":"You are a helpful assistant."}"#,
    );
    for index in 0..5 {
        let role = if index % 2 == 0 { "user" } else { "assistant" };
        let text = words.repeat(3);
        body.extend([r#",{"role":""#, role, r#"","content":""#, &text, "\"}"]);
    }
    body.push_str("]}");
    body.into()
}

/// A chat with one image of about 1 MB as base64.
fn image() -> Bytes {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let data: String = (0..1_048_576_usize).map(|index| char::from(alphabet[index * 31 % 64])).collect();
    format!(
        r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":[{{"type":"text","text":"What is it?"}},{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{data}"}}}}]}}]}}"#
    )
    .into()
}

/// An embeddings answer with 1536 numbers, about 30 kB.
fn embeddings() -> Bytes {
    let numbers: Vec<String> =
        (0..1536).map(|index: i32| format!("{:.17}", f64::from(index - 700) / 7919.0)).collect();
    format!(
        r#"{{"object":"list","data":[{{"object":"embedding","index":0,"embedding":[{}]}}],"model":"text-embedding-3-small","usage":{{"prompt_tokens":8,"total_tokens":8}}}}"#,
        numbers.join(",")
    )
    .into()
}

/// A whole chat answer.
fn answer() -> Bytes {
    Bytes::from_static(br#"{"id":"chatcmpl-123","object":"chat.completion","created":1741569952,"model":"gpt-4.1-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I assist you today?","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}"#)
}

/// An embeddings request with 4000 tokens in numbers.
fn tokens() -> Bytes {
    let numbers: Vec<String> = (0..4000).map(|index| (index * 7919 % 100_000).to_string()).collect();
    format!(r#"{{"model":"m","input":[{}]}}"#, numbers.join(",")).into()
}

/// Text outside ASCII.
fn foreign() -> Bytes {
    format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"{}"}}]}}"#,
        "請問今天的天氣如何".repeat(70)
    )
    .into()
}

/// JSON with white space, as people write it.
fn indented() -> Bytes {
    let value: serde_json::Value = serde_json::from_slice(&chat()).unwrap();
    serde_json::to_vec_pretty(&value).unwrap().into()
}

#[divan::bench(args = ["chat", "image", "embeddings", "tokens", "foreign", "indented"])]
fn parse(bencher: Bencher, name: &str) {
    let body = match name {
        "chat" => chat(),
        "image" => image(),
        "embeddings" => embeddings(),
        "tokens" => tokens(),
        "foreign" => foreign(),
        _ => indented(),
    };
    bencher.counter(BytesCount::new(body.len())).bench(|| Document::parse(black_box(body.clone())).unwrap());
}

#[divan::bench(args = ["chat", "image"])]
fn edit_model_and_stream(bencher: Bencher, name: &str) {
    let document = Document::parse(if name == "chat" { chat() } else { image() }).unwrap();
    bencher.bench(|| {
        let mut edits = Edits::new();
        edits.set("model", quote(black_box("gpt-4o-mini-2024-07-18")));
        edits.set("stream", "true");
        edits.set_in("stream_options", "include_usage", "true");
        black_box(&document).apply(&edits)
    });
}

#[divan::bench]
fn misspelt(bencher: Bencher) {
    let document = Document::parse(chat()).unwrap();
    let controlled = [
        "model",
        "stream",
        "stream_options",
        "messages",
        "prompt",
        "input",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "top_k",
        "tools",
        "tool_choice",
        "extra_body",
        "user",
    ];
    bencher.bench(|| black_box(&document).misspelt(&controlled));
}

#[divan::bench(args = ["embeddings", "answer"])]
fn scan(bencher: Bencher, name: &str) {
    let body = if name == "answer" { answer() } else { embeddings() };
    bencher.counter(BytesCount::new(body.len())).bench(|| {
        let mut total = None;
        scan_members(black_box(&body), |member| {
            if member.name.is("usage") {
                total = member.value.value("total_tokens").and_then(document::Value::as_u64);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        total.unwrap()
    });
}

/// What the others would cost: the same body through `serde_json::Value`.
#[divan::bench]
fn parse_chat_with_serde(bencher: Bencher) {
    let body = chat();
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| serde_json::from_slice::<serde_json::Value>(black_box(&body)).unwrap());
}
