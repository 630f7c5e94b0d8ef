//! Checking who asks: a signature of version 4, or an API key as a bearer.
//!
//! Whoever signs uses an access key that begins with `SIMKEY` and the secret `sim-secret-access-key`; temporary
//! access keys begin with `SIMTEMP` and go with a session token that begins with `sim-session`.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac as _};
use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use crate::native::Visit;
use crate::refusal::Refusal;

const SECRET: &str = "sim-secret-access-key";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "bedrock";
/// How far a signature's time may be from now, in seconds.
const SKEW: u64 = 300;

/// Everything but what a URI never has to escape.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Judges the credential of a request.
pub(super) fn judge(visit: &Visit<'_>) -> Result<(), Refusal> {
    let Some(authorization) = visit.header("authorization") else {
        return if visit.core.options.keyless { Ok(()) } else { Err(Refusal::KeyMissing) };
    };
    if let Some(key) = authorization.strip_prefix("Bearer ") {
        return if visit.knows(key) { Ok(()) } else { Err(Refusal::KeyWrong(key.to_owned())) };
    }
    let signed = Signed::read(authorization)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let empty = bytes::Bytes::new();
    let body = visit.body.as_ref().unwrap_or(&empty);
    let request = Request {
        method: visit.head.method.as_str(),
        path: visit.head.uri.path(),
        query: visit.head.uri.query().unwrap_or_default(),
        host: visit.head.uri.authority().map(|authority| authority.as_str().to_owned()),
        headers: &visit.head.headers,
        body,
    };
    signed.check(&request, now)
}

/// What is signed.
struct Request<'a> {
    method: &'a str,
    /// As it was sent: every segment escaped once.
    path: &'a str,
    query: &'a str,
    /// Where the request line names it instead of a header.
    host: Option<String>,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

/// An `Authorization` header of version 4.
struct Signed {
    key: String,
    date: String,
    region: String,
    service: String,
    headers: Vec<String>,
    signature: String,
}

fn denied(kind: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::Denied { kind, message: message.into() }
}

fn incomplete(message: &str) -> Refusal {
    denied("IncompleteSignatureException", message)
}

impl Signed {
    fn read(authorization: &str) -> Result<Self, Refusal> {
        let Some(rest) = authorization.strip_prefix(ALGORITHM) else {
            return Err(incomplete("Authorization header requires 'Credential' parameter."));
        };
        let part = |name: &str| {
            let found = rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.map(str::to_owned)
        };
        let missing = |name: &str| incomplete(&format!("Authorization header requires '{name}' parameter."));
        let credential = part("Credential").ok_or_else(|| missing("Credential"))?;
        let headers = part("SignedHeaders").ok_or_else(|| missing("SignedHeaders"))?;
        let signature = part("Signature").ok_or_else(|| missing("Signature"))?;
        let words: Vec<&str> = credential.split('/').collect();
        let [key, date, region, service, "aws4_request"] = words.as_slice() else {
            return Err(incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
            ));
        };
        Ok(Self {
            key: (*key).to_owned(),
            date: (*date).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
            headers: headers.split(';').map(str::to_owned).collect(),
            signature,
        })
    }

    fn check(&self, request: &Request<'_>, now: u64) -> Result<(), Refusal> {
        self.check_key(request)?;
        self.check_scope(request)?;
        let time = self.check_time(request, now)?;
        self.check_headers(request)?;
        let told = request.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
        let found = hex(&Sha256::digest(request.body));
        if told.is_some_and(|told| told != found) {
            return Err(denied(
                "InvalidSignatureException",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ));
        }
        let canonical = self.canonical(request, &found);
        if self.sign(SECRET, &canonical, &time) == self.signature {
            return Ok(());
        }
        Err(denied(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ))
    }

    fn check_key(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let token = request.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
        let fits = match token {
            None => self.key.starts_with("SIMKEY"),
            Some(token) => self.key.starts_with("SIMTEMP") && token.starts_with("sim-session"),
        };
        if fits {
            return Ok(());
        }
        Err(denied("UnrecognizedClientException", "The security token included in the request is invalid."))
    }

    fn check_scope(&self, request: &Request<'_>) -> Result<(), Refusal> {
        if self.service != SERVICE {
            return Err(denied(
                "InvalidSignatureException",
                format!("Credential should be scoped to correct service: '{SERVICE}'. "),
            ));
        }
        let host = request.host();
        let region = host.strip_prefix("bedrock-runtime.").and_then(|rest| rest.split('.').next());
        let right = region.is_none_or(|region| region == self.region) && !self.region.is_empty();
        if right {
            return Ok(());
        }
        Err(denied("InvalidSignatureException", "Credential should be scoped to a valid region. "))
    }

    /// The time of the signature, as it was sent.
    fn check_time(&self, request: &Request<'_>, now: u64) -> Result<String, Refusal> {
        let time =
            request.headers.get("x-amz-date").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some(seconds) = seconds(time) else {
            return Err(incomplete(
                "Date must be in ISO-8601 'basic format'. Got another form. See http://en.wikipedia.org/wiki/ISO_8601",
            ));
        };
        if !time.starts_with(&self.date) || self.date.len() != 8 {
            return Err(denied(
                "InvalidSignatureException",
                format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{time}'.",
                    self.date
                ),
            ));
        }
        if seconds + SKEW < now {
            return Err(denied(
                "InvalidSignatureException",
                format!("Signature expired: {time} is now earlier than allowed"),
            ));
        }
        if seconds > now + SKEW {
            return Err(denied(
                "InvalidSignatureException",
                format!("Signature not yet current: {time} is still later than allowed"),
            ));
        }
        Ok(time.to_owned())
    }

    /// The host, and all that AWS has names for, must be signed; what is signed must be there.
    fn check_headers(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let sorted = self.headers.windows(2).all(|pair| pair[0] < pair[1]);
        let lower = self.headers.iter().all(|name| *name == name.to_ascii_lowercase());
        if !self.headers.iter().any(|name| name == "host") {
            return Err(denied(
                "InvalidSignatureException",
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        let ours = request.headers.keys().filter(|name| name.as_str().starts_with("x-amz-"));
        let unsigned =
            ours.map(http::HeaderName::as_str).find(|name| !self.headers.iter().any(|known| known == name));
        if let Some(name) = unsigned {
            return Err(denied(
                "InvalidSignatureException",
                format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."),
            ));
        }
        if sorted && lower {
            return Ok(());
        }
        Err(incomplete("SignedHeaders must be in lower case and in order."))
    }

    fn canonical(&self, request: &Request<'_>, payload: &str) -> String {
        let path: Vec<String> = request
            .path
            .split('/')
            .map(|segment| utf8_percent_encode(segment, UNRESERVED).to_string())
            .collect();
        let mut text =
            format!("{}\n{}\n{}\n", request.method, path.join("/"), canonical_query(request.query));
        for name in &self.headers {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name}:{}", request.value(name));
        }
        let _ = write!(text, "\n{}\n{payload}", self.headers.join(";"));
        text
    }

    fn sign(&self, secret: &str, canonical: &str, time: &str) -> String {
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let mut key = mac(format!("AWS4{secret}").as_bytes(), &self.date);
        for part in [self.region.as_str(), self.service.as_str(), "aws4_request", text.as_str()] {
            key = mac(&key, part);
        }
        hex(&key)
    }
}

impl Request<'_> {
    fn host(&self) -> String {
        let header = self.headers.get("host").and_then(|value| value.to_str().ok()).map(str::to_owned);
        header.or_else(|| self.host.clone()).unwrap_or_default()
    }

    /// A header's values, joined, with inner blanks made one.
    fn value(&self, name: &str) -> String {
        if name == "host" {
            return self.host();
        }
        let values = self.headers.get_all(name).iter().map(|value| {
            String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" ")
        });
        values.collect::<Vec<_>>().join(",")
    }
}

