//! The last step before sending: the credential goes in, and the request is complete.

use std::sync::Arc;

use auth::ParamLocation;
use dialect::Delivery;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Uri};
use identity::Grant;
use model::Operation;
use provider::query;

use crate::cloud;
use crate::error::GatewayError;
use crate::prepare::{Plan, Prepared};
use crate::segments::Segments;
use crate::upstream::Host;

/// A request with everything that it needs; only such a one can be sent.
pub struct Signed {
    host: Arc<Host>,
    request: Request<Segments>,
}

impl Signed {
    pub fn into_parts(self) -> (Arc<Host>, Request<Segments>) {
        (self.host, self.request)
    }
}

/// What the credential is written into besides the body.
struct Envelope {
    headers: HeaderMap,
    query: Option<String>,
}

/// Completes a prepared request. `headers` are the client's, less what identification hides; `grant` is what
/// the target's cloud identity was given, where it signs this request.
pub fn sign(
    prepared: &mut Prepared<'_>,
    mut headers: HeaderMap,
    client_query: Option<&str>,
    takes_gzip: bool,
    grant: Option<&Grant>,
    request_id: &str,
) -> Result<Signed, GatewayError> {
    if let Some(missing) = prepared.target.missing {
        let provider = prepared.target.provider.id;
        tracing::warn!(request_id, provider, missing, "a request could not be signed");
        return Err(GatewayError::Identity);
    }
    prepared.shape_headers(&mut headers);
    let mut envelope = Envelope { headers, query: prepared.query(client_query) };
    write_credential(prepared, &mut envelope)?;
    let Envelope { mut headers, query } = envelope;
    headers.insert(header::HOST, prepared.destination.authority.clone());
    headers.insert(header::ACCEPT_ENCODING, accept_encoding(prepared, takes_gzip));
    if prepared.body.is_json() && !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let mut request = Request::new(Segments::new(prepared.body.pieces()));
    *request.method_mut() = prepared.method.clone();
    *request.uri_mut() = uri(prepared, query.as_deref(), client_query)?;
    *request.headers_mut() = headers;
    if prepared.method == Method::GET && request.body().remaining() == 0 {
        request.headers_mut().remove(header::CONTENT_TYPE);
    }
    // Last, because it may cover all of the request.
    if let Some(signer) = cloud::signer(prepared.target, request.headers()) {
        let grant = grant.ok_or(GatewayError::Identity)?;
        signer.sign(grant, &prepared.destination, &mut request)?;
    }
    Ok(Signed { host: Arc::clone(&prepared.destination.host), request })
}

fn write_credential(prepared: &mut Prepared<'_>, envelope: &mut Envelope) -> Result<(), GatewayError> {
    let target = prepared.target;
    let bound = prepared.destination.credential(target)?;
    let override_allowed = target.allow_override;
    if let (Some(_), Some(name)) = (bound.header(), &target.credential_header)
        && !(override_allowed && envelope.headers.contains_key(name))
    {
        let value = target.credential_value.clone();
        let value = value.ok_or(GatewayError::Internal("a credential is not a header value"))?;
        envelope.headers.insert(name.clone(), value);
    }
    match bound.param() {
        Some((ParamLocation::Query, name, secret)) => {
            let query = envelope.query.get_or_insert_default();
            if !(override_allowed && query::has(query, name)) {
                *query = query::without(query, name).into_owned();
                query::append(query, name, secret.expose());
            }
        }
        Some((ParamLocation::Body, name, secret)) => prepared.body.sign(name, secret, override_allowed)?,
        None => {}
    }
    Ok(())
}

/// Streams and bodies that must be read are asked for plain; never a coding but gzip.
fn accept_encoding(prepared: &Prepared<'_>, takes_gzip: bool) -> HeaderValue {
    let must_read = matches!(prepared.operation, Operation::Chat | Operation::Completions)
        || !matches!(prepared.plan, Plan::Relay(_));
    if takes_gzip && !must_read && prepared.delivery == Delivery::Whole {
        HeaderValue::from_static("gzip, identity")
    } else {
        HeaderValue::from_static("identity")
    }
}

fn uri(prepared: &Prepared<'_>, query: Option<&str>, client: Option<&str>) -> Result<Uri, GatewayError> {
    let destination = &prepared.destination;
    let signed_in_query = matches!(prepared.target.credential.param_name(), Some((ParamLocation::Query, _)));
    if let Some(uri) = destination.uri.as_ref().filter(|_| client.is_none() && !signed_in_query) {
        return Ok(uri.clone());
    }
    prepared
        .target
        .uri(&destination.endpoint, query)
        .ok_or_else(|| GatewayError::Endpoint("the query cannot be sent".to_owned()))
}
