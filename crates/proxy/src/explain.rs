//! What would be sent where for a request, without sending it: the pipeline up to its last pure stage.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use auth::{MASK, ParamLocation, is_redacted};
use bytes::Bytes;
use config::Configuration;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use telemetry::{Catalogue, Metrics, MetricsOptions};
use thiserror::Error;

use crate::account::Account;
use crate::admit::{Admitted, admit};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Settings};
use crate::listen::ConnectionInfo;
use crate::prepare::{Asked, Prepared, prepare};
use crate::read::ClientRequestBody;
use crate::segments::Segments;
use crate::sign::sign;
use crate::snapshot::{CompileError, Snapshot};
use crate::templates::Lookup;
use crate::upstream::{Hosts, TlsSettings, TlsSetupError};
use crate::{headers, models};

/// Why a request cannot be explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    #[error("not an HTTP request: line {0}")]
    Request(usize),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
}

/// What would happen to a request.
pub struct Explanation {
    pub text: String,
    /// Whether something would be sent upstream, or answered from the list of models.
    pub would_send: bool,
}

/// Bodies larger than this are refused, as `serve` does without flags.
const MAX_BODY: u64 = 128 << 20;

/// Explains `request`: a request line, headers, an empty line, a body.
pub async fn explain(
    configuration: Configuration,
    catalogue: &Arc<Catalogue>,
    request: &[u8],
) -> Result<Explanation, ExplainError> {
    let (mut parts, body) = parse(request)?;
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
    let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let info = ConnectionInfo { peer, tls: false, sni: None };
    let mut account = Account::open(&gateway, &snapshot, &info, &parts.method, &parts.uri, &parts.headers);
    let mut body = ClientRequestBody::buffered(body);
    let mut text = String::new();
    let admitted = admit(&snapshot, &info, &mut parts, &mut body, &mut account).await;
    write_account(&mut text, &snapshot, &account);
    let told = match admitted {
        Err(refusal) => Err(refusal.error),
        Ok(admitted) => sent(&gateway, &snapshot, &admitted, parts, &mut body).await,
    };
    let would_send = told.is_ok();
    match told {
        Ok(sent) => text.push_str(&sent),
        Err(error) => {
            let meaning = error.meaning();
            let _ = writeln!(text, "refused   {} {}: {error}", meaning.status.as_u16(), meaning.code);
        }
    }
    Ok(Explanation { text, would_send })
}

fn parse(request: &[u8]) -> Result<(Parts, Bytes), ExplainError> {
    let mut rest = request;
    let mut number = 0;
    let mut next_line = || {
        number += 1;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind.get(1..).unwrap_or_default();
        (line.trim_ascii_end(), number, rest)
    };
    let (line, ..) = next_line();
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (Some(method), Some(uri)) = (words.next(), words.next()) else {
        return Err(ExplainError::Request(1));
    };
    let mut parts = Request::new(()).into_parts().0;
    parts.method = Method::from_bytes(method).map_err(|_| ExplainError::Request(1))?;
    parts.uri = Uri::try_from(uri).map_err(|_| ExplainError::Request(1))?;
    loop {
        let (line, number, behind) = next_line();
        if line.is_empty() {
            return Ok((parts, Bytes::copy_from_slice(behind)));
        }
        let header = memchr::memchr(b':', line).and_then(|colon| {
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
        });
        let (name, value) = header.ok_or(ExplainError::Request(number))?;
        parts.headers.append(name, value);
    }
}

fn write_account(text: &mut String, snapshot: &Snapshot, account: &Account) {
    let named = |id: &str, name: Option<&str>| name.unwrap_or(id).to_owned();
    if let Some(route) = account.route.and_then(|index| snapshot.routes.get(index)) {
        let _ = writeln!(text, "route     {}", named(&route.id, route.name.as_deref()));
        if let Some(service) = route.service.and_then(|index| snapshot.services.get(index)) {
            let _ = writeln!(text, "service   {}", named(&service.id, service.name.as_deref()));
        }
    }
    if let Some(consumer) = account.consumer.and_then(|index| snapshot.consumers.get(index)) {
        let _ = writeln!(text, "consumer  {}", named(&consumer.id, consumer.username.as_deref()));
    }
    if let Some(plugin) = account.plugin.and_then(|index| snapshot.plugins.get(index)) {
        let _ = writeln!(text, "plugin    ai-proxy {}", plugin.id);
    }
}

