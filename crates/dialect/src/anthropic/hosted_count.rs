//! Counts of tokens by those hosts of Claude that count in another way than Anthropic's own API.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html> and
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/count-tokens>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use document::{Document, Value, write_object};

use crate::CountCodec;
use crate::count::without;

/// AWS Bedrock: what `InvokeModel` would be sent.
#[derive(Debug, Clone, Copy)]
pub struct BedrockCount;

/// The one [`BedrockCount`].
pub static BEDROCK_COUNT: BedrockCount = BedrockCount;

impl CountCodec for BedrockCount {
    fn ask(&self, request: &Document, _model: &str) -> Vec<u8> {
        // A request to count has no limit; one to be answered must have one, above what may be thought.
        let limited = request.value("max_tokens").is_some_and(|limit| !limit.is_null());
        let thinking = request.value("thinking").and_then(|thinking| thinking.value("budget_tokens"));
        let limit = thinking.and_then(Value::as_u64).unwrap_or_default().saturating_add(1);
        let invoked = write_object(|body| {
            let left: &[&str] = if limited { &[] } else { &["max_tokens"] };
            without(request, left, body);
            if !limited {
                body.number("max_tokens", limit);
            }
        });
        write_object(|body| {
            body.object("input", |input| {
                input.object("invokeModel", |invoke| invoke.text("body", &STANDARD.encode(&invoked)));
            });
        })
    }

    fn member(&self) -> &'static str {
        "inputTokens"
    }
}

/// Vertex AI: Anthropic's request at a place of its own, which is a model's by its form.
#[derive(Debug, Clone, Copy)]
pub struct VertexCount;

/// The one [`VertexCount`].
pub static VERTEX_COUNT: VertexCount = VertexCount;

impl CountCodec for VertexCount {
    fn ask(&self, request: &Document, model: &str) -> Vec<u8> {
        write_object(|body| {
            body.text("model", model);
            without(request, &["model", "stream"], body);
        })
    }

    fn member(&self) -> &'static str {
        "input_tokens"
    }
}
