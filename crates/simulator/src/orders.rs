//! Tools that the user's text orders by name: `use_tool:NAME {"argument": …}`, as often as it likes.

use serde_json::{Map, Value};

const MARK: &str = "use_tool:";

/// The orders of a text, in their order: a tool's name and its arguments, as an object.
pub(crate) fn orders(text: &str) -> Vec<(&str, Value)> {
    text.split(MARK).skip(1).filter_map(order).collect()
}

/// One order, from behind its mark. Without an object the arguments are empty; without a name there is no order.
fn order(rest: &str) -> Option<(&str, Value)> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':');
    let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
    let first = serde_json::Deserializer::from_str(behind).into_iter::<Value>().next();
    let arguments = first.and_then(Result::ok).filter(Value::is_object);
    Some((name, arguments.unwrap_or_else(|| Map::new().into())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::orders;

    #[test]
    fn orders_are_read() {
        let text =
            r#"Please use_tool:Write {"path": "a b", "content": "}{ \" x"} and use_tool:list-all, thanks"#;
        assert_eq!(
            orders(text),
            [("Write", json!({"path": "a b", "content": "}{ \" x"})), ("list-all", json!({}))]
        );
    }

    #[test]
    fn what_is_none_is_left() {
        assert_eq!(orders("use_tool: nothing"), []);
        assert_eq!(orders("use the tool"), []);
        assert_eq!(orders("use_tool:a [1]"), [("a", json!({}))]);
    }
}
