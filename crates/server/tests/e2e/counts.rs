//! Tokens that nobody has told are counted: with the vocabulary of the model where it is one of OpenAI's.

use serde_json::Value;
use testkit::Call;

use crate::world::{World, body};

const CONFIG: &str = r#"_format_version: "3.0"
routes:
  - name: untold
    paths: [/untold]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          logging: {log_statistics: true}
          auth: {header_name: api-key, header_value: sk-sim-azure}
          model:
            provider: azure
            name: gpt-4o
            options:
              azure_instance: dummy
              azure_deployment_id: d1
              azure_api_version: 2023-05-15
              upstream_url: "http://@UPSTREAM@/openai/deployments/d1/chat/completions?api-version=2023-05-15"
  - name: another
    paths: [/another]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          logging: {log_statistics: true}
          auth: {header_name: Authorization, header_value: Bearer sk-sim-main}
          model:
            provider: openai
            name: llama-4
            options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}
"#;

/// Twenty long words, each of which is one or two tokens.
const WORDS: usize = 20;

fn counts(world: &World, path: &str, more: &str) -> (u64, u64) {
    let words = vec!["internationalization"; WORDS].join(" ");
    let call = Call::post(path).header("x-sim-fault", "no_usage").json(body(&words, more));
    let answer = world.send(&call).expect(200);
    let record: Value = world.record(&answer);
    let usage = &record["ai"]["proxy"]["usage"];
    assert_eq!(usage["counts"], "estimated", "{record}");
    (usage["prompt_tokens"].as_u64().unwrap(), usage["completion_tokens"].as_u64().unwrap())
}

#[test]
fn models_of_openais_are_counted_with_their_vocabulary() {
    let world = World::start(CONFIG);
    let whole = counts(&world, "/untold", "");
    let stream = counts(&world, "/untold", r#","stream":true"#);
    // What is read is counted as it is, however it is answered; by words a stream would have 36.
    assert_eq!(whole.0, stream.0);
    assert!((27..60).contains(&whole.0), "{whole:?}");
    // By bytes it would be more than a hundred.
    assert!((20..70).contains(&whole.1) && (20..70).contains(&stream.1), "{whole:?} {stream:?}");
}

#[test]
fn other_models_are_estimated_by_words_and_bytes() {
    let world = World::start(CONFIG);
    let bytes = "echo: ".len() + WORDS * "internationalization ".len() - 1;
    let expected = bytes.div_ceil(4) as u64;
    assert_eq!(counts(&world, "/another", ""), (20, expected));
    assert_eq!(counts(&world, "/another", r#","stream":true"#), (36, expected));
}
