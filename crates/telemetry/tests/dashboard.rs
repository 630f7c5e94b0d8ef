//! The Grafana dashboard in `docs/grafana` asks for metrics and labels that there are, in a shape that Grafana reads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use telemetry::Outcome;
use telemetry::names::{self, MetricKind, MetricName};

/// Labels that Prometheus adds to every metric of a target.
const OF_THE_TARGET: [&str; 2] = ["job", "instance"];

fn dashboard() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/grafana/ai-proxy.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().unwrap_or_else(|| panic!("no list {member}: {value}"))
}

/// Each query with its legend.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
    let charts = list(dashboard, "panels").iter().filter(|panel| panel["type"] != "row");
    let mut found: Vec<(String, String)> = charts
        .flat_map(|panel| list(panel, "targets"))
        .map(|target| (text(&target["expr"]), text(&target["legendFormat"])))
        .collect();
    let notes = dashboard["annotations"]["list"].as_array().unwrap().iter();
    let expressions = notes.filter_map(|note| note["expr"].as_str());
    found.extend(expressions.map(|expression| (expression.to_owned(), String::new())));
    for variable in list(&dashboard["templating"], "list") {
        if variable["type"] == "query" {
            let query = text(&variable["query"]["query"]);
            let (selector, label) = query
                .strip_prefix("label_values(")
                .and_then(|rest| rest.strip_suffix(')')?.rsplit_once(", "))
                .unwrap_or_else(|| panic!("not the values of a label: {query}"));
            // As an expression of the same meaning.
            found.push((format!("count by ({label}) (count_over_time({selector}[1m]))"), String::new()));
        }
    }
    found
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    /// A range, such as `[5m]`.
    Range,
    Sign(char),
}

fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || "_:.".contains(c);
        let length = match first {
            '"' => 2 + rest[1..].find('"').unwrap_or_else(|| panic!("an open text: {expression}")),
            '[' => 1 + rest.find(']').unwrap_or_else(|| panic!("an open range: {expression}")),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        match first {
            '"' => found.push(Token::Text(&token[1..length - 1])),
            '[' => found.push(Token::Range),
            c if is_word(c) => found.push(Token::Word(token)),
            c if c.is_whitespace() => {}
            c => found.push(Token::Sign(c)),
        }
        rest = behind;
    }
    found
}

#[derive(Debug)]
struct Selector<'t> {
    metric: &'t str,
    /// Labels and what they are compared with.
    matchers: Vec<(&'t str, &'t str)>,
    /// It is asked over a range.
    ranged: bool,
}

/// What an expression asks for.
#[derive(Debug, Default)]
struct Asked<'t> {
    selectors: Vec<Selector<'t>>,
    /// The labels that are left.
    grouped: BTreeSet<&'t str>,
}

fn asked<'t>(tokens: &[Token<'t>]) -> Asked<'t> {
    let mut asked = Asked::default();
    let mut at = 0;
    while at < tokens.len() {
        let next = tokens.get(at + 1);
        match &tokens[at] {
            Token::Word("by") => {
                at += 2;
                while let Token::Word(label) = tokens[at] {
                    asked.grouped.insert(label);
                    at += if tokens[at + 1] == Token::Sign(',') { 2 } else { 1 };
                }
                assert_eq!(tokens[at], Token::Sign(')'));
            }
            Token::Word(word) if word.starts_with(|c: char| c.is_ascii_digit()) => {}
            Token::Word("or") => {}
            Token::Word(_) if matches!(next, Some(Token::Sign('(') | Token::Word("by"))) => {}
            Token::Word(metric) => {
                let mut matchers = Vec::new();
                if next == Some(&Token::Sign('{')) {
                    at += 2;
                    while tokens[at] != Token::Sign('}') {
                        let Token::Word(label) = tokens[at] else { panic!("no label: {:?}", tokens[at]) };
                        let value = tokens[at..].iter().find_map(|token| match token {
                            Token::Text(text) => Some(*text),
                            _ => None,
                        });
                        matchers.push((label, value.unwrap()));
                        at = at
                            + tokens[at..].iter().position(|token| matches!(token, Token::Text(_))).unwrap()
                            + 1;
                        if tokens[at] == Token::Sign(',') {
                            at += 1;
                        }
                    }
                }
                let ranged = tokens.get(at + 1) == Some(&Token::Range);
                asked.selectors.push(Selector { metric, matchers, ranged });
            }
            _ => {}
        }
        at += 1;
    }
    asked
}

