//! Short ids of letters and digits, for providers that take no others.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether `id` is so many letters and digits.
pub(crate) fn is_short(id: &str, length: usize) -> bool {
    id.len() == length && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// So many letters and digits that stand for `id`: always the same, and others for another one.
pub(crate) fn shorten(id: &str, length: usize) -> String {
    let mut state = hash(id.as_bytes());
    let mut short = String::with_capacity(length);
    for _ in 0..length {
        let digit = usize::try_from(state % 62).ok().and_then(|at| DIGITS.get(at));
        short.push(char::from(*digit.unwrap_or(&b'0')));
        state = if state < 62 { mix(state ^ u64::from_le_bytes(*b"short id")) } else { state / 62 };
    }
    short
}

/// FNV-1a, mixed so that all bits depend on all of the text.
fn hash(bytes: &[u8]) -> u64 {
    let folded = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(folded)
}

const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_short_is_known() {
        assert!(is_short("gSIMJiOkT", 9));
        for id in ["", "gSIMJiOk", "gSIMJiOkTx", "call_1234", "gSIMJiOk-", "gSIMJiOé"] {
            assert!(!is_short(id, 9), "{id}");
        }
    }

    #[test]
    fn an_id_is_always_shortened_to_the_same() {
        assert_eq!(shorten("call_abc", 9), shorten("call_abc", 9));
        let ids: HashSet<String> = (0..50_000).map(|number| shorten(&format!("call_{number}"), 9)).collect();
        assert_eq!(ids.len(), 50_000);
        assert!(ids.iter().all(|id| is_short(id, 9)));
        assert!(is_short(&shorten("", 9), 9));
        assert!(is_short(&shorten("x", 40), 40));
    }
}
