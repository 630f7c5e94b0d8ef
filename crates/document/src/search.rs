//! Finding the next byte that matters: eight bytes at a time where hits are near, sixty-four where they are far.
//!
//! The block tests are plain loops without early exit, which compile to vector instructions; nothing here
//! needs `unsafe` or a particular processor.

use memchr::memchr2;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Bytes that are searched by words before whole blocks are: most strings are shorter.
const NEAR: usize = 32;

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
    if let Some(near) = bytes.get(at..).and_then(<[u8]>::first_chunk::<NEAR>) {
        let (words, _) = near.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            let marks = search.word(u64::from_le_bytes(*word));
            if marks != 0 {
                return at + 8 * index + (marks.trailing_zeros() / 8) as usize;
            }
        }
        at += NEAR;
        let (blocks, _) = bytes.get(at..).unwrap_or_default().as_chunks::<64>();
        at += 64 * blocks.iter().take_while(|block| !search.block(block)).count();
    }
    // Now a hit is within the next eight words, or less than a block is left.
    while let Some(rest) = bytes.get(at..) {
        let Some(chunk) = rest.first_chunk::<8>() else {
            // Mostly there is no hit: then the last eight bytes, some of which were passed before, have none.
            if let Some(last) = bytes.last_chunk::<8>()
                && search.word(u64::from_le_bytes(*last)) == 0
            {
                return bytes.len();
            }
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

/// Whether nothing in `text` must be escaped in a JSON string. For short texts: the words overlap.
#[inline]
pub fn is_plain(text: &[u8]) -> bool {
    let special = |word: u64| equal(word, b'"') | equal(word, b'\\') | controls(word);
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        let middle = text.get(8..).unwrap_or_default().as_chunks::<8>().0.iter();
        let outer = special(u64::from_le_bytes(*first)) | special(u64::from_le_bytes(*last));
        return middle.fold(outer, |marks, word| marks | special(u64::from_le_bytes(*word))) == 0;
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let word = u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
        return special(word) == 0;
    }
    !text.iter().any(|byte| matches!(byte, b'"' | b'\\' | ..0x20))
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
        let mut hit = 0;
        let mut bits = 0;
        for &byte in block {
            hit |= u8::from(byte == b'"');
            hit |= u8::from(byte == b'\\');
            hit |= u8::from(byte < 0x20);
            bits |= byte;
        }
        self.0 |= u64::from(bits);
        hit != 0
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> bool {
        self.0 |= u64::from(byte);
        byte == b'"' || byte == b'\\' || byte < 0x20
    }
}

/// Position of the first `"` or `\` from `at` on, or the length of `bytes`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the call costs as much as a short string; measured")]
pub fn quote_or_escape(bytes: &[u8], at: usize) -> usize {
    if let Some((near, far)) = bytes.get(at..).and_then(<[u8]>::split_first_chunk::<NEAR>) {
        let (words, _) = near.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let marks = equal(word, b'"') | equal(word, b'\\');
            if marks != 0 {
                return at + 8 * index + (marks.trailing_zeros() / 8) as usize;
            }
        }
        return at + NEAR + quote_or_escape_far(far);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    (at + quote_or_escape_last(rest)).min(bytes.len())
}

#[inline(never)]
fn quote_or_escape_far(bytes: &[u8]) -> usize {
    memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len())
}

#[inline(never)]
fn quote_or_escape_last(bytes: &[u8]) -> usize {
    let (words, last) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let marks = equal(word, b'"') | equal(word, b'\\');
        if marks != 0 {
            return 8 * index + (marks.trailing_zeros() / 8) as usize;
        }
    }
    let hit = last.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    hit.map_or(bytes.len(), |hit| 8 * words.len() + hit)
}

/// Position of the first byte from `at` on that may be a bracket, a brace or a `"`, or the length of `bytes`.
/// Of what stands outside strings in JSON nothing else is a hit.
#[inline]
pub fn structural(bytes: &[u8], at: usize) -> usize {
    find(bytes, at, &mut Structural)
}

/// Brackets and braces have three bits in common that no digit, no sign and no letter of `true`, `false`,
/// `null` or an exponent has.
struct Structural;

const BRACKET: u8 = 0b0101_1000;

impl Search for Structural {
    #[inline]
    fn word(&mut self, word: u64) -> u64 {
        let bracket = (word << 1) & (word << 3) & (word << 4) & HIGHS;
        equal(word, b'"') | bracket
    }

