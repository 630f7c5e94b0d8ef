//! Text with `$(source.key)` placeholders, parsed once when configuration is loaded.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

/// Where a placeholder takes its value from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Headers,
    UriCaptures,
    QueryParams,
}

impl Source {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::UriCaptures => "uri_captures",
            Self::QueryParams => "query_params",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Headers, Self::UriCaptures, Self::QueryParams].into_iter().find(|source| source.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Box<str>),
    Value(Source, Box<str>),
    /// A placeholder that is not `source.key`; told to the caller when it is resolved, as Kong does.
    Malformed,
    UnknownSource(Box<str>),
}

/// A configured string that may have placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: Box<str>,
    /// Empty for a plain text.
    parts: Vec<Part>,
}

/// Why a template has no value for this request. The texts are Kong's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error("cannot parse expression for field '{0}'")]
    Malformed(Box<str>),
    #[error("source '{0}' is not supported")]
    UnknownSource(Box<str>),
    #[error("{0} key {1} was not provided")]
    Missing(&'static str, Box<str>),
}

impl Template {
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("$(") {
            let Some((inner, behind)) = after.split_once(')') else {
                break;
            };
            if !before.is_empty() {
                parts.push(Part::Literal(before.into()));
            }
            parts.push(Self::placeholder(inner));
            rest = behind;
        }
        if !parts.is_empty() && !rest.is_empty() {
            parts.push(Part::Literal(rest.into()));
        }
        Self { text: text.into(), parts }
    }

    fn placeholder(inner: &str) -> Part {
        let mut pieces = inner.trim().split('.');
        match (pieces.next(), pieces.next(), pieces.next()) {
            (Some(source), Some(key), None) if !source.is_empty() && !key.is_empty() => {
                match Source::from_name(source) {
                    Some(source) => Part::Value(source, key.into()),
                    None => Part::UnknownSource(source.into()),
                }
            }
            _ => Part::Malformed,
        }
    }

    /// The text as configured.
    pub fn as_written(&self) -> &str {
        &self.text
    }

    /// The whole text, where it has no placeholder.
    pub fn literal(&self) -> Option<&str> {
        self.parts.is_empty().then_some(&*self.text)
    }

    /// Why no request can resolve the text, whatever it says.
    pub(crate) fn defect(&self) -> Option<TemplateError> {
        self.parts.iter().find_map(|part| match part {
            Part::Malformed => Some(TemplateError::Malformed(self.text.clone())),
            Part::UnknownSource(source) => Some(TemplateError::UnknownSource(source.clone())),
            Part::Literal(_) | Part::Value(..) => None,
        })
    }

    /// The text with each placeholder replaced by what `value` gives for it; `field` is for the error.
    pub fn resolve(
        &self,
        field: &str,
        value: &dyn Fn(Source, &str) -> Option<String>,
    ) -> Result<Cow<'_, str>, TemplateError> {
        if self.parts.is_empty() {
            return Ok(Cow::Borrowed(&self.text));
        }
        let mut out = String::with_capacity(self.text.len() + 32);
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Malformed => return Err(TemplateError::Malformed(field.into())),
                Part::UnknownSource(source) => return Err(TemplateError::UnknownSource(source.clone())),
                Part::Value(source, key) => match value(*source, key) {
                    Some(found) => out.push_str(&found),
                    None => return Err(TemplateError::Missing(source.name(), key.clone())),
                },
            }
        }
        Ok(Cow::Owned(out))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: Source, key: &str) -> Option<String> {
        (source == Source::Headers && key == "x").then(|| "V".to_owned())
    }

    #[test]
    fn several_placeholders_in_one_text() {
        let template = Template::parse("a-$(headers.x)-$(headers.x).b");
        assert_eq!(template.resolve("f", &value).unwrap(), "a-V-V.b");
        assert_eq!(template.literal(), None);
        assert_eq!(Template::parse("plain $ (x)").literal(), Some("plain $ (x)"));
    }

    #[test]
    fn what_cannot_be_resolved_is_told() {
        let fails = |text: &str| Template::parse(text).resolve("model.name", &value).unwrap_err().to_string();
        assert_eq!(fails("$(headers_x)"), "cannot parse expression for field 'model.name'");
        assert_eq!(fails("$(headers.a.b)"), "cannot parse expression for field 'model.name'");
        assert_eq!(fails("$(foo.x)"), "source 'foo' is not supported");
        assert_eq!(fails("$(query_params.q)"), "query_params key q was not provided");
    }
}
