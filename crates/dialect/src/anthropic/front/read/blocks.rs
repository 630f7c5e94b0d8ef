//! What a user or a tool shows: texts, pictures, documents, search results.

use std::borrow::Cow;

use document::{Document, Kind, Value};
use model::{Base64, File, Image, LossKind, Losses, Source, TextPart, UserPart};

use super::{cache, member_text, wrong};
use crate::RequestError;

/// Content as clients may write it.
pub(super) enum Blocks<'d> {
    Text(Cow<'d, str>),
    List(Value<'d>),
}

/// None where it is neither a string nor an array.
pub(super) fn blocks_of(content: Value<'_>) -> Option<Blocks<'_>> {
    match content.kind() {
        Kind::String => content.as_str().map(Blocks::Text),
        Kind::Array => Some(Blocks::List(content)),
        _ => None,
    }
}

/// Appends what a block of a kind is; one that nobody else knows is lost.
pub(super) fn read(
    document: &Document,
    block: Value<'_>,
    kind: &str,
    path: &str,
    parts: &mut Vec<UserPart>,
    losses: &mut Losses,
) -> Result<(), RequestError> {
    let cache = cache(block, losses);
    match kind {
        "text" => {
            let text = member_text(block, "text", || format!("{path}.text").into())?;
            parts.push(UserPart::Text(TextPart { cache, ..TextPart::new(text) }));
        }
        "image" => {
            let source = source(document, block, path)?;
            parts.push(UserPart::Image(Image { source, detail: None, cache }));
        }
        "document" => {
            lose_citations(block, losses);
            if let Some(context) = block.value("context").and_then(Value::as_str) {
                parts.push(UserPart::Text(TextPart::new(context)));
            }
            let name = block.value("title").and_then(Value::as_str).map(Into::into);
            let inner = block.value("source").filter(|source| is_kind(*source, "content"));
            if let Some(content) = inner.and_then(|source| source.value("content")) {
                return read_content(document, content, path, parts, losses);
            }
            let source = source(document, block, path)?;
            parts.push(UserPart::File(File { source, name, cache }));
        }
        "search_result" => {
            lose_citations(block, losses);
            let text = |name: &str| block.value(name).and_then(Value::as_str).unwrap_or_default();
            let found = block.value("content").into_iter().flat_map(Value::items);
            let found = found.filter_map(|block| block.value("text").and_then(Value::as_str));
            let lines = [text("title"), text("source")].into_iter().chain(found);
            let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
            parts.push(UserPart::Text(TextPart { cache, ..TextPart::new(lines.join("\n")) }));
        }
        other => losses.add(format!("messages.content.{other}"), LossKind::Dropped),
    }
    Ok(())
}

/// A document made of blocks is those blocks.
fn read_content(
    document: &Document,
    content: Value<'_>,
    path: &str,
    parts: &mut Vec<UserPart>,
    losses: &mut Losses,
) -> Result<(), RequestError> {
    let refused = || wrong(format!("{path}.source.content"), "a string or an array of blocks");
    let list = match blocks_of(content).ok_or_else(refused)? {
        Blocks::Text(text) => {
            parts.push(UserPart::Text(TextPart::new(text)));
            return Ok(());
        }
        Blocks::List(list) => list,
    };
    for (at, inner) in list.items().enumerate() {
        let path = format!("{path}.source.content[{at}]");
        let kind = member_text(inner, "type", || format!("{path}.type").into())?;
        if !matches!(&*kind, "text" | "image") {
            return Err(wrong(format!("{path}.type"), "text or image"));
        }
        read(document, inner, &kind, &path, parts, losses)?;
    }
    Ok(())
}

fn lose_citations(block: Value<'_>, losses: &mut Losses) {
    let citations = block.value("citations").and_then(|citations| citations.value("enabled"));
    if citations.and_then(Value::as_bool) == Some(true) {
        losses.add("messages.content.citations", LossKind::Dropped);
    }
}

fn is_kind(source: Value<'_>, kind: &str) -> bool {
    source.value("type").and_then(Value::as_str).as_deref() == Some(kind)
}

fn source(document: &Document, block: Value<'_>, path: &str) -> Result<Source, RequestError> {
    let source = block.value("source").filter(|source| source.kind() == Kind::Object);
    let source = source.ok_or_else(|| wrong(format!("{path}.source"), "an object"))?;
    let text = |name: &str| member_text(source, name, || format!("{path}.source.{name}").into());
    let kind = text("type")?;
    Ok(match &*kind {
        "base64" => {
            let data = source.value("data").filter(|data| data.kind() == Kind::String);
            Source::Inline {
                media_type: text("media_type")?.into(),
                data: data
                    .and_then(|data| base64(document, data))
                    .ok_or_else(|| wrong(format!("{path}.source.data"), "base64"))?,
            }
        }
        "url" => Source::Url(text("url")?.into()),
        "file" => Source::Uploaded(text("file_id")?.into()),
        "text" => Source::Text(text("data")?.into_owned()),
        _ => return Err(wrong(format!("{path}.source.type"), "base64, url, file or text")),
    })
}

/// A slice of the body where it has no escapes, which base64 needs none of.
fn base64(document: &Document, data: Value<'_>) -> Option<Base64> {
    let quoted = document.share(&data);
    let inner = quoted.slice(1..quoted.len().checked_sub(1)?);
    // A slash may be escaped.
    Base64::new(inner).or_else(|| Base64::new(data.as_str()?.into_owned()))
}
