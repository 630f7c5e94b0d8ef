//! Members of requests as data: name, form, bounds.

use serde_json::Value;

use crate::refusal::Refusal;

/// What a member's value must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Bool,
    Integer(i64, i64),
    Number(f64, f64),
    Text,
    OneOf(&'static [&'static str]),
    Object,
    Array,
    TextOrArray,
    TextOrObject,
    /// An object of numbers.
    NumberMap,
}

/// One member of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) nullable: bool,
}

/// A member that may not be null.
pub(crate) const fn member(name: &'static str, form: Form) -> Member {
    Member { name, form, nullable: false }
}

/// A member that may be null.
pub(crate) const fn nullable(name: &'static str, form: Form) -> Member {
    Member { name, form, nullable: true }
}

impl Member {
    /// Checks one value.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Refusal> {
        if value.is_null() && self.nullable {
            return Ok(());
        }
        let fits = match self.form {
            Form::Bool => value.is_boolean(),
            Form::Integer(..) => value.is_i64() || value.is_u64(),
            Form::Number(..) => value.is_number(),
            Form::Text | Form::OneOf(_) => value.is_string(),
            Form::Object => value.is_object(),
            Form::Array => value.is_array(),
            Form::TextOrArray => value.is_string() || value.is_array(),
            Form::TextOrObject => value.is_string() || value.is_object(),
            Form::NumberMap => value.as_object().is_some_and(|map| map.values().all(Value::is_number)),
        };
        if !fits {
            return Err(Refusal::Type {
                member: self.name.to_owned(),
                expected: self.form.name(),
                found: value.clone(),
            });
        }
        self.check_range(value)
    }

    fn check_range(&self, value: &Value) -> Result<(), Refusal> {
        let expected = match self.form {
            Form::Integer(low, high) if value.as_i64().is_none_or(|number| number < low || number > high) => {
                format!("an integer from {low} to {high}")
            }
            Form::Number(low, high) if value.as_f64().is_none_or(|number| number < low || number > high) => {
                format!("a number from {low} to {high}")
            }
            Form::OneOf(names) if value.as_str().is_none_or(|text| !names.contains(&text)) => {
                format!("one of {}", names.join(", "))
            }
            _ => return Ok(()),
        };
        Err(Refusal::Range { member: self.name.to_owned(), expected })
    }
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Self::Bool => "a boolean",
            Self::Integer(..) => "an integer",
            Self::Number(..) => "a number",
            Self::Text | Self::OneOf(_) => "a string",
            Self::Object => "an object",
            Self::Array => "an array",
            Self::TextOrArray => "a string or an array",
            Self::TextOrObject => "a string or an object",
            Self::NumberMap => "an object of numbers",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_judged() {
        let temperature = nullable("temperature", Form::Number(0.0, 2.0));
        assert!(temperature.check(&json!(2)).is_ok());
        assert!(temperature.check(&json!(null)).is_ok());
        assert!(matches!(temperature.check(&json!("hot")), Err(Refusal::Type { .. })));
        assert!(matches!(temperature.check(&json!(2.1)), Err(Refusal::Range { .. })));
        let n = member("n", Form::Integer(1, 128));
        assert!(matches!(n.check(&json!(1.5)), Err(Refusal::Type { .. })));
        assert!(matches!(n.check(&json!(null)), Err(Refusal::Type { .. })));
        assert!(matches!(n.check(&json!(0)), Err(Refusal::Range { .. })));
        let tier = member("service_tier", Form::OneOf(&["auto", "flex"]));
        assert!(tier.check(&json!("flex")).is_ok());
        assert!(matches!(tier.check(&json!("fast")), Err(Refusal::Range { .. })));
    }
}
