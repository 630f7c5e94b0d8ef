//! What of a request a provider may or may not know: the rows of the support matrix.

use crate::{ChatRequest, Maker, Message, ReasoningWish, ResponseFormat, Source, Tool, ToolChoice, UserPart};

macro_rules! parameters {
    ($($variant:ident $name:literal,)*) => {
        /// One thing that a client can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Parameter { $($variant,)* }

        impl Parameter {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As OpenAI's API names it, with a value in parentheses where that makes the difference.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

parameters! {
    MaxTokens "max_tokens",
    Temperature "temperature",
    TopP "top_p",
    TopK "top_k",
    Stop "stop",
    Seed "seed",
    N "n",
    FrequencyPenalty "frequency_penalty",
    PresencePenalty "presence_penalty",
    Logprobs "logprobs",
    TopLogprobs "top_logprobs",
    LogitBias "logit_bias",
    User "user",
    ServiceTier "service_tier",
    Metadata "metadata",
    JsonObject "response_format(json_object)",
    JsonSchema "response_format(json_schema)",
    Tools "tools",
    ToolChoiceNone "tool_choice(none)",
    ToolChoiceRequired "tool_choice(required)",
    ToolChoiceNamed "tool_choice(function)",
    ToolChoiceAmong "tool_choice(allowed_tools)",
    ParallelToolCalls "parallel_tool_calls",
    ReasoningOff "reasoning_effort(none)",
    Reasoning "reasoning_effort",
    ImageData "image_url(data)",
    ImageUrl "image_url(https)",
    Audio "input_audio",
    File "file",
    ToolResultImage "tool(image)",
    ToolResultError "tool(is_error)",
    CacheMark "cache_control",
    UserName "messages.name",
}

impl Parameter {
    /// What a request asks for, in the order of the list; each thing once.
    pub fn of(request: &ChatRequest) -> Vec<Self> {
        let mut found = Vec::new();
        of_settings(request, &mut found);
        of_tools(request, &mut found);
        for message in &request.messages {
            of_message(message, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn of_settings(request: &ChatRequest, found: &mut Vec<Parameter>) {
    let sampling = &request.sampling;
    let given = [
        (request.max_tokens.is_some(), Parameter::MaxTokens),
        (sampling.temperature.is_some(), Parameter::Temperature),
        (sampling.top_p.is_some(), Parameter::TopP),
        (sampling.top_k.is_some(), Parameter::TopK),
        (!sampling.stop.is_empty(), Parameter::Stop),
        (sampling.seed.is_some(), Parameter::Seed),
        (sampling.n.is_some_and(|n| n > 1), Parameter::N),
        (sampling.frequency_penalty.is_some(), Parameter::FrequencyPenalty),
        (sampling.presence_penalty.is_some(), Parameter::PresencePenalty),
        (sampling.logprobs == Some(true), Parameter::Logprobs),
        (sampling.top_logprobs.is_some(), Parameter::TopLogprobs),
        (sampling.logit_bias.is_some(), Parameter::LogitBias),
        (request.user.is_some(), Parameter::User),
        // Any tier will do for who says this.
        (request.service_tier.as_deref().is_some_and(|tier| tier != "auto"), Parameter::ServiceTier),
        (request.metadata.is_some(), Parameter::Metadata),
        (request.response_format == ResponseFormat::JsonObject, Parameter::JsonObject),
        (matches!(request.response_format, ResponseFormat::JsonSchema { .. }), Parameter::JsonSchema),
        (request.reasoning == Some(ReasoningWish::Off), Parameter::ReasoningOff),
        (request.reasoning.is_some_and(|wish| wish != ReasoningWish::Off), Parameter::Reasoning),
    ];
    found.extend(given.into_iter().filter_map(|(given, parameter)| given.then_some(parameter)));
}

fn of_tools(request: &ChatRequest, found: &mut Vec<Parameter>) {
    if request.tools.iter().any(|tool| matches!(tool, Tool::Function(_))) {
        found.push(Parameter::Tools);
    }
    if request.tools.iter().any(|tool| matches!(tool, Tool::Function(function) if function.cache.is_some())) {
        found.push(Parameter::CacheMark);
    }
    match &request.tool_choice {
        None | Some(ToolChoice::Auto) => {}
        Some(ToolChoice::None) => found.push(Parameter::ToolChoiceNone),
        Some(ToolChoice::Required) => found.push(Parameter::ToolChoiceRequired),
        Some(ToolChoice::Named(_)) => found.push(Parameter::ToolChoiceNamed),
        Some(ToolChoice::Among { .. }) => found.push(Parameter::ToolChoiceAmong),
    }
    // That models may call several at once is the rule.
    if request.parallel_tool_calls == Some(false) {
        found.push(Parameter::ParallelToolCalls);
    }
}

fn of_message(message: &Message, found: &mut Vec<Parameter>) {
    match message {
        Message::System(system) => {
            if system.parts.iter().any(|part| part.cache.is_some()) {
                found.push(Parameter::CacheMark);
            }
        }
        Message::User(user) => {
            if user.name.is_some() {
                found.push(Parameter::UserName);
            }
            user.parts.iter().for_each(|part| of_part(part, found));
        }
        Message::Assistant(_) => {}
        Message::Tool(result) => {
            if result.failed {
                found.push(Parameter::ToolResultError);
            }
            if result.cache.is_some() {
                found.push(Parameter::CacheMark);
            }
            if result.parts.iter().any(|part| !matches!(part, UserPart::Text(_))) {
                found.push(Parameter::ToolResultImage);
            }
        }
    }
}

fn of_part(part: &UserPart, found: &mut Vec<Parameter>) {
    let cache = match part {
        UserPart::Text(text) => text.cache,
        UserPart::Image(image) => {
            found.push(match image.source {
                Source::Url(_) => Parameter::ImageUrl,
                _ => Parameter::ImageData,
            });
            image.cache
        }
        UserPart::Audio(_) => {
            found.push(Parameter::Audio);
            None
        }
        UserPart::File(file) => {
            found.push(Parameter::File);
            file.cache
        }
    };
    if cache.is_some() {
        found.push(Parameter::CacheMark);
    }
}

/// Tools of a provider's own that a request asks for and `maker` does not run, by name.
pub fn foreign_tools(request: &ChatRequest, own: Option<Maker>) -> impl Iterator<Item = &str> {
    request.tools.iter().filter_map(move |tool| match tool {
        Tool::Native { maker, name, .. } if Some(*maker) != own => Some(&**name),
        _ => None,
    })
}
