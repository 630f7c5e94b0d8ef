//! Tests of the formula: cases by hand, and what holds for all prices and counts.

use model::{ContextFactor, Price, Prices, TierFactor, Usage};
use proptest::prelude::*;

use super::*;

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn at(input: &str, output: &str) -> Prices {
    Prices { input: Some(price(input)), output: Some(price(output)), ..Prices::default() }
}

fn used(fresh_input: u64, output: u64) -> Usage {
    Usage { fresh_input, output, ..Usage::default() }
}

fn text(prices: &Prices, usage: &Usage, tier: Option<&str>) -> String {
    cost(prices, usage, tier).amount().unwrap().to_string()
}

#[test]
fn kongs_fixture() {
    assert_eq!(text(&at("10", "10"), &used(25, 12), None), "0.00037");
}

#[test]
fn amounts_have_no_exponent_and_no_zeros_behind() {
    assert_eq!(text(&at("2.50", "10.00"), &used(1_000_000, 0), None), "2.5");
    assert_eq!(text(&at("100", "0"), &used(1_000_000, 0), None), "100");
    assert_eq!(text(&at("0.000001", "0"), &used(1, 0), None), "0.000000000001");
    assert_eq!(text(&at("0", "0"), &used(7, 9), None), "0");
}

#[test]
fn one_price_alone_says_nothing() {
    let half = Prices { output: None, ..at("1", "1") };
    assert_eq!(cost(&half, &used(1, 1), None), Cost::Unknown);
    let other = Prices { input: None, ..at("1", "1") };
    assert_eq!(cost(&other, &used(0, 1), None), Cost::Unknown);
    assert_eq!(cost(&Prices::default(), &Usage::default(), None), Cost::Unknown);
}

/// Nothing used at known prices is nothing; that is not the same as unknown.
#[test]
fn nothing_used_costs_nothing() {
    assert_eq!(cost(&at("1", "1"), &Usage::default(), None), Cost::Known(Amount::ZERO));
}

#[test]
fn caches_have_prices_of_their_own_or_those_of_input() {
    let usage =
        Usage { fresh_input: 100, cache_read: 10, cache_write: 4, cache_write_hour: 2, ..Usage::default() };
    let plain = at("1000000", "0");
    assert_eq!(text(&plain, &usage, None), "116");
    let cached = Prices { cache_read: Some(price("100000")), cache_write: Some(price("1250000")), ..plain };
    assert_eq!(text(&cached, &usage, None), "108.5");
    let listed =
        Prices { cache_write_1h: Some(price("2000000")), cache_write_5m: Some(price("1000000")), ..cached };
    assert_eq!(text(&listed, &usage, None), "109");
}

#[test]
fn parts_that_are_priced_apart() {
    let usage = Usage {
        fresh_input: 1,
        tool_input: 1,
        audio_input: 1,
        image_input: 1,
        output: 1,
        reasoning: 1,
        audio_output: 1,
        image_output: 1,
        ..Usage::default()
    };
    let plain = at("1000000", "10000000");
    assert_eq!(text(&plain, &usage, None), "44");
    let apart = Prices {
        audio_input: Some(price("2000000")),
        image_input: Some(price("3000000")),
        audio_output: Some(price("20000000")),
        image_output: Some(price("30000000")),
        reasoning: Some(price("40000000")),
        ..plain
    };
    assert_eq!(text(&apart, &usage, None), "107");
}

#[test]
fn long_inputs_cost_more_above_a_size_and_not_at_it() {
    let factor = |above, input, output| ContextFactor { above, input: price(input), output: price(output) };
    // In no order on purpose.
    let prices = Prices {
        context_factors: [factor(400, "3", "2"), factor(200, "2", "1.5")].into(),
        ..at("1000000", "1000000")
    };
    for (tokens, expected) in [(200, "201"), (201, "403.5"), (400, "801.5"), (401, "1205")] {
        assert_eq!(text(&prices, &used(tokens, 1), None), expected, "{tokens}");
    }
    // All input counts for the size, whatever it cost.
    let usage = Usage { cache_read: 150, cache_write: 30, audio_input: 21, ..Usage::default() };
    assert_eq!(text(&prices, &usage, None), "402");
}

