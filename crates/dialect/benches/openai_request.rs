//! What a relay spends on a request body: parse, head, check, edit, splice.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up must stop")]

use std::hint::black_box;

use bytes::Bytes;
use dialect::openai::OPENAI;
use dialect::{Call, Delivery, Envelope, Family, MemberRule, Quirks, Requirement, TokenLimit};
use divan::Bencher;
use document::{Document, Edits};
use model::{ConfiguredOptions, Losses, Operation, Settings};

fn main() {
    divan::main();
}

const STRICT: Quirks = Quirks {
    rules: &[
        (Requirement::Always, MemberRule::Drop("top_k")),
        (Requirement::WithoutTools, MemberRule::Drop("tool_choice")),
        (Requirement::WithoutTools, MemberRule::Drop("parallel_tool_calls")),
        (Requirement::Always, MemberRule::Drop("logit_bias")),
        (Requirement::Always, MemberRule::Rename("seed", "random_seed")),
        (Requirement::Always, MemberRule::Drop("user")),
    ],
    token_limit: TokenLimit::MaxCompletionTokens,
    developer_is_system: true,
    ..Quirks::NONE
};

fn chat(content: usize) -> Bytes {
    let text = "Tell me of foxes and dogs. ".repeat(content / 27);
    format!(
        r#"{{"model":"gpt-4o-mini","messages":[{{"role":"system","content":"You are a helpful assistant."}},{{"role":"user","content":"{text}"}}],"temperature":0.7,"max_tokens":256,"user":"u-1","stream":true}}"#
    )
    .into()
}

#[divan::bench(args = [1000, 1_000_000])]
fn relay(bencher: Bencher, content: usize) {
    prepare(bencher, content, &Quirks::NONE);
}

#[divan::bench(args = [1000, 1_000_000])]
fn relay_to_a_strict_provider(bencher: Bencher, content: usize) {
    prepare(bencher, content, &STRICT);
}

fn prepare(bencher: Bencher, content: usize, quirks: &Quirks) {
    let body = chat(content);
    let options = ConfiguredOptions::default();
    let settings = Settings::default();
    let call = Call {
        operation: Operation::Chat,
        model: Some("gpt-4o-mini-2024-07-18"),
        options: &options,
        family: &Family::UNKNOWN,
        settings: &settings,
        quirks,
        delivery: Delivery::Stream,
        want_usage: true,
        credential: None,
        betas: "",
        version: "",
    };
    bencher.bench(|| {
        let document = Document::parse(black_box(body.clone())).unwrap();
        let head = OPENAI.head(&document).unwrap();
        OPENAI.check(&document, Operation::Chat).unwrap();
        let (mut edits, mut losses) = (Edits::new(), Losses::default());
        OPENAI.edit(&document, &call, &mut edits, &mut losses).unwrap();
        (head.stream, document.apply(&edits))
    });
}
