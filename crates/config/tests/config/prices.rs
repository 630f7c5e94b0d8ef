//! Prices of a target: what is made of them, and what is wrong with them.

use config::PluginConfig;
use model::{Price, Prices};

use super::{lines, load, loaded};

fn document(options: &str) -> String {
    format!(
        "_format_version: '3.0'\nplugins:\n- name: ai-proxy\n  config: {{route_type: llm/v1/chat, auth: {{header_name: a, header_value: b}}, \
         model: {{provider: openai, name: m, options: {{{options}}}}}}}\n"
    )
}

fn prices(options: &str) -> Option<Prices> {
    let mut configuration = loaded(&document(options));
    let PluginConfig::AiProxy(plugin) = configuration.plugins.remove(0).config else { panic!("no ai-proxy") };
    plugin.target.unwrap().prices
}

fn warnings(options: &str) -> Vec<String> {
    let loaded = load(&document(options)).unwrap_or_else(|problems| panic!("{:#?}", lines(&problems)));
    messages(&lines(&loaded.warnings))
}

fn errors(options: &str) -> Vec<String> {
    messages(&lines(&load(&document(options)).err().unwrap()))
}

/// Without file and place.
fn messages(lines: &[String]) -> Vec<String> {
    let start = "config.model.options.";
    lines.iter().map(|line| line.split_once(start).map_or(&**line, |(_, rest)| rest).to_owned()).collect()
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

#[test]
fn all_of_kongs_prices_are_read() {
    let prices = prices(
        "input_cost: 2.50, output_cost: 10, cache_read_cost: .25, cache_write_cost: 3, \
         cache_write_cost_list: [{ttl: 5m, cost: 3.5}, {ttl: 1h, cost: 5}], \
         context_window_factor: [{above: '200k', input_factor: 2, output_factor: 1.5}, {above: '1000000', input_factor: 3, output_factor: 3}], \
         service_tier_factor: [{tier: Priority, factor: 2}, {tier: flex, factor: 0.5}]",
    )
    .unwrap();
    assert_eq!((prices.input, prices.output), (Some(price("2.5")), Some(price("10"))));
    assert_eq!((prices.cache_read, prices.cache_write), (Some(price("0.25")), Some(price("3"))));
    assert_eq!((prices.cache_write_5m, prices.cache_write_1h), (Some(price("3.5")), Some(price("5"))));
    let contexts: Vec<_> =
        prices.context_factors.iter().map(|factor| (factor.above, factor.input, factor.output)).collect();
    assert_eq!(contexts, [(200_000, price("2"), price("1.5")), (1_000_000, price("3"), price("3"))]);
    let tiers: Vec<_> = prices.tier_factors.iter().map(|factor| (&*factor.tier, factor.factor)).collect();
    assert_eq!(tiers, [("priority", price("2")), ("flex", price("0.5"))]);
}

#[test]
fn nothing_is_a_price_too() {
    let prices = prices("input_cost: 0, output_cost: 0").unwrap();
    assert_eq!((prices.input, prices.output), (Some(Price::ZERO), Some(Price::ZERO)));
}

#[test]
fn half_of_the_prices_is_none() {
    assert_eq!(prices("max_tokens: 5"), None);
    assert_eq!(prices("input_cost: 1"), None);
    assert_eq!(warnings("input_cost: 1"), ["input_cost: has no effect without 'output_cost'"]);
    assert_eq!(warnings("output_cost: 1"), ["output_cost: has no effect without 'input_cost'"]);
    assert_eq!(
        warnings("cache_read_cost: 1, service_tier_factor: [{tier: flex, factor: 1}]"),
        [
            "cache_read_cost: has no effect without 'input_cost'",
            "service_tier_factor: has no effect without 'input_cost'"
        ]
    );
    assert_eq!(warnings("input_cost: 1, output_cost: 1, cache_read_cost: 1"), [""; 0]);
}

#[test]
fn what_cannot_be_reckoned_with_is_told() {
    let both = "input_cost: 1, output_cost: 1, ";
    assert_eq!(
        errors("input_cost: 1e12, output_cost: 1"),
        ["input_cost: expected a number up to 1000000000"]
    );
    assert_eq!(
        errors(&format!("{both}context_window_factor: [{{above: many, input_factor: 1, output_factor: 1}}]")),
        ["context_window_factor[0].above: expected a number of tokens, such as 200000, 200k or 1m"]
    );
    assert_eq!(
        warnings(&format!("{both}cache_write_cost_list: [{{ttl: 1d, cost: 1}}]")),
        [
            "cache_write_cost_list[0].ttl: has no effect: no provider tells of cache writes with this lifetime (hint: write 5m or 1h)"
        ]
    );
    assert_eq!(
        warnings(&format!(
            "{both}service_tier_factor: [{{tier: flex, factor: 1}}, {{tier: FLEX, factor: 2}}], \
             context_window_factor: [{{above: 1k, input_factor: 1, output_factor: 1}}, {{above: '1000', input_factor: 2, output_factor: 1}}]"
        )),
        [
            "service_tier_factor[1].tier: has no effect: an item before is for the same",
            "context_window_factor[1].above: has no effect: an item before is for the same"
        ]
    );
}
