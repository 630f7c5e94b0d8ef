//! Kong's rules for keys, case by case.

use config::Consumer;
use http::header::{AUTHORIZATION, HeaderName};

use super::*;

const KEY: &str = "CANARY-key";
const CREDENTIAL: usize = 7;

fn settings() -> KeyAuth {
    KeyAuth {
        key_names: vec!["apikey".into(), "x-team".into()],
        key_in_header: true,
        key_in_query: true,
        key_in_body: false,
        key_in_bearer: false,
        hide_credentials: true,
        anonymous: None,
        realm: None,
        run_on_preflight: true,
    }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

type Answer = Result<Identity, Denial>;

fn ask<'s>(settings: &'s KeyAuth, headers: &HeaderMap, query: Option<&str>) -> (Answer, Hidden<'s>) {
    let shown = Shown { method: &Method::POST, headers, query, body: None };
    identify(settings, &shown, |key| (key == KEY).then_some(CREDENTIAL))
}

fn answer(settings: &KeyAuth, pairs: &[(&'static str, &str)], query: Option<&str>) -> Answer {
    ask(settings, &headers(pairs), query).0
}

fn message(answer: Answer) -> &'static str {
    let denial = answer.unwrap_err();
    assert_eq!(denial.status, 401);
    assert_eq!(denial.www_authenticate.unwrap(), "Key");
    denial.message
}

const KNOWN: Answer = Ok(Identity::Known { credential: CREDENTIAL });

#[test]
fn a_key_is_found_in_header_and_query() {
    let settings = settings();
    assert_eq!(answer(&settings, &[("apikey", KEY)], None), KNOWN);
    assert_eq!(answer(&settings, &[("x-team", KEY)], None), KNOWN);
    assert_eq!(answer(&settings, &[], Some("a=1&apikey=CANARY-key")), KNOWN);
    assert_eq!(answer(&settings, &[], Some("APIKEY=CANARY%2Dkey")), KNOWN);
    assert_eq!(answer(&settings, &[], Some("api%6Bey=CANARY-key&")), KNOWN);
}

#[test]
fn what_is_missing_unknown_or_double_has_its_own_message() {
    let settings = settings();
    let told = |pairs: &[(&'static str, &str)], query| message(answer(&settings, pairs, query));
    assert_eq!(told(&[], None), "No API key found in request");
    assert_eq!(told(&[("apikey", "")], None), "No API key found in request");
    assert_eq!(told(&[], Some("apikey=")), "No API key found in request");
    assert_eq!(told(&[], Some("apikey")), "No API key found in request");
    assert_eq!(told(&[("authorization", "Bearer CANARY-key")], None), "No API key found in request");
    assert_eq!(told(&[("apikey", "other")], None), "Unauthorized");
    assert_eq!(told(&[("apikey", KEY), ("apikey", KEY)], None), "Duplicate API key found");
    assert_eq!(told(&[], Some("apikey=CANARY-key&apiKey=x")), "Duplicate API key found");
}

#[test]
fn the_first_place_that_has_a_value_counts() {
    let settings = settings();
    let query = Some("apikey=CANARY-key");
    assert_eq!(answer(&settings, &[("apikey", KEY)], Some("apikey=wrong")), KNOWN);
    assert_eq!(message(answer(&settings, &[("apikey", "wrong")], query)), "Unauthorized");
    assert_eq!(answer(&settings, &[("x-team", "wrong")], query), KNOWN, "the first name comes first");
    assert_eq!(answer(&settings, &[("x-team", KEY)], Some("apikey")), KNOWN, "no value is no key");
    let nowhere = KeyAuth { key_in_header: false, key_in_query: false, ..settings };
    assert_eq!(message(answer(&nowhere, &[("apikey", KEY)], query)), "No API key found in request");
}

#[test]
fn a_key_is_found_in_the_body_last_of_its_name() {
    let settings = KeyAuth { key_in_body: true, ..settings() };
    let ask = |headers: &HeaderMap, value: Value<'static>| {
        let body = move |name: &str| {
            if name == "apikey" { value.clone() } else { Value::Absent }
        };
        let shown = Shown { method: &Method::POST, headers, query: None, body: Some(&body) };
        identify(&settings, &shown, |key| (key == KEY).then_some(CREDENTIAL)).0
    };
    let none = HeaderMap::new();
    assert_eq!(ask(&none, Value::Text(KEY.into())), KNOWN);
    assert_eq!(ask(&headers(&[("x-team", KEY)]), Value::Other), KNOWN);
    assert_eq!(ask(&headers(&[("apikey", KEY)]), Value::Several), KNOWN);
    assert_eq!(message(ask(&none, Value::Several)), "Duplicate API key found");
    assert_eq!(message(ask(&none, Value::Other)), "No API key found in request");
}

#[test]
fn a_bearer_token_counts_where_it_is_asked_for() {
    let settings = KeyAuth { key_in_bearer: true, hide_credentials: false, ..settings() };
    let bearer = |text: &str| answer(&settings, &[("authorization", text)], None);
    assert_eq!(bearer("Bearer CANARY-key"), KNOWN);
    assert_eq!(bearer("bearer  CANARY-key "), KNOWN);
    assert_eq!(message(bearer("Basic CANARY-key")), "No API key found in request");
    assert_eq!(message(bearer("Bearer")), "No API key found in request");
    assert_eq!(message(bearer("Bearer other")), "Unauthorized");
    let both = [("authorization", "Bearer other"), ("apikey", KEY)];
    assert_eq!(answer(&settings, &both, None), KNOWN);

    let mut sent = headers(&[("authorization", "Bearer CANARY-key")]);
    let (_, hidden) = ask(&settings, &sent, None);
    hidden.strip_headers(&mut sent);
    assert!(sent.is_empty(), "a key of ours goes nowhere, whatever hide_credentials says");

    let mut sent = headers(&both);
    let (_, hidden) = ask(&settings, &sent, None);
    hidden.strip_headers(&mut sent);
    assert_eq!(sent.len(), 2, "the token was not the key, and keys are not hidden here");
}

#[test]
fn keys_are_hidden_wherever_they_are() {
    let settings = KeyAuth { key_in_body: true, ..settings() };
    let pairs = [("apikey", KEY), ("x-team", KEY), ("x-team", "2"), ("accept", "*/*")];
    let mut sent = headers(&pairs);
    let (answer, hidden) = ask(&settings, &sent, Some("apikey=1"));
    assert_eq!(answer, KNOWN);
    hidden.strip_headers(&mut sent);
    assert_eq!(sent, headers(&[("accept", "*/*")]));
    let stripped = |query| hidden.strip_query(query).unwrap().into_string();
    assert_eq!(stripped("b=%20&ApiKey=CANARY&&c&x%2Dteam=2&d=e=f"), "b=%20&&c&d=e=f");
    assert_eq!(stripped("apikey=CANARY"), "");
    assert_eq!(hidden.strip_query("a=apikey&apikeys=1"), None);
    assert_eq!(hidden.body_members(), &*settings.key_names);

    let open = KeyAuth { hide_credentials: false, ..settings };
    let (_, hidden) = ask(&open, &headers(&pairs), None);
    assert_eq!(hidden.strip_query("apikey=1"), None);
    assert!(hidden.body_members().is_empty());
}

#[test]
fn the_anonymous_consumer_stands_in_for_every_failure() {
    let anonymous = KeyAuth { anonymous: Some(Ok(3)), ..settings() };
    let stands_in = Ok(Identity::Anonymous { consumer: 3 });
    assert_eq!(answer(&anonymous, &[], None), stands_in);
    assert_eq!(answer(&anonymous, &[("apikey", "wrong")], None), stands_in);
    assert_eq!(answer(&anonymous, &[("apikey", KEY), ("apikey", KEY)], None), stands_in);
    assert_eq!(answer(&anonymous, &[("apikey", KEY)], None), KNOWN);

    let missing = KeyAuth { anonymous: Some(Err("nobody".into())), ..settings() };
    let denial = answer(&missing, &[], None).unwrap_err();
    assert_eq!((denial.status.as_u16(), denial.www_authenticate), (500, None));
    assert!(!denial.message.contains("nobody"));
    assert_eq!(answer(&missing, &[("apikey", KEY)], None), KNOWN);
}

#[test]
fn the_challenge_names_the_realm() {
    let told = |realm: &str| {
        let settings = KeyAuth { realm: Some(realm.into()), ..settings() };
        answer(&settings, &[], None).unwrap_err().www_authenticate.unwrap()
    };
    assert_eq!(told("my \"lab\""), r#"Key realm="my \"lab\"""#);
    assert_eq!(told("a\r\nb"), "Key", "a realm that no header can hold is left out");
}

#[test]
fn a_preflight_request_may_be_let_through() {
    let settings = KeyAuth { run_on_preflight: false, ..settings() };
    let none = HeaderMap::new();
    let ask = |method: &Method| {
        let shown = Shown { method, headers: &none, query: None, body: None };
        identify(&settings, &shown, |_| None).0
    };
    assert_eq!(ask(&Method::OPTIONS), Ok(Identity::Unasked));
    assert_eq!(message(ask(&Method::GET)), "No API key found in request");
}

#[test]
fn upstream_is_told_who_calls_and_nothing_that_the_caller_made_up() {
    let spoofed = [
        ("x-consumer-id", "evil"),
        ("x-consumer-id", "evil"),
        ("x-consumer-custom-id", "evil"),
        ("x-consumer-username", "evil"),
        ("x-credential-identifier", "evil"),
        ("x-anonymous-consumer", "evil"),
    ];
    let consumer =
        Consumer { id: "c-1".into(), username: Some("änn".into()), custom_id: None, groups: Vec::new() };
    let told = |who| {
        let mut headers = headers(&spoofed);
        announce(&mut headers, who);
        let mut pairs: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap()))
            .collect();
        pairs.sort();
        pairs.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    assert_eq!(
        told(Announced::Known(&consumer, "k-1")),
        ["x-consumer-id: c-1", "x-consumer-username: änn", "x-credential-identifier: k-1"]
    );
    assert_eq!(
        told(Announced::Anonymous(&consumer)),
        ["x-anonymous-consumer: true", "x-consumer-id: c-1", "x-consumer-username: änn"]
    );
    assert!(told(Announced::Nobody).is_empty());
}

#[test]
fn a_header_that_is_no_text_is_an_unknown_key() {
    let mut sent = HeaderMap::new();
    sent.insert("apikey", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
    assert_eq!(message(ask(&settings(), &sent, None).0), "Unauthorized");
    sent.insert(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff").unwrap());
    sent.remove("apikey");
    let bearer = KeyAuth { key_in_bearer: true, ..settings() };
    assert_eq!(message(ask(&bearer, &sent, None).0), "No API key found in request");
}
