//! Tests of the relay with a reader of a made-up dialect, and the traps of event streams by name.

use model::Told;
use proptest::prelude::*;

use super::*;
use crate::fault::{Break, StreamState};
use crate::relay_cut;

/// A dialect of one letter a frame: `u` usage, `e` error, `f` finish, `[DONE]`, `r` content whose second byte
/// goes out as two others, anything else content.
#[derive(Default)]
struct Letters {
    usage: Option<Usage>,
    finished: bool,
    output: u64,
    instead: Option<Vec<u8>>,
}

impl StreamReader for Letters {
    fn frame(&mut self, event: Option<&[u8]>, data: &[u8]) -> FrameKind {
        match data.first() {
            _ if data == b"[DONE]" => FrameKind::Terminator,
            _ if event == Some(b"error") => FrameKind::Error,
            Some(b'u') => {
                self.usage = Some(Usage { output: data.len() as u64, ..Usage::default() });
                FrameKind::Usage
            }
            Some(b'e') => FrameKind::Error,
            Some(b'r') => {
                let at = if data.get(1) == Some(&b'\n') { 2 } else { 1 };
                let (before, rest) = data.split_at(at.min(data.len()));
                self.instead = Some([before, b"**", rest.get(1..).unwrap_or_default()].concat());
                FrameKind::Content
            }
            Some(b'f') => {
                self.finished = true;
                FrameKind::Content
            }
            _ => {
                self.output += data.len() as u64;
                FrameKind::Content
            }
        }
    }
    fn instead(&mut self) -> Option<Vec<u8>> {
        self.instead.take()
    }
    fn whole(&self, data: &[u8]) -> bool {
        data.last() != Some(&b'<')
    }
    fn usage(&self) -> Option<Usage> {
        self.usage
    }
    fn told(&self) -> Told {
        Told::default()
    }
    fn finished(&self) -> bool {
        self.finished
    }
    fn started(&self) -> bool {
        self.output > 0
    }
    fn output_bytes(&self) -> u64 {
        self.output
    }
    fn usage_frame(&self, usage: &Usage) -> Vec<u8> {
        format!("data: usage {} {}\n\n", usage.prompt_tokens(), usage.completion_tokens()).into_bytes()
    }
    fn terminator(&self) -> Option<&'static [u8]> {
        Some(b"data: [DONE]\n\n")
    }
}

fn relay(usage: UsagePolicy) -> SseRelay {
    let settings = RelaySettings { usage, input_estimate: 18, ..RelaySettings::default() };
    limited(settings)
}

fn limited(settings: RelaySettings) -> SseRelay {
    SseRelay::new(
        Box::new(Letters::default()),
        settings,
        Box::new(|fault| Bytes::from(format!("data: fault {fault}\n\n"))),
    )
}

/// Relays a body whole and in single bytes, which must be the same.
fn run(usage: UsagePolicy, body: &str, end: End) -> (String, Summary) {
    let (out, summary) = relay_cut(relay(usage), body.as_bytes(), [], end);
    let bytes = vec![1; body.len()];
    assert_eq!(relay_cut(relay(usage), body.as_bytes(), bytes, end), (out.clone(), summary.clone()));
    assert_eq!(summary.bytes_out, out.len() as u64);
    (String::from_utf8(out).unwrap(), summary)
}

fn passes_unchanged(body: &str) {
    let (out, summary) = run(UsagePolicy::Pass, body, End::Clean);
    assert_eq!(out, body);
    assert_eq!(summary.end, StreamEnd::Complete);
}

const TRUNCATED: &str = "data: fault the upstream ended the stream before the answer was complete\n\n";
const BROKEN: &str = "data: fault the upstream connection broke before the answer was complete\n\n";

#[test]
fn trap_g_every_line_end_comments_and_no_space() {
    passes_unchanged("data: a\r\n\r\ndata: f\r\n\r\ndata: [DONE]\r\n\r\n");
    passes_unchanged("data: a\r\rdata: f\r\rdata: [DONE]\r\r");
    passes_unchanged(": hello\n\n\n\ndata:a\n\n:HTTP_STATUS/200\ndata:f\n\ndata:[DONE]\n\n");
    passes_unchanged("id:1\nevent: x\nretry: 3\ndata: a\ndata: b\n\ndata: f\n\ndata: [DONE]\n\n");
}

