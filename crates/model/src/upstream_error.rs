//! An error that a provider reported, in no provider's words.

/// What kind of error it is; the names are those that OpenAI's and Anthropic's `type` have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    InvalidRequest,
    Authentication,
    Billing,
    Permission,
    NotFound,
    TooLarge,
    RateLimit,
    Timeout,
    Overloaded,
    Api,
}

impl ErrorKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Billing => "billing_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found_error",
            Self::TooLarge => "request_too_large",
            Self::RateLimit => "rate_limit_error",
            Self::Timeout => "timeout_error",
            Self::Overloaded => "overloaded_error",
            Self::Api => "api_error",
        }
    }

    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            402 => Self::Billing,
            403 => Self::Permission,
            404 => Self::NotFound,
            408 | 504 => Self::Timeout,
            413 => Self::TooLarge,
            429 => Self::RateLimit,
            503 | 529 => Self::Overloaded,
            400..500 => Self::InvalidRequest,
            _ => Self::Api,
        }
    }

    /// The status that an error of this kind has where none was sent, such as in a stream.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Authentication => 401,
            Self::Billing => 402,
            Self::Permission => 403,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::RateLimit => 429,
            Self::Timeout => 504,
            Self::Overloaded => 529,
            Self::Api => 502,
        }
    }
}

/// What a provider said about a request that it did not serve, or stopped serving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamError {
    /// HTTP status: the provider's own, or the one that the error stands for in a stream.
    pub status: u16,
    pub kind: ErrorKind,
    /// The provider's own word for it.
    pub code: Option<Box<str>>,
    pub message: String,
    /// The member of the request at fault, where told.
    pub param: Option<Box<str>>,
    /// The provider's id of the request, where the body has one.
    pub request_id: Option<Box<str>>,
    /// Seconds to wait before the next attempt, where the body says it.
    pub retry_after: Option<u64>,
}

impl UpstreamError {
    /// An error of which only status and text are known.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: ErrorKind::of_status(status),
            code: None,
            message: message.into(),
            param: None,
            request_id: None,
            retry_after: None,
        }
    }
}
