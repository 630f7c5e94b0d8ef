//! Seals where Claude has its signatures: one of another maker says whose it is.
//!
//! Clients send signatures back as they got them. Claude's own are base64, which has no full stop.

use model::{Maker, Seal};

const FOREIGN: [(&str, Maker); 4] = [
    ("gemini.", Maker::Gemini),
    ("openai.", Maker::OpenAi),
    ("cohere.", Maker::Cohere),
    ("bedrock.", Maker::Bedrock),
];

/// The signature that a client is given.
pub(super) fn signature(seal: &Seal) -> String {
    let mark = FOREIGN.iter().find(|(_, maker)| *maker == seal.maker).map_or("", |(mark, _)| mark);
    format!("{mark}{}", seal.text)
}

/// The seal that a client gave back; none where there was none to give.
pub(super) fn seal(signature: &str) -> Option<Seal> {
    let foreign = FOREIGN.iter().find_map(|(mark, maker)| Some((signature.strip_prefix(mark)?, *maker)));
    let (text, maker) = foreign.unwrap_or((signature, Maker::Anthropic));
    (!text.is_empty()).then(|| Seal { maker, text: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_come_back() {
        for maker in [Maker::Anthropic, Maker::Gemini, Maker::OpenAi, Maker::Cohere, Maker::Bedrock] {
            let sealed = Seal { maker, text: "a+/=".into() };
            assert_eq!(seal(&signature(&sealed)), Some(sealed));
        }
        assert_eq!(signature(&Seal { maker: Maker::Anthropic, text: "EsgD".into() }), "EsgD");
        assert_eq!((seal(""), seal("gemini.")), (None, None));
    }
}
