//! Any request of any client, for every provider: written as one JSON object, or refused.
#![no_main]

use document::Document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let Ok(document) = Document::parse(body.to_vec().into()) else { return };
    let Ok(asked) = fuzz::front(choice & 1 == 1).read(&document) else { return };
    for codec in fuzz::codecs() {
        for family in fuzz::families() {
            let Ok(encoded) = fuzz::encode(codec, &asked.request, family, choice & 2 == 2) else { continue };
            let written = String::from_utf8_lossy(&encoded.body).into_owned();
            assert!(Document::parse(encoded.body.into()).is_ok(), "{written}");
        }
    }
});
