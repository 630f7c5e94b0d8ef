//! Prices: what is listed, and what a file of the operator's does at the start and when it is read again.

use std::path::PathBuf;

use serde_json::Value;
use testkit::{Call, Gateway, run, wait_for};

use crate::commands::{BINARY, run_with_file};
use crate::world::{World, builder, chat, one_route};

fn models(args: &[&str]) -> Vec<Value> {
    let finished = run(BINARY, &[&["models", "--json"], args].concat(), &[], b"");
    assert_eq!((finished.status, &*finished.err), (0, ""));
    finished.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn named<'m>(models: &'m [Value], name: &str) -> &'m Value {
    models.iter().find(|model| model["model"] == name).unwrap()
}

#[test]
fn models_are_listed_with_their_prices() {
    let all = models(&[]);
    assert!(all.len() > 500, "{}", all.len());
    let openai = models(&["--provider", "openai"]);
    assert!(openai.iter().all(|model| model["provider"] == "openai") && openai.len() < all.len());
    let model = named(&openai, "gpt-4o");
    assert_eq!(model["prices"]["input"].to_string(), "2.5");
    assert_eq!(model["prices"]["output"].to_string(), "10");
    assert_eq!(model["kind"], "chat");
    assert_eq!(model["context"], 128_000);
    assert!(model["source"].as_str().unwrap().starts_with("https://"));
    assert_eq!(model["date"].as_str().unwrap().len(), 10);
    assert_eq!(named(&openai, "whisper-1")["units"][0]["unit"], "second");
    let gemini = models(&["--provider", "gemini"]);
    assert_eq!(named(&gemini, "gemini-2.5-pro")["context_window_factor"][0]["above"], 200_000);
    assert_eq!(models(&["--provider", "vllm"]), [Value::Null; 0]);
}

#[test]
fn the_table_says_the_same_to_people() {
    let finished = run(BINARY, &["models", "--provider", "openai"], &[], b"");
    assert_eq!(finished.status, 0);
    let mut lines = finished.out.lines();
    let headings: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(
        headings,
        ["PROVIDER", "MODEL", "KIND", "INPUT", "CACHED", "OUTPUT", "CONTEXT", "DATE", "SOURCE"]
    );
    let line = lines.find(|line| line.starts_with("openai") && line.contains(" gpt-4o ")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells[..7], ["openai", "gpt-4o", "chat", "2.5", "1.25", "10", "128000"]);
}

#[test]
fn an_unknown_provider_is_told() {
    let finished = run(BINARY, &["models", "--provider", "opanai"], &[], b"");
    assert_eq!((finished.status, &*finished.out), (1, ""));
    assert!(
        finished.err.contains("there is no provider 'opanai': there are openai, azure, "),
        "{}",
        finished.err
    );
}

#[test]
fn a_file_goes_over_what_is_listed() {
    let text = "[openai]\ngpt-4o input=1.10 output=2\n[vllm]\nmine input=0 output=0\n";
    let listed = |args: &[&str], env: &[(&str, &str)]| {
        let finished = run_with_file(text, &[&["models", "--json"], args].concat(), env, b"");
        assert_eq!((finished.status, &*finished.err), (0, ""));
        finished.out
    };
    let models = listed(&["--prices", "@FILE@"], &[]);
    assert!(
        models
            .contains(r#"{"provider":"vllm","model":"mine","kind":"chat","prices":{"input":0,"output":0}}"#)
    );
    assert!(models.contains(
        r#"{"provider":"openai","model":"gpt-4o","kind":"chat","prices":{"input":1.1,"output":2}}"#
    ));
    // As a lookup would find the file's entry for it, the built-in one is not in force.
    let openai = listed(&["--prices", "@FILE@", "--provider", "openai"], &[]);
    assert!(
        openai.contains(r#""model":"gpt-4o-mini""#) && !openai.contains(r#""model":"gpt-4o-2024-05-13""#)
    );
    let refused = run(BINARY, &["models"], &[("AI_PROXY_PRICES", "missing.txt")], b"");
    assert_eq!((refused.status, &*refused.out), (1, ""));
    assert!(refused.err.contains("--prices: cannot read missing.txt"), "{}", refused.err);
}

#[test]
fn a_file_with_errors_is_refused_with_its_lines() {
    let text = "[openai]\ngpt-4o input=1\n[nobody]\ngpt-5 input=x output=1\n";
    let expected = "gateway.yaml:2: of the prices 'input' and 'output' there is only one\n\
                    gateway.yaml:3: there is no provider 'nobody'\n\
                    gateway.yaml:4: input: expected a decimal number, such as 2.50\n";
    let finished = run_with_file(text, &["models", "--prices", "@FILE@"], &[], b"");
    assert_eq!((finished.status, &*finished.out, &*finished.err), (1, "", expected));
    let prices = "gpt-4o input=1 output=1\n";
    let world = World::start(&one_route("m"));
    for name in ["--prices=@DIR@/prices.txt", "--prices=@DIR@/missing", "--prices=-"] {
        let refused = builder()
            .config(&one_route("m"), world.upstream.addr)
            .file("prices.txt", prices)
            .arg(name)
            .try_start();
        let output = refused.err().unwrap();
        let said = match name.rsplit(['/', '=']).next() {
            Some("prices.txt") => "prices.txt:1: a line of a model stands below a [PROVIDER]",
            Some("missing") => "--prices: cannot read ",
            _ => "--prices: prices are not read from standard input",
        };
        assert!(output.contains(said), "{output}");
    }
}

fn status(gateway: &Gateway) -> Value {
    Call::get("/status").send(gateway.admin).json()
}

fn wait_for_load(gateway: &Gateway, succeeded: bool) -> Value {
    wait_for("the files to be read again", || {
        let status = status(gateway);
        (status["configuration"]["last_load_succeeded"] == succeeded).then_some(status)
    })
}

/// Bad prices change nothing, whatever made the gateway read them, and good ones do again.
#[test]
fn prices_are_read_again_with_the_configuration() {
    let good = "[openai]\nfirst input=1 output=1\n";
    for watched in [false, true] {
        let world = World::start_with(&one_route("first"), |builder| {
            let builder = builder.file("prices.txt", good).arg("--prices=@DIR@/prices.txt");
            if watched { builder.arg("--watch") } else { builder }
        });
        let gateway = &world.gateway;
        let file: PathBuf = gateway.dir().join("prices.txt");
        std::fs::write(&file, "[openai]\nfirst input=1\n").unwrap();
        if !watched {
            gateway.signal("HUP");
        }
        let refused = wait_for_load(gateway, false);
        assert!(refused.to_string().contains("prices.txt:2: of the prices"), "{refused}");
        assert_eq!(world.send(&chat("/chat", "x", "")).status, 200);
        std::fs::write(&file, good).unwrap();
        if !watched {
            gateway.signal("HUP");
        }
        wait_for_load(gateway, true);
        assert_eq!(world.send(&chat("/chat", "x", "")).status, 200);
    }
}
