//! Forms as clients write them, and forms that two readers could read in two ways.

use super::*;

const TYPE: &[u8] = b"multipart/form-data; boundary=X-b";

fn read(text: &str) -> Result<Form, FormError> {
    Form::read(Bytes::copy_from_slice(text.as_bytes()), "X-b", "api_key")
}

fn set(text: &str) -> String {
    let pieces = read(text).unwrap().with_field("secret").unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

const OURS: &str = "--X-b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\nsecret\r\n";
const FILE: &str = "--X-b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
                    Content-Type: application/octet-stream\r\n\r\n\0\r\n--X\r\n--\n--X-\r\n\r\n";

fn field(disposition: &str) -> String {
    format!("--X-b\r\nContent-Disposition: {disposition}\r\n\r\nclient\r\n")
}

#[test]
fn boundaries_are_read_from_the_content_type() {
    let given = |text: &str| boundary(text.as_bytes());
    let found = |text: &str| given(text).unwrap().unwrap();
    assert_eq!(&*boundary(TYPE).unwrap().unwrap(), "X-b");
    assert_eq!(&*found("Multipart/Form-Data ; charset=utf-8; BOUNDARY = \"a b=c\" "), "a b=c");
    assert_eq!(&*found("multipart/form-data; x=\"; boundary=no\"; boundary=yes"), "yes");
    assert_eq!(
        &*found("multipart/form-data;boundary=----WebKitFormBoundaryAbC"),
        "----WebKitFormBoundaryAbC"
    );
    assert!(given("multipart/mixed; boundary=x").is_none() && given("application/json").is_none());
    for text in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a; Boundary=a",
        "multipart/form-data; boundary=\"a\\b\"",
        "multipart/form-data; x=\"\\\"; boundary=a; y=\"; boundary=b",
        "multipart/form-data; boundary=<a>",
        "multipart/form-data; boundary=\u{e4}",
    ] {
        assert_eq!(given(text), Some(Err(FormError::Boundary)), "{text}");
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    assert_eq!(given(&long), Some(Err(FormError::Boundary)));
}

#[test]
fn a_field_is_added_before_the_end() {
    for end in ["--X-b--\r\n", "--X-b--", "--X-b-- \t\r\nepilogue --X-b", "--X-b--\r\n\r\n"] {
        for before in ["", "preamble\r\n", FILE] {
            assert_eq!(set(&format!("{before}{end}")), format!("{before}{OURS}{end}"));
        }
    }
}

#[test]
fn every_part_of_the_name_gives_way() {
    for disposition in [
        "form-data; name=\"api_key\"",
        "form-data;name=api_key",
        "FORM-DATA; filename=\"x; y\" ; NAME = \"api_key\" ; z=1",
        "form-data; name=\"other\"; name=\"api_key\"",
        "form-data; name=\"api%5Fkey\"",
        "form-data; name=\"api\\_key\"",
        "form-data; name*=UTF-8''api%5fkey",
        "form-data; filename=\"a\\\"; name=\"api_key\"",
        "form-data; filename=\"a\\\"; b\"; name=\"api_key\"",
    ] {
        let text = format!("{FILE}{}{FILE}{}--X-b--\r\n", field(disposition), field(disposition));
        assert!(read(&text).unwrap().has_field(), "{disposition}");
        assert_eq!(set(&text), format!("{FILE}{FILE}{OURS}--X-b--\r\n"), "{disposition}");
    }
    let lower = "--X-b\r\nX-First: 1\r\ncontent-disposition : form-data; name=api_key\r\n\r\n\r\n--X-b--";
    assert_eq!(set(lower), format!("{OURS}--X-b--"));
}

#[test]
fn other_fields_stay() {
    for disposition in [
        "form-data; name=\"api_keys\"",
        "form-data; name=\"API_KEY\"",
        "form-data; name=\"a\"; filename=\"api_key\"",
        "form-data; name=\"\"",
        "form-data",
        "attachment; xname=api_key",
    ] {
        let text = format!("{}--X-b--\r\n", field(disposition));
        assert!(!read(&text).unwrap().has_field(), "{disposition}");
        assert_eq!(set(&text), format!("{}{OURS}--X-b--\r\n", field(disposition)));
    }
    let bare = "--X-b\r\n\r\nContent-Disposition: form-data; name=api_key\r\n--X-b--";
    assert_eq!(set(bare), bare.replace("--X-b--", &format!("{OURS}--X-b--")));
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let field = field("form-data; name=\"a\"");
    for (text, error) in [
        (String::new(), FormError::Unclosed),
        (field.clone(), FormError::Unclosed),
        (format!("x--X-b--\r\n{field}"), FormError::Unclosed),
        ("{\"a\":1}".to_owned(), FormError::Unclosed),
        (format!("{field}--X-b--\r\n{field}--X-b--\r\n"), FormError::Ambiguous),
        (format!("{field}--X-b--junk\r\n"), FormError::Ambiguous),
        (format!("{field}--X-bc\r\n\r\n--X-b--\r\n"), FormError::Ambiguous),
        (format!("{field}--X-b-\r\n\r\n--X-b--\r\n"), FormError::Ambiguous),
        (field.replace("\r\n", "\n") + "--X-b--\n", FormError::Ambiguous),
        (format!("{field}x\n--X-b--\r\n--X-b--\r\n"), FormError::Ambiguous),
        (format!("{field}x\r--X-b--\r\n--X-b--\r\n"), FormError::Ambiguous),
        ("--X-b\r\n--X-b--\r\n".to_owned(), FormError::Malformed),
        ("--X-b\r\nno head\r\n--X-b--\r\n".to_owned(), FormError::Malformed),
        ("--X-b\r\nno colon\r\n\r\n\r\n--X-b--\r\n".to_owned(), FormError::Malformed),
        ("--X-b\r\nA: 1\nContent-Disposition: x\r\n\r\n\r\n--X-b--\r\n".to_owned(), FormError::Malformed),
        (
            "--X-b\r\nContent-Disposition: x;\r\n name=api_key\r\n\r\n\r\n--X-b--\r\n".to_owned(),
            FormError::Malformed,
        ),
        (field.repeat(MAX_PARTS + 1) + "--X-b--", FormError::TooManyParts),
    ] {
        assert_eq!(read(&text).map(|_| ()), Err(error), "{text}");
    }
    assert!(read(&(field.repeat(MAX_PARTS) + "--X-b--")).is_ok());
}

#[test]
fn a_value_cannot_break_out() {
    let form = read("--X-b--").unwrap();
    for value in ["--X-b--", "--X-b", "a\r\n--X-b--", "a\nb"] {
        assert_eq!(form.with_field(value), Err(FormError::Value));
    }
    let odd = Form::read(Bytes::from_static(b"--X-b--"), "X-b", "a\"b").unwrap();
    let text = odd.with_field("x--X-b").unwrap().concat();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        OURS.replace("api_key", "a%22b").replace("secret", "x--X-b") + "--X-b--"
    );
}
