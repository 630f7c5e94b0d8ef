//! Streams and whole answers: known vectors, what they have in common, and what goes wrong.

use model::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::gemini::answer::Answer;
use crate::{ChatAnswer, DecodeError, ToolNames};

pub fn way() -> Way {
    Way { names: ToolNames::default(), nonce: "n0nce".into() }
}

pub fn whole(body: &Value) -> Result<ChatResponse, DecodeError> {
    Answer { way: way() }.whole(&|_| None, body.to_string().as_bytes())
}

/// The events of a stream; each obeys the grammar.
pub fn events_of(units: &[Vec<u8>]) -> Result<Vec<ChatEvent>, Unreadable> {
    let mut decoder = Decoder::new(way());
    let mut events = Vec::new();
    for data in units {
        decoder.unit(Unit { name: None, exception: false, data }, &mut events)?;
    }
    decoder.end(&mut events);
    let mut grammar = Grammar::default();
    for event in &events {
        grammar.accept(event).unwrap_or_else(|error| panic!("{error}: {event:?}"));
    }
    Ok(events)
}

fn stream(units: &[Value]) -> Vec<ChatEvent> {
    events_of(&units.iter().map(|unit| unit.to_string().into_bytes()).collect::<Vec<_>>()).unwrap()
}

pub fn folded(events: Vec<ChatEvent>) -> Result<ChatResponse, UpstreamError> {
    let mut fold = Fold::default();
    for event in events {
        fold.add(event);
    }
    fold.finish(|text| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object()))
}

/// As Google lays out answers that are no streams, and the elements of a stream that is an array.
#[test]
fn arguments_are_compact_however_the_answer_is_laid_out() {
    let args = json!({"a b": [1, {}], "c": " d\n"});
    let answer = json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model",
        "parts": [{"functionCall": {"name": "w", "args": args}}]}}]});
    let laid_out = serde_json::to_vec_pretty(&answer).unwrap();
    let whole = Answer { way: way() }.whole(&|_| None, &laid_out).unwrap();
    let AssistantPart::ToolCall(call) = &whole.choices[0].parts[0] else { panic!("{whole:?}") };
    assert_eq!(call.arguments.as_text(), args.to_string());
    assert_eq!(folded(events_of(&[laid_out]).unwrap()).unwrap().choices, whole.choices);
}

