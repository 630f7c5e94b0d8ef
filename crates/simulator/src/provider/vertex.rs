//! Vertex's form of OpenAI's chat for the models of others, and Mistral's own; Google's own form is in
//! `crate::gemini`.

use super::{Operation, Provider, Route, Rules, gemini, mistral};
use crate::ask::Ask;
use crate::refusal::Refusal;

pub(super) const PROVIDER: Provider = Provider {
    id: "vertex",
    routes: &[
        Route {
            path: "/v1/projects/{}/locations/{}/endpoints/openapi/chat/completions",
            operation: Operation::Chat,
        },
        Route {
            path: "/v1beta1/projects/{}/locations/{}/endpoints/openapi/chat/completions",
            operation: Operation::Chat,
        },
    ],
    chat: Rules { conditions: &[crate::rules::stream_options, publisher], ..gemini::PROVIDER.chat },
    ..gemini::PROVIDER
};

/// What the path of Mistral's models has in it.
pub(super) const MISTRALS: &str = "/publishers/mistralai/models/";

pub(super) const MISTRAL: Provider = Provider {
    id: "vertex-mistral",
    routes: &[Route {
        path: "/v1/projects/{}/locations/{}/publishers/mistralai/models/{}",
        operation: Operation::Chat,
    }],
    chat: Rules { conditions: &[agrees], ..mistral::PROVIDER.chat },
    ..mistral::PROVIDER
};

/// Models of others are named with their publisher.
fn publisher(ask: &Ask) -> Result<(), Refusal> {
    if ask.model.split('/').filter(|part| !part.is_empty()).count() == 2 || ask.model.starts_with("missing") {
        return Ok(());
    }
    Err(Refusal::Invalid { member: "model".to_owned(), message: "must be publisher/model".to_owned() })
}

/// The body names the model of the path, and wants a stream where the method gives one.
fn agrees(ask: &Ask) -> Result<(), Refusal> {
    let (model, method) =
        ask.deployment.as_deref().and_then(|last| last.rsplit_once(':')).ok_or(Refusal::Path)?;
    let streams = match method {
        "rawPredict" => false,
        "streamRawPredict" => true,
        _ => return Err(Refusal::Path),
    };
    if ask.text("model") != Some(model) {
        return Err(Refusal::Invalid { member: "model".to_owned(), message: "is not the path's".to_owned() });
    }
    if ask.streams() != streams {
        return Err(Refusal::Invalid {
            member: "stream".to_owned(),
            message: "is not what the method says".to_owned(),
        });
    }
    Ok(())
}
