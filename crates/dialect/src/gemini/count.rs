//! `countTokens`, of the public API and of Vertex AI.
//!
//! From <https://ai.google.dev/api/tokens> and
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens>.

use document::{Document, write_object};

use crate::CountCodec;
use crate::count::{only, without};

/// The public API, where the whole request is a member, so that instructions and tools count.
#[derive(Debug, Clone, Copy)]
pub struct GeminiCount;

/// The one [`GeminiCount`].
pub static COUNT: GeminiCount = GeminiCount;

impl CountCodec for GeminiCount {
    fn ask(&self, request: &Document, model: &str) -> Vec<u8> {
        let name = if model.starts_with("models/") || model.starts_with("tunedModels/") {
            model.to_owned()
        } else {
            format!("models/{model}")
        };
        write_object(|body| {
            body.object("generateContentRequest", |inner| {
                inner.text("model", &name);
                without(request, &["model"], inner);
            });
        })
    }

    fn member(&self) -> &'static str {
        "totalTokens"
    }
}

/// Vertex AI, which takes those members that count.
#[derive(Debug, Clone, Copy)]
pub struct VertexCount;

/// The one [`VertexCount`].
pub static VERTEX_COUNT: VertexCount = VertexCount;

impl CountCodec for VertexCount {
    fn ask(&self, request: &Document, _model: &str) -> Vec<u8> {
        only(request, &["contents", "systemInstruction", "tools", "generationConfig"])
    }

    fn member(&self) -> &'static str {
        "totalTokens"
    }
}
