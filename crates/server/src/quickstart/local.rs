//! Model servers on this machine: asked for their models, briefly, on loopback only.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use provider::by_id;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Entry, Place};

/// A kind of server, on the port that it usually has.
#[derive(Clone, Copy)]
pub(super) struct Server {
    pub name: &'static str,
    pub provider: &'static str,
    pub options: &'static [(&'static str, &'static str)],
    pub port: u16,
    /// The paths must be written out, because the provider's own ones are another API's.
    pub full_url: bool,
}

pub(super) const SERVERS: [Server; 3] = [
    Server { name: "ollama", provider: "ollama", options: &[], port: 11434, full_url: true },
    Server { name: "vllm", provider: "vllm", options: &[], port: 8000, full_url: false },
    Server {
        name: "llamacpp",
        provider: "llama2",
        options: &[("llama2_format", "openai")],
        port: 8080,
        full_url: false,
    },
];

/// Time to connect, and again to answer.
const PATIENCE: Duration = Duration::from_millis(150);
const MAX_ANSWER: u64 = 256 * 1024;
const MAX_MODELS: usize = 50;
const MAX_NAME: usize = 200;

/// Asks all servers at the same time, but for one on the gateway's own address.
pub(super) async fn find(servers: &[Server], own: SocketAddr) -> Vec<Entry> {
    let asked: Vec<_> = servers
        .iter()
        .filter(|server| server.port != own.port())
        .map(|server| (*server, tokio::spawn(models_at(server.port))))
        .collect();
    let mut entries = Vec::new();
    for (server, models) in asked {
        if let Ok(Some(models)) = models.await {
            entries.extend(entry(&server, models));
        }
    }
    entries
}

fn entry(server: &Server, models: Vec<String>) -> Option<Entry> {
    let base = format!("http://127.0.0.1:{}", server.port);
    let mut entry = Entry::new(server.name, by_id(server.provider)?, base.as_str());
    entry.options = server.options.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    entry.place = if server.full_url { Place::OpenAi(base) } else { Place::Base(base) };
    // Servers do not say what a model is for; its name mostly does.
    (entry.embeddings, entry.chat) = models.into_iter().partition(|name| name.contains("embed"));
    Some(entry)
}

/// The models that a server lists; none where nobody answers, or not as an OpenAI-speaking server does.
async fn models_at(port: u16) -> Option<Vec<String>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = connected.ok()?.ok()?;
    let answer = timeout(PATIENCE, ask(stream, port)).await.ok()?.ok()?;
    read_models(&answer)
}

async fn ask(mut stream: TcpStream, port: u16) -> std::io::Result<Vec<u8>> {
    // HTTP/1.0: the answer is not chunked, and the connection ends with it.
    let request = format!(
        "GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let mut limited = stream.take(MAX_ANSWER);
    while limited.read_buf(&mut answer).await? > 0 {
        if is_complete(&answer) {
            break;
        }
    }
    Ok(answer)
}

/// Head, and body by its length where the head tells one.
fn split(answer: &[u8]) -> Option<(&str, &[u8], Option<usize>)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = answer.split_at_checked(end)?;
    let head = std::str::from_utf8(head).ok()?;
    let body = rest.get(4..)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((head, body, length))
}

/// Whether the announced length is there: some servers keep the connection open all the same.
fn is_complete(answer: &[u8]) -> bool {
    matches!(split(answer), Some((_, body, Some(length))) if body.len() >= length)
}

#[derive(Deserialize)]
struct ModelList {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

fn read_models(answer: &[u8]) -> Option<Vec<String>> {
    let (head, body, length) = split(answer)?;
    let status = head.split(' ').nth(1)?;
    if !head.starts_with("HTTP/1.") || status != "200" {
        return None;
    }
    let body = body.get(..length.unwrap_or(body.len()))?;
    let list: ModelList = serde_json::from_slice(body).ok()?;
    let names = list.data.into_iter().map(|model| model.id);
    Some(names.filter(|name| is_plain(name)).take(MAX_MODELS).collect())
}

/// Whether a name that a server gave can stand in a file and in a shell line and mean nothing else: names
/// of models are texts of a configuration, in which `{vault://…}` would be a reference to a secret.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+".contains(c);
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(plain)
}

#[cfg(test)]
mod tests;
