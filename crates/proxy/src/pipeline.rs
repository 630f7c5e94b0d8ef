//! One request, from its head to its answer's head. It reads top to bottom; each stage is a module.

use std::sync::Arc;

use auth::ParamLocation;
use bytes::Bytes;
use dialect::Envelope;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;
use model::Operation;
use tokio::sync::oneshot;

use crate::Gateway;
use crate::absence::{Absence, Running};
use crate::account::Account;
use crate::admit::{self, Admitted, Refusal};
use crate::answer::{ClientBody, Promise};
use crate::course::{Instead, lists_models, prepare_asked};
use crate::deliver::{Delivering, gather};
use crate::error::GatewayError;
use crate::listen::{ConnectionInfo, Signal};
use crate::prepare::{Asked, Prepared};
use crate::read::ClientRequestBody;
use crate::sign::{Signed, sign};
use crate::snapshot::{AiProxy, Snapshot};
use crate::templates::Lookup;
use crate::upstream::Attempted;
use crate::{cloud, headers, models, read, render, response_headers, turn, upstream};

/// A request that failed, with its account: everything that an error's answer needs.
struct Failed {
    error: GatewayError,
    extra: render::Extra,
    account: Box<Account>,
    envelope: &'static dyn Envelope,
}

/// Bytes of each body that a record has at most.
const MAX_RECORDED: usize = 1 << 20;

/// Where a pipeline says what the head of its answer will be, if it may go out early.
type Early = Option<oneshot::Sender<Promise>>;

/// A request that has arrived: whatever becomes of it, it leaves a record.
pub struct Arrived {
    parts: Parts,
    body: Incoming,
    account: Box<Account>,
}

impl Arrived {
    pub fn new(gateway: &Arc<Gateway>, info: &ConnectionInfo, request: Request<Incoming>) -> Self {
        let (parts, body) = request.into_parts();
        let snapshot = gateway.snapshot();
        let account = Account::open(gateway, &snapshot, info, &parts.method, &parts.uri, &parts.headers);
        Self { parts, body, account }
    }
}

/// Answers one request; never fails, and always leaves a record.
pub async fn handle(
    gateway: &Arc<Gateway>,
    info: &Arc<ConnectionInfo>,
    signal: &Signal,
    request: Arrived,
) -> Response<ClientBody> {
    let snapshot = Arc::clone(request.account.snapshot());
    if !snapshot.early_heads && !snapshot.drains {
        return run(gateway, &snapshot, info, request, None, None).await;
    }
    let absence = snapshot.drains.then(|| Arc::new(Absence::new(signal.clone())));
    let (early, mut promised) = oneshot::channel();
    let (gateway, info, left) = (Arc::clone(gateway), Arc::clone(info), absence.clone());
    let pipeline = async move { run(&gateway, &snapshot, &info, request, Some(early), left).await };
    let mut running = Running::new(Box::pin(pipeline), absence);
    let promise = tokio::select! {
        biased;
        response = &mut running => return response,
        promise = &mut promised => promise,
    };
    let Ok(promise) = promise else {
        return running.await;
    };
    tokio::select! {
        biased;
        response = &mut running => response,
        () = tokio::time::sleep(promise.pause) => promise.keep(running),
    }
}

async fn run(
    gateway: &Arc<Gateway>,
    snapshot: &Arc<Snapshot>,
    info: &ConnectionInfo,
    request: Arrived,
    early: Early,
    absence: Option<Arc<Absence>>,
) -> Response<ClientBody> {
    let Arrived { parts, body, mut account } = request;
    if let Some(absence) = absence {
        account.may_be_left(absence);
    }
    let mut body = ClientRequestBody::new(body, &parts.headers);
    let answered = answer(gateway, snapshot, info, parts, &mut body, account, early).await;
    body.discard();
    let mut response = match answered {
        Ok(response) => response,
        Err(failed) => render::error(&failed.error, failed.envelope, failed.extra, failed.account),
    };
    let mut headers = std::mem::take(response.headers_mut());
    response.body_mut().begins(&mut headers);
    *response.headers_mut() = headers;
    response
}

