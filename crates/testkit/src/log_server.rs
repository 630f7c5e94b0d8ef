//! A server that records are sent to: takes them, refuses them, or never answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::{PATIENCE, wait_for};

/// How the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// With this status.
    Status(u16),
    /// Never; the request is read.
    Silence,
    /// With the end of the connection.
    HangingUp,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    /// What of the body is text.
    pub body: String,
    pub bytes: Vec<u8>,
    /// What it was answered with.
    pub reception: Reception,
}

impl Delivery {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The records in it, one or an array of them. Panics where the body is not JSON.
    pub fn records(&self) -> Vec<Value> {
        match serde_json::from_str(&self.body) {
            Ok(Value::Array(records)) => records,
            Ok(record @ Value::Object(_)) => vec![record],
            other => panic!("{other:?}: {}", self.body),
        }
    }
}

struct State {
    reception: Reception,
    deliveries: Vec<Delivery>,
    connections: usize,
}

/// The running server; dropping it ends it.
pub struct LogServer {
    pub addr: SocketAddr,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
}

impl LogServer {
    /// Starts one that takes everything.
    pub fn start() -> Self {
        Self::listen(TcpListener::bind(("127.0.0.1", 0)).expect("a port"))
    }

    /// Starts one where another was, or where none has been yet.
    pub fn start_at(addr: SocketAddr) -> Self {
        Self::listen(wait_for("the port", || TcpListener::bind(addr).ok()))
    }

    fn listen(listener: TcpListener) -> Self {
        let addr = listener.local_addr().expect("an address");
        let state = State { reception: Reception::Status(200), deliveries: Vec::new(), connections: 0 };
        let (state, stopped) = (Arc::new(Mutex::new(state)), Arc::new(AtomicBool::new(false)));
        let (taking, until) = (Arc::clone(&state), Arc::clone(&stopped));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if until.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&taking)) else { continue };
                lock(&state).connections += 1;
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { addr, state, stopped }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// How requests are answered from now on.
    pub fn behave(&self, reception: Reception) {
        lock(&self.state).reception = reception;
    }

    /// All requests so far, however they were answered.
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.state).deliveries.clone()
    }

    /// Those to one address.
    pub fn deliveries_to(&self, target: &str) -> Vec<Delivery> {
        let mut deliveries = self.deliveries();
        deliveries.retain(|delivery| delivery.target == target);
        deliveries
    }

    /// Connections that were made so far.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// Records of all requests that were answered with success.
    pub fn taken(&self) -> Vec<Value> {
        let deliveries = self.deliveries();
        let good =
            deliveries.iter().filter(|delivery| matches!(delivery.reception, Reception::Status(200..=299)));
        good.flat_map(Delivery::records).collect()
    }

    /// Waits until so many records were taken, and gives them.
    pub fn wait_for_taken(&self, count: usize) -> Vec<Value> {
        wait_for(&format!("{count} records at the server"), || {
            let taken = self.taken();
            (taken.len() >= count).then_some(taken)
        })
    }
}

impl Drop for LogServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes the thread that accepts; it may have ended.
        let _ = TcpStream::connect(self.addr);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    // What fails here fails the test, which misses a request.
    let _ = stream.set_read_timeout(Some(PATIENCE * 2));
    let mut reader = BufReader::new(stream);
    while let Some(mut delivery) = read(&mut reader) {
        let mut state = lock(state);
        delivery.reception = state.reception;
        state.deliveries.push(delivery);
        let reception = state.reception;
        drop(state);
        let mut writer = stream;
        match reception {
            Reception::HangingUp => return,
            Reception::Silence => std::thread::sleep(Duration::from_mins(1)),
            Reception::Status(status) => {
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
                if writer.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        }
    }
}

/// The next request of a connection.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<Delivery> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split_ascii_whitespace().map(str::to_owned);
    let (method, target) = words.next().zip(words.next())?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    let mut bytes = vec![0; length.1.parse().ok()?];
    reader.read_exact(&mut bytes).ok()?;
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Some(Delivery { method, target, headers, body, bytes, reception: Reception::HangingUp })
}
