//! Images, documents, videos and sound as blocks: their formats, their names, where their bytes are.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use document::ObjectWriter;
use model::{Audio, File, Image, Source};

use crate::EncodeError;
use crate::once::Once;

const LONGEST_NAME: usize = 200;
const IMAGES: [&str; 4] = ["png", "jpeg", "gif", "webp"];
const VIDEOS: [&str; 9] = ["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"];
const DOCUMENTS: [&str; 9] = ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];
const AUDIOS: [&str; 15] = [
    "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm",
    "webm",
];

/// A medium ready to be written: member, format, bytes.
pub(super) struct Medium<'r> {
    member: &'static str,
    format: &'static str,
    /// Documents have one.
    name: Option<String>,
    place: Place<'r>,
}

enum Place<'r> {
    /// As base64.
    Bytes(Cow<'r, str>),
    /// An address in S3, and the account that owns the bucket where it is another one.
    S3 { uri: &'r str, owner: Option<&'r str> },
}

/// The names that documents of a request have been given.
#[derive(Debug, Default)]
pub(super) struct Names(Once);

impl<'r> Medium<'r> {
    pub(super) fn of_image(image: &'r Image) -> Result<Self, EncodeError> {
        const MEMBER: &str = "image_url";
        let (format, place) = match &image.source {
            Source::Inline { media_type, data } => {
                let format = media_type.strip_prefix("image/").unwrap_or_default();
                (known(&IMAGES, format), Place::Bytes(Cow::Borrowed(data.as_str())))
            }
            Source::Url(url) => {
                let (place, ending) = in_s3(url, MEMBER)?;
                (known(&IMAGES, ending), place)
            }
            Source::Uploaded(_) | Source::Text(_) => (None, Place::Bytes(Cow::Borrowed(""))),
        };
        let format = format.ok_or(refused(MEMBER, "must be a PNG, JPEG, GIF or WebP image"))?;
        Ok(Self { member: "image", format, name: None, place })
    }

    pub(super) fn of_audio(audio: &'r Audio) -> Result<Self, EncodeError> {
        let format = known(&AUDIOS, &audio.format).ok_or(refused("input_audio", "has an unknown format"))?;
        let place = Place::Bytes(Cow::Borrowed(audio.data.as_str()));
        Ok(Self { member: "audio", format, name: None, place })
    }

    pub(super) fn of_file(file: &'r File, names: &mut Names) -> Result<Self, EncodeError> {
        const MEMBER: &str = "file";
        let given = file.name.as_deref().unwrap_or_default();
        let (format, place) = match &file.source {
            Source::Inline { media_type, data } => {
                let by_type = of_media_type(media_type);
                let format = by_type.or_else(|| of_ending(ending(given)));
                (format, Place::Bytes(Cow::Borrowed(data.as_str())))
            }
            Source::Text(text) => {
                let place = Place::Bytes(Cow::Owned(STANDARD.encode(text)));
                (Some(("document", "txt")), place)
            }
            Source::Url(url) => {
                let (place, end) = in_s3(url, MEMBER)?;
                (of_ending(end).or_else(|| of_ending(ending(given))), place)
            }
            Source::Uploaded(_) => {
                return Err(refused(MEMBER, "must have its data with it, or be in S3"));
            }
        };
        let (member, format) =
            format.ok_or(refused(MEMBER, "has a format that this provider does not take"))?;
        let name = (member == "document").then(|| names.unused(given, format));
        Ok(Self { member, format, name, place })
    }

    pub(super) fn is_document(&self) -> bool {
        self.member == "document"
    }

    pub(super) fn write(&self, block: &mut ObjectWriter<'_>) {
        block.object(self.member, |medium| {
            medium.text("format", self.format);
            if let Some(name) = &self.name {
                medium.text("name", name);
            }
            medium.object("source", |source| match &self.place {
                Place::Bytes(data) => source.text("bytes", data),
                Place::S3 { uri, owner } => source.object("s3Location", |location| {
                    location.text("uri", uri);
                    if let Some(owner) = owner {
                        location.text("bucketOwner", owner);
                    }
                }),
            });
        });
    }
}

