//! Credentials in a query string, taken out before the URI can reach a record.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Stands where a credential was.
pub(super) const MASK: &str = "REDACTED";

/// Names of query arguments that carry credentials, whatever the configuration says.
const KNOWN: &[&str] = &[
    "access_key",
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "auth_token",
    "authorization",
    "client_secret",
    "cookie",
    "id_token",
    "key",
    "password",
    "proxy-authorization",
    "refresh_token",
    "secret",
    "set-cookie",
    "sig",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
    "x-api-key",
    "x-auth-token",
    "x-aws-ec2-metadata-token",
    "x-goog-api-key",
    "x-goog-credential",
    "x-goog-signature",
];

/// Knows which query arguments and headers are credentials: the usual names, and those that the configuration names.
#[derive(Debug)]
pub struct Redactor {
    /// The shortest first.
    names: Vec<Cow<'static, str>>,
    kinds: Kinds,
}

/// Kinds of names that are credentials, by length and three letters: most names are of none of them.
#[derive(Debug, Clone, Copy, Default)]
struct Kinds([u64; 4]);

impl Kinds {
    /// Which word and which bit of it, whatever the case of the letters. By these factors no usual header's name has the
    /// kind of one that is known.
    fn place(name: &str) -> (u8, u64) {
        let name = name.as_bytes();
        let letter = |byte: Option<&u8>| byte.map_or(0, |byte| byte | 0x20);
        let kind = letter(name.first())
            .wrapping_add(letter(name.last()).wrapping_mul(59))
            .wrapping_add(letter(name.get(name.len() / 2)).wrapping_mul(53));
        #[expect(clippy::cast_possible_truncation, reason = "only the lowest bits count")]
        let kind = kind.wrapping_add((name.len() as u8).wrapping_mul(101));
        (kind >> 6, 1 << (kind & 63))
    }

    fn add(&mut self, name: &str) {
        let (word, bit) = Self::place(name);
        if let Some(word) = self.0.get_mut(usize::from(word)) {
            *word |= bit;
        }
    }

    fn has(&self, name: &str) -> bool {
        let (word, bit) = Self::place(name);
        self.0.get(usize::from(word)).is_none_or(|word| word & bit != 0)
    }
}

/// Knows the usual names only.
impl Default for Redactor {
    fn default() -> Self {
        Self::new::<Box<str>>([])
    }
}

/// A URI's path and query from which credentials have been taken. Only a [`Redactor`] makes one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedactedUri<'a> {
    path: &'a str,
    query: Option<Cow<'a, str>>,
}

impl RedactedUri<'_> {
    pub fn path(&self) -> &str {
        self.path
    }

    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }
}

impl Redactor {
    /// `names`: key names of `key-auth`, and names of query arguments that carry upstream credentials.
    pub fn new<N: Into<Box<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        let configured = names.into_iter().map(|name| Cow::Owned(name.into().into_string()));
        let mut names: Vec<_> = KNOWN.iter().copied().map(Cow::Borrowed).chain(configured).collect();
        names.sort_unstable_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
        names.dedup();
        let mut kinds = Kinds::default();
        for name in &names {
            kinds.add(name);
        }
        Self { names, kinds }
    }

    /// The URI without the values of credential arguments. Borrows unless there was one.
    pub fn uri<'a>(&self, path: &'a str, query: Option<&'a str>) -> RedactedUri<'a> {
        RedactedUri { path, query: query.map(|query| self.arguments(query)) }
    }

    /// Escaped arguments without the values of those that carry credentials. Borrows unless there was one.
    pub fn arguments<'a>(&self, query: &'a str) -> Cow<'a, str> {
        if !arguments(query).any(|argument| self.masks(argument)) {
            return Cow::Borrowed(query);
        }
        let mut out = String::with_capacity(query.len());
        for argument in arguments(query) {
            match argument.split_once('=') {
                Some((name, _)) if self.masks(argument) => {
                    let separator = argument.ends_with(SEPARATORS).then(|| argument.chars().last());
                    out.extend([name, "=", MASK]);
                    out.extend(separator.flatten());
                }
                _ => out.push_str(argument),
            }
        }
        Cow::Owned(out)
    }

    /// Whether a header or an argument of this name carries a credential.
    #[inline]
    pub fn is_credential(&self, name: &str) -> bool {
        self.kinds.has(name) && self.knows(name)
    }

    #[inline(never)]
    fn knows(&self, name: &str) -> bool {
        let shorter = self.names.partition_point(|known| known.len() < name.len());
        let others = self.names.get(shorter..).unwrap_or_default().iter();
        let mut candidates = others.take_while(|known| known.len() == name.len());
        candidates.any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The values of arguments that carry credentials, decoded.
    pub fn credentials<'q>(&self, query: &'q str) -> impl Iterator<Item = Cow<'q, str>> {
        let masked = arguments(query).filter(|argument| self.masks(argument));
        masked.filter_map(|argument| {
            let (_, value) = argument.trim_end_matches(SEPARATORS).split_once('=')?;
            Some(percent_decode_str(value).decode_utf8_lossy())
        })
    }

    fn masks(&self, argument: &str) -> bool {
        let Some((name, _)) = argument.split_once('=') else {
            return false;
        };
        let name = if name.contains('%') {
            percent_decode_str(name).decode_utf8_lossy()
        } else {
            Cow::Borrowed(name)
        };
        self.is_credential(name.trim())
    }
}

