//! TEMP local placeholder, not committed.
use crate::chat::*;
use model::*;
pub struct C;
pub static CHAT_CODEC: C = C;
impl ErrorReader for C {
    fn error(&self, status: u16, _h: HeaderOf<'_>, _b: &[u8]) -> UpstreamError {
        UpstreamError::new(status, "")
    }
}
impl ChatCodec for C {
    fn handling(&self, _p: Parameter, _f: &crate::Family) -> Handling {
        Handling::Pass
    }
    fn encode(&self, _r: &ChatRequest, _c: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        Err(EncodeError::Unsupported("x".into()))
    }
}
use document::Document;
pub struct F;
pub static CHAT_FRONT: F = F;
pub static COMPLETIONS_FRONT: F = F;
pub static EMBEDDINGS_FRONT: F = F;
impl ChatFront for F {
    fn read(&self, _d: &Document) -> Result<Asked, crate::RequestError> {
        Err(crate::RequestError::NoPrompt)
    }
    fn member<'n>(&self, p: &'n str) -> &'n str {
        p
    }
    fn error(&self, _e: &UpstreamError) -> Vec<u8> {
        Vec::new()
    }
}
impl crate::EmbeddingsFront for F {
    fn read(&self, _d: &Document) -> Result<EmbeddingsRequest, crate::RequestError> {
        Err(crate::RequestError::NoPrompt)
    }
    fn write(&self, _r: &EmbeddingsRequest, _x: &EmbeddingsResponse, _i: &Identity) -> Vec<u8> {
        Vec::new()
    }
}
