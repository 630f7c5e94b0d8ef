//! What translating costs: a chat between OpenAI and Anthropic, and a frame of each provider's stream.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up must stop")]

use std::fmt::Write;
use std::hint::black_box;

use bytes::Bytes;
use dialect::{ChatCall, ChatCodec, ChatFront, ChatWriter, Delivery, Encoded, Family, Identity, Quirks};
use dialect::{anthropic, bedrock, gemini, openai};
use divan::Bencher;
use divan::counter::ItemsCount;
use document::Document;
use model::Settings;
use stream::{Framer, Transcoder};

const FRAMES: usize = 2000;

fn main() {
    divan::main();
}

/// A small chat of about 1 KB.
fn chat() -> Bytes {
    let question = "Explain, for a reader who knows programming but not networks, what it does. ".repeat(9);
    Bytes::from(format!(
        r#"{{"model":"claude","messages":[{{"role":"system","content":"You are a patient teacher."}},{{"role":"user","content":"{question}"}}],"max_tokens":256,"temperature":0.7,"user":"user-0001"}}"#
    ))
}

fn identity() -> Identity {
    Identity { id: "0123456789abcdef".into(), created: 1, model: "claude".into(), input_estimate: 120 }
}

fn translate(codec: &dyn ChatCodec, body: Bytes) -> (Encoded, Box<dyn ChatWriter>) {
    let document = Document::parse(body).unwrap();
    let asked = openai::CHAT_FRONT.read(&document).unwrap();
    let settings = Settings::default();
    let call = ChatCall {
        model: "claude",
        family: &Family::UNKNOWN,
        quirks: &Quirks::NONE,
        settings: &settings,
        delivery: Delivery::Stream,
        want_usage: true,
        nonce: "n0nce",
    };
    (codec.encode(&asked.request, &call).unwrap(), asked.writer)
}

#[divan::bench]
fn request(bencher: Bencher) {
    let body = chat();
    bencher.bench_local(|| translate(&anthropic::CHAT_CODEC, black_box(&body).clone()));
}

#[divan::bench]
fn whole(bencher: Bencher) {
    let text = "An answer of some words. ".repeat(24);
    let body = format!(
        r#"{{"id":"msg_0123456789","type":"message","role":"assistant","model":"claude","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":211,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":128,"service_tier":"standard"}}}}"#
    );
    let (encoded, writer) = translate(&anthropic::CHAT_CODEC, chat());
    let (body, identity) = (body.as_bytes(), identity());
    bencher.bench_local(|| {
        let response = encoded.answer.whole(&|_| None, black_box(body)).unwrap();
        writer.whole(&response, &identity)
    });
}

/// By the size of a read: about one frame, 16 KiB.
fn stream(bencher: Bencher, codec: &dyn ChatCodec, content_type: &str, body: Vec<u8>, size: usize) {
    let body = Bytes::from(body);
    let chunks: Vec<_> =
        (0..body.len()).step_by(size).map(|start| body.slice(start..body.len().min(start + size))).collect();
    let (encoded, writer) = translate(codec, chat());
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let framer = Framer::for_content_type(content_type).unwrap();
        let mut transcoder =
            Transcoder::new(framer, encoded.answer.decoder(), writer.encoder(identity()), 120);
        let mut out = Vec::new();
        for chunk in &chunks {
            transcoder.push(chunk, &mut out);
            out.clear();
        }
        assert!(transcoder.at_frame_boundary());
        transcoder
    });
}

#[divan::bench(args = [130, 16384])]
fn anthropic_stream(bencher: Bencher, size: usize) {
    let mut body = String::from(concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_0\",\"model\":\"claude\"}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    ));
    for _ in 2..FRAMES {
        body.push_str("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n");
    }
    stream(bencher, &anthropic::CHAT_CODEC, "text/event-stream", body.into(), size);
}

#[divan::bench(args = [310, 16384])]
fn gemini_stream(bencher: Bencher, size: usize) {
    let mut body = String::new();
    for number in 0..FRAMES {
        let _ = write!(
            body,
            "data: {{\"candidates\": [{{\"content\": {{\"parts\": [{{\"text\": \" word\"}}],\"role\": \"model\"}},\"index\": 0}}],\"usageMetadata\": {{\"promptTokenCount\": 9,\"candidatesTokenCount\": {number},\"totalTokenCount\": {number},\"promptTokensDetails\": [{{\"modality\": \"TEXT\",\"tokenCount\": 9}}]}},\"modelVersion\": \"gemini\",\"responseId\": \"r\"}}\r\n\r\n"
        );
    }
    stream(bencher, &gemini::CHAT_CODEC, "text/event-stream", body.into(), size);
}

#[divan::bench(args = [170, 16384])]
fn bedrock_stream(bencher: Bencher, size: usize) {
    let mut body = aws_message("messageStart", r#"{"role":"assistant"}"#);
    for _ in 1..FRAMES {
        let delta = r#"{"contentBlockIndex":0,"delta":{"text":" word"},"p":"abcdefghij"}"#;
        body.extend(aws_message("contentBlockDelta", delta));
    }
    stream(bencher, &bedrock::CHAT_CODEC, "application/vnd.amazon.eventstream", body, size);
}

/// A message of AWS's framing, checksums and all.
fn aws_message(kind: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in
        [(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")]
    {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let number = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
    let mut message = number(16 + headers.len() + payload.len()).to_vec();
    message.extend(number(headers.len()));
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message.extend(headers);
    message.extend_from_slice(payload.as_bytes());
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message
}
