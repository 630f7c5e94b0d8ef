//! The page of providers: what each can do, and what is changed in a request to it.

use std::borrow::Cow;
use std::fmt::Write as _;

use dialect::{Deviation, MemberRule, MessageRules, Quirks, Requirement, TokenLimit};
use provider::{Base, KeyStyle, Provider, Required, Route, Settings, all};

use super::usage;

const HEAD: &str = "# Providers

Generated from `crates/provider`: do not edit.

An operation is named by its `route_type`. *Checked* operations are accepted by `ai-proxy check` and refused by `ai-proxy serve`.
Changes are those to a request in OpenAI's format, for a model that has no rules of its own; what is left out or replaced is
reported with the answer. *Answers* is what is put right in relayed answers of chat, for OpenAI's clients; all else of them passes as
it came. *Usage* names rows of [how usage is counted](#how-usage-is-counted).
";

/// The whole page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for provider in all() {
        // Writing into a string cannot fail.
        let _ = write!(page, "\n## {}\n\n{}", provider.title, section(provider));
    }
    page.push_str(&usage::table());
    page.push_str(&super::matrix::tables());
    page
}

fn section(provider: &Provider) -> String {
    let (served, checked): (Vec<&Route>, Vec<&Route>) =
        provider.routes.iter().partition(|route| route.is_served());
    let mut rows = vec![
        ("`model.provider`", format!("`{}`", provider.id)),
        ("Address", address(provider.base)),
        ("Key", key(provider.key)),
        ("Served", operations(&served)),
        ("Checked", operations(&checked)),
        ("Settings", settings(provider)),
    ];
    if !served.is_empty() {
        let quirks = (provider.quirks)(None, &Settings::default());
        rows.push(("Changes", changes(quirks)));
        rows.push(("Answers", answers(quirks)));
        rows.push(("Usage", usage::formats(provider, quirks)));
    }
    let mut table = "| | |\n|---|---|\n".to_owned();
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(table, "| {name} | {value} |");
    }
    table
}

fn address(base: Base) -> String {
    match base {
        Base::Url(url) => format!("`{url}`"),
        Base::Choice(choose) => format!("`{}` unless a setting says otherwise", choose(&Settings::default())),
        Base::UpstreamUrl => "what `upstream_url` says".to_owned(),
    }
}

fn key(style: KeyStyle) -> String {
    match style {
        KeyStyle::Bearer => "`Authorization: Bearer KEY`".to_owned(),
        KeyStyle::Header(name) => format!("header `{name}`"),
        KeyStyle::None => "none, or no plain one".to_owned(),
    }
}

fn operations(routes: &[&Route]) -> String {
    let mut names: Vec<String> = Vec::new();
    for route in routes {
        let name = format!("`{}`", route.operation.route_type());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn settings(provider: &Provider) -> String {
    let told = provider.settings.iter().map(|setting| {
        let when = match setting.required {
            Required::Always => " (required)".to_owned(),
            Required::UnlessUpstreamUrl => " (required unless `upstream_url` is given)".to_owned(),
            Required::Group(group) => format!(" (all or none of the group {group})"),
            Required::For(operation) => format!(" (required for `{}`)", operation.route_type()),
            Required::Never => String::new(),
        };
        format!("`{}`{when}", setting.name)
    });
    told.collect::<Vec<_>>().join(", ")
}

fn changes(quirks: &Quirks) -> String {
    let mut told: Vec<String> =
        quirks.rules.iter().map(|(when, rule)| format!("{}{}", change(rule), condition(*when))).collect();
    match quirks.token_limit {
        TokenLimit::AsSent => {}
        TokenLimit::MaxTokens => told.push("the token limit goes out as `max_tokens`".to_owned()),
        TokenLimit::MaxCompletionTokens => {
            told.push("the token limit goes out as `max_completion_tokens`".to_owned());
        }
    }
    if quirks.developer_is_system {
        told.push("`developer` messages go out as `system`".to_owned());
    }
    let MessageRules { members, call_id, thoughts } = quirks.messages;
    if !members.is_empty() {
        told.push("members of messages that it does not know are left out".to_owned());
    }
    if let Some(length) = call_id {
        told.push(format!("ids of calls become {length} letters and digits"));
    }
    if thoughts.is_some() {
        told.push("thoughts go back as parts of `content`".to_owned());
    }
    if told.is_empty() { "none".to_owned() } else { told.join("; ") }
}

/// What is put right of its chat answers.
fn answers(quirks: &Quirks) -> String {
    let told = quirks.answers.iter().map(|deviation| match deviation {
        Deviation::ContentParts => "parts of `content` are joined, thoughts become `reasoning_content`",
        Deviation::ReasoningName => "`reasoning` becomes `reasoning_content`",
        Deviation::LooseCalls => "calls get their `type`, `index` and `id`, arguments become text",
        Deviation::FinishWords => "`finish_reason` gets OpenAI's words",
        Deviation::UsageParts => "`usage` counts reasoning and cached tokens as OpenAI does",
        Deviation::EmptyId => "an empty `id` is filled",
        Deviation::Sources => "`citations` are told as annotations as well",
    });
    told.collect::<Vec<_>>().join("; ")
}

fn change(rule: &MemberRule) -> String {
    match rule {
        MemberRule::Drop(member) => format!("`{member}` is left out"),
        MemberRule::Rename(member, to) => format!("`{member}` becomes `{to}`"),
        MemberRule::Replace { member, value, with } => format!("`{member}` \"{value}\" becomes `{with}`"),
        MemberRule::ReplaceKind { member, kind, with } => {
            format!("`{member}` of type \"{kind}\" becomes `{with}`")
        }
        MemberRule::Recast { member, value, with: [] } => format!("`{member}` \"{value}\" is left out"),
        MemberRule::Recast { member, value, with } => {
            let members: Vec<String> = with.iter().map(|(name, raw)| format!("`{name}: {raw}`")).collect();
            format!("`{member}` \"{value}\" becomes {}", members.join(", "))
        }
        MemberRule::Default { member, with } => format!("`{member}` is `{with}` unless given"),
    }
}

fn condition(when: Requirement) -> Cow<'static, str> {
    match when {
        Requirement::Always => "".into(),
        Requirement::WithoutTools => " without tools".into(),
        Requirement::WithTools => " with tools".into(),
        Requirement::Whole => " in whole answers".into(),
        Requirement::Streaming => " in streams".into(),
        Requirement::LimitAbove(tokens) => format!(" where more than {tokens} tokens may come").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_its_section() {
        let page = page();
        for provider in all() {
            assert!(page.contains(&format!("| `model.provider` | `{}` |", provider.id)), "{}", provider.id);
        }
        assert_eq!(page.matches("| `model.provider` |").count(), all().len());
    }

    #[test]
    fn changes_are_told() {
        assert_eq!(changes(&Quirks::NONE), "none");
        let quirks = Quirks {
            rules: &[
                (Requirement::WithoutTools, MemberRule::Drop("x")),
                (Requirement::Always, MemberRule::Rename("a", "b")),
            ],
            token_limit: TokenLimit::MaxTokens,
            ..Quirks::NONE
        };
        assert_eq!(
            changes(&quirks),
            "`x` is left out without tools; `a` becomes `b`; the token limit goes out as `max_tokens`"
        );
    }
}
