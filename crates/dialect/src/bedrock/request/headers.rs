//! What a client tells Bedrock in headers: those of `InvokeModel` and of its API in OpenAI's format, which Converse
//! takes as members of the body, and one of the gateway's own for metadata.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html> and
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html>.

use bytes::Bytes;
use document::write_object;
use model::ChatRequest;

const GUARDRAIL: &str = "x-amzn-bedrock-guardrailidentifier";
const GUARDRAIL_VERSION: &str = "x-amzn-bedrock-guardrailversion";
const TRACE: &str = "x-amzn-bedrock-trace";
const LATENCY: &str = "x-amzn-bedrock-performanceconfig-latency";
const TIER: &str = "x-amzn-bedrock-service-tier";
const BETAS: &str = "anthropic-beta";
/// A JSON object of texts.
pub(super) const METADATA: &str = "x-bedrock-metadata";

/// All of them, in lower case.
pub(in crate::bedrock) const READ: [&str; 7] =
    [GUARDRAIL, GUARDRAIL_VERSION, TRACE, LATENCY, TIER, BETAS, METADATA];

/// The members that headers stand for. `serviceTier` only where the body says nothing of it.
pub(super) fn members(request: &ChatRequest) -> impl Iterator<Item = (&'static str, Bytes)> {
    let guardrail = value(request, GUARDRAIL).map(|identifier| {
        write_object(|guardrail| {
            guardrail.text("guardrailIdentifier", identifier);
            if let Some(version) = value(request, GUARDRAIL_VERSION) {
                guardrail.text("guardrailVersion", version);
            }
            if let Some(trace) = value(request, TRACE) {
                guardrail.text("trace", &trace.to_ascii_lowercase());
            }
        })
    });
    let one = |name, value: &str| write_object(|object| object.text(name, &value.to_ascii_lowercase()));
    let latency = value(request, LATENCY).map(|latency| one("latency", latency));
    let tier = value(request, TIER).filter(|_| request.service_tier.is_none()).map(|tier| one("type", tier));
    let members = [("guardrailConfig", guardrail), ("performanceConfig", latency), ("serviceTier", tier)];
    members.into_iter().filter_map(|(name, value)| Some((name, Bytes::from(value?))))
}

/// Betas of Claude's that the client asks for.
pub(super) fn betas(request: &ChatRequest) -> impl Iterator<Item = &str> {
    let betas = value(request, BETAS).into_iter().flat_map(|betas| betas.split(','));
    betas.map(str::trim).filter(|beta| !beta.is_empty())
}

pub(super) fn metadata(request: &ChatRequest) -> Option<&str> {
    value(request, METADATA)
}

fn value<'r>(request: &'r ChatRequest, name: &str) -> Option<&'r str> {
    let found = request.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}
