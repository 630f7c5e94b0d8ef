//! Why a request is refused, and how each provider says so.

use http::StatusCode;
use serde_json::{Value, json};

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    KeyMissing,
    KeyWrong(String),
    /// No such path.
    Path,
    /// The path exists for another method.
    Method,
    /// No query argument `api-version` where one is needed.
    ApiVersion,
    NotJson(String),
    TooLarge,
    Encoding(String),
    /// A member that the provider does not know.
    Unknown {
        member: String,
        input: Value,
    },
    /// A member that this model does not take.
    Unsupported {
        member: String,
        instead: Option<&'static str>,
    },
    Type {
        member: String,
        expected: &'static str,
        found: Value,
    },
    Range {
        member: String,
        expected: String,
    },
    Missing {
        member: String,
    },
    Invalid {
        member: String,
        message: String,
    },
    Model(String),
    /// A fault that was asked for by name and does not exist.
    Fault(String),
    /// A status that was asked for.
    Asked(u16),
}

/// What a refusal says, before it is put into a provider's form.
struct Words {
    status: u16,
    message: String,
    kind: &'static str,
    param: Option<String>,
    code: Option<String>,
}

/// The form of a provider's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{"error":{"message","type","param","code"}}`
    OpenAi,
    /// The same, with Azure's codes.
    Azure,
    /// Field problems as a list `detail`; others flat.
    Mistral,
    /// `{"message","type","param","code"}`
    Flat,
    /// `{"code":"…","error":"…"}`
    Text,
    /// `{"error_code":"…","message":"…"}`
    Databricks,
    /// `{"error":"…","error_type":"…"}`
    HuggingFace,
    /// As OpenAI's, with the status as a number for a code.
    Vllm,
    /// As OpenAI's, with `request_id` beside.
    DashScope,
}

/// Renders a refusal as the provider would.
pub(crate) fn render(shape: Shape, refusal: &Refusal) -> (StatusCode, Value) {
    let mut words = words(refusal);
    if shape == Shape::Mistral || shape == Shape::HuggingFace {
        if let Refusal::Unknown { .. }
        | Refusal::Type { .. }
        | Refusal::Range { .. }
        | Refusal::Missing { .. }
        | Refusal::Invalid { .. } = refusal
        {
            words.status = 422;
        }
    }
    let status = StatusCode::from_u16(words.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, body(shape, refusal, words))
}

fn body(shape: Shape, refusal: &Refusal, words: Words) -> Value {
    let Words {
        status,
        message,
        kind,
        param,
        code,
    } = words;
    match shape {
        Shape::OpenAi => json!({"error": {"message": message, "type": kind, "param": param, "code": code}}),
        Shape::Azure => azure(refusal, status, message, kind, param, code),
        Shape::Mistral => mistral(refusal, message, kind, param, code),
        Shape::Flat => json!({"message": message, "type": kind, "param": param, "code": code}),
        Shape::Text => json!({"code": xai_code(status), "error": message}),
        Shape::Databricks => json!({"error_code": databricks_code(status), "message": message}),
        Shape::HuggingFace => json!({"error": message, "error_type": hugging_face_type(status)}),
        Shape::Vllm => json!({"error": {"message": message, "type": kind, "param": param, "code": status}}),
        Shape::DashScope => json!({
            "error": {"message": message, "type": kind, "param": param, "code": code},
            "request_id": "sim-request",
        }),
    }
}

fn azure(
    refusal: &Refusal,
    status: u16,
    message: String,
    kind: &'static str,
    param: Option<String>,
    code: Option<String>,
) -> Value {
    match refusal {
        Refusal::KeyMissing | Refusal::KeyWrong(_) => json!({"error": {
            "code": "401",
            "message": "Access denied due to invalid subscription key or wrong API endpoint.",
        }}),
        Refusal::Model(_) => json!({"error": {
            "code": "DeploymentNotFound",
            "message": "The API deployment for this resource does not exist.",
        }}),
        Refusal::Path | Refusal::ApiVersion => {
            json!({"error": {"code": "404", "message": "Resource not found"}})
        }
        _ => {
            let code = code.unwrap_or_else(|| status.to_string());
            json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
        }
    }
}

fn mistral(
    refusal: &Refusal,
    message: String,
    kind: &'static str,
    param: Option<String>,
    code: Option<String>,
) -> Value {
    let detail = |kind: &str, member: &str, text: &str, input: Value| {
        let mut place = vec![Value::from("body")];
        place.extend(member.split('.').map(Value::from));
        json!({"detail": [{"type": kind, "loc": place, "msg": text, "input": input}]})
    };
    match refusal {
        Refusal::KeyMissing | Refusal::KeyWrong(_) => json!({"detail": "Unauthorized"}),
        Refusal::Unknown { member, input } => detail(
            "extra_forbidden",
            member,
            "Extra inputs are not permitted",
            input.clone(),
        ),
        Refusal::Type {
            member,
            expected,
            found,
        } => detail(
            "type_error",
            member,
            &format!("Input should be a valid {expected}"),
            found.clone(),
        ),
        Refusal::Range { member, expected } => detail(
            "out_of_range",
            member,
            &format!("Input should be {expected}"),
            Value::Null,
        ),
        Refusal::Missing { member } => detail("missing", member, "Field required", Value::Null),
        _ => json!({"object": "error", "message": message, "type": kind, "param": param, "code": code}),
    }
}

