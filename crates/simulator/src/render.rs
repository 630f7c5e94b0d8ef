//! Answers to heads and steps, with the faults of the wire.

use std::collections::VecDeque;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use http::{HeaderMap as Headers, StatusCode};
use serde_json::Value;

use crate::answer::Answer;
use crate::fault::{Fault, Faults};
use crate::frames::{self, End, Frames};
use crate::native::{Body, Reply};
use crate::playback::Step;

/// How many single bytes are dripped before the rest comes at once.
const MAX_DRIPS: usize = 64 << 10;
const BOMB: usize = 32 << 20;
/// The content type of streams of text events.
pub(crate) const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// What is sent.
pub(crate) struct Rendered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) steps: VecDeque<Step>,
}

/// Puts an answer on the wire. `error` is the provider's error for streams that fail; `gzip` asks for compression.
pub(crate) fn render(answer: Answer, faults: &Faults, error: &Value, gzip: bool) -> Rendered {
    let gzip = gzip || faults.has(Fault::Gzip);
    let mut rendered = match answer {
        Answer::Stream(events) => stream(EVENT_STREAM, frames::write(events, faults, error), faults, gzip),
        Answer::Whole(status, value) => whole_json(status, &value, faults, gzip),
        Answer::Reply(reply) => replied(reply, faults, gzip),
    };
    if let Some(replaced) = replacement(faults, gzip) {
        rendered = replaced;
    }
    add_headers(&mut rendered.headers, faults);
    rendered
}

fn whole_json(status: StatusCode, value: &Value, faults: &Faults, gzip: bool) -> Rendered {
    let mut bytes = Bytes::from(value.to_string());
    if faults.has(Fault::BadUtf8) {
        bytes = frames::with_bad_utf8(&bytes);
    }
    whole(status, "application/json", bytes, faults, gzip)
}

fn replied(reply: Reply, faults: &Faults, gzip: bool) -> Rendered {
    let mut rendered = match reply.body {
        Body::Whole(value) => whole_json(reply.status, &value, faults, gzip),
        Body::Stream { kind, frames } => stream(kind, frames, faults, gzip),
    };
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            rendered.headers.insert(HeaderName::from_static(name), value);
        }
    }
    rendered
}

/// Answers that do not depend on the request.
fn replacement(faults: &Faults, gzip: bool) -> Option<Rendered> {
    const HTML: &str =
        "<!doctype html><html><head><title>Oops</title></head><body><h1>Oops</h1></body></html>\n";
    let html =
        |status| whole(status, "text/html; charset=utf-8", Bytes::from_static(HTML.as_bytes()), faults, gzip);
    if faults.has(Fault::Status500Html) {
        return Some(html(StatusCode::INTERNAL_SERVER_ERROR));
    }
    if faults.has(Fault::Html200) {
        return Some(html(StatusCode::OK));
    }
    if faults.has(Fault::NotJson200) {
        let bytes = Bytes::from_static(b"{\"id\": this is not JSON");
        return Some(whole(StatusCode::OK, "application/json", bytes, faults, gzip));
    }
    if faults.has(Fault::EmptyBody) {
        return Some(whole(StatusCode::OK, "application/json", Bytes::new(), faults, false));
    }
    if faults.has(Fault::Redirect) {
        let bytes = Bytes::from_static(b"{\"moved\":true}");
        let mut rendered = whole(StatusCode::FOUND, "application/json", bytes, faults, gzip);
        rendered.headers.insert(LOCATION, HeaderValue::from_static("/v1/elsewhere"));
        return Some(rendered);
    }
    None
}

fn whole(status: StatusCode, kind: &'static str, bytes: Bytes, faults: &Faults, gzip: bool) -> Rendered {
    let mut headers = Headers::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let bytes = coded(bytes, faults, gzip, &mut headers);
    let short = faults.has(Fault::TruncatedWhole);
    let promised = if short { bytes.len() + 100 } else { bytes.len() };
    headers.insert(CONTENT_LENGTH, HeaderValue::from(promised));
    let mut steps = VecDeque::new();
    if faults.has(Fault::SlowBody) {
        steps.push_back(Step::Wait(delay(faults, 500)));
    }
    let half = bytes.len() / 2;
    let ends_half = [
        (Fault::StallMid, Step::Stall),
        (Fault::Reset, Step::Reset),
        (Fault::CutMid, Step::Cut),
        (Fault::CutInFrame, Step::Cut),
    ];
    if let Some((_, end)) = ends_half.into_iter().find(|(fault, _)| faults.has(*fault)) {
        steps.extend([Step::Send(bytes.slice(..half)), Step::Flush, end]);
        return Rendered { status, headers, steps };
    }
    send(&mut steps, bytes, faults);
    if short {
        steps.extend([Step::Flush, Step::Cut]);
    }
    Rendered { status, headers, steps }
}

