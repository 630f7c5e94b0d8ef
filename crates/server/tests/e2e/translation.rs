//! Translation from end to end: clients of `OpenAI` and of Messages in front of every target, by one table. A target
//! more is a row more.

#[path = "translation/bedrock.rs"]
mod bedrock;
#[path = "translation/canaries.rs"]
mod canaries;
#[path = "translation/completions.rs"]
mod completions;
#[path = "translation/embeddings.rs"]
mod embeddings;
#[path = "translation/explain.rs"]
mod explain;
#[path = "translation/faults.rs"]
mod faults;
#[path = "translation/keep_alive.rs"]
mod keep_alive;
#[path = "translation/losses.rs"]
mod losses;
#[path = "translation/messages.rs"]
mod messages;
#[path = "translation/messages_order.rs"]
mod messages_order;
#[path = "translation/messages_tools.rs"]
mod messages_tools;
#[path = "translation/odd_answers.rs"]
mod odd_answers;
#[path = "translation/odd_requests.rs"]
mod odd_requests;
#[path = "translation/odd_table.rs"]
mod odd_table;
#[path = "translation/openai.rs"]
mod openai;
#[path = "translation/openai_tools.rs"]
mod openai_tools;
#[path = "translation/raw_prompts.rs"]
mod raw_prompts;
#[path = "translation/relayed.rs"]
mod relayed;
#[path = "translation/request_ids.rs"]
mod request_ids;
#[path = "translation/targets.rs"]
mod targets;
#[path = "translation/whole_faults.rs"]
mod whole_faults;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Answer, Call, Shared};

use crate::world::World;
use targets::{TARGETS, Target};

static WORLD: Shared<World> = Shared::new(|| World::start(&config()));

/// Targets that are tested at once.
const AT_ONCE: usize = 8;

/// The file that serves every row.
fn config() -> String {
    config_of(TARGETS)
}

fn config_of(targets: &[Target]) -> String {
    let mut text = "_format_version: \"3.0\"\nservices:\n".to_owned();
    for target in targets {
        text.push_str(&target.fill(include_str!("translation.yaml")));
    }
    text
}

/// Runs a test for each of these targets at once; panics with all that failed.
#[track_caller]
fn each(which: impl Fn(&Target) -> bool, test: impl Fn(&World, &Target) + Sync) {
    let world = WORLD.hold();
    let targets: Vec<_> = TARGETS.iter().filter(|target| which(target)).collect();
    assert!(!targets.is_empty(), "a test of nothing");
    let (world, test, next) = (&world, &test, &AtomicUsize::new(0));
    let targets = &targets;
    let work = move || {
        let mut failures = Vec::new();
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(world, target))) {
                let said = panic.downcast_ref::<String>().map(String::as_str);
                let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
                failures.push(format!("{}: {}", target.name, said.unwrap_or("a panic without words")));
            }
        }
        failures
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let begun: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        begun.into_iter().flat_map(|run| run.join().expect("a panic is caught")).collect()
    });
    assert!(failures.is_empty(), "{} targets failed:\n{}", failures.len(), failures.join("\n\n"));
}

fn translated(target: &Target) -> bool {
    !target.speaks_openai
}

fn all(_: &Target) -> bool {
    true
}

/// A call of `OpenAI`'s chat; `more` is further members, each with a comma before it.
fn chat(target: &Target, tag: &str, text: &str, more: &str) -> Call {
    talk(&format!("/o/{}", target.name), target, tag, &crate::world::body(text, more))
}

/// The same with all the members.
fn talk(path: &str, target: &Target, tag: &str, body: &str) -> Call {
    Call::post(path).header("x-test", &tagged(target, tag)).json(body)
}

/// A call of Messages.
fn message(target: &Target, tag: &str, text: &str, more: &str) -> Call {
    messages(target, tag, &message_body(text, more))
}

fn message_body(text: &str, more: &str) -> String {
    let limit = if more.contains("\"max_tokens\"") { "" } else { r#","max_tokens":4000"# };
    format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}]{limit}{more}}}"#)
}

fn messages(target: &Target, tag: &str, body: &str) -> Call {
    messages_at(&format!("/a/{}/v1/messages", target.name), target, tag, body)
}

fn messages_at(path: &str, target: &Target, tag: &str, body: &str) -> Call {
    talk(path, target, tag, body)
        .header("anthropic-version", "2023-06-01")
        .header("x-api-key", "CANARY-caller")
}

/// A tag that no other target's calls have.
fn tagged(target: &Target, tag: &str) -> String {
    format!("{tag}@{}", target.name)
}

/// What the target was sent with a tag, if it was sent once.
#[track_caller]
fn sent(world: &World, target: &Target, tag: &str) -> String {
    world.upstream.only(&tagged(target, tag)).text()
}

/// What the losses of an answer are, and that the record has the same.
#[track_caller]
fn losses_of(world: &World, answer: &Answer) -> Vec<String> {
    let told = answer.header("x-ai-proxy-losses").unwrap_or_default();
    let told: Vec<String> = told.split(", ").filter(|loss| !loss.is_empty()).map(str::to_owned).collect();
    let record = world.record(answer);
    let kept: Vec<String> = record["gateway"]["losses"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|loss| format!("{}={}", loss["member"].as_str().unwrap(), loss["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(told, kept, "header and record: {record}");
    told
}
