//! Tests of the reframing: known messages, any cutting, recordings of several models.

use std::path::{Path, PathBuf};
use std::{env, fs};

use model::ErrorKind;
use proptest::prelude::*;
use stream::{End, Ended, Opaque, RelaySettings, SseFramer, SseRelay, StreamEnd, frames_cut};

use self::encode::encode;
use super::*;

#[path = "../../../stream/src/aws/encode.rs"]
mod encode;

fn chunk(json: &[u8]) -> Vec<u8> {
    let payload = format!(r#"{{"p":"abc","bytes":"{}"}}"#, STANDARD.encode(json));
    encode(&[(":event-type", "chunk"), (":message-type", "event")], payload.as_bytes())
}

fn reframe(body: &[u8], size: usize) -> (String, Result<(), InvokeFault>) {
    let mut reframer = InvokeReframer::default();
    let mut out = Vec::new();
    let mut result = Ok(());
    for piece in body.chunks(size) {
        result = reframer.push(&Bytes::copy_from_slice(piece), &mut out);
    }
    let result = result.and_then(|()| reframer.finish());
    (String::from_utf8(out).unwrap(), result)
}

#[test]
fn events_are_named_by_their_type_and_their_json_is_not_touched() {
    let body = [
        chunk(br#"{"type":"message_start", "message":{"id":"m","x":1.50}}"#),
        chunk(b"{\"delta\":{\"type\":\"text_delta\",\"text\":\"h\xc3\xa9\\n\"},\"type\":\"content_block_delta\"}"),
        chunk(br#"{"typ\u0065":"message_st\u006fp"}"#),
        chunk(br#"{"outputText":"hi"}"#),
    ]
    .concat();
    let expected = "event: message_start\ndata: {\"type\":\"message_start\", \"message\":{\"id\":\"m\",\"x\":1.50}}\n\n\
        event: content_block_delta\n\
        data: {\"delta\":{\"type\":\"text_delta\",\"text\":\"hé\\n\"},\"type\":\"content_block_delta\"}\n\n\
        event: message_stop\ndata: {\"typ\\u0065\":\"message_st\\u006fp\"}\n\n\
        data: {\"outputText\":\"hi\"}\n\n";
    assert_eq!(reframe(&body, body.len()), (expected.to_owned(), Ok(())));
    assert_eq!(reframe(&body, 1), (expected.to_owned(), Ok(())));
}

#[test]
fn no_json_can_end_its_event_or_name_another() {
    let json = b"{\n\"type\":\"a\\nevent: b\",\r\n\r\"x\":\"y\"}\n\ndata: z\n";
    let (out, _) = reframe(&chunk(json), 1000);
    let body = Bytes::from(out);
    let mut framer = SseFramer::default();
    let found: Vec<_> = framer.frames(&body).map(Result::unwrap).collect();
    assert_eq!((found.len(), framer.held()), (1, 0));
    let event = found[0].event();
    let as_lines: Vec<u8> = json.iter().map(|&byte| if byte == b'\r' { b'\n' } else { byte }).collect();
    assert_eq!((event.name, event.data.as_deref()), (None, Some(&as_lines[..])));
}

#[test]
fn what_the_provider_reports_is_handed_over_behind_the_events_before() {
    let payload = br#"{"message":"slow down"}"#;
    let exception =
        encode(&[(":message-type", "exception"), (":exception-type", "throttlingException")], payload);
    let body = [chunk(br#"{"type":"ping"}"#), exception, chunk(br#"{"type":"ping"}"#)].concat();
    for size in [1, body.len()] {
        let (out, result) = reframe(&body, size);
        assert_eq!(out, "event: ping\ndata: {\"type\":\"ping\"}\n\n");
        let Err(InvokeFault::Reported(error)) = result else { panic!("{result:?}") };
        assert_eq!((error.status, error.kind, &*error.message), (429, ErrorKind::RateLimit, "slow down"));
        assert_eq!(error.code.as_deref(), Some("throttlingException"));
    }
}

#[test]
fn faults_are_told_apart() {
    let ping = chunk(br#"{"type":"ping"}"#);
    let named = |name, payload: &str| encode(&[(":event-type", name)], payload.as_bytes());
    let mut wrong = ping.clone();
    wrong[20] ^= 1;
    for (body, expected) in [
        (named("chunk", "{}"), Err(InvokeFault::Unreadable)),
        (named("chunk", r#"{"bytes":1}"#), Err(InvokeFault::Unreadable)),
        (named("chunk", r#"{"bytes":"e30"}"#), Err(InvokeFault::Unreadable)),
        (named("chunk", "[]"), Err(InvokeFault::Unreadable)),
        (named("weather", "{}"), Ok(())),
        (wrong, Err(InvokeFault::Stream(StreamFault::Checksum))),
        (ping[..ping.len() - 1].to_vec(), Err(InvokeFault::Stream(StreamFault::Truncated))),
    ] {
        let (out, result) = reframe(&body, 1000);
        assert_eq!((out.as_str(), result), ("", expected));
    }
}

proptest! {
    #[test]
    fn cutting_changes_nothing(
        texts in proptest::collection::vec("[a-z\n\r\"{}]{0,20}", 0..6),
        broken in any::<Option<(u16, u8)>>(),
        size in 1_usize..50,
    ) {
        let mut body: Vec<u8> = texts.iter().flat_map(|text| chunk(text.as_bytes())).collect();
        if let Some((at, bit)) = broken
            && let Some(byte) = body.get_mut(usize::from(at))
        {
            *byte ^= bit;
        }
        prop_assert_eq!(reframe(&body, size), reframe(&body, body.len().max(1)));
    }
}

fn recordings(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = path.to_str().unwrap();
        if path.is_dir() {
            recordings(&path, found);
        } else if name.ends_with(".eventstream.bin") && !name.contains("converse") {
            found.push(path);
        }
    }
}

#[test]
fn recorded_answers_become_event_streams() {
    let folder = env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
        .join("streams/bedrock");
    if !folder.is_dir() {
        println!("left out: recorded_answers_become_event_streams: {} not present", folder.display());
        return;
    }
    let mut files = Vec::new();
    recordings(&folder, &mut files);
    let (mut invoked, mut claude) = (0, 0);
    for file in &files {
        let body = fs::read(file).unwrap();
        let (messages, ended) = frames_cut(Framer::new(Framing::AwsEventStream, 1 << 20), &body, []);
        assert_eq!(ended, Ok(Ended::Complete), "{}", file.display());
        if messages.iter().any(|frame| frame.kind.as_str() != Some("chunk")) {
            continue;
        }
        invoked += 1;
        let (out, result) = reframe(&body, body.len());
        assert_eq!(result, Ok(()), "{}", file.display());
        assert_eq!(reframe(&body, 100).0, out, "{}", file.display());

        // It passes the relay as it is, and says what the messages said.
        let mut relay =
            SseRelay::new(Box::new(Opaque), RelaySettings::default(), Box::new(|fault| panic!("{fault}")));
        let mut relayed = Vec::new();
        let sent = Bytes::from(out);
        relay.push(&sent, &mut relayed);
        assert_eq!(relay.finish(End::Clean, &mut relayed).end, StreamEnd::Complete);
        assert_eq!(relayed.concat(), sent);
        let (events, _) = frames_cut(Framer::new(Framing::Sse, 1 << 20), &sent, []);
        assert_eq!(events.len(), messages.len());
        for (event, message) in events.iter().zip(&messages) {
            let wrapped: serde_json::Value = serde_json::from_slice(&message.data).unwrap();
            assert_eq!(event.data, STANDARD.decode(wrapped["bytes"].as_str().unwrap()).unwrap());
            let said: serde_json::Value = serde_json::from_slice(&event.data).unwrap();
            assert_eq!(event.kind.as_str(), said["type"].as_str());
        }
        claude +=
            usize::from(events.first().is_some_and(|event| event.kind.as_str() == Some("message_start")));
    }
    assert!(invoked >= 15 && claude >= 5, "{claude} of {invoked} recordings are Claude's");
}
