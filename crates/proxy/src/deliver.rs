//! From an upstream's answer to the client's: read whole and checked, relayed as a stream, or passed on.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dialect::{Delivery, Envelope, Reading, Verdict};
use http::header::{self, HeaderMap, HeaderValue};
use http::response::Parts;
use http::{Response, StatusCode};
use http_body::Body as _;
use model::{Operation, UpstreamError, Usage, UsageSource};
use stream::{Framer, Framing, Opaque, RelaySettings, SseRelay, StreamFault, UsagePolicy};

use crate::account::Account;
use crate::answer::{ClientBody, EventStream, Machine, Opening, Passing, Promise, Reframed, StreamSettings};
use crate::body::Body;
use crate::count::Counted;
use crate::error::GatewayError;
use crate::frames::next_frame;
use crate::headers;
use crate::inflate::{Coding, Encoded, InflateError, Inflater, looks_like_gzip};
use crate::prepare::{Plan, Prepared};
use crate::render;
use crate::response_headers;
use crate::snapshot::AiProxy;
use crate::translate::header_of;
use crate::upstream::UpstreamBody;

/// A whole answer may have this many bytes, before and after decoding.
const MAX_WHOLE: usize = 16 << 20;

/// A batch of embeddings may have this many: 2048 vectors of 3072 numbers are some 80 MB.
const MAX_EMBEDDINGS: usize = 128 << 20;

const fn most_of(operation: Operation) -> usize {
    match operation {
        Operation::Embeddings => MAX_EMBEDDINGS,
        _ => MAX_WHOLE,
    }
}

/// One answer on its way.
pub struct Delivering<'a, 's> {
    pub prepared: &'a mut Prepared<'s>,
    pub plugin: &'a AiProxy,
    pub read_timeout: Duration,
    pub takes_gzip: bool,
    /// The caller asked for the model's name even where the plugin does not show it.
    pub debug: bool,
}

/// What goes out for a whole body.
struct Whole {
    /// As it goes to the client.
    sent: Bytes,
    /// As it can be read; the same bytes unless they go out compressed.
    plain: Bytes,
}

impl Delivering<'_, '_> {
    /// What a streamed answer's head will be, if it may go out before the upstream's.
    pub fn promise(&self, account: &Account) -> Option<Promise> {
        let extensions = &self.plugin.extensions;
        let pause = extensions.keep_alive.filter(|_| extensions.early_head && self.prepared.is_streamed())?;
        if self.prepared.operation == Operation::Preserve {
            return None;
        }
        let mut headers = HeaderMap::new();
        response_headers::add(self, &mut headers, account);
        response_headers::add_for_stream(&mut headers);
        headers.extend(account.trace_header());
        let (operation, quirks) = (self.prepared.operation, self.prepared.quirks);
        let (envelope, kept) = (self.plugin.front.envelope, Arc::default());
        Some(Promise { headers, pause, envelope, operation, quirks, kept })
    }

    pub async fn deliver(
        mut self,
        response: Response<UpstreamBody>,
        mut account: Box<Account>,
    ) -> Response<ClientBody> {
        let (mut parts, body) = response.into_parts();
        let encoded = Encoded::of(&parts.headers);
        headers::strip_for_client(&mut parts.headers);
        response_headers::add(&self, &mut parts.headers, &account);
        let preserved = self.prepared.operation == Operation::Preserve;
        if preserved && self.plugin.operation != Operation::Preserve {
            // Counting tokens uses none, and costs nothing that could be unknown.
            account.used((Usage::default(), UsageSource::Reported));
        }
        let may_stream = preserved || self.prepared.delivery == Delivery::Stream;
        let outcome = if !matches!(self.prepared.plan, Plan::Relay(_)) {
            self.translate(parts, body, encoded, &mut account).await
        } else if parts.status.is_success() && may_stream && headers::is_event_stream(&parts.headers) {
            let machine = Machine::Relay(Box::new(self.relay(account.request_id().as_str())));
            self.stream(parts, body, encoded, machine, &mut account).await
        } else if parts.status.is_success() && may_stream && self.comes_reframed(&parts.headers) {
            let reframed = Reframed::new(self.relay(account.request_id().as_str()), self.reported());
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            let machine = Machine::Reframe(Box::new(reframed));
            self.stream(parts, body, encoded, machine, &mut account).await
        } else if parts.status.is_success() && !preserved {
            self.whole(parts, body, encoded, &mut account).await
        } else {
            self.pass(parts, body, encoded).await
        };
        match outcome {
            Ok((parts, content)) => {
                self.record_body(&parts, &content, &mut account);
                let body = match content {
                    Content::Whole(bytes) => ClientBody::whole(bytes, account),
                    Content::Passing(passing) => ClientBody::passing(passing, account),
                    Content::Stream(stream) => ClientBody::stream(stream, account),
                };
                Response::from_parts(parts, body)
            }
            Err(error) => {
                tracing::warn!(request_id = account.request_id().as_str(), %error, "an answer could not be used");
                let mut own = HeaderMap::new();
                response_headers::add(&self, &mut own, &account);
                let extra = own.into_iter().filter_map(|(name, value)| Some((name?, value))).collect();
                render::error(&error, self.plugin.front.envelope, extra, account)
            }
        }
    }

