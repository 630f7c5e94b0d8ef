//! The older completions, at every provider that has them: one prompt, one text, whole and streamed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use testkit::{Answer, Call, Shared, content_of};

use super::losses_of;
use crate::world::World;

/// A target that completes prompts.
struct Completer {
    name: &'static str,
    provider: &'static str,
    model: &'static str,
    auth: &'static str,
    options: &'static str,
    /// Where its upstream's path ends: for a whole answer, and for a stream.
    paths: (&'static str, &'static str),
    /// The client's body is passed on.
    relayed: bool,
    /// Statistics may be configured.
    statistics: bool,
    /// Tells what was used: whole, streamed.
    counts: (bool, bool),
    /// Tells that an answer was cut short: whole, streamed.
    cuts: (bool, bool),
    /// Gives several answers at once: whole, streamed.
    several: (bool, bool),
    /// Members that are no loss here.
    knows: &'static [&'static str],
}

const BEARER: &str = "header_name: Authorization, header_value: Bearer sk-sim-CANARY-completions";

const OWN: Completer = Completer {
    name: "cohere",
    provider: "cohere",
    model: "command",
    auth: BEARER,
    options: r#"upstream_url: "http://@UPSTREAM@/v1/generate""#,
    paths: ("/v1/generate", "/v1/generate"),
    relayed: false,
    statistics: true,
    counts: (true, true),
    cuts: (true, true),
    several: (true, false),
    knows: &["seed", "frequency_penalty", "presence_penalty"],
};

const BEDROCK: Completer = Completer {
    name: "bedrock",
    provider: "bedrock",
    model: "amazon.nova-pro-v1:0",
    auth: "aws_access_key_id: SIMKEY-own, aws_secret_access_key: sim-secret-access-key",
    options: r#"bedrock: {aws_region: us-east-1}, upstream_url: "http://@UPSTREAM@""#,
    paths: ("/converse", "/converse-stream"),
    several: (false, false),
    knows: &[],
    ..OWN
};

const VERTEX: Completer = Completer {
    name: "vertex",
    provider: "gemini",
    model: "gemini-2.5-pro",
    options: r#"upstream_url: "http://@UPSTREAM@/", gemini: {api_endpoint: eu-aiplatform.googleapis.com, project_id: p, location_id: l}"#,
    paths: (":generateContent", ":streamGenerateContent?alt=sse"),
    several: (true, true),
    knows: &["seed", "frequency_penalty", "presence_penalty", "logprobs"],
    ..OWN
};

const TGI: Completer = Completer {
    name: "huggingface-tgi",
    provider: "huggingface",
    model: "org/model",
    options: r#"upstream_url: "http://@UPSTREAM@/generate""#,
    paths: ("/generate", "/generate_stream"),
    counts: (false, true),
    cuts: (false, true),
    several: (false, false),
    knows: &["seed", "frequency_penalty", "best_of"],
    ..OWN
};

const OPENAI: Completer = Completer {
    name: "openai",
    provider: "openai",
    model: "gpt-3.5-turbo-instruct",
    options: r#"upstream_url: "http://@UPSTREAM@/v1/completions""#,
    paths: ("/v1/completions", "/v1/completions"),
    relayed: true,
    several: (true, true),
    knows: &[
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "logprobs",
        "echo",
        "best_of",
        "suffix",
        "user",
    ],
    ..OWN
};

