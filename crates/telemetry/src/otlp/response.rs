//! What a collector says of a request that it has taken.

/// Entries that it has not kept: `partial_success.rejected_*`, which all signals have at the same place. What cannot be
/// read says nothing.
pub fn rejected(response: &[u8]) -> u64 {
    match field(response) {
        Some(Field::Bytes(partial)) => match field(partial) {
            Some(Field::Number(count)) => count,
            Some(Field::Bytes(_)) | None => 0,
        },
        Some(Field::Number(_)) | None => 0,
    }
}

enum Field<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The field 1 of a message, if it is the first one, as writers have it.
fn field(message: &[u8]) -> Option<Field<'_>> {
    let (tag, rest) = message.split_first()?;
    match tag {
        0x08 => Some(Field::Number(varint(rest)?.0)),
        0x0a => {
            let (length, rest) = varint(rest)?;
            Some(Field::Bytes(rest.get(..usize::try_from(length).ok()?)?))
        }
        _ => None,
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f).checked_shl(u32::try_from(index * 7).ok()?)?;
        value |= bits;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::Message;
    use super::*;

    fn response(count: u64) -> Vec<u8> {
        let mut out = Vec::new();
        Message::new(&mut out).message(1, |partial| {
            partial.varint(1, count);
            partial.text(2, "too old");
        });
        out
    }

    #[test]
    fn nothing_is_rejected_where_nothing_is_said() {
        assert_eq!(rejected(b""), 0);
        assert_eq!(rejected(b"{\"partialSuccess\":{}}"), 0);
        let mut only_a_warning = Vec::new();
        Message::new(&mut only_a_warning).message(1, |partial| partial.text(2, "slow down"));
        assert_eq!(rejected(&only_a_warning), 0);
    }

    proptest! {
        #[test]
        fn counts_are_read(count in any::<u64>(), cut in 0..20_usize) {
            let whole = response(count);
            prop_assert_eq!(rejected(&whole), count);
            let _ = rejected(whole.get(..cut).unwrap_or_default());
        }

        #[test]
        fn nothing_is_too_odd(bytes in any::<Vec<u8>>()) {
            let _ = rejected(&bytes);
        }
    }
}
