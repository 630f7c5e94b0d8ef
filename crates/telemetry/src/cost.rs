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
    let written = || prices.cache_write.unwrap_or(input);
    let (mut paid_in, mut paid_read, mut paid_out) = (Paid::default(), Paid::default(), Paid::default());
    paid_in.add(usage.fresh_input, || input);
    paid_in.add(usage.tool_input, || input);
    paid_in.add(usage.audio_input, || prices.audio_input.unwrap_or(input));
    paid_in.add(usage.image_input, || prices.image_input.unwrap_or(input));
    paid_in.add(usage.cache_write, || prices.cache_write_5m.unwrap_or_else(written));
    paid_in.add(usage.cache_write_hour, || prices.cache_write_1h.unwrap_or_else(written));
    paid_read.add(usage.cache_read, || prices.cache_read.unwrap_or(input));
    paid_out.add(usage.output, || output);
    paid_out.add(usage.reasoning, || prices.reasoning.unwrap_or(output));
    paid_out.add(usage.audio_output, || prices.audio_output.unwrap_or(output));
    paid_out.add(usage.image_output, || prices.image_output.unwrap_or(output));
    let (context_in, context_out) = context_factors(&prices.context_factors, usage.prompt_tokens());
    let (of_tier, of_tier_read) = tier_factors(&prices.tier_factors, tier);
    let scaled = |Paid(paid), context, tier| by(by(paid, context), tier);
    let total = plus(
        plus(scaled(paid_in, context_in, of_tier), scaled(paid_read, context_in, of_tier_read)),
        scaled(paid_out, context_out, of_tier),
    );
    Cost::Known(Amount(millionth(total).normalize()))
}

/// Tokens at their prices of a million.
#[derive(Default)]
struct Paid(Decimal);

impl Paid {
    /// Most parts have no tokens.
    #[inline]
    fn add(&mut self, tokens: u64, price: impl FnOnce() -> Price) {
        if tokens > 0 {
            self.0 = plus(self.0, times(Decimal::from(tokens), price().decimal()));
        }
    }
}

/// Most amounts that are added are nothing.
fn plus(left: Decimal, right: Decimal) -> Decimal {
    if left.is_zero() {
        right
    } else if right.is_zero() {
        left
    } else {
        left.saturating_add(right)
    }
}

fn millionth(mut amount: Decimal) -> Decimal {
    // Moving the point is exact, where there is room for it.
    match amount.set_scale(amount.scale() + 6) {
        Ok(()) => amount,
        Err(_) => times(amount, Decimal::new(1, 6)),
    }
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
