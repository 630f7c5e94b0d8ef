//! What an answer cost, by Kong's formula, in decimal numbers.

use std::fmt;

use model::{ContextFactor, Price, Prices, TierFactor, Usage};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

#[cfg(test)]
mod tests;

/// Where prices come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PriceSource {
    /// The target's configuration.
    Configured,
    /// The catalogue: the built-in one, or a file over it.
    Catalogue,
    /// Nowhere: the cost is not known, which is not the same as nothing.
    #[default]
    Unknown,
}

impl PriceSource {
    pub const ALL: [Self; 3] = [Self::Configured, Self::Catalogue, Self::Unknown];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Catalogue => "catalogue",
            Self::Unknown => "unknown",
        }
    }
}

/// An amount of money in the unit of the prices. Not negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(Decimal);

impl Amount {
    pub const ZERO: Self = Self(Decimal::ZERO);

    pub const fn decimal(self) -> Decimal {
        self.0
    }

    /// As near as a binary number comes: for protocols that have no others.
    pub fn to_f64(self) -> f64 {
        self.0.to_f64().unwrap_or_default()
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Amount {
    /// A JSON number: no zeros behind, no exponent.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.normalize(), formatter)
    }
}

/// What an answer cost, or that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    Known(Amount),
    /// There are no prices for it.
    Unknown,
}

impl Cost {
    pub const fn amount(self) -> Option<Amount> {
        match self {
            Self::Known(amount) => Some(amount),
            Self::Unknown => None,
        }
    }
}

/// What `usage` costs at `prices`; `tier` is the service tier that the provider reported. Unknown unless both
/// the price of input and that of output are given.
pub fn cost(prices: &Prices, usage: &Usage, tier: Option<&str>) -> Cost {
    let (Some(input), Some(output)) = (prices.input, prices.output) else { return Cost::Unknown };
    let written = prices.cache_write.unwrap_or(input);
    let paid_in = sum([
        (usage.fresh_input, input),
        (usage.tool_input, input),
        (usage.audio_input, prices.audio_input.unwrap_or(input)),
        (usage.image_input, prices.image_input.unwrap_or(input)),
        (usage.cache_write, prices.cache_write_5m.unwrap_or(written)),
        (usage.cache_write_hour, prices.cache_write_1h.unwrap_or(written)),
    ]);
    let paid_read = sum([(usage.cache_read, prices.cache_read.unwrap_or(input))]);
    let paid_out = sum([
        (usage.output, output),
        (usage.reasoning, prices.reasoning.unwrap_or(output)),
        (usage.audio_output, prices.audio_output.unwrap_or(output)),
        (usage.image_output, prices.image_output.unwrap_or(output)),
    ]);
    let (context_in, context_out) = context_factors(&prices.context_factors, usage.prompt_tokens());
    let (of_tier, of_tier_read) = tier_factors(&prices.tier_factors, tier);
    let scaled = |paid, context, tier| by(by(paid, context), tier);
    let total = scaled(paid_in, context_in, of_tier)
        .saturating_add(scaled(paid_read, context_in, of_tier_read))
        .saturating_add(scaled(paid_out, context_out, of_tier));
    Cost::Known(Amount(times(total, Decimal::new(1, 6)).normalize()))
}

/// Tokens at their prices of a million.
fn sum<const N: usize>(parts: [(u64, Price); N]) -> Decimal {
    parts.iter().filter(|(tokens, _)| *tokens > 0).fold(Decimal::ZERO, |sum, (tokens, price)| {
        sum.saturating_add(times(Decimal::from(*tokens), price.decimal()))
    })
}

/// Most amounts are nothing, and most factors are one.
fn by(paid: Decimal, factor: Price) -> Decimal {
    if paid.is_zero() || factor == Price::ONE { paid } else { times(paid, factor.decimal()) }
}

fn times(left: Decimal, right: Decimal) -> Decimal {
    left.saturating_mul(right)
}

/// Of input and output: those of the largest size that is exceeded.
fn context_factors(factors: &[ContextFactor], tokens: u64) -> (Price, Price) {
    let exceeded = factors.iter().filter(|factor| tokens > factor.above);
    exceeded
        .max_by_key(|factor| factor.above)
        .map_or((Price::ONE, Price::ONE), |factor| (factor.input, factor.output))
}

/// Of everything, and of what was read from a cache: those of the longest word that the tier contains.
fn tier_factors(factors: &[TierFactor], tier: Option<&str>) -> (Price, Price) {
    let Some(tier) = tier.filter(|_| !factors.is_empty()) else { return (Price::ONE, Price::ONE) };
    let contained = factors.iter().filter(|factor| contains(tier, &factor.tier));
    // Some call their fast lane `fast`; who names that word itself means it.
    let fast = || {
        let is_fast =
            tier.split(|c: char| !c.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("fast"));
        factors.iter().find(|factor| is_fast && factor.tier.eq_ignore_ascii_case("priority"))
    };
    let found = contained.max_by_key(|factor| factor.tier.len()).or_else(fast);
    found.map_or((Price::ONE, Price::ONE), |found| (found.factor, found.cache_read.unwrap_or(found.factor)))
}

/// Whether a word occurs in a text, whatever the case.
fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    !word.is_empty() && text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}
