//! The request that is to be explained: a file as HTTP/1.1 has it, or arguments as curl has them.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::{PathAndQuery, Scheme};
use http::{Method, Request, Uri};
use proxy::Example;

use crate::cli::{ExplainArgs, RequestArgs};
use crate::configuration::{name_of, read_bytes};

/// The request of a command line. Reads files, and standard input for `-`.
pub fn of(arguments: &ExplainArgs) -> anyhow::Result<Example> {
    let (given, curl) = (&arguments.request, &arguments.client);
    if curl.are_given() || given.contains("://") {
        return written(given, curl);
    }
    let path = Path::new(given);
    let text = read_bytes(path).with_context(|| {
        let hint = if given.starts_with('/') { ": for a GET of that path add -X GET" } else { "" };
        format!("{given} is not a file with a request{hint}")
    })?;
    Example::parse(&text).with_context(|| name_of(path))
}

/// Whether the request needs standard input.
pub fn reads_standard_input(arguments: &ExplainArgs) -> bool {
    let curl = &arguments.client;
    let mut data = curl.data.iter().chain(&curl.data_binary).chain(&curl.json);
    data.any(|text| text == "@-") || (arguments.request == "-" && !curl.are_given())
}

/// A request of a URL or a path, with the headers that curl would add but for its own name.
fn written(url: &str, curl: &RequestArgs) -> anyhow::Result<Example> {
    let full =
        if url.starts_with('/') || url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let uri: Uri = full.parse().with_context(|| format!("'{url}' is not a URL"))?;
    let tls = match uri.scheme() {
        None => false,
        Some(scheme) if *scheme == Scheme::HTTP => false,
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        Some(scheme) => bail!("'{scheme}' is not a scheme of this gateway: use http or https"),
    };
    let mut headers = HeaderMap::new();
    if let Some(authority) = uri.authority() {
        ensure!(!authority.as_str().contains('@'), "credentials go into a header, not into the URL: use -H");
        headers.insert(header::HOST, HeaderValue::from_str(authority.as_str())?);
    }
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let body = body(curl, &mut headers)?;
    add(&mut headers, &curl.headers)?;
    let method = match &curl.method {
        Some(method) => Method::from_bytes(method.as_bytes()).with_context(|| format!("-X {method}"))?,
        None if body.is_some() => Method::POST,
        None => Method::GET,
    };
    let path = uri.into_parts().path_and_query.unwrap_or(PathAndQuery::from_static("/"));
    let mut request = Request::new(body.unwrap_or_default());
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(path);
    *request.headers_mut() = headers;
    Ok(Example { request, tls })
}

/// The body, and what it says of itself in headers. None where no option gives one.
fn body(curl: &RequestArgs, headers: &mut HeaderMap) -> anyhow::Result<Option<Vec<u8>>> {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
    if !curl.json.is_empty() {
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::ACCEPT, JSON);
        let pieces = curl.json.iter().map(|text| data(text)).collect::<anyhow::Result<Vec<_>>>()?;
        return Ok(Some(pieces.concat()));
    }
    let mut pieces = Vec::new();
    for text in &curl.data {
        let mut piece = data(text)?;
        if text.starts_with('@') {
            // As curl does it.
            piece.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
        }
        pieces.push(piece);
    }
    for text in &curl.data_binary {
        pieces.push(data(text)?);
    }
    pieces.extend(curl.data_raw.iter().map(|text| text.clone().into_bytes()));
    if pieces.is_empty() {
        return Ok(None);
    }
    headers.insert(header::CONTENT_TYPE, FORM);
    Ok(Some(pieces.join(&b'&')))
}

/// The text itself, or what is in the file that it names with `@`.
fn data(text: &str) -> anyhow::Result<Vec<u8>> {
    match text.strip_prefix('@') {
        Some(path) => read_bytes(Path::new(path)),
        None => Ok(text.as_bytes().to_vec()),
    }
}

