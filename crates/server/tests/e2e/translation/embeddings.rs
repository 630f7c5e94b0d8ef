//! Vectors from targets with formats or limits of their own: one call or several, merged in the order of the inputs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::{Answer, Call, Shared, wait_for};

use super::losses_of;
use crate::world::World;

/// A target that gives vectors.
struct Embedder {
    name: &'static str,
    provider: &'static str,
    model: &'static str,
    auth: &'static str,
    options: &'static str,
    /// Texts that one call takes.
    batch: usize,
    /// A length of vectors that can be asked for, if any can.
    dimensions: Option<usize>,
    /// Tokens are told.
    counts: bool,
}

const AWS: Embedder = Embedder {
    name: "titan",
    provider: "bedrock",
    model: "amazon.titan-embed-text-v2:0",
    auth: "aws_access_key_id: SIMKEY-own, aws_secret_access_key: sim-secret-access-key",
    options: r#"bedrock: {aws_region: us-east-1}, upstream_url: "http://@UPSTREAM@""#,
    batch: 1,
    dimensions: Some(256),
    counts: true,
};

const EMBEDDERS: &[Embedder] = &[
    AWS,
    Embedder { name: "titan-one", model: "amazon.titan-embed-text-v1", dimensions: None, ..AWS },
    Embedder {
        name: "cohere",
        provider: "cohere",
        model: "embed-v4.0",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-cohere",
        options: r#"upstream_url: "http://@UPSTREAM@/v2/embed""#,
        batch: 96,
        ..AWS
    },
    Embedder {
        name: "ollama",
        provider: "ollama",
        model: "nomic-embed-text",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-ollama",
        options: r#"upstream_url: "http://@UPSTREAM@/api/embed""#,
        batch: 512,
        ..AWS
    },
    Embedder {
        name: "ollama-older",
        provider: "ollama",
        model: "nomic-embed-text",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-ollama",
        options: r#"upstream_url: "http://@UPSTREAM@/api/embeddings""#,
        batch: 1,
        dimensions: None,
        counts: false,
    },
    Embedder {
        name: "huggingface",
        provider: "huggingface",
        model: "org/embedder",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-huggingface",
        options: r#"upstream_url: "http://@UPSTREAM@""#,
        batch: 32,
        dimensions: None,
        counts: false,
    },
    // OpenAI's form, but numbers only, and few texts a call.
    Embedder {
        name: "dashscope",
        provider: "dashscope",
        model: "text-embedding-v4",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-dashscope",
        options: r#"upstream_url: "http://@UPSTREAM@/compatible-mode/v1/embeddings""#,
        batch: 10,
        ..AWS
    },
    Embedder { name: "bedrock-cohere", model: "cohere.embed-english-v3", batch: 96, dimensions: None, ..AWS },
];

const ROUTE: &str = r"
  - name: @NAME@
    paths: [/e/@NAME@]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/embeddings
          auth: {@AUTH@}
          logging: {log_statistics: true}
          model: {provider: @PROVIDER@, name: '@MODEL@', options: {@OPTIONS@}}
";

static WORLD: Shared<World> = Shared::new(|| World::start(&config()));

fn config() -> String {
    let mut text = "_format_version: \"3.0\"\nroutes:".to_owned();
    for embedder in EMBEDDERS {
        let words = [
            ("@NAME@", embedder.name),
            ("@AUTH@", embedder.auth),
            ("@PROVIDER@", embedder.provider),
            ("@MODEL@", embedder.model),
            ("@OPTIONS@", embedder.options),
        ];
        text.push_str(&words.iter().fold(ROUTE.to_owned(), |route, (mark, word)| route.replace(mark, word)));
    }
    text
}

