//! What a request must become for its host, as edits of its members.

use document::{Document, Edits, Kind, Value, quote, write_array, write_object};
use model::{LossKind, Losses, Operation, OptionsPrecedence};

use super::shape::given;
use crate::anthropic::hosting::{Hosting, VERSION};
use crate::{Call, Delivery, SamplingRule};

/// Levels below a list of messages or tools at which a mark of the cache may stand.
const DEPTH: u32 = 6;
const BETAS: &str = "anthropic-beta";
const VERSION_HEADER: &str = "anthropic-version";

/// Adds the edits that make `document` fit its host. What needs no change gets no edit.
pub(super) fn edit(
    hosting: &Hosting,
    document: &Document,
    call: &Call<'_>,
    edits: &mut Edits,
    losses: &mut Losses,
) {
    if call.operation == Operation::Preserve {
        return;
    }
    let mut draft = Draft { hosting, document, call, edits, losses };
    draft.name_model();
    if matches!(call.operation, Operation::Chat | Operation::Completions) {
        draft.set_stream();
        draft.merge_options();
        draft.set_version();
        let betas = draft.set_betas();
        draft.strip(&betas);
        draft.strip_tools();
        if !hosting.cache_scope {
            draft.strip_scopes();
        }
    }
}

/// Headers that take the place of the client's.
pub(super) fn headers(hosting: &Hosting, call: &Call<'_>) -> Vec<(&'static str, String)> {
    if call.operation == Operation::Preserve {
        return Vec::new();
    }
    let mut headers = Vec::new();
    let betas = hosting.betas([call.betas]);
    if !(call.betas.is_empty() || hosting.has_beta_header() && betas.dropped.is_empty()) {
        let kept = if hosting.has_beta_header() { betas.kept.join(",") } else { String::new() };
        headers.push((BETAS, kept));
    }
    // The version is in the body there, and in no other form.
    if !(call.version.is_empty() || hosting.version_in_header) {
        headers.push((VERSION_HEADER, String::new()));
    }
    headers
}

struct Draft<'d, 'c> {
    hosting: &'c Hosting,
    document: &'d Document,
    call: &'c Call<'c>,
    edits: &'c mut Edits,
    losses: &'c mut Losses,
}

impl Draft<'_, '_> {
    fn name_model(&mut self) {
        let own = self.document.value("model");
        if !self.hosting.model_in_body {
            if own.is_some() {
                self.edits.remove("model");
            }
        } else if let Some(model) = self.call.model
            && own.and_then(Value::as_str).as_deref() != Some(model)
        {
            self.edits.set("model", quote(model));
        }
    }

    /// Absent means no stream, to all hosts.
    fn set_stream(&mut self) {
        let own = self.document.value("stream");
        if !self.hosting.stream_in_body {
            if own.is_some() {
                self.edits.remove("stream");
            }
            return;
        }
        let stream = self.call.delivery == Delivery::Stream;
        if own.and_then(Value::as_bool).unwrap_or(false) != stream {
            self.edits.set("stream", if stream { "true" } else { "false" });
        }
    }

    fn merge_options(&mut self) {
        let options = self.call.options;
        let limit = match self.call.operation {
            Operation::Completions => "max_tokens_to_sample",
            _ => "max_tokens",
        };
        self.merge(limit, options.max_tokens.map(|number| number.to_string()).as_deref());
        // A model that thinks takes none of these.
        let thinking = given(self.document, "thinking").and_then(|thinking| thinking.value("type"));
        if thinking.and_then(Value::as_str).is_some_and(|kind| kind != "disabled") {
            return;
        }
        let free = !self.hosting.samples_by_itself(self.call.version, self.call.settings)
            && self.call.family.sampling != SamplingRule::Fixed;
        let one = self.call.family.sampling == SamplingRule::OneOf;
        let has = |name| given(self.document, name).is_some();
        // The client's own members are its own; what is configured gives way to them.
        let warms = free && !(one && has("top_p") && !has("temperature"));
        let warm = has("temperature") || (warms && options.temperature.is_some());
        let cuts = free && !(one && warm && !has("top_p"));
        self.merge_where(warms, "temperature", options.temperature.as_deref());
        self.merge_where(cuts, "top_p", options.top_p.as_deref());
        self.merge_where(free, "top_k", options.top_k.map(|number| number.to_string()).as_deref());
    }

    /// Sets a configured option where the model takes it.
    fn merge_where(&mut self, taken: bool, name: &'static str, configured: Option<&str>) {
        if taken {
            self.merge(name, configured);
        } else if configured.is_some_and(|raw| !self.stands(name, raw)) {
            self.losses.add(name, LossKind::Dropped);
        }
    }

    /// Sets a configured option, unless the request has it and counts.
    fn merge(&mut self, name: &'static str, configured: Option<&str>) {
        if let Some(raw) = configured.filter(|raw| !self.stands(name, raw)) {
            self.edits.set(name, raw.to_owned());
        }
    }

    /// Whether what the request has of an option counts, or is what is configured.
    fn stands(&self, name: &str, configured: &str) -> bool {
        given(self.document, name).is_some_and(|own| {
            self.call.options.precedence == OptionsPrecedence::Request || own.raw() == configured.as_bytes()
        })
    }

