//! What becomes of a request that was let in: it is sent, or something else happens in its place. Serving and
//! explaining both go this way.

use dialect::Aside;

use crate::Gateway;
use crate::error::GatewayError;
use crate::prepare::{Asked, Counting, Prepared, prepare, prepare_count};
use crate::snapshot::AiProxy;

/// Why a request is not sent.
pub enum Instead {
    Refused(GatewayError),
    /// The gateway has estimated the tokens that it was asked to count: the answer's body.
    Estimated(Vec<u8>),
}

impl From<GatewayError> for Instead {
    fn from(error: GatewayError) -> Self {
        Self::Refused(error)
    }
}

/// Whether a request is for the list of models, which the gateway answers by itself.
pub fn lists_models(plugin: &AiProxy, path: &str) -> bool {
    plugin.extensions.list_models || matches!(plugin.aside(path), Some((_, Aside::Models)))
}

/// Prepares what a target is to be sent.
pub fn prepare_asked<'s>(
    gateway: &Gateway,
    plugin: &'s AiProxy,
    asked: &Asked<'_>,
) -> Result<Prepared<'s>, Instead> {
    let Some((asides, Aside::Count)) = plugin.aside(asked.path) else {
        return Ok(prepare(gateway, plugin, asked)?);
    };
    match prepare_count(gateway, plugin, asides, asked)? {
        Counting::Asked(prepared) => Ok(*prepared),
        Counting::Estimated(count) => Err(Instead::Estimated(count)),
    }
}
