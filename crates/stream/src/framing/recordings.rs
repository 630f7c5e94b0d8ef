//! Recorded streams of every framing are cut into frames that are what their readers expect.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

use super::*;
use crate::{FrameName, frames_cut};

/// The recordings whose names end so, with their names; nothing where the folder is not there.
fn recordings(test: &str, ending: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let folder = env::var_os("AI_PROXY_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
        .join("streams");
    if !folder.is_dir() {
        println!("left out: {test}: {} not present", folder.display());
        return None;
    }
    let mut found = Vec::new();
    collect(&folder, ending, &mut found);
    found.sort();
    Some(found)
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = path.to_str().unwrap();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push((name.to_owned(), fs::read(&path).unwrap()));
        }
    }
}

/// The frames of a recording, the same however it is cut.
fn frames(framing: Framing, name: &str, body: &[u8]) -> (Vec<Frame>, Ended) {
    let machine = || Framer::new(framing, DEFAULT_FRAME_LIMIT);
    let (frames, ended) = frames_cut(machine(), body, []);
    for size in [1, 7, 100, 1448] {
        let cut = frames_cut(machine(), body, vec![size; body.len() / size]);
        assert!(cut == (frames.clone(), ended), "{name} in pieces of {size}");
    }
    (frames, ended.unwrap_or_else(|fault| panic!("{name}: {fault}")))
}

fn json(name: &str, frame: &Frame) -> Value {
    serde_json::from_slice(&frame.data).unwrap_or_else(|error| panic!("{name}: {error}: {frame:?}"))
}

#[test]
fn recorded_aws_streams_are_read() {
    let Some(found) = recordings("recorded_aws_streams_are_read", ".eventstream.bin") else {
        return;
    };
    let mut count = 0;
    for (name, body) in &found {
        let (frames, ended) = frames(Framing::AwsEventStream, name, body);
        assert_eq!(ended, Ended::Complete, "{name}");
        assert!(!frames.is_empty(), "{name}");
        for frame in &frames {
            assert!(json(name, frame).is_object(), "{name}");
            let FrameName::Event(kind) = &frame.kind else { panic!("{name}: {:?}", frame.kind) };
            let invoked = name.contains("invoke") || name.contains("completion");
            assert_eq!(kind == "chunk", invoked, "{name}: {kind:?}");
            count += 1;
        }
    }
    assert!(found.len() >= 40 && count >= 500, "{count} messages in {} recordings", found.len());
}

#[test]
fn recorded_json_lines_are_read() {
    let Some(found) = recordings("recorded_json_lines_are_read", ".ndjson") else { return };
    for (name, body) in &found {
        // These came under either content type.
        let (by_lines, ended) = frames(Framing::Ndjson, name, body);
        assert_eq!(ended, Ended::Complete, "{name}");
        assert_eq!(frames(Framing::Sse, name, body).0, by_lines, "{name}");
        let lines: Vec<&[u8]> = body
            .split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(by_lines.iter().map(|frame| &frame.data[..]).collect::<Vec<_>>(), lines, "{name}");
        assert!(by_lines.iter().all(|frame| json(name, frame).is_object()), "{name}");
    }
    assert!(found.len() >= 5, "only {} recordings", found.len());
}

#[test]
fn recorded_elements_are_read_out_of_an_array() {
    let Some(found) = recordings("recorded_elements_are_read_out_of_an_array", ".chunks.txt") else {
        return;
    };
    let mut count = 0;
    for (name, text) in found.iter().filter(|(name, _)| name.contains("google-")) {
        let lines: Vec<&str> =
            std::str::from_utf8(text).unwrap().lines().filter(|line| !line.is_empty()).collect();
        let body = format!("[{}\n]\n", lines.join("\n,\r\n"));
        let (elements, ended) = frames(Framing::JsonArray, name, body.as_bytes());
        assert_eq!(ended, Ended::Complete, "{name}");
        assert_eq!(
            elements.iter().map(|frame| &frame.data[..]).collect::<Vec<_>>(),
            lines.iter().map(|line| line.trim().as_bytes()).collect::<Vec<_>>(),
            "{name}"
        );
        let open = body.trim_end().trim_end_matches(']');
        assert_eq!(frames(Framing::JsonArray, name, open.as_bytes()), (elements, Ended::BetweenElements));
        count += 1;
    }
    assert!(count >= 8, "only {count} recordings");
}

#[test]
fn recorded_event_streams_are_read() {
    let Some(found) = recordings("recorded_event_streams_are_read", ".sse") else { return };
    let mut count = 0;
    for (name, body) in &found {
        let (frames, _) = frames(Framing::Sse, name, body);
        let data = |line: &&str| line.starts_with("data:");
        let lines = String::from_utf8_lossy(body).lines().filter(data).count();
        let joined: usize =
            frames.iter().map(|frame| 1 + memchr::memchr_iter(b'\n', &frame.data).count()).sum();
        assert_eq!(joined, lines, "{name}");
        count += frames.len();
    }
    assert!(found.len() >= 50 && count >= 1000, "{count} events in {} recordings", found.len());
}
