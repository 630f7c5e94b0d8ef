//! What tokens cost: prices of a million, and what multiplies them. Decimal numbers, never binary fractions.

use rust_decimal::Decimal;
use thiserror::Error;

#[cfg(test)]
mod tests;

/// Why a text is no price, factor, lifetime or size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PriceError {
    #[error("expected a decimal number, such as 2.50")]
    NoNumber,
    #[error("expected a number that is not negative")]
    Negative,
    #[error("expected a number up to 1000000000")]
    TooLarge,
    #[error("expected a number of tokens, such as 200000, 200k or 1m")]
    NoTokens,
    #[error("expected a lifetime that providers have: 5m or 1h")]
    NoLifetime,
}

/// A price of a million tokens, or a factor: not negative, at most a thousand million, twelve digits after the point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(Decimal);

impl Price {
    pub const ZERO: Self = Self(Decimal::ZERO);
    pub const ONE: Self = Self(Decimal::ONE);
    const MOST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
    const DIGITS: u32 = 12;

    /// Reads `2.5`, `.5` or `25e-1`. What is behind the twelfth digit after the point is rounded.
    pub fn parse(text: &str) -> Result<Self, PriceError> {
        let number = if text.contains(['e', 'E']) {
            Decimal::from_scientific(text)
        } else {
            text.parse().or_else(|_| Decimal::from_scientific(text))
        };
        let number = number.map_err(|_| PriceError::NoNumber)?;
        if number.is_sign_negative() && !number.is_zero() {
            return Err(PriceError::Negative);
        }
        if number > Self::MOST {
            return Err(PriceError::TooLarge);
        }
        Ok(Self(number.round_dp(Self::DIGITS).abs()))
    }

    pub const fn decimal(self) -> Decimal {
        self.0
    }
}

impl std::fmt::Display for Price {
    /// As few digits as it has: no zeros behind, no exponent.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0.normalize(), formatter)
    }
}

/// Prices of a million tokens each, in whatever unit the operator counts. What has no price of its own costs as
/// its kind does: [`Prices::input`] or [`Prices::output`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    pub input: Option<Price>,
    pub output: Option<Price>,
    /// Input read from a prompt cache.
    pub cache_read: Option<Price>,
    /// Input written to a prompt cache, whatever its lifetime.
    pub cache_write: Option<Price>,
    /// The same, where it is kept for five minutes.
    pub cache_write_5m: Option<Price>,
    /// The same, where it is kept for an hour.
    pub cache_write_1h: Option<Price>,
    pub audio_input: Option<Price>,
    pub audio_output: Option<Price>,
    pub image_input: Option<Price>,
    pub image_output: Option<Price>,
    pub reasoning: Option<Price>,
    /// For long inputs; of those whose size is exceeded, the one with the largest counts.
    pub context_factors: Box<[ContextFactor]>,
    /// For service tiers; of those that match, the one with the longest word counts.
    pub tier_factors: Box<[TierFactor]>,
}

impl Prices {
    /// Whether they say what a chat costs: Kong's rule is that one of the two prices alone says nothing.
    pub const fn are_complete(&self) -> bool {
        self.input.is_some() && self.output.is_some()
    }
}

/// What a long input multiplies prices by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextFactor {
    /// Tokens of input that must be exceeded.
    pub above: u64,
    /// For all input, cached or not.
    pub input: Price,
    /// For all output.
    pub output: Price,
}

/// What a service tier multiplies prices by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierFactor {
    /// Found in the name that the provider gives the tier, whatever the case.
    pub tier: Box<str>,
    pub factor: Price,
    /// In place of `factor` for what was read from a cache, where a provider's list says so.
    pub cache_read: Option<Price>,
}

/// Reads `200000`, `200k` or `1m` tokens.
pub fn parse_tokens(text: &str) -> Result<u64, PriceError> {
    let text = text.trim();
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (text.get(..text.len() - 1), 1_000),
        Some(b'm' | b'M') => (text.get(..text.len() - 1), 1_000_000),
        _ => (Some(text), 1),
    };
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let count: Option<u64> = digits.and_then(|digits| digits.parse().ok());
    count.and_then(|count| count.checked_mul(unit)).ok_or(PriceError::NoTokens)
}

/// Lifetimes of what is written to a prompt cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    FiveMinutes,
    Hour,
}

/// Reads `5m`, `300s`, `1h`, `60m` and the like.
pub fn parse_lifetime(text: &str) -> Result<Lifetime, PriceError> {
    let text = text.trim().to_ascii_lowercase();
    let mut digits = text.as_str();
    let mut unit = 1;
    for (suffix, seconds) in [("s", 1), ("m", 60), ("h", 3600)] {
        if let Some(rest) = text.strip_suffix(suffix) {
            (digits, unit) = (rest, seconds);
        }
    }
    let count: Option<u64> = digits.trim().parse().ok();
    match count.and_then(|count| count.checked_mul(unit)) {
        Some(300) => Ok(Lifetime::FiveMinutes),
        Some(3600) => Ok(Lifetime::Hour),
        _ => Err(PriceError::NoLifetime),
    }
}