const COMPLETERS: &[Completer] = &[
    OPENAI,
    Completer {
        name: "azure",
        provider: "azure",
        auth: "header_name: api-key, header_value: sk-sim-CANARY-azure",
        options: r#"azure_instance: dummy, azure_deployment_id: d1, azure_api_version: 2024-10-21, upstream_url: "http://@UPSTREAM@/openai/deployments/d1/completions""#,
        paths: ("/completions?api-version=2024-10-21", "/completions?api-version=2024-10-21"),
        ..OPENAI
    },
    Completer {
        name: "llama2-openai",
        provider: "llama2",
        options: r#"llama2_format: openai, upstream_url: "http://@UPSTREAM@/sim/vllm/v1/completions""#,
        ..OPENAI
    },
    Completer {
        name: "anthropic",
        provider: "anthropic",
        model: "claude-2.1",
        auth: "header_name: x-api-key, header_value: sk-sim-CANARY-anthropic",
        options: r#"anthropic_version: "2023-06-01", upstream_url: "http://@UPSTREAM@/v1/complete""#,
        paths: ("/v1/complete", "/v1/complete"),
        statistics: false,
        counts: (false, false),
        several: (false, false),
        knows: &["user"],
        ..OWN
    },
    OWN,
    BEDROCK,
    Completer { name: "bedrock-claude", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0", ..BEDROCK },
    Completer {
        name: "bedrock-invoke",
        model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        options: r#"bedrock: {aws_region: us-east-1}, upstream_url: "http://@UPSTREAM@/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke""#,
        paths: ("/invoke", "/invoke-with-response-stream"),
        knows: &["user"],
        ..BEDROCK
    },
    VERTEX,
    Completer {
        name: "vertex-claude",
        model: "claude-sonnet-4-5@20250929",
        paths: (":rawPredict", ":streamRawPredict"),
        several: (false, false),
        knows: &["user"],
        ..VERTEX
    },
    TGI,
    Completer {
        name: "huggingface-task",
        options: r#"upstream_url: "http://@UPSTREAM@/""#,
        paths: ("/hf-inference/models/org/model", "/hf-inference/models/org/model"),
        ..TGI
    },
    Completer {
        name: "llama2-raw",
        provider: "llama2",
        model: "llama2-7b",
        options: r#"llama2_format: raw, upstream_url: "http://@UPSTREAM@/sim/llama2/raw""#,
        paths: ("/raw", "/raw"),
        counts: (false, false),
        cuts: (false, false),
        several: (false, false),
        knows: &["seed"],
        ..OWN
    },
    Completer {
        name: "llama2-ollama",
        provider: "llama2",
        model: "llama3.2",
        options: r#"llama2_format: ollama, upstream_url: "http://@UPSTREAM@/api/generate""#,
        paths: ("/api/generate", "/api/generate"),
        several: (false, false),
        knows: &["seed", "frequency_penalty", "presence_penalty", "logprobs", "suffix"],
        ..OWN
    },
];

const ROUTE: &str = r"
  - name: @NAME@
    paths: [/t/@NAME@]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/completions
          auth: {@AUTH@}
          logging: {log_statistics: @STATISTICS@}
          model: {provider: @PROVIDER@, name: '@MODEL@', options: {@OPTIONS@}}
";

static WORLD: Shared<World> = Shared::new(|| World::start(&config()));

fn config() -> String {
    let mut text = "_format_version: \"3.0\"\nroutes:".to_owned();
    for completer in COMPLETERS {
        let words = [
            ("@NAME@", completer.name),
            ("@AUTH@", completer.auth),
            ("@STATISTICS@", if completer.statistics { "true" } else { "false" }),
            ("@PROVIDER@", completer.provider),
            ("@MODEL@", completer.model),
            ("@OPTIONS@", completer.options),
        ];
        text.push_str(&words.iter().fold(ROUTE.to_owned(), |route, (mark, word)| route.replace(mark, word)));
    }
    text
}

impl Completer {
    /// A call; `more` is further members, each with a comma before it.
    fn call(&self, tag: &str, prompt: &Value, more: &str) -> Call {
        Call::post(&format!("/t/{}", self.name))
            .header("x-test", &format!("{tag}@{}", self.name))
            .json(format!(r#"{{"prompt":{prompt}{more}}}"#))
    }

    fn sent(&self, world: &World, tag: &str) -> (String, String) {
        let request = world.upstream.only(&format!("{tag}@{}", self.name));
        (request.target.clone(), request.text())
    }
}

#[track_caller]
fn each(test: impl Fn(&World, &Completer)) {
    let world = WORLD.hold();
    let mut failures = Vec::new();
    for completer in COMPLETERS {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(&world, completer))) {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
            failures.push(format!("{}: {}", completer.name, said.unwrap_or("a panic without words")));
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}

/// The choices of a whole answer, checked.
#[track_caller]
fn choices(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["object"], "text_completion", "{body}");
    assert!(body["id"].as_str().is_some_and(|id| !id.is_empty()), "{body}");
    assert!(body["created"].as_u64().is_some_and(|created| created > 1_600_000_000), "{body}");
    assert!(body["model"].as_str().is_some_and(|model| !model.is_empty()), "{body}");
    let choices = body["choices"].as_array().unwrap_or_else(|| panic!("no choices: {body}")).clone();
    for (index, choice) in choices.iter().enumerate() {
        assert_eq!(choice["index"], index, "{body}");
        assert!(choice["text"].is_string() && choice["finish_reason"].is_string(), "{body}");
        assert!(choice.get("message").is_none() && choice.get("logprobs").is_some(), "{body}");
    }
    choices
}

/// The chunks of a stream that ended well, checked; the end mark is not among them.
#[track_caller]
fn chunks(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text().matches("[DONE]").count(), 1, "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    let events = answer.events();
    let chunks: Vec<Value> =
        events.iter().filter(|event| !event.is_done()).map(testkit::Event::json).collect();
    for chunk in &chunks {
        assert_eq!(chunk["object"], "text_completion", "{chunk}");
        assert!(chunk["id"].as_str().is_some_and(|id| !id.is_empty()), "{chunk}");
        for constant in ["id", "created", "model"] {
            assert_eq!(chunk[constant], chunks[0][constant], "{chunk}");
        }
        for choice in chunk["choices"].as_array().unwrap() {
            assert!(choice["text"].is_string() && choice.get("delta").is_none(), "{chunk}");
        }
    }
    chunks
}

/// The finish reasons of a stream.
fn ends(chunks: &[Value]) -> Vec<&str> {
    let choices = chunks.iter().filter_map(|chunk| chunk["choices"].as_array()).flatten();
    choices.filter_map(|choice| choice["finish_reason"].as_str()).collect()
}

#[test]
fn whole_answers() {
    each(|world, completer| {
        let answer = world.send(&completer.call(
            "whole",
            &json!("hello there"),
            r#","max_tokens":50,"temperature":0.5"#,
        ));
        let [choice] = choices(&answer).try_into().unwrap();
        assert_eq!(choice["text"].as_str().unwrap().trim(), "echo: hello there");
        assert_eq!((&choice["finish_reason"], &choice["logprobs"]), (&json!("stop"), &Value::Null));
        assert_eq!(losses_of(world, &answer), [""; 0]);
        let (target, body) = completer.sent(world, "whole");
        assert!(target.ends_with(completer.paths.0), "{target}");
        assert!(body.contains("hello there") && body.contains("50") && body.contains("0.5"), "{body}");
        let (usage, record) = (answer.json()["usage"].clone(), world.record(&answer));
        let count = |name: &str| usage[name].as_u64().unwrap_or_else(|| panic!("no {name}: {usage}"));
        assert_eq!(count("prompt_tokens") + count("completion_tokens"), count("total_tokens"));
        assert!(count("completion_tokens") > 0, "{usage}");
        assert_eq!(record["gateway"]["outcome"], "completed", "{record}");
        let source = if completer.counts.0 { "reported" } else { "estimated" };
        assert_eq!(record["gateway"]["usage"]["source"], source, "{record}");
        for name in ["prompt_tokens", "completion_tokens", "total_tokens"] {
            assert_eq!(record["gateway"]["usage"][name], usage[name], "{record}");
        }
    });
}

#[test]
fn streams() {
    each(|world, completer| {
        let ask = r#","stream":true,"max_tokens":50,"stream_options":{"include_usage":true}"#;
        let answer = world.send(&completer.call("stream", &json!("hello there"), ask));
        assert!(
            answer.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")),
            "{}",
            answer.text()
        );
        let chunks = chunks(&answer);
        assert_eq!(content_of(&answer.events()).trim(), "echo: hello there");
        assert_eq!(ends(&chunks), ["stop"]);
        let (target, _) = completer.sent(world, "stream");
        assert!(target.ends_with(completer.paths.1), "{target}");
        let last = chunks.last().unwrap();
        assert_eq!(last["choices"], json!([]), "{}", answer.text());
        assert!(last["usage"]["completion_tokens"].as_u64().is_some_and(|count| count > 0), "{last}");
        let record = world.record(&answer);
        let source = if completer.counts.1 { "reported" } else { "estimated" };
        assert_eq!(record["gateway"]["usage"]["source"], source, "{record}");
        assert_eq!(record["gateway"]["usage"]["total_tokens"], last["usage"]["total_tokens"], "{record}");
        assert_eq!(
            (&record["gateway"]["outcome"], &record["gateway"]["stream"]),
            (&json!("completed"), &json!(true))
        );
    });
}

#[test]
fn usage_in_a_stream_is_for_those_who_ask() {
    each(|world, completer| {
        let answer = world.send(&completer.call("unasked", &json!("a b"), r#","stream":true"#));
        let chunks = chunks(&answer);
        assert!(
            chunks.iter().all(|chunk| chunk.get("usage").is_none_or(Value::is_null)),
            "{}",
            answer.text()
        );
        assert!(chunks.iter().all(|chunk| chunk["choices"][0].is_object()), "{}", answer.text());
    });
}

#[test]
fn the_end_is_told() {
    each(|world, completer| {
        let told = |cut: bool| if cut { "length" } else { "stop" };
        let limit = r#","max_tokens":5"#;
        let cut = world.send(&completer.call("cut", &json!("words:40"), limit));
        let [choice] = choices(&cut).try_into().unwrap();
        assert_eq!(choice["text"].as_str().unwrap().split_whitespace().count(), 5, "{choice}");
        assert_eq!(choice["finish_reason"], told(completer.cuts.0));
        let limit = format!("{limit},\"stream\":true");
        let cut = world.send(&completer.call("cut-stream", &json!("words:40"), &limit));
        assert_eq!(ends(&chunks(&cut)), [told(completer.cuts.1)]);
        let stop = r#","stop":["w4","zzz"]"#;
        let stopped = world.send(&completer.call("stop", &json!("words:9"), stop));
        let [choice] = choices(&stopped).try_into().unwrap();
        assert_eq!(choice["text"].as_str().unwrap().trim(), "w1 w2 w3", "{choice}");
        assert_eq!(choice["finish_reason"], "stop");
        assert_eq!(losses_of(world, &stopped), [""; 0]);
    });
}

#[test]
fn several_answers_or_a_loss() {
    each(|world, completer| {
        let answer = world.send(&completer.call("several", &json!("a b"), r#","n":2"#));
        let all = choices(&answer);
        let (number, lost): (usize, &[&str]) =
            if completer.several.0 { (2, &[]) } else { (1, &["n=dropped"]) };
        assert_eq!(all.len(), number, "{}", answer.text());
        assert!(all.iter().all(|choice| choice["text"].as_str().unwrap().trim() == "echo: a b"));
        assert_eq!(losses_of(world, &answer), lost);
        let answer = world.send(&completer.call("several", &json!("a b"), r#","n":2,"stream":true"#));
        let (number, lost): (usize, &[&str]) =
            if completer.several.1 { (2, &[]) } else { (1, &["n=dropped"]) };
        assert_eq!(ends(&chunks(&answer)).len(), number, "{}", answer.text());
        assert_eq!(losses_of(world, &answer), lost);
    });
}

#[test]
fn what_a_provider_cannot_be_told_is_reported() {
    each(|world, completer| {
        for (member, value) in [
            ("echo", "true"),
            ("best_of", "1"),
            ("suffix", "\"end\""),
            ("logprobs", "2"),
            ("logit_bias", "{\"50256\":-100}"),
            ("seed", "5"),
            ("frequency_penalty", "0.5"),
            ("presence_penalty", "0.5"),
            ("user", "\"me\""),
        ] {
            let tag = format!("lost-{member}");
            let answer = world.send(&completer.call(&tag, &json!("a b"), &format!(",\"{member}\":{value}")));
            assert_eq!(answer.status, 200, "{member}: {}", answer.text());
            let lost = losses_of(world, &answer);
            let known = completer.knows.contains(&member) || (completer.relayed && member == "logit_bias");
            let told = lost.iter().any(|loss| loss.starts_with(member) || loss.starts_with("top_logprobs"));
            assert_eq!(told, !known, "{member}: {lost:?} {:?}", completer.sent(world, &tag));
        }
    });
}

#[test]
fn several_prompts() {
    each(|world, completer| {
        let answer = world.send(&completer.call("prompts", &json!(["one", "two"]), ""));
        let all = choices(&answer);
        if completer.relayed {
            assert_eq!(all.len(), 2);
            assert_eq!(losses_of(world, &answer), [""; 0]);
        } else {
            assert_eq!(all.len(), 1);
            assert_eq!(all[0]["text"].as_str().unwrap().trim(), "echo: one\ntwo");
            assert_eq!(losses_of(world, &answer), ["prompt=approximated"]);
        }
        let one = world.send(&completer.call("prompt", &json!(["one"]), ""));
        assert_eq!(choices(&one)[0]["text"].as_str().unwrap().trim(), "echo: one");
        assert_eq!(losses_of(world, &one), [""; 0]);
        let tokens = world.send(&completer.call("tokens", &json!([1, 2]), ""));
        assert_eq!(tokens.status, if completer.relayed { 200 } else { 400 }, "{}", tokens.text());
    });
}

#[test]
fn a_chat_is_no_prompt() {
    each(|world, completer| {
        let call = Call::post(&format!("/t/{}", completer.name)).json(crate::world::body("hi", ""));
        let answer = world.refused(&format!("chat@{}", completer.name), call, 400);
        assert!(answer.message().contains("[llm/v1/chat]"), "{}", answer.message());
    });
}

#[test]
fn errors_before_and_inside_an_answer() {
    each(|world, completer| {
        for status in [400, 429, 500] {
            let fault = format!("status_{status}");
            let call = completer.call("error", &json!("a"), "").header("x-sim-fault", &fault);
            let answer = world.send(&call);
            assert_eq!(answer.status, status, "{}", answer.text());
            assert!(!answer.message().is_empty(), "{}", answer.text());
        }
        // A server that does not stream has no middle.
        if completer.name == "llama2-raw" {
            return;
        }
        let call = completer.call("inside", &json!("words:40"), r#","stream":true"#);
        let answer = world.send(&call.header("x-sim-fault", "error_mid"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let last = answer.events().pop().unwrap();
        assert!(!last.is_done(), "{}", answer.text());
        assert!(last.json()["error"]["message"].is_string(), "{}", last.data);
        let answer = world.send(
            &completer
                .call("short", &json!("words:40"), r#","stream":true"#)
                .header("x-sim-fault", "cut_mid"),
        );
        let last = answer.events().pop().unwrap();
        assert!(last.json()["error"]["message"].is_string(), "{}", last.data);
    });
}
