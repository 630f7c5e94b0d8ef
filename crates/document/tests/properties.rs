//! Documents against `serde_json`: the same bodies are accepted, the same edits give the same values.

#![expect(clippy::unwrap_used, reason = "a property that panics has failed")]

use std::ops::ControlFlow;

use bytes::Bytes;
use document::{Document, DocumentError, Edits, Kind, MAX_DEPTH, Value, quote, scan_members};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

/// White space, mostly none.
fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n  "), 1 => Just("\t\r\n")]
}

/// The text of a JSON string with its quotes: plain, escaped, foreign, long.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z ]{0,12}",
        1 => "[A-Za-z0-9+/]{50,300}",
        1 => "[äöü€🦀語]{1,6}",
        1 => Just(r#"\""#.to_owned()),
        1 => Just(r"\\".to_owned()),
        1 => Just(r"\n\t\r\b\f\/".to_owned()),
        1 => Just(r"\u0041\u00e4\u20AC".to_owned()),
        1 => Just(r"\ud83e\udd80".to_owned()),
        1 => Just(r"\ud83e".to_owned()),
        1 => Just(r"\udd80\ud83e".to_owned()),
        1 => Just("[]{},:".to_owned()),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON has finite numbers only", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?",
    ]
}

/// The text of any value.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        string(),
        number(),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("{ }".to_owned()),
        Just("[]".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec((space(), inner.clone(), space()), 1..6).prop_map(|items| {
                let items: Vec<_> = items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                format!("[{}]", items.join(","))
            }),
            prop::collection::vec((space(), string(), space(), inner, space()), 1..6).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(a, name, b, value, c)| format!("{a}{name}{b}:{value}{c}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// A few names, so that edits hit, some of them written in another way.
fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "model", "mod\\u0065l", "stream", "", "\\n", "ä", "\\u00e4"])
}

/// The text of an object whose names differ.
fn object() -> impl Strategy<Value = String> {
    prop::collection::vec((space(), name(), space(), value(), space()), 0..7).prop_map(|members| {
        let mut seen = Vec::new();
        let mut texts = Vec::new();
        for (before, name, between, value, after) in members {
            let decoded: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            if !seen.contains(&decoded) {
                seen.push(decoded);
                texts.push(format!("{before}\"{name}\"{between}:{between}{value}{after}"));
            }
        }
        let body = texts.join(",");
        if body.is_empty() { "{ }".to_owned() } else { format!(" {{{body}}}\n") }
    })
}

fn parse(text: &str) -> Document {
    Document::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

/// `serde_json`'s judgement, which has no depth limit and allows lone surrogates where nothing is decoded.
fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(bytes).is_ok()
}

fn judge(bytes: &[u8]) -> Result<(), TestCaseError> {
    let result = Document::parse(Bytes::copy_from_slice(bytes));
    let valid = match &result {
        Ok(_) | Err(DocumentError::Duplicate { .. } | DocumentError::NotAnObject) => true,
        Err(DocumentError::Syntax { offset }) => {
            prop_assert!(*offset <= bytes.len());
            false
        }
        Err(_) => false,
    };
    prop_assert_eq!(valid, is_json(bytes), "{:?} for {:?}", result.err(), String::from_utf8_lossy(bytes));
    Ok(())
}

