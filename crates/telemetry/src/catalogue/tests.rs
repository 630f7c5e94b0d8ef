//! Tests of the built-in catalogue, of reading files, and of which entry is found.

use std::collections::BTreeMap;

use model::{Price, Usage};

use super::*;
use crate::{Cost, cost};

fn anything(_: &str) -> bool {
    true
}

fn read(text: &str) -> Catalogue {
    Catalogue::read(text, &anything).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn problems(text: &str) -> Vec<String> {
    let known = |list: &str| list == "openai";
    Catalogue::read(text, &known).unwrap_err().iter().map(ToString::to_string).collect()
}

fn input(catalogue: &Catalogue, list: &str, model: &str) -> Option<String> {
    Some(catalogue.find(list, model)?.prices.input?.to_string())
}

fn built_in() -> Vec<&'static Entry> {
    BUILT_IN.entries.iter().collect()
}

#[test]
fn the_built_in_file_has_no_problems() {
    if let Err(problems) = read::table(include_str!("prices.txt"), &anything) {
        panic!("{problems:#?}");
    }
    assert!(!BUILT_IN.version.is_empty());
    assert!(built_in().len() > 500);
}

#[test]
fn each_built_in_entry_says_where_it_is_from_and_when() {
    for entry in built_in() {
        assert!(entry.source.as_ref().is_some_and(|source| source.starts_with("https://")), "{entry:?}");
        assert!(entry.date.as_ref().is_some_and(|date| **date >= *"2026-01-01"), "{entry:?}");
        assert!(entry.prices.are_complete() || !entry.units.is_empty(), "{entry:?}");
    }
}

#[test]
fn each_provider_that_sells_has_models() {
    let mut lists = BTreeMap::new();
    for entry in built_in() {
        *lists.entry(&*entry.list).or_insert(0) += 1;
    }
    let names: Vec<&str> = lists.keys().copied().collect();
    let expected = [
        "anthropic",
        "azure",
        "bedrock",
        "cerebras",
        "cohere",
        "dashscope",
        "databricks",
        "deepseek",
        "gemini",
        "huggingface",
        "mistral",
        "openai",
        "vertex",
        "xai",
    ];
    assert_eq!(names, expected);
    assert!(lists.values().all(|count| *count >= 6), "{lists:?}");
}

/// A slip of the decimal point would show.
#[test]
fn built_in_prices_are_plausible() {
    let price = |text| Price::parse(text).unwrap();
    for entry in built_in() {
        let prices = &entry.prices;
        let (Some(input), Some(output)) = (prices.input, prices.output) else { continue };
        assert!(input <= price("150") && output <= price("600"), "{entry:?}");
        if entry.kind == Kind::Embedding {
            assert!(input <= price("1") && output == Price::ZERO, "{entry:?}");
        } else {
            assert!(input > Price::ZERO && output >= Price::ZERO, "{entry:?}");
        }
        let reads = prices.cache_read.unwrap_or(input);
        assert!(reads <= input, "what is read from a cache costs no more: {entry:?}");
        for factor in &prices.tier_factors {
            let is_lower = matches!(&*factor.tier, "flex" | "batch");
            assert_eq!(factor.factor < Price::ONE, is_lower, "{entry:?}");
        }
        let sizes: Vec<_> = prices.context_factors.iter().map(|factor| factor.above).collect();
        assert!(sizes.is_sorted() && prices.context_factors.iter().all(|factor| factor.input > Price::ONE));
    }
}

