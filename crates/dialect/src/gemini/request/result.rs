//! What a tool gave, as an answer to its call.

use document::{ArrayWriter, Document, ObjectWriter};
use model::{Message, ToolResult, UserPart};

use super::media::Medium;
use crate::EncodeError;
use crate::gemini::host::Host;
use crate::paired::NO_RESULT;

/// A result, ready to be written; none was given where the client left it out.
pub(super) struct Shown<'r> {
    id: Option<Box<str>>,
    name: &'r str,
    text: String,
    failed: bool,
    media: Vec<Medium<'r>>,
    /// The media belong to the answer; otherwise they stand beside it.
    inside: bool,
}

impl<'r> Shown<'r> {
    pub(super) fn of(
        id: Option<Box<str>>,
        name: &'r str,
        result: Option<&'r ToolResult>,
        inside: bool,
        host: &Host,
    ) -> Result<Self, EncodeError> {
        let parts = result.map(|result| result.parts.as_slice()).unwrap_or_default();
        let mut media = Vec::new();
        for part in parts {
            match part {
                UserPart::Text(_) => {}
                UserPart::Image(image) => media.push(Medium::of_image(image, host)?),
                UserPart::Audio(audio) => media.push(Medium::of_audio(audio)),
                UserPart::File(file) => media.push(Medium::of_file(file, host)?),
            }
        }
        let failed = result.is_some_and(|result| result.failed);
        let text = if result.is_some() { Message::text_of(parts) } else { NO_RESULT.to_owned() };
        Ok(Self { id, name, text, failed, media, inside })
    }

    pub(super) fn write(&self, list: &mut ArrayWriter<'_>) {
        let fits = |medium: &&Medium<'_>| self.inside && matches!(medium, Medium::Inline { .. });
        let (inside, beside): (Vec<_>, Vec<_>) = self.media.iter().partition(fits);
        list.object(|part| {
            part.object("functionResponse", |response| {
                if let Some(id) = &self.id {
                    response.text("id", id);
                }
                response.text("name", self.name);
                self.write_response(response);
                if !inside.is_empty() {
                    response.array("parts", |parts| {
                        for medium in &inside {
                            parts.object(|part| medium.write(part));
                        }
                    });
                }
            });
        });
        for medium in beside {
            list.object(|part| medium.write(part));
        }
    }

    /// An object as it is, anything else as the member that the API has for it.
    fn write_response(&self, response: &mut ObjectWriter<'_>) {
        let text = self.text.trim();
        let object = Document::parse(text.as_bytes().to_vec().into()).is_ok();
        let member = if self.failed { "error" } else { "output" };
        if object && !self.failed {
            response.raw("response", text.as_bytes());
        } else if object {
            response.object("response", |inner| inner.raw(member, text.as_bytes()));
        } else {
            response.object("response", |inner| inner.text(member, &self.text));
        }
    }
}
