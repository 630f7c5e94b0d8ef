//! No text makes the loader panic or hang, and what it tells stands in the text.

use proptest::prelude::*;

use super::{load_with, with_config};

fn environment(name: &str) -> Option<String> {
    name.len().is_multiple_of(2).then(|| format!("value of {name}"))
}

/// Every position is one of the text's.
fn check(text: &str) {
    let Err(problems) = load_with(text, &environment) else {
        return;
    };
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in problems {
        let line = problem.at.line as usize;
        assert!(line <= lines.len(), "{problem}\n{text}");
        assert!(!problem.to_string().contains('\n'), "{problem}");
    }
}

/// Pieces of which configurations are made, and breakage between them.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "_format_version: '3.0'\n",
        "services:\n",
        "- name: a\n",
        "  url: http://a\n",
        "  routes:\n",
        "  - paths: [/a, '~/(']\n",
        "    plugins: [{name: ai-proxy, config: {route_type: llm/v1/chat, model: {provider: openai}}}]\n",
        "plugins:\n",
        "- name: key-auth\n",
        "  config: &x {key_names: [a]}\n",
        "  service: {name: a}\n",
        "consumers: [{username: u, groups: [g], keyauth_credentials: [{key: '{vault://env/k}'}]}]\n",
        "consumer_groups: [{name: g}]\n",
        "vaults: [{name: env, prefix: p, config: {prefix: A}}]\n",
        "  x: *x\n",
        "  <<: *x\n",
        "${{ env \"DECK_A\" | toInt }}",
        "{vault://env/a/b?c=d#2}",
        "---\n",
        "? ",
        "!!str ",
        "\t",
        "|\n",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "&a ",
        "*a ",
        "\u{f0001}",
        "\r\n",
    ])
    .prop_map(str::to_owned);
    prop_oneof![8 => known, 1 => any::<String>(), 1 => "[ -~\\n]{0,20}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn no_mixture_of_pieces_panics(pieces in prop::collection::vec(piece(), 0..25)) {
        check(&pieces.concat());
    }

    #[test]
    fn no_cut_of_a_configuration_panics(at in 0usize..400, piece in piece()) {
        let text = with_config("{route_type: llm/v1/chat, model: {provider: openai, name: '$(headers.x)'}, \
                                auth: {header_name: a, header_value: '{vault://env/kk}'}}");
        let at = at.min(text.len());
        check(&text[..at]);
        check(&format!("{}{piece}{}", &text[..at], &text[at..]));
    }

    #[test]
    fn json_reads_the_same_through_both_readers(paths in prop::collection::vec("/[a-z]{0,8}", 1..5)) {
        let routes: Vec<_> = paths.iter().map(|path| serde_json::json!({"paths": [path]})).collect();
        let document = serde_json::json!({"_format_version": "3.0", "routes": routes});
        let read = |text: &str| {
            let loaded = load_with(text, &environment).unwrap_or_else(|_| panic!("{text}"));
            let routes = loaded.configuration.routes.iter();
            routes.map(|route| (route.id.clone(), route.paths.clone())).collect::<Vec<_>>()
        };
        let json = serde_json::to_string_pretty(&document).unwrap();
        // A comment makes it YAML.
        prop_assert_eq!(read(&json), read(&format!("# yaml\n{json}")));
    }
}
