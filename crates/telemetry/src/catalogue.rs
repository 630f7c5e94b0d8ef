//! The catalogue of prices: what is compiled in, and a file of the operator's over it.
//!
//! The format is described in `docs/cost.md`; the built-in file is `catalogue/prices.txt`.

mod entry;
mod name;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::LazyLock;

use thiserror::Error;

use entry::Table;
pub use entry::{Entry, Kind, Unit};

/// Read when somebody first asks: a process whose targets have prices of their own needs none of it.
static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    // That it has no problems is a test.
    read::table(include_str!("catalogue/prices.txt"), &|_| true).unwrap_or_default()
});

/// One thing that is wrong with a price file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{line}: {message}")]
pub struct CatalogueProblem {
    /// From 1.
    pub line: usize,
    pub message: Box<str>,
}

/// Prices of models by list and name. A list is a provider, or a part of one that has prices of its own.
#[derive(Default)]
pub struct Catalogue {
    own: Option<Table>,
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Catalogue").field("version", &self.version()).finish_non_exhaustive()
    }
}

impl Catalogue {
    /// Reads a price file, which goes over what is built in; `is_list` tells the names of lists. Refused with its
    /// problems, of which the first hundred are told.
    pub fn read(text: &str, is_list: &dyn Fn(&str) -> bool) -> Result<Self, Vec<CatalogueProblem>> {
        Ok(Self { own: Some(read::table(text, is_list)?) })
    }

    /// What a model of a list costs, under any of the names that it goes by. An entry of a file goes before every
    /// built-in one.
    pub fn find(&self, list: &str, model: &str) -> Option<&Entry> {
        self.tables().find_map(|table| name::find(model, |name| table.entry(list, name)))
    }

    /// The version that the file over the built-in one states, else that of the latter.
    pub fn version(&self) -> &str {
        self.own.as_ref().map_or(&BUILT_IN.version, |own| &own.version)
    }

    /// Every entry in force, by list and model.
    pub fn entries(&self) -> Vec<&Entry> {
        let own = self.own.as_ref();
        let is_replaced = |entry: &Entry| {
            own.is_some_and(|own| name::find(&entry.model, |name| own.entry(&entry.list, name)).is_some())
        };
        let built_in = self.tables().skip(usize::from(own.is_some())).flat_map(|table| &table.entries);
        let mut entries: Vec<&Entry> = built_in.filter(|entry| !is_replaced(entry)).collect();
        entries.extend(own.iter().flat_map(|own| &own.entries));
        entries.sort_by(|one, other| (&one.list, &one.model).cmp(&(&other.list, &other.model)));
        entries
    }

    /// In order of precedence.
    fn tables(&self) -> impl Iterator<Item = &Table> {
        let alone = self.own.as_ref().is_some_and(|own| own.alone);
        self.own.iter().chain((!alone).then(|| &*BUILT_IN))
    }
}
