//! What would be sent where for a request, without sending it: the pipeline up to its last pure stage.

mod example;
mod found;
mod json;
mod sending;
mod text;
mod traced;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use config::Configuration;
use dialect::Envelope;
use http::StatusCode;
use http::request::Parts;
use model::{Loss, LossKind};
use telemetry::{Catalogue, Metrics, MetricsOptions};
use thiserror::Error;

use crate::account::{Account, RequestId};
use crate::admit::{Admitted, Refusal, admit};
use crate::course::{Instead, lists_models, prepare_asked};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Settings};
use crate::headers;
use crate::listen::ConnectionInfo;
use crate::models;
use crate::prepare::Asked;
use crate::read::{self, ClientRequestBody};
use crate::render::{self, Extra};
use crate::sign::sign;
use crate::snapshot::{CompileError, Snapshot};
use crate::templates::Lookup;
use crate::upstream::{Hosts, TlsSettings, TlsSetupError};
pub use example::{Example, ExampleError};
use found::{Found, Names};
use sending::Sending;

/// Why a request cannot be explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
}

/// What would happen to a request. No credential is in it.
pub struct Explanation {
    method: String,
    uri: String,
    found: Found,
    course: Course,
}

/// How it goes on with a request.
enum Course {
    Sent(Box<Sending>),
    /// The gateway answers by itself.
    Answered {
        body: Bytes,
        losses: Vec<Loss>,
    },
    Refused(Refused),
}

/// What the client would get.
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// What the client is not told, and the operator must know.
    reason: Option<&'static str>,
    headers: Extra,
    body: Bytes,
}

/// Bodies larger than this are refused, as `serve` does without flags.
const MAX_BODY: u64 = 128 << 20;

impl Explanation {
    /// Whether something would be sent upstream, or answered by the gateway; otherwise the request is refused.
    pub fn would_send(&self) -> bool {
        !matches!(self.course, Course::Refused(_))
    }

    /// For people: a fact a line, then the request that would be sent.
    pub fn text(&self) -> String {
        text::write(self)
    }

    /// For programs: one object.
    pub fn json(&self) -> String {
        json::write(self)
    }
}

/// Explains a request.
pub async fn explain(
    configuration: Configuration,
    catalogue: &Arc<Catalogue>,
    example: Example,
) -> Result<Explanation, ExplainError> {
    let names = Names::of(&configuration);
    let (info, mut parts, body) = arrived(example);
    let metrics = Arc::new(Metrics::new(MetricsOptions::default()));
    let hosts = Hosts::new(Arc::new(TlsSettings::new(None)?), Arc::clone(&metrics));
    // Nothing is sent, so the simulator need not run.
    let settings = Settings {
        max_body_bytes: MAX_BODY,
        simulator: Some("http://built-in-simulator".to_owned()),
        local_names_only: false,
    };
    let gateway = Arc::new(Gateway::new(configuration, catalogue, settings, hosts, metrics, None)?);
    let snapshot = gateway.snapshot();
    let mut account = Account::open(&gateway, &snapshot, &info, &parts.method, &parts.uri, &parts.headers);
    let mut body = ClientRequestBody::buffered(body);
    let method = parts.method.to_string();
    let uri = sending::redacted(&snapshot.redactor, parts.uri.path(), parts.uri.query());
    let matched = found::matched(&snapshot, &info, &parts);
    let admitted = admit(&snapshot, &info, &mut parts, &mut body, &mut account).await;
    let found = found::find(&snapshot, &names, &info, matched, &account);
    let course = match admitted {
        Err(Refusal { error, extra, envelope }) => Course::refused(&error, envelope, extra, None),
        Ok(admitted) => {
            let course = go_on(&gateway, &snapshot, &admitted, parts, &mut body, &mut account).await;
            let envelope = admitted.plugin.front.envelope;
            course.unwrap_or_else(|error| Course::refused(&error, envelope, Extra::new(), None))
        }
    };
    account.forget();
    Ok(Explanation { method, uri, found, course })
}

/// A request as if it had come over a connection from this machine.
fn arrived(example: Example) -> (ConnectionInfo, Parts, Bytes) {
    let sni = example.server_name();
    let Example { request, tls } = example;
    let (parts, body) = request.into_parts();
    let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    (ConnectionInfo { peer, tls, sni: sni.filter(|_| tls), cipher: None }, parts, Bytes::from(body))
}

async fn go_on(
    gateway: &Gateway,
    snapshot: &Snapshot,
    admitted: &Admitted<'_>,
    mut parts: Parts,
    body: &mut ClientRequestBody,
    account: &mut Account,
) -> Result<Course, GatewayError> {
    let plugin = admitted.plugin;
    if lists_models(plugin, parts.uri.path()) {
        let body = models::answer(plugin, &parts.method, parts.uri.path(), &admitted.remainder)?;
        return Ok(Course::Answered { body, losses: Vec::new() });
    }
    let body = body.read(&parts.headers, gateway.body_limit(plugin)).await?;
    read::forget_encoding(&mut parts.headers);
    let query = admitted.query(&parts.uri);
    let asked = Asked {
        method: &parts.method,
        path: parts.uri.path(),
        lookup: Lookup { headers: &parts.headers, query, captures: &admitted.captures },
        body,
        hidden_members: admitted.hidden_members,
        request_id: RequestId::NONE.as_str(),
    };
    let mut prepared = match prepare_asked(gateway, plugin, &asked) {
        Ok(prepared) => prepared,
        Err(Instead::Refused(error)) => return Err(error),
        Err(Instead::Estimated(count)) => {
            let losses = vec![Loss { member: "input_tokens".into(), kind: LossKind::Approximated }];
            return Ok(Course::Answered { body: count.into(), losses });
        }
    };
    let mut sending = Sending::of(&prepared, admitted, parts.uri.path());
    let takes_gzip = headers::accepts_gzip(&parts.headers);
    let example = prepared.target.cloud.as_ref().and_then(|signer| signer.example());
    let mut headers = parts.headers.clone();
    sending.trace = traced::tell(account, &mut headers);
    let signed = sign(&mut prepared, headers, query, takes_gzip, example.as_ref(), RequestId::NONE.as_str());
    let request = match signed {
        Ok(signed) => signed.into_parts().1,
        Err(error) => {
            let reason = prepared.target.missing;
            return Ok(Course::refused(&error, plugin.front.envelope, Extra::new(), reason));
        }
    };
    sending.complete(&snapshot.redactor, &prepared, &request);
    Ok(Course::Sent(Box::new(sending)))
}

impl Course {
    fn refused(
        error: &GatewayError,
        envelope: &dyn Envelope,
        extra: Extra,
        reason: Option<&'static str>,
    ) -> Self {
        let (status, headers, body) = render::refusal(error, envelope, extra, RequestId::NONE.as_str());
        let (code, message) = (error.meaning().code, error.to_string());
        Self::Refused(Refused { status, code, message, reason, headers, body })
    }
}
