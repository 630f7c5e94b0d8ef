//! Tools of a request, which of them Claude must call, and the one that stands for a form of the answer.

use std::borrow::Cow;

use document::{ArrayWriter, Document, Kind, ObjectWriter, Value};
use model::{
    ChatRequest, Function, Json, LossKind, Losses, Maker, ResponseFormat, Tool, ToolChoice, foreign_tools,
};

use super::blocks::write_cache;
use super::search;
use crate::anthropic::hosting::Hosting;
use crate::anthropic::ids::{TOOL_NAMES, legal, unique};
use crate::{EncodeError, Family, Structured, ToolNames};

/// Members of a function that only Claude knows.
const EXTRAS: [&str; 4] = ["allowed_callers", "defer_loading", "eager_input_streaming", "input_examples"];
const NO_PARAMETERS: &[u8] = br#"{"type":"object","properties":{}}"#;

/// What `tools` and `tool_choice` become.
pub(super) struct Tools<'r> {
    listed: Vec<Listed<'r>>,
    choice: Option<Choice<'r>>,
    /// No two calls at once.
    single: bool,
    /// Whether the model takes `strict`.
    strict: bool,
    answer: Option<Answer<'r>>,
}

enum Listed<'r> {
    Function {
        name: &'r str,
        function: &'r Function,
    },
    Native(&'r Json),
    /// A search of the web that the client asked for in OpenAI's words.
    Search(Vec<u8>),
}

enum Choice<'r> {
    Auto,
    Any,
    None,
    Named(Cow<'r, str>),
}

/// The tool whose arguments are the answer.
struct Answer<'r> {
    name: Box<str>,
    description: Option<&'r str>,
    schema: &'r Json,
}

impl<'r> Tools<'r> {
    /// `thinking`: Claude cannot be forced to call while it thinks.
    pub(super) fn of(
        request: &'r ChatRequest,
        hosting: &Hosting,
        family: &Family,
        names: &'r ToolNames,
        thinking: bool,
        losses: &mut Losses,
    ) -> Result<Self, EncodeError> {
        let strict = family.structured == Structured::Native;
        let listed = list(request, hosting, names, strict, losses)?;
        let answer = match family.structured {
            Structured::ForcedTool => answer(request, names),
            Structured::Native | Structured::None => None,
        };
        let mut tools =
            Self { listed, choice: None, single: request.parallel_tool_calls == Some(false), strict, answer };
        tools.choice = tools.choose(request, names, thinking, losses);
        Ok(tools)
    }

    fn choose(
        &mut self,
        request: &'r ChatRequest,
        names: &'r ToolNames,
        thinking: bool,
        losses: &mut Losses,
    ) -> Option<Choice<'r>> {
        if self.listed.is_empty() && !request.tools.is_empty() && self.answer.is_none() {
            // All tools were another provider's.
            return None;
        }
        let asked = match &request.tool_choice {
            None | Some(ToolChoice::Among { required: false, .. }) => None,
            Some(ToolChoice::Auto) => Some(Choice::Auto),
            Some(ToolChoice::None) => Some(Choice::None),
            Some(ToolChoice::Required | ToolChoice::Among { required: true, .. }) => Some(Choice::Any),
            Some(ToolChoice::Named(name)) => Some(Choice::Named(Cow::Borrowed(names.outward(name)))),
        };
        if let Some(answer) = &self.answer {
            return Some(match asked {
                Some(Choice::Named(name)) => Choice::Named(name),
                Some(Choice::None) => Choice::Named(Cow::Owned(answer.name.to_string())),
                _ if self.listed.is_empty() => Choice::Named(Cow::Owned(answer.name.to_string())),
                _ => Choice::Any,
            });
        }
        let forced = match &asked {
            Some(Choice::Any) => "tool_choice(required)",
            Some(Choice::Named(_)) => "tool_choice(function)",
            _ => "",
        };
        if thinking && !forced.is_empty() {
            losses.add(forced, LossKind::Approximated);
            return (self.single || !self.listed.is_empty()).then_some(Choice::Auto);
        }
        if self.listed.is_empty() {
            // Claude takes these two without tools.
            return asked.filter(|choice| matches!(choice, Choice::Any | Choice::None));
        }
        asked.or_else(|| self.single.then_some(Choice::Auto))
    }

    pub(super) fn write(&self, body: &mut ObjectWriter<'_>) {
        if !self.listed.is_empty() || self.answer.is_some() {
            body.array("tools", |tools| {
                for listed in &self.listed {
                    match listed {
                        Listed::Function { name, function } => self.write_function(name, function, tools),
                        Listed::Native(value) => tools.raw(value.as_bytes()),
                        Listed::Search(tool) => tools.raw(tool),
                    }
                }
                if let Some(answer) = &self.answer {
                    tools.object(|tool| {
                        tool.text("name", &answer.name);
                        let usual = "Gives the answer to the user, in the form that was asked for.";
                        tool.text("description", answer.description.unwrap_or(usual));
                        tool.raw("input_schema", &object_schema(answer.schema));
                    });
                }
            });
        }
        if let Some(choice) = &self.choice {
            body.object("tool_choice", |object| {
                let kind = match choice {
                    Choice::Auto => "auto",
                    Choice::Any => "any",
                    Choice::None => "none",
                    Choice::Named(_) => "tool",
                };
                object.text("type", kind);
                if let Choice::Named(name) = choice {
                    object.text("name", name);
                }
                if self.single && !matches!(choice, Choice::None) {
                    object.bool("disable_parallel_tool_use", true);
                }
            });
        }
    }

    fn write_function(&self, name: &str, function: &Function, tools: &mut ArrayWriter<'_>) {
        tools.object(|tool| {
            tool.text("name", name);
            if let Some(description) = &function.description {
                tool.text("description", description);
            }
            match &function.parameters {
                Some(schema) => tool.raw("input_schema", &object_schema(schema)),
                None => tool.raw("input_schema", NO_PARAMETERS),
            }
            if let Some(strict) = function.strict
                && self.strict
            {
                tool.bool("strict", strict);
            }
            write_cache(function.cache, tool);
            for extra in function.extras.iter().filter(|extra| EXTRAS.contains(&&*extra.name)) {
                tool.raw(&extra.name, extra.value.as_bytes());
            }
        });
    }

    /// Name of the tool whose arguments are the answer.
    pub(super) fn into_answer(self) -> Option<Box<str>> {
        self.answer.map(|answer| answer.name)
    }
}

