//! Reading what providers send without insisting on more than is needed.

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::Json;

use crate::DecodeError;

/// The object that a body is.
pub(crate) fn object(body: &[u8]) -> Result<Document, DecodeError> {
    Document::parse(Bytes::copy_from_slice(body)).map_err(|_| DecodeError::NotAnObject)
}

/// Any value, as the member [`WRAPPED`] of an object.
pub(crate) fn wrapped(body: &[u8]) -> Result<Document, DecodeError> {
    Document::parse([b"{\"value\":", body, b"}"].concat().into()).map_err(|_| DecodeError::NotAnObject)
}

/// Name of the member of what [`wrapped`] gives.
pub(crate) const WRAPPED: &str = "value";

/// Reads a value of the model.
pub(crate) fn json<R>(value: &Json, read: impl FnOnce(Value<'_>) -> R) -> Option<R> {
    let document = wrapped(value.as_bytes()).ok()?;
    document.value(WRAPPED).map(read)
}

/// A text that says something.
pub(crate) fn text(value: Option<Value<'_>>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(std::borrow::Cow::into_owned)
}

/// A value that is there.
pub(crate) fn present(value: Option<Value<'_>>) -> Option<Value<'_>> {
    value.filter(|value| !value.is_null())
}

/// The items of a list that has nothing but objects; `name` is what the list is called where it is another thing.
pub(crate) fn objects<'d>(
    list: Option<Value<'d>>,
    name: &'static str,
) -> Result<impl Iterator<Item = Value<'d>>, DecodeError> {
    let list = list.filter(|list| list.kind() == Kind::Array).ok_or(DecodeError::Missing(name))?;
    if list.items().any(|item| item.kind() != Kind::Object) {
        return Err(DecodeError::Missing(name));
    }
    Ok(list.items())
}

/// A count above this is no count of tokens.
const SANE: u64 = 1_000_000_000_000;

/// A count, also where it is written with a fraction, as some providers do.
pub(crate) fn count(value: Option<Value<'_>>) -> Option<u64> {
    let value = value.filter(|value| value.kind() == Kind::Number)?;
    let whole = std::str::from_utf8(value.raw()).ok()?.split('.').next()?;
    whole.parse().ok().filter(|&count| count <= SANE)
}

/// A value as a text without white space between its tokens, as arguments of calls are told.
pub(crate) fn compact(value: Value<'_>) -> String {
    String::from_utf8_lossy(&document::compact(value.raw())).into_owned()
}

/// A value of an answer, to be passed on as it is.
pub(crate) fn raw(value: Value<'_>) -> Json {
    Json::from_checked(value.raw().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_may_have_a_fraction() {
        for (number, expected) in
            [("5", Some(5)), ("5.0", Some(5)), ("-1", None), ("1e3", None), ("null", None), ("\"5\"", None)]
        {
            let document = wrapped(number.as_bytes()).unwrap();
            assert_eq!(count(document.value(WRAPPED)), expected, "{number}");
        }
    }

    #[test]
    fn lists_of_objects_have_nothing_else() {
        let count = |list: &str| {
            let document = wrapped(list.as_bytes()).unwrap();
            objects(document.value(WRAPPED), "list").map(Iterator::count)
        };
        assert_eq!((count("[]"), count("[{},{\"a\":1}]")), (Ok(0), Ok(2)));
        for other in ["[null]", "[{},5]", "[[]]", "{}", "null", "\"x\""] {
            assert_eq!(count(other), Err(DecodeError::Missing("list")), "{other}");
        }
    }

    #[test]
    fn values_of_the_model_are_read() {
        assert_eq!(json(&Json::from_static("[1,2]"), |list| list.items().count()), Some(2));
        assert_eq!(text(wrapped(b"\"\"").unwrap().value(WRAPPED)), None);
        assert!(object(b"[]").is_err() && wrapped(b"[").is_err());
    }
}
