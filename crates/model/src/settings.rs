//! What a target's configuration says besides model and credential.

/// Settings of a target by dotted name below `model.options`. At load time a value may have
/// `$(…)` placeholders; for a request they are resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(Vec<(Box<str>, Box<str>)>);

impl Settings {
    pub const NONE: Self = Self(Vec::new());

    pub fn set(&mut self, name: impl Into<Box<str>>, value: impl Into<Box<str>>) {
        self.0.push((name.into(), value.into()));
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }
}
