//! Answers as servers give them: forms, recordings, streams against whole answers.

use model::FinishReason;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::huggingface::GENERATE_CODEC;
use crate::trial::{self, Attempt};

const EVENTS: &str = "text/event-stream";

fn answer() -> Box<dyn ChatAnswer> {
    Attempt::of(&GENERATE_CODEC).answer(&trial::completion(&json!({"prompt": "p"})))
}

fn framed(events: &[Value]) -> Vec<u8> {
    events.iter().flat_map(|event| format!("data:{event}\n\n").into_bytes()).collect()
}

#[test]
fn an_answer_has_several_forms() {
    for body in [json!([{"generated_text": "a"}]), json!({"generated_text": "a"})] {
        let response = trial::whole(&*answer(), &body);
        let out = trial::shown(&json!({"prompt": "p"}), &response);
        assert_eq!(
            (&out["choices"][0]["text"], &out["choices"][0]["finish_reason"]),
            (&json!("a"), &json!("stop"))
        );
        assert_eq!(response.usage, None);
    }
    for (reason, expected) in [
        ("length", FinishReason::Length),
        ("eos_token", FinishReason::Stop),
        ("stop_sequence", FinishReason::StopSequence),
    ] {
        let details =
            json!({"finish_reason": reason, "generated_tokens": 4, "prefill": [{"id": 1}, {"id": 2}]});
        let response = trial::whole(&*answer(), &json!({"generated_text": "a", "details": details}));
        assert_eq!(response.choices[0].finish.reason, expected);
        let usage = response.usage.unwrap();
        assert_eq!((usage.prompt_tokens(), usage.completion_tokens()), (2, 4));
    }
    let read = |body: &[u8]| answer().whole(&|_| None, body).unwrap_err();
    for body in [&b"[]"[..], b"{}", b"[{}]", b"{\"generated_text\":1}"] {
        assert_eq!(read(body), DecodeError::Missing("generated_text"));
    }
    assert_eq!(read(b"3"), DecodeError::NotAnObject);
    assert_eq!(read(b"[1,"), DecodeError::NotAnObject);
}

#[test]
fn special_tokens_say_nothing() {
    let token =
        |text: &str, special: bool| json!({"id": 1, "text": text, "logprob": -1.0, "special": special});
    let details = json!({"finish_reason": "eos_token", "generated_tokens": 2, "input_length": 3});
    let events = framed(&[
        json!({"index": 1, "token": token("a", false), "generated_text": null, "details": null}),
        json!({"index": 2, "token": token("</s>", true), "generated_text": "a", "details": details}),
    ]);
    let response = trial::fold(trial::events(&*answer(), EVENTS, &events));
    assert_eq!(trial::shown(&json!({"prompt": "p"}), &response)["choices"][0]["text"], "a");
    assert_eq!(response.usage.unwrap().prompt_tokens(), 3);
}

#[test]
fn errors_end_a_stream() {
    let events = framed(&[
        json!({"token": {"text": "a"}}),
        json!({"error": "overloaded", "error_type": "overloaded"}),
    ]);
    let events = trial::events(&*answer(), EVENTS, &events);
    let Some(ChatEvent::Error(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!((error.status, error.message.as_str()), (429, "overloaded"));
}

#[test]
fn recordings_are_read() {
    for name in ["test_flash_llama_simple", "test_flash_llama_all_params"] {
        let file = format!("streams/huggingface/tgi-snapshots/test_flash_llama/{name}.json");
        let Some(body) = trial::data("tgi answers", &file) else { return };
        let response = answer().whole(&|_| None, &body).unwrap();
        assert!(response.output_bytes() > 0, "{name}");
        assert_ne!(response.choices[0].finish.reason, FinishReason::ToolCalls, "{name}");
        // The tokens of the recording, replayed as a stream, are the same answer.
        let body: Value = serde_json::from_slice(&body).unwrap();
        let tokens = body["details"]["tokens"].as_array().unwrap();
        let mut events: Vec<Value> =
            tokens.iter().map(|token| json!({"token": token, "generated_text": null})).collect();
        let last = events.last_mut().unwrap();
        last["generated_text"] = body["generated_text"].clone();
        last["details"] = body["details"].clone();
        let folded = trial::fold(trial::events(&*answer(), EVENTS, &framed(&events)));
        let whole = body["generated_text"].as_str().unwrap();
        let shown = trial::shown(&json!({"prompt": "p"}), &folded);
        let text = shown["choices"][0]["text"].as_str().unwrap();
        assert!(whole.ends_with(text.trim_start()), "{whole:?} {text:?}");
        assert_eq!(folded.choices[0].finish, response.choices[0].finish);
    }
}

proptest! {
    #[test]
    fn a_folded_stream_is_the_whole_answer(words in prop::collection::vec(".{0,5}", 1..6)) {
        let details = json!({"finish_reason": "length", "generated_tokens": 4, "input_length": 2});
        let whole = json!([{"generated_text": words.concat(), "details": details}]);
        let mut events: Vec<Value> = words.iter().map(|word| json!({"token": {"text": word, "special": false}})).collect();
        let last = events.last_mut().unwrap();
        last["generated_text"] = words.concat().into();
        last["details"] = details;
        let folded = trial::fold(trial::events(&*answer(), EVENTS, &framed(&events)));
        prop_assert_eq!(folded, trial::whole(&*answer(), &whole));
    }
}
