//! Counts are disjoint, the last one counts, and what is written reads the same.

use document::{Document, write_object};

use super::*;

fn read(texts: &[&str]) -> Option<Usage> {
    let mut counts = Counts::default();
    for text in texts {
        let document = Document::parse(format!("{{\"usage\":{text}}}").into()).unwrap();
        counts.update(document.value("usage").unwrap());
    }
    counts.usage()
}

#[test]
fn parts_are_disjoint() {
    let usage = read(&[
        r#"{"input_tokens":10,"cache_read_input_tokens":4,"cache_creation_input_tokens":6,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":4},"output_tokens":7,"output_tokens_details":{"thinking_tokens":3}}"#,
    ])
    .unwrap();
    assert_eq!((usage.cache_write, usage.cache_write_hour, usage.cache_read), (2, 4, 4));
    assert_eq!((usage.prompt_tokens(), usage.completion_tokens(), usage.reasoning), (20, 7, 3));
}

#[test]
fn later_counts_replace_earlier_ones() {
    let usage = read(&[
        r#"{"input_tokens":43,"cache_read_input_tokens":5,"output_tokens":1}"#,
        r#"{"input_tokens":61,"output_tokens":2,"cache_read_input_tokens":null}"#,
    ])
    .unwrap();
    assert_eq!((usage.fresh_input, usage.cache_read, usage.output), (61, 5, 2));
}

#[test]
fn rounds_are_summed() {
    let usage = read(&[
        r#"{"input_tokens":612,"output_tokens":2819,"iterations":[{"input_tokens":60385,"output_tokens":522,"cache_read_input_tokens":1},{"input_tokens":612,"output_tokens":2819,"iterations":[{"input_tokens":9}]}]}"#,
    ])
    .unwrap();
    assert_eq!((usage.fresh_input, usage.output, usage.cache_read), (60_997, 3341, 1));
    assert_eq!(read(&[r#"{"input_tokens":1,"output_tokens":2,"iterations":[]}"#]).unwrap().fresh_input, 1);
}

#[test]
fn what_is_no_count_is_absent() {
    for text in
        ["{}", "null", r#"{"input_tokens":-1}"#, r#"{"output_tokens":"7"}"#, r#"{"input_tokens":1e99}"#]
    {
        assert_eq!(read(&[text]), None, "{text}");
    }
}

#[test]
fn what_is_written_reads_the_same() {
    let usage = Usage {
        fresh_input: 1,
        cache_read: 2,
        cache_write: 3,
        cache_write_hour: 4,
        output: 5,
        reasoning: 6,
        ..Usage::default()
    };
    let written = write_object(|object| write(&usage, object));
    assert_eq!(read(&[std::str::from_utf8(&written).unwrap()]), Some(usage));
}
