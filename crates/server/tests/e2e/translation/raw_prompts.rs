//! Servers of raw prompts: the template that their models are told conversations in.

use testkit::Call;

use crate::world::{World, content};

fn config(extensions: &str) -> String {
    format!(
        r#"_format_version: "3.0"
routes:
  - name: chat
    paths: [/chat]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          extensions: {{{extensions}}}
          model:
            provider: llama2
            name: llama2-7b
            options: {{llama2_format: raw, upstream_url: "http://@UPSTREAM@/sim/llama2/raw"}}
"#
    )
}

const CHAT: &str = r#"{"messages":[{"role":"system","content":"S"},{"role":"user","content":"one"},
    {"role":"assistant","content":"uno"},{"role":"user","content":"hello two"}]}"#;

#[test]
fn a_conversation_is_told_in_the_template_that_is_chosen() {
    for (extensions, inputs, losses) in [
        (
            "",
            "<s>[INST] <<SYS>> S <</SYS>> one [/INST] <s>[INST] hello two [/INST]",
            "messages(assistant)=dropped",
        ),
        (
            "prompt_template: llama-2",
            "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\none [/INST] uno </s><s>[INST] hello two [/INST]",
            "",
        ),
    ] {
        let world = World::start(&config(extensions));
        let answer = world.send(&Call::post("/chat").header("x-test", "template").json(CHAT)).expect(200);
        assert_eq!(content(&answer), "echo: hello two", "{extensions}");
        let told: serde_json::Value = serde_json::from_slice(&world.upstream.only("template").body).unwrap();
        assert_eq!(told["inputs"], inputs);
        let lost = answer.header("x-ai-proxy-losses").unwrap_or_default();
        assert_eq!(lost.is_empty(), losses.is_empty(), "{lost}");
    }
}
