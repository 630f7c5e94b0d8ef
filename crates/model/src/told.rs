//! What an answer tells of itself besides its content.

use crate::FinishReason;

/// For the record: how an answer is called, who made it, how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The provider's id of the answer.
    pub id: Option<Box<str>>,
    /// The model that the provider says has answered.
    pub model: Option<Box<str>>,
    /// How the provider has served the request, in its own word; its price may depend on it.
    pub service_tier: Option<Box<str>>,
    /// Why each choice ended, in the order in which they did.
    pub finish_reasons: Vec<FinishReason>,
}