/// A metric by the name of one of its series, and the labels of that.
fn metric(name: &str) -> (&'static MetricName, Vec<&'static str>) {
    for metric in names::ALL {
        let suffix = name.strip_prefix(metric.name);
        let mut labels = metric.labels.to_vec();
        match (metric.kind, suffix) {
            (MetricKind::Histogram, Some("_bucket")) => labels.push(names::label::BOUND),
            (MetricKind::Histogram, Some("_sum" | "_count"))
            | (MetricKind::Counter | MetricKind::Gauge, Some("")) => {}
            _ => continue,
        }
        labels.extend(OF_THE_TARGET);
        return (metric, labels);
    }
    panic!("there is no metric {name}")
}

#[test]
fn every_query_asks_for_what_there_is() {
    let dashboard = dashboard();
    let queries = queries(&dashboard);
    assert!(queries.len() > 30, "{}", queries.len());
    for (expression, legend) in &queries {
        let tokens = tokens(expression);
        let asked = asked(&tokens);
        assert!(!asked.selectors.is_empty(), "{expression}");
        let mut known = BTreeSet::new();
        for Selector { metric: name, matchers, ranged } in &asked.selectors {
            let (metric, labels) = metric(name);
            for (label, value) in matchers {
                assert!(labels.contains(label), "{name} has no label {label}: {expression}");
                check_values(label, value);
            }
            // A counter's value says nothing, and a gauge's change nothing that is looked at here.
            let counts = metric.kind != MetricKind::Gauge;
            let changes = expression.starts_with("changes(") || expression.contains("count_over_time(");
            assert!(*ranged == counts || changes, "{name}: {expression}");
            known.extend(labels);
        }
        for label in &asked.grouped {
            assert!(known.contains(label), "no metric has the label {label}: {expression}");
        }
        for part in legend.split("{{").skip(1) {
            let label = part.split("}}").next().unwrap();
            assert!(asked.grouped.contains(label), "the legend's {label} is lost: {expression}");
        }
    }
}

/// Values of labels that are closed sets must be of these.
fn check_values(label: &str, value: &str) {
    let outcomes = Outcome::ALL.map(Outcome::name);
    let known: &[&str] = match label {
        names::label::OUTCOME => &outcomes,
        names::label::TOKEN_TYPE => &["prompt_tokens", "completion_tokens", "total_tokens"],
        _ => {
            assert!(value.starts_with('$'), "{label} is told to be {value}");
            return;
        }
    };
    for value in value.split('|') {
        assert!(known.contains(&value), "{label} is never {value}");
    }
}

#[test]
fn what_operators_ask_for_is_on_it() {
    let queries = queries(&dashboard());
    let all: BTreeSet<&str> = queries
        .iter()
        .flat_map(|(expression, _)| asked(&tokens(expression)).selectors)
        .map(|selector| metric(selector.metric).0.name)
        .collect();
    for metric in [
        names::OUTCOMES,
        names::REQUEST_LATENCY,
        names::UPSTREAM_LATENCY,
        names::GATEWAY_LATENCY,
        names::FIRST_TOKEN,
        names::LLM_TOKENS,
        names::LLM_COST,
        names::COST_UNKNOWN,
        names::SINK_DROPS,
        names::IN_FLIGHT,
        names::PROCESS_CPU,
        names::PROCESS_RESIDENT,
    ] {
        assert!(all.contains(metric.name), "{}", metric.name);
    }
}

#[test]
fn panels_have_their_places() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 39);
    assert!(dashboard["id"].is_null(), "an id is given by the Grafana that imports it");
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in list(&dashboard, "panels") {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{}", panel["id"]);
        assert!(!panel["title"].as_str().unwrap().is_empty());
        let place = |member: &str| panel["gridPos"][member].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24, "{}", panel["title"]);
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(taken.insert((x, y)), "{} lies on another", panel["title"]);
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{}", panel["title"]);
        let mut names = BTreeSet::new();
        for target in list(panel, "targets") {
            assert!(names.insert(target["refId"].as_str().unwrap()));
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        }
    }
    let variables: Vec<&str> = list(&dashboard["templating"], "list")
        .iter()
        .map(|variable| variable["name"].as_str().unwrap())
        .collect();
    for (expression, _) in queries(&dashboard) {
        for part in expression.split('$').skip(1) {
            let name = part.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            assert!(variables.contains(&name) || name.starts_with("__"), "there is no variable {name}");
        }
    }
}
