//! YAML and JSON as people write them, and as they get them wrong.

use config::{LoadOptions, PluginConfig};

use super::{lines, load, loaded, nothing, told, with_config};

#[test]
fn json_is_read_like_yaml() {
    let text = "\u{feff}{\n\t\"_format_version\": \"3.0\",\r\n\t\"routes\": [{\"paths\": [\"/\\u0061\"], \
                \"strip_path\": false, \"regex_priority\": 1e1}],\n\t\"plugins\": []\n}\n";
    let configuration = loaded(text);
    let route = &configuration.routes[0];
    assert_eq!((&*route.paths[0], route.strip_path, route.regex_priority), ("/a", false, 10));
    let told = told("{\"_format_version\": \"3.0\",\n\t\"routs\": []}");
    assert_eq!(told, ["kong.yaml:2:2: error: routs: unknown field 'routs' (hint: did you mean 'routes'?)"]);
}

#[test]
fn broken_json_is_told_as_json_by_its_name() {
    let options =
        LoadOptions { environment: &nothing, ignore_unsupported_plugins: false, identity_defect: &|_| None };
    for (text, wanted) in [
        ("{\n  \"a\" 1}", "kong.json:2:7: error: not valid JSON: expected ':' after a member name"),
        ("{\"a\": tru}", "kong.json:1:7: error: not valid JSON: no number, true, false or null"),
        ("{\"a\": 01}", "kong.json:1:7: error: not valid JSON: no number, true, false or null"),
        ("{\"a\": \"\\ud800\"}", "kong.json:1:14: error: not valid JSON: half of a surrogate pair"),
        ("{\"a\": [1,]}", "kong.json:1:10: error: not valid JSON: expected a value"),
        ("{\"a\": 1} x", "kong.json:1:10: error: not valid JSON: text after the end of the JSON document"),
        ("", "kong.json:1:1: error: not valid JSON: the text ends where a value should stand"),
        ("{\"a\": \"b", "kong.json:1:9: error: not valid JSON: the text ends inside a string"),
    ] {
        let problems = config::load(text, "kong.json", &options).err().unwrap();
        assert_eq!(lines(&problems), [wanted], "{text}");
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let problems = config::load(&deep, "kong.json", &options).err().unwrap();
    assert!(problems[0].message.contains("nested too deeply"));
}

#[test]
fn a_flow_mapping_is_yaml_though_it_starts_like_json() {
    assert_eq!(loaded("{_format_version: '3.0', routes: [{paths: [/]}]}").routes.len(), 1);
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let configuration = loaded(
        "_format_version: '3.0'\n_ignore:\n- &paths [/a]\n- &base {strip_path: false, methods: [GET]}\n\
         - &more {methods: [POST], regex_priority: 7}\nroutes:\n- <<: *base\n  paths: *paths\n\
         - <<: [*base, *more]\n  paths: [/b]\n  strip_path: true\n",
    );
    let [first, second] = &configuration.routes[..] else { panic!() };
    assert_eq!((&*first.paths[0], first.strip_path, &*first.methods[0]), ("/a", false, "GET"));
    assert_eq!((second.strip_path, &*second.methods[0], second.regex_priority), (true, "GET", 7));
}

#[test]
fn problems_of_aliased_nodes_are_told_where_the_text_stands() {
    let text = "_format_version: '3.0'\n_ignore: [&r {paths: [x]}]\nroutes:\n- *r\n";
    assert_eq!(
        told(text),
        ["kong.yaml:2:23: error: routes[0].paths[0]: 'x' must start with '/' (a prefix) or '~' (a regular \
          expression)"]
    );
}

#[test]
fn anchor_bombs_are_stopped() {
    let mut text = String::from("_format_version: '3.0'\n_ignore:\n- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let alias = format!("*a{}", level - 1);
        let line = format!("- &a{level} [{}]\n", vec![alias; 10].join(", "));
        text.push_str(&line);
    }
    let started = std::time::Instant::now();
    let told = told(&text);
    assert!(told[0].contains("aliases add more than 100000 nodes"), "{told:?}");
    assert!(started.elapsed().as_secs() < 5);
    assert!(super::told("a: &a [*a]")[0].contains("stands inside the node that it names"));
    assert!(super::told("a: *b")[0].contains("not valid YAML"));
}

#[test]
fn what_is_no_single_document_is_refused() {
    assert_eq!(told(""), ["kong.yaml:1:1: error: the file is empty"]);
    assert_eq!(told("# nothing\n"), ["kong.yaml:1:1: error: the file is empty"]);
    assert_eq!(
        told("_format_version: '3.0'\n---\n_format_version: '3.0'\n"),
        ["kong.yaml:2:1: error: a second YAML document starts here (hint: a configuration is one document)"]
    );
    assert_eq!(told("- a\n"), ["kong.yaml:1:1: error: must be a mapping, is a list"]);
    assert_eq!(told("just text"), ["kong.yaml:1:1: error: must be a mapping, is text"]);
    let tabs = told("_format_version: '3.0'\nroutes:\n\t- paths: [/]\n");
    assert!(
        tabs[0].starts_with("kong.yaml:3:") && tabs[0].contains("hint: YAML is indented with spaces"),
        "{tabs:?}"
    );
}

#[test]
fn keys_that_stand_twice() {
    assert_eq!(
        told("_format_version: '3.0'\nroutes:\n- paths: [/]\n  name: a\n  paths: [/b]\n"),
        ["kong.yaml:5:3: error: routes[0].paths: field 'paths' is there twice"]
    );
    let json = "{\"_format_version\": \"3.0\",\n \"_format_version\": \"1.1\"}";
    assert_eq!(told(json), ["kong.yaml:2:2: error: _format_version: field '_format_version' is there twice"]);
}

#[test]
fn yes_and_no_are_texts() {
    assert_eq!(
        told("_format_version: '3.0'\nroutes:\n- paths: [/]\n  strip_path: yes\n"),
        ["kong.yaml:4:15: error: routes[0].strip_path: must be a boolean, is text \
          (hint: 'yes' is text in YAML 1.2; write true)"]
    );
    assert_eq!(
        told("_format_version: '3.0'\nroutes:\n- paths: [/]\n  strip_path: 'false'\n"),
        ["kong.yaml:4:15: error: routes[0].strip_path: must be a boolean, is text \
          (hint: write true or false, in small letters and without quotes)"]
    );
    let configuration = loaded("_format_version: '3.0'\nroutes:\n- {name: no, paths: [/on]}\n");
    assert_eq!(configuration.routes[0].name.as_deref(), Some("no"));
}

#[test]
fn numbers_are_no_texts() {
    assert_eq!(
        told("_format_version: 3.0\n"),
        ["kong.yaml:1:18: error: _format_version: must be text, one of 1.1, 2.1, 3.0 \
          (hint: write it in quotes: \"3.0\")"]
    );
    assert_eq!(
        told("_format_version: '3.0'\nconsumers:\n- username: 5\n"),
        [
            "kong.yaml:3:13: error: consumers[0].username: must be text, is an integer (hint: put it in quotes)"
        ]
    );
    assert!(told("_format_version: '3.0'\nconsumers:\n- username: !!str 5\n").is_empty());
    assert!(told("_format_version: !v '3.0'\n")[0].contains("the tag '!v' is not known"));
}

#[test]
fn null_is_absent() {
    let text = "_format_version: '3.0'\nservices:\n- {name: s, host: h, path: null, client_certificate: ~, tags: }\n\
                plugins: null\n";
    assert!(told(text).is_empty(), "{:?}", told(text));
    assert_eq!(told("_format_version: ~\n"), ["kong.yaml:1:1: error: _format_version: is required"]);
}

#[test]
fn versions_and_what_deck_adds() {
    for version in ["1.1", "2.1", "3.0"] {
        assert!(told(&format!("_format_version: '{version}'\n")).is_empty());
    }
    assert!(told("_format_version: '2.0'\n")[0].contains("'2.0' is not one of 1.1, 2.1, 3.0"));
    let text = "_format_version: '3.0'\n_transform: false\n_comment: c\n_ignore: [x]\n_workspace: w\n\
                _konnect: {control_plane_name: c}\n\
                _info: {select_tags: [a], defaults: {route: {strip_path: false}, service: {retries: 2}}}\n\
                services:\n- {name: s, url: 'http://a', created_at: 1, updated_at: 2, _comment: c, routes: \
                [{paths: [/a]}, {paths: [/b], strip_path: true}]}\n";
    let told = told(text);
    assert_eq!(
        told,
        [
            "kong.yaml:5:1: warning: _workspace: has no effect yet",
            "kong.yaml:6:1: warning: _konnect: has no effect yet"
        ]
    );
    let configuration = loaded(text);
    assert_eq!(configuration.services[0].retries, 2);
    assert!(!configuration.routes[0].strip_path && configuration.routes[1].strip_path);
}

#[test]
fn unknown_fields_are_told_with_a_hint() {
    for (config, wanted) in [
        ("{rout_type: llm/v1/chat, model: {provider: openai}}", "did you mean 'route_type'?"),
        ("{route_type: llm/v1/chat, model: {provider: openai, temperature: 1}}", "it belongs in 'options'"),
        (
            "{route_type: llm/v1/chat, model: {provider: openai}, temperature: 1}",
            "it belongs in 'model.options'",
        ),
        (
            "{route_type: llm/v1/chat, model: {provider: openai, seconds: 1}}",
            "known are provider, name, model_alias, options",
        ),
    ] {
        let told = told(&with_config(config));
        assert!(told.iter().any(|line| line.contains(&format!("(hint: {wanted})"))), "{config}\n{told:#?}");
    }
}

#[test]
fn deck_expressions_take_the_type_that_is_wanted() {
    let text = "_format_version: \"3.0\"\nservices:\n- host: ${{ env \"DECK_HOST\" }}\n  port: ${{ env \"DECK_PORT\" | toInt }}\n  \
                retries: \"${{ env \"DECK_PORT\" }}\"\n  enabled: ${{ env \"DECK_ON\" | toBool }}\n  \
                routes: [{paths: [\"/${{ env \"DECK_PORT\" }}\"]}, {name: ${{ env \"DECK_PORT\" }}, paths: [/]}]\n";
    let environment = |name: &str| {
        let value = match name {
            "DECK_HOST" => "a.example.com",
            "DECK_PORT" => "8080",
            "DECK_ON" => "false",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let loaded =
        super::load_with(text, &environment).unwrap_or_else(|problems| panic!("{:#?}", lines(&problems)));
    let service = &loaded.configuration.services[0];
    assert_eq!(
        (&*service.host, service.port, service.retries, service.enabled),
        ("a.example.com", 8080, 8080, false)
    );
    assert_eq!(&*loaded.configuration.routes[0].paths[0], "/8080");
    assert_eq!(loaded.configuration.routes[1].name.as_deref(), Some("8080"));
    let problems = load(text).err().unwrap();
    assert!(lines(&problems)[0].contains("services[0].host: environment variable DECK_HOST is not set"));
}

#[test]
fn block_scalars_and_comments() {
    let configuration = loaded(
        "# a comment\n_format_version: '3.0' # another\nroutes:\n  # here\n  - name: |-\n      folded\n    paths:\n    - /a # end\n",
    );
    assert_eq!(configuration.routes[0].name.as_deref(), Some("folded"));
}

#[test]
fn the_number_of_problems_is_bounded() {
    let text = format!("_format_version: '3.0'\nroutes:\n{}", "- {paths: [x]}\n".repeat(3000));
    let problems = load(&text).err().unwrap();
    // A thousand errors, as many warnings of routes that are hidden, and a last line.
    assert_eq!(problems.len(), 2001);
    let last = problems.last().unwrap();
    assert_eq!(&*last.message, "2000 further errors are not listed");
}

#[test]
fn options_keep_the_digits_that_were_written() {
    let configuration = loaded(&with_config(
        "{route_type: llm/v1/chat, model: {provider: openai, name: m, options: {temperature: 0.70, top_p: .5, \
         input_cost: 2.50, cache_write_cost_list: [{ttl: 5m, cost: 1.10}], \
         context_window_factor: [{above: '200000', input_factor: 2, output_factor: 1.5}]}}}",
    ));
    let PluginConfig::AiProxy(config) = &configuration.plugins[0].config else { panic!() };
    let target = config.target.as_ref().unwrap();
    assert_eq!(target.options.temperature.as_deref(), Some("0.70"));
    assert_eq!(target.options.top_p.as_deref(), Some("0.5"));
    // One price alone is no cost.
    assert_eq!(target.prices, None);
}
