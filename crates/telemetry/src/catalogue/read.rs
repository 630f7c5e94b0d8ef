//! Reads a price file: sections of providers, and a line for each model.

use std::collections::HashMap;
use std::sync::Arc;

use model::{ContextFactor, Price, Prices, TierFactor, parse_tokens};

use super::CatalogueProblem;
use super::entry::{Entry, Kind, Table, Unit};

/// Problems that are told of a file.
const MOST_PROBLEMS: usize = 100;

/// What is said once, for the lines below.
#[derive(Default)]
struct Section {
    list: Option<Arc<str>>,
    source: Option<Arc<str>>,
    date: Option<Arc<str>>,
}

/// Reads a whole file.
pub(super) fn table(text: &str, is_list: &dyn Fn(&str) -> bool) -> Result<Table, Vec<CatalogueProblem>> {
    let mut table = Table::default();
    let mut section = Section::default();
    let mut problems = Vec::new();
    // Lines of names, for the message about a second one.
    let mut lines: HashMap<(Arc<str>, Box<str>), usize> = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        let Some(first) = words.next() else { continue };
        let outcome = if let Some(name) = first.strip_prefix('[') {
            head(name, words, is_list, &mut table, &mut section)
        } else {
            entry(first, words, &section).and_then(|entry| {
                let list = Arc::clone(&entry.list);
                let names = std::iter::once(entry.model.clone()).chain(entry.also.iter().cloned());
                let names: Vec<Box<str>> = names.map(|name| name.to_ascii_lowercase().into()).collect();
                table.add(entry).map_err(|name| {
                    let before = lines.get(&(Arc::clone(&list), name.clone())).copied();
                    format!("'{name}' stands in line {} already", before.unwrap_or(number))
                })?;
                lines.extend(names.into_iter().map(|name| ((Arc::clone(&list), name), number)));
                Ok(())
            })
        };
        if let Err(message) = outcome {
            problems.push(CatalogueProblem { line: number, message: message.into() });
            if problems.len() >= MOST_PROBLEMS {
                break;
            }
        }
    }
    if problems.is_empty() { Ok(table) } else { Err(problems) }
}

/// `[openai] source=URL date=2026-11-22`, or `[catalogue] version=… alone=true`.
fn head<'t>(
    name: &str,
    words: impl Iterator<Item = &'t str>,
    is_list: &dyn Fn(&str) -> bool,
    table: &mut Table,
    section: &mut Section,
) -> Result<(), String> {
    let name = name.strip_suffix(']').ok_or("expected [PROVIDER]")?;
    let of_file = name == "catalogue";
    // Lines below a section that is wrong belong to none, and are not told as well.
    *section = Section::default();
    if !of_file && !is_list(name) {
        section.list = Some("".into());
        return Err(format!("there is no provider '{name}'"));
    }
    if !of_file {
        section.list = Some(name.into());
    }
    for word in words {
        let (key, value) = pair(word)?;
        match key {
            "version" if of_file => table.version = value.into(),
            "alone" if of_file => {
                table.alone = value.parse().map_err(|_| "alone: expected true or false".to_owned())?;
            }
            "source" if !of_file => section.source = Some(value.into()),
            "date" if !of_file => section.date = Some(date(value)?.into()),
            _ => return Err(format!("'{key}' means nothing here")),
        }
    }
    Ok(())
}

fn pair(word: &str) -> Result<(&str, &str), String> {
    let pair = word.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
    pair.ok_or_else(|| format!("expected NAME=VALUE in place of '{word}'"))
}