    fn set_version(&mut self) {
        let own = self.document.value("anthropic_version").and_then(Value::as_str);
        let asked = own.as_deref().or_else(|| self.call.settings.value(VERSION));
        if let Some(version) = self.hosting.version_for(asked)
            && own.as_deref() != Some(version)
        {
            self.edits.set("anthropic_version", quote(version));
        }
    }

    /// Puts the betas of the header and of the body where the host reads them; gives those that it takes.
    fn set_betas(&mut self) -> Vec<Box<str>> {
        let own = given(self.document, "anthropic_beta");
        let listed: Vec<_> = own.into_iter().flat_map(Value::items).filter_map(Value::as_str).collect();
        let asked = std::iter::once(self.call.betas).chain(listed.iter().map(AsRef::as_ref));
        let betas = self.hosting.betas(asked);
        for name in &betas.dropped {
            self.losses.add(format!("anthropic_beta.{name}"), LossKind::Dropped);
        }
        let in_body = if self.hosting.has_beta_header() {
            // Those of the header stay there, and those of the body here.
            self.hosting.betas(listed.iter().map(AsRef::as_ref)).kept
        } else {
            betas.kept.clone()
        };
        let same =
            listed.len() == in_body.len() && listed.iter().zip(&in_body).all(|(own, kept)| **own == **kept);
        match (in_body.is_empty(), same && own.is_some()) {
            (true, _) if own.is_some() => self.edits.remove("anthropic_beta"),
            (true, _) | (false, true) => {}
            (false, false) => {
                let list = write_array(|list| in_body.iter().for_each(|name| list.text(name)));
                self.edits.set("anthropic_beta", list);
            }
        }
        betas.kept
    }

    fn strip(&mut self, betas: &[Box<str>]) {
        for (name, _) in self.hosting.refused {
            let Some(value) = self.document.value(name) else { continue };
            if self.hosting.refuses(name, betas) {
                self.edits.remove(*name);
                if !value.is_null() {
                    self.losses.add(*name, LossKind::Dropped);
                }
            }
        }
    }

    /// Takes out the tools that the host does not run; the choice with them, where none is left.
    fn strip_tools(&mut self) {
        let Some(tools) = given(self.document, "tools").filter(|tools| tools.kind() == Kind::Array) else {
            return;
        };
        let refused = |tool: &Value<'_>| {
            let kind = tool.value("type").and_then(Value::as_str);
            kind.is_some_and(|kind| self.hosting.refuses_tool(&kind))
        };
        let unknown: Vec<_> = tools.items().filter(refused).collect();
        if unknown.is_empty() {
            return;
        }
        let kept: Vec<_> = tools.items().filter(|tool| !refused(tool)).collect();
        for tool in unknown {
            let name = tool.value("name").or_else(|| tool.value("type")).and_then(Value::as_str);
            self.losses.add(format!("tools.{}", name.unwrap_or_default()), LossKind::Dropped);
        }
        if kept.is_empty() {
            self.edits.remove("tools");
            self.edits.remove("tool_choice");
            return;
        }
        let scoped = !self.hosting.cache_scope;
        let list = write_array(|list| {
            for tool in kept {
                match tool.value("cache_control").filter(|control| scoped && has_scope(*control)) {
                    Some(control) => list.raw(&spliced(tool, control, &unscoped(control))),
                    None => list.raw(tool.raw()),
                }
            }
        });
        self.edits.set("tools", list);
    }

    fn strip_scopes(&mut self) {
        let mut found = Vec::new();
        for member in self.document.members() {
            if member.name.is("cache_control") {
                found.extend(has_scope(member.value).then_some(member.value));
            } else if ["system", "tools", "messages"].iter().any(|name| member.name.is(name)) {
                find_scopes(member.value, DEPTH, &mut found);
            }
        }
        for control in &found {
            self.edits.replace(control, unscoped(*control));
        }
        if !found.is_empty() {
            self.losses.add("cache_control.scope", LossKind::Dropped);
        }
    }
}

fn has_scope(control: Value<'_>) -> bool {
    control.value("scope").is_some()
}

fn unscoped(control: Value<'_>) -> Vec<u8> {
    write_object(|object| {
        for member in control.members().filter(|member| !member.name.is("scope")) {
            object.raw(&member.name.decoded(), member.value.raw());
        }
    })
}

/// The bytes of `outer` with others in the place of `inner`.
fn spliced(outer: Value<'_>, inner: Value<'_>, with: &[u8]) -> Vec<u8> {
    let from = inner.span().start.saturating_sub(outer.span().start);
    let (before, rest) = outer.raw().split_at_checked(from).unwrap_or((outer.raw(), &[]));
    let after = rest.get(inner.raw().len()..).unwrap_or_default();
    [before, with, after].concat()
}

/// Marks with a scope, on blocks and on blocks within them.
fn find_scopes<'d>(value: Value<'d>, depth: u32, found: &mut Vec<Value<'d>>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for item in value.items() {
        find_scopes(item, depth, found);
    }
    for member in value.members() {
        if member.name.is("cache_control") {
            found.extend(has_scope(member.value).then_some(member.value));
        } else if member.name.is("content") {
            find_scopes(member.value, depth, found);
        }
    }
}