#[test]
fn the_data_of_a_frame_can_be_other_data() {
    let body =
        "\u{feff}id:1\r\ndata:rab\r\n:c\r\n\r\ndata: a\n\ndata: r\ndata: xy\nid: 2\n\ndata: f\n\ndata: rz";
    let (out, summary) = run(UsagePolicy::Pass, body, End::Clean);
    let expected = "\u{feff}id:1\n:c\ndata: r**b\n\ndata: a\n\nid: 2\ndata: r\ndata: **y\n\ndata: f\n\ndata: r**\n\ndata: [DONE]\n\n";
    assert_eq!((out.as_str(), summary.end), (expected, StreamEnd::Complete));
}

#[test]
fn trap_p_a_last_event_without_its_blank_line_is_delivered() {
    for (body, missing) in [
        ("data: f\n\ndata: [DONE]", "\n\n"),
        ("data: f\n\ndata: [DONE]\n", "\n"),
        ("data: f\r\n\r\ndata: [DONE]\r\n", "\n"),
        ("data: f\r\rdata: [DONE]\r", "\n\n"),
    ] {
        let (out, summary) = run(UsagePolicy::Pass, body, End::Clean);
        assert_eq!(out, format!("{body}{missing}"));
        assert_eq!(summary.end, StreamEnd::Complete);
    }
}

#[test]
fn half_an_event_is_not_delivered() {
    let (out, summary) = run(UsagePolicy::Pass, "data: a\n\ndata: b<", End::Clean);
    assert_eq!(out, format!("data: a\n\n{TRUNCATED}"));
    assert_eq!(summary.end, StreamEnd::Truncated(StreamFault::Truncated));
    // After a broken transfer nothing says that the event is whole.
    let (out, _) = run(UsagePolicy::Pass, "data: a\n\ndata: b", End::Broken(Break::Connection));
    assert_eq!(out, format!("data: a\n\n{BROKEN}"));
}

#[test]
fn trap_q_the_missing_terminator_is_added_after_a_finished_answer_only() {
    let (out, summary) = run(UsagePolicy::Pass, "data: a\n\ndata: f\n\n", End::Clean);
    assert_eq!(out, "data: a\n\ndata: f\n\ndata: [DONE]\n\n");
    assert_eq!(summary.end, StreamEnd::Complete);
    let (out, summary) = run(UsagePolicy::Pass, "data: a\n\n", End::Clean);
    assert_eq!(out, format!("data: a\n\n{TRUNCATED}"));
    assert_eq!(summary.end, StreamEnd::Truncated(StreamFault::Truncated));
    let (out, summary) = run(UsagePolicy::Pass, "", End::Clean);
    assert_eq!(out, TRUNCATED);
    assert_eq!(summary.state, StreamState::Waiting);
}

#[test]
fn a_broken_body_is_a_truncation_unless_the_terminator_has_come() {
    let broken = End::Broken(Break::Connection);
    let (out, summary) = run(UsagePolicy::Pass, "data: a\n\ndata: f\n\n", broken);
    assert_eq!(out, format!("data: a\n\ndata: f\n\n{BROKEN}"));
    assert_eq!(summary.end, StreamEnd::Truncated(StreamFault::Broken));
    let (out, summary) = run(UsagePolicy::Pass, "data: a\n\ndata: [DONE]\n\n", broken);
    assert_eq!(out, "data: a\n\ndata: [DONE]\n\n");
    assert_eq!(summary.end, StreamEnd::Complete);
}

#[test]
fn trap_v_a_byte_order_mark_passes_and_hides_nothing() {
    let body = "\u{feff}data: e\n\n";
    let (out, summary) = run(UsagePolicy::Pass, body, End::Clean);
    assert_eq!(out, body);
    assert_eq!(summary.state, StreamState::ErrorFirst { data: Bytes::from_static(b"e"), status: None });
    passes_unchanged("\u{feff}data: a\r\n\r\ndata: [DONE]\n\n");
}