/// Adds headers as curl reads them: `NAME: VALUE`; `NAME:` takes one away that would be there, `NAME;` has no value.
fn add(headers: &mut HeaderMap, lines: &[String]) -> anyhow::Result<()> {
    let mut own = HeaderMap::new();
    for line in lines {
        let (name, value) = match (line.split_once(':'), line.strip_suffix(';')) {
            (Some((name, value)), _) => (name, Some(value.trim()).filter(|value| !value.is_empty())),
            (None, Some(name)) => (name, Some("")),
            // The value may be a credential, so nothing of it is repeated.
            (None, None) => bail!("-H wants NAME: VALUE"),
        };
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok().context("-H wants NAME: VALUE")?;
        headers.remove(&name);
        if let Some(value) = value {
            let value = HeaderValue::from_str(value).ok();
            own.append(&name, value.with_context(|| format!("the value of -H {name} cannot be sent"))?);
        }
    }
    headers.extend(own);
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn arguments(line: &[&str]) -> ExplainArgs {
        let line = ["ai-proxy", "explain", "--config", "x"].iter().chain(line);
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Explain(arguments)) => arguments,
            _ => panic!("another command"),
        }
    }

    fn example(line: &[&str]) -> Example {
        of(&arguments(line)).unwrap()
    }

    /// Method, path, headers in the order of their names, body.
    fn told(line: &[&str]) -> (String, String, Vec<String>, String) {
        let (parts, body) = example(line).request.into_parts();
        let mut headers: Vec<String> = parts
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        (parts.method.to_string(), parts.uri.to_string(), headers, String::from_utf8(body).unwrap())
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn arguments_mean_what_they_mean_to_curl() {
        let (method, path, headers, body) = told(&["https://gate.example:8443/chat?x=1#y", "--json", "{}"]);
        assert_eq!((&*method, &*path, &*body), ("POST", "/chat?x=1", "{}"));
        let json = ["accept: application/json", "content-type: application/json", "host: gate.example:8443"];
        assert_eq!(headers, texts(&json));
        let (method, path, headers, body) = told(&["localhost:8000", "-d", "a=1", "-d", "b=2", "-X", "PUT"]);
        assert_eq!((&*method, &*path, &*body), ("PUT", "/", "a=1&b=2"));
        let form = ["accept: */*", "content-type: application/x-www-form-urlencoded", "host: localhost:8000"];
        assert_eq!(headers, texts(&form));
        let (method, path, headers, body) = told(&["/v1/models", "-X", "GET"]);
        assert_eq!((&*method, &*path, &*body), ("GET", "/v1/models", ""));
        assert_eq!(headers, texts(&["accept: */*"]));
        assert!(example(&["https://a/"]).tls && !example(&["http://a/"]).tls);
    }

    #[test]
    fn headers_add_replace_and_remove() {
        let line = [
            "/x",
            "-d",
            "{}",
            "-H",
            "Content-Type: application/json",
            "-H",
            "Accept:",
            "-H",
            "X-A: 1",
            "-H",
            "X-A: 2",
            "-H",
            "X-B;",
        ];
        let (_, _, headers, _) = told(&line);
        assert_eq!(headers, texts(&["content-type: application/json", "x-a: 1", "x-a: 2", "x-b: "]));
    }

    #[test]
    fn data_comes_from_files() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("body");
        std::fs::write(&file, "{\r\n}\n").unwrap();
        let at = format!("@{}", file.display());
        assert_eq!(told(&["/x", "-d", &at]).3, "{}");
        assert_eq!(told(&["/x", "--data-binary", &at]).3, "{\r\n}\n");
        assert_eq!(told(&["/x", "--json", &at]).3, "{\r\n}\n");
        assert_eq!(told(&["/x", "--data-raw", "@x"]).3, "@x");
    }

    #[test]
    fn what_cannot_be_a_request_says_why() {
        for (line, told) in [
            (&["ftp://x/"][..], "'ftp' is not a scheme"),
            (&["http://me:CANARY@x/"], "credentials go into a header"),
            (&["/x", "-H", "CANARY"], "-H wants NAME: VALUE"),
            (&["/x", "-H", "a: CANARY\u{1}"], "the value of -H a cannot be sent"),
            (&["/x y", "-X", "GET"], "'/x y' is not a URL"),
            (&["/x", "-X", "G T"], "-X G T"),
            (&["/nonexistent/request"], "add -X GET"),
        ] {
            let error = format!("{:#}", of(&arguments(line)).unwrap_err());
            assert!(error.contains(told) && !error.contains("CANARY"), "{error}");
        }
        let both = ["ai-proxy", "explain", "-c", "x", "/x", "-d", "1", "--json", "2"];
        assert!(Cli::try_parse_from(both).is_err());
    }

    #[test]
    fn standard_input_is_read_once() {
        assert!(reads_standard_input(&arguments(&["-"])));
        assert!(reads_standard_input(&arguments(&["/x", "-d", "@-"])));
        assert!(!reads_standard_input(&arguments(&["/x", "--data-raw", "@-"])));
    }
}