/// Applies the content coding to a whole body.
fn coded(bytes: Bytes, faults: &Faults, gzip: bool, headers: &mut Headers) -> Bytes {
    if gzip || faults.has(Fault::BadGzip) || faults.has(Fault::FakeGzip) || faults.has(Fault::GzipBomb) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if faults.has(Fault::FakeGzip) {
        return bytes;
    }
    if faults.has(Fault::GzipBomb) {
        let blanks = vec![b' '; faults.size.unwrap_or(BOMB)];
        return compressed(&[&blanks, &bytes]);
    }
    if faults.has(Fault::BadGzip) {
        return broken(&compressed(&[&bytes]));
    }
    if gzip || faults.has(Fault::HiddenGzip) { compressed(&[&bytes]) } else { bytes }
}

fn compressed(parts: &[&[u8]]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for part in parts {
        // Writing to memory does not fail.
        let _ = encoder.write_all(part);
    }
    encoder.finish().unwrap_or_default().into()
}

/// A gzip stream whose head is right and whose data is not.
fn broken(bytes: &[u8]) -> Bytes {
    bytes.iter().enumerate().map(|(index, byte)| if index < 12 { *byte } else { !byte }).collect()
}

fn stream(kind: &'static str, written: Frames, faults: &Faults, gzip: bool) -> Rendered {
    let mut headers = Headers::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let Frames { mut frames, end } = written;
    if gzip || faults.has(Fault::BadGzip) || faults.has(Fault::FakeGzip) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if (gzip || faults.has(Fault::BadGzip) || faults.has(Fault::HiddenGzip)) && !faults.has(Fault::FakeGzip) {
        frames = compressed_frames(&frames, end == End::Clean);
        if faults.has(Fault::BadGzip) {
            frames = frames
                .iter()
                .enumerate()
                .map(|(index, frame)| if index < 2 { frame.clone() } else { broken(frame) })
                .collect();
        }
    }
    let mut steps = VecDeque::new();
    if faults.has(Fault::SlowBody) {
        steps.push_back(Step::Wait(delay(faults, 500)));
    }
    if faults.has(Fault::Burst) {
        steps.push_back(Step::Send(frames.concat().into()));
    } else {
        for (index, frame) in frames.into_iter().enumerate() {
            if index > 0 {
                let slow = faults.has(Fault::Slow) || faults.delay.is_some();
                steps.push_back(if slow { Step::Wait(delay(faults, 20)) } else { Step::Flush });
            }
            send(&mut steps, frame, faults);
        }
    }
    match end {
        End::Clean => {}
        End::Stall => steps.push_back(Step::Stall),
        End::Cut => steps.extend([Step::Flush, Step::Cut]),
        End::Reset => steps.extend([Step::Flush, Step::Reset]),
    }
    Rendered { status: StatusCode::OK, headers, steps }
}

/// One gzip stream over all frames, flushed after each.
fn compressed_frames(frames: &[Bytes], complete: bool) -> Vec<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut pieces = Vec::new();
    for frame in frames {
        // Writing to memory does not fail.
        let _ = encoder.write_all(frame);
        let _ = encoder.flush();
        pieces.push(Bytes::from(std::mem::take(encoder.get_mut())));
    }
    if complete {
        pieces.push(encoder.finish().unwrap_or_default().into());
    }
    pieces
}

fn send(steps: &mut VecDeque<Step>, bytes: Bytes, faults: &Faults) {
    if bytes.is_empty() {
        return;
    }
    let size = if faults.has(Fault::Drip) {
        1
    } else if faults.has(Fault::Split) {
        bytes.len().div_ceil(3).max(1)
    } else {
        bytes.len()
    };
    let mut rest = bytes;
    let mut sent = 0;
    while !rest.is_empty() {
        if sent > 0 {
            steps.push_back(Step::Flush);
        }
        let next = if sent < MAX_DRIPS { size.min(rest.len()) } else { rest.len() };
        steps.push_back(Step::Send(rest.split_to(next)));
        sent += 1;
    }
}

/// The time that a slow fault waits: `x-sim-delay`, else so many milliseconds.
pub(crate) fn delay(faults: &Faults, otherwise: u64) -> Duration {
    Duration::from_millis(faults.delay.unwrap_or(otherwise).min(600_000))
}

fn add_headers(headers: &mut HeaderMap, faults: &Faults) {
    if faults.has(Fault::Headers) {
        for (name, value) in [
            ("set-cookie", "session=sim; Path=/"),
            ("set-cookie", "tracker=sim"),
            ("connection", "x-internal"),
            ("x-internal", "only for the next hop"),
            ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"),
            ("alt-svc", "h3=\":443\""),
            ("server", "sim"),
            ("x-ratelimit-remaining-requests", "99"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if faults.has(Fault::BigHead) {
        for number in 0..16 {
            let name = HeaderName::try_from(format!("x-big-{number}"));
            let value = HeaderValue::try_from("b".repeat(8 << 10));
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
    }
    let limited = faults.status() == Some(429);
    if limited || faults.status() == Some(503) {
        headers.insert(http::header::RETRY_AFTER, HeaderValue::from_static("7"));
    }
}
