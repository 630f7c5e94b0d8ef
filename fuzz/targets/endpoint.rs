//! Whatever is asked for and configured: a request goes to a bound host, and no value leaves its path segment.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use model::{ClientFormat, Operation};
use provider::{Asked, Endpoint, Form, HostBinding, Location, Settings, all, encode_segment};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    provider: u8,
    operation: u8,
    model: Option<&'a str>,
    path: &'a str,
    place: Place<'a>,
    upstream_path: Option<&'a str>,
    /// Values of the provider's settings, in their order.
    settings: Vec<&'a str>,
}

#[derive(Debug, Arbitrary)]
enum Place<'a> {
    Default,
    Url(&'a str),
    /// A template, as `proxy` fills it: each value escaped as a part of one segment.
    Template {
        label: &'a str,
        segment: &'a str,
    },
}

fuzz_target!(|input: Input<'_>| {
    let provider = all()[usize::from(input.provider) % all().len()];
    let operation = Operation::ALL[usize::from(input.operation) % Operation::ALL.len()];
    let mut settings = Settings::default();
    for (setting, value) in provider.settings.iter().zip(&input.settings) {
        settings.set(setting.name, *value);
    }
    let written = match &input.place {
        Place::Default => None,
        Place::Url(url) => Some((*url).to_owned()),
        Place::Template { .. } => Some("https://a-$(headers.x).example.com/v1/$(headers.y)/chat".to_owned()),
    };
    let filled = match &input.place {
        Place::Template { label, segment } => Some(format!(
            "https://a-{}.example.com/v1/{}/chat",
            encode_segment(label),
            encode_segment(segment)
        )),
        _ => written.clone(),
    };
    let at_load = Location { upstream_url: written.as_deref(), ..Location::of(&settings) };
    let at_load = Location { upstream_path: input.upstream_path, ..at_load };
    let location = Location { upstream_url: filled.as_deref(), ..at_load };
    let Some(route) = provider.route(operation, ClientFormat::OpenAi, &at_load) else {
        return;
    };
    let Ok(binding) = provider.binding(&at_load, &[]) else {
        return;
    };
    let asked = Asked { model: input.model, path: input.path, form: Form::Whole };
    let Ok(endpoint) = provider.endpoint(route, &location, &asked, &binding) else {
        return;
    };

    check(&endpoint, &binding);
    if matches!(input.place, Place::Template { .. }) {
        assert!(endpoint.host().strip_suffix(".example.com").is_some_and(|label| !label.contains('.')));
        // At some providers a configured path takes the place of the one that has the value.
        let replaced = provider.path_replaces && input.upstream_path.is_some();
        if operation != Operation::Preserve && !replaced {
            assert_eq!(endpoint.path().matches('/').count(), 3, "a value left its segment");
        }
    }
    if let Some(model) = input.model {
        // Another model of the same collection changes no more than what stands in its own segment.
        let plain =
            model.rsplit_once('/').map_or("m".to_owned(), |(collection, _)| format!("{collection}/m"));
        let plain = Asked { model: Some(&plain), path: input.path, form: Form::Whole };
        let other = provider.endpoint(route, &location, &plain, &binding).expect("a plain name does as well");
        assert_eq!(endpoint.path().matches('/').count(), other.path().matches('/').count(), "{model:?}");
        assert_eq!(endpoint.origin().host, other.origin().host);
    }
});

fn check(endpoint: &Endpoint, binding: &HostBinding) {
    assert!(binding.admits(endpoint.origin()));
    let line = endpoint.path_and_query(None);
    assert!(line.starts_with('/') && line.bytes().all(|byte| byte.is_ascii_graphic()), "{line:?}");
    assert!(!line.contains('#') && !endpoint.path().contains('?'));
    for segment in endpoint.path().split('/') {
        let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
        assert!(decoded != "." && decoded != "..", "{line:?} leads elsewhere");
    }
    let authority = endpoint.authority();
    assert!(
        authority.bytes().all(|byte| byte.is_ascii_graphic() && !b"/@?#\\".contains(&byte)),
        "{authority:?}"
    );
    assert_eq!(endpoint.to_string(), format!("{}://{authority}{line}", endpoint.scheme().name()));
}
