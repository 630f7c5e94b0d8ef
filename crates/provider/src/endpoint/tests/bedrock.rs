//! Where requests to Bedrock go, and what is spoken there.

use model::{ClientFormat, Operation};

use crate::{Asked, Form, Location, Settings, Wire, by_id};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "amazon.nova-pro-v1:0";

/// The path of a request, and whether the clients' own format is relayed there.
fn place(
    operation: Operation,
    client: ClientFormat,
    model: &str,
    written: (Option<&str>, Option<&str>),
    streamed: bool,
) -> (String, bool) {
    let mut settings = Settings::default();
    settings.set("bedrock.aws_region", "eu-west-1");
    let (upstream_url, upstream_path) = written;
    let location =
        Location { upstream_url, upstream_path, model: Some(model), client, ..Location::of(&settings) };
    let provider = by_id("bedrock").unwrap();
    let route = provider.route(operation, client, &location).unwrap();
    let binding = provider.binding(&location, &[]).unwrap();
    let form = if streamed { Form::Stream } else { Form::Whole };
    let asked = Asked { model: Some(model), path: "/v1/messages", form };
    let endpoint = provider.endpoint(route, &location, &asked, &binding).unwrap();
    let relays = matches!(route.wire, Wire::Chat { relayed: Some((format, _)), .. } if format == client);
    (endpoint.path().to_owned(), relays)
}

#[test]
fn claude_is_invoked_for_clients_that_speak_its_format() {
    use ClientFormat::{Anthropic, OpenAi};
    let url = |end: &str| format!("https://proxy.example.com/model/m/{end}");
    for (client, model, written, whole, stream, relays) in [
        (OpenAi, CLAUDE, None, "converse", "converse-stream", false),
        (OpenAi, NOVA, None, "converse", "converse-stream", false),
        (Anthropic, NOVA, None, "converse", "converse-stream", false),
        (Anthropic, CLAUDE, None, "invoke", "invoke-with-response-stream", true),
        (Anthropic, CLAUDE, Some("converse"), "converse", "converse-stream", false),
        (Anthropic, CLAUDE, Some("converse-stream"), "converse", "converse-stream", false),
        (OpenAi, CLAUDE, Some("invoke"), "invoke", "invoke-with-response-stream", false),
        (Anthropic, NOVA, Some("invoke-with-response-stream"), "invoke", "invoke-with-response-stream", true),
    ] {
        for (streamed, end) in [(false, whole), (true, stream)] {
            let url = written.map(url);
            let by_url = place(Operation::Chat, client, model, (url.as_deref(), None), streamed);
            let path = written.map(|end| format!("/model/m/{end}"));
            let by_path = place(Operation::Chat, client, model, (None, path.as_deref()), streamed);
            let name = if written.is_some() { "m".to_owned() } else { model.replace(':', "%3A") };
            assert_eq!(by_url, (format!("/model/{name}/{end}"), relays), "{client:?} {model} {written:?}");
            assert_eq!(by_path, by_url);
        }
    }
}

#[test]
fn a_base_without_a_path_decides_nothing() {
    let base = (Some("https://vpce.example.com/"), None);
    let (path, relays) = place(Operation::Chat, ClientFormat::Anthropic, CLAUDE, base, true);
    assert!(path.ends_with("/invoke-with-response-stream") && relays, "{path}");
}

#[test]
fn a_path_replaces_the_one_of_the_url_and_decides_what_is_spoken() {
    use ClientFormat::{Anthropic, OpenAi};
    for (client, url, path, whole, stream, relays) in [
        (OpenAi, "/model/m/invoke", "/own/x/converse", "/own/x/converse", "/own/x/converse-stream", false),
        (Anthropic, "/model/m/invoke", "own/converse", "/own/converse", "/own/converse-stream", false),
        (Anthropic, "/m/converse?a=b", "/x/invoke", "/x/invoke", "/x/invoke-with-response-stream", true),
        (Anthropic, "/v1/messages", "/x/converse", "/x/converse", "/x/converse-stream", false),
        (OpenAi, "/v1/messages", "/x/converse-stream?a", "/x/converse", "/x/converse-stream", false),
    ] {
        let url = format!("https://proxy.example.com{url}");
        for (streamed, expected) in [(false, whole), (true, stream)] {
            let written = (Some(url.as_str()), Some(path));
            let found = place(Operation::Chat, client, CLAUDE, written, streamed);
            assert_eq!(found, (expected.to_owned(), relays), "{client:?} {url} {path}");
        }
    }
    let written = (Some("https://proxy.example.com/a"), Some("/b/invoke"));
    assert_eq!(place(Operation::Embeddings, OpenAi, NOVA, written, false).0, "/b/invoke");
}

#[test]
fn regions_of_china_have_a_domain_of_their_own() {
    let provider = by_id("bedrock").unwrap();
    for (region, host) in [
        ("eu-west-1", "bedrock-runtime.eu-west-1.amazonaws.com"),
        ("cn-north-1", "bedrock-runtime.cn-north-1.amazonaws.com.cn"),
    ] {
        let mut settings = Settings::default();
        settings.set("bedrock.aws_region", region);
        let location = Location { model: Some(NOVA), ..Location::of(&settings) };
        let route = provider.route(Operation::Chat, ClientFormat::OpenAi, &location).unwrap();
        let binding = provider.binding(&location, &[]).unwrap();
        let asked = Asked { model: Some(NOVA), path: "/", form: Form::Whole };
        assert_eq!(provider.endpoint(route, &location, &asked, &binding).unwrap().host(), host);
    }
}

#[test]
fn other_operations_have_their_paths() {
    let path = |operation, model| place(operation, ClientFormat::OpenAi, model, (None, None), false).0;
    assert_eq!(
        path(Operation::Completions, CLAUDE),
        format!("/model/{}/converse", CLAUDE.replace(':', "%3A"))
    );
    let arn = "arn:aws:bedrock:us-east-1:1:provisioned-model/titan-embed-text-v2";
    let escaped = "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprovisioned-model%2Ftitan-embed-text-v2";
    assert_eq!(path(Operation::Embeddings, arn), format!("/model/{escaped}/invoke"));
}
