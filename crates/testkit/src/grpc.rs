//! A collector that speaks gRPC, and takes everything.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Delivery, PATIENCE, Reception};

/// HTTP/2 without TLS, as it is behind a [`crate::TlsFront`]; dropping it ends it.
pub struct GrpcCollector {
    pub addr: SocketAddr,
    taken: Arc<Mutex<Vec<Delivery>>>,
    _stop: oneshot::Sender<()>,
}

impl GrpcCollector {
    pub fn start() -> Self {
        let taken = Arc::<Mutex<Vec<Delivery>>>::default();
        let (told, addr) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let taking = Arc::clone(&taken);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
                told.send(listener.local_addr().expect("an address")).expect("somebody who listens");
                let accept = async {
                    while let Ok((socket, _)) = listener.accept().await {
                        let taking = Arc::clone(&taking);
                        let service = service_fn(move |request| answer(Arc::clone(&taking), request));
                        let io = TokioIo::new(socket);
                        tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(io, service));
                    }
                };
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        });
        Self { addr: addr.recv_timeout(PATIENCE).expect("an address"), taken, _stop: stop }
    }

    /// The messages of all requests so far, without their frames.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Takes a request of one message that is not compressed; others are refused.
async fn answer(
    taken: Arc<Mutex<Vec<Delivery>>>,
    request: Request<Incoming>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let message = message(&body);
    let status = if message.is_some() { "0" } else { "3" };
    if let Some(bytes) = message {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        taken.lock().unwrap_or_else(PoisonError::into_inner).push(Delivery {
            method: head.method.to_string(),
            target: head.uri.path().to_owned(),
            headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: String::from_utf8_lossy(bytes).into_owned(),
            bytes: bytes.to_vec(),
            reception: Reception::Status(200),
        });
    }
    let trailers =
        HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static(status))]);
    // An empty message: everything was kept.
    let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(ready(Some(Ok(trailers))));
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}

fn message(body: &[u8]) -> Option<&[u8]> {
    let (frame, message) = body.split_first_chunk::<5>()?;
    let [flag, length @ ..] = *frame;
    let whole = usize::try_from(u32::from_be_bytes(length)) == Ok(message.len());
    (flag == 0 && whole).then_some(message)
}
