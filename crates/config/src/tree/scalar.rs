//! One scalar and its meaning under YAML's core schema.

/// How a scalar was written, which decides whether it can be anything but text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
}

/// Where a scalar's text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    File,
    /// From the environment: it may be a secret, and it is read as whatever type is wanted.
    Environment,
    /// It should come from the environment and does not; that was told already.
    Nowhere,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub text: Box<str>,
    pub style: Style,
    pub origin: Origin,
}

impl Scalar {
    pub(crate) fn plain(text: impl Into<Box<str>>) -> Self {
        Self { text: text.into(), style: Style::Plain, origin: Origin::File }
    }

    pub(crate) fn quoted(text: impl Into<Box<str>>) -> Self {
        Self { text: text.into(), style: Style::Quoted, origin: Origin::File }
    }

    /// A value from the environment.
    pub(crate) fn foreign(text: impl Into<Box<str>>) -> Self {
        Self { origin: Origin::Environment, ..Self::plain(text) }
    }

    /// What stands for a value that could not be had.
    pub(crate) fn nowhere() -> Self {
        Self { origin: Origin::Nowhere, ..Self::quoted("") }
    }

    /// The text, where it may be more than text.
    fn plain_text(&self) -> Option<&str> {
        (self.style == Style::Plain).then_some(&*self.text)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.origin == Origin::File && matches!(self.plain_text(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.plain_text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// An integer, also one written as a float without a fraction.
    pub(crate) fn integer(&self) -> Option<i64> {
        let text = self.plain_text()?;
        if let Some(digits) = text.strip_prefix("0x") {
            return radix(digits, 16);
        }
        if let Some(digits) = text.strip_prefix("0o") {
            return radix(digits, 8);
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok();
        }
        let value = self.float()?;
        // Integers up to 2^53 are exact in a float; the check of the fraction makes the cast exact.
        #[allow(clippy::cast_possible_truncation)]
        (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
    }

    /// A finite number.
    pub(crate) fn float(&self) -> Option<f64> {
        let text = self.plain_text()?;
        if text.starts_with("0x") || text.starts_with("0o") {
            // Configured numbers are far below 2^53.
            #[allow(clippy::cast_precision_loss)]
            return self.integer().map(|value| value as f64);
        }
        if !text.bytes().any(|byte| byte.is_ascii_digit())
            || !text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
        {
            return None;
        }
        text.parse::<f64>().ok().filter(|value| value.is_finite())
    }

    /// The number as JSON writes it, digits unchanged where the text is a JSON number already.
    pub(crate) fn json_number(&self) -> Option<Box<str>> {
        let value = self.float()?;
        let text = self.plain_text()?;
        if is_json_number(text) {
            return Some(text.into());
        }
        Some(format!("{value}").into())
    }

    /// What the scalar is, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        if self.is_null() {
            "null"
        } else if self.boolean().is_some() {
            "a boolean"
        } else if self.integer().is_some() {
            "an integer"
        } else if self.float().is_some() {
            "a number"
        } else {
            "text"
        }
    }
}

fn radix(digits: &str, base: u32) -> Option<i64> {
    (!digits.starts_with(['+', '-'])).then(|| i64::from_str_radix(digits, base).ok()).flatten()
}

/// RFC 8259's `number`.
fn is_json_number(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema_only() {
        for text in ["yes", "no", "on", "off", "y", "tRUE"] {
            assert_eq!(Scalar::plain(text).boolean(), None, "{text}");
        }
        assert_eq!(Scalar::plain("True").boolean(), Some(true));
        assert_eq!(Scalar::quoted("true").boolean(), None);
        assert_eq!(Scalar::plain("0x1F").integer(), Some(31));
        assert_eq!(Scalar::plain("0o17").integer(), Some(15));
        assert_eq!(Scalar::plain("010").integer(), Some(10));
        assert_eq!(Scalar::plain("512.0").integer(), Some(512));
        assert_eq!(Scalar::plain("1e3").integer(), Some(1000));
        for text in ["0x-1", "1_000", "1.5", "", "-", "+", "9223372036854775808", "12a", "2023-05-15"] {
            assert_eq!(Scalar::plain(text).integer(), None, "{text}");
        }
        for text in [".inf", "-.inf", ".nan", "inf", "NaN", "infinity", "1e999"] {
            assert_eq!(Scalar::plain(text).float(), None, "{text}");
        }
        assert_eq!(Scalar::plain(".5").float(), Some(0.5));
    }

    #[test]
    fn numbers_become_json() {
        let json = |text: &str| Scalar::plain(text).json_number().unwrap().into_string();
        assert_eq!(json("0.70"), "0.70");
        assert_eq!(json("1e-3"), "1e-3");
        assert_eq!(json(".5"), "0.5");
        assert_eq!(json("1."), "1");
        assert_eq!(json("+2"), "2");
        assert_eq!(json("0x10"), "16");
        assert_eq!(json("007"), "7");
    }
}
