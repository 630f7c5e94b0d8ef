//! The transcoder with a toy dialect: a line of JSON is one of a few words.

use bytes::Bytes;
use model::{ChatEvent, Finish, FinishReason, Start, UpstreamError, Usage, UsageSource};
use proptest::prelude::*;

use super::Transcoder;
use crate::{
    Break, ChatDecoder, ChatEncoder, End, Framer, Framing, Progress, StreamEnd, StreamFault, StreamState,
    Summary, Unit, Unreadable,
};

/// Reads `"start"`, `"usage"`, `"finish"`, `"end"`, `"fail"`; any other word is text, a number is unreadable.
#[derive(Default)]
struct Words {
    finish_at_end: bool,
}

impl ChatDecoder for Words {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        let word = std::str::from_utf8(unit.data).map_err(|_| Unreadable)?;
        let word = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).ok_or(Unreadable)?;
        match word {
            "start" => events.push(ChatEvent::Start(Start { model: Some("m".into()), ..Start::default() })),
            "usage" => events.push(ChatEvent::Usage(Usage { output: 7, ..Usage::default() })),
            "finish" => events.push(finish()),
            "late" => self.finish_at_end = true,
            "end" => return Ok(Progress::End),
            "fail" => events.push(ChatEvent::Error(UpstreamError::new(429, "slow down"))),
            text => events.push(ChatEvent::Text { choice: 0, delta: text.to_owned() }),
        }
        Ok(Progress::More)
    }

    fn end(&mut self, events: &mut Vec<ChatEvent>) {
        if self.finish_at_end {
            events.push(finish());
        }
    }
}

fn finish() -> ChatEvent {
    ChatEvent::Finish { choice: 0, finish: Finish::from(FinishReason::Stop) }
}

/// Writes a line for whatever comes.
struct Lines;

impl ChatEncoder for Lines {
    fn event(&mut self, event: ChatEvent, out: &mut Vec<u8>) -> Result<(), StreamFault> {
        match event {
            ChatEvent::Text { delta, .. } if delta == "overfull" => {
                return Err(StreamFault::Interleaved { limit: 8 });
            }
            ChatEvent::Text { delta, .. } => out.extend_from_slice(format!("{delta}\n").as_bytes()),
            ChatEvent::Start(_) => out.extend_from_slice(b"<\n"),
            ChatEvent::Finish { .. } => out.extend_from_slice(b">\n"),
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, usage: Option<&Usage>, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("used {}\n", usage.map_or(0, Usage::total_tokens)).as_bytes());
    }

    fn error(&mut self, error: &UpstreamError, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("error {}\n", error.status).as_bytes());
    }

    fn error_body(&self, error: &UpstreamError) -> Vec<u8> {
        error.message.clone().into_bytes()
    }
}

fn transcoder() -> Transcoder {
    let framer = Framer::new(Framing::Ndjson, 1 << 10);
    Transcoder::new(framer, Box::<Words>::default(), Box::new(Lines), 3)
}

/// What a body becomes, cut at `cuts`.
fn run(body: &str, cuts: &[usize], end: End) -> (String, Summary) {
    let mut transcoder = transcoder();
    let mut out = Vec::new();
    let mut rest = Bytes::copy_from_slice(body.as_bytes());
    for cut in cuts {
        let chunk = rest.split_to((*cut).min(rest.len()));
        transcoder.push(&chunk, &mut out);
    }
    transcoder.push(&rest, &mut out);
    let summary = transcoder.finish(end, &mut out);
    (String::from_utf8(out.concat()).unwrap(), summary)
}

fn words(words: &[&str]) -> String {
    words.iter().flat_map(|word| ["\"", word, "\"\n"]).collect()
}

#[test]
fn a_complete_answer() {
    let (out, summary) = run(&words(&["start", "a", "usage", "b", "finish"]), &[], End::Clean);
    assert_eq!(out, "<\na\nb\n>\nused 7\n");
    assert_eq!(summary.end, StreamEnd::Complete);
    assert_eq!(summary.usage, Some((Usage { output: 7, ..Usage::default() }, UsageSource::Reported)));
    assert_eq!(summary.told.model.as_deref(), Some("m"));
    assert_eq!((summary.frames, summary.output_bytes), (5, 2));
}

#[test]
fn what_follows_the_end_mark_is_not_read() {
    let (out, summary) =
        run(&words(&["start", "finish", "end", "late", "fail"]), &[], End::Broken(Break::TimedOut));
    assert_eq!(out, "<\n>\nused 3\n");
    assert_eq!(summary.end, StreamEnd::Complete);
    assert_eq!(summary.usage.unwrap().1, UsageSource::Estimated);
}

