//! One request, from its head to its answer's head. It reads top to bottom; each stage is a module.

use std::sync::Arc;

use bytes::Bytes;
use dialect::Envelope;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::Gateway;
use crate::account::Account;
use crate::admit::{self, Admitted, Refusal};
use crate::answer::ClientBody;
use crate::deliver::Delivering;
use crate::error::GatewayError;
use crate::listen::ConnectionInfo;
use crate::prepare::{Asked, prepare};
use crate::read::ClientRequestBody;
use crate::sign::sign;
use crate::snapshot::{AiProxy, Snapshot};
use crate::templates::Lookup;
use crate::upstream::Attempted;
use crate::{headers, models, read, render, upstream};

/// A request that failed, with its account: everything that an error's answer needs.
struct Failed {
    error: GatewayError,
    extra: render::Extra,
    account: Box<Account>,
    envelope: &'static dyn Envelope,
}

/// Answers one request; never fails, and always leaves a record.
pub async fn handle(
    gateway: &Arc<Gateway>,
    info: &ConnectionInfo,
    request: Request<Incoming>,
) -> Response<ClientBody> {
    let snapshot = gateway.snapshot();
    let (parts, body) = request.into_parts();
    let account = Account::open(gateway, &snapshot, info, &parts.method, &parts.uri);
    let mut body = ClientRequestBody::new(body, &parts.headers);
    let answered = answer(gateway, &snapshot, info, parts, &mut body, account).await;
    body.discard();
    match answered {
        Ok(response) => response,
        Err(failed) => render::error(&failed.error, failed.envelope, failed.extra, failed.account),
    }
}

async fn answer(
    gateway: &Gateway,
    snapshot: &Snapshot,
    info: &ConnectionInfo,
    mut parts: Parts,
    body: &mut ClientRequestBody,
    mut account: Box<Account>,
) -> Result<Response<ClientBody>, Box<Failed>> {
    let admitted = match admit::admit(snapshot, info, &mut parts, body, &mut account).await {
        Ok(admitted) => admitted,
        Err(Refusal { error, extra, envelope }) => {
            return Err(Box::new(Failed { error, extra, account, envelope }));
        }
    };
    let plugin = admitted.plugin;
    if plugin.extensions.list_models {
        return match models::answer(plugin, &parts.method, &admitted.remainder) {
            Ok(list) => {
                account.answered_here();
                Ok(render::json(StatusCode::OK, list, Vec::new(), account))
            }
            Err(error) => Err(failed(error, account, plugin)),
        };
    }
    match body.read(&parts.headers, gateway.body_limit(plugin)).await {
        Ok(bytes) => {
            account.request_bytes = bytes.len() as u64;
            read::forget_encoding(&mut parts.headers);
            exchange(gateway, snapshot, &admitted, parts, bytes, account).await
        }
        Err(error) => Err(failed(error, account, plugin)),
    }
}

async fn exchange(
    gateway: &Gateway,
    snapshot: &Snapshot,
    admitted: &Admitted<'_>,
    parts: Parts,
    body: Bytes,
    mut account: Box<Account>,
) -> Result<Response<ClientBody>, Box<Failed>> {
    let plugin = admitted.plugin;
    let takes_gzip = headers::accepts_gzip(&parts.headers);
    let debug = parts.headers.contains_key(headers::KONG_DEBUG);
    let asked = Asked {
        method: &parts.method,
        path: parts.uri.path(),
        lookup: Lookup {
            headers: &parts.headers,
            query: admitted.query(&parts.uri),
            captures: &admitted.captures,
        },
        body,
        hidden_members: admitted.hidden_members,
    };
    let mut prepared = match prepare(gateway, plugin, &asked) {
        Ok(prepared) => prepared,
        Err(error) => return Err(failed(error, account, plugin)),
    };
    drop(asked);
    let client_query = admitted.query(&parts.uri);
    let signed = match sign(&mut prepared, parts.headers, client_query, takes_gzip) {
        Ok(signed) => signed,
        Err(error) => return Err(failed(error, account, plugin)),
    };
    let (timeouts, retries) = snapshot.patience(admitted.route);
    let (host, request) = signed.into_parts();
    account.sending(&mut prepared, request.uri().query());
    let mut attempted = Attempted::default();
    let sent = upstream::send(&host, request, timeouts, retries, &mut attempted).await;
    account.connected(attempted.failed_connects);
    match sent {
        Ok(response) => {
            account.answered(response.status());
            let delivering =
                Delivering { prepared: &prepared, plugin, read_timeout: timeouts.read, takes_gzip, debug };
            Ok(delivering.deliver(response, account).await)
        }
        Err(error) => {
            tracing::warn!(
                request_id = account.request_id().as_str(),
                host = prepared.destination.endpoint.authority(),
                %error,
                "an upstream did not answer"
            );
            Err(failed(GatewayError::Upstream(error), account, plugin))
        }
    }
}

#[expect(clippy::unnecessary_box_returns, reason = "it is the error of results whose other side is small")]
fn failed(error: GatewayError, account: Box<Account>, plugin: &AiProxy) -> Box<Failed> {
    Box::new(Failed { error, extra: Vec::new(), account, envelope: plugin.envelope })
}
