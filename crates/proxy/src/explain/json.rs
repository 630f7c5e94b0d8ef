//! An explanation for programs: one object. What is not known or does not apply is null.

use document::{ObjectWriter, write_object};
use model::Loss;

use super::found::{Found, Named};
use super::sending::{Estimate, Sending, Shown};
use super::traced::{Sampled, Traced};
use super::{Course, Explanation, Refused};

pub fn write(explanation: &Explanation) -> String {
    let object = write_object(|object| {
        object.object("request", |request| {
            request.text("method", &explanation.method);
            request.text("uri", &explanation.uri);
        });
        write_found(object, &explanation.found);
        match &explanation.course {
            Course::Sent(sending) => {
                object.text("course", "send");
                object.object("send", |send| write_sending(send, sending));
            }
            Course::Answered { body, losses } => {
                object.text("course", "answer");
                object.object("answer", |answer| {
                    answer.number("status", 200);
                    answer.text("body", &String::from_utf8_lossy(body));
                    write_losses(answer, losses);
                });
            }
            Course::Refused(refused) => {
                object.text("course", "refuse");
                object.object("refusal", |refusal| write_refused(refusal, refused));
            }
        }
    });
    String::from_utf8_lossy(&object).into_owned() + "\n"
}

fn optional(object: &mut ObjectWriter<'_>, name: &str, text: Option<&str>) {
    match text {
        Some(text) => object.text(name, text),
        None => object.null(name),
    }
}

fn named(object: &mut ObjectWriter<'_>, name: &str, entity: Option<&Named>) {
    let Some(entity) = entity else { return object.null(name) };
    object.object(name, |object| {
        object.text("id", &entity.id);
        optional(object, "name", entity.name.as_deref());
    });
}

fn write_found(object: &mut ObjectWriter<'_>, found: &Found) {
    named(object, "route", found.route.as_ref());
    object.object("matched", |object| {
        let matched = &found.matched;
        optional(object, "path", matched.path.as_deref());
        optional(object, "method", matched.method.as_deref());
        optional(object, "host", matched.host.as_deref());
        object.texts("headers", &matched.headers);
        optional(object, "sni", matched.sni.as_deref());
    });
    named(object, "service", found.service.as_ref());
    object.object("caller", |object| {
        object.text("rule", found.rule.word());
        named(object, "consumer", found.consumer.as_ref());
        object.texts("groups", &found.groups);
        optional(object, "credential", found.credential.as_deref());
    });
    object.array("plugins", |plugins| {
        for bound in &found.plugins {
            plugins.object(|object| {
                object.text("name", bound.plugin);
                object.text("id", &bound.instance.id);
                optional(object, "instance_name", bound.instance.name.as_deref());
                object.object("scope", |scope| {
                    for (kind, name) in &bound.scope {
                        scope.text(kind, name);
                    }
                });
            });
        }
    });
}

fn write_losses(object: &mut ObjectWriter<'_>, losses: &[Loss]) {
    object.array("losses", |array| {
        for loss in losses {
            array.object(|object| {
                object.text("member", &loss.member);
                object.text("kind", loss.kind.name());
            });
        }
    });
}

/// In their order; a name may occur more than once.
fn write_headers<'h>(object: &mut ObjectWriter<'_>, headers: impl Iterator<Item = (&'h str, String)>) {
    object.array("headers", |array| {
        for (name, value) in headers {
            array.object(|object| {
                object.text("name", name);
                object.text("value", &value);
            });
        }
    });
}

fn write_sending(object: &mut ObjectWriter<'_>, sending: &Sending) {
    object.text("provider", sending.provider);
    optional(object, "model", sending.model.as_deref());
    object.text("operation", sending.operation);
    object.text("plan", sending.plan);
    let (calls, inputs) = sending.calls.unzip();
    object.number("calls", calls.unwrap_or(1) as u64);
    match inputs {
        Some(inputs) => object.number("inputs", inputs as u64),
        None => object.null("inputs"),
    }
    object.bool("stream", sending.streamed);
    object.texts("auth", &sending.auth);
    write_losses(object, &sending.losses);
    match &sending.estimate {
        Some(estimate) => object.object("estimate", |object| write_estimate(object, estimate)),
        None => object.null("estimate"),
    }
    match &sending.trace {
        Some(trace) => object.object("trace", |object| write_trace(object, trace)),
        None => object.null("trace"),
    }
    object.text("method", &sending.method);
    object.text("url", &sending.url);
    write_headers(object, sending.headers.iter().map(|(name, value)| (&**name, value.clone())));
    match &sending.body {
        Shown::Text(text) => {
            object.text("body", text);
            object.number("body_bytes", text.len() as u64);
        }
        Shown::Bytes(bytes) => {
            object.null("body");
            object.number("body_bytes", *bytes as u64);
        }
    }
}

fn write_estimate(object: &mut ObjectWriter<'_>, estimate: &Estimate) {
    object.number("input_tokens", estimate.input_tokens);
    object.text("price_source", estimate.source);
    let number = |text: Option<String>| text.unwrap_or_else(|| "null".to_owned()).into_bytes();
    let (input, output) = estimate.prices.unzip();
    object.raw("input_cost", &number(input.map(|amount| amount.to_string())));
    object.raw("output_price_per_million", &number(output.map(|price| price.to_string())));
}

fn write_trace(object: &mut ObjectWriter<'_>, trace: &Traced) {
    object.bool("continued", trace.continued);
    match trace.sampled {
        Sampled::Share(rate) => {
            object.null("sampled");
            object.raw("sampling_rate", rate.to_string().as_bytes());
        }
        Sampled::Yes | Sampled::No => {
            object.bool("sampled", trace.sampled == Sampled::Yes);
            object.null("sampling_rate");
        }
    }
}

fn write_refused(object: &mut ObjectWriter<'_>, refused: &Refused) {
    object.number("status", u64::from(refused.status.as_u16()));
    object.text("code", refused.code);
    object.text("message", &refused.message);
    optional(object, "reason", refused.reason);
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    write_headers(object, refused.headers.iter().map(|(name, value)| (name.as_str(), text(value))));
    object.text("body", &String::from_utf8_lossy(&refused.body));
}
