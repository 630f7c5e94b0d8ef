//! Judging a request for content: its members, its configuration, its tools.

use serde_json::{Map, Value};

use super::family::{self, Generation};
use super::history;
use super::refusal::{Host, invalid};
use super::shapes;
use crate::refusal::Refusal;
use crate::shape::{self, Names};

/// A request that was judged to be right, with Google's names in camel case.
pub(super) struct Order {
    pub(super) host: Host,
    pub(super) model: String,
    pub(super) body: Value,
    /// Words that the model thinks.
    pub(super) thoughts: u64,
}

impl Order {
    pub(super) fn config(&self, name: &str) -> &Value {
        &self.body["generationConfig"][name]
    }

    pub(super) fn contents(&self) -> &[Value] {
        list(&self.body["contents"])
    }

    pub(super) fn generation(&self) -> Generation {
        family::generation(&self.model)
    }

    /// The functions that are declared.
    pub(super) fn functions(&self) -> impl Iterator<Item = &Value> {
        list(&self.body["tools"]).iter().flat_map(|tool| list(&tool["functionDeclarations"]))
    }

    pub(super) fn offers(&self, tool: &str) -> bool {
        list(&self.body["tools"]).iter().any(|offered| offered.get(tool).is_some())
    }

    pub(super) fn wants_images(&self) -> bool {
        list(self.config("responseModalities")).iter().any(|kind| kind == "IMAGE")
    }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn judge(host: Host, model: &str, fields: &Map<String, Value>) -> Result<Order, Refusal> {
    let table = if host == Host::Public { &shapes::GENERATE } else { &shapes::VERTEX_GENERATE };
    let body = Value::Object(shape::read(fields, table, "", Names::Either)?);
    let named = body["model"].as_str();
    if named.is_some_and(|named| named != model && named != format!("models/{model}")) {
        return Err(invalid("The model of the body is not the one of the path."));
    }
    let thoughts = family::thoughts(model, &body["generationConfig"]["thinkingConfig"])?;
    let order = Order { host, model: model.to_owned(), body, thoughts };
    history::judge(order.contents(), order.generation())?;
    judge_files(&order)?;
    if order.body.get("systemInstruction").is_some_and(|system| history::parts(system).is_empty()) {
        return Err(invalid("* GenerateContentRequest.system_instruction.parts: must not be empty.\n"));
    }
    judge_cache(&order)?;
    judge_config(&order)?;
    judge_tools(&order)?;
    Ok(order)
}

/// What a cache holds cannot be said again.
fn judge_cache(order: &Order) -> Result<(), Refusal> {
    let again =
        ["systemInstruction", "tools", "toolConfig"].iter().any(|name| order.body.get(*name).is_some());
    if order.body.get("cachedContent").is_some() && again {
        return Err(invalid(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or \
             tool_config.",
        ));
    }
    Ok(())
}

/// Where files may lie.
fn judge_files(order: &Order) -> Result<(), Refusal> {
    let parts = order.contents().iter().flat_map(history::parts);
    for file in parts.filter_map(|part| part.get("fileData")) {
        let uri = file["fileUri"].as_str().unwrap_or_default();
        let typed = file["mimeType"].is_string();
        let known = match order.host {
            Host::Public => uri.starts_with("https://") || uri.starts_with("http://"),
            Host::Vertex => typed && (uri.starts_with("gs://") || uri.starts_with("https://")),
        };
        if !known {
            return Err(invalid(&format!("Invalid or unsupported file uri: {uri}")));
        }
        if typed && !file["mimeType"].as_str().is_some_and(is_mime_type) {
            return Err(invalid(&format!("Unsupported MIME type: {}", file["mimeType"])));
        }
    }
    Ok(())
}

fn is_mime_type(text: &str) -> bool {
    let known = ["image", "audio", "video", "text", "application"];
    text.split_once('/')
        .is_some_and(|(kind, rest)| known.contains(&kind) && !rest.is_empty() && rest != "generic")
}

/// Bounds of the configuration: name, lowest, highest.
const BOUNDS: &[(&str, f64, f64)] = &[
    ("temperature", 0.0, 2.0),
    ("topP", 0.0, 1.0),
    ("topK", 1.0, f64::MAX),
    ("candidateCount", 1.0, 8.0),
    ("maxOutputTokens", 1.0, f64::MAX),
    ("presencePenalty", -2.0, 2.0),
    ("frequencyPenalty", -2.0, 2.0),
    ("logprobs", 0.0, 20.0),
];

fn judge_config(order: &Order) -> Result<(), Refusal> {
    for (name, low, high) in BOUNDS {
        match order.config(name).as_f64() {
            Some(value) if value < *low || value > *high => {
                return Err(invalid(&format!(
                    "* GenerateContentRequest.generation_config.{}: {value} is out of the supported range.\n",
                    shape::snake(name)
                )));
            }
            _ => {}
        }
    }
    let stops = list(order.config("stopSequences"));
    if stops.len() > 5 || stops.iter().any(|stop| stop == "") {
        return Err(invalid(
            "* GenerateContentRequest.generation_config.stop_sequences: at most 5 sequences, none empty.\n",
        ));
    }
    if order.config("logprobs").is_number() && order.config("responseLogprobs") != true {
        return Err(invalid("Logprobs is only allowed when response_logprobs is true."));
    }
    let mime = order.config("responseMimeType").as_str().unwrap_or("text/plain");
    if !["text/plain", "application/json", "text/x.enum", "application/xml", "application/yaml"]
        .contains(&mime)
    {
        return Err(invalid(&format!(
            "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, \
             `application/json`, `application/xml`, `application/yaml` and `text/x.enum`, not `{mime}`.\n"
        )));
    }
    let schemas = ["responseSchema", "responseJsonSchema"].map(|name| !order.config(name).is_null());
    if schemas == [true, true] {
        return Err(invalid("Only one of response_schema and response_json_schema may be set."));
    }
    if schemas.contains(&true) && !["application/json", "text/x.enum"].contains(&mime) {
        return Err(invalid("Response schema is only allowed with response_mime_type `application/json`."));
    }
    if mime == "application/json"
        && order.functions().next().is_some()
        && order.generation() < Generation::Three
    {
        return Err(invalid("Function calling with a response mime type: 'application/json' is unsupported"));
    }
    if order.wants_images() && !order.model.contains("image") {
        return Err(invalid(
            "The requested combination of response modalities is not supported by the model. It accepts the \
             following combination of response modalities:\n* TEXT\n",
        ));
    }
    Ok(())
}

fn judge_tools(order: &Order) -> Result<(), Refusal> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    let mut names: Vec<&str> = Vec::new();
    for (index, function) in order.functions().enumerate() {
        let name = function["name"].as_str().unwrap_or_default();
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !begins || name.len() > 64 || !name.chars().all(legal) {
            return Err(invalid(&format!(
                "* GenerateContentRequest.tools[0].function_declarations[{index}].name: Invalid function name. \
                 Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), \
                 dots (.), colons (:) or dashes (-), with a maximum length of 64.\n"
            )));
        }
        if names.contains(&name) {
            return Err(invalid(&format!("Duplicate function declaration found: {name}")));
        }
        names.push(name);
        if function.get("parameters").is_some() && function.get("parametersJsonSchema").is_some() {
            return Err(invalid("Only one of parameters and parameters_json_schema may be set."));
        }
        judge_schema(index, &function["parameters"])?;
    }
    let own = ["googleSearch", "codeExecution", "urlContext", "googleMaps", "fileSearch"];
    if !names.is_empty()
        && own.iter().any(|tool| order.offers(tool))
        && order.generation() < Generation::Three
    {
        return Err(invalid("Tool use with function calling is unsupported"));
    }
    judge_choice(&order.body["toolConfig"]["functionCallingConfig"], &names)
}