fn canonical_query(query: &str) -> String {
    let escape = |text: &str| {
        let plain = percent_decode_str(text).decode_utf8_lossy().into_owned();
        utf8_percent_encode(&plain, UNRESERVED).to_string()
    };
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            format!("{}={}", escape(name), escape(value))
        })
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length is taken.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        },
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Seconds since 1970 of `YYYYMMDDTHHMMSSZ`.
fn seconds(time: &str) -> Option<u64> {
    let digits = |from: usize, to: usize| time.get(from..to)?.parse::<u64>().ok();
    if time.len() != 16 || time.get(8..9) != Some("T") || time.get(15..) != Some("Z") {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(4, 6)?, digits(6, 8)?);
    // Counted from March, so that the day of a leap year is the last.
    let (shifted, from_march) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * from_march + 2) / 5 + day;
    let since = days.checked_sub(719_469)?;
    Some(since * 86_400 + digits(9, 11)? * 3600 + digits(11, 13)? * 60 + digits(13, 15)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("19700101T000000Z"), Some(0));
        assert_eq!(seconds("20000229T123456Z"), Some(951_827_696));
        assert_eq!(seconds("20261122T225602Z"), Some(1_795_388_162));
        assert_eq!(seconds("2026-11-22T22:56"), None);
    }

    /// The plainest of the vectors that AWS publishes for this algorithm.
    #[test]
    fn signatures_are_those_of_everybody() {
        let signed = Signed::read(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        let signed = signed.unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("host", "example.amazonaws.com".parse().unwrap());
        headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
        let request =
            Request { method: "GET", path: "/", query: "", host: None, headers: &headers, body: b"" };
        let canonical = signed.canonical(&request, &hex(&Sha256::digest(b"")));
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert_eq!(signed.sign(secret, &canonical, "20150830T123600Z"), signed.signature);
        assert!(signed.check(&request, 1_440_938_160).is_err(), "of another service");
    }

    #[test]
    fn queries_are_sorted_and_escaped() {
        assert_eq!(canonical_query("b=2&a=x%20y&c"), "a=x%20y&b=2&c=");
        assert_eq!(canonical_query(""), "");
    }
}
