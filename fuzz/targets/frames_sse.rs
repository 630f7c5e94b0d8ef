//! Any body of content type `text/event-stream`, cut anywhere: the same frames, within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stream::Framing;

fuzz_target!(|input: &[u8]| {
    fuzz::check_framing(Framing::Sse, input);
});