/// Facts that are on the providers' pages, by hand.
#[test]
fn well_known_prices_are_found() {
    let catalogue = Catalogue::default();
    for (list, model, expected) in [
        ("openai", "gpt-4o", "2.5"),
        ("openai", "gpt-4o-2024-08-06", "2.5"),
        ("openai", "gpt-4o-2024-05-13", "5"),
        ("openai", "gpt-4o-mini-2024-07-18", "0.15"),
        ("openai", "gpt-5-2025-08-07", "1.25"),
        ("openai", "text-embedding-3-small", "0.02"),
        ("openai", "ft:gpt-4o-2024-08-06:acme::abc", "3.75"),
        ("azure", "gpt-4o-2024-08-06", "2.5"),
        ("anthropic", "claude-sonnet-4-5-20250929", "3"),
        ("anthropic", "claude-3-5-haiku-latest", "0.8"),
        ("gemini", "models/gemini-2.5-pro", "1.25"),
        ("vertex", "claude-sonnet-4-5@20250929", "3"),
        ("vertex", "google/gemini-2.5-flash", "0.3"),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3"),
        ("bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "3"),
        ("bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0", "3"),
        ("bedrock", "us.amazon.nova-pro-v1:0", "0.8"),
        ("bedrock", "amazon.titan-embed-text-v2:0", "0.02"),
        ("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0", "0.035"),
        ("mistral", "mistral-large-latest", "0.5"),
        ("cohere", "command-r-plus-08-2024", "2.5"),
        ("deepseek", "deepseek-chat", "0.28"),
        ("cerebras", "gpt-oss-120b", "0.35"),
        ("xai", "grok-4.3", "1.25"),
        ("dashscope", "qwen-max", "1.6"),
        ("databricks", "databricks-claude-sonnet-4-5", "3"),
    ] {
        assert_eq!(input(&catalogue, list, model).as_deref(), Some(expected), "{list} {model}");
    }
}

#[test]
fn what_has_no_price_is_not_found() {
    let catalogue = Catalogue::default();
    for (list, model) in [
        ("openai", "gpt-4o-mini-tuned"),
        ("openai", "gpt-9"),
        ("openai", "claude-sonnet-4-5"),
        ("azure", "my-deployment"),
        ("ollama", "llama3.1:8b"),
        ("vllm", "gpt-4o"),
        ("llama2", "llama2"),
        ("dashscope-cn", "qwen-max"),
        ("bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"),
    ] {
        assert!(catalogue.find(list, model).is_none(), "{list} {model}");
    }
}

/// No name of an entry may lead to another entry's price.
#[test]
fn every_name_finds_its_own_entry() {
    let catalogue = Catalogue::default();
    for entry in built_in() {
        for name in std::iter::once(&entry.model).chain(&entry.also) {
            assert_eq!(catalogue.find(&entry.list, name), Some(entry), "{name}");
            let longer = format!("{name}-x");
            let found = catalogue.find(&entry.list, &longer);
            assert!(found.is_none_or(|found| *found.model == *longer), "{longer}");
        }
    }
}

/// The page of <https://ai.google.dev/gemini-api/docs/pricing>: above 200k tokens input doubles, output is half as
/// dear again.
#[test]
fn a_long_prompt_to_gemini() {
    let catalogue = Catalogue::default();
    let prices = &catalogue.find("gemini", "gemini-2.5-pro").unwrap().prices;
    let usage = Usage { fresh_input: 300_000, cache_read: 100_000, output: 10_000, ..Usage::default() };
    assert_eq!(cost(prices, &usage, None).amount().unwrap().to_string(), "0.925");
}

#[test]
fn models_that_are_not_sold_by_token_have_no_cost_of_tokens() {
    let catalogue = Catalogue::default();
    let entry = catalogue.find("openai", "whisper-1").unwrap();
    assert_eq!(entry.units.first(), Some(&(Unit::Second, Price::parse("0.0001").unwrap())));
    assert_eq!(cost(&entry.prices, &Usage { output: 5, ..Usage::default() }, None), Cost::Unknown);
}

#[test]
fn every_word_of_the_format_is_read() {
    let catalogue = read(
        "# mine\n[catalogue] version=7 alone=true\n\n[openai] source=https://example.com/p date=2026-01-02 # here\n\
         a also=b,c kind=realtime input=1 output=2 cache_read=.1 cache_write=3 cache_write_5m=4 cache_write_1h=5 \
         audio_input=6 audio_output=7 image_input=8 image_output=9 reasoning=10 above_200k=2,1.5 above_1m=4,3 \
         tier_flex=0.5,1 tier_priority=2 per_image=0.04 per_second=0.1 per_million_characters=15 \
         per_thousand_searches=2 per_page=0.002 context=200k max_output=4096\n\
         d input=1 output=2 source=https://example.com/d date=2026-01-03\n",
    );
    assert_eq!(catalogue.version(), "7");
    let entry = catalogue.find("openai", "B").unwrap();
    assert_eq!((&*entry.model, entry.kind), ("a", Kind::Realtime));
    assert_eq!((entry.context, entry.max_output), (Some(200_000), Some(4096)));
    let prices = &entry.prices;
    let all = [
        prices.input,
        prices.output,
        prices.cache_read,
        prices.cache_write,
        prices.cache_write_5m,
        prices.cache_write_1h,
        prices.audio_input,
        prices.audio_output,
        prices.image_input,
        prices.image_output,
        prices.reasoning,
    ];
    let all: Vec<String> = all.iter().map(|price| price.unwrap().to_string()).collect();
    assert_eq!(all, ["1", "2", "0.1", "3", "4", "5", "6", "7", "8", "9", "10"]);
    let above: Vec<u64> = prices.context_factors.iter().map(|factor| factor.above).collect();
    assert_eq!(above, [200_000, 1_000_000]);
    assert_eq!(prices.tier_factors.len(), 2);
    let units: Vec<&str> = entry.units.iter().map(|(unit, _)| unit.name()).collect();
    assert_eq!(units, ["image", "second", "million_characters", "thousand_searches", "page"]);
    assert_eq!(entry.source.as_deref(), Some("https://example.com/p"));
    let other = catalogue.find("openai", "d").unwrap();
    assert_eq!(
        (other.source.as_deref(), other.date.as_deref()),
        (Some("https://example.com/d"), Some("2026-01-03"))
    );
    assert!(catalogue.find("openai", "gpt-4o").is_none(), "alone");
    assert_eq!(catalogue.entries().len(), 2);
}

#[test]
fn a_file_goes_over_what_is_built_in() {
    let catalogue = read(
        "[openai]\ngpt-4o input=1 output=1\nmine input=7 output=7\n[ollama]\nllama3.1:8b input=0 output=0\n",
    );
    assert_eq!(input(&catalogue, "openai", "gpt-4o").as_deref(), Some("1"));
    // The file knows the model, if not this state of it.
    assert_eq!(input(&catalogue, "openai", "gpt-4o-2024-05-13").as_deref(), Some("1"));
    assert_eq!(input(&catalogue, "openai", "gpt-4o-mini").as_deref(), Some("0.15"));
    assert_eq!(input(&catalogue, "openai", "mine").as_deref(), Some("7"));
    assert_eq!(input(&catalogue, "ollama", "llama3.1:8b").as_deref(), Some("0"));
    let listed: Vec<(&str, String)> = catalogue
        .entries()
        .iter()
        .filter(|entry| {
            &*entry.list == "openai" && entry.model.starts_with("gpt-4o-2024") || &*entry.model == "gpt-4o"
        })
        .map(|entry| (&*entry.list, entry.prices.input.unwrap().to_string()))
        .collect();
    assert!(listed.contains(&("openai", "1".to_owned())));
    assert!(
        !catalogue
            .entries()
            .iter()
            .any(|entry| &*entry.list == "openai" && &*entry.model == "gpt-4o-2024-05-13")
    );
}

/// A line without prices says that nobody knows them.
#[test]
fn a_price_can_be_taken_away() {
    let catalogue = read("[openai]\ngpt-4o\n");
    let entry = catalogue.find("openai", "gpt-4o").unwrap();
    assert_eq!(cost(&entry.prices, &Usage::default(), None), Cost::Unknown);
}

#[test]
fn problems_are_told_with_their_lines() {
    let text = "gpt-1 input=1 output=1\n\
                [openai] source=x date=yesterday\n\
                [nobody]\n\
                x input=1 output=1\n\
                [openai\n\
                [openai] price=1\n\
                [catalogue] alone=perhaps\n\
                [openai]\n\
                a input=1\n\
                b input=-1 output=1\n\
                c input=1 output=x\n\
                d input=1 output=1 input=2\n\
                e cost=1\n\
                f above_200k=2\n\
                g above_many=2,2\n\
                h per_hour=1\n\
                i kind=poem\n\
                j free\n\
                k context=much\n\
                l input=1 output=1\n\
                L input=1 output=1\n\
                input=1 output=1\n";
    let expected = [
        "1: a line of a model stands below a [PROVIDER]",
        "2: date: expected one such as 2026-11-22 in place of 'yesterday'",
        "3: there is no provider 'nobody'",
        "5: expected [PROVIDER]",
        "6: 'price' means nothing here",
        "7: alone: expected true or false",
        "9: of the prices 'input' and 'output' there is only one",
        "10: input: expected a number that is not negative",
        "11: output: expected a decimal number, such as 2.50",
        "12: 'input' stands there twice",
        "13: 'cost' is not known",
        "14: above_200k: expected two factors",
        "15: above_many: expected a number of tokens, such as 200000, 200k or 1m",
        "16: 'per_hour' is no unit that prices are for",
        "17: kind: 'poem' is none",
        "18: expected NAME=VALUE in place of 'free'",
        "19: context: expected a number of tokens, such as 200000, 200k or 1m",
        "21: 'l' stands in line 20 already",
        "22: expected the name of a model in place of 'input=1'",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn the_number_of_problems_is_bounded() {
    assert_eq!(problems(&"x\n".repeat(1000)).len(), 100);
}

proptest::proptest! {
    #[test]
    fn no_text_and_no_name_breaks_anything(text in ".{0,300}", name in ".{0,300}") {
        let _ = Catalogue::read(&text, &anything);
        let _ = Catalogue::read(&format!("[openai]\n{text}"), &anything);
        let _ = Catalogue::default().find("bedrock", &name);
    }
}
