//! The headers that tell upstream who calls.

use config::Consumer;
use http::header::{HeaderMap, HeaderName, HeaderValue};

const CONSUMER_ID: HeaderName = HeaderName::from_static("x-consumer-id");
const CONSUMER_CUSTOM_ID: HeaderName = HeaderName::from_static("x-consumer-custom-id");
const CONSUMER_USERNAME: HeaderName = HeaderName::from_static("x-consumer-username");
const CREDENTIAL: HeaderName = HeaderName::from_static("x-credential-identifier");
const ANONYMOUS: HeaderName = HeaderName::from_static("x-anonymous-consumer");

/// Who is told of.
#[derive(Debug, Clone, Copy)]
pub enum Announced<'a> {
    Nobody,
    /// A consumer and the id of the key that it came with.
    Known(&'a Consumer, &'a str),
    Anonymous(&'a Consumer),
}

/// Whether a header is one of these.
pub fn is_announced(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-")
        && [CONSUMER_ID, CONSUMER_CUSTOM_ID, CONSUMER_USERNAME, CREDENTIAL, ANONYMOUS].contains(name)
}

/// Sets the headers, and removes every copy of them that the caller sent.
pub fn announce(headers: &mut HeaderMap, who: Announced<'_>) {
    // Most callers send none of them, and most routes ask for nobody.
    if matches!(who, Announced::Nobody) && !headers.keys().any(is_announced) {
        return;
    }
    let (consumer, credential, anonymous) = match who {
        Announced::Nobody => (None, None, None),
        Announced::Known(consumer, credential) => (Some(consumer), Some(credential), None),
        Announced::Anonymous(consumer) => (Some(consumer), None, Some("true")),
    };
    for (name, value) in [
        (CONSUMER_ID, consumer.map(|consumer| &*consumer.id)),
        (CONSUMER_CUSTOM_ID, consumer.and_then(|consumer| consumer.custom_id.as_deref())),
        (CONSUMER_USERNAME, consumer.and_then(|consumer| consumer.username.as_deref())),
        (CREDENTIAL, credential),
        (ANONYMOUS, anonymous),
    ] {
        // A name that no header can hold is not told.
        match value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            Some(value) => drop(headers.insert(name, value)),
            None => drop(headers.remove(name)),
        }
    }
}