fn vector() -> Value {
    json!({"responseId":"r","modelVersion":"gemini-x","candidates":[{"index":0,"finishReason":"STOP","content":{"role":"model","parts":[{"text":"think","thought":true},{"functionCall":{"name":"w","args":{}},"thoughtSignature":"QQ=="}]}}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":2,"thoughtsTokenCount":5,"toolUsePromptTokenCount":1,"cachedContentTokenCount":4,"totalTokenCount":18}})
}

#[test]
fn thoughts_a_sealed_call_and_usage() {
    let response = whole(&vector()).unwrap();
    assert_eq!((response.id.as_deref(), response.model.as_deref()), (Some("r"), None));
    let [choice] = &response.choices[..] else { panic!("{response:?}") };
    assert_eq!(choice.finish.reason, FinishReason::ToolCalls);
    let [thought, call] = &choice.parts[..] else { panic!("{choice:?}") };
    assert_eq!(*thought, AssistantPart::Reasoning(Reasoning::Open { text: "think".into(), seal: None }));
    let expected = ToolCall {
        id: "call_n0nce_0".into(),
        name: "w".into(),
        arguments: Arguments::none(),
        seal: Some(Seal { maker: Maker::Gemini, text: "QQ==".into() }),
        cache: None,
    };
    assert_eq!(*call, AssistantPart::ToolCall(expected));
    let usage = response.usage.unwrap();
    assert_eq!((usage.prompt_tokens(), usage.completion_tokens(), usage.total_tokens()), (11, 7, 18));
    assert_eq!((usage.cache_read, usage.reasoning), (4, 5));
    assert_eq!(folded(stream(&[vector()])).unwrap(), response);
}

#[test]
fn a_blocked_prompt_is_an_answer() {
    let blocked = json!({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}});
    let response = whole(&blocked).unwrap();
    let [choice] = &response.choices[..] else { panic!("{response:?}") };
    assert_eq!((choice.parts.len(), choice.finish.reason), (0, FinishReason::ContentFilter));
    let usage = response.usage.unwrap();
    assert_eq!((usage.prompt_tokens(), usage.completion_tokens()), (8, 0));
    assert_eq!(response.extras.value("promptFeedback").unwrap().as_str(), r#"{"blockReason":"SAFETY"}"#);
    assert_eq!(folded(stream(&[blocked])).unwrap(), response);
}

#[test]
fn errors_end_streams() {
    let event = stream(&[json!([{"error":{"code":429,"message":"q","status":"RESOURCE_EXHAUSTED"}}])]);
    let [ChatEvent::Error(error)] = &event[..] else { panic!("{event:?}") };
    assert_eq!(
        (error.status, error.kind, error.code.as_deref()),
        (429, ErrorKind::RateLimit, Some("RESOURCE_EXHAUSTED"))
    );
    let late = stream(&[
        json!({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}),
        json!({"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}),
        json!({"candidates":[{"content":{"parts":[{"text":"never"}]}}]}),
    ]);
    assert!(matches!(late.last(), Some(ChatEvent::Error(_))) && late.len() == 3, "{late:?}");
}

#[test]
fn the_finish_comes_once_at_the_end() {
    let text = |text: &str, reason: &str| json!({"candidates":[{"content":{"parts":[{"text":text}]},"finishReason":reason}]});
    let events = stream(&[text("a", "STOP"), text("b", "STOP"), text("c", "MAX_TOKENS")]);
    let finishes: Vec<_> = events.iter().filter(|event| matches!(event, ChatEvent::Finish { .. })).collect();
    let expected = ChatEvent::Finish { choice: 0, finish: FinishReason::Length.into() };
    assert_eq!(finishes, [&expected]);
    assert_eq!(events.last(), Some(&expected));
    // Without a reason the answer is not complete.
    let cut = stream(&[json!({"candidates":[{"content":{"parts":[{"text":"a"}]}}]})]);
    assert!(!cut.iter().any(|event| matches!(event, ChatEvent::Finish { .. })));
}

#[test]
fn words_for_the_end_are_known() {
    for (word, expected) in [
        ("STOP", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("RECITATION", FinishReason::ContentFilter),
        ("MODEL_ARMOR", FinishReason::ContentFilter),
        ("NO_IMAGE", FinishReason::ContentFilter),
        ("MALFORMED_FUNCTION_CALL", FinishReason::Stop),
        ("OTHER", FinishReason::Stop),
        ("NEW", FinishReason::Stop),
    ] {
        let response = whole(&json!({"candidates": [{"finishReason": word}]})).unwrap();
        assert_eq!(response.choices[0].finish.reason, expected, "{word}");
    }
}

#[test]
fn several_candidates_and_calls_have_dense_indexes() {
    let call = |name: &str, args: Value| json!({"functionCall": {"name": name, "args": args}});
    let events = stream(&[
        json!({"candidates":[{"index":1,"content":{"parts":[call("a", json!({"x": 1}))]}},{"index":0,"content":{"parts":[{"text":"t"}]}}]}),
        json!({"candidates":[{"index":1,"content":{"parts":[call("b", json!({})), call("c", json!({"y": [1]}))]},"finishReason":"STOP"}]}),
        json!({"candidates":[{"finishReason":"STOP"}]}),
    ]);
    let response = folded(events).unwrap();
    let names: Vec<_> = response.choices[1]
        .parts
        .iter()
        .map(|part| match part {
            AssistantPart::ToolCall(call) => (&*call.id, &*call.name, call.arguments.as_text()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("call_n0nce_0", "a", r#"{"x":1}"#),
        ("call_n0nce_1", "b", "{}"),
        ("call_n0nce_2", "c", r#"{"y":[1]}"#),
    ];
    assert_eq!(names, expected);
    assert_eq!(response.choices[0].finish.reason, FinishReason::Stop);
    assert_eq!(response.choices[1].finish.reason, FinishReason::ToolCalls);
}

#[test]
fn arguments_in_pieces_become_one() {
    let piece = |call: Value| json!({"candidates":[{"content":{"parts":[{"functionCall": call}]}}]});
    let response = folded(stream(&[
        piece(json!({"name": "f", "willContinue": true})),
        piece(json!({"partialArgs":[{"jsonPath":"$.a","stringValue":"x","willContinue":true}],"willContinue":true})),
        piece(json!({"partialArgs":[{"jsonPath":"$.a","stringValue":"y"}],"willContinue":true})),
        piece(json!({})),
        piece(json!({"name": "g", "willContinue": true})),
        piece(json!({"partialArgs":[{"jsonPath":"$.b","numberValue":1}],"willContinue":true})),
        piece(json!({"name": "h"})),
        json!({"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}),
    ]))
    .unwrap();
    let arguments: Vec<_> = response.choices[0]
        .parts
        .iter()
        .map(|part| match part {
            AssistantPart::ToolCall(call) => call.arguments.as_text(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(arguments, [r#"{"a":"xy"}"#, r#"{"b":1}"#, "{}"]);
}

#[test]
fn code_pictures_and_traces_are_told() {
    let body = json!({"candidates":[{"finishReason":"STOP","content":{"parts":[
        {"executableCode":{"language":"PYTHON","code":"print(1)"}},
        {"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}},
        {"inlineData":{"mimeType":"image/png","data":"AAAA"}},
        {"inlineData":{"mimeType":"audio/wav","data":"AAAA"}},
        {"toolCall":{"toolType":"GOOGLE_SEARCH_WEB"}}]}}]});
    let response = whole(&body).unwrap();
    let [text, image, audio, trace] = &response.choices[0].parts[..] else { panic!("{response:?}") };
    assert_eq!(*text, AssistantPart::Text(TextPart::new("\n```python\nprint(1)\n```\n\n```\n1\n```\n")));
    let source = Source::Inline { media_type: "image/png".into(), data: Base64::new("AAAA").unwrap() };
    assert_eq!(*image, AssistantPart::Image(Image { source, detail: None, cache: None }));
    for (part, expected) in [(audio, "inlineData"), (trace, "toolCall")] {
        assert!(
            matches!(part, AssistantPart::Native(Maker::Gemini, value) if value.as_str().contains(expected))
        );
    }
}

#[test]
fn sources_are_named() {
    let body = json!({"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"a"}]},
        "groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a","title":"A"}},{"web":{"uri":"https://a"}},{"retrievedContext":{"uri":"gs://b"}}]},
        "citationMetadata":{"citationSources":[{"uri":"https://c","startIndex":1}]}}]});
    let response = whole(&body).unwrap();
    let [AssistantPart::Text(part)] = &response.choices[0].parts[..] else { panic!("{response:?}") };
    let urls: Vec<_> = part.citations.iter().map(|citation| citation.url.as_deref().unwrap()).collect();
    assert_eq!(urls, ["https://a", "gs://b", "https://c"]);
    assert!(
        response.extras.value("groundingMetadata").is_some()
            && response.extras.value("citationMetadata").is_some()
    );
}

/// Google counts bytes of a part; clients count characters of the text.
#[test]
fn sources_stand_for_stretches_of_the_text() {
    let note = json!({
    "groundingChunks": [{"web":{"uri":"https://a","title":"A"}}, {"web":{"uri":"https://b"}}, {"web":{"uri":"https://c"}}],
    "groundingSupports": [
        {"segment":{"partIndex":1,"endIndex":7,"text":"Zürich"},"groundingChunkIndices":[0,1,9]},
        {"segment":{"partIndex":1,"startIndex":12,"endIndex":17,"text":"groß"},"groundingChunkIndices":[0]},
        {"segment":{"partIndex":1,"startIndex":12,"endIndex":999},"groundingChunkIndices":[1]},
    ]});
    let sources = json!({"citationSources":[{"uri":"https://d","startIndex":8,"endIndex":11}]});
    let body = json!({"candidates":[{"finishReason":"STOP","groundingMetadata":note,"citationMetadata":sources,
        "content":{"parts":[{"text":"hm, ä","thought":true},{"text":"Zürich ist groß"}]}}]});
    let response = whole(&body).unwrap();
    let [.., AssistantPart::Text(part)] = &response.choices[0].parts[..] else { panic!("{response:?}") };
    let found: Vec<_> = part.citations.iter().map(|one| (one.url.as_deref().unwrap(), one.span)).collect();
    let expected = [
        ("https://a", Some((0, 6))),
        ("https://b", Some((0, 6))),
        ("https://a", Some((11, 15))),
        ("https://c", None),
        ("https://d", Some((7, 10))),
    ];
    assert_eq!(found, expected);
    // The same where the text comes in pieces.
    let piece = |parts: Value| json!({"candidates":[{"content":{"parts":parts}}]});
    let units = [
        piece(json!([{"text":"hm, ","thought":true}])),
        piece(json!([{"text":"ä","thought":true}])),
        piece(json!([{"text":"Zür"}])),
        piece(json!([{"text":"ich ist"}])),
        piece(json!([{"text":" groß"}])),
        json!({"candidates":[{"finishReason":"STOP","groundingMetadata":note,"citationMetadata":sources}]}),
    ];
    assert_eq!(folded(stream(&units)).unwrap().choices[0].parts, response.choices[0].parts);
}

#[test]
fn log_probabilities_have_openais_form() {
    let body = json!({"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"Hi"}]},"logprobsResult":{"chosenCandidates":[{"token":"Hi","logProbability":-0.5,"tokenId":9}],"topCandidates":[{"candidates":[{"token":"Ho","logProbability":-11.25}]}]}}]});
    let response = whole(&body).unwrap();
    let read: Value = serde_json::from_str(response.choices[0].logprobs.as_ref().unwrap().as_str()).unwrap();
    let expected = json!({"content":[{"token":"Hi","logprob":-0.5,"bytes":[72,105],"top_logprobs":[{"token":"Ho","logprob":-11.25,"bytes":[72,111]}]}],"refusal":null});
    assert_eq!(read, expected);
}

#[test]
fn tiers_are_told() {
    let tier = |usage: Value| {
        whole(&json!({"candidates":[{"finishReason":"STOP"}],"usageMetadata":usage})).unwrap().service_tier
    };
    assert_eq!(tier(json!({"trafficType":"ON_DEMAND"})), None);
    assert_eq!(
        tier(json!({"trafficType":"PROVISIONED_THROUGHPUT"})).as_deref(),
        Some("provisioned_throughput")
    );
    assert_eq!(tier(json!({"serviceTier":"flex"})).as_deref(), Some("flex"));
}

#[test]
fn what_is_no_answer_is_refused() {
    assert_eq!(whole(&json!({"usageMetadata":{}})), Err(DecodeError::Missing("candidates")));
    assert_eq!(whole(&json!({"candidates":[]})), Err(DecodeError::Missing("candidates")));
    assert_eq!(whole(&json!([1])), Err(DecodeError::NotAnObject));
    assert_eq!(events_of(&[b"{\"candidates\":[".to_vec()]), Err(Unreadable));
    assert_eq!(events_of(&[b"<html>".to_vec()]), Err(Unreadable));
    assert_eq!(events_of(&[b" ".to_vec(), b"[DONE]".to_vec()]), Ok(vec![]));
}

/// Parts of an answer.
fn parts() -> impl Strategy<Value = Vec<Value>> {
    let words = "[a-zé\"\\\\\n ]{0,6}";
    let part = prop_oneof![
        4 => words.prop_map(|text| json!({"text": text})),
        2 => words.prop_map(|text| json!({"text": text, "thought": true})),
        1 => words.prop_map(|text| json!({"text": text, "thoughtSignature": "QQ=="})),
        2 => (words, any::<bool>(), any::<bool>()).prop_map(|(text, sealed, id)| {
            let mut part = json!({"functionCall": {"name": "f", "args": {"a": text, "n": 12_345_678_901_u64}}});
            if sealed {
                part["thoughtSignature"] = json!("QUI=");
            }
            if id {
                part["functionCall"]["id"] = json!("own");
            }
            part
        }),
        1 => Just(json!({"functionCall": {"name": "g"}})),
        1 => Just(json!({"inlineData": {"mimeType": "image/png", "data": "AAAA"}})),
        1 => Just(json!({"toolResponse": {"a": 1}})),
        1 => Just(json!({"codeExecutionResult": {"output": "x"}})),
    ];
    prop::collection::vec(part, 0..8)
}

proptest! {
    #[test]
    fn a_stream_is_the_whole_answer(
        choices in prop::collection::vec((parts(), prop::sample::select(vec!["STOP", "MAX_TOKENS", "SAFETY"])), 1..3),
        cuts in prop::collection::vec(0_usize..8, 0..4),
        cited in any::<bool>(),
    ) {
        let usage = json!({"promptTokenCount": 3, "candidatesTokenCount": 4});
        let note = json!({"groundingChunks": [{"web": {"uri": "https://a"}}]});
        let mut candidates = Vec::new();
        for (index, (parts, reason)) in choices.iter().enumerate() {
            let mut candidate = json!({"index": index, "content": {"parts": parts}, "finishReason": reason});
            if cited {
                candidate["groundingMetadata"] = note.clone();
            }
            candidates.push(candidate);
        }
        let body = json!({"responseId": "r", "candidates": candidates, "usageMetadata": usage});
        let response = whole(&body).unwrap();
        // The same in pieces: the parts of each candidate cut at the same places, one candidate after the other,
        // so that the made-up ids are counted alike.
        let mut cuts = cuts;
        cuts.push(0);
        cuts.push(usize::MAX);
        cuts.sort_unstable();
        let mut units = vec![json!({"responseId": "r", "usageMetadata": {"promptTokenCount": 3}})];
        for (index, (parts, reason)) in choices.iter().enumerate() {
            for pair in cuts.windows(2) {
                let piece = &parts[pair[0].min(parts.len())..pair[1].min(parts.len())];
                units.push(json!({"responseId": "r", "candidates": [{"index": index, "content": {"parts": piece}, "finishReason": reason}], "usageMetadata": usage}));
            }
            if cited {
                units.push(json!({"candidates": [{"index": index, "groundingMetadata": note}]}));
            }
        }
        prop_assert_eq!(folded(stream(&units)).unwrap(), response);
    }
}
