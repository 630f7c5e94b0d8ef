//! Names of tools as Claude takes them, and back.

use std::borrow::Cow;

use model::{ChatRequest, Tool};

/// Characters that a name may have.
const LONGEST: usize = 128;

/// The tools of a request whose names Claude would not take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ToolNames {
    /// As sent, as the client knows it.
    changed: Vec<(Box<str>, Box<str>)>,
}

impl ToolNames {
    pub(super) fn of(request: &ChatRequest) -> Self {
        let own = |tool: &Tool| match tool {
            Tool::Function(function) => Some(function.name.clone()),
            Tool::Native { .. } => None,
        };
        let own: Vec<Box<str>> = request.tools.iter().filter_map(own).collect();
        let mut names = Self::default();
        for name in &own {
            let plain = legal(name);
            if *plain == **name {
                continue;
            }
            let taken = |candidate: &str| {
                own.iter().any(|other| **other == *candidate)
                    || names.changed.iter().any(|(sent, _)| **sent == *candidate)
            };
            let sent = unique(&plain, LONGEST, taken);
            names.changed.push((sent.into(), name.clone()));
        }
        names
    }

    /// What Claude is told.
    pub(super) fn sent<'n>(&'n self, own: &'n str) -> Cow<'n, str> {
        match self.changed.iter().find(|(_, known)| **known == *own) {
            Some((sent, _)) => Cow::Borrowed(sent),
            None => legal(own),
        }
    }

    /// What the client is told.
    pub(super) fn own<'n>(&'n self, sent: &'n str) -> &'n str {
        self.changed.iter().find(|(known, _)| **known == *sent).map_or(sent, |(_, own)| own)
    }
}

/// `text` with an underscore for each character that neither names nor ids may have.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(fits) {
        return Cow::Borrowed(text);
    }
    if text.is_empty() {
        return Cow::Borrowed("_");
    }
    Cow::Owned(text.chars().take(LONGEST).map(|c| if fits(c) { c } else { '_' }).collect())
}

/// `text`, or `text` with a number behind it, that is not taken.
pub(super) fn unique(text: &str, longest: usize, taken: impl Fn(&str) -> bool) -> String {
    if !taken(text) {
        return text.to_owned();
    }
    let mut number = 2_u64;
    loop {
        let ending = format!("_{number}");
        let kept = text.len().min(longest.saturating_sub(ending.len()));
        let candidate = format!("{}{ending}", text.get(..kept).unwrap_or(text));
        if !taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use model::Function;

    use super::*;

    fn request(names: &[&str]) -> ChatRequest {
        let tool = |name: &&str| {
            Tool::Function(Function {
                name: (*name).into(),
                description: None,
                parameters: None,
                strict: None,
                cache: None,
                extras: model::Extras::default(),
            })
        };
        ChatRequest { tools: names.iter().map(tool).collect(), ..ChatRequest::default() }
    }

    #[test]
    fn names_come_back() {
        let long = "ü".repeat(200);
        let names = ToolNames::of(&request(&["plain", "a.b", "a:b", "a_b", &long]));
        for own in ["plain", "a.b", "a:b", "a_b", &long] {
            let sent = names.sent(own).into_owned();
            assert!(sent.len() <= LONGEST && *legal(&sent) == sent, "{sent}");
            assert_eq!(names.own(&sent), own);
        }
        assert_eq!(names.sent("a.b"), "a_b_2");
        assert_eq!(names.sent("plain"), "plain");
        assert_eq!(names.sent("unknown tool"), "unknown_tool");
    }
}
