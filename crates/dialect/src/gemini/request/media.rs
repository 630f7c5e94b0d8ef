//! Pictures, sounds and files as parts.

use std::borrow::Cow;

use document::ObjectWriter;
use model::{Audio, Detail, File, Image, Source};

use crate::EncodeError;
use crate::gemini::host::Host;

/// A medium, ready to be written.
#[derive(Debug)]
pub(super) enum Medium<'r> {
    Inline { media_type: Cow<'r, str>, data: &'r str },
    File { media_type: Option<&'static str>, uri: Cow<'r, str> },
    Text(&'r str),
}

/// Types by the end of a name.
const TYPES: [(&str, &str); 28] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("pdf", "application/pdf"),
    ("json", "application/json"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("html", "text/html"),
    ("csv", "text/csv"),
    ("xml", "text/xml"),
    ("mp3", "audio/mp3"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("ogg", "audio/ogg"),
    ("m4a", "audio/mp4"),
    ("aac", "audio/aac"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("avi", "video/x-msvideo"),
    ("wmv", "video/x-ms-wmv"),
];
const VIDEOS: [&str; 3] = ["https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/"];
/// Where the files of the public API are.
const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/";

impl<'r> Medium<'r> {
    pub(super) fn of_image(image: &'r Image, host: &Host) -> Result<Self, EncodeError> {
        Self::of(&image.source, None, "image/jpeg", "image_url", host)
    }

    pub(super) fn of_file(file: &'r File, host: &Host) -> Result<Self, EncodeError> {
        Self::of(&file.source, file.name.as_deref(), "application/pdf", "file", host)
    }

    pub(super) fn of_audio(audio: &'r Audio) -> Self {
        let media_type = match &*audio.format {
            "wav" => Cow::Borrowed("audio/wav"),
            "mp3" => Cow::Borrowed("audio/mp3"),
            other => Cow::Owned(format!("audio/{other}")),
        };
        Self::Inline { media_type, data: audio.data.as_str() }
    }

    fn of(
        source: &'r Source,
        name: Option<&str>,
        usual: &'static str,
        member: &'static str,
        host: &Host,
    ) -> Result<Self, EncodeError> {
        let refused = |reason| EncodeError::Invalid { member: member.into(), reason };
        let uri = match source {
            Source::Inline { media_type, data } => {
                return Ok(Self::Inline { media_type: Cow::Borrowed(media_type), data: data.as_str() });
            }
            Source::Text(text) => return Ok(Self::Text(text)),
            Source::Url(url) => Cow::Borrowed(&**url),
            Source::Uploaded(id) if id.contains("://") => Cow::Borrowed(&**id),
            Source::Uploaded(_) if host.cloud_storage => {
                return Err(refused("must be a file in Cloud Storage (gs://) or at an address"));
            }
            Source::Uploaded(id) if id.starts_with("files/") => Cow::Owned(format!("{FILES}{id}")),
            Source::Uploaded(id) => Cow::Owned(format!("{FILES}files/{id}")),
        };
        let known = ["https://", "http://"].iter().any(|scheme| starts_with(&uri, scheme));
        let stored = host.cloud_storage && starts_with(&uri, "gs://");
        if !known && !stored {
            return Err(refused("has an address that this provider cannot read"));
        }
        let told = type_of(&uri).or_else(|| type_of(name?));
        Ok(Self::File { media_type: told.or(host.typed_files.then_some(usual)), uri })
    }

    /// Writes it as a member of a part.
    pub(super) fn write(&self, part: &mut ObjectWriter<'_>) {
        match self {
            Self::Inline { media_type, data } => part.object("inlineData", |blob| {
                blob.text("mimeType", media_type);
                blob.text("data", data);
            }),
            Self::File { media_type, uri } => part.object("fileData", |file| {
                if let Some(media_type) = media_type {
                    file.text("mimeType", media_type);
                }
                file.text("fileUri", uri);
            }),
            Self::Text(text) => part.text("text", text),
        }
    }
}

fn starts_with(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// The type that the end of a name, or a known place, tells.
fn type_of(uri: &str) -> Option<&'static str> {
    if VIDEOS.iter().any(|place| starts_with(uri, place)) {
        return Some("video/mp4");
    }
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let (_, end) = path.rsplit('/').next()?.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| end.eq_ignore_ascii_case(known)).map(|(_, media_type)| *media_type)
}

/// The word for how closely a picture is looked at.
pub(super) const fn resolution(detail: Option<Detail>) -> Option<&'static str> {
    match detail {
        Some(Detail::Low) => Some("MEDIA_RESOLUTION_LOW"),
        Some(Detail::High) => Some("MEDIA_RESOLUTION_HIGH"),
        Some(Detail::Auto) | None => None,
    }
}
