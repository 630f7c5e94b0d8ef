//! Pictures, sounds and files as clients send them: data URIs, bare base64, addresses, ids.

use bytes::Bytes;
use document::Document;
use model::{Audio, Base64, Detail, File, Image, Source};

use super::field::Field;
use crate::RequestError;

const DATA_URI: &str = "a data URI with base64";

/// `image_url`: an object with `url` and `detail`, or the address alone.
pub(in crate::openai) fn image(document: &Document, field: Field<'_, '_>) -> Result<Image, RequestError> {
    if field.value.inner().is_some() {
        return Ok(Image { source: address(document, field, "image/jpeg")?, detail: None, cache: None });
    }
    field.object().map_err(|_| field.wrong("a string or an object"))?;
    let url = field.member("url").ok_or_else(|| field.missing("url", "a string"))?;
    let source = address(document, url, "image/jpeg")?;
    let detail = match field.member("detail").map(|detail| detail.text()).transpose()?.as_deref() {
        Some("low") => Some(Detail::Low),
        Some("high" | "original") => Some(Detail::High),
        Some("auto") => Some(Detail::Auto),
        _ => None,
    };
    Ok(Image { source, detail, cache: None })
}

/// Whether a source is told to be something that is taken as a file.
pub(super) fn is_no_picture(source: &Source) -> bool {
    let Source::Inline { media_type, .. } = source else { return false };
    media_type.starts_with("video/") || media_type.starts_with("text/") || &**media_type == "application/pdf"
}

/// `video_url`, of vLLM's and Qwen's servers: an object with `url`, or the address alone.
pub(super) fn video(document: &Document, field: Field<'_, '_>) -> Result<File, RequestError> {
    let url = field.member("url");
    let source = address(document, url.as_ref().map_or(field, |url| *url), "video/mp4")?;
    // An address may not tell what it leads to; the name does.
    let name = matches!(source, Source::Url(_)).then(|| "video.mp4".into());
    Ok(File { source, name, cache: None })
}

/// A data URI, or any other address.
pub(super) fn address(
    document: &Document,
    field: Field<'_, '_>,
    default: &str,
) -> Result<Source, RequestError> {
    let text = field.value.inner().ok_or_else(|| field.wrong("a string"))?;
    if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:")) {
        return data_uri(document, field, default);
    }
    match field.boxed()? {
        empty if empty.is_empty() => Err(field.wrong("an address or a data URI")),
        url => Ok(Source::Url(url)),
    }
}

/// `data:<type>[;parameters];base64,<data>`; the type may be left out.
fn data_uri(document: &Document, field: Field<'_, '_>, default: &str) -> Result<Source, RequestError> {
    let text = unescaped(document, field)?;
    let comma = text.iter().position(|&byte| byte == b',').ok_or_else(|| field.wrong(DATA_URI))?;
    let (head, _) = text.split_at_checked(comma).unwrap_or_default();
    let head = std::str::from_utf8(head).ok().and_then(|head| head.get(5..)).unwrap_or_default();
    let head = head.strip_suffix(";base64").ok_or_else(|| field.wrong(DATA_URI))?;
    let media_type = head.split(';').next().unwrap_or_default().trim();
    let media_type = if media_type.is_empty() { default } else { media_type };
    let data = base64(text.slice(comma + 1..)).ok_or_else(|| field.wrong(DATA_URI))?;
    Ok(Source::Inline { media_type: media_type.to_ascii_lowercase().into(), data })
}

/// The text of a string; a slice of the body where it has no escapes.
fn unescaped(document: &Document, field: Field<'_, '_>) -> Result<Bytes, RequestError> {
    let inner = field.value.inner().ok_or_else(|| field.wrong("a string"))?;
    if memchr::memchr(b'\\', inner).is_some() {
        return Ok(field.text()?.into_owned().into_bytes().into());
    }
    let quoted = document.share(&field.value);
    Ok(quoted.slice(1..quoted.len().saturating_sub(1)))
}

/// Base64 text; white space in it, which some encoders put there, is taken out.
fn base64(text: Bytes) -> Option<Base64> {
    if let Some(data) = Base64::new(text.clone()) {
        return Some(data);
    }
    let dense: Vec<u8> = text.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    Base64::new(dense)
}

/// `input_audio`: an object with `data` and `format`, or the data alone.
pub(super) fn audio(document: &Document, field: Field<'_, '_>) -> Result<Audio, RequestError> {
    let (data, format) = if field.value.inner().is_some() {
        (field, None)
    } else {
        field.object()?;
        let format = field.member("format").map(|format| format.boxed()).transpose()?;
        return match field.member("data") {
            Some(data) => read_audio(document, data, format),
            None => Err(field.missing("data", "a string")),
        };
    };
    read_audio(document, data, format)
}

fn read_audio(
    document: &Document,
    data: Field<'_, '_>,
    format: Option<Box<str>>,
) -> Result<Audio, RequestError> {
    let text = unescaped(document, data)?;
    // Some providers want a data URI here, most often without a type.
    let (data, told) = if text.starts_with(b"data:") {
        match data_uri(document, data, "")? {
            Source::Inline { media_type, data } => (data, subtype(&media_type)),
            _ => return Err(data.wrong("base64")),
        }
    } else {
        (base64(text).ok_or_else(|| data.wrong("base64"))?, None)
    };
    Ok(Audio { format: format.or(told).unwrap_or_else(|| "wav".into()), data })
}

/// The format that a media type names, as OpenAI names it.
fn subtype(media_type: &str) -> Option<Box<str>> {
    let name = media_type.strip_prefix("audio/")?;
    Some(match name {
        "mpeg" => "mp3".into(),
        "x-wav" | "wave" | "vnd.wave" => "wav".into(),
        other => other.into(),
    })
}

/// `file`: `file_data`, `file_id` or `file_url`, and `filename`.
pub(super) fn file(document: &Document, field: Field<'_, '_>) -> Result<File, RequestError> {
    const EXPECTED: &str = "an object with file_data or file_id";
    field.object().map_err(|_| field.wrong(EXPECTED))?;
    let name = field.member("filename").map(|name| name.boxed()).transpose()?;
    let source = if let Some(data) = field.member("file_data") {
        let text = data.value.inner().ok_or_else(|| data.wrong("a string"))?;
        if text.starts_with(b"data:") {
            data_uri(document, data, "application/pdf")?
        } else {
            let data = base64(unescaped(document, data)?).ok_or_else(|| data.wrong(DATA_URI))?;
            Source::Inline { media_type: "application/pdf".into(), data }
        }
    } else if let Some(id) = field.member("file_id") {
        Source::Uploaded(id.boxed()?)
    } else if let Some(url) = field.member("file_url") {
        address(document, url, "application/pdf")?
    } else {
        return Err(field.wrong(EXPECTED));
    };
    Ok(File { source, name, cache: None })
}
