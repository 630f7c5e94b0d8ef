//! What rules do to members, and what may still follow them.

use super::*;

pub(super) const RULES: Quirks = Quirks {
    rules: &[
        (Requirement::Always, MemberRule::Drop("logit_bias")),
        (Requirement::Always, MemberRule::Rename("seed", "random_seed")),
        (
            Requirement::Always,
            MemberRule::Replace { member: "tool_choice", value: "required", with: "\"any\"" },
        ),
        (Requirement::WithoutTools, MemberRule::Drop("tool_choice")),
        (Requirement::WithTools, MemberRule::Drop("reasoning")),
        (Requirement::Whole, MemberRule::Drop("whole_only")),
        (Requirement::Streaming, MemberRule::Drop("streamed_only")),
        (
            Requirement::Always,
            MemberRule::ReplaceKind {
                member: "response_format",
                kind: "json_schema",
                with: r#"{"type":"json_object"}"#,
            },
        ),
        (
            Requirement::Always,
            MemberRule::Recast {
                member: "reasoning_effort",
                value: "none",
                with: &[("thinking", "false"), ("budget", "0")],
            },
        ),
        (Requirement::Always, MemberRule::Recast { member: "reasoning_effort", value: "low", with: &[] }),
        (Requirement::Always, MemberRule::Default { member: "safe", with: "true" }),
    ],
    ..Quirks::NONE
};

#[test]
fn rules_change_what_they_fit() {
    let end = r#","stream":false,"safe":1}"#;
    for (before, after, lost) in [
        (r#"{"logit_bias":{"1":2}"#, "{", &["logit_bias dropped"][..]),
        (r#"{"logit_bias":null"#, "{", &[]),
        (r#"{"a":1,"seed" : 5"#, r#"{"a":1,"random_seed" : 5"#, &[]),
        (r#"{"a":1,"seed":5,"random_seed":6"#, r#"{"a":1,"random_seed":6"#, &[]),
        (r#"{"a":1,"seed":5,"random_seed":null"#, r#"{"a":1,"random_seed":5"#, &[]),
        (r#"{"a":1,"seed":null"#, r#"{"a":1"#, &[]),
        (r#"{"tool_choice":"required""#, r#"{"tool_choice":"any""#, &["tool_choice approximated"]),
        (r#"{"tool_choice":"auto""#, "{", &["tool_choice dropped"]),
        (r#"{"tools":[],"tool_choice":"auto""#, r#"{"tools":[]"#, &["tool_choice dropped"]),
        (r#"{"tools":[{}],"tool_choice":"auto""#, r#"{"tools":[{}],"tool_choice":"auto""#, &[]),
        (r#"{"tools":[{}],"reasoning":1"#, r#"{"tools":[{}]"#, &["reasoning dropped"]),
        (r#"{"a":1,"reasoning":1"#, r#"{"a":1,"reasoning":1"#, &[]),
        (
            r#"{"a":1,"whole_only":1,"streamed_only":1"#,
            r#"{"a":1,"streamed_only":1"#,
            &["whole_only dropped"],
        ),
        (
            r#"{"response_format":{"type":"json_schema","json_schema":{}}"#,
            r#"{"response_format":{"type":"json_object"}"#,
            &["response_format approximated"],
        ),
        (r#"{"response_format":{"type":"text"}"#, r#"{"response_format":{"type":"text"}"#, &[]),
        (r#"{"reasoning_effort":"low""#, "{", &["reasoning_effort dropped"]),
        (r#"{"reasoning_effort":"high""#, r#"{"reasoning_effort":"high""#, &[]),
    ] {
        let (before, mut after) = (format!("{before}{end}"), format!("{after}{end}"));
        after = after.replace("{,", "{");
        let (found, losses, _) = edited(&before, &call(&RULES, &NO_OPTIONS));
        assert_eq!((found, losses), (after, lost.iter().map(|&lost| lost.to_owned()).collect()), "{before}");
    }
    let (found, losses, _) =
        edited(r#"{"reasoning_effort":"none","budget":7,"stream":false}"#, &call(&RULES, &NO_OPTIONS));
    assert_eq!(found, r#"{"budget":7,"stream":false,"thinking":false,"safe":true}"#);
    assert_eq!(losses, ["reasoning_effort emulated"]);
}

#[test]
fn a_rule_may_want_room_for_many_tokens() {
    let rules = &[
        (
            Requirement::LimitAbove(10),
            MemberRule::Recast { member: "effort", value: "high", with: &[("b", "10")] },
        ),
        (
            Requirement::LimitAbove(5),
            MemberRule::Recast { member: "effort", value: "high", with: &[("b", "5")] },
        ),
        (Requirement::Always, MemberRule::Drop("effort")),
    ];
    let quirks = Quirks { rules, ..Quirks::NONE };
    let configured = |precedence| ConfiguredOptions { max_tokens: Some(6), precedence, ..NO_OPTIONS };
    let (caller, operator) = (configured(OptionsPrecedence::Request), configured(OptionsPrecedence::Config));
    for (options, limit, sent) in [
        (&NO_OPTIONS, "", r#""b":10"#),
        (&NO_OPTIONS, r#","max_tokens":11"#, r#""b":10"#),
        (&NO_OPTIONS, r#","max_completion_tokens":10"#, r#""b":5"#),
        (&NO_OPTIONS, r#","extra_body":{"max_tokens":6}"#, r#""b":5"#),
        (&NO_OPTIONS, r#","max_tokens":5"#, ""),
        (&caller, "", r#""b":5"#),
        (&caller, r#","max_tokens":11"#, r#""b":10"#),
        (&operator, r#","max_tokens":11"#, r#""b":5"#),
    ] {
        let body = format!(r#"{{"stream":false,"effort":"high"{limit}}}"#);
        let (found, losses, _) = edited(&body, &call(&quirks, options));
        let kind = if sent.is_empty() { "dropped" } else { "emulated" };
        assert!(found.contains(sent) && found.contains("\"b\"") != sent.is_empty(), "{body}: {found}");
        assert_eq!(losses, [format!("effort {kind}")], "{body}");
    }
}

#[test]
fn developers_become_system() {
    let quirks = Quirks { developer_is_system: true, ..Quirks::NONE };
    let body = r#"{"stream":false,"messages":[{"content":"developer","role" : "developer"},{"role":"user"},{},7,{"role":"developer"}]}"#;
    let (found, losses, _) = edited(body, &call(&quirks, &NO_OPTIONS));
    assert_eq!(
        found,
        body.replace("\"role\" : \"developer\"", "\"role\" : \"system\"")
            .replace("\"role\":\"developer\"", "\"role\":\"system\"")
    );
    assert_eq!(losses.len(), 0);
    assert!(edited(body, &call(&Quirks::NONE, &NO_OPTIONS)).2);
}

#[test]
fn a_credential_can_follow_all_edits() {
    let document = Document::parse(Bytes::from_static(
        br#"{"seed":1,"api_key":"client's","extra_body":{"api_key":"x"}}"#,
    ))
    .unwrap();
    for (name, expected) in [
        ("api_key", r#"{"random_seed":1,"api_key":"ours","stream":false,"safe":true}"#),
        ("random_seed", r#"{"random_seed":"ours","api_key":"client's","stream":false,"safe":true}"#),
    ] {
        let (mut edits, mut losses) = (Edits::new(), Losses::default());
        let call = Call { credential: Some("api_key"), ..call(&RULES, &NO_OPTIONS) };
        edit(&document, &call, &mut edits, &mut losses);
        edits.set(name, quote("ours"));
        assert_eq!(document.apply(&edits).to_bytes(), expected);
    }
}
