//! Tools of a request, which of them the model must call, and the one that stands for a form of the answer.

use std::borrow::Cow;

use document::{ArrayWriter, Document, Edits, Kind, ObjectWriter};
use model::{
    CacheMark, ChatRequest, Function, Json, LossKind, Losses, Maker, ResponseFormat, Tool, ToolChoice,
    foreign_tools,
};

use super::blocks::write_cache_point;
use super::conversation::Conversation;
use super::thinking::Thinking;
use crate::{CachePlaces, EncodeError, Family, NameRule, Structured, ToolNames};

/// What names Bedrock takes.
pub(super) const NAMES: NameRule = NameRule { also: "-", longest: 64, starts_with_letter: false };

const NO_PARAMETERS: &[u8] = br#"{"type":"object","properties":{}}"#;
/// Stands for tools that a conversation has used and a request does not have any more.
const STAND_IN: &str = "no_tool_available";

/// What `tools` and `tool_choice` become.
pub(super) struct Tools<'r> {
    listed: Vec<Listed<'r>>,
    choice: Choice<'r>,
    /// Whether the model takes `strict`.
    strict: bool,
    answer: Option<Answer<'r>>,
    /// The conversation speaks of tools, and there are none.
    stand_in: bool,
}

enum Listed<'r> {
    Function { name: &'r str, function: &'r Function, cache: Option<CacheMark> },
    Native(&'r Json),
}

enum Choice<'r> {
    Unsaid,
    Auto,
    Any,
    Named(&'r str),
}

/// The tool whose arguments are the answer.
struct Answer<'r> {
    name: Box<str>,
    description: Option<&'r str>,
    schema: &'r Json,
}

/// Points of the prompt cache that the client wants among its tools.
pub(super) fn cache_points(request: &ChatRequest, family: &Family) -> usize {
    if family.cache != CachePlaces::Anywhere {
        return 0;
    }
    functions(request).filter(|function| function.cache.is_some()).count()
}

/// The functions that may be called.
fn functions(request: &ChatRequest) -> impl Iterator<Item = &Function> {
    let among = match &request.tool_choice {
        Some(ToolChoice::Among { names, .. }) => Some(names),
        _ => None,
    };
    let functions = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function(function) => Some(function),
        Tool::Native { .. } => None,
    });
    functions.filter(move |function| among.is_none_or(|among| among.contains(&function.name)))
}

impl<'r> Tools<'r> {
    pub(super) fn of(
        request: &'r ChatRequest,
        family: &Family,
        names: &'r ToolNames,
        conversation: &Conversation<'_>,
        thinking: &Thinking,
        losses: &mut Losses,
    ) -> Result<Self, EncodeError> {
        refuse_duplicates(request)?;
        let strict = family.structured == Structured::Native;
        let answer = match family.structured {
            Structured::ForcedTool => answer(request, names),
            Structured::Native | Structured::None => None,
        };
        let mut tools = Self {
            listed: list(request, names, strict, losses),
            choice: Choice::Unsaid,
            strict,
            answer,
            stand_in: false,
        };
        tools.limit_cache_points(family, conversation.tool_points(), losses);
        let speaks = conversation.speaks_of_tools();
        tools.choose(request, names, speaks, thinking.is_on(), losses);
        tools.stand_in = speaks && tools.listed.is_empty() && tools.answer.is_none();
        Ok(tools)
    }

    /// Keeps the last points.
    fn limit_cache_points(&mut self, family: &Family, most: usize, losses: &mut Losses) {
        let mut left = most;
        let mut lost = false;
        for listed in self.listed.iter_mut().rev() {
            if let Listed::Function { cache, .. } = listed
                && cache.is_some()
            {
                if left == 0 {
                    *cache = None;
                    lost = true;
                }
                left = left.saturating_sub(1);
            }
        }
        if lost && family.cache == CachePlaces::Conversation {
            losses.add("tools.cache_control", LossKind::Dropped);
        }
    }

    fn choose(
        &mut self,
        request: &'r ChatRequest,
        names: &'r ToolNames,
        speaks_of_tools: bool,
        thinking: bool,
        losses: &mut Losses,
    ) {
        let asked = match &request.tool_choice {
            None | Some(ToolChoice::Among { required: false, .. }) => Choice::Unsaid,
            Some(ToolChoice::Auto) => Choice::Auto,
            Some(ToolChoice::None) => {
                self.call_none(speaks_of_tools, losses);
                Choice::Unsaid
            }
            Some(ToolChoice::Required | ToolChoice::Among { required: true, .. }) => Choice::Any,
            Some(ToolChoice::Named(name)) => Choice::Named(names.outward(name)),
        };
        let forced = match asked {
            Choice::Any => "tool_choice(required)",
            Choice::Named(_) => "tool_choice(function)",
            Choice::Unsaid | Choice::Auto => "",
        };
        self.choice = if self.answer.is_some() {
            // More models take this than a name, and where it is the only tool it says the same.
            if matches!(asked, Choice::Named(_)) { asked } else { Choice::Any }
        } else if self.listed.is_empty() {
            Choice::Unsaid
        } else if thinking && !forced.is_empty() {
            losses.add(forced, LossKind::Approximated);
            Choice::Auto
        } else {
            asked
        };
    }

    /// The API cannot be told to call none: there are no tools then, unless the conversation speaks of some.
    fn call_none(&mut self, speaks_of_tools: bool, losses: &mut Losses) {
        if self.listed.is_empty() {
            return;
        }
        if self.answer.is_some() || !speaks_of_tools {
            self.listed.clear();
        } else {
            losses.add("tool_choice(none)", LossKind::Approximated);
        }
    }

