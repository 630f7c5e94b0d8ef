//! Signatures of thinking: made here, known again here, and by nobody else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::text;

/// How a sealed thought begins, before base64.
const SIGNED: &str = "sim-signed";
const HIDDEN: &str = "sim-hidden";

/// The signature of a thought.
pub(crate) fn signature(thought: &str) -> String {
    sealed(SIGNED, thought)
}

/// The data of a redacted thought.
pub(crate) fn redacted(thought: &str) -> String {
    sealed(HIDDEN, thought)
}

/// Whether this simulator signed the thought. A thought that was left out is known by its signature alone.
pub(crate) fn knows_signature(thought: &str, signature: &str) -> bool {
    opened(SIGNED, signature).is_some_and(|mark| thought.is_empty() || mark == text::hash(thought))
}

/// Whether the data of a redacted thought is the simulator's.
pub(crate) fn knows_redacted(data: &str) -> bool {
    opened(HIDDEN, data).is_some()
}

fn sealed(kind: &str, thought: &str) -> String {
    let mark = text::hash(thought);
    STANDARD.encode(format!("{kind}:{mark:016x}:{:016x}", seal(kind, mark)))
}

fn seal(kind: &str, mark: u64) -> u64 {
    text::hash(&format!("{kind} sealed {mark}"))
}

fn opened(kind: &str, sealed: &str) -> Option<u64> {
    let plain = String::from_utf8(STANDARD.decode(sealed).ok()?).ok()?;
    let (mark, seal_found) = plain.strip_prefix(kind)?.strip_prefix(':')?.split_once(':')?;
    let mark = u64::from_str_radix(mark, 16).ok()?;
    (u64::from_str_radix(seal_found, 16).ok()? == seal(kind, mark)).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_signatures_are_known() {
        let own = signature("a thought");
        assert!(knows_signature("a thought", &own) && knows_signature("", &own));
        assert!(!knows_signature("another", &own));
        assert!(!knows_signature("a thought", ""));
        assert!(!knows_signature("a thought", "RXJVQkNrWUlBUmdDSWtB"));
        assert!(!knows_signature("a thought", &redacted("a thought")));
        assert!(knows_redacted(&redacted("x")) && !knows_redacted(&own));
    }
}
