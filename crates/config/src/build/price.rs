//! Prices of a target: those that a cost can be made of.

use model::{ContextFactor, Lifetime, Price, Prices, TierFactor, parse_lifetime, parse_tokens};

use super::Builder;
use crate::tree::NodeId;
use crate::view::View;

const INPUT: &str = "input_cost";
const OUTPUT: &str = "output_cost";
const LIFETIMES: &str = "cache_write_cost_list";
const CONTEXTS: &str = "context_window_factor";
const TIERS: &str = "service_tier_factor";

impl Builder<'_> {
    /// None where they are not complete, as in Kong: without the prices of both input and output there is no cost.
    pub(super) fn prices(&mut self, options: &View<'_>) -> Option<Prices> {
        let mut prices = Prices {
            input: self.price(options, INPUT),
            output: self.price(options, OUTPUT),
            cache_read: self.price(options, "cache_read_cost"),
            cache_write: self.price(options, "cache_write_cost"),
            context_factors: self.context_factors(options).into(),
            tier_factors: self.tier_factors(options).into(),
            ..Prices::default()
        };
        self.lifetimes(options, &mut prices);
        if !options.has(INPUT) || !options.has(OUTPUT) {
            let missing = if options.has(INPUT) { OUTPUT } else { INPUT };
            let given = [INPUT, OUTPUT, "cache_read_cost", "cache_write_cost", LIFETIMES, CONTEXTS, TIERS];
            for name in given.into_iter().filter(|name| options.has(name)) {
                self.warning(options.spot(name).place(), format!("has no effect without '{missing}'"));
            }
        }
        prices.are_complete().then_some(prices)
    }

    fn price(&mut self, view: &View<'_>, name: &'static str) -> Option<Price> {
        match Price::parse(&view.number(name)?) {
            Ok(price) => Some(price),
            Err(error) => {
                self.error(view.spot(name).place(), error.to_string());
                None
            }
        }
    }

    /// The items of a list with what they are for, each of which counts once.
    fn labelled<'v, T: PartialEq>(
        &mut self,
        options: &View<'v>,
        list: &'static str,
        label: &'static str,
        mut read: impl FnMut(&mut Self, &View<'v>, &'v str) -> Option<T>,
    ) -> Vec<(View<'v>, T)> {
        let mut found: Vec<(View<'v>, T)> = Vec::new();
        let items: &'v [NodeId] = options.items(list);
        for item in items {
            let view = options.item_as(list, *item);
            let Some(value) = view.text(label).and_then(|text| read(self, &view, text)) else { continue };
            if found.iter().any(|(_, other)| *other == value) {
                self.warning(view.spot(label).place(), "has no effect: an item before is for the same");
            } else {
                found.push((view, value));
            }
        }
        found
    }

    fn lifetimes(&mut self, options: &View<'_>, prices: &mut Prices) {
        let items = self.labelled(options, LIFETIMES, "ttl", |builder, view, text| {
            let lifetime = parse_lifetime(text).ok();
            if lifetime.is_none() {
                let message = "has no effect: no provider tells of cache writes with this lifetime";
                builder.warning(view.spot("ttl").place(), message).hint("write 5m or 1h");
            }
            lifetime
        });
        for (view, lifetime) in items {
            let price = self.price(&view, "cost");
            match lifetime {
                Lifetime::FiveMinutes => prices.cache_write_5m = price,
                Lifetime::Hour => prices.cache_write_1h = price,
            }
        }
    }

    fn context_factors(&mut self, options: &View<'_>) -> Vec<ContextFactor> {
        let items = self.labelled(options, CONTEXTS, "above", |builder, view, text| {
            let above = parse_tokens(text);
            if let Err(error) = above {
                builder.error(view.spot("above").place(), error.to_string());
            }
            above.ok()
        });
        let factor = |(view, above): (View<'_>, u64)| {
            let input = self.price(&view, "input_factor")?;
            Some(ContextFactor { above, input, output: self.price(&view, "output_factor")? })
        };
        items.into_iter().filter_map(factor).collect()
    }

    fn tier_factors(&mut self, options: &View<'_>) -> Vec<TierFactor> {
        let items = self.labelled(options, TIERS, "tier", |_, _, text| Some(text.to_ascii_lowercase()));
        let factor = |(view, tier): (View<'_>, String)| {
            let factor = self.price(&view, "factor")?;
            Some(TierFactor { tier: tier.into(), factor, cache_read: None })
        };
        items.into_iter().filter_map(factor).collect()
    }
}
