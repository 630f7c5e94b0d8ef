//! Edits of a document against the same changes of a `serde_json` value, written the slow and plain way.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::rules::RULES;
use super::*;

/// Values of a member that are worth trying.
fn values(name: &str) -> Vec<Json> {
    match name {
        "stream" => vec![Json::Null, json!(true), json!(false)],
        "stream_options" => vec![Json::Null, json!({}), json!({"include_usage": true}), json!({"x": [1]})],
        "tools" => vec![Json::Null, json!([]), json!([{"type": "function"}])],
        "tool_choice" => vec![Json::Null, json!("required"), json!("auto"), json!({"type": "function"})],
        "reasoning_effort" => vec![Json::Null, json!("none"), json!("low"), json!("high")],
        "response_format" => vec![json!({"type": "json_schema"}), json!({"type": "text"})],
        "messages" => vec![json!([{"role": "developer", "content": "x"}, {"role": "user"}])],
        "model" => vec![Json::Null, json!("m"), json!("other")],
        _ => vec![Json::Null, json!(1), json!("x"), json!({"a": [1, {"b": []}]})],
    }
}

const NAMES: [&str; 19] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "tools",
    "tool_choice",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "random_seed",
    "logit_bias",
    "reasoning_effort",
    "response_format",
    "thinking",
    "safe",
    "other",
];

fn members(most: usize) -> impl Strategy<Value = Map<String, Json>> {
    let name = prop::sample::subsequence(NAMES.to_vec(), 0..most);
    (name, any::<u64>()).prop_map(|(names, dice)| {
        let pick = |(index, name): (usize, &str)| {
            let values = values(name);
            let at = (dice.rotate_left(5 * u32::try_from(index).unwrap()) & 0xff) as usize % values.len();
            (name.to_owned(), values[at].clone())
        };
        names.into_iter().enumerate().map(pick).collect()
    })
}

