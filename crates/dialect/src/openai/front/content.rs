//! The content of messages: a text, or parts.

use document::{Document, Kind};
use model::{AssistantPart, CacheLife, CacheMark, File, Reasoning, Seal, Source, TextPart, UserPart};

use super::field::Field;
use super::{media, said};
use crate::RequestError;

const CONTENT: &str = "a string or an array of parts";

/// `cache_control`; what has another form than a mark is none.
pub(super) fn cache(part: Field<'_, '_>) -> Option<CacheMark> {
    let mark = part.member("cache_control")?;
    if mark.value.kind() != Kind::Object {
        return None;
    }
    let life = match mark.value.value("ttl").and_then(document::Value::as_str).as_deref() {
        Some("5m") => Some(CacheLife::FiveMinutes),
        Some("1h") => Some(CacheLife::OneHour),
        _ => None,
    };
    Some(CacheMark { life })
}

/// Calls `read` with the type of each part, or `whole` with a content that is one text.
fn each_part<'d>(
    content: Field<'d, '_>,
    whole: impl FnOnce(String),
    mut read: impl FnMut(&str, Field<'d, '_>) -> Result<(), RequestError>,
) -> Result<(), RequestError> {
    match content.value.kind() {
        Kind::String => {
            whole(content.text()?.into_owned());
            Ok(())
        }
        Kind::Array => content.items(|part| {
            if part.value.kind() == Kind::String {
                return read("", part);
            }
            part.object()?;
            let kind = part.member("type").map(|kind| kind.text()).transpose()?;
            match kind {
                Some(kind) => read(&kind, part),
                None if part.member("text").is_some() => read("text", part),
                None => Err(part.missing("type", "a string")),
            }
        }),
        _ => Err(content.wrong(CONTENT)),
    }
}

fn text_part(kind: &str, part: Field<'_, '_>) -> Result<TextPart, RequestError> {
    if kind.is_empty() {
        return Ok(TextPart::new(part.text()?));
    }
    let text = part.member("text").ok_or_else(|| part.missing("text", "a string"))?;
    Ok(TextPart { cache: cache(part), ..TextPart::new(text.text()?) })
}

/// The content of a system message: text only.
pub(super) fn system(content: Field<'_, '_>) -> Result<Vec<TextPart>, RequestError> {
    let mut parts = Vec::new();
    let mut whole = None;
    each_part(
        content,
        |text| whole = Some(TextPart::new(text)),
        |kind, part| match kind {
            "" | "text" | "input_text" => {
                parts.push(text_part(kind, part)?);
                Ok(())
            }
            _ => Err(part.missing("type", "'text'")),
        },
    )?;
    parts.extend(whole);
    Ok(parts)
}

/// The content of a user or a tool.
pub(super) fn user(document: &Document, content: Field<'_, '_>) -> Result<Vec<UserPart>, RequestError> {
    let mut parts = Vec::new();
    let mut whole = None;
    each_part(
        content,
        |text| whole = Some(UserPart::Text(TextPart::new(text))),
        |kind, part| {
            parts.push(user_part(document, kind, part)?);
            Ok(())
        },
    )?;
    parts.extend(whole);
    Ok(parts)
}

fn user_part(document: &Document, kind: &str, part: Field<'_, '_>) -> Result<UserPart, RequestError> {
    let member = |name: &'static str| (name, part.value.value(name).is_some_and(|value| !value.is_null()));
    let (name, given) = match kind {
        "" | "text" | "input_text" => return text_part(kind, part).map(UserPart::Text),
        "image_url" | "input_image" => member("image_url"),
        "video_url" => member("video_url"),
        "input_audio" => member("input_audio"),
        "file" => member("file"),
        "document_url" => member("document_url"),
        _ => return Err(part.missing("type", "'text', 'image_url', 'video_url', 'input_audio' or 'file'")),
    };
    let Some(field) = part.member(name).filter(|_| given) else {
        return Err(part.missing(name, "an object"));
    };
    let cache = cache(part);
    Ok(match name {
        "image_url" => match media::image(document, field)? {
            // Some clients know no other part for what is no picture.
            model::Image { source: source @ Source::Inline { .. }, .. } if media::is_no_picture(&source) => {
                UserPart::File(File { source, name: None, cache })
            }
            image => UserPart::Image(model::Image { cache, ..image }),
        },
        "video_url" => UserPart::File(File { cache, ..media::video(document, field)? }),
        "input_audio" => UserPart::Audio(media::audio(document, field)?),
        "file" => UserPart::File(File { cache, ..media::file(document, field)? }),
        _ => {
            let source = match field.member("url") {
                Some(url) => media::address(document, url, "application/pdf")?,
                None => media::address(document, field, "application/pdf")?,
            };
            UserPart::File(File { source, name: None, cache })
        }
    })
}

/// The content of an assistant: texts and refusals, and reasoning where a client keeps it there.
pub(super) fn assistant(
    document: &Document,
    content: Field<'_, '_>,
) -> Result<Vec<AssistantPart>, RequestError> {
    let mut parts = Vec::new();
    let mut whole = None;
    each_part(
        content,
        |text| whole = Some(AssistantPart::Text(TextPart::new(text))),
        |kind, part| {
            parts.push(match kind {
                "" | "text" | "output_text" => AssistantPart::Text(text_part(kind, part)?),
                "refusal" => {
                    let refusal = part.member("refusal");
                    let refusal = refusal.ok_or_else(|| part.missing("refusal", "a string"))?;
                    AssistantPart::Refusal(refusal.text()?.into_owned())
                }
                "thinking" | "redacted_thinking" => match reasoning(part)? {
                    Some(block) => AssistantPart::Reasoning(block),
                    None => return Ok(()),
                },
                "image_url" => match part.member("image_url") {
                    Some(image) => AssistantPart::Image(media::image(document, image)?),
                    None => return Err(part.missing("image_url", "an object")),
                },
                _ => return Err(part.missing("type", "'text' or 'refusal'")),
            });
            Ok(())
        },
    )?;
    // An empty text beside tool calls is how some clients write none.
    parts.extend(whole.filter(|part| *part != AssistantPart::Text(TextPart::default())));
    Ok(parts)
}

/// One block of `thinking_blocks`; none where there is nothing in it.
pub(super) fn reasoning(block: Field<'_, '_>) -> Result<Option<Reasoning>, RequestError> {
    let maker = said::maker_of(block.value);
    let seal = |name: &str| {
        let text = block.member(name).map(|seal| seal.boxed()).transpose()?;
        Ok(text.filter(|text| !text.is_empty()).map(|text| Seal { maker, text }))
    };
    if let Some(data) = seal("data")? {
        return Ok(Some(Reasoning::Redacted(data)));
    }
    let mut text = String::new();
    if let Some(thinking) = block.member("thinking") {
        match thinking.value.kind() {
            Kind::Array => thinking.items(|chunk| {
                text.push_str(&text_part("text", chunk)?.text);
                Ok(())
            })?,
            _ => text = thinking.text()?.into_owned(),
        }
    }
    let seal = seal("signature")?;
    Ok((!text.is_empty() || seal.is_some()).then_some(Reasoning::Open { text, seal }))
}

/// A source as the address that stands for it; none where only its provider can find it.
pub(in crate::openai) fn uri(source: &Source) -> Option<String> {
    match source {
        Source::Inline { media_type, data } => Some(format!("data:{media_type};base64,{}", data.as_str())),
        Source::Url(url) => Some(url.to_string()),
        Source::Uploaded(_) | Source::Text(_) => None,
    }
}
