//! The credential of a target, which can only be taken out for a request to the host it is bound to.

use thiserror::Error;

use crate::{HostBinding, Origin, Secret};

/// Where a credential that is not a header goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamLocation {
    Query,
    /// A member at the top of the JSON body, or a field of a form.
    Body,
}

/// Why a credential cannot be used. The texts name no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialError {
    #[error("'{0}' is not a valid header name")]
    HeaderName(Box<str>),
    #[error("the value of header '{0}' is empty or has a control character")]
    HeaderValue(Box<str>),
    #[error("the name of a credential parameter is empty or has a control character")]
    ParamName,
    #[error("the value of parameter '{0}' is empty or has a control character")]
    ParamValue(Box<str>),
}

/// A request to a host that the credential was not configured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the credential is not meant for this host")]
pub struct ForeignHost;

/// A configured credential: a header, a parameter, both or none, bound to hosts.
pub struct Credential {
    binding: HostBinding,
    header: Option<(Box<str>, Secret)>,
    param: Option<(ParamLocation, Box<str>, Secret)>,
}

/// A credential on its way into a request to its own host.
#[derive(Clone, Copy)]
pub struct Bound<'a>(&'a Credential);

impl Credential {
    /// Binds a credential. Names and values are checked here, so that none can break a request apart.
    pub fn new(
        binding: HostBinding,
        header: Option<(Box<str>, Secret)>,
        param: Option<(ParamLocation, Box<str>, Secret)>,
    ) -> Result<Self, CredentialError> {
        if let Some((name, value)) = &header {
            if !is_token(name) {
                return Err(CredentialError::HeaderName(name.clone()));
            }
            if !is_header_value(value.expose()) {
                return Err(CredentialError::HeaderValue(name.clone()));
            }
        }
        if let Some((_, name, value)) = &param {
            if !is_plain(name) {
                return Err(CredentialError::ParamName);
            }
            if !is_plain(value.expose()) {
                return Err(CredentialError::ParamValue(name.clone()));
            }
        }
        let header = header.map(|(name, value)| (name.to_ascii_lowercase().into(), value));
        Ok(Self { binding, header, param })
    }

    /// Lower-case name of the header that it goes into.
    pub fn header_name(&self) -> Option<&str> {
        self.header.as_ref().map(|(name, _)| &**name)
    }

    /// Place and name of the parameter that it goes into.
    pub fn param_name(&self) -> Option<(ParamLocation, &str)> {
        self.param.as_ref().map(|(location, name, _)| (*location, &**name))
    }

    /// The credential for a request to `origin`, which must be a host that it is bound to.
    pub fn for_host(&self, origin: Origin<'_>) -> Result<Bound<'_>, ForeignHost> {
        if self.binding.admits(origin) { Ok(Bound(self)) } else { Err(ForeignHost) }
    }
}

impl<'a> Bound<'a> {
    /// Lower-case name and value of the header.
    pub fn header(&self) -> Option<(&'a str, &'a Secret)> {
        self.0.header.as_ref().map(|(name, value)| (&**name, value))
    }

    /// Place, name and value of the parameter.
    pub fn param(&self) -> Option<(ParamLocation, &'a str, &'a Secret)> {
        self.0.param.as_ref().map(|(location, name, value)| (*location, &**name, value))
    }
}

/// A token of RFC 9110: what a header name is made of.
pub fn is_token(name: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token_byte)
}

fn is_header_value(value: &str) -> bool {
    !value.trim().is_empty() && value.bytes().all(|byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f))
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scheme;

    const HOME: Origin<'static> = Origin { scheme: Scheme::Https, host: "api.example.com", port: 443 };

    fn binding() -> HostBinding {
        HostBinding::exact(Scheme::Https, "api.example.com", 443)
    }

    fn header(name: &str, value: &str) -> Result<Credential, CredentialError> {
        Credential::new(binding(), Some((name.into(), Secret::new(value))), None)
    }

    #[test]
    fn comes_out_for_its_own_host_alone() {
        let credential = Credential::new(
            binding(),
            Some(("X-Api-Key".into(), Secret::new("canary"))),
            Some((ParamLocation::Query, "key".into(), Secret::new("canary-2"))),
        )
        .unwrap();
        assert_eq!(credential.header_name(), Some("x-api-key"));
        assert_eq!(credential.param_name(), Some((ParamLocation::Query, "key")));
        let Ok(bound) = credential.for_host(HOME) else { panic!("own host refused") };
        assert_eq!(bound.header().unwrap().1.expose(), "canary");
        assert_eq!(bound.param().unwrap().2.expose(), "canary-2");
        for foreign in [
            Origin { host: "api.example.com.evil.com", ..HOME },
            Origin { scheme: Scheme::Http, ..HOME },
            Origin { port: 8443, ..HOME },
        ] {
            assert!(credential.for_host(foreign).is_err());
        }
    }

    #[test]
    fn what_would_break_a_request_apart_is_refused_without_showing_it() {
        for (name, value) in [
            ("x-key", "canary\r\nx-evil: 1"),
            ("x-key", "canary\n"),
            ("x-key", "canary\0"),
            ("x-key", " "),
            ("x key", "canary"),
            ("", "canary"),
            ("x-key:", "canary"),
        ] {
            let error = header(name, value).err().unwrap().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
        let param = |name: &str, value: &str| {
            let param = (ParamLocation::Body, name.into(), Secret::new(value));
            Credential::new(binding(), None, Some(param)).err()
        };
        assert_eq!(param("", "v"), Some(CredentialError::ParamName));
        assert_eq!(param("k", "a\u{7}b"), Some(CredentialError::ParamValue("k".into())));
        assert_eq!(param("k", "ü"), None);
    }
}
