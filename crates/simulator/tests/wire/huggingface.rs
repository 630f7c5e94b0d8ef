//! Text-generation-inference's own API, tasks by a model's address, and raw Llama 2.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Call, End};

use super::collected::{collected, json_of, misfits};
use super::{post, send};

fn call(path: &str, body: &Value) -> Call {
    post(&format!("/sim/huggingface{path}"), &body.to_string())
}

fn ask(path: &str, body: &Value) -> Value {
    send(&call(path, body)).expect(200).json()
}

fn streamed(body: &Value) -> Vec<Value> {
    let answer = send(&call("/generate_stream", body)).expect(200);
    assert!(answer.text().starts_with("data:{"));
    answer.events().iter().map(testkit::Event::json).collect()
}

#[test]
fn generation_whole_and_streamed() {
    let whole =
        ask("/generate", &json!({"inputs": "hello there", "parameters": {"details": true, "seed": 5}}));
    assert_eq!(whole["generated_text"], "echo: hello there");
    let details = &whole["details"];
    assert_eq!((&details["finish_reason"], &details["generated_tokens"]), (&json!("eos_token"), &json!(3)));
    let events = streamed(&json!({"inputs": "hello there"}));
    let spoken: String = events
        .iter()
        .filter(|event| event["token"]["special"] == false)
        .map(|event| event["token"]["text"].as_str().unwrap())
        .collect();
    assert_eq!((spoken.as_str(), events.len()), ("echo: hello there", 4));
    assert_eq!(events[3]["generated_text"], "echo: hello there");
    assert_eq!(
        (&events[3]["details"]["finish_reason"], &events[3]["details"]["input_length"]),
        (&json!("eos_token"), &json!(2))
    );
    assert!(events[..3].iter().all(|event| event["generated_text"].is_null()));
    let cut = streamed(&json!({"inputs": "a b c", "parameters": {"max_new_tokens": 2}}));
    assert_eq!((cut.len(), &cut[1]["details"]["finish_reason"]), (2, &json!("length")));
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}});
    let grammar = json!({"inputs": "a", "parameters": {"grammar": {"type": "json", "value": schema}}});
    assert_eq!(ask("/generate", &grammar)["generated_text"], "{\"age\":7}");
}

#[test]
fn tasks_by_address() {
    for path in ["/models/org/name", "/models/name", "/hf-inference/models/org/name", "/"] {
        assert_eq!(
            ask(path, &json!({"inputs": "a b"})),
            json!([{"generated_text": "a becho: a b"}]),
            "{path}"
        );
        let body = json!({"inputs": "a b", "parameters": {"return_full_text": false}, "options": {"wait_for_model": true}});
        assert_eq!(ask(path, &body), json!([{"generated_text": "echo: a b"}]), "{path}");
    }
    let stream = send(&call("/models/m", &json!({"inputs": "a", "stream": true}))).expect(200);
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    let path = "/hf-inference/models/org/name/pipeline/feature-extraction";
    let single = ask(path, &json!({"inputs": "a b", "normalize": true}));
    assert!(single.as_array().unwrap().len() == 8 && single[0].is_number());
    let many = ask(path, &json!({"inputs": ["a b", "c"]}));
    assert_eq!((many.as_array().unwrap().len(), &many[0]), (2, &single));
    let tokens = ask("/models/token-level-1/pipeline/feature-extraction", &json!({"inputs": ["a b"]}));
    assert_eq!(tokens[0].as_array().unwrap().len(), 2);
    let chat = ask(
        "/models/org/name/v1/chat/completions",
        &json!({"messages": [{"role": "user", "content": "hi"}]}),
    );
    assert_eq!(chat["choices"][0]["message"]["content"], "echo: hi");
}

