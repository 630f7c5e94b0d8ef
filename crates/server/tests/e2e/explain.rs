//! `explain`: what it shows, what it hides, what its exit status says.

use testkit::Finished;

use crate::commands::run_with_file;

const CONFIG: &str = r#"_format_version: "3.0"
services:
  - name: llm
    url: http://localhost:1
    routes:
      - name: plain
        paths: [/plain]
        plugins:
          - name: ai-proxy
            id: 11111111-2222-4333-8444-555555555555
            config:
              route_type: llm/v1/chat
              auth: {header_name: Authorization, header_value: Bearer CANARY-header}
              model: {provider: openai, name: gpt-4o, options: {max_tokens: 10}}
      - name: keyed
        paths: ["~/k/(?<m>[a-z0-9-]+)$"]
        plugins:
          - name: key-auth
            config: {key_names: [apikey]}
          - name: ai-proxy
            id: 11111111-2222-4333-8444-666666666666
            config:
              route_type: llm/v1/chat
              auth: {param_name: token, param_value: CANARY-query, param_location: query}
              model: {provider: mistral, name: $(uri_captures.m), options: {mistral_format: openai}}
      - name: body
        paths: [/body]
        plugins:
          - name: ai-proxy
            id: 11111111-2222-4333-8444-777777777777
            config:
              route_type: llm/v1/chat
              auth: {param_name: token, param_value: CANARY-body, param_location: body}
              model: {provider: openai, name: m, options: {upstream_url: "http://127.0.0.1:1/x"}}
      - name: lossy
        paths: [/lossy]
        plugins:
          - name: ai-proxy
            id: 11111111-2222-4333-8444-888888888888
            config:
              route_type: llm/v1/chat
              auth: {header_name: Authorization, header_value: Bearer CANARY-header}
              model: {provider: deepseek}
consumers:
  - username: alice
    id: 22222222-2222-4333-8444-555555555555
    keyauth_credentials: [{key: CANARY-alice, id: 33333333-2222-4333-8444-555555555555}]
"#;

/// Explains a request; whatever it is, no secret shows.
#[track_caller]
fn explain(head: &str, body: &str) -> Finished {
    let request = format!("{head}\r\nContent-Type: application/json\r\n\r\n{body}");
    let finished = run_with_file(CONFIG, &["explain", "--config", "@FILE@", "-"], &[], request.as_bytes());
    let told = format!("{}{}", finished.out, finished.err);
    assert!(!told.contains("CANARY"), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    finished
}

#[track_caller]
fn is(finished: &Finished, status: i32, text: &str) {
    assert_eq!(finished.out, text, "{}", finished.err);
    assert_eq!(finished.status, status);
    assert_eq!(finished.err, "");
}

#[test]
fn a_whole_request() {
    let head = "POST /plain?x=1 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer CANARY-own";
    let finished = explain(head, r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#);
    let text = r#"route     plain
service   llm
plugin    ai-proxy 11111111-2222-4333-8444-555555555555
target    openai / gpt-4o
operation llm/v1/chat
delivery  whole
auth      header authorization

POST https://api.openai.com/v1/chat/completions?x=1
accept-encoding: identity
authorization: [redacted]
content-type: application/json
host: api.openai.com

{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":false,"max_tokens":10}
"#;
    is(&finished, 0, text);
}

#[test]
fn a_caller_with_a_key_and_a_model_from_the_path() {
    let head = "POST /k/large-2?z=1 HTTP/1.1\r\napikey: CANARY-alice\r\nCookie: CANARY\r\nX-Y: 1";
    let finished = explain(head, r#"{"messages":[{"role":"user","content":"hi"}]}"#);
    let text = r#"route     keyed
service   llm
consumer  alice
plugin    ai-proxy 11111111-2222-4333-8444-666666666666
target    mistral / large-2
operation llm/v1/chat
delivery  whole
auth      query token

POST https://api.mistral.ai/v1/chat/completions?z=1&token=REDACTED
accept-encoding: identity
content-type: application/json
host: api.mistral.ai
x-consumer-id: 22222222-2222-4333-8444-555555555555
x-consumer-username: alice
x-credential-identifier: 33333333-2222-4333-8444-555555555555
x-y: 1

{"messages":[{"role":"user","content":"hi"}],"model":"large-2","stream":false}
"#;
    is(&finished, 0, text);
}

#[test]
fn the_body_is_shown_before_the_credential_goes_in() {
    let finished = explain("POST /body HTTP/1.1", r#"{"messages":[{"role":"user","content":"hi"}]}"#);
    assert!(finished.out.contains("auth      body token\n"), "{}", finished.out);
    assert!(finished.out.contains("\nPOST http://127.0.0.1:1/x\n"), "{}", finished.out);
    let body = r#"{"messages":[{"role":"user","content":"hi"}],"model":"m","stream":false}"#;
    assert!(finished.out.ends_with(&format!("\n\n{body}\n")), "{}", finished.out);
    assert_eq!(finished.status, 0);
}

#[test]
fn losses_and_streams() {
    let body = r#"{"model":"deepseek-chat","messages":[{"role":"user","content":"hi"}],"stream":true,"seed":1,"n":2}"#;
    let finished = explain("POST /lossy HTTP/1.1", body);
    assert!(
        finished.out.contains(
            "target    deepseek / deepseek-chat\noperation llm/v1/chat\ndelivery  stream\n\
             auth      header authorization\nloss      n dropped\nloss      seed dropped\n\n"
        ),
        "{}",
        finished.out
    );
    assert!(
        finished.out.ends_with(
            "{\"model\":\"deepseek-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}\n"
        ),
        "{}",
        finished.out
    );
    assert_eq!(finished.status, 0);
}

#[test]
fn refusals_are_told_and_fail() {
    let messages = r#""messages":[{"role":"user","content":"hi"}]"#;
    let finished = explain("POST /nowhere HTTP/1.1", "{}");
    is(&finished, 1, "refused   404 no_route: no Route matched with those values\n");
    let finished = explain("POST /plain HTTP/1.1", &format!(r#"{{"model":"gpt-3",{messages}}}"#));
    let text = "route     plain\nservice   llm\nplugin    ai-proxy 11111111-2222-4333-8444-555555555555\n\
                refused   400 model_not_allowed: cannot use own model - must be: gpt-4o\n";
    is(&finished, 1, text);
    let finished = explain("POST /k/m HTTP/1.1", &format!("{{{messages}}}"));
    let text = "route     keyed\nservice   llm\nrefused   401 invalid_api_key: No API key found in request\n";
    is(&finished, 1, text);
    let finished = explain("POST /k/m HTTP/1.1\r\napikey: CANARY-wrong", &format!("{{{messages}}}"));
    assert!(finished.out.contains("refused   401 "), "{}", finished.out);
    assert_eq!(finished.status, 1);
}

#[test]
fn what_is_no_request_is_told_by_its_line() {
    for (request, line) in [("", 1), ("hello", 1), ("POST /plain HTTP/1.1\nfoo bar\n\n", 2)] {
        let args = ["explain", "--config", "@FILE@", "-"];
        let finished = run_with_file(CONFIG, &args, &[], request.as_bytes());
        assert_eq!(finished.err, format!("ai-proxy: <stdin>: not an HTTP request: line {line}\n"));
        assert_eq!((finished.status, &*finished.out), (1, ""));
    }
    let finished = run_with_file(CONFIG, &["explain", "--config", "-", "-"], &[], b"");
    assert!(finished.err.contains("cannot both come from standard input"), "{}", finished.err);
    assert_eq!(finished.status, 1);
}