const fn xai_code(status: u16) -> &'static str {
    match status {
        400 | 422 => "Client specified an invalid argument",
        401 | 403 => "The caller does not have permission to execute the specified operation",
        404 => "Some requested entity was not found",
        429 => "Some resource has been exhausted",
        _ => "Internal error",
    }
}

const fn databricks_code(status: u16) -> &'static str {
    match status {
        400 | 422 => "BAD_REQUEST",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "RESOURCE_DOES_NOT_EXIST",
        429 => "REQUEST_LIMIT_EXCEEDED",
        503 => "TEMPORARILY_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    }
}

const fn hugging_face_type(status: u16) -> &'static str {
    match status {
        429 | 503 => "overloaded",
        500.. => "generation",
        _ => "validation",
    }
}

fn words(refusal: &Refusal) -> Words {
    let invalid = |message: String, param: Option<&String>, code: Option<&str>| Words {
        status: 400,
        message,
        kind: "invalid_request_error",
        param: param.cloned(),
        code: code.map(str::to_owned),
    };
    match refusal {
        Refusal::KeyMissing => Words {
            status: 401,
            ..invalid("You didn't provide an API key.".to_owned(), None, None)
        },
        Refusal::KeyWrong(key) => Words {
            status: 401,
            ..invalid(
                format!("Incorrect API key provided: {}.", masked(key)),
                None,
                Some("invalid_api_key"),
            )
        },
        Refusal::Path => Words {
            status: 404,
            ..invalid("Invalid URL".to_owned(), None, None)
        },
        Refusal::Method => Words {
            status: 405,
            ..invalid(
                "Not allowed to use this method on this path.".to_owned(),
                None,
                Some("method_not_supported"),
            )
        },
        Refusal::ApiVersion => Words {
            status: 404,
            ..invalid("Resource not found".to_owned(), None, None)
        },
        Refusal::NotJson(why) => invalid(
            format!("We could not parse the JSON body of your request: {why}"),
            None,
            None,
        ),
        Refusal::TooLarge => Words {
            status: 413,
            ..invalid("The request is too large.".to_owned(), None, None)
        },
        Refusal::Encoding(coding) => invalid(
            format!("The request's content coding `{coding}` is not supported."),
            None,
            None,
        ),
        Refusal::Unknown { member, .. } => invalid(
            format!("Unrecognized request argument supplied: {member}"),
            Some(member),
            Some("unknown_parameter"),
        ),
        Refusal::Unsupported { member, instead } => {
            let hint = instead
                .map(|other| format!(" Use '{other}' instead."))
                .unwrap_or_default();
            invalid(
                format!("Unsupported parameter: '{member}' is not supported with this model.{hint}"),
                Some(member),
                Some("unsupported_parameter"),
            )
        }
        Refusal::Type {
            member,
            expected,
            found,
        } => invalid(
            format!(
                "Invalid type for '{member}': expected {expected}, but got {} instead.",
                kind_of(found)
            ),
            Some(member),
            Some("invalid_type"),
        ),
        Refusal::Range { member, expected } => invalid(
            format!("Invalid value for '{member}': expected {expected}."),
            Some(member),
            Some("invalid_value"),
        ),
        Refusal::Missing { member } => invalid(
            format!("Missing required parameter: '{member}'."),
            Some(member),
            Some("missing_required_parameter"),
        ),
        Refusal::Invalid { member, message } => invalid(message.clone(), Some(member), None),
        Refusal::Model(name) => Words {
            status: 404,
            ..invalid(
                format!("The model `{name}` does not exist or you do not have access to it."),
                None,
                Some("model_not_found"),
            )
        },
        Refusal::Fault(name) => invalid(
            format!("no fault is called `{name}`"),
            None,
            Some("unknown_fault"),
        ),
        Refusal::Asked(status) => asked(*status),
    }
}

fn asked(status: u16) -> Words {
    let (kind, code, message) = match status {
        401 => (
            "invalid_request_error",
            Some("invalid_api_key"),
            "Incorrect API key provided.",
        ),
        403 => (
            "invalid_request_error",
            Some("unsupported_country"),
            "Not allowed from here.",
        ),
        404 => (
            "invalid_request_error",
            Some("model_not_found"),
            "The model does not exist.",
        ),
        429 => (
            "requests",
            Some("rate_limit_exceeded"),
            "Rate limit reached for requests.",
        ),
        500..=599 => (
            "server_error",
            None,
            "The server had an error while processing your request.",
        ),
        _ => ("invalid_request_error", None, "The request was refused."),
    };
    Words {
        status,
        message: message.to_owned(),
        kind,
        param: None,
        code: code.map(str::to_owned),
    }
}

/// As the providers show a key that they refuse: only its ends.
fn masked(key: &str) -> String {
    let tail: String = key
        .chars()
        .rev()
        .take(2)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let head: String = key.chars().take(3).collect();
    format!("{head}***{tail}")
}

pub(crate) const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
