//! Bodies in a record: bounded, with a mark where they are cut, and without the data of pictures and sounds.

use model::{FinishReason, Told, Usage};

use super::line::Line;

/// This many letters of base64 in a row are no text.
const MEDIA: usize = 1024;

/// The bodies of one exchange, as they may be recorded: without any credential.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    /// What the client asked.
    pub request: Option<&'a [u8]>,
    pub response: Option<Said<'a>>,
    /// Bytes of each that are recorded.
    pub limit: usize,
}

/// What the client was answered.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// A whole body.
    Whole(&'a [u8]),
    /// The text of a stream, as far as it was kept; `bytes` is what it had in all.
    Stream { text: &'a str, bytes: u64 },
}

impl Payload<'_> {
    /// Writes the value of `payload`.
    pub(super) fn write(&self, told: &Told, usage: Option<&Usage>, line: &mut Line<'_>) {
        line.raw("{");
        if let Some(request) = self.request {
            line.raw("\"request\":\"");
            write_body(request, request.len() as u64, self.limit, line);
            line.raw("\"");
        }
        if let Some(response) = self.response {
            line.raw(if self.request.is_some() { ",\"response\":\"" } else { "\"response\":\"" });
            match response {
                Said::Whole(body) => write_body(body, body.len() as u64, self.limit, line),
                Said::Stream { text, bytes } => {
                    let composed = compose(text, bytes, self.limit, told, usage);
                    line.text(&String::from_utf8_lossy(&composed));
                }
            }
            line.raw("\"");
        }
        line.raw("}");
    }
}

/// A streamed answer as the whole one that it could have been.
fn compose(text: &str, bytes: u64, limit: usize, told: &Told, usage: Option<&Usage>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut line = Line::new(&mut out);
    line.raw("{\"choices\":[{\"finish_reason\":");
    match told.finish_reasons.first() {
        Some(reason) => line.raw("\"").word(finish_word(*reason)).raw("\""),
        None => line.raw("null"),
    };
    line.raw(",\"index\":0,\"logprobs\":null,\"message\":{\"role\":\"assistant\",\"content\":\"");
    write_body(text.as_bytes(), bytes, limit, &mut line);
    line.raw("\"}}],\"object\":\"chat.completion\",\"response\":\"");
    write_body(text.as_bytes(), bytes, limit, &mut line);
    line.raw("\"");
    if let Some(usage) = usage {
        line.raw(",\"usage\":{\"prompt_tokens\":").number(usage.prompt_tokens());
        line.raw(",\"completion_tokens\":").number(usage.completion_tokens());
        line.raw(",\"total_tokens\":").number(usage.total_tokens()).raw("}");
    }
    line.raw("}");
    out
}

const fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
    }
}

/// Writes the inside of a JSON string; `bytes` is what the body had in all.
fn write_body(body: &[u8], bytes: u64, limit: usize, line: &mut Line<'_>) {
    let mut room = limit;
    let mut rest = body;
    while !rest.is_empty() && room > 0 {
        let (media, behind) = rest.split_at(media_run(rest));
        if media.len() >= MEDIA {
            line.raw("[base64, ").number(media.len() as u64).raw(" bytes]");
            rest = behind;
            continue;
        }
        let other = behind.iter().position(|byte| is_base64(*byte)).unwrap_or(behind.len());
        let (piece, behind) = rest.split_at(media.len() + other);
        let text = String::from_utf8_lossy(piece);
        let fits = text.floor_char_boundary(room);
        line.text(text.get(..fits).unwrap_or_default());
        if fits < text.len() {
            break;
        }
        room -= fits;
        rest = behind;
    }
    if !rest.is_empty() || bytes > body.len() as u64 {
        line.raw(" [truncated, ").number(bytes).raw(" bytes]");
    }
}

/// Letters of base64 at the beginning; a slash may be escaped as JSON allows it.
fn media_run(text: &[u8]) -> usize {
    let mut end = 0;
    loop {
        match text.get(end..) {
            Some([b'\\', b'/', ..]) => end += 2,
            Some([byte, ..]) if is_base64(*byte) => end += 1,
            _ => return end,
        }
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn written(payload: &Payload<'_>) -> Value {
        let mut out = Vec::new();
        let told = Told { finish_reasons: vec![FinishReason::Length], ..Told::default() };
        let usage = Usage { fresh_input: 2, output: 3, ..Usage::default() };
        payload.write(&told, Some(&usage), &mut Line::new(&mut out));
        serde_json::from_slice(&out).unwrap()
    }

    fn request(body: &[u8], limit: usize) -> String {
        let payload = Payload { request: Some(body), response: None, limit };
        written(&payload)["request"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_body_is_told_as_it_is() {
        let body = r#"{"messages":[{"content":"héllo \"you\"\n"}]}"#;
        assert_eq!(request(body.as_bytes(), 1000), body);
        assert_eq!(request(b"", 10), "");
        assert_eq!(request(b"\xff!", 10), "\u{fffd}!");
    }

    #[test]
    fn a_long_body_is_cut_and_says_so() {
        assert_eq!(request("ab é cd".as_bytes(), 4), "ab  [truncated, 8 bytes]");
        assert_eq!(request(b"abcd", 4), "abcd");
    }

    #[test]
    fn media_are_counted_instead_of_told() {
        let data = "QUJD/+".repeat(300);
        let body = format!(r#"{{"url":"data:image/png;base64,{data}","text":"x"}}"#);
        let told = request(body.as_bytes(), 100);
        assert_eq!(told, r#"{"url":"data:image/png;base64,[base64, 1800 bytes]","text":"x"}"#);
        let escaped = format!(r#""{}""#, data.replace('/', "\\/"));
        assert_eq!(request(escaped.as_bytes(), 100), r#""[base64, 2100 bytes]""#);
    }

    #[test]
    fn a_stream_is_told_as_a_whole_answer() {
        let said = Said::Stream { text: "Hi \"x\"", bytes: 6 };
        let value = written(&Payload { request: None, response: Some(said), limit: 100 });
        let composed: Value = serde_json::from_str(value["response"].as_str().unwrap()).unwrap();
        let expected = serde_json::json!({
            "choices": [{"finish_reason": "length", "index": 0, "logprobs": null,
                "message": {"role": "assistant", "content": "Hi \"x\""}}],
            "object": "chat.completion", "response": "Hi \"x\"",
            "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
        });
        assert_eq!(composed, expected);
    }

    proptest! {
        #[test]
        fn any_body_gives_one_text_within_its_bound(body in any::<Vec<u8>>(), limit in 0..200_usize) {
            let told = request(&body, limit);
            prop_assert!(told.len() <= limit + " [truncated, 99999 bytes]".len());
        }
    }
}
