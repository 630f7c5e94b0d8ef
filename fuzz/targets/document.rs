//! Any bytes as a document, any edits: agrees with `serde_json` about what is JSON and what edits do.
#![no_main]

use std::ops::ControlFlow;

use arbitrary::Arbitrary;
use bytes::Bytes;
use document::{Document, DocumentError, Edits, MAX_DEPTH, Member, scan_members};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    edits: Vec<Edit>,
    body: &'a [u8],
}

/// Names and values are from small sets, so that edits meet each other and the members of the body.
#[derive(Debug, Arbitrary)]
enum Edit {
    Set(Name, Raw),
    SetIn(Name, Name, Raw),
    Rename(Name, Name),
    Remove(Name),
    RemoveIn(Name, Name),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Name {
    Empty,
    A,
    B,
    Model,
    Quoted,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Raw {
    Null,
    Number,
    Text,
    Array,
    Object,
}

impl Name {
    const fn text(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::A => "a",
            Self::B => "b",
            Self::Model => "model",
            Self::Quoted => "\"\\\u{e9}\n",
        }
    }
}

impl Raw {
    const fn text(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Number => "-1.50e+2",
            Self::Text => r#""x\u0041""#,
            Self::Array => "[ ]",
            Self::Object => r#"{ "a" : {} , "model":1}"#,
        }
    }

    fn value(self) -> Value {
        serde_json::from_str(self.text()).expect("the table holds JSON")
    }
}

fuzz_target!(|input: Input<'_>| {
    let body = Bytes::copy_from_slice(input.body);
    let text = std::str::from_utf8(&body);
    let valid = text.is_ok_and(|text| serde_json::from_str::<&RawValue>(text).is_ok());
    let document = match Document::parse(body.clone()) {
        Ok(document) => document,
        Err(DocumentError::NotUtf8) => return assert!(text.is_err()),
        Err(DocumentError::Syntax { offset }) => {
            assert!(offset <= body.len());
            return assert!(!valid, "valid JSON refused");
        }
        Err(DocumentError::TooDeep) => return assert!(depth(&body) > MAX_DEPTH || !opens_an_object(&body)),
        Err(DocumentError::NotAnObject) => return assert!(!opens_an_object(&body)),
        Err(DocumentError::Duplicate { .. }) => return,
        Err(DocumentError::TooLarge) => unreachable!("no input has 4 GiB"),
    };
    assert!(valid, "invalid JSON accepted");
    assert!(depth(&body) <= MAX_DEPTH);
    assert_eq!(document.apply(&Edits::new()).to_bytes(), body);

    // What the outline of the document tells is what a scan without one finds.
    let (mut told, mut found) = (Vec::new(), Vec::new());
    list(document.root(), &mut told);
    let wrapped = [b"{\"\":".as_slice(), document.root().raw(), b"}"].concat();
    let scanned = scan_members(&wrapped, |member| {
        list(member.value, &mut found);
        ControlFlow::Continue(())
    });
    assert_eq!((told, scanned), (found, Ok(())));

    let mut edits = Edits::new();
    for edit in &input.edits {
        ask(edit, &mut edits);
    }
    let spliced = document.apply(&edits);
    let length: usize = spliced.segments().iter().map(Bytes::len).sum();
    assert_eq!(length, spliced.len());
    let edited = spliced.to_bytes();
    Document::parse(edited.clone()).expect("an edited document is a document");

    // Numbers and surrogates that `Value` cannot hold leave nothing to compare with, and of two inner
    // members with one name `Value` keeps another than the document does.
    let Ok(Value::Object(expected)) = serde_json::from_slice(&body) else {
        return;
    };
    if document.members().any(|member| has_duplicates(&member)) {
        return;
    }
    let mut expected: Vec<(String, Value)> = expected.into_iter().collect();
    for edit in &input.edits {
        make(edit, &mut expected);
    }
    let found: Map<String, Value> = serde_json::from_slice(&edited).expect("JSON");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
});

/// The names and the bytes of all that stands inside a value.
fn list<'d>(value: document::Value<'d>, into: &mut Vec<(&'d [u8], &'d [u8])>) {
    for member in value.members() {
        into.push((member.name.raw(), member.value.raw()));
        list(member.value, into);
    }
    for item in value.items() {
        into.push((b"", item.raw()));
        list(item, into);
    }
}

fn ask(edit: &Edit, edits: &mut Edits) {
    match *edit {
        Edit::Set(name, raw) => edits.set(name.text(), raw.text()),
        Edit::SetIn(parent, name, raw) => edits.set_in(parent.text(), name.text(), raw.text()),
        Edit::Rename(name, to) => edits.rename(name.text(), to.text()),
        Edit::Remove(name) => edits.remove(name.text()),
        Edit::RemoveIn(parent, name) => edits.remove_in(parent.text(), name.text()),
    }
}

/// What an edit means, on the members as `serde_json` reads them.
fn make(edit: &Edit, members: &mut Vec<(String, Value)>) {
    let find =
        |members: &[(String, Value)], name: Name| members.iter().position(|(own, _)| own == name.text());
    match *edit {
        Edit::Set(name, raw) => match find(members, name) {
            Some(at) => members[at].1 = raw.value(),
            None => members.push((name.text().to_owned(), raw.value())),
        },
        Edit::SetIn(parent, name, raw) => {
            let at = find(members, parent).unwrap_or_else(|| {
                members.push((parent.text().to_owned(), Value::Null));
                members.len() - 1
            });
            let value = &mut members[at].1;
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            if let Value::Object(inner) = value {
                inner.insert(name.text().to_owned(), raw.value());
            }
        }
        Edit::Rename(name, to) => {
            if name.text() != to.text() && find(members, name).is_some() {
                members.retain(|(own, _)| own != to.text());
                if let Some(at) = find(members, name) {
                    members[at].0 = to.text().to_owned();
                }
            }
        }
        Edit::Remove(name) => members.retain(|(own, _)| own != name.text()),
        Edit::RemoveIn(parent, name) => {
            if let Some(at) = find(members, parent)
                && let Value::Object(inner) = &mut members[at].1
            {
                inner.shift_remove(name.text());
            }
        }
    }
}

fn opens_an_object(body: &[u8]) -> bool {
    body.iter().find(|byte| !b" \t\r\n".contains(byte)) == Some(&b'{')
}

fn has_duplicates(member: &Member<'_>) -> bool {
    let mut names: Vec<_> = member.value.members().map(|inner| inner.name.decoded().into_owned()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// The deepest nesting of brackets outside of strings.
fn depth(body: &[u8]) -> u32 {
    let (mut depth, mut deepest) = (0_u32, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
