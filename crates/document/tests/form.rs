//! Forms as they are built part by part: what is not the field goes out byte for byte.

use bytes::Bytes;
use document::Form;
use proptest::prelude::*;

const NAME: &str = "api_key";
const BOUNDARY: &str = "-x";

/// What forms are made of.
const WORDS: &[&str] = &[
    "---x",
    "--",
    "\r\n",
    "\n",
    "\r",
    " ",
    "a:",
    "Content-Disposition:",
    ";name=",
    "\"",
    "\\",
    "api_key",
    "%5",
    "---x\r\nContent-Disposition: form-data; name=",
    "\r\n\r\n",
    "\r\n---x--",
];

/// Bytes of a part's content: what looks like delimiters and is none among them.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..20),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"---x".to_vec()),
        1 => Just(b" ---x--\r\n".to_vec()),
        1 => Just(b"\r\n--".to_vec()),
        1 => Just(b"\r\n\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n".to_vec()),
    ];
    let joined = prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat());
    joined.prop_filter("a delimiter of its own", |content| {
        let text = [b"\r\n".as_slice(), content].concat();
        !text.windows(5).any(|window| matches!(window[0], b'\r' | b'\n') && &window[1..] == b"---x")
    })
}

/// The name of a field, and how its head says so.
fn head() -> impl Strategy<Value = (bool, String)> {
    prop_oneof![
        3 => "[a-z]{1,6}".prop_map(|name| (false, format!("form-data; name=\"{name}\""))),
        1 => "[a-z]{1,6}".prop_map(|name| (false, format!("form-data; name={name}; filename=\"{NAME}\""))),
        1 => Just((true, format!("form-data; name=\"{NAME}\""))),
        1 => Just((true, format!("form-data;filename=\"\";name={NAME}"))),
    ]
}

fn part() -> impl Strategy<Value = (bool, Vec<u8>)> {
    (head(), prop_oneof![Just(""), Just("X-More: 1\r\n")], content()).prop_map(
        |((named, head), more, content)| {
            let head = format!("--{BOUNDARY}\r\n{more}Content-Disposition: {head}\r\n\r\n");
            (named, [head.as_bytes(), &content, b"\r\n"].concat())
        },
    )
}

proptest! {
    #[test]
    fn parts_of_other_names_are_untouched(
        parts in prop::collection::vec(part(), 0..6),
        preamble in prop_oneof![Just(""), Just("before\r\n")],
        end in prop_oneof![Just("---x--"), Just("---x--\r\n"), Just("---x-- \r\nbehind")],
        value in "[ -~]{1,20}",
    ) {
        let join = |parts: Vec<&[u8]>| {
            let mut text = preamble.as_bytes().to_vec();
            text.extend(parts.concat());
            text
        };
        let mut body = join(parts.iter().map(|(_, part)| &**part).collect());
        body.extend_from_slice(end.as_bytes());
        let form = Form::read(Bytes::from(body), BOUNDARY, NAME).unwrap();
        prop_assert_eq!(form.has_field(), parts.iter().any(|(named, _)| *named));
        let set = form.with_field(&value).unwrap().concat();
        let mut expected = join(parts.iter().filter(|(named, _)| !named).map(|(_, part)| &**part).collect());
        let ours = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{NAME}\"\r\n\r\n{value}\r\n{end}"
        );
        expected.extend_from_slice(ours.as_bytes());
        prop_assert_eq!(&set, &expected);
        // What was written is read as the field, and setting it once more changes nothing.
        let again = Form::read(Bytes::from(set), BOUNDARY, NAME).unwrap();
        prop_assert!(again.has_field());
        prop_assert_eq!(again.with_field(&value).unwrap().concat(), expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..60),
    ) {
        if let Ok(form) = Form::read(Bytes::from(words.concat()), BOUNDARY, NAME) {
            let set = form.with_field("v").unwrap().concat();
            let again = Form::read(Bytes::from(set.clone()), BOUNDARY, NAME).unwrap();
            prop_assert!(again.has_field());
            prop_assert_eq!(again.with_field("v").unwrap().concat(), set);
        }
    }
}