impl Embedder {
    fn call(&self, tag: &str, input: &Value, more: &str) -> Call {
        Call::post(&format!("/e/{}", self.name))
            .header("x-test", &format!("{tag}@{}", self.name))
            .json(format!(r#"{{"input":{input}{more}}}"#))
    }

    fn calls(&self, world: &World, tag: &str) -> usize {
        world.upstream.tagged(&format!("{tag}@{}", self.name)).len()
    }
}

#[track_caller]
fn each(test: impl Fn(&World, &Embedder)) {
    let world = WORLD.hold();
    let mut failures = Vec::new();
    for embedder in EMBEDDERS {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(&world, embedder))) {
            let said = panic.downcast_ref::<String>().map_or("a panic", String::as_str);
            failures.push(format!("{}: {said}", embedder.name));
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}

/// The vectors of an answer, checked.
#[track_caller]
fn vectors(answer: &Answer, embedder: &Embedder, inputs: usize) -> Vec<Vec<f64>> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    assert_eq!(
        (&body["object"], &body["model"]),
        (&json!("list"), &json!(embedder.model)),
        "{}",
        embedder.name
    );
    assert_eq!(body["usage"]["prompt_tokens"], body["usage"]["total_tokens"]);
    assert!(body["usage"]["prompt_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{}", body["usage"]);
    let data = body["data"].as_array().unwrap();
    assert_eq!(data.len(), inputs);
    let vector = |(place, item): (usize, &Value)| {
        assert_eq!((&item["object"], &item["index"]), (&json!("embedding"), &json!(place)));
        let numbers = item["embedding"].as_array().unwrap_or_else(|| panic!("no numbers: {item}"));
        assert!(!numbers.is_empty());
        numbers.iter().map(|number| number.as_f64().unwrap()).collect()
    };
    data.iter().enumerate().map(vector).collect()
}

#[test]
fn one_text() {
    each(|world, embedder| {
        let answer = world.send(&embedder.call("one", &json!("two words"), ""));
        vectors(&answer, embedder, 1);
        assert_eq!(embedder.calls(world, "one"), 1);
        assert_eq!(losses_of(world, &answer), [""; 0]);
        assert_eq!(
            answer.header("x-kong-llm-model"),
            Some(&*format!("{}/{}", embedder.provider, embedder.model))
        );
        let record = world.record(&answer);
        assert_eq!(record["gateway"]["outcome"], "completed");
        assert_eq!(record["gateway"]["usage"]["prompt_tokens"], answer.json()["usage"]["prompt_tokens"]);
        assert_eq!(
            record["gateway"]["usage"]["source"],
            if embedder.counts { "reported" } else { "estimated" }
        );
    });
}

#[test]
fn several_texts_are_merged_in_their_order() {
    each(|world, embedder| {
        let number = embedder.batch * 2 + 1;
        let texts: Vec<String> = (0..number).map(|text| format!("text number {text}")).collect();
        let answer = world.send(&embedder.call("several", &json!(texts), ""));
        let all = vectors(&answer, embedder, number);
        assert_eq!(embedder.calls(world, "several"), 3);
        for place in [0, embedder.batch, number - 1] {
            let alone = world.send(&embedder.call("alone", &json!([texts[place]]), ""));
            assert_eq!(vectors(&alone, embedder, 1)[0], all[place], "text {place}");
        }
        let record = world.record(&answer);
        assert_eq!(record["gateway"]["usage"]["prompt_tokens"], answer.json()["usage"]["prompt_tokens"]);
        if embedder.counts {
            assert_eq!(record["gateway"]["usage"]["prompt_tokens"], number * 3, "{record}");
        }
        let id = answer.header("x-kong-request-id").unwrap();
        let records = world.gateway.records();
        assert_eq!(records.iter().filter(|record| record["request"]["id"] == id).count(), 1);
    });
}

#[test]
fn lengths_of_vectors() {
    each(|world, embedder| {
        let asked = embedder.dimensions.unwrap_or(256);
        let answer = world.send(&embedder.call("length", &json!("a"), &format!(",\"dimensions\":{asked}")));
        let length = vectors(&answer, embedder, 1)[0].len();
        let lost = losses_of(world, &answer).iter().any(|loss| loss.starts_with("dimensions="));
        match embedder.dimensions {
            Some(asked) => assert!(length == asked && !lost, "{length}, {lost}"),
            None => assert!(lost, "the length was neither told nor reported as lost"),
        }
    });
}

#[test]
fn vectors_in_base64() {
    each(|world, embedder| {
        let plain = vectors(&world.send(&embedder.call("plain", &json!(["a b"]), "")), embedder, 1);
        let answer = world.send(&embedder.call("base64", &json!(["a b"]), r#","encoding_format":"base64""#));
        let body = answer.expect(200).json();
        let text = body["data"][0]["embedding"].as_str().unwrap_or_else(|| panic!("no text: {body}"));
        let bytes = STANDARD.decode(text).unwrap();
        let numbers: Vec<f32> =
            bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
        assert_eq!(numbers.len(), plain[0].len());
        for (number, plain) in numbers.iter().zip(&plain[0]) {
            assert!((f64::from(*number) - plain).abs() < 1e-6, "{number} {plain}");
        }
    });
}

#[test]
fn errors_are_in_the_clients_form() {
    each(|world, embedder| {
        for status in [400, 429, 500] {
            let call =
                embedder.call("error", &json!("a"), "").header("x-sim-fault", &format!("status_{status}"));
            let answer = world.send(&call);
            assert_eq!(answer.status, status, "{}", answer.text());
            assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text());
        }
        for fault in ["html_200", "empty_body", "truncated_whole", "no_choices"] {
            let answer = world.send(&embedder.call("none", &json!("a"), "").header("x-sim-fault", fault));
            assert!(answer.status >= 500 || fault == "no_choices", "{fault}: {}", answer.text());
            assert_ne!(world.record(&answer)["gateway"]["outcome"], "refused");
        }
    });
}

/// The second call of three fails: its error is the answer, and nothing more is sent.
#[test]
fn an_error_of_one_of_several_calls() {
    let world = World::start(&config());
    for embedder in EMBEDDERS {
        let texts: Vec<String> = (0..=embedder.batch * 2).map(|text| format!("text {text}")).collect();
        let call = embedder.call("second", &json!(texts), "").header("x-sim-fault", "slow_first");
        let answer = std::thread::scope(|scope| {
            let sent = scope.spawn(|| world.send(&call));
            wait_for("the first call", || (embedder.calls(&world, "second") == 1).then_some(()));
            let order = r#"{"faults":"status_429","times":1}"#;
            Call::post("/sim/faults").json(order).send(world.upstream.addr).expect(200);
            sent.join().unwrap()
        });
        assert_eq!(answer.status, 429, "{}: {}", embedder.name, answer.text());
        assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text());
        assert_eq!(embedder.calls(&world, "second"), 2, "{}", embedder.name);
        let record = world.record(&answer);
        assert_eq!(
            (&record["gateway"]["outcome"], &record["upstream_status"]),
            (&json!("upstream_error"), &json!("429"))
        );
    }
}
