//! What the catalogue says of a model, and the table of all of them.

use std::sync::Arc;

use model::{Price, Prices};

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Chat,
    Embedding,
    Image,
    Speech,
    Transcription,
    Rerank,
    Realtime,
    Video,
    Ocr,
    Moderation,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Chat,
        Self::Embedding,
        Self::Image,
        Self::Speech,
        Self::Transcription,
        Self::Rerank,
        Self::Realtime,
        Self::Video,
        Self::Ocr,
        Self::Moderation,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
            Self::Image => "image",
            Self::Speech => "speech",
            Self::Transcription => "transcription",
            Self::Rerank => "rerank",
            Self::Realtime => "realtime",
            Self::Video => "video",
            Self::Ocr => "ocr",
            Self::Moderation => "moderation",
        }
    }

    /// Whether its answers have tokens that cost something.
    pub(super) const fn has_output(self) -> bool {
        !matches!(self, Self::Embedding | Self::Rerank | Self::Moderation)
    }
}

/// What else than tokens a price can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Image,
    /// Of audio or film.
    Second,
    MillionCharacters,
    ThousandSearches,
    Page,
}

impl Unit {
    pub const ALL: [Self; 5] =
        [Self::Image, Self::Second, Self::MillionCharacters, Self::ThousandSearches, Self::Page];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Second => "second",
            Self::MillionCharacters => "million_characters",
            Self::ThousandSearches => "thousand_searches",
            Self::Page => "page",
        }
    }
}

/// What is known of one model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub list: Arc<str>,
    pub model: Box<str>,
    /// Other names of the same.
    pub also: Box<[Box<str>]>,
    pub kind: Kind,
    /// Of tokens. Without input and output it is not known what tokens cost.
    pub prices: Prices,
    /// Of anything else: told, and not counted yet.
    pub units: Box<[(Unit, Price)]>,
    /// Tokens that fit in.
    pub context: Option<u64>,
    /// Most tokens of an answer.
    pub max_output: Option<u64>,
    /// The page that says so.
    pub source: Option<Arc<str>>,
    /// When it said so, as `2026-11-22`.
    pub date: Option<Arc<str>>,
}

/// The entries of one file.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub version: Box<str>,
    /// Nothing that is built in counts besides.
    pub alone: bool,
    pub entries: Vec<Entry>,
    /// Sorted by list and name, which is in lower case.
    index: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    list: Arc<str>,
    name: Box<str>,
    entry: usize,
}

impl Table {
    /// Adds an entry; else the name that is there already.
    pub fn add(&mut self, entry: Entry) -> Result<(), Box<str>> {
        let names: Vec<Box<str>> = std::iter::once(&entry.model)
            .chain(&entry.also)
            .map(|name| name.to_ascii_lowercase().into())
            .collect();
        for name in names {
            let Err(at) = self.position(&entry.list, &name) else { return Err(name) };
            let row = Row { list: Arc::clone(&entry.list), name, entry: self.entries.len() };
            self.index.insert(at, row);
        }
        self.entries.push(entry);
        Ok(())
    }

    /// By a name in lower case.
    pub fn entry(&self, list: &str, name: &str) -> Option<&Entry> {
        let row = self.index.get(self.position(list, name).ok()?)?;
        self.entries.get(row.entry)
    }

    fn position(&self, list: &str, name: &str) -> Result<usize, usize> {
        self.index.binary_search_by(|row| (&*row.list, &*row.name).cmp(&(list, name)))
    }
}