/// The tools that Claude is told of.
fn list<'r>(
    request: &'r ChatRequest,
    hosting: &Hosting,
    names: &'r ToolNames,
    strict: bool,
    losses: &mut Losses,
) -> Result<Vec<Listed<'r>>, EncodeError> {
    for name in foreign_tools(request, Some(Maker::Anthropic)) {
        losses.add(format!("tools.{name}"), LossKind::Dropped);
    }
    let among = match &request.tool_choice {
        Some(ToolChoice::Among { names, .. }) => Some(names),
        _ => None,
    };
    let mut listed = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for tool in &request.tools {
        match tool {
            Tool::Function(function) => {
                if seen.contains(&&*function.name) {
                    return Err(EncodeError::Invalid {
                        member: "tools".into(),
                        reason: "has two tools of one name",
                    });
                }
                seen.push(&function.name);
                if among.is_some_and(|among| !among.contains(&function.name)) {
                    continue;
                }
                lose_members(function, strict, losses);
                listed.push(Listed::Function { name: names.outward(&function.name), function });
            }
            Tool::Native { maker: Maker::Anthropic, name, value } => {
                if hosting.refuses_tool(&kind_of(value)) {
                    losses.add(format!("tools.{name}"), LossKind::Dropped);
                } else {
                    listed.push(Listed::Native(value));
                }
            }
            Tool::Native { .. } => {}
        }
    }
    if !hosting.refuses_tool(search::KIND)
        && !seen.contains(&search::NAME)
        && !listed
            .iter()
            .any(|listed| matches!(listed, Listed::Native(tool) if kind_of(tool).starts_with("web_search_")))
    {
        listed.extend(search::tool(request, losses).map(Listed::Search));
    }
    Ok(listed)
}

fn lose_members(function: &Function, strict: bool, losses: &mut Losses) {
    if function.strict == Some(true) && !strict {
        losses.add("tools.strict", LossKind::Dropped);
    }
    for extra in function.extras.iter().filter(|extra| !EXTRAS.contains(&&*extra.name)) {
        losses.add(format!("tools.{}", extra.name), LossKind::Dropped);
    }
}

/// The tool that a form of the answer becomes, unless the client forces a tool of its own.
fn answer<'r>(request: &'r ChatRequest, names: &ToolNames) -> Option<Answer<'r>> {
    let ResponseFormat::JsonSchema { name, description, schema, .. } = &request.response_format else {
        return None;
    };
    if matches!(request.tool_choice, Some(ToolChoice::Named(_))) {
        return None;
    }
    let taken = |candidate: &str| {
        request.tools.iter().any(|tool| match tool {
            Tool::Function(function) => names.outward(&function.name) == candidate,
            Tool::Native { name, .. } => **name == *candidate,
        })
    };
    let name = unique(&legal(name), TOOL_NAMES.longest, taken).into();
    Some(Answer { name, description: description.as_deref(), schema })
}

/// A schema as the API takes it: of an object, and saying so.
fn object_schema(schema: &Json) -> Cow<'_, [u8]> {
    let Ok(document) = Document::parse(bytes::Bytes::copy_from_slice(schema.as_bytes())) else {
        return Cow::Borrowed(NO_PARAMETERS);
    };
    if document.value("type").is_some_and(|kind| kind.kind() == Kind::String) {
        return Cow::Borrowed(schema.as_bytes());
    }
    let mut edits = document::Edits::new();
    edits.set("type", "\"object\"");
    Cow::Owned(document.apply(&edits).to_bytes().to_vec())
}

fn kind_of(tool: &Json) -> String {
    let document = Document::parse(bytes::Bytes::copy_from_slice(tool.as_bytes()));
    let kind = |document: Document| Some(document.value("type").and_then(Value::as_str)?.into_owned());
    document.ok().and_then(kind).unwrap_or_default()
}
