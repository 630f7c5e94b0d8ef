//! What a request must become for its target, as edits of its members.

use std::borrow::Cow;

use document::{Document, Edits, Kind, Value, quote};
use model::{LossKind, Losses, Operation, OptionsPrecedence};

use super::shape::{given, includes_usage};
use crate::{Call, Delivery, MemberRule, Requirement, TokenLimit, UsageInStream};

mod messages;
mod rules;

/// The two names of the limit of tokens: the newer first, which counts where a request has both.
const LIMITS: [&str; 2] = ["max_completion_tokens", "max_tokens"];
/// Members that `extra_body` never sets, besides the credential: what routes a request, and what was checked.
pub(super) const RESERVED: [&str; 7] =
    ["model", "stream", "stream_options", "extra_body", "messages", "prompt", "input"];

/// Adds the edits that make `document` fit the target of `call`. What needs no change gets no edit.
pub(super) fn edit(document: &Document, call: &Call<'_>, edits: &mut Edits, losses: &mut Losses) {
    if call.operation == Operation::Preserve {
        return;
    }
    let mut draft = Draft {
        document,
        call,
        extra: given(document, "extra_body").filter(|extra| extra.kind() == Kind::Object),
        configured: Vec::new(),
        limit: None,
        edits,
        losses,
    };
    draft.take_extra_body();
    draft.set_model();
    match call.operation {
        Operation::Chat | Operation::Completions => {
            draft.set_stream();
            draft.set_stream_options();
            draft.merge_options();
            draft.limit_tokens();
        }
        Operation::Embeddings => draft.merge_dimensions(),
        _ => {}
    }
    draft.follow_rules();
    if call.operation == Operation::Chat && call.quirks.developer_is_system {
        draft.rename_developers();
    }
    if call.operation == Operation::Chat {
        draft.fit_messages();
    }
}

/// A request while its edits are found.
struct Draft<'d, 'c> {
    document: &'d Document,
    call: &'c Call<'c>,
    extra: Option<Value<'d>>,
    /// Members that got their value from the configuration.
    configured: Vec<&'static str>,
    /// The limit of tokens that goes out; none where there is none.
    limit: Option<u64>,
    edits: &'c mut Edits,
    losses: &'c mut Losses,
}

/// A value that the client gave, at the top or in `extra_body`.
#[derive(Clone, Copy)]
struct Given<'d> {
    name: &'static str,
    value: Value<'d>,
    in_extra: bool,
}

impl Given<'_> {
    /// Its path in the client's body.
    fn path(self) -> Cow<'static, str> {
        if self.in_extra { format!("extra_body.{}", self.name).into() } else { self.name.into() }
    }
}

