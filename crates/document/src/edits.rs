//! Changes to a document, kept in the order in which they were asked for.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use crate::Value;

/// A member's or parent's name. Names in code cost no allocation.
pub type NameText = Cow<'static, str>;

/// Changes to a [`Document`](crate::Document), made one after the other: each sees what those before it did, so the last one on
/// the same thing counts. Raw values must be valid JSON; strings are made by [`quote`](crate::quote).
#[derive(Debug, Clone, Default)]
pub struct Edits {
    pub(crate) log: Vec<Edit>,
}

#[derive(Debug, Clone)]
pub enum Edit {
    Set(NameText, Bytes),
    SetIn(NameText, NameText, Bytes),
    Rename(NameText, NameText),
    Remove(NameText),
    RemoveIn(NameText, NameText),
    Replace(Range<usize>, Bytes),
}

impl Edits {
    pub const fn new() -> Self {
        Self { log: Vec::new() }
    }

    /// Whether nothing was asked for.
    pub const fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// Gives the top-level member `name` the value `raw`, in its place or at the end.
    pub fn set(&mut self, name: impl Into<NameText>, raw: impl Into<Bytes>) {
        self.log.push(Edit::Set(name.into(), raw.into()));
    }

    /// Gives the member `name` of the top-level object `parent` the value `raw`. A parent that is absent or
    /// null becomes an object; one of another kind is left alone.
    pub fn set_in(&mut self, parent: impl Into<NameText>, name: impl Into<NameText>, raw: impl Into<Bytes>) {
        self.log.push(Edit::SetIn(parent.into(), name.into(), raw.into()));
    }

    /// Renames a top-level member in its place. One that already has the name `to` gives way.
    pub fn rename(&mut self, name: impl Into<NameText>, to: impl Into<NameText>) {
        self.log.push(Edit::Rename(name.into(), to.into()));
    }

    /// Takes out a top-level member.
    pub fn remove(&mut self, name: impl Into<NameText>) {
        self.log.push(Edit::Remove(name.into()));
    }

    /// Takes out a member of a top-level object.
    pub fn remove_in(&mut self, parent: impl Into<NameText>, name: impl Into<NameText>) {
        self.log.push(Edit::RemoveIn(parent.into(), name.into()));
    }

    /// Puts `raw` where `value` stands in the original body, at any depth. It is lost where something
    /// around the value is replaced or taken out.
    pub fn replace(&mut self, value: &Value<'_>, raw: impl Into<Bytes>) {
        self.log.push(Edit::Replace(value.span(), raw.into()));
    }
}