    /// Shows the account what it may have to record.
    fn record_body(&self, parts: &Parts, content: &Content, account: &mut Account) {
        let Some(bodies) = account.bodies() else { return };
        match content {
            Content::Whole(bytes) => match Encoded::of(&parts.headers) {
                Encoded::Plain => bodies.answered(bytes.clone()),
                Encoded::With(coding) => {
                    if let Ok(plain) = inflate(bytes, coding, MAX_WHOLE) {
                        bodies.answered(plain);
                    }
                }
                Encoded::Unknown => {}
            },
            Content::Stream(_) => bodies.listen(self.plugin.front.envelope),
            Content::Passing(_) => {}
        }
    }

    /// Passes a body on as it is, unless it is compressed in a way that the client does not take. That of an
    /// error is read first: once its head is out, nothing could tell that it is cut short.
    async fn pass(
        &self,
        mut parts: Parts,
        body: UpstreamBody,
        encoded: Encoded,
    ) -> Result<(Parts, Content), GatewayError> {
        let failed = parts.status.as_u16() >= 400;
        let foreign = match encoded {
            Encoded::With(coding) => Some(coding).filter(|coding| !self.passes(*coding)),
            Encoded::Plain | Encoded::Unknown => None,
        };
        if !failed && foreign.is_none() {
            return Ok((parts, Content::Passing(Box::new(Passing::new(body, self.read_timeout)))));
        }
        let raw = collect(body, self.read_timeout, MAX_WHOLE).await.map_err(|error| match error {
            GatewayError::AnswerTruncated if failed => GatewayError::ErrorTruncated(parts.status),
            error => error,
        })?;
        if let Some(told) = self.reworded(&mut parts, &raw, encoded) {
            return Ok((parts, Content::Whole(told)));
        }
        if let Some(coding) = foreign {
            match inflate(&raw, coding, MAX_WHOLE) {
                Ok(plain) => {
                    parts.headers.remove(header::CONTENT_ENCODING);
                    return Ok((parts, Content::Whole(plain)));
                }
                // The provider's own status and text are worth more than the complaint about their coding.
                Err(GatewayError::AnswerEncoding) => {
                    if coding == Coding::Gzip && !looks_like_gzip(&raw) {
                        parts.headers.remove(header::CONTENT_ENCODING);
                    }
                    return Ok((parts, Content::Whole(raw)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok((parts, Content::Whole(raw)))
    }

    /// An error in the client's form, where its host tells it in one of its own.
    fn reworded(&self, parts: &mut Parts, raw: &Bytes, encoded: Encoded) -> Option<Bytes> {
        if parts.status.as_u16() < 400 {
            return None;
        }
        let plain = self.decode(raw.clone(), encoded, &mut HeaderMap::new()).ok()?.plain;
        let error = {
            let told = header_of(&parts.headers);
            self.envelope().foreign_error(parts.status.as_u16(), &told, &plain)?
        };
        parts.headers.remove(header::CONTENT_ENCODING);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(self.plugin.front.error(&error).into())
    }

    fn passes(&self, coding: Coding) -> bool {
        coding == Coding::Gzip && self.takes_gzip
    }

    async fn whole(
        &self,
        mut parts: Parts,
        body: UpstreamBody,
        encoded: Encoded,
        account: &mut Account,
    ) -> Result<(Parts, Content), GatewayError> {
        let operation = self.prepared.operation;
        let raw = collect(body, self.read_timeout, most_of(operation)).await?;
        let whole = self.decode(raw, encoded, &mut parts.headers)?;
        let nonce = account.request_id();
        let reading = self.reading(nonce.as_str());
        match self.envelope().whole(&reading, &whole.plain) {
            Ok(mut answer) => {
                let mended = answer.mended.take();
                let bytes = answer.output_bytes;
                account.whole(answer, || self.prepared.estimate(&whole.plain, bytes));
                if let Some(mended) = mended {
                    parts.headers.remove(header::CONTENT_ENCODING);
                    return Ok((parts, Content::Whole(mended.into())));
                }
            }
            // Only generated text is ours to judge.
            Err(_) if operation == Operation::Embeddings => {}
            Err(_) if self.prepared.delivery == Delivery::Stream && !headers::is_json(&parts.headers) => {
                return Err(GatewayError::NotAStream {
                    provider: self.prepared.target.provider.id,
                    route: operation.route_type(),
                });
            }
            Err(reason) => {
                return Err(GatewayError::Transformation {
                    provider: self.prepared.target.provider.id,
                    route: operation.route_type(),
                    reason,
                });
            }
        }
        Ok((parts, Content::Whole(whole.sent)))
    }

    /// Reads an answer that the target wrote in another format, and writes it in the client's.
    async fn translate(
        &mut self,
        mut parts: Parts,
        body: UpstreamBody,
        encoded: Encoded,
        account: &mut Account,
    ) -> Result<(Parts, Content), GatewayError> {
        if let Plan::Translate(translation) = &self.prepared.plan
            && parts.status.is_success()
            && self.prepared.delivery == Delivery::Stream
        {
            let framer = headers::media_type(&parts.headers).and_then(Framer::for_content_type);
            let framer = framer.ok_or_else(|| GatewayError::NotAStream {
                provider: self.prepared.target.provider.id,
                route: self.prepared.operation.route_type(),
            })?;
            let machine = Machine::Translate(Box::new(translation.transcoder(framer)));
            let (mut parts, content) = self.stream(parts, body, encoded, machine, account).await?;
            if matches!(content, Content::Stream(_)) {
                let kind = HeaderValue::from_static("text/event-stream");
                parts.headers.insert(header::CONTENT_TYPE, kind);
            }
            return Ok((parts, content));
        }
        if !parts.status.is_success() && parts.status.as_u16() < 400 {
            return Err(GatewayError::NoAnswer(parts.status));
        }
        // A request to count is one for chat, which is not answered.
        let operation = match self.prepared.plan {
            Plan::Count(_) => Operation::Chat,
            _ => self.prepared.operation,
        };
        let raw = collect(body, self.read_timeout, most_of(operation)).await?;
        let plain = self.decode(raw, encoded, &mut parts.headers)?.plain;
        parts.headers.remove(header::CONTENT_ENCODING);
        let kind = HeaderValue::from_static("application/json");
        let provider = self.prepared.target.provider.id;
        let undecodable =
            |reason| GatewayError::Undecodable { provider, route: operation.route_type(), reason };
        let written = match &mut self.prepared.plan {
            Plan::Translate(translation) if parts.status.is_success() => {
                let (written, response) = translation.whole(&parts.headers, &plain).map_err(undecodable)?;
                account.used(translation.usage(&response));
                account.told(response.told());
                written
            }
            Plan::Embed(embedding) if parts.status.is_success() => {
                let settings = &self.prepared.destination.settings;
                embedding.take(settings, &parts.headers, &plain).map_err(undecodable)?;
                account.used(embedding.usage());
                account.told(embedding.told());
                embedding.write()
            }
            Plan::Count(count) => {
                let counted = count.read(parts.status, &parts.headers, &plain).map_err(undecodable)?;
                tell_count(counted, &mut parts, self.plugin, account)
            }
            Plan::Translate(translation) => {
                let error = translation.error(parts.status.as_u16(), &parts.headers, &plain);
                tell_of(&error, &mut parts.headers, self.plugin);
                self.plugin.front.error(&error)
            }
            Plan::Embed(embedding) => {
                let error = embedding.error(parts.status.as_u16(), &parts.headers, &plain);
                tell_of(&error, &mut parts.headers, self.plugin);
                self.plugin.front.error(&error)
            }
            Plan::Relay(_) => return Err(GatewayError::Internal("a relayed answer was to be translated")),
        };
        parts.headers.insert(header::CONTENT_TYPE, kind);
        Ok((parts, Content::Whole(written.into())))
    }

    fn decode(&self, raw: Bytes, encoded: Encoded, headers: &mut HeaderMap) -> Result<Whole, GatewayError> {
        let coding = match encoded {
            Encoded::With(Coding::Gzip) if !looks_like_gzip(&raw) => {
                // Said to be compressed, and is not.
                headers.remove(header::CONTENT_ENCODING);
                None
            }
            Encoded::With(coding) => Some(coding),
            Encoded::Plain if looks_like_gzip(&raw) => Some(Coding::Gzip),
            Encoded::Plain => None,
            Encoded::Unknown => return Err(GatewayError::AnswerEncoding),
        };
        let Some(coding) = coding else {
            return Ok(Whole { sent: raw.clone(), plain: raw });
        };
        let plain = inflate(&raw, coding, most_of(self.prepared.operation))?;
        if self.passes(coding) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return Ok(Whole { sent: raw, plain });
        }
        headers.remove(header::CONTENT_ENCODING);
        Ok(Whole { sent: plain.clone(), plain })
    }

    async fn stream(
        &self,
        mut parts: Parts,
        body: UpstreamBody,
        encoded: Encoded,
        machine: Machine,
        account: &mut Account,
    ) -> Result<(Parts, Content), GatewayError> {
        let inflater = match encoded {
            Encoded::Plain => None,
            Encoded::With(coding) => Some(Inflater::new(coding, MAX_WHOLE)),
            Encoded::Unknown => return Err(GatewayError::AnswerEncoding),
        };
        parts.headers.remove(header::CONTENT_ENCODING);
        account.stream = true;
        let envelope = self.plugin.front.envelope;
        let settings = StreamSettings {
            read_timeout: self.read_timeout,
            keep_alive: self.plugin.extensions.keep_alive,
            keep_alive_frame: envelope.keep_alive(),
            early_head: self.plugin.extensions.early_head,
        };
        let mut stream = EventStream::new(body, inflater, machine, settings);
        match stream.open().await {
            Opening::Stream => {
                response_headers::add_for_stream(&mut parts.headers);
                Ok((parts, Content::Stream(stream)))
            }
            Opening::Error(data, status) => {
                let status = status.unwrap_or_else(|| envelope.error_status(&data));
                parts.status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                account.error_first(parts.status);
                parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Ok((parts, Content::Whole(data)))
            }
            Opening::Nothing(stream::End::Broken(stream::Break::TimedOut)) => {
                Err(GatewayError::Upstream(crate::upstream::UpstreamError::ReadTimeout))
            }
            Opening::Nothing(_) if self.prepared.operation == Operation::Preserve => {
                Ok((parts, Content::Stream(stream)))
            }
            Opening::Nothing(_) => Err(GatewayError::AnswerTruncated),
        }
    }

    /// What the answer is written in, where it is relayed.
    fn envelope(&self) -> &'static dyn Envelope {
        match self.prepared.plan {
            Plan::Relay(envelope) => envelope,
            Plan::Translate(_) | Plan::Embed(_) | Plan::Count(_) => self.plugin.front.envelope,
        }
    }

    /// Whether the client's own events come in the framing of AWS (Claude on Bedrock).
    fn comes_reframed(&self, headers: &HeaderMap) -> bool {
        let framing = headers::media_type(headers).and_then(Framing::for_content_type);
        self.prepared.operation == Operation::Chat && framing == Some(Framing::AwsEventStream)
    }

    /// How an error in another framing is told.
    fn reported(&self) -> Box<dyn Fn(&UpstreamError) -> Bytes + Send + Sync> {
        let front = self.plugin.front;
        Box::new(move |error| Bytes::from(front.envelope.frame_error(&front.error(error))))
    }

    fn reading<'a>(&'a self, nonce: &'a str) -> Reading<'a> {
        Reading {
            operation: self.prepared.operation,
            quirks: self.prepared.quirks,
            nonce,
            named: self.prepared.named.as_deref(),
        }
    }

    fn relay(&self, nonce: &str) -> SseRelay {
        let prepared = &*self.prepared;
        let envelope = self.envelope();
        let fault_frame = Box::new(move |fault: StreamFault| fault_frame(envelope, fault));
        if prepared.operation == Operation::Preserve {
            return SseRelay::new(Box::new(Opaque), RelaySettings::default(), fault_frame);
        }
        let usage = match (prepared.usage_asked, prepared.usage_added()) {
            (true, _) => UsagePolicy::Ensure,
            (false, true) => UsagePolicy::Hide,
            (false, false) => UsagePolicy::Pass,
        };
        let settings =
            RelaySettings { usage, input_estimate: prepared.streamed_input(), ..RelaySettings::default() };
        let relay = SseRelay::new(envelope.stream(&self.reading(nonce)), settings, fault_frame);
        match prepared.counter() {
            Some(counter) => relay.counting(counter),
            None => relay,
        }
    }
}

/// The body for what came of a count.
fn tell_count(counted: Counted, parts: &mut Parts, plugin: &AiProxy, account: &mut Account) -> Vec<u8> {
    match counted {
        Counted::Told(told) => told,
        Counted::Estimated(estimate) => {
            parts.status = StatusCode::OK;
            account.estimated_count();
            response_headers::tell_losses(account.losses(), &mut parts.headers);
            estimate
        }
        Counted::Failed(error) => {
            tell_of(&error, &mut parts.headers, plugin);
            plugin.front.error(&error)
        }
    }
}

/// Says when to try again, and by which id the provider knows the request, where it said so in the body only.
fn tell_of(error: &UpstreamError, headers: &mut HeaderMap, plugin: &AiProxy) {
    response_headers::add_told_id(error, headers, plugin.front.envelope);
    if let Some(seconds) = error.retry_after
        && !headers.contains_key(header::RETRY_AFTER)
    {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// What an answer's body becomes.
enum Content {
    Whole(Bytes),
    Passing(Box<Passing>),
    Stream(Box<EventStream>),
}

fn fault_frame(envelope: &dyn Envelope, fault: StreamFault) -> Bytes {
    Bytes::from(envelope.error_frame(&Verdict {
        status: 502,
        kind: "api_error",
        code: Some(fault.code()),
        param: None,
        message: &fault.to_string(),
    }))
}

/// Takes the answer to one of several calls, and prepares the next one.
pub async fn gather(
    prepared: &mut Prepared<'_>,
    response: Response<UpstreamBody>,
    read_timeout: Duration,
) -> Result<(), GatewayError> {
    let (parts, body) = response.into_parts();
    let raw = collect(body, read_timeout, MAX_EMBEDDINGS).await?;
    let plain = match Encoded::of(&parts.headers) {
        Encoded::With(coding) => inflate(&raw, coding, MAX_EMBEDDINGS)?,
        Encoded::Plain => raw,
        Encoded::Unknown => return Err(GatewayError::AnswerEncoding),
    };
    let (provider, route) = (prepared.target.provider.id, prepared.operation.route_type());
    let Plan::Embed(embedding) = &mut prepared.plan else {
        return Err(GatewayError::Internal("one call has several answers"));
    };
    let settings = &prepared.destination.settings;
    embedding.take(settings, &parts.headers, &plain).map_err(|reason| GatewayError::Undecodable {
        provider,
        route,
        reason,
    })?;
    if let Some(batch) = embedding.next(settings)? {
        prepared.body = Body::written(batch.body);
        prepared.headers = batch.headers;
    }
    Ok(())
}

/// Reads a body to its end, within bounds of size and time.
async fn collect(mut body: UpstreamBody, idle: Duration, limit: usize) -> Result<Bytes, GatewayError> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(GatewayError::AnswerTooLarge(limit));
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    loop {
        let piece = match next_frame(&mut body, idle).await {
            Err(_elapsed) => {
                return Err(GatewayError::Upstream(crate::upstream::UpstreamError::ReadTimeout));
            }
            Ok(Some(Err(_))) => return Err(GatewayError::AnswerTruncated),
            Ok(None) => break,
            Ok(Some(Ok(piece))) => piece,
        };
        if whole.is_empty() && first.is_empty() {
            first = piece;
        } else {
            if whole.is_empty() {
                whole.reserve(announced.max(first.len() + piece.len()));
                whole.extend_from_slice(&first);
            }
            whole.extend_from_slice(&piece);
        }
        if whole.len().max(first.len()) > limit {
            return Err(GatewayError::AnswerTooLarge(limit));
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn inflate(raw: &[u8], coding: Coding, limit: usize) -> Result<Bytes, GatewayError> {
    let mut inflater = Inflater::new(coding, limit);
    let told = |error| match error {
        InflateError::TooLarge => GatewayError::AnswerTooLarge(limit),
        InflateError::Corrupt => GatewayError::AnswerEncoding,
    };
    let mut plain = inflater.push(raw).map_err(told)?;
    plain.extend(inflater.finish().map_err(told)?);
    Ok(Bytes::from(plain))
}
