//! Moments as RFC 3339 writes them.

/// Unix seconds of `2024-01-15T08:13:38.876196Z`, or with an offset in place of the `Z`; none before 1970.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (clock, rest) = time.split_at_checked(8)?;
    let mut clock = clock.splitn(3, ':').map(str::parse::<u32>);
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let of_day = i64::from(hour * 3600 + minute * 60 + second);
    u64::try_from(days(year, month, day) * 86_400 + of_day - offset(zone)?).ok()
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, so that a leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => return Some(0),
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2024-01-15T08:13:38.876196Z", Some(1_705_306_418)),
            ("2023-08-04T08:52:19.385406455-07:00", Some(1_691_164_339)),
            ("2000-02-29T23:59:59Z", Some(951_868_799)),
            ("2024-03-01T00:00:00+01:00", Some(1_709_247_600)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("1969-12-31T23:59:59Z", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-01-15T08:13:38", None),
            ("2024-01-15", None),
            ("2024-01-15T8:13:38Z", None),
            ("2024-01-15T08:13:3\u{e9}Z", None),
            ("99999999999-01-15T08:13:38Z", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
