//! What is wrong with a configuration, and where.

use std::fmt;

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
        write!(
            formatter,
            "{}:{}:{}: {}: ",
            self.file,
            self.at.line,
            self.at.column,
            self.severity.name()
        )?;
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
