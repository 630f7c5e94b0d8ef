//! Tests of reading prices, sizes and lifetimes.

use super::*;

fn text(price: &str) -> String {
    Price::parse(price).map_or_else(|error| error.to_string(), |price| price.to_string())
}

#[test]
fn prices_are_decimal_and_written_short() {
    let cases = [
        ("2.50", "2.5"),
        (".5", "0.5"),
        ("10", "10"),
        ("100", "100"),
        ("0", "0"),
        ("-0", "0"),
        ("25e-1", "2.5"),
        ("1E2", "100"),
        ("1e-7", "0.0000001"),
        ("0.1", "0.1"),
        // As programs that count in binary fractions write it.
        ("0.15000000000000002", "0.15"),
    ];
    for (written, expected) in cases {
        assert_eq!(text(written), expected, "{written}");
    }
}

#[test]
fn what_is_no_price_is_told() {
    for (written, expected) in [
        ("", PriceError::NoNumber),
        ("x", PriceError::NoNumber),
        ("1,5", PriceError::NoNumber),
        ("NaN", PriceError::NoNumber),
        ("inf", PriceError::NoNumber),
        ("-1", PriceError::Negative),
        ("1000000000.1", PriceError::TooLarge),
    ] {
        assert_eq!(Price::parse(written), Err(expected), "{written}");
    }
    assert!(Price::parse("1e400").is_err());
    assert!(Price::parse(&"9".repeat(400)).is_err());
}

#[test]
fn sizes_have_suffixes() {
    for (written, expected) in [("200000", 200_000), ("200k", 200_000), ("272K", 272_000), ("1m", 1_000_000)]
    {
        assert_eq!(parse_tokens(written), Ok(expected), "{written}");
    }
    for written in
        ["", "k", "-1", "+1", "1.5m", "1g", "200 k", "99999999999999999999", "18446744073709551615k"]
    {
        assert_eq!(parse_tokens(written), Err(PriceError::NoTokens), "{written}");
    }
}

#[test]
fn lifetimes_are_those_that_providers_have() {
    for written in ["5m", "300s", "5M", "300"] {
        assert_eq!(parse_lifetime(written), Ok(Lifetime::FiveMinutes), "{written}");
    }
    for written in ["1h", "60m", "3600s"] {
        assert_eq!(parse_lifetime(written), Ok(Lifetime::Hour), "{written}");
    }
    for written in ["", "h", "2h", "1d", "-5m", "99999999999999999999h"] {
        assert_eq!(parse_lifetime(written), Err(PriceError::NoLifetime), "{written}");
    }
}
