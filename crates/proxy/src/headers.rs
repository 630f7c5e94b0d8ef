//! Which headers go through the gateway, in both directions.

use http::header::{self, HeaderMap, HeaderName};

use crate::identify::is_announced;

/// With it a caller asks for the name of the model that answers.
pub const KONG_DEBUG: HeaderName = HeaderName::from_static("kong-debug");

/// Headers that concern one connection only (RFC 9110 §7.6.1).
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Headers of a request that the gateway answers for itself, or that are nobody's business upstream. `Host` and
/// `Accept-Encoding` are not among them: signing puts the gateway's own in their place.
fn is_for_gateway(name: &str) -> bool {
    matches!(name, "content-length" | "cookie" | "expect" | "proxy-authorization" | "kong-debug")
}

/// Headers of an answer that are the upstream's own affair, or change with its body's framing.
fn is_for_upstream(name: &str) -> bool {
    matches!(name, "set-cookie" | "server" | "alt-svc" | "content-length")
}

/// Removes the headers that `unwanted` names, and those that `Connection` names.
fn strip(headers: &mut HeaderMap, unwanted: impl Fn(&str) -> bool) {
    let mut doomed: Vec<HeaderName> =
        headers.keys().filter(|name| unwanted(name.as_str())).cloned().collect();
    for named in headers.get_all(header::CONNECTION) {
        let names = named.to_str().unwrap_or_default().split(',');
        let names = names.filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok());
        // What identification tells of the caller is not the caller's to take out.
        doomed.extend(names.filter(|name| !is_announced(name)));
    }
    for name in doomed {
        headers.remove(name);
    }
}

/// Turns a client's headers into those that go upstream; `unwanted` names what else is left out.
pub fn strip_for_upstream(headers: &mut HeaderMap, unwanted: impl Fn(&str) -> bool) {
    strip(headers, |name| is_hop_by_hop(name) || is_for_gateway(name) || unwanted(name));
}

/// Removes what a client tells the provider whose format it speaks, when the target is another.
pub fn strip_dialect(headers: &mut HeaderMap) {
    strip(headers, dialect::is_format_header);
}

/// Turns an upstream's headers into those that go to the client.
pub fn strip_for_client(headers: &mut HeaderMap) {
    strip(headers, |name| is_hop_by_hop(name) || is_for_upstream(name));
}

/// Whether the client takes gzip: `gzip` or `*` without `q=0` (RFC 9110 §12.5.3).
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = None;
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        for coding in value.to_str().unwrap_or_default().split(',') {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let wanted = !is_zero(parameters);
            let name = name.trim();
            if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                return wanted;
            }
            if name == "*" {
                any = Some(wanted);
            }
        }
    }
    any.unwrap_or(false)
}

fn is_zero(parameters: &str) -> bool {
    parameters.split(';').any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        name.trim().eq_ignore_ascii_case("q")
            && value.trim().parse::<f32>().is_ok_and(|quality| quality <= 0.0)
    })
}

/// The media type of a body: what stands before `;`. A body without one counts as JSON, a body with two
/// types does not: whoever reads it next could believe the other one.
pub fn is_json(headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::CONTENT_TYPE) {
        return true;
    }
    content_type(headers).is_some_and(|value| media_type_is(value, "application/json"))
}

/// The type of a body, if it has one and only one.
pub fn content_type(headers: &HeaderMap) -> Option<&[u8]> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let first = types.next()?;
    types.next().is_none().then_some(first.as_bytes())
}

/// The media type of an answer, without parameters.
pub fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim())
}

/// Whether an answer is an event stream.
pub fn is_event_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| media_type_is(value.as_bytes(), "text/event-stream"))
}

/// Whether a `Content-Type` says this, whatever its parameters are.
pub fn media_type_is(value: &[u8], wanted: &str) -> bool {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    value.get(..end).unwrap_or_default().trim_ascii().eq_ignore_ascii_case(wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HeaderValue;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn gzip_is_accepted_as_the_client_says() {
        let accepts = |value| accepts_gzip(&with(header::ACCEPT_ENCODING, value));
        assert!(accepts("gzip"));
        assert!(accepts("br, GZIP;q=0.5"));
        assert!(accepts("br, *"));
        assert!(!accepts("br"));
        assert!(!accepts("gzip;q=0"));
        assert!(!accepts("gzip; q=0.000, *"));
        assert!(!accepts("*;q=0"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn media_types_are_compared_whole() {
        let json = |value| is_json(&with(header::CONTENT_TYPE, value));
        assert!(json("application/json"));
        assert!(json("Application/JSON; charset=utf-8"));
        assert!(!json("application/jsonx"));
        assert!(!json("application/x-www-form-urlencoded"));
        assert!(is_json(&HeaderMap::new()));
        let mut two = with(header::CONTENT_TYPE, "application/json");
        two.append(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert!(!is_json(&two));
    }

    #[test]
    fn headers_named_by_connection_go_no_further() {
        let mut headers = with(header::CONNECTION, "close, X-Secret-Hop");
        headers.insert("x-secret-hop", HeaderValue::from_static("1"));
        headers.insert("x-kept", HeaderValue::from_static("1"));
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b"));
        headers.append(header::CONNECTION, HeaderValue::from_static("x-second-hop"));
        headers.insert("x-second-hop", HeaderValue::from_static("1"));
        headers.insert("x-api-key", HeaderValue::from_static("1"));
        strip_for_upstream(&mut headers, auth::is_client_credential);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }
}
