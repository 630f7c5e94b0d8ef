//! Addresses of collectors, the headers that are sent to them, and the queues before them.

use std::time::Duration;

use auth::{Scheme, Secret, is_token};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Builder;
use super::name::{is_host, value_defect};
use crate::problem::Place;
use crate::view::View;
use crate::{Collector, Queue, SentHeaders};

/// Bytes that wait where the file gives no bound: memory is bounded in any case.
const DEFAULT_BYTES: usize = 64 << 20;
/// What a timeout of 0 means.
const NO_TIMEOUT: Duration = Duration::from_mins(1);

/// Where collectors listen for OTLP over gRPC (<https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-default-port>).
const GRPC_PORT: u16 = 4317;

/// Headers that belong to the connection or the body.
const TAKEN: [&str; 7] =
    ["connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"];

/// Kong's old names of two settings of a queue, with the values that count as not given.
pub(super) struct OldNames {
    pub batch: (&'static str, f64),
    pub delay: (&'static str, f64),
}

impl Builder<'_> {
    /// The URL of a field. The value is not repeated in a problem: it may hold a password.
    pub(super) fn collector(&mut self, view: &View<'_>, name: &str) -> Option<Collector> {
        let collector = parse(view.text(name)?);
        if collector.is_none() {
            self.error(view.spot(name).place(), "is not a URL of http or https");
        }
        collector
    }

    /// The same, where `grpc` and `grpcs` may be spoken as well.
    pub(super) fn otlp_collector(&mut self, view: &View<'_>, name: &str) -> Option<Collector> {
        let text = view.text(name)?;
        let collector = parse_otlp(text);
        match &collector {
            None => {
                let message = "is not a URL of http, https, grpc or grpcs";
                self.error(view.spot(name).place(), message);
            }
            Some(collector) if collector.grpc && collector.target.expose() != "/" => {
                let message = "has a path, which calls of gRPC have themselves";
                self.error(view.spot(name).place(), message);
            }
            Some(collector)
                if !collector.grpc && collector.port == GRPC_PORT && collector.target.expose() == "/" =>
            {
                let message =
                    "is the port at which collectors mostly speak gRPC: write grpc:// or grpcs:// for that";
                self.warning(view.spot(name).place(), message);
            }
            Some(_) => {}
        }
        collector
    }

    /// `headers`, less what cannot be sent; `taken` are further names that cannot.
    pub(super) fn sent_headers(&mut self, view: &View<'_>, taken: &[&str]) -> SentHeaders {
        let mut headers = SentHeaders::new();
        for member in view.members("headers") {
            let Some((name, value)) = self.tree.key(*member).zip(self.tree.scalar(*member)) else {
                continue;
            };
            let lower = name.to_ascii_lowercase();
            if !is_token(name) {
                self.error(Place::Key(*member), "is not a header name");
            } else if TAKEN.contains(&&*lower) || taken.contains(&&*lower) {
                self.error(Place::Key(*member), "cannot be set: the gateway does that itself");
            } else if let Some(defect) = value_defect(&value.text) {
                self.error(Place::Value(*member), defect);
            } else {
                headers.push((name.into(), Secret::new(value.text.clone())));
            }
        }
        headers
    }

    /// `queue`, with what the plugin's deprecated fields say instead: those win where they differ from their
    /// old defaults, as in Kong.
    pub(super) fn queue(view: &View<'_>, old: &OldNames) -> Queue {
        let queue = view.below("queue");
        let given = |(name, default): (&'static str, f64)| {
            view.float(name).filter(|value| (value - default).abs() > f64::EPSILON).map(|_| name)
        };
        let batch =
            given(old.batch).map_or_else(|| queue.integer("max_batch_size"), |name| view.integer(name));
        let delay =
            given(old.delay).map_or_else(|| queue.seconds("max_coalescing_delay"), |name| view.seconds(name));
        let concurrent = queue.integer("concurrency_limit") == Some(-1_i64);
        Queue {
            max_batch_size: if concurrent { 1 } else { batch.unwrap_or(1) },
            max_coalescing_delay: delay.unwrap_or_default(),
            max_entries: queue.integer("max_entries").unwrap_or(1),
            max_bytes: queue.integer("max_bytes").unwrap_or(DEFAULT_BYTES),
            initial_retry_delay: queue.seconds("initial_retry_delay").unwrap_or_default(),
            max_retry_time: queue.seconds("max_retry_time"),
            max_retry_delay: queue.seconds("max_retry_delay").unwrap_or_default(),
            concurrent,
        }
    }
}

/// A time in milliseconds that are written as a number; 0 is a minute.
pub(super) fn timeout(view: &View<'_>, name: &str) -> Duration {
    let seconds = view.float(name).map_or(0.0, |milliseconds| milliseconds / 1000.0);
    Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero()).unwrap_or(NO_TIMEOUT)
}