#[test]
fn trap_w_nothing_follows_the_terminator() {
    let whole = "data: f\n\ndata: [DONE]\r\n\r\n";
    for behind in [
        "data: [DONE]\r\n\r\n",
        "data:[DONE]",
        ": bye\n\n",
        "\n\n",
        "data: more\n\n: x\n\ndata: usage\n\ndata: [DONE]\n\n",
        "data: e\n\n",
        "event: error\ndata: {}\n\ndata: half<",
    ] {
        for usage in [UsagePolicy::Pass, UsagePolicy::Hide] {
            for end in [End::Clean, End::Broken(Break::Connection)] {
                let (out, summary) = run(usage, &format!("{whole}{behind}"), end);
                assert_eq!(out, whole, "{behind}");
                let expected = (StreamEnd::Complete, 2, 0);
                assert_eq!((summary.end, summary.frames, summary.output_bytes), expected, "{behind}");
            }
        }
    }
}

#[test]
fn trap_x_a_very_long_line_passes() {
    let image = "i".repeat(300_000);
    let body = format!("data: {image}\n\ndata: f\n\ndata: [DONE]\n\n");
    let (out, summary) = relay_cut(relay(UsagePolicy::Pass), body.as_bytes(), vec![1000; 300], End::Clean);
    assert!(out == body.as_bytes());
    assert_eq!(summary.end, StreamEnd::Complete);
    assert_eq!(summary.output_bytes, 300_000);
}

#[test]
fn trap_i_a_body_cut_anywhere_even_inside_a_character_is_the_same() {
    let body = "data: grüße 🦀\n\ndata: f\n\ndata: [DONE]\n\n";
    for cut in 0..=body.len() {
        let (out, _) = relay_cut(relay(UsagePolicy::Pass), body.as_bytes(), [cut], End::Clean);
        assert_eq!(out, body.as_bytes());
    }
}

#[test]
fn a_frame_beyond_the_limit_is_a_fault_and_nothing_follows() {
    let settings = RelaySettings { frame_limit: 64, ..RelaySettings::default() };
    let body = format!("data: a\n\ndata: {}\n\ndata: f\n\ndata: [DONE]\n\n", "x".repeat(64));
    let mut seen = None;
    for size in [1, 7, 63, 64, 65, 1000] {
        let (out, summary) = relay_cut(limited(settings), body.as_bytes(), vec![size; 200], End::Clean);
        assert_eq!(summary.end, StreamEnd::Fault(StreamFault::FrameTooLong { limit: 64 }));
        let text = String::from_utf8(out.clone()).unwrap();
        assert_eq!(
            text,
            "data: a\n\ndata: fault a frame of the upstream's stream is longer than 64 bytes\n\n"
        );
        assert_eq!(*seen.get_or_insert((out.clone(), summary.clone())), (out, summary));
    }
}

#[test]
fn our_usage_frame_is_taken_out_and_nothing_else() {
    let (out, summary) = run(
        UsagePolicy::Hide,
        "data: a\r\n\r\n: note\r\n\r\ndata: f\r\n\r\ndata: usage\r\n\r\ndata: [DONE]\r\n\r\n",
        End::Clean,
    );
    assert_eq!(out, "data: a\r\n\r\n: note\r\n\r\ndata: f\r\n\r\ndata: [DONE]\r\n\r\n");
    let expected = Usage { output: 5, ..Usage::default() };
    assert_eq!(summary.usage, Some((expected, UsageSource::Reported)));
}