/// What [`edit`] should do, written the slow and plain way on values.
fn expected(mut body: Map<String, Json>, call: &Call<'_>) -> Map<String, Json> {
    let options = call.options;
    let absent = |body: &Map<String, Json>, name: &str| body.get(name).is_none_or(Json::is_null);
    let limits = |body: &Map<String, Json>| LIMITS.into_iter().find(|name| !absent(body, name));
    if let Some(extra) = body.shift_remove("extra_body") {
        let limited = limits(&body).is_some();
        for (name, value) in extra.as_object().into_iter().flatten() {
            let limit = LIMITS.contains(&name.as_str()) && (limited || value.is_null());
            let reserved = limit || RESERVED.contains(&name.as_str());
            if !reserved && (!body.contains_key(name) || absent(&body, name) && !value.is_null()) {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    if let Some(model) = call.model {
        body.insert("model".to_owned(), json!(model));
    }
    let stream = call.delivery == Delivery::Stream;
    body.insert("stream".to_owned(), json!(stream));
    if !stream {
        body.shift_remove("stream_options");
    } else if call.want_usage {
        if absent(&body, "stream_options") {
            body.insert("stream_options".to_owned(), json!({}));
        }
        body["stream_options"]["include_usage"] = json!(true);
    }
    for (name, configured) in [("temperature", &options.temperature), ("top_p", &options.top_p)] {
        if let Some(raw) = configured
            && (absent(&body, name) || options.precedence == OptionsPrecedence::Config)
        {
            body.insert(name.to_owned(), serde_json::from_str(raw).unwrap());
        }
    }
    let sent = limits(&body);
    let name = match call.quirks.token_limit {
        TokenLimit::AsSent => sent.unwrap_or(LIMITS[1]),
        TokenLimit::MaxTokens => LIMITS[1],
        TokenLimit::MaxCompletionTokens => LIMITS[0],
    };
    let configured =
        options.max_tokens.filter(|_| sent.is_none() || options.precedence == OptionsPrecedence::Config);
    let limit = configured.map(|limit| json!(limit)).or_else(|| body.get(sent?).cloned());
    if let Some(limit) = limit {
        let taken: Vec<_> = LIMITS.into_iter().filter(|other| *other != name).collect();
        body.shift_remove(taken[0]);
        body.insert(name.to_owned(), limit);
    } else if call.quirks.token_limit != TokenLimit::AsSent {
        body.shift_remove(if name == LIMITS[0] { LIMITS[1] } else { LIMITS[0] });
    }
    follow_rules(&mut body);
    if call.quirks.developer_is_system {
        for message in body.get_mut("messages").and_then(Json::as_array_mut).into_iter().flatten() {
            if message["role"] == "developer" {
                message["role"] = json!("system");
            }
        }
    }
    body
}

/// [`RULES`], as far as whole chats go.
fn follow_rules(body: &mut Map<String, Json>) {
    let before = body.clone();
    let given = |name: &str| before.get(name).filter(|value| !value.is_null());
    body.shift_remove("logit_bias");
    if let Some(seed) = body.shift_remove("seed").filter(|seed| !seed.is_null())
        && given("random_seed").is_none()
    {
        body.insert("random_seed".to_owned(), seed);
    }
    let tools = given("tools").is_some_and(|tools| tools.as_array().is_some_and(|tools| !tools.is_empty()));
    if given("tool_choice") == Some(&json!("required")) {
        body["tool_choice"] = json!("any");
    } else if !tools {
        body.shift_remove("tool_choice");
    }
    if given("response_format").is_some_and(|format| format["type"] == "json_schema") {
        body["response_format"] = json!({"type": "json_object"});
    }
    match given("reasoning_effort").and_then(Json::as_str) {
        Some("none") => {
            body.shift_remove("reasoning_effort");
            for (name, value) in [("thinking", json!(false)), ("budget", json!(0))] {
                if given(name).is_none() {
                    body.insert(name.to_owned(), value);
                }
            }
        }
        Some("low") => {
            body.shift_remove("reasoning_effort");
        }
        _ => {}
    }
    if given("safe").is_none() {
        body.insert("safe".to_owned(), json!(true));
    }
}

proptest! {
    #[test]
    fn edits_are_those_on_values(
        top in members(19),
        extra in prop::option::of(members(8)),
        configured in (prop::option::of(1..9_u64), any::<bool>(), any::<bool>()),
        limit in prop::sample::select(vec![TokenLimit::AsSent, TokenLimit::MaxTokens, TokenLimit::MaxCompletionTokens]),
        (stream, want_usage, developer_is_system) in (any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let mut body = top;
        if let Some(extra) = extra {
            body.insert("extra_body".to_owned(), Json::Object(extra));
        }
        let (max_tokens, tempered, config_counts) = configured;
        let options = ConfiguredOptions {
            max_tokens,
            temperature: tempered.then(|| "0.5".into()),
            top_p: (!tempered).then(|| "1".into()),
            precedence: if config_counts { OptionsPrecedence::Config } else { OptionsPrecedence::Request },
            ..NO_OPTIONS
        };
        let quirks = Quirks { token_limit: limit, developer_is_system, ..RULES };
        let call = Call {
            model: Some("m"),
            delivery: if stream { Delivery::Stream } else { Delivery::Whole },
            want_usage,
            ..call(&quirks, &options)
        };
        let text = Json::Object(body.clone()).to_string();
        let (found, _, none) = edited(&text, &call);
        let found_value: Map<String, Json> = serde_json::from_str(&found).unwrap();
        prop_assert_eq!(&found_value, &expected(body, &call), "{}", text);
        prop_assert!(!none || found == text);
        // What was made to fit fits.
        let (again, losses, none) = edited(&found, &call);
        let stable = !found_value.contains_key("reasoning_effort") || found_value["reasoning_effort"] == "high"
            || found_value["reasoning_effort"].is_null();
        let choice = found_value.get("tool_choice") != Some(&json!("any"));
        if stable && choice {
            prop_assert!(none, "{} {} {:?}", found, again, losses);
        }
    }
}