#[test]
fn wrong_requests_are_refused() {
    for parameters in [
        json!({"temperature": 0}),
        json!({"temperature": "hot"}),
        json!({"top_p": 1.0}),
        json!({"top_k": 0}),
        json!({"max_new_tokens": 0}),
        json!({"max_tokens": 5}),
        json!({"stop": ["a", "b", "c", "d", "e"]}),
        json!({"stop": "a"}),
    ] {
        let answer =
            send(&call("/generate", &json!({"inputs": "a", "parameters": parameters}))).expect(422).json();
        assert_eq!(answer["error_type"], "validation", "{answer}");
    }
    for body in [
        json!({}),
        json!({"inputs": ""}),
        json!({"inputs": ["a"]}),
        json!({"inputs": "a", "model": "m"}),
        json!({"inputs": "a", "stream": true}),
    ] {
        send(&call("/generate", &body)).expect(422);
    }
    let path = "/hf-inference/models/m/pipeline/feature-extraction";
    for body in [json!({"inputs": []}), json!({"input": "a"}), json!({"inputs": "a", "dimensions": 5})] {
        send(&call(path, &body)).expect(422);
    }
    send(&call("/models/missing", &json!({"inputs": "a"}))).expect(404);
    let loading = send(&call("/models/org/loading-1", &json!({"inputs": "a"}))).expect(503).json();
    assert_eq!(loading, json!({"error": "Model org/loading-1 is currently loading", "estimated_time": 20.0}));
    send(&call("/models/fault-status_429", &json!({"inputs": "a"}))).expect(429);
    send(&Call::post("/hf-inference/models/m").json("{}")).expect(401);
    send(&Call::post("/generate").json(r#"{"inputs":"a"}"#)).expect(200);
    send(&Call::post("/generate").header("authorization", "Bearer bad").json(r#"{"inputs":"a"}"#))
        .expect(401);
}

#[test]
fn faults_of_generation() {
    let answer = |fault: &str| {
        let call =
            call("/generate_stream", &json!({"inputs": "one two three four"})).header("x-sim-fault", fault);
        send(&call.patience(Duration::from_millis(1500)))
    };
    assert_eq!(answer("cut_mid").end, End::Cut);
    assert_eq!(answer("stall_mid").end, End::TimedOut);
    let ended = answer("end_mid");
    assert!(ended.end.is_complete() && ended.text().contains("echo") && !ended.text().contains("eos_token"));
    assert_eq!(answer("error_mid").events().last().unwrap().json()["error_type"], "generation");
    assert!(answer("no_usage").events().last().unwrap().json()["details"].is_null());
    assert_eq!(answer("drip,comments").events().len(), answer("").events().len());
    assert_eq!(answer("status_503").json()["estimated_time"], 20.0);
}

#[test]
fn raw_prompts_come_back_with_their_answers() {
    let prompt = "<s>[INST] <<SYS>> be kind <</SYS>> hello there [/INST]";
    let body = json!({"inputs": prompt, "parameters": {"max_new_tokens": 9, "top_p": 1, "top_k": 40, "temperature": 0.5, "stream": false}});
    let raw =
        |path: &str, body: &Value| send(&Call::post(&format!("/sim/llama2{path}")).json(body.to_string()));
    let full = format!("{prompt} echo: hello there");
    assert_eq!(raw("/any/path", &body).expect(200).json(), json!({"data": [{"generated_text": full}]}));
    assert_eq!(raw("/raw/list", &body).expect(200).json(), json!([{"generated_text": full}]));
    assert_eq!(raw("/raw/one", &body).expect(200).json(), json!({"generated_text": full}));
    let wrong = [
        json!({"inputs": "hello"}),
        json!({"inputs": prompt, "parameters": {"stream": true}}),
        json!({"inputs": prompt, "parameters": {"max_tokens": 5}}),
        json!({"messages": []}),
    ];
    for body in wrong {
        assert!(raw("/raw", &body).expect(422).json()["error"].is_string());
    }
    let keyed = Call::post("/sim/llama2/raw?key=bad").json(body.to_string());
    send(&keyed).expect(401);
}

#[test]
fn answers_fit_the_schemas() {
    let test = "answers_fit_the_schemas";
    let (Some(server), Some(features)) = (
        collected(test, "huggingface/tgi-openapi.json"),
        collected(test, "huggingface/tasks/feature-extraction/output.json"),
    ) else {
        return;
    };
    let root = json_of(&server);
    let mut schemas = root["components"]["schemas"].clone();
    // Members that may be null are told so by a word that the judge does not know.
    for schema in schemas.as_object_mut().unwrap().values_mut() {
        for part in schema["properties"].as_object_mut().into_iter().flatten().map(|(_, part)| part) {
            if part["nullable"] == true {
                *part = json!({"anyOf": [{"type": "null"}, part["allOf"].get(0).unwrap_or(part)]});
            }
        }
    }
    let root = json!({"components": {"schemas": schemas}});
    let fits = |name: &str, value: &Value| {
        let found = misfits(&root, &root["components"]["schemas"][name], value, "it");
        assert_eq!(found, Vec::<String>::new(), "{value}");
    };
    let body = json!({"inputs": "a b", "parameters": {"details": true}});
    fits("GenerateResponse", &ask("/generate", &body));
    for event in streamed(&body) {
        fits("StreamResponse", &event);
    }
    let schema = json_of(&features);
    let many = ask("/models/m/pipeline/feature-extraction", &json!({"inputs": ["a", "b"]}));
    assert_eq!(misfits(&schema, &schema, &many, "it"), Vec::<String>::new());
}
