//! Sources that Google names for an answer.

use document::{Document, Value};
use model::{Citation, Json};

/// The sources in `groundingMetadata` or `citationMetadata`, each once.
pub(super) fn citations(note: &Json) -> Vec<Citation> {
    let Ok(document) = Document::parse(note.as_bytes().to_vec().into()) else { return Vec::new() };
    let chunks = document.value("groundingChunks").into_iter().flat_map(Value::items);
    let chunks = chunks.filter_map(|chunk| {
        ["web", "retrievedContext", "maps"].into_iter().find_map(|kind| chunk.value(kind))
    });
    let sources = document.value("citationSources").or_else(|| document.value("citations"));
    let mut found: Vec<Citation> = Vec::new();
    for source in chunks.chain(sources.into_iter().flat_map(Value::items)) {
        let text = |name: &str| source.value(name).and_then(Value::as_str).map(Box::from);
        let url: Option<Box<str>> = text("uri");
        if url.is_none() || found.iter().any(|known| known.url == url) {
            continue;
        }
        let raw = Some(Json::from_checked(source.raw().to_vec()));
        found.push(Citation { url, title: text("title"), span: None, raw });
    }
    found
}
