//! Calls for the tokens of identities, over the connections and with the trust of all other upstreams.

use std::sync::Arc;

use auth::Scheme;
use http::{Request, Uri, header};
use http_body::Body as _;
use identity::{Call, Fetch, FetchError, Fetching, Kind, MAX_REPLY, Reply};
use std::future::poll_fn;
use std::pin::Pin;
use telemetry::Metrics;
use zeroize::Zeroizing;

use crate::segments::Segments;
use crate::upstream::{Attempted, HostKey, Hosts, Timeouts, UpstreamBody, send};

pub struct TokenCalls {
    pub hosts: Arc<Hosts>,
    pub metrics: Arc<Metrics>,
}

impl Fetch for TokenCalls {
    fn fetch(&self, call: Call) -> Fetching {
        let host = self.hosts.host(&HostKey {
            name: call.url.host.clone(),
            port: call.url.port,
            tls: call.url.scheme == Scheme::Https,
            verify: call.verify,
            http2: false,
        });
        Box::pin(async move {
            let timeouts = Timeouts { connect: call.limit, read: call.limit };
            let request = request(call)?;
            let told = |error: crate::upstream::UpstreamError| FetchError(error.to_string().into());
            let response =
                send(&host, request, timeouts, 0, &mut Attempted::default()).await.map_err(told)?;
            let status = response.status().as_u16();
            Ok(Reply { status, body: read(response.into_body()).await? })
        })
    }

    fn count(&self, kind: Kind, succeeded: bool) {
        self.metrics.identities.count(kind.name(), succeeded);
    }
}

fn request(call: Call) -> Result<Request<Segments>, FetchError> {
    let unsent = |_| FetchError("the address cannot be asked".into());
    let authority = header::HeaderValue::from_str(&call.url.authority).map_err(unsent)?;
    let mut request = Request::new(Segments::from(call.body));
    *request.method_mut() = call.method;
    *request.uri_mut() =
        Uri::try_from(&*call.url.target).map_err(|_| FetchError("the address cannot be asked".into()))?;
    request.headers_mut().insert(header::HOST, authority);
    request.headers_mut().extend(call.headers);
    Ok(request)
}

async fn read(mut body: UpstreamBody) -> Result<Zeroizing<Vec<u8>>, FetchError> {
    // Most answers fit, so that few copies of a token are left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(8 << 10));
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| FetchError(error.to_string().into()))?;
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > MAX_REPLY {
            return Err(FetchError("the answer is too large".into()));
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_identity_has_its_counter() {
        assert_eq!(Kind::ALL.map(Kind::name), telemetry::names::IDENTITY_KINDS);
    }
}
