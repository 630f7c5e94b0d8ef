//! Every parameter passes, or is reported.

use model::Parameter;
use serde_json::{Value, json};

use super::{ADAPTIVE, CLAUDE_MODEL, EARLY, NOVA, PLAIN, case};
use crate::bedrock::CHAT_CODEC;
use crate::{ChatCodec, Family, Handling};

/// Takes what only some models know.
static KNOWING: Family = Family {
    additional: &[Parameter::Seed, Parameter::FrequencyPenalty, Parameter::PresencePenalty],
    ..ADAPTIVE
};

/// A request with the parameter, and the text that shows it in the body.
fn example(parameter: Parameter) -> (Value, &'static str) {
    let tool = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let schema = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}});
    match parameter {
        Parameter::MaxTokens => (json!({"max_tokens": 77}), r#""maxTokens":77"#),
        Parameter::Temperature => (json!({"temperature": 0.25}), r#""temperature":0.25"#),
        Parameter::TopP => (json!({"top_p": 0.75}), r#""topP":0.75"#),
        Parameter::TopK => (json!({"top_k": 7}), r#":{"top_k":7}"#),
        Parameter::Stop => (json!({"stop": "halt"}), r#""stopSequences":["halt"]"#),
        Parameter::Seed => (json!({"seed": 9}), r#""seed":9"#),
        Parameter::N => (json!({"n": 2}), ""),
        Parameter::FrequencyPenalty => (json!({"frequency_penalty": 0.5}), r#""frequency_penalty":0.5"#),
        Parameter::PresencePenalty => (json!({"presence_penalty": 0.5}), r#""presence_penalty":0.5"#),
        Parameter::Logprobs => (json!({"logprobs": true}), ""),
        Parameter::TopLogprobs => (json!({"top_logprobs": 3}), ""),
        Parameter::LogitBias => (json!({"logit_bias": {"1": 2}}), ""),
        Parameter::User => (json!({"user": "somebody"}), ""),
        Parameter::ServiceTier => {
            (json!({"service_tier": "priority"}), r#""serviceTier":{"type":"priority"}"#)
        }
        Parameter::Metadata => (json!({"metadata": {"a": "b"}}), r#""requestMetadata":{"a":"b"}"#),
        Parameter::JsonObject => (json!({"response_format": {"type": "json_object"}}), ""),
        Parameter::JsonSchema => {
            (json!({"response_format": schema}), r#""textFormat":{"type":"json_schema""#)
        }
        Parameter::Tools => (json!({"tools": tool}), r#""toolSpec":{"name":"f""#),
        // To be told of none is to know of none.
        Parameter::ToolChoiceNone => (json!({"tools": tool, "tool_choice": "none"}), r#""messages""#),
        Parameter::ToolChoiceRequired => {
            (json!({"tools": tool, "tool_choice": "required"}), r#""toolChoice":{"any":{}}"#)
        }
        Parameter::ToolChoiceNamed => {
            let choice = json!({"type": "function", "function": {"name": "f"}});
            (json!({"tools": tool, "tool_choice": choice}), r#""toolChoice":{"tool":{"name":"f"}}"#)
        }
        Parameter::ToolChoiceAmong => {
            let allowed =
                json!({"mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]});
            (json!({"tools": tool, "tool_choice": {"type": "allowed_tools", "allowed_tools": allowed}}), "")
        }
        Parameter::ParallelToolCalls => (json!({"tools": tool, "parallel_tool_calls": false}), ""),
        Parameter::ReasoningOff => (json!({"reasoning_effort": "none"}), r#""thinking":{"type":"disabled"}"#),
        Parameter::Reasoning => (
            json!({"reasoning_effort": "high"}),
            r#""thinking":{"type":"adaptive"},"output_config":{"effort":"high"}"#,
        ),
        _ => said_example(parameter),
    }
}

/// The same for what messages have.
fn said_example(parameter: Parameter) -> (Value, &'static str) {
    let said = |content: Value| json!([{"role": "user", "content": content}]);
    let tool = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let result = |content: Value, more: Value| {
        let mut message = json!({"role": "tool", "tool_call_id": "c", "content": content});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
        json!([{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [call]}, message])
    };
    let image = |url: &str| json!([{"type": "image_url", "image_url": {"url": url}}]);
    let audio = json!([{"type": "input_audio", "input_audio": {"format": "wav", "data": "QUJD"}}]);
    let file = json!([{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}}]);
    match parameter {
        Parameter::ImageData => (
            json!({"messages": said(image("data:image/jpg;base64,QUJD"))}),
            r#""image":{"format":"jpeg","source":{"bytes":"QUJD"}}"#,
        ),
        Parameter::ImageUrl => (
            json!({"messages": said(image("s3://bucket/a.png"))}),
            r#""s3Location":{"uri":"s3://bucket/a.png"}"#,
        ),
        Parameter::Audio => {
            (json!({"messages": said(audio)}), r#""audio":{"format":"wav","source":{"bytes":"QUJD"}}"#)
        }
        Parameter::File => (
            json!({"messages": said(file)}),
            r#""document":{"format":"pdf","name":"a","source":{"bytes":"QUJD"}}"#,
        ),
        Parameter::ToolResultImage => {
            let messages = result(image("data:image/png;base64,QUJD"), json!({}));
            (json!({"messages": messages, "tools": tool}), r#""content":[{"image":{"format":"png""#)
        }
        Parameter::ToolResultError => (
            json!({"messages": result(json!("no"), json!({"is_error": true})), "tools": tool}),
            r#""status":"error""#,
        ),
        Parameter::CacheMark => {
            let text =
                json!([{"type": "text", "text": "q", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]);
            (json!({"messages": said(text)}), r#"{"cachePoint":{"type":"default","ttl":"1h"}}"#)
        }
        Parameter::UserName => (json!({"messages": [{"role": "user", "content": "q", "name": "ann"}]}), ""),
        other => panic!("{other:?} has no example"),
    }
}

#[test]
fn every_parameter_passes_or_is_reported() {
    for family in [&KNOWING, &EARLY, &NOVA, &PLAIN] {
        for &parameter in Parameter::ALL {
            let (mut body, shown) = example(parameter);
            let messages = json!([{"role": "user", "content": "q"}]);
            body.as_object_mut().unwrap().entry("messages").or_insert(messages);
            let request = super::read(&body);
            assert!(Parameter::of(&request).contains(&parameter), "{parameter:?} is not in its example");
            let (written, losses) = case(CLAUDE_MODEL, family).write(&body);
            let told = |kind: &str| losses.contains(&format!("{} {kind}", parameter.name()));
            match CHAT_CODEC.handling(parameter, family) {
                Handling::Pass | Handling::Rename(_) => {
                    assert!(losses.is_empty(), "{parameter:?}: {losses:?}");
                    if std::ptr::eq(family, &raw const KNOWING) {
                        let text = serde_json::to_string(&written).unwrap();
                        assert!(text.contains(shown) && !shown.is_empty(), "{parameter:?}: {text}");
                    }
                }
                Handling::Emulate => assert!(told("emulated"), "{parameter:?}: {losses:?}"),
                Handling::Approximate => assert!(told("approximated"), "{parameter:?}: {losses:?}"),
                Handling::Drop => assert!(told("dropped"), "{parameter:?}: {losses:?}"),
                Handling::Refuse => panic!("{parameter:?} is refused"),
            }
        }
    }
}
