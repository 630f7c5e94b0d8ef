//! Requests to servers that collect logs, spans and metrics, over the connections and with the trust of all upstreams.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use config::{Collector, SentHeaders};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body::Body as _;
use telemetry::DeliveryError;
use thiserror::Error;

use crate::segments::Segments;
use crate::upstream::{Attempted, Host, HostKey, Hosts, Timeouts, UpstreamBody, send};

/// Bytes of an answer that are read so that its connection can be used again.
const MAX_ANSWER: usize = 64 << 10;

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("ai-proxy/", env!("CARGO_PKG_VERSION")));

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

/// What a client is made of.
pub struct CollectorSettings<'a> {
    pub collector: &'a Collector,
    pub method: &'a str,
    pub content_type: &'a str,
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
            http2: false,
        });
        Ok(Self {
            host,
            method: settings.method.parse().map_err(|_| UnsendableError("method"))?,
            uri: Uri::try_from(collector.target.expose()).map_err(|_| UnsendableError("address"))?,
            headers: headers(settings)?,
            timeouts: Timeouts { connect: settings.connect, read: settings.read },
        })
    }

    /// Sends a body; anything but a status below 300 is an error.
    pub async fn send(&self, body: Segments) -> Result<(), DeliveryError> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let exchange = async {
            let mut attempted = Attempted::default();
            let response = send(&self.host, request, self.timeouts, 0, &mut attempted)
                .await
                .map_err(|error| DeliveryError(error.to_string().into()))?;
            let status = response.status().as_u16();
            finish(response.into_body()).await;
            if status < 300 { Ok(()) } else { Err(DeliveryError(format!("answered {status}").into())) }
        };
        // A server that sends its answer byte by byte does not hold the next ones up for ever.
        let limit = self.timeouts.connect.saturating_add(self.timeouts.read.saturating_mul(2));
        let late = |_| DeliveryError("the exchange took too long".into());
        tokio::time::timeout(limit, exchange).await.map_err(late)?
    }
}

fn headers(settings: &CollectorSettings<'_>) -> Result<HeaderMap, UnsendableError> {
    let value = |text: &str, what| HeaderValue::from_str(text).map_err(|_| UnsendableError(what));
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, value(&settings.collector.authority, "host")?);
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

/// Reads what is left of an answer, within bounds. What is in it means nothing here.
async fn finish(mut body: UpstreamBody) {
    let mut read = 0;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        read += frame.data_ref().map_or(0, bytes::Bytes::len);
        if read > MAX_ANSWER {
            return;
        }
    }
}