#[test]
fn tiers_are_found_by_the_longest_word() {
    let factor =
        |tier: &str, factor| TierFactor { tier: tier.into(), factor: price(factor), cache_read: None };
    let prices = Prices {
        tier_factors: [factor("flex", "0.5"), factor("Priority", "2"), factor("priority_plus", "3")].into(),
        ..at("1000000", "0")
    };
    for (tier, expected) in [
        (None, "1"),
        (Some("default"), "1"),
        (Some(""), "1"),
        (Some("FLEX"), "0.5"),
        (Some("ON_DEMAND_PRIORITY"), "2"),
        (Some("priority_plus"), "3"),
        (Some("fast"), "2"),
        (Some("speed: Fast"), "2"),
        (Some("ultrafast"), "1"),
        (Some("breakfast"), "1"),
    ] {
        assert_eq!(text(&prices, &used(1, 0), tier), expected, "{tier:?}");
    }
    let both = Prices { tier_factors: [factor("priority", "2"), factor("fast", "6")].into(), ..prices };
    assert_eq!(text(&both, &used(1, 0), Some("fast")), "6");
}

#[test]
fn a_tier_may_leave_cached_input_alone() {
    let tier = TierFactor { tier: "flex".into(), factor: price("0.5"), cache_read: Some(Price::ONE) };
    let prices = Prices { tier_factors: [tier].into(), ..at("1000000", "1000000") };
    let usage = Usage { fresh_input: 2, cache_read: 2, output: 2, ..Usage::default() };
    assert_eq!(text(&prices, &usage, Some("flex")), "4");
}

#[test]
fn factors_multiply() {
    let tier = TierFactor { tier: "priority".into(), factor: price("2"), cache_read: None };
    let context = ContextFactor { above: 1, input: price("2"), output: price("1.5") };
    let prices =
        Prices { tier_factors: [tier].into(), context_factors: [context].into(), ..at("1000000", "1000000") };
    assert_eq!(text(&prices, &used(2, 2), Some("priority")), "14");
}

#[test]
fn counts_without_measure_overflow_nothing() {
    let most = Usage { fresh_input: u64::MAX, cache_read: u64::MAX, output: u64::MAX, ..Usage::default() };
    let context = ContextFactor { above: 0, input: price("1e9"), output: price("1e9") };
    let prices = Prices { context_factors: [context].into(), ..at("1e9", "1e9") };
    let amount = cost(&prices, &most, None).amount().unwrap();
    assert!(amount > Amount::ZERO);
}

#[test]
fn amounts_add_up_however_small_or_large() {
    let amount = |text: &str| Amount(text.parse().unwrap());
    assert_eq!(amount("20000000000").plus(amount("0.0000000004")).to_string(), "20000000000.0000000004");
    assert!((amount("0.00037").to_f64() - 0.00037).abs() < 1e-15);
    assert!((amount("2000000000000000").to_f64() - 2e15).abs() < 1.0);
    assert_eq!(amount("1.5").plus(amount("0.5")).to_string(), "2");
}

/// Up to a hundred thousand a million with four digits behind the point.
fn any_price() -> impl Strategy<Value = Price> {
    (0_u64..1_000_000_000).prop_map(|number| price(&format!("{}.{:04}", number / 10_000, number % 10_000)))
}

fn any_usage() -> impl Strategy<Value = Usage> {
    prop::array::uniform11(0_u64..1_000_000_000).prop_map(|parts| {
        let mut usage = Usage::default();
        for (part, tokens) in parts_of(&mut usage).into_iter().zip(parts) {
            *part = tokens;
        }
        usage
    })
}

fn parts_of(usage: &mut Usage) -> [&mut u64; 11] {
    let Usage {
        fresh_input,
        cache_read,
        cache_write,
        cache_write_hour,
        audio_input,
        image_input,
        tool_input,
        output,
        reasoning,
        audio_output,
        image_output,
        accepted_prediction: _,
        rejected_prediction: _,
    } = usage;
    [
        fresh_input,
        cache_read,
        cache_write,
        cache_write_hour,
        audio_input,
        image_input,
        tool_input,
        output,
        reasoning,
        audio_output,
        image_output,
    ]
}

