//! How the next token is chosen, as far as a family lets a caller say.

use document::ObjectWriter;
use model::{ChatRequest, LossKind, Losses, Number};

use super::thinking::Thinking;
use crate::{Family, SamplingRule};

/// The least `top_p` that goes with thinking.
const LEAST_TOP_P: f64 = 0.95;

/// Writes temperature, `top_p`, `top_k` and stop sequences. What the family refuses was reported before; `free` says
/// that the version of the API takes them.
pub(super) fn write(
    request: &ChatRequest,
    family: &Family,
    free: bool,
    thinking: &Thinking<'_>,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    let sampling = &request.sampling;
    // The API refuses sequences of nothing but white space.
    let stop: Vec<_> = sampling.stop.iter().filter(|text| !text.trim().is_empty()).collect();
    if stop.len() < sampling.stop.len() {
        losses.add("stop", LossKind::Approximated);
    }
    if !stop.is_empty() {
        body.texts("stop_sequences", stop);
    }
    if family.sampling == SamplingRule::Fixed {
        return;
    }
    if !free {
        let given = [
            ("temperature", sampling.temperature.is_some()),
            ("top_p", sampling.top_p.is_some()),
            ("top_k", sampling.top_k.is_some()),
        ];
        for (name, _) in given.iter().filter(|(_, is_given)| *is_given) {
            losses.add(*name, LossKind::Dropped);
        }
        return;
    }
    let on = thinking.is_on();
    let temperature =
        sampling.temperature.as_ref().filter(|value| fits(!on || is(value, 1.0), "temperature", losses));
    let alone = family.sampling == SamplingRule::OneOf && temperature.is_some();
    let top_p = sampling.top_p.as_ref().filter(|value| {
        let wide = value.as_f64().is_some_and(|value| value >= LEAST_TOP_P);
        fits(!alone && (!on || wide), "top_p", losses)
    });
    let top_k = sampling.top_k.as_ref().filter(|_| fits(!on, "top_k", losses));
    for (name, value) in [("temperature", temperature), ("top_p", top_p), ("top_k", top_k)] {
        if let Some(value) = value {
            body.raw(name, value.as_str().as_bytes());
        }
    }
}

fn fits(fits: bool, member: &'static str, losses: &mut Losses) -> bool {
    if !fits {
        losses.add(member, LossKind::Dropped);
    }
    fits
}

fn is(number: &Number, wanted: f64) -> bool {
    number.as_f64().is_some_and(|number| (number - wanted).abs() < f64::EPSILON)
}
