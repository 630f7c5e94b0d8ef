//! A request's body: read within its limits, decoded where it came compressed.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::error::GatewayError;
use crate::frames::next_frame;
use crate::inflate::{Coding, Encoded, InflateError, Inflater};

/// Time without a byte after which a body is given up.
const IDLE: Duration = Duration::from_secs(30);
/// Time that a whole body may take.
const TOTAL: Duration = Duration::from_mins(5);
/// What a client claims as length is believed up to here when memory is set aside.
const MAX_RESERVED: u64 = 16 << 20;

/// A client's body, which is read at most once however often it is asked for.
pub struct ClientRequestBody {
    unread: Option<Incoming>,
    read: Bytes,
}

impl ClientRequestBody {
    pub fn new(body: Incoming) -> Self {
        Self { unread: Some(body), read: Bytes::new() }
    }

    /// A body that is there already.
    pub fn buffered(body: Bytes) -> Self {
        Self { unread: None, read: body }
    }

    /// The body, decoded, if it has at most `limit` bytes before and after that.
    pub async fn read(&mut self, headers: &HeaderMap, limit: u64) -> Result<Bytes, GatewayError> {
        if let Some(body) = self.unread.take() {
            self.read = read(headers, body, limit).await?;
        }
        if self.read.len() as u64 > limit {
            return Err(GatewayError::BodyTooLarge(limit));
        }
        Ok(self.read.clone())
    }
}

async fn read(headers: &HeaderMap, body: Incoming, limit: u64) -> Result<Bytes, GatewayError> {
    let coding = match Encoded::of(headers) {
        Encoded::Plain => None,
        Encoded::With(coding) => Some(coding),
        Encoded::Unknown => return Err(GatewayError::Encoding),
    };
    if body.size_hint().lower() > limit {
        return Err(GatewayError::BodyTooLarge(limit));
    }
    let raw = match tokio::time::timeout(TOTAL, collect(body, limit)).await {
        Ok(raw) => raw?,
        Err(_elapsed) => return Err(GatewayError::BodyTimeout),
    };
    match coding {
        None => Ok(raw),
        Some(coding) => decode(&raw, coding, limit),
    }
}

/// The headers that describe a body as it came, once it was decoded.
pub fn forget_encoding(headers: &mut HeaderMap) {
    headers.remove(header::CONTENT_ENCODING);
}

async fn collect(mut body: Incoming, limit: u64) -> Result<Bytes, GatewayError> {
    let announced = body.size_hint().lower();
    let Some(first) = next_piece(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if first.len() as u64 > limit {
        return Err(GatewayError::BodyTooLarge(limit));
    }
    // A small body comes in one piece and is not copied at all.
    if body.is_end_stream() || first.len() as u64 == announced {
        return Ok(first);
    }
    let reserved = usize::try_from(announced.min(MAX_RESERVED)).unwrap_or_default();
    let mut whole = BytesMut::with_capacity(reserved.max(first.len() * 2));
    whole.extend_from_slice(&first);
    drop(first);
    while let Some(piece) = next_piece(&mut body).await? {
        if (whole.len() + piece.len()) as u64 > limit {
            return Err(GatewayError::BodyTooLarge(limit));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

async fn next_piece(body: &mut Incoming) -> Result<Option<Bytes>, GatewayError> {
    match next_frame(body, IDLE).await {
        Err(_elapsed) => Err(GatewayError::BodyTimeout),
        Ok(None) => Ok(None),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(Some(Err(_))) => Err(GatewayError::BodyBroken),
    }
}

fn decode(raw: &[u8], coding: Coding, limit: u64) -> Result<Bytes, GatewayError> {
    let room = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut inflater = Inflater::new(coding, room);
    let refused = |error| match error {
        InflateError::TooLarge => GatewayError::BodyTooLarge(limit),
        InflateError::Corrupt => GatewayError::BadEncoding,
    };
    let mut text = inflater.push(raw).map_err(refused)?;
    text.extend(inflater.finish().map_err(refused)?);
    Ok(Bytes::from(text))
}
