//! Compressed bodies, decoded piece by piece with a bound on what a piece may become.

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};
use thiserror::Error;

/// Working memory of the brotli decoder, bytes.
const BROTLI_BUFFER: usize = 8 * 1024;

/// A content coding that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

/// What `Content-Encoding` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoded {
    Plain,
    With(Coding),
    /// A coding that is not known, or several at once.
    Unknown,
}

impl Encoded {
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Self::Plain,
            (Some(value), None) => value,
            (Some(_), Some(_)) => return Self::Unknown,
        };
        let value = value.as_bytes().trim_ascii();
        let is = |name: &str| value.eq_ignore_ascii_case(name.as_bytes());
        if value.is_empty() || is("identity") {
            Self::Plain
        } else if is("gzip") || is("x-gzip") {
            Self::With(Coding::Gzip)
        } else if is("deflate") {
            Self::With(Coding::Deflate)
        } else if is("br") {
            Self::With(Coding::Brotli)
        } else {
            Self::Unknown
        }
    }
}

/// Whether these bytes begin a gzip stream: some servers compress and do not say so.
pub fn looks_like_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b, 0x08])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InflateError {
    #[error("the decoded body is larger than its limit")]
    TooLarge,
    #[error("the body is not what its content-encoding says")]
    Corrupt,
}

/// Collects decoded bytes up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    overflow: bool,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > self.limit.saturating_sub(self.bytes.len()) {
            self.overflow = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Decoder {
    Gzip(MultiGzDecoder<Bounded>),
    Zlib(ZlibDecoder<Bounded>),
    RawDeflate(DeflateDecoder<Bounded>),
    Brotli(Box<brotli::DecompressorWriter<Bounded>>),
}

/// Decodes one body. The limit is on the decoded bytes between two calls of [`Inflater::push`].
pub struct Inflater {
    coding: Coding,
    limit: usize,
    decoder: Option<Decoder>,
}

impl Inflater {
    pub fn new(coding: Coding, limit: usize) -> Self {
        Self { coding, limit, decoder: None }
    }

    /// Decodes the next piece of the body.
    pub fn push(&mut self, input: &[u8]) -> Result<Vec<u8>, InflateError> {
        if input.is_empty() {
            return Ok(Vec::new());
        }
        let (coding, limit) = (self.coding, self.limit);
        let decoder = self.decoder.get_or_insert_with(|| Decoder::new(coding, limit, input));
        let outcome = decoder.writer().write_all(input).and_then(|()| decoder.writer().flush());
        let sink = decoder.sink();
        if outcome.is_err() {
            return Err(if sink.overflow { InflateError::TooLarge } else { InflateError::Corrupt });
        }
        Ok(std::mem::take(&mut sink.bytes))
    }

    /// Checks that the body was complete, and gives what is left.
    pub fn finish(self) -> Result<Vec<u8>, InflateError> {
        let finished = match self.decoder {
            None => return Ok(Vec::new()),
            Some(Decoder::Gzip(decoder)) => decoder.finish(),
            Some(Decoder::Zlib(decoder)) => decoder.finish(),
            Some(Decoder::RawDeflate(decoder)) => decoder.finish(),
            Some(Decoder::Brotli(mut decoder)) => match decoder.close() {
                Ok(()) => Ok(std::mem::replace(decoder.get_mut(), Bounded::new(0))),
                Err(error) => Err(error),
            },
        };
        finished.map(|sink| sink.bytes).map_err(|_| InflateError::Corrupt)
    }
}

impl Bounded {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, overflow: false }
    }
}

impl Decoder {
    fn new(coding: Coding, limit: usize, start: &[u8]) -> Self {
        let sink = Bounded::new(limit);
        match coding {
            Coding::Gzip => Self::Gzip(MultiGzDecoder::new(sink)),
            Coding::Brotli => Self::Brotli(Box::new(brotli::DecompressorWriter::new(sink, BROTLI_BUFFER))),
            Coding::Deflate if is_zlib(start) => Self::Zlib(ZlibDecoder::new(sink)),
            Coding::Deflate => Self::RawDeflate(DeflateDecoder::new(sink)),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(decoder) => decoder,
            Self::Zlib(decoder) => decoder,
            Self::RawDeflate(decoder) => decoder,
            Self::Brotli(decoder) => decoder,
        }
    }

    fn sink(&mut self) -> &mut Bounded {
        match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::RawDeflate(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
        }
    }
}

/// `deflate` should be zlib (RFC 9110 §8.4.1.2); some senders leave the zlib header away.
fn is_zlib(start: &[u8]) -> bool {
    match start {
        [first, second, ..] => first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31),
        [first] => first & 0x0f == 8,
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;

    fn compressed(coding: Coding, text: &[u8]) -> Vec<u8> {
        match coding {
            Coding::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Deflate => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Brotli => {
                let mut out = Vec::new();
                brotli::CompressorWriter::new(&mut out, 4096, 5, 20).write_all(text).unwrap();
                out
            }
        }
    }

    #[test]
    fn any_cutting_gives_the_same_text() {
        let text = "the same text, again and again; ".repeat(500);
        for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli] {
            let body = compressed(coding, text.as_bytes());
            for size in [1, 2, 7, 100, body.len()] {
                let mut inflater = Inflater::new(coding, 1 << 20);
                let mut out = Vec::new();
                for piece in body.chunks(size) {
                    out.extend(inflater.push(piece).unwrap());
                }
                out.extend(inflater.finish().unwrap());
                assert_eq!(out, text.as_bytes(), "{coding:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli] {
            let body = compressed(coding, &vec![0; 10 << 20]);
            assert_eq!(Inflater::new(coding, 1 << 16).push(&body), Err(InflateError::TooLarge), "{coding:?}");
        }
    }

    #[test]
    fn what_is_not_compressed_or_cut_short_is_corrupt() {
        assert_eq!(Inflater::new(Coding::Gzip, 100).push(b"{\"plain\":true}"), Err(InflateError::Corrupt));
        let body = compressed(Coding::Gzip, b"whole");
        let mut inflater = Inflater::new(Coding::Gzip, 100);
        inflater.push(&body[..body.len() - 4]).unwrap();
        assert_eq!(inflater.finish(), Err(InflateError::Corrupt));
    }

    #[test]
    fn deflate_without_its_zlib_header_is_read_too() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"raw").unwrap();
        let body = encoder.finish().unwrap();
        let mut inflater = Inflater::new(Coding::Deflate, 100);
        assert_eq!(inflater.push(&body).unwrap(), b"raw");
    }

    use flate2::write::DeflateEncoder;
}
