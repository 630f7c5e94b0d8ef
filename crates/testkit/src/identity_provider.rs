//! Where cloud identities get their tokens and keys, simulated: Entra, managed identities, STS, the metadata services
//! of instances and containers, and Google's endpoints. Strict about calls; fails, waits and stammers on demand.

mod endpoints;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{PATIENCE, wait_for};

/// How the endpoints answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manner {
    /// With tokens and keys that hold for so many seconds.
    Good(u64),
    /// The same, late.
    Slow(Duration),
    /// With this status, and an error that the endpoint would give.
    Failing(u16),
    /// With 200 and this body.
    Saying(&'static str),
    /// With the end of the connection.
    HangingUp,
}

/// A call as it came.
#[derive(Debug, Clone)]
pub struct TokenCall {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl TokenCall {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// An argument of the query, or a field of the form.
    pub fn value(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').chain(self.body.split('&'));
        let (_, value) = pairs.filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name)?;
        Some(unescape(value))
    }
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = (*first == b'%').then(|| behind.get(..2)).flatten();
        let byte = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

struct State {
    manner: Manner,
    calls: Vec<TokenCall>,
    issued: u64,
}

/// The running endpoints, all on one port; dropping them ends them.
pub struct IdentityProvider {
    pub addr: SocketAddr,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
}

impl IdentityProvider {
    /// Starts with tokens that hold for an hour. Each is `sk-sim-KIND-CANARY-NUMBER`, numbered from 1.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { manner: Manner::Good(3600), calls: Vec::new(), issued: 0 }));
        let stopped = Arc::new(AtomicBool::new(false));
        let (for_calls, until) = (Arc::clone(&state), Arc::clone(&stopped));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if until.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&for_calls)) else { continue };
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { addr, state, stopped }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub fn behave(&self, manner: Manner) {
        lock(&self.state).manner = manner;
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<TokenCall> {
        lock(&self.state).calls.clone()
    }

    /// Waits until there have been so many calls, and gives them.
    pub fn wait_for_calls(&self, count: usize) -> Vec<TokenCall> {
        wait_for(&format!("{count} calls for tokens"), || {
            let calls = self.calls();
            (calls.len() >= count).then_some(calls)
        })
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes the thread that accepts; it ends at its next connection otherwise.
        let _ = TcpStream::connect_timeout(&self.addr, PATIENCE);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers the calls of one connection until it ends or a call is no HTTP.
fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let _ = stream.set_read_timeout(Some(Duration::from_mins(1)));
    let mut reader = BufReader::new(stream);
    while let Some(call) = read(&mut reader) {
        let (manner, number) = {
            let mut state = lock(state);
            state.calls.push(call.clone());
            state.issued += 1;
            (state.manner.clone(), state.issued)
        };
        let (status, body) = match manner {
            Manner::HangingUp => return,
            Manner::Saying(text) => (200, text.to_owned()),
            Manner::Failing(status) => (status, endpoints::error()),
            Manner::Good(seconds) => endpoints::answer(&call, number, seconds),
            Manner::Slow(late) => {
                std::thread::sleep(late);
                endpoints::answer(&call, number, 3600)
            }
        };
        let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n\r\n", body.len());
        let mut stream = stream;
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<TokenCall> {
    let mut line = || {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(Ok(0), |(_, value)| value.parse()).ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(TokenCall { method, target, headers, body: String::from_utf8(body).ok()? })
}

/// The key file of a service account of Google, with a key made for it.
pub fn service_account(token_url: &str) -> String {
    let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048);
    serde_json::json!({
        "type": "service_account",
        "client_email": "gateway@project.example",
        "private_key_id": "CANARY-key-id",
        "private_key": pair.expect("a key").serialize_pem(),
        "token_uri": token_url,
    })
    .to_string()
}