#[derive(Debug, Clone)]
enum Op {
    Set(&'static str, Json),
    SetIn(&'static str, &'static str, Json),
    Remove(&'static str),
    RemoveIn(&'static str, &'static str),
    Rename(&'static str, &'static str),
}

fn op() -> impl Strategy<Value = Op> {
    let name = || prop::sample::select(vec!["a", "b", "c", "model", "stream", "", "\n", "ä"]);
    let new = prop::sample::select(vec![
        Json::Null,
        Json::from(7),
        Json::from("x\"\n"),
        serde_json::json!({}),
        serde_json::json!({"a": 1, "b": {"a": 2}}),
        serde_json::json!([1, 2]),
    ]);
    prop_oneof![
        (name(), new.clone()).prop_map(|(name, value)| Op::Set(name, value)),
        (name(), name(), new).prop_map(|(parent, name, value)| Op::SetIn(parent, name, value)),
        name().prop_map(Op::Remove),
        (name(), name()).prop_map(|(parent, name)| Op::RemoveIn(parent, name)),
        (name(), name()).prop_map(|(name, to)| Op::Rename(name, to)),
    ]
}

fn edit_document(edits: &mut Edits, op: &Op) {
    match op {
        Op::Set(name, value) => edits.set(*name, value.to_string()),
        Op::SetIn(parent, name, value) => edits.set_in(*parent, *name, value.to_string()),
        Op::Remove(name) => edits.remove(*name),
        Op::RemoveIn(parent, name) => edits.remove_in(*parent, *name),
        Op::Rename(name, to) => edits.rename(*name, *to),
    }
}

fn edit_value(map: &mut Map<String, Json>, op: &Op) {
    match op {
        Op::Set(name, value) => {
            map.insert((*name).to_owned(), value.clone());
        }
        Op::SetIn(parent, name, value) => {
            let parent = map.entry(*parent).or_insert(Json::Null);
            if parent.is_null() {
                *parent = serde_json::json!({});
            }
            if let Some(parent) = parent.as_object_mut() {
                parent.insert((*name).to_owned(), value.clone());
            }
        }
        Op::Remove(name) => {
            map.shift_remove(*name);
        }
        Op::RemoveIn(parent, name) => {
            if let Some(parent) = map.get_mut(*parent).and_then(Json::as_object_mut) {
                parent.shift_remove(*name);
            }
        }
        Op::Rename(name, to) => {
            if name != to && map.contains_key(*name) {
                map.shift_remove(*to);
                *map = std::mem::take(map)
                    .into_iter()
                    .map(
                        |(known, value)| {
                            if known == *name { ((*to).to_owned(), value) } else { (known, value) }
                        },
                    )
                    .collect();
            }
        }
    }
}

/// What a value is to both libraries; numbers are compared as text, for `serde_json` rounds them.
fn compare(ours: Value<'_>, raw: &RawValue) -> Result<(), TestCaseError> {
    prop_assert_eq!(ours.raw(), raw.get().as_bytes());
    match ours.kind() {
        Kind::Array => {
            let theirs: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap();
            prop_assert_eq!(ours.items().count(), theirs.len());
            for (item, raw) in ours.items().zip(theirs) {
                compare(item, raw)?;
            }
        }
        Kind::Object => {
            for member in ours.members() {
                let text = format!("\"{}\"", std::str::from_utf8(member.name.raw()).unwrap());
                if let Ok(name) = serde_json::from_str::<String>(&text) {
                    prop_assert_eq!(member.name.decoded(), name.as_str());
                    prop_assert!(member.name.is(&name));
                    prop_assert!(ours.value(&name).is_some());
                }
                let raw: &RawValue = serde_json::from_slice(member.value.raw()).unwrap();
                compare(member.value, raw)?;
            }
        }
        Kind::String => match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => prop_assert_eq!(ours.as_str().unwrap(), text),
            Err(_) => prop_assert!(ours.as_str().unwrap().contains(char::REPLACEMENT_CHARACTER)),
        },
        Kind::Number => {
            prop_assert_eq!(ours.as_u64(), serde_json::from_str(raw.get()).ok());
            if let Ok(Json::Number(number)) = serde_json::from_str::<Json>(raw.get()) {
                let (ours, theirs) = (ours.as_f64().unwrap(), number.as_f64().unwrap());
                // serde_json's fast way of reading may be off by a unit or two in the last place.
                prop_assert!((ours - theirs).abs() <= theirs.abs() * 2.0 * f64::EPSILON + f64::MIN_POSITIVE);
            }
        }
        Kind::Bool => prop_assert_eq!(ours.as_bool(), serde_json::from_str(raw.get()).ok()),
        Kind::Null => prop_assert!(ours.is_null()),
    }
    Ok(())
}

/// Every value of a document, each below the one it is part of.
fn all_values(value: Value<'_>, depth: usize, into: &mut Vec<(usize, Bytes, std::ops::Range<usize>)>) {
    into.push((depth, Bytes::copy_from_slice(value.raw()), value.span()));
    for part in value.items().chain(value.members().map(|member| member.value)) {
        all_values(part, depth + 1, into);
    }
}

/// The name of every member inside a value, each before those inside its own value.
fn all_names(value: Value<'_>, into: &mut Vec<(std::ops::Range<usize>, String)>) {
    for member in value.members() {
        into.push((member.name.span(), member.name.decoded().into_owned()));
        all_names(member.value, into);
    }
    value.items().for_each(|item| all_names(item, into));
}

/// The text of an object with more in it than an outline has room for.
fn crowded() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "[]",
        "{}",
        "[0]",
        "{\"\":0}",
        "[[],{}]",
        "{\"a\":{\"b\":[1,{}]}}",
        "7",
        "\"\"",
        "\"]}\\\"\"",
        "\"a long string, a long string, a long string, a long string, a long string\"",
    ]);
    let list = prop::collection::vec(part, 0..60).prop_map(|parts| parts.join(","));
    prop::collection::vec(list, 1..6).prop_map(|lists| {
        let members: Vec<_> =
            lists.iter().enumerate().map(|(at, list)| format!("\"{at}\":[{list}]")).collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn accepts_what_is_json(text in object()) {
        prop_assert!(Document::parse(Bytes::from(text)).is_ok());
    }

    #[test]
    fn accepts_only_what_is_json(
        text in object(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, prop_oneof![
            Just(b'"'), Just(b'\\'), Just(b','), Just(b':'), Just(b'{'), Just(b'}'), Just(b'['), Just(b']'),
            Just(b' '), Just(b'0'), Just(b'-'), Just(b'.'), Just(b'e'), Just(b'u'), Just(0x1f), Just(0x80), Just(0xc3),
            any::<u8>(),
        ]), 1..4),
    ) {
        let mut bytes = text.into_bytes();
        for (at, kind, byte) in changes {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => { bytes.remove(at); }
                _ => {}
            }
        }
        judge(&bytes)?;
    }

    #[test]
    fn judges_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        judge(&bytes)?;
    }

    #[test]
    fn judges_what_is_cut_short(text in object(), at in any::<prop::sample::Index>()) {
        let bytes = text.as_bytes();
        let cut = &bytes[..at.index(bytes.len())];
        judge(cut)?;
        prop_assert_eq!(scan_members(cut, |_| ControlFlow::Continue(())).is_ok(), is_json(cut));
    }

    #[test]
    fn reads_what_is_there(text in object()) {
        let document = parse(&text);
        let theirs: Map<String, Json> = serde_json::from_str::<std::collections::HashMap<String, &RawValue>>(&text)
            .unwrap().keys().map(|name| (name.clone(), Json::Null)).collect();
        prop_assert_eq!(document.members().count(), theirs.len());
        for member in document.members() {
            let name = member.name.decoded();
            prop_assert!(theirs.contains_key(&*name));
            prop_assert_eq!(document.value(&name).unwrap().raw(), member.value.raw());
            prop_assert_eq!(&text.as_bytes()[member.value.span()], member.value.raw());
            prop_assert_eq!(&text.as_bytes()[member.name.span()], member.name.raw());
            compare(member.value, serde_json::from_slice(member.value.raw()).unwrap())?;
        }
    }

    #[test]
    fn scans_what_it_parses(text in object()) {
        let document = parse(&text);
        let mut scanned = Vec::new();
        scan_members(text.as_bytes(), |member| {
            scanned.push((member.name.span(), member.value.span()));
            ControlFlow::Continue(())
        }).unwrap();
        let parsed: Vec<_> = document.members().map(|member| (member.name.span(), member.value.span())).collect();
        prop_assert_eq!(scanned, parsed);
    }

    #[test]
    fn the_outline_tells_what_a_scan_finds(text in prop_oneof![object(), crowded()]) {
        let document = parse(&text);
        let mut told = Vec::new();
        all_values(document.root(), 0, &mut told);
        for member in document.members() {
            all_values(member.value, 1, &mut told);
        }
        // A value of a scan has no outline.
        let mut found = Vec::new();
        let mut inside = Vec::new();
        scan_members(format!("{{\"root\":{}}}", text.trim_ascii()).as_bytes(), |member| {
            all_values(member.value, 0, &mut found);
            member.value.members().for_each(|member| all_values(member.value, 1, &mut inside));
            ControlFlow::Continue(())
        }).unwrap();
        found.extend(inside);
        let before = "{\"root\":".len();
        let blanks = text.len() - text.trim_ascii_start().len();
        let moved = found.into_iter().map(|(depth, raw, span)| {
            (depth, raw, span.start + blanks - before..span.end + blanks - before)
        });
        prop_assert_eq!(told, moved.collect::<Vec<_>>());
    }

    #[test]
    fn the_outline_tells_the_names_that_a_scan_finds(text in prop_oneof![object(), crowded()]) {
        let document = parse(&text);
        let mut told = Vec::new();
        all_names(document.root(), &mut told);
        let mut found = Vec::new();
        scan_members(text.as_bytes(), |member| {
            found.push((member.name.span(), member.name.decoded().into_owned()));
            all_names(member.value, &mut found);
            ControlFlow::Continue(())
        }).unwrap();
        prop_assert_eq!(told, found);
    }

    #[test]
    fn edits_as_serde_json_does(
        first in prop::collection::vec((name(), prop_oneof![
            Just("1"), Just("null"), Just("[ ]"), Just("{}"), Just("{ \"a\" : 1 }"),
            Just("{\"a\":1,\n\"b\":\"x\", \"stream\" :[3] }"), Just("{\"b\" : 2,\"mod\\u0065l\":{}}"),
        ], space()), 0..6),
        ops in prop::collection::vec(op(), 0..8),
    ) {
        let mut seen: Vec<String> = Vec::new();
        let mut members = Vec::new();
        for (name, value, space) in first {
            let decoded = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            if !seen.contains(&decoded) {
                seen.push(decoded);
                members.push(format!("{space}\"{name}\"{space}:{space}{value}{space}"));
            }
        }
        let text = format!("{{{}}}", members.join(","));
        let document = parse(&text);
        let mut edits = Edits::new();
        let mut expected: Map<String, Json> = serde_json::from_str(&text).unwrap();
        for op in &ops {
            edit_document(&mut edits, op);
            edit_value(&mut expected, op);
        }
        let spliced = document.apply(&edits);
        let bytes = spliced.to_bytes();
        prop_assert_eq!(spliced.len(), bytes.len());
        prop_assert!(spliced.segments().iter().all(|segment| !segment.is_empty()));
        let found: Map<String, Json> = serde_json::from_slice(&bytes)
            .map_err(|error| TestCaseError::fail(format!("{error}: {}", String::from_utf8_lossy(&bytes))))?;
        // As text, so that the order counts.
        prop_assert_eq!(Json::Object(found).to_string(), Json::Object(expected).to_string());
        prop_assert!(Document::parse(bytes).is_ok());
    }

    #[test]
    fn untouched_members_survive(text in object(), ops in prop::collection::vec(op(), 1..6)) {
        let document = parse(&text);
        let mut edits = Edits::new();
        let mut touched = Vec::new();
        for op in &ops {
            edit_document(&mut edits, op);
            match op {
                Op::Set(name, _) | Op::SetIn(name, ..) | Op::Remove(name) | Op::RemoveIn(name, _) => touched.push(*name),
                Op::Rename(name, to) => touched.extend([*name, *to]),
            }
        }
        let edited = Document::parse(document.apply(&edits).to_bytes()).unwrap();
        for member in document.members() {
            let name = member.name.decoded();
            if !touched.contains(&&*name) {
                prop_assert_eq!(edited.value(&name).unwrap().raw(), member.value.raw());
            }
        }
    }

    #[test]
    fn no_edits_no_copy(text in object()) {
        let body = Bytes::from(text);
        let document = Document::parse(body.clone()).unwrap();
        let spliced = document.apply(&Edits::new());
        prop_assert_eq!(spliced.segments().len(), 1);
        prop_assert_eq!(spliced.segments()[0].as_ptr(), body.as_ptr());
        prop_assert_eq!(spliced.to_bytes(), body);
    }

    #[test]
    fn replaces_at_any_depth(text in object(), at in any::<prop::sample::Index>(), raw in value()) {
        let document = parse(&text);
        let mut values = Vec::new();
        for member in document.members() {
            all_values(member.value, 1, &mut values);
        }
        prop_assume!(!values.is_empty());
        let (_, _, span) = &values[at.index(values.len())];
        let mut expected = text.as_bytes()[..span.start].to_vec();
        expected.extend_from_slice(raw.as_bytes());
        expected.extend_from_slice(&text.as_bytes()[span.end..]);

        let mut edits = Edits::new();
        let mut found = false;
        for member in document.members() {
            replace_at(member.value, span, &mut edits, &raw, &mut found);
        }
        prop_assert!(found);
        prop_assert_eq!(document.apply(&edits).to_bytes(), expected);
    }

    #[test]
    fn quoting_is_undone_by_reading(text in any::<String>()) {
        let quoted = quote(&text);
        prop_assert_eq!(serde_json::from_slice::<String>(&quoted).unwrap(), text.clone());
        let body = [b"{\"x\":", quoted.as_ref(), b"}"].concat();
        let document = Document::parse(body.into()).unwrap();
        prop_assert_eq!(document.value("x").unwrap().as_str().unwrap(), text);
    }

    #[test]
    fn scanning_anything_is_harmless(bytes in prop::collection::vec(prop_oneof![
        Just(b'"'), Just(b'\\'), Just(b','), Just(b':'), Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), any::<u8>(),
    ], 0..200)) {
        let mut body = b"{\"a\":".to_vec();
        body.extend_from_slice(&bytes);
        let _ = scan_members(&body, |member| {
            let _ = (member.name.decoded(), member.value.as_str(), member.value.as_f64());
            let mut parts = Vec::new();
            if body.len() < 100 {
                all_values(member.value, 0, &mut parts);
            }
            ControlFlow::Continue(())
        });
    }
}

