//! Tests of reading whole OpenAI answers.

use proptest::prelude::*;

use super::*;
use crate::Quirks;

fn read(operation: Operation, body: &str) -> Result<WholeAnswer, AnswerError> {
    whole(&Reading { operation, quirks: &Quirks::NONE, nonce: "n", named: None }, body.as_bytes())
}

#[test]
fn a_chat_answer_is_read() {
    let choices = r#""choices":[
        {"index":0,"message":{"role":"assistant","content":"abc\n","refusal":null},"finish_reason":"stop"},
        {"index":1,"message":{"content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]}}]"#;
    let body = format!(r#"{{"id":"c","object":"chat.completion","model":"gpt",{choices}}} "#);
    let answer = read(Operation::Chat, &body).unwrap();
    assert_eq!((answer.output_bytes, answer.usage), (6, None));
    for usage in [
        r#""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}"#,
        r#""us\u0061ge":{"prompt\u005ftokens":3,"completion_tokens":2,"other":{"x":[1]}}"#,
    ] {
        for body in [format!("{{{choices},{usage}}}"), format!(" {{ {usage} ,{choices}}}")] {
            let answer = read(Operation::Chat, &body).unwrap();
            assert_eq!(answer.usage.map(|usage| usage.total_tokens()), Some(5), "{body}");
            // What was reported needs no estimate.
            assert_eq!(answer.output_bytes, 0);
        }
    }
}

#[test]
fn a_usage_that_counts_nothing_leaves_an_estimate() {
    for usage in ["null", "{}", "[1]", r#"{"prompt_tokens":?}"#] {
        let body = format!(r#"{{"usage":{usage},"choices":[{{"message":{{"content":"abc"}}}}]}}"#);
        let answer = read(Operation::Chat, &body).unwrap();
        assert_eq!((answer.output_bytes, answer.usage), (3, None), "{body}");
    }
}

#[test]
fn a_completion_counts_its_text() {
    let answer =
        read(Operation::Completions, r#"{"choices":[{"text":"abc","index":0,"message":{"content":"x"}}]}"#);
    assert_eq!(answer.unwrap().output_bytes, 3);
}

#[test]
fn choices_must_be_an_array() {
    for body in [
        r#"{"choices":null}"#,
        r#"{"choices":{}}"#,
        r#"{"choices":"[]"}"#,
        "{}",
        r#"{"error":{"message":"no"}}"#,
        r#"{"data":{"choices":[]}}"#,
    ] {
        let missing = AnswerError::Missing("choices", "llm/v1/chat");
        assert_eq!(read(Operation::Chat, body), Err(missing), "{body}");
        let missing = AnswerError::Missing("choices", "llm/v1/completions");
        assert_eq!(read(Operation::Completions, body), Err(missing), "{body}");
    }
    assert_eq!(
        AnswerError::Missing("choices", "llm/v1/chat").to_string(),
        "'choices' not in llm/v1/chat response"
    );
    assert_eq!(read(Operation::Chat, r#"{"choices":[]}"#), Ok(WholeAnswer::default()));
}

#[test]
fn what_is_cut_short_or_no_object_is_refused() {
    let body = r#"{"model":"m","choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":1}}"#;
    for end in 0..body.len() {
        assert_eq!(read(Operation::Chat, &body[..end]), Err(AnswerError::NotAnObject), "{end}");
    }
    for body in ["[]", "null", "<html>", "\"choices\"", "{\"choices\":[]} x", "data: {}"] {
        assert_eq!(read(Operation::Chat, body), Err(AnswerError::NotAnObject), "{body}");
    }
}

#[test]
fn embeddings_give_their_usage() {
    let answer = read(
        Operation::Embeddings,
        r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3]}],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}}"#,
    )
    .unwrap();
    assert_eq!(answer.usage.map(|usage| (usage.fresh_input, usage.completion_tokens())), Some((8, 0)));
    assert_eq!(answer.output_bytes, 0);
    assert_eq!(
        read(Operation::Embeddings, r#"{"data":null}"#),
        Err(AnswerError::Missing("data", "llm/v1/embeddings"))
    );
}

#[test]
fn other_operations_need_an_object_only() {
    assert_eq!(read(Operation::Preserve, "{}"), Ok(WholeAnswer::default()));
    assert_eq!(read(Operation::Preserve, "text"), Err(AnswerError::NotAnObject));
}

#[test]
fn the_habit_of_a_provider_is_known() {
    let quirks = Quirks { reasoning_outside_completion: true, ..Quirks::NONE };
    let body = br#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":20}}}"#;
    let usage =
        whole(&Reading { operation: Operation::Chat, quirks: &quirks, nonce: "n", named: None }, body)
            .unwrap()
            .usage
            .unwrap();
    assert_eq!(usage.completion_tokens(), 25);
}

proptest! {
    #[test]
    fn any_body_is_taken(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for operation in [Operation::Chat, Operation::Completions, Operation::Embeddings] {
            let _ = whole(&Reading { operation, quirks: &Quirks::NONE, nonce: "n", named: None }, &body);
        }
    }
}
