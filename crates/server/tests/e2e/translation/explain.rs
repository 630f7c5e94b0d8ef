//! `ai-proxy explain` of requests that are translated: the body that would go out, what is lost, and where to.

use serde_json::Value;

use super::{TARGETS, config_of};
use crate::commands::run_with_file;

#[test]
fn what_would_be_sent_is_shown() {
    for target in TARGETS {
        let config = config_of(&[*target]).replace("@UPSTREAM@", "127.0.0.1:1");
        let openai = r#"{"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hi"}],"logit_bias":{"1":2},"top_k":7}"#;
        let own = r#"{"max_tokens":9,"system":"be kind","messages":[{"role":"user","content":"hi"}],"container":"c-1"}"#;
        for (path, body, lost) in [
            (format!("/o/{}", target.name), openai, Some(target.lost)),
            (
                format!("/a/{}/v1/messages", target.name),
                own,
                (!target.speaks_messages).then_some("container"),
            ),
        ] {
            let request = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Api-Key: CANARY-caller\r\n\r\n{body}"
            );
            let shown =
                run_with_file(&config, &["explain", "--config", "@FILE@", "-"], &[], request.as_bytes());
            assert_eq!(shown.status, 0, "{path}: {} {}", shown.out, shown.err);
            let all = format!("{}{}", shown.out, shown.err);
            assert!(!all.contains("CANARY"), "{path}: {all}");
            assert!(all.contains("http://127.0.0.1:1/"), "no URL: {all}");
            if let Some(lost) = lost {
                assert!(all.contains(lost), "{path} does not tell of {lost}: {all}");
            }
            let start = shown.out.find('{').unwrap_or_else(|| panic!("no body: {all}"));
            let sent = &shown.out[start..];
            let sent: Value = serde_json::Deserializer::from_str(sent)
                .into_iter()
                .next()
                .unwrap()
                .unwrap_or_else(|error| panic!("{error}: {all}"));
            assert!(sent.to_string().contains("be kind"), "{path}: {sent}");
        }
    }
}
