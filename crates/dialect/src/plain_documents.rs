//! Documents that are plain text, for providers that take no files: their text is all there is to them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{ChatRequest, File, Message, Source, TextPart, UserPart};

/// The request with such documents as texts, under their names.
pub(crate) fn as_texts(request: &ChatRequest) -> Cow<'_, ChatRequest> {
    let plain = |part: &UserPart| matches!(part, UserPart::File(file) if is_text(&file.source));
    if !request.messages.iter().any(|message| parts(message).iter().any(plain)) {
        return Cow::Borrowed(request);
    }
    let mut request = request.clone();
    for message in &mut request.messages {
        let parts = match message {
            Message::User(user) => &mut user.parts,
            Message::Tool(result) => &mut result.parts,
            Message::System(_) | Message::Assistant(_) => continue,
        };
        for part in parts {
            if let UserPart::File(file) = part
                && let Some(text) = text_of(file)
            {
                let text = match &file.name {
                    Some(name) => format!("{name}:\n{text}"),
                    None => text.into_owned(),
                };
                *part = UserPart::Text(TextPart { cache: file.cache, ..TextPart::new(text) });
            }
        }
    }
    Cow::Owned(request)
}

fn parts(message: &Message) -> &[UserPart] {
    match message {
        Message::User(user) => &user.parts,
        Message::Tool(result) => &result.parts,
        Message::System(_) | Message::Assistant(_) => &[],
    }
}

/// Whether a source is told to be text.
fn is_text(source: &Source) -> bool {
    match source {
        Source::Text(_) => true,
        Source::Inline { media_type, .. } => media_type.starts_with("text/"),
        Source::Url(_) | Source::Uploaded(_) => false,
    }
}

/// The text, where it is what it is told to be.
fn text_of(file: &File) -> Option<Cow<'_, str>> {
    match &file.source {
        Source::Text(text) => Some(Cow::Borrowed(text)),
        Source::Inline { data, .. } if is_text(&file.source) => {
            let bytes = STANDARD.decode(data.as_str()).ok()?;
            String::from_utf8(bytes).ok().map(Cow::Owned)
        }
        Source::Inline { .. } | Source::Url(_) | Source::Uploaded(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use model::{Base64, UserMessage};

    use super::*;

    fn file(source: Source, name: Option<&str>) -> UserPart {
        UserPart::File(File { source, name: name.map(Into::into), cache: None })
    }

    fn inline(media_type: &str, data: &str) -> Source {
        Source::Inline { media_type: media_type.into(), data: Base64::new(data.to_owned()).unwrap() }
    }

    #[test]
    fn what_is_text_becomes_one() {
        let pdf = file(inline("application/pdf", "QUJD"), None);
        let broken = file(inline("text/plain", "//79"), None);
        let parts = vec![
            file(Source::Text("a".into()), Some("D")),
            file(inline("text/csv", "QUJD"), None),
            pdf.clone(),
            broken.clone(),
        ];
        let request = ChatRequest {
            messages: vec![Message::User(UserMessage { parts, ..UserMessage::default() })],
            ..ChatRequest::default()
        };
        let told = as_texts(&request);
        let Message::User(user) = &told.messages[0] else { panic!() };
        let text = |text: &str| UserPart::Text(TextPart::new(text));
        assert_eq!(user.parts, [text("D:\na"), text("ABC"), pdf.clone(), broken]);
        let parts = vec![pdf];
        let other = ChatRequest {
            messages: vec![Message::User(UserMessage { parts, ..UserMessage::default() })],
            ..ChatRequest::default()
        };
        assert!(matches!(as_texts(&other), Cow::Borrowed(_)));
    }
}
