//! Whether a chunk may have something to mend: most have not, and are not parsed for it.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::Deviation;
use crate::openai::stream::all;

struct Needles {
    content: Finder<'static>,
    reasoning: Finder<'static>,
    calls: Finder<'static>,
    finish: Finder<'static>,
    usage: Finder<'static>,
    id: Finder<'static>,
    citations: Finder<'static>,
}

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles {
    content: Finder::new(b"\"content\""),
    reasoning: Finder::new(b"\"reasoning\""),
    calls: Finder::new(b"\"tool_calls\""),
    finish: Finder::new(b"\"finish_reason\""),
    usage: Finder::new(b"\"usage\""),
    id: Finder::new(b"\"id\""),
    citations: Finder::new(b"\"citations\""),
});

/// Whether something in `data` looks like a deviation. What looks like one and is none costs time only.
pub(super) fn shows(deviation: Deviation, data: &[u8]) -> bool {
    let needles = &*NEEDLES;
    let nothing = |value: &[u8]| value.starts_with(b"null");
    match deviation {
        Deviation::ContentParts => !all(&needles.content, data, |value| !value.starts_with(b"[")),
        Deviation::ReasoningName => !all(&needles.reasoning, data, nothing),
        Deviation::LooseCalls => !all(&needles.calls, data, nothing),
        Deviation::FinishWords => !all(&needles.finish, data, nothing),
        Deviation::UsageParts => !all(&needles.usage, data, nothing),
        Deviation::EmptyId => !all(&needles.id, data, |value| !value.starts_with(b"\"\"")),
        Deviation::Sources => !all(&needles.citations, data, nothing),
    }
}
