//! Every way in which the gateway itself refuses or fails a request, and what the caller is told.

use dialect::{AnswerError, DecodeError, EncodeError, RequestError};
use document::{DocumentError, FormError};
use http::StatusCode;
use thiserror::Error;

use crate::identify::Denial;
use crate::upstream::UpstreamError;

/// A request gone wrong. The text is what the caller reads: no secret, no body content, no host.
#[derive(Debug, Error)]
pub enum GatewayError {
    #[error("no Route matched with those values")]
    NoRoute,
    #[error("the request has more than one Host header")]
    SeveralHosts,
    #[error(
        "the Host header must be an IP address or localhost: a gateway without configuration answers to no \
         other name, use `ai-proxy serve` for one that does"
    )]
    ForeignHost,
    #[error("{}", crate::router::Upgrade::MESSAGE)]
    WantsTls(StatusCode),
    #[error("no ai-proxy plugin applies to this request")]
    NoPlugin,
    #[error("{}", .0.message)]
    Denied(Denial),
    #[error("request body is larger than {0} bytes")]
    BodyTooLarge(u64),
    #[error("request body did not arrive in time")]
    BodyTimeout,
    #[error("request body could not be read to its end")]
    BodyBroken,
    #[error("content-encoding of the request body is not supported: use gzip, deflate, br or identity")]
    Encoding,
    #[error("request body does not fit its content-encoding")]
    BadEncoding,
    #[error("content-type header does not match request body, or bad JSON formatting")]
    ContentType,
    #[error("content-type header does not match request body, or bad JSON formatting: {0}")]
    Json(DocumentError),
    #[error("the target's credential goes into the body, which must be a JSON object or a form")]
    NoPlaceInBody,
    #[error("the target's credential goes into the body, and no field can be set in it: {0}")]
    Form(#[from] FormError),
    #[error("{0}")]
    Request(#[from] RequestError),
    #[error("{0}")]
    Template(#[from] config::TemplateError),
    #[error("cannot use own model - must be: {0}")]
    OwnModel(Box<str>),
    #[error("model parameter not found in request, nor in gateway configuration")]
    NoModel,
    #[error("model '{0}' does not exist here: GET the list of models for what can be called")]
    UnknownModel(Box<str>),
    #[error("response streaming is not enabled for this LLM")]
    StreamingDenied,
    #[error("the target of this request is not valid: {0}")]
    Endpoint(String),
    #[error("{0}")]
    Encode(#[from] EncodeError),
    #[error("more than {0} inputs cannot be sent at once")]
    TooManyInputs(usize),
    #[error("the target cannot be told: {0}")]
    Unsupported(String),
    #[error("method {method} is not supported on this route: use {allowed}")]
    Method { method: http::Method, allowed: &'static str },
    #[error("the model's name has a control character")]
    ModelName,
    #[error("transformation failed from type {provider}://{route}: {reason}")]
    Transformation { provider: &'static str, route: &'static str, reason: AnswerError },
    #[error("transformation failed from type {provider}://{route}: {reason}")]
    Undecodable { provider: &'static str, route: &'static str, reason: DecodeError },
    #[error("transformation failed from type {provider}://{route}: the answer is not an event stream")]
    NotAStream { provider: &'static str, route: &'static str },
    #[error("the upstream answered with status {}, which is neither an answer nor an error", .0.as_u16())]
    NoAnswer(StatusCode),
    #[error("the upstream's answer ended before it was complete")]
    AnswerTruncated,
    #[error("the upstream answered with an error ({}) that ended before it was complete", .0.as_u16())]
    ErrorTruncated(StatusCode),
    #[error("the upstream's answer is larger than {0} bytes")]
    AnswerTooLarge(usize),
    #[error("the upstream's answer does not fit its content-encoding")]
    AnswerEncoding,
    #[error("{0}")]
    Upstream(#[from] UpstreamError),
    /// A target without a usable credential. The log says why.
    #[error("the gateway has no valid credential for this target")]
    Identity,
    #[error("an unexpected error occurred")]
    Internal(&'static str),
}

/// Who is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    Caller,
    Upstream,
    Gateway,
}

/// What an error means on the wire and in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    pub status: StatusCode,
    /// OpenAI's `type`.
    pub kind: &'static str,
    /// OpenAI's `code`, and the word in the record.
    pub code: &'static str,
    pub blame: Blame,
}

const fn meaning(status: StatusCode, kind: &'static str, code: &'static str, blame: Blame) -> Meaning {
    Meaning { status, kind, code, blame }
}

const INVALID: &str = "invalid_request_error";
const FAILED: &str = "api_error";

const fn bad_request(code: &'static str) -> Meaning {
    meaning(StatusCode::BAD_REQUEST, INVALID, code, Blame::Caller)
}

impl GatewayError {
    /// The one table from errors to what they mean.
    pub const fn meaning(&self) -> Meaning {
        match self {
            Self::NoRoute => meaning(StatusCode::NOT_FOUND, "not_found_error", "no_route", Blame::Caller),
            Self::SeveralHosts => bad_request("several_hosts"),
            Self::ForeignHost => meaning(StatusCode::FORBIDDEN, INVALID, "foreign_host", Blame::Caller),
            Self::WantsTls(status) => meaning(*status, INVALID, "https_required", Blame::Caller),
            Self::NoPlugin => meaning(StatusCode::SERVICE_UNAVAILABLE, FAILED, "no_target", Blame::Gateway),
            Self::Denied(denial) if denial.www_authenticate.is_some() => {
                meaning(denial.status, "authentication_error", "invalid_api_key", Blame::Caller)
            }
            Self::Denied(denial) => meaning(denial.status, FAILED, "anonymous_missing", Blame::Gateway),
            Self::BodyTooLarge(_) => {
                meaning(StatusCode::PAYLOAD_TOO_LARGE, INVALID, "request_too_large", Blame::Caller)
            }
            Self::BodyTimeout => {
                meaning(StatusCode::REQUEST_TIMEOUT, INVALID, "request_timeout", Blame::Caller)
            }
            Self::BodyBroken => bad_request("incomplete_body"),
            Self::Encoding => {
                meaning(StatusCode::UNSUPPORTED_MEDIA_TYPE, INVALID, "unsupported_encoding", Blame::Caller)
            }
            Self::BadEncoding => bad_request("bad_encoding"),
            Self::ContentType | Self::Json(_) | Self::NoPlaceInBody | Self::Form(_) => {
                bad_request("invalid_body")
            }
            Self::Request(_) => bad_request("invalid_request"),
            Self::Template(_) => bad_request("template_error"),
            Self::OwnModel(_) => bad_request("model_not_allowed"),
            Self::NoModel => bad_request("model_missing"),
            Self::ModelName => bad_request("invalid_model"),
            Self::UnknownModel(_) => {
                meaning(StatusCode::NOT_FOUND, INVALID, "model_not_found", Blame::Caller)
            }
            Self::StreamingDenied => bad_request("streaming_denied"),
            Self::Endpoint(_) => bad_request("invalid_target"),
            Self::Unsupported(_) | Self::Encode(_) => bad_request("unsupported_parameter"),
            Self::TooManyInputs(_) => bad_request("too_many_inputs"),
            Self::Method { .. } => {
                meaning(StatusCode::METHOD_NOT_ALLOWED, INVALID, "method_not_allowed", Blame::Caller)
            }
            Self::Transformation { .. } | Self::Undecodable { .. } | Self::NotAStream { .. } => {
                meaning(StatusCode::INTERNAL_SERVER_ERROR, FAILED, "transformation_failed", Blame::Upstream)
            }
            Self::AnswerTruncated => {
                meaning(StatusCode::INTERNAL_SERVER_ERROR, FAILED, "upstream_truncated", Blame::Upstream)
            }
            Self::ErrorTruncated(_) => {
                meaning(StatusCode::BAD_GATEWAY, FAILED, "upstream_truncated", Blame::Upstream)
            }
            Self::AnswerTooLarge(_) | Self::AnswerEncoding | Self::NoAnswer(_) => {
                meaning(StatusCode::BAD_GATEWAY, FAILED, "upstream_invalid", Blame::Upstream)
            }
            Self::Upstream(error) => upstream_meaning(error),
            Self::Identity => {
                meaning(StatusCode::INTERNAL_SERVER_ERROR, FAILED, "identity_failed", Blame::Gateway)
            }
            Self::Internal(_) => {
                meaning(StatusCode::INTERNAL_SERVER_ERROR, FAILED, "internal_error", Blame::Gateway)
            }
        }
    }

    /// The member of the request that is at fault, as OpenAI's `param` names it.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::OwnModel(_) | Self::NoModel | Self::ModelName | Self::UnknownModel(_) => Some("model"),
            Self::StreamingDenied => Some("stream"),
            Self::Request(RequestError::WrongType { member, .. }) => Some(member),
            Self::Request(RequestError::Duplicate(member)) => Some(member),
            Self::Encode(EncodeError::Unsupported(member) | EncodeError::Invalid { member, .. }) => {
                Some(member)
            }
            _ => None,
        }
    }
}

const fn upstream_meaning(error: &UpstreamError) -> Meaning {
    let (status, code) = match error {
        UpstreamError::Resolve | UpstreamError::Connect(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "upstream_unreachable")
        }
        UpstreamError::Exhausted => (StatusCode::SERVICE_UNAVAILABLE, "upstream_exhausted"),
        UpstreamError::Tls(_) => (StatusCode::BAD_GATEWAY, "upstream_tls"),
        UpstreamError::ConnectTimeout | UpstreamError::ReadTimeout => {
            (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout")
        }
        UpstreamError::Closed => (StatusCode::BAD_GATEWAY, "upstream_closed"),
        UpstreamError::Protocol(_) => (StatusCode::BAD_GATEWAY, "upstream_invalid"),
    };
    meaning(status, FAILED, code, Blame::Upstream)
}
