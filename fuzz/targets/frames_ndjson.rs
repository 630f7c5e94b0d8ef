//! Any body of JSON lines, cut anywhere: the same frames, within bounds, and none is lost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stream::Framing;

fuzz_target!(|input: &[u8]| {
    let Some((frames, Ok(_))) = fuzz::check_framing(Framing::Ndjson, input) else { return };
    // Between the frames is white space, and a mark in front.
    let body = input.get(2..).unwrap_or_default();
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let visible = |bytes: &[u8]| bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
    let framed: usize = frames.iter().map(|frame| visible(&frame.data)).sum();
    assert_eq!(framed, visible(body), "something was left out");
});
