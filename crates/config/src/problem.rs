//! What is wrong with a configuration, and where.

use std::fmt;

use crate::tree::{NodeId, SyntaxError, Tree, join, shorten};

/// Whether a problem stops the configuration from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A place in the text; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// One thing that is wrong. It never holds a value that is secret or came from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    /// The name that the text was loaded under.
    pub file: Box<str>,
    pub at: Position,
    /// Where in the document: `services[0].routes[0].plugins[0].config.model.provider`; empty for the whole.
    pub path: Box<str>,
    pub message: Box<str>,
    /// What to do about it.
    pub hint: Option<Box<str>>,
}

impl fmt::Display for Problem {
    /// `file:line:column: error: path: message (hint: …)`, one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}: {}: ", self.file, self.at.line, self.at.column, self.severity.name())?;
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

/// What a problem is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A value.
    Value(NodeId),
    /// The name of a member.
    Key(NodeId),
    /// A member that is not there, or the rule about it: the mapping and the name below it.
    Below(NodeId, &'a str),
}

/// Collects problems; of too many errors the rest is counted, of too many warnings it is dropped.
pub(crate) struct Problems {
    file: Box<str>,
    list: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

/// The problem just told, to which a hint may be added.
pub(crate) struct Told<'p>(Option<&'p mut Problem>);

impl Told<'_> {
    pub(crate) fn hint(self, hint: impl Into<Box<str>>) {
        if let Some(problem) = self.0 {
            problem.hint = Some(hint.into());
        }
    }
}

impl Problems {
    const MOST: usize = 1000;

    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.into(), list: Vec::new(), errors: 0, warnings: 0 }
    }

    /// Further errors are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.errors >= Self::MOST
    }

    /// Counts a problem; tells whether it is still listed.
    fn count(&mut self, severity: Severity) -> bool {
        let counted = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *counted += 1;
        *counted <= Self::MOST
    }

    pub(crate) fn error(&mut self, tree: &Tree, place: Place<'_>, message: impl Into<Box<str>>) -> Told<'_> {
        self.tell(Severity::Error, tree, place, message.into())
    }

    pub(crate) fn warning(
        &mut self,
        tree: &Tree,
        place: Place<'_>,
        message: impl Into<Box<str>>,
    ) -> Told<'_> {
        self.tell(Severity::Warning, tree, place, message.into())
    }

    pub(crate) fn tell(
        &mut self,
        severity: Severity,
        tree: &Tree,
        place: Place<'_>,
        message: impl Into<Box<str>>,
    ) -> Told<'_> {
        if !self.count(severity) {
            return Told(None);
        }
        let (at, path) = match place {
            Place::Value(id) => (tree.at(id), tree.path(id)),
            Place::Key(id) => (tree.key_at(id), tree.path(id)),
            Place::Below(id, name) => {
                let mut path = tree.path(id);
                join(&mut path, name);
                (tree.at(id), path)
            }
        };
        self.list.push(Problem {
            severity,
            file: self.file.clone(),
            at,
            path: path.into(),
            message: message.into(),
            hint: None,
        });
        Told(self.list.last_mut())
    }

    /// Tells that a key stands in its mapping twice.
    pub(crate) fn duplicate(&mut self, at: Position, mut path: String, key: &str) {
        join(&mut path, key);
        self.push(Problem {
            severity: Severity::Error,
            file: self.file.clone(),
            at,
            path: path.into(),
            message: format!("field '{}' is there twice", shorten(key)).into(),
            hint: None,
        });
    }

    /// Tells that the text is no document.
    pub(crate) fn syntax(&mut self, error: SyntaxError) {
        let hint = error.hint.map(Into::into);
        self.push(Problem {
            severity: Severity::Error,
            file: self.file.clone(),
            at: error.at,
            path: "".into(),
            message: error.message,
            hint,
        });
    }

    fn push(&mut self, problem: Problem) {
        if self.count(problem.severity) {
            self.list.push(problem);
        }
    }

    /// Everything that was told, in the order of the text.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|one| (one.at, one.severity));
        let left_out = self.errors.saturating_sub(Self::MOST);
        if left_out > 0 {
            let at = self.list.last().map_or(Position::default(), |last| last.at);
            self.list.push(Problem {
                severity: Severity::Error,
                file: self.file,
                at,
                path: "".into(),
                message: format!("{left_out} further errors are not listed").into(),
                hint: None,
            });
        }
        self.list
    }
}