/// Some servers take `;` for `&`, so a credential may stand behind either.
const SEPARATORS: [char; 2] = ['&', ';'];

/// The arguments, each with the separator that follows it.
fn arguments(query: &str) -> impl Iterator<Item = &str> {
    query.split_inclusive(SEPARATORS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted(query: &str) -> String {
        let redactor = Redactor::new(["X-Team-Key"]);
        let uri = redactor.uri("/p", Some(query));
        assert_eq!(uri.path(), "/p");
        uri.query().unwrap().to_owned()
    }

    #[test]
    fn what_is_no_credential_stays_byte_for_byte() {
        for query in ["", "a=1&b=%20&&c", "monkey=1", "tokens=3&=x", "apikey"] {
            assert_eq!(redacted(query), query);
            let redactor = Redactor::default();
            assert!(matches!(redactor.uri("/", Some(query)).query, Some(Cow::Borrowed(_))));
        }
        assert_eq!(Redactor::default().uri("/", None).query(), None);
    }

    #[test]
    fn every_name_is_of_a_kind_that_is_looked_for() {
        let redactor = Redactor::new(["X-Team-Key", "ä", ""]);
        for name in KNOWN.iter().copied().chain(["x-team-key", "ä", ""]) {
            assert!(redactor.is_credential(name), "{name}");
            assert!(redactor.is_credential(&name.to_ascii_uppercase()), "{name}");
        }
    }

    #[test]
    fn usual_headers_are_of_no_such_kind() {
        let usual = "host connection accept accept-encoding accept-language content-type content-length \
            content-encoding transfer-encoding user-agent date server via cache-control etag origin referer traceparent \
            tracestate x-request-id x-forwarded-for x-forwarded-host x-forwarded-proto x-stainless-lang \
            x-stainless-runtime x-stainless-timeout x-kong-request-id x-kong-llm-model x-kong-proxy-latency \
            x-kong-upstream-latency x-upstream-request-id";
        let kinds = Redactor::default().kinds;
        let found: Vec<_> = usual.split_whitespace().filter(|name| kinds.has(name)).collect();
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn credentials_are_masked_under_any_spelling() {
        assert_eq!(redacted("apikey=CANARY"), "apikey=REDACTED");
        assert_eq!(redacted("a=1&API-Key=CANARY&b=2"), "a=1&API-Key=REDACTED&b=2");
        assert_eq!(redacted("%61pike%79=CANARY&b"), "%61pike%79=REDACTED&b");
        assert_eq!(redacted("a=1;key=CANARY;b=2"), "a=1;key=REDACTED;b=2");
        assert_eq!(redacted("x-team-key=CANARY=="), "x-team-key=REDACTED");
        assert_eq!(redacted("key=CANARY&key=CANARY"), "key=REDACTED&key=REDACTED");
    }

    #[test]
    fn credentials_of_a_query_are_found() {
        let redactor = Redactor::new(["X-Team-Key"]);
        let found: Vec<_> = redactor.credentials("a=1&x-team-key=a%2Fb&;key=c;n=2&token").collect();
        assert_eq!(found, ["a/b", "c"]);
    }

    proptest! {
        #[test]
        fn no_canary_survives(
            before in "([a-z]{0,4}(=[a-z%&;=]{0,6})?[&;]){0,3}",
            name in prop::sample::select(KNOWN.to_vec()),
            upper in any::<bool>(),
            after in "([&;][a-z=&;]{0,8})?",
        ) {
            let name = if upper { name.to_ascii_uppercase() } else { name.to_owned() };
            let query = format!("{before}{name}=CANARY-7f{after}");
            prop_assert!(!redacted(&query).contains("CANARY"), "{}", query);
        }
    }
}
