//! No key of the configuration and none of a caller is ever told, on any way through a translation.

use testkit::{Answer, Call, PATIENCE};

use super::{TARGETS, chat, config, message, message_body, messages_at, talk, translated};
use crate::world::{World, body};

const FAULTS: [&str; 8] =
    ["", "status_401", "error_first", "error_mid", "cut_mid", "not_json_mid", "html_200", "reset_first"];

#[test]
fn no_key_is_told_anywhere() {
    let mut world = World::start_with(&config(), |builder| builder.arg("--log-level").arg("trace"));
    let check = |answer: &Answer, what: &str| {
        let told = format!("{:?} {}", answer.headers, answer.text());
        assert!(!told.contains("CANARY") && !told.contains("sim-secret"), "{what}: {told}");
    };
    for target in TARGETS {
        for fault in FAULTS {
            for more in ["", r#","stream":true"#] {
                let with = |call: Call| {
                    let call = call.header("cookie", "CANARY=1").header("api-key", "CANARY-caller");
                    let call = call.header("x-goog-api-key", "CANARY-caller");
                    if fault.is_empty() { call } else { call.header("x-sim-fault", fault) }
                };
                if translated(target) {
                    let call = chat(target, "canary", "words:9", more)
                        .header("authorization", "Bearer CANARY-caller");
                    check(&world.send(&with(call)), &format!("{} {fault}", target.name));
                }
                let call = message(target, "canary", "words:9", more);
                check(&world.send(&with(call)), &format!("{} {fault}", target.name));
            }
        }
        if !target.wrong.is_empty() {
            let path = format!("/wrong/{}", target.name);
            let call = talk(&path, target, "canary-wrong", &body("hi", ""));
            if translated(target) {
                check(&world.send(&call), target.name);
            }
            let path = format!("/a-wrong/{}/v1/messages", target.name);
            let call = messages_at(&path, target, "canary-wrong", &message_body("hi", ""));
            check(&world.send(&call), target.name);
        }
    }
    for request in world.upstream.requests() {
        assert!(
            !format!("{:?} {}", request.headers, request.text()).contains("CANARY-caller"),
            "{request:?}"
        );
    }
    for path in ["/status", "/metrics"] {
        check(&Call::get(path).send(world.gateway.admin), path);
    }
    world.gateway.signal("TERM");
    world.gateway.wait(PATIENCE);
    for text in [world.gateway.record_text(), world.gateway.output()] {
        assert!(!text.is_empty());
        assert_eq!(
            text.lines().find(|line| line.contains("CANARY")
                || line.contains("sk-sim")
                || line.contains("sim-secret")),
            None
        );
    }
}
