//! What framing and relaying cost, without a dialect's reader. One item is one frame of about 260 bytes.

use std::hint::black_box;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::ItemsCount;
use model::{Told, Usage};
use stream::{
    DEFAULT_FRAME_LIMIT, FrameKind, Framer, Framing, RelaySettings, SseFramer, SseRelay, StreamReader,
};

#[expect(clippy::unwrap_used, reason = "a file of tests")]
#[path = "../src/aws/encode.rs"]
mod encode;

const FRAMES: usize = 2000;

fn main() {
    divan::main();
}

/// Takes everything for content.
struct Blind;

impl StreamReader for Blind {
    fn frame(&mut self, _: Option<&[u8]>, data: &[u8]) -> FrameKind {
        black_box(data);
        FrameKind::Content
    }
    fn whole(&self, _: &[u8]) -> bool {
        true
    }
    fn usage(&self) -> Option<Usage> {
        None
    }
    fn told(&self) -> Told {
        Told::default()
    }
    fn finished(&self) -> bool {
        true
    }
    fn started(&self) -> bool {
        true
    }
    fn output_bytes(&self) -> u64 {
        0
    }
    fn usage_frame(&self, _: &Usage) -> Vec<u8> {
        Vec::new()
    }
    fn terminator(&self) -> Option<&'static [u8]> {
        None
    }
}

fn chunks(size: usize) -> Vec<Bytes> {
    let frame = format!("data: {{\"id\":\"{}\"}}\n\n", "x".repeat(240));
    cut(&frame.repeat(FRAMES).into_bytes(), size)
}

/// The same frames in another framing.
fn chunks_of(framing: Framing, size: usize) -> Vec<Bytes> {
    let json = format!("{{\"id\":\"{}\"}}", "x".repeat(240));
    let body = match framing {
        Framing::Sse => format!("data: {json}\n\n").repeat(FRAMES).into_bytes(),
        Framing::AwsEventStream => {
            let headers = [(":event-type", "a"), (":message-type", "event")];
            encode::encode(&headers, json.as_bytes()).repeat(FRAMES)
        }
        Framing::Ndjson => format!("{json}\n").repeat(FRAMES).into_bytes(),
        Framing::JsonArray => format!("[{}]", vec![json; FRAMES].join("\n,")).into_bytes(),
    };
    cut(&body, size)
}

fn cut(body: &[u8], size: usize) -> Vec<Bytes> {
    (0..body.len())
        .step_by(size.min(body.len()))
        .map(|start| Bytes::copy_from_slice(&body[start..body.len().min(start + size)]))
        .collect()
}

/// By the size of a read: one frame, half a frame, 16 KiB.
#[divan::bench(args = [256, 128, 16384])]
fn frame(bencher: Bencher, size: usize) {
    let chunks = chunks(size);
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let mut framer = SseFramer::default();
        for chunk in &chunks {
            for frame in framer.frames(chunk) {
                black_box(frame.is_ok_and(|frame| frame.event().data.is_some()));
            }
        }
    });
}

#[divan::bench(args = [256, 128, 16384])]
fn relay(bencher: Bencher, size: usize) {
    let chunks = chunks(size);
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let mut relay = SseRelay::new(Box::new(Blind), RelaySettings::default(), Box::new(|_| Bytes::new()));
        let mut out = Vec::new();
        for chunk in &chunks {
            relay.push(chunk, &mut out);
            out.clear();
        }
    });
}

#[divan::bench(args = [256, 16384], consts = [0, 1, 2, 3])]
fn framing<const N: usize>(bencher: Bencher, size: usize) {
    let framing = Framing::ALL[N];
    let chunks = chunks_of(framing, size);
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let mut framer = Framer::new(framing, DEFAULT_FRAME_LIMIT);
        let mut out = Vec::new();
        for chunk in &chunks {
            assert!(framer.push(chunk, &mut out).is_ok());
            out.clear();
        }
        black_box(framer)
    });
}