#[test]
fn usage_that_was_asked_for_is_estimated_before_the_terminator() {
    let usage = "data: usage 18 7\n\n";
    let text = "data: The answer to 1 + 1 is 2.\n\ndata: f\n\n";
    for (rest, expected) in [
        ("data: [DONE]\n\n", format!("{text}{usage}data: [DONE]\n\n")),
        ("data: [DONE]", format!("{text}{usage}data: [DONE]\n\n")),
        ("", format!("{text}{usage}data: [DONE]\n\n")),
        ("data: usage\n\ndata: [DONE]\n\n", format!("{text}data: usage\n\ndata: [DONE]\n\n")),
        ("data: e\n\n", format!("{text}data: e\n\n")),
    ] {
        let (out, _) = run(UsagePolicy::Ensure, &format!("{text}{rest}"), End::Clean);
        assert_eq!(out, expected);
    }
    let (_, summary) = run(UsagePolicy::Ensure, text, End::Clean);
    assert!(matches!(summary.usage, Some((_, UsageSource::Estimated))));
    let (out, _) = run(UsagePolicy::Ensure, "data: a\n\n", End::Clean);
    assert_eq!(out, format!("data: a\n\n{TRUNCATED}"));
}

#[test]
fn an_error_in_the_stream_passes_and_ends_it() {
    for body in ["data: a\n\ndata: e\n\n", "data: a\n\nevent: error\ndata: {}\n\n", "data: f\n\ndata: e\n\n"]
    {
        let (out, summary) = run(UsagePolicy::Ensure, body, End::Clean);
        assert_eq!(out, body);
        assert_eq!(summary.end, StreamEnd::UpstreamError);
        // An end mark follows only a normal end, and one error is enough.
        let (out, summary) = run(UsagePolicy::Ensure, &format!("{body}data: [DONE]\n\n"), End::Clean);
        assert_eq!(out, body);
        assert_eq!(summary.end, StreamEnd::UpstreamError);
        let (out, _) = run(UsagePolicy::Pass, body, End::Broken(Break::Connection));
        assert_eq!(out, body);
    }
}

#[test]
fn the_state_waits_for_the_first_event() {
    let mut relay = relay(UsagePolicy::Pass);
    let mut out = Vec::new();
    for waiting in [&b": note\n\n"[..], b"\r\n", b"data:\n\n", b"event: ping\n\n", b"data: e"] {
        relay.push(&Bytes::from_static(waiting), &mut out);
        assert_eq!(*relay.state(), StreamState::Waiting);
        assert!(relay.at_frame_boundary());
    }
    relay.push(&Bytes::from_static(b"\n\ndata: a\n\n"), &mut out);
    assert_eq!(*relay.state(), StreamState::ErrorFirst { data: Bytes::from_static(b"e"), status: None });
    assert!(!relay.at_frame_boundary());
}

#[test]
fn a_client_that_left_is_accounted_for() {
    let mut relay = relay(UsagePolicy::Pass);
    let mut out = Vec::new();
    relay.push(&Bytes::from_static(b"data: abcde\n\ndata: fgh"), &mut out);
    let summary = relay.abandon();
    assert_eq!(summary.end, StreamEnd::Abandoned);
    assert_eq!(summary.usage.map(|(usage, _)| (usage.fresh_input, usage.output)), Some((18, 2)));
}

#[test]
fn running_totals_are_exact_only_of_what_has_ended() {
    let counted = |body: &'static [u8]| {
        let mut relay = relay(UsagePolicy::Pass);
        relay.push(&Bytes::from_static(body), &mut Vec::new());
        relay.abandon().usage.map(|(usage, source)| (usage.output, source))
    };
    // Six are told, and eight bytes make two.
    assert_eq!(counted(b"data: uvwxyz\n\ndata: abcdefgh\n\n"), Some((6, UsageSource::Estimated)));
    assert_eq!(counted(b"data: u\n\ndata: abcdefgh\n\n"), Some((2, UsageSource::Estimated)));
    assert_eq!(counted(b"data: abcdefgh\n\ndata: f\n\ndata: u\n\n"), Some((1, UsageSource::Reported)));
}

