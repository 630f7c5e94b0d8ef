//! Every published example of Kong's AI Proxy.

use serde_json::Value;

use super::{data, lines, load_with};

const FOLDER: &str = "kong/plugin-examples";

struct Example {
    file: String,
    plugin: String,
    variables: Vec<String>,
    /// Fields that Kong's own schema does not know either.
    unknown: Vec<String>,
    text: String,
}

fn examples(test: &str) -> Option<Vec<Example>> {
    let folder = data(test, FOLDER)?;
    let index = std::fs::read_to_string(folder.join("index.json")).unwrap();
    let index: Vec<Value> = serde_json::from_str(&index).unwrap();
    let examples = index.iter().map(|entry| {
        let file = entry["file"].as_str().unwrap().to_owned();
        let note = |note: &Value| note.as_str().unwrap().split(':').next().unwrap().to_owned();
        Example {
            text: std::fs::read_to_string(folder.join(&file)).unwrap(),
            plugin: entry["plugin"].as_str().unwrap().to_owned(),
            variables: entry["env"].as_object().unwrap().keys().cloned().collect(),
            unknown: entry["schema_notes"].as_array().unwrap().iter().map(note).collect(),
            file,
        }
    });
    Some(examples.collect())
}

/// A value for each variable that an example names, each of the form that its field wants.
fn value(example: &Example, name: &str) -> Option<String> {
    if !example.variables.iter().any(|known| known == name) {
        return None;
    }
    let value = if name.contains("URL") {
        "https://upstream.example.com/v1/chat"
    } else if name.contains("ENDPOINT") {
        "us-central1-aiplatform.googleapis.com"
    } else {
        "dummy"
    };
    Some(value.to_owned())
}

#[test]
fn there_are_as_many_as_we_know() {
    let Some(examples) = examples("there_are_as_many_as_we_know") else {
        return;
    };
    let count = |plugin: &str| examples.iter().filter(|example| example.plugin == plugin).count();
    assert_eq!((count("ai-proxy"), count("ai-proxy-advanced")), (49, 59));
}

#[test]
fn valid_ones_pass() {
    let Some(examples) = examples("valid_ones_pass") else {
        return;
    };
    let valid = |example: &&Example| example.plugin == "ai-proxy" && example.unknown.is_empty();
    let mut refused = Vec::new();
    for example in examples.iter().filter(valid) {
        match load_with(&example.text, &|name| value(example, name)) {
            Ok(loaded) => assert!(!loaded.configuration.plugins.is_empty(), "{}", example.file),
            Err(problems) => refused.push(format!("{}\n{}", example.file, lines(&problems).join("\n"))),
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
}

#[test]
fn unknown_fields_are_named_with_their_line() {
    let Some(examples) = examples("unknown_fields_are_named_with_their_line") else {
        return;
    };
    let mut checked = 0;
    for example in &examples {
        if example.plugin != "ai-proxy" || example.unknown.is_empty() {
            continue;
        }
        let problems = load_with(&example.text, &|name| value(example, name)).err().unwrap();
        for path in &example.unknown {
            let field = path.rsplit('.').next().unwrap();
            let problem = problems
                .iter()
                .find(|problem| problem.path.ends_with(&format!("config.{path}")))
                .unwrap_or_else(|| panic!("{}: {path}\n{}", example.file, lines(&problems).join("\n")));
            assert_eq!(&*problem.message, format!("unknown field '{field}'"));
            let line = example.text.lines().nth(problem.at.line as usize - 1).unwrap();
            let column = problem.at.column as usize - 1;
            assert!(line[column..].starts_with(field), "{}: {line}", example.file);
            checked += 1;
        }
    }
    assert_eq!(checked, 3);
}

#[test]
fn the_advanced_plugin_is_refused_by_name() {
    let Some(examples) = examples("the_advanced_plugin_is_refused_by_name") else {
        return;
    };
    for example in examples.iter().filter(|example| example.plugin == "ai-proxy-advanced") {
        let problems = load_with(&example.text, &|name| value(example, name)).err().unwrap();
        let told = lines(&problems).join("\n");
        assert!(
            told.contains("plugin 'ai-proxy-advanced' is not supported yet")
                && told.contains(
                    "supported are ai-proxy, file-log, http-log, key-auth, opentelemetry, prometheus"
                ),
            "{}\n{told}",
            example.file
        );
    }
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let Some(examples) = examples("a_variable_that_is_not_set_is_named") else {
        return;
    };
    let mut checked = 0;
    for example in examples.iter().filter(|example| example.plugin == "ai-proxy") {
        for missing in &example.variables {
            let environment = |name: &str| value(example, name).filter(|_| name != missing);
            let problems = load_with(&example.text, &environment).err();
            let told = lines(&problems.unwrap_or_else(|| panic!("{}: {missing}", example.file))).join("\n");
            assert!(
                told.contains(&format!("environment variable {missing} is not set")),
                "{}\n{told}",
                example.file
            );
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}
