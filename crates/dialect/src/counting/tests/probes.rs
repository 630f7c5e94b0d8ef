//! One made-up answer for each row, whole and as a stream.

use super::super::*;
use crate::{
    ChatCodec, Envelope, Quirks, anthropic, bedrock, cohere, gemini, huggingface, llama, ollama, openai,
};

pub struct Probe {
    pub row: &'static Counting,
    pub codec: &'static dyn ChatCodec,
    pub quirks: &'static Quirks,
    /// What relays the format, where anything does.
    pub envelope: Option<&'static dyn Envelope>,
    pub completions: bool,
    pub whole: &'static str,
    /// Name and data of each unit.
    pub units: &'static [(&'static str, &'static str)],
}

static APART: Quirks = Quirks { reasoning_outside_completion: true, ..Quirks::NONE };

macro_rules! openai_usage {
    ($total:literal) => {
        concat!(
            r#""service_tier":"T","usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":"#,
            $total,
            r#","prompt_tokens_details":{"cached_tokens":40,"cache_write_tokens":10,"audio_tokens":5,"image_tokens":6,"text_tokens":39},"completion_tokens_details":{"reasoning_tokens":20,"audio_tokens":7,"image_tokens":8,"accepted_prediction_tokens":1,"rejected_prediction_tokens":2,"unheard_of":{"x":[]}}}}"#
        )
    };
}

macro_rules! openai {
    ($row:ident, $quirks:expr, $total:literal) => {
        Probe {
            row: &$row,
            codec: &openai::CHAT_CODEC,
            quirks: $quirks,
            envelope: Some(&openai::OPENAI),
            completions: false,
            whole: concat!(
                r#"{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"#,
                openai_usage!($total)
            ),
            units: &[
                (
                    "",
                    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"x"}}],"service_tier":"auto","usage":{"prompt_tokens":100,"completion_tokens":1,"total_tokens":101}}"#,
                ),
                ("", r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#),
                ("", concat!(r#"{"id":"c","model":"m","choices":[],"#, openai_usage!($total))),
                ("", "[DONE]"),
            ],
        }
    };
}

macro_rules! gemini_usage {
    () => {
        r#""usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":50,"thoughtsTokenCount":20,"totalTokenCount":170,"promptTokensDetails":[{"modality":"TEXT","tokenCount":89},{"modality":"AUDIO","tokenCount":5},{"modality":"VIDEO","tokenCount":6}],"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":7},{"modality":"IMAGE","tokenCount":8}],"trafficType":"T"}"#
    };
}

