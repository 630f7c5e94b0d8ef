//! One request: read, recorded, judged, answered.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode, request};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::answer::{self, Answer};
use crate::ask::Ask;
use crate::fault::{Fault, Faults};
use crate::native::{self, Visit};
use crate::playback::{Cut, Playback, Step};
use crate::provider::{self, KeyRule, Operation, Provider};
use crate::recording::{Outcome, Ticket};
use crate::refusal::{self, Refusal};
use crate::render::{self, Rendered};
use crate::server::Core;
use crate::socket::Link;
use crate::{control, embeddings, form, rules};

/// The most bytes of a request's body.
const MAX_BODY: usize = 64 << 20;

/// Serves one request.
pub(crate) async fn serve(
    core: Arc<Core>,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> Result<Response<Playback>, Cut> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    if control::owns(path) {
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Cut)?.to_bytes();
        let (status, value) = control::answer(&core, &head.method, path, &body);
        let rendered = render::render(Answer::Whole(status, value), &Faults::default(), &Value::Null, false);
        return Ok(respond(rendered, false, link, None));
    }
    let default = provider::find(&core.options.default_provider).ok_or(Cut)?;
    let (provider, rest) = provider::locate(path, default);
    let mut ticket = core.recording.begin(link.id, provider.id, &head);
    let read = read(body, &ticket).await?;
    let mut faults = core.control.take_faults();
    let (answer, error) = match told_faults(&head.headers) {
        Ok(told) => {
            faults.extend(&told);
            answer(&core, provider, rest, &head, &read, &mut faults)
        }
        Err(refusal) => refused(provider, rest, &refusal),
    };
    if faults.has(Fault::ResetFirst) || faults.has(Fault::EarlyClose) {
        if faults.has(Fault::ResetFirst) {
            link.reset();
        }
        ticket.end(Outcome::Faulted);
        return Err(Cut);
    }
    if faults.has(Fault::Stall) {
        // The ticket notes that the client went away when this is dropped.
        std::future::pending::<()>().await;
    }
    if faults.has(Fault::SlowFirst) {
        tokio::time::sleep(render::delay(&faults, 500)).await;
    }
    let rendered = render::render(answer, &faults, &error, wants_gzip(&head.headers));
    ticket.status(rendered.status.as_u16());
    Ok(respond(rendered, faults.has(Fault::CloseAfterResponse), link, Some(ticket)))
}

/// Reads the whole body; an error means that the client is gone or sent too much.
async fn read(mut body: Incoming, ticket: &Ticket) -> Result<Result<Bytes, Refusal>, Cut> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            ticket.body(&Bytes::from(read));
            return Err(Cut);
        };
        if let Some(data) = frame.data_ref() {
            read.extend_from_slice(data);
        }
        if read.len() > MAX_BODY {
            return Ok(Err(Refusal::TooLarge));
        }
    }
    let read = Bytes::from(read);
    ticket.body(&read);
    Ok(Ok(read))
}

fn told_faults(headers: &HeaderMap) -> Result<Faults, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut faults = Faults::parse(text("x-sim-fault").unwrap_or_default())
        .map_err(|unknown| Refusal::Fault(unknown.0))?;
    faults.delay = text("x-sim-delay").and_then(|digits| digits.parse().ok());
    faults.size = text("x-sim-size").and_then(|digits| digits.parse().ok());
    Ok(faults)
}

fn refused(provider: &Provider, path: &str, refusal: &Refusal) -> (Answer, Value) {
    if let Some(native) = native::of(provider, path) {
        return (Answer::Reply((native.refuse)(refusal)), Value::Null);
    }
    let (status, value) = refusal::render(provider.shape, refusal);
    (Answer::Whole(status, value), stream_error(provider))
}

/// What the provider says when it fails in the middle of a stream.
fn stream_error(provider: &Provider) -> Value {
    let (_, mut value) = refusal::render(provider.shape, &Refusal::Asked(500));
    if provider.shape == refusal::Shape::Flat {
        value = serde_json::json!({"error": value, "status_code": 500});
    }
    value
}

/// The answer to a request, and the error for streams that shall fail.
fn answer(
    core: &Core,
    provider: &'static Provider,
    path: &str,
    head: &request::Parts,
    body: &Result<Bytes, Refusal>,
    faults: &mut Faults,
) -> (Answer, Value) {
    if let Some(native) = native::of(provider, path) {
        let mut visit = Visit { core, path, head, body, faults };
        let reply = (native.serve)(&mut visit).unwrap_or_else(|refusal| (native.refuse)(&refusal));
        return (Answer::Reply(reply), Value::Null);
    }
    match judged(core, provider, path, head, body, faults) {
        Ok(mut ask) => {
            ask.faults = faults.clone();
            (answer::make(&ask, &core.options.models), stream_error(provider))
        }
        Err(refusal) => refused(provider, path, &refusal),
    }
}