impl Names {
    /// A name that Bedrock takes and no other document of the request has, near to the one that was given.
    fn unused(&mut self, given: &str, format: &str) -> String {
        let stem =
            given.rsplit_once('.').filter(|(_, ending)| *ending == format).map_or(given, |(stem, _)| stem);
        let legal = |c: char| if c.is_ascii_alphanumeric() || "-()[]".contains(c) { c } else { ' ' };
        let plain: String = stem.chars().take(LONGEST_NAME - 12).map(legal).collect();
        let words: Vec<&str> = plain.split_ascii_whitespace().collect();
        let plain = if words.is_empty() { "document".to_owned() } else { words.join(" ") };
        self.0.take_as(&plain, LONGEST_NAME, |number| format!(" ({number})")).into()
    }
}

fn refused(member: &'static str, reason: &'static str) -> EncodeError {
    EncodeError::Invalid { member: member.into(), reason }
}

/// Bedrock fetches from S3 only, and the gateway never does. `s3://bucket/key?bucketOwner=123456789012` names the
/// account that owns the bucket. Gives the ending of the key as well.
fn in_s3<'r>(url: &'r str, member: &'static str) -> Result<(Place<'r>, &'r str), EncodeError> {
    if !url.starts_with("s3://") {
        return Err(refused(
            member,
            "must be a data URL or in S3, because this provider fetches nothing else",
        ));
    }
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let apart = url.split_once("?bucketOwner=").filter(|(_, owner)| is_account(owner));
    let (uri, owner) = apart.map_or((url, None), |(uri, owner)| (uri, Some(owner)));
    Ok((Place::S3 { uri, owner }, ending(uri)))
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// The format itself, or the one that a name in use means.
fn known(formats: &[&'static str], name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let name = match &*name {
        "jpg" => "jpeg",
        "3gp" | "3gpp" => "three_gp",
        "htm" => "html",
        "text" => "txt",
        "markdown" => "md",
        name => name,
    };
    formats.iter().copied().find(|format| *format == name)
}

fn of_ending(ending: &str) -> Option<(&'static str, &'static str)> {
    let document = known(&DOCUMENTS, ending).map(|format| ("document", format));
    let image = || known(&IMAGES, ending).map(|format| ("image", format));
    let video = || known(&VIDEOS, ending).map(|format| ("video", format));
    document.or_else(image).or_else(video)
}

fn of_media_type(media_type: &str) -> Option<(&'static str, &'static str)> {
    let format = match media_type.split(';').next().unwrap_or_default().trim() {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/markdown" => "md",
        "video/x-matroska" => return Some(("video", "mkv")),
        "video/quicktime" => return Some(("video", "mov")),
        "video/x-flv" => return Some(("video", "flv")),
        "video/x-ms-wmv" => return Some(("video", "wmv")),
        other => {
            return match other.split_once('/')? {
                ("text", _) => Some(("document", "txt")),
                ("image", kind) => known(&IMAGES, kind).map(|format| ("image", format)),
                ("video", kind) => known(&VIDEOS, kind).map(|format| ("video", format)),
                _ => None,
            };
        }
    };
    Some(("document", format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_get_names_that_bedrock_takes() {
        let mut names = Names::default();
        for (given, expected) in [
            ("report.pdf", "report"),
            ("report.pdf", "report (2)"),
            ("Q3_results  v1.2 [final].pdf", "Q3 results v1 2 [final]"),
            ("", "document"),
            ("ä/ö", "document (2)"),
            ("a.txt", "a txt"),
        ] {
            assert_eq!(names.unused(given, "pdf"), expected);
        }
        assert!(names.unused(&"x".repeat(500), "pdf").len() <= LONGEST_NAME);
    }

    #[test]
    fn formats_are_found() {
        assert_eq!(of_media_type("application/pdf"), Some(("document", "pdf")));
        assert_eq!(of_media_type("text/x-python; charset=utf-8"), Some(("document", "txt")));
        assert_eq!(of_media_type("image/jpg"), Some(("image", "jpeg")));
        assert_eq!(of_media_type("video/3gpp"), Some(("video", "three_gp")));
        assert_eq!(of_media_type("application/octet-stream"), None);
        assert_eq!(of_ending("DOCX"), Some(("document", "docx")));
        assert_eq!(of_ending("jpg"), Some(("image", "jpeg")));
        assert_eq!(of_ending(""), None);
    }
}
