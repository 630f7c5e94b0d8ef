//! HTTP/2, without TLS and prior knowledge assumed, or over TLS.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::{Call, PATIENCE};

/// A whole answer over HTTP/2.
#[derive(Debug, Clone)]
pub struct H2Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

/// Sends calls over one connection, all at the same time, and reads their answers in the order of the calls.
pub fn h2_call(to: SocketAddr, calls: &[Call]) -> Vec<H2Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let work = async {
            let socket = TcpStream::connect(to).await.expect("a connection");
            let (sender, connection) =
                http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.expect("a handshake");
            tokio::spawn(connection);
            let mut tasks = Vec::new();
            for call in calls {
                let mut sender = sender.clone();
                let request = request(to, call);
                tasks.push(tokio::spawn(async move {
                    sender.ready().await.expect("a connection");
                    let response = sender.send_request(request).await.expect("an answer");
                    let (head, body) = response.into_parts();
                    let body = body.collect().await.expect("a body").to_bytes();
                    H2Answer { status: head.status.as_u16(), headers: head.headers, body }
                }));
            }
            let mut answers = Vec::new();
            for task in tasks {
                answers.push(task.await.expect("an answer"));
            }
            answers
        };
        tokio::time::timeout(PATIENCE, work).await.expect("answers in time")
    })
}

fn request(to: SocketAddr, call: &Call) -> Request<Full<Bytes>> {
    let mut request =
        Request::builder().method(call.method.as_str()).uri(format!("http://{to}{}", call.target));
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(call.body.clone()))).expect("a request")
}
