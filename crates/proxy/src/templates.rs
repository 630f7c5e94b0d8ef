//! Where the placeholders of templates take their values from.

use config::Source;
use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::router::Captures;

/// The parts of a request that templates may name.
pub struct Lookup<'a> {
    pub headers: &'a HeaderMap,
    pub query: Option<&'a str>,
    pub captures: &'a Captures,
}

impl Lookup<'_> {
    /// The value of `source.key`; empty values count as absent.
    pub fn value(&self, source: Source, key: &str) -> Option<String> {
        let value = match source {
            Source::Headers => self.header(key),
            Source::UriCaptures => self.captures.value(key).map(str::to_owned),
            Source::QueryParams => self.argument(key),
        };
        value.filter(|value| !value.is_empty())
    }

    /// Header names are matched in any case; `_` and `-` are the same.
    fn header(&self, key: &str) -> Option<String> {
        let dashed = key.replace('_', "-");
        let value = self.headers.get(&dashed).or_else(|| self.headers.get(key))?;
        value.to_str().ok().map(str::to_owned)
    }

    /// The first argument of that name, decoded once.
    fn argument(&self, key: &str) -> Option<String> {
        let query = self.query?;
        let value = query.split('&').find_map(|argument| {
            let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
            (decoded(name)? == key).then_some(value)
        })?;
        decoded(value)
    }
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
