//! Where a request goes, and which hosts something is bound to.

use thiserror::Error;

/// A transport to an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    Http,
    Https,
    Ws,
    Wss,
}

impl Scheme {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// The scheme that a URL names, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Http, Self::Https, Self::Ws, Self::Wss]
            .into_iter()
            .find(|scheme| scheme.name().eq_ignore_ascii_case(name))
    }

    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http | Self::Ws => 80,
            Self::Https | Self::Wss => 443,
        }
    }

    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Wss)
    }
}

/// The place that one request is about to be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin<'a> {
    pub scheme: Scheme,
    /// Lower case; an IPv6 address without its brackets.
    pub host: &'a str,
    pub port: u16,
}

/// Why a templated host cannot be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HostPatternError {
    #[error(
        "a templated host must end in at least two literal labels, or extensions.allowed_hosts must list it"
    )]
    NoLiteralSuffix,
    #[error("the literal part of a templated host has a character that no host name has")]
    InvalidLabel,
    #[error("a placeholder in a host is not closed")]
    Unclosed,
}

/// A host in which placeholders stand for one label, or a part of one, each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern(Box<[Label]>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Label {
    Literal(Box<str>),
    /// What stands before the first and after the last placeholder of the label.
    Open {
        before: Box<str>,
        after: Box<str>,
    },
}

/// Stands for a placeholder while a host is taken apart; no host name has it.
const HOLE: char = '\u{1}';
const MAX_LABEL: usize = 63;

impl HostPattern {
    /// Reads a host in which `$(…)` is a placeholder.
    pub fn parse(host: &str) -> Result<Self, HostPatternError> {
        let marked = mark_placeholders(host)?.to_ascii_lowercase();
        let labels: Box<[Label]> = marked.split('.').map(Label::parse).collect::<Result<_, _>>()?;
        let literal_tail = labels.iter().rev().take_while(|label| matches!(label, Label::Literal(_))).count();
        // A host whose last label is a number is read as an IPv4 address, shortened forms included, so
        // a placeholder before it would choose the address.
        let numeric = matches!(labels.last(), Some(Label::Literal(last)) if is_number(last));
        if literal_tail < 2 || numeric {
            return Err(HostPatternError::NoLiteralSuffix);
        }
        Ok(Self(labels))
    }

    /// Whether `host` (lower case) is this host with one label for each placeholder.
    pub fn matches(&self, host: &str) -> bool {
        let mut given = host.split('.');
        self.0.iter().all(|label| given.next().is_some_and(|text| label.matches(text)))
            && given.next().is_none()
    }
}

/// Whether text before the resolution of placeholders has one.
pub fn has_placeholder(text: &str) -> bool {
    text.contains("$(")
}

fn mark_placeholders(host: &str) -> Result<String, HostPatternError> {
    let mut marked = String::with_capacity(host.len());
    let mut rest = host;
    while let Some((before, behind)) = rest.split_once("$(") {
        let (_, after) = behind.split_once(')').ok_or(HostPatternError::Unclosed)?;
        marked.push_str(before);
        marked.push(HOLE);
        rest = after;
    }
    marked.push_str(rest);
    Ok(marked)
}

fn is_number(label: &str) -> bool {
    let hexadecimal = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    label.chars().all(|c| c.is_ascii_digit()) || label.strip_prefix("0x").is_some_and(hexadecimal)
}

fn is_label_text(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

impl Label {
    fn parse(text: &str) -> Result<Self, HostPatternError> {
        let label = match (text.split_once(HOLE), text.rsplit_once(HOLE)) {
            (Some((before, _)), Some((_, after))) => {
                Self::Open { before: before.into(), after: after.into() }
            }
            _ => Self::Literal(text.into()),
        };
        let literal = text.replace(HOLE, "");
        // Names inside private networks have underscores.
        let valid = is_label_text(&literal.replace('_', "")) && !text.is_empty() && text.len() <= MAX_LABEL;
        if valid { Ok(label) } else { Err(HostPatternError::InvalidLabel) }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(own) => **own == *text,
            Self::Open { before, after } => {
                let filled = text.strip_prefix(&**before).and_then(|rest| rest.strip_suffix(&**after));
                filled.is_some_and(|value| !value.is_empty() && is_label_text(value))
                    && text.len() <= MAX_LABEL
            }
        }
    }
}

