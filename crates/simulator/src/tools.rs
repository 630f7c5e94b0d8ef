//! Deciding on tool calls and making them.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::{messages, orders, schema, text};

/// One call of a tool.
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    /// JSON text.
    pub(crate) arguments: String,
}

impl Call {
    pub(crate) fn whole(&self) -> Value {
        json!({
            "id": self.id,
            "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        })
    }
}

/// The calls that answer the request: none where the model shall speak.
pub(crate) fn calls(ask: &Ask) -> Vec<Call> {
    let functions: Vec<&Value> = ask
        .list("tools")
        .iter()
        .filter(|tool| tool["type"] == "function")
        .map(|tool| &tool["function"])
        .collect();
    let choice = ask.member("tool_choice");
    let word = choice.and_then(Value::as_str);
    if functions.is_empty() || word == Some("none") {
        return Vec::new();
    }
    let named = choice.and_then(|choice| choice["function"]["name"].as_str());
    let wanted = messages::last_user_text(ask);
    let answered = ask.list("messages").last().is_some_and(|message| message["role"] == "tool");
    let alone = ask.member("parallel_tool_calls") == Some(&Value::Bool(false));
    if !answered && named.is_none() {
        let known = |name: &str| functions.iter().any(|function| function["name"] == name);
        let orders = orders::orders(&wanted).into_iter().filter(|(name, _)| known(name));
        let ordered: Vec<Call> = orders
            .take(if alone { 1 } else { usize::MAX })
            .enumerate()
            .map(|(index, (name, arguments))| made(ask, name.to_owned(), &arguments, index))
            .collect();
        if !ordered.is_empty() {
            return ordered;
        }
    }
    let asked = !answered && (wanted.contains("call_tool") || wanted.contains("call_three_tools"));
    let forced = named.is_some() || matches!(word, Some("required" | "any"));
    if !asked && !forced {
        return Vec::new();
    }
    let number = if wanted.contains("call_three_tools") && !alone { 3 } else { 1 };
    let start = functions.iter().position(|function| function["name"].as_str() == named).unwrap_or(0);
    (0..number).map(|index| call(ask, functions[(start + index) % functions.len()], index)).collect()
}

fn call(ask: &Ask, function: &Value, index: usize) -> Call {
    let name = function["name"].as_str().unwrap_or_default().to_owned();
    let value = format!("value {} of {name}", index + 1);
    let arguments = match &function["parameters"] {
        Value::Null => json!({}),
        parameters => schema::instance(parameters, &value),
    };
    made(ask, name, &arguments, index)
}

fn made(ask: &Ask, name: String, arguments: &Value, index: usize) -> Call {
    let (prefix, length) = ask.provider.manners.call_id;
    let seed = format!("{name} {index} {arguments}");
    Call { id: text::identifier(prefix, length, &seed), name, arguments: arguments.to_string() }
}
