//! Who calls: Kong's `key-auth`, and keys in `Authorization: Bearer` besides.
//!
//! Nothing here knows a request's body or the table of keys: both are asked through functions.

mod announce;
mod find;
mod hide;

use std::borrow::Cow;

use config::KeyAuth;
use http::header::{HeaderMap, HeaderValue};
use http::{Method, StatusCode};

pub use announce::{Announced, announce, is_announced};
use find::{Place, find_key};
pub use hide::Hidden;

/// What a request shows.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    pub query: Option<&'a str>,
    /// Looks a member of the body up, where there is a body and `key_in_body` asks for it. Names of keys are
    /// in lower case.
    pub body: Option<&'a dyn Fn(&str) -> Value<'a>>,
}

/// What stands in one place where a key can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    Absent,
    Text(Cow<'a, str>),
    /// The same name more than once, or a list.
    Several,
    /// There, but no text: it counts neither as a key nor as absent.
    Other,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A preflight request that need not say.
    Unasked,
    /// The owner of a key, by what `find` gave for the key.
    Known { credential: usize },
    /// The consumer that stands for callers without a good key.
    Anonymous { consumer: usize },
}

/// Why a caller is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    pub status: StatusCode,
    pub message: &'static str,
    /// Of a 401.
    pub www_authenticate: Option<HeaderValue>,
}

const MISSING: &str = "No API key found in request";
const DUPLICATE: &str = "Duplicate API key found";
const UNKNOWN: &str = "Unauthorized";
/// The configured anonymous consumer does not exist. The operator hears of it when the file is checked.
const NO_ANONYMOUS: &str = "An unexpected error occurred";

/// Identifies the caller; `find` looks a key up. What must be hidden from upstream is told whatever the answer.
pub fn identify<'s>(
    settings: &'s KeyAuth,
    shown: &Shown<'_>,
    find: impl FnOnce(&str) -> Option<usize>,
) -> (Result<Identity, Denial>, Hidden<'s>) {
    if !settings.run_on_preflight && *shown.method == Method::OPTIONS {
        return (Ok(Identity::Unasked), Hidden::new(settings, false));
    }
    let (key, place) = find_key(settings, shown);
    let denied = match key {
        Value::Text(key) if !key.is_empty() => match find(&key) {
            Some(credential) => {
                let hidden = Hidden::new(settings, place == Place::Bearer);
                return (Ok(Identity::Known { credential }), hidden);
            }
            None => UNKNOWN,
        },
        Value::Several => DUPLICATE,
        Value::Text(_) | Value::Absent | Value::Other => MISSING,
    };
    (fall_back(settings, denied), Hidden::new(settings, false))
}

fn fall_back(settings: &KeyAuth, denied: &'static str) -> Result<Identity, Denial> {
    match &settings.anonymous {
        Some(Ok(consumer)) => Ok(Identity::Anonymous { consumer: *consumer }),
        Some(Err(_)) => Err(Denial {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: NO_ANONYMOUS,
            www_authenticate: None,
        }),
        None => Err(Denial {
            status: StatusCode::UNAUTHORIZED,
            message: denied,
            www_authenticate: Some(challenge(settings.realm.as_deref())),
        }),
    }
}

fn challenge(realm: Option<&str>) -> HeaderValue {
    realm
        .map(|realm| realm.replace('\\', "\\\\").replace('"', "\\\""))
        .and_then(|realm| HeaderValue::try_from(format!("Key realm=\"{realm}\"")).ok())
        .unwrap_or(HeaderValue::from_static("Key"))
}

#[cfg(test)]
mod tests;
