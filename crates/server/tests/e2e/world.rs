//! The gateways and simulators that tests share, and the calls that most of them make.

use testkit::{Answer, Call, Gateway, GatewayBuilder, Live, Shared, Upstream};

/// A gateway and the simulator behind it.
pub struct World {
    pub gateway: Gateway,
    pub upstream: Upstream,
}

/// The gateway of `kong.yaml`.
pub static MAIN: Shared<World> = Shared::new(|| World::start(include_str!("kong.yaml")));
/// The gateway of `routing.yaml`.
pub static ROUTING: Shared<World> = Shared::new(|| World::start(include_str!("routing.yaml")));

/// A gateway that is about to start.
pub fn builder() -> GatewayBuilder {
    GatewayBuilder::new(env!("CARGO_BIN_EXE_ai-proxy"))
}

impl World {
    pub fn start(config: &str) -> Self {
        Self::start_with(config, |builder| builder)
    }

    pub fn start_with(config: &str, more: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> Self {
        let upstream = Upstream::start();
        let gateway = more(builder().config(config, upstream.addr)).start();
        Self { gateway, upstream }
    }

    /// Sends a call and reads the whole answer.
    #[track_caller]
    pub fn send(&self, call: &Call) -> Answer {
        call.send(self.gateway.proxy)
    }

    /// Sends a call and reads the head of the answer.
    pub fn open(&self, call: &Call) -> Live {
        call.open(self.gateway.proxy)
    }

    /// Sends a call that must be refused: with this status, and without anything going upstream.
    #[track_caller]
    pub fn refused(&self, tag: &str, call: Call, status: u16) -> Answer {
        let answer = self.send(&call.header("x-test", tag)).expect(status);
        assert!(self.upstream.tagged(tag).is_empty(), "went upstream: {tag}");
        answer
    }

    /// The record of an answer.
    pub fn record(&self, answer: &Answer) -> serde_json::Value {
        self.gateway.record(answer.header("x-kong-request-id").expect("a request id"))
    }
}

/// A chat request with one message of the user; `more` is further members, each with a comma before it.
pub fn body(text: &str, more: &str) -> String {
    format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}]{more}}}"#)
}

/// A call of a chat route. The tag is seen by the simulator as `x-test`.
pub fn chat(path: &str, tag: &str, more: &str) -> Call {
    Call::post(path).header("x-test", tag).json(body(&format!("hello {tag}"), more))
}

/// What the simulator says to such a call.
pub fn said(tag: &str) -> String {
    format!("echo: hello {tag}")
}

/// The body of the only request with this tag that came through the gateway of `kong.yaml`.
#[track_caller]
pub fn seen(tag: &str) -> serde_json::Value {
    serde_json::from_slice(&MAIN.hold().upstream.only(tag).body).expect("JSON upstream")
}

/// The text of a whole chat answer.
#[track_caller]
pub fn content(answer: &Answer) -> String {
    let body = answer.json();
    body["choices"][0]["message"]["content"]
        .as_str()
        .unwrap_or_else(|| panic!("no content: {body}"))
        .to_owned()
}

/// A minimal configuration with one chat route `/chat`, whose model has this name.
pub fn one_route(model: &str) -> String {
    format!(
        r#"_format_version: "3.0"
routes:
  - name: chat
    paths: [/chat]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {{header_name: Authorization, header_value: Bearer sk-sim-main}}
          model:
            provider: openai
            name: {model}
            options: {{upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
"#
    )
}