fn replace_at(
    value: Value<'_>,
    span: &std::ops::Range<usize>,
    edits: &mut Edits,
    raw: &str,
    found: &mut bool,
) {
    if value.span() == *span {
        edits.replace(&value, raw.to_owned());
        *found = true;
        return;
    }
    for part in value.items().chain(value.members().map(|member| member.value)) {
        replace_at(part, span, edits, raw, found);
    }
}

#[test]
fn depth_is_limited_and_costs_nothing() {
    let nested = |levels: usize| {
        let inner = levels - 1;
        format!("{{\"a\":{}{}}}", "[".repeat(inner), "]".repeat(inner))
    };
    let limit = MAX_DEPTH as usize;
    assert!(Document::parse(nested(limit).into()).is_ok());
    assert_eq!(Document::parse(nested(limit + 1).into()).unwrap_err(), DocumentError::TooDeep);
    let bomb = format!("{{\"a\":{}", "[{\"a\":".repeat(1_000_000));
    assert_eq!(Document::parse(bomb.into()).unwrap_err(), DocumentError::TooDeep);
    assert_eq!(Document::parse("[".repeat(1_000_000).into()).unwrap_err(), DocumentError::TooDeep);
}

#[test]
fn many_members_are_no_bomb() {
    let members: Vec<_> = (0..200_000).map(|index| format!("\"{index}\":0")).collect();
    let body = format!("{{{}}}", members.join(","));
    let started = std::time::Instant::now();
    let document = Document::parse(body.into()).unwrap();
    assert_eq!(document.members().count(), 200_000);
    // Comparing each with each would take minutes.
    assert!(started.elapsed().as_secs() < 20);
    let twice = format!("{{{},\"1\\u0037\":1}}", members.join(","));
    assert_eq!(
        Document::parse(twice.into()).unwrap_err(),
        DocumentError::Duplicate { name: Some("17".into()) }
    );
}
