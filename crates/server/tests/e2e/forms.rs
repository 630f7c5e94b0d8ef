//! Credentials that become fields of forms.

use testkit::Call;

use crate::commands::run_with_file;
use crate::world::World;

const CONFIG: &str = r#"_format_version: "3.0"
routes:
  - name: fixed
    paths: [/sim/generic/forms]
    plugins:
      - name: ai-proxy
        config:
          route_type: preserve
          max_request_body_size: 100000
          auth: {param_name: api_key, param_value: sk-sim-CANARY-form, param_location: body}
          model: {provider: openai, options: {upstream_url: "http://@UPSTREAM@/"}}
  - name: override
    paths: [/sim/generic/override]
    plugins:
      - name: ai-proxy
        config:
          route_type: preserve
          auth: {param_name: api_key, param_value: sk-sim-CANARY-form, param_location: body, allow_override: true}
          model: {provider: openai, options: {upstream_url: "http://@UPSTREAM@/"}}
"#;

const CANARY: &str = "sk-sim-CANARY-form";

fn part(head: &str, content: &[u8]) -> Vec<u8> {
    [b"--bound\r\nContent-Disposition: form-data; ", head.as_bytes(), b"\r\n\r\n", content, b"\r\n"].concat()
}

/// An upload: a field, and a file with every byte and with lines that look like delimiters.
fn upload(more: &[u8]) -> Vec<u8> {
    let mut file: Vec<u8> = (0..=255).cycle().take(20_000).collect();
    file.extend_from_slice(b"\r\n--boun\r\n\r\n x --bound--\r\n--\r\n");
    [
        &part("name=\"purpose\"", b"batch"),
        more,
        &part("name=\"file\"; filename=\"a b.jsonl\"\r\nContent-Type: application/octet-stream", &file),
        b"--bound--\r\n",
    ]
    .concat()
}

fn call(route: &str, tag: &str, content_type: &str, body: impl AsRef<[u8]>) -> Call {
    let path = format!("/sim/generic/{route}/v1/files");
    Call::post(&path).header("x-test", tag).header("content-type", content_type).body(body)
}

const MULTIPART: &str = "multipart/form-data; boundary=\"bound\"";

#[test]
fn a_form_gets_the_credential_and_keeps_all_else() {
    let mut world = World::start_with(CONFIG, |builder| builder.arg("--log-level").arg("trace"));
    let ours = part("name=\"api_key\"", CANARY.as_bytes());
    let signed = |more: &[u8]| {
        let plain = upload(more);
        let end = plain.len() - b"--bound--\r\n".len();
        [&plain[..end], &ours, &plain[end..]].concat()
    };
    let theirs = part("name=\"api_key\"", b"sk-bad");
    let mut answers = Vec::new();
    for (tag, more, chunked) in
        [("form-plain", &[][..], false), ("form-chunked", &[], true), ("form-replaced", &theirs, false)]
    {
        let sent = call("forms", tag, MULTIPART, upload(more));
        let answer = world.send(&if chunked { sent.chunked(999) } else { sent }).expect(200);
        let got = world.upstream.only(tag);
        assert!(got.body == signed(&[]), "{tag}: {}", got.text());
        assert_eq!(got.header("content-length"), Some(&*signed(&[]).len().to_string()), "{tag}");
        assert_eq!(got.header("content-type"), Some(MULTIPART), "{tag}");
        // The simulator reads the form with a reader of its own.
        let names: Vec<String> = answer.json()["body"]["form"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field[0].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["purpose", "file", "api_key"], "{tag}");
        answers.push(answer);
    }
    answers.push(world.send(&call("forms", "form-empty", MULTIPART, "--bound--")).expect(200));
    assert_eq!(world.upstream.only("form-empty").body, [&*ours, b"--bound--"].concat());
    for answer in &answers {
        assert!(!format!("{:?} {}", answer.headers, answer.text()).contains("CANARY"));
        world.record(answer);
    }
    world.gateway.signal("TERM");
    world.gateway.wait(testkit::PATIENCE);
    assert!(world.gateway.record_text().lines().count() >= answers.len());
    for told in [world.gateway.record_text(), world.gateway.output()] {
        assert!(!told.contains("CANARY"), "{told}");
    }
}

