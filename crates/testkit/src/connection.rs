//! A connection to the gateway, read byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Answer, Call, Certificates, End, PATIENCE};

/// The most that a head may have before the client gives up.
const MAX_HEAD: usize = 1 << 20;

trait Transport: Read + Write + Send {}
impl<T: Read + Write + Send> Transport for T {}

/// One connection; calls on it follow each other.
pub struct Connection {
    transport: Box<dyn Transport>,
    socket: TcpStream,
    host: String,
    /// Bytes that were read and not yet used.
    read: Vec<u8>,
    /// What ALPN agreed on, over TLS.
    pub alpn: Option<Vec<u8>>,
}

impl Connection {
    /// Connects; panics where that fails.
    pub fn open(to: SocketAddr) -> Self {
        let socket = connect(to);
        let transport = Box::new(socket.try_clone().expect("a second handle"));
        Self { transport, socket, host: to.to_string(), read: Vec::new(), alpn: None }
    }

    /// Connects over TLS to `localhost`, trusting the given certificates only. Panics where the handshake fails.
    pub fn open_tls(to: SocketAddr, trust: &Certificates, alpn: &[&[u8]]) -> Self {
        Self::try_open_tls(to, trust, alpn).expect("a TLS handshake")
    }

    /// The same, with an error where the handshake fails.
    pub fn try_open_tls(to: SocketAddr, trust: &Certificates, alpn: &[&[u8]]) -> std::io::Result<Self> {
        let mut socket = connect(to);
        let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
        let mut session = rustls::ClientConnection::new(Arc::new(trust.client(alpn)), name)
            .map_err(std::io::Error::other)?;
        session.complete_io(&mut socket)?;
        let alpn = session.alpn_protocol().map(<[u8]>::to_vec);
        let clone = socket.try_clone()?;
        let transport = Box::new(rustls::StreamOwned::new(session, clone));
        Ok(Self { transport, socket, host: format!("localhost:{}", to.port()), read: Vec::new(), alpn })
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.transport.write_all(bytes)?;
        self.transport.flush()
    }

    /// Sends a request and reads the head of its answer. Panics where none comes.
    pub fn begin(mut self, call: &Call) -> Live {
        self.send(call);
        self.head(call.patience, call.method == "HEAD")
    }

    /// Sends a request and reads its answer, keeping the connection.
    pub fn call(self, call: &Call) -> (Answer, Self) {
        self.begin(call).whole()
    }

    /// Sends a request without reading anything.
    pub fn send(&mut self, call: &Call) {
        let mut bytes = call.head(&self.host);
        bytes.extend(call.wire_body());
        // A server that refuses early may close while the body is still being sent: its answer is read all the same.
        if let Err(error) = self.write(&bytes) {
            let early = matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
            assert!(early, "could not send: {error}");
        }
    }

    /// Reads the head of an answer. Panics where none comes.
    pub fn head(self, patience: Duration, bodyless: bool) -> Live {
        match self.try_head(patience, bodyless) {
            Ok(live) => live,
            Err(end) => panic!("no head came: {end:?}"),
        }
    }

    /// Reads the head of an answer, or tells how the connection ended instead.
    pub fn try_head(mut self, patience: Duration, bodyless: bool) -> Result<Live, End> {
        self.socket.set_read_timeout(Some(patience)).expect("a timeout");
        let begun = Instant::now();
        loop {
            if let Some(end) = position(&self.read, b"\r\n\r\n") {
                let rest = self.read.split_off(end + 4);
                let head = String::from_utf8_lossy(&std::mem::replace(&mut self.read, rest)).into_owned();
                let live = Live::new(self, &head, begun, patience, bodyless);
                if live.status == 100 {
                    return live.connection.try_head(patience, bodyless);
                }
                return Ok(live);
            }
            assert!(self.read.len() < MAX_HEAD, "the head has no end");
            match self.fill() {
                Ok(0) => return Err(End::Closed),
                Ok(_) => {}
                Err(end) => return Err(end),
            }
            if begun.elapsed() > patience {
                return Err(End::TimedOut);
            }
        }
    }

