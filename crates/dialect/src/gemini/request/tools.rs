//! Tools, and the choice among them.

use document::{ArrayWriter, ObjectWriter};
use model::{ChatRequest, Function, Json, LossKind, Losses, Maker, Tool, ToolChoice, foreign_tools};

use super::extras::members;
use crate::gemini::host::Host;
use crate::gemini::schema;
use crate::{Family, ToolNames};

/// What of a request's tools goes to the host.
pub(super) struct Tools<'r> {
    functions: Vec<Declared<'r>>,
    /// Tools that Google runs, as the client wrote them.
    native: Vec<&'r Json>,
    mode: Option<&'static str>,
    allowed: Vec<&'r str>,
    traces: bool,
}

struct Declared<'r> {
    name: &'r str,
    description: Option<&'r str>,
    /// Name of the member, and the schema.
    parameters: Option<(&'static str, Vec<u8>)>,
}

impl<'r> Tools<'r> {
    pub(super) fn of(
        host: &Host,
        request: &'r ChatRequest,
        family: &Family,
        names: &'r ToolNames,
        losses: &mut Losses,
    ) -> Self {
        for name in foreign_tools(request, Some(Maker::Gemini)) {
            losses.add(format!("tools.{name}"), LossKind::Dropped);
        }
        let mut functions = Vec::new();
        let mut native = Vec::new();
        for tool in &request.tools {
            match tool {
                Tool::Function(function) => functions.push(declare(function, family, names, losses)),
                Tool::Native { maker: Maker::Gemini, name, value } => native.push((name, value)),
                Tool::Native { .. } => {}
            }
        }
        if !functions.is_empty() && !family.gemini.mixes_tools {
            for (name, _) in native.drain(..) {
                losses.add(format!("tools.{name}"), LossKind::Dropped);
            }
        }
        let traces =
            host.traces_tools && family.gemini.signs_calls && !functions.is_empty() && !native.is_empty();
        let native = native.into_iter().map(|(_, value)| value).collect();
        let mut tools = Self { functions, native, mode: None, allowed: Vec::new(), traces };
        tools.choose(request, names, losses);
        tools
    }

    /// The API knows a choice among functions only.
    fn choose(&mut self, request: &'r ChatRequest, names: &'r ToolNames, losses: &mut Losses) {
        if self.functions.is_empty() {
            if matches!(
                request.tool_choice,
                Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Among { .. })
            ) {
                losses.add("tool_choice", LossKind::Dropped);
            }
            return;
        }
        self.mode = match &request.tool_choice {
            None => None,
            Some(ToolChoice::Auto) => Some("AUTO"),
            Some(ToolChoice::None) => Some("NONE"),
            Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Among { required: true, .. }) => {
                Some("ANY")
            }
            Some(ToolChoice::Among { required: false, .. }) => Some("VALIDATED"),
        };
        match &request.tool_choice {
            Some(ToolChoice::Named(name)) => self.allowed.push(names.outward(name)),
            Some(ToolChoice::Among { names: among, .. }) => {
                self.allowed.extend(among.iter().map(|name| names.outward(name)));
            }
            _ => {}
        }
        let declared = |name: &&str| self.functions.iter().any(|function| function.name == *name);
        self.allowed.retain(declared);
    }

    /// `config`: what the client says about tools in the API's own words.
    pub(super) fn write(&self, config: Option<&Json>, body: &mut ObjectWriter<'_>) {
        if !self.functions.is_empty() || !self.native.is_empty() {
            body.array("tools", |tools| {
                if !self.functions.is_empty() {
                    tools
                        .object(|tool| tool.array("functionDeclarations", |list| self.write_functions(list)));
                }
                self.native.iter().for_each(|value| tools.raw(value.as_bytes()));
            });
        }
        let others = config.map(members).unwrap_or_default();
        let others: Vec<_> = others
            .iter()
            .filter(|(name, _)| {
                let calling = matches!(name.as_str(), "functionCallingConfig" | "function_calling_config");
                !(calling && self.mode.is_some())
            })
            .collect();
        if self.mode.is_none() && !self.traces && others.is_empty() {
            return;
        }
        body.object("toolConfig", |config| {
            if let Some(mode) = self.mode {
                config.object("functionCallingConfig", |calling| {
                    calling.text("mode", mode);
                    if !self.allowed.is_empty() {
                        calling.texts("allowedFunctionNames", &self.allowed);
                    }
                });
            }
            if self.traces {
                config.bool("includeServerSideToolInvocations", true);
            }
            for (name, value) in others {
                if !(self.traces && name == "includeServerSideToolInvocations") {
                    config.raw(name, value.as_bytes());
                }
            }
        });
    }

    fn write_functions(&self, list: &mut ArrayWriter<'_>) {
        for function in &self.functions {
            list.object(|object| {
                object.text("name", function.name);
                if let Some(description) = function.description {
                    object.text("description", description);
                }
                if let Some((name, schema)) = &function.parameters {
                    object.raw(name, schema);
                }
            });
        }
    }
}

fn declare<'r>(
    function: &'r Function,
    family: &Family,
    names: &'r ToolNames,
    losses: &mut Losses,
) -> Declared<'r> {
    if function.strict == Some(true) {
        losses.add("tools.strict", LossKind::Dropped);
    }
    for extra in function.extras.iter() {
        losses.add(format!("tools.{}", extra.name), LossKind::Dropped);
    }
    // Without arguments there is no schema, in either form.
    let parameters = function.parameters.as_ref().and_then(|parameters| {
        let normalised = schema::normalise(parameters)?;
        if family.gemini.json_schema {
            return Some(("parametersJsonSchema", parameters.as_bytes().to_vec()));
        }
        if normalised.lossy {
            losses.add("tools.parameters", LossKind::Approximated);
        }
        Some(("parameters", normalised.json))
    });
    Declared { name: names.outward(&function.name), description: function.description.as_deref(), parameters }
}