#[test]
fn the_callers_field_wins_where_it_may() {
    let world = World::start(CONFIG);
    let own = upload(&part("name=\"api_key\"", b"sk-sim-own"));
    world.send(&call("override", "own", MULTIPART, &own)).expect(200);
    assert!(world.upstream.only("own").body == own);
    let wrong = upload(&part("name=api_key", b"sk-bad"));
    world.send(&call("override", "wrong", MULTIPART, wrong.clone())).expect(200);
    assert!(world.upstream.only("wrong").body == wrong);
    world.send(&call("override", "absent", MULTIPART, upload(&[]))).expect(200);
    assert!(world.upstream.only("absent").text().contains(CANARY));
    let form = "application/x-www-form-urlencoded";
    world.send(&call("override", "own-argument", form, "a=1&api_key=sk-sim-own")).expect(200);
    assert_eq!(world.upstream.only("own-argument").text(), "a=1&api_key=sk-sim-own");
}

#[test]
fn arguments_and_objects_get_it_too() {
    let world = World::start(CONFIG);
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    world.send(&call("forms", "arguments", form, "a=%20+&api%5Fkey=sk-bad&b=2")).expect(200);
    assert_eq!(world.upstream.only("arguments").text(), format!("a=%20+&b=2&api_key={CANARY}"));
    world.send(&call("forms", "object", "application/json", r#"{"a":[1.0]}"#)).expect(200);
    assert_eq!(world.upstream.only("object").text(), format!(r#"{{"a":[1.0],"api_key":"{CANARY}"}}"#));
}

#[test]
fn nothing_goes_out_without_the_credential() {
    let world = World::start(CONFIG);
    let unclosed = part("name=\"a\"", b"1");
    for (number, (content_type, body, why)) in [
        ("multipart/form-data", upload(&[]), "boundary"),
        ("multipart/form-data; boundary=other", upload(&[]), "closing delimiter"),
        (MULTIPART, unclosed, "closing delimiter"),
        (MULTIPART, Vec::new(), "closing delimiter"),
        (MULTIPART, [upload(&[]), upload(&[])].concat(), "delimiter or not"),
        ("multipart/mixed; boundary=bound", upload(&[]), "JSON object or a form"),
        ("application/octet-stream", vec![0; 10], "JSON object or a form"),
        ("application/json", b"[1]".to_vec(), "JSON object or a form"),
        ("application/json", Vec::new(), "JSON object or a form"),
        ("application/x-www-form-urlencoded", vec![0xff], "JSON object or a form"),
    ]
    .into_iter()
    .enumerate()
    {
        for route in ["forms", "override"] {
            let tag = format!("unsigned-{number}-{route}");
            let answer = world.refused(&tag, call(route, &tag, content_type, body.clone()), 400);
            assert!(answer.message().contains(why), "{tag}: {}", answer.text());
            assert_eq!(world.record(&answer)["gateway"]["outcome"], "refused");
        }
    }
    let large = call("forms", "large", MULTIPART, upload(&part("name=x", &"x".repeat(100_000).into_bytes())));
    world.refused("large", large, 413);
}

#[test]
fn explain_shows_the_form_before_the_credential() {
    let config = CONFIG.replace("@UPSTREAM@", "127.0.0.1:1");
    let body = String::from_utf8([part("name=\"a\"", b"1"), b"--bound--\r\n".to_vec()].concat()).unwrap();
    let request = format!("POST /sim/generic/forms HTTP/1.1\r\nContent-Type: {MULTIPART}\r\n\r\n{body}");
    let told = run_with_file(&config, &["explain", "--config", "@FILE@", "-"], &[], request.as_bytes());
    assert_eq!(told.status, 0, "{}", told.err);
    assert!(told.out.contains(&body) && told.out.contains("auth      body api_key"), "{}", told.out);
    assert!(!told.out.contains("CANARY") && !told.err.contains("CANARY"), "{}", told.out);
}