fn judged(
    core: &Core,
    provider: &'static Provider,
    path: &str,
    head: &request::Parts,
    body: &Result<Bytes, Refusal>,
    faults: &mut Faults,
) -> Result<Ask, Refusal> {
    let object =
        body.as_ref().ok().and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(bytes).ok());
    let model =
        object.as_ref().and_then(|fields| fields.get("model")).and_then(Value::as_str).unwrap_or_default();
    if let Some(names) = model.strip_prefix("fault-") {
        let named = Faults::parse(names).map_err(|unknown| Refusal::Fault(unknown.0))?;
        faults.extend(&named);
    }
    if let Some(status) = faults.status() {
        return Err(Refusal::Asked(status));
    }
    let query = head.uri.query().unwrap_or_default();
    let fields = body.as_ref().ok().and_then(|bytes| form::fields(&head.headers, bytes)).unwrap_or_default();
    judge_key(core, provider, head, query, object.as_ref(), &fields)?;
    let (operation, segment) = provider.route(path).ok_or(Refusal::Path)?;
    let mut ask = Ask {
        provider,
        operation,
        deployment: segment.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()),
        api_version: argument(query, "api-version"),
        model: model.to_owned(),
        body: Map::new(),
        faults: Faults::default(),
    };
    if ask.model.is_empty() {
        ask.model = ask.deployment.clone().unwrap_or_default();
    }
    if provider.needs_api_version && ask.api_version.is_none() {
        return Err(Refusal::ApiVersion);
    }
    match operation {
        Operation::Models if head.method == Method::GET => return Ok(ask),
        Operation::Models => return Err(Refusal::Method),
        Operation::Mirror => {
            ask.body = mirrored(head, body, fields)?;
            return Ok(ask);
        }
        _ if head.method != Method::POST => return Err(Refusal::Method),
        _ => {}
    }
    ask.body = parse(&head.headers, body)?;
    rules::judge(&ask)?;
    if operation == Operation::Embeddings {
        embeddings::judge(&ask)?;
    }
    Ok(ask)
}

/// Reads the body as JSON, and says what is wrong with it.
pub(crate) fn parse(
    headers: &HeaderMap,
    body: &Result<Bytes, Refusal>,
) -> Result<Map<String, Value>, Refusal> {
    let bytes = body.as_ref().map_err(Clone::clone)?;
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(coding) = text(CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(Refusal::Encoding(coding.to_owned()));
    }
    let kind = text(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::NotJson(format!("unsupported content type `{kind}`")));
    }
    serde_json::from_slice(bytes).map_err(|error| Refusal::NotJson(error.to_string()))
}

fn mirrored(
    head: &request::Parts,
    body: &Result<Bytes, Refusal>,
    form: Vec<(String, Vec<u8>)>,
) -> Result<Map<String, Value>, Refusal> {
    let bytes = body.as_ref().map_err(Clone::clone)?;
    let mut fields = Map::new();
    fields.insert("method".to_owned(), head.method.as_str().into());
    fields.insert("target".to_owned(), head.uri.to_string().into());
    fields.insert("bytes".to_owned(), bytes.len().into());
    if !form.is_empty() {
        let sizes = form.into_iter().map(|(name, content)| serde_json::json!([name, content.len()]));
        fields.insert("form".to_owned(), sizes.collect());
    }
    Ok(fields)
}

/// The first value of a query argument.
pub(crate) fn argument(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
    })
}

fn judge_key(
    core: &Core,
    provider: &Provider,
    head: &request::Parts,
    query: &str,
    body: Option<&Map<String, Value>>,
    form: &[(String, Vec<u8>)],
) -> Result<(), Refusal> {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bearer =
        || header("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(&value).to_owned());
    let found = match provider.key {
        KeyRule::Bearer | KeyRule::OptionalBearer => bearer(),
        KeyRule::ApiKey => header("api-key").or_else(bearer),
        KeyRule::Anywhere => {
            let in_query = || ["api_key", "key"].into_iter().find_map(|name| argument(query, name));
            let in_body = || {
                let fields = body?;
                ["api_key", "key"].into_iter().find_map(|name| fields.get(name)?.as_str().map(str::to_owned))
            };
            let in_form = || {
                let (_, value) = form.iter().find(|(name, _)| matches!(&**name, "api_key" | "key"))?;
                Some(String::from_utf8_lossy(value).into_owned())
            };
            bearer()
                .or_else(|| header("x-api-key"))
                .or_else(|| header("api-key"))
                .or_else(in_query)
                .or_else(in_body)
                .or_else(in_form)
        }
    };
    let optional =
        core.options.keyless || matches!(provider.key, KeyRule::OptionalBearer | KeyRule::Anywhere);
    match found {
        None if optional => Ok(()),
        None => Err(Refusal::KeyMissing),
        Some(key) if key.starts_with("sk-sim") || core.options.keys.contains(&key) => Ok(()),
        Some(key) => Err(Refusal::KeyWrong(key)),
    }
}

/// Whether the request asks for gzip, by `Accept-Encoding` and by `x-sim-gzip`.
fn wants_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            coding.trim().to_ascii_lowercase().starts_with("gzip")
                && !coding.replace(' ', "").ends_with("q=0")
        });
    accepted && headers.contains_key("x-sim-gzip")
}

fn respond(rendered: Rendered, close: bool, link: Arc<Link>, ticket: Option<Ticket>) -> Response<Playback> {
    let Rendered { status, mut headers, mut steps } = rendered;
    if status == StatusCode::NO_CONTENT {
        steps.retain(|step| !matches!(step, Step::Send(_)));
        headers.remove(CONTENT_LENGTH);
    }
    headers.entry("x-request-id").or_insert_with(|| HeaderValue::from_static("req-sim"));
    let mut response = Response::new(Playback::new(steps, close, link, ticket));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