#[test]
fn an_idle_stream_costs_little() {
    assert!(size_of::<SseRelay>() < 400, "{}", size_of::<SseRelay>());
    let mut relay = relay(UsagePolicy::Pass);
    let mut out = Vec::new();
    relay.push(&Bytes::from_static(b"data: a\n\ndata: b\n\n"), &mut out);
    assert_eq!(relay.held(), 0);
    assert_eq!(out.len(), 1);
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let end = prop_oneof![Just("\n"), Just("\r"), Just("\r\n")];
    let line = prop_oneof![
        8 => "data:? ?[a-z]{0,6}",
        2 => Just("data: usage".to_owned()),
        2 => Just("data: f".to_owned()),
        1 => Just("data: e".to_owned()),
        2 => Just("data: [DONE]".to_owned()),
        1 => Just(": note".to_owned()),
        1 => Just("event: error".to_owned()),
        6 => Just(String::new()),
        1 => Just("\u{feff}".to_owned()),
        1 => Just("data: half<".to_owned()),
        1 => "\\PC{0,5}",
    ];
    proptest::collection::vec((line, end), 0..40).prop_map(|lines| {
        let text = lines.into_iter().map(|(line, end)| line + end).collect::<String>();
        text.into_bytes()
    })
}

fn policy() -> impl Strategy<Value = UsagePolicy> {
    prop_oneof![Just(UsagePolicy::Pass), Just(UsagePolicy::Hide), Just(UsagePolicy::Ensure)]
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same(
        mut body in body(),
        chop in 0_usize..4,
        sizes in proptest::collection::vec(0_usize..20, 0..60),
        usage in policy(),
        limit in prop_oneof![Just(20_usize), Just(DEFAULT_FRAME_LIMIT)],
        broken in any::<bool>(),
    ) {
        body.truncate(body.len().saturating_sub(chop));
        let settings = RelaySettings { usage, frame_limit: limit, input_estimate: 3 };
        let end = if broken { End::Broken(Break::TimedOut) } else { End::Clean };
        let whole = relay_cut(limited(settings), &body, [], end);
        prop_assert_eq!(&relay_cut(limited(settings), &body, sizes, end), &whole);
        prop_assert_eq!(&relay_cut(limited(settings), &body, vec![1; body.len()], end), &whole);
        prop_assert_eq!(whole.1.bytes_out, whole.0.len() as u64);
    }

    #[test]
    fn at_most_one_terminator_and_only_after_a_normal_end(body in body(), usage in policy()) {
        let (out, summary) = relay_cut(relay(usage), &body, [], End::Clean);
        let mut framer = SseFramer::default();
        let out = Bytes::from(out);
        let mut frames: Vec<_> = framer.frames(&out).map(Result::unwrap).collect();
        prop_assert_eq!(framer.finish(), None);
        let is_end = |data: Option<&[u8]>| data == Some(b"[DONE]");
        let ends = frames.iter().filter(|frame| is_end(frame.event().data.as_deref())).count();
        prop_assert_eq!(ends, usize::from(summary.end == StreamEnd::Complete));
        if ends > 0 {
            prop_assert!(is_end(frames.last().unwrap().event().data.as_deref()));
        }
        if let StreamEnd::Truncated(_) = summary.end {
            let last = frames.pop().unwrap();
            prop_assert!(last.event().data.unwrap().starts_with(b"fault"));
        }
    }

    #[test]
    fn without_anything_to_insert_or_remove_bytes_are_the_same(
        texts in proptest::collection::vec(("[ -~]{0,9}", "\r\n\r\n|\n\n|\r\r"), 0..20),
        sizes in proptest::collection::vec(0_usize..20, 0..60),
    ) {
        let mut body: String = texts.iter().flat_map(|(text, end)| ["data: -", text, end]).collect();
        body.push_str("data: [DONE]\n\n");
        let (out, summary) = relay_cut(relay(UsagePolicy::Pass), body.as_bytes(), sizes, End::Clean);
        prop_assert_eq!(out, body.as_bytes());
        prop_assert_eq!(summary.end, StreamEnd::Complete);
        prop_assert_eq!(summary.frames, texts.len() as u64 + 1);
    }

    #[test]
    fn any_bytes_are_taken_and_what_is_held_is_bounded(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..40),
    ) {
        let mut relay = limited(RelaySettings { frame_limit: 100, ..RelaySettings::default() });
        let mut out = Vec::new();
        for chunk in chunks {
            relay.push(&Bytes::from(chunk), &mut out);
            prop_assert!(relay.held() <= 100);
        }
        relay.finish(End::Clean, &mut out);
    }
}