async fn answer(
    gateway: &Gateway,
    snapshot: &Snapshot,
    info: &ConnectionInfo,
    mut parts: Parts,
    body: &mut ClientRequestBody,
    mut account: Box<Account>,
    early: Early,
) -> Result<Response<ClientBody>, Box<Failed>> {
    if !gateway.goes_by(&parts) {
        let (error, envelope) = (GatewayError::ForeignHost, &dialect::openai::OPENAI);
        return Err(Box::new(Failed { error, extra: Vec::new(), account, envelope }));
    }
    let admitted = match admit::admit(snapshot, info, &mut parts, body, &mut account).await {
        Ok(admitted) => admitted,
        Err(Refusal { error, extra, envelope }) => {
            return Err(Box::new(Failed { error, extra, account, envelope }));
        }
    };
    account.admitted();
    let plugin = admitted.plugin;
    if lists_models(plugin, parts.uri.path()) {
        return match models::answer(plugin, &parts.method, parts.uri.path(), &admitted.remainder) {
            Ok(list) => {
                account.answered_here();
                Ok(render::json(StatusCode::OK, list, Vec::new(), plugin.front.envelope, account))
            }
            Err(error) => Err(failed(error, account, plugin)),
        };
    }
    match body.read(&parts.headers, gateway.body_limit(plugin)).await {
        Ok(bytes) => {
            account.request_bytes = bytes.len() as u64;
            read::forget_encoding(&mut parts.headers);
            turn::pass().await;
            exchange(gateway, snapshot, &admitted, parts, bytes, account, early).await
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
    mut early: Early,
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
        request_id: account.request_id_text(),
    };
    let asked_for = asked.body.clone();
    let mut prepared = match prepare_asked(gateway, plugin, &asked) {
        Ok(prepared) => prepared,
        Err(Instead::Estimated(count)) => return Ok(estimated(count, plugin, account)),
        Err(Instead::Refused(error)) => return Err(failed(error, account, plugin)),
    };
    drop(asked);
    turn::pass().await;
    keep_bodies(&prepared, admitted, asked_for, &mut account);
    let (client_query, mut headers) = (admitted.query(&parts.uri), parts.headers);
    let (timeouts, retries) = snapshot.patience(admitted.route);
    loop {
        let last = prepared.is_last_call();
        let mine = if last { std::mem::take(&mut headers) } else { headers.clone() };
        let (host, request) = match signed(&mut prepared, mine, client_query, takes_gzip, &mut account).await
        {
            Ok(signed) => signed.into_parts(),
            Err(error) => return Err(failed(error, account, plugin)),
        };
        turn::pass().await;
        account.guard(&prepared, &request);
        account.sending(&mut prepared, request.uri().query());
        account
            .outlasts_client(plugin.extensions.drain.filter(|_| prepared.operation != Operation::Preserve));
        let delivering =
            Delivering { prepared: &mut prepared, plugin, read_timeout: timeouts.read, takes_gzip, debug };
        if let Some(promise) = delivering.promise(&account)
            && let Some(early) = early.take()
        {
            account.may_begin_early(Arc::clone(&promise.kept));
            // Only a client that is gone does not hear it.
            let _ = early.send(promise);
        }
        let mut attempted = Attempted::default();
        let sent = upstream::send(&host, request, timeouts, retries, &mut attempted).await;
        account.attempted(&attempted);
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                warn_unanswered(&account, &prepared, &error);
                return Err(failed(GatewayError::Upstream(error), account, plugin));
            }
        };
        account.answered(response.status());
        turn::pass().await;
        if last || !response.status().is_success() {
            return Ok(delivering.deliver(response, account).await);
        }
        if let Err(error) = gather(&mut prepared, response, timeouts.read).await {
            return Err(failed(error, account, plugin));
        }
    }
}

/// Answers with a count that nobody told.
fn estimated(count: Vec<u8>, plugin: &AiProxy, mut account: Box<Account>) -> Response<ClientBody> {
    account.estimated_count();
    let mut told = HeaderMap::new();
    response_headers::tell_losses(account.losses(), &mut told);
    let extra = told.into_iter().filter_map(|(name, value)| Some((name?, value))).collect();
    render::json(StatusCode::OK, count.into(), extra, plugin.front.envelope, account)
}

/// Has recorded what was asked, and the bodies where the target wants that.
fn keep_bodies(prepared: &Prepared<'_>, admitted: &Admitted<'_>, body: Bytes, account: &mut Account) {
    account.asked(admitted.plugin, prepared, &body);
    if !prepared.target.logging.payloads {
        return;
    }
    let own = matches!(prepared.target.credential.param_name(), Some((ParamLocation::Body, _)));
    account.keep_bodies(body, own || !admitted.key_members.is_empty(), MAX_RECORDED);
}

fn warn_unanswered(account: &Account, prepared: &Prepared<'_>, error: &upstream::UpstreamError) {
    tracing::warn!(
        request_id = account.request_id().as_str(),
        host = prepared.destination.endpoint.authority(),
        %error,
        "an upstream did not answer"
    );
}

/// Tells the upstream of the trace and signs, with a grant of the target's cloud identity where it has one.
async fn signed(
    prepared: &mut Prepared<'_>,
    mut headers: HeaderMap,
    client_query: Option<&str>,
    takes_gzip: bool,
    account: &mut Account,
) -> Result<Signed, GatewayError> {
    account.inject(&mut headers);
    let grant = match &prepared.target.cloud {
        None => None,
        // Boxed, so that waiting for it takes no room in the requests of others.
        Some(_) => Box::pin(cloud::grant(prepared, &headers, account)).await?,
    };
    sign(prepared, headers, client_query, takes_gzip, grant.as_deref(), account.request_id_text())
}

#[expect(clippy::unnecessary_box_returns, reason = "it is the error of results whose other side is small")]
fn failed(error: GatewayError, account: Box<Account>, plugin: &AiProxy) -> Box<Failed> {
    Box::new(Failed { error, extra: Vec::new(), account, envelope: plugin.front.envelope })
}
