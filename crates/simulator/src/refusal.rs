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
    /// A credential or a signature that is refused, under AWS's name for why.
    Denied {
        kind: &'static str,
        message: String,
    },
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
    let mut words = Words::of(refusal);
    let of_a_field = matches!(
        refusal,
        Refusal::Unknown { .. }
            | Refusal::Type { .. }
            | Refusal::Range { .. }
            | Refusal::Missing { .. }
            | Refusal::Invalid { .. }
    );
    if of_a_field && matches!(shape, Shape::Mistral | Shape::HuggingFace) {
        words.status = 422;
    }
    let status = StatusCode::from_u16(words.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, body(shape, refusal, &words))
}

fn body(shape: Shape, refusal: &Refusal, words: &Words) -> Value {
    let Words { status, message, .. } = words;
    match shape {
        Shape::OpenAi => json!({"error": words.flat()}),
        Shape::Azure => azure(refusal, words),
        Shape::Mistral => mistral(refusal, words),
        Shape::Flat => words.flat(),
        Shape::Text => json!({"code": xai_code(*status), "error": message}),
        Shape::Databricks => json!({"error_code": databricks_code(*status), "message": message}),
        Shape::HuggingFace => json!({"error": message, "error_type": hugging_face_type(*status)}),
        Shape::Vllm => {
            let mut error = words.flat();
            error["code"] = (*status).into();
            json!({"error": error})
        }
        Shape::DashScope => json!({"error": words.flat(), "request_id": "sim-request"}),
    }
}

fn azure(refusal: &Refusal, words: &Words) -> Value {
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
            let mut error = words.flat();
            if words.code.is_none() {
                error["code"] = words.status.to_string().into();
            }
            json!({"error": error})
        }
    }
}

fn mistral(refusal: &Refusal, words: &Words) -> Value {
    let detail = |kind: &str, member: &str, text: &str, input: &Value| {
        let mut place = vec![Value::from("body")];
        place.extend(member.split('.').map(Value::from));
        json!({"detail": [{"type": kind, "loc": place, "msg": text, "input": input}]})
    };
    match refusal {
        Refusal::KeyMissing | Refusal::KeyWrong(_) => json!({"detail": "Unauthorized"}),
        Refusal::Unknown { member, input } => {
            detail("extra_forbidden", member, "Extra inputs are not permitted", input)
        }
        Refusal::Type { member, expected, found } => {
            detail("type_error", member, &format!("Input should be {expected}"), found)
        }
        Refusal::Range { member, expected } => {
            detail("out_of_range", member, &format!("Input should be {expected}"), &Value::Null)
        }
        Refusal::Missing { member } => detail("missing", member, "Field required", &Value::Null),
        _ => {
            let mut error = words.flat();
            error["object"] = "error".into();
            error
        }
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

impl Words {
    fn invalid(message: impl Into<String>, param: Option<&String>, code: Option<&str>) -> Self {
        Self {
            status: 400,
            message: message.into(),
            kind: "invalid_request_error",
            param: param.cloned(),
            code: code.map(str::to_owned),
        }
    }

    fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn flat(&self) -> Value {
        json!({"message": self.message, "type": self.kind, "param": self.param, "code": self.code})
    }

    fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::KeyMissing => {
                Self::invalid("You didn't provide an API key.", None, None).with_status(401)
            }
            Refusal::KeyWrong(key) => {
                let text = format!("Incorrect API key provided: {}.", masked(key));
                Self::invalid(text, None, Some("invalid_api_key")).with_status(401)
            }
            Refusal::Path => Self::invalid("Invalid URL", None, None).with_status(404),
            Refusal::Method => {
                let text = "Not allowed to use this method on this path.";
                Self::invalid(text, None, Some("method_not_supported")).with_status(405)
            }
            Refusal::ApiVersion => Self::invalid("Resource not found", None, None).with_status(404),
            Refusal::NotJson(why) => {
                Self::invalid(format!("We could not parse the JSON body of your request: {why}"), None, None)
            }
            Refusal::TooLarge => Self::invalid("The request is too large.", None, None).with_status(413),
            Refusal::Encoding(coding) => {
                Self::invalid(format!("The content coding `{coding}` is not supported."), None, None)
            }
            Refusal::Model(name) => {
                let text = format!("The model `{name}` does not exist or you do not have access to it.");
                Self::invalid(text, None, Some("model_not_found")).with_status(404)
            }
            Refusal::Fault(name) => {
                Self::invalid(format!("no fault is called `{name}`"), None, Some("unknown_fault"))
            }
            Refusal::Asked(status) => asked(*status),
            _ => Self::of_member(refusal),
        }
    }

    fn of_member(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Unknown { member, .. } => {
                let text = format!("Unrecognized request argument supplied: {member}");
                Self::invalid(text, Some(member), Some("unknown_parameter"))
            }
            Refusal::Unsupported { member, instead } => {
                let hint = instead.map(|other| format!(" Use '{other}' instead.")).unwrap_or_default();
                let text =
                    format!("Unsupported parameter: '{member}' is not supported with this model.{hint}");
                Self::invalid(text, Some(member), Some("unsupported_parameter"))
            }
            Refusal::Type { member, expected, found } => {
                let got = kind_of(found);
                let text =
                    format!("Invalid type for '{member}': expected {expected}, but got {got} instead.");
                Self::invalid(text, Some(member), Some("invalid_type"))
            }
            Refusal::Range { member, expected } => {
                let text = format!("Invalid value for '{member}': expected {expected}.");
                Self::invalid(text, Some(member), Some("invalid_value"))
            }
            Refusal::Missing { member } => {
                let text = format!("Missing required parameter: '{member}'.");
                Self::invalid(text, Some(member), Some("missing_required_parameter"))
            }
            Refusal::Invalid { member, message } => Self::invalid(message.as_str(), Some(member), None),
            _ => Self::invalid("The request was refused.", None, None),
        }
    }
}

fn asked(status: u16) -> Words {
    let (kind, code, message) = match status {
        401 => ("invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided."),
        403 => ("invalid_request_error", Some("unsupported_country"), "Not allowed from here."),
        404 => ("invalid_request_error", Some("model_not_found"), "The model does not exist."),
        429 => ("requests", Some("rate_limit_exceeded"), "Rate limit reached for requests."),
        500..=599 => ("server_error", None, "The server had an error while processing your request."),
        _ => ("invalid_request_error", None, "The request was refused."),
    };
    Words { status, message: message.to_owned(), kind, param: None, code: code.map(str::to_owned) }
}

/// As the providers show a key that they refuse: only its ends.
fn masked(key: &str) -> String {
    let tail: String = key.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
    let head: String = key.chars().take(3).collect();
    format!("{head}***{tail}")
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
