//! `CountTokens` of a request for Converse.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html>.

use document::{Document, write_object};

use crate::CountCodec;
use crate::count::only;

/// Members of a request for Converse that count.
const COUNTED: &[&str] = &["messages", "system", "toolConfig", "additionalModelRequestFields"];

/// `CountTokens` of what Converse would be sent.
#[derive(Debug, Clone, Copy)]
pub struct ConverseCount;

/// The one [`ConverseCount`].
pub static COUNT: ConverseCount = ConverseCount;

impl CountCodec for ConverseCount {
    fn ask(&self, request: &Document, _model: &str) -> Vec<u8> {
        let counted = only(request, COUNTED);
        write_object(|body| body.object("input", |input| input.raw("converse", &counted)))
    }

    fn member(&self) -> &'static str {
        "inputTokens"
    }
}
