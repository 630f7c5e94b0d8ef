//! What tunes an answer: `options`, `think` and members that only Ollama knows.

use document::{Kind, ObjectWriter};
use model::{ChatRequest, Effort, Json, LossKind, Losses, ReasoningWish};

use crate::{Family, Thinking, read};

/// Members of `options` that clients may send at the top of the body.
const OPTIONS: [&str; 18] = [
    "draft_num_predict",
    "main_gpu",
    "min_p",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_predict",
    "num_thread",
    "numa",
    "penalize_newline",
    "repeat_last_n",
    "repeat_penalty",
    "tfs_z",
    "typical_p",
    "use_mmap",
    "mirostat",
    "mirostat_tau",
];

/// What of a request's extras goes to the server.
#[derive(Default)]
pub(super) struct Extras<'r> {
    passed: Vec<(&'r str, &'r Json)>,
    options: Vec<(&'r str, &'r Json)>,
    /// Members of an `options` object of the client's own.
    own: Vec<(String, Vec<u8>)>,
    think: Option<&'r Json>,
}

impl<'r> Extras<'r> {
    /// Sorts them; `known` are members of the body that pass as they are. Others are lost.
    pub(super) fn of(request: &'r ChatRequest, known: &[&str], losses: &mut Losses) -> Self {
        let mut extras = Self::default();
        for extra in request.extras.iter() {
            let (name, value) = (&*extra.name, &extra.value);
            match name {
                "options" => {
                    let members = read::json(value, |options| {
                        let member = |member: document::Member<'_>| {
                            (member.name.decoded().into_owned(), member.value.raw().to_vec())
                        };
                        (options.kind() == Kind::Object).then(|| options.members().map(member).collect())
                    });
                    match members.flatten() {
                        Some(members) => extras.own = members,
                        None => losses.add(name.to_owned(), LossKind::Dropped),
                    }
                }
                "think" if request.reasoning.is_none() => extras.think = Some(value),
                name if OPTIONS.contains(&name) => extras.options.push((name, value)),
                name if known.contains(&name) => extras.passed.push((name, value)),
                name => losses.add(name.to_owned(), LossKind::Dropped),
            }
        }
        extras
    }

    /// Writes members at the top of the body.
    pub(super) fn write(&self, body: &mut ObjectWriter<'_>) {
        for (name, value) in &self.passed {
            body.raw(name, value.as_bytes());
        }
    }
}

/// Writes `think`. A model that is not known to think is only told that it shall not.
pub(super) fn write_think(
    request: &ChatRequest,
    family: &Family,
    extras: &Extras<'_>,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    let Some(wish) = request.reasoning else {
        if let Some(value) = extras.think {
            body.raw("think", value.as_bytes());
        }
        return;
    };
    match (family.thinking, wish.effort()) {
        (Thinking::Levels { efforts: [weakest, ..], may_be_off: false }, None) => {
            body.text("think", weakest.name());
        }
        (_, None) => body.bool("think", false),
        (Thinking::None, Some(_)) => {}
        (Thinking::Levels { efforts: efforts @ [_, ..], .. }, Some(effort)) => {
            let nearest = nearest(effort, efforts);
            if nearest != effort || matches!(wish, ReasoningWish::Budget(_)) {
                losses.add("reasoning_effort", LossKind::Approximated);
            }
            body.text("think", nearest.name());
        }
        (_, Some(_)) => body.bool("think", true),
    }
}

/// The weakest effort that is enough, or the strongest that there is.
fn nearest(effort: Effort, efforts: &[Effort]) -> Effort {
    let enough = efforts.iter().copied().find(|known| *known >= effort);
    enough.or_else(|| efforts.last().copied()).unwrap_or(effort)
}

/// Writes `options`, if there are any.
pub(super) fn write(request: &ChatRequest, extras: &Extras<'_>, body: &mut ObjectWriter<'_>) {
    let sampling = &request.sampling;
    let limit = request.max_tokens.map(model::Number::from);
    let numbers = [
        ("num_predict", &limit),
        ("temperature", &sampling.temperature),
        ("top_p", &sampling.top_p),
        ("top_k", &sampling.top_k),
        ("seed", &sampling.seed),
        ("frequency_penalty", &sampling.frequency_penalty),
        ("presence_penalty", &sampling.presence_penalty),
    ];
    let mut given: Vec<(&str, &[u8])> = Vec::new();
    let mut add = |name, value| {
        if !given.iter().any(|(known, _)| *known == name) {
            given.push((name, value));
        }
    };
    for (name, number) in &numbers {
        if let Some(number) = number {
            add(name, number.as_str().as_bytes());
        }
    }
    let stop = document::write_array(|stop| sampling.stop.iter().for_each(|one| stop.text(one)));
    if !sampling.stop.is_empty() {
        add("stop", &stop);
    }
    for (name, value) in &extras.options {
        add(name, value.as_bytes());
    }
    for (name, value) in &extras.own {
        add(name, value);
    }
    if !given.is_empty() {
        body.object("options", |options| given.iter().for_each(|(name, value)| options.raw(name, value)));
    }
}
