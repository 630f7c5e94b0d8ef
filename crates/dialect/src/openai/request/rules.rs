//! A target's rules about single members.

use document::{Kind, Value};
use model::LossKind;

use super::{Delivery, Draft, Given, MemberRule, Requirement};

impl MemberRule {
    /// The member that the rule is about.
    const fn member(&self) -> &'static str {
        match self {
            Self::Drop(member)
            | Self::Rename(member, _)
            | Self::Replace { member, .. }
            | Self::ReplaceKind { member, .. }
            | Self::Recast { member, .. }
            | Self::Default { member, .. } => member,
        }
    }
}

impl<'d> Draft<'d, '_> {
    /// Applies the rules; of several that fit one member the first counts.
    pub(super) fn follow_rules(&mut self) {
        let mut done: Vec<&'static str> = Vec::new();
        for (requirement, rule) in self.call.quirks.rules {
            let member = rule.member();
            if self.meets(*requirement) && !done.contains(&member) && self.follow(rule) {
                done.push(member);
            }
        }
    }

    /// Whether the target refuses a member.
    pub(super) fn drops(&self, name: &str) -> bool {
        let rules = self.call.quirks.rules.iter();
        rules
            .filter(|(_, rule)| matches!(rule, MemberRule::Drop(member) if *member == name))
            .any(|(requirement, _)| self.meets(*requirement))
    }

    fn meets(&self, requirement: Requirement) -> bool {
        match requirement {
            Requirement::Always => true,
            Requirement::WithTools => self.has_tools(),
            Requirement::WithoutTools => !self.has_tools(),
            Requirement::Whole => self.call.delivery == Delivery::Whole,
            Requirement::Streaming => self.call.delivery == Delivery::Stream,
            Requirement::LimitAbove(tokens) => self.limit.is_none_or(|limit| limit > tokens),
        }
    }

    fn has_tools(&self) -> bool {
        self.given("tools").is_some_and(|tools| !tools.value.is_empty())
    }

    /// Applies a rule; tells whether it fits.
    fn follow(&mut self, rule: &MemberRule) -> bool {
        let given = self.given(rule.member());
        match (*rule, given) {
            (MemberRule::Drop(_), Some(given)) => self.lose(given, LossKind::Dropped),
            (MemberRule::Rename(old, new), Some(_)) => self.rename(old, new),
            (MemberRule::Rename(old, new), None) if self.configured.contains(&old) => self.rename(old, new),
            // Null asks for nothing, but a strict provider refuses the name.
            (MemberRule::Drop(name) | MemberRule::Rename(name, _), None) => self.remove_null(name),
            (MemberRule::Replace { member, value, with }, Some(given)) => {
                is_text(given.value, value) && self.approximate(given, member, with)
            }
            (MemberRule::ReplaceKind { member, kind, with }, Some(given)) => {
                let found = given.value.value("type");
                found.is_some_and(|found| is_text(found, kind)) && self.approximate(given, member, with)
            }
            (MemberRule::Recast { value, with, .. }, Some(given)) => {
                is_text(given.value, value) && self.recast(given, with)
            }
            (MemberRule::Default { member, with }, None) => {
                self.edits.set(member, with);
                true
            }
            (MemberRule::Default { .. }, Some(_)) => true,
            (
                MemberRule::Replace { .. } | MemberRule::ReplaceKind { .. } | MemberRule::Recast { .. },
                None,
            ) => false,
        }
    }

    fn lose(&mut self, given: Given<'d>, kind: LossKind) -> bool {
        self.edits.remove(given.name);
        self.losses.add(given.path(), kind);
        true
    }

    fn rename(&mut self, old: &'static str, new: &'static str) -> bool {
        if self.given(new).is_some() {
            self.edits.remove(old);
        } else {
            self.edits.rename(old, new);
        }
        true
    }

    fn remove_null(&mut self, name: &'static str) -> bool {
        let in_extra = self.extra.is_some_and(|extra| extra.value(name).is_some());
        let written = in_extra || self.document.value(name).is_some();
        if written {
            self.edits.remove(name);
        }
        written
    }

    fn approximate(&mut self, given: Given<'d>, member: &'static str, with: &'static str) -> bool {
        self.edits.set(member, with);
        self.losses.add(given.path(), LossKind::Approximated);
        true
    }

    fn recast(&mut self, given: Given<'d>, with: &'static [(&'static str, &'static str)]) -> bool {
        for (name, raw) in with {
            if self.given(name).is_none() {
                self.edits.set(*name, *raw);
            }
        }
        let kind = if with.is_empty() { LossKind::Dropped } else { LossKind::Emulated };
        self.lose(given, kind)
    }
}

fn is_text(value: Value<'_>, text: &str) -> bool {
    value.kind() == Kind::String && value.as_str().as_deref() == Some(text)
}
