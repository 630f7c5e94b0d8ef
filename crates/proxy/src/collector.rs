//! Requests to servers that collect logs, spans and metrics, over the connections and with the trust of all upstreams.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use config::{Collector, SentHeaders};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body::Body as _;
use telemetry::{Delivered, DeliveryError};
use thiserror::Error;

use crate::segments::Segments;
use crate::upstream::{Attempted, Host, HostKey, Hosts, Timeouts, UpstreamBody, send};

/// Bytes of an answer that are read so that its connection can be used again.
const MAX_ANSWER: usize = 64 << 10;

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("ai-proxy/", env!("CARGO_PKG_VERSION")));

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// A collector's settings cannot be made a request of. Names what, never its value.
#[derive(Debug, Error)]
#[error("the collector's {0} cannot be sent")]
pub struct UnsendableError(&'static str);

/// One server, and what all requests to it have in common.
pub struct CollectorClient {
    host: Arc<Host>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    timeouts: Timeouts,
}

/// How a server answered.
#[derive(Debug, Default)]
pub struct Answered {
    pub status: u16,
    /// What gRPC says of it.
    pub grpc_status: Option<u16>,
    /// What the server asks for.
    pub retry_after: Option<Duration>,
    /// The beginning of the answer's body.
    pub body: Vec<u8>,
}

/// What a client is made of.
pub struct CollectorSettings<'a> {
    pub collector: &'a Collector,
    pub method: &'a str,
    pub content_type: &'a str,
    /// The method that is called, `/package.Service/Method`, where gRPC is spoken.
    pub grpc_method: &'a str,
    pub headers: &'a SentHeaders,
    pub verify: bool,
    pub connect: Duration,
    pub read: Duration,
}

impl CollectorClient {
    pub fn new(hosts: &Hosts, settings: &CollectorSettings<'_>) -> Result<Self, UnsendableError> {
        let collector = settings.collector;
        let host = hosts.host(&HostKey {
            name: collector.host.clone(),
            port: collector.port,
            tls: collector.tls,
            verify: settings.verify,
            http2: collector.grpc,
        });
        Ok(Self {
            host,
            method: settings.method.parse().map_err(|_| UnsendableError("method"))?,
            uri: uri(settings)?,
            headers: headers(settings)?,
            timeouts: Timeouts { connect: settings.connect, read: settings.read },
        })
    }

    /// Sends a body; anything but a status below 300 is an error.
    pub async fn send(&self, body: Segments) -> Result<Delivered, DeliveryError> {
        match self.exchange(body).await?.status {
            ..300 => Ok(Delivered::default()),
            status => Err(DeliveryError::new(format!("answered {status}"))),
        }
    }

    /// Sends a body; an error is that there was no answer.
    pub async fn exchange(&self, body: Segments) -> Result<Answered, DeliveryError> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let exchange = async {
            let mut attempted = Attempted::default();
            let response = send(&self.host, request, self.timeouts, 0, &mut attempted)
                .await
                .map_err(|error| DeliveryError::new(error.to_string()))?;
            let (head, body) = response.into_parts();
            let (body, trailers) = finish(body).await;
            let grpc_status = number(&head.headers, &GRPC_STATUS).or_else(|| number(&trailers, &GRPC_STATUS));
            let retry_after = number(&head.headers, &header::RETRY_AFTER).map(Duration::from_secs);
            let grpc_status = grpc_status.map(|status| u16::try_from(status).unwrap_or(u16::MAX));
            Ok(Answered { status: head.status.as_u16(), grpc_status, retry_after, body })
        };
        // A server that sends its answer byte by byte does not hold the next ones up for ever.
        let limit = self.timeouts.connect.saturating_add(self.timeouts.read.saturating_mul(2));
        let late = |_| DeliveryError::new("the exchange took too long");
        tokio::time::timeout(limit, exchange).await.map_err(late)?
    }
}

fn headers(settings: &CollectorSettings<'_>) -> Result<HeaderMap, UnsendableError> {
    let value = |text: &str, what| HeaderValue::from_str(text).map_err(|_| UnsendableError(what));
    let mut headers = HeaderMap::new();
    if settings.collector.grpc {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    } else {
        headers.insert(header::HOST, value(&settings.collector.authority, "host")?);
    }
    headers.insert(header::USER_AGENT, USER_AGENT);
    for (name, secret) in settings.headers {
        let name = HeaderName::try_from(&**name).map_err(|_| UnsendableError("header"))?;
        let mut value =
            HeaderValue::from_bytes(secret.expose().as_bytes()).map_err(|_| UnsendableError("header"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers.insert(header::CONTENT_TYPE, value(settings.content_type, "content type")?);
    if let Some(authorization) = &settings.collector.authorization {
        let mut value = value(authorization.expose(), "user")?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok(headers)
}

/// The path of a request, after scheme and host where HTTP/2 wants these.
fn uri(settings: &CollectorSettings<'_>) -> Result<Uri, UnsendableError> {
    let collector = settings.collector;
    let uri = if collector.grpc {
        let scheme = if collector.tls { "https" } else { "http" };
        Uri::try_from(format!("{scheme}://{}{}", collector.authority, settings.grpc_method))
    } else {
        Uri::try_from(collector.target.expose())
    };
    uri.map_err(|_| UnsendableError("address"))
}

/// A header whose value is a number.
fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Reads an answer, within bounds, and what stands behind it.
async fn finish(mut body: UpstreamBody) -> (Vec<u8>, HeaderMap) {
    let mut read = Vec::new();
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        match frame.into_data() {
            Ok(data) if read.len() + data.len() > MAX_ANSWER => break,
            Ok(data) => read.extend_from_slice(&data),
            Err(frame) => return (read, frame.into_trailers().unwrap_or_default()),
        }
    }
    (read, HeaderMap::new())
}
