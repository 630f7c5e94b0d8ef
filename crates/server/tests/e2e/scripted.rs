//! An upstream that answers with bytes which a test has laid ready, and closes.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Answers by the header `x-test` of the request; without an answer it only closes.
pub struct Scripted {
    pub addr: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Vec<u8>>>>,
}

impl Scripted {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let answers = Arc::<Mutex<HashMap<String, Vec<u8>>>>::default();
        let known = Arc::clone(&answers);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let known = Arc::clone(&known);
                std::thread::spawn(move || {
                    // Where the gateway has left there is nobody to answer.
                    let _ = serve(stream.unwrap(), &known);
                });
            }
        });
        Self { addr, answers }
    }

    /// What is answered to requests with this tag: all of it, head included.
    pub fn lay(&self, tag: &str, answer: Vec<u8>) {
        self.answers.lock().unwrap().insert(tag.to_owned(), answer);
    }
}

fn serve(mut stream: TcpStream, answers: &Mutex<HashMap<String, Vec<u8>>>) -> std::io::Result<()> {
    let mut read = Vec::new();
    let tag = loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        read.extend_from_slice(&piece[..count]);
        if let Some(tag) = whole(&read) {
            break tag;
        }
    };
    let answer = answers.lock().unwrap().get(&tag).cloned().unwrap_or_default();
    stream.write_all(&answer)
}

/// The tag of a request that has come to its end.
fn whole(read: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(read);
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    (rest.len() >= length).then(|| header("x-test").unwrap_or_default().to_owned())
}

/// A whole answer with a length.
pub fn answer(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// An answer that ends where the connection does.
pub fn stream(kind: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n").as_bytes(), body]
        .concat()
}
