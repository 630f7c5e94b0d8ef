//! Bodies judged member by member, down to the leaves, against tables.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Bool,
    Integer,
    /// An integer that may be written as a text.
    Long,
    Number,
    Text,
    /// Text in base64, of either alphabet, padded or not.
    Bytes,
    Word(&'static [&'static str]),
    /// Any object.
    Free,
    /// Anything.
    Any,
    TextOrList,
    BoolOrText,
    TextOrNumber,
    TextOrObject,
    List(&'static Kind),
    Map(&'static Kind),
    Of(&'static Shape),
}

/// The members of an object.
#[derive(Debug)]
pub(crate) struct Shape(pub(crate) &'static [(&'static str, Kind)]);

/// How names are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    Exact,
    /// In camel case or in snake case, as Google's servers take them.
    Either,
}

/// Reads an object: gives it back with the names of the table and without nulls, or says what is wrong.
pub(crate) fn read(
    fields: &Map<String, Value>,
    shape: &Shape,
    place: &str,
    names: Names,
) -> Result<Map<String, Value>, Refusal> {
    let mut known = Map::new();
    for (name, value) in fields {
        let here = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        let found = shape
            .0
            .iter()
            .find(|(listed, _)| *listed == name || (names == Names::Either && snake(listed) == *name));
        let Some((listed, kind)) = found else {
            return Err(Refusal::Unknown { member: here, input: value.clone() });
        };
        if value.is_null() {
            continue;
        }
        if known.insert((*listed).to_owned(), value_of(value, *kind, &here, names)?).is_some() {
            return Err(Refusal::Invalid { member: here, message: "is given twice".to_owned() });
        }
    }
    Ok(known)
}

fn value_of(value: &Value, kind: Kind, place: &str, names: Names) -> Result<Value, Refusal> {
    let wrong = || Refusal::Type { member: place.to_owned(), expected: kind.name(), found: value.clone() };
    let fits = match kind {
        Kind::Bool => value.is_boolean(),
        Kind::Integer => return integer(value).ok_or_else(wrong),
        Kind::Long => {
            integer(value).is_some() || value.as_str().is_some_and(|text| text.parse::<i64>().is_ok())
        }
        Kind::Number => value.is_number(),
        Kind::Text => value.is_string(),
        Kind::Bytes => value.as_str().is_some_and(|text| decoded(text).is_some()),
        Kind::Word(words) => return word(value, words, place).ok_or_else(wrong)?,
        Kind::Free => value.is_object(),
        Kind::Any => true,
        Kind::TextOrList => value.is_string() || value.is_array(),
        Kind::BoolOrText => value.is_boolean() || value.is_string(),
        Kind::TextOrNumber => value.is_string() || value.is_number(),
        Kind::TextOrObject => value.is_string() || value.is_object(),
        Kind::List(inner) => {
            let items = value.as_array().ok_or_else(wrong)?.iter().enumerate();
            return items
                .map(|(index, item)| value_of(item, *inner, &format!("{place}[{index}]"), names))
                .collect();
        }
        Kind::Map(inner) => {
            let members = value.as_object().ok_or_else(wrong)?.iter();
            let read = members.map(|(name, item)| {
                Ok((name.clone(), value_of(item, *inner, &format!("{place}.{name}"), names)?))
            });
            return read.collect::<Result<Map<_, _>, _>>().map(Value::Object);
        }
        Kind::Of(shape) => {
            let fields = value.as_object().ok_or_else(wrong)?;
            return read(fields, shape, place, names).map(Value::Object);
        }
    };
    if fits { Ok(value.clone()) } else { Err(wrong()) }
}

/// A whole number, also where it is written as `5.0`.
fn integer(value: &Value) -> Option<Value> {
    if value.is_i64() || value.is_u64() {
        return Some(value.clone());
    }
    let digits = value.as_f64().filter(|number| number.fract() == 0.0)?.to_string();
    digits.parse::<i64>().ok().map(Value::from)
}

/// A word of the list, in any case; the outer `None` means that it is no text.
fn word(value: &Value, words: &[&str], place: &str) -> Option<Result<Value, Refusal>> {
    let text = value.as_str()?;
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    Some(found.map(|word| Value::from(*word)).ok_or_else(|| Refusal::Range {
        member: place.to_owned(),
        expected: format!("one of {}", words.join(", ")),
    }))
}

/// The bytes of a text in base64.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let url_safe = text.contains(['-', '_']);
    let alphabet = if url_safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, lenient).decode(text).ok()
}

/// `responseMimeType` as `response_mime_type`.
pub(crate) fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Bool => "a boolean",
            Self::Integer | Self::Long => "an integer",
            Self::Number => "a number",
            Self::Text | Self::Word(_) => "a string",
            Self::Bytes => "a string in base64",
            Self::Free | Self::Map(_) | Self::Of(_) => "an object",
            Self::Any => "anything",
            Self::TextOrList => "a string or an array",
            Self::BoolOrText => "a boolean or a string",
            Self::TextOrNumber => "a string or a number",
            Self::TextOrObject => "a string or an object",
            Self::List(_) => "an array",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static INNER: Shape = Shape(&[("mimeType", Kind::Text), ("inner", Kind::Of(&INNER))]);
    static OUTER: Shape = Shape(&[
        ("list", Kind::List(&Kind::Of(&INNER))),
        ("size", Kind::Long),
        ("data", Kind::Bytes),
        ("mode", Kind::Word(&["AUTO", "ANY"])),
    ]);

    fn judge(value: &Value) -> Result<Value, Refusal> {
        read(value.as_object().unwrap(), &OUTER, "", Names::Either).map(Value::Object)
    }

    #[test]
    fn names_are_brought_into_one_form() {
        let given = json!({"list": [{"mime_type": "a", "inner": {"mimeType": "b"}}], "size": "5", "data": "QQ", "mode": "auto"});
        let read = json!({"list": [{"mimeType": "a", "inner": {"mimeType": "b"}}], "size": "5", "data": "QQ", "mode": "AUTO"});
        assert_eq!(judge(&given), Ok(read));
        assert_eq!(judge(&json!({"size": null})), Ok(json!({})));
    }

    #[test]
    fn what_is_wrong_is_placed() {
        let unknown = judge(&json!({"list": [{"inner": {"x": 1}}]}));
        assert_eq!(unknown, Err(Refusal::Unknown { member: "list[0].inner.x".to_owned(), input: json!(1) }));
        assert!(matches!(judge(&json!({"data": "*"})), Err(Refusal::Type { .. })));
        assert!(matches!(judge(&json!({"mode": "x"})), Err(Refusal::Range { .. })));
        assert!(matches!(
            judge(&json!({"list": [{"mimeType": "a", "mime_type": "a"}]})),
            Err(Refusal::Invalid { .. })
        ));
    }
}
