//! The members at the top of a request: those of the body, and those of `extra_body` that the body has not.

use document::{Document, Kind};
use model::{ChatRequest, Json, LossKind, Losses, Tool, ToolChoice};

use super::field::{Field, Place};
use super::wish::{self, Wish};
use super::{format, legacy, message, prompt, repair, tools};
use crate::RequestError;
use crate::openai::request::RESERVED;

/// A request, and how its client wants calls written.
pub(super) struct Read {
    pub(super) request: ChatRequest,
    /// The client speaks of functions, not of tools.
    pub(super) legacy: bool,
}

/// Reads a body of chat, or of completions.
pub(super) fn read(
    document: &Document,
    completions: bool,
    losses: &mut Losses,
) -> Result<Read, RequestError> {
    let mut reading = Reading {
        document,
        losses,
        completions,
        request: ChatRequest { completion: completions, ..ChatRequest::default() },
        limits: Limits::default(),
        functions: Vec::new(),
        function_choice: None,
        wish: Wish::default(),
    };
    let top = Place::Top;
    for member in document.members().filter(|member| !member.value.is_null()) {
        let name = member.name.decoded();
        reading.member(&name, Field::new(member.value, Place::Member(&top, &name)), false)?;
    }
    reading.extra_body()?;
    reading.finish()
}

/// A request that is being read, with what several members decide together.
struct Reading<'d, 'l> {
    document: &'d Document,
    losses: &'l mut Losses,
    completions: bool,
    request: ChatRequest,
    limits: Limits,
    functions: Vec<Tool>,
    function_choice: Option<ToolChoice>,
    wish: Wish,
}

/// The limit of tokens in all the places where it may stand.
#[derive(Default)]
struct Limits {
    at_top: Limit,
    in_extra: Limit,
}

/// `max_completion_tokens` and `max_tokens`.
#[derive(Default)]
struct Limit {
    newer: Option<u64>,
    older: Option<u64>,
}

impl Limit {
    fn either(&self) -> Option<u64> {
        self.newer.or(self.older)
    }
}

impl Reading<'_, '_> {
    /// Members of `extra_body` stand for members that the top has not, but never for what was routed or checked by.
    fn extra_body(&mut self) -> Result<(), RequestError> {
        let Some(value) = self.document.value("extra_body").filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let extra = Field::new(value, Place::Member(&Place::Top, "extra_body"));
        extra.object()?;
        for member in value.members().filter(|member| !member.value.is_null()) {
            if let Some(reserved) =
                RESERVED.iter().find(|known| member.name.is(known) || member.name.resembles(known))
            {
                self.losses.add(format!("extra_body.{reserved}"), LossKind::Dropped);
                continue;
            }
            let name = member.name.decoded();
            let at_top = self.document.value(&name).is_some_and(|value| !value.is_null());
            if !at_top {
                self.member(&name, Field::new(member.value, Place::Member(&extra.place, &name)), true)?;
            }
        }
        Ok(())
    }

    fn member(&mut self, name: &str, field: Field<'_, '_>, in_extra: bool) -> Result<(), RequestError> {
        let limits = if in_extra { &mut self.limits.in_extra } else { &mut self.limits.at_top };
        match name {
            // The gateway has read these before.
            "model" | "stream" | "extra_body" => {}
            "messages" if !self.completions => self.messages(field)?,
            "prompt" if self.completions => self.request.messages = vec![prompt::read(field, self.losses)?],
            "max_completion_tokens" => limits.newer = Some(field.whole_number()?),
            "max_tokens" => limits.older = Some(field.whole_number()?),
            "stream_options" => {
                let asked = field.member("include_usage").map(|asked| asked.bool()).transpose()?;
                self.request.include_usage = asked == Some(true);
            }
            // What everybody does who knows nothing of it.
            "modalities" if is_text_alone(field) => {}
            "verbosity" if field.value.as_str().as_deref() == Some("medium") => {}
            "user" => self.request.user = Some(field.boxed()?),
            "service_tier" => self.request.service_tier = Some(field.boxed()?),
            "metadata" => {
                field.object()?;
                self.request.metadata = Some(self.raw(field));
            }
            "reasoning_effort" => self.wish.effort = Some(wish::effort(field)?),
            "thinking" => match wish::thinking(field)? {
                Some(thinking) => self.wish.thinking = Some(thinking),
                None => self.extra(name, field),
            },
            "response_format" if !self.completions => match format::read(self.document, field)? {
                Some(format) => self.request.response_format = format,
                None => self.extra(name, field),
            },
            _ if self.sampling(name, field)? => {}
            _ if !self.completions && self.tools(name, field)? => {}
            _ => self.extra(name, field),
        }
        Ok(())
    }