    #[inline]
    fn block(&mut self, block: &[u8; 64]) -> bool {
        let mut hit = 0;
        for &byte in block {
            hit |= u8::from(byte == b'"');
            hit |= u8::from(byte & BRACKET == BRACKET);
        }
        hit != 0
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> bool {
        byte == b'"' || byte & BRACKET == BRACKET
    }
}

/// Position of the first byte from `at` on that is no digit, or the length of `bytes`.
#[inline]
pub fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(rest) = bytes.get(at..) {
        let Some(chunk) = rest.first_chunk::<8>() else {
            let hit = rest.iter().position(|byte| !byte.is_ascii_digit());
            return at + hit.unwrap_or(rest.len());
        };
        let others = not_digits(u64::from_le_bytes(*chunk));
        if others != 0 {
            return at + (others.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    bytes.len()
}

/// Sets bits in the bytes of `word` that are no digits; only the lowest such byte is sure.
const fn not_digits(word: u64) -> u64 {
    const HIGH_HALVES: u64 = ONES * 0xf0;
    const THREES: u64 = ONES * 0x30;
    // The high half is 3, and stays 3 when six is added.
    ((word & HIGH_HALVES) ^ THREES) | ((word.wrapping_add(ONES * 6) & HIGH_HALVES) ^ THREES)
}

/// Position of the first byte from `at` on that is not white space of JSON, or the length of `bytes`.
#[inline]
pub fn space_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        // Most bodies are written without white space, or with one space here and there.
        Some(byte) if *byte > b' ' => at,
        Some(b' ') if bytes.get(at + 1).is_some_and(|byte| *byte > b' ') => at + 1,
        _ => space_end_after(bytes, at),
    }
}

#[cold]
fn space_end_after(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filler that no search stops at, then `byte`, then fillers again.
    fn around(byte: u8, at: usize, len: usize) -> Vec<u8> {
        let mut bytes = vec![b'7'; len];
        bytes[at] = byte;
        bytes
    }

    #[test]
    fn every_byte_is_judged_alike_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for len in [1, 7, 8, 9, 31, 33, 64, 97, 130, 200] {
                for at in (0..len).step_by(3).chain([len - 1]) {
                    let bytes = around(byte, at, len);
                    let stop = |hit| if hit { at } else { len };
                    let mut seen = Seen::default();
                    let text = matches!(byte, b'"' | b'\\' | 0..0x20);
                    assert_eq!(text_stop(&bytes, 0, &mut seen), stop(text), "{byte} at {at} of {len}");
                    assert_eq!(seen.ascii(), byte < 0x80);
                    assert_eq!(quote_or_escape(&bytes, 0), stop(matches!(byte, b'"' | b'\\')));
                    let sure = matches!(byte, b'"' | b'[' | b']' | b'{' | b'}');
                    let unsure = !sure && matches!(byte, b'X'..=b'_' | b'x'..=0x7f | 0xd8..=0xdf | 0xf8..);
                    assert_eq!(structural(&bytes, 0), stop(sure || unsure));
                    assert_eq!(digits_end(&bytes, 0), stop(!byte.is_ascii_digit()));
                }
            }
        }
    }

    #[test]
    fn plain_texts_have_nothing_to_escape() {
        for byte in 0..=u8::MAX {
            for length in 1..40 {
                for at in 0..length {
                    let plain = !matches!(byte, b'"' | b'\\' | 0..0x20);
                    assert_eq!(is_plain(&around(byte, at, length)), plain, "{byte} at {at} of {length}");
                }
            }
        }
        assert!(is_plain(b""));
    }

    #[test]
    fn the_first_of_several_hits_counts() {
        let mut bytes = around(b'"', 100, 200);
        for at in [190, 104, 101] {
            bytes[at] = 0x01;
            assert_eq!(text_stop(&bytes, 0, &mut Seen::default()), 100);
            assert_eq!(quote_or_escape(&bytes, 3), 100);
            assert_eq!(structural(&bytes, 99), 100);
        }
        assert_eq!(quote_or_escape(&bytes, 101), 200);
    }

    #[test]
    fn a_start_past_the_end_is_the_end() {
        assert_eq!(quote_or_escape(b"abc", 4), 3);
        assert_eq!(digits_end(b"", 0), 0);
        assert_eq!(space_end(b" ", 5), 5);
    }
}