    pub(super) fn write(&self, body: &mut ObjectWriter<'_>) {
        if self.listed.is_empty() && self.answer.is_none() && !self.stand_in {
            return;
        }
        body.object("toolConfig", |config| {
            config.array("tools", |tools| {
                self.listed.iter().for_each(|listed| self.write_listed(listed, tools));
                if let Some(answer) = &self.answer {
                    let usual = "Gives the answer to the user, in the form that was asked for.";
                    let description = answer.description.unwrap_or(usual);
                    write_spec(tools, &answer.name, Some(description), &object_schema(answer.schema), None);
                }
                if self.stand_in {
                    let description = "Stands for tools that are not there any more. Never call it.";
                    write_spec(tools, STAND_IN, Some(description), NO_PARAMETERS, None);
                }
            });
            match self.choice {
                Choice::Unsaid => {}
                Choice::Auto => config.object("toolChoice", |choice| choice.object("auto", |_| {})),
                Choice::Any => config.object("toolChoice", |choice| choice.object("any", |_| {})),
                Choice::Named(name) => config.object("toolChoice", |choice| {
                    choice.object("tool", |tool| tool.text("name", name));
                }),
            }
        });
    }

    fn write_listed(&self, listed: &Listed<'_>, tools: &mut ArrayWriter<'_>) {
        let (name, function, cache) = match listed {
            Listed::Function { name, function, cache } => (name, function, cache),
            Listed::Native(value) => return tools.raw(value.as_bytes()),
        };
        let schema = function.parameters.as_ref().map_or(Cow::Borrowed(NO_PARAMETERS), object_schema);
        let strict = function.strict.filter(|_| self.strict);
        write_spec(tools, name, function.description.as_deref(), &schema, strict);
        if let Some(mark) = cache {
            tools.object(|tool| write_cache_point(*mark, tool));
        }
    }

    /// Name of the tool whose arguments are the answer.
    pub(super) fn into_answer(self) -> Option<Box<str>> {
        self.answer.map(|answer| answer.name)
    }
}

fn write_spec(
    tools: &mut ArrayWriter<'_>,
    name: &str,
    description: Option<&str>,
    schema: &[u8],
    strict: Option<bool>,
) {
    tools.object(|tool| {
        tool.object("toolSpec", |spec| {
            spec.text("name", name);
            if let Some(description) = description.filter(|text| !text.trim().is_empty()) {
                spec.text("description", description);
            }
            spec.object("inputSchema", |input| input.raw("json", schema));
            if let Some(strict) = strict {
                spec.bool("strict", strict);
            }
        });
    });
}

fn refuse_duplicates(request: &ChatRequest) -> Result<(), EncodeError> {
    let mut seen = std::collections::HashSet::new();
    let twice = request.tools.iter().any(|tool| match tool {
        Tool::Function(function) => !seen.insert(&*function.name),
        Tool::Native { .. } => false,
    });
    let refused = EncodeError::Invalid { member: "tools".into(), reason: "has two tools of one name" };
    if twice { Err(refused) } else { Ok(()) }
}

/// The tools that the model is told of.
fn list<'r>(
    request: &'r ChatRequest,
    names: &'r ToolNames,
    strict: bool,
    losses: &mut Losses,
) -> Vec<Listed<'r>> {
    for name in foreign_tools(request, Some(Maker::Bedrock)) {
        losses.add(format!("tools.{name}"), LossKind::Dropped);
    }
    let functions = functions(request).map(|function| {
        if function.strict == Some(true) && !strict {
            losses.add("tools.strict", LossKind::Dropped);
        }
        for extra in function.extras.iter() {
            losses.add(format!("tools.{}", extra.name), LossKind::Dropped);
        }
        Listed::Function { name: names.outward(&function.name), function, cache: function.cache }
    });
    let mut listed: Vec<_> = functions.collect();
    listed.extend(request.tools.iter().filter_map(|tool| match tool {
        Tool::Native { maker: Maker::Bedrock, value, .. } => Some(Listed::Native(value)),
        _ => None,
    }));
    listed
}

/// The tool that a form of the answer becomes, unless the client forces a tool of its own.
fn answer<'r>(request: &'r ChatRequest, names: &ToolNames) -> Option<Answer<'r>> {
    let ResponseFormat::JsonSchema { name, description, schema, .. } = &request.response_format else {
        return None;
    };
    if matches!(request.tool_choice, Some(ToolChoice::Named(_))) {
        return None;
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let plain: String = name.chars().take(NAMES.longest - 4).map(|c| if fits(c) { c } else { '_' }).collect();
    let plain = if plain.is_empty() { "answer".to_owned() } else { plain };
    let taken = |candidate: &str| {
        request.tools.iter().any(|tool| match tool {
            Tool::Function(function) => names.outward(&function.name) == candidate,
            Tool::Native { .. } => false,
        })
    };
    let candidates =
        std::iter::once(plain.clone()).chain((2..1000).map(|number| format!("{plain}_{number}")));
    let name = candidates.into_iter().find(|candidate| !taken(candidate))?.into();
    Some(Answer { name, description: description.as_deref(), schema })
}

/// A schema as models take it: of an object, and saying so.
fn object_schema(schema: &Json) -> Cow<'_, [u8]> {
    let Ok(document) = Document::parse(bytes::Bytes::copy_from_slice(schema.as_bytes())) else {
        return Cow::Borrowed(NO_PARAMETERS);
    };
    if document.value("type").is_some_and(|kind| kind.kind() == Kind::String) {
        return Cow::Borrowed(schema.as_bytes());
    }
    let mut edits = Edits::new();
    edits.set("type", "\"object\"");
    Cow::Owned(document.apply(&edits).to_bytes().to_vec())
}
