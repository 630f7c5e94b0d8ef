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

/// What is let in, and for how long, of a body that was refused: bytes, time without a byte, time in all.
const MAX_DISCARDED: u64 = 64 << 20;
const DISCARD_IDLE: Duration = Duration::from_secs(5);
const DISCARD_TOTAL: Duration = Duration::from_secs(30);

/// A client's body, which is read at most once however often it is asked for.
pub struct ClientRequestBody {
    unread: Option<Unread>,
    read: Bytes,
    /// The client sends the body only after a `100 Continue`, which nothing has caused yet.
    awaited: bool,
}

/// A body that was not read yet.
enum Unread {
    Arriving(Incoming),
    There(Bytes),
}

impl ClientRequestBody {
    pub fn new(body: Incoming, headers: &HeaderMap) -> Self {
        Self {
            unread: Some(Unread::Arriving(body)),
            read: Bytes::new(),
            awaited: headers.contains_key(header::EXPECT),
        }
    }

    /// A body that is there already.
    pub fn buffered(body: Bytes) -> Self {
        Self { unread: Some(Unread::There(body)), read: Bytes::new(), awaited: false }
    }

    /// The body, decoded, if it has at most `limit` bytes before and after that.
    pub async fn read(&mut self, headers: &HeaderMap, limit: u64) -> Result<Bytes, GatewayError> {
        if let Some(body) = &mut self.unread {
            let coding = acceptable(headers, body, limit)?;
            self.awaited = false;
            self.read = read(body, coding, limit).await?;
            self.unread = None;
        }
        if self.read.len() as u64 > limit {
            return Err(GatewayError::BodyTooLarge(limit));
        }
        Ok(self.read.clone())
    }

    /// Lets the rest of a refused body come in, within bounds: closing the connection on a client that is
    /// still sending could cost it the answer that says why.
    pub fn discard(self) {
        if let Some(Unread::Arriving(mut body)) = self.unread
            && !self.awaited
            && !body.is_end_stream()
        {
            tokio::spawn(async move {
                // Whatever ends it, nobody is waiting.
                let _ = tokio::time::timeout(DISCARD_TOTAL, discard(&mut body)).await;
            });
        }
    }
}

async fn discard(body: &mut Incoming) {
    let mut seen = 0;
    while let Ok(Some(Ok(piece))) = next_frame(body, DISCARD_IDLE).await {
        seen += piece.len() as u64;
        if seen > MAX_DISCARDED {
            return;
        }
    }
}

/// How a body is coded, if what its head says of it can be accepted.
fn acceptable(headers: &HeaderMap, body: &Unread, limit: u64) -> Result<Option<Coding>, GatewayError> {
    let coding = match Encoded::of(headers) {
        Encoded::Plain => None,
        Encoded::With(coding) => Some(coding),
        Encoded::Unknown => return Err(GatewayError::Encoding),
    };
    let announced = match body {
        Unread::Arriving(body) => body.size_hint().lower(),
        Unread::There(body) => body.len() as u64,
    };
    if announced > limit {
        return Err(GatewayError::BodyTooLarge(limit));
    }
    Ok(coding)
}

async fn read(body: &mut Unread, coding: Option<Coding>, limit: u64) -> Result<Bytes, GatewayError> {
    let raw = match body {
        Unread::There(body) => std::mem::take(body),
        Unread::Arriving(body) => match tokio::time::timeout(TOTAL, collect(body, limit)).await {
            Ok(raw) => raw?,
            Err(_elapsed) => return Err(GatewayError::BodyTimeout),
        },
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

async fn collect(body: &mut Incoming, limit: u64) -> Result<Bytes, GatewayError> {
    let announced = body.size_hint().lower();
    let Some(first) = next_piece(body).await? else {
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
    while let Some(piece) = next_piece(body).await? {
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
