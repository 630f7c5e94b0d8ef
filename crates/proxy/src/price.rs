//! What the answers of a target cost: its own prices, else those of the catalogue, else nobody knows.

use std::sync::Arc;

use model::Prices;
use provider::Route;
use telemetry::{Catalogue, PriceSource};

use crate::target::Surroundings;

/// Where the prices of a target are looked for. Outlives the request, for its account.
pub struct TargetPrices {
    configured: Option<Prices>,
    catalogue: Arc<Catalogue>,
    /// The provider's list in the catalogue.
    list: &'static str,
    /// The request names a deployment, and only the answer says which model that is.
    answer_first: bool,
}

impl TargetPrices {
    pub fn new(
        configured: Option<Prices>,
        list: &'static str,
        route: &Route,
        around: &Surroundings<'_>,
    ) -> Arc<Self> {
        let catalogue = Arc::clone(around.catalogue);
        Arc::new(Self { configured, catalogue, list, answer_first: route.names_deployment() })
    }

    /// The prices of one answer: `requested` is the model that was asked for, `answered` the one that the answer
    /// names. Of these the first that the catalogue knows counts.
    pub fn find(&self, requested: Option<&str>, answered: Option<&str>) -> (PriceSource, Option<&Prices>) {
        if let Some(configured) = &self.configured {
            return (PriceSource::Configured, Some(configured));
        }
        let names = if self.answer_first { [answered, requested] } else { [requested, answered] };
        let entry = names.into_iter().flatten().find_map(|model| self.catalogue.find(self.list, model));
        // What is not sold by the token has no prices of tokens.
        match entry.map(|entry| &entry.prices).filter(|prices| prices.are_complete()) {
            Some(prices) => (PriceSource::Catalogue, Some(prices)),
            None => (PriceSource::Unknown, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Price;

    use super::*;

    fn prices(configured: Option<&str>, list: &'static str, answer_first: bool) -> TargetPrices {
        let configured = configured.map(|price| {
            let price = Price::parse(price).ok();
            Prices { input: price, output: price, ..Prices::default() }
        });
        TargetPrices { configured, catalogue: Arc::default(), list, answer_first }
    }

    fn found(prices: &TargetPrices, requested: &str, answered: &str) -> (PriceSource, Option<String>) {
        let name = |name: &'_ str| (!name.is_empty()).then(|| name.to_owned());
        let (requested, answered) = (name(requested), name(answered));
        let (source, prices) = prices.find(requested.as_deref(), answered.as_deref());
        (source, prices.and_then(|prices| prices.input).map(|price| price.to_string()))
    }

    #[test]
    fn configured_prices_go_first() {
        let prices = prices(Some("7"), "openai", false);
        assert_eq!(found(&prices, "gpt-4o", "gpt-4o"), (PriceSource::Configured, Some("7".to_owned())));
        assert_eq!(found(&prices, "", ""), (PriceSource::Configured, Some("7".to_owned())));
    }

    #[test]
    fn the_catalogue_is_asked_for_the_request_and_then_for_the_answer() {
        let prices = prices(None, "openai", false);
        let catalogue = |price: &str| (PriceSource::Catalogue, Some(price.to_owned()));
        assert_eq!(found(&prices, "gpt-4o-mini", "gpt-4o-2024-08-06"), catalogue("0.15"));
        assert_eq!(found(&prices, "mine", "gpt-4o-2024-08-06"), catalogue("2.5"));
        assert_eq!(found(&prices, "", "gpt-4o-2024-08-06"), catalogue("2.5"));
    }

    #[test]
    fn a_deployment_may_be_called_like_another_model() {
        let prices = prices(None, "azure", true);
        let catalogue = |price: &str| (PriceSource::Catalogue, Some(price.to_owned()));
        assert_eq!(found(&prices, "gpt-4", "gpt-4o-2024-08-06"), catalogue("2.5"));
        assert_eq!(found(&prices, "gpt-4o", ""), catalogue("2.5"));
    }

    #[test]
    fn unknown_is_not_nothing() {
        assert_eq!(found(&prices(None, "openai", false), "gpt-9", "gpt-9"), (PriceSource::Unknown, None));
        assert_eq!(found(&prices(None, "vllm", false), "gpt-4o", "gpt-4o"), (PriceSource::Unknown, None));
        assert_eq!(found(&prices(None, "openai", false), "", ""), (PriceSource::Unknown, None));
        // Sold by the second.
        assert_eq!(found(&prices(None, "openai", false), "whisper-1", ""), (PriceSource::Unknown, None));
    }
}
