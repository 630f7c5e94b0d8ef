//! Any JSON array, cut anywhere: the same elements, within bounds, and those that a parser of the whole finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use stream::{Ended, Framing, StreamFault};

fuzz_target!(|input: &[u8]| {
    let Some((frames, ended)) = fuzz::check_framing(Framing::JsonArray, input) else { return };
    let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(input.get(2..).unwrap_or_default()) else {
        return;
    };
    if matches!(ended, Err(StreamFault::FrameTooLong { .. })) {
        return;
    }
    assert_eq!(ended, Ok(Ended::Complete));
    assert_eq!(frames.len(), elements.len());
    for (frame, element) in frames.iter().zip(elements) {
        assert_eq!(frame.data, element.get());
    }
});