async fn sent(
    gateway: &Gateway,
    snapshot: &Snapshot,
    admitted: &Admitted<'_>,
    parts: Parts,
    body: &mut ClientRequestBody,
) -> Result<String, GatewayError> {
    let plugin = admitted.plugin;
    if plugin.extensions.list_models {
        let list = models::answer(plugin, &parts.method, &admitted.remainder)?;
        return Ok(format!("answered here, nothing is sent\n\n{}\n", String::from_utf8_lossy(&list)));
    }
    let body = body.read(&parts.headers, gateway.body_limit(plugin)).await?;
    let query = admitted.query(&parts.uri);
    let lookup = Lookup { headers: &parts.headers, query, captures: &admitted.captures };
    let asked = Asked {
        method: &parts.method,
        path: parts.uri.path(),
        lookup,
        body,
        hidden_members: admitted.hidden_members,
        request_id: "explained",
    };
    let mut prepared = prepare(gateway, plugin, &asked)?;
    // As it is before the credential goes in.
    let body: Vec<u8> = prepared.body.pieces().concat();
    let mut text = describe(&prepared);
    let takes_gzip = headers::accepts_gzip(&parts.headers);
    let example = prepared.target.cloud.as_ref().and_then(|signer| signer.example());
    let signed = sign(&mut prepared, parts.headers.clone(), query, takes_gzip, example.as_ref())?;
    let (_, request) = signed.into_parts();
    write_request(&mut text, snapshot, &prepared, &request);
    let _ = write!(text, "\n{}\n", String::from_utf8_lossy(&body));
    Ok(text)
}

fn describe(prepared: &Prepared<'_>) -> String {
    let mut text = String::new();
    let model = prepared.model.as_deref().unwrap_or("(named by the path)");
    let _ = writeln!(text, "target    {} / {model}", prepared.target.provider.id);
    let _ = writeln!(text, "operation {}", prepared.operation.route_type());
    let _ = writeln!(text, "delivery  {}", if prepared.is_streamed() { "stream" } else { "whole" });
    let credential = &prepared.target.credential;
    if let Some(name) = credential.header_name() {
        let _ = writeln!(text, "auth      header {name}");
    }
    if let Some((location, name)) = credential.param_name() {
        let place = match location {
            ParamLocation::Query => "query",
            ParamLocation::Body => "body",
        };
        let _ = writeln!(text, "auth      {place} {name}");
    }
    if let Some(signer) = &prepared.target.cloud {
        let _ = writeln!(text, "auth      identity {}", signer.name());
    }
    for loss in prepared.losses.iter() {
        let _ = writeln!(text, "loss      {} {}", loss.member, loss.kind.name());
    }
    text
}

fn write_request(
    text: &mut String,
    snapshot: &Snapshot,
    prepared: &Prepared<'_>,
    request: &Request<Segments>,
) {
    let endpoint = &prepared.destination.endpoint;
    let uri = snapshot.redactor.uri(endpoint.path(), request.uri().query());
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let _ = writeln!(
        text,
        "\n{} {}://{}{}{query}",
        request.method(),
        endpoint.scheme().name(),
        endpoint.authority(),
        uri.path()
    );
    // Their order means nothing, so they have one that a comparison can rely on.
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let secret = value.is_sensitive()
            || is_redacted(name.as_str())
            || prepared.target.credential_header.as_ref() == Some(name);
        let shown = if secret { MASK.into() } else { String::from_utf8_lossy(value.as_bytes()) };
        let _ = writeln!(text, "{name}: {shown}");
    }
}
