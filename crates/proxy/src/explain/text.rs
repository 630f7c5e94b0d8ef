//! An explanation for people: a fact a line, then the request that would be sent, or the answer.

use std::fmt::Write as _;

use super::found::{Found, Matched, Named, Rule};
use super::sending::{Estimate, Sending, Shown};
use super::traced::Sampled;
use super::{Course, Explanation, Refused};
use model::Loss;

/// Writing into it cannot fail.
struct Facts(String);

impl Facts {
    fn add(&mut self, name: &str, fact: &str) {
        let _ = writeln!(self.0, "{name:<9} {fact}");
    }

    fn losses(&mut self, losses: &[Loss]) {
        for loss in losses {
            self.add("loss", &format!("{} {}", loss.member, loss.kind.name()));
        }
    }
}

pub fn write(explanation: &Explanation) -> String {
    let mut facts = Facts(String::new());
    facts.add("request", &format!("{} {}", explanation.method, explanation.uri));
    write_found(&mut facts, &explanation.found);
    match &explanation.course {
        Course::Sent(sending) => write_sending(&mut facts, sending),
        Course::Answered { body, losses } => {
            facts.losses(losses);
            facts.add("answered", "200 by the gateway: nothing is sent");
            let _ = writeln!(facts.0, "\n{}", String::from_utf8_lossy(body));
        }
        Course::Refused(refused) => write_refused(&mut facts, refused),
    }
    facts.0
}

fn write_found(facts: &mut Facts, found: &Found) {
    if let Some(route) = &found.route {
        facts.add("route", &format!("{}, by {}", route.label(), reasons(&found.matched)));
        if let Some(service) = &found.service {
            facts.add("service", service.label());
        }
        facts.add("consumer", &caller(found));
    }
    for bound in &found.plugins {
        let scope: Vec<String> =
            bound.scope.iter().map(|(kind, name)| format!("{} {name}", kind.replace('_', " "))).collect();
        let on = if scope.is_empty() { "everything".to_owned() } else { scope.join(" and ") };
        let name = bound.instance.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        facts.add("plugin", &format!("{} {}{name} on {on}", bound.plugin, bound.instance.id));
    }
}

/// What of the route's conditions the request fits.
fn reasons(matched: &Matched) -> String {
    let one = |name: &str, value: &Option<Box<str>>| value.as_ref().map(|value| format!("{name} {value}"));
    let mut told: Vec<String> =
        [one("path", &matched.path), one("method", &matched.method), one("host", &matched.host)]
            .into_iter()
            .flatten()
            .collect();
    told.extend(matched.headers.iter().map(|name| format!("header {name}")));
    told.extend(one("server name", &matched.sni));
    if told.is_empty() { "no condition at all".to_owned() } else { told.join(", ") }
}

fn caller(found: &Found) -> String {
    let label = found.consumer.as_ref().map_or("nobody", Named::label);
    let groups =
        if found.groups.is_empty() { String::new() } else { format!(" of {}", found.groups.join(", ")) };
    let why = match found.rule {
        Rule::Unasked => "no key-auth applies".to_owned(),
        Rule::Preflight => "a preflight request is not asked".to_owned(),
        Rule::Key => format!("by key {}", found.credential.as_deref().unwrap_or_default()),
        Rule::Anonymous => "stands for callers without a good key".to_owned(),
        Rule::Denied => "key-auth knows no such caller".to_owned(),
    };
    format!("{label}{groups}: {why}")
}

fn write_sending(facts: &mut Facts, sending: &Sending) {
    let model = sending.model.as_deref().unwrap_or("(named by the path)");
    facts.add("target", &format!("{} / {model}", sending.provider));
    facts.add("operation", sending.operation);
    let calls = match sending.calls {
        Some((calls @ 2.., inputs)) => {
            format!(", {inputs} inputs in {calls} calls, of which this is the first")
        }
        Some(_) | None => String::new(),
    };
    facts.add("plan", &format!("{}{calls}", sending.plan));
    facts.add("delivery", if sending.streamed { "stream" } else { "whole" });
    for auth in &sending.auth {
        facts.add("auth", auth);
    }
    facts.losses(&sending.losses);
    if let Some(estimate) = &sending.estimate {
        write_estimate(facts, estimate);
    }
    if let Some(trace) = &sending.trace {
        let whose = if trace.continued { "the caller's" } else { "begun here" };
        let sampled = match trace.sampled {
            Sampled::Yes => "sampled".to_owned(),
            Sampled::No => "not sampled".to_owned(),
            Sampled::Share(rate) => format!("sampled at a rate of {rate}"),
        };
        facts.add("trace", &format!("{whose}, {sampled}"));
    }
    let _ = writeln!(facts.0, "\n{} {}", sending.method, sending.url);
    for (name, value) in &sending.headers {
        let _ = writeln!(facts.0, "{name}: {value}");
    }
    let _ = match &sending.body {
        Shown::Text(text) => writeln!(facts.0, "\n{text}"),
        Shown::Bytes(bytes) => writeln!(facts.0, "\n({bytes} bytes)"),
    };
}

fn write_estimate(facts: &mut Facts, estimate: &Estimate) {
    facts.add("tokens", &format!("about {} of input", estimate.input_tokens));
    let price = match &estimate.prices {
        Some((input, output)) => {
            format!("{input} for the input, {output} for a million tokens of output ({})", estimate.source)
        }
        None => "unknown".to_owned(),
    };
    facts.add("price", &price);
}

fn write_refused(facts: &mut Facts, refused: &Refused) {
    facts.add("refused", &format!("{} {}: {}", refused.status.as_u16(), refused.code, refused.message));
    if let Some(reason) = refused.reason {
        facts.add("because", reason);
    }
    facts.0.push('\n');
    for (name, value) in &refused.headers {
        let _ = writeln!(facts.0, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let _ = writeln!(facts.0, "{}", String::from_utf8_lossy(&refused.body));
}