/// Prices whose factors grow with the size, as all do that exist.
fn any_prices() -> impl Strategy<Value = Prices> {
    let optional = prop::array::uniform9(prop::option::of(any_price()));
    let context = prop::collection::btree_map(0_u64..2_000_000_000, (0_u64..50, 0_u64..50), 0..3);
    (any_price(), any_price(), optional, context).prop_map(|(input, output, optional, context)| {
        let [
            cache_read,
            cache_write,
            for_minutes,
            for_hours,
            audio_input,
            image_input,
            audio_output,
            image_output,
            reasoning,
        ] = optional;
        let mut so_far = (10, 10);
        let context_factors = context
            .into_iter()
            .map(|(above, (input, output))| {
                so_far = (so_far.0 + input, so_far.1 + output);
                let tenths = |number: u64| price(&format!("{}.{}", number / 10, number % 10));
                ContextFactor { above, input: tenths(so_far.0), output: tenths(so_far.1) }
            })
            .collect();
        Prices {
            input: Some(input),
            output: Some(output),
            cache_read,
            cache_write,
            cache_write_5m: for_minutes,
            cache_write_1h: for_hours,
            audio_input,
            audio_output,
            image_input,
            image_output,
            reasoning,
            context_factors,
            tier_factors: [TierFactor { tier: "flex".into(), factor: price("0.5"), cache_read: None }].into(),
        }
    })
}

fn known(prices: &Prices, usage: &Usage, tier: Option<&str>) -> Amount {
    cost(prices, usage, tier).amount().unwrap()
}

proptest! {
    #[test]
    fn no_cost_is_negative(prices in any_prices(), usage in any_usage()) {
        prop_assert!(known(&prices, &usage, None) >= Amount::ZERO);
    }

    #[test]
    fn more_of_any_part_costs_no_less(
        prices in any_prices(),
        mut usage in any_usage(),
        part in 0_usize..11,
        more in 0_u64..1_000_000_000,
        tier in prop::option::of(Just("flex")),
    ) {
        let before = known(&prices, &usage, tier);
        *parts_of(&mut usage)[part] += more;
        prop_assert!(known(&prices, &usage, tier) >= before);
    }

    /// What is asked in two requests costs what it costs in one, where no size is exceeded.
    #[test]
    fn costs_add_up(prices in any_prices(), one in any_usage(), other in any_usage()) {
        let prices = Prices { context_factors: [].into(), ..prices };
        let together = known(&prices, &one.plus(other), Some("flex"));
        let apart = known(&prices, &one, Some("flex")).plus(known(&prices, &other, Some("flex")));
        prop_assert_eq!(together, apart);
    }

    /// Each part counts for itself.
    #[test]
    fn parts_add_up(prices in any_prices(), mut usage in any_usage()) {
        let prices = Prices { context_factors: [].into(), ..prices };
        let whole = known(&prices, &usage, None);
        let tokens = parts_of(&mut usage).map(|part| *part);
        let mut sum = Amount::ZERO;
        for (at, count) in tokens.into_iter().enumerate() {
            let mut alone = Usage::default();
            *parts_of(&mut alone)[at] = count;
            sum = sum.plus(known(&prices, &alone, None));
        }
        prop_assert_eq!(whole, sum);
    }

    /// Without prices of parts it is Kong's base formula.
    #[test]
    fn plain_prices_are_the_base_formula(input in any_price(), output in any_price(), usage in any_usage()) {
        let prices = Prices { input: Some(input), output: Some(output), ..Prices::default() };
        let expected = (Decimal::from(usage.prompt_tokens()) * input.decimal()
            + Decimal::from(usage.completion_tokens()) * output.decimal())
            / Decimal::from(1_000_000);
        prop_assert_eq!(known(&prices, &usage, None).decimal(), expected);
    }

    /// The text is a JSON number and the amount again.
    #[test]
    fn texts_are_exact(prices in any_prices(), usage in any_usage()) {
        let amount = known(&prices, &usage, None);
        let text = amount.to_string();
        prop_assert!(serde_json::from_str::<serde_json::Number>(&text).is_ok(), "{}", text);
        prop_assert!(!text.contains(['e', 'E', '-']));
        prop_assert!(!text.contains('.') || !text.ends_with('0'));
        prop_assert_eq!(text.parse::<Decimal>().unwrap(), amount.decimal());
    }
}
