//! The arguments of a query as an object.

use percent_encoding::percent_decode_str;

use super::line::Line;

/// Arguments that are told; Kong has the same bound.
const MOST: usize = 100;

/// Writes the arguments of a redacted query: a name that occurs more than once has a list, one without `=` is true.
pub(super) fn write(query: Option<&str>, line: &mut Line<'_>) {
    let arguments = query.unwrap_or_default().split('&').filter(|argument| !argument.is_empty()).take(MOST);
    let mut names: Vec<(String, Vec<Option<String>>)> = Vec::new();
    for argument in arguments {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (decoded(name), Some(decoded(value))),
            None => (decoded(argument), None),
        };
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => names.push((name, vec![value])),
        }
    }
    line.raw("{");
    for (index, (name, values)) in names.iter().enumerate() {
        line.raw(if index == 0 { "\"" } else { ",\"" }).text(name).raw("\":");
        match values.as_slice() {
            [value] => write_value(value.as_deref(), line),
            several => {
                for (index, value) in several.iter().enumerate() {
                    line.raw(if index == 0 { "[" } else { "," });
                    write_value(value.as_deref(), line);
                }
                line.raw("]");
            }
        }
    }
    line.raw("}");
}

fn write_value(value: Option<&str>, line: &mut Line<'_>) {
    match value {
        Some(value) => line.raw("\"").text(value).raw("\""),
        None => line.raw("true"),
    };
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_decoded() {
        let written = |query| {
            let mut out = Vec::new();
            write(query, &mut Line::new(&mut out));
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(None), "{}");
        assert_eq!(written(Some("a=1&b=x%20y+z&&a=%22&flag")), r#"{"a":["1","\""],"b":"x y z","flag":true}"#);
    }
}
