//! Any event stream, cut anywhere: what goes out depends on the bytes alone, in whole frames, within bounds.
//!
//! The first byte of the input chooses settings, the second how the rest, the body, is cut.
#![no_main]

use bytes::Bytes;
use dialect::Envelope as _;
use dialect::openai::OPENAI;
use dialect::{Deviation, Quirks, Reading};
use libfuzzer_sys::fuzz_target;
use model::Operation;
use stream::{Break, End, RelaySettings, SseFramer, SseRelay, StreamEnd, Summary, UsagePolicy, relay_cut};

/// A provider whose answers deviate in every way.
static DEVIATING: Quirks = Quirks {
    answers: &[
        Deviation::ContentParts,
        Deviation::ReasoningName,
        Deviation::LooseCalls,
        Deviation::FinishWords,
        Deviation::UsageParts,
        Deviation::EmptyId,
        Deviation::Sources,
    ],
    ..Quirks::NONE
};

fuzz_target!(|input: &[u8]| {
    let [choice, cut, body @ ..] = input else { return };
    let settings = RelaySettings {
        usage: match choice % 4 {
            0 => UsagePolicy::Hide,
            1 => UsagePolicy::Ensure,
            _ => UsagePolicy::Pass,
        },
        input_estimate: 7,
        frame_limit: if choice & 16 == 0 { 1 << 20 } else { 64 },
    };
    let deviates = choice & 64 != 0;
    let relay = |settings| relay(settings, if deviates { &DEVIATING } else { &Quirks::NONE });
    let end = if choice & 32 == 0 { End::Clean } else { End::Broken(Break::Connection) };

    let whole = relay_cut(relay(settings), body, [], end);
    let bytes = relay_cut(relay(settings), body, body.iter().map(|_| 1), end);
    assert_eq!(whole, bytes, "single bytes make a difference");
    let some = cut_somewhere(relay(settings), body, *cut, end, settings.frame_limit);
    assert_eq!(whole, some, "cutting makes a difference");

    let (out, summary) = whole;
    assert_eq!(summary.bytes_out, out.len() as u64);
    check_output(&out);
    if settings.usage == UsagePolicy::Pass && !deviates {
        check_transparent(body, &out, &summary, settings.frame_limit);
    }
});

fn relay(settings: RelaySettings, quirks: &Quirks) -> SseRelay {
    let reader = OPENAI.stream(&Reading { operation: Operation::Chat, quirks, nonce: "n", named: None });
    let fault = Box::new(|fault| Bytes::from(format!("data: {{\"error\":{{\"message\":\"{fault}\"}}}}\n\n")));
    SseRelay::new(reader, settings, fault)
}

/// As `relay_cut`, with pieces of up to 31 bytes, and an eye on what is held.
fn cut_somewhere(mut relay: SseRelay, body: &[u8], cut: u8, end: End, limit: usize) -> (Vec<u8>, Summary) {
    let mut out = Vec::new();
    let mut state = u32::from(cut) | 1;
    let mut rest = body;
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let size = ((state >> 16) % 32) as usize;
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        relay.push(&Bytes::copy_from_slice(chunk), &mut out);
        assert!(relay.held() <= limit, "more is held than one frame may have");
        rest = after;
    }
    let summary = relay.finish(end, &mut out);
    (out.concat(), summary)
}

/// Whole frames go out, and at most one end mark, behind which is nothing.
fn check_output(out: &[u8]) {
    let (frames, tail) = frames(out, usize::MAX);
    assert!(!tail, "half a frame went out");
    let end = frames.iter().position(|(_, done)| *done);
    assert!(end.is_none_or(|end| end + 1 == frames.len()), "something behind the end mark");
}

/// Where nothing had to be added, taken out or told, every whole frame up to the end mark is there as it came.
fn check_transparent(body: &[u8], out: &[u8], summary: &Summary, limit: usize) {
    let told = matches!(summary.end, StreamEnd::UpstreamError | StreamEnd::Fault(_));
    let (frames, _) = frames(body, limit);
    if told {
        return;
    }
    let end = frames.iter().position(|(_, done)| *done).map_or(frames.len(), |end| end + 1);
    let expected: Vec<u8> = frames.into_iter().take(end).flat_map(|(raw, _)| raw).collect();
    assert!(out.starts_with(&expected), "a frame was changed");
}

/// The frames of a body, each with whether it is the end mark, and whether half a frame is left.
fn frames(body: &[u8], limit: usize) -> (Vec<(Bytes, bool)>, bool) {
    let body = Bytes::copy_from_slice(body);
    let mut framer = SseFramer::new(limit);
    let frames = framer
        .frames(&body)
        .map_while(Result::ok)
        .map(|frame| {
            (frame.raw().clone(), frame.event().data.is_some_and(|data| data.trim_ascii() == b"[DONE]"))
        })
        .collect();
    (frames, framer.held() > 0)
}