/// `gpt-5 input=1.25 output=10 …`.
fn entry<'t>(model: &str, words: impl Iterator<Item = &'t str>, section: &Section) -> Result<Entry, String> {
    let list = section.list.clone().ok_or("a line of a model stands below a [PROVIDER]")?;
    if model.contains('=') {
        return Err(format!("expected the name of a model in place of '{model}'"));
    }
    let mut entry = Entry {
        list,
        model: model.into(),
        source: section.source.clone(),
        date: section.date.clone(),
        ..Entry::default()
    };
    let (mut contexts, mut tiers, mut units) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = Vec::new();
    for word in words {
        let (key, value) = pair(word)?;
        if seen.contains(&key) {
            return Err(format!("'{key}' stands there twice"));
        }
        seen.push(key);
        let told = |error: model::PriceError| format!("{key}: {error}");
        if let Some(place) = place(&mut entry.prices, key) {
            *place = Some(Price::parse(value).map_err(told)?);
        } else if let Some(size) = key.strip_prefix("above_") {
            let (input, output) = value.split_once(',').ok_or(format!("{key}: expected two factors"))?;
            contexts.push(ContextFactor {
                above: parse_tokens(size).map_err(told)?,
                input: Price::parse(input).map_err(told)?,
                output: Price::parse(output).map_err(told)?,
            });
        } else if let Some(tier) = key.strip_prefix("tier_").filter(|tier| !tier.is_empty()) {
            let (factor, cache_read) =
                value.split_once(',').map_or((value, None), |(all, read)| (all, Some(read)));
            tiers.push(TierFactor {
                tier: tier.into(),
                factor: Price::parse(factor).map_err(told)?,
                cache_read: cache_read.map(Price::parse).transpose().map_err(told)?,
            });
        } else if let Some(unit) = key.strip_prefix("per_") {
            let unit = Unit::ALL.into_iter().find(|known| known.name() == unit);
            let unit = unit.ok_or_else(|| format!("'{key}' is no unit that prices are for"))?;
            units.push((unit, Price::parse(value).map_err(told)?));
        } else {
            fact(&mut entry, key, value)?;
        }
    }
    if !entry.kind.has_output() && entry.prices.input.is_some() {
        entry.prices.output.get_or_insert(Price::ZERO);
    }
    if entry.prices.input.is_some() != entry.prices.output.is_some() {
        return Err("of the prices 'input' and 'output' there is only one".to_owned());
    }
    entry.prices.context_factors = contexts.into();
    entry.prices.tier_factors = tiers.into();
    entry.units = units.into();
    Ok(entry)
}

fn place<'e>(prices: &'e mut Prices, key: &str) -> Option<&'e mut Option<Price>> {
    Some(match key {
        "input" => &mut prices.input,
        "output" => &mut prices.output,
        "cache_read" => &mut prices.cache_read,
        "cache_write" => &mut prices.cache_write,
        "cache_write_5m" => &mut prices.cache_write_5m,
        "cache_write_1h" => &mut prices.cache_write_1h,
        "audio_input" => &mut prices.audio_input,
        "audio_output" => &mut prices.audio_output,
        "image_input" => &mut prices.image_input,
        "image_output" => &mut prices.image_output,
        "reasoning" => &mut prices.reasoning,
        _ => return None,
    })
}

/// What is no price.
fn fact(entry: &mut Entry, key: &str, value: &str) -> Result<(), String> {
    let tokens = || parse_tokens(value).map_err(|error| format!("{key}: {error}"));
    match key {
        "kind" => {
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == value);
            entry.kind = kind.ok_or_else(|| format!("kind: '{value}' is none"))?;
        }
        "context" => entry.context = Some(tokens()?),
        "max_output" => entry.max_output = Some(tokens()?),
        "also" => entry.also = value.split(',').filter(|name| !name.is_empty()).map(Into::into).collect(),
        "source" => entry.source = Some(value.into()),
        "date" => entry.date = Some(date(value)?.into()),
        _ => return Err(format!("'{key}' is not known")),
    }
    Ok(())
}

fn date(text: &str) -> Result<&str, String> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let mut bytes = text.bytes().enumerate();
    let right = text.len() == 10
        && bytes.all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { is_digit(byte) });
    right.then_some(text).ok_or_else(|| format!("date: expected one such as 2026-11-22 in place of '{text}'"))
}
