//! Finding the next byte that matters: eight bytes at a time where hits are near, sixty-four where they are far.
//!
//! The block tests are plain loops without early exit, which compile to vector instructions; nothing here
//! needs `unsafe` or a particular processor.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Words that are searched before whole blocks are: most strings are shorter.
const NEAR_WORDS: usize = 4;

/// Marks the bytes of `word` that are zero; only the lowest mark is sure.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

const fn equal(word: u64, byte: u8) -> u64 {
    zeros(word ^ (ONES * byte as u64))
}

/// Marks the control characters of `word`; only the lowest mark is sure.
const fn controls(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word & HIGHS
}

/// Bytes that are looked for.
trait Search {
    /// Marks hits in their highest bit; only the lowest mark is sure.
    fn word(&mut self, word: u64) -> u64;
    /// Whether a block has any hit.
    fn block(&mut self, block: &[u8; 64]) -> bool;
    fn byte(&mut self, byte: u8) -> bool;
}

/// Position of the first hit from `at` on, or the length of `bytes`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "specialised for each search; measured")]
fn find(bytes: &[u8], mut at: usize, search: &mut impl Search) -> usize {
    let mut words = NEAR_WORDS;
    while let Some(rest) = bytes.get(at..) {
        if words == 0 {
            let (blocks, _) = rest.as_chunks::<64>();
            at += 64 * blocks.iter().take_while(|block| !search.block(block)).count();
            // Now a hit is within the next eight words, or less than a block is left.
            words = 8;
            continue;
        }
        words -= 1;
        let Some(chunk) = rest.first_chunk::<8>() else {
            let hit = rest.iter().position(|&byte| search.byte(byte));
            return at + hit.unwrap_or(rest.len());
        };
        let marks = search.word(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    bytes.len()
}

/// Position of the first `"`, `\` or control character from `at` on, or the length of `bytes`. `seen`
/// collects the bits of all bytes passed (and of some more).
#[inline]
pub fn text_stop(bytes: &[u8], at: usize, seen: &mut Seen) -> usize {
    find(bytes, at, seen)
}

/// The bits of all bytes that were passed, to tell whether any was outside ASCII.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen(u64);

impl Seen {
    /// Whether every byte was ASCII.
    pub const fn ascii(self) -> bool {
        self.0 & HIGHS == 0
    }
}

impl Search for Seen {
    #[inline]
    fn word(&mut self, word: u64) -> u64 {
        self.0 |= word;
        equal(word, b'"') | equal(word, b'\\') | controls(word)
    }

    #[inline]
    fn block(&mut self, block: &[u8; 64]) -> bool {
        let mut hit = false;
        let mut bits = 0;
        for &byte in block {
            hit |= byte == b'"';
            hit |= byte == b'\\';
            hit |= byte < 0x20;
            bits |= byte;
        }
        self.0 |= u64::from(bits);
        hit
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> bool {
        self.0 |= u64::from(byte);
        byte == b'"' || byte == b'\\' || byte < 0x20
    }
}

/// Position of the first `"` or `\` from `at` on, or the length of `bytes`.
#[inline]
pub fn quote_or_escape(bytes: &[u8], at: usize) -> usize {
    find(bytes, at, &mut QuoteOrEscape)
}

struct QuoteOrEscape;

impl Search for QuoteOrEscape {
    #[inline]
    fn word(&mut self, word: u64) -> u64 {
        equal(word, b'"') | equal(word, b'\\')
    }

    #[inline]
    fn block(&mut self, block: &[u8; 64]) -> bool {
        let mut hit = false;
        for &byte in block {
            hit |= byte == b'"';
            hit |= byte == b'\\';
        }
        hit
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> bool {
        byte == b'"' || byte == b'\\'
    }
}

/// Position of the first bracket, brace or `"` from `at` on, or the length of `bytes`.
#[inline]
pub fn bracket_or_quote(bytes: &[u8], at: usize) -> usize {
    find(bytes, at, &mut BracketOrQuote)
}

/// `[` and `{`, and `]` and `}`, differ in one bit only, which no other byte shares with them.
struct BracketOrQuote;

impl Search for BracketOrQuote {
    #[inline]
    fn word(&mut self, word: u64) -> u64 {
        let folded = word | (ONES * 0x20);
        equal(word, b'"') | equal(folded, b'{') | equal(folded, b'}')
    }

    #[inline]
    fn block(&mut self, block: &[u8; 64]) -> bool {
        let mut hit = false;
        for &byte in block {
            let folded = byte | 0x20;
            hit |= byte == b'"';
            hit |= folded == b'{';
            hit |= folded == b'}';
        }
        hit
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> bool {
        matches!(byte, b'"' | b'[' | b']' | b'{' | b'}')
    }
}

/// Position of the first byte from `at` on that is no digit, or the length of `bytes`.
#[inline]
pub fn digits_end(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).map_or(bytes.len(), |rest| {
        at + rest
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(rest.len())
    })
}

/// Position of the first byte from `at` on that is not white space of JSON, or the length of `bytes`.
#[inline]
pub fn space_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}