#[test]
fn a_finish_that_only_the_end_makes_final() {
    let (out, summary) = run(&words(&["start", "a", "late"]), &[], End::Clean);
    assert_eq!((out.as_str(), summary.end), ("<\na\n>\nused 4\n", StreamEnd::Complete));
}

#[test]
fn answers_that_break_off_are_told_of_once() {
    for (body, end, told) in [
        (&["start", "a"][..], End::Clean, StreamFault::Truncated),
        (&["start", "a", "finish"][..], End::Broken(Break::Connection), StreamFault::Broken),
        (&["start", "a", "end"][..], End::Clean, StreamFault::Truncated),
        (&["start"][..], End::Broken(Break::TimedOut), StreamFault::TimedOut),
    ] {
        let (out, summary) = run(&words(body), &[], end);
        assert_eq!(summary.end, StreamEnd::Truncated(told), "{body:?}");
        assert!(out.ends_with("error 502\n") && out.matches("error").count() == 1, "{out}");
        assert!(!out.contains("used"), "{out}");
    }
}

#[test]
fn a_brace_that_never_closes_is_told_with_its_line() {
    let mut transcoder = transcoder();
    let mut out = Vec::new();
    transcoder.push(&Bytes::from_static(b"\"start\"\n\"a\"\n{\"b\":{\"c\":1}\n"), &mut out);
    assert_eq!(out.concat(), b"<\na\nerror 502\n", "the next line is not waited for");
    assert!(transcoder.is_over());
    let summary = transcoder.finish(End::Broken(Break::TimedOut), &mut out);
    assert_eq!(summary.end, StreamEnd::Fault(StreamFault::Unreadable));
}

#[test]
fn events_that_cannot_be_read() {
    let (out, summary) = run("\"start\"\n17\n\"finish\"\n", &[], End::Clean);
    assert_eq!((out.as_str(), summary.end), ("<\nerror 502\n", StreamEnd::Fault(StreamFault::Unreadable)));
    let long = format!("\"start\"\n\"{}\"\n", "x".repeat(2000));
    assert_eq!(
        run(&long, &[], End::Clean).1.end,
        StreamEnd::Fault(StreamFault::FrameTooLong { limit: 1024 })
    );
}

#[test]
fn errors_of_the_provider() {
    let (out, summary) = run(&words(&["start", "a", "fail", "b"]), &[], End::Clean);
    assert_eq!((out.as_str(), summary.end), ("<\na\nerror 429\n", StreamEnd::UpstreamError));
    let (out, summary) = run(&words(&["fail"]), &[], End::Clean);
    assert_eq!((out.as_str(), summary.end), ("", StreamEnd::UpstreamError));
    let data = Bytes::from_static(b"slow down");
    assert_eq!(summary.state, StreamState::ErrorFirst { data, status: Some(429) });
}

#[test]
fn what_the_clients_format_cannot_go_on_with_is_a_fault() {
    let (out, summary) = run(&words(&["start", "overfull", "a", "finish"]), &[], End::Clean);
    assert_eq!(
        (out.as_str(), summary.end),
        ("<\nerror 502\n", StreamEnd::Fault(StreamFault::Interleaved { limit: 8 }))
    );
}

#[test]
fn a_client_that_leaves_is_accounted_for() {
    let mut transcoder = transcoder();
    let mut out = Vec::new();
    transcoder.push(&Bytes::from(words(&["start", "abcde"])), &mut out);
    assert!(transcoder.at_frame_boundary() && !transcoder.is_over() && !transcoder.is_terminated());
    let summary = transcoder.abandon();
    assert_eq!(summary.end, StreamEnd::Abandoned);
    assert_eq!(
        summary.usage,
        Some((Usage { fresh_input: 3, output: 2, ..Usage::default() }, UsageSource::Estimated))
    );
}

#[test]
fn running_totals_are_exact_only_of_what_has_ended() {
    let counted = |told: &[&str], end| {
        let (_, summary) = run(&words(told), &[], end);
        summary.usage.map(|(usage, source)| (usage.output, source))
    };
    let long = "x".repeat(40);
    let broken = End::Broken(Break::Connection);
    assert_eq!(counted(&["start", "usage", "a"], broken), Some((7, UsageSource::Estimated)));
    assert_eq!(counted(&["start", "usage", &long], broken), Some((10, UsageSource::Estimated)));
    assert_eq!(counted(&["start", &long, "finish", "usage"], broken), Some((7, UsageSource::Reported)));
}

proptest! {
    #[test]
    fn cuts_change_nothing(
        picked in prop::collection::vec(prop::sample::select(vec!["start", "a", "usage", "finish", "late", "fail"]), 0..8),
        cuts in prop::collection::vec(0_usize..9, 0..20),
    ) {
        let body = words(&picked);
        prop_assert_eq!(run(&body, &cuts, End::Clean), run(&body, &[], End::Clean));
    }
}