/// A URL of HTTP, or one whose scheme says gRPC.
fn parse_otlp(url: &str) -> Option<Collector> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = match &*scheme.to_ascii_lowercase() {
        "grpc" => "http",
        "grpcs" => "https",
        _ => return parse(url),
    };
    // The parts are those of HTTP, save for the port.
    let mut collector = parse(&format!("{scheme}://{rest}"))?;
    let has_port = collector.authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    if !has_port {
        collector.port = GRPC_PORT;
        collector.authority = format!("{}:{GRPC_PORT}", collector.authority).into();
    }
    collector.grpc = true;
    Some(collector)
}

fn parse(url: &str) -> Option<Collector> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = Scheme::from_name(scheme).filter(|scheme| matches!(scheme, Scheme::Http | Scheme::Https))?;
    let (authority, target) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at_checked(at)?,
        None => (rest, ""),
    };
    let (target, _fragment) = target.split_once('#').unwrap_or((target, ""));
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
        return None;
    }
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, Some(port.parse().ok().filter(|port| *port > 0)?))
        }
        _ => (authority, None),
    };
    if !is_host(host) || (host.contains(':') && !host.starts_with('[')) {
        return None;
    }
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let lead = if target.starts_with('/') { "" } else { "/" };
    Some(Collector {
        tls: scheme.is_tls(),
        grpc: false,
        host: bare.to_ascii_lowercase().into(),
        port: port.unwrap_or(scheme.default_port()),
        authority: authority.into(),
        target: Secret::new(format!("{lead}{target}")),
        authorization: user.map(|user| Secret::new(format!("Basic {}", STANDARD.encode(decoded(user))))),
    })
}

/// Name and password without percent encoding; a `%` that begins none stays.
fn decoded(user: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(user.len());
    let mut rest = user.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if *first == b'%'
            && let [high, low, behind @ ..] = behind
            && let Some((high, low)) = digit(*high).zip(digit(*low))
        {
            bytes.push(high << 4 | low);
            rest = behind;
        } else {
            bytes.push(*first);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let parts = |url: &str| {
            parse(url).map(|found| {
                let target = found.target.expose().to_owned();
                (found.tls, found.host.to_string(), found.port, found.authority.to_string(), target)
            })
        };
        let all = |tls, host: &str, port, authority: &str, target: &str| {
            Some((tls, host.to_owned(), port, authority.to_owned(), target.to_owned()))
        };
        assert_eq!(parts("http://Logs.example"), all(false, "logs.example", 80, "Logs.example", "/"));
        assert_eq!(parts("HTTPS://a:8443/x?y=1#z"), all(true, "a", 8443, "a:8443", "/x?y=1"));
        assert_eq!(parts("https://a?y=1"), all(true, "a", 443, "a", "/?y=1"));
        assert_eq!(parts("http://[::1]:8/"), all(false, "::1", 8, "[::1]:8", "/"));
        assert_eq!(parts("http://u:p@a/"), all(false, "a", 80, "a", "/"));
        for url in [
            "",
            "a.b",
            "ftp://a",
            "ws://a",
            "http://",
            "http://a:b",
            "http://a:0",
            "http://a/ b",
            "http://::1/",
        ] {
            assert!(parts(url).is_none(), "{url}");
        }
    }

    #[test]
    fn urls_of_grpc() {
        let parts = |url: &str| {
            let found = parse_otlp(url)?;
            assert!(found.grpc);
            Some((found.tls, found.host.to_string(), found.port, found.authority.to_string()))
        };
        assert_eq!(parts("grpc://c"), Some((false, "c".to_owned(), 4317, "c:4317".to_owned())));
        assert_eq!(parts("GRPCS://c:443"), Some((true, "c".to_owned(), 443, "c:443".to_owned())));
        assert_eq!(parts("grpc://[::1]"), Some((false, "::1".to_owned(), 4317, "[::1]:4317".to_owned())));
        assert!(parse_otlp("http://c").is_some_and(|found| !found.grpc && found.port == 80));
        assert!(parse_otlp("grpc://").is_none() && parse("grpc://c").is_none());
    }

    #[test]
    fn userinfo_becomes_basic_authentication() {
        let basic = |url: &str| {
            let secret = parse(url).unwrap().authorization.unwrap();
            let encoded = secret.expose().strip_prefix("Basic ").unwrap().to_owned();
            String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
        };
        assert_eq!(basic("http://me:pass@a/"), "me:pass");
        assert_eq!(basic("http://me:p%40s%2Fs@a/"), "me:p@s/s");
        assert_eq!(basic("http://me:50%@a/"), "me:50%");
        assert_eq!(basic("http://me:p@ss@a/"), "me:p@ss");
        assert!(parse("http://a/").unwrap().authorization.is_none());
    }
}