    fn messages(&mut self, field: Field<'_, '_>) -> Result<(), RequestError> {
        field.items(|item| {
            self.request.messages.push(message::read(self.document, item, self.losses)?);
            Ok(())
        })
    }

    /// Reads a member that says how tokens are chosen; tells whether it is one.
    fn sampling(&mut self, name: &str, field: Field<'_, '_>) -> Result<bool, RequestError> {
        let sampling = &mut self.request.sampling;
        match name {
            "temperature" => sampling.temperature = Some(field.number()?),
            "top_p" => sampling.top_p = Some(field.number()?),
            "top_k" => sampling.top_k = Some(field.number()?),
            "frequency_penalty" => sampling.frequency_penalty = Some(field.number()?),
            "presence_penalty" => sampling.presence_penalty = Some(field.number()?),
            "seed" => sampling.seed = Some(field.number()?),
            "n" => sampling.n = Some(field.whole_number()?),
            "stop" => sampling.stop = stop(field)?,
            "logprobs" if self.completions && field.value.kind() == Kind::Number => {
                sampling.logprobs = Some(true);
                sampling.top_logprobs = Some(field.whole_number()?);
            }
            "logprobs" => sampling.logprobs = Some(field.bool()?),
            "top_logprobs" => sampling.top_logprobs = Some(field.whole_number()?),
            "logit_bias" => {
                field.object()?;
                let raw = Json::from_checked(self.document.share(&field.value));
                sampling.logit_bias = Some(raw).filter(|_| !field.value.is_empty());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads a member about tools; tells whether it is one.
    fn tools(&mut self, name: &str, field: Field<'_, '_>) -> Result<bool, RequestError> {
        match name {
            "tools" => field.items(|item| {
                self.request.tools.extend(tools::tool(self.document, item)?);
                Ok(())
            })?,
            "tool_choice" => match tools::choice(field)? {
                Some(choice) => self.request.tool_choice = Some(choice),
                None => self.extra(name, field),
            },
            "parallel_tool_calls" => self.request.parallel_tool_calls = Some(field.bool()?),
            "functions" => self.functions = legacy::functions(self.document, field)?,
            "function_call" => self.function_choice = Some(legacy::choice(field)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn extra(&mut self, name: &str, field: Field<'_, '_>) {
        self.request.extras.add(name, self.raw(field));
    }

    fn raw(&self, field: Field<'_, '_>) -> Json {
        Json::from_checked(self.document.share(&field.value))
    }

    fn finish(mut self) -> Result<Read, RequestError> {
        let request = &mut self.request;
        request.max_tokens = self.limits.at_top.either().or(self.limits.in_extra.either());
        request.reasoning = self.wish.decide();
        let legacy = !self.functions.is_empty() && request.tools.is_empty();
        if legacy {
            request.tools = self.functions;
            request.tool_choice = request.tool_choice.take().or(self.function_choice);
        }
        if request.messages.is_empty() {
            return Err(RequestError::NoPrompt);
        }
        repair::link(&mut request.messages)?;
        repair::check_tools(request, self.losses)?;
        Ok(Read { request: self.request, legacy })
    }
}

/// Whether an answer is wanted in text and in nothing else.
fn is_text_alone(field: Field<'_, '_>) -> bool {
    let mut kinds = field.value.items();
    field.value.kind() == Kind::Array
        && kinds.next().and_then(document::Value::as_str).as_deref() == Some("text")
        && kinds.next().is_none()
}

/// One sequence, or several.
fn stop(field: Field<'_, '_>) -> Result<Vec<String>, RequestError> {
    if let Some(text) = field.value.as_str() {
        return Ok(if text.is_empty() { Vec::new() } else { vec![text.into_owned()] });
    }
    if field.value.kind() != Kind::Array {
        return Err(field.wrong("a string or an array of strings"));
    }
    let mut sequences = Vec::new();
    field.items(|item| {
        sequences.push(item.text()?.into_owned());
        Ok(())
    })?;
    Ok(sequences)
}
