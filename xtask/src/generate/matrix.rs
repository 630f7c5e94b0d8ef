//! The matrix of providers and parameters, from what codecs and rules say of themselves.

use std::fmt::Write as _;

use dialect::{Handling, MemberRule, Quirks, Requirement, TokenLimit};
use model::{Operation, Parameter, Settings};
use provider::{Provider, Wire, all};

const HEAD: &str = "
## What becomes of a parameter

For a model that has no rules of its own. *pass*: it has the same name there; *rename*: another name, which is given; *emulate* and
*approximate*: reached by other means or by the nearest thing, *drop*: left out, all three reported as losses; *refuse*: the request
is answered with 400. Parameters have OpenAI's names.
";

/// The matrix of each operation that is generated text.
pub fn tables() -> String {
    let mut text = HEAD.to_owned();
    for operation in [Operation::Chat, Operation::Completions] {
        let columns: Vec<Column> =
            all().iter().filter_map(|provider| Column::of(provider, operation)).collect();
        // Writing into a string cannot fail.
        let _ = writeln!(text, "\n### `{}`\n", operation.route_type());
        let names: Vec<&str> = columns.iter().map(|column| column.provider.id).collect();
        let _ = writeln!(text, "| parameter | {} |", names.join(" | "));
        let _ = writeln!(text, "|---{}|", "|---".repeat(columns.len()));
        for parameter in Parameter::ALL {
            let cells: Vec<String> = columns.iter().map(|column| word(column.handling(*parameter))).collect();
            let _ = writeln!(text, "| `{}` | {} |", parameter.name(), cells.join(" | "));
        }
    }
    text
}

/// One provider, as far as an operation of it is translated or edited.
struct Column {
    provider: &'static Provider,
    wire: Wire,
}

impl Column {
    /// Of several ways of an operation, the one without conditions comes last.
    fn of(provider: &'static Provider, operation: Operation) -> Option<Self> {
        let mut routes = provider.routes.iter().filter(|route| route.operation == operation);
        let wire = routes.rfind(|route| route.is_served())?.wire;
        Some(Self { provider, wire })
    }

    fn handling(&self, parameter: Parameter) -> Handling {
        let quirks = (self.provider.quirks)(None, &Settings::default());
        by_rules(parameter, quirks).unwrap_or_else(|| match self.wire {
            Wire::Chat { codec, .. } => codec.handling(parameter, (self.provider.family)("")),
            _ => Handling::Pass,
        })
    }
}

/// What the rules of an OpenAI-speaking provider do with a parameter, if they have one for it.
fn by_rules(parameter: Parameter, quirks: &Quirks) -> Option<Handling> {
    let (name, value) = match parameter.name().split_once('(') {
        Some((name, value)) => (name, value.strip_suffix(')')),
        None => (parameter.name(), None),
    };
    let found =
        quirks.rules.iter().filter(|(when, _)| *when == Requirement::Always).find_map(
            |(_, rule)| match *rule {
                MemberRule::Drop(member) => (member == name).then_some(Handling::Drop),
                MemberRule::Rename(member, to) => (member == name).then_some(Handling::Rename(to)),
                MemberRule::Replace { member, value: from, .. } => {
                    (member == name && value == Some(from)).then_some(Handling::Approximate)
                }
                MemberRule::ReplaceKind { member, kind, .. } => {
                    (member == name && value == Some(kind)).then_some(Handling::Approximate)
                }
                MemberRule::Recast { member, value: from, with } => {
                    let meant = member == name && value.is_none_or(|value| value == from);
                    let handling = if with.is_empty() { Handling::Drop } else { Handling::Emulate };
                    meant.then_some(handling)
                }
                MemberRule::Default { .. } => None,
            },
        );
    let limit = match (parameter, quirks.token_limit) {
        (Parameter::MaxTokens, TokenLimit::MaxCompletionTokens) => {
            Some(Handling::Rename("max_completion_tokens"))
        }
        _ => None,
    };
    found.or(limit)
}

fn word(handling: Handling) -> String {
    match handling {
        Handling::Pass => "pass".to_owned(),
        Handling::Rename(to) => format!("`{to}`"),
        Handling::Emulate => "emulate".to_owned(),
        Handling::Approximate => "approximate".to_owned(),
        Handling::Drop => "drop".to_owned(),
        Handling::Refuse => "refuse".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_its_row_in_both_tables() {
        let text = tables();
        for parameter in Parameter::ALL {
            let row = format!("\n| `{}` | ", parameter.name());
            assert_eq!(text.matches(&row).count(), 2, "{row}");
        }
    }

    #[test]
    fn rules_are_read() {
        let quirks = Quirks {
            rules: &[
                (Requirement::Always, MemberRule::Drop("user")),
                (Requirement::WithTools, MemberRule::Drop("n")),
                (Requirement::Always, MemberRule::Rename("seed", "random_seed")),
                (
                    Requirement::Always,
                    MemberRule::Replace { member: "tool_choice", value: "required", with: "\"any\"" },
                ),
            ],
            ..Quirks::NONE
        };
        assert_eq!(by_rules(Parameter::User, &quirks), Some(Handling::Drop));
        assert_eq!(by_rules(Parameter::N, &quirks), None);
        assert_eq!(by_rules(Parameter::Seed, &quirks), Some(Handling::Rename("random_seed")));
        assert_eq!(by_rules(Parameter::ToolChoiceRequired, &quirks), Some(Handling::Approximate));
        assert_eq!(by_rules(Parameter::ToolChoiceNamed, &quirks), None);
    }
}