/// Objects must say what they are, and lists what they hold.
fn judge_schema(index: usize, schema: &Value) -> Result<(), Refusal> {
    if schema.is_null() {
        return Ok(());
    }
    let wrong = |message: &str| {
        let place = format!("GenerateContentRequest.tools[0].function_declarations[{index}].parameters");
        Err(invalid(&format!("* {place}{message}\n")))
    };
    let kind = schema["type"].as_str();
    match kind {
        None if schema.get("anyOf").is_none() => return wrong(".type: must be specified"),
        Some("ARRAY") if schema.get("items").is_none() => return wrong(".items: missing field."),
        Some(kind) if kind != "STRING" && schema.get("enum").is_some() => {
            return wrong(".enum: only allowed for STRING type");
        }
        _ => {}
    }
    let properties = schema["properties"].as_object();
    for required in list(&schema["required"]).iter().filter_map(Value::as_str) {
        if !properties.is_some_and(|properties| properties.contains_key(required)) {
            return wrong(".required: property is not defined");
        }
    }
    for part in properties.into_iter().flat_map(Map::values).chain(list(&schema["anyOf"])) {
        judge_schema(index, part)?;
    }
    judge_schema(index, &schema["items"])
}

fn judge_choice(config: &Value, names: &[&str]) -> Result<(), Refusal> {
    let mode = config["mode"].as_str();
    if names.is_empty() && matches!(mode, Some("ANY" | "VALIDATED")) {
        return Err(invalid("Function calling config is set without function_declarations."));
    }
    let allowed = list(&config["allowedFunctionNames"]);
    if !allowed.is_empty() && !matches!(mode, Some("ANY" | "VALIDATED")) {
        return Err(invalid(
            "Allowed function names should be set only when the function calling mode is ANY.",
        ));
    }
    match allowed.iter().filter_map(Value::as_str).find(|name| !names.contains(name)) {
        Some(name) => {
            Err(invalid(&format!("The allowed function name {name} is not among the function declarations.")))
        }
        None => Ok(()),
    }
}
