//! A value of a request with its place, so that an error can say where it is wrong.

use std::borrow::Cow;
use std::fmt::Write as _;

use document::{Kind, Value};
use model::Number;

use crate::RequestError;

/// Where a value stands, as a path from the top of the body.
#[derive(Debug, Clone, Copy)]
pub(in crate::openai) enum Place<'p> {
    Top,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Self::Top => {}
            Self::Member(parent, name) => {
                parent.write(out);
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Self::Item(parent, index) => {
                parent.write(out);
                // Writing to a string cannot fail.
                let _ = write!(out, "[{index}]");
            }
        }
    }

    /// A refusal of what stands here.
    pub(in crate::openai) fn wrong(&self, expected: &'static str) -> RequestError {
        let mut member = String::new();
        self.write(&mut member);
        RequestError::WrongType { member: member.into(), expected }
    }
}

/// A value and its place.
#[derive(Debug, Clone, Copy)]
pub(in crate::openai) struct Field<'d, 'p> {
    pub(in crate::openai) value: Value<'d>,
    pub(in crate::openai) place: Place<'p>,
}

impl<'d> Field<'d, '_> {
    pub(in crate::openai) const fn new<'p>(value: Value<'d>, place: Place<'p>) -> Field<'d, 'p> {
        Field { value, place }
    }

    /// The member of this name that is not null.
    pub(in crate::openai) fn member<'a>(&'a self, name: &'a str) -> Option<Field<'d, 'a>> {
        let value = self.value.value(name).filter(|value| !value.is_null())?;
        Some(Field::new(value, Place::Member(&self.place, name)))
    }

    /// A refusal of a member that is missing.
    pub(in crate::openai) fn missing(&self, name: &str, expected: &'static str) -> RequestError {
        Place::Member(&self.place, name).wrong(expected)
    }

    /// Calls `read` with each member that is not null, by its decoded name.
    pub(in crate::openai) fn members(
        &self,
        mut read: impl FnMut(&str, Field<'d, '_>) -> Result<(), RequestError>,
    ) -> Result<(), RequestError> {
        self.object()?;
        for member in self.value.members().filter(|member| !member.value.is_null()) {
            let name = member.name.decoded();
            read(&name, Field::new(member.value, Place::Member(&self.place, &name)))?;
        }
        Ok(())
    }

    /// Calls `read` with each item.
    pub(in crate::openai) fn items(
        &self,
        mut read: impl FnMut(Field<'d, '_>) -> Result<(), RequestError>,
    ) -> Result<(), RequestError> {
        if self.value.kind() != Kind::Array {
            return Err(self.wrong("an array"));
        }
        for (index, value) in self.value.items().enumerate() {
            read(Field::new(value, Place::Item(&self.place, index)))?;
        }
        Ok(())
    }

    pub(in crate::openai) fn wrong(&self, expected: &'static str) -> RequestError {
        self.place.wrong(expected)
    }

    pub(in crate::openai) fn object(&self) -> Result<(), RequestError> {
        if self.value.kind() == Kind::Object { Ok(()) } else { Err(self.wrong("an object")) }
    }

    pub(in crate::openai) fn text(&self) -> Result<Cow<'d, str>, RequestError> {
        self.value.as_str().ok_or_else(|| self.wrong("a string"))
    }

    pub(in crate::openai) fn boxed(&self) -> Result<Box<str>, RequestError> {
        self.text().map(|text| text.as_ref().into())
    }

    pub(in crate::openai) fn bool(&self) -> Result<bool, RequestError> {
        self.value.as_bool().ok_or_else(|| self.wrong("a boolean"))
    }

    pub(in crate::openai) fn whole_number(&self) -> Result<u64, RequestError> {
        self.value.as_u64().ok_or_else(|| self.wrong("a whole number"))
    }

    pub(in crate::openai) fn number(&self) -> Result<Number, RequestError> {
        match std::str::from_utf8(self.value.raw()) {
            Ok(text) if self.value.kind() == Kind::Number => Ok(Number::from_checked(text)),
            _ => Err(self.wrong("a number")),
        }
    }
}