pub static PROBES: [Probe; 12] = [
    openai!(OPENAI, &Quirks::NONE, 150),
    openai!(REASONING_BESIDE, &APART, 170),
    Probe {
        row: &MESSAGES,
        codec: &anthropic::CHAT_CODEC,
        quirks: &Quirks::NONE,
        envelope: Some(&anthropic::ENVELOPE),
        completions: false,
        whole: r#"{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn","usage":{"input_tokens":100,"cache_read_input_tokens":40,"cache_creation_input_tokens":10,"output_tokens":50,"output_tokens_details":{"thinking_tokens":20},"service_tier":"T"}}"#,
        units: &[
            (
                "message_start",
                r#"{"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":100,"cache_read_input_tokens":40,"cache_creation_input_tokens":10,"output_tokens":9,"service_tier":"T"}}}"#,
            ),
            (
                "content_block_start",
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}"#,
            ),
            ("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
            (
                "message_delta",
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":50,"output_tokens_details":{"thinking_tokens":20}}}"#,
            ),
            ("message_stop", r#"{"type":"message_stop"}"#),
        ],
    },
    Probe {
        row: &COMPLETE,
        codec: &anthropic::COMPLETE_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: true,
        whole: r#"{"completion":"x","stop_reason":"stop_sequence","model":"m"}"#,
        units: &[(
            "completion",
            r#"{"type":"completion","completion":"x","stop_reason":"stop_sequence","model":"m"}"#,
        )],
    },
    Probe {
        row: &GENERATE_CONTENT,
        codec: &gemini::CHAT_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: false,
        whole: concat!(
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"x"}]},"finishReason":"STOP"}],"#,
            gemini_usage!(),
            "}"
        ),
        units: &[
            (
                "",
                r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"x"}]}}],"usageMetadata":{"promptTokenCount":99,"candidatesTokenCount":3,"totalTokenCount":102}}"#,
            ),
            ("", concat!(r#"{"candidates":[{"finishReason":"STOP"}],"#, gemini_usage!(), "}")),
            ("", r#"{"candidates":[{"content":{"parts":[]}}]}"#),
        ],
    },
    Probe {
        row: &CONVERSE,
        codec: &bedrock::CHAT_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: false,
        whole: r#"{"output":{"message":{"role":"assistant","content":[{"text":"x"}]}},"stopReason":"end_turn","usage":{"inputTokens":100,"outputTokens":50,"totalTokens":200,"cacheReadInputTokens":40,"cacheWriteInputTokens":10},"serviceTier":{"type":"T"},"performanceConfig":{"latency":"standard"}}"#,
        units: &[
            ("messageStart", r#"{"role":"assistant"}"#),
            ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"x"}}"#),
            ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
            ("messageStop", r#"{"stopReason":"end_turn"}"#),
            (
                "metadata",
                r#"{"usage":{"inputTokens":100,"outputTokens":50,"totalTokens":200,"cacheReadInputTokens":40,"cacheWriteInputTokens":10},"performanceConfig":{"latency":"T"}}"#,
            ),
        ],
    },
    Probe {
        row: &COHERE,
        codec: &cohere::CHAT_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: false,
        whole: r#"{"id":"c","message":{"role":"assistant","content":[{"type":"text","text":"x"}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":100,"output_tokens":50},"cached_tokens":40}}"#,
        units: &[
            ("message-start", r#"{"type":"message-start","id":"c"}"#),
            (
                "content-delta",
                r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"x"}}}}"#,
            ),
            (
                "message-end",
                r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":100,"output_tokens":50},"cached_tokens":40}}}"#,
            ),
        ],
    },
    Probe {
        row: &COHERE,
        codec: &cohere::CHAT_V1_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: false,
        whole: r#"{"generation_id":"g","text":"x","finish_reason":"COMPLETE","meta":{"billed_units":{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":100.0,"output_tokens":50.0},"cached_tokens":40}}"#,
        units: &[
            ("", r#"{"event_type":"stream-start","generation_id":"g"}"#),
            ("", r#"{"event_type":"text-generation","text":"x"}"#),
            (
                "",
                r#"{"event_type":"stream-end","is_finished":true,"finish_reason":"COMPLETE","response":{"text":"x","finish_reason":"COMPLETE","meta":{"tokens":{"input_tokens":100.0,"output_tokens":50.0},"cached_tokens":40}}}"#,
            ),
        ],
    },
    Probe {
        row: &COHERE,
        codec: &cohere::GENERATE_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: true,
        whole: r#"{"id":"g","generations":[{"text":"x","finish_reason":"COMPLETE"}],"meta":{"billed_units":{"input_tokens":100,"output_tokens":50},"cached_tokens":40}}"#,
        units: &[
            ("", r#"{"text":"x","is_finished":false}"#),
            (
                "",
                r#"{"is_finished":true,"finish_reason":"COMPLETE","response":{"id":"g","generations":[{"text":"x","finish_reason":"COMPLETE"}],"meta":{"billed_units":{"input_tokens":100,"output_tokens":50},"cached_tokens":40}}}"#,
            ),
        ],
    },
    Probe {
        row: &OLLAMA,
        codec: &ollama::CHAT_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: false,
        whole: r#"{"model":"m","message":{"role":"assistant","content":"x"},"done":true,"done_reason":"stop","prompt_eval_count":100,"eval_count":50}"#,
        units: &[
            ("", r#"{"model":"m","message":{"role":"assistant","content":"x"},"done":false}"#),
            (
                "",
                r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":100,"eval_count":50}"#,
            ),
        ],
    },
    Probe {
        row: &TEXT_GENERATION,
        codec: &huggingface::GENERATE_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: true,
        whole: r#"[{"generated_text":"x","details":{"finish_reason":"eos_token","generated_tokens":50,"input_length":100}}]"#,
        units: &[(
            "",
            r#"{"token":{"id":1,"text":"x","special":false},"generated_text":"x","details":{"finish_reason":"eos_token","generated_tokens":50,"input_length":100}}"#,
        )],
    },
    Probe {
        row: &TEXT_ALONE,
        codec: &llama::RAW_CODEC,
        quirks: &Quirks::NONE,
        envelope: None,
        completions: true,
        whole: r#"[{"generated_text":"p x"}]"#,
        units: &[("", r#"{"generated_text":"p x"}"#)],
    },
];
