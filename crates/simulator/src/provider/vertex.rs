//! Vertex's form of OpenAI's chat for the models of others; Google's own form is in `crate::gemini`.

use super::gemini;
use super::{Operation, Provider, Route};

pub(super) const PROVIDER: Provider = Provider {
    id: "vertex",
    routes: &[Route {
        path: "/v1/projects/{}/locations/{}/endpoints/openapi/chat/completions",
        operation: Operation::Chat,
    }],
    ..gemini::PROVIDER
};
