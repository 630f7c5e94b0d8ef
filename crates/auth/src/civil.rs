//! Points in time as cloud APIs write them. Seconds of the Unix epoch, UTC; no clock is read here.

const DAY: u64 = 86_400;

/// As in `20130524T000000Z`: what signatures of AWS are dated with. Years beyond 9999 make a longer text.
pub fn compact_date(unix_seconds: u64) -> String {
    let (year, month, day) = date_of(unix_seconds / DAY);
    let rest = unix_seconds % DAY;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Reads `2013-05-24T00:00:00Z`, with or without a fraction of a second; only UTC, only since 1970.
pub fn parse_utc(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (date, time) = text.split_once('T')?;
    let time = match time.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction) => whole,
        Some(_) => return None,
        None => time,
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let valid = year >= 1970
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    valid.then(|| days_until(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Three numbers of so many digits each.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut read = |width: usize| {
        let part = parts.next()?;
        if part.len() == width && is_digits(part) { part.parse().ok() } else { None }
    };
    let [first, second, third] = widths;
    let found = [read(first)?, read(second)?, read(third)?];
    parts.next().is_none().then_some(found)
}

/// Year, month and day of a day since 1970-01-01. Counted in eras of 400 years that begin in March, so that
/// the leap day is the last of a year.
fn date_of(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Days from 1970-01-01 to a date that is not before it.
fn days_until(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points_in_time() {
        for (seconds, compact, long) in [
            (0, "19700101T000000Z", "1970-01-01T00:00:00Z"),
            (1_369_353_600, "20130524T000000Z", "2013-05-24T00:00:00Z"),
            (1_440_938_160, "20150830T123600Z", "2015-08-30T12:36:00Z"),
            (951_782_399, "20000228T235959Z", "2000-02-28T23:59:59.123Z"),
            (951_868_800, "20000301T000000Z", "2000-03-01T00:00:00+00:00"),
            (1_709_164_800, "20240229T000000Z", "2024-02-29T00:00:00Z"),
            (4_102_444_800, "21000101T000000Z", "2100-01-01T00:00:00Z"),
        ] {
            assert_eq!(compact_date(seconds), compact);
            assert_eq!(parse_utc(long), Some(seconds), "{long}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for day in 0..146_097 {
            let (year, month, date) = date_of(day);
            assert_eq!(days_until(year, month, date), day);
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "Z",
            "2013-05-24",
            "2013-05-24T00:00:00",
            "2013-13-24T00:00:00Z",
            "2013-05-32T00:00:00Z",
            "2013-05-24T24:00:00Z",
            "2013-5-24T00:00:00Z",
            "2013-05-24T00:00:00.Z",
            "2013-05-24T00:00:00.5x5Z",
            "2013-05-24T00:00:00+02:00",
            "+013-05-24T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2013-05-24-01T00:00:00Z",
        ] {
            assert_eq!(parse_utc(text), None, "{text}");
        }
    }
}
