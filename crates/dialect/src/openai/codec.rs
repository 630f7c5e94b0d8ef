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
