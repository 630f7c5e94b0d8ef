//! What upstream must not see of a caller's key.

use config::KeyAuth;
use http::header::{self, HeaderMap};

use super::find::{arguments, is};

/// What to take out of a request before it goes upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden<'s> {
    /// Headers, query arguments and body members of these names.
    names: &'s [Box<str>],
    body: bool,
    /// The bearer token was a key of ours, which no upstream has any use for.
    bearer: bool,
}

impl<'s> Hidden<'s> {
    /// `bearer`: the bearer token was a key of ours.
    pub(super) fn new(settings: &'s KeyAuth, bearer: bool) -> Self {
        let names = if settings.hide_credentials { &*settings.key_names } else { &[] };
        Self { names, body: settings.key_in_body, bearer }
    }

    pub fn strip_headers(&self, headers: &mut HeaderMap) {
        for name in self.names {
            headers.remove(&**name);
        }
        if self.bearer {
            headers.remove(header::AUTHORIZATION);
        }
    }

    /// The query without keys, every other argument as it was written; `None` where there is nothing to hide.
    /// It can be empty.
    pub fn strip_query(&self, query: &str) -> Option<Box<str>> {
        let is_key = |name: &str| self.names.iter().any(|known| is(name, known));
        if !arguments(query).any(|(name, _)| is_key(name)) {
            return None;
        }
        let mut out = String::with_capacity(query.len());
        for argument in query.split('&') {
            let name = argument.split('=').next().unwrap_or_default();
            if is_key(name) {
                continue;
            }
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(argument);
        }
        Some(out.into())
    }

    /// Members to take out of the body. Names are in lower case.
    pub fn body_members(&self) -> &'s [Box<str>] {
        if self.body { self.names } else { &[] }
    }
}
