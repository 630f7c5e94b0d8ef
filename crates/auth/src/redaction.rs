//! Names of headers that carry credentials: never forwarded by accident, never shown.

/// Headers in which a client sends its own credential for a provider. Unless `allow_override` says so,
/// none of them goes upstream, whatever the provider. Lower case.
pub const CLIENT_CREDENTIALS: [&str; 5] =
    ["authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token"];

/// Headers whose value is shown nowhere. Lower case.
pub const REDACTED: [&str; 13] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "apikey",
    "cookie",
    "set-cookie",
    "x-amz-security-token",
    "x-amz-credential",
    "x-amz-signature",
    "x-aws-ec2-metadata-token",
    "x-auth-token",
];

/// What is shown in place of a secret value.
pub const MASK: &str = "[redacted]";

/// Whether a client's header of this name is a credential for a provider.
pub fn is_client_credential(name: &str) -> bool {
    CLIENT_CREDENTIALS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a header's value must not be shown; configured header and key names come on top of these.
pub fn is_redacted(name: &str) -> bool {
    REDACTED.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_in_any_case_and_every_client_credential_is_redacted() {
        assert!(is_client_credential("Authorization"));
        assert!(is_client_credential("X-API-Key"));
        assert!(!is_client_credential("x-request-id"));
        for name in CLIENT_CREDENTIALS {
            assert!(is_redacted(name));
            assert_eq!(name, name.to_ascii_lowercase());
        }
        assert!(is_redacted("Set-Cookie"));
        assert!(!is_redacted("content-type"));
    }
}
