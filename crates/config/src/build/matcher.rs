//! Syntax of what routes match: paths, hosts, methods, headers.

use super::name::is_label;

/// Why a matcher is wrong.
pub(super) struct Defect {
    pub message: String,
    pub hint: Option<String>,
}

impl Defect {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A path of a route: a prefix that starts with `/`, or a regular expression after `~`.
pub(super) fn check_path(path: &str) -> Result<(), Defect> {
    if let Some(pattern) = path.strip_prefix('~') {
        return check_regex(pattern);
    }
    if !path.starts_with('/') {
        return Err(Defect::new("must start with '/' (a prefix) or '~' (a regular expression)"));
    }
    if path.contains(['?', '#']) || path.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(
            Defect::new("has a character that no path has").hint("a regular expression starts with '~'")
        );
    }
    let mut rest = path;
    while let Some((_, behind)) = rest.split_once('%') {
        let digits = behind.get(..2).unwrap_or_default();
        if digits.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Defect::new("has '%' without two hexadecimal digits"));
        }
        rest = behind;
    }
    let dotted = |segment: &str| matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..");
    if path.contains("//") || path.split('/').any(dotted) {
        return Err(Defect::new(
            "is not normalised: requests are matched after '//', '.' and '..' are taken out",
        ));
    }
    Ok(())
}

pub(super) fn check_regex(pattern: &str) -> Result<(), Defect> {
    match regex::Regex::new(pattern) {
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            Err(Defect::new(format!("is not a valid regular expression: {reason}")))
        }
    }
}

/// A host of a route: labels, one `*` as the first or the last of them, an optional port.
pub(super) fn check_host(host: &str) -> Result<(), Defect> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().unwrap_or_default() == 0) {
        return Err(Defect::new("has a port that is not a number from 1 to 65535"));
    }
    if name.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(());
    }
    let labels: Vec<&str> = name.split('.').collect();
    let stars = name.matches('*').count();
    let last = labels.len().saturating_sub(1);
    let placed = labels
        .iter()
        .enumerate()
        .all(|(index, label)| is_label(label) || *label == "*" && (index == 0 || index == last));
    if stars > 1 || stars == 1 && labels.len() < 2 || !placed {
        return Err(Defect::new("is not a host").hint("'*' may stand for the first or the last label"));
    }
    Ok(())
}

pub(super) fn check_method(method: &str) -> Result<(), Defect> {
    if !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    let told = Defect::new("is not a method");
    let capitals = method.to_ascii_uppercase();
    if capitals.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(told.hint(format!("write {capitals}")));
    }
    Err(told)
}

/// A header that a route matches.
pub(super) fn check_header(name: &str) -> Result<(), Defect> {
    if name.eq_ignore_ascii_case("host") {
        return Err(Defect::new("cannot be matched as a header").hint("write 'hosts'"));
    }
    if auth::is_token(name) { Ok(()) } else { Err(Defect::new("is not a header name")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for path in
            ["/", "/a/b", "/a%20b", "~/(?<model>[^#?/]+)/chat$", "~/azure/.*", "~/a(?P<b>c)", "/a.b/..."]
        {
            assert!(check_path(path).is_ok(), "{path}");
        }
        for path in ["", "a", "/a b", "/a?b", "/%2", "/a/../b", "/a/%2e%2E/b", "//a", "~/(", "~/a(?=b)"] {
            assert!(check_path(path).is_err(), "{path}");
        }
        let error = check_path("~/a(?=b)").err().unwrap();
        assert!(error.message.contains("look-around"), "{}", error.message);
    }

    #[test]
    fn hosts() {
        for host in ["a", "a.b", "*.a.b", "a.*", "a.b:8443", "*.a.b:1", "127.0.0.1", "::1"] {
            assert!(check_host(host).is_ok(), "{host}");
        }
        for host in ["", "*", "*.*", "a.*.b", "a*.b", "a:0", "a:", "a:x", "a:70000", "a b", "http://a"] {
            assert!(check_host(host).is_err(), "{host}");
        }
    }

    #[test]
    fn methods_and_headers() {
        assert!(check_method("GET").is_ok());
        assert_eq!(check_method("get").err().unwrap().hint.unwrap(), "write GET");
        assert!(check_method("G T").is_err());
        assert!(check_header("x-team").is_ok());
        assert!(check_header("Host").is_err());
        assert!(check_header("a b").is_err());
    }
}
