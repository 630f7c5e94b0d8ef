//! The regular expressions of all routes.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use regex::{Regex, RegexSet, RegexSetBuilder};

use super::Captures;
use super::ranks::Ranks;

/// From this many on, one automaton tells at once which can match at all.
const SET_FROM: usize = 4;

/// Memory for the set, in bytes; the default is for one expression.
const SET_SIZE: usize = 256 << 20;

/// Every expression once, each with the ranks of the entries that have it.
#[derive(Debug, Default)]
pub struct PatternIndex {
    /// By first rank.
    patterns: Vec<Pattern>,
    set: Option<RegexSet>,
}

#[derive(Debug)]
pub struct Pattern {
    written: Box<str>,
    regex: Regex,
    names: Arc<[Option<Box<str>>]>,
    ranks: Ranks,
}

/// What a route's path matched: from the start of the path to `end`.
#[derive(Debug, Default)]
pub struct Span {
    pub end: usize,
    pub captures: Captures,
}

impl Span {
    pub fn prefix(end: usize) -> Self {
        Self { end, captures: Captures::default() }
    }
}

/// Anchored at the start, and only there.
fn anchored(written: &str) -> String {
    format!("^(?:{written})")
}

impl Pattern {
    pub fn ranks(&self) -> &Ranks {
        &self.ranks
    }

    /// What it matches, if it does.
    pub fn span(&self, path: &str) -> Option<Span> {
        if self.names.len() <= 1 {
            return Some(Span::prefix(self.regex.find(path)?.end()));
        }
        let captures = self.regex.captures(path)?;
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into();
        let values = captures.iter().skip(1).map(|group| group.map(|group| decoded(group.as_str())));
        Some(Span { end: captures.get(0)?.end(), captures: Captures::new(&self.names, values.collect()) })
    }
}

impl PatternIndex {
    /// Adds the expression of an entry; ranks come in ascending order, `hosts` as [`Ranks::add`] takes them.
    pub fn add(&mut self, written: &str, rank: usize, hosts: Option<&[u32]>) -> Result<(), regex::Error> {
        if let Some(known) = self.patterns.iter_mut().find(|known| *known.written == *written) {
            known.ranks.add(rank, hosts);
            return Ok(());
        }
        let regex = Regex::new(&anchored(written))?;
        let names = regex.capture_names().map(|name| name.map(Box::from)).collect();
        let mut ranks = Ranks::default();
        ranks.add(rank, hosts);
        self.patterns.push(Pattern { written: written.into(), regex, names, ranks });
        Ok(())
    }

    /// To be called when all are added.
    pub fn finish(&mut self) -> Result<(), regex::Error> {
        if self.patterns.len() >= SET_FROM {
            let written = self.patterns.iter().map(|pattern| anchored(&pattern.written));
            let set = RegexSetBuilder::new(written).size_limit(SET_SIZE).build()?;
            self.set = Some(set);
        }
        Ok(())
    }

    /// Calls `visit` for each expression that can match and has an entry before `limit`, the most important
    /// first.
    pub fn each(&self, path: &str, limit: usize, mut visit: impl FnMut(&Pattern)) {
        let before = |pattern: &&Pattern| pattern.ranks.first().is_some_and(|rank| rank < limit);
        if self.patterns.first().as_ref().is_none_or(|first| !before(first)) {
            return;
        }
        match &self.set {
            None => self.patterns.iter().filter(before).for_each(visit),
            Some(set) => {
                for index in &set.matches(path) {
                    if let Some(pattern) = self.patterns.get(index).filter(before) {
                        visit(pattern);
                    }
                }
            }
        }
    }
}
