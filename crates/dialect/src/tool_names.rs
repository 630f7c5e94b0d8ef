//! Names of tools that a provider does not take as they are: replaced on the way there, put back on the way back.

use std::collections::HashSet;

use model::{AssistantPart, ChatRequest, Message, Tool};

use crate::once::Once;

/// What names of tools a provider takes.
#[derive(Debug, Clone, Copy)]
pub struct NameRule {
    /// Characters besides ASCII letters, digits and `_`.
    pub also: &'static str,
    /// Most characters.
    pub longest: usize,
    /// The first one must be a letter or `_`.
    pub starts_with_letter: bool,
}

/// The names of one request that had to be replaced. Mostly empty.
#[derive(Debug, Clone, Default)]
pub struct ToolNames(Vec<(Box<str>, Box<str>)>);

impl ToolNames {
    /// Finds replacements for the names of all functions and calls of a request that break `rule`.
    pub fn of(request: &ChatRequest, rule: NameRule) -> Self {
        let mut replaced = Vec::new();
        if names(request).all(|name| rule.fits(name)) {
            return Self(replaced);
        }
        let mut taken: Once = names(request).filter(|name| rule.fits(name)).collect();
        let mut seen = HashSet::new();
        for name in names(request).filter(|name| !rule.fits(name)) {
            if seen.insert(name) {
                replaced.push((name.into(), rule.unused(name, &mut taken)));
            }
        }
        Self(replaced)
    }

    /// The name that the provider is told.
    pub fn outward<'n>(&'n self, name: &'n str) -> &'n str {
        self.0.iter().find(|(own, _)| &**own == name).map_or(name, |(_, other)| other)
    }

    /// The client's name for what the provider calls `name`.
    pub fn inward<'n>(&'n self, name: &'n str) -> &'n str {
        self.0.iter().find(|(_, other)| &**other == name).map_or(name, |(own, _)| own)
    }
}

fn names(request: &ChatRequest) -> impl Iterator<Item = &str> {
    let functions = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function(function) => Some(&*function.name),
        Tool::Native { .. } => None,
    });
    let messages = request.messages.iter().filter_map(|message| match message {
        Message::Assistant(assistant) => Some(&assistant.parts),
        _ => None,
    });
    let calls = messages.flatten().filter_map(|part| match part {
        AssistantPart::ToolCall(call) => Some(&*call.name),
        _ => None,
    });
    functions.chain(calls)
}

impl NameRule {
    fn allows(self, character: char) -> bool {
        character.is_ascii_alphanumeric() || character == '_' || self.also.contains(character)
    }

    fn may_start(self, character: char) -> bool {
        !self.starts_with_letter || character.is_ascii_alphabetic() || character == '_'
    }

    fn fits(self, name: &str) -> bool {
        name.chars().next().is_some_and(|first| self.may_start(first))
            && name.chars().count() <= self.longest
            && name.chars().all(|character| self.allows(character))
    }

    /// The nearest name that fits and that nothing else has.
    fn unused(self, name: &str, taken: &mut Once) -> Box<str> {
        let mut base: String =
            name.chars().map(|character| if self.allows(character) { character } else { '_' }).collect();
        if !base.chars().next().is_some_and(|first| self.may_start(first)) {
            base.insert(0, '_');
        }
        taken.take(&base, self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Extras, Function};

    const RULE: NameRule = NameRule { also: "-", longest: 8, starts_with_letter: true };

    fn request(names: &[&str]) -> ChatRequest {
        let function = |name: &&str| {
            Tool::Function(Function {
                name: (*name).into(),
                description: None,
                parameters: None,
                strict: None,
                cache: None,
                extras: Extras::default(),
            })
        };
        ChatRequest { tools: names.iter().map(function).collect(), ..ChatRequest::default() }
    }

    #[test]
    fn names_that_fit_stay() {
        let names = ToolNames::of(&request(&["get_a-b", "_x"]), RULE);
        assert!(names.0.is_empty());
        assert_eq!((names.outward("get_a-b"), names.inward("other")), ("get_a-b", "other"));
    }

    #[test]
    fn names_that_do_not_fit_are_put_back() {
        let own = ["a.b", "a_b", "a/b", "1x", "very_long_name", "very_long_other", "ä"];
        let names = ToolNames::of(&request(&own), RULE);
        let others: Vec<_> = own.iter().map(|name| names.outward(name)).collect();
        assert_eq!(others, ["a_b_2", "a_b", "a_b_3", "_1x", "very_lon", "very_l_2", "_"]);
        for (name, other) in own.iter().zip(others) {
            assert_eq!(names.inward(other), *name);
        }
    }
}
