//! Probing against servers that behave, and that do not.

use std::time::Instant;

use tokio::net::TcpListener;

use super::*;

const OWN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// A server that reads a little and writes `answer`; it keeps the connection open where `hold` says so.
async fn serve(answer: &'static str, hold: bool) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            assert!(request[..read].starts_with(b"GET /v1/models HTTP/1.0\r\n"));
            // The other side may have gone, after all that it wanted to read.
            let _ = stream.write_all(answer.as_bytes()).await;
            if hold {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        }
    });
    port
}

fn server(port: u16) -> Server {
    Server { port, ..SERVERS[2] }
}

#[tokio::test]
async fn lists_the_models_of_a_server_that_answers() {
    let port = serve(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\
         {\"object\":\"list\",\"data\":[{\"id\":\"llama3.2:1b\",\"object\":\"model\"},\
         {\"id\":\"nomic-embed-text\"},{\"id\":\"{vault://env/OPENAI_API_KEY}\"},{\"id\":\"a'b\"}]}",
        false,
    )
    .await;
    let entries = find(&[server(port)], OWN).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].chat, ["llama3.2:1b"]);
    assert_eq!(entries[0].embeddings, ["nomic-embed-text"]);
    assert_eq!(entries[0].found, format!("http://127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_length_ends_the_answer_of_a_server_that_holds_on() {
    let port =
        serve("HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n{\"data\":[{\"id\":\"smol\"}]}", true).await;
    assert_eq!(models_at(port).await.unwrap(), ["smol"]);
}

#[tokio::test]
async fn what_is_no_model_server_is_left_out() {
    for answer in [
        "",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\n\r\n{\"data\":[{\"id\":\"x\"}]}",
        "HTTP/1.1 200 OK\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\n\r\n{\"models\":[]}",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"data\":[]}",
    ] {
        let port = serve(answer, false).await;
        assert!(find(&[server(port)], OWN).await.is_empty(), "{answer:?}");
    }
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    assert!(find(&[server(port)], OWN).await.is_empty());
}

#[tokio::test]
async fn silence_is_not_waited_for_and_servers_are_asked_at_once() {
    let silent = [serve("", true).await, serve("HTTP/1.1 200 OK\r\n", true).await];
    let start = Instant::now();
    let entries = find(&silent.map(server), OWN).await;
    assert!(entries.is_empty());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_gateways_own_port_is_not_asked() {
    let port = serve("HTTP/1.1 200 OK\r\n\r\n{\"data\":[{\"id\":\"self\"}]}", false).await;
    let own = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    assert!(find(&[server(port)], own).await.is_empty());
    assert_eq!(find(&[server(port)], OWN).await.len(), 1);
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{{\"data\":[{}", "{\"id\":\"x\"},".repeat(30_000));
    assert!(endless.len() as u64 > MAX_ANSWER);
    let cut = &endless.as_bytes()[..usize::try_from(MAX_ANSWER).unwrap()];
    assert_eq!(read_models(cut), None);
}