/// The hosts that a target may be sent to: fixed when configuration is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostBinding {
    scheme: Scheme,
    port: u16,
    hosts: Hosts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    One(Box<str>),
    Several { pattern: Option<HostPattern>, listed: Box<[Box<str>]> },
}

impl HostBinding {
    /// Bound to one host (an IPv6 address without its brackets).
    pub fn exact(scheme: Scheme, host: &str, port: u16) -> Self {
        Self { scheme, port, hosts: Hosts::One(host.to_ascii_lowercase().into()) }
    }

    /// Bound to what the host template `host` can become, and to the hosts in `listed`.
    pub fn templated(
        scheme: Scheme,
        host: &str,
        port: u16,
        listed: &[Box<str>],
    ) -> Result<Self, HostPatternError> {
        let pattern = match HostPattern::parse(host) {
            Ok(pattern) => Some(pattern),
            Err(HostPatternError::NoLiteralSuffix) if !listed.is_empty() => None,
            Err(error) => return Err(error),
        };
        let listed = listed.iter().map(|host| host.to_ascii_lowercase().into()).collect();
        Ok(Self { scheme, port, hosts: Hosts::Several { pattern, listed } })
    }

    /// Whether a request to `origin` is one to a bound host.
    pub fn admits(&self, origin: Origin<'_>) -> bool {
        self.scheme == origin.scheme
            && self.port == origin.port
            && match &self.hosts {
                Hosts::One(host) => **host == *origin.host,
                Hosts::Several { pattern, listed } => {
                    pattern.as_ref().is_some_and(|pattern| pattern.matches(origin.host))
                        || listed.iter().any(|host| **host == *origin.host)
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(template: &str, host: &str) -> bool {
        HostPattern::parse(template).unwrap().matches(host)
    }

    #[test]
    fn a_placeholder_is_one_label() {
        let template = "$(headers.x).openai.azure.com";
        assert!(admits(template, "my-instance.openai.azure.com"));
        for host in [
            "evil.com/.openai.azure.com",
            "a.b.openai.azure.com",
            ".openai.azure.com",
            "a@openai.azure.com",
            "a_b.openai.azure.com",
            "openai.azure.com",
            "a.openai.azure.com.evil.com",
            "a.openai.azure.org",
        ] {
            assert!(!admits(template, host), "{host}");
        }
        let long = "a".repeat(64);
        assert!(!admits(template, &format!("{long}.openai.azure.com")));
    }

    #[test]
    fn a_placeholder_may_be_a_part_of_a_label() {
        let template = "West-$(headers.x)-$(headers.y)-eu.Example.com";
        assert!(admits(template, "west-a-b-eu.example.com"));
        assert!(!admits(template, "west--eu.example.com"));
        assert!(!admits(template, "west-a-b.example.com"));
        assert!(!admits(template, "west-a.b-eu.example.com"));
    }

    #[test]
    fn a_host_without_a_literal_suffix_is_refused() {
        for template in [
            "$(headers.x)",
            "$(headers.x).com",
            "api.$(headers.x)",
            "$(headers.x).0.1",
            "$(headers.x).example.0x7f",
            "api.example$(headers.x).com",
        ] {
            assert_eq!(HostPattern::parse(template), Err(HostPatternError::NoLiteralSuffix), "{template}");
        }
        assert_eq!(HostPattern::parse("$(headers.x).exa mple.com"), Err(HostPatternError::InvalidLabel));
        assert_eq!(HostPattern::parse("$(headers.x.example.com"), Err(HostPatternError::Unclosed));
    }

    #[test]
    fn listed_hosts_are_admitted_with_scheme_and_port() {
        let listed = ["one.internal".into(), "Two.internal".into()];
        let binding = HostBinding::templated(Scheme::Http, "$(headers.h)", 8080, &listed).unwrap();
        let origin = |scheme, host, port| Origin { scheme, host, port };
        assert!(binding.admits(origin(Scheme::Http, "two.internal", 8080)));
        assert!(!binding.admits(origin(Scheme::Http, "three.internal", 8080)));
        assert!(!binding.admits(origin(Scheme::Https, "two.internal", 8080)));
        assert!(!binding.admits(origin(Scheme::Http, "two.internal", 80)));
    }
}
