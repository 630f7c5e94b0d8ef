//! Any bytes as a form: a field that is set is the one that is read, and all else stays.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use document::{Form, boundary};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    content_type: &'a [u8],
    body: &'a [u8],
}

const FIELD: &str = "key";
const VALUE: &str = "a value";

fuzz_target!(|input: Input<'_>| {
    let told = boundary(input.content_type).and_then(Result::ok);
    let boundary = told.unwrap_or_else(|| "x".into());
    assert!((1..=70).contains(&boundary.len()));
    let body = Bytes::copy_from_slice(input.body);
    let Ok(form) = Form::read(body.clone(), &boundary, FIELD) else {
        return;
    };
    assert_eq!(form.bytes(), &body);
    let pieces = form.with_field(VALUE).expect("a value without line ends or dashes");
    let ours = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{FIELD}\"\r\n\r\n{VALUE}\r\n");
    // All pieces but ours are of the body, in order.
    let mut rest = &body[..];
    let mut inserted = 0;
    for piece in &pieces {
        if piece.as_ref() == ours.as_bytes() && inserted == 0 && !rest.starts_with(piece) {
            inserted += 1;
            continue;
        }
        let at = rest.windows(piece.len()).position(|window| window == piece).expect("a piece of the body");
        rest = &rest[at + piece.len()..];
    }
    let set = Bytes::from(pieces.concat());
    if !form.has_field() {
        assert_eq!(set.len(), body.len() + ours.len());
    }
    let again = Form::read(set.clone(), &boundary, FIELD).expect("a form with a field is a form");
    assert!(again.has_field());
    assert_eq!(again.with_field(VALUE).expect("the same value").concat(), set);
});
