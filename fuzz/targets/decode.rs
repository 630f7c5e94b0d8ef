//! Any answer of any provider that is translated: events obey their grammar, whatever the units are, and every
//! front writes what it is given.
#![no_main]

use arbitrary::Arbitrary;
use dialect::{ChatAnswer, ChatWriter};
use document::Document;
use libfuzzer_sys::fuzz_target;
use model::{ChatEvent, Grammar};
use stream::{Progress, Unit};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    codec: u8,
    anthropic: bool,
    whole: Option<&'a [u8]>,
    units: Vec<(Option<&'a str>, bool, &'a [u8])>,
    status: u16,
}

fuzz_target!(|input: Input<'_>| {
    let codecs = fuzz::codecs();
    let codec = codecs[usize::from(input.codec) % codecs.len()];
    let Some(answer) = fuzz::answer_of(codec) else { return };
    let writer = fuzz::writer(input.anthropic);
    let identity = fuzz::identity();
    if let Some(body) = input.whole {
        if let Ok(response) = answer.whole(&|_| None, body) {
            assert_object(&writer.whole(&response, &identity));
        }
        let error = codec.error(input.status, &|_| None, body);
        assert!(error.message.len() <= 64 << 10, "an error's text is bounded");
    }
    read(&*answer, &input, &*writer);
});

fn assert_object(body: &[u8]) {
    assert!(Document::parse(body.to_vec().into()).is_ok(), "{}", String::from_utf8_lossy(body));
}

fn read(answer: &dyn ChatAnswer, input: &Input<'_>, writer: &dyn ChatWriter) {
    let mut decoder = answer.decoder();
    let mut encoder = writer.encoder(fuzz::identity());
    let mut grammar = Grammar::default();
    let (mut events, mut out) = (Vec::new(), Vec::new());
    for (name, exception, data) in &input.units {
        let progress = decoder.unit(Unit { name: *name, exception: *exception, data }, &mut events);
        if !tell(&mut events, &mut grammar, &mut *encoder, &mut out) || progress != Ok(Progress::More) {
            return;
        }
    }
    decoder.end(&mut events);
    if tell(&mut events, &mut grammar, &mut *encoder, &mut out) && grammar.is_finished() {
        encoder.finish(None, &mut out);
    }
    assert!(out.is_empty() || out.ends_with(b"\n\n"), "half a frame was written");
}

/// Whether the stream goes on.
fn tell(
    events: &mut Vec<ChatEvent>,
    grammar: &mut Grammar,
    encoder: &mut dyn stream::ChatEncoder,
    out: &mut Vec<u8>,
) -> bool {
    for event in events.drain(..) {
        if let Err(error) = grammar.accept(&event) {
            panic!("{error}: {event:?}");
        }
        if let ChatEvent::Error(error) = &event {
            encoder.error(error, out);
            return false;
        }
        if encoder.event(event, out).is_err() {
            return false;
        }
    }
    true
}
