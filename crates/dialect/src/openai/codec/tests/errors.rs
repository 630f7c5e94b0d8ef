//! Errors of all providers as they are read.

use model::ErrorKind;

use super::*;

fn read(status: u16, body: &str) -> UpstreamError {
    CHAT_CODEC.error(status, &|_| None, body.as_bytes())
}

#[test]
fn all_documented_forms_are_read() {
    for (status, body, message, code, param) in [
        (429, r#"{"error":{"message":"slow","type":"rate_limit"}}"#, "slow", None, None),
        (
            400,
            r#"{"error":{"message":"m","type":"invalid_request_error","param":"p","code":"c"}}"#,
            "m",
            Some("c"),
            Some("p"),
        ),
        (400, r#"{"error":{"message":"m","type":"BadRequestError","code":400}}"#, "m", None, None),
        (
            400,
            r#"{"object":"error","message":"m","type":"BadRequestError","param":null,"code":40303}"#,
            "m",
            Some("40303"),
            None,
        ),
        (
            400,
            r#"{"code":"Client specified an invalid argument","error":"bad"}"#,
            "bad",
            Some("Client specified an invalid argument"),
            None,
        ),
        (
            400,
            r#"{"message":"m","type":"invalid_request_error","param":"p","code":"wrong_api_format"}"#,
            "m",
            Some("wrong_api_format"),
            Some("p"),
        ),
        (503, r#"{"error":"Model … loading","estimated_time":305.6}"#, "Model … loading", None, None),
        (422, r#"{"error":"bad input","error_type":"validation"}"#, "bad input", Some("validation"), None),
        (
            422,
            r#"{"detail":[{"loc":["body","messages",0],"msg":"no","type":"x"}]}"#,
            "no",
            None,
            Some("messages.0"),
        ),
        (
            422,
            r#"{"object":"error","message":{"detail":[{"loc":["body","seed"],"msg":"extra","type":"extra_forbidden"}]},"type":"invalid_request_error"}"#,
            "extra",
            None,
            Some("seed"),
        ),
        (404, r#"{"detail":"Not Found"}"#, "Not Found", None, None),
        (400, r#"{"error_code":"BAD_REQUEST","message":"m"}"#, "m", Some("BAD_REQUEST"), None),
        (400, r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]"#, "m", None, None),
        (500, r#"{"error":["a","b"]}"#, "a", None, None),
        (500, "<html>oops</html>", "<html>oops</html>", None, None),
        (500, r#"{"weird":1}"#, r#"{"weird":1}"#, None, None),
        (502, "", "the provider answered with status 502 and nothing else", None, None),
    ] {
        let error = read(status, body);
        assert_eq!((error.status, error.message.as_str()), (status, message), "{body}");
        assert_eq!((error.code.as_deref(), error.param.as_deref()), (code, param), "{body}");
        assert_eq!(error.kind, ErrorKind::of_status(status));
    }
    assert_eq!(read(400, r#"{"code":"C","message":"m","request_id":"r"}"#).request_id.as_deref(), Some("r"));
}

#[test]
fn messages_are_bounded() {
    let error = CHAT_CODEC.error(500, &|_| None, "ä".repeat(5000).as_bytes());
    assert_eq!(error.message.len(), 4096);
    let broken = CHAT_CODEC.error(500, &|_| None, b"\xff\xfe oops");
    assert!(broken.message.ends_with(" oops"));
}

#[test]
fn errors_in_streams_end_them() {
    for (data, status, message) in [
        (r#"{"error":{"message":"m","type":"server_error","code":null}}"#, 500, "m"),
        (r#"{"error":{"message":"m","code":429}}"#, 429, "m"),
        (r#"{"error":"bad","code":"x"}"#, 502, "bad"),
        (r#"{"object":"error","message":"m","type":"NotFoundError"}"#, 404, "m"),
        (r#"{"message":"m","type":"too_many_requests_error","param":null,"code":"x"}"#, 429, "m"),
        (r#"{"choices":[],"error":{"message":"m"}}"#, 502, "m"),
    ] {
        let told = events(&[&delta(r#"{"content":"a"}"#), data, &delta(r#"{"content":"b"}"#)]);
        let Some(ChatEvent::Error(error)) = told.last() else { panic!("{data}") };
        assert_eq!((error.status, error.message.as_str(), told.len()), (status, message, 3), "{data}");
    }
    let mut decoder = Target::default().answer().decoder();
    let mut told = Vec::new();
    let unit = Unit { name: Some("error"), exception: false, data: b"upstream gone" };
    assert_eq!(decoder.unit(unit, &mut told), Ok(Progress::End));
    assert!(matches!(&told[..], [ChatEvent::Error(error)] if error.message == "upstream gone"));
}