impl<'d> Draft<'d, '_> {
    /// What the client gave for a member: the top level counts before `extra_body`, null counts as nothing.
    fn given(&self, name: &'static str) -> Option<Given<'d>> {
        self.at_top(name).or_else(|| self.in_extra(name))
    }

    fn at_top(&self, name: &'static str) -> Option<Given<'d>> {
        given(self.document, name).map(|value| Given { name, value, in_extra: false })
    }

    fn in_extra(&self, name: &'static str) -> Option<Given<'d>> {
        let value = self.extra?.value(name).filter(|value| !value.is_null())?;
        (!self.is_reserved(name)).then_some(Given { name, value, in_extra: true })
    }

    fn is_reserved(&self, name: &str) -> bool {
        RESERVED.contains(&name) || self.call.credential == Some(name)
    }

    /// Moves the members of `extra_body` to the top, where the top level has nothing.
    fn take_extra_body(&mut self) {
        let Some(extra) = self.extra else {
            if self.document.value("extra_body").is_some_and(Value::is_null) {
                self.edits.remove("extra_body");
            }
            return;
        };
        let generates = matches!(self.call.operation, Operation::Chat | Operation::Completions);
        for member in extra.members() {
            let name = member.name.decoded();
            let reserved = RESERVED.into_iter().chain(self.call.credential);
            if let Some(reserved) =
                reserved.into_iter().find(|known| member.name.is(known) || member.name.resembles(known))
            {
                if !member.value.is_null() {
                    self.losses.add(format!("extra_body.{reserved}"), LossKind::Dropped);
                }
                continue;
            }
            // The limit of tokens is found later, from all places together.
            let limit = generates && LIMITS.contains(&&*name);
            let stands =
                self.document.value(&name).is_some_and(|top| !top.is_null() || member.value.is_null());
            if !limit && !stands {
                let raw = self.document.share(&member.value);
                self.edits.set(name.into_owned(), raw);
            }
        }
        self.edits.remove("extra_body");
    }

    fn set_model(&mut self) {
        if let Some(model) = self.call.model
            && self.document.value("model").and_then(Value::as_str).as_deref() != Some(model)
        {
            self.edits.set("model", quote(model));
        }
    }

    /// Providers differ in what an absent `stream` means to them, so it is always written.
    fn set_stream(&mut self) {
        let stream = self.call.delivery == Delivery::Stream;
        if self.document.value("stream").and_then(Value::as_bool) != Some(stream) {
            self.edits.set("stream", if stream { "true" } else { "false" });
        }
    }

    fn set_stream_options(&mut self) {
        let options = self.document.value("stream_options");
        let usage = self.call.quirks.usage_in_stream;
        if self.call.delivery == Delivery::Whole || usage == UsageInStream::Always {
            if options.is_some() {
                self.edits.remove("stream_options");
            }
            return;
        }
        if self.call.want_usage && usage == UsageInStream::OnRequest && !options.is_some_and(includes_usage) {
            self.edits.set_in("stream_options", "include_usage", "true");
        }
    }

    fn merge_options(&mut self) {
        let options = self.call.options;
        let top_k = options.top_k.map(|number| number.to_string());
        self.merge("temperature", options.temperature.as_deref());
        self.merge("top_p", options.top_p.as_deref());
        self.merge("top_k", top_k.as_deref());
    }

    fn merge_dimensions(&mut self) {
        let dimensions = self.call.options.embeddings_dimensions.map(|number| number.to_string());
        self.merge("dimensions", dimensions.as_deref());
    }

    /// Sets a configured option, unless the request has it and counts, or the target refuses it.
    fn merge(&mut self, name: &'static str, configured: Option<&str>) {
        let Some(raw) = configured else { return };
        let stands = self.given(name).is_some_and(|given| {
            self.call.options.precedence == OptionsPrecedence::Request || given.value.raw() == raw.as_bytes()
        });
        if !stands && !self.drops(name) {
            self.edits.set(name, raw.to_owned());
            self.configured.push(name);
        }
    }

    /// Writes the limit of tokens once, under the name that the target knows.
    fn limit_tokens(&mut self) {
        let sent = LIMITS.into_iter().find_map(|name| self.at_top(name));
        let sent = sent.or_else(|| LIMITS.into_iter().find_map(|name| self.in_extra(name)));
        let asked = sent.and_then(|sent| sent.value.as_u64());
        self.limit = match self.call.options.precedence {
            OptionsPrecedence::Config => self.call.options.max_tokens.or(asked),
            OptionsPrecedence::Request => asked.or(self.call.options.max_tokens),
        };
        let [newer, older] = LIMITS;
        // The older completions have one name for it, whatever the model.
        let rule = if self.call.operation == Operation::Chat {
            self.call.quirks.token_limit
        } else {
            TokenLimit::AsSent
        };
        let name = match rule {
            TokenLimit::AsSent => sent.map_or(older, |sent| sent.name),
            TokenLimit::MaxTokens => older,
            TokenLimit::MaxCompletionTokens => newer,
        };
        let other = if name == newer { older } else { newer };
        let configured = self.call.options.max_tokens.map(|number| number.to_string());
        let config_counts = self.call.options.precedence == OptionsPrecedence::Config;
        let mut moved = false;
        match (sent, configured) {
            (None, None) if rule == TokenLimit::AsSent => return,
            (Some(sent), Some(raw)) if config_counts && sent.value.raw() != raw.as_bytes() => {
                self.edits.set(name, raw);
            }
            (None, Some(raw)) => self.edits.set(name, raw),
            (Some(sent), _) if sent.in_extra => {
                let raw = self.document.share(&sent.value);
                self.edits.set(name, raw);
            }
            (Some(sent), _) if sent.name != name => {
                self.edits.rename(sent.name, name);
                moved = true;
            }
            (Some(_) | None, _) => {}
        }
        if !moved && self.document.value(other).is_some() {
            self.edits.remove(other);
        }
    }

    /// `developer` is a newer word for `system`, so nothing is lost.
    fn rename_developers(&mut self) {
        let messages = self.document.value("messages");
        for message in messages.into_iter().flat_map(Value::items) {
            if let Some(role) = message.value("role")
                && role.as_str().as_deref() == Some("developer")
            {
                self.edits.replace(&role, "\"system\"");
            }
        }
    }
}

#[cfg(test)]
mod tests;
