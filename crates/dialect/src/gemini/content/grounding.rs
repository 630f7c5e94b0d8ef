//! Sources that Google names for an answer, and which of its text rests on them.

use document::{Document, Value};
use model::{Citation, Json};

use super::places::Places;

/// Citations that an answer may have.
const MOST: usize = 4096;

/// The sources in `groundingMetadata` or `citationMetadata`: each for every stretch of text that rests on it, or once
/// where no such is told.
pub(super) fn citations(note: &Json, places: &Places) -> Vec<Citation> {
    let Ok(document) = Document::parse(note.as_bytes().to_vec().into()) else { return Vec::new() };
    let mut found = Found::default();
    let chunks = document.value("groundingChunks").into_iter().flat_map(Value::items);
    let chunks: Vec<_> = chunks
        .map(|chunk| ["web", "retrievedContext", "maps"].into_iter().find_map(|kind| chunk.value(kind)))
        .collect();
    for support in document.value("groundingSupports").into_iter().flat_map(Value::items) {
        let span = support.value("segment").and_then(|segment| places.of_segment(segment));
        let indices = support.value("groundingChunkIndices").into_iter().flat_map(Value::items);
        for index in indices.filter_map(Value::as_u64).filter_map(|index| usize::try_from(index).ok()) {
            if let (Some(span), Some(Some(source))) = (span, chunks.get(index)) {
                found.add(*source, Some(span));
            }
        }
    }
    for source in chunks.into_iter().flatten() {
        found.add(source, None);
    }
    let sources = document.value("citationSources").or_else(|| document.value("citations"));
    for source in sources.into_iter().flat_map(Value::items) {
        found.add(source, places.of_source(source));
    }
    found.citations
}

#[derive(Default)]
struct Found {
    citations: Vec<Citation>,
}

impl Found {
    /// Adds a source that has an address, unless that is known already, for this text or, where none is told, at all.
    fn add(&mut self, source: Value<'_>, span: Option<(u64, u64)>) {
        let text = |name: &str| source.value(name).and_then(Value::as_str).map(Box::from);
        let url: Option<Box<str>> = text("uri");
        let same = |known: &Citation| known.url == url && (span.is_none() || known.span == span);
        if url.is_none() || self.citations.len() == MOST || self.citations.iter().any(same) {
            return;
        }
        let raw = Some(Json::from_checked(source.raw().to_vec()));
        self.citations.push(Citation { url, title: text("title"), span, raw });
    }
}
