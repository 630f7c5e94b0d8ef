//! Tool calls of streams, in whatever order and completeness they come.

use super::*;

/// The calls as they are told: starts as `#index id name`, arguments as `index text`.
fn told(deltas: &[&str]) -> Vec<String> {
    let mut data: Vec<String> =
        deltas.iter().map(|calls| delta(&format!(r#"{{"tool_calls":{calls}}}"#))).collect();
    data.push(ended("tool_calls"));
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    let told = events(&data).into_iter().filter_map(|event| match event {
        ChatEvent::ToolStart { call, id, name, .. } => Some(format!("#{call} {id} {name}")),
        ChatEvent::ToolArguments { call, delta, .. } => Some(format!("{call} {delta}")),
        ChatEvent::Native { value, .. } => Some(value.as_str().to_owned()),
        _ => None,
    });
    told.collect()
}

#[test]
fn deltas_belong_to_their_index() {
    let calls = told(&[
        r#"[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]"#,
        r#"[{"index":0,"function":{"arguments":"{"}},{"index":2,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]"#,
        r#"[{"index":2,"function":{"arguments":":1}"}},{"index":0,"function":{"arguments":"}"}}]"#,
        r#"[{"index":7,"id":"c","function":{"name":"h","arguments":"{}"}}]"#,
    ]);
    assert_eq!(calls, ["#0 a f", "0 {", "#1 b g", "1 {\"y\"", "1 :1}", "0 }", "#2 c h", "2 {}"]);
}

#[test]
fn names_and_ids_may_come_late() {
    let calls = told(&[
        r#"[{"index":0,"function":{"arguments":"{"}}]"#,
        r#"[{"index":0,"id":"a"}]"#,
        r#"[{"index":0,"function":{"name":"f","arguments":"}"}}]"#,
    ]);
    assert_eq!(calls, ["#0 a f", "0 {}"]);
    let calls = told(&[
        r#"[{"index":0,"function":{"name":"f","arguments":"{}"}}]"#,
        r#"[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]"#,
        r#"[{"index":2,"id":"c","function":{"arguments":"{}"}}]"#,
        r#"[{"index":3,"id":"d"}]"#,
    ]);
    // An id is made at the end; what never got a name has the one that stands for none, and nothing at all is no call.
    assert_eq!(calls, ["#0 b g", "0 {}", "#1 n0_0_0 f", "1 {}", "#2 c _", "2 {}"]);
}

#[test]
fn indexes_may_be_missing_or_all_the_same() {
    let calls = told(&[
        r#"[{"id":"a","function":{"name":"f","arguments":{"x":1}}},{"id":"b","function":{"name":"f","arguments":"{}"}}]"#,
        r#"[{"id":"a","function":{"arguments":" "}}]"#,
        r#"[{"function":{"arguments":" "}}]"#,
    ]);
    assert_eq!(calls, ["#0 a f", "0 {\"x\":1}", "#1 b f", "1 {}", "0  ", "1  "]);
    let calls = told(&[
        r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#,
        r#"[{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}]"#,
    ]);
    assert_eq!(calls, ["#0 a f", "0 {}", "#1 b g", "1 {}"]);
    // The same id with the name again is the same call; another id without a name is, too.
    let calls = told(&[
        r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]"#,
        r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}]"#,
        r#"[{"index":0,"id":"z","function":{"name":null,"arguments":" "}}]"#,
    ]);
    assert_eq!(calls, ["#0 a f", "0 {", "0 }", "0  "]);
}

#[test]
fn custom_calls_are_told_whole() {
    let calls = told(&[
        r#"[{"index":0,"id":"a","type":"custom","custom":{"name":"g","input":""}}]"#,
        r#"[{"index":0,"custom":{"input":"x "}}]"#,
        r#"[{"index":0,"custom":{"input":"\"y\""}}]"#,
    ]);
    assert_eq!(calls, [r#"{"id":"a","type":"custom","custom":{"name":"g","input":"x \"y\""}}"#]);
}

#[test]
fn functions_of_old_are_calls() {
    let data = [
        delta(r#"{"function_call":{"name":"f","arguments":""}}"#),
        delta(r#"{"function_call":{"arguments":"{}"}}"#),
        ended("function_call"),
    ];
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    let events = events(&data);
    assert!(
        matches!(&events[1], ChatEvent::ToolStart { id, name, .. } if &**id == "n0_0_0" && &**name == "f")
    );
    assert!(matches!(&events[2], ChatEvent::ToolArguments { delta, .. } if delta == "{}"));
}

#[test]
fn what_waits_is_bounded() {
    let mut decoder = Target::default().answer().decoder();
    let mut events = Vec::new();
    let chunk = delta(&format!(
        r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":"{}"}}}}]}}"#,
        "x".repeat(1 << 20)
    ));
    let mut give =
        |data: &str| decoder.unit(Unit { name: None, exception: false, data: data.as_bytes() }, &mut events);
    let taken = (0..20).map(|_| give(&chunk)).take_while(Result::is_ok).count();
    assert_eq!(taken, 16);
    let calls: Vec<String> = (0..1100).map(|index| format!(r#"{{"index":{index}}}"#)).collect();
    assert!(give(&delta(&format!(r#"{{"tool_calls":[{}]}}"#, calls.join(",")))).is_err());
}