    /// Reads what there is; 0 means that the connection was closed.
    fn fill(&mut self) -> Result<usize, End> {
        let mut buffer = vec![0; 64 << 10];
        match self.transport.read(&mut buffer) {
            Ok(size) => {
                self.read.extend_from_slice(&buffer[..size]);
                Ok(size)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(End::TimedOut)
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => Err(End::Broken(error.kind().to_string())),
        }
    }

    /// Reads until the peer closes, or for as long as `patience` between two reads.
    pub fn read_to_end(mut self, patience: Duration) -> Vec<u8> {
        self.socket.set_read_timeout(Some(patience)).expect("a timeout");
        while matches!(self.fill(), Ok(size) if size > 0) {}
        self.read
    }

    /// Whether the peer closes the connection within the time.
    pub fn closes_within(mut self, time: Duration) -> bool {
        self.socket.set_read_timeout(Some(time)).expect("a timeout");
        !matches!(self.fill(), Err(End::TimedOut))
    }

    /// Closes the sending half.
    pub fn finish_sending(&self) {
        // Where the peer is gone already there is nothing to close.
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

fn connect(to: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect_timeout(&to, PATIENCE).expect("a connection");
    socket.set_nodelay(true).expect("no delay");
    socket.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

pub(crate) fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

/// How the body is delimited.
#[derive(Debug)]
enum Framing {
    Length(usize),
    /// Bytes left of the current chunk.
    Chunked(usize),
    UntilClose,
    Done,
}

enum Chunk {
    Some(Vec<u8>),
    /// More must be read first.
    More,
    Last,
}

/// Takes what the buffer has of the current chunk, and never of two: how the bytes came in reads depends on the
/// machine's load, how they were put into chunks does not. `left`: what is still to come of the chunk and its line end.
fn take_chunk(read: &mut Vec<u8>, left: &mut usize) -> Chunk {
    loop {
        if *left > 2 {
            let piece: Vec<u8> = read.drain(..read.len().min(*left - 2)).collect();
            *left -= piece.len();
            return if piece.is_empty() { Chunk::More } else { Chunk::Some(piece) };
        }
        if *left == 2 {
            if read.len() < 2 {
                return Chunk::More;
            }
            assert_eq!(&read[..2], b"\r\n", "a chunk does not end where it said");
            read.drain(..2);
            *left = 0;
        }
        let Some(line) = position(read, b"\r\n") else { return Chunk::More };
        let digits = String::from_utf8_lossy(&read[..line]).into_owned();
        let size = usize::from_str_radix(digits.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.unwrap_or_else(|_| panic!("no chunk size: {digits:?}"));
        if size > 0 {
            read.drain(..line + 2);
            *left = size + 2;
            continue;
        }
        if read.len() < line + 4 {
            return Chunk::More;
        }
        assert_eq!(&read[line..line + 4], b"\r\n\r\n", "trailers are not expected");
        read.drain(..line + 4);
        return Chunk::Last;
    }
}

/// An answer whose head has arrived and whose body is still coming.
pub struct Live {
    pub status: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
    pub head_at: Duration,
    connection: Connection,
    framing: Framing,
    begun: Instant,
    patience: Duration,
    body: Vec<u8>,
    pieces: Vec<(Duration, Vec<u8>)>,
}

impl Live {
    fn new(connection: Connection, head: &str, begun: Instant, patience: Duration, bodyless: bool) -> Self {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().splitn(3, ' ');
        let version = words.next().unwrap_or_default();
        assert_eq!(version, "HTTP/1.1", "{head}");
        let status = words.next().and_then(|digits| digits.parse().ok()).expect("a status");
        let reason = words.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let find = |name: &str| headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let length = find("content-length").map(|(_, digits)| digits.parse().expect("a length"));
        let chunked = find("transfer-encoding").is_some();
        assert!(!(chunked && length.is_some()), "two framings: {head}");
        let empty = bodyless || status == 204 || status == 304 || (100..200).contains(&status);
        let framing = match (empty, chunked, length) {
            (true, ..) => Framing::Done,
            (_, true, _) => Framing::Chunked(0),
            (_, _, Some(length)) => Framing::Length(length),
            _ => Framing::UntilClose,
        };
        let head_at = begun.elapsed();
        let (body, pieces) = (Vec::new(), Vec::new());
        Self { status, reason, headers, head_at, connection, framing, begun, patience, body, pieces }
    }

    /// The next bytes of the body, or how it ended.
    pub fn piece(&mut self) -> Result<Vec<u8>, End> {
        self.connection.socket.set_read_timeout(Some(self.patience)).expect("a timeout");
        loop {
            if let Some(piece) = self.take()? {
                self.pieces.push((self.begun.elapsed(), piece.clone()));
                self.body.extend_from_slice(&piece);
                return Ok(piece);
            }
            if self.connection.fill()? == 0 {
                return Err(if matches!(self.framing, Framing::UntilClose) { End::Closed } else { End::Cut });
            }
        }
    }

    /// Takes what the buffer has of the body.
    fn take(&mut self) -> Result<Option<Vec<u8>>, End> {
        let read = &mut self.connection.read;
        match &mut self.framing {
            Framing::Done | Framing::Length(0) => Err(End::Complete),
            Framing::UntilClose | Framing::Length(_) if read.is_empty() => Ok(None),
            Framing::UntilClose => Ok(Some(std::mem::take(read))),
            Framing::Length(left) => {
                let rest = read.split_off(read.len().min(*left));
                let piece = std::mem::replace(read, rest);
                *left -= piece.len();
                Ok(Some(piece))
            }
            Framing::Chunked(left) => match take_chunk(read, left) {
                Chunk::Some(piece) => Ok(Some(piece)),
                Chunk::More => Ok(None),
                Chunk::Last => {
                    self.framing = Framing::Done;
                    Err(End::Complete)
                }
            },
        }
    }

    /// Reads until the body so far satisfies the test, or it ends.
    pub fn read_until(&mut self, enough: impl Fn(&str) -> bool) -> Result<(), End> {
        while !enough(&String::from_utf8_lossy(&self.body)) {
            self.piece()?;
        }
        Ok(())
    }

    /// The body so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// How long a single read may take from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Reads to the end.
    pub fn finish(mut self) -> Answer {
        self.collect()
    }

    fn collect(&mut self) -> Answer {
        let end = loop {
            if let Err(end) = self.piece() {
                break end;
            }
        };
        Answer {
            status: self.status,
            reason: self.reason.clone(),
            headers: self.headers.clone(),
            body: std::mem::take(&mut self.body),
            end,
            pieces: std::mem::take(&mut self.pieces),
            head_at: self.head_at,
        }
    }

    /// Reads to the end and keeps the connection.
    pub fn whole(mut self) -> (Answer, Connection) {
        let answer = self.collect();
        (answer, self.connection)
    }

    /// Goes away in the middle.
    pub fn hang_up(self) {
        drop(self);
    }
}
